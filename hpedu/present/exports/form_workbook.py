"""Draw the workbook of a form: a cover and the sheets to fill in, locked but for their empty cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.ingest.forms.design import (
    COVER,
    DETAILS,
    MILESTONES,
    Column,
    Cover,
    Sheet,
    head_column,
    range_of,
    write_cover_code,
)
from hpedu.present.exports.workbook import FACE, WRAP, lay_out_print, put_text, set_height
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, say, school_year

HEAD, HEADINGS, FIRST = 2, 3, 4  # rows: hidden column names, headings, first to fill in

FILL = PatternFill("solid", fgColor="FFF6CC")
_GIVEN = PatternFill("solid", fgColor="E2E2E2")
_AWAITED = PatternFill("solid", fgColor="D9E8F6")
_OPTIONAL = PatternFill("solid", fgColor="FFFDF3")
_REMARK = Font(name=FACE, color="A3182B")
HEADING = PatternFill("solid", fgColor="1F4E79")
EDGE = Border(*[Side("thin", color="B7B7B7")] * 4)
_CENTRED = Alignment(horizontal="center", vertical="top")
UNLOCKED = Protection(locked=False)


def bold(size: float = 11, color: str | None = None) -> Font:
    """Return bold type in the face of all other cells, which a font without a name is not."""
    return Font(name=FACE, bold=True, size=size, color=color)


@dataclass(frozen=True)
class FormRow:
    """A row to fill in: text of the label columns by id, hidden key, unit of the value or which detail it is.

    Rows in a run with the same `head` stand under it.
    """

    labels: Mapping[str, str]
    key: str
    unit: str = "status"
    head: str = ""
    # What stands in cells by the id of their column, which are not open then: a figure, a formula, or nothing.
    given: Mapping[str, float | str | None] = field(default_factory=dict)
    # The columns that a published table will fill, and those that another block of the sheet may stand for.
    awaited: Collection[str] = ()
    optional: Collection[str] = ()
    # What the other years make plausible; beyond it the workbook asks back.
    usual: tuple[float, float] | None = None


def place_rows(rows: Iterable[FormRow]) -> Iterator[tuple[int, FormRow]]:
    """Yield the rows with their numbers in the sheet: above each run of the same `head` one is left for it."""
    number, head = FIRST - 1, ""
    for row in rows:
        number += 1 + (row.head != head)
        head = row.head
        yield number, row


def begin_workbook(
    cover: Cover, title: str, lines: Sequence[str], departments: str, paper: str = Worksheet.PAPERSIZE_A4
) -> Workbook:
    """Begin a workbook with its cover: what it is about, how to fill it in, who answers, its code."""
    workbook = Workbook()
    # No sheet is lost or added by a slip.
    workbook.security.lockStructure = True
    sheet = workbook.active
    sheet.title = COVER
    sheet.column_dimensions["B"].width = 90
    put_text(sheet["A1"], title).font = bold(size=14)
    set_height(sheet, 1, [(title, 100)], line=20)
    sheet.merge_cells("A1:B1")
    write_lines(sheet, 3, lines, 120)
    sheet.column_dimensions["A"].width = 30
    for row in range(3, 3 + len(lines)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
    fields = {"who": departments, "deadline": "", "filled_by": "", "code": write_cover_code(cover, title)}
    for row, (key, text) in enumerate(fields.items(), 4 + len(lines)):
        label = "\n".join(say(f"form_{key}", language) for language in LANGUAGES)
        put_text(sheet.cell(row, 1), label).font = bold()
        cell = put_text(sheet.cell(row, 2), text)
        if not text:
            cell.fill, cell.protection, cell.border = FILL, UNLOCKED, EDGE
        set_height(sheet, row, [(label, 30), (text, 90)])
    finish_sheet(sheet, paper)
    # The code must not stand alone on a second page.
    sheet.page_setup.fitToHeight = 1
    return workbook


def write_lines(sheet: Worksheet, first: int, lines: Iterable[str], width: int) -> None:
    """Write a paragraph a row into the first column, and make it so wide."""
    sheet.column_dimensions["A"].width = width
    for row, line in enumerate(lines, first):
        put_text(sheet.cell(row, 1), line)
        set_height(sheet, row, [(line, width - 2)])


def write_headings(sheet: Worksheet, row: int, heads: Sequence[tuple[str, int]]) -> None:
    """Write the headings of a table, and make its columns so wide; they come again on every sheet of paper."""
    for place, (head, width) in enumerate(heads, 1):
        heading = put_text(sheet.cell(row, place), head)
        heading.font, heading.fill, heading.border = bold(color="FFFFFF"), HEADING, EDGE
        sheet.column_dimensions[get_column_letter(place)].width = width
    set_height(sheet, row, [(head, width - 2) for head, width in heads])  # bold is wider
    sheet.print_title_rows = f"{row}:{row}"


def make_rule(text: str, **options: Any) -> DataValidation:
    """Make what a spreadsheet lets be typed into cells, with what it says of that."""
    rule = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=True, **options)
    # Excel takes no longer text.
    rule.error = rule.prompt = text[:250]
    return rule


def list_rule(values: Iterable[str], text: str) -> DataValidation:
    """Make a drop-down of some values."""
    return make_rule(text, type="list", formula1=f'"{",".join(values)}"')


def write_sheet(
    workbook: Workbook,
    design: Sheet,
    rows: Sequence[FormRow],
    title: str,
    registry: Registry,
    paper: str = Worksheet.PAPERSIZE_A4,
) -> Worksheet:
    """Write a sheet to fill in, after `design`."""
    sheet = begin_sheet(workbook, design.name, title)
    write_headings(sheet, HEADINGS, [(head_column(column), column.width) for column in design.columns])
    for place, (column, name) in enumerate(zip(design.columns, design.head, strict=True), 1):
        put_text(sheet.cell(HEAD, place), name)
        sheet.column_dimensions[get_column_letter(place)].hidden = column.is_hidden
    shown = [column for column in design.columns if not column.is_hidden]
    rules, head = _Rules(sheet, design, registry), ""
    for number, row in place_rows(rows):
        if row.head != head:
            head = row.head
            heading = put_text(sheet.cell(number - 1, 1), head)
            heading.font, heading.alignment = bold(size=12), Alignment(wrap_text=False)
        for place, column in enumerate(design.columns, 1):
            cell = sheet.cell(number, place)
            if column.id in row.given:
                _give(cell, row, column)
            elif column.role == "fill":
                fill = _AWAITED if column.id in row.awaited else _OPTIONAL if column.id in row.optional else FILL
                cell.fill, cell.protection, cell.border, cell.alignment = fill, UNLOCKED, EDGE, WRAP
                rules.apply(cell, column, row)
            else:
                put_text(cell, row.key if column.role == "key" else row.labels.get(column.id, "")).border = EDGE
            if column.id == "number" and "number" in row.labels:
                # As text, Excel would mark it as a mistake.
                cell.value = int(row.labels["number"])
                cell.alignment = _CENTRED
        set_height(sheet, number, [(row.labels.get(column.id, ""), column.width) for column in shown])
    sheet.freeze_panes = f"C{FIRST}"  # number and label stay in sight
    finish_sheet(sheet, paper)
    return sheet


def begin_sheet(workbook: Workbook, name: str, title: str) -> Worksheet:
    """Add a sheet: its title in the first row; the second, by which the reader knows it, is out of sight."""
    sheet = workbook.create_sheet(name)
    put_title(sheet, title.split("\n")[0])
    sheet.row_dimensions[HEAD].hidden = True
    return sheet


def put_title(sheet: Worksheet, title: str) -> None:
    """Write a title in one line into the first row."""
    put_text(sheet["A1"], title).font = bold(size=13)
    sheet["A1"].alignment = Alignment(wrap_text=False)


def _give(cell: Cell, row: FormRow, column: Column) -> None:
    """Write what stands in a cell already; what is doubted is in red."""
    cell.value, cell.border, cell.alignment = row.given[column.id], EDGE, WRAP
    if column.role == "fill":
        cell.fill, cell.number_format = _GIVEN, _number_format(row.unit)
    elif column.id == "remark":
        cell.font = _REMARK


def _number_format(unit: str) -> str:
    return "#,##0" if range_of(unit).whole else "#,##0.##"


class _Rules:
    """The data validations of a sheet, one for all cells of a kind."""

    def __init__(self, sheet: Worksheet, design: Sheet, registry: Registry) -> None:
        self._sheet, self._design, self._registry = sheet, design, registry
        self._rules: dict[str, DataValidation] = {}

    def apply(self, cell: Cell, column: Column, row: FormRow) -> None:
        states = self._design.states or (MILESTONES if row.unit == "status" else "")
        kind = row.unit if column.holds_values and row.unit in DETAILS else column.id
        if kind == "date":
            day = {"type": "date", "operator": "greaterThanOrEqual", "formula1": "DATE(2000,1,1)"}
            rule = make_rule(_say("form_date_said"), **day)
            cell.number_format = "dd/mm/yyyy"
        elif kind in DETAILS:
            return
        elif column.holds_values and states:
            names = [code.name.vi for code in self._registry.codes_of(states).values()]
            rule = list_rule(names, _say("form_state_said"))
        elif column.holds_values:
            rule = _limit(row)
            cell.number_format = _number_format(row.unit)
        elif column.id == "fix_year":
            years = [int(one.id) for one in self._design.columns if one.id.isdigit()]
            rule = list_rule([school_year(year, "vi") for year in years], _say("form_state_said"))
        else:
            return
        known = self._rules.setdefault(f"{rule.type} {rule.formula1} {rule.formula2} {rule.prompt}", rule)
        if known is rule:
            self._sheet.add_data_validation(rule)
        known.add(cell)


def _limit(row: FormRow) -> DataValidation:
    """Make the rule for the numbers a row takes: what is unusual only asks back."""
    allowed = range_of(row.unit)
    options: dict[str, Any] = {"type": "whole" if allowed.whole else "decimal", "formula1": "0"}
    if row.usual is not None:
        low, high = (f"{bound:.0f}" for bound in row.usual)
        options |= {"operator": "between", "formula1": low, "formula2": high, "errorStyle": "warning"}
        return make_rule(_say("form_usual_said", low=low, high=high), **options)
    if allowed.upper is not None:
        options |= {"operator": "between", "formula2": str(allowed.upper)}
        return make_rule(_say("form_percent_said"), **options)
    said = "form_whole_said" if allowed.whole else "form_decimal_said"
    return make_rule(_say(said), operator="greaterThanOrEqual", **options)


def _say(key: str, **values: str) -> str:
    return " / ".join(say(key, language, **values) for language in LANGUAGES)


def finish_sheet(sheet: Worksheet, paper: str = Worksheet.PAPERSIZE_A4) -> None:
    """Protect a sheet and set its paper."""
    # There is no password: it guards against slips, not against people. Widths and heights stay free.
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    lay_out_print(sheet)
    sheet.page_setup.paperSize = paper
