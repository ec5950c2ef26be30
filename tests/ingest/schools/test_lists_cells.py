"""A school list knows what its cells are: errors, bare formulas, typed fractions, days since 1904."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from hpedu.ingest.schools.lists import SchoolList, read_school_list
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.schools.test_lists import HEADER, SCHOOL, make_workbook

PUPILS = len(SCHOOL) - 2


def read(pupils: object, registry: Registry) -> SchoolList:
    other = [2, "2025-2026", "31000002", "Trường B", "THCS", "10525", "Phường Hải Dương", "Tư thục", 300, 140]
    return read_school_list(
        open_source(make_workbook([HEADER, [*SCHOOL[:PUPILS], pupils, SCHOOL[-1]], other])), "a", registry
    )


@pytest.mark.parametrize(
    ("pupils", "reason"),
    [
        ("=100+300", "formula_not_calculated"),
        ("=SUM(J3:J9)", "formula_not_calculated"),
        ("#N/A", "error_in_cell"),
        ("#REF!", "error_in_cell"),
        ("#DIV/0!", "error_in_cell"),
        (1.125, "school_bad_number"),
        (0.98, "school_bad_number"),
    ],
)
def test_a_cell_that_is_no_count_is_named(pupils: object, reason: str, registry: Registry) -> None:
    found = read(pupils, registry)
    column = found.frame["pupils"].to_list()
    assert column == [None, 300]
    [issue] = found.issues.filter(found.issues["reason"] == reason).to_dicts()
    assert issue["cell"] == "I2"
    assert str(pupils) in issue["printed"]
    assert issue["cell"] in issue["message_vi"]


def test_grouped_text_is_still_a_count(registry: Registry) -> None:
    assert read("1.125", registry).frame["pupils"].to_list() == [1125, 300]


def test_a_name_that_was_not_looked_up_is_named(registry: Registry) -> None:
    rows = [HEADER, [*SCHOOL[:3], "#N/A", *SCHOOL[4:]]]
    found = read_school_list(open_source(make_workbook(rows)), "a", registry)
    assert found.frame["name"].to_list() == [None]
    assert ("D2", "error_in_cell") in found.issues.select("cell", "reason").rows()


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_without_a_format_count_from_the_first_day_of_the_workbook(epoch: object, registry: Registry) -> None:
    book = openpyxl.Workbook()
    days = 45444 if epoch is None else 45444 - 1462
    if epoch is not None:
        book.epoch = epoch
    book.active.append([*HEADER, "Ngày công nhận đạt chuẩn quốc gia"])
    book.active.append([*SCHOOL, days])
    out = io.BytesIO()
    book.save(out)
    found = read_school_list(open_source(out.getvalue()), "a", registry)
    assert found.frame["national_standard_date"].to_list() == [date(2024, 6, 1)]


@pytest.mark.parametrize("unit", ["Đơn vị tính: nghìn học sinh", "ĐVT: %", "(1.000 em)"])
def test_a_list_in_another_unit_has_no_counts(registry: Registry, unit: str) -> None:
    for rows in ([[unit], HEADER, SCHOOL], [HEADER, SCHOOL, [unit]]):
        found = read_school_list(open_source(make_workbook(rows)), "schools/a.xlsx", registry)
        assert found.frame.select("pupils", "pupils_female").rows() == [(None, None)]
        assert "school_other_unit" in found.issues["reason"].to_list()
    header = [f"{name} (nghìn)" if name == "Học sinh" else name for name in HEADER]
    found = read_school_list(open_source(make_workbook([header, SCHOOL])), "schools/a.xlsx", registry)
    assert found.frame.select("pupils", "pupils_female").rows() == [(None, 190)]


def test_a_long_list_that_says_nothing_of_closing_is_read(registry: Registry) -> None:
    rows = [HEADER, *([*SCHOOL[:2], f"31{number:06}", *SCHOOL[3:]] for number in range(20_000))]
    text = "\n".join(";".join(map(str, row)) for row in rows) + "\n"
    assert read_school_list(open_source(text.encode()), "a", registry).frame.height == 20_000
