"""Hold one sheet of any office file: rows of printed text, and which cells were merged into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.schema import MOST_CELLS, MOST_COLUMNS


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; rows and columns counted from 0, both ends included. Its text is top left."""

    top: int
    left: int
    bottom: int
    right: int


Place = tuple[int, int]
"""Row and column of a cell, counted from 0."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of the cells of a sheet beside what a plain reader gives: merges, other texts, scales."""

    merged: list[Merge] = field(default_factory=list)
    texts: dict[Place, str] = field(default_factory=dict)
    # As of `Grid`.
    scales: dict[Place, Decimal] = field(default_factory=dict)
    # Days are counted from 1 January 1904, as early Macintoshes did; only plain numbers show it.
    is_1904: bool = False
    # Rows and columns that are not shown, counted from 0.
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def take(self, place: Place, text: str | None, scale: Decimal | None) -> None:
        """Take in the text of a cell, where a plain reader gives another one, and the scale of a number."""
        if text is not None:
            self.texts[place] = text
        if scale is not None:
            self.scales[place] = scale


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as printed: "" is an empty cell, all rows have one width. Make it with `make_grid`.

    `scales` has the cells that are surely numbers, such as 1.125: a point in them is a decimal mark. The print
    times the scale is what is stored: 1, 0.01 for "98.7%", 1000 where the format leaves out three digits. Whole
    numbers that are read the same in every style need not be in it. `around` are the texts of a page before and
    behind the table.
    """

    sheet: str
    rows: list[list[str]]
    merged: list[Merge] = field(default_factory=list)
    scales: Mapping[Place, Decimal] = field(default_factory=dict)
    around: Sequence[str] = ()

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def make_grid(
    sheet: str,
    rows: Iterable[Sequence[str]],
    merged: Iterable[Merge] = (),
    scales: Mapping[Place, Decimal] = MappingProxyType({}),
    around: Sequence[str] = (),
) -> Grid:
    """Make a grid of rows of any length: shorter ones are filled up with empty cells, merges end with the sheet.

    Raises `Unreadable` if it has more columns than any sheet, or if filling up would make many cells of few.
    """
    ragged = [list(row) for row in rows]
    width = max(map(len, ragged), default=0)
    if width > MOST_COLUMNS or len(ragged) * width > MOST_CELLS + 2 * sum(map(len, ragged)):
        raise Unreadable("too_large", f"{len(ragged)} x {width}")
    # A file can name any cells as merged, and any of them twice.
    inside = {(m.top, m.left): m for m in merged if 0 <= m.top < len(ragged) and 0 <= m.left < width}
    cut = [Merge(m.top, m.left, min(m.bottom, len(ragged) - 1), min(m.right, width - 1)) for m in inside.values()]
    # Ranges that do not overlap are no more than the sheet; these are walked through row by row.
    merged_cells = sum((m.bottom - m.top + 1) * (m.right - m.left + 1) for m in cut)
    if merged_cells > MOST_CELLS // 10 + 2 * len(ragged) * width:
        raise Unreadable("too_large", f"{len(cut)} x {merged_cells // len(cut)}")
    return Grid(sheet, [row + [""] * (width - len(row)) for row in ragged], cut, scales, around)


def is_blank(text: str) -> bool:
    """Return whether nothing is printed in a cell. A soft hyphen is something: in TCVN3 it is the letter ư."""
    return not text.strip()
