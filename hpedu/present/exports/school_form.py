"""Write the workbook of a school list: every column, what each may hold, the communes, last year's schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.errors import check_year
from hpedu.ingest.schools.fields import list_choices, write_choice, write_level
from hpedu.present.exports.form_workbook import EDGE, FILL, HEADING
from hpedu.present.exports.workbook import lay_out_print, put_text, save_workbook, set_height
from hpedu.registry import Registry
from hpedu.registry.models import Commune
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import LANGUAGES, say, school_year

HEAD = 2
"""The row of the headings, under the title."""
LAST = 3000
"""The last row that has drop-downs: there is room for new schools."""
KEPT = (
    "ministry_code", "name", "institution_type", "levels", "commune_code", "commune_name", "ownership",
    "international",
)  # fmt: skip
"""Columns that say which school it is: they are filled in from the year before, and figures never are."""

NOT_ASKED = ("synthetic", "year")
"""Columns that the form is without: its figures are real, and its title says the school year."""


def make_school_form(schools: pl.DataFrame, registry: Registry, year: int) -> tuple[bytes, int]:
    """Make the workbook of the list of a school year, and count the schools filled in.

    Parameters
    ----------
    schools
        Lists of earlier years (columns `hpedu.ingest.schools.lists.school_schema`); the newest is filled in.

    Raises
    ------
    NoYear
        For a year that nobody can mean.
    """
    day = date(check_year(year), 9, 30)
    communes = list_communes(registry, day)
    heads = {name: head for name, head in list_headers(registry).items() if name not in NOT_ASKED}
    known = _pick_newest(schools, year)
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = say("school_form_sheet", "vi")
    title = say("school_form_title", "vi", school_year=school_year(year, "vi"))
    put_text(sheet["A1"], title).font = Font(bold=True, size=14)
    sheet["A1"].alignment = Alignment(wrap_text=False)
    _write_heads(sheet, heads)
    for number, row in enumerate(known.iter_rows(named=True), HEAD + 1):
        _write_school(sheet, number, list(heads), row, {"row_number": number - HEAD})
    _add_rules(sheet, heads, registry, communes)
    sheet.freeze_panes = sheet.cell(HEAD + 1, list(heads).index("name") + 2)
    sheet.print_title_rows = f"{HEAD}:{HEAD}"
    lay_out_print(sheet)
    _write_communes(workbook.create_sheet(say("school_form_communes", "vi")), communes)
    _write_help(workbook.create_sheet(say("school_form_help", "vi")), heads, registry)
    return save_workbook(workbook, day), known.height


def list_communes(registry: Registry, day: date) -> list[Commune]:
    """Return the communes there are on a day."""
    return [
        one
        for one in registry.communes
        if (one.valid_from or date.min) <= day and (one.valid_to is None or one.valid_to >= day)
    ]


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


def _pick_newest(schools: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the schools of the newest year before; one that has closed is in no list of later years."""
    before = schools.filter(pl.col("year") < year, pl.col("operating_status").ne_missing("closed"))
    return before.filter(pl.col("year") == pl.col("year").max())


def _write_heads(sheet: Worksheet, heads: Mapping[str, str]) -> None:
    width = 14
    for place, head in enumerate(heads.values(), 1):
        cell = put_text(sheet.cell(HEAD, place), head)
        cell.font, cell.fill, cell.border = Font(bold=True, color="FFFFFF"), HEADING, EDGE
        sheet.column_dimensions[get_column_letter(place)].width = width
    for name, wide in {"row_number": 6, "name": 40, "commune_name": 24}.items():
        sheet.column_dimensions[get_column_letter(list(heads).index(name) + 1)].width = wide
    set_height(sheet, HEAD, [(head, width - 2) for head in heads.values()])


def _write_school(
    sheet: Worksheet, number: int, names: Sequence[str], row: Mapping[str, Any], own: dict[str, Any]
) -> None:
    values = {name: row[name] for name in KEPT} | own
    for place, name in enumerate(names, 1):
        cell = sheet.cell(number, place)
        cell.border = EDGE
        value = print_value(name, values.get(name))
        if isinstance(value, str):
            put_text(cell, value)
        elif value is None:
            cell.fill = FILL
        else:
            cell.value = value


def _add_rules(
    sheet: Worksheet, heads: Mapping[str, str], registry: Registry, communes: Sequence[Commune]
) -> None:
    """Give each column what it may hold: a drop-down, whole numbers, or days."""
    for place, name in enumerate(heads, 1):
        rule = _make_rule(name, _find_column(name, registry), len(communes))
        if rule is not None:
            letter = get_column_letter(place)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}{HEAD + 1}:{letter}{LAST}")


def _find_column(name: str, registry: Registry) -> SchoolColumn:
    """Return the column of an id, which may be that of the column for one level."""
    return next(one for one in registry.school_columns.values() if name == one.id or name in one.variants)


def _make_rule(name: str, column: SchoolColumn, communes: int) -> DataValidation | None:
    if name in ("commune_code", "commune_name"):
        letter = "A" if name == "commune_code" else "B"
        listed = f"'{say('school_form_communes', 'vi')}'!${letter}$2:${letter}${communes + 1}"
        return DataValidation(type="list", formula1=listed, allow_blank=True, showErrorMessage=True)
    if column.kind == "count":
        options: dict[str, Any] = {"type": "whole", "operator": "greaterThanOrEqual", "formula1": "0"}
    elif column.kind == "date":
        options = {"type": "date", "operator": "greaterThanOrEqual", "formula1": "DATE(1990,1,1)"}
    elif column.kind in ("choice", "yes_no"):
        choices = list_choices("yes_no" if column.kind == "yes_no" else column.id)
        options = {"type": "list", "formula1": f'"{",".join(choices.split(", "))}"'}
    else:
        return None
    # A school of several levels writes them after one another, which no drop-down offers.
    rule = DataValidation(allow_blank=True, showErrorMessage=column.id != "levels", **options)
    rule.error = rule.prompt = _describe_allowed(column)[:250]
    return rule


def _describe_allowed(column: SchoolColumn) -> str:
    """Say what a column may hold."""
    if column.kind in ("choice", "yes_no"):
        return list_choices("yes_no" if column.kind == "yes_no" else column.id)
    return say(f"school_form_{column.kind}", "vi")


def _write_communes(sheet: Worksheet, communes: Sequence[Commune]) -> None:
    for number, cells in enumerate([_name_commune_columns(), *((one.code, one.name) for one in communes)], 1):
        for place, text in enumerate(cells, 1):
            put_text(sheet.cell(number, place), text)
    sheet.column_dimensions["B"].width = 40


def _name_commune_columns() -> tuple[str, str]:
    # Not as the columns of the list are called: a sheet of communes is no school list.
    return say("school_form_commune_code", "vi"), say("school_form_commune_name", "vi")


def _write_help(sheet: Worksheet, heads: Mapping[str, str], registry: Registry) -> None:
    """Write how to fill the list in, and what each column may hold, a line each."""
    lines = ["\n".join(say("school_form_steps", language) for language in LANGUAGES)]
    for name, head in heads.items():
        column = _find_column(name, registry)
        needed = f" ({say('school_form_required', 'vi')})" if column.required else ""
        lines.append(f"«{head}»{needed}: {_describe_allowed(column)}")
    sheet.column_dimensions["A"].width = 110
    for number, line in enumerate(lines, 1):
        put_text(sheet.cell(number, 1), line)
        set_height(sheet, number, [(line, 105)])
    lay_out_print(sheet)
