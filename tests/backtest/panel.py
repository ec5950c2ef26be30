"""The frozen panel: published counts and rates of the provinces of Viet Nam, and the indicators made of them.

`panel.csv` is transcribed, as printed, from the statistics office's PX-Web tables (exports of August 2019); see
`panel.toml` for the tables. Ratios are computed from counts. Errors in the tables stand (a method must live with
them), but for shares above 100%.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl

HERE = Path(__file__).parent


def load_panel() -> pl.DataFrame:
    """Columns `place`, `indicator`, `year`, `value`, `lower`, `upper`, `group`, `direction`."""
    book, counts = _read()
    frames = []
    for name, rule in book["indicator"].items():
        top = counts.filter(measure=rule["of"]).rename({"count": "value"})
        if "per" in rule:
            below = counts.filter(measure=rule["per"]).select("province", "year", "count")
            enough = pl.col("count") >= rule.get("least", 0)
            top = top.join(below, on=["province", "year"]).filter(pl.col("count") > 0)
            top = top.filter(enough.all().over("province"))
            top = top.with_columns(value=pl.col("value") / pl.col("count") * rule.get("times", 1))
        possible = pl.col("value") <= rule.get(
            "upper", float("inf")
        )  # 90,000 girls among 80,000 pupils are no share
        top = top.filter(possible, pl.col("year") <= rule.get("until", 9999))
        frames.append(
            top.select(
                place="province",
                indicator=pl.lit(name),
                year="year",
                value=pl.col("value").round(2),
                lower=pl.lit(rule.get("lower"), dtype=pl.Float64),
                upper=pl.lit(rule.get("upper"), dtype=pl.Float64),
                group=pl.lit(rule["group"]),
                direction=pl.lit(rule["direction"]),
            )
        )
    return _since_formed(pl.concat(frames), book)


def load_counts() -> pl.DataFrame:
    """The counts themselves; columns as of `load_panel`, and `kind`."""
    book, counts = _read()
    groups = {measure: group for group, measures in book["count"].items() for measure in measures}
    named = counts.filter(pl.col("measure").is_in(list(groups)), pl.col("count") > 0)
    rows = named.select(
        place="province",
        indicator="measure",
        year="year",
        value="count",
        lower=pl.lit(None, dtype=pl.Float64),
        upper=pl.lit(None, dtype=pl.Float64),
        group=pl.col("measure").replace_strict(groups),
        direction=pl.lit("up"),
        kind=pl.lit("count"),
    )
    return _since_formed(rows, book)


def _read() -> tuple[dict[str, Any], pl.DataFrame]:
    book = tomllib.loads((HERE / "panel.toml").read_text(encoding="utf-8"))
    wide = pl.read_csv(HERE / "panel.csv", infer_schema_length=None)
    counts = (
        wide.unpivot(index=["measure", "province"], variable_name="year", value_name="count")
        .with_columns(pl.col("year").cast(pl.Int64), pl.col("count").cast(pl.Float64))
        .drop_nulls("count")
        .with_columns(count=_to_persons())
    )
    return book, counts


def _since_formed(rows: pl.DataFrame, book: dict[str, Any]) -> pl.DataFrame:
    formed = pl.col("place").replace_strict(book["formed"], default=0, return_dtype=pl.Int64)
    return rows.filter(pl.col("year") >= formed).sort("place", "indicator", "year")


def _to_persons() -> pl.Expr:
    """Kindergarten pupils are printed in thousands, but for 2015 and 2016, under the same heading."""
    thousands = (pl.col("measure") == "pupils_kindergarten") & ~pl.col("year").is_in([2015, 2016])
    people = pl.col("measure") == "population"  # thousands throughout
    return pl.when(thousands | people).then(pl.col("count") * 1000).otherwise(pl.col("count"))
