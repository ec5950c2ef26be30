"""Grids: rows of one width, and the names of their cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.schema import address
from hpedu.ingest.sheet.grid import Merge, is_blank, make_grid


@pytest.mark.parametrize(
    ("row", "column", "name"), [(0, 0, "A1"), (4, 2, "C5"), (0, 26, "AA1"), (1048575, 16383, "XFD1048576")]
)
def test_addresses_are_those_of_a_spreadsheet(row: int, column: int, name: str) -> None:
    assert address(row, column) == name


@given(st.lists(st.lists(st.text(max_size=3), max_size=5), max_size=5))
def test_rows_of_any_length_come_to_one_width(rows: list[list[str]]) -> None:
    grid = make_grid("s", rows)
    assert {len(row) for row in grid.rows} <= {grid.width}
    assert [row[: len(given)] for row, given in zip(grid.rows, rows, strict=True)] == rows
    assert all(text == "" for row, given in zip(grid.rows, rows, strict=True) for text in row[len(given) :])


def test_the_rows_given_stay_as_they_were() -> None:
    rows = [["a"], ["b", "c"]]
    make_grid("s", rows, [Merge(0, 0, 0, 1)])
    assert rows == [["a"], ["b", "c"]]


def test_an_empty_sheet_has_no_width() -> None:
    assert make_grid("s", []).width == 0


@pytest.mark.parametrize("text", ["", " ", "\n", "\u00a0"])
def test_white_space_is_nothing(text: str) -> None:
    assert is_blank(text)


def test_a_soft_hyphen_is_a_letter_of_tcvn3() -> None:
    assert not is_blank("\xad")
