"""Hold one sheet of any office file: rows of printed text, and which cells were merged into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; rows and columns counted from 0, both ends included. Its text is top left."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as printed: "" is an empty cell, all rows have one width. Make it with `make_grid`."""

    sheet: str
    rows: list[list[str]]
    merged: list[Merge] = field(default_factory=list)

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def make_grid(sheet: str, rows: Iterable[Sequence[str]], merged: Iterable[Merge] = ()) -> Grid:
    """Make a grid of rows of any length: shorter ones are filled up with empty cells."""
    ragged = [list(row) for row in rows]
    width = max(map(len, ragged), default=0)
    return Grid(sheet, [row + [""] * (width - len(row)) for row in ragged], list(merged))


def is_blank(text: str) -> bool:
    """Return whether nothing is printed in a cell. A soft hyphen is something: in TCVN3 it is the letter ư."""
    return not text.strip()
