"""Back series of a merged territory: the sum of its parts, never of some of them."""

from __future__ import annotations

import polars as pl

from hpedu.ingest.schema import OBSERVATIONS, SERIES_KEY
from hpedu.parts import add_parts
from hpedu.registry import Registry


def derive_merged(observations: pl.DataFrame, book: Registry) -> pl.DataFrame:
    """Observations of merged territories for the years in which only their parts were counted.

    Takes current observations of additive measures. Counts add; a missing part, or one that is only a bound,
    makes the sum missing, never smaller. `file`, `sheet` and `cell` name those of all parts, joined by
    " + ", so that every sum leads back to its cells. Status is `derived`, unless a part is projected,
    estimated or synthetic: then the sum is no firmer than that.
    """
    additive = [m.id for m in book.measures.values() if m.additive]
    frames = [
        _sum_parts(observations, territory.id, list(territory.parts), additive)
        for territory in book.territories.values()
        if territory.parts
    ]
    return pl.concat(frames) if frames else observations.clear()


def _sum_parts(observations: pl.DataFrame, merged: str, parts: list[str], additive: list[str]) -> pl.DataFrame:
    keys = [key for key in SERIES_KEY if key != "territory"]
    usable = observations.filter(
        pl.col("current"),
        pl.col("territory").is_in(parts),
        pl.col("measure").is_in(additive),
        pl.col("qualifier") == "",
        pl.col("place") == "",
    )
    published = observations.filter(pl.col("current"), pl.col("territory") == merged, pl.col("qualifier") == "")

    def joined(column: str) -> pl.Expr:
        return pl.col(column).unique(maintain_order=True).str.join(" + ")

    softer = pl.col("status").filter(pl.col("status").is_in(["synthetic", "projected", "estimated"]))
    whole = add_parts(
        usable.sort("territory", descending=True),  # hai_phong_old first, then hai_duong_old
        keys=[*keys, "year"],
        part="territory",
        parts=parts,
        sums=["value"],
        carry={
            "unit": pl.col("unit").first(),
            "soft": softer.first(),
            "flags": pl.col("flags").explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True),
            "edition": pl.col("edition").max(),
            "cell": pl.col("cell").str.join(" + "),
            "printed": pl.col("printed").str.join(" + "),
            "step": pl.col("step").max(),
        }
        | {name: joined(name) for name in ("source", "file", "digest", "sheet", "note")},
    )
    return (
        whole.filter(pl.col("missing").list.len() == 0)
        .with_columns(
            territory=pl.lit(merged),
            status=pl.coalesce("soft", pl.lit("derived")),
            qualifier=pl.lit(""),
            current=pl.lit(True),
        )
        .join(published, on=[*keys, "year"], how="anti")
        .select(pl.col(name).cast(kind) for name, kind in OBSERVATIONS.items())
    )
