"""The constants of the projection, each with its reason. The back-test (docs/track_record.md) varies them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """How a series is carried forward.

    The form is that of many short-series studies (M4 yearly: simple combinations win): the mean of exponential
    smoothing and a shrunk, damped median change; the variance of yearly steps pooled over other series, in units
    of p(1-p) for a bounded rate and of the level for an unbounded one.
    """

    least_points: int = 3  # fewer comparable values make no trend
    trend_weight: float = 0.5  # the rest is exponential smoothing
    damping: float = 0.85  # of the trend, each further year
    trend_prior: float = 4.0  # changes a series must have before half of its own trend is believed
    prior_df: float = 4.0  # weight of the pooled variance, in yearly steps
    widening: float = 0.3  # var(h) = step * (h + widening * h^2 / steps)
    edge: float = 0.02  # no rate is steadier than one this far from its bound
    pool_prior: float = 3.0  # series a pool must have before it outweighs the generic variance
    rate_step: float = 8e-4  # generic variance of a yearly step over p(1-p), fractions squared
    level_step: float = 16e-4  # the same over the squared level, unbounded series
    break_factor: float = 1.5  # variance of a series that starts after a break
    alphas: tuple[float, ...] = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


METHOD = Method()
