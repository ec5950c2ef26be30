"""Every series of a frame, fitted at once: where it stands, where it goes, how far it moves in a year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.series import KEY
from hpedu.outlook.spread import Floats, least_step, measure_scale, pool_persistence, pool_slope, pool_variance


@dataclass(frozen=True)
class Fits:
    """Every series of a frame, fitted at once. Arrays have one entry a series, in order of unit and indicator."""

    keys: pl.DataFrame
    status: list[str]  # projected, one_point, short, broken
    last_year: NDArray[np.int64]
    last: Floats
    level: Floats  # where the series stands: last value, smoothed value and median of the last ones, weighted
    slope: Floats  # yearly change that is believed
    step: Floats  # variance of a yearly step
    steps: Floats  # number of changes behind it
    stays: Floats  # share of it that lasts beyond the year
    df: Floats
    lower: Floats  # -inf for none
    upper: Floats
    grid: Floats  # figures are published in steps of this size
    method: Method

    def centre(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """The projected figure `ahead` years after the last value, unclipped."""
        damp = self.method.damping
        drift = self.slope[rows] * damp * (1 - damp**ahead) / (1 - damp)
        return self.level[rows] + self.method.trend_weight * drift

    def spread(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """Scale of Student's t around the centre."""
        stays, steps = self.stays[rows], np.maximum(self.steps[rows], 1)
        noise = (1 - stays) * np.where(stays < 1, self.method.noise, 1.0)
        growth = stays * (ahead + self.method.widening * ahead**2 / steps) + noise
        return np.sqrt(self.method.scale * self.step[rows] * growth)

    def clip(self, rows: NDArray[np.int64], values: Floats) -> Floats:
        return np.clip(values, self.lower[rows], self.upper[rows])


def fit(frame: pl.DataFrame, method: Method = METHOD) -> Fits:
    """Fit every series of a checked frame (see `check_series`)."""
    frame = frame.with_columns(since=pl.col("break_year").max().over(KEY))
    keys = frame.group_by(KEY, maintain_order=True).agg(
        broken=pl.col("since").first().is_not_null() & (pl.col("year").min() < pl.col("since").first()),
        lower=pl.col("lower").first().fill_null(-float("inf")),
        upper=pl.col("upper").first().fill_null(float("inf")),
        newest=pl.col("year").last(),
    )
    kept = frame.filter(pl.col("since").is_null() | (pl.col("year") >= pl.col("since")))
    counted = kept.group_by(KEY, maintain_order=True).agg(points=pl.len())
    keys = keys.join(counted, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("points").fill_null(0).cast(pl.Int64)
    )
    points = keys["points"].to_numpy()
    values, years = _stack(kept, points)
    return _fit_arrays(keys, values, years, method)


