"""Progress towards a target as Open SDG and Statistics Canada measure it, so that classes can be compared.

The rule compares the compound growth since 2015 with the growth the target takes; formulas in `open_sdg`.
It flatters low bases: 0.37 in 2015 and 14.63 in 2024 is "on track" for 60 in 2030. hpedu's own verdict is another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from hpedu.outlook.series import Intake, Kind, fill_columns, list_series, match_targets, tell_direction

ACHIEVED = "target_achieved"
ON_TRACK = "substantial_progress"  # "on track" on the pages
MODERATE = "moderate_progress"  # "progress made but acceleration needed"
LIMITED = "limited_progress"
DETERIORATION = "deterioration"
NOT_AVAILABLE = "not_available"
CLASSES = (ACHIEVED, ON_TRACK, MODERATE, LIMITED, DETERIORATION, NOT_AVAILABLE)

ALMOST_ZERO = 0.001  # stands for a base value or target of 0, which growth cannot start from or lead to
LIMIT_POWER = 4.44
PARITY_FROM, PARITY_TO = 0.97, 1.03  # counts as parity
DIRECTIONS = ("up", "down", "parity", "around")


@dataclass(frozen=True)
class Rule:
    """How one series is measured."""

    way: str
    target: float | None
    base_year: int
    target_year: int
    limit: float | None

    def measure(self, points: list[tuple[int, float]]) -> dict[str, Any]:
        """The row of `PROGRESS`, without its keys."""
        values = [(year, fold(value, self.way, self.target)) for year, value in points]
        target = ALMOST_ZERO if self.target == 0 else self.target
        row: dict[str, Any] = {
            "direction": self.way,
            "target": self.target,
            "target_year": None if self.target is None else self.target_year,
        }
        if not values:
            return row | {"class": NOT_AVAILABLE, "reason": "no_value", "notes": ""}
        (latest_year, latest) = values[-1]
        row |= {"latest_year": latest_year, "latest_value": latest}
        from_base = [point for point in values if point[0] >= self.base_year]
        if not from_base:
            return row | {"class": NOT_AVAILABLE, "reason": "base_after_last", "notes": ""}
        (first_year, first) = from_base[0]
        row |= {"base_year": first_year, "base_value": first}
        sign = 1 if self.way == "up" else -1
        achieved = target is not None and sign * (latest - target) >= 0
        notes = list(self._note(first))
        base = first or ALMOST_ZERO
        reason = _find_obstacle(first_year, base, latest_year, latest, target, self.target_year)
        if reason:
            row |= {"class": NOT_AVAILABLE, "reason": reason}
        else:
            growth = compound_growth(base, latest, latest_year - first_year)
            row |= {"cagr_observed": growth, "reason": ""}
            progress = (1 if base > 0 else -1) * sign * growth
            if target is None:
                shrink = shrink_thresholds(first, self.limit)
                row |= {"shrink": shrink, "class": name_growth(progress, shrink)}
                row |= {"score": score_growth(progress, shrink)}
            else:
                required = compound_growth(base, target, self.target_year - first_year)
                ratio = progress / abs(required) if required else math.copysign(math.inf, progress)
                row |= {"cagr_required": required, "ratio": ratio, "class": name_ratio(ratio)}
                row |= {"score": score_ratio(ratio)}
        if achieved:
            row |= {"class": ACHIEVED, "score": 5.0, "reason": ""}
        return row | {"notes": ";".join(notes)}

    def _note(self, base: float) -> Iterator[str]:
        if base == 0:
            yield "zero_base"
        if self.target == 0:
            yield "zero_target"
        if self.target is None and self.limit is not None:
            beyond = base > self.limit if self.way == "up" else base < self.limit
            if beyond:
                yield "beyond_limit"


def _find_obstacle(
    first_year: int, base: float, latest_year: int, latest: float, target: float | None, target_year: int
) -> str:
    """Why growth cannot be measured; empty if it can."""
    if latest_year == first_year:
        return "single_point"
    if base * latest < 0 or (target is not None and base * target < 0):
        return "mixed_signs"
    if target is not None and target_year <= first_year:
        return "target_year_before_base"
    return ""


def fold(value: float, way: str, target: float | None) -> float:
    """The value turned so that less is better, where both too little and too much are bad.

    A parity ratio becomes max(y, 1/y), and 1 if it is 0.97 to 1.03; a share that should be at the target becomes
    target + |y - target|. A parity of 0 or less cannot be folded and stays.
    """
    if way == "parity" and value > 0:
        return 1.0 if PARITY_FROM <= value <= PARITY_TO else max(value, 1 / value)
    if way == "around" and target is not None:
        return target + abs(value - target)
    return value


def compound_growth(first: float, last: float, years: int) -> float:
    """Growth a year as a fraction; both values of one sign, `years` at least 1."""
    return float((last / first) ** (1 / years)) - 1


def shrink_thresholds(base: float, limit: float | None) -> float:
    """C: what is left of the thresholds when the base lies near the natural limit; 1 far from it, 0 on it."""
    if limit is None:
        return 1.0
    y, bound = abs(base), abs(limit)
    if y >= 2 * bound:
        return 1.0
    nearness = y / bound if y <= bound else (2 * bound - y) / bound
    return float(1 - nearness**LIMIT_POWER)


def name_ratio(ratio: float) -> str:
    """The class of R."""
    return ON_TRACK if ratio >= 0.95 else MODERATE if ratio >= 0.6 else LIMITED if ratio >= 0 else DETERIORATION


def name_growth(growth: float, shrink: float) -> str:
    """The class of growth in the wanted direction, without a target."""
    if growth >= 0.015 * shrink and growth >= 0:
        return ON_TRACK
    return MODERATE if growth >= 0.005 * shrink and growth >= 0 else LIMITED if growth >= 0 else DETERIORATION


def score_ratio(ratio: float) -> float:
    """-5 to 5 with a target: 0 at R = 0.6, 5 from 1.3 on, -5 at -0.6 and below."""
    return min(7.1429 * ratio - 4.2857, 5.0) if ratio >= 0.6 else max(4.1667 * ratio - 2.5, -5.0)


def score_growth(growth: float, shrink: float) -> float:
    """-5 to 5 without a target: -2.5 at no growth, 0 at 0.5%, 2.5 at 1.5%, 5 from 2% on (times C)."""
    if growth < 0:
        return max(125 * growth - 2.5, -5.0)
    if shrink == 0:
        return 5.0
    pace = growth / shrink
    if pace >= 0.015:
        return min(500 * pace - 5, 5.0)
    return 250 * pace - 1.25 if pace >= 0.005 else 500 * pace - 2.5


def name_score(score: float) -> str:
    """The class of a mean score."""
    return ON_TRACK if score >= 2.5 else MODERATE if score >= 0 else LIMITED if score >= -2.5 else DETERIORATION


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
