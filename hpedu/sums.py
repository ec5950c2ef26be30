"""Add up parts, all of them or none, and say which columns a table has: for ingest as for the outlook."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

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


def read_columns(table: str) -> dict[str, Any]:
    """Return the columns of a table that is made, as `columns.toml` names them, with their types."""

    def find(kind: str | list[str]) -> Any:
        return pl.List(find(kind[0])) if isinstance(kind, list) else getattr(pl, kind)

    return {name: find(kind) for name, kind in _read_tables()[table].items()}


@cache
def _read_tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))
