"""The input form: a workbook that asks a department for what no published table holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from openpyxl import Workbook

from hpedu.errors import HpeduError, UnknownName
from hpedu.files import write_whole
from hpedu.ingest.forms.sheets import COVER, SHEETS, Cover, SheetKind, write_cover_code
from hpedu.present.form_missing import list_missing
from hpedu.present.form_texts import FormTexts
from hpedu.present.form_workbook import FormRow, write_cover, write_sheet
from hpedu.present.spreadsheet import save_workbook
from hpedu.registry import Registry


class FormExists(HpeduError):
    """A file of that name is there already; it may have been filled in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path)


def write_form(
    path: Path,
    *,
    group: str,
    year: int,
    territory: str = "hai_phong",
    observations: pl.DataFrame,
    book: Registry,
) -> int:
    """Write the empty form of a group of targets; returns how many figures it asks for.

    Parameters
    ----------
    group
        Target group; `overview` stands for the targets across all levels.
    year
        Year in which the school year starts; for calendar figures the year itself.
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`: what is there already is not asked for. If any is synthetic,
        so is the form: it says so on every sheet, and what is read of it has the status `synthetic`.

    Raises
    ------
    UnknownName
        For a group or territory that does not exist.
    FormExists
        If there is such a file: filled-in work is never overwritten.
    """
    if path.exists():
        raise FormExists(path)
    content, asked = make_form(group=group, year=year, territory=territory, observations=observations, book=book)
    write_whole(path, content)
    return asked


def make_form(
    *, group: str, year: int, territory: str, observations: pl.DataFrame, book: Registry
) -> tuple[bytes, int]:
    """The empty form as a workbook, and how many figures it asks for; parameters and errors as of `write_form`."""
    if group not in book.codes_of("group"):
        raise UnknownName("group", group, book.codes_of("group"))
    if territory not in book.territories:
        raise UnknownName("territory", territory, book.territories)
    synthetic = "synthetic" in observations["status"]
    cover = Cover("cross_cutting" if group == "overview" else group, territory, year, synthetic)
    missing = list_missing(cover, observations, book)
    texts = FormTexts(cover, book)
    rows: dict[SheetKind, list[FormRow]] = {
        "numbers": [texts.number_row(place, one) for place, one in enumerate(missing, 1)],
        "milestones": list(texts.milestone_rows()),
        "tasks": list(texts.task_rows()),
    }
    workbook = Workbook()
    workbook.security.lockStructure = True  # the reader finds the cover by the name of its sheet
    workbook.active.title = COVER
    write_cover(
        workbook.active,
        title=texts.title(),
        code=write_cover_code(cover, texts.title()),
        lines=texts.instructions(missing),
        departments=texts.departments(),
    )
    for kind, sheet in SHEETS.items():
        write_sheet(workbook, sheet, rows[kind], texts.title(), book)
    return save_workbook(workbook, date(year, 9, 30)), len(missing)  # the day schools count
