"""Slips of the hand that no single cell shows."""

from __future__ import annotations

from typing import Any

from hpedu.ingest.forms.slips import Figure, find_slips
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef

LEVELS = ("nursery", "kindergarten", "primary", "lower_secondary", "upper_secondary", "continuing")
YEARS = range(2019, 2024)


def make_row(place: int, year: int, value: float) -> dict[Figure, dict[str, Any]]:
    """A figure in row `place` of a sheet, in the column of its year."""
    figure = Figure("hai_phong_old", year, SeriesRef("pupils", LEVELS[place]))
    cell = f"{chr(ord('D') + year - YEARS[0])}{10 + place}"
    return {figure: {"sheet": "S", "cell": cell, "printed": str(value), "value": value, "unit": "persons"}}


def test_a_whole_block_moved_by_one_row_shows_beside_what_was_known(registry: Registry) -> None:
    sizes = [1000.0 * 2**place for place in range(len(LEVELS))]
    known, right, moved = {}, {}, {}
    for place, size in enumerate(sizes):
        known |= make_row(place, YEARS[0], size)
        for year in YEARS[1:]:
            right |= make_row(place, year, size * (1 + 0.01 * (year - YEARS[0])))
            if place:
                moved |= make_row(place, year, sizes[place - 1] * (1 + 0.01 * (year - YEARS[0])))
    assert not find_slips(right, known, registry)
    found = find_slips(moved, known, registry)
    assert {reason for reason, _ in found.values()} == {"form_moved"}
    assert found.keys() == moved.keys()
