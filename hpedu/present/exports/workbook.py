"""Write the scorecard and series of a report as a workbook anybody can work with.

After the guidance of the UK Government Statistical Service on accessible spreadsheets, as `gptables` has it: a
cover, a sheet of notes, then one table a sheet, named and with one header row; no merged cells, nothing said by
colour alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from hpedu.folders import write_whole
from hpedu.present.exports.report_tables import (
    ReportTables,
    Row,
    TableDesign,
    day_of,
    introduce,
    name_tables,
    read_design,
)
from hpedu.present.view import SIGNS
from hpedu.registry import Registry
from hpedu.texts import Language, count_decimals, say

LINE = 15.0  # height of a line of text in points
TALLEST = 400.0  # Excel allows 409 points
LONGEST = 32_767  # characters Excel allows in a cell
WRAP = Alignment(wrap_text=True, vertical="top")

# Title, what the sheet holds and what its table says come before the header row.
HEADER = 4

_HEADING = PatternFill("solid", fgColor="1F4E79")
FACE = "Calibri"
_TITLE = Font(name=FACE, bold=True, size=14)
_LINK = Font(name=FACE, color="005A94", underline="single")
_WARNING = Font(name=FACE, bold=True, size=12, color="A3182B")
_HEAD = Font(name=FACE, bold=True, color="FFFFFF")
_NUMBER = Alignment(horizontal="right", vertical="top", indent=1)
_ONE_LINE = Alignment(vertical="top")
_STYLE = TableStyleInfo(name="TableStyleLight15", showRowStripes=True)


def write_workbook(path: Path, tables: ReportTables, registry: Registry) -> None:
    """Write the workbook of a report; the same tables give the same bytes."""
    write_whole(path, draw_workbook(tables, registry))


def draw_workbook(tables: ReportTables, registry: Registry) -> bytes:
    """Draw the workbook: cover, notes, scorecard, series, sources, in the language of the tables."""
    language, design = tables.scope.language, read_design()
    shown = {key: table for key, table in design.table.items() if table.sheet}
    workbook = Workbook()
    workbook.properties.title = name_tables(tables, registry)
    workbook.properties.language = language
    sheets = {key: _sheet_name(table, language) for key, table in shown.items()}
    notes = say("export_notes", language)
    _write_cover(workbook.active, tables, registry, [notes, *sheets.values()])
    # The meaning of every column, sheet by sheet.
    meanings = [
        [sheets[key], *(text.get(language) for text in (design.column[name].title, design.column[name].text))]
        for key, table in shown.items()
        for name in table.sheet
    ]
    heads = [say(key, language) for key in ("export_sheet", "export_column", "export_meaning")]
    sheet = workbook.create_sheet(notes)
    _write_top(sheet, say("export_notes_title", language), say("export_nothing_invented", language), tables)
    _write_table(sheet, "notes", dict(zip(heads, [20, 40, 90], strict=True)), meanings)
    for key, table in shown.items():
        columns = {design.column[name].title.get(language): design.column[name].width for name in table.sheet}
        rows = [[_cell_value(row, name) for name in table.sheet] for row in tables.rows[key]]
        formats = [[_number_format(row, name) for name in table.sheet] for row in tables.rows[key]]
        sheet = workbook.create_sheet(sheets[key])
        _write_top(sheet, table.title.get(language), table.text.get(language), tables)
        _write_table(sheet, key, columns, rows, formats, wrap=table.wrap)
        sheet.freeze_panes = sheet.cell(HEADER + 1, 3 if table.sheet[0] == "number" else 2)
        sheet.print_area = f"A1:{get_column_letter(table.on_paper)}{HEADER + max(1, len(rows))}"
    return save_workbook(workbook, day_of(tables))


def _write_cover(sheet: Worksheet, tables: ReportTables, registry: Registry, names: Sequence[str]) -> None:
    language, title = tables.scope.language, name_tables(tables, registry)
    sheet.title = say("export_cover", language)
    sheet.column_dimensions["A"].width = 100
    warning = [say("synthetic_page", language)] if tables.synthetic else []
    lines = [*warning, say("export_lead", language), *introduce(tables), say("export_contents", language)]
    for row, line in enumerate([title, *lines, *names], 1):
        cell = put_text(sheet.cell(row, 1), line)
        set_height(sheet, row, [(line, 100)])
        if row > len(lines) + 1:
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{line}'!A1")
            cell.font = _LINK
    sheet["A1"].font = _TITLE
    set_height(sheet, 1, [(title, 75)], line=20)
    if warning:
        sheet["A2"].font = _WARNING
    lay_out_print(sheet)


def _write_top(sheet: Worksheet, title: str, text: str, tables: ReportTables) -> None:
    language = tables.scope.language
    if tables.synthetic:
        title = f"{say('synthetic_chart', language)} – {title}"
    for row, line in enumerate((title, say("export_one_table", language), text), 1):
        put_text(sheet.cell(row, 1), line).alignment = Alignment(wrap_text=False)
    sheet["A1"].font = _WARNING if tables.synthetic else _TITLE


def _write_table(
    sheet: Worksheet,
    key: str,
    columns: Mapping[str, int],
    rows: Sequence[Sequence[Any]],
    formats: Sequence[Sequence[str]] = (),
    *,
    wrap: bool = True,
) -> None:
    """Write a table with these columns, each of a width, under the top of its sheet."""
    for place, (head, width) in enumerate(columns.items(), 1):
        cell = put_text(sheet.cell(HEADER, place), head)
        cell.font, cell.fill = _HEAD, _HEADING
        sheet.column_dimensions[get_column_letter(place)].width = width
    set_height(sheet, HEADER, [(head, max(4, width - 3)) for head, width in columns.items()])
    for number, row in enumerate(rows):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(HEADER + 1 + number, place)
            if isinstance(value, str):
                put_text(cell, value).alignment = WRAP if wrap else _ONE_LINE
            elif value is not None:
                cell.value, cell.alignment = value, _NUMBER
                cell.number_format = formats[number][place - 1]
        if wrap:
            texts = zip(row, columns.values(), strict=True)
            set_height(
                sheet, HEADER + 1 + number, [(text, width) for text, width in texts if isinstance(text, str)]
            )
    # A table of Excel has at least one row.
    last = f"{get_column_letter(len(columns))}{HEADER + max(1, len(rows))}"
    sheet.add_table(Table(displayName=f"hpedu_{key}", ref=f"A{HEADER}:{last}", tableStyleInfo=_STYLE))
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    sheet.freeze_panes = sheet.cell(HEADER + 1, 1)
    lay_out_print(sheet)


def _sheet_name(table: TableDesign, language: Language) -> str:
    # A table with a sheet has a name for it; a test holds this.
    assert table.name is not None
    return re.sub(r"[\[\]:*?/\\']", " ", table.name.get(language))[:31]


def _cell_value(row: Row, column: str) -> Any:
    value = row[column]
    if column == "comparison":
        return SIGNS[value].strip()
    if column == "published":
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def _number_format(row: Row, column: str) -> str:
    value = row[column]
    if isinstance(value, int):
        return "0"
    if column == "probability":
        return "0.00"
    decimals = count_decimals(value) if isinstance(value, Decimal) else row.get("decimals", 0)
    return "#,##0" + ("." + "0" * decimals if decimals else "")


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
    """Set the paper: A4 across, all columns on one page; at the foot the name of the sheet and the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.center.text = "&A – &P / &N"


def save_workbook(workbook: Workbook, day: date) -> bytes:
    """Return the bytes of a workbook, dated `day` and not by the clock: same content, same bytes."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)
    workbook.properties.creator = "hpedu"
    workbook.properties.created = moment
    written = io.BytesIO()
    workbook.save(written)
    workbook.properties.modified = moment  # saving has set it to the clock
    return date_archive(written, day, {ARC_CORE: tostring(workbook.properties.to_tree())})


def date_archive(written: io.BytesIO, day: date, replaced: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file with every member dated `day`, some of them with other contents."""
    dated = io.BytesIO()
    with ZipFile(written) as source, ZipFile(dated, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, replaced.get(name) or source.read(name))
    return dated.getvalue()
