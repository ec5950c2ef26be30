"""What a reader hands on: every value cell of a file, with the labels that stand over and beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One value cell as printed. `labels` maps a dimension of the table to the label printed for the cell."""

    sheet: str
    address: str
    printed: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RawTable:
    """A published table before anything is understood: its title and all of its value cells.

    `is_plain` says that the format itself writes numbers like 1234.5, whatever country it comes from.
    """

    title: str
    cells: list[Cell]
    is_plain: bool = False


def name_cell(sheet: str, address: str) -> str:
    """A cell within its file, as errata and findings call it: `B4`, or `Sheet1!B4` in a workbook."""
    return f"{sheet}!{address}" if sheet else address


def column_letters(index: int) -> str:
    """Spreadsheet name of a column, counted from 0: 0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
