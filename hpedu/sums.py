"""Add up parts: all of them or none. Ingest adds observations with it, the outlook series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

FIRMNESS = ("final", "preliminary", "derived", "estimated", "projected", "synthetic")
"""Statuses from firm to soft. A sum is `derived`, or as soft as its softest part."""


def add_parts(
    rows: pl.DataFrame,
    *,
    keys: Sequence[str],
    part: str,
    parts: Sequence[str],
    sums: Sequence[str],
    carry: Mapping[str, pl.Expr],
) -> pl.DataFrame:
    """Add up the rows of `parts`, group by group; a group that lacks a part, or a figure of one, has no sum.

    The result has the `keys`, which name a group, the `sums`, what is to `carry`, and `missing`: the parts, by the
    names in the column `part`, without a row or figure. Where it is not empty the sums are null, never smaller.
    """
    known = pl.all_horizontal(pl.col(sums).is_not_null())
    return (
        rows.filter(pl.col(part).is_in(list(parts)))
        .group_by(keys, maintain_order=True)
        .agg(pl.col(sums).sum(), present=pl.col(part).filter(known).unique(), **carry)
        .with_columns(missing=pl.lit(list(parts), pl.List(pl.String)))
        .with_columns(pl.col("missing").list.set_difference("present").list.sort())
        .with_columns(pl.when(pl.col("missing").list.len() == 0).then(pl.col(name)).alias(name) for name in sums)
        .drop("present")
    )
