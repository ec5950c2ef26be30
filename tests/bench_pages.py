"""What a reader waits for, for tests/bench.py: a page opened in Chromium, and what its strict policy costs.

The page forbids scripts to compile others, so Vega interprets its expressions. The same page without its policy,
expressions compiled, is the other side.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from hpedu.present.page.pdf import find_browser
from tests.browser.conftest import FLAGS

ROUNDS = 5
POLICY = '<meta http-equiv="Content-Security-Policy"'
WATCH = """
const look = () => {
  const picture = document.querySelector("figure.chart svg");
  if (picture?.getBoundingClientRect().height) window.firstChart = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
DRAW_ALL = """
async () => {
  const started = performance.now();
  const figures = [...document.querySelectorAll("figure.chart")];
  for (const figure of figures) {
    figure.scrollIntoView();
    while (!figure.querySelector(".is-live")) await new Promise(requestAnimationFrame);
  }
  return (performance.now() - started) / figures.length;
}
"""


def measure_page(path: Path, folder: Path) -> dict[str, float]:
    """Seconds until the first chart is seen, and to make one chart of a page answer the pointer, either way."""
    compiled = folder / "compiled.html"
    text = path.read_text(encoding="utf-8")
    assert POLICY in text and "ast: true" in text
    compiled.write_text(text.replace(POLICY, "<meta").replace("ast: true", "ast: false"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        rounds = [(_open(browser, path), _open(browser, compiled)) for _ in range(ROUNDS)]
        browser.close()
    return {
        "page_megabytes": path.stat().st_size / 1e6,
        "first_chart_seconds": median(strict[0] for strict, _ in rounds),
        "chart_interpreted_seconds": median(strict[1] for strict, _ in rounds),
        "chart_compiled_seconds": median(loose[1] for _, loose in rounds),
    }


def _open(browser: Browser, path: Path) -> tuple[float, float]:
    """Seconds to the first chart seen, and of each chart drawn by script, in a fresh window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    page.wait_for_function("window.firstChart")
    first, each = page.evaluate("window.firstChart"), page.evaluate(DRAW_ALL)
    context.close()
    return first / 1000, each / 1000
