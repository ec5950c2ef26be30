"""Read workbooks: .xlsx, .xlsb, .xls, .ods and Excel's XML of 2003, recognised by what is inside.

Every sheet is read, hidden ones too. Excel's XML of 2002 and 2003 ("SpreadsheetML") is what many export buttons
write into a file called .xls.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from posixpath import join, normpath
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

import fastexcel
import polars as pl

from hpedu.errors import Refused
from hpedu.ingest.schema import column_index
from hpedu.ingest.sheet.grid import Grid, Merge, make_grid

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
_OOXML_PARTS = {"xl/workbook.xml", "xl/workbook.bin"}
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"

_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00(\.0+)?$"  # a cell typed as a date
_NO_DAY = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2})"  # a cell typed as a time

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_CELL = re.compile(
    rb"""
    <(?:\w+:)?c\b (?P<attributes>[^>]*) (?<!/)> \s*
    (?P<formula> <(?:\w+:)?f\b[^>]* (?: /> | >(?P<terms>[^<]*)</(?:\w+:)?f> ) \s* )?
    (?: <(?:\w+:)?v\b[^>]* (?: /> | >(?P<value>[^<]*)</(?:\w+:)?v> ) \s* )?
    </(?:\w+:)?c>
    """,
    re.VERBOSE,
)
_NAME = re.compile(rb'\br="([A-Z]+)(\d+)"')
# Plain bytes, because a sheet may have 100 MB.
_PASSED_OVER = (b't="e"', b"<f>", b"<f ", b":f>", b":f ")
# A formula may well give the empty text.
_HAS_TEXT = re.compile(rb'\bt="(?:str|s|inlineStr)"')

_NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_SS = f"{{{_NAMESPACE}}}"


def is_workbook(data: bytes) -> bool:
    """Return whether the bytes are a workbook of Excel or OpenDocument, whatever the name of the file ends in."""
    if data.startswith(_OLE):
        return any(name in data for name in _OLE_STREAMS)
    names = _zip_names(data)
    return bool(names & _OOXML_PARTS) or ("mimetype" in names and _ODS_TYPE in data[:256])


def read_workbook(data: bytes) -> list[Grid]:
    """Read all sheets of a workbook, in order. Chart sheets come out empty.

    Everything is printed text: a number in as few digits as it needs (no more than nine after the point, where
    only the noise of binary fractions is left), a cell typed as a date as "2024-09-05", an unformatted date
    serial as the number it is. Errors ("#REF!") and merged ranges are known for .xlsx alone, because fastexcel
    reports neither; without them, labels are carried to the right and down, which comes to the same
    (tests/ingest/sheet/test_unmerged.py), so that .xls needs no second library.

    Raises
    ------
    Refused
        If the workbook is damaged or locked with a password.
    """
    return complete_frames(list(read_frames(data)), data)


def complete_frames(frames: Iterable[tuple[str, pl.DataFrame]], data: bytes) -> list[Grid]:
    """Make grids of the frames of a workbook (`read_frames`), with what those leave out for .xlsx.

    Raises
    ------
    Refused
        If the workbook is damaged.
    """
    try:
        extras = _read_extras(data)
    except (BadZipFile, ElementTree.ParseError) as error:
        raise Refused("workbook_damaged", detail=error) from error
    return [_make_grid(name, frame, extras.get(name)) for name, frame in frames]


def read_merges(data: bytes) -> dict[str, list[Merge]]:
    """Return the merged ranges of each sheet of an .xlsx file; of other formats none are known."""
    if "xl/workbook.xml" not in _zip_names(data):
        return {}
    with ZipFile(io.BytesIO(data)) as book:
        return {name: _find_merges(book.read(part)) for name, part in _sheet_parts(book)}


def read_frames(data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the sheets as polars frames of printed text, one after the other, for tables of many thousand rows.

    Rows and columns are where they are in the sheet: frame[4, 2] is cell C5. Raises as `read_workbook` does;
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


def _read_frame(book: fastexcel.ExcelReader, place: int) -> pl.DataFrame:
    # No header and no row skipped, so that addresses hold; all as text, so that no column's type is guessed.
    sheet = book.load_sheet(place, header_row=None, skip_rows=0, schema_sample_rows=None, dtypes="string")
    columns = sheet.selected_columns
    if not columns:
        return pl.DataFrame()
    frame = sheet.to_polars().with_columns(pl.all().fill_null(""))
    marked = pl.all().str.contains_any(["\0", ":"]).any()
    uncommon = [name for name, needs in frame.select(marked).row(0, named=True).items() if needs]
    # Of an old .xls calamine doubles the bytes.
    text = pl.col(uncommon).str.replace_all("\0", "", literal=True)
    text = text.str.replace(_MIDNIGHT, "$1").str.replace(_NO_DAY, "$1")
    # The frame of fastexcel begins at the first used column.
    margin = [pl.lit("").alias(f"margin_{i}") for i in range(columns[0].absolute_index)]
    return frame.with_columns(text).select(*margin, pl.all())


@dataclass(frozen=True)
class _Extras:
    """The merged ranges of one sheet, and the text of cells that fastexcel leaves empty, by (row, column)."""

    merged: list[Merge]
    texts: dict[tuple[int, int], str]


def _make_grid(name: str, frame: pl.DataFrame, extras: _Extras | None) -> Grid:
    rows = [list(row) for row in frame.rows()]
    if extras is None:
        return make_grid(name, rows)
    for (row, column), text in extras.texts.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = text
    return make_grid(name, rows, extras.merged)


def _read_extras(data: bytes) -> dict[str, _Extras]:
    """Read from the XML of an .xlsx file what fastexcel does not report, sheet by sheet.

    It reports no merged cells, and reads an error ("#REF!") as an empty cell (its issue #229), and so a formula
    without a stored value; here the one comes as its text, the other as "=A1+B1".
    """
    if "xl/workbook.xml" not in _zip_names(data):
        return {}
    with ZipFile(io.BytesIO(data)) as book:
        return {name: _read_sheet_extras(book.read(part)) for name, part in _sheet_parts(book)}


def _sheet_parts(book: ZipFile) -> Iterator[tuple[str, str]]:
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): normpath(join("/xl", r.get("Target", ""))).lstrip("/") for r in relations}
    present = set(book.namelist())
    for element in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        part = targets.get(element.get(_RELATION) or element.get(_STRICT_RELATION))
        if element.tag.endswith("}sheet") and part in present:
            yield element.get("name", ""), str(part)


def _read_sheet_extras(xml: bytes) -> _Extras:
    return _Extras(_find_merges(xml), dict(_read_cells(xml)) if any(mark in xml for mark in _PASSED_OVER) else {})


def _find_merges(xml: bytes) -> list[Merge]:
    # They come after all cells, in a file that may be large.
    start = xml.find(b"mergeCells")
    return [_read_merge(match) for match in _MERGE.finditer(xml, start)] if start >= 0 else []


def _read_merge(match: re.Match[bytes]) -> Merge:
    left, top, right, bottom = match.groups()
    return Merge(int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))


def _read_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in _CELL.finditer(xml):
        name, value = _NAME.search(cell["attributes"]), (cell["value"] or b"").strip()
        if name is None:
            continue
        place = int(name[2]) - 1, column_index(name[1])
        if b't="e"' in cell["attributes"] and value:
            yield place, unescape(value.decode())
        elif cell["formula"] and not value and not _HAS_TEXT.search(cell["attributes"]):
            yield place, "=" + unescape((cell["terms"] or b"").decode())


def is_spreadsheetml(data: bytes) -> bool:
    """Return whether the bytes are XML with a workbook in Excel's namespace."""
    head = data[:4096].replace(b"\0", b"")  # UTF-16 too
    return b"<?xml" in head[:64] and _NAMESPACE.encode() in head and b"Workbook" in head


def read_spreadsheetml(data: bytes) -> list[Grid]:
    """Read all worksheets of Excel's XML, with merged cells. A date comes as "2024-09-05".

    Raises
    ------
    Refused
        If the XML is damaged.
    """
    try:
        book = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Refused("xml_workbook_damaged", detail=error) from error
    return [_read_worksheet(sheet) for sheet in book.iter(f"{_SS}Worksheet")]


def _read_worksheet(sheet: ElementTree.Element) -> Grid:
    rows: list[list[str]] = []
    merges: list[Merge] = []
    for top, row in _place(sheet.iterfind(f"{_SS}Table/{_SS}Row"), start=0):
        rows.extend([] for _ in range(top + 1 - len(rows)))
        for left, cell, reach in _place_cells(row):
            rows[top].extend([""] * (left + 1 - len(rows[top])))
            rows[top][left] = _read_text(cell)
            down = int(cell.get(f"{_SS}MergeDown", 0))
            if down or reach:
                merges.append(Merge(top, left, top + down, left + reach))
    return make_grid(sheet.get(f"{_SS}Name", ""), rows, merges)


def _place(elements: Iterator[ElementTree.Element], start: int) -> Iterator[tuple[int, ElementTree.Element]]:
    """Yield each row with its number: one after the last, unless it has an Index; Span skips alike empty ones."""
    number = start
    for element in elements:
        number = int(element.get(f"{_SS}Index", number + 1)) - 1
        yield number, element
        number += 1 + int(element.get(f"{_SS}Span", 0))


def _place_cells(row: ElementTree.Element) -> Iterator[tuple[int, ElementTree.Element, int]]:
    column = 0
    for cell in row.iterfind(f"{_SS}Cell"):
        column = int(cell.get(f"{_SS}Index", column + 1)) - 1
        reach = int(cell.get(f"{_SS}MergeAcross", 0))
        yield column, cell, reach
        column += reach + 1


def _read_text(cell: ElementTree.Element) -> str:
    data = cell.find(f"{_SS}Data")
    if data is None:
        return ""
    text = "".join(data.itertext())
    return text.removesuffix("T00:00:00.000") if data.get(f"{_SS}Type") == "DateTime" else text
