"""The formulas of the Open SDG progress measure, for one series.

Written from the published method ("Progress Measurement Methodology", Open SDG 2.4)
and checked against the figures national sites publish with it (indicator_calculation_components.yml), whose codes
of the classes are used here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
