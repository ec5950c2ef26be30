"""Numbers, years and dates as a reader of the page's language writes them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from hpedu.registry.models import Language

MISSING = "…"
MINUS = "\N{MINUS SIGN}"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def format_number(value: float | Decimal | None, decimals: int, language: Language) -> str:
    """Write a number: `1.234,5` in Vietnamese, `1,234.5` in English, `…` for None and NaN.

    Halves are rounded away from zero, as in the yearbooks: 48.05 is 48.1, not the 48.0 of binary rounding.
    """
    if value is None or value != value:
        return MISSING
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{MINUS}{text}" if rounded < 0 else text


def count_decimals(value: float | Decimal) -> int:
    """How many decimals a number was given with: 48.05 has two, 50.0 none."""
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def school_year(year: int, language: Language) -> str:
    """Name the school year that starts in `year`: `2021-2022` in Vietnamese, `2021-22` in English."""
    return f"{year}-{year + 1}" if language == "vi" else f"{year}-{(year + 1) % 100:02d}"


def format_date(date: str, language: Language) -> str:
    """Write an ISO date, month or year: `30/9/2025`, `30 September 2025`; other texts stay as they are."""
    match = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", date)
    if not match or not 1 <= int(match[2]) <= 12:
        return date
    year, month, day = match[1], int(match[2]), int(match[3]) if match[3] else None
    if language == "vi":
        parts = [str(part) for part in (day, month) if part] + [year]
        return "/".join(parts)
    return " ".join(part for part in (str(day) if day else "", _MONTHS[month - 1], year) if part)
