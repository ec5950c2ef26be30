"""Read PC-Axis files (.px), after the PX file format specification 2013 of Statistics Sweden.

https://www.scb.se/globalassets/vara-tjanster/px-programmen/px-file_format_specification_2013.pdf
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from math import prod

from hpedu.decoding import decode_text
from hpedu.errors import Refused
from hpedu.ingest.quarantine import Unreadable, refuse_many
from hpedu.ingest.schema import CUT, Cell, RawTable
from hpedu.ingest.words.vietnamese import clean_text

Keywords = dict[tuple[str, tuple[str, ...]], str]
"""Value as written, by keyword and what is in its parentheses."""

_HEAD = re.compile(
    rb'\s*(?:CHARSET|AXIS-VERSION|CODEPAGE|LANGUAGES?|CREATION-DATE|MATRIX|SUBJECT-(?:CODE|AREA)|TITLE)[^=]{0,80}="'
)
_CODEPAGE = re.compile(rb'\bCODEPAGE\s*=\s*"([\w-]+)"')
# Nothing is tried twice, so that a file made to be slow takes no longer than another: a word begins where no other
# goes on, and what is taken is not given back.
_STATEMENT = re.compile(
    r"""
    (?<![\w-]) (?P<word>[A-Z][\w-]*+) (?:\[(?P<language>[\w-]++)\])?
    (?:\((?P<of>(?:\s*+"[^"]*+"\s*+,?+)*+)\))? \s*+=\s*+
    (?P<value> (?:"[^"]*+"|[^";]++)*+ ) ;?
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r'"([^"]*)"')
# A long text goes on in the next line, without a comma.
_LINE_END_IN_TEXT = re.compile(r'"[ \t]*\r?\n\s*"')
# Data are parted by blanks or semicolons; by commas, too, unless a comma begins the decimals.
_DATUM = re.compile(r'"([^"]*)"|([^\s,;"]+)')
_DATUM_WITH_COMMA = re.compile(r'"([^"]*)"|((?:[^\s,;"]|,(?=\d))+)')
_MISSING = (".", "..", "...", "....", ".....", "......")
_NONE = ("-",)
"""Marks of the format: DATASYMBOL1 to 6 (not available, confidential ...), and DATASYMBOLNIL, which is zero."""
_TIME_RANGE = re.compile(r'TLIST\(\s*([AHTQM])1\s*,\s*"(\d{4})(\d*)"\s*-\s*"(\d{4})(\d*)"')
_FEWEST_COUNTED = 10_000
_PERIODS = {"A": 0, "H": 2, "T": 3, "Q": 4, "M": 12}  # of a year; "A" has the bare year
_MOST_YEARS = 1000


def is_px(data: bytes) -> bool:
    """Return whether the bytes begin as a PC-Axis file does and name its variables."""
    head = data[:65536].removeprefix(b"\xef\xbb\xbf")
    return _HEAD.match(head) is not None and (b"STUB" in head or b"HEADING" in head)


def read_px(data: bytes) -> RawTable:
    """Read a PC-Axis file in its main language.

    Labels: one for each variable, and `unit` where UNITS gives one. Address: place in the data, counted from 0,
    "DATA[0]". Marks (".", "..", "-") stay what they are, without their quotation marks. Raises `ValueError` if
    variables have no values, or the data do not fit them.
    """
    codepage = _CODEPAGE.search(data[:65536])
    words = _read_keywords(decode_text(data, codepage[1].decode() if codepage else ""))
    stub, heading = _texts(words, "STUB"), _texts(words, "HEADING")
    values = {name: _read_values(words, name) for name in stub + heading}
    content, units = clean_text(next(iter(_texts(words, "CONTVARIABLE")), "")), _find_units(words)
    cells = [
        Cell("", f"DATA[{index}]", printed, units.get(labels.get(content, ""), units.get("", {})) | labels)
        for index, (labels, printed) in enumerate(_read_data(words, values, len(stub)))
    ]
    titles = (_texts(words, name) for name in ("TITLE", "DESCRIPTION", "CONTENTS"))
    notes = tuple(text for (word, _), value in words.items() if "NOTE" in word for text in _QUOTED.findall(value))
    title = clean_text(next(filter(None, titles), [""])[0])
    return RawTable(title, cells, is_plain=True, notes=notes, missing=_MISSING, none=_NONE)


