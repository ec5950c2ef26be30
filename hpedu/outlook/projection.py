"""Carry series forward: a centre and ranges for each coming year, or the reason why there is none."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from hpedu.outlook.fit import fit
from hpedu.outlook.intake import KEY, check_series
from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.student import t_quantile

RANGES = (50, 80, 95)
"""Ranges in per cent; 80 is the visible one."""
PROJECTION = {
    "year": pl.Int64(),
    "point": pl.Float64(),
    **{f"{end}{level}": pl.Float64() for level in RANGES for end in ("lo", "hi")},
    "status": pl.String(),
}


def project(
    series: pl.DataFrame, *, until: int = 2030, origin: int | None = None, method: Method = METHOD
) -> pl.DataFrame:
    """Carry every series forward, each year to `until`, with ranges.

    Centre: half the last value carried along a damped trend (its own median yearly change as far as the last three
    changes confirm it, drawn to what is usual for the indicator in other places of the frame, or to none), a
    quarter exponential smoothing, a quarter the median of the last three values; clipped to the bounds.

    Ranges: Student's t around it, the deviation of a yearly step pooled over other series of the frame (other
    indicators of the place, the same one of other places), in units of p(1-p) for a rate between two bounds and of
    the level for any other. They widen slowly for a series that is noise around a level, fast for one whose moves
    go on. A frame of one series falls back on generic values. How the ranges held in the past:
    docs/track_record.md.

    Parameters
    ----------
    series
        One row a figure: `indicator`, `year`, `value`, and optionally `place`, `lower`, `upper`, `break_year`,
        `kind` (see `hpedu.outlook.intake.check_series`). Years may have gaps and come in any order.
    until
        Last year to project to.
    origin
        Pretend it is this year: later values are not looked at.

    Returns
    -------
    polars.DataFrame
        `place`, `indicator`, `year`, `point`, `lo50`, `hi50`, `lo80`, `hi80`, `lo95`, `hi95`, `status`, in order
        of place, indicator and year. For a projected series one row for each year after its last value. For any
        other one row without year and figures, whose `status` is the reason: `one_point`, `short` (fewer than
        three values), `broken` (fewer than three since the break), `observed` (the last value is of `until` or
        later).

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


PUBLISHED_SD = 0.015
"""Standard deviation of the error of a forecast one year ahead, where a series is too short for its own.

The pupil forecasts of English local authorities erred by 1.2% on average one year and 2.4% three years ahead
(Department for Education, school capacity, 2022/23 to 2024/25); a mean of 1.2% is a standard deviation of 1.5%."""
PUBLISHED_DF = 8.0
"""Degrees of freedom of such an error."""
GROWTH = 0.75
"""The error grows with the horizon to this power.

The English forecasts give 0.6 to 0.8; pupils by level of 63 Vietnamese provinces, carried forward from 2009 to
2016 in several ways, 0.5 to 0.9."""


def name_bands() -> list[str]:
    """Return the names of the columns of ranges: lo50, hi50 ... hi95."""
    return [f"{end}{level}" for level in RANGES for end in ("lo", "hi")]


def draw_bands(point: float, sd: float, df: float) -> dict[str, float]:
    """Return ranges around a count from the standard deviation of its logarithm (Student's t).

    They are symmetric in proportion, so that none falls below zero.
    """
    reach = {level: float(t_quantile(0.5 + level / 200, df)) * sd for level in RANGES}
    return {
        f"{end}{level}": point * math.exp(sign * reach[level])
        for level in RANGES
        for end, sign in (("lo", -1), ("hi", 1))
    }


def published_sd(ahead: int) -> float:
    """Return the standard deviation of the logarithm of a forecast, where nothing better is known."""
    return PUBLISHED_SD * float(ahead**GROWTH)
