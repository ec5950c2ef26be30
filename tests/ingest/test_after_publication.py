"""No figure that is not projected lies after the day its file was published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.schools.lists import read_school_list
from hpedu.ingest.source import open_source
from hpedu.ingest.words.years import last_day, lies_after
from hpedu.registry import Registry
from hpedu.store import find_newest

PUPILS = (
    "Number of pupils of general education as of 30 September by province by Cities, provincies, Years and Items"
)


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2019", date(2019, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2024-12", date(2024, 12, 31)),
        ("0000", None),
    ],
)
def test_the_last_day_a_date_can_mean(published: str, day: date | None) -> None:
    assert last_day(published) == day
    assert last_day("2999-01-01") == date.today()


def test_a_school_year_begins_in_august() -> None:
    assert lies_after(2024, "school_year_start", "2024-07")
    assert not lies_after(2024, "school_year_start", "2024-08")
    assert not lies_after(2024, "calendar", "2024-01-01")
    assert lies_after(2024, "calendar", "2023")
    assert lies_after(date.today().year + 1, "calendar", "0000")


@pytest.mark.parametrize("published", ["2020", "0000"])
def test_years_to_come_are_set_aside(published: str, registry: Registry) -> None:
    rows = [f'"{PUPILS}"', "", "Cities, provincies;2018 Total;2048 Total;Prel. 2061 Total", "Hai Phong;1;2;3"]
    text = "\r\n".join([*rows, ""])
    resource = stand_in(Path("x")).model_copy(update={"published": published})
    reading = read_file(open_source(text.encode("utf-8-sig")), resource, registry)
    assert [(row["year"], row["territory"]) for row in reading.observations] == [(2018, "hai_phong_old")]
    assert [(row["reason"], row["subject"]) for row in reading.issues] == [
        ("after_publication", "2048"),
        ("after_publication", "2061"),
    ]


def test_a_row_of_a_school_list_too(registry: Registry) -> None:
    lines = [
        "Năm học;Mã trường;Tên trường;Cấp học;Mã xã;Xã/phường;Loại hình;Học sinh",
        "2025-2026;31000007;Trường Một;Tiểu học;10525;Phường Hải Dương;Công lập;310",
        "2052-2053;31000008;Trường Hai;Tiểu học;10525;Phường Hải Dương;Công lập;320",
    ]
    source = open_source("\n".join([*lines, ""]).encode("utf-8-sig"))
    found = read_school_list(source, "a.csv", registry)
    assert found.frame["year"].to_list() == [2025]
    assert found.issues.select("reason", "printed", "cell").rows() == [("school_bad_year", "2052-2053", "A3")]
    assert read_school_list(source, "a.csv", registry, "2025-03").frame.is_empty()


def test_the_newest_year_is_not_after_the_newest_publication(registry: Registry) -> None:
    values = pl.DataFrame(
        {"year": [2024, 2052], "status": ["final", "final"], "indicator": ["a", "a"], "qualifier": ["", ""]}
    )
    assert find_newest(values, registry, ["2019-08", "2025"]) == 2024
    assert find_newest(values, registry, []) is None
