"""Progress towards a target as Open SDG and Statistics Canada measure it, so that classes can be compared.

The rule compares the compound growth since 2015 with the growth the target takes; formulas in `open_sdg`.
It flatters low bases: 0.37 in 2015 and 14.63 in 2024 is "on track" for 60 in 2030. hpedu's own verdict is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

import polars as pl

from hpedu.outlook.open_sdg import ACHIEVED, DIRECTIONS, NOT_AVAILABLE, Rule, name_score
from hpedu.outlook.tables import Intake, Kind, fill_columns, list_series, match_targets, tell_direction

BASE_YEAR, TARGET_YEAR = 2015, 2030

SERIES: dict[str, Kind] = {"indicator": "text", "year": "year", "value": "number"}
SERIES_OPTIONS: dict[str, Kind] = {
    "unit": "text",
    "series": "text",
    "direction": "text",
    "limit": "number",
    "lower": "number",
    "upper": "number",
}
TARGETS: dict[str, Kind] = {"indicator": "text", "target": "number"}
TARGETS_OPTIONS: dict[str, Kind] = {
    "unit": "text",
    "target_year": "year",
    "base_year": "year",
    "direction": "text",
    "comparison": "text",
}
KEYS = ["unit", "indicator", "series"]

PROGRESS: dict[str, Any] = {
    "unit": pl.String,
    "indicator": pl.String,
    "series": pl.String,
    "direction": pl.String,
    "base_year": pl.Int32,
    "base_value": pl.Float64,
    "latest_year": pl.Int32,
    "latest_value": pl.Float64,
    "target": pl.Float64,
    "target_year": pl.Int32,
    "cagr_observed": pl.Float64,  # a year, as a fraction; negative where the value falls
    "cagr_required": pl.Float64,
    "ratio": pl.Float64,  # R: progress made to progress needed; null without a target
    "shrink": pl.Float64,  # C: the factor of the thresholds near a limit; null with a target
    "class": pl.String,
    "score": pl.Float64,  # -5 to 5
    "reason": pl.String,  # why not available, else ""
    "notes": pl.String,  # zero_base, zero_target, beyond_limit; joined by ";"
}
"""One row a series and target. `base_value` and `latest_value` are as folded for `parity` and `around`."""


def measure_progress(
    series: pl.DataFrame,
    targets: pl.DataFrame | None = None,
    *,
    direction: str | None = None,
    base_year: int = BASE_YEAR,
    target_year: int = TARGET_YEAR,
) -> pl.DataFrame:
    """Class and score of each series by the Open SDG rule, with a target or without.

    Parameters
    ----------
    series
        `indicator, year, value` and perhaps `unit` (country, city), `series` (one of several of an
        indicator), `direction`, and the natural `limit` (or `upper`, `lower`) that shrinks the thresholds
        where there is no target. A year may be a range: 2015-2016 is 2015.
    targets
        `indicator, target` and perhaps `unit, target_year, base_year, direction, comparison`. Several target
        years of one indicator are measured each.
    direction
        For all series, where no table says it: `up`, `down`, `parity` (a ratio that should be 1) or `around` (a
        share that should be the target, neither less nor more). There is no default: it decides the class.
    base_year
        The first year that counts, or else the next one there is.

    Returns
    -------
    polars.DataFrame
        Columns `PROGRESS`, by unit, indicator, series, target year. A latest value that meets the target is
        `target_achieved` whatever the trend, also where none can be measured.

    Raises
    ------
    SeriesError
        With everything wrong in both tables: columns, years, repeats, series without a direction.
    """
    intake = Intake()
    rows = fill_columns(intake.take(series, "series", SERIES, SERIES_OPTIONS), SERIES_OPTIONS)
    goals = take_targets(intake, targets)
    rows = rows.with_columns(pl.col("unit", "series").fill_null(""))
    intake.finish()
    intake.refuse_repeats(rows.drop_nulls("value"), "series", [*KEYS, "year"])
    by_series = list_series(rows, KEYS)
    described = {tuple(row[key] for key in KEYS): row for row in rows.iter_rows(named=True)}
    found = []
    for key, goal in _pair(list(by_series), goals):
        about = described.get(key)
        way = tell_direction(about, goal, default=direction)
        if not _check_direction(intake, key, way, goal):
            continue
        rule = Rule(
            way=str(way),
            target=1.0 if way == "parity" else goal["target"] if goal else None,
            base_year=(goal and goal["base_year"]) or base_year,
            target_year=(goal and goal["target_year"]) or target_year,
            limit=_limit(about, way),
        )
        points = [(row["year"], row["value"]) for row in by_series.get(key, [])]
        found.append(dict(zip(KEYS, key, strict=True)) | rule.measure(points))
    intake.finish()
    return pl.DataFrame(found, schema=PROGRESS, orient="row").sort(*KEYS, "target_year")


def take_targets(intake: Intake, targets: pl.DataFrame | None) -> pl.DataFrame | None:
    """The columns of a table of targets; problems are noted."""
    if targets is None:
        return None
    goals = fill_columns(intake.take(targets, "targets", TARGETS, TARGETS_OPTIONS), TARGETS_OPTIONS)
    intake.refuse_repeats(goals, "targets", ["indicator", "unit", "target_year"])
    return goals


Key = tuple[str, ...]


def _pair(series: list[Key], goals: pl.DataFrame | None) -> list[tuple[Key, dict[str, Any] | None]]:
    """Every series with each of its targets, or with none; targets nobody has a series for as well."""
    wanted = match_targets(goals, list(dict.fromkeys((unit, indicator) for unit, indicator, _ in series)))
    pairs: list[tuple[Key, dict[str, Any] | None]] = []
    for pair, own in wanted.items():
        keys: list[Key] = [key for key in series if key[:2] == pair] or [(*pair, "")]
        for key in keys:
            pairs += [(key, goal) for goal in own] or [(key, None)]
    return pairs


def _check_direction(intake: Intake, key: Key, way: str | None, goal: Mapping[str, Any] | None) -> bool:
    where, known = ", ".join(part for part in key if part), ", ".join(DIRECTIONS)
    if way is None:
        intake.complain("series", where, f"has no direction; say one of {known}: it is never guessed")
    elif way not in DIRECTIONS:
        intake.complain(
            "series", where, f"has an unknown direction or comparison; known are {known}, >=, >, <=, <", way
        )
    elif way == "around" and (goal is None or goal["target"] is None):
        intake.complain("targets", where, "needs a target to be around")
    else:
        return True
    return False


def _limit(about: Mapping[str, Any] | None, way: str | None) -> float | None:
    """The limit on the way of progress: named as such, or the bound at that end."""
    if about is None:
        return None
    bound: float | None = about["upper"] if way == "up" else about["lower"]
    limit: float | None = about["limit"]
    return bound if limit is None else limit


def combine_progress(progress: pl.DataFrame) -> pl.DataFrame:
    """Class and score of each indicator from its series: the mean score, cut at 2.5, 0 and -2.5.

    Series that are not available do not count; an indicator is achieved only if all that count are.

    Parameters
    ----------
    progress
        As `measure_progress` returns it.

    Returns
    -------
    polars.DataFrame
        `unit, indicator, target_year, class, score, series` (how many counted), `left_out`.
    """
    rows = []
    for key, group in progress.group_by("unit", "indicator", "target_year", maintain_order=True):
        scores = group["score"].drop_nulls().to_list()
        classes = group.filter(pl.col("score").is_not_null())["class"].to_list()
        score = fmean(scores) if scores else None
        done = bool(classes) and set(classes) == {ACHIEVED}
        name = NOT_AVAILABLE if score is None else ACHIEVED if done else name_score(score)
        rows.append((*key, name, score, len(scores), group.height - len(scores)))
    schema = {name: PROGRESS[name] for name in ("unit", "indicator", "target_year", "class", "score")}
    return pl.DataFrame(rows, schema=schema | {"series": pl.Int32, "left_out": pl.Int32}, orient="row")
