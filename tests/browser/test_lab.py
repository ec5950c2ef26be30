"""The desk in a real JupyterLab without a network: own charts, an error, the window to explore."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, Route, expect

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "notebooks/guided_tour.ipynb"
CELLS = (
    "import altair as alt\nimport pandas as pd\nimport hpedu\nhpedu.Report('preschool', language='vi')",
    "frame = pd.DataFrame({'year': [2020, 2021, 2022], 'rate': [30.5, 31.0, 33.25]})\n"
    "alt.Chart(frame).mark_line().encode(x='year:O', y=alt.Y('rate:Q').axis(format='.1f'))",
    "frame.plot(x='year', y='rate')",
    "hpedu.explore('kindergarten_pupils')",
    "hpedu.indicator_values('kindergarten_pupil')",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a notebook of these cells from a folder of its own."""
    folder = tmp_path_factory.mktemp("lab")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS], metadata=metadata)
    nbformat.write(notebook, folder / "own.ipynb")
    (folder / "notebooks").mkdir()
    shutil.copy(TOUR, folder / "notebooks" / "tour.ipynb")
    shutil.copytree(ROOT / "data/raw", folder / "data/raw")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.news_url=None", f"--notebook-dir={folder}"]
    environment = os.environ | {"HPEDU_HOME": str(ROOT), "PYTHONPATH": str(ROOT)}
    environment |= {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "RUNTIME")}
    log = (folder / "log.txt").open("w")
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    while True:
        try:
            urlopen(f"{base}/api?token={token}").close()
            break
        except OSError:
            assert server.poll() is None, (folder / "log.txt").read_text()
            time.sleep(0.2)
    yield f"{base}/lab/tree/own.ipynb?token={token}"
    server.terminate()
    server.wait()
    log.close()


def open_offline(browser: Browser, address: str) -> Page:
    """Open a notebook and wait for its kernel; whatever leaves this machine fails."""
    page = browser.new_page()

    def guard(route: Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    page.route("**/*", guard)
    # What an earlier test left open is not opened again.
    page.goto(f"{address}&reset")
    expect(page.locator(".jp-Notebook .jp-CodeCell").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    # A kernel that is still being greeted would not get what is run.
    page.wait_for_timeout(2_000)
    return page


@pytest.fixture(scope="module")
def ran(browser: Browser, address: str) -> Iterator[Page]:
    """Run all cells."""
    page = open_offline(browser, address)
    for cell in page.locator(".jp-CodeCell").all():
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
    yield page
    page.close()


def output(cell: int) -> str:
    return f".jp-CodeCell >> nth={cell} >> .jp-OutputArea"


def test_own_charts_are_drawn_with_vietnamese_numbers(ran: Page) -> None:
    chart = ran.locator(output(1)).first
    expect(chart.locator("svg, canvas").first).to_be_visible(timeout=120_000)
    expect(ran.locator(output(2)).first.locator("svg, canvas").first).to_be_visible(timeout=60_000)
    assert "Error" not in chart.inner_text()


def test_an_error_is_one_line_in_the_language_of_the_report(ran: Page) -> None:
    error = ran.locator(output(4)).first
    expect(error).to_contain_text("kindergarten_pupils", timeout=60_000)
    assert "File" not in error.inner_text() and len(error.inner_text().strip().splitlines()) == 1


def test_the_window_to_explore_shows_what_is_chosen(ran: Page) -> None:
    window = ran.locator(output(3)).first
    expect(window.locator("select").first).to_be_visible(timeout=120_000)
    expect(window.locator("figure svg").first).to_be_visible(timeout=60_000)
    expect(window.locator("pre").last).to_contain_text("report.trend('kindergarten_pupils'")
    window.locator("select").nth(1).select_option(index=1)
    expect(window.locator("pre").last).to_contain_text("hai_phong_old", timeout=60_000)
    assert "cdn" not in window.inner_text().lower()


def test_the_tour_runs_and_shows_the_chosen_language_alone(browser: Browser, address: str) -> None:
    page = open_offline(browser, address.replace("own.ipynb", "notebooks/tour.ipynb"))
    cells = nbformat.read(TOUR, as_version=4).cells
    page.locator(".jp-Notebook .jp-Cell").first.click()
    for _ in cells:
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(200)
    code = sum(cell.cell_type == "code" for cell in cells)
    expect(page.locator(".jp-InputPrompt", has_text=f"[{code}]:")).to_be_visible(timeout=240_000)
    seen, errors = "", 0
    notebook = page.locator(".jp-Notebook .jp-WindowedPanel-outer, .jp-WindowedPanel-outer").first
    for _ in range(40):
        seen += page.locator(".jp-Notebook").first.inner_text()
        errors += page.locator('.jp-Notebook [data-mime-type="application/vnd.jupyter.error"]').count()
        notebook.hover()
        page.mouse.wheel(0, -600)  # the last cell is where it ended
        page.wait_for_timeout(100)
    assert errors == 0
    assert "Chỉ tiêu cần hai con số" in seen and "The target needs" not in seen
    assert "tour.xlsx" in seen
    page.close()
