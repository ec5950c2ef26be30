"""Input forms filled in with invented figures; each says on every sheet that it is synthetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.demo.histories import YEAR, deal_states, print_value
from hpedu.ingest.forms.sheets import MARKER, SHEETS, Sheet
from hpedu.present.form import write_form
from hpedu.present.form_workbook import FIRST
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula

SAID = "mô phỏng"  # behind every figure: invented


def write_filled_form(
    path: Path, group: str, listed: pl.DataFrame, rows: Mapping[tuple[SeriesRef, int], float], book: Registry
) -> list[SeriesRef]:
    """Write the form of a group for `YEAR` and fill in what `rows` has; returns the series filled in.

    Parameters
    ----------
    listed
        Sums over the synthetic school list (`total_schools`): what stands there is not asked for.
    """
    known = listed.with_columns(current=pl.lit(True), qualifier=pl.lit(""))
    write_form(path, group=group, year=YEAR, observations=known, book=book)
    workbook = load_workbook(path)
    filled = []
    for row, ref in _list_rows(workbook[SHEETS["numbers"].name], SHEETS["numbers"]):
        value = rows.get((ref, YEAR))
        if value is not None:
            _type(
                workbook[SHEETS["numbers"].name],
                SHEETS["numbers"],
                row,
                value=print_value(ref, value, book),
                origin="mô phỏng",
            )
            filled.append(ref)
    for kind, dimension in (("milestones", "milestone_state"), ("tasks", "task_state")):
        sheet = SHEETS[kind]  # type: ignore[index]
        states = deal_states([code.name.vi for code in book.codes_of(dimension).values()])
        for (row, _), state in zip(_list_rows(workbook[sheet.name], sheet), states, strict=False):
            if state:
                _type(workbook[sheet.name], sheet, row, state=state, note=SAID)
    path.unlink()
    workbook.save(path)
    return filled


def _list_rows(page: Worksheet, sheet: Sheet) -> Iterator[tuple[int, SeriesRef]]:
    """The rows to fill in, each with the series its hidden key names."""
    place = sheet.head.index(f"{MARKER}:key") + 1
    for row in range(FIRST, page.max_row + 1):
        (ref,) = parse_formula(str(page.cell(row, place).value).partition(" #")[0])
        yield row, ref


def _type(page: Worksheet, sheet: Sheet, row: int, **values: object) -> None:
    columns = {column.id: place for place, column in enumerate(sheet.columns, 1)}
    for name, value in values.items():
        page.cell(row, columns[name]).value = value
