"""Find the year in a header and decide which year it means, by the rule in the layout of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from hpedu.ingest.words.vietnamese import clean_text

YearRule = Literal["school_year_start", "school_year_end", "calendar"]
"""What a single printed year means: the year a school year starts (counted at 30 September), the year it
ends (UNESCO's convention), or the calendar year."""

# Pupils are called back to school in August; the year ends in May.
_FIRST_MONTH = 8

_YEAR = re.compile(
    r"""
    (?P<lead> (?<!\w) (?: (?: sơ[ ]bộ | so[ ]bo | prel(?:iminary)? | năm[ ]học | nam[ ]hoc | NH | school[ ]year
                            | năm | year )
                          (?: (?: [\s.:()‐‑–—−-] | \s/\s )+ | (?=\d) ) )+ )?
    (?: (?<!\w)(?<![/.,-]) (?: ngày\s* )?                            # a day or month, in words or with slashes
        (?: (?: (?P<day> \d{1,2}) \s* )? tháng\s* (?P<month> \d{1,2}) \s* (?: [/-] | năm )? \s*
          | (?: (?P<nth> \d{1,2}) \s+ )? (?P<name> Jan(?:uary)? | Feb(?:ruary)? | Mar(?:ch)? | Apr(?:il)? | May
            | June? | July? | Aug(?:ust)? | Sept?(?:ember)? | Oct(?:ober)? | Nov(?:ember)? | Dec(?:ember)? ) \.?
            (?: \s+ (?P<th> \d{1,2}) \s* , )? \s+
          | (?: (?P<d> \d{1,2}) \s* (?P<mark> [/-]) \s* )? (?P<m> \d{1,2}) \s* (?(mark) (?P=mark) | / ) \s* ) )?
    (?<!\d)(?<!\d[.,]) (?(m) | (?(month) | (?<!\b\d/)(?<!\b\d\d/) ) )
    (?P<first> (?:19|20)\d{2}) (?!\d)
    (?: \s*[‐‑–—−/-]\s* (?P<last> (?:19|20)?\d{2}) (?!\d) )?
    (?! [.,]\d ) (?(m) (?! \s*/ ) )                                  # 09/2024/TT-BGDĐT is a circular
    \s* (?P<stars> \(\*+\) )? (?P<after> \s*\( (?:prel\.?|sơ[ ]bộ) \) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SCHOOL_YEAR = re.compile("học|hoc|nh|school", re.IGNORECASE)
_PRELIMINARY = re.compile("prel|sơ bộ|so bo", re.IGNORECASE)


@dataclass(frozen=True)
class YearLabel:
    """A year as printed: one year, or a school year over two; `stars` point to a footnote.

    `month` is that of a printed day or month ("30/9/2024", "tháng 9/2024", "30 September 2024").
    """

    first: int
    last: int | None
    preliminary: bool
    stars: str
    month: int | None = None


@lru_cache(maxsize=1 << 14)
def find_year(label: str) -> tuple[YearLabel, str] | None:
    """Split a header such as "2005(**) Teacher" or "Học sinh năm học 2015-16" into its year and the rest.

    Returns None where the label holds no year, more than one, a span of years ("2011-2015"), or something that
    cannot be a date. The same year in two languages ("Năm 2016 - Year 2016") is one.
    """
    label = clean_text(label)
    matches = list(_YEAR.finditer(label))
    years = {_read_year(match) for match in matches}
    dated: set[YearLabel | None] = {year for year in years if year is not None and year.month is not None}
    if len(dated) == 1 and {_span(year) for year in years} == {_span(year) for year in dated}:
        # "tại thời điểm 30/9/2011 ... in 2011": the day is more exact.
        years = dated
    year = years.pop() if len(years) == 1 else None
    if year is None:
        return None
    rest = clean_text(_YEAR.sub(" ", label))
    return year, rest if any(map(str.isalnum, rest)) else ""


def _span(year: YearLabel | None) -> tuple[int, int | None] | None:
    return (year.first, year.last) if year else None


def _read_year(match: re.Match[str]) -> YearLabel | None:
    first, last = int(match["first"]), None
    printed_month = match["month"] or match["m"]
    month = int(printed_month) if printed_month else None
    if match["name"]:
        month = _MONTHS.index(match["name"].lower()[:3]) + 1
    if match["last"]:
        last = first + 1
        # 2011/12 may be December, unless it is called a school year.
        month_like = "/" in match[0] and len(match["last"]) == 2 and int(match["last"]) <= 12
        doubtful = month_like and not _SCHOOL_YEAR.search(match["lead"] or "")
        if doubtful or month is not None or not str(last).endswith(match["last"]):
            return None
    elif month is not None:
        try:
            date(first, month, int(match["day"] or match["d"] or match["nth"] or match["th"] or 1))
        except ValueError:
            return None
    preliminary = bool(match["after"]) or _PRELIMINARY.search(match["lead"] or "") is not None
    return YearLabel(first, last, preliminary, match["stars"] or "", month)


def resolve_year(label: YearLabel, rule: YearRule) -> int:
    """Return the `year` of an observation: the year in which the school year starts, or the calendar year.

    A label over two years ("2015-2016") is a school year, whatever the rule; one with a
    month ("31/5/2025") shows which school year it falls in.
    """
    if label.last is not None:
        return label.first
    if label.month is not None and rule != "calendar":
        return label.first if label.month >= _FIRST_MONTH else label.first - 1
    return label.first - 1 if rule == "school_year_end" else label.first


def reference_day(year: int, rule: YearRule) -> date:
    """Return the day an observation is of: 30 September of a school year, 31 December of a calendar year."""
    return date(year, 12, 31) if rule == "calendar" else date(year, 9, 30)
