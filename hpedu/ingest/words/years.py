"""Find the year in a header and decide which year it means, by the rule in the layout of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from hpedu.decoding import read_toml
from hpedu.ingest.words.vietnamese import clean_text, index_phrases

YearRule = Literal["school_year_start", "school_year_end", "calendar"]
"""What a single printed year means: the year a school year starts (counted at 30 September), the year it
ends (UNESCO's convention), or the calendar year."""

# Pupils are called back to school in August; the year ends in May.
_FIRST_MONTH = 8

_TABLE = read_toml(__file__, "year_words.toml")
_STATUSES = {word.casefold(): status for word, status in index_phrases(_TABLE["words"]).items()}
_MARKS = index_phrases(_TABLE["marks"])
_WORDS = "|".join(re.escape(word) for word in sorted(_STATUSES, key=len, reverse=True))

_LETTERS = "|".join(_MARKS)

# Footnotes: "(*)", "**", "(1)", "²".
_STARS = r"\(\*+\) | \*+ | \(\d\) | [¹²³⁴⁵⁶⁷⁸⁹]"

# No more words stand before a year; a text of nothing else would be gone through anew from each of them.
_MOST_WORDS = 12

_YEAR = re.compile(
    rf"""
    (?P<lead> (?<!\w) (?: (?: (?: {_WORDS} ) (?! \w ) | (?: {_WORDS} ) (?= \d ) | năm[ ]học | nam[ ]hoc | NH | SY
                            | school[ ]year | năm | year )
                          (?: (?: [\s.:()‐‑–—−-] | \s/\s )+ | (?=\d) ) ){{1,{_MOST_WORDS}}} )?
    (?: (?<!\w)(?<![/.,-]) (?: ngày\s* )?                            # a day or month, in words or with slashes
        (?: (?: (?P<day> \d{{1,2}}) \s* )? tháng\s* (?P<month> \d{{1,2}}) \s* (?: [/-] | năm )? \s*
          | (?: (?P<nth> \d{{1,2}}) \s+ )? (?P<name> Jan(?:uary)? | Feb(?:ruary)? | Mar(?:ch)? | Apr(?:il)? | May
            | June? | July? | Aug(?:ust)? | Sept?(?:ember)? | Oct(?:ober)? | Nov(?:ember)? | Dec(?:ember)? ) \.?
            (?: \s+ (?P<th> \d{{1,2}}) \s* , )? \s+
          | (?: (?P<d> \d{{1,2}}) \s* (?P<mark> [/-]) \s* )? (?P<m> \d{{1,2}}) \s*
            (?(mark) (?P=mark) | / ) \s* ) )?
    (?<!\d)(?<!\d[.,]) (?(m) | (?(month) | (?<!\b\d/)(?<!\b\d\d/) ) )
    (?P<first> (?:19|20)\d{{2}}) (?!\d)
    (?: \s*[‐‑–—−/-]\s* (?P<last> (?:19|20)?\d{{2}}) (?!\d) )?
    (?! [.,]\d ) (?(m) (?! \s*/ ) )                                  # 09/2024/TT-BGDĐT is a circular
    \s* (?P<stars> {_STARS} )?
    (?: [\s/‐‑–—−-]* [(\[]? \s*
        (?P<after> (?:{_WORDS}) (?!\w) (?: [\s./‐‑–—−-]+ (?:{_WORDS}) (?!\w) )* ) \.? \s* [)\]]? (?! \s* [^\W_] )
      | \s* [(\[] \s* (?P<mark_in> {_LETTERS} ) \s* [)\]] | (?<=\d) (?P<mark_on> {_LETTERS} ) (?![\w/]) )?
    \s* (?P<more> {_STARS} )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Without them there is none; most labels and long texts have not, and this is found in no time.
_DIGITS_OF_YEAR = re.compile(r"(?:19|20)\d{2}")
_IS_WORD = re.compile(rf"(?<!\w)(?:{_WORDS})(?![^\W\d])", re.IGNORECASE)
_STATUS_ORDER = ("projected", "estimated", "preliminary", "final")
_RAISED = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹", "123456789")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SCHOOL_YEAR = re.compile("học|hoc|nh|school", re.IGNORECASE)
# A year is in this century if only its last digits are printed, "NH 24-25".
_SHORT_YEAR = re.compile(
    r"(?<!\w)(?P<lead>(?:năm học|nam hoc|NH|school year|SY)(?:\s*[-–—/]\s*(?:school year|SY))?[\s.:]*)"
    r"(?P<first>\d\d)\s*[‐‑–—−/-]\s*(?P<last>\d\d)(?![\w/‐‑–—−-]|[.,]\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class YearLabel:
    """A year as printed: one year, or a school year over two; `stars` point to a footnote, as "(*)" or "(1)".

    `status` is what a word beside it says its figures are ("Sơ bộ", "(e)"), "" if there is none; `month` is that
    of a printed day or month ("30/9/2024", "tháng 9/2024", "30 September 2024").
    """

    first: int
    last: int | None
    status: str
    stars: str
    month: int | None = None


@lru_cache(maxsize=1 << 14)
def find_year(label: str) -> tuple[YearLabel, str] | None:
    """Split a header such as "2005(**) Teacher" or "Học sinh năm học 2015-16" into its year and the rest.

    Returns None where the label holds no year, more than one, a span of years ("2011-2015"), or something that
    cannot be a date. The same year in two languages ("Năm 2016 - Year 2016") is one.
    """
    label = _SHORT_YEAR.sub(_write_out, clean_text(label))
    if not _DIGITS_OF_YEAR.search(label):
        return None
    years = {_read_year(match) for match in _YEAR.finditer(label)}
    dated: set[YearLabel | None] = {year for year in years if year is not None and year.month is not None}
    if len(dated) == 1 and {_span(year) for year in years} == {_span(year) for year in dated}:
        # "tại thời điểm 30/9/2011 ... in 2011": the day is more exact.
        years = dated
    year = _merge(years)
    if year is None:
        return None
    rest = clean_text(_YEAR.sub(" ", label))
    return year, rest if any(map(str.isalnum, rest)) else ""


def _merge(years: set[YearLabel | None]) -> YearLabel | None:
    """Return the one year that is printed, with what is beside any of its prints: "SB 2019 / Prel. 2019"."""
    one = next(iter(years), None)
    if one is None or any(year is None or (_span(year), year.month) != (_span(one), one.month) for year in years):
        return None
    prints = [year for year in years if year is not None]
    statuses, stars = {year.status for year in prints}, sorted({year.stars for year in prints})
    return replace(one, status=next((s for s in _STATUS_ORDER if s in statuses), ""), stars=stars[-1])


def is_year_label(text: str) -> bool:
    """Return whether a text is a year and nothing else: "2024(p)", "NH 24-25", "Ước 2025"."""
    found = find_year(text)
    return found is not None and not found[1]


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
    stars = "".join(f"({mark.strip('()')})" for mark in (match["stars"], match["more"]) if mark)
    return YearLabel(first, last, _read_status(match), stars.translate(_RAISED), month)


def read_status(text: str) -> str | None:
    """Return the status that a text of nothing but such words tells: "Sơ bộ - Prel."; None if it is anything else.

    >>> read_status("Ước tính"), read_status("e"), read_status("Tổng số")
    ('estimated', 'estimated', None)
    """
    words = " ".join(re.findall(r"[^\W\d_]+", clean_text(text).casefold()))
    found = {_MARKS[words]} if words in _MARKS else {_STATUSES[w] for w in _IS_WORD.findall(words)}
    return found.pop() if len(found) == 1 and (words in _MARKS or not _IS_WORD.sub("", words).strip()) else None


def _read_status(match: re.Match[str]) -> str:
    """Return what the words before and behind a year say; of two the one that promises less counts."""
    words = f"{match['lead'] or ''} {match['after'] or ''}".casefold()
    found = {_STATUSES[word] for word in _IS_WORD.findall(words)}
    mark = match["mark_in"] or match["mark_on"]
    found |= {_MARKS[mark.lower()]} if mark else set()
    return next((status for status in _STATUS_ORDER if status in found), "")


def _write_out(match: re.Match[str]) -> str:
    """Return a school year in full, "NH 2024-25", if its two parts follow each other."""
    first, last = int(match["first"]), int(match["last"])
    return f"{match['lead']}20{first:02}-{last:02}" if last == first + 1 else match[0]


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


def last_day(published: str) -> date | None:
    """Return the last day that a date of publication can mean ("2019", "2019-08", "2019-08-06"); None for "0000".

    It never lies after today: nothing was published then.
    """
    year, month, day = (int(part) for part in f"{published}-0-0".split("-")[:3])
    if not year:
        return None
    if not month:
        found = date(year, 12, 31)
    elif not day:
        found = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    else:
        found = date(year, month, day)
    return min(found, date.today())


@lru_cache(maxsize=1 << 12)
def lies_after(year: int, rule: YearRule, published: str) -> bool:
    """Return whether a year, a `year` of observations, had not begun when its file was published.

    A file without a date of publication is as of today. School years begin in August.
    """
    begins = date(year, 1 if rule == "calendar" else _FIRST_MONTH, 1)
    return begins > (last_day(published) or date.today())
