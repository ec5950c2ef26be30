"""A filled input form -> observations. Blank cells are fine; a wrong cell is named, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import fastexcel

from hpedu.ingest.aside import SetAside, set_aside_row
from hpedu.ingest.cells import Cell
from hpedu.ingest.forms.parts import find_excesses
from hpedu.ingest.forms.rows import FormRow, find_sheet, read_rows
from hpedu.ingest.forms.sheets import COVER, MARKER, Cover, Sheet, range_of, read_cover_code
from hpedu.ingest.forms.values import read_typed_date, read_typed_number, read_typed_state
from hpedu.ingest.interpret import Reading
from hpedu.ingest.readers.excel import is_workbook, read_frames, read_workbook
from hpedu.ingest.resource import Resource
from hpedu.ingest.tables.grid import Grid, address, is_blank
from hpedu.ingest.words.numbers import printed_step
from hpedu.ingest.words.text import clean_text, fold_text
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef


def is_form(data: bytes) -> bool:
    """Whether a file is an input form of hpedu, of any version: its cover carries the marker."""
    if not is_workbook(data):
        return False
    try:  # the names first: a school list of 50,000 rows is not worth loading only to be refused
        names = fastexcel.read_excel(data).sheet_names
    except fastexcel.FastExcelError:
        return False
    if fold_text(COVER) not in map(fold_text, names):
        return False
    cover = next(frame for name, frame in read_frames(data) if fold_text(name) == fold_text(COVER))
    return any(str(text).startswith(f"{MARKER} ") for row in cover.rows() for text in row)


def read_form(data: bytes, resource: Resource, book: Registry) -> Reading:
    """Read a form written by `hpedu.present.form.write_form` and filled in by somebody.

    Every filled-in value or state is one observation (status `final`, or `synthetic` if its cover says so;
    territory and year of the cover, the other cells of its row in `note`) or one issue. Blank cells are neither.

    Raises
    ------
    ValueError
        If the workbook is damaged or locked with a password.
    """
    return _FormReader(resource, book).read(read_workbook(data))


@dataclass
class _FormReader:
    resource: Resource
    book: Registry
    cover: Cover | None = None
    rows: dict[SeriesRef, dict[str, Any]] = field(default_factory=dict)  # observations
    seen: set[SeriesRef] = field(default_factory=set)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def read(self, grids: list[Grid]) -> Reading:
        self.cover = find_cover(grids, self.book)
        for grid in grids:
            found = find_sheet(grid)
            if found is not None:
                for row in read_rows(grid, *found):
                    self._read_row(row)
            elif fold_text(grid.sheet) != fold_text(COVER):
                self._set_aside_sheet(grid)
        for series, arithmetic in find_excesses(self.rows, self.book).items():
            part = self.rows.pop(series)
            cell = Cell(part["sheet"], part["cell"], part["printed"], {})
            self._set_aside(cell, "form_part_exceeds_whole", arithmetic)
        return Reading(list(self.rows.values()), self.issues)

    def _read_row(self, row: FormRow) -> None:
        series = row.identify(self.book)
        reason = (
            "form_cover" if self.cover is None
            else "form_unknown_row" if series is None
            else "form_duplicate_row" if series in self.seen
            else "form_without_value" if row.sheet.answer not in row.typed
            else ""
        )  # fmt: skip
        if reason or series is None or self.cover is None:
            for cell in row.typed.values():
                self._set_aside(cell, reason)
            return
        self.seen.add(series)
        cell = row.typed[row.sheet.answer]
        unit = self.book.measures[series.measure].unit
        try:
            number = self._read_answer(cell, row.sheet, unit)
        except SetAside as aside:
            self._set_aside(cell, aside.reason, known=aside.known)
            return
        self.rows[series] = {
            "measure": series.measure,
            "level": series.level,
            "ownership": series.ownership,
            "sex": series.sex,
            "detail": series.detail,
            "territory": self.cover.territory,
            "place": "",
            "year": self.cover.year,
            "value": float(number),
            "unit": unit,
            "status": "synthetic" if self.cover.synthetic else "final",
            "qualifier": "",
            "flags": [],
            "source": self.resource.name,
            "edition": self.resource.published,
            "file": self.resource.path,
            "sheet": cell.sheet,
            "cell": cell.address,
            "printed": cell.printed,
            "note": self._read_note(row.typed),
            "step": float(printed_step(number)),
            "current": True,
        }

    def _read_answer(self, cell: Cell, sheet: Sheet, unit: str) -> Decimal:
        if not sheet.states:
            return read_typed_number(cell.printed, range_of(unit))
        code = read_typed_state(cell.printed, sheet.states, self.book)
        return Decimal(int(code == next(iter(self.book.codes_of(sheet.states)))))

    def _read_note(self, typed: Mapping[str, Cell]) -> str:
        """Decision, source, date and remark in one line; a date that is none is set aside."""
        said = []
        for name in ("decision", "date", "origin", "note"):
            if name in typed:
                try:
                    text = typed[name].printed
                    said.append(read_typed_date(text).isoformat() if name == "date" else clean_text(text))
                except SetAside as aside:
                    self._set_aside(typed[name], aside.reason)
        return "; ".join(said)

    def _set_aside_sheet(self, grid: Grid) -> None:
        for row, texts in enumerate(grid.rows):
            for column, text in enumerate(texts):
                if not is_blank(text):
                    cell = Cell(grid.sheet, address(row, column), text, {})
                    self._set_aside(cell, "form_unknown_sheet", grid.sheet)

    def _set_aside(self, cell: Cell, reason: str, subject: str = "", *, known: tuple[str, ...] = ()) -> None:
        subject = subject or f"{cell.sheet}!{cell.address}"
        self.issues.append(set_aside_row(cell, self.resource, reason, subject, self.book, known))


def find_cover(grids: list[Grid], book: Registry) -> Cover | None:
    """What the cover says the form is about; None unless title and code belong together."""
    for grid in grids:
        texts = [text for row in grid.rows for text in row if not is_blank(text)]
        for text in texts:
            if text.startswith(f"{MARKER} "):
                cover = read_cover_code(text, texts[0])
                return cover if cover and cover.territory in book.territories else None
    return None
