"""Slips of the hand that no single cell shows."""

from __future__ import annotations

from typing import Any

import pytest

from hpedu.ingest.forms.slips import Figure, find_misplaced, find_slips
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef

LEVELS = ("nursery", "kindergarten", "primary", "lower_secondary", "upper_secondary", "continuing")
YEARS = range(2019, 2024)


def make_row(
    place: int, year: int, value: float, territory: str = "hai_phong_old"
) -> dict[Figure, dict[str, Any]]:
    """A figure in row `place` of a sheet, or of the block of another territory, in the column of its year."""
    figure = Figure(territory, year, SeriesRef("pupils", LEVELS[place]))
    cell = f"{chr(ord('D') + year - YEARS[0])}{(10 if territory == 'hai_phong_old' else 30) + place}"
    return {figure: {"sheet": "S", "cell": cell, "printed": str(value), "value": value, "unit": "persons"}}


def test_a_whole_block_moved_by_one_row_shows_beside_what_was_known(registry: Registry) -> None:
    sizes = [1000.0, 3000.0, 20_000.0, 5000.0, 60_000.0, 15_000.0]
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


def test_a_whole_block_of_new_figures_moved_by_one_row_is_asked_back_beside_another_territory(
    registry: Registry,
) -> None:
    sizes = [1000.0, 30_000.0, 2000.0, 60_000.0, 5000.0, 20_000.0]
    other, right, moved = {}, {}, {}
    for year in YEARS:
        for place, size in enumerate(sizes):
            now = size * 1.1 ** (year - YEARS[0])
            # The other place is larger, and no two places are alike in all levels.
            other |= make_row(place, year, now * (1.4 + 0.1 * (place % 3)), "hai_duong_old")
            right |= make_row(place, year, now)
            moved |= make_row(place + 1, year, now) if place + 1 < len(sizes) else {}
    assert not find_misplaced(right | other, registry)
    assert not find_slips(moved | other, {}, registry)
    found = find_misplaced(moved | other, registry)
    assert [[figure.series.level for figure in pair] for pair in found] == [[level] * 2 for level in LEVELS[1:]]
    assert {figure.territory for pair in found for figure in pair} == {"hai_phong_old", "hai_duong_old"}


@pytest.mark.parametrize(
    ("typed", "moved"),
    [
        # Each figure stands one row too low: the second and the last, which fit their own rows, too, as well.
        ([1000.0, 1000.0, 1100.0, 4000.0, 8000.0, 16_000.0], [1, 2, 3, 4, 5]),
        # A zero is no slip, and hides none.
        ([0.0, 1000.0, 1100.0, 4000.0, 8000.0, 16_000.0], [1, 2, 3, 4, 5]),
        ([1000.0, 1100.0, 4000.0, 8000.0, 16_000.0, 0.0], []),
    ],
)
def test_what_was_pasted_with_figures_of_another_row_is_named_with_them(
    registry: Registry, typed: list[float], moved: list[int]
) -> None:
    sizes = [1000.0, 1100.0, 4000.0, 8000.0, 16_000.0, 16_500.0]
    known, rows = {}, {}
    for place, (size, value) in enumerate(zip(sizes, typed, strict=True)):
        known |= make_row(place, YEARS[0], size) | make_row(place, YEARS[1], size * 1.01)
        rows |= make_row(place, YEARS[2], value)
    found = find_slips(rows, known, registry)
    assert [figure.series.level for figure in rows if figure in found] == [LEVELS[place] for place in moved]
