"""What a reader waits for, for tests/bench.py: a page opened in Chromium."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from hpedu.present.page.pdf import find_browser
from tests.browser.conftest import FLAGS

ROUNDS = 5
WATCH = """
const look = () => {
  const picture = document.querySelector("figure.chart svg");
  if (picture?.getBoundingClientRect().height) window.firstChart = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def measure_page(path: Path) -> dict[str, float]:
    """Megabytes of a page, and seconds until its first chart is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        rounds = [_open(browser, path) for _ in range(ROUNDS)]
        browser.close()
    return {"page_megabytes": path.stat().st_size / 1e6, "first_chart_seconds": median(rounds)}


def _open(browser: Browser, path: Path) -> float:
    """Seconds to the first chart seen, in a fresh window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    page.wait_for_function("window.firstChart")
    first = page.evaluate("window.firstChart")
    context.close()
    return float(first) / 1000
