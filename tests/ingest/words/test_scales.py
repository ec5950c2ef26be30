"""Thousands and millions in the words of a unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.numbers import decide_style, find_scale, is_percent, parse_number
from hpedu.ingest.words.years import YearLabel, find_year


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("Pupil (Thous. Pupil)", 1000),
        ("ĐVT: Nghìn người - Unit: Thous. pers.", 1000),
        ("1000 em", 1000),
        ("Triệu học sinh - Mill. pupils", 1_000_000),
        ("Tỷ đồng", 1_000_000_000),
        ("Tỷ lệ - Rate", 1),
        ("Phần nghìn", 1),
        ("per 1000 inhabitants", 1),
        ("Trường - School", 1),
        ("", 1),
        ("Nghìn tỷ đồng", None),
    ],
)
def test_scale(text: str, scale: int | None) -> None:
    assert find_scale(text) == scale


@pytest.mark.parametrize(
    ("text", "yes"), [("%", True), ("ĐVT: Phần trăm", True), ("Per cent", True), ("Người", False)]
)
def test_percent(text: str, yes: bool) -> None:
    assert is_percent(text) is yes


@given(st.lists(st.integers(1000, 9_999_999), min_size=1))
def test_whole_numbers_with_dots_are_read_where_only_whole_ones_can_stand(values: list[int]) -> None:
    printed = [f"{value:,}".replace(",", ".") for value in values]
    style = decide_style(printed, whole=True)
    assert style is not None
    assert [parse_number(text, style) for text in printed] == [Decimal(value) for value in values]


@given(st.lists(st.integers(1001, 9999).filter(lambda n: n % 10), min_size=40, max_size=60, unique=True))
def test_one_slip_does_not_make_a_whole_table_doubtful(values: list[int]) -> None:
    printed = [f"{value / 10:.1f}" for value in values]
    assert decide_style([*printed, "12,5"]) == "plain"
    with pytest.raises(ValueError, match="12,5"):
        parse_number("12,5", "plain")


@given(st.integers(1990, 2040), st.integers(1, 28), st.sampled_from(["September", "Sept.", "Sep", "SEPTEMBER"]))
def test_an_english_date_is_the_vietnamese_one(year: int, day: int, month: str) -> None:
    label = YearLabel(year, None, preliminary=False, stars="", month=9)
    for text in (
        f"{day} {month} {year}",
        f"{month} {day}, {year}",
        f"{day}/9/{year}",
        f"ngày {day} tháng 9 năm {year}",
    ):
        assert find_year(text) == (label, "")
    both = find_year(f"tại thời điểm {day}/9/{year} as of {day} {month} {year} ({year})")
    assert both is not None and both[0] == label
    assert find_year(f"{day} {month} {year} and {year + 1}") is None


def test_may_is_the_end_of_a_school_year() -> None:
    found = find_year("31 May 2012")
    assert found is not None and found[0].month == 5
    assert find_year("Sơ bộ / Prel. / 2011-2012") == (YearLabel(2011, 2012, preliminary=True, stars=""), "")
