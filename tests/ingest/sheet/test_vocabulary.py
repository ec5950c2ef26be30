"""What a cell looks like by its text alone, and the wording of the parts of a table."""

from __future__ import annotations

import pytest

from hpedu.ingest.sheet.vocabulary import (
    Kind,
    find_kind,
    find_unit,
    has_unit,
    is_bilingual,
    is_english,
    is_footer,
    is_numbering,
    is_worded,
)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ("2416|2.416|98,38|230 065|1,234.5|1.234.567,89|-5|−5|12%|15(*)|1 234", "number"),
        ("-|–|—|..|...|…|x|.", "mark"),
        (
            "2015|2005(**)|2010-2011|2010-\n2011|2002 - 2003(*)|Sơ bộ - Prel. 2011-12|Năm học 2015–16|Prel. 2016",
            "year",
        ),
        ("Hà Nội|2011 Teacher|30/9/2011|1.1.2|a1|2024-09-05|(12)", "text"),
        ("| |\u00a0", "blank"),
    ],
)
def test_kinds(texts: str, kind: Kind) -> None:
    assert {text: find_kind(text) for text in texts.split("|")} == dict.fromkeys(texts.split("|"), kind)


@pytest.mark.parametrize(
    ("texts", "whether"),
    [
        ("A|B|1|2", True),
        ("(1)|(2)|(3)=(1)+(2)", True),
        ("1|2|3", True),
        ("1|2", False),
        ("1|Trường A|2", False),
        ("5|6|7", False),
    ],
)
def test_rows_that_count_columns(texts: str, whether: bool) -> None:
    assert is_numbering(texts.split("|")) is whether


@pytest.mark.parametrize("text", ["Number of classes - Thous. classes", "Primary", "Lower secondary", "Of which:"])
def test_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize("text", ["Nam", "Kon Tum", "Gia Lai", "Ha Noi", "Công lập – Public", "12", ""])
def test_what_is_not_english(text: str) -> None:
    assert not is_english(text)


def test_labels_in_two_languages() -> None:
    assert is_bilingual("Công lập – Public")
    assert is_bilingual("Số trường học\nNumber of schools")
    assert not is_bilingual("Số lớp học - Nghìn lớp")


@pytest.mark.parametrize("text", ["%", "      %", "Nghìn người - Thous. pers.", "(Trường)", "Người - Person"])
def test_units(text: str) -> None:
    assert is_worded("unit", text)


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        ("ĐVT: Trường – Unit: School", True),
        ("Đơn vị tính: %", True),
        ("Đơn vị: Người", True),
        ("Đơn vị báo cáo: Sở GD&ĐT", False),
        ("Đơn vị: Sở GD&ĐT", False),
    ],
)
def test_unit_lines(text: str, whether: bool) -> None:
    assert is_worded("unit_line", text) is whether


def test_units_within_labels() -> None:
    assert has_unit("Số lớp học (Lớp)\nNumber of classes (Class)")
    assert not has_unit("Số lớp học (kể cả lớp ghép)")
    assert find_unit("Chỉ số phát triển (Năm trước = 100) - %") == "%"
    assert find_unit("Cơ cấu - Structure (%)") == "%"
    assert find_unit("Số tuyệt đối") == ""


@pytest.mark.parametrize(
    "texts",
    [
        ["(*) Số liệu sơ bộ"],
        ["Ghi chú"],
        ["Nguồn: Sở GD&ĐT"],
        ["Hải Phòng, ngày 5 tháng 6 năm 2024"],
        ["Người lập biểu", "HIỆU TRƯỞNG"],
        ["(Ký, ghi rõ họ tên)"],
    ],
)
def test_notes_and_signatures(texts: list[str]) -> None:
    assert is_footer(texts)


@pytest.mark.parametrize(
    "texts",
    [
        ["Nguồn nhân lực"],
        ["Ký túc xá"],
        ["Ghi chú", "Số lớp", "Số trường"],
        ["STT", "Tên trường", "Hiệu trưởng"],
        ["Công lập"],
    ],
)
def test_labels_that_only_begin_alike(texts: list[str]) -> None:
    assert not is_footer(texts)
