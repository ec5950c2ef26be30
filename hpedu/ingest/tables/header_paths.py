"""What stands over a column: the texts of the header tiers, from the general to the particular, as one label."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hpedu.ingest.tables.grid import Grid
from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.words.text import clean_text

SEPARATOR = " / "

_BROKEN_AT_HYPHEN = re.compile(r"(?<=\S)([-–])\s*[\r\n]+\s*")
_ENDS_IN_HYPHEN = re.compile(r"\S[-–]$")


def join_lines(text: str) -> str:
    """A label broken over lines in one: "2010-\\n2011" is "2010-2011", any other break is a blank."""
    return clean_text(_BROKEN_AT_HYPHEN.sub(r"\1", text))


def join_path(parts: Sequence[str]) -> str:
    """Labels from the general to the particular as one. A word or year broken at a hyphen is mended."""
    path = ""
    for part in parts:
        if not path or _ENDS_IN_HYPHEN.search(path):
            path += part
        elif part:
            path += SEPARATOR + part
    return path


class HeaderPaths:
    """The labels of the columns under some header rows; `numbering` rows count where names do not tell."""

    def __init__(self, grid: Grid, tiers: Sequence[int], numbering: Sequence[int], values: Sequence[int]) -> None:
        self._grid = grid
        self._covered = _cover(grid, [*tiers, *numbering])
        self._values = values
        names, self._unit_tiers = self._part_units(list(tiers))
        self._paths = self._resolve(names)
        if len(set(map(join_path, self._paths.values()))) < len(values):
            for column in values:
                self._paths[column] += [t for row in numbering if (t := self._text(row, column))]

    def path(self, column: int) -> str:
        """The label of a value column, "Năm học / 2015-2016 / Công lập"; "" if nothing stands over it."""
        return join_path(self._paths.get(column, []))

    def unit(self, column: int) -> str:
        """What rows of units say of a column, "(Trường)"; "" if there is none."""
        return " ".join(text for row in self._unit_tiers if (text := self._text(row, column)))

    def _text(self, row: int, column: int) -> str:
        top, left = self._covered.get((row, column), (row, column))[:2]
        return join_lines(self._grid.rows[top][left])

    def _part_units(self, tiers: list[int]) -> tuple[list[int], list[int]]:
        """The tiers that name columns, and those that only say units: in parentheses, or else the last."""
        units = [row for row in tiers if self._says_units(row)]
        units = [row for row in units if self._is_bracketed(row)] or [row for row in units if row == tiers[-1]]
        names = [row for row in tiers if row not in units]
        if all(any(self._text(row, column) for row in names) for column in self._values):
            return names, units
        return tiers, []

    def _says_units(self, row: int) -> bool:
        texts = [text for c in self._values if (row, c) not in self._covered and (text := self._text(row, c))]
        return bool(texts) and all(is_worded("unit", text) for text in texts)

    def _is_bracketed(self, row: int) -> bool:
        return all(text.startswith("(") for column in self._values if (text := self._text(row, column)))

    def _resolve(self, tiers: Sequence[int]) -> dict[int, list[str]]:
        """Top down, so that a parent is only carried to the right under the same parents of its own."""
        paths: dict[int, list[str]] = {column: [] for column in self._values}
        for place, row in enumerate(tiers):
            before = {column: list(path) for column, path in paths.items()}
            carried: tuple[str, list[str]] | None = None
            for column in self._values:
                text = self._text(row, column)
                has_child = any(self._text(below, column) for below in tiers[place + 1 :])
                if text:
                    is_open = has_child and (row, column) not in self._covered
                    carried = (text, before[column]) if is_open else None
                elif (row, column) in self._covered:
                    carried = None
                elif carried and has_child and before[column] == carried[1]:
                    text = carried[0]
                if text and paths[column][-1:] != [text]:
                    paths[column].append(text)
        return paths


def _cover(grid: Grid, rows: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """For each cell of some rows that is in a merged range, where the text of the range stands."""
    wanted = set(rows)
    return {
        (row, column): (merge.top, merge.left)
        for merge in grid.merged
        for row in range(merge.top, merge.bottom + 1)
        if row in wanted and merge.top in wanted
        for column in range(merge.left, merge.right + 1)
    }
