"""Sum school rows to observations of the city and each commune, and count how many schools reported.

Which level a school's figures belong to is decided in `hpedu.ingest.schools.stages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.ingest.schools.fields import find_counted
from hpedu.ingest.schools.rules import fill_template
from hpedu.ingest.schools.stages import (
    MEMBERS,
    fill_levels,
    place_levels,
    teaches_any,
    valid_recognition,
    value_at,
)
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import LANGUAGES

_GROUP = ("year", "commune", "ownership")
_SUMS = ("total", "asked", "reported", "unplaced")


@dataclass(frozen=True)
class _Line:
    """One series: what a school adds to it, and whether a school has such a figure at all (`asked`)."""

    ref: SeriesRef
    by_ownership: bool
    value: pl.Expr
    asked: pl.Expr


def total_schools(frame: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Sum the schools of a list to observations of the city (place "") and of each commune (place: its code).

    If some of the schools that have such a figure did not report it, the sum has the flag `incomplete`, and its
    note says how many did; if none did, there is no observation. All is synthetic if any row of the year is.
    `frame` has each school once a year (`hpedu.ingest.schools.lists.school_schema`).
    """
    words = registry.code("note", "school_reports").name
    note = pl.concat_str([fill_template(words.get(language), language) for language in LANGUAGES], separator="; ")
    incomplete = (pl.col("reported") < pl.col("asked")) | (pl.col("unplaced") > 0)
    flags = pl.when(incomplete).then(pl.lit(["incomplete"])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
    status = pl.when(pl.col("synthetic").any().over("year")).then(pl.lit("synthetic")).otherwise(pl.lit("derived"))
    split = [n for n, line in enumerate(_list_lines(registry)) if line.by_ownership]
    rolled = (
        _roll_up(_tally(frame, registry).lazy(), split).join(_list_series(registry).lazy(), on="line").collect()
    )
    return rolled.select(
        "measure",
        "level",
        "ownership",
        "sex",
        "detail",
        territory=pl.lit(registry.city),
        place="commune",
        year="year",
        value=pl.col("total").cast(pl.Float64),
        unit="unit",
        status=status,
        flags=flags,
        note=note,
    ).sort("measure", "level", "ownership", "sex", "detail", "year", "place")


def _tally(frame: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Sum by line (place in the list of series), year, commune and ownership.

    Schools `asked` are those that have such a figure to give, `unplaced` those of them without an ownership.
    """
    lines = list(enumerate(_list_lines(registry)))
    wide = (
        fill_levels(place_levels(frame.lazy()), registry)
        .select(
            "year",
            "ownership",
            pl.col("commune_code").fill_null("").alias("commune"),
            pl.col("synthetic").fill_null(False),
            *(line.asked.alias(f"asked {n}") for n, line in lines),
            *(pl.when(line.asked).then(line.value.cast(pl.Int64)).alias(f"total {n}") for n, line in lines),
        )
        .group_by(_GROUP)
        .agg(
            pl.col("synthetic").any(),
            pl.col("^asked .*$").sum().cast(pl.Int64),
            pl.col("^total .*$").sum(),
            pl.col("^total .*$").count().cast(pl.Int64).name.replace("total", "reported"),
        )
        .collect()
    )
    # All three are unpivoted in one order.
    total, asked, reported = (
        wide.unpivot(
            pl.selectors.starts_with(f"{name} "),
            index=[*_GROUP, "synthetic"],
            variable_name="line",
            value_name=name,
        )
        for name in ("total", "asked", "reported")
    )
    unplaced = pl.when(pl.col("ownership").is_null()).then("asked").otherwise(0).cast(pl.Int64)
    return (
        total.with_columns(
            asked["asked"], reported["reported"], pl.col("line").str.strip_prefix("total ").cast(pl.Int32)
        )
        .with_columns(unplaced=unplaced)
        .filter(pl.col("asked") > 0)
    )


def tally_each(frame: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """List what each school (number of its row) has to report by series, and what it reported, or null."""
    alone = frame.with_row_index("school").with_columns(commune_code=pl.col("school").cast(pl.String))
    return (
        _tally(alone, registry)
        .join(_list_series(registry), on="line")
        .select(
            pl.col("commune").cast(pl.UInt32).alias("school"),
            *("measure", "level", "sex", "detail", "by_ownership"),
            total=pl.when(pl.col("reported") > 0).then("total"),
        )
    )


def _list_series(registry: Registry) -> pl.DataFrame:
    """Return the series of each `line` of a tally."""
    rows = [
        (n, ref.measure, ref.level, ref.sex, ref.detail, registry.measures[ref.measure].unit, line.by_ownership)
        for n, line in enumerate(_list_lines(registry))
        for ref in [line.ref]
    ]
    words: dict[str, Any] = dict.fromkeys(("measure", "level", "sex", "detail", "unit"), pl.String)
    return pl.DataFrame(rows, schema={"line": pl.Int32, **words, "by_ownership": pl.Boolean}, orient="row")


def _roll_up(tally: pl.LazyFrame, split: Sequence[int]) -> pl.LazyFrame:
    """Sum for city and communes, all schools and each ownership; only what at least one school has reported."""
    sums = [pl.col(name).sum() for name in _SUMS] + [pl.col("synthetic").any()]
    city = tally.with_columns(commune=pl.lit(""))
    places = pl.concat([city, tally.filter(pl.col("commune") != "")])
    keys = ["line", "year", "commune"]
    everyone = places.group_by(keys).agg(sums).filter(pl.col("reported") > 0)
    unplaced = everyone.select(*keys, missing="unplaced")
    kinds = pl.LazyFrame({"ownership": ["public", "private"]})
    apart = (
        unplaced.filter(pl.col("line").is_in(split))
        .join(kinds, how="cross")
        .join(places.group_by(*keys, "ownership").agg(sums), on=[*keys, "ownership"], how="left")
        .with_columns(pl.col(*_SUMS).fill_null(0), pl.col("synthetic").fill_null(False))
        .with_columns(unplaced="missing")
        .filter((pl.col("reported") > 0) | (pl.col("asked") == 0))
    )
    columns = [*keys, "ownership", *_SUMS, "synthetic"]
    alike = everyone.with_columns(ownership=pl.lit("all"), unplaced=pl.lit(0, pl.Int64))
    return pl.concat([alike.select(columns), apart.select(columns)], how="vertical_relaxed")


def _list_lines(registry: Registry) -> Iterator[_Line]:
    for column in registry.school_columns.values():
        for text in column.formulas:
            ref = parse_formula(text)[0]
            yield _Line(ref, column.by_ownership, _value(column, ref), _asked(column, ref))


def _value(column: SchoolColumn, ref: SeriesRef) -> pl.Expr:
    values = {
        "any": pl.col(column.id) > 0,
        "rows": pl.lit(1),
        "valid": valid_recognition(),
        "sum": value_at(column, ref.level) if column.per_level else pl.col(column.id),
    }
    return values[column.count_as]


def _asked(column: SchoolColumn, ref: SeriesRef) -> pl.Expr:
    """Return whether a school has such a figure to report: it teaches the level, or counts there as a school."""
    if column.scope == "level":
        group = MEMBERS.get(ref.level, ())
        return teaches_any([level for level in column.levels if not column.per_level or level in group])
    return pl.col("highest").is_in(MEMBERS[ref.level]) & pl.col("kind").is_in(find_counted(ref.measure, ref.level))
