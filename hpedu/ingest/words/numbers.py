"""Read printed numbers.

The layout of a table names the marks it uses, or all its texts together decide (`decide_style`), never one cell:
"2.416" is 2.416 or 2416.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Literal

NumberStyle = Literal["plain", "dot_thousands", "comma_thousands", "space_thousands", "space_thousands_dot"]

# The mark between thousands and the decimal mark of each style, the likeliest first.
_MARKS: dict[NumberStyle, tuple[str, str]] = {
    "plain": ("", "."),  # 1234.5
    "dot_thousands": (".", ","),  # 1.234,5
    "comma_thousands": (",", "."),  # 1,234.5
    "space_thousands": (" ", ","),  # 1 234,5
    "space_thousands_dot": (" ", "."),  # 1 234.5
}

# Blanks that printers set between thousands.
_BLANKS = re.compile("[\u00a0\u2007\u2009\u202f]")
_TRAILER = re.compile(r"(?<!\s)\s*(?:\(\*+\)|%)\Z")
_MOSTLY = 0.95
_NUMERIC = re.compile(r"[-−]?\d[\d., ]*", re.ASCII)
_ONE_GROUP = re.compile(r"[-−]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def _compile(thousands: str, decimal: str) -> re.Pattern[str]:
    whole = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"[-−]?(?:{whole})(?:{re.escape(decimal)}\d+)?", re.ASCII)


_PATTERNS = {style: _compile(*marks) for style, marks in _MARKS.items()}


def split_marks(printed: str) -> tuple[str, str]:
    """Part a printed cell into the number and what trails it: "98,38% (*)" -> ("98,38", "% (*)").

    Trailers are footnote stars in brackets and a percent sign. Blanks inside the number come out as plain ones.
    """
    text = _BLANKS.sub(" ", printed).strip()
    number = text
    # Looked for from the end, and only where there may be one: texts are many.
    while number.endswith((")", "%")) and (match := _TRAILER.search(number)):
        number = number[: match.start()]
    return number.rstrip(), text[len(number) :].strip()


@lru_cache(maxsize=1 << 16)
def parse_number(printed: str, style: NumberStyle) -> Decimal:
    """Read a number printed in a known style, exactly. A footnote mark or percent sign behind it is no part of it.

    Raises `ValueError` if the text is not a number in that style ("2.41" with dots between thousands, "1,234" in
    plain).
    """
    text, _ = split_marks(printed)
    thousands, decimal = _MARKS[style]
    if not _PATTERNS[style].fullmatch(text):
        raise ValueError(f"{printed!r} is not a number in the style {style!r} (like 1{thousands}234{decimal}5)")
    return Decimal(text.replace(thousands, "").replace(decimal, ".").replace("−", "-"))


def decide_style(texts: Iterable[str], *, whole: bool = False) -> NumberStyle | None:
    """Return the style that all texts of a column or table are printed in; None if it cannot be told.

    `whole` means that all numbers are whole, as of pupils or schools: then "2.416" is 2416.

    Texts that are no numbers (labels, "..", dates) decide nothing. A style is possible if it reads every number;
    of several possible ones it does not matter which, if all read the same (76, 313). Where they differ, as
    for figures such as "2.416" alone, the layout must decide. Beside blanks between
    thousands, "2.416" is taken for neither: it may be a decimal or a slip of the same printer.
    """
    numbers = {split_marks(text)[0] for text in texts}
    readings = [reading for number in numbers if (reading := _read_every_way(number))]
    if whole:
        readings = [{style: value for style, value in r.items() if printed_step(value) == 1} for r in readings]
    possible = [style for style in _MARKS if readings and all(style in reading for reading in readings)]
    if not possible:
        # One that reads all but a slip or two; the slips are refused.
        fewest = _MOSTLY * max(len(readings), 1)
        possible = [style for style in _MARKS if sum(style in reading for reading in readings) >= fewest]
    agreed = all(len({reading[style] for style in possible if style in reading}) <= 1 for reading in readings)
    return possible[0] if possible and agreed else None


def may_be_plain(printed: str) -> bool:
    """Return whether a text is a number like 1234.5 that only a format without marks between thousands prints."""
    number = split_marks(printed)[0]
    return "plain" in _read_every_way(number) and ("." in number or len(number) > 3)


def may_be_grouped(printed: str, style: NumberStyle) -> bool:
    """Return whether the decimal mark of a number may as well part thousands: "2,053" beside "2.013,8".

    That can only be where thousands are parted at all; which figures then are doubtful the others show.
    """
    thousands, decimal = _MARKS[style]
    number = split_marks(printed)[0]
    return bool(thousands) and decimal in number and _ONE_GROUP.fullmatch(number) is not None


def count_decimals(printed: str, style: NumberStyle) -> int:
    """Return how many decimals are printed in a number of a known style."""
    return len(split_marks(printed)[0].partition(_MARKS[style][1])[2])


@lru_cache(maxsize=1 << 16)
def _read_every_way(number: str) -> dict[NumberStyle, Decimal]:
    if not _NUMERIC.fullmatch(number):
        return {}
    styles: list[NumberStyle] = [style for style, pattern in _PATTERNS.items() if pattern.fullmatch(number)]
    if _ONE_GROUP.fullmatch(number):
        styles = [style for style in styles if _MARKS[style][0] != " "]
    return {style: parse_number(number, style) for style in styles}


def read_sole(printed: str) -> Decimal | None:
    """Return what a text is in every style that can read it, "351211" or "1.234,5"; None if they differ.

    Up to three digits say nothing of the style of a table in doubt: beside "2.416", "76" may be thousands too.
    Raises `ValueError` if no style can read it.
    """
    number, _ = split_marks(printed)
    values = set(_read_every_way(number).values())
    if not values:
        raise ValueError(f"{printed!r} is not a number in any style")
    return values.pop() if len(values) == 1 and sum(map(str.isdecimal, number)) > 3 else None


def printed_step(number: Decimal) -> Decimal:
    """Return the smallest step the print can show: 1 for "69", 0.001 for "68.876"."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0))
