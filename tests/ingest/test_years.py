"""Years in headers, and which year an observation belongs to."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.years import YearLabel, YearRule, find_year, reference_day, resolve_year

YEARS = st.integers(1900, 2098)
ITEMS = st.sampled_from(["", "Teacher", "Pupil (Thous. Pupil)", "Of which: Public teacher", "Tiểu học"])


@given(
    YEARS, ITEMS, st.sampled_from(["", "(*)", "(**)"]), st.booleans(), st.booleans(), st.sampled_from(["", " "])
)
def test_generated_headers_come_apart(
    year: int, item: str, stars: str, preliminary: bool, item_first: bool, glue: str
) -> None:
    printed = ("Prel. " if preliminary else "") + f"{year}{glue}{stars}"
    label = f"{item} {printed}" if item_first else f"{printed} {item}"
    found = find_year(label)
    assert found == (YearLabel(year, None, preliminary, stars), item)


@given(YEARS, ITEMS, st.sampled_from(["-", "–", " - ", "-\n"]), st.booleans())
def test_a_school_year_over_two_years(year: int, item: str, dash: str, short: bool) -> None:
    last = f"{(year + 1) % 100:02}" if short else str(year + 1)
    assert find_year(f"{item} {year}{dash}{last}") == (YearLabel(year, year + 1, False, ""), item)


@given(YEARS, YEARS)
def test_a_range_of_years_is_no_year(first: int, last: int) -> None:
    if last != first + 1:
        assert find_year(f"{first}-{last}") is None
        assert find_year(f"{first} to {last}") is None


@given(st.integers(0, 10**7).filter(lambda n: not 1900 <= n <= 2099))
def test_other_numbers_hold_no_year(number: int) -> None:
    assert find_year(f"Table {number}") is None


@pytest.mark.parametrize(
    ("printed", "label", "rest"),
    [
        ("2005(**) Teacher", YearLabel(2005, None, False, "(**)"), "Teacher"),
        ("Crude birth rate Prel. 2016", YearLabel(2016, None, True, ""), "Crude birth rate"),
        ("Sơ bộ 2016", YearLabel(2016, None, True, ""), ""),
        ("2016 Pupil (Thous. Pupil)", YearLabel(2016, None, False, ""), "Pupil (Thous. Pupil)"),
        ("2010-\n2011", YearLabel(2010, 2011, False, ""), ""),
        ("1999-00", YearLabel(1999, 2000, False, ""), ""),
    ],
)
def test_headers_as_files_have_them(printed: str, label: YearLabel, rest: str) -> None:
    assert find_year(printed) == (label, rest)


@pytest.mark.parametrize(
    "printed", ["", "Teacher", "undated", "31.12.2016", "201612", "end Jan", "2015, 2016", "12016"]
)
def test_labels_that_say_no_year_for_certain(printed: str) -> None:
    assert find_year(printed) is None


@pytest.mark.parametrize(
    ("rule", "year"), [("school_year_start", 2022), ("calendar", 2022), ("school_year_end", 2021)]
)
def test_one_printed_year_is_what_the_layout_says(rule: YearRule, year: int) -> None:
    assert resolve_year(YearLabel(2022, None, False, ""), rule) == year


@pytest.mark.parametrize("rule", ["school_year_start", "calendar", "school_year_end"])
def test_two_printed_years_say_themselves_which_they_are(rule: YearRule) -> None:
    assert resolve_year(YearLabel(2015, 2016, False, ""), rule) == 2015


def test_schools_are_counted_in_september_people_over_the_year() -> None:
    assert reference_day(2025, "school_year_start") == date(2025, 9, 30)
    assert reference_day(2025, "school_year_end") == date(2025, 9, 30)
    assert reference_day(2025, "calendar") == date(2025, 12, 31)
