"""Print a page on paper with Chromium, where there is one. The page's own print style says how it looks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hpedu.errors import HpeduError, Refused
from hpedu.folders import write_whole

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer"),
)
ANNEX = 'id="annex"'  # the choice on a page to print more than its brief
PATIENCE = 180  # seconds for one page on a slow machine
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
LOCAL_LINK = re.compile(r' href="(?!#|https?:|data:)[^"]*"')
CLOCK = re.compile(rb"/(?:CreationDate|ModDate) \(D:(\d{14})[^)]*\)")


class PrintFailed(HpeduError):
    """The browser, or the office, ended without a PDF."""

    page: str
    said: str


def find_program(names: Sequence[str], lack: str) -> str:
    """Find the path of a program by any of its names. Raises `Refused` with the text `lack` if there is none."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise Refused(lack)
    return found


def find_browser() -> str:
    """Find the path of a Chromium or one of its kin, as `find_program` does."""
    return find_program(NAMES, "no_browser")


def can_print() -> bool:
    """Return whether there is a browser to print with."""
    return any(map(shutil.which, NAMES))


def print_pdf(page: Path, pdf: Path) -> None:
    """Print a page to A4; the same page and browser give the same bytes, since the clock is taken out.

    Raises `Refused` if there is no Chromium. Raises `PrintFailed` if it makes no PDF within `PATIENCE` seconds.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="hpedu-") as folder:
        made = Path(folder) / "page.pdf"
        command = [browser, *FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium refuses root otherwise; the page is made by hpedu and asks no host for anything.
            command.append("--no-sandbox")
        bare = Path(folder) / "page.html"
        bare.write_text(strip(page.read_text(encoding="utf-8")), encoding="utf-8")
        command.append(bare.as_uri())
        run_printer(command, page, made)
        write_whole(pdf, stop_clock(made.read_bytes()))


def run_printer(command: Sequence[str], page: Path, made: Path) -> None:
    """Run the program that prints a page to the file `made`.

    Raises `PrintFailed` if it makes no PDF within `PATIENCE` seconds.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise PrintFailed(page.name, f"nothing within {PATIENCE} seconds") from None
    if not made.exists():
        lines = done.stderr.strip().splitlines() or [f"nothing (exit status {done.returncode})"]
        raise PrintFailed(page.name, lines[-1])


def strip(page: str) -> str:
    """Return a page as it is printed: all of it, without scripts and without links to its neighbours.

    Scripts would draw what paper does not show, each time a little differently; links would name folders of this
    machine.
    """
    return LOCAL_LINK.sub("", SCRIPT.sub("", page)).replace(ANNEX, f"{ANNEX} checked")


def stop_clock(pdf: bytes) -> bytes:
    """Blank out the time a PDF was made, at equal length, so that every offset in the file stays right."""
    return CLOCK.sub(lambda match: b" " * len(match[0]), pdf)
