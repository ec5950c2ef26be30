"""Foresee what the pupils of a territory would take, by the norms of the registry and the targets of the plans."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from hpedu.assess.pupils import Series, foresee_pupils
from hpedu.outlook.projection import project
from hpedu.outlook.requirements import PUPILS, assess_requirements
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Norm

SUMS = {
    "preschool": ("nursery", "kindergarten"),
    "general": ("primary", "lower_secondary", "upper_secondary"),
}
INHABITANTS = "inhabitants"
TERTIARY = "tertiary"
POPULATION = SeriesRef("population_average", "population")
SCENARIOS = {"low": "lo80", "middle": "point", "high": "hi80"}
NORMS = {
    "level": pl.String,
    "resource": pl.String,
    "base": pl.String,
    "ratio": pl.Float64,
    "start_ratio": pl.Float64,
    "start_year": pl.Int32,
    "by_year": pl.Int32,
    "basis": pl.String,
}
STOCK = {"level": pl.String, "resource": pl.String, "year": pl.Int32, "value": pl.Float64}


def foresee_needs(
    series: Series,
    values: pl.DataFrame,
    registry: Registry,
    *,
    until: int,
    growth: float = 0.0,
    class_size: Mapping[str, float] | None = None,
    levels: Collection[str] = (),
    peers: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return what the pupils foreseen would take, by the registry's norms, in the scenarios low, middle and high.

    Low and high are the ends of the 80% range of the pupils (of inhabitants, for higher education).

    Parameters
    ----------
    values
        Indicator values of the territory up to the year of the report (`hpedu.values.VALUES`).
    class_size
        Pupils per class by level, in place of the newest ones.
    levels
        Only what these levels, or sums of levels, take; all by default. No other's series are looked up.
    peers
        As of `foresee_pupils`. Inhabitants have no company: it makes their ranges far too narrow (docs/outlook.md).

    Returns
    -------
    polars.DataFrame
        As `hpedu.outlook.requirements.REQUIREMENTS`; `basis` is the id of the norm.
    """
    wanted = [norm for norm in registry.norms.values() if not levels or norm.level in levels]
    demand = _list_demand(series, registry, until, growth, {norm.level for norm in wanted}, peers)
    newest = {row["indicator"]: row for row in values.sort("year").iter_rows(named=True) if not row["qualifier"]}
    known = set(demand["level"])
    norms: list[dict[str, Any]] = []
    stock: list[dict[str, Any]] = []
    for norm in wanted:
        rule = _make_rule(norm, registry, newest, class_size or {})
        if norm.level not in known or rule is None:
            continue
        # What there is in all parts is no measure of what some of them take.
        if norm.base != PUPILS or list_counted(series, norm.level) == SUMS.get(norm.level, (norm.level,)):
            stock += _count_stock(series, norm.level, norm.resource, norm.there)
        needed = {(row["level"], row["resource"]) for row in norms}
        if rule["base"] != PUPILS and (norm.level, norm.base) not in needed:
            own = _count_stock(series, norm.level, norm.base, f"{norm.base}/{norm.level}")
            if not own:
                continue
            stock += own
        norms.append(rule)
    have = pl.DataFrame(stock, schema=STOCK).unique(["level", "resource"], maintain_order=True)
    return assess_requirements(demand, pl.DataFrame(norms, schema=NORMS), have)


def list_counted(series: Series, level: str) -> tuple[str, ...]:
    """Return the levels whose pupils stand for a level: itself, or of a sum the parts that were counted."""
    return tuple(part for part in SUMS.get(level, (level,)) if series.get(SeriesRef("pupils", part)))


def count_private_schools(private: float, schools: float, share: float) -> tuple[int, int]:
    """Return how many private schools a share takes, in both readings of it.

    New ones beside all the schools there are make the whole larger too; public ones that are converted do not.
    """
    lacking = max(0.0, share * schools - private)
    return math.ceil(lacking / (1 - share) - 1e-9), math.ceil(lacking - 1e-9)


def _list_demand(
    series: Series,
    registry: Registry,
    until: int,
    growth: float,
    wanted: Collection[str],
    peers: pl.DataFrame | None,
) -> pl.DataFrame:
    """Return pupils (of the tertiary level: inhabitants) by level, year and scenario, with sums of levels."""
    ends = list(SCENARIOS.values())
    taught = series if set(wanted) != {TERTIARY} else {}
    pupils = foresee_pupils(taught, registry, until=until, growth=growth, peers=peers).select(
        "level", "year", *ends
    )
    frames = [pupils]
    for whole, parts in SUMS.items():
        own = pupils.filter(pl.col("level").is_in(parts))
        added = own.group_by("year", maintain_order=True).agg(pl.col(ends).sum(), count=pl.len())
        # A year that lacks a level has no sum.
        full = added.filter(pl.col("count") == own["level"].n_unique())
        frames.append(full.with_columns(level=pl.lit(whole)).select(pupils.columns))
    counted = series.get(POPULATION, {}) if TERTIARY in wanted else {}
    people = [(year, row["value"]) for year, row in counted.items()]
    if people:
        frame = pl.DataFrame(people, schema=["year", "value"], orient="row").with_columns(
            indicator=pl.lit(TERTIARY), kind=pl.lit("count")
        )
        found = project(frame, until=until).drop_nulls("year").rename({"indicator": "level"})
        frames.append(found.select(pl.col(name).cast(pupils.schema[name]) for name in pupils.columns))
    return (
        pl.concat(frames)
        .unpivot(ends, index=["level", "year"], variable_name="end", value_name=PUPILS)
        .with_columns(scenario=pl.col("end").replace_strict({end: name for name, end in SCENARIOS.items()}))
        .drop("end")
    )


def _make_rule(
    norm: Norm, registry: Registry, newest: Mapping[str, Mapping[str, Any]], class_size: Mapping[str, float]
) -> dict[str, Any] | None:
    """Return the row of the norm for `assess_requirements`; None if what it refers to has no figure."""
    base = PUPILS if norm.base == INHABITANTS else norm.base
    row: dict[str, Any] = {"level": norm.level, "resource": norm.resource, "base": base, "basis": norm.id}
    held = newest.get(norm.reference)
    if norm.rule == "fixed":
        return row | {"ratio": float(norm.value or 0)}
    if norm.rule == "share":
        target, scale = registry.targets[norm.reference], float(registry.indicators[norm.reference].scale)
        row |= {"ratio": float(target.value) / scale, "by_year": target.due}
        if held and target.due and held["year"] < target.due:
            row |= {"start_ratio": held["value"] / scale, "start_year": held["year"]}
        return row
    size = class_size.get(norm.level) if norm.resource == "classes" else None
    rate = size or (held["value"] / float(registry.indicators[norm.reference].scale) if held else None)
    if not rate:
        return None
    return row | {"ratio": 1 / rate if norm.rule == "per" else rate}


def _count_stock(series: Series, level: str, resource: str, text: str) -> list[dict[str, Any]]:
    """Return the stock of the newest year in which every term of the formula has a figure."""
    terms = [series.get(term, {}) for term in parse_formula(text)]
    years = set.intersection(*(set(term) for term in terms))
    if not years:
        return []
    year = max(years)
    value = sum(term[year]["value"] for term in terms)
    return [{"level": level, "resource": resource, "year": year, "value": value}]
