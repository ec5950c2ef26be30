"""Draw the workbook of a form: a cover and the sheets to fill in, locked but for their empty cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.ingest.forms.design import Column, Sheet, range_of
from hpedu.present.exports.workbook import WRAP, lay_out_print, put_text, set_height
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, say

HEAD, HEADINGS, FIRST = 2, 3, 4  # rows: hidden column names, headings, first to fill in

FILL = PatternFill("solid", fgColor="FFF6CC")
HEADING = PatternFill("solid", fgColor="1F4E79")
EDGE = Border(*[Side("thin", color="B7B7B7")] * 4)
_CENTRED = Alignment(horizontal="center", vertical="top")
_UNLOCKED = Protection(locked=False)
_DATE_FORMAT = "dd/mm/yyyy"


@dataclass(frozen=True)
class FormRow:
    """A row to fill in: text of the label columns by id, hidden key, unit of the value (numbers only).

    Rows in a run with the same `head` stand under it.
    """

    labels: dict[str, str]
    key: str
    unit: str = "status"
    head: str = ""


def write_cover(sheet: Worksheet, *, title: str, code: str, lines: Sequence[str], departments: str) -> None:
    """Write the first sheet: what the form is about, how to fill it in, who answers, the code for the reader."""
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 90
    put_text(sheet["A1"], title).font = Font(bold=True, size=14)
    set_height(sheet, 1, [(title, 100)], line=20)
    row = 1
    for row, line in enumerate(lines, 3):
        put_text(sheet.cell(row, 1), line)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
        set_height(sheet, row, [(line, 118)])
    sheet.merge_cells("A1:B1")
    for place, (key, text) in enumerate(
        [("form_who", departments), ("form_deadline", ""), ("form_filled_by", ""), ("form_code", code)], row + 2
    ):
        put_text(sheet.cell(place, 1), _say(key, "\n")).font = Font(bold=True)
        cell = put_text(sheet.cell(place, 2), text)
        if not text:
            cell.fill, cell.protection, cell.border = FILL, _UNLOCKED, EDGE
        set_height(sheet, place, [(_say(key, "\n"), 30), (text, 90)])
    _finish(sheet)
    # The code must not stand alone on a second page.
    sheet.page_setup.fitToHeight = 1


def write_sheet(
    workbook: Workbook, design: Sheet, rows: Sequence[FormRow], title: str, registry: Registry
) -> None:
    """Write a sheet to fill in, after `design`."""
    sheet = workbook.create_sheet(design.name)
    put_text(sheet["A1"], title.split("\n")[0]).font = Font(bold=True, size=13)
    sheet["A1"].alignment = Alignment(wrap_text=False)
    for place, (column, name) in enumerate(zip(design.columns, design.head, strict=True), 1):
        put_text(sheet.cell(HEAD, place), name)
        heading = put_text(sheet.cell(HEADINGS, place), _say(f"form_{column.id}", "\n"))
        heading.font, heading.fill, heading.border = Font(bold=True, color="FFFFFF"), HEADING, EDGE
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = column.width
        sheet.column_dimensions[letter].hidden = column.role == "key"
    sheet.row_dimensions[HEAD].hidden = True
    headings = [(_say(f"form_{column.id}", "\n"), column.width - 2) for column in design.columns]  # bold is wider
    set_height(
        sheet,
        HEADINGS,
        [one for one, column in zip(headings, design.columns, strict=True) if column.role != "key"],
    )
    rules = _Rules(sheet, registry)
    number, head = FIRST - 1, ""
    for row in rows:
        number += 1
        if row.head != head:
            head = row.head
            heading = put_text(sheet.cell(number, 1), head)
            heading.font, heading.alignment = Font(bold=True, size=12), Alignment(wrap_text=False)
            number += 1
        for place, column in enumerate(design.columns, 1):
            cell = sheet.cell(number, place)
            if column.role == "fill":
                _open(cell)
                rules.apply(cell, column, row.unit, design.states)
            else:
                put_text(cell, row.key if column.role == "key" else row.labels[column.id]).border = EDGE
            if column.id == "number":
                # As text, Excel would mark it as a mistake.
                cell.value = int(row.labels["number"])
                cell.alignment = _CENTRED
        set_height(sheet, number, [(row.labels.get(c.id, ""), c.width) for c in design.columns])
    sheet.freeze_panes = f"C{FIRST}"  # number and label stay in sight
    sheet.print_title_rows = f"{HEADINGS}:{HEADINGS}"
    _finish(sheet)


class _Rules:
    """The data validations of a sheet, one for all cells of a kind."""

    def __init__(self, sheet: Worksheet, registry: Registry) -> None:
        self._sheet, self._registry = sheet, registry
        self._rules: dict[str, DataValidation] = {}

    def apply(self, cell: Cell, column: Column, unit: str, states: str) -> None:
        allowed = range_of(unit)
        if column.id == "value":
            said = "form_whole_said" if allowed.whole else "form_decimal_said"
            options: dict[str, Any] = {"type": "whole" if allowed.whole else "decimal", "formula1": "0"}
            options["operator"] = "greaterThanOrEqual"
            cell.number_format = "#,##0" if allowed.whole else "#,##0.##"
            if allowed.upper is not None:
                said = "form_percent_said"
                options |= {"operator": "between", "formula2": str(allowed.upper)}
        elif column.id == "state":
            said = "form_state_said"
            names = ",".join(code.name.vi for code in self._registry.codes_of(states).values())
            options = {"type": "list", "formula1": f'"{names}"'}
        elif column.id == "date":
            said = "form_date_said"
            options = {"type": "date", "operator": "greaterThanOrEqual", "formula1": "DATE(2000,1,1)"}
            cell.number_format = _DATE_FORMAT
        else:
            return
        if said not in self._rules:
            rule = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=True, **options)
            rule.error = rule.prompt = _say(said, " / ")
            self._sheet.add_data_validation(rule)
            self._rules[said] = rule
        self._rules[said].add(cell)


def _open(cell: Cell) -> None:
    cell.fill, cell.protection, cell.border, cell.alignment = FILL, _UNLOCKED, EDGE, WRAP


def _say(key: str, between: str) -> str:
    return between.join(say(key, language) for language in LANGUAGES)


def _finish(sheet: Worksheet) -> None:
    # There is no password: it guards against slips, not against people. Widths and heights stay free.
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    lay_out_print(sheet)
