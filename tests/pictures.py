"""Take the pictures of the READMEs from pages made of the real data: `python run.py pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from hpedu.batch.build import run_batch
from hpedu.batch.plan import make_plan
from hpedu.folders import HOME_VARIABLE
from hpedu.present.page.pdf import find_browser
from tests.conftest import ROOT, copy_project

FOLDER = ROOT / "docs" / "pictures"
TAKEN = {
    "brief": ("2025/hai_phong/vi/brief.html", "body"),
    "chart": ("2025/hai_phong/vi/general.html", "figure.chart .picture"),
}
"""Name of a picture -> the page, and the part of it that is shown (the first that fits)."""


def main() -> None:
    """Make the pages in a folder of their own, and write a PNG for each row of `TAKEN`."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        project = copy_project(Path(folder))
        os.environ[HOME_VARIABLE] = str(project.root)
        run_batch(make_plan(groups=["brief", "general"], languages=["vi"]), project)
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (place, part) in TAKEN.items():
            page = browser.new_page(viewport={"width": 1080, "height": 900})
            page.goto((project.reports / place).as_uri())
            page.locator(part).first.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