def _stack(kept: pl.DataFrame, points: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """One row a series, newest value in the last column, nan before the first."""
    width = int(points.max(initial=1))
    row = np.repeat(np.arange(len(points)), points)
    column = (
        width - np.repeat(points, points) + np.arange(len(row)) - np.repeat(np.cumsum(points) - points, points)
    )
    values, years = np.full((len(points), width), np.nan), np.full((len(points), width), np.nan)
    values[row, column], years[row, column] = kept["value"].to_numpy(), kept["year"].to_numpy()
    return values, years


def _fit_arrays(keys: pl.DataFrame, values: Floats, years: Floats, method: Method) -> Fits:
    points = keys["points"].to_numpy()
    broken = keys["broken"].to_numpy()
    usable = points >= method.least_points
    lower, upper = keys["lower"].to_numpy(), keys["upper"].to_numpy()
    last = np.nan_to_num(values[:, -1]) if len(values) else np.zeros(0)
    gaps = np.diff(years, axis=1)
    changes = np.diff(values, axis=1) / gaps
    steps = np.maximum(points - 1.0, 0.0)
    foot = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    bounded = np.isfinite(lower) & np.isfinite(upper)
    unit, indicator = (keys[name].rank("dense").to_numpy().astype(np.int64) for name in KEY)
    alike = indicator * 2 + bounded  # a share and a count of one name are two indicators
    size = np.nan_to_num(np.nanmax(np.abs(values - foot[:, None]), axis=1, initial=0.0))
    scale = measure_scale(last, size, lower, upper, method.edge)
    slope, belief = pool_slope(_own_trend(changes, method), np.sqrt(scale), steps, usable, alike, method)
    own_df = steps - belief
    squares: Floats = np.nansum((changes - slope[:, None]) ** 2 * gaps, axis=1)
    own = squares / np.maximum(own_df, 1)
    prior, worth = pool_variance(own / scale, usable, bounded, unit, indicator, method)
    # Deviations are averaged, not variances: one wild year should not rule all ranges.
    deviation = (worth * np.sqrt(prior * scale) + own_df * np.sqrt(own)) / (worth + own_df)
    return Fits(
        keys=keys.select(KEY),
        status=[_name_status(int(n), bool(b), method) for n, b in zip(points, broken, strict=True)],
        last_year=keys["newest"].to_numpy(),
        last=last,
        level=_locate(values, gaps, method),
        slope=slope,
        step=np.maximum(deviation**2, least_step(size, bounded, alike))
        * np.where(broken, method.break_factor, 1.0),
        steps=steps,
        stays=pool_persistence(changes * np.sqrt(gaps), usable, alike, method),
        df=np.minimum(worth + own_df, method.most_df),
        lower=lower,
        upper=upper,
        grid=_grid(values),
        method=method,
    )


def _name_status(points: int, broken: bool, method: Method) -> str:
    if points >= method.least_points:
        return "projected"
    return "broken" if broken else "one_point" if points == 1 else "short"


def _own_trend(changes: Floats, method: Method) -> Floats:
    """Median yearly change, as far as the last changes confirm it: the smaller of the two, 0 if they disagree."""
    whole, recent = _middle(changes), _middle(changes[:, -method.recent :])
    return np.where(whole * recent > 0, np.sign(whole) * np.minimum(np.abs(whole), np.abs(recent)), 0.0)


def _middle(rows: Floats) -> Floats:
    """Median of each row, nan left out; 0 for a row of nothing."""
    ranked = np.sort(rows, axis=1)  # nan last
    count = np.sum(~np.isnan(rows), axis=1)
    if not rows.size:
        return np.zeros(len(rows))
    place = np.arange(len(rows))
    low, high = (
        ranked[place, np.maximum(count - 1, 0) // 2],
        ranked[place, np.minimum(count // 2, rows.shape[1] - 1)],
    )
    return np.where(count > 0, (low + high) / 2, 0.0)


def _locate(values: Floats, gaps: Floats, method: Method) -> Floats:
    """The level the projection starts from."""
    if not len(values):
        return np.zeros(0)
    rest = 1 - method.trend_weight - method.smooth_weight
    last, recent = np.nan_to_num(values[:, -1]), _middle(values[:, -method.recent :])
    return method.trend_weight * last + method.smooth_weight * _smooth(values, gaps, method) + rest * recent


def _smooth(values: Floats, gaps: Floats, method: Method) -> Floats:
    """Simple exponential smoothing, each series with the weight that served its own past best.

    After a gap of k years the older level keeps (1 - weight)^k.
    """
    alphas = np.array(method.alphas)[:, None]
    known, filled, gaps = ~np.isnan(values), np.nan_to_num(values), np.nan_to_num(gaps)
    level, loss = np.zeros((len(alphas), len(values))), np.zeros((len(alphas), len(values)))
    begun = np.zeros(len(values), bool)
    for column in range(values.shape[1]):
        now = known[:, column]
        error = np.where(begun & now, filled[:, column] - level, 0.0)
        loss += error**2
        keep = (1 - alphas) ** gaps[:, column - 1] if column else 0.0
        level = np.where(now, filled[:, column] - keep * error, level)
        begun |= now
    best: Floats = level[np.argmin(loss, axis=0), np.arange(len(values))]
    return best


def _grid(values: Floats) -> Floats:
    """Two decimals, as plans and yearbooks print; four where a series itself has more."""
    fine = np.nansum(np.abs(values - np.round(values, 2)) > 1e-9, axis=1) > 0
    return np.where(fine, 1e-4, 1e-2)
