"""What stands over or across several rows of a list: merged cells, headings, cells that Excel could not fill."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from hpedu.ingest.schools.lists import SchoolList, read_school_list
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.schools.test_lists import HEADER, change, reasons
from tests.ingest.schools.test_lists_formats import delimited, html


def read_merged(registry: Registry, rows: Sequence[Sequence[Any]], *merged: str) -> SchoolList:
    book = Workbook()
    sheet = book.active
    for row in [HEADER, *rows]:
        sheet.append(list(row))
    for reach in merged:
        sheet.merge_cells(reach)
    buffer = io.BytesIO()
    book.save(buffer)
    return read_school_list(open_source(buffer.getvalue()), "a.xlsx", registry)


def read_text(registry: Registry, rows: Sequence[Sequence[Any]]) -> SchoolList:
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return read_school_list(open_source(delimited(texts).encode()), "a.csv", registry)


def schools(count: int, **values: Any) -> list[list[Any]]:
    return [change(code=f"5500{n:04d}", name=f"Trường {n}", **values) for n in range(count)]


class TestMerged:
    @pytest.mark.parametrize(
        ("merged", "column", "value"),
        [
            ("B2:B4", "year", 2025),
            ("E2:E4", "levels", ["primary"]),
            ("F2:G4", "commune_code", "10525"),
            ("H2:H4", "ownership", "public"),
        ],
    )
    def test_what_says_which_school_it_is_holds_for_each_row(
        self, registry: Registry, merged: str, column: str, value: object
    ) -> None:
        found = read_merged(registry, schools(3), merged, *(["G2:G4"] if merged == "F2:F4" else []))
        if merged == "F2:G4":
            # A merge over code and name keeps the code alone.
            assert found.frame["commune_code"].to_list() == ["10525"] * 3
        assert found.frame[column].to_list() == [value] * 3
        assert found.issues.is_empty()

    def test_a_figure_is_of_none_of_them(self, registry: Registry) -> None:
        found = read_merged(registry, schools(2), "I2:I3")
        assert found.frame["pupils"].to_list() == [None, None]
        assert found.issues.select("reason", "cell", "printed").rows() == [("school_merged_value", "I2", "400")]

    def test_cells_of_a_web_page_reach_down_as_well(self, registry: Registry) -> None:
        page = html([HEADER, *[[str(cell) for cell in row] for row in schools(2)]])
        one, two = "<td>Tiểu học</td>", '<td rowspan="2">Tiểu học</td>'
        page = page.replace(one, two, 1)
        before, after = page.rsplit(one, 1)
        found = read_school_list(open_source((before + after).encode()), "a.html", registry)
        assert found.frame["levels"].to_list() == [["primary"]] * 2


class TestHeadings:
    @pytest.mark.parametrize("heading", ["I. Phường Hải Dương", "PHƯỜNG HẢI DƯƠNG", "1) phường Hải Dương:"])
    def test_a_heading_gives_the_commune(self, registry: Registry, heading: str) -> None:
        rows = [HEADER, [heading], *schools(2, commune=None, place=None)]
        found = read_text(registry, rows)
        assert found.frame["commune_code"].to_list() == ["10525"] * 2
        assert found.issues.is_empty()

    def test_what_a_row_says_itself_goes_before(self, registry: Registry) -> None:
        found = read_text(registry, [HEADER, ["Phường Thành Đông"], *schools(1)])
        assert found.frame["commune_code"].to_list() == ["10525"]

    @pytest.mark.parametrize("heading", ["II. Phường Không Có", "B. Quận Lê Chân", "Huyện An Dương"])
    def test_another_heading_ends_it(self, registry: Registry, heading: str) -> None:
        silent = schools(2, commune=None, place=None)
        found = read_text(registry, [HEADER, ["I. Phường Hải Dương"], silent[0], [heading], silent[1]])
        assert found.frame["commune_code"].to_list() == ["10525", None]
        assert {reason for reason, _ in reasons(found)} == {"school_not_a_school", "school_unknown_commune"}


def name_uncomputed(text: str) -> str:
    return "formula_not_calculated" if text.startswith("=") else "error_in_cell"


class TestBroken:
    @pytest.mark.parametrize("text", ["=SUM(J2:K2)", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"])
    @pytest.mark.parametrize(("column", "letter"), [("pupils", "I"), ("girls", "J"), ("ownership", "H")])
    def test_it_is_named_with_its_cell(self, registry: Registry, text: str, column: str, letter: str) -> None:
        found = read_text(registry, [HEADER, change(**{column: text})])
        assert found.issues.select("reason", "cell", "printed").rows() == [
            (name_uncomputed(text), f"{letter}2", text)
        ]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [("=A2", "formula_not_calculated"), ("#REF!", "error_in_cell"), ("3,1E+11", "school_code_cut"),
         ("5.5E7", "school_code_cut")],
    )  # fmt: skip
    def test_a_row_without_its_code_is_set_aside(self, registry: Registry, text: str, reason: str) -> None:
        found = read_text(registry, [HEADER, change(code=text)])
        assert found.frame.is_empty()
        assert reasons(found) == [(reason, "C2")]

    @pytest.mark.parametrize(("column", "reason"), [("levels", "school_no_level"), ("year", "school_bad_year")])
    def test_a_row_that_cannot_be_counted_is_named_once(
        self, registry: Registry, column: str, reason: str
    ) -> None:
        found = read_text(registry, [HEADER, change(**{column: "#N/A"})])
        assert found.issues.select("reason", "printed").rows() == [(reason, "#N/A")]


class TestMinistry:
    HEAD = ("NAM_HOC", "MA_TRUONG", "TEN_TRUONG", "CAP_HOC", "LOAI_HINH", "MA_XA", "SO_HOC_SINH")

    @pytest.mark.parametrize(
        ("level", "owner", "levels", "ownership"),
        [
            ("1", "1", ["primary"], "public"),
            ("12", "02", ["primary", "lower_secondary"], "private"),
            ("45", "5", ["nursery", "kindergarten"], "private"),
            ("2,3", "1", ["lower_secondary", "upper_secondary"], "public"),
            ("THPT", "Tư thục", ["upper_secondary"], "private"),
            ("6", "1", ["continuing"], "public"),
        ],
    )
    def test_its_codes_are_known_under_its_headers(
        self, registry: Registry, level: str, owner: str, levels: list[str], ownership: str
    ) -> None:
        found = read_text(registry, [self.HEAD, ["2025-2026", "55000001", "A", level, owner, "10525", 5]])
        assert found.frame.select("levels", "ownership").row(0) == (levels, ownership)
        assert found.issues.is_empty()

    @pytest.mark.parametrize("owner", ["3", "4", "9"])
    def test_codes_without_one_meaning_are_refused(self, registry: Registry, owner: str) -> None:
        found = read_text(registry, [self.HEAD, ["2025-2026", "55000001", "A", "1", owner, "10525", 5]])
        assert found.frame["ownership"].to_list() == [None]
        assert "Công lập" in found.issues["message_vi"].item()

    @pytest.mark.parametrize(
        ("header", "status", "counted"),
        [
            ("TRANG_THAI", "1", True),
            ("TRANG_THAI", "2", False),
            ("Trạng thái", "Đang hoạt động", True),
            ("Trạng thái", "", True),
            ("Trạng thái", "..", True),
            ("Tình trạng", "Đã giải thể", False),
            ("Trạng thái", "Sáp nhập", False),
            ("Trạng thái", "Tạm ngừng hoạt động", False),
            ("Trạng thái", "1", False),
            ("Trạng thái", "Chờ xét", False),
        ],
    )
    def test_only_a_school_at_work_counts(
        self, registry: Registry, header: str, status: str, counted: bool
    ) -> None:
        row = ["2025-2026", "55000001", "A", "1", "1", "10525", 5, status]
        found = read_text(registry, [(*self.HEAD, header), row])
        assert found.frame.height == counted
        assert ("school_not_operating" in found.issues["reason"]) != counted

    def test_elsewhere_a_number_is_no_kind_of_owner(self, registry: Registry) -> None:
        found = read_text(registry, [HEADER, change(ownership="2")])
        assert reasons(found) == [("school_bad_choice", "H2")]
