"""Measure the pace of a series, the pace its target takes, and the best pace ever reached over as many years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from statistics import median
from typing import Any

import polars as pl

from hpedu.outlook.intake import KEY, Intake, Row, find_direction, locate, pair_targets
from hpedu.sums import read_columns

LEAST_POINTS = 3
"""Fewer points make no trend."""

PACES = read_columns("paces")

Points = Sequence[tuple[int, float]]
Growth = Callable[[float, float, int], float | None]


def measure_pace(series: pl.DataFrame, targets: pl.DataFrame, *, as_of: int | None = None) -> pl.DataFrame:
    """Return the observed, the required and the best pace of each series towards each of its targets.

    Observed is the median of the yearly changes, a change over a gap of n years being divided by n; null below
    three points. Required is the straight way (for counts: the steady growth) from the last value to the
    target, over the years that are left. Best is the best run over as many years; where no two points lie so far
    apart, over the longest run that is shorter, and `best_years` says how long it was.

    Parameters
    ----------
    series
        `indicator, year, value` and perhaps `place`, `direction`, `kind`: `rate` (default) or `ratio`
        (differences in the value's own unit), or `count` (percent), and `break_year`: earlier values are of
        another kind, and no pace is measured from one of them.
    targets
        `indicator, target` and perhaps `place, target_year, direction, comparison`. Without a target year there
        is no required pace: a floor for every year.
    as_of
        The year it is now: what is left is counted from it, as if an older last value still held. Without it,
        from the year of the last value.

    Returns
    -------
    polars.DataFrame
        Columns `PACES`, by place, indicator, target year.
    """
    intake = Intake()
    rows, goals = intake.take_series(series), intake.take_targets(targets)
    intake.refuse_repeats(goals, "targets", [*KEY, "target_year"])
    intake.finish()
    found = []
    for head, own, goal in pair_targets(rows, goals.drop_nulls("target")):
        about = own[-1] if own else None
        way = find_direction(goal, about)
        if goal and intake.check_direction(way, ("up", "down"), "targets", locate(head, KEY)):
            kind = (about and about["kind"]) or "rate"
            found.append(head | {"kind": kind} | _measure(_list_points(own), goal, str(way), kind, as_of))
    intake.finish()
    return pl.DataFrame(found, schema=PACES, orient="row").sort(*KEY, "target_year")


def _list_points(rows: Sequence[Row]) -> Points:
    """Return year and value since the series last broke; of a series that ends before, the last one."""
    known = [row for row in rows if row["value"] is not None]
    start = max((row["break_year"] for row in known if row["break_year"] is not None), default=None)
    points = [(row["year"], row["value"]) for row in known]
    return [point for point in points if start is None or point[0] >= start] or points[-1:]


def _measure(points: Points, goal: Row, way: str, kind: str, as_of: int | None) -> dict[str, Any]:
    row: dict[str, Any] = {"target": goal["target"], "target_year": goal["target_year"], "points": len(points)}
    if not points:
        return row | {"state": "no_value"}
    growth = grow_percent if kind == "count" else grow_points
    last_year, last = points[-1]
    observed = observe_pace(points, growth)
    row |= {"last_year": last_year, "last_value": last, "observed": observed}
    if is_met(last, goal, way):
        return row | {"state": "met"}
    if goal["target_year"] is None:
        return row | {"state": "no_year"}
    left = goal["target_year"] - max(last_year, as_of or last_year)
    if left <= 0:
        return row | {"state": "due", "years_left": left}
    required = growth(last, goal["target"], left)
    run = find_best_run(points, left, way, growth)
    return row | {
        "state": "ok",
        "years_left": left,
        "required": required,
        "ratio": observed / required if observed is not None and required else None,
        **({"best": run[0], "best_years": run[2] - run[1], "best_from": run[1], "best_to": run[2]} if run else {}),
    }


def is_met(value: float, goal: Row, way: str) -> bool:
    """Return whether a value meets a target: by its comparison, strict ones strictly; else by the direction."""
    sign = 1 if way == "up" else -1
    strict = goal.get("comparison") in (">", "<")
    difference = sign * (value - goal["target"])
    return bool(difference > 0 if strict else difference >= 0)


def grow_points(first: float, last: float, years: int) -> float | None:
    """Return the change a year, in the unit of the values."""
    return (last - first) / years


def grow_percent(first: float, last: float, years: int) -> float | None:
    """Return the steady growth a year in percent; None from or below zero."""
    return float((last / first) ** (1 / years) - 1) * 100 if first > 0 and last >= 0 else None


def observe_pace(points: Points, growth: Growth = grow_points) -> float | None:
    """Return the median yearly change of (year, value) in order of years; None below `LEAST_POINTS` points."""
    if len(points) < LEAST_POINTS:
        return None
    changes = [growth(a, b, later - earlier) for (earlier, a), (later, b) in pairwise(points)]
    known = [change for change in changes if change is not None]
    return median(known) if known else None


def find_best_run(points: Points, years: int, way: str, growth: Growth) -> tuple[float, int, int] | None:
    """Return the best pace between two points `years` apart, with first and last year; None of a single point.

    Where no two points lie so far apart, the farthest apart that are closer; else the closest there are.
    """
    spans = {later - earlier for (earlier, _), (later, _) in combinations(points, 2)}
    if not spans:
        return None
    fitting = [span for span in spans if span <= years]
    span = max(fitting) if fitting else min(spans)
    runs = [
        (pace, earlier, later)
        for (earlier, a), (later, b) in combinations(points, 2)
        if later - earlier == span and (pace := growth(a, b, span)) is not None
    ]
    # Of equal runs the latest.
    return max(runs, key=lambda run: (run[0] if way == "up" else -run[0], run[2]), default=None)
