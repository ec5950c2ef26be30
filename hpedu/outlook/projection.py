"""Series -> where they lead: a centre and ranges for each coming year, or the reason why there is none."""

from __future__ import annotations

import numpy as np
import polars as pl

from hpedu.outlook.fit import fit
from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.series import KEY, check_series
from hpedu.outlook.student import t_quantile

RANGES = (50, 80, 95)  # per cent; 80 is the visible one
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
    changes confirm it, drawn to what is usual for the indicator in the frame's other units, or to none), a quarter
    exponential smoothing, a quarter the median of the last three values; clipped to the bounds.

    Ranges: Student's t around it, the deviation of a yearly step pooled over other series of the frame (the unit's
    other indicators, other units' same one), in units of p(1-p) for a rate between two bounds and of the level for
    any other. They widen slowly for a series that is noise around a level, fast for one whose moves go on. A frame
    of one series falls back on generic values. How the ranges held in the past: docs/track_record.md.

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
