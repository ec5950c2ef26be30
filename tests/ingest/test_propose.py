"""`hpedu check` and `hpedu.read`: what would be read, what not, and a layout to complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

import hpedu
from hpedu.cli import commands
from hpedu.folders import HOME_VARIABLE
from hpedu.ingest import schema
from hpedu.ingest.forms.design import SHEETS
from hpedu.ingest.layouts import read_layouts
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.present.exports.form import write_form
from hpedu.present.exports.form_workbook import FIRST
from hpedu.registry import load_registry


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
    # What is empty is not guessed.
    [broken] = read_layouts(layouts)[1]
    assert "measure" in str(broken.problems[0])
    filled = proposal.replace('measure = ""', 'measure = "schools"').replace('level = ""', 'level = "general"')
    (layouts / "libraries.toml").write_text(filled, encoding="utf-8")
    read_layouts.cache_clear()
    monkeypatch.setattr("hpedu.ingest.reading.load_layouts", lambda: read_layouts(layouts)[0])
    # In this process, which alone knows of the layout.
    reading = read_file(open_source(unknown.read_bytes()), stand_in(unknown), load_registry())
    assert [(row["territory"], row["year"], row["value"]) for row in reading.observations] == [
        ("hai_phong_old", 2022, 210),
        ("hai_phong_old", 2023, 215),
        ("hai_duong_old", 2022, 180),
    ]
    assert [(row["reason"], row["printed"]) for row in reading.issues] == [("marked_number", "2,5x")]
    read_layouts.cache_clear()


def check(path: Path) -> str:
    result = CliRunner().invoke(commands, ["check", str(path)])
    assert result.exit_code == 0, result.output
    return result.output


def write_sheet(path: Path, *rows: list[object], title: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_a_table_is_told_with_its_sheet_and_cells(unknown: Path) -> None:
    output = check(unknown)
    assert "sheet “Sheet”: Số thư viện phân theo địa phương" in output
    assert "4 cells (B4:C5), no layout" in output


def test_codes_are_suggested_beside_what_stays_empty(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Giáo dục tiểu học phân theo địa phương"],
        ["", "Trường học - School", "", "Giáo viên nữ", ""],
        ["", 2020, 2021, 2020, 2021],
        ["Hải Phòng", 210, 215, 3000, 3100],
        ["Hải Dương", 180, 185, 2900, 2950],
    ]
    output = check(write_sheet(tmp_path / "a.xlsx", *rows))
    assert 'measure = ""  # schools ?' in output
    assert 'level = ""  # primary ?' in output
    assert '# sex = "female" ?' in output


def test_a_catalogue_gets_no_proposal(tmp_path: Path) -> None:
    output = check(write_sheet(tmp_path / "a.xlsx", ["Mã", "Tên"], ["1", "Công lập"], ["2", "Tư thục"]))
    assert "as in a catalogue" in output
    assert "[[series" not in output


def test_a_school_list_without_its_codes_is_told_as_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Danh sách trường năm học 2025-2026"],
        ["Tên trường", "Cấp học", "Xã", "Học sinh"],
        ["MN A", "Mầm non", "Lê Chân", 200],
        ["MN B", "Mầm non", "Lê Chân", 210],
    ]
    path = write_sheet(tmp_path / "truong.xlsx", *rows)
    output = check(path)
    assert "lacks the required column “Mã trường (Bộ GDĐT)”" in output and "(and 1 more like it)" in output
    assert "[[series" not in output  # a layout would not help
    assert set(hpedu.read(path)[1]["reason"]) == {"school_columns_lacking"}


def test_a_table_of_sums_is_no_school_list(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Giáo dục theo quận, huyện năm học 2020-2021"],
        ["Quận", "Trường", "Lớp", "Học sinh"],
        ["Lê Chân", 20, 400, 15000],
        ["An Dương", 22, 410, 15500],
    ]
    assert set(hpedu.read(write_sheet(tmp_path / "a.xlsx", *rows))[1]["reason"]) == {"no_layout"}


def test_schools_and_what_they_make_are_told_apart(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Danh sách trường năm học 2025-2026"],
        ["Mã trường", "Tên trường", "Cấp học", "Xã", "Học sinh", "Email"],
        ["31000012", "MN A", "Mầm non", "Lê Chân", 200, "a@b"],
    ]
    output = check(write_sheet(tmp_path / "a.xlsx", *rows))
    assert "1 rows of schools would be read" in output
    assert "the column that begins here has personal data (e-mail addresses)" in output


def test_further_cells_of_a_reason_are_named_up_to_five(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Danh sách trường năm học 2025-2026"],
        ["Mã trường", "Tên trường", "Cấp học", "Xã", "Học sinh"],
        *([f"3100001{n}", f"MN {n}", "Mầm non", "Lê Chân", "khoảng 200"] for n in range(8)),
    ]
    output = check(write_sheet(tmp_path / "a.xlsx", *rows, title="DS"))
    assert "E3: “khoảng 200”" in output
    assert "(and 7 more like it: DS!E4, DS!E5, DS!E6, DS!E7, DS!E8)" in output


def test_each_reason_names_the_first_cell_and_how_many_more(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [
            "Number of schools, classes, teachers and pupils of kindergarten education "
            "as of 30 September by province"
        ],
        ["", "2019 School", "2020 School"],
        # Between its neighbours, so that figures read before agree with it.
        ["Hai Phong", 360, ".."],
        ["Hai Fong", 1, 2],
    ]
    output = check(write_sheet(tmp_path / "a.xlsx", *rows, title="T1"))
    assert "layout nso_kindergarten.toml" in output
    assert "a.xlsx, cell T1!B4: no territory is known as “Hai Fong”" in output
    assert "(and 1 more like it)" in output
    assert "Blank or “..”" in output


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


KINDERGARTEN = (
    "Number of schools, classes, teachers and pupils of kindergarten education as of 30 September by province"
)


def write_slip(path: Path, *more: list[object]) -> Path:
    years = ["", *(f"{year} Pupil (Thous. Pupil)" for year in range(2009, 2014))]
    return write_sheet(path, [KINDERGARTEN], [], years, ["Ha Nam", 41, 42, 43, 44, 45_120], *more)


def test_check_runs_the_checks_and_ends_with_one_when_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    result = CliRunner().invoke(commands, ["--language", "en", "check", str(write_slip(tmp_path / "a.xlsx"))])
    assert result.exit_code == 1
    assert "there is no data/processed to compare with): 1 errors" in result.output
    assert "- Error: Ha Nam, 2013-14" in result.output and "Sheet1!F4 (a.xlsx)" in result.output
    calm = write_sheet(
        tmp_path / "b.xlsx", [KINDERGARTEN], [], ["", "2012 Class", "2013 Class"], ["Ha Nam", 41, 42]
    )
    assert CliRunner().invoke(commands, ["check", str(calm)]).exit_code == 0


def test_check_ends_with_one_when_a_cell_of_a_form_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    path, registry = tmp_path / "form.xlsx", load_registry()
    nothing = pl.DataFrame(schema=schema.OBSERVATIONS)
    write_form(path, subject="preschool", year=2024, observations=nothing, registry=registry)
    statuses = []
    for typed in (5, "five"):
        workbook = openpyxl.load_workbook(path)
        sheet = workbook[SHEETS["numbers"].name]
        place = 1 + [column.id for column in SHEETS["numbers"].columns].index("value")
        row = next(row for row in range(FIRST, sheet.max_row) if not sheet.cell(row, place).protection.locked)
        sheet.cell(row, place).value = typed
        workbook.save(path)
        statuses.append(CliRunner().invoke(commands, ["check", str(path)]).exit_code)
    assert statuses == [0, 1]


def test_read_takes_what_a_check_contradicts_out_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    observations, _ = hpedu.read(write_slip(tmp_path / "a.xlsx"))
    assert observations["current"].to_list() == [True, True, True, True, False]
    assert observations["flags"].to_list()[-1] == "contradicted"
    assert "Sheet1!F4" in capsys.readouterr().err


def test_a_file_is_checked_against_what_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: Any
) -> None:
    """Two years alone show nothing; beside the real history one of them is ten times too small."""
    path = write_sheet(
        tmp_path / "a.xlsx", [KINDERGARTEN], [], ["", "2017 Pupil", "2018 Pupil"], ["Hai Phong", 9511, 97_020]
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert hpedu.read(path)[0]["current"].to_list() == [True, True]
    monkeypatch.setenv(HOME_VARIABLE, str(tables.project.root))
    assert hpedu.read(path)[0]["current"].to_list() == [False, True]
    result = CliRunner().invoke(commands, ["--language", "en", "check", str(path)])
    assert result.exit_code == 1
    assert "against data/processed): 1 errors" in result.output


def test_ingest_sums_up_errors_and_is_strict_when_asked(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tables.project.root))
    result = CliRunner().invoke(commands, ["--language", "en", "ingest"])
    assert result.exit_code == 0
    assert "11 errors: 16 figures are out of use" in result.stderr
    assert CliRunner().invoke(commands, ["ingest", "--strict"]).exit_code == 3
