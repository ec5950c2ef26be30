"""What Windows does otherwise, as far as it can be made to happen here; the rest is docs/pilot.md."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hpedu.cli import commands
from hpedu.folders import HOME_VARIABLE, MARKER, find_project, write_whole
from hpedu.ingest.source import open_source
from hpedu.registry.load import HOME, read_csv_rows
from hpedu.registry.models import Break

FORM = ("form", "--group", "preschool", "--year", "2026")


def hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse to put a file in the place of another, as Windows does while Excel has it open."""

    def refuse(_draft: Any, path: Any) -> None:
        raise PermissionError(errno.EACCES, "Access is denied", os.fspath(path))

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(Path, "replace", refuse)


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "đóng tệp nếu đang mở bằng Excel"), ("en", "close the file")]
)
def test_a_workbook_open_in_excel_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    path = tmp_path / "form.xlsx"
    hold(monkeypatch)
    done = CliRunner().invoke(commands, ["--language", language, *FORM, str(path)])
    assert done.exit_code == 1
    assert "form.xlsx" in done.output and said in done.output and "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_what_stands_stays_while_a_file_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    hold(monkeypatch)
    with pytest.raises(PermissionError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_rows_and_tables_with_the_line_endings_of_windows_are_the_same(tmp_path: Path) -> None:
    text = (HOME / "breaks.csv").read_bytes()
    (tmp_path / "breaks.csv").write_bytes(text.replace(b"\n", b"\r\n"))
    assert list(read_csv_rows(tmp_path / "breaks.csv", Break)) == list(read_csv_rows(HOME / "breaks.csv", Break))
    raw = b"a;b\n1;2,5\nx;y\n"
    one, other = (open_source(content).grids for content in (raw, raw.replace(b"\n", b"\r\n")))
    assert one == other and one


def test_a_project_lies_in_a_folder_with_blanks_and_accents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "Giáo dục 2026"
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    done = CliRunner().invoke(commands, ["init", str(root)])
    assert done.exit_code == 0 and (root / MARKER).exists()
    assert find_project(root / "notebooks").root == root
