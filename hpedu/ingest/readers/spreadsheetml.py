"""Excel's XML of 2002/2003 ("SpreadsheetML"): what many export buttons write into a file called .xls."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from hpedu.errors import Refused
from hpedu.ingest.tables.grid import Grid, Merge, make_grid

_NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_SS = f"{{{_NAMESPACE}}}"


def is_spreadsheetml(data: bytes) -> bool:
    """Whether the bytes are XML with a workbook in Excel's namespace."""
    head = data[:4096].replace(b"\0", b"")  # UTF-16 too
    return b"<?xml" in head[:64] and _NAMESPACE.encode() in head and b"Workbook" in head


def read_spreadsheetml(data: bytes) -> list[Grid]:
    """Read all worksheets, with merged cells. A date comes as "2024-09-05".

    Raises
    ------
    ValueError
        If the XML is damaged.
    """
    try:
        book = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Refused("xml_workbook_damaged", detail=error) from error
    return [_read_sheet(sheet) for sheet in book.iter(f"{_SS}Worksheet")]


def _read_sheet(sheet: ElementTree.Element) -> Grid:
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
    """Each row with its number: one after the last, unless it has an Index; Span skips alike empty ones."""
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
