"""Read text files: bytes to text in any encoding, rows and columns (CSV with commas, semicolons or bars, TSV).

A tidy CSV has one header row and one figure a row, as UNESCO publishes and as transcriptions are kept.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

from hpedu.errors import Refused
from hpedu.ingest.schema import Cell, RawTable, column_letters
from hpedu.ingest.sheet.grid import Grid, is_blank, make_grid
from hpedu.ingest.words.vietnamese import clean_text

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Windows-1258 writes a tone as a byte after its vowel: grave, hook, tilde, acute, dot below.
_TONE = b"\xcc\xd2\xde\xec\xf2"
_VOWEL = rb"aeiouyAEIOUY\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd"
_TONE_AFTER_VOWEL = re.compile(rb"(?<=[" + _VOWEL + rb"])[" + _TONE + rb"]")
# The vowels of TCVN3 lie among the signs of Windows-1258, đ and ư of VNI on letters that Vietnamese lacks.
_LEGACY_FONT = re.compile(rb"[A-Za-z\xa1-\xff][\xa1-\xac\xae-\xbf]|[\xd1\xf1\xd8\xf8\xd6\xf6]")

# Where two fit equally well, the first: it is less likely to be in a number or a sentence.
_DELIMITERS = "\t;|,"
_SAMPLE_ROWS = 200
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # what Excel writes to itself
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OTHER_FORMAT = re.compile(r"\s*[<{\[]|PK\x03\x04|%PDF|\{\\rtf")


def decode_text(data: bytes, declared: str = "") -> str:
    """Decode a file by its byte order mark, as UTF-8 if it can be, as it declares, or by what its bytes show.

    UTF-8 goes before what is declared: other text is hardly ever valid UTF-8, and many exports declare what
    they are not. What is left, and is not surely Windows-1258, is read as Latin-1: no byte is lost, and text in
    the fonts of old (TCVN3, VNI) can still be recognised.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in (*_guess_utf16(data), "utf-8", _widen(declared), *_guess_1258(data)):
        try:
            return data.decode(encoding)
        # Another encoding, or one Python does not know.
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _widen(declared: str) -> str:
    """Return the encoding that is meant: files that declare Latin-1 are written on Windows, as browsers know."""
    name = declared.strip().lower()
    return (
        "cp1252" if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "ansi") else name or "utf-8"
    )


def _guess_utf16(data: bytes) -> list[str]:
    """Return UTF-16 if the bytes show it without a mark.

    In Vietnamese and English text most high bytes are zero, on one side.
    """
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 8:
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def _guess_1258(data: bytes) -> list[str]:
    tones = sum(data.count(tone) for tone in _TONE)
    if tones < 2 or _LEGACY_FONT.search(data):
        return []
    return ["cp1258"] if len(_TONE_AFTER_VOWEL.findall(data)) == tones else []


def is_delimited(data: bytes) -> bool:
    """Return whether one delimiter parts half of the rows of a text, at least two, into columns."""
    text = decode_text(data[:65536])
    if _NOT_TEXT.search(text) or _OTHER_FORMAT.match(text):
        return False
    return _find_delimiter(text) is not None


def read_delimited(data: bytes) -> list[Grid]:
    """Read a delimited text file as one grid; row 1 is its first record, as a spreadsheet would show it.

    Raises
    ------
    Refused
        If no delimiter parts the text into columns.
    """
    return [make_grid("", read_rows(data))]


def read_rows(data: bytes) -> list[list[str]]:
    """Read all records of a delimited text file, of any length each. Raises as `read_delimited` does."""
    text = decode_text(data)
    delimiter = _find_delimiter(text)
    if delimiter is None:
        raise Refused("no_delimiter")
    rows = _parse(text, delimiter)
    if _SEP_LINE.match(text):
        rows[0] = []
    return rows


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
    """Return whether the first line is a comma-separated header with a column for the value."""
    header = data[:4096].decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    return "value" in [clean_text(name).strip('"').casefold() for name in header.split(",")]


def read_tidy_csv(data: bytes) -> RawTable:
    """Read a tidy CSV. Labels: every other column of the row; the title is the header itself.

    Raises
    ------
    ValueError
        If a row has more or fewer columns than the header: which of them is missing cannot be told. Or if no
        column is the value's after all, because a quotation mark swallowed it.
    """
    rows = list(csv.reader(io.StringIO(decode_text(data), newline="")))
    header = [clean_text(name) for name in rows[0]]
    value = [name.casefold() for name in header].index("value")
    ragged = [str(line) for line, row in enumerate(rows, start=1) if row and len(row) != len(header)]
    if ragged:
        raise ValueError(f"the header has {len(header)} columns, but not line {', '.join(ragged[:10])}")
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
