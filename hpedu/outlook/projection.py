"""Carry series forward: a centre and ranges for each coming year, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl

from hpedu.outlook.fit import fit
from hpedu.outlook.intake import KEY, Intake, take_with_background
from hpedu.outlook.method import METHOD, Method
from hpedu.outlook.student import t_quantile

RANGES = (50, 80, 95)
"""Ranges in per cent; 80 is the visible one."""


def project(
    series: object,
    *,
    until: int = 2030,
    h: int | None = None,
    background: object = None,
    origin: int | None = None,
    level: Sequence[int] = RANGES,
    method: Method = METHOD,
) -> pl.DataFrame:
    """Carry every series forward, each year to `until`, with ranges. Formulas: docs/outlook.md.

    The centre combines the last value carried along a damped trend with what doubts it, and is drawn to other
    places as far as places are seen to close in. Ranges are Student's t, their deviation pooled over other series;
    those of a count are symmetric in proportion. How they held in the past: docs/track_record.md.

    Parameters
    ----------
    series
        One row a figure, as a frame of polars or pandas or a mapping of columns: `indicator`, `year` (also
        `ds`), `value` (also `y`), and optionally `place` (also `territory`, `unique_id`), `lower`, `upper`,
        `break_year`, `kind` (see `hpedu.outlook.intake.take_with_background`). Years may have gaps and come in
        any order.
    until
        Last year to project to.
    h
        How many years to project after the last value of each series, in place of `until`.
    background
        The same indicators of other places, of the same columns. They inform level, drift and variance, and do not
        come out.
    origin
        Pretend it is this year: later values are not looked at, those of the background neither.
    level
        The ranges in per cent: whole numbers between 1 and 99.

    Returns
    -------
    polars.DataFrame
        `place`, `indicator`, `year`, `point`, `lo50`, `hi50`, `lo80`, `hi80`, `lo95`, `hi95` (or those of
        `level`), `status`, `caution`, in order of place, indicator and year. For a projected series one row
        for each year after its last value. For any other one row without year and figures, whose `status` is
        the reason: `no_data`, `one_point`, `short` (fewer than three values), `broken` (fewer than three since
        the break), `observed` (the last value is of `until` or later). `caution` is `jump` where the last step
        is far beyond the usual ones, or the level counts only from such a step on; else null.
    """
    intake = Intake()
    intake.check_options(until=until, h=h, origin=origin, level=level)
    frame, asked = take_with_background(series, background, origin, intake)
    fits = fit(frame, method)
    projected = np.array([status == "projected" for status in fits.status], bool)
    years = np.where(projected, np.maximum(until - fits.last_year, 0) if h is None else h, 0)
    wanted = asked.join(fits.keys.with_row_index("row"), on=KEY, how="left", maintain_order="left")
    mine = wanted["row"].drop_nulls().cast(pl.Int64).to_numpy()
    rows = np.repeat(mine, years[mine])
    begun = np.repeat(np.cumsum(years[mine]) - years[mine], years[mine])
    ahead = np.arange(len(rows)) - begun + 1.0
    centre, spread = fits.centre(rows, ahead), fits.spread(rows, ahead)
    columns = {"year": fits.last_year[rows] + ahead.astype(np.int64), "point": fits.clip(rows, centre)}
    for share in level:
        distance = t_quantile(0.5 + share / 200, fits.df)[rows] * spread
        columns[f"lo{share}"] = fits.reach(rows, centre, -distance)
        columns[f"hi{share}"] = fits.reach(rows, centre, distance)
    drawn = pl.DataFrame({"row": rows.astype(np.uint32), **columns}, schema_overrides={"year": pl.Int64})
    reasons = {"row": np.arange(len(years), dtype=np.uint32), "why": fits.status, "jumped": fits.jumped}
    why = pl.when(pl.col("row").is_null()).then(pl.lit("no_data")).otherwise("why")
    idle = pl.when(why == "projected").then(pl.lit("observed")).otherwise(why)
    return (
        wanted.join(pl.DataFrame(reasons), on="row", how="left", maintain_order="left")
        .join(drawn, on="row", how="left", maintain_order="left")
        .with_columns(
            status=pl.when(pl.col("year").is_null()).then(idle).otherwise(why),
            caution=pl.when("jumped").then(pl.lit("jump")),
        )
        .select(*KEY, *columns, "status", "caution")
    )


USUAL_SD = {"flow": 0.029, "enrolment_ratio": 0.029, "trend": 0.066, "held": 0.039}
"""Standard deviation of the logarithm of a forecast of pupils one year ahead, by how it is made, where a series is
too short for errors of its own.

Measured on pupils by level of half of the Vietnamese provinces, histories of 4 to 8 years, outcomes to 2016
(12,264 forecasts; docs/track_record.md): what makes the ranges of 80% and 95% hold about as often as they say.
That from population is not measured: it is taken to be as good as from the level below."""
USUAL_DF = 8.0
"""Degrees of freedom of such an error."""
GROWTH = 0.75
"""The error grows with the horizon to this power.

Forecasts of English local authorities give 0.6 to 0.8; pupils by level of 63 Vietnamese provinces, carried forward
from 2009 to 2016 in several ways, 0.5 to 0.9."""


def name_bands() -> list[str]:
    """Return the names of the columns of ranges: lo50, hi50 ... hi95."""
    return [f"{end}{level}" for level in RANGES for end in ("lo", "hi")]


def draw_bands(point: float, sd: float, df: float) -> dict[str, float]:
    """Return ranges around a count from the standard deviation of its logarithm (Student's t).

    They are symmetric in proportion, so that none falls below zero.
    """
    reach = _find_reach(df)
    return {
        f"{end}{level}": point * math.exp(sign * reach[level] * sd)
        for level in RANGES
        for end, sign in (("lo", -1), ("hi", 1))
    }


@cache
def _find_reach(df: float) -> dict[int, float]:
    return {level: float(t_quantile(0.5 + level / 200, df)) for level in RANGES}
