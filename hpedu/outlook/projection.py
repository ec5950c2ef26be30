"""Series -> where they lead: a centre and ranges for each coming year, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.series import KEY, check_series
from hpedu.outlook.spread import measure_scale, pool_variance
from hpedu.outlook.student import t_quantile

Floats = NDArray[np.float64]
RANGES = (50, 80, 95)  # per cent; 80 is the visible one
PROJECTION = {
    "year": pl.Int64(),
    "point": pl.Float64(),
    **{f"{end}{level}": pl.Float64() for level in RANGES for end in ("lo", "hi")},
    "status": pl.String(),
}


@dataclass(frozen=True)
class Fits:
    """Every series of a frame, fitted at once. Arrays have one entry a series, in order of unit and indicator."""

    keys: pl.DataFrame
    status: list[str]  # projected, one_point, short, broken
    last_year: NDArray[np.int64]
    last: Floats
    level: Floats  # exponential smoothing
    slope: Floats  # shrunk median yearly change
    step: Floats  # variance of a yearly step
    steps: Floats  # number of changes behind it
    df: Floats
    lower: Floats  # -inf for none
    upper: Floats
    grid: Floats  # figures are published in steps of this size
    method: Method

    def centre(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """The projected figure `ahead` years after the last value, unclipped."""
        damp = self.method.damping
        path = self.last[rows] + self.slope[rows] * damp * (1 - damp**ahead) / (1 - damp)
        share = self.method.trend_weight
        return share * path + (1 - share) * self.level[rows]

    def spread(self, rows: NDArray[np.int64], ahead: Floats) -> Floats:
        """Scale of Student's t around the centre."""
        steps = np.maximum(self.steps[rows], 1)
        return np.sqrt(self.step[rows] * (ahead + self.method.widening * ahead**2 / steps))

    def clip(self, rows: NDArray[np.int64], values: Floats) -> Floats:
        return np.clip(values, self.lower[rows], self.upper[rows])


def project(
    series: pl.DataFrame, *, until: int = 2030, origin: int | None = None, method: Method = METHOD
) -> pl.DataFrame:
    """Carry every series forward, each year to `until`, with ranges.

    Centre: the mean of exponential smoothing and of the last value plus a shrunk, damped median yearly change,
    clipped to the bounds. Ranges: Student's t around it, the variance of a yearly step pooled over other
    series of the frame (the unit's other indicators, other units' same one), in units of p(1-p) for a rate. A
    frame of one series falls back on a generic variance. How the ranges held in the past: docs/track_record.md.

    Parameters
    ----------
    series
        One row a figure: `unit`, `indicator`, `year`, `value`, and optionally `lower`, `upper`, `break_year`,
        `kind` (see `hpedu.outlook.series.check_series`). Years may have gaps and come in any order.
    until
        Last year to project to.
    origin
        Pretend it is this year: later values are not looked at.

    Returns
    -------
    polars.DataFrame
        `unit`, `indicator`, `year`, `point`, `lo50`, `hi50`, `lo80`, `hi80`, `lo95`, `hi95`, `status`, in order of
        unit, indicator and year. For a projected series one row for each year after its last value. For any other
        one row without year and figures, whose `status` is the reason: `one_point`, `short` (fewer than three
        values), `broken` (fewer than three since the break), `observed` (the last value is of `until` or later).

    Raises
    ------
    SeriesError
        See `check_series`.
    """
    fits = fit(check_series(series, origin), method)
    projected = np.array([status == "projected" for status in fits.status], bool)
    years = np.where(projected, np.maximum(until - fits.last_year, 0), 0)
    rows = np.repeat(np.arange(len(years)), years)
    ahead = np.arange(len(rows)) - np.repeat(np.cumsum(years) - years, years) + 1.0
    centre, spread = fits.centre(rows, ahead), fits.spread(rows, ahead)
    columns = {"year": fits.last_year[rows] + ahead.astype(np.int64), "point": fits.clip(rows, centre)}
    for level in RANGES:
        reach = t_quantile(0.5 + level / 200, fits.df)[rows] * spread
        columns[f"lo{level}"] = fits.clip(rows, centre - reach)
        columns[f"hi{level}"] = fits.clip(rows, centre + reach)
    named = fits.keys.with_row_index("row")
    drawn = pl.DataFrame({"row": rows.astype(np.uint32), **columns}).with_columns(status=pl.lit("projected"))
    silent = named.select("row").with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in PROJECTION.items() if name != "status"
    )
    reasons = ["observed" if status == "projected" else status for status in fits.status]
    silent = silent.with_columns(status=pl.Series(reasons, dtype=pl.String)).filter(pl.Series(years == 0))
    return (
        pl.concat([drawn, silent.select(drawn.columns)])
        .join(named, on="row", how="left")
        .sort("row", "year")
        .select(*KEY, *PROJECTION)
    )


