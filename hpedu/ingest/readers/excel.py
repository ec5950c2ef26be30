"""Read workbooks: .xlsx, .xlsb, .xls, .ods and Excel's XML of 2003, recognised by what is inside.

Every sheet is read, hidden ones too. Excel's XML of 2002 and 2003 ("SpreadsheetML") is what many export buttons
write into a file called .xls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from xml.etree import ElementTree
from zipfile import BadZipFile

import fastexcel
import polars as pl

from hpedu.errors import Refused
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers import ooxml, opendocument
from hpedu.ingest.readers.number_formats import join_runs, print_number
from hpedu.ingest.schema import MOST_CELLS, MOST_COLUMNS, MOST_ROWS
from hpedu.ingest.sheet.grid import Facts, Grid, Merge, Place, make_grid

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
_OOXML_PARTS = {"xl/workbook.xml", "xl/workbook.bin"}
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"

_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00(\.0+)?$"  # a cell typed as a date
_NO_DAY = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2})"  # a cell typed as a time

_NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_SS = f"{{{_NAMESPACE}}}"


def is_workbook(data: bytes) -> bool:
    """Return whether the bytes are a workbook of Excel or OpenDocument, whatever the name of the file ends in."""
    if data.startswith(_OLE):
        return any(name in data for name in _OLE_STREAMS)
    names = ooxml.list_parts(data)
    return bool(names & _OOXML_PARTS) or ("mimetype" in names and _ODS_TYPE in data[:256])


def read_workbook(data: bytes) -> list[Grid]:
    """Read all sheets of a workbook, in order. Chart sheets come out empty.

    Everything is printed text: a number in as few digits as it needs (no more than nine after the point, where
    only the noise of binary fractions is left), a cell typed as a date as "2024-09-05", an unformatted date serial
    as the number it is. A number in percent format comes as "98.7%", one in a format that scales as it is printed,
    an error as "#REF!", a formula never calculated as "=A1+B1", a raised footnote as "351211 (2)"; of .xlsb none
    of these is known. Raises `Refused` if the workbook is damaged or locked with a password.
    """
    frames = list(read_frames(data))
    facts = read_facts(data)
    return make_grids([(name, complete_frame(frame, facts.get(name, Facts()))) for name, frame in frames], facts)


def make_grids(frames: Iterable[tuple[str, pl.DataFrame]], facts: Mapping[str, Facts]) -> list[Grid]:
    """Make grids of complete frames, with the merges and typed numbers of their sheets."""
    return [
        make_grid(name, frame.rows(), facts.get(name, Facts()).merged, facts.get(name, Facts()).scales)
        for name, frame in frames
    ]


def read_frames(data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the sheets as polars frames of printed text, one after the other, for tables of many thousand rows.

    Rows and columns are where they are in the sheet: frame[4, 2] is cell C5. Raises as `read_workbook` does;
    what `read_facts` knows more of is not here yet.
    """
    try:
        book = fastexcel.read_excel(data)
        for place, name in enumerate(book.sheet_names):
            yield name, _read_frame(book, place)
    except fastexcel.FastExcelError as error:
        raise Refused("workbook_locked", detail=error) from error


def find_hidden_sheets(data: bytes) -> frozenset[str]:
    """Return the names of the sheets that a workbook does not show, hidden and very hidden ones."""
    book = fastexcel.read_excel(data)
    return frozenset(
        name
        for place, name in enumerate(book.sheet_names)
        if book.load_sheet(place, header_row=None, n_rows=0, dtypes="string").visible != "visible"
    )


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


def read_facts(data: bytes) -> dict[str, Facts]:
    """Return by sheet what fastexcel does not report of a workbook: merges, types, formats, errors and formulas.

    Nothing of an .xlsb, whose parts are not XML. Raises `Refused` if the workbook is damaged.
    """
    try:
        if data.startswith(_OLE):
            # Loaded only for such a file: pages that read none need no xlrd.
            from hpedu.ingest.readers import biff

            return biff.read_facts(data)
        names = ooxml.list_parts(data)
        if "xl/workbook.xml" in names:
            return ooxml.read_facts(data)
        return opendocument.read_facts(data) if "content.xml" in names else {}
    except (BadZipFile, ElementTree.ParseError) as error:
        raise Refused("workbook_damaged", detail=error) from error


