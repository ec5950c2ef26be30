"""Read the rows of a grid as they look: which hold values, which may be headers, titles or footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from hpedu.ingest.sheet.columns import is_index
from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.sheet.vocabulary import find_kind, is_bare_year, is_numbering, is_worded

Shape = Literal["blank", "data", "text", "numbering"]
"""`data` has values, `numbering` counts the columns (A, B, 1, 2), `text` is anything else that is printed."""

_TABLE_NUMBER = re.compile(r"\d{1,3}[.:]?")
# "12 | Huyện Cát Hải" is a row of which nothing was reported.
_FEWEST_WORDS_OF_A_TITLE = 5
# An index is in one of the first columns.
_INDEX_PLACES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a grid: its number, its look, its filled columns and their texts, and the columns with a value."""

    number: int
    shape: Shape
    filled: tuple[int, ...]
    texts: tuple[str, ...]
    numeric: tuple[int, ...] = ()


def read_rows(grid: Grid) -> list[Row]:
    """Read all rows of a grid, in order."""
    index = _index_columns(grid)
    rows: list[Row] = []
    surroundings = _Surroundings()
    for number, texts in enumerate(grid.rows):
        below = grid.rows[number + 1] if number + 1 < len(grid.rows) else [""] * grid.width
        row = _read_row(number, texts, below, index, surroundings)
        if row.shape == "data" and tuple(texts) in surroundings.names:
            row = Row(number, "text", row.filled, row.texts)
        rows.append(row)
        surroundings.pass_row(row, texts)
    return rows


@dataclass
class _Surroundings:
    """The rows above a row: the last filled one, and rows of names."""

    above: Row | None = None
    # Whether a row of names has come since the last values.
    is_named: bool = False
    # Rows of names come again on each page.
    names: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def after_data(self) -> bool:
        return self.above is not None and self.above.shape == "data"

    def pass_row(self, row: Row, texts: Sequence[str]) -> None:
        if row.shape == "blank":
            return
        self.above = row
        if row.shape == "data":
            self.is_named = False
        elif len(row.filled) > 1 and not any(is_worded("letterhead", text) for text in row.texts):
            self.is_named = True
            self.names.add(tuple(texts))


def _index_columns(grid: Grid) -> set[int]:
    """Return the columns that count the rows. Their numbers are no values where a text follows them."""
    columns = [c for c in range(grid.width) if any(row[c].strip() for row in grid.rows)][:_INDEX_PLACES]
    lines = {c: {line for row in grid.rows for line in row[c].split("\n") if line.strip()} for c in columns}
    headed = {c for c in columns if any(is_worded("index_header", line) for line in lines[c])}
    return {c for c in columns if c in headed or is_index(_numbers_before_text(grid, c))}


def _numbers_before_text(grid: Grid, column: int) -> Iterator[str]:
    """Yield the numbers that begin a row and have a text behind them."""
    for row in grid.rows:
        begins = not any(text.strip() for text in row[:column])
        if begins and find_kind(row[column]) == "number" and find_kind(_text_after(row, column)) == "text":
            yield row[column]


def _text_after(texts: Sequence[str], column: int) -> str:
    return next((text for text in texts[column + 1 :] if text.strip()), "")


def _read_row(
    number: int, texts: Sequence[str], below: Sequence[str], index: set[int], around: _Surroundings
) -> Row:
    kinds = {column: kind for column, text in enumerate(texts) if (kind := find_kind(text)) != "blank"}
    filled = tuple(kinds)
    its = tuple(texts[c] for c in filled)
    above = around.above
    if not filled:
        return Row(number, "blank", (), ())
    if above is not None and above.shape == "text" and is_numbering(its):
        return Row(number, "numbering", filled, its)
    counted = {c for c in filled if c in index and find_kind(_text_after(texts, c)) == "text"}
    words = [c for c in filled if kinds[c] == "text" or c in counted]
    years, numbers, marks = (
        [c for c in filled if kinds[c] == kind and c not in counted] for kind in ("year", "number", "mark")
    )
    numeric = tuple(sorted(numbers + marks + years))
    if len(filled) == 1 and numeric:
        is_data = _continues_column(filled[0], above, is_year=bool(years))
    elif is_numbered_title(its):
        is_data = False
    elif numbers:
        is_data = around.after_data or not _counts_on(texts, words, numbers, below)
    elif marks:
        is_data = len(marks) >= len(words) - 1
    else:
        is_data = bool(years) and _are_figures(number, texts, words, years, around)
        # "2018 | KH 2024": a name over figures makes its whole row names.
        is_data = is_data and not any(find_kind(below[c]) == "number" for c in words if c > years[0])
    return Row(number, "data" if is_data else "text", filled, its, numeric if is_data else ())


def is_numbered_title(texts: Sequence[str]) -> bool:
    """Return whether a row is the number of a table and its title: "290 | Number of schools ..."."""
    if len(texts) != 2 or not _TABLE_NUMBER.fullmatch(texts[0].strip()):
        return False
    return find_kind(texts[1]) == "text" and len(texts[1].split()) >= _FEWEST_WORDS_OF_A_TITLE


def _continues_column(column: int, above: Row | None, *, is_year: bool) -> bool:
    """Return whether a lone number is in a column of figures or under a name, and so no page number."""
    if above is None:
        return False
    return column in above.numeric if above.shape == "data" else column in above.filled and not is_year


def _counts_on(texts: Sequence[str], words: list[int], numbers: list[int], below: Sequence[str]) -> bool:
    """Return whether the numbers in a row of names are names too, as of grades: "Tổng số | 6 | 7 | 8 | 9"."""
    printed = [texts[c].strip() for c in numbers]
    if len(printed) < 3 or not all(map(str.isdecimal, printed)) or (words and words[-1] > numbers[0]):
        return False
    first = int(printed[0])
    if [int(text) for text in printed] != list(range(first, first + len(printed))):
        return False
    names_number = any(find_kind(below[c]) == "number" for c in words)  # a word over a figure is a header
    return names_number or not words or is_worded("grade_header", texts[words[-1]])


def _are_figures(
    number: int, texts: Sequence[str], words: list[int], years: list[int], around: _Surroundings
) -> bool:
    """Return whether what look like years, in a row without other numbers, are figures: 1995 schools."""
    printed = [texts[c].strip() for c in years]
    if not all(map(is_bare_year, printed)) or all(is_worded("year_header", texts[c]) for c in words):
        # Nothing but a year labels them.
        return False
    if words and min(words) > years[0] and not any(text.strip() for text in texts[: years[0]]):
        # Nothing labels them, and one of them is no figure.
        return False
    if len(printed) > 2 and [int(year) for year in printed] == list(range(int(printed[0]), int(printed[-1]) + 1)):
        return False
    return around.is_named or (
        around.after_data and around.above is not None and around.above.number == number - 1
    )
