"""The rows of a grid as they look: which hold values, which may be headers, titles or notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hpedu.ingest.columns import is_index
from hpedu.ingest.grid import Grid
from hpedu.ingest.header_words import is_worded
from hpedu.ingest.kinds import find_kind, is_bare_year, is_numbering

Shape = Literal["blank", "data", "text", "numbering"]
"""`data` has values, `numbering` counts the columns (A, B, 1, 2), `text` is anything else that is printed."""

_INDEX_PLACES = 3  # an index stands in one of the first columns


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a grid: its number, its look, the columns where something stands, and those with a value."""

    number: int
    shape: Shape
    filled: tuple[int, ...]
    numeric: tuple[int, ...] = ()


def read_rows(grid: Grid) -> list[Row]:
    """All rows of a grid, in order."""
    index = _index_columns(grid)
    rows: list[Row] = []
    above: Row | None = None  # the last row with anything in it
    names: set[tuple[str, ...]] = set()  # rows of names seen: they come again on each page
    below = [*grid.rows[1:], [""] * grid.width]
    for number, (texts, its_below) in enumerate(zip(grid.rows, below, strict=True)):
        row = _read_row(number, texts, index, above, its_below)
        if row.shape == "data" and tuple(texts) in names:
            row = Row(number, "text", row.filled)
        elif row.shape == "text" and len(row.filled) > 1:
            names.add(tuple(texts))
        rows.append(row)
        above = above if row.shape == "blank" else row
    return rows


def _index_columns(grid: Grid) -> set[int]:
    """Columns that count the rows. Their numbers are no values where a text follows them."""
    columns = [c for c in range(grid.width) if any(row[c].strip() for row in grid.rows)][:_INDEX_PLACES]
    return {c for c in columns if is_index(_numbers_before_text(grid, c)) or _is_headed_index(grid, c)}


def _numbers_before_text(grid: Grid, column: int) -> Iterator[str]:
    """The numbers that begin a row and have a text behind them."""
    for row in grid.rows:
        begins = not any(text.strip() for text in row[:column])
        if begins and find_kind(row[column]) == "number" and find_kind(_text_after(row, column)) == "text":
            yield row[column]


def _is_headed_index(grid: Grid, column: int) -> bool:
    texts = {row[column] for row in grid.rows}
    return any(is_worded("index_header", line) for text in texts for line in text.split("\n") if line.strip())


def _text_after(texts: Sequence[str], column: int) -> str:
    return next((text for text in texts[column + 1 :] if text.strip()), "")


def _read_row(number: int, texts: Sequence[str], index: set[int], above: Row | None, below: Sequence[str]) -> Row:
    kinds = {column: kind for column, text in enumerate(texts) if (kind := find_kind(text)) != "blank"}
    filled = tuple(kinds)
    if not filled:
        return Row(number, "blank", ())
    if above is not None and above.shape == "text" and is_numbering([texts[c] for c in filled]):
        return Row(number, "numbering", filled)
    counted = {c for c in filled if c in index and find_kind(_text_after(texts, c)) == "text"}
    words = [c for c in filled if kinds[c] == "text" or c in counted]
    years = [c for c in filled if kinds[c] == "year" and c not in counted]
    numbers = [c for c in filled if kinds[c] == "number" and c not in counted]
    marks = [c for c in filled if kinds[c] == "mark"]
    numeric = tuple(sorted(numbers + marks + years))
    after_data = above is not None and above.shape == "data"
    if len(filled) == 1 and numeric:
        is_data = above is not None and filled[0] in (above.numeric if after_data else above.filled)
        is_data = is_data and (after_data or not years)
    elif numbers:
        is_data = after_data or not _counts_on(texts, words, numbers, below)
    elif marks:
        is_data = len(marks) >= len(words) - 1
    else:
        is_data = bool(years) and _are_numbers(number, texts, words, years, above)
    return Row(number, "data" if is_data else "text", filled, numeric if is_data else ())


def _counts_on(texts: Sequence[str], words: list[int], numbers: list[int], below: Sequence[str]) -> bool:
    """Whether the numbers in a row of names are names too, as of grades: "Tổng số | 6 | 7 | 8 | 9"."""
    printed = [texts[c].strip() for c in numbers]
    if len(printed) < 3 or not all(map(str.isdigit, printed)) or (words and words[-1] > numbers[0]):
        return False
    first = int(printed[0])
    if [int(text) for text in printed] != list(range(first, first + len(printed))):
        return False
    names_number = any(find_kind(below[c]) == "number" for c in words)  # a word over a figure is a header
    return names_number or not words or is_worded("grade_header", texts[words[-1]])


def _are_numbers(number: int, texts: Sequence[str], words: list[int], years: list[int], above: Row | None) -> bool:
    """Whether what looks like years in a row without other numbers is figures: 1995 schools, 2010 classes."""
    if not all(is_bare_year(texts[c]) for c in years):
        return False
    if not words:  # nothing labels them: a header, unless one stands in a column of figures
        return len(years) == 1 and above is not None and above.shape == "data" and years[0] in above.numeric
    if all(is_worded("year_header", texts[c]) for c in words):
        return False
    return above is not None and above.number == number - 1 and len(above.filled) > 1
