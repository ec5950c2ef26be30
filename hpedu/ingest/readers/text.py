"""Read text files into rows and columns: CSV with commas, semicolons or bars, TSV.

A tidy CSV has one header row and one figure a row, as UNESCO publishes and as transcriptions are kept. An export
of a PX-Web table has a title that lists the variables, a header, and a row for each combination of stubs.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from hpedu.decoding import decode_text
from hpedu.errors import Refused
from hpedu.ingest.quarantine import MOST_VALUES, Unreadable, refuse_many
from hpedu.ingest.schema import CUT, MOST_ROWS, Cell, Cells, RawTable, column_letters
from hpedu.ingest.sheet.grid import Grid, is_blank, make_grid
from hpedu.ingest.words.units import find_scale, find_units, is_percent
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import find_year

# Where two fit equally well, the first: it is less likely to be in a number or a sentence.
_DELIMITERS = "\t;|,"
_SAMPLE_ROWS = 200
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # what Excel writes to itself
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NUMBER = re.compile(r"\s*[-−]?\d[\d., \u00a0\u202f]*")
_OTHER_FORMAT = re.compile(r"\s*[<{\[]|PK\x03\x04|%PDF|\{\\rtf")
# What is before the variables in the title.
_LISTS = (" by ", " theo ")


def is_delimited(data: bytes) -> bool:
    """Return whether one delimiter parts half of the rows of a text, at least two, into columns."""
    text = decode_text(data[:65536])
    if _NOT_TEXT.search(text) or _OTHER_FORMAT.match(text):
        return False
    return _find_delimiter(text) is not None


def read_delimited(data: bytes) -> list[Grid]:
    """Read a delimited text file as one grid; row 1 is its first record. Raises as `read_rows` does."""
    return [make_grid("", read_rows(data))]


def read_rows(data: bytes) -> list[list[str]]:
    """Read all records of a delimited text file, of any length each. Raises `Refused` if there is no delimiter."""
    text = decode_text(data)
    if max(map(text.count, "\r\n")) > 2 * MOST_ROWS:
        raise Unreadable("too_large")
    delimiter = _find_delimiter(text)
    if delimiter is None:
        raise Refused("no_delimiter")
    rows = _parse(text, delimiter)
    if _SEP_LINE.match(text):
        rows[0] = []
    _mark_cut(rows, text)
    return rows


def _mark_cut(rows: list[list[str]], text: str) -> None:
    """Mark numbers that may not be whole, or may be of another column.

    In a row of fewer columns than most have a cell is lost, nobody knows which, and what is behind it stands in a
    wrong column. Where a text has no end of its last line, a transfer may have broken off within 163184 and left
    1631: of that line only the last number is in doubt. Rows over the first whole one are titles and headers.
    """
    widths = Counter(len(row) for row in rows if len(row) > 1)
    whole = max(widths, key=lambda width: (widths[width], width), default=0)
    first = next((number for number, row in enumerate(rows) if len(row) == whole), len(rows))
    for row in rows[first:]:
        # A quotation mark that closes the last cell shows that it is whole.
        breaks_off = row is rows[-1] and text[-1:].isdigit()
        doubtful = row[-1:] if breaks_off else row if 1 < len(row) < whole else []
        start = len(row) - len(doubtful)
        row[start:] = [text + CUT if _NUMBER.fullmatch(text) else text for text in doubtful]


def start_of(data: bytes) -> list[list[str]]:
    """Read the first records of a delimited text file; none if it is none."""
    head = data[:65536]
    return read_rows(head)[:_SAMPLE_ROWS] if is_delimited(head) else []


def _find_delimiter(text: str) -> str | None:
    """Return the delimiter that gives most rows the same number of columns; None if that is not half of them."""
    declared = _SEP_LINE.match(text)
    if declared:
        return declared[1]
    # Quotation marks may not pair: then they are letters.
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        scores = {delimiter: _share_alike(text, delimiter, quoting) for delimiter in _DELIMITERS}
        best = max(_DELIMITERS, key=scores.__getitem__)
        if scores[best] >= 0.5:  # prose has commas too
            return best
    return None


def _share_alike(text: str, delimiter: str, quoting: Literal[0, 3]) -> float:
    lines = csv.reader(_split_lines(text), delimiter=delimiter, quoting=quoting)
    sample = islice(lines, _SAMPLE_ROWS)
    try:
        rows = [row for row in sample if not all(map(is_blank, row))]
    # A field of more than 128 kB begins with a quotation mark that is none.
    except csv.Error:
        return 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    alike = max(widths.values(), default=0)
    return alike / len(rows) if alike > 1 else 0


def _parse(text: str, delimiter: str) -> list[list[str]]:
    """Read all records. Quotation marks that do not pair are taken as letters, or rows would be swallowed."""
    try:
        return _share_texts(csv.reader(_split_lines(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return _share_texts(csv.reader(_split_lines(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))


def _split_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends, one by one: a large file is not held twice."""
    return (match[0] for match in _LINE.finditer(text))


