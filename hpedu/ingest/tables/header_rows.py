"""Finding the rows that name the columns, among those above a run of rows with values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hpedu.ingest.tables.grid import Grid
from hpedu.ingest.tables.header_words import is_note, is_worded
from hpedu.ingest.tables.rows import Row, is_numbered_title
from hpedu.ingest.words.text import fold_text

_MOST_WORDS_OF_A_TIER = 8  # a lone cell over the columns with more words is a title
_ALIKE = 0.6  # share of texts in common that makes a header the same one again


class HeaderFinder:
    """Reads the rows above a run of values. `values` are the columns in which the run has values."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._merges = {(merge.top, merge.left): merge for merge in grid.merged}

    def find(self, gap: Sequence[Row], values: Sequence[int]) -> tuple[int, ...]:
        """The numbers of the header rows in `gap`, from the top; none if nothing there names columns.

        Tiers stand one over the other. Rows between them and the values that only label (sections) or span
        all columns (banners) are no header.
        """
        bottom = next((p for p in range(len(gap) - 1, -1, -1) if self._names_columns(gap[: p + 1], values)), None)
        numbering = [row.number for row in gap if row.shape == "numbering"]
        if bottom is None:
            return tuple(numbering)
        tiers = [gap[bottom].number]
        blanks = 0
        for place in range(bottom - 1, -1, -1):
            row = gap[place]
            if row.shape == "blank":
                blanks += 1
            elif not self._ends_title(gap[: place + 1]) and self._is_upper_tier(
                row, values, blanks, is_top=_is_top(gap[:place])
            ):
                tiers.append(row.number)
                blanks = 0
            elif not self.is_unit_line(row, values):
                break
        return tuple(sorted(tiers + [n for n in numbering if n > min(tiers)]))

    def is_unit_line(self, row: Row, values: Sequence[int]) -> bool:
        """Whether a row says nothing but the unit: by its wording, or alone in the right-hand corner."""
        if len(row.filled) != 1:
            return False
        column, text = row.filled[0], self._grid.rows[row.number][row.filled[0]]
        if is_worded("unit_line", text) or (is_worded("unit", text) and column > 0):
            return True
        in_corner = len(values) > 1 and column >= values[-1] and (row.number, column) not in self._merges
        return in_corner and not any(map(str.isdigit, text)) and not self._is_worded_otherwise(row)

    def _names_columns(self, gap: Sequence[Row], values: Sequence[int]) -> bool:
        row = gap[-1]
        right = _right(row, values)
        if row.shape != "text" or not right or self._is_worded_otherwise(row):
            return False
        if len(row.filled) > 1:
            return not self._is_unanswered(gap, values)
        wider_above = any(len(_right(above, values)) > 1 for above in gap[:-1])
        if self.is_unit_line(row, values) or (len(values) > 1 and wider_above):
            return False
        return len(values) == 1 or self._spans(row, values)

    def _is_unanswered(self, gap: Sequence[Row], values: Sequence[int]) -> bool:
        """Whether the last row is no header but says "Chưa báo cáo" for each value, under a labelled header."""
        if len(gap) < 2 or len(_right(gap[-2], values)) < 2:
            return False
        labelled = all(row.filled[0] < values[0] for row in gap[-2:])
        said = {self._grid.rows[gap[-1].number][column] for column in _right(gap[-1], values)}
        return labelled and len(_right(gap[-1], values)) > 1 and len(said) == 1

    def _is_upper_tier(self, row: Row, values: Sequence[int], blanks: int, *, is_top: bool) -> bool:
        right = _right(row, values)
        if row.shape != "text" or self._is_worded_otherwise(row) or self.is_unit_line(row, values):
            return False
        if len(right) < len(row.filled) and blanks:
            return False
        if not right:  # "STT | Tên trường" over the tiers of the values; alone it is a title
            return len(row.filled) > 1
        if len(row.filled) > 1:
            return blanks < 2
        return blanks < 2 and self._spans(row, values) and not (is_top and self._is_title(row))

    def _ends_title(self, gap: Sequence[Row]) -> bool:
        """Whether the last row is a line of a title whose first line has the number of the table before it."""
        first = next((row for row in reversed(gap) if row.filled != gap[-1].filled or len(row.filled) > 1), gap[0])
        is_title = is_numbered_title(self._grid.rows[first.number], first.filled)
        return is_title and (first is gap[-1] or first.filled[-1:] == gap[-1].filled)

    def _spans(self, row: Row, values: Sequence[int]) -> bool:
        """Whether a lone cell stands over columns: merged over some, or set where they begin."""
        merge = self._merges.get((row.number, row.filled[0]))
        return row.filled[0] == values[0] or (merge is not None and merge.right > merge.left)

    def _is_title(self, row: Row) -> bool:
        text = self._grid.rows[row.number][row.filled[0]]
        return len(text.split()) > _MOST_WORDS_OF_A_TIER or is_worded("measure_title", text)

    def _is_worded_otherwise(self, row: Row) -> bool:
        texts = [self._grid.rows[row.number][column] for column in row.filled]
        return is_note(texts) or any(is_worded("letterhead", text) for text in texts)


def texts_of(grid: Grid, rows: Iterable[int]) -> set[str]:
    """What stands in some rows, each text once, folded."""
    return {fold_text(text) for row in rows for text in grid.rows[row] if text.strip()}


def are_alike(one: set[str], other: set[str]) -> bool:
    """Whether two headers are the same one, printed again on the next page or for the next class."""
    return len(one & other) >= _ALIKE * max(len(one), len(other), 1)


def _right(row: Row, values: Sequence[int]) -> list[int]:
    return [column for column in row.filled if values and column >= values[0]]


def _is_top(above: Sequence[Row]) -> bool:
    return all(row.shape == "blank" for row in above)
