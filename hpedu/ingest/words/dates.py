"""Read the dates that people type into cells: one reader for forms and school lists."""

from __future__ import annotations

import re
from datetime import date, timedelta

from hpedu.ingest.words.vietnamese import fold_text

EARLIEST = date(1954, 1, 1)
"""No recognition or decision that still counts is older."""

_LATEST = date(2119, 12, 31)

_TIME = r"(?:[t ]+\d{1,2}[:h]\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}", re.ASCII)
# A year has four digits: of "01/06/21" nobody can tell whether it is a year or a day.
_WRITTEN = re.compile(
    rf"(?:ngay )?(\d{{1,2}}) ?(?:[/.-]|thang) ?(\d{{1,2}}) ?(?:[/.-]|nam) ?(\d{{4}}){_TIME}", re.ASCII
)
# A date without its format: days since 30 December 1899, with the time of day as a fraction.
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?", re.ASCII)
_FIRST_DAY = date(1899, 12, 30)


def read_date(printed: str, latest: date | None = None) -> date | None:
    """Read a date cell, or a date typed as text, day first ("31/12/2026", "ngày 31 tháng 12 năm 2026").

    It is None if it is no date, has a year of two digits, or lies before `EARLIEST` or after `latest`, the day on
    which the file was published: nothing in it is recognised or decided later.
    """
    day = _read_day(re.sub(r" ?([/.-]) ?", r"\1", fold_text(printed)))
    return day if day is not None and EARLIEST <= day <= (latest or _LATEST) else None


def _read_day(text: str) -> date | None:
    serial, iso, written = _SERIAL.fullmatch(text), _ISO.fullmatch(text), _WRITTEN.fullmatch(text)
    if serial:
        return _FIRST_DAY + timedelta(days=int(serial[1]))
    match = iso or written
    if match is None:
        return None
    year, month, day = map(int, match.groups() if iso else reversed(match.groups()))
    try:
        return date(year, month, day)
    except ValueError:
        return None
