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


class RoleReader:
    """A reader of the rows of one sheet. `values` are the columns that hold values at that place."""

    def __init__(self, grid: Grid) -> None:
        self._merges = {(merge.top, merge.left): merge for merge in grid.merged}

    def find_header(self, gap: Sequence[Row], values: Sequence[int]) -> tuple[int, ...]:
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
            elif not _ends_title(gap[: place + 1]) and self._is_upper_tier(gap[: place + 1], values, blanks):
                tiers.append(row.number)
                blanks = 0
            elif not self.is_unit_line(row, values):
                break
        return tuple(sorted(tiers + [n for n in numbering if n > min(tiers)]))

    def is_unit_line(self, row: Row, values: Sequence[int]) -> bool:
        """Return whether a row gives nothing but the unit: by its wording, or alone in the right-hand corner."""
        if len(row.filled) == 2:
            # "ĐVT:" in one cell, the unit in the next.
            return is_worded("unit_line", " ".join(row.texts)) and not is_worded("unit_line", row.texts[0])
        if len(row.filled) != 1:
            return False
        column, text = row.filled[0], row.texts[0]
        if is_worded("unit_line", text) or (is_worded("unit", text) and column > 0):
            return True
        in_corner = len(values) > 1 and column >= values[-1] and (row.number, column) not in self._merges
        is_word = not any(map(str.isdigit, text)) and read_status(text) is None
        return in_corner and is_word and not _is_worded_otherwise(row)

    def _names_columns(self, gap: Sequence[Row], values: Sequence[int]) -> bool:
        row = gap[-1]
        if row.shape != "text" or not _right(row, values) or _is_worded_otherwise(row):
            return False
        if len(row.filled) > 1:
            return not _is_unanswered(gap, values)
        if _goes_on(gap):
            return True
        wider_above = any(len(_right(above, values)) > 1 for above in gap[:-1])
        if self.is_unit_line(row, values) or (len(values) > 1 and wider_above):
            return False
        return len(values) == 1 or self._spans(row, values)

    def _is_upper_tier(self, gap: Sequence[Row], values: Sequence[int], blanks: int) -> bool:
        row = gap[-1]
        right = _right(row, values)
        if row.shape != "text" or _is_worded_otherwise(row) or self.is_unit_line(row, values):
            return False
        if len(right) < len(row.filled) and blanks:
            return False
        # "STT | Tên trường" may be over the tiers of the values; a text alone is a title.
        if not right:
            return len(row.filled) > 1
        if len(row.filled) > 1:
            # A title may have the unit beside it.
            return blanks < 2 and not is_worded("unit_line", row.texts[-1])
        # "Sơ bộ" stands over the newest year alone.
        if not blanks and read_status(row.texts[0]) is not None:
            return True
        is_top = all(above.shape == "blank" for above in gap[:-1])
        is_title = len(row.texts[0].split()) > _MOST_WORDS_OF_A_TIER or is_worded("measure_title", row.texts[0])
        return blanks < 2 and self._spans(row, values) and not (is_top and is_title)

    def _spans(self, row: Row, values: Sequence[int]) -> bool:
        """Return whether a lone cell is over columns: merged over some, or set where they begin."""
        merge = self._merges.get((row.number, row.filled[0]))
        return row.filled[0] == values[0] or (merge is not None and merge.right > merge.left)

    def read_above(self, row: Row, values: Sequence[int]) -> RowRole:
        """Return the role of a row above a header."""
        if row.shape == "blank":
            return "blank"
        if any(is_worded("letterhead", text) for text in row.texts):
            return "letterhead"
        if self.is_unit_line(row, values) or _is_unit_under_title(row):
            return "unit"
        return "footer" if is_footer_row(row) else "title"

    def read_within(self, row: Row, values: Sequence[int]) -> RowRole:
        """Return the role of a row among rows with values. With text under a header it has values too."""
        if row.shape != "text":
            return row.shape
        if is_footer_row(row):
            return "footer"
        if self.is_unit_line(row, values):
            return "unit"
        if not values or row.filled[-1] < values[0]:
            return "section"
        return "banner" if len(row.filled) == 1 else "data"


