"""Every page of a real batch, opened from disk as a reader would."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hpedu.batch.build import Batch
from hpedu.batch.plan import make_plan
from hpedu.paths import Project

PAGES = ["index.html", "index.en.html", *(str(run.page) for run in make_plan())]


class Watch:
    """What a page must not do: ask anybody for anything, or complain."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._note_request)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note_request(self, request) -> None:  # type: ignore[no-untyped-def]
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)


def open_page(context: BrowserContext, path: Path) -> tuple[Page, Watch]:
    page = context.new_page()
    watch = Watch(page)
    page.goto(path.as_uri())
    return page, watch


def scroll_through(page: Page) -> None:
    """Bring every chart near the window, so that it becomes interactive."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 600):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.wait_for_timeout(40)
    page.wait_for_timeout(400)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_silent_and_alone(name: str, offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    path = site[0].reports / name
    page, watch = open_page(offline, path)
    scroll_through(page)
    assert watch.requests == [path.as_uri()]
    charts = page.locator("figure.chart").count()
    expect(page.locator("figure.chart .is-live")).to_have_count(
        charts, timeout=20_000
    )  # a slow machine draws late
    assert watch.complaints == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", PAGES)
def test_phone_needs_no_sideways_scroll(name: str, browser: Browser, site: tuple[Project, Batch]) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    page, _ = open_page(context, site[0].reports / name)
    scroll_through(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_charts_and_figures_are_there_without_scripts(browser: Browser, site: tuple[Project, Batch]) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page, _ = open_page(context, site[0].reports / "2025/hai_phong/vi/preschool.html")
    figures = page.locator("figure.chart")
    assert figures.count() > 3
    for i in range(figures.count()):
        assert figures.nth(i).locator(".still svg").is_visible()
        assert figures.nth(i).locator("details table tbody tr").count() > 0
        assert figures.nth(i).locator("[role=img]").get_attribute("aria-label")
    context.close()


def test_links_between_pages_lead_somewhere(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    reports = site[0].reports
    for name in PAGES:
        page, _ = open_page(offline, reports / name)
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            if href.startswith(("http:", "https:", "data:")):
                continue
            file, _, anchor = href.partition("#")
            target = (reports / name).parent / file if file else reports / name
            assert target.exists(), (name, href)
            if anchor and not file:
                assert page.locator(f"[id='{anchor}']").count() == 1, (name, href)
        page.close()


def test_print_makes_a_pdf_with_the_pictures(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    page, _ = open_page(offline, site[0].reports / "2025/hai_phong/vi/preschool.html")
    scroll_through(page)
    page.emulate_media(media="print")
    assert page.locator("figure.chart .still svg").first.is_visible()
    assert not page.locator("figure.chart .live").first.is_visible()
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")


def test_index_leads_to_every_page(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    page, _ = open_page(offline, site[0].reports / "index.html")
    links = set(page.eval_on_selector_all("main a", "links => links.map(a => a.getAttribute('href'))"))
    assert links >= set(PAGES) - {"index.html", "index.en.html"}


def test_index_filter_leaves_what_has_every_word(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    page, watch = open_page(offline, site[0].reports / "index.html")
    cards, rows = page.locator(".card:visible"), page.locator("table.scorecard tbody tr:visible")
    assert (cards.count(), rows.count()) == (6, 69)
    page.fill("#filter", "mam  non NHA TRE")  # accents, case and spaces do not count
    assert rows.count() >= 1 and rows.count() < 69
    assert all("nhà trẻ" in text.lower() for text in rows.all_inner_texts())
    assert f"{cards.count()} báo cáo, {rows.count()} chỉ tiêu" == page.locator(".found").inner_text()
    page.fill("#filter", "<script>")
    assert page.locator(".shelf:visible").count() == 0
    page.fill("#filter", "")
    assert (cards.count(), rows.count()) == (6, 69)
    assert watch.complaints == []


def test_index_lists_everything_without_scripts(browser: Browser, site: tuple[Project, Batch]) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page, _ = open_page(context, site[0].reports / "index.en.html")
    assert not page.locator("#filter").is_visible()
    assert page.locator(".card:visible").count() == 6
    assert page.locator("table.scorecard tbody tr:visible").count() == 69
    context.close()
