"""The rows of a filled form: which sheet a grid is, what was typed into a row, which series the row is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hpedu.ingest.cells import Cell
from hpedu.ingest.forms.sheets import SHEETS, Sheet, seal
from hpedu.ingest.tables.grid import Grid, address, is_blank
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula


@dataclass(frozen=True)
class FormRow:
    """A row of a sheet: what was typed into its cells, by column, and what its key and labels say."""

    sheet: Sheet
    typed: dict[str, Cell]
    key: str
    labels: list[str]

    def identify(self, book: Registry) -> SeriesRef | None:
        """The series of the row; None if key and labels do not belong together, or lead nowhere."""
        text, _, checksum = self.key.partition(" #")
        if not text or checksum.strip() != seal(text, *self.labels):
            return None
        (series, *_) = parse_formula(text)
        known = series.measure in book.measures and series.level in book.codes_of("level")
        return series if known else None


def find_sheet(grid: Grid) -> tuple[Sheet, int] | None:
    """Which sheet of the form a grid is and where its hidden head stands, whatever the sheet is called now."""
    for sheet in SHEETS.values():
        for number, row in enumerate(grid.rows):
            if set(sheet.head) <= set(row):
                return sheet, number
    return None


def read_rows(grid: Grid, sheet: Sheet, head: int) -> Iterator[FormRow]:
    """The rows under the headings into which anything was typed."""
    places = {
        column.id: grid.rows[head].index(name) for column, name in zip(sheet.columns, sheet.head, strict=True)
    }
    fills = [column.id for column in sheet.columns if column.role == "fill"]
    sealed = [column.id for column in sheet.columns if column.role == "sealed"]
    for number in range(head + 2, len(grid.rows)):
        texts = grid.rows[number]
        typed = {
            name: Cell(grid.sheet, address(number, places[name]), texts[places[name]], {})
            for name in fills
            if not is_blank(texts[places[name]])
        }
        if typed:
            yield FormRow(sheet, typed, texts[places["key"]], [texts[places[name]] for name in sealed])
