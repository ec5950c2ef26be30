"""Dates as people type them: read as the day they mean, or not at all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.dates import EARLIEST, read_date

DAY = date(2023, 4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "05/04/2023",
        "5.4.2023",
        "5 - 4 - 2023",
        "2023-04-05",
        "2023/04/05",
        "2023-04-05 16:45:00",
        "2023-04-05T08:15:00",
        "05/04/2023 7:05",
        "Ngày 05 tháng 4 năm 2023",
        "ngay 5 thang 04 nam 2023",
        "45021",
        "45021.5",
    ],
)
def test_one_day_in_many_writings(text: str) -> None:
    assert read_date(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "05/04/23", "5-4-99", "2023", "04/2023", "31/02/2023", "05/13/2023", "20230405", "0021-06-01",
        "01/06/0021", "5/4/20233", "#N/A", "=TODAY()", "31/12/1953", "12345", "",
    ],
)  # fmt: skip
def test_no_day_that_could_be_another(text: str) -> None:
    assert read_date(text) is None


@given(st.dates(EARLIEST, date(2099, 1, 1)), st.dates(EARLIEST, date(2099, 1, 1)))
def test_nothing_is_later_than_its_file(day: date, latest: date) -> None:
    assert read_date(f"{day:%d/%m/%Y}", latest) == (day if day <= latest else None)
