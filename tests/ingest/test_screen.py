"""Personal data and characters that steer what is shown go no further than the opening of a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hpedu.cli import commands
from hpedu.decoding import name_steering, neutralise
from hpedu.digest import describe_inputs
from hpedu.folders import Project
from hpedu.ingest.pipeline import ingest
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import find_tables, read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.screen import hide_contacts, screen_frame, screen_text
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

SECRETS = {
    "Họ và tên hiệu trưởng": ("Nguyễn Thị Bí Mật", "Trần Văn Kín"),
    "Ngày sinh": ("12/03/1975", "30/11/1969"),
    "Số CCCD": ("031175001234", "031069004321"),
    "Điện thoại": ("0912.345.678", "0225 3822 599"),
    "Email": ("bimat@example.edu.vn", "kin@example.edu.vn"),
    "Địa chỉ thường trú": ("12 ngõ 5 Lạch Tray", "Thôn Kín, xã An Lão"),
    "Giáo viên chủ nhiệm": ("Phạm Thị Giấu", "Lê Văn Ẩn"),
}
HEAD = ["STT", "Năm học", "Mã trường", "Tên trường", "Cấp học", "Xã/phường", "Số lớp", "Học sinh", "Ghi chú"]
ROWS = [
    [
        "1",
        "2025-2026",
        "31000301",
        "Trường TH Trần Phú",
        "Tiểu học",
        "Phường Hải An",
        "20",
        "700",
        "gọi 0912345678",
    ],
    ["2", "2025-2026", "31000302", "Trường TH Lê Chân", "Tiểu học", "Phường Hải An", "10", "sai", ""],
]


def make_csv(secrets: dict[str, tuple[str, ...]], after: list[list[str]] | None = None) -> bytes:
    rows = [HEAD + list(secrets)]
    rows += [row + [texts[i] for texts in secrets.values()] for i, row in enumerate(ROWS)]
    width = len(rows[0])
    rows += [row + [""] * (width - len(row)) for row in after or []]
    return "\n".join(";".join(row) for row in rows).encode()


def make_workbook(data: bytes) -> bytes:
    book = openpyxl.Workbook()
    for line in data.decode().split("\n"):
        book.active.append(line.split(";"))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def describe(path: str) -> Resource:
    return Resource(
        name="own", path=path, title="t", publisher="p", table="t", url="", published="2026", scope="",
        confidence="high", transcription=False, licenses=[],
    )  # fmt: skip


def find_words(secrets: dict[str, tuple[str, ...]]) -> list[str]:
    return [text for texts in secrets.values() for text in texts]


@pytest.mark.parametrize("is_workbook", [False, True])
def test_a_school_list_is_read_without_its_personal_columns(registry: Registry, is_workbook: bool) -> None:
    data = make_csv(SECRETS, [["", "", "", "Nguyễn Văn Ký", "", "", "", ""]])
    reading = read_file(open_source(make_workbook(data) if is_workbook else data), describe("ds.csv"), registry)
    assert reading.schools is not None and reading.schools["name"].to_list() == [row[3] for row in ROWS]
    everything = str(reading.schools.to_dicts()) + str(reading.issues)
    for secret in [*find_words(SECRETS), "0912345678", "Nguyễn Văn Ký"]:
        assert secret not in everything
    refused = [row for row in reading.issues if row["reason"] == "personal_column"]
    assert {row["cell"] for row in refused} == {f"{letter}1" for letter in "JKLMNOP"}
    assert all("ds.csv" in row["message_vi"] and row["cell"] in row["message_en"] for row in refused)
    # What is wrong elsewhere is still said.
    assert "school_bad_number" in {row["reason"] for row in reading.issues}


def test_a_list_of_pupils_is_set_aside_without_what_is_said_of_them(registry: Registry) -> None:
    rows = [
        "Danh sách học sinh lớp 5A",
        "STT;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Mã lớp;Điểm",
        "1;Nguyễn Bí Mật;01/02/2015;Nữ;Tày;51;9,5",
        "2;Trần Kín;03/04/2015;Nam;Kinh;52;8,5",
    ]
    reading = read_file(open_source("\n".join(rows).encode()), describe("hs.csv"), registry)
    everything = str(reading.issues) + str(reading.observations)
    for secret in ("Bí Mật", "Trần Kín", "01/02/2015", "Tày"):
        assert secret not in everything
    assert {row["cell"] for row in reading.issues if row["reason"] == "personal_column"} == {
        "B2",
        "C2",
        "D2",
        "E2",
    }


@pytest.mark.parametrize(
    "texts", [("031175001234", "031069004321", "001203000001"), ("a@b.vn", "c@d.vn", "e@f.vn"),
              ("0912345678", "+84 912 345 679", "(0225) 3822 599")],
)  # fmt: skip
def test_a_column_is_known_by_its_cells(registry: Registry, texts: tuple[str, ...]) -> None:
    rows = ["Mục;2020;Cột lạ", *(f"Tiểu học {i};1{i}0;{text}" for i, text in enumerate(texts))]
    source = open_source("\n".join(rows).encode())
    assert [row[2] for row in source.grids[0].rows] == ["Cột lạ", "", "", ""]
    assert [row[1] for row in source.grids[0].rows] == ["2020", "100", "110", "120"]


def test_a_list_in_english_with_a_name_in_two_columns_is_known() -> None:
    rows = ["Pupil ID;Given name;Family name;Score", "71;Kin;Nguyen;9", "72;Bi;Le;8", "73;An;Tran;7"]
    [grid] = open_source("\n".join([*rows, ""]).encode()).grids
    assert grid.rows[1:] == [["", "", "", mark] for mark in "987"]


@pytest.mark.parametrize("heading", ["Student number", "Pupil No", "Teacher number", "Staff number"])
def test_a_number_of_persons_is_no_number_of_a_person(heading: str) -> None:
    [grid] = open_source(f"School;{heading};Class\nA;310;10\nB;320;11\nC;330;12\n".encode()).grids
    assert [row[1] for row in grid.rows[1:]] == ["310", "320", "330"]


def test_labels_of_a_tidy_table_are_screened() -> None:
    source = open_source("year,Họ và tên,value\n2020,Nguyễn Bí Mật,5\n2021,Trần Kín,6\n".encode())
    assert "Kín" not in str(source.table) and "Bí Mật" not in str(source.table)
    assert [remark.reason for remark in source.remarks] == ["personal_column"]


def test_a_table_of_figures_keeps_columns_that_only_sound_personal() -> None:
    rows = [
        "Cấp học;Hiệu trưởng;Giáo viên;Điện thoại;Năm sinh;Học sinh",
        "Mầm non;120;3000;15;2015;40000",
        "Tiểu học;130;3.100;17;2016;123456789",
        "THCS;110;0,975;19;2017;0.912345678",
    ]
    source = open_source("\n".join([*rows, ""]).encode())
    assert not source.remarks
    assert source.grids[0].rows == [row.split(";") for row in rows]


def test_teachers_by_level_are_no_names() -> None:
    rows = ["Giáo viên;2014;2015", "Mầm non;1;2", "Tiểu học;3;4", "Hà Nội;5;6", "Lâm Đồng;7;8", "Cả nước;9;9"]
    assert not open_source("\n".join(rows).encode()).remarks


def test_old_fonts_hide_no_heading() -> None:
    rows = ["STT;Hä vµ tªn;Líp;§iÓm trung b×nh", "1;NguyÔn V¨n A;5A;9", "2;TrÇn ThÞ B;5B;8", "3;Lª V¨n C;5B;8"]
    source = open_source("\n".join(rows).encode("latin-1", errors="ignore"))
    assert "NguyÔn" not in str(source.grids)


@pytest.mark.parametrize(
    ("remark", "shown"),
    [
        ("gọi 0912345678 nhé", "gọi … nhé"),
        ("cô Lan: +84 912 345 678", "cô Lan: …"),
        ("ĐT (0225) 3822.599; a.b@c.edu.vn", "ĐT …; …"),
        ("CCCD 031175001234", "CCCD …"),
        ("Có 2.012 học sinh, 30/9/2025, mã 31000301, 10 234 567 890 đồng", ""),
    ],
)
def test_contacts_in_a_remark_are_hidden(remark: str, shown: str) -> None:
    assert pl.select(hide_contacts(pl.lit(remark))).item() == (shown or remark)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Người lập biểu: Nguyễn Thị Kín, ngày 30/9", "Người lập biểu: …, ngày 30/9"),
        ("theo lời bà TRẦN THỊ KÍN và thầy Lê\u200b Bí Mật đã nghỉ", "theo lời bà … và thầy … đã nghỉ"),
        ("Số học sinh (liên hệ: 0912 345 678, kin@hp.edu.vn)", "Số học sinh (liên hệ: …, …)"),
        ("Thủ trưởng: Vũ Kín, cô giáo: Đỗ Thị Giấu, kế toán Lê Ẩn", "Thủ trưởng: …, cô giáo: …, kế toán …"),
        ("Thầy giáo, cô giáo Hà Nội", ""),
        ("Ms. Nguyen Kin", ""),
        ("Huyện đảo Cô Tô Quảng Ninh, Bà Rịa - Vũng Tàu, phố Bà Triệu Hà Nội, Trường THPT Trần Nguyên Hãn", ""),
        ("Thầy Nguyễn dạy giỏi; thầy cô Hà Nội; mã 31000301", ""),
        ("031301234567", ""),
        ("0912345678", ""),
    ],
)
def test_persons_within_a_text_are_hidden(text: str, shown: str) -> None:
    assert screen_text(text)[0] == (shown or text)


def test_persons_in_titles_remarks_and_notes_are_hidden_and_their_cell_is_named(registry: Registry) -> None:
    rows = [
        "Số học sinh, thầy Trần Văn Kín lập;;",
        "Cấp học;2020;2021",
        "Mầm non;100;200",
        "Tiểu học;300;bà Lê Thị Bí giữ",
        "Liên hệ: kin@hp.edu.vn;;",
    ]
    for data in ("\n".join(rows).encode(), make_workbook("\n".join(rows).encode())):
        reading = read_file(open_source(data), describe("a.csv"), registry)
        everything = str(reading.issues) + str(reading.observations)
        assert not any(secret in everything for secret in ("Kín", "Bí", "kin@"))
        issues = [row for row in reading.issues if row["reason"] == "personal_text"]
        assert [row["cell"] for row in issues] == ["A1", "A5", "C4"]
        assert "a.csv" in issues[0]["message_vi"]


def test_the_name_of_a_sheet_is_screened() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Biểu\u202e 1, thầy Lê Văn Kín"
    book.active.append(["x", "2015"])
    book.active.merge_cells("A1:A2")
    stream = io.BytesIO()
    book.save(stream)
    source = open_source(stream.getvalue())
    assert [name for name, _ in source.frames] == ["Biểu 1, thầy …"] == list(source.facts)
    assert [remark.reason for remark in source.remarks] == ["steering_characters", "personal_text"]


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><p>Ngu\xe1\xbb\x93n: \xc3\xb4ng Nguy\xe1\xbb\x85n V\xc4\x83n K\xc3\xadn</p>"
        b"<table><tr><td>Level</td><td>2020</td></tr><tr><td>Primary</td><td>5</td></tr></table></body></html>",
        '"Học sinh, thầy Trần Văn Kín lập"\n\n"";"2015"\n"Hai Phong";5\n'.encode(),
    ],
)
def test_what_stands_around_a_table_is_screened(data: bytes, registry: Registry) -> None:
    source = open_source(data)
    assert "personal_text" in [remark.reason for remark in source.remarks]
    assert "Kín" not in str(find_tables(source))


def test_a_list_of_persons_far_below_another_table_is_known(registry: Registry) -> None:
    rows = ["Dân tộc;2020;2021;Nơi sinh", *(f"Nhóm {n};{n};{n};x" for n in range(40)), ";;;"]
    rows += ["STT;Họ và tên;Ngày sinh;Nơi sinh", "1;Nguyễn Bí Mật;01/02/2015;Tày", "2;Trần Kín;03/04/2015;Kinh"]
    source = open_source("\n".join(rows).encode())
    [grid] = source.grids
    assert grid.rows[0] == ["Dân tộc", "2020", "2021", "Nơi sinh"] and grid.rows[9] == ["Nhóm 8", "8", "8", "x"]
    assert not any(secret in str(grid.rows) for secret in ("Bí Mật", "Kín", "2015", "Tày"))
    assert [(remark.reason, remark.cell) for remark in source.remarks] == [
        *(("personal_column", cell) for cell in ("B43", "C43", "D43"))
    ]


STEERING = "\x1b\x07\x9b\u202e\u2066\u200b\u200f\ufeff\u061c\u180e\u3164\ufe0f\U000e0041"


def test_steering_characters_are_named_and_taken_out(registry: Registry) -> None:
    data = make_csv({}).decode().replace("Trần Phú", "Trần\u202e \x1b[31mPhú\u200b").encode()
    for made in (data, make_workbook(data.replace(b"\x1b", "\u2066".encode()))):
        reading = read_file(open_source(made), describe("ds.csv"), registry)
        assert reading.schools is not None
        name = reading.schools["name"][0]
        assert neutralise(name) == name and "Phú" in name
        (issue,) = [row for row in reading.issues if row["reason"] == "steering_characters"]
        assert issue["cell"] == "D2" and "U+202E" in issue["message_vi"] and "U+200B" in issue["message_en"]
        assert not name_steering(str(reading.issues))


@given(st.text(st.sampled_from("aữĐ\n\t " + STEERING)))
def test_a_neutral_text_steers_nothing_and_keeps_its_letters(text: str) -> None:
    neutral = neutralise(text)
    assert not any(sign in neutral for sign in STEERING)
    assert [c for c in neutral if c in "aữĐ\n\t "] == [c for c in text if c in "aữĐ\n\t "]
    assert bool(name_steering(text)) == (neutral != text)


def test_a_sheet_full_of_steering_characters_is_refused_before_each_is_named() -> None:
    with pytest.raises(Unreadable, match="too many cells"):
        screen_frame("", pl.DataFrame({"a": ["\u202ea"] * 100_001}))


def test_titles_publishers_and_file_names_are_neutral(tmp_path: Path, registry: Registry) -> None:
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_text("x,value\n1,2\n", encoding="utf-8")
    (raw / "b\u202e.csv").write_text("x,value\n1,2\n", encoding="utf-8")
    entry = describe("a.csv").model_dump() | {"title": "Bảng\x1b]0;x\x07", "publisher": "Cục\u202e Thống kê"}
    (raw / "datapackage.json").write_text(json.dumps({"resources": [entry]}), encoding="utf-8")
    found = ingest(Project(tmp_path), registry)
    (resource,) = found.package.values()
    assert resource.title == "Bảng\ufffd]0;x\ufffd" and resource.publisher == "Cục Thống kê"
    issues = {row["reason"]: row for row in found.issues.to_dicts()}
    assert "U+001B" in issues["steering_entry"]["message_vi"] and "a.csv" in issues["steering_entry"]["message_vi"]
    assert "U+202E" in issues["steering_name"]["message_en"]
    assert not name_steering(str(found.issues.to_dicts()) + str(found.unread))


def test_links_are_followed_inside_the_folder_and_named_outside_it(tmp_path: Path, registry: Registry) -> None:
    raw, elsewhere = tmp_path / "data" / "raw", tmp_path / "elsewhere"
    for folder in (raw / "real" / "deep", elsewhere):
        folder.mkdir(parents=True)
        (folder / "ds.csv").write_bytes(make_csv({}))
    (raw / "datapackage.json").write_text('{"resources": []}', encoding="utf-8")
    (raw / "alias").symlink_to(raw / "real" / "deep")
    (raw / "real" / "loop").symlink_to(raw)
    (raw / "real" / "deep" / "around").symlink_to("..")
    (raw / "away").symlink_to(elsewhere)
    (raw / "away.csv").symlink_to(elsewhere / "ds.csv")
    (raw / "nothing.csv").symlink_to(raw / "gone.csv")
    (raw / "itself.csv").symlink_to("itself.csv")
    found = ingest(Project(tmp_path), registry)
    assert set(found.package) == {"alias/ds.csv", "real/deep/ds.csv"}
    assert {row["file"] for row in found.unread} == {"away", "away.csv", "itself.csv", "nothing.csv"}
    assert all("data/raw" in row["vi"] and row["file"] in row["en"] for row in found.unread)
    before = describe_inputs(Project(tmp_path))
    (raw / "away.csv").unlink()
    assert describe_inputs(Project(tmp_path)) != before


def test_nothing_personal_reaches_a_table_or_a_terminal(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make_csv(SECRETS, [["", "", "", "Nguyễn Văn Ký", "", "", "", ""]])
    (project.raw / "ds.csv").write_bytes(data)
    (project.raw / "ds.xlsx").write_bytes(make_workbook(data))
    for words in (["ingest"], ["check", str(project.raw / "ds.csv")], ["check", str(project.raw / "ds.xlsx")]):
        print(CliRunner().invoke(commands, words, catch_exceptions=False).output)
    said = capsys.readouterr().out
    assert "personal data (identity numbers)" in said
    everything = [said, *(path.read_text(encoding="utf-8") for path in project.processed.glob("*.json"))]
    everything += [str(pl.read_parquet(path).to_dicts()) for path in project.processed.glob("*.parquet")]
    assert len(everything) > 5 and "Trường TH Trần Phú" in "".join(everything)
    for secret in [*find_words(SECRETS), "0912345678", "Nguyễn Văn Ký"]:
        assert not any(secret in text for text in everything), secret
