"""What scripts add to a chart, and what paper and other displays make of a page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from hpedu.present.charts.trend import trend
from hpedu.present.page.display import Chart, ChartText, Fragment, PageHead
from hpedu.present.page.page import render_page
from hpedu.present.page.pdf import print_pdf
from tests.browser.conftest import SHEET

HOSTILE = (
    """</script><script>alert(1)</script>"'{{7*7}}[x](javascript:alert(2))<img src=x onerror=alert(3)>\u202e"""
)
CALM = "Hải Dương"


def draw(name: str = "chart-rate", **words: str) -> Chart:
    rows = [
        (series, year, 30.0 + year - 2015, "final") for series in (HOSTILE, CALM) for year in range(2015, 2026)
    ]
    frame = pl.DataFrame(rows, schema=["series", "year", "value", "status"], orient="row")
    frame = frame.with_columns(inputs=pl.lit([f"{HOSTILE}.csv!B2"], pl.List(pl.String)))
    text = ChartText(HOSTILE, HOSTILE, name, language="vi", unit_label=HOSTILE, decimals=1)
    return trend(frame, replace(text, **words))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that carries hostile words wherever a page carries words, and many charts."""
    head = PageHead(
        title=HOSTILE,
        subtitle=HOSTILE,
        language="vi",
        group="preschool",
        territory=f"Hải Phòng {HOSTILE}",
        year=2025,
        sources=[{"file": f"{HOSTILE}.csv", "title": HOSTILE, "url": "javascript:alert(4)"}],
    )
    target = Fragment('<div class="target"><h3 id="nursery_enrolment_rate">Tỷ lệ</h3><p>x</p></div>', "")
    shown = [head, target, *(draw(f"chart-rate-{number}") for number in range(4))]
    outputs = [new_output("display_data", data=one._repr_mimebundle_()) for one in shown]
    path = tmp_path_factory.mktemp("tools") / "page.html"
    page = render_page(new_notebook(cells=[new_code_cell("", outputs=outputs)]))
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def page(offline: BrowserContext, path: Path) -> Page:
    page = offline.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a label was run: {dialog.message}"))
    page.goto(path.as_uri())
    return page


def open_tools(page: Page) -> Locator:
    figure = page.locator("figure.chart").first
    figure.scroll_into_view_if_needed()
    figure.locator(".tools summary").click()
    return figure


def test_labels_are_words_and_nothing_else(page: Page) -> None:
    figure = open_tools(page)
    assert page.locator("h1").inner_text() == HOSTILE
    assert figure.locator("figcaption").inner_text() == HOSTILE
    assert "49" not in figure.locator(".wide").inner_text()  # {{7*7}} is no formula either
    assert page.locator("script").count() == 3  # figures, and the scripts of charts and of reading
    assert page.locator("img").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_line_is_hidden_and_the_last_one_stays(page: Page) -> None:
    figure = open_tools(page)
    boxes = figure.locator("fieldset input")
    expect(boxes).to_have_count(2)
    line = figure.locator(f".wide [data-series='{CALM}'] path").first
    assert line.is_visible()
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    assert not line.is_visible()
    assert boxes.nth(0).is_disabled() and not boxes.nth(1).is_disabled()
    boxes.nth(1).check()
    assert line.is_visible()


def test_the_pointer_is_told_the_figures_of_the_year_under_it(page: Page) -> None:
    figure = page.locator("figure.chart").first
    figure.scroll_into_view_if_needed()
    plot = figure.locator(".wide [data-rows] > rect").bounding_box()
    assert plot
    page.mouse.move(plot["x"] + plot["width"] - 14, plot["y"] + 40)
    tip = figure.locator(".tip")
    assert tip.inner_text().splitlines()[0] == "2025-2026" and f"{CALM}: 40,0" in tip.inner_text()
    page.mouse.move(plot["x"] + 12, plot["y"] + 40)
    assert f"{CALM}: 30,0" in tip.inner_text()
    page.mouse.move(0, 0)
    assert not tip.is_visible()


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("csv", b"\xef\xbb\xbf"),
        ("svg", b"<?xml"),
        ("png", b"\x89PNG"),
        ("html", b"<!doctype html>"),
    ],
)
def test_a_chart_is_saved_under_a_name_that_tells_what_it_is(page: Page, kind: str, start: bytes) -> None:
    figure = open_tools(page)
    with page.expect_download() as download:
        figure.locator(f"[data-save={kind}]").click()
    name = download.value.suggested_filename
    assert re.fullmatch(rf"preschool-rate-0-hai-phong-[a-z0-9-]+-2025\.{kind}", name), name
    saved = Path(download.value.path()).read_bytes()
    assert saved.startswith(start)
    if kind == "svg":
        assert b'xmlns="http://www.w3.org/2000/svg"' in saved and b"<script" not in saved
        assert "Hải".encode() in saved and b"var(" not in saved
    if kind == "html":
        assert b"<svg" in saved and b"<table" in saved and b"<script" not in saved


def test_a_link_to_a_target_is_copied_or_shown_to_be_copied(browser: Browser, path: Path) -> None:
    for permissions in (["clipboard-read", "clipboard-write"], []):
        context = browser.new_context(offline=True, permissions=permissions)
        page = context.new_page()
        page.goto(path.as_uri())
        if not permissions:
            page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no leave')) }")
        page.locator(".target [data-copy]").focus()
        page.keyboard.press("Enter")
        status = page.locator(".target [role=status]")
        wanted = f"{path.as_uri()}#nursery_enrolment_rate"
        if permissions:
            expect(status).to_have_text("Đã sao chép")
            assert page.evaluate("navigator.clipboard.readText()") == wanted
        else:
            expect(status.locator("input")).to_have_value(wanted)
        context.close()


def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#main" and skip.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    focused = page.locator("main :focus")
    assert focused.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"


def test_a_figure_leads_to_its_cell(page: Page) -> None:
    figure = page.locator("figure.chart").first
    figure.locator(".numbers summary").click()
    figure.locator("a.cite").first.click()
    page.click("dialog a")
    assert page.locator(":target").is_visible()  # unfolded
    assert page.locator(":target").inner_text() == "1: B2"
    page.click(":target a")
    assert page.locator(":target code").inner_text() == f"{HOSTILE}.csv"


def test_paper_keeps_charts_whole_and_figures_folded(page: Page, path: Path, tmp_path: Path) -> None:
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    for still in page.locator(".picture svg:visible").all():
        box = still.bounding_box()
        assert box and box["width"] <= SHEET["width"] and box["height"] < SHEET["height"]
        assert still.evaluate("(svg) => getComputedStyle(svg.closest('.picture')).breakInside") == "avoid"
    # What is folded on the screen stays folded: the figures are in workbook and package.
    assert not page.locator(".numbers td").first.is_visible()
    assert not page.locator(".tools").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]
    for name in ("one.pdf", "two.pdf"):
        print_pdf(path, tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    printed = (tmp_path / "one.pdf").read_bytes()
    assert printed.startswith(b"%PDF") and b"file:" not in printed  # a link home would tell where home is


def test_forced_colours_leave_charts_and_controls_to_be_seen(browser: Browser, path: Path) -> None:
    context = browser.new_context(forced_colors="active", offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    picture = page.locator(".picture").first
    assert picture.evaluate("(element) => getComputedStyle(element).forcedColorAdjust") == "none"
    button = page.locator(".target [data-copy]")
    assert button.evaluate("(element) => getComputedStyle(element).borderTopStyle") == "solid"
    context.close()
