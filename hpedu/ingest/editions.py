"""Which of several published values of one figure counts: the newest, but a rounding is no revision."""

from __future__ import annotations

from typing import Any

import polars as pl

from hpedu.ingest.schema import SERIES_KEY


def mark_current(observations: pl.DataFrame) -> pl.DataFrame:
    """Set `current` so that each figure (series and year) has one current value; the others stay.

    A point goes before a bound ("over 76"), a whole figure before one that some schools did not report for, then
    the newest edition wins, unless an older one is the same
    figure printed more precisely (69 thousand does not replace 68,876).
    """
    keys = [*SERIES_KEY, "year"]
    numbered = observations.with_row_index("row").with_columns(current=pl.len().over(keys) == 1)
    ordered = numbered.filter(~pl.col("current")).sort(
        "qualifier",
        pl.col("flags").list.contains("incomplete"),
        "edition",
        "row",
        descending=[False, False, True, False],
    )
    winners = [_choose(group.rows(named=True)) for _, group in ordered.group_by(keys, maintain_order=True)]
    won = pl.col("row").is_in(pl.Series("row", winners, dtype=pl.UInt32).implode())
    return numbered.with_columns(current=pl.col("current") | won).drop("row")


def _choose(candidates: list[dict[str, Any]]) -> int:
    """The row that counts, from candidates in order of preference."""
    best = candidates[0]
    for other in candidates[1:]:
        finer = other["step"] < best["step"] and other["qualifier"] == best["qualifier"]
        if finer and abs(other["value"] - best["value"]) <= best["step"] / 2:
            best = other
    return int(best["row"])


def revisions(observations: pl.DataFrame) -> pl.DataFrame:
    """Figures that a later edition changed: series, year, old and new value and edition, the change.

    Rows are sorted by the size of the relative change, largest first. Roundings are left out.
    """
    keys = [*SERIES_KEY, "year"]
    new = observations.filter(pl.col("current")).select(
        *keys, "unit", new="value", new_edition="edition", new_source="source"
    )
    old = observations.filter(~pl.col("current"), pl.col("qualifier") == "").select(
        *keys, old="value", old_edition="edition", old_source="source", step="step"
    )
    return (
        old.join(new, on=keys, how="inner")
        .filter((pl.col("new") - pl.col("old")).abs() > pl.col("step") / 2)
        .with_columns(change=pl.col("new") - pl.col("old"), relative=(pl.col("new") / pl.col("old") - 1))
        .sort(pl.col("relative").abs(), *keys, descending=[True] + [False] * len(keys))
        .drop("step")
    )
