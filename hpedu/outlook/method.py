"""The constants of the projection, each with its reason. The back-test chose them: docs/track_record.md."""

from __future__ import annotations

from dataclasses import dataclass


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
    prior_df: float = 2.0  # steps of its own that a unit's other indicators, or the generic variance, are worth
    pooled_df: float = 4.0  # the same for many other units with the same indicator
    indicator_prior: float = 2.0  # other units needed before half of what is usual for the indicator is believed
    unit_prior: float = 8.0  # the same for a unit's other indicators, which tell less
    steadiest: float = 1e-3  # of the generic variance: a pool of constant series says "steady", not "certain"
    edge: float = 0.02  # no rate is steadier than one this far (of the span) from its bound

    # Ranges.
    widening: float = 0.3  # var(h) = step * (h + widening * h^2 / steps): the trend itself is uncertain
    break_factor: float = 1.5  # on the variance of a series that starts after a break. A choice: no panel shows it


METHOD = Method()
