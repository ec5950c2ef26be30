"""A school list with the columns that hpedu 0.1.0 knew is still read, each column as what it was.

`columns_0_1_0.csv` holds the headers of that version and what they meant, word for word. Nothing in it may be
brought up to date: schools copy last year's list.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from hpedu.ingest.schools.fields import recognise_school_list
from hpedu.ingest.schools.lists import read_school_list
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.schools.test_lists import make_workbook

with (Path(__file__).parent / "columns_0_1_0.csv").open(encoding="utf-8", newline="") as file:
    COLUMNS = {row["header"]: row["column"] for row in csv.DictReader(file)}

TITLE = "DỮ LIỆU MÔ PHỎNG – không phải số liệu thật (SYNTHETIC DATA – not real figures)"
SCHOOL: dict[str, object] = {
    "STT": "1",
    "Năm học": "2025-2026",
    "Mã trường (Bộ GDĐT)": "9900000002",
    "Tên trường": "Tiểu học và THCS A",
    "Loại cơ sở": "Trường",
    "Cấp học": "TH, THCS",
    "Mã xã/phường": "10525",
    "Xã/phường/đặc khu": "Phường Hải Dương",
    "Loại hình": "Công lập",
    "Trường quốc tế liên cấp": "không",
    "Học sinh": 300,
    "Học sinh tiểu học": 180,
    "Học sinh trung học cơ sở": 120,
    "Phòng học": "-",
    "Mức đạt chuẩn quốc gia (0, 1, 2)": 2,
    "Ngày công nhận đạt chuẩn quốc gia": datetime(2024, 10, 22),
    "Dạy học và quản lý trên nền tảng số": "có",
}


def test_every_header_means_what_it_meant(registry: Registry) -> None:
    assert len(COLUMNS) == 141
    assert recognise_school_list(list(COLUMNS), registry) == dict(enumerate(COLUMNS.values()))


@pytest.mark.parametrize("above", [[], [[TITLE]]], ids=["plain", "synthetic"])
def test_a_school_is_read(above: list[list[str]], registry: Registry) -> None:
    rows = [*above, list(COLUMNS), [SCHOOL.get(header) for header in COLUMNS]]
    found = read_school_list(open_source(make_workbook(rows)), "list.xlsx", registry)
    assert found.issues.is_empty() and found.frame["cells"].to_list() == [sum(map(bool, rows[-1]))]
    [school] = found.frame.rows(named=True)
    assert school["synthetic"] is (True if above else None)
    assert school["levels"] == ["primary", "lower_secondary"]
    assert (school["year"], school["ministry_code"], school["commune_code"]) == (2025, "9900000002", "10525")
    assert (school["ownership"], school["institution_type"]) == ("public", "school")
    assert [school[COLUMNS[name]] for name in SCHOOL if name.startswith("Học sinh")] == [300, 180, 120]
    assert (school["classrooms"], school["national_standard_level"]) == (0, 2)
    assert str(school["national_standard_date"]) == "2024-10-22"
