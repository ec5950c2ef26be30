"""Write the workbook of a school list: every column, what each may hold, the communes, last year's schools."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.errors import check_year
from hpedu.ingest.schools.addresses import list_valid
from hpedu.ingest.schools.fields import list_choices, list_columns, write_choice, write_level
from hpedu.present.exports.form_workbook import (
    EDGE,
    FILL,
    list_rule,
    make_rule,
    put_title,
    write_headings,
    write_lines,
)
from hpedu.present.exports.workbook import lay_out_print, put_text, save_workbook
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import LANGUAGES, say, school_year

HEAD = 2
"""The row of the headings, under the title."""
LAST = 3000
"""The last row that has drop-downs: there is room for new schools."""
WIDTHS = {"row_number": 6, "name": 40, "commune_name": 24}
KEPT = (
    "ministry_code", "name", "institution_type", "levels", "commune_code", "commune_name", "ownership",
    "international",
)  # fmt: skip
"""Columns that say which school it is: they are filled in from the year before, and figures never are."""

NOT_ASKED = ("synthetic", "year")
"""Columns that the form is without: its figures are real, and its title says the school year."""


def make_school_form(schools: pl.DataFrame, registry: Registry, year: int) -> tuple[bytes, int]:
    """Make the workbook of the list of a school year, and count the schools filled in.

    The newest of the lists of earlier years (`hpedu.ingest.schools.lists.school_schema`) is filled in.
    """
    day = date(check_year(year), 9, 30)
    communes = list_valid(day, registry).values()
    heads = {name: head for name, head in list_headers(registry).items() if name not in NOT_ASKED}
    columns = list_columns(registry)
    # One that has closed is in no list of later years.
    before = schools.filter(pl.col("year") < year, pl.col("operating_status").ne_missing("closed"))
    known = before.filter(pl.col("year") == pl.col("year").max())
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = say("school_form_sheet", "vi")
    put_title(sheet, say("school_form_title", "vi", school_year=school_year(year, "vi")))
    write_headings(sheet, HEAD, [(head, WIDTHS.get(name, 14)) for name, head in heads.items()])
    for number, row in enumerate(known.iter_rows(named=True), 1):
        _write_school(sheet, HEAD + number, heads, {**{name: row[name] for name in KEPT}, "row_number": number})
    for place, name in enumerate(heads, 1):
        rule = _make_rule(name, columns[name], len(communes))
        if rule is not None:
            letter = get_column_letter(place)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}{HEAD + 1}:{letter}{LAST}")
    sheet.freeze_panes = sheet.cell(HEAD + 1, list(heads).index("name") + 2)
    lay_out_print(sheet)
    page = workbook.create_sheet(say("school_form_communes", "vi"))
    # Not as the columns of the list are called: a sheet of communes is no school list.
    write_headings(page, 1, [(say(f"school_form_commune_{name}", "vi"), 40) for name in ("code", "name")])
    for number, commune in enumerate(communes, 2):
        put_text(page.cell(number, 1), commune.code)
        put_text(page.cell(number, 2), commune.name)
    page = workbook.create_sheet(say("school_form_help", "vi"))
    steps = "\n".join(say("school_form_steps", language) for language in LANGUAGES)
    write_lines(page, 1, [steps, *(_describe(head, columns[name]) for name, head in heads.items())], 110)
    lay_out_print(page)
    return save_workbook(workbook, day), known.height


def list_headers(registry: Registry) -> dict[str, str]:
    """Return column id -> header to print: the official one, followed by the level for a column of one level."""
    heads = {}
    for column in registry.school_columns.values():
        heads[column.id] = column.name.vi
        for name, level in column.variants.items():
            heads[name] = f"{column.name.vi} {registry.name('level', level, 'vi').lower()}"
    return heads


def print_value(name: str, value: Any) -> Any:
    """Return a typed value as a school would write it."""
    if isinstance(value, bool):
        return "x" if name == "synthetic" else write_choice("yes" if value else "no", "yes_no")
    if name == "levels" and value is not None:
        return ", ".join(map(write_level, value))
    if name == "year":
        return f"{value}-{value + 1}"
    return write_choice(value, name) if name in ("ownership", "institution_type") and value else value


def _write_school(sheet: Worksheet, number: int, heads: Mapping[str, str], row: Mapping[str, Any]) -> None:
    for place, name in enumerate(heads, 1):
        cell = sheet.cell(number, place)
        cell.border = EDGE
        value = print_value(name, row.get(name))
        if isinstance(value, str):
            put_text(cell, value)
        elif value is None:
            cell.fill = FILL
        else:
            cell.value = value


def _make_rule(name: str, column: SchoolColumn, communes: int) -> DataValidation | None:
    """Make the rule for a column: a drop-down, whole numbers, or days."""
    said = _describe_allowed(column)
    if name in ("commune_code", "commune_name"):
        letter = "A" if name == "commune_code" else "B"
        listed = f"'{say('school_form_communes', 'vi')}'!${letter}$2:${letter}${communes + 1}"
        return make_rule(say("school_form_commune", "vi"), type="list", formula1=listed)
    if column.kind == "count":
        return make_rule(said, type="whole", operator="greaterThanOrEqual", formula1="0")
    if column.kind == "date":
        return make_rule(said, type="date", operator="greaterThanOrEqual", formula1="DATE(1990,1,1)")
    if column.kind not in ("choice", "yes_no"):
        return None
    rule = list_rule(said.split(", "), said)
    # A school of several levels writes them after one another, which no drop-down offers.
    rule.showErrorMessage = column.id != "levels"
    return rule


def _describe(head: str, column: SchoolColumn) -> str:
    needed = f" ({say('school_form_required', 'vi')})" if column.required else ""
    return f"“{head}”{needed}: {_describe_allowed(column)}"


def _describe_allowed(column: SchoolColumn) -> str:
    """Say what a column may hold."""
    if column.kind in ("choice", "yes_no"):
        return list_choices("yes_no" if column.kind == "yes_no" else column.id)
    return say(f"school_form_{column.kind}", "vi")
