"""Finding the year in a header and saying which year it is. The rule comes from the layout of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from hpedu.ingest.text import clean_text

YearRule = Literal["school_year_start", "school_year_end", "calendar"]
"""What a single printed year means: the year a school year starts (counted at 30 September), the year it
ends (UNESCO's convention), or the calendar year."""

_YEAR = re.compile(
    r"(?P<prel>(?:Prel\.?|Sơ bộ)\s*)?"
    r"(?<![\d.])(?P<first>(?:19|20)\d{2})(?!\d)(?:\s*[-–]\s*(?P<last>(?:19|20)?\d{2})(?!\d))?"
    r"\s*(?P<stars>\(\*+\))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class YearLabel:
    """A year as printed: one year, or a school year over two; `stars` point to a footnote."""

    first: int
    last: int | None
    preliminary: bool
    stars: str


def find_year(label: str) -> tuple[YearLabel, str] | None:
    """Split a header such as "2005(**) Teacher" or "Total Prel. 2016" into its year and the rest.

    Returns None where the label holds no year, or more than one.
    """
    label = clean_text(label)
    matches = list(_YEAR.finditer(label))
    if len(matches) != 1:
        return None
    match = matches[0]
    first = int(match["first"])
    last = None
    if match["last"]:
        last = first + 1
        if not str(last).endswith(match["last"]):
            return None
    rest = clean_text(label[: match.start()] + " " + label[match.end() :])
    return YearLabel(first, last, match["prel"] is not None, match["stars"] or ""), rest


def resolve_year(label: YearLabel, rule: YearRule) -> int:
    """The `year` of an observation: the year in which the school year starts, or the calendar year.

    A label over two years ("2015-2016") says itself that it is a school year, whatever the rule.
    """
    if label.last is not None or rule != "school_year_end":
        return label.first
    return label.first - 1


def reference_day(year: int, rule: YearRule) -> date:
    """The day an observation stands for: 30 September of a school year, 31 December of a calendar year."""
    return date(year, 12, 31) if rule == "calendar" else date(year, 9, 30)
