"""Years in headers, and which year an observation belongs to."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.years import YearLabel, YearRule, find_year, reference_day, resolve_year

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
    assert found == (YearLabel(year, None, "preliminary" if preliminary else "", stars), item)


@given(YEARS, ITEMS, st.sampled_from(["-", "–", " - ", "-\n"]), st.booleans())
def test_a_school_year_over_two_years(year: int, item: str, dash: str, short: bool) -> None:
    last = f"{(year + 1) % 100:02}" if short else str(year + 1)
    assert find_year(f"{item} {year}{dash}{last}") == (YearLabel(year, year + 1, "", ""), item)


@given(YEARS, YEARS)
def test_a_range_of_years_is_no_year(first: int, last: int) -> None:
    if last != first + 1:
        assert find_year(f"{first}-{last}") is None
        assert first == last or find_year(f"{first} to {last}") is None


@given(st.integers(0, 10**7).filter(lambda n: not 1900 <= n <= 2099))
def test_other_numbers_hold_no_year(number: int) -> None:
    assert find_year(f"Table {number}") is None


@pytest.mark.parametrize(
    ("printed", "label", "rest"),
    [
        ("2005(**) Teacher", YearLabel(2005, None, "", "(**)"), "Teacher"),
        ("Crude birth rate Prel. 2016", YearLabel(2016, None, "preliminary", ""), "Crude birth rate"),
        ("Sơ bộ 2016", YearLabel(2016, None, "preliminary", ""), ""),
        ("2016 Pupil (Thous. Pupil)", YearLabel(2016, None, "", ""), "Pupil (Thous. Pupil)"),
        ("2010-\n2011", YearLabel(2010, 2011, "", ""), ""),
        ("1999-00", YearLabel(1999, 2000, "", ""), ""),
        ("2015 - 16", YearLabel(2015, 2016, "", ""), ""),
        ("2015/2016", YearLabel(2015, 2016, "", ""), ""),
        ("Năm học 2024–2025", YearLabel(2024, 2025, "", ""), ""),
        ("NH 2024-2025", YearLabel(2024, 2025, "", ""), ""),
        ("Học sinh năm học 2024-25", YearLabel(2024, 2025, "", ""), "Học sinh"),
        ("Năm học – School year 2010-\n2011", YearLabel(2010, 2011, "", ""), ""),
        ("Năm 2016 - Year 2016", YearLabel(2016, None, "", ""), ""),
        ("2002 - 2003(*)", YearLabel(2002, 2003, "", "(*)"), ""),
        ("Sơ bộ 2023", YearLabel(2023, None, "preliminary", ""), ""),
        ("Sơ bộ - Prel. 2016", YearLabel(2016, None, "preliminary", ""), ""),
        ("Sơ bộ\nPrel.2016", YearLabel(2016, None, "preliminary", ""), ""),
        ("2016 (Prel.)", YearLabel(2016, None, "preliminary", ""), ""),
        ("30/9/2024", YearLabel(2024, None, "", "", 9), ""),
        ("30-9-2024", YearLabel(2024, None, "", "", 9), ""),
        ("Đến ngày 30 tháng 9 năm 2024", YearLabel(2024, None, "", "", 9), "Đến"),
        ("tháng 9/2024", YearLabel(2024, None, "", "", 9), ""),
        ("Năm học 2011/12", YearLabel(2011, 2012, "", ""), ""),
        ("HK1 2024-2025", YearLabel(2024, 2025, "", ""), "HK1"),
    ],
)
def test_headers_as_files_have_them(printed: str, label: YearLabel, rest: str) -> None:
    assert find_year(printed) == (label, rest)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "Teacher",
        "undated",
        "31.12.2016",
        "201612",
        "end Jan",
        "2015, 2016",
        "12016",
        "2.016",
        "2016.5",
        "20162017",
        "2011-2015",
        "2011/12",
        "9/30/2024",
        "31/2/2024",
        "9/2024-2025",
        "15/2016/NĐ-CP",
        "09/2024/TT-BGDĐT",
    ],
)
def test_labels_that_say_no_year_for_certain(printed: str) -> None:
    assert find_year(printed) is None


@pytest.mark.parametrize(
    ("rule", "year"), [("school_year_start", 2022), ("calendar", 2022), ("school_year_end", 2021)]
)
def test_one_printed_year_is_what_the_layout_says(rule: YearRule, year: int) -> None:
    assert resolve_year(YearLabel(2022, None, "", ""), rule) == year


@pytest.mark.parametrize("rule", ["school_year_start", "calendar", "school_year_end"])
def test_two_printed_years_say_themselves_which_they_are(rule: YearRule) -> None:
    assert resolve_year(YearLabel(2015, 2016, "", ""), rule) == 2015


@given(
    st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.sampled_from(["{0.day}/{0.month}/{0.year}", "{0:%d-%m-%Y}"])
)
def test_a_day_says_itself_which_school_year_it_is(day: date, form: str) -> None:
    found = find_year(form.format(day))
    assert found == (YearLabel(day.year, None, "", "", day.month), "")
    assert resolve_year(found[0], "calendar") == day.year
    start = resolve_year(found[0], "school_year_end")
    assert start == resolve_year(found[0], "school_year_start")
    assert date(start, 8, 1) <= day < date(start + 1, 8, 1)


@given(st.text(alphabet="0123456789/-–. ()*năhọcSơbộPrel", max_size=24))
def test_any_label_has_a_year_of_two_centuries_or_none(label: str) -> None:
    found = find_year(label)
    if found is not None:
        year, rest = found
        assert 1900 <= year.first <= 2099
        assert year.last in (None, year.first + 1)
        assert find_year(rest) is None


def test_schools_are_counted_in_september_people_over_the_year() -> None:
    assert reference_day(2025, "school_year_start") == date(2025, 9, 30)
    assert reference_day(2025, "school_year_end") == date(2025, 9, 30)
    assert reference_day(2025, "calendar") == date(2025, 12, 31)
