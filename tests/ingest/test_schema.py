"""Where a figure stands, as pages and exports name it."""

from __future__ import annotations

import pytest

from hpedu.ingest.schema import split_place


@pytest.mark.parametrize(
    ("place", "file", "cell"),
    [
        ("nso/a.csv!B3", "nso/a.csv", "B3"),
        ("so_lieu.xlsx!Mầm non!C5", "so_lieu.xlsx", "Mầm non!C5"),
        ("x!y.csv!B3", "x!y.csv", "B3"),
        ("a.csv + b.csv!B3 + B4", "a.csv + b.csv", "B3 + B4"),
        ("list.xlsx!", "list.xlsx", ""),
    ],
)
def test_a_place_is_split_after_its_file(place: str, file: str, cell: str) -> None:
    assert split_place(place) == (file, cell)
