"""What the back-test found of ranges and words like those of a report; `make backtest` rewrites the file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Method:
    """How a series is carried forward.

    The form is that of many short-series studies (M4 yearly: simple combinations win): a combination of what
    carries the trend on and what doubts the last value, and a variance pooled over other series.
    """

    least_points: int = 3  # fewer comparable values make no trend

    # Centre: weights of three members.
    trend_weight: float = 0.5  # the last value, carried along the believed trend
    smooth_weight: float = 0.25  # exponential smoothing; the rest: median of the last `recent` values
    recent: int = 3  # the last so many changes must confirm a trend
    damping: float = 0.9  # of the trend, each further year
    alphas: tuple[float, ...] = (
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        1.0,
    )  # of the smoothing, to choose from

    # Trend: how much of it is believed.
    trend_prior: float = 4.0  # changes a series must have before half of its own trend is believed
    pooled_trend_prior: float = 12.0  # the same where other units' trends of the indicator say what is usual
    trend_pool: float = 5.0  # other units needed before half of what is usual is believed
    least_pool: int = 3  # fewer other units say nothing: a median of two is no protection

    # Variance of a yearly step.
    rate_step: float = 12e-4  # generic one of a bounded rate over p(1-p): between the median and the mean of
    # published no-change errors of national rates one year ahead (0.6 and 1.5 points), and of the panel's rates
    level_step: float = 20e-4  # generic one of any other series over its squared level (4.5% a year)
    prior_df: float = (
        1.5  # steps of its own that a unit's other indicators, or the generic variance, are worth. With
    )
    # 1 groups that differ (shares of girls, students per head) are held more alike, but calm series too seldom
    pooled_df: float = 4.0  # the same for many other units with the same indicator
    indicator_prior: float = 2.0  # other units needed before half of what is usual for the indicator is believed
    unit_prior: float = 8.0  # the same for a unit's other indicators, which tell less
    steadiest: float = 1e-3  # of the generic variance: a pool of constant series says "steady", not "certain"
    edge: float = 0.02  # no rate is steadier than one this far (of the span) from its bound

    # Growth with the horizon: how much of a step's variance stays. 1: a random walk; near 0: noise around a level.
    stays: float = 1.0  # where nothing is known
    stays_prior: float = 2.0  # pairs of neighbouring changes before half of a series' own share is believed
    stays_pool: float = 4.0  # other units needed before half of what is usual for the indicator is believed
    stays_range: tuple[float, float] = (0.1, 1.5)  # no series is all noise, none may grow without end
    noise: float = (
        0.7  # of the noise in a step, what is left in an error: all of the coming figure's own half, and
    )
    # about 0.4 of the last one's, of which the centre takes over some two thirds (0.5 + 0.4 / 2)

    # Ranges.
    widening: float = 0.3  # times stays * h^2 / steps: the trend itself is uncertain
    most_df: float = 4.0  # tails of Student's t, however many steps: real series have shocks. Of errors over
    # their spread, the 95th percentile was 1.8-1.9 times the 80th, the 99th 3.2-3.5 times (tuning half): t with 3
    # degrees has 1.9 and 3.6, with 4 1.8 and 3.0, with 8 1.65 and 2.4
    scale: float = 0.92  # of the variance: such a t has more in its tails, so less is left for its middle
    break_factor: float = 1.5  # on the variance of a series that starts after a break. A choice: no panel shows it


METHOD = Method()


@dataclass(frozen=True)
class TrackRecord:
    """One province at a time, held-out provinces (docs/track_record.md). Shares are of 1."""

    questions: int
    relative_mae: float  # error over that of "no change"
    coverage80: float  # later values inside the 80% range
    coverage95: float
    likely_calls: int
    likely_met_share: float
    unlikely_calls: int
    unlikely_met_share: float
    calibration_error: float


@cache
def read_track_record() -> TrackRecord:
    text = files("hpedu.outlook").joinpath("track_record.toml").read_text(encoding="utf-8")
    return TrackRecord(**tomllib.loads(text))