def _share_texts(rows: Iterable[list[str]]) -> list[list[str]]:
    """Return the rows, in which a text that comes many times is held once."""
    known: dict[str, str] = {}
    return [[known.setdefault(text, text) for text in row] for row in rows]


def is_tidy_csv(data: bytes) -> bool:
    """Return whether the first line is a header parted by commas (or as Excel saves it) with a column "value"."""
    return _find_tidy_delimiter(decode_text(data[:4096])) is not None


def _find_tidy_delimiter(text: str) -> str | None:
    header = text.lstrip("\ufeff").split("\n", 1)[0].casefold()
    return next(
        (mark for mark in ",;\t" if "value" in (clean_text(name).strip('"') for name in header.split(mark))), None
    )


def read_tidy_csv(data: bytes) -> RawTable:
    """Read a tidy CSV. Labels: every other column of the row; the title is the header itself.

    Raises `ValueError` if a row has more or fewer columns than the header: which of them is missing cannot be
    told. Or if no column is the value's after all, because a quotation mark swallowed it.
    """
    text = decode_text(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_find_tidy_delimiter(text) or ",")
    rows = list(islice(reader, MOST_VALUES + 2))
    refuse_many(len(rows) - 1)
    header = [clean_text(name) for name in rows[0]]
    value = [name.casefold() for name in header].index("value")
    ragged = [str(line) for line, row in enumerate(rows, start=1) if row and len(row) != len(header)]
    if ragged:
        raise Refused("rows_ragged", numbers=", ".join(ragged[:10]), width=len(header))
    if not text.endswith(("\n", "\r", '"')):
        # The last line has no end, so that its last column may be cut short, whatever that is.
        rows[-1][value] += CUT
    cells = [
        Cell(
            sheet="",
            address=f"{column_letters(value)}{line}",
            printed=row[value],
            labels={
                name: clean_text(text)
                for i, (name, text) in enumerate(zip(header, row, strict=True))
                if i != value
            },
        )
        for line, row in enumerate(rows[1:], start=2)
        if row  # a blank line is no row
    ]
    return RawTable(",".join(header), cells)


def is_pxweb_csv(data: bytes) -> bool:
    """Return whether a lone title names the variables that head the first columns of the text below."""
    return _find_header(start_of(data)) is not None


def read_pxweb_csv(data: bytes) -> RawTable:
    """Read a PX-Web CSV in any encoding and with any delimiter.

    Labels: `row` (the first column) and `column` (the header, where several variables may be glued); where more
    columns than one head the rows each comes under its own name, and a lone column of values, which is named after
    the table, says no more than its unit. Address as in a spreadsheet. Raises `ValueError` if it is no such file.
    """
    rows = read_rows(data)
    found = _find_header(rows)
    if found is None:
        raise Refused("pxweb_no_title")
    head, stubs = found
    header = [clean_text(text) for text in rows[head]]
    names = ["row"] if stubs == 1 else header[:stubs]
    is_lone = stubs > 1 and len(header) == stubs + 1 and find_year(header[-1]) is None
    widest = max(map(len, rows))
    columns = [_label_column(text, is_lone=is_lone) for text in (*header, *[""] * (widest - len(header)))]
    body = rows[head + 1 :]
    notes = tuple(row[0] for row in body if row and not any(text.strip() for text in row[1:]))
    for row in body:
        row[:stubs] = map(clean_text, row[:stubs])
    title = next((clean_text(row[0]) for row in rows if any(text.strip() for text in row)), "")
    return RawTable(title, Cells(body, head + 2, names, columns), is_plain=True, notes=notes)


def _label_column(header: str, *, is_lone: bool) -> dict[str, str]:
    if not is_lone:
        return {"column": header}
    unit = " ".join(find_units(header)) or (header if find_scale(header) != 1 else "%" * is_percent(header))
    return {"unit": unit} if unit else {}


def _find_header(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """Return the number of the header row, and how many columns head the rows: those that the title names."""
    filled = [number for number, row in enumerate(rows) if any(text.strip() for text in row)][:2]
    if len(filled) < 2:
        return None
    first, head = filled
    title, header = [text for text in rows[first] if text.strip()], rows[head]
    if len(title) != 1 or len(header) < 2 or not any(word in f" {fold_text(title[0])} " for word in _LISTS):
        return None
    named = fold_text(title[0])
    stubs = next(
        (c for c, text in enumerate(header) if not text.strip() or fold_text(text) not in named), len(header)
    )
    stubs = min(stubs, len(header) - 1)
    return (head, stubs) if stubs else None
