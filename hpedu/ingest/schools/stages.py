"""Decide what of a school belongs to which level, and whether its recognition counts (docs/school_list.md).

- A school counts, as a school, at its highest level; an independent preschool facility at preschool, centres at
  continuing education.
- Pupils, classes, teachers and rooms of a level come from the parts that make it up (pupils by grade or age), else
  from the column for that level, else from the total where the school teaches no other level.
"""

from __future__ import annotations

import polars as pl

from hpedu.ingest.schools.fields import INSTITUTIONS
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn

STAGES = ("preschool", "primary", "lower_secondary", "upper_secondary", "continuing")
"""Levels that have staff and rooms of their own: nursery and kindergarten are both preschool."""

MEMBERS: dict[str, tuple[str, ...]] = {
    **{stage: (stage,) for stage in STAGES},
    "general": ("primary", "lower_secondary", "upper_secondary"),
    "preschool_general": ("preschool", "primary", "lower_secondary", "upper_secondary"),
    "all": STAGES,
}
"""The levels whose schools a series of a level counts."""

YEARS_VALID = 5
"""A recognition as national-standard school lasts five years (Circulars 17, 18 and 19/2018)."""


def place_levels(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Add `teaches_<level>` for every level, `kind` (of institution) and `highest`, the level it counts at."""
    has = {level: pl.col("levels").list.contains(level).fill_null(False) for level in ("nursery", "kindergarten")}
    has |= {stage: pl.col("levels").list.contains(stage).fill_null(False) for stage in STAGES[1:]}
    teaches = {f"teaches_{level}": expression for level, expression in has.items()}
    teaches["teaches_preschool"] = has["nursery"] | has["kindergarten"]
    alone = pl.all_horizontal(~pl.col(f"teaches_{stage}") for stage in STAGES[:-1])
    guess = (
        pl.when(alone & pl.col("teaches_continuing")).then(pl.lit("continuing_centre")).otherwise(pl.lit("school"))
    )
    return frame.with_columns(**teaches).with_columns(
        kind=pl.coalesce("institution_type", guess),
        highest=pl.coalesce(
            pl.when(pl.col("institution_type") == INSTITUTIONS[1]).then(pl.lit("preschool")),
            pl.when(pl.col("institution_type").is_in(INSTITUTIONS[2:])).then(pl.lit("continuing")),
            *(pl.when(f"teaches_{stage}").then(pl.lit(stage)) for stage in reversed(STAGES[:-1])),
            pl.lit("continuing"),
        ),
    )


def fill_levels(frame: pl.LazyFrame, registry: Registry) -> pl.LazyFrame:
    """Fill the columns that others sum to (`sums_to`) from those others, where all that apply are given."""
    for whole, parts in list_parts(registry).items():
        frame = frame.with_columns(pl.coalesce(sum_parts(parts), whole).alias(whole))
    return frame


def list_parts(registry: Registry) -> dict[str, list[SchoolColumn]]:
    """List for each column that others sum to those others; finer ones first, as ages before the nursery."""
    parts: dict[str, list[SchoolColumn]] = {}
    for column in registry.school_columns.values():
        if column.sums_to:
            parts.setdefault(column.sums_to, []).append(column)
    return dict(sorted(parts.items(), key=lambda item: any(part.id in parts for part in item[1])))


def sum_parts(parts: list[SchoolColumn]) -> pl.Expr:
    """Sum the columns that a school has to fill; null if one of them is empty or it has to fill none."""
    applies = [teaches_any(part.levels) for part in parts]
    terms = [pl.when(teaches).then(part.id).otherwise(0) for teaches, part in zip(applies, parts, strict=True)]
    return pl.when(pl.any_horizontal(applies)).then(pl.sum_horizontal(terms, ignore_nulls=False))


def value_at(column: SchoolColumn, level: str) -> pl.Expr:
    """Return the value, for a level or group of levels, of a column that each level may have; null if unknown."""
    variants = {stage: variant for variant, stage in column.variants.items() if stage in MEMBERS[level]}
    terms = [pl.when(f"teaches_{stage}").then(variant).otherwise(0) for stage, variant in variants.items()]
    others = [pl.col(f"teaches_{stage}") for stage in STAGES if stage not in MEMBERS[level]]
    no_other = ~pl.any_horizontal(others) if others else pl.lit(True)
    return pl.coalesce(pl.sum_horizontal(terms, ignore_nulls=False), pl.when(no_other).then(column.id))


def teaches_any(levels: list[str] | tuple[str, ...]) -> pl.Expr:
    """Return whether a school teaches one of the levels."""
    return pl.any_horizontal(f"teaches_{level}" for level in levels)


def last_day() -> pl.Expr:
    """Return the day on which recognitions are judged: 31 May at the end of the school year."""
    return pl.date(pl.col("year") + 1, 5, 31)


def valid_recognition() -> pl.Expr:
    """Return whether a school is of national standard on `last_day`; null if that is not known."""
    day, level = pl.col("national_standard_date"), pl.col("national_standard_level")
    valid = (day <= last_day()) & (day.dt.offset_by(f"{YEARS_VALID}y") >= last_day())
    return pl.when(level == 0).then(False).when(level > 0).then(valid)
