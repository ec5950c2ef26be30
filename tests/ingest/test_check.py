"""`hpedu check` and `hpedu.read`: what would be read, what not, and a layout to complete."""

from __future__ import annotations

import tomllib
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import hpedu
from hpedu.cli import commands


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [
        ["Số thư viện phân theo địa phương"],
        ["Number of libraries by province"],
        ["", "Năm học 2022-2023", "Năm học 2023–2024"],
        ["Hải Phòng", 210, 215],
        ["Hải Dương", 180, "2,5x"],
    ]:
        sheet.append(row)
    path = tmp_path / "thu_vien.dat"  # the ending says nothing
    book.save(path)
    return path


def test_a_layout_is_proposed_that_only_wants_meaning(unknown: Path) -> None:
    result = CliRunner().invoke(commands, ["check", str(unknown)])
    assert result.exit_code == 0, result.output
    proposal = result.output[result.output.index("reader =") :]
    layout = tomllib.loads("\n".join(line.strip() for line in proposal.splitlines()))
    assert layout["reader"] == "sheet"
    assert layout["title"].startswith("Số thư viện phân theo địa phương")
    assert (layout["territory"], layout["year"]) == ("row", "column")
    assert all(entry["measure"] == "" for entries in layout["series"].values() for entry in entries)


def test_read_gives_two_frames(unknown: Path) -> None:
    observations, issues = hpedu.read(unknown)
    assert observations.is_empty()
    assert issues["reason"].to_list() == ["no_layout"] * 4


def test_check_writes_nothing_and_fails_for_what_it_cannot_open(unknown: Path) -> None:
    before = sorted(unknown.parent.iterdir())
    result = CliRunner().invoke(commands, ["check", str(unknown.parent / "none.xlsx"), str(unknown)])
    assert result.exit_code == 1
    assert "cannot be opened" in result.stderr
    assert "Số thư viện" in result.output  # the other file is still checked
    assert sorted(unknown.parent.iterdir()) == before
