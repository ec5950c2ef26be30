"""Every page of a real batch, opened from disk as a reader would."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from hpedu.batch.build import Batch
from hpedu.batch.plan import make_plan
from hpedu.folders import Project
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry, load_registry
from tests.browser.conftest import SHEET

PAGE = "2025/hai_phong/vi/preschool.html"
LARGEST = 1_000_000  # bytes
RIM = 10  # pixels of the margin (53) that a word may reach into
GROUPS = [row for row in load_registry().groups.values() if row.page]
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


def thin_out(page: Page) -> None:
    """Take out rows and entries that are more of the same: axe looks at each element, and there are thousands."""
    more = "tr:nth-child(n+5), li:nth-child(n+9), .picture *"
    page.evaluate(f"document.querySelectorAll({more!r}).forEach((element) => element.remove())")


def open_folds(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")


def list_barriers(page: Page) -> list[str]:
    """What axe finds that is serious or critical, WCAG 2.2 AA and good practice."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_silent_alone_small_and_open_to_all(
    name: str, offline: BrowserContext, site: tuple[Project, Batch]
) -> None:
    path = site[0].reports / name
    assert path.stat().st_size <= LARGEST
    page, watch = open_page(offline, path)
    assert watch.requests == [path.as_uri()]
    assert watch.complaints == []
    assert page.locator("h1").count() == 1
    open_folds(page)
    thin_out(page)
    assert list_barriers(page) == []
    page.emulate_media(color_scheme="dark")
    dark = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert [one["nodes"][0]["html"][:200] for one in dark] == []


@pytest.mark.parametrize("name", PAGES)
def test_phone_needs_no_sideways_scroll(name: str, browser: Browser, site: tuple[Project, Batch]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, offline=True)
    page, _ = open_page(context, site[0].reports / name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_paper_cuts_no_word_and_tears_no_chart(name: str, browser: Browser, site: tuple[Project, Batch]) -> None:
    """Letters are as wide as the reader's fonts make them; whatever they are, they stay on the sheet."""
    context = browser.new_context(viewport=SHEET, java_script_enabled=False, offline=True)
    page, _ = open_page(context, site[0].reports / name)
    if page.locator("#annex").count():
        page.check("#annex")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]
    pictures = page.eval_on_selector_all(
        ".wide svg",
        """(pictures, sheet) => pictures.map((svg) => {
          const { width, height } = svg.getBoundingClientRect();
          const words = [...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
          const outside = words.some((word) => word.left < -sheet.rim || word.right > sheet.width + sheet.rim);
          const whole = width <= sheet.width && height < sheet.height;
          const torn = getComputedStyle(svg.closest(".picture")).breakInside !== "avoid";
          const cut = outside || getComputedStyle(svg).overflowX !== "visible";
          return whole && !torn && !cut;
        })""",
        SHEET | {"rim": RIM},
    )
    assert all(pictures)
    context.close()


def test_charts_and_figures_are_there_without_scripts(browser: Browser, site: tuple[Project, Batch]) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page, _ = open_page(context, site[0].reports / PAGE)
    figures = page.locator("figure.chart")
    assert figures.count() > 3
    for i in range(figures.count()):
        assert figures.nth(i).locator(".wide svg").is_visible()
        assert figures.nth(i).locator("details table tbody tr").count() > 0
        assert figures.nth(i).locator("[role=img]").get_attribute("aria-label")
        assert figures.nth(i).locator("button").count() == 0  # nothing that would do nothing
    context.close()


def test_links_between_pages_lead_somewhere(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    reports = site[0].reports
    for name in PAGES:
        page, _ = open_page(offline, reports / name)
        ids = page.eval_on_selector_all("[id]", "elements => elements.map(e => e.id)")
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            if href.startswith(("http:", "https:", "data:")):
                continue
            file, _, anchor = href.partition("#")
            target = (reports / name).parent / file if file else reports / name
            assert target.exists(), (name, href)
            if anchor and not file:
                assert ids.count(anchor) == 1, (name, href)
        page.close()


def test_index_leads_to_every_page(offline: BrowserContext, site: tuple[Project, Batch]) -> None:
    page, _ = open_page(offline, site[0].reports / "index.html")
    links = set(page.eval_on_selector_all("main a", "links => links.map(a => a.getAttribute('href'))"))
    assert links >= set(PAGES) - {"index.html", "index.en.html"}


def test_index_filter_leaves_what_has_every_word(
    offline: BrowserContext, site: tuple[Project, Batch], registry: Registry
) -> None:
    page, watch = open_page(offline, site[0].reports / "index.html")
    cards = page.locator(".card:visible")
    assert cards.count() == len(GROUPS)
    page.fill("#filter", "giao  duc MAM non")  # accents, case and spaces do not count
    assert 1 <= cards.count() < len(GROUPS)
    words = ("giao", "duc", "mam", "non")
    assert all(word in fold_text(text) for text in cards.all_inner_texts() for word in words)
    assert f"{cards.count()} báo cáo" == page.locator(".found").inner_text()
    page.fill("#filter", "<script>")
    assert page.locator(".shelf:visible").count() == 0
    page.fill("#filter", "")
    assert cards.count() == len(GROUPS)
    assert watch.complaints == []


def test_index_lists_everything_without_scripts(
    browser: Browser, site: tuple[Project, Batch], registry: Registry
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page, _ = open_page(context, site[0].reports / "index.en.html")
    assert not page.locator("#filter").is_visible()
    assert page.locator(".card:visible").count() == len(GROUPS)
    context.close()
