"""What a reader does with figures: cite one, share the lines chosen, try other sizes of classes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import BrowserContext, Page, expect

from hpedu import Report
from hpedu.assess.needs import count_needed
from hpedu.present.page.page import render_page

CITE = "table.scorecard a.cite"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    report = Report("general", territory="hai_phong", year=2025, language="vi")
    levels = ("primary", "lower_secondary", "upper_secondary")
    shown = [
        report.head(title="Thử", questions=[]),
        report.scorecard(),
        report.trend([f"{level}_pupils" for level in levels]),
        *report.targets().pieces,
        *report.requirements(*levels).pieces,
    ]
    outputs = [new_output("display_data", data=one._repr_mimebundle_()) for one in shown]
    path = tmp_path_factory.mktemp("reader") / "page.html"
    path.write_text(render_page(new_notebook(cells=[new_code_cell("", outputs=outputs)])), encoding="utf-8")
    return path


@pytest.fixture
def page(offline: BrowserContext, path: Path) -> Page:
    page = offline.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    return page


def read_citation(page: Page) -> str:
    text = page.locator("dialog textarea").input_value()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    return text


def test_a_figure_is_cited_with_year_source_cell_and_caveat(page: Page) -> None:
    link = page.locator(CITE).first
    link.focus()
    page.keyboard.press("Enter")
    said = read_citation(page)
    expect(link).to_be_focused()
    row = page.locator("table.scorecard tbody tr").first
    name = row.locator("[data-name-of]").inner_text()
    assert said.startswith(f"{name}: {row.locator('.newest b').inner_text()} ")
    assert "2025-2026" in said and "Nguồn: " in said and "công bố" in said
    assert re.search(r"\(press/\S+\.csv: [A-Z]\d+", said)
    assert row.locator(".state").inner_text().split(" ", 1)[1] in said
    assert "Thử" in said


def test_a_figure_of_a_chart_is_cited_by_row_and_column(page: Page) -> None:
    page.locator("figure.chart details.numbers summary").first.click()
    link = page.locator("figure.chart td a.cite").first
    link.click()
    said = read_citation(page)
    table = page.locator("figure.chart table").first
    for part in (table.locator("thead th").nth(1), table.locator("tbody tr").first.locator("th")):
        assert part.inner_text() in said
    assert "nso/" in said


def test_a_citation_leads_to_the_cells_and_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = page.locator(CITE).first
    link.click()
    text = page.locator("dialog textarea").input_value()
    page.click("dialog [data-copied]")
    expect(page.locator("dialog [role=status]")).to_have_text("Đã sao chép")
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.click("dialog a")
    assert page.url.endswith(link.get_attribute("href") or "?")
    expect(page.locator("details.origins")).to_have_attribute("open", "")


def test_without_scripts_a_figure_leads_to_its_cells_and_nothing_is_offered(path: Path, browser) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(page.locator(CITE).first.get_attribute("href") or "?").count() == 1
    assert not page.locator(".what-if").is_visible()
    context.close()


def test_a_link_carries_the_lines_chosen(page: Page, offline: BrowserContext) -> None:
    figure = page.locator("figure.chart").first
    figure.locator("details.tools summary").click()
    boxes = figure.locator("fieldset input")
    expect(boxes).to_have_count(3)
    boxes.nth(1).uncheck()
    expect(page).to_have_url(re.compile(r"\?hide=chart-[\w-]+\.1#chart-"))
    other = offline.new_page()
    other.goto(page.url)
    expect(other.locator("figure.chart fieldset input").nth(1)).not_to_be_checked()
    assert [box.is_checked() for box in other.locator("figure.chart fieldset input").all()] == [True, False, True]


def reckon(level: dict, size: float, each: float) -> dict[str, list[float]]:  # type: ignore[type-arg]
    """Classes and teachers of each scenario, as hpedu's Python has them."""
    found = {}
    for scenario, pupils in level["pupils"].items():
        classes = count_needed(1 / size, pupils)
        found[scenario] = [classes, count_needed(each, classes)]
    return found


def read_counts(page: Page) -> dict[str, list[float]]:
    rows = page.locator(".what-if tbody tr").all()
    return {
        row.get_attribute("data-scenario") or "": [
            float(cell.inner_text().replace(".", "")) for cell in row.locator("td").all()[1:]
        ]
        for row in rows
    }


def test_other_class_sizes_are_reckoned_as_in_python(page: Page) -> None:
    levels = json.loads(page.locator(".what-if").get_attribute("data-model") or "{}")["levels"]
    assert len(levels) == 3
    for place, level in enumerate(levels):
        page.select_option(".what-if select", str(place))
        assert read_counts(page) == reckon(level, *level["ratios"])
        for size, each in ((31.0, 1.5), (27.3, 1.95), (44.9, 2.21)):
            page.fill(".what-if [name=size]", str(size))
            page.fill(".what-if [name=ratio]", str(each))
            assert read_counts(page) == reckon(level, size, each)
            assert f"sĩ số {size:.1f} ".replace(".", ",") in page.locator(".what-if [role=status]").inner_text()
        page.click(".what-if button")
        assert read_counts(page) == reckon(level, *level["ratios"])


def test_the_sentence_names_a_shortage_only_where_it_is_sure(page: Page) -> None:
    said = page.locator(".what-if [role=status]")
    expect(said).to_contain_text("chưa thể nói thiếu hay đủ")
    page.fill(".what-if [name=size]", "15")
    expect(said).to_contain_text("thiếu ")
    page.fill(".what-if [name=size]", "80")
    expect(said).to_contain_text("(đủ)")
    before = said.inner_text()
    page.fill(".what-if [name=size]", "")
    assert said.inner_text() == before
