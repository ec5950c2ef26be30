"""Where a target stands for a territory. The state comes before any trend: no trend from too little data."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import polars as pl

from hpedu.registry import Registry
from hpedu.registry.models import Target

STALE_YEARS = 3  # a last value older than this is shown with a caution
LEAST_POINTS = 3  # fewer points make no trend

COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt, "<=": operator.le}


@dataclass(frozen=True)
class Standing:
    """One target in one territory, seen from one school year.

    `state` is a code of the registry (dimension `state`). Paces are in the target's unit a year. All figures
    are None where there are none.
    """

    target: Target
    territory: str
    state: str
    stale: bool = False
    points: int = 0
    last: dict[str, Any] | None = None  # the row of the newest indicator value
    gap: float | None = None  # target minus last value; positive: still to go (for a floor)
    observed_pace: float | None = None  # median yearly change
    required_pace: float | None = None  # from the last value to the target year


def assess_targets(values: pl.DataFrame, book: Registry, territory: str, year: int) -> list[Standing]:
    """Assess every target of the registry for a territory, from values up to and including `year`.

    Parameters
    ----------
    values
        Columns as `hpedu.indicators.VALUES`.

    Returns
    -------
    list of Standing
        In the order of the plans; for a country all of them `not_judged`.
    """
    known: dict[str, list[dict[str, Any]]] = {}
    usable = values.filter(pl.col("territory") == territory, pl.col("year") <= year).sort("year")
    for row in usable.iter_rows(named=True):
        known.setdefault(row["indicator"], []).append(row)
    standings = [_assess(target, territory, year, known) for target in book.targets.values()]
    if book.territories[territory].role == "country":  # shown for comparison, never judged
        return [Standing(s.target, territory, "not_judged", points=s.points, last=s.last) for s in standings]
    return standings


def _assess(target: Target, territory: str, year: int, known: dict[str, list[dict[str, Any]]]) -> Standing:
    if target.kind == "milestone":
        return _assess_milestone(target, territory, known.get(target.milestone_indicator, []))
    rows = [row for row in known.get(target.id, []) if not row["qualifier"]]
    if not rows:
        return Standing(target, territory, "no_data")
    last = rows[-1]
    goal = float(target.value)
    met = COMPARE[target.comparison](last["value"], goal)
    stale = year - last["year"] > STALE_YEARS
    years_left = None if target.year is None else target.year - last["year"]
    return Standing(
        target,
        territory,
        state=_name_state(met, years_left, len(rows)),
        stale=stale,
        points=len(rows),
        last=last,
        gap=goal - last["value"],
        observed_pace=observe_pace([(row["year"], row["value"]) for row in rows]),
        required_pace=(goal - last["value"]) / years_left if years_left and years_left > 0 and not met else None,
    )


def _name_state(met: bool, years_left: int | None, points: int) -> str:
    if met:
        return "met"
    if years_left is not None and years_left <= 0:
        return "missed"
    return "one_point" if points == 1 else "short" if points < LEAST_POINTS else "under_way"


def _assess_milestone(target: Target, territory: str, rows: Sequence[dict[str, Any]]) -> Standing:
    if not rows:
        return Standing(target, territory, "milestone_unreported")
    last = rows[-1]
    state = "milestone_reached" if last["value"] >= 1 else "milestone_not_reached"
    return Standing(target, territory, state, points=len(rows), last=last)


def observe_pace(points: Sequence[tuple[int, float]]) -> float | None:
    """Median yearly change of a series of (year, value) in order; None below `LEAST_POINTS` points."""
    if len(points) < LEAST_POINTS:
        return None
    return median((b - a) / (later - earlier) for (earlier, a), (later, b) in pairwise(points))
