"""Pupils by level, carried forward as hpedu does it: how far off, and how often the ranges held."""

from __future__ import annotations

import polars as pl

from hpedu.outlook import project_levels
from tests.backtest.panel import load_counts
from tests.backtest.questions import HORIZONS, TEST, Window, choose_half

FEEDS = pl.DataFrame(
    {
        "level": ["primary", "lower_secondary", "upper_secondary"],
        "source": ["kindergarten", "primary", "lower_secondary"],
        "lag": [4, 4, 3],
    }
)
KNOWN = {"4 years": 4, "7 years": 7, "all years": 99}
"""How many years before the origin are known."""


def answer_pupils(half: str = "held_out", window: Window = TEST) -> pl.DataFrame:
    """A row a place, level, origin, year and history known: `actual`, `last` and the columns of `LEVELS`."""
    counts = load_counts().filter(group="pupils").select(
        "place", "year", level=pl.col("indicator").str.strip_prefix("pupils_"), pupils="value"
    )  # fmt: skip
    actual = counts.rename({"pupils": "actual"})
    last = counts.rename({"pupils": "last", "year": "origin"})
    found = []
    for origin in window.origins:
        for known, years in KNOWN.items():
            seen = choose_half(counts, half).filter(pl.col("year").is_between(origin - years + 1, origin))
            whole = seen.group_by("place").agg(pl.col("year").n_unique().alias("have"))
            seen = seen.join(whole.filter(pl.col("have") >= min(years, 8)), on="place", how="semi")
            if len(seen):
                said = project_levels(seen, until=origin + HORIZONS, feeds=FEEDS)
                found.append(said.with_columns(origin=pl.lit(origin, dtype=pl.Int64), known=pl.lit(known)))
    rows = pl.concat(found).with_columns(pl.col("year").cast(pl.Int64))
    rows = rows.join(actual, on=["place", "level", "year"]).join(last, on=["place", "level", "origin"])
    return rows.filter(pl.col("year").is_in(list(window.outcomes)))


def score_pupils(answers: pl.DataFrame) -> list[dict[str, object]]:
    """A row a level and length of the history. Errors are mean distances of logarithms."""
    off = (pl.col("actual") / pl.col("point")).log().abs()
    still = (pl.col("actual") / pl.col("last")).log().abs()
    return (
        answers.group_by("level", "known")
        .agg(
            questions=pl.len(),
            error=off.mean(),
            error_of_no_change=still.mean(),
            coverage80=pl.col("actual").is_between("lo80", "hi80").mean(),
            coverage95=pl.col("actual").is_between("lo95", "hi95").mean(),
        )
        .sort("level", "known")
        .select(
            pl.format("{}, {} known", pl.col("level").str.replace("_", " "), "known").alias("what"),
            pl.exclude("level", "known"),
        )
        .to_dicts()
    )
