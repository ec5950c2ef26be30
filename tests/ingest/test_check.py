"""`hpedu check` and `hpedu.read`: what would be read, what not, and a layout to complete."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import hpedu
from hpedu.cli import commands
from hpedu.errors import RegistryError
from hpedu.ingest.layouts import load_layouts


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


def test_a_proposal_reads_the_table_once_it_is_filled_in(
    unknown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner().invoke(commands, ["check", str(unknown)])
    assert result.exit_code == 0, result.output
    proposal = "\n".join(line.strip() for line in result.output.splitlines())
    proposal = proposal[proposal.index("# Proposed") :]
    layouts = tmp_path / "layouts"
    layouts.mkdir()
    (layouts / "libraries.toml").write_text(proposal, encoding="utf-8")
    with pytest.raises(RegistryError, match="measure"):  # what is empty is not guessed
        load_layouts(layouts)
    filled = proposal.replace('measure = ""', 'measure = "schools"').replace('level = ""', 'level = "general"')
    (layouts / "libraries.toml").write_text(filled, encoding="utf-8")
    load_layouts.cache_clear()
    monkeypatch.setattr("hpedu.ingest.reading.load_layouts", lambda: load_layouts(layouts))
    observations, issues = hpedu.read(unknown)
    assert observations.select("territory", "year", "value").rows() == [
        ("hai_phong_old", 2022, 210),
        ("hai_phong_old", 2023, 215),
        ("hai_duong_old", 2022, 180),
    ]
    assert issues.select("reason", "printed").rows() == [("not_a_number", "2,5x")]
    load_layouts.cache_clear()


def test_read_gives_two_frames(unknown: Path) -> None:
    observations, issues = hpedu.read(unknown)
    assert observations.is_empty()
    assert issues["reason"].to_list() == ["no_layout"] * 4


def test_check_writes_nothing_and_fails_for_what_it_cannot_open(unknown: Path) -> None:
    before = sorted(unknown.parent.iterdir())
    result = CliRunner().invoke(commands, ["check", str(unknown.parent / "none.xlsx"), str(unknown)])
    assert result.exit_code == 1
    assert "none.xlsx: there is no such file" in result.stderr
    assert "Số thư viện" in result.output  # the other file is still checked
    assert sorted(unknown.parent.iterdir()) == before
