"""Printing a page: what is asked of the browser, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpedu.errors import Refused
from hpedu.present.page import pdf
from hpedu.present.page.pdf import PrintFailed, find_browser, print_pdf, stop_clock, strip


def put_browser(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A stand-in for Chromium, alone on the PATH but for the shell's own tools."""
    browser = folder / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_without_a_browser_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="apt-get install chromium"):
        find_browser()


def test_a_browser_that_makes_nothing_is_an_error_with_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_browser(tmp_path, monkeypatch, "echo no display >&2; exit 1")
    (tmp_path / "a.html").write_text("")
    with pytest.raises(PrintFailed, match=r"a\.html was not printed.*no display"):
        print_pdf(tmp_path / "a.html", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()


def test_a_browser_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_browser(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(pdf, "PATIENCE", 0.2)
    (tmp_path / "a.html").write_text("")
    with pytest.raises(PrintFailed, match="nothing within"):
        print_pdf(tmp_path / "a.html", tmp_path / "a.pdf")


def test_paper_has_no_scripts_and_no_links_to_neighbours() -> None:
    page = '<a href="../en/x.html">a</a><a href="#b">b</a><a href="https://c.vn">c</a><script id="s">\nx</script>'
    assert strip(page) == '<a>a</a><a href="#b">b</a><a href="https://c.vn">c</a>'


def test_the_time_of_printing_is_blanked_at_equal_length() -> None:
    date = b"(D:20261127035543+00'00')"
    made = b"1 0 obj\n<</Creator (Chromium)\n/CreationDate " + date + b"\n/ModDate " + date + b">>"
    stopped = stop_clock(made)
    assert len(stopped) == len(made) and b"2026" not in stopped and b"/Creator (Chromium)" in stopped