def complete_frame(frame: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return a frame with the texts that fastexcel leaves empty, or that are not what is printed."""
    if not facts.texts:
        return frame
    columns = [column.to_list() for column in frame.get_columns()]
    height = max(frame.height, 1 + max(row for row, _ in facts.texts))
    columns += [[] for _ in range(1 + max(column for _, column in facts.texts) - len(columns))]
    for texts in columns:
        texts.extend([""] * (height - len(texts)))
    for (row, column), text in facts.texts.items():
        columns[column][row] = text
    return pl.DataFrame({f"column_{i}": texts for i, texts in enumerate(columns)})


def is_spreadsheetml(data: bytes) -> bool:
    """Return whether the bytes are XML with a workbook in Excel's namespace."""
    head = data[:4096].replace(b"\0", b"")  # UTF-16 too
    return b"<?xml" in head[:64] and _NAMESPACE.encode() in head and b"Workbook" in head


def read_spreadsheetml(data: bytes) -> list[Grid]:
    """Read all worksheets of Excel's XML. A date comes as "2024-09-05". Raises `Refused` if the XML is damaged."""
    try:
        book = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Refused("xml_workbook_damaged", detail=error) from error
    formats = {
        style.get(f"{_SS}ID", ""): code.replace("Percent", "0.00%")
        for style in book.iterfind(f"{_SS}Styles/{_SS}Style")
        for code in [form.get(f"{_SS}Format", "") for form in style.iterfind(f"{_SS}NumberFormat")]
    }
    return [_read_worksheet(sheet, formats) for sheet in book.iter(f"{_SS}Worksheet")]


def _read_worksheet(sheet: ElementTree.Element, formats: Mapping[str, str]) -> Grid:
    rows: list[list[str]] = []
    merges: list[Merge] = []
    scales: dict[Place, Decimal] = {}
    room = MOST_CELLS
    for top, row in _place(sheet.iterfind(f"{_SS}Table/{_SS}Row"), start=0):
        rows.extend([] for _ in range(top + 1 - len(rows)))
        for left, cell, reach in _place_cells(row):
            room -= left + 1 - len(rows[top])
            if room < 0:
                raise Unreadable("too_large", f"{top + 1} x {left + 1}")
            rows[top].extend([""] * (left + 1 - len(rows[top])))
            rows[top][left], scale = _read_text(cell, formats)
            if scale is not None:
                scales[top, left] = scale
            down = int(cell.get(f"{_SS}MergeDown", 0))
            if down or reach:
                merges.append(Merge(top, left, top + down, left + reach))
    return make_grid(sheet.get(f"{_SS}Name", ""), rows, merges, scales)


def _place(elements: Iterator[ElementTree.Element], start: int) -> Iterator[tuple[int, ElementTree.Element]]:
    """Yield each row with its number: one after the last, unless it has an Index; Span skips alike empty ones."""
    number = start
    for element in elements:
        number = _check_place(int(element.get(f"{_SS}Index", number + 1)) - 1, MOST_ROWS)
        yield number, element
        number += 1 + int(element.get(f"{_SS}Span", 0))


def _place_cells(row: ElementTree.Element) -> Iterator[tuple[int, ElementTree.Element, int]]:
    column = 0
    for cell in row.iterfind(f"{_SS}Cell"):
        column = _check_place(int(cell.get(f"{_SS}Index", column + 1)) - 1, MOST_COLUMNS)
        reach = int(cell.get(f"{_SS}MergeAcross", 0))
        yield column, cell, reach
        column += reach + 1


def _check_place(number: int, most: int) -> int:
    """Refuse a row or column that no sheet has, before any are laid out up to it."""
    if not 0 <= number < most:
        raise Unreadable("too_large", f"{number + 1} > {most}")
    return number


def _read_text(cell: ElementTree.Element, formats: Mapping[str, str]) -> tuple[str, Decimal | None]:
    """Return what is printed in a cell and, of a number, the scale of that print."""
    data, formula = cell.find(f"{_SS}Data"), cell.get(f"{_SS}Formula", "")
    if data is None or (formula and not "".join(data.itertext())):
        return formula, None
    kind = data.get(f"{_SS}Type")
    if kind == "Number":
        stored = "".join(data.itertext()).strip()
        text, scale = print_number(float(stored), formats.get(cell.get(f"{_SS}StyleID", ""), ""))
        return (stored if scale == 1 else text), scale
    text = join_runs(_list_runs(data, is_raised=False))
    return (text.removesuffix("T00:00:00.000") if kind == "DateTime" else text), None


def _list_runs(element: ElementTree.Element, *, is_raised: bool) -> Iterator[tuple[str, bool]]:
    yield element.text or "", is_raised
    for child in element:
        yield from _list_runs(child, is_raised=is_raised or child.tag.endswith("}Sup"))
        yield child.tail or "", is_raised
