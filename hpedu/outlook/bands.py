"""Ranges around a projected count: symmetric in proportion, so that none falls below zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hpedu.outlook.projection import RANGES
from hpedu.outlook.student import t_quantile

PUBLISHED_SD = 0.015
"""Of the error of a forecast one year ahead, where a series is too short to have errors of its own. The pupil
forecasts of English local authorities erred by 1.2% on average one year and 2.4% three years ahead (Department for
Education, school capacity, 2022/23 to 2024/25); a mean of 1.2% is a standard deviation of 1.5%."""
PUBLISHED_DF = 8.0
GROWTH = 0.75
"""The error grows with the horizon to this power. The English forecasts give 0.6 to 0.8; pupils by level of 63
Vietnamese provinces, carried forward from 2009 to 2016 in several ways, 0.5 to 0.9."""


def name_bands() -> list[str]:
    """lo50, hi50 ... hi95."""
    return [f"{end}{level}" for level in RANGES for end in ("lo", "hi")]


def draw_bands(point: float, sd: float, df: float) -> dict[str, float]:
    """Ranges around a count from the standard deviation of its logarithm (Student's t)."""
    reach = {level: float(t_quantile(0.5 + level / 200, df)) * sd for level in RANGES}
    return {
        f"{end}{level}": point * math.exp(sign * reach[level])
        for level in RANGES
        for end, sign in (("lo", -1), ("hi", 1))
    }


def published_sd(ahead: int) -> float:
    """Of the logarithm of a forecast, where nothing better is known."""
    return PUBLISHED_SD * float(ahead**GROWTH)


def root_mean_square(values: Sequence[float], lost: int = 0) -> float:
    """Of deviations from a centre that took `lost` degrees of freedom to estimate."""
    return math.sqrt(sum(value * value for value in values) / max(len(values) - lost, 1))
