"""Workbooks: .xlsx, .xlsb, .xls and .ods, told by what is inside. Every sheet is read, hidden ones too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

import fastexcel
import polars as pl

from hpedu.errors import Refused
from hpedu.ingest.readers.ooxml import Extras, read_extras
from hpedu.ingest.tables.grid import Grid, make_grid

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
_OOXML_PARTS = {"xl/workbook.xml", "xl/workbook.bin"}
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"

_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00(\.0+)?$"  # a cell typed as a date
_NO_DAY = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2})"  # a cell typed as a time


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a workbook of Excel or OpenDocument, whatever the name of the file ends in."""
    if data.startswith(_OLE):
        return any(name in data for name in _OLE_STREAMS)
    names = _zip_names(data)
    return bool(names & _OOXML_PARTS) or ("mimetype" in names and _ODS_TYPE in data[:256])


def read_workbook(data: bytes) -> list[Grid]:
    """Read all sheets of a workbook, in order. Chart sheets come out empty.

    Everything is printed text: a number in as few digits as it needs (no more than nine after the point, where
    only the noise of binary fractions is left), a cell typed as a date as "2024-09-05", an unformatted date
    serial as the number it is. Errors ("#REF!") and merged ranges are known for .xlsx alone, because fastexcel
    tells neither; without them, labels are carried to the right and down, which comes to the same
    (tests/ingest/tables/test_unmerged.py), so that .xls needs no second library.

    Raises
    ------
    Refused
        If the workbook is damaged or locked with a password.
    """
    frames = list(read_frames(data))
    try:
        extras = _read_extras(data)
    except (BadZipFile, ElementTree.ParseError) as error:
        raise Refused("workbook_damaged", detail=error) from error
    return [_make_grid(name, frame, extras.get(name)) for name, frame in frames]


def read_frames(data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    """The sheets as polars frames of printed text, one after the other, for tables of many thousand rows.

    Rows and columns stand where they do in the sheet: frame[4, 2] is cell C5. Raises as `read_workbook` does;
    what that function adds for .xlsx (errors, formulas without a value) is empty here.
    """
    try:
        book = fastexcel.read_excel(data)
        for place, name in enumerate(book.sheet_names):
            yield name, _read_frame(book, place)
    except fastexcel.FastExcelError as error:
        raise Refused("workbook_locked", detail=error) from error


def _zip_names(data: bytes) -> set[str]:
    if not data.startswith(b"PK"):
        return set()
    try:
        with ZipFile(io.BytesIO(data)) as book:
            return set(book.namelist())
    except BadZipFile:
        return set()


def _read_extras(data: bytes) -> dict[str, Extras]:
    if "xl/workbook.xml" not in _zip_names(data):
        return {}
    with ZipFile(io.BytesIO(data)) as book:
        return read_extras(book)


def _read_frame(book: fastexcel.ExcelReader, place: int) -> pl.DataFrame:
    # No header and no row skipped, so that addresses hold; all as text, so that no column's type is guessed.
    sheet = book.load_sheet(place, header_row=None, skip_rows=0, schema_sample_rows=None, dtypes="string")
    columns = sheet.selected_columns
    if not columns:
        return pl.DataFrame()
    frame = sheet.to_polars().with_columns(pl.all().fill_null(""))
    marked = pl.all().str.contains_any(["\0", ":"]).any()
    mended = [name for name, needs in frame.select(marked).row(0, named=True).items() if needs]
    text = pl.col(mended).str.replace_all("\0", "", literal=True)  # old .xls: calamine doubles the bytes
    text = text.str.replace(_MIDNIGHT, "$1").str.replace(_NO_DAY, "$1")
    margin = [pl.lit("").alias(f"margin_{i}") for i in range(columns[0].absolute_index)]
    return frame.with_columns(text).select(*margin, pl.all())  # fastexcel starts at the first used column


def _make_grid(name: str, frame: pl.DataFrame, extras: Extras | None) -> Grid:
    rows = [list(row) for row in frame.rows()]
    if extras is None:
        return make_grid(name, rows)
    for (row, column), text in extras.texts.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = text
    return make_grid(name, rows, extras.merged)
