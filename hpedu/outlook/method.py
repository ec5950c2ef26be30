"""Hold the constants of the projection, with their reasons, and what the back-test found of ranges and words.

`make backtest` rewrites `track_record.toml`, which the reports quote.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Method:
    """The constants of carrying a series forward.

    The form is that of many short-series studies (M4 yearly: simple combinations win): a combination of what
    carries the trend on and what doubts the last value, and a variance pooled over other series.
    """

    # Fewer comparable values make no trend.
    least_points: int = 3

    # The centre is a weighted mean of three members. This is the weight of the last value, carried along the
    # believed trend.
    trend_weight: float = 0.5
    # The weight of exponential smoothing. What remains is the weight of the median of the last `recent` values.
    smooth_weight: float = 0.25
    # This many of the last changes must confirm a trend.
    recent: int = 3
    # What is left of the trend in each further year.
    damping: float = 0.9
    # Weights of the smoothing that a series may choose from.
    alphas: tuple[float, ...] = tuple(tenths / 10 for tenths in range(1, 11))

    # A step this many times the usual one is a jump. Where later values stay on its new side, what lies before it
    # counts no more for the level. A jump that is the last step stays in doubt: in the panel most such figures
    # were slips that the next year took back, and dropping what lay before them cost 2% of accuracy.
    jump: float = 5.0

    # The number of changes a series must have before half of its own trend is believed.
    trend_prior: float = 4.0
    # The same where the trends of the indicator in other places show what is usual. Not of a count: how fast
    # a place grows is its own, and pupils of one place say little of another's.
    pooled_trend_prior: float = 20.0
    # The number of other places needed before half of what is usual is believed.
    trend_pool: float = 2.0
    # Fewer other places show nothing: a median of two is no protection.
    least_pool: int = 3
    # What is left of a series' own trend where the median of other places goes the other way, or nowhere.
    unconfirmed: float = 0.5

    # The number of pairs of neighbouring years, over all other places, before half of the share is believed by
    # which they close their distance to the median of the indicator each year.
    closing_prior: float = 50.0
    # The most that is closed in a year.
    most_closing: float = 0.2
    # With fewer other places a series has no company: nothing draws it, and no target of it is called likely.
    least_company: int = 10
    # Other places whose figures end so many years before those of the series draw it no more, and nor does their
    # drift; before that in proportion.
    stale_company: float = 5.0

    # The generic variance of a yearly step of a bounded rate, over p(1-p). It is between the median and the mean
    # of published no-change errors of national rates one year ahead (0.6 and 1.5 points), and of the rates of the
    # panel.
    rate_step: float = 12e-4
    # The generic variance of a yearly step of any other series, over its squared level (4.5% a year).
    level_step: float = 20e-4
    # The number of its own steps that the other indicators of a place, or the generic variance, are worth. With 1
    # groups that differ (shares of girls, students per head) are held more alike, but calm series too seldom.
    prior_df: float = 1.5
    # The same for many other places with the same indicator.
    pooled_df: float = 8.0
    # The number of other places needed before half of what is usual for the indicator is believed.
    indicator_prior: float = 2.0
    # The same for the other indicators of a place, which show less.
    place_prior: float = 8.0
    # The least share of the generic variance: a pool of constant series means "steady", not "certain".
    steadiest: float = 1e-3
    # No rate is steadier than one this far from its bound, as a share of the span between both bounds.
    edge: float = 0.02

    # The share of a step's variance that stays, where nothing is known. It rules how ranges grow with the horizon:
    # 1 is a random walk, near 0 is noise around a level.
    stays: float = 1.0
    # The number of pairs of neighbouring changes before half of a series' own share is believed.
    stays_prior: float = 2.0
    # The number of other places needed before half of what is usual for the indicator is believed.
    stays_pool: float = 4.0
    # No series is all noise, and none may grow without end.
    stays_range: tuple[float, float] = (0.1, 1.5)
    # What is left in an error of the noise in a step: all of the coming figure's own half, and about 0.4 of the
    # last one's, of which the centre takes over some two thirds (0.5 + 0.4 / 2).
    noise: float = 0.7

    # The range widens by this, times stays * h^2 / steps, because the trend itself is uncertain.
    widening: float = 0.3
    # And by this share of the drift that is believed: a strong trend may end.
    drift_doubt: float = 0.3
    # The same for a count: growth that goes on leaves a range sooner than a rate does, which has its bounds.
    count_drift_doubt: float = 0.5
    # The most degrees of freedom of Student's t, however many steps there are: real series have shocks. Of errors
    # over their spread, the 95th percentile was 1.8-1.9 times the 80th, the 99th 3.2-3.5 times (tuning half): t
    # with 3 degrees has 1.9 and 3.6, with 4 1.8 and 3.0, with 8 1.65 and 2.4.
    most_df: float = 4.0
    # The factor on the variance: such a t has more in its tails, so less is left for its middle.
    scale: float = 0.8
    # The factor on the variance of a series that starts after a break. It is a choice: no panel shows it.
    break_factor: float = 1.5


METHOD = Method()


@dataclass(frozen=True)
class TrackRecord:
    """The record of one province at a time, held-out provinces and years (docs/track_record.md). Shares are of 1.

    `relative_mae` is the error over that of "no change"; `coverage80` the share of later values inside the 80%
    range.
    """

    questions: int
    relative_mae: float
    coverage80: float
    coverage95: float
    likely_calls: int
    likely_met_share: float
    unlikely_calls: int
    unlikely_met_share: float
    calibration_error: float


@cache
def read_track_record(*, company: bool = False) -> TrackRecord:
    """Return the record of the last back-test: of series alone, or of those with the company of other places."""
    text = files("hpedu.outlook").joinpath("track_record.toml").read_text(encoding="utf-8")
    return TrackRecord(**tomllib.loads(text)["company" if company else "alone"])
