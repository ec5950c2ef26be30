"""Where a figure begins to be one that leaves its series: what lies on each bound, and just beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from hpedu.ingest.checks.figures import Figures
from hpedu.ingest.checks.jumps import check_jumps, check_unit_slips
from hpedu.registry import Registry

Make = Callable[..., pl.DataFrame]


def read(make: Make, registry: Registry, values: Sequence[float], *others: dict[str, Any], **same: Any) -> Figures:
    """The figures of one series, a year after the other, and more."""
    rows = [{"year": 2010 + n, "value": value} | same for n, value in enumerate(values)]
    return Figures(make(*rows, *others), registry)


RATE = {"measure": "pupil_share", "level": "preschool", "unit": "percent"}


@pytest.mark.parametrize(
    ("newest", "jumps"), [(55.0, False), (55.1, True), (45.0, False), (44.9, True), (50.0, False)]
)
def test_five_points_are_usual_of_any_share_and_more_are_not(
    make_observations: Make, registry: Registry, newest: float, jumps: bool
) -> None:
    figures = read(make_observations, registry, [50.0] * 9 + [newest], **RATE)
    assert bool(list(check_jumps(figures))) is jumps


@pytest.mark.parametrize(("step", "jumps"), [(8.8, False), (9.0, True)])
def test_six_times_what_is_usual_is_far(
    make_observations: Make, registry: Registry, step: float, jumps: bool
) -> None:
    """Worked: of changes of +1, -1 and 0 in turn the MAD is 1; 6 * 1.4826 = 8.8956."""
    values = [50.0, 51.0, 50.0] * 7
    figures = read(make_observations, registry, [*values, 50.0, 50.0 + step], **RATE)
    assert bool(list(check_jumps(figures))) is jumps


@pytest.mark.parametrize(
    ("values", "slipped"),
    [
        # One neighbour is enough for a thousand, which no growth explains, and two are for a hundred.
        ([5e3, 5e6], [2011]),
        ([5e3, 5e5], []),
        ([5e3, 5e3, 5e5], [2012]),
        # Not where a school of a few pupils has begun.
        ([19.0, 19e3], []),
        ([20.0, 20e3], [2011]),
    ],
)
def test_the_fewer_neighbours_the_more_it_takes(
    make_observations: Make, registry: Registry, values: list[float], slipped: list[int]
) -> None:
    found = check_unit_slips(read(make_observations, registry, values))
    assert sorted({row["year"] for row in found}) == slipped
