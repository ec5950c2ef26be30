"""Measure progress towards a target as Open SDG and Statistics Canada do, so that classes can be compared.

The rule compares the compound growth since 2015 with the growth the target takes; formulas in `open_sdg`.
It flatters low bases: 0.37 in 2015 and 14.63 in 2024 is "on track" for 60 in 2030. hpedu's own verdict is another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from hpedu.outlook.intake import KEY, Intake, find_direction, locate, pair_targets
from hpedu.sums import read_columns

ACHIEVED = "target_achieved"
ON_TRACK = "substantial_progress"
MODERATE = "moderate_progress"
LIMITED = "limited_progress"
DETERIORATION = "deterioration"
NOT_AVAILABLE = "not_available"
CLASSES = (ACHIEVED, ON_TRACK, MODERATE, LIMITED, DETERIORATION, NOT_AVAILABLE)

ALMOST_ZERO = 0.001
"""Replaces a base value or target of 0, which growth cannot start from or lead to."""
LIMIT_POWER = 4.44
PARITY_FROM, PARITY_TO = 0.97, 1.03
"""A ratio between them counts as parity."""
DIRECTIONS = ("up", "down", "parity", "around")


def fold(value: float, way: str, target: float | None) -> float:
    """Return the value turned so that less is better, where both too little and too much are bad.

    A parity ratio becomes max(y, 1/y), and 1 if it is 0.97 to 1.03; a share that should be at the target becomes
    target + |y - target|. A parity of 0 or less cannot be folded and stays.
    """
    if way == "parity" and value > 0:
        return 1.0 if PARITY_FROM <= value <= PARITY_TO else max(value, 1 / value)
    if way == "around" and target is not None:
        return target + abs(value - target)
    return value


def compound_growth(first: float, last: float, years: int) -> float:
    """Return the growth a year as a fraction; both values of one sign, `years` at least 1."""
    return float((last / first) ** (1 / years)) - 1


def shrink_thresholds(base: float, limit: float | None) -> float:
    """Return C, what is left of the thresholds near the natural limit of the base: 1 far from it, 0 on it."""
    if limit is None:
        return 1.0
    y, bound = abs(base), abs(limit)
    if y >= 2 * bound:
        return 1.0
    nearness = y / bound if y <= bound else (2 * bound - y) / bound
    return float(1 - nearness**LIMIT_POWER)


def name_ratio(ratio: float) -> str:
    """Return the class of R."""
    return ON_TRACK if ratio >= 0.95 else MODERATE if ratio >= 0.6 else LIMITED if ratio >= 0 else DETERIORATION


def name_growth(growth: float, shrink: float) -> str:
    """Return the class of growth in the wanted direction, without a target."""
    if growth >= 0.015 * shrink and growth >= 0:
        return ON_TRACK
    return MODERATE if growth >= 0.005 * shrink and growth >= 0 else LIMITED if growth >= 0 else DETERIORATION


def score_ratio(ratio: float) -> float:
    """Return -5 to 5 with a target: 0 at R = 0.6, 5 from 1.3 on, -5 at -0.6 and below."""
    return min(7.1429 * ratio - 4.2857, 5.0) if ratio >= 0.6 else max(4.1667 * ratio - 2.5, -5.0)


def score_growth(growth: float, shrink: float) -> float:
    """Return -5 to 5 without a target: -2.5 at no growth, 0 at 0.5%, 2.5 at 1.5%, 5 from 2% on (times C)."""
    if growth < 0:
        return max(125 * growth - 2.5, -5.0)
    if shrink == 0:
        return 5.0
    pace = growth / shrink
    if pace >= 0.015:
        return min(500 * pace - 5, 5.0)
    return 250 * pace - 1.25 if pace >= 0.005 else 500 * pace - 2.5


def name_score(score: float) -> str:
    """Return the class of a mean score."""
    return ON_TRACK if score >= 2.5 else MODERATE if score >= 0 else LIMITED if score >= -2.5 else DETERIORATION


BASE_YEAR, TARGET_YEAR = 2015, 2030

KEYS = ["place", "indicator", "series"]

PROGRESS = read_columns("progress")


def measure_progress(
    series: pl.DataFrame,
    targets: pl.DataFrame | None = None,
    *,
    direction: str | None = None,
    base_year: int = BASE_YEAR,
    target_year: int = TARGET_YEAR,
) -> pl.DataFrame:
    """Return class and score of each series by the Open SDG rule, with a target or without.

    Parameters
    ----------
    series
        `indicator, year, value` and perhaps `place` (country, city), `series` (one of several of an
        indicator), `direction`, and the natural `limit` (or `upper`, `lower`) that shrinks the thresholds
        where there is no target. A year may be a range: 2015-2016 is 2015.
    targets
        `indicator, target` and perhaps `place, target_year, base_year, direction, comparison`. Several target
        years of one indicator are measured each.
    direction
        For all series, where no table says it: `up`, `down`, `parity` (a ratio that should be 1) or `around` (a
        share that should be the target, neither less nor more). There is no default: it decides the class.
    base_year
        The first year that counts, or else the next one there is.

    Returns
    -------
    polars.DataFrame
        Columns `PROGRESS`, by place, indicator, series, target year. A latest value that meets the target is
        `target_achieved` whatever the trend, also where none can be measured.
    """
    intake = Intake()
    rows = intake.take_series(series, KEYS)
    goals = None if targets is None else intake.take_targets(targets)
    if goals is not None:
        intake.refuse_repeats(goals, "targets", [*KEY, "target_year"])
    intake.finish()
    found = []
    for head, own, goal in pair_targets(rows, goals, KEYS):
        about = own[-1] if own else {}
        way = find_direction(about, goal, default=direction)
        if not intake.check_direction(way, DIRECTIONS, "series", locate(head, KEYS)):
            continue
        aim = goal["target"] if goal else None
        if way == "around" and aim is None:
            intake.complain("targets", "intake_around_nothing", where=locate(head, KEYS))
            continue
        bound = about.get("upper" if way == "up" else "lower")
        rule = Rule(
            way=str(way),
            target=1.0 if way == "parity" else aim,
            base_year=(goal and goal["base_year"]) or base_year,
            target_year=(goal and goal["target_year"]) or target_year,
            limit=bound if about.get("limit") is None else about["limit"],
        )
        points = [(row["year"], row["value"]) for row in own if row["value"] is not None]
        found.append({"reason": "", "notes": ""} | head | rule.measure(points))
    intake.finish()
    return pl.DataFrame(found, schema=PROGRESS, orient="row").sort(*KEYS, "target_year")


@dataclass(frozen=True)
class Rule:
    """The rule by which one series is measured; `limit` is named as such, or the bound on the way of progress."""

    way: str
    target: float | None
    base_year: int
    target_year: int
    limit: float | None

    def measure(self, points: list[tuple[int, float]]) -> dict[str, Any]:
        """Return the row of `PROGRESS`, without its keys."""
        values = [(year, fold(value, self.way, self.target)) for year, value in points]
        row: dict[str, Any] = {"direction": self.way, "class": NOT_AVAILABLE, "target": self.target}
        row |= {"target_year": None if self.target is None else self.target_year}
        if not values:
            return row | {"reason": "no_value"}
        latest_year, latest = values[-1]
        row |= {"latest_year": latest_year, "latest_value": latest}
        from_base = [point for point in values if point[0] >= self.base_year]
        if not from_base:
            return row | {"reason": "base_after_last"}
        first_year, first = from_base[0]
        row |= {"base_year": first_year, "base_value": first, "notes": ";".join(self._note(first))}
        # Growth cannot start from zero, nor lead to it.
        base, target = first or ALMOST_ZERO, ALMOST_ZERO if self.target == 0 else self.target
        if latest_year == first_year:
            row |= {"reason": "single_point"}
        elif base * latest < 0 or (target is not None and base * target < 0):
            row |= {"reason": "mixed_signs"}
        elif target is not None and self.target_year <= first_year:
            row |= {"reason": "target_year_before_base"}
        else:
            row |= self._compare(first, latest, target, (first_year, latest_year))
        if target is not None and self._sign * (latest - target) >= 0:
            row |= {"class": ACHIEVED, "score": 5.0, "reason": ""}
        return row

    @property
    def _sign(self) -> int:
        return 1 if self.way == "up" else -1

    def _compare(
        self, first: float, latest: float, target: float | None, years: tuple[int, int]
    ) -> dict[str, Any]:
        """Return growth, class and score, against the growth that the target takes if there is one."""
        base = first or ALMOST_ZERO
        growth = compound_growth(base, latest, years[1] - years[0])
        progress = (1 if base > 0 else -1) * self._sign * growth
        if target is None:
            shrink = shrink_thresholds(first, self.limit)
            score = score_growth(progress, shrink)
            return {
                "cagr_observed": growth,
                "shrink": shrink,
                "class": name_growth(progress, shrink),
                "score": score,
            }
        required = compound_growth(base, target, self.target_year - years[0])
        # A series that stands at its target needs no growth: its progress has a sign, but no ratio.
        ratio = progress / abs(required) if required else math.copysign(math.inf, progress)
        found = {"cagr_observed": growth, "cagr_required": required, "ratio": ratio if required else None}
        return found | {"class": name_ratio(ratio), "score": score_ratio(ratio)}

    def _note(self, base: float) -> Iterator[str]:
        if base == 0:
            yield "zero_base"
        if self.target == 0:
            yield "zero_target"
        if self.target is None and self.limit is not None and self._sign * (base - self.limit) > 0:
            yield "beyond_limit"


def combine_progress(progress: pl.DataFrame) -> pl.DataFrame:
    """Return class and score of each indicator from its series: the mean score, cut at 2.5, 0 and -2.5.

    Series that are not available do not count; an indicator is achieved only if all that count are.

    Parameters
    ----------
    progress
        As `measure_progress` returns it.

    Returns
    -------
    polars.DataFrame
        `place, indicator, target_year, class, score, series` (how many counted), `left_out`.
    """
    rows = []
    for key, group in progress.group_by("place", "indicator", "target_year", maintain_order=True):
        scores = group["score"].drop_nulls().to_list()
        classes = group.filter(pl.col("score").is_not_null())["class"].to_list()
        score = fmean(scores) if scores else None
        done = bool(classes) and set(classes) == {ACHIEVED}
        name = NOT_AVAILABLE if score is None else ACHIEVED if done else name_score(score)
        rows.append((*key, name, score, len(scores), group.height - len(scores)))
    schema = {name: PROGRESS[name] for name in ("place", "indicator", "target_year", "class", "score")}
    return pl.DataFrame(rows, schema=schema | {"series": pl.Int32, "left_out": pl.Int64}, orient="row")
