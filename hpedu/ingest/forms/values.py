"""What people type into a form: numbers, states and dates, as numbers or as text. Pure functions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from hpedu.ingest.aside import SetAside
from hpedu.ingest.forms.sheets import Range
from hpedu.ingest.words.text import clean_text, fold_text
from hpedu.registry import Registry

_MINUS = re.compile(r"[-−–]\s?")
_GROUPED = re.compile(r"[1-9]\d{0,2}([ .,])\d{3}(?:\1\d{3})*", re.ASCII)  # 1.234, 12,345, 1 234 567
_DECIMAL = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)
_GROUPED_DECIMAL = re.compile(r"([1-9]\d{0,2}(?:([ .,])\d{3})(?:\2\d{3})*)(?!\2)[.,](\d+)", re.ASCII)  # 1.234,5
_SIGN = "%"

_ISO = re.compile(r"((?:19|20)\d\d)-(\d\d)-(\d\d)(?: .*)?", re.ASCII)
_WRITTEN = re.compile(r"(?:ngay )?(\d{1,2}) ?(?:[/.-]|thang) ?(\d{1,2}) ?(?:[/.-]|nam) ?((?:19|20)\d\d)", re.ASCII)
_SERIAL = re.compile(r"[34567]\d{4}", re.ASCII)  # a date without its format: days since 30 December 1899
_FIRST_DAY = date(1899, 12, 30)


def read_typed_number(printed: str, allowed: Range) -> Decimal:
    """Read a number as typed, in Vietnamese or English style.

    In a count every mark groups thousands ("1.234" is 1234). In a decimal the last mark begins the decimals;
    "12.345" could be either and is refused, unless one reading is out of range.

    Raises
    ------
    SetAside
        `form_not_a_number`, `form_not_whole`, `form_ambiguous`, `form_negative` or `form_out_of_range`.
    """
    text = clean_text(printed)
    text = text.removesuffix(_SIGN).strip() if allowed.upper is not None else text
    negative = _MINUS.match(text)
    number = _read_positive(text[negative.end() :] if negative else text, allowed)
    if negative and number:
        raise SetAside("form_negative")
    if allowed.upper is not None and number > allowed.upper:
        raise SetAside("form_out_of_range")
    return number


def _read_positive(text: str, allowed: Range) -> Decimal:
    if text.isascii() and text.isdigit():
        return Decimal(text)
    plain, grouped = _DECIMAL.fullmatch(text), _GROUPED.fullmatch(text)
    if grouped and (allowed.whole or plain is None):
        return Decimal(re.sub(r"\D", "", text))
    if grouped and allowed.upper is None:
        raise SetAside("form_ambiguous")
    both = _GROUPED_DECIMAL.fullmatch(text)
    if plain is None and both is None:
        raise SetAside("form_not_a_number")
    if allowed.whole:
        raise SetAside("form_not_whole")
    if both:
        return Decimal(re.sub(r"\D", "", both[1]) + "." + both[3])
    return Decimal(text.replace(",", "."))


def read_typed_state(printed: str, dimension: str, book: Registry) -> str:
    """The code of a state by its name in either language.

    Raises
    ------
    SetAside
        `form_unknown_state`, with the names there are.
    """
    states = book.codes_of(dimension)
    for code, row in states.items():
        if fold_text(printed) in (fold_text(row.name.vi), fold_text(row.name.en)):
            return code
    names = [row.name.vi for row in states.values()]
    raise SetAside("form_unknown_state", known=names)


def read_typed_date(printed: str) -> date:
    """Read a date cell, or a date typed as text, day first ("31/12/2026", "ngày 31 tháng 12 năm 2026").

    Raises
    ------
    SetAside
        `form_not_a_date`.
    """
    text = fold_text(printed)
    if _SERIAL.fullmatch(text):
        return _FIRST_DAY + timedelta(days=int(text))
    iso, written = _ISO.fullmatch(text), _WRITTEN.fullmatch(text)
    match = iso or written
    if match is None:
        raise SetAside("form_not_a_date")
    year, month, day = map(int, match.groups() if iso else reversed(match.groups()))
    try:
        return date(year, month, day)
    except ValueError as error:
        raise SetAside("form_not_a_date") from error
