"""Find what a row without values is for, by its wording and its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.sheet.rows import Row, is_numbered_title
from hpedu.ingest.sheet.vocabulary import is_english, is_footer, is_worded
from hpedu.ingest.words.units import PARTS, read_unit
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import read_status

RowRole = Literal[
    "blank", "letterhead", "title", "unit", "header", "numbering", "section", "banner", "data", "footer", "text"
]
"""`header` rows name the columns, `numbering` counts them; a `section` labels the rows under it, a `banner`
does so from over the values; `text` is a row of a sheet without any table."""

_TITLE_NUMBER = re.compile(
    r"^(?:(?:Biểu|Bảng|Table)\s*(?:số\s*)?)?\d{1,3}(?:\.\d+)*[.:)]?\s+(?=\D)", re.IGNORECASE
)
# "Lớp 1A", "Trường THCS Nguyễn Văn A".
_MOST_WORDS_OF_A_NAME = 6

# A lone cell over the columns with more words is a title.
_MOST_WORDS_OF_A_TIER = 8
# The share of texts in common that makes a header the same one again.
_ALIKE = 0.6


class HeaderFinder:
    """A reader of the rows above a run of values. `values` are the columns in which the run has values."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._merges = {(merge.top, merge.left): merge for merge in grid.merged}

    def find(self, gap: Sequence[Row], values: Sequence[int]) -> tuple[int, ...]:
        """Return the numbers of the header rows in `gap`, from the top; none if nothing there names columns.

        Tiers are one over the other. Rows between them and the values that only label (sections) or span
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
        """Return whether a row gives nothing but the unit: by its wording, or alone in the right-hand corner."""
        if len(row.filled) == 2:
            # "ĐVT:" in one cell, the unit in the next.
            texts = [self._grid.rows[row.number][column] for column in row.filled]
            return is_worded("unit_line", " ".join(texts)) and not is_worded("unit_line", texts[0])
        if len(row.filled) != 1:
            return False
        column, text = row.filled[0], self._grid.rows[row.number][row.filled[0]]
        if is_worded("unit_line", text) or (is_worded("unit", text) and column > 0):
            return True
        in_corner = len(values) > 1 and column >= values[-1] and (row.number, column) not in self._merges
        return (
            in_corner
            and not any(map(str.isdigit, text))
            and read_status(text) is None
            and not self._is_worded_otherwise(row)
        )

    def _names_columns(self, gap: Sequence[Row], values: Sequence[int]) -> bool:
        row = gap[-1]
        right = _right(row, values)
        if row.shape != "text" or not right or self._is_worded_otherwise(row):
            return False
        if len(row.filled) > 1:
            return not self._is_unanswered(gap, values)
        wider_above = any(len(_right(above, values)) > 1 for above in gap[:-1])
        if self._goes_on(gap):
            return True
        if self.is_unit_line(row, values) or (len(values) > 1 and wider_above):
            return False
        return len(values) == 1 or self._spans(row, values)

    def _goes_on(self, gap: Sequence[Row]) -> bool:
        """Return whether a lone text ends a header just above: "2011-" and "2012", "and lower" and "secondary"."""
        column, above = gap[-1].filled[0], gap[-2:-1]
        if not above or len(above[0].filled) < 2 or column not in above[0].filled:
            return False
        text, begun = (self._grid.rows[row.number][column].strip() for row in (gap[-1], above[0]))
        return text[0].islower() or begun.endswith("-")

    def _is_unanswered(self, gap: Sequence[Row], values: Sequence[int]) -> bool:
        """Return whether the last row is no header but repeats "Chưa báo cáo" under a labelled header."""
        if len(gap) < 2 or len(_right(gap[-2], values)) < 2:
            return False
        labelled = all(row.filled[0] < values[0] for row in gap[-2:])
        texts = {self._grid.rows[gap[-1].number][column] for column in _right(gap[-1], values)}
        return labelled and len(_right(gap[-1], values)) > 1 and len(texts) == 1

    def _is_upper_tier(self, row: Row, values: Sequence[int], blanks: int, *, is_top: bool) -> bool:
        right = _right(row, values)
        if row.shape != "text" or self._is_worded_otherwise(row) or self.is_unit_line(row, values):
            return False
        if len(right) < len(row.filled) and blanks:
            return False
        # "STT | Tên trường" may be over the tiers of the values; a text alone is a title.
        if not right:
            return len(row.filled) > 1
        if len(row.filled) > 1:
            # A title may have the unit beside it.
            return blanks < 2 and not is_worded("unit_line", self._grid.rows[row.number][row.filled[-1]])
        # "Sơ bộ" stands over the newest year alone.
        if not blanks and read_status(self._grid.rows[row.number][row.filled[0]]) is not None:
            return True
        return blanks < 2 and self._spans(row, values) and not (is_top and self._is_title(row))

    def _ends_title(self, gap: Sequence[Row]) -> bool:
        """Return whether the last row is a line of a title that begins with the number of the table."""
        first = next((row for row in reversed(gap) if row.filled != gap[-1].filled or len(row.filled) > 1), gap[0])
        is_title = is_numbered_title(self._grid.rows[first.number], first.filled)
        return is_title and (first is gap[-1] or first.filled[-1:] == gap[-1].filled)

    def _spans(self, row: Row, values: Sequence[int]) -> bool:
        """Return whether a lone cell is over columns: merged over some, or set where they begin."""
        merge = self._merges.get((row.number, row.filled[0]))
        return row.filled[0] == values[0] or (merge is not None and merge.right > merge.left)

    def _is_title(self, row: Row) -> bool:
        text = self._grid.rows[row.number][row.filled[0]]
        return len(text.split()) > _MOST_WORDS_OF_A_TIER or is_worded("measure_title", text)

    def _is_worded_otherwise(self, row: Row) -> bool:
        texts = [self._grid.rows[row.number][column] for column in row.filled]
        return is_footer(texts) or any(is_worded("letterhead", text) for text in texts)


def _is_no_unit(text: str) -> bool:
    return not is_worded("unit_line", text)


def texts_of(grid: Grid, rows: Iterable[int]) -> set[str]:
    """Return the texts of some rows, each once, folded."""
    return {fold_text(text) for row in rows for text in grid.rows[row] if text.strip()}


def are_alike(one: set[str], other: set[str]) -> bool:
    """Return whether two headers are the same one, printed again on the next page or for the next class."""
    return len(one & other) >= _ALIKE * max(len(one), len(other), 1)


def _right(row: Row, values: Sequence[int]) -> list[int]:
    return [column for column in row.filled if values and column >= values[0]]


def _is_top(above: Sequence[Row]) -> bool:
    return all(row.shape == "blank" for row in above)


class RoleReader:
    """A reader of the rows of one sheet. `values` are the columns that hold values at that place."""

    def __init__(self, grid: Grid, headers: HeaderFinder) -> None:
        self._grid = grid
        self._headers = headers

    def read_above(self, row: Row, values: Sequence[int]) -> RowRole:
        """Return the role of a row above a header."""
        if row.shape == "blank":
            return "blank"
        if any(is_worded("letterhead", text) for text in self._texts(row)):
            return "letterhead"
        if self._headers.is_unit_line(row, values) or self._is_unit_under_title(row):
            return "unit"
        return "footer" if self.is_footer(row) else "title"

    def _is_unit_under_title(self, row: Row) -> bool:
        """Return whether a line between title and table is a unit: "(Nghìn học sinh)", "ĐVT: | Ng. người"."""
        line = self._line(row)
        unit = read_unit(line)
        is_marked = line.startswith("(") or len(row.filled) > 1
        return unit is not None and (is_marked or unit.scale != 1 or bool(unit.kinds & PARTS))

    def read_within(self, row: Row, values: Sequence[int]) -> RowRole:
        """Return the role of a row among rows with values. With text under a header it has values too."""
        if row.shape != "text":
            return row.shape
        if self.is_footer(row):
            return "footer"
        if self._headers.is_unit_line(row, values):
            return "unit"
        if not values or row.filled[-1] < values[0]:
            return "section"
        return "banner" if len(row.filled) == 1 else "data"

    def is_footer(self, row: Row) -> bool:
        return row.shape == "text" and is_footer(self._texts(row))

    def count_footer(self, rows: Sequence[Row]) -> int:
        """Count the rows below a table that are its footer: up to the last one worded so, and its English line."""
        places = [place for place, row in enumerate(rows) if self.is_footer(row)]
        end = places[-1] + 1 if places else 0
        while 0 < end < len(rows) and rows[end].filled and is_english(self._line(rows[end])):
            end += 1
        return end

    def goes_on(self, titles: Sequence[Row]) -> bool:
        """Return whether title lines show that a table goes on from the page before."""
        return any(is_worded("continued", self._line(row)) for row in titles)

    def is_name(self, titles: Sequence[Row]) -> bool:
        """Return whether the lines above a repeated header only name what follows: "Lớp 1A"."""
        if len(titles) != 1 or self.goes_on(titles):
            return False
        line = self._line(titles[0])
        return len(line.split()) <= _MOST_WORDS_OF_A_NAME and not is_worded("measure_title", line)

    def join_titles(self, titles: Sequence[Row]) -> str:
        """Join title lines in one, without the number of the table."""
        lines = (clean_text(" ".join(filter(_is_no_unit, self._texts(row)))) for row in titles)
        return _TITLE_NUMBER.sub("", " ".join(filter(None, lines)))

    def _texts(self, row: Row) -> list[str]:
        return [self._grid.rows[row.number][column] for column in row.filled]

    def _line(self, row: Row) -> str:
        return clean_text(" ".join(self._texts(row)))
