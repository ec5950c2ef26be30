"""Numbers as printed, in the style of the layout, and thousands and millions in the words of a unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.numbers import (
    NumberStyle,
    decide_style,
    parse_number,
    printed_step,
    split_marks,
)
from hpedu.ingest.words.units import find_scale, is_percent
from hpedu.ingest.words.years import YearLabel, find_year

NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=3) | st.integers(-(10**12), 10**12).map(
    Decimal
)


def print_vietnamese(number: Decimal) -> str:
    return f"{number:,}".replace(",", " ").replace(".", ",").replace(" ", ".")


@given(NUMBERS)
def test_plain_round_trip(number: Decimal) -> None:
    assert parse_number(f"{number:f}", "plain") == number


@given(NUMBERS)
def test_vietnamese_round_trip(number: Decimal) -> None:
    assert parse_number(print_vietnamese(number), "dot_thousands") == number


@given(NUMBERS)
def test_a_real_minus_sign_and_blanks_around_change_nothing(number: Decimal) -> None:
    assert parse_number(f"  {number:f} ".replace("-", "−"), "plain") == number


@given(st.integers(1, 999), st.integers(0, 999))
def test_one_dot_means_what_the_style_says(left: int, right: int) -> None:
    printed = f"{left}.{right:03}"
    assert parse_number(printed, "plain") == left + Decimal(right) / 1000
    assert parse_number(printed, "dot_thousands") == left * 1000 + right


@given(st.integers(0, 10**6), st.integers(0, 99))
def test_dots_that_cannot_be_thousands_are_refused(left: int, right: int) -> None:
    """ "2.41" between figures such as "2.416" is a misprint or another style: nobody knows which."""
    for printed in (f"{left}.{right}", f"{left}.{right:02}", f"0.{right:03}", f"{left + 1000}.{right:03}"):
        with pytest.raises(ValueError, match="is not a number in the style 'dot_thousands'"):
            parse_number(printed, "dot_thousands")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_comma_is_no_plain_number(left: int, right: int) -> None:
    with pytest.raises(ValueError, match="is not a number in the style 'plain'"):
        parse_number(f"{left},{right}", "plain")


@pytest.mark.parametrize("style", ["plain", "dot_thousands", "comma_thousands"])
@pytest.mark.parametrize(
    "printed",
    [
        "",
        "..",
        "-",
        "–",
        "x",
        "1 234",
        "1.2.3",
        "12a",
        "1e5",
        "NaN",
        "inf",
        "1,2,3",
        "1.",
        ",5",
        "1\n2",
        "2015-2016",
        "5*",
        "(12)",
        "+5",
    ],
)
def test_what_is_no_number_is_refused(printed: str, style: NumberStyle) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_number(printed, style)


@pytest.mark.parametrize(
    ("printed", "number"), [("2.416", "2416"), ("1.234.567,8", "1234567.8"), ("12,5", "12.5"), ("-3.466", "-3466")]
)
def test_yearbook_figures(printed: str, number: str) -> None:
    assert parse_number(printed, "dot_thousands") == Decimal(number)


@pytest.mark.parametrize(
    ("number", "step"), [("69", "1"), ("68.876", "0.001"), ("70.0", "0.1"), ("0", "1"), ("1000", "1")]
)
def test_the_step_a_print_shows(number: str, step: str) -> None:
    assert printed_step(Decimal(number)) == Decimal(step)


PRINTERS: dict[NumberStyle, tuple[str, str]] = {
    "plain": ("", "."),
    "dot_thousands": (".", ","),
    "comma_thousands": (",", "."),
    "space_thousands": (" ", ","),
    "space_thousands_dot": (" ", "."),
}
STYLES = st.sampled_from(list(PRINTERS))
RATES = st.decimals(min_value=0, max_value=10**5, places=2)


def print_in(number: Decimal, style: NumberStyle) -> str:
    thousands, decimal = PRINTERS[style]
    return f"{number:,}".replace(",", "t").replace(".", decimal).replace("t", thousands)


@given(NUMBERS, STYLES)
def test_every_style_round_trip(number: Decimal, style: NumberStyle) -> None:
    assert parse_number(print_in(number, style), style) == number


@given(
    NUMBERS,
    STYLES,
    st.sampled_from(["", " (*)", "(**)", "%", " %", "% (*)"]),
    st.sampled_from("\u00a0\u2009\u202f "),
)
def test_what_trails_and_which_blank_change_nothing(
    number: Decimal, style: NumberStyle, tail: str, blank: str
) -> None:
    printed = print_in(number, style).replace(" ", blank)
    assert parse_number(f"{blank}{printed}{tail}", style) == number
    assert split_marks(printed + tail) == (print_in(number, style), tail.strip())


@given(st.lists(RATES, min_size=1, max_size=8), STYLES)
def test_a_decided_style_reads_the_column_as_it_was_printed(numbers: list[Decimal], style: NumberStyle) -> None:
    printed = [print_in(number, style) for number in numbers]
    decided = decide_style(printed)
    assert decided is not None
    assert [parse_number(text, decided) for text in printed] == numbers


@given(st.lists(NUMBERS, min_size=1, max_size=8), STYLES)
def test_a_style_is_decided_rightly_or_not_at_all(numbers: list[Decimal], style: NumberStyle) -> None:
    printed = [print_in(number, style) for number in numbers]
    decided = decide_style(printed)
    assert decided is None or [parse_number(text, decided) for text in printed] == numbers


@given(st.lists(st.text(max_size=8)))
def test_the_order_of_a_column_says_nothing(texts: list[str]) -> None:
    assert decide_style(texts) == decide_style(reversed(texts)) == decide_style(texts * 2)


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["2.416", "98,38"], "dot_thousands"),
        (["2.416", "313", "-"], None),
        (["2.416"], None),
        (["2,416"], None),
        (["1.234.567", "2.416"], "dot_thousands"),
        (["2.416", "12.5"], "plain"),
        (["2.416", "0.5"], "plain"),
        (["12,345", "98.5"], "comma_thousands"),
        (["230 065", "98,38"], "space_thousands"),
        (["230\u00a0065", "76"], "space_thousands"),
        (["230 065", "98.38"], "space_thousands_dot"),
        (["230 065", "2.416"], None),
        (["98,38", "98.38"], None),
        (["76"], "plain"),
        (["..", "Hải Phòng", "30/9/2011", "2015-2016", ""], None),
        (["..", "Hải Phòng", "98,38% (*)", "1.2.3"], "dot_thousands"),
        ([], None),
    ],
)
def test_columns_as_files_have_them(texts: list[str], style: NumberStyle | None) -> None:
    assert decide_style(texts) == style


@pytest.mark.parametrize("printed", ["1\n234", "1  234", "12 34", "1 234.567,8", "1 234 (1)", "%", "(*)"])
def test_blanks_are_no_licence(printed: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number in the style 'space_thousands' \(like 1 234,5\)"):
        parse_number(printed, "space_thousands")


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
    label = YearLabel(year, None, status="", stars="", month=9)
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
    assert find_year("Sơ bộ / Prel. / 2011-2012") == (YearLabel(2011, 2012, status="preliminary", stars=""), "")