def fit(frame: pl.DataFrame, method: Method = METHOD) -> Fits:
    """Fit every series of a checked frame (see `check_series`)."""
    frame = frame.with_columns(since=pl.col("break_year").max().over(KEY))
    keys = frame.group_by(KEY, maintain_order=True).agg(
        before=pl.len(),
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
    slope = _middle(changes) * steps / (steps + method.trend_prior)
    own = _step_variance(changes, gaps, steps)
    foot = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
    size = np.nan_to_num(np.nanmax(np.abs(values - foot[:, None]), axis=1, initial=0.0))
    scale = measure_scale(last, size, lower, upper, method.edge)
    bounded = np.isfinite(lower) & np.isfinite(upper)
    unit, indicator = (keys[name].rank("dense").to_numpy().astype(np.int64) for name in KEY)
    prior = pool_variance(own / scale, usable, bounded, unit, indicator, method)
    step = (method.prior_df * prior * scale + np.maximum(steps - 1, 0) * own) / (
        method.prior_df + np.maximum(steps - 1, 0)
    )
    return Fits(
        keys=keys.select(KEY),
        status=[_name_status(int(n), bool(b), method) for n, b in zip(points, broken, strict=True)],
        last_year=keys["newest"].to_numpy(),
        last=last,
        level=_smooth(values, gaps, method),
        slope=slope,
        step=step * np.where(broken, method.break_factor, 1.0),
        steps=steps,
        df=method.prior_df + np.maximum(steps - 1, 0),
        lower=lower,
        upper=upper,
        grid=_grid(values),
        method=method,
    )


def _name_status(points: int, broken: bool, method: Method) -> str:
    if points >= method.least_points:
        return "projected"
    return "broken" if broken else "one_point" if points == 1 else "short"


def _middle(changes: Floats) -> Floats:
    """Median of each row, nan left out; 0 for a row of nothing."""
    return np.array([np.median(row[~np.isnan(row)]) if not np.isnan(row).all() else 0.0 for row in changes], float)


def _step_variance(changes: Floats, gaps: Floats, steps: Floats) -> Floats:
    """Variance of the change in one year; a change over several years counts as a sum of so many steps."""
    mean = np.nansum(changes * gaps, axis=1) / np.maximum(np.nansum(gaps, axis=1), 1)
    squares: Floats = np.nansum((changes - mean[:, None]) ** 2 * gaps, axis=1)
    return squares / np.maximum(steps - 1, 1)


def _smooth(values: Floats, gaps: Floats, method: Method) -> Floats:
    """Simple exponential smoothing, each series with the weight that served its own past best.

    After a gap of k years the older level keeps (1 - weight)^k.
    """
    if not len(values):
        return np.zeros(0)
    best, least = np.zeros(len(values)), np.full(len(values), np.inf)
    for alpha in method.alphas:
        level, loss = values[:, 0].copy(), np.zeros(len(values))
        for column in range(1, values.shape[1]):
            error = values[:, column] - level
            known = ~np.isnan(error)
            loss[known] += error[known] ** 2
            keep = np.where(known, (1 - alpha) ** np.nan_to_num(gaps[:, column - 1]), 0.0)
            level = np.where(known, values[:, column] - keep * np.nan_to_num(error), values[:, column])
        better = loss < least
        best[better], least[better] = np.nan_to_num(level)[better], loss[better]
    return best


def _grid(values: Floats) -> Floats:
    """Two decimals, as plans and yearbooks print; four where a series itself has more."""
    fine = np.nansum(np.abs(values - np.round(values, 2)) > 1e-9, axis=1) > 0
    return np.where(fine, 1e-4, 1e-2)
