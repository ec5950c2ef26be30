"""School lists as schools send them: headers of any wording, numbers as text, totals and signatures below."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from hpedu.ingest.schools.fields import find_column, read_levels, recognise_school_list
from hpedu.ingest.schools.lists import SchoolList, read_school_list
from hpedu.ingest.schools.sheets import read_column, read_counts
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from hpedu.registry.formula import parse_formula
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import Language

ROOT = Path(__file__).parents[3]
HEADER = [
    "STT",
    "Năm học",
    "Mã trường",
    "Tên trường",
    "Cấp học",
    "Mã xã",
    "Xã/phường",
    "Loại hình",
    "Học sinh",
    "HS nữ",
]
SCHOOL = [1, "2025-2026", "31000001", "Trường A", "Tiểu học", "10525", "Phường Hải Dương", "Công lập", 400, 190]


def make_workbook(rows: Sequence[Sequence[Any]], **others: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, lines in {"DS": rows, **others}.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def find_fed(column: SchoolColumn, registry: Registry) -> list[str]:
    """Find the targets computed from a column of the school list, whatever the ownership."""
    fed = {term for text in column.formulas for term in parse_formula(text)}
    found = []
    for name in registry.targets:
        one = registry.indicators.get(name)
        texts = (one.numerator, one.denominator) if one else ()
        terms = {replace(term, ownership="all") for text in texts if text for term in parse_formula(text)}
        found += [name] if terms & fed else []
    return found


def describe_columns(registry: Registry, language: Language) -> str:
    """Write the columns as a table in Markdown for docs/school_list.md: header, meaning, kind, levels, targets."""
    heads = {
        "vi": (
            "Tiêu đề cột",
            "Tên tiếng Anh",
            "Kiểu",
            "Cấp học điền",
            "Vào chuỗi số liệu",
            "Chỉ tiêu (số thứ tự)",
        ),
        "en": ("Header", "Meaning", "Kind", "Filled by levels", "Feeds series", "Targets (number)"),
    }
    lines = ["| " + " | ".join(heads[language]) + " |", "|---" * len(heads[language]) + "|"]
    for column in registry.school_columns.values():
        numbers = ", ".join(str(registry.targets[target].number) for target in find_fed(column, registry))
        levels = ", ".join(registry.name("level", level, language) for level in column.levels)
        cells = (
            f"**{column.name.vi}**" if column.required else column.name.vi,
            column.name.en,
            f"`{column.kind}`",
            levels + (" ⁺" if column.per_level else ""),
            ", ".join(f"`{text}`" for text in column.series),
            numbers,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def change(**values: Any) -> list[Any]:
    """The school of these tests with other values under some headers."""
    places = {"year": 1, "code": 2, "name": 3, "levels": 4, "commune": 5, "place": 6, "ownership": 7, "pupils": 8}
    row = list(SCHOOL)
    for name, value in values.items():
        row[places.get(name, 9)] = value
    return row


def read(registry: Registry, *rows: Sequence[Any]) -> SchoolList:
    return read_school_list(open_source(make_workbook([HEADER, *rows])), "schools/a.xlsx", registry)


def reasons(found: SchoolList) -> list[tuple[str, str]]:
    return sorted(found.issues.select("reason", "cell").rows())


class TestHeaders:
    def test_every_name_of_every_column_is_its_own(self, registry: Registry) -> None:
        for column in registry.school_columns.values():
            for name in (column.name.vi, column.name.en, *column.aliases):
                assert find_column(name, registry) == column.id
                assert find_column(unicodedata.normalize("NFD", name.upper()), registry) == column.id

    @pytest.mark.parametrize(
        ("header", "column"),
        [
            ("Tổng số\nhọc sinh", "pupils"),
            ("Học sinh – Pupils", "pupils"),
            ("Số phòng học (phòng)", "classrooms"),
            ("GV THCS", "teachers_lower_secondary"),
            ("Giáo viên - Tiểu học", "teachers_primary"),
            ("Số giáo viên cấp THPT", "teachers_upper_secondary"),
            ("Nữ", None),
            ("Lớp 1", None),
        ],
    )
    def test_wording(self, registry: Registry, header: str, column: str | None) -> None:
        assert find_column(header, registry) == column

    def test_a_list_needs_code_name_and_levels(self, registry: Registry) -> None:
        assert recognise_school_list(["Mã trường", "Tên trường", "Học sinh"], registry) is None
        found = recognise_school_list(["Mã trường", "?", "Tên trường", "Cấp học"], registry)
        assert found == {0: "ministry_code", 2: "name", 3: "levels"}

    def test_the_docs_have_the_columns_as_the_registry_has_them(self, registry: Registry) -> None:
        text = (ROOT / "docs/school_list.md").read_text(encoding="utf-8")
        assert describe_columns(registry, "vi") in text
        assert describe_columns(registry, "en") in text


class TestCells:
    @pytest.mark.parametrize(
        ("printed", "value"),
        [("12", 12), ("1.250", 1250), ("1 250", 1250), ("1,250", 1250), ("12.0", 12), ("-", 0), ("0", 0)],
    )
    def test_counts(self, printed: str, value: int) -> None:
        assert read_counts(pl.Series("n", [printed])).item() == value

    @pytest.mark.parametrize("printed", ["-5", "12.5", "1.25", "mười", "", "..", "31000001", "1.25.0"])
    def test_no_counts(self, printed: str) -> None:
        assert read_counts(pl.Series("n", [printed])).item() is None

    @given(st.lists(st.text(max_size=8)))
    def test_any_text_gives_a_count_or_nothing(self, texts: list[str]) -> None:
        values = read_counts(pl.Series("n", texts, dtype=pl.String))
        assert len(values) == len(texts)
        assert all(value is None or 0 <= value <= 20_000 for value in values)

    @given(st.integers(0, 20_000))
    def test_grouping_does_not_change_a_count(self, number: int) -> None:
        texts = [str(number), f"{number:,}", f"{number:,}".replace(",", "."), f"{number:,}".replace(",", " ")]
        assert read_counts(pl.Series("n", texts)).to_list() == [number] * 4

    @given(st.dates(date(1990, 1, 1), date(2040, 1, 1)))
    def test_a_day_is_read_in_every_writing(self, day: date) -> None:
        serial = (day - date(1899, 12, 30)).days
        texts = [f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", day.isoformat(), str(serial)]
        assert read_column(pl.Series("d", texts), "d", "date", False, None).to_list() == [day] * 4

    @pytest.mark.parametrize("text", ["2023", "31/02/2024", "tháng 5"])
    def test_no_day(self, text: str) -> None:
        assert read_column(pl.Series("d", [text]), "d", "date", False, None).item() is None

    @pytest.mark.parametrize(
        ("text", "levels"),
        [
            ("TH&THCS", ("primary", "lower_secondary")),
            ("Mầm non", ("nursery", "kindergarten")),
            ("Trường TH, THCS và THPT", ("primary", "lower_secondary", "upper_secondary")),
            ("Cấp 2-3", ("lower_secondary", "upper_secondary")),
            ("Liên cấp", None),
            ("Trung học", None),
            ("Tiểu học ABC", None),
        ],
    )
    def test_levels(self, text: str, levels: tuple[str, ...] | None) -> None:
        assert read_levels(text) == levels


class TestSheets:
    def test_header_under_a_letterhead_catalogue_beside_it_totals_and_signature_below(
        self, registry: Registry
    ) -> None:
        rows = [
            ["SỞ GIÁO DỤC VÀ ĐÀO TẠO"],
            [],
            ["DANH SÁCH TRƯỜNG"],
            HEADER,
            [f"({n})" for n in range(len(HEADER))],
            SCHOOL,
            change(code="31000002", name="Trường B"),
            [None, None, None, "Tổng cộng", None, None, None, None, 800],
            [None, None, None, None, None, None, None, "Người lập biểu"],
        ]
        data = make_workbook(rows, DanhMuc=[["Mã", "Tên"], ["10525", "Phường Hải Dương"]])
        found = read_school_list(open_source(data), "schools/a.xlsx", registry)
        assert found.sheets == ("DS",)
        assert found.frame.select("row", "ministry_code", "pupils").rows() == [
            (6, "31000001", 400),
            (7, "31000002", 400),
        ]
        assert found.issues["reason"].unique().to_list() == ["school_not_a_school"]
        assert found.issues["cell"].to_list() == ["C5", "C8", "C9"]
        assert found.frame["cells"].to_list() == [10, 10]

    def test_two_tiers_and_the_year_in_the_title(self, registry: Registry) -> None:
        rows = [
            ["Năm học 2025 - 2026"],
            ["Mã trường", "Tên trường", "Cấp học", "Xã", "Loại hình", "Học sinh", None],
            [None, None, None, None, None, "Tổng số", "Nữ"],
            ["31000001", "A", "THCS", "Hải Dương", "Tư thục", 10, 4],
        ]
        found = read_school_list(open_source(make_workbook(rows)), "a.xlsx", registry)
        columns = ["year", "commune_code", "ownership", "pupils", "pupils_female"]
        assert found.frame.select(columns).rows() == [(2025, "10525", "private", 10, 4)]
        assert found.issues.is_empty()

    def test_a_delimited_text_is_read_as_well(self, registry: Registry) -> None:
        text = "\n".join(";".join(map(str, row)) for row in (HEADER, SCHOOL))
        found = read_school_list(open_source(text.encode("utf-8-sig")), "a.csv", registry)
        assert found.frame["pupils"].to_list() == [400]

    def test_another_workbook_is_no_school_list(self, registry: Registry) -> None:
        found = read_school_list(open_source(make_workbook([["Năm", "Học sinh"], [2025, 3]])), "a.xlsx", registry)
        assert (found.sheets, found.frame.height, found.issues.height) == ((), 0, 0)

    def test_synthetic_data_is_known_by_the_line_above(self, registry: Registry) -> None:
        data = make_workbook([["Dữ liệu mô phỏng"], HEADER, SCHOOL])
        assert read_school_list(open_source(data), "a.xlsx", registry).frame["synthetic"].to_list() == [True]


class TestChecks:
    def test_a_good_row_has_no_issue(self, registry: Registry) -> None:
        found = read(registry, SCHOOL)
        assert found.issues.is_empty()
        assert found.frame.select("year", "levels", "ownership").row(0) == (2025, ["primary"], "public")

    @pytest.mark.parametrize(
        ("values", "reason", "cell"),
        [
            ({"pupils": "-3"}, "school_bad_number", "I2"),
            ({"pupils": "bốn trăm"}, "school_bad_number", "I2"),
            ({"girls": 401}, "school_part_exceeds", "J2"),
            ({"ownership": "hợp tác"}, "school_bad_choice", "H2"),
            ({"levels": "Liên cấp"}, "school_no_level", "E2"),
            ({"levels": ""}, "school_no_level", "E2"),
            ({"year": "2019"}, "school_before_merger", "B2"),
            ({"year": "năm nay"}, "school_bad_year", "B2"),
            ({"commune": "99999"}, "school_unknown_commune", "F2"),
            ({"place": "Xã An Lão"}, "school_unknown_commune", "F2"),
            ({"pupils": ".."}, "not_published", "I2"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, registry: Registry, values: dict[str, Any], reason: str, cell: str
    ) -> None:
        found = read(registry, change(**values))
        assert reasons(found) == [(reason, cell)]
        if reason != "not_published":
            for column in ("message_vi", "message_en"):
                message = found.issues[column].item()
                assert message.count(f"DS!{cell}") == message.count("DS") == 1
                assert "schools/a.xlsx" in message and "{" not in message and "“”" not in message

    def test_a_commune_is_known_by_its_name_alone(self, registry: Registry) -> None:
        found = read(registry, change(commune=None, place="  hai duong "))
        assert found.frame["commune_code"].to_list() == ["10525"]
        assert found.issues.is_empty()

    def test_the_second_row_of_a_school_is_set_aside(self, registry: Registry) -> None:
        found = read(registry, SCHOOL, SCHOOL, change(year="2026-2027"))
        assert found.frame.select("year", "pupils").rows() == [(2025, 400), (2026, 400)]
        assert found.issues.select("reason", "subject", "cell").rows() == [
            ("school_duplicate", "schools/a.xlsx!DS!A2", "C3")
        ]

    def test_of_two_rows_that_differ_neither_figure_counts(self, registry: Registry) -> None:
        found = read(registry, SCHOOL, change(pupils=999))
        assert found.frame.select("pupils", "pupils_female").rows() == [(None, 190)]
        assert reasons(found) == [("school_rows_differ", "C3")]

    def test_unknown_and_repeated_columns(self, registry: Registry) -> None:
        data = make_workbook([[*HEADER, "Hoa hồng", "Số học sinh"], [*SCHOOL, "x", 3]])
        found = read_school_list(open_source(data), "a.xlsx", registry)
        assert reasons(found) == [("school_repeated_column", "L1"), ("school_unknown_column", "K1")]
        assert found.frame["cells"].to_list() == [10]

    def test_grades_that_do_not_make_the_total_are_noted_and_kept(self, registry: Registry) -> None:
        grades = [f"Học sinh lớp {grade}" for grade in range(1, 6)]
        data = make_workbook([[*HEADER, *grades], [*SCHOOL, 80, 80, 80, 80, 70]])
        found = read_school_list(open_source(data), "a.xlsx", registry)
        assert found.issues.select("reason", "cell", "printed", "subject").rows() == [
            ("school_sum_differs", "I2", "400", "390")
        ]
        assert found.frame["pupils"].to_list() == [400]

    def test_recognitions_last_five_years(self, registry: Registry) -> None:
        head = [*HEADER, "Mức đạt chuẩn quốc gia", "Ngày công nhận"]
        days = ["31/05/2021", "30/05/2021", date(2024, 9, 5), "44000", None]
        rows = [[*change(code=f"3100000{n}", name=f"Trường {n}"), "Mức độ 1", day] for n, day in enumerate(days)]
        found = read_school_list(open_source(make_workbook([head, *rows])), "a.xlsx", registry)
        assert reasons(found) == [
            ("school_standard_lapsed", "L3"),
            ("school_standard_lapsed", "L5"),
            ("school_standard_undated", "K6"),
        ]
