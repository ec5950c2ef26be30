"""Text files of rows and columns: CSV with commas, semicolons or bars, and TSV, in any encoding."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import Literal

from hpedu.errors import Refused
from hpedu.ingest.readers.charset import decode_text
from hpedu.ingest.tables.grid import Grid, is_blank, make_grid

_DELIMITERS = "\t;|,"  # where two fit equally well, the one less likely to stand in a number or a sentence
_SAMPLE_ROWS = 200
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # what Excel writes to itself
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OTHER_FORMAT = re.compile(r"\s*[<{\[]|PK\x03\x04|%PDF|\{\\rtf")


def is_delimited(data: bytes) -> bool:
    """Whether the bytes are text in which one delimiter parts half of the rows, at least two, into columns."""
    text = decode_text(data[:65536])
    if _NOT_TEXT.search(text) or _OTHER_FORMAT.match(text):
        return False
    return _find_delimiter(text) is not None


def read_delimited(data: bytes) -> list[Grid]:
    """Read a delimited text file as one grid; row 1 is its first record, as a spreadsheet would show it.

    Raises
    ------
    ValueError
        If no delimiter parts the text into columns.
    """
    return [make_grid("", read_rows(data))]


def read_rows(data: bytes) -> list[list[str]]:
    """All records of a delimited text file, of any length each. Raises as `read_delimited` does."""
    text = decode_text(data)
    delimiter = _find_delimiter(text)
    if delimiter is None:
        raise Refused("no_delimiter")
    rows = _parse(text, delimiter)
    if _SEP_LINE.match(text):
        rows[0] = []
    return rows


def start_of(data: bytes) -> list[list[str]]:
    """The first records of a delimited text file; none if it is none."""
    head = data[:65536]
    return read_rows(head)[:_SAMPLE_ROWS] if is_delimited(head) else []


def _find_delimiter(text: str) -> str | None:
    """The delimiter by which most rows have the same number of columns; None if that is not half of the rows."""
    said = _SEP_LINE.match(text)
    if said:
        return said[1]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):  # the latter if quotation marks do not pair
        scores = {delimiter: _share_alike(text, delimiter, quoting) for delimiter in _DELIMITERS}
        best = max(_DELIMITERS, key=scores.__getitem__)
        if scores[best] >= 0.5:  # prose has commas too
            return best
    return None


def _share_alike(text: str, delimiter: str, quoting: Literal[0, 3]) -> float:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    sample = islice(lines, _SAMPLE_ROWS)
    try:
        rows = [row for row in sample if not all(map(is_blank, row))]
    except csv.Error:  # a field of more than 128 kB: a quotation mark that is none
        return 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    alike = max(widths.values(), default=0)
    return alike / len(rows) if alike > 1 else 0


def _parse(text: str, delimiter: str) -> list[list[str]]:
    """All records. Where quotation marks do not pair, they are taken as letters, or rows would be swallowed."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        source = io.StringIO(text, newline="")
        return list(csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE))
