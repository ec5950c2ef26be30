"""Read what number formats and small raised letters do to what is printed in a cell, alike for all workbooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

PERCENT = Decimal("0.01")

# Quoted and escaped letters, blanks of a letter's width, fillers, and colours, locales or conditions.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_CONDITION = re.compile(r"\[[<>=]")
_SCALING = re.compile(r"[0#?](,+)(?![0#?,])")
_DIGITS = 9
# Of larger numbers, and of what is none, a float has no such digits.
_MOST = 1e18

# "km2" is no number or name with a footnote, nor is "1st".
_UNIT = re.compile(r"(?:^|[\s/(])[kcdm]?m$")
_ORDINALS = ("st", "nd", "rd", "th", "o", "er")


def find_format_scale(code: str, value: float) -> Decimal | None:
    """Return what a number format multiplies the print by to give the stored value; None if it cannot be told.

    >>> find_format_scale("0.0%", 0.987), find_format_scale("#,##0,", 351211), find_format_scale('0.0"%"', 98.7)
    (Decimal('0.01'), Decimal('1000'), Decimal('1'))
    """
    scales = []
    for section in _LITERAL.sub("", code).split(";")[:3]:
        commas = sum(len(match[1]) for match in _SCALING.finditer(section))
        scales.append(PERCENT ** section.count("%") * Decimal(1000) ** commas)
    if len(set(scales)) == 1:
        return scales[0]
    if _CONDITION.search(re.sub(r'"[^"]*"|\\.', "", code)):
        return None
    place = 0 if value > 0 else 1 if value < 0 else 2
    return scales[place] if place < len(scales) else scales[0]


def find_scaling(codes: Mapping[int, str]) -> dict[int, str]:
    """Return the number formats that scale, such as "0.0%" and "#,##0,", by their style."""
    return {
        style: code
        for style, code in codes.items()
        if {find_format_scale(code, 1), find_format_scale(code, -1)} != {1}
    }


def print_number(value: float, code: str) -> tuple[str, Decimal | None]:
    """Return a stored number as its format prints it, in full precision, and the scale of that print.

    Where the scale cannot be told the print names the format, so that nobody reads it as a plain number.
    """
    scale = find_format_scale(code, value)
    stored = Decimal(repr(value))
    if scale is None or not abs(value) < _MOST:
        return f"{stored} [{code}]", None
    text = f"{round(stored / scale, _DIGITS):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text + "%" * (scale == PERCENT), scale


def join_runs(runs: Iterable[tuple[str, bool]]) -> str:
    """Join the pieces of a text; a raised one (True) is a footnote mark: "351211" and "2" are "351211 (2)"."""
    joined = ""
    for text, is_raised in runs:
        mark = text.strip().strip("()[]").strip()
        is_word = mark in _ORDINALS or (mark in ("2", "3") and _UNIT.search(joined))
        if not is_raised or not mark or is_word:
            joined += text
        elif not joined.strip():
            joined = f"({mark}) "
        else:
            joined = f"{joined.rstrip()} ({mark})"
    return joined
