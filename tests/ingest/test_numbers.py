"""Numbers as printed, in the style the layout says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.numbers import NumberStyle, parse_number, printed_step

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


@pytest.mark.parametrize("style", ["plain", "dot_thousands"])
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
        "87%",
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