def _read_keywords(text: str) -> Keywords:
    statements = list(_STATEMENT.finditer(text.lstrip("\ufeff")))
    main = next((s["value"].strip(' "') for s in statements if s["word"] == "LANGUAGE"), "")
    words = {
        (s["word"], tuple(_QUOTED.findall(s["of"] or ""))): s["value"]
        for s in statements
        if s["language"] in (None, main)
    }
    # The data are last. Some programs end each of their lines with a semicolon.
    data = next((s.start("value") for s in statements if s["word"] == "DATA"), None)
    return words if data is None else words | {("DATA", ()): text.lstrip("\ufeff")[data:]}


def _texts(words: Keywords, word: str, *of: str) -> list[str]:
    return _QUOTED.findall(_LINE_END_IN_TEXT.sub("", words.get((word, of), "")))


def _read_values(words: Keywords, name: str) -> list[str]:
    """Return the values of a variable as printed; codes or points in time where it has no others."""
    span = _TIME_RANGE.search(words.get(("TIMEVAL", (name,)), ""))
    values = _texts(words, "VALUES", name) or _texts(words, "CODES", name)
    values = values or (_span_times(*span.groups()) if span else _texts(words, "TIMEVAL", name))
    if not values:
        raise Refused("px_no_values", name=name)
    return values


def _span_times(scale: str, first: str, first_part: str, last: str, last_part: str) -> list[str]:
    years = range(int(first), int(last) + 1)
    if len(years) > _MOST_YEARS:
        raise Unreadable("too_large", f"{first}-{last}")
    if scale == "A":
        return [str(year) for year in years]
    digits = len(first_part)
    times = [f"{year}{part:0{digits}}" for year in years for part in range(1, _PERIODS[scale] + 1)]
    return times[times.index(first + first_part) : times.index(last + last_part) + 1]


def _read_data(words: Keywords, values: dict[str, list[str]], stub: int) -> Iterator[tuple[dict[str, str], str]]:
    """Yield every datum with the values it belongs to; a file with KEYS names them itself, line by line."""
    names = list(values)
    keyed = {name: _find_keys(words, values[name], name) for name in names[:stub] if ("KEYS", (name,)) in words}
    rest = [name for name in names if name not in keyed]
    width = prod(len(values[name]) for name in rest)
    text = words.get(("DATA", ()), "")
    data = _split_data(text, len(keyed), width)
    refuse_many(len(data))
    if text[-1:].isdigit():
        # Even the end of the line is missing.
        data[-1] += CUT
    labels = {name: clean_text(name) for name in names}
    shown = [[clean_text(value) for value in values[name]] for name in rest]
    for start in range(0, len(data), len(keyed) + width):
        line = data[start : start + len(keyed) + width]
        fixed = {
            name: clean_text(known.get(key, key)) for (name, known), key in zip(keyed.items(), line, strict=False)
        }
        for its, printed in zip(product(*shown), line[len(keyed) :], strict=True):
            labelled = fixed | dict(zip(rest, its, strict=True))
            yield {labels[name]: labelled[name] for name in names}, printed


def _split_data(text: str, keys: int, width: int) -> list[str]:
    """Return the data one by one; which commas begin decimals shows by the number of data there must be.

    Raises `Refused` if the data do not fit the variables, or fit them in two ways.
    """
    # Without a comma both ways are one. Of data far beyond those wanted only the beginning is looked at.
    patterns = (_DATUM, _DATUM_WITH_COMMA) if "," in text else (_DATUM,)
    most = None if keys else _FEWEST_COUNTED + width
    ways = [[quoted or plain for quoted, plain in _find_all(pattern, text, most)] for pattern in patterns]
    fitting = [way for way in ways if (len(way) % (keys + width) == 0 if keys else len(way) == width)]
    if not fitting or fitting[0] != fitting[-1]:
        count = len(ways[0])
        raise Refused("px_wrong_count", count=f"> {count - 1}" if count == most else count, width=width)
    return fitting[0]


def _find_all(pattern: re.Pattern[str], text: str, most: int | None) -> Iterable[Sequence[str]]:
    """Return the groups of each match, no more than so many."""
    if most is None:
        return pattern.findall(text)
    return (found.groups("") for found in islice(pattern.finditer(text), most))


def _find_keys(words: Keywords, values: list[str], name: str) -> dict[str, str]:
    """Return the value that each key of a variable stands for, where its keys are codes."""
    codes = _texts(words, "CODES", name) if "CODES" in words["KEYS", (name,)] else []
    return dict(zip(codes, values, strict=True)) if codes else {}


def _find_units(words: Keywords) -> dict[str, dict[str, str]]:
    """Return the unit of each thing counted, as a label; under "" that of all that have none of their own."""
    given = {clean_text("".join(of)): _texts(words, "UNITS", *of) for word, of in words if word == "UNITS"}
    return {of: {"unit": clean_text(texts[0])} if texts[0] else {} for of, texts in given.items() if texts}
