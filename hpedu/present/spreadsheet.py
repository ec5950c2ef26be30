"""What every workbook of ours has in common: text stays text, rows are high enough, equal content, equal bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import ceil
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

LINE = 15.0  # height of a line of text in points
TALLEST = 400.0  # Excel allows 409 points
LONGEST = 32_767  # characters Excel allows in a cell

WRAP = Alignment(wrap_text=True, vertical="top")


def put_text(cell: Cell, text: str) -> Cell:
    """Write text as text: what begins with = + - @ is quoted, so that no spreadsheet runs it."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST]
    cell.value = text or None
    if text:
        cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")
    cell.alignment = WRAP
    return cell


def set_height(sheet: Worksheet, row: int, texts: Sequence[tuple[str, int]], *, line: float = LINE) -> None:
    """Make a row high enough for its longest text: spreadsheets do not do it for a file they did not write."""
    lines = [sum(max(1, ceil(len(part) / width)) for part in text.split("\n")) for text, width in texts]
    sheet.row_dimensions[row].height = min(TALLEST, line * max(lines) + 3)


def lay_out_print(sheet: Worksheet) -> None:
    """A4 across, all columns on one page, page numbers at the foot."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.center.text = "&P / &N"


def save_workbook(workbook: Workbook, day: date) -> bytes:
    """The bytes of a workbook, dated `day` and not with the clock: the same content gives the same bytes."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)
    workbook.properties.creator = "hpedu"
    workbook.properties.created = moment
    written = io.BytesIO()
    workbook.save(written)
    workbook.properties.modified = moment  # saving has set it to the clock
    dated = io.BytesIO()
    with ZipFile(written) as source, ZipFile(dated, "w") as target:
        for name in source.namelist():
            content = tostring(workbook.properties.to_tree()) if name == ARC_CORE else source.read(name)
            entry = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, content)
    return dated.getvalue()
