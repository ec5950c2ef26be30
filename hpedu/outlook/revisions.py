"""Compare two editions of the same series: what was changed, added and taken back."""

from __future__ import annotations

import polars as pl

from hpedu.outlook.intake import KEY, Intake
from hpedu.sums import read_columns

REVISIONS = read_columns("revisions")


def revisions(before: object, after: object) -> pl.DataFrame:
    """Return the figures of which two editions of the same series differ.

    Parameters
    ----------
    before, after
        Series as for `hpedu.outlook.project`.

    Returns
    -------
    polars.DataFrame
        Columns `REVISIONS`, by place, indicator and year; a figure that did not change is left out.
    """
    intake = Intake()
    old, new = (intake.take_series(table).drop_nulls("value") for table in (before, after))
    intake.finish()
    keys = [*KEY, "year"]
    both = old.select(*keys, before="value").join(
        new.select(*keys, after="value"), on=keys, how="full", coalesce=True, nulls_equal=True
    )
    gone = pl.when(pl.col("after").is_null()).then(pl.lit("gone")).otherwise(pl.lit("changed"))
    kind = pl.when(pl.col("before").is_null()).then(pl.lit("new")).otherwise(gone)
    rows = both.with_columns(change=pl.col("after") - pl.col("before"), kind=kind)
    return rows.filter(pl.col("before").ne_missing(pl.col("after"))).sort(keys).select(*REVISIONS)