def _right(row: Row, values: Sequence[int]) -> list[str]:
    """Return the texts of a row over the values."""
    return [text for column, text in zip(row.filled, row.texts, strict=True) if values and column >= values[0]]


def _is_worded_otherwise(row: Row) -> bool:
    return is_footer(row.texts) or any(is_worded("letterhead", text) for text in row.texts)


def _goes_on(gap: Sequence[Row]) -> bool:
    """Return whether a lone text ends a header just above: "2011-" and "2012", "and lower" and "secondary"."""
    column, above = gap[-1].filled[0], gap[-2:-1]
    if not above or len(above[0].filled) < 2 or column not in above[0].filled:
        return False
    begun = above[0].texts[above[0].filled.index(column)].strip()
    return gap[-1].texts[0].strip()[0].islower() or begun.endswith("-")


def _is_unanswered(gap: Sequence[Row], values: Sequence[int]) -> bool:
    """Return whether the last row is no header but repeats "Chưa báo cáo" under a labelled header."""
    if len(gap) < 2 or len(_right(gap[-2], values)) < 2:
        return False
    texts = _right(gap[-1], values)
    return len(texts) > 1 and len(set(texts)) == 1 and all(row.filled[0] < values[0] for row in gap[-2:])


def _ends_title(gap: Sequence[Row]) -> bool:
    """Return whether the last row is a line of a title that begins with the number of the table."""
    first = next((row for row in reversed(gap) if row.filled != gap[-1].filled or len(row.filled) > 1), gap[0])
    return is_numbered_title(first.texts) and (first is gap[-1] or first.filled[-1:] == gap[-1].filled)


def _is_unit_under_title(row: Row) -> bool:
    """Return whether a line between title and table is a unit: "(Nghìn học sinh)", "ĐVT: | Ng. người"."""
    line = _line(row)
    unit = read_unit(line)
    is_marked = line.startswith("(") or len(row.filled) > 1
    return unit is not None and (is_marked or unit.scale != 1 or bool(unit.kinds & PARTS))


def list_texts(rows: Iterable[Row]) -> set[str]:
    """Return the texts of some rows, each once, folded."""
    return {fold_text(text) for row in rows for text in row.texts}


def are_alike(one: set[str], other: set[str]) -> bool:
    """Return whether two headers are the same one, printed again on the next page or for the next class."""
    return len(one & other) >= _ALIKE * max(len(one), len(other), 1)


def is_footer_row(row: Row) -> bool:
    """Return whether a row is a footnote or signed."""
    return row.shape == "text" and is_footer(row.texts)


def count_footer(rows: Sequence[Row]) -> int:
    """Count the rows below a table that are its footer: up to the last one worded so, and its English line."""
    places = [place for place, row in enumerate(rows) if is_footer_row(row)]
    end = places[-1] + 1 if places else 0
    while 0 < end < len(rows) and rows[end].filled and is_english(_line(rows[end])):
        end += 1
    return end


def goes_on(titles: Sequence[Row]) -> bool:
    """Return whether title lines show that a table goes on from the page before."""
    return any(is_worded("continued", _line(row)) for row in titles)


def is_name(titles: Sequence[Row]) -> bool:
    """Return whether the lines above a repeated header only name what follows: "Lớp 1A"."""
    if len(titles) != 1 or goes_on(titles):
        return False
    line = _line(titles[0])
    return len(line.split()) <= _MOST_WORDS_OF_A_NAME and not is_worded("measure_title", line)


def join_titles(titles: Sequence[Row]) -> str:
    """Join title lines in one, without units and the number of the table."""
    lines = (" ".join(text for text in row.texts if not is_worded("unit_line", text)) for row in titles)
    return _TITLE_NUMBER.sub("", clean_text(" ".join(lines)))


def _line(row: Row) -> str:
    return clean_text(" ".join(row.texts))
