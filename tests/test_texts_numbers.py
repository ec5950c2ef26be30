"""Numbers, years and dates in both languages."""

from decimal import Decimal

import pytest

from hpedu.texts import count_decimals, format_date, format_number, school_year


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (2416, 0, "2.416", "2,416"),
        (1234567.891, 2, "1.234.567,89", "1,234,567.89"),
        (-3.25, 1, "−3,3", "−3.3"),
        (-0.04, 1, "0,0", "0.0"),
        (48.05, 1, "48,1", "48.1"),
        (Decimal("99.70"), 2, "99,70", "99.70"),
        (1e16, 0, "10.000.000.000.000.000", "10,000,000,000,000,000"),
        (None, 1, "…", "…"),
        (float("nan"), 1, "…", "…"),
    ],
)
def test_numbers_follow_the_language(value: float | None, decimals: int, vi: str, en: str) -> None:
    assert format_number(value, decimals, "vi") == vi
    assert format_number(value, decimals, "en") == en


def test_decimals_are_counted_as_given() -> None:
    assert [count_decimals(number) for number in (48.05, 50.0, 0.5, 260, Decimal("99.70"))] == [2, 0, 1, 0, 1]


@pytest.mark.parametrize(("year", "vi", "en"), [(2021, "2021-2022", "2021-22"), (1999, "1999-2000", "1999-00")])
def test_school_years_are_named_by_both_years(year: int, vi: str, en: str) -> None:
    assert (school_year(year, "vi"), school_year(year, "en")) == (vi, en)


@pytest.mark.parametrize(
    ("date", "vi", "en"),
    [
        ("2025-09-30", "30/9/2025", "30 September 2025"),
        ("2025-06", "6/2025", "June 2025"),
        ("2025", "2025", "2025"),
        ("2025-13", "2025-13", "2025-13"),
        ("quý I", "quý I", "quý I"),
        ("", "", ""),
    ],
)
def test_dates_follow_the_language(date: str, vi: str, en: str) -> None:
    assert (format_date(date, "vi"), format_date(date, "en")) == (vi, en)
