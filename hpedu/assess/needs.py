"""Foresee what the pupils of a territory would take, by the norms of the registry and the targets of the plans."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.assess.pupils import Series, foresee_pupils
from hpedu.outlook.projection import project
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Norm
from hpedu.sums import read_columns

SUMS = {
    "preschool": ("nursery", "kindergarten"),
    "general": ("primary", "lower_secondary", "upper_secondary"),
}
PUPILS = "pupils"
INHABITANTS = "inhabitants"
TERTIARY = "tertiary"
POPULATION = SeriesRef("population_average", "population")
SCENARIOS = {"low": "lo80", "middle": "point", "high": "hi80"}

REQUIREMENTS = read_columns("requirements")


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

    Low and high are the ends of the 80% range of the pupils (of inhabitants, for higher education). What is needed
    is a ratio of its base: pupils, or another resource, as needed if a norm before says so, else as there is.

    `values` are those of the territory up to the year of the report; `class_size` has pupils per class by level,
    in place of the newest ones; of other `levels`, or sums of levels, than those named no series are looked up.
    `peers` are as of `foresee_pupils`: inhabitants have no company, it makes their ranges too narrow
    (docs/outlook.md). Has the columns `REQUIREMENTS`, in the order of the norms, then of years and scenarios.
    """
    wanted = [norm for norm in registry.norms.values() if not levels or norm.level in levels]
    demand = _list_demand(series, registry, until, growth, {norm.level for norm in wanted}, peers)
    newest = {row["indicator"]: row for row in values.sort("year").iter_rows(named=True) if not row["qualifier"]}
    # Level, resource, year and scenario -> how much.
    needed = {(level, PUPILS, *case): amount for level, cases in demand.items() for case, amount in cases.items()}
    rows = []
    for norm in wanted:
        ratio = _find_ratio(norm, registry, newest, class_size or {})
        base = PUPILS if norm.base == INHABITANTS else norm.base
        cases = demand.get(norm.level)
        if not cases or ratio is None:
            continue
        is_foreseen = all((norm.level, base, *case) in needed for case in cases)
        stock = None if is_foreseen else _count_stock(series, f"{norm.base}/{norm.level}")
        if stock is None and not is_foreseen:
            continue
        # What there is in all parts is no measure of what some of them take.
        whole = norm.base != PUPILS or list_counted(series, norm.level) == SUMS.get(norm.level, (norm.level,))
        year_there, there = (_count_stock(series, norm.there) if whole else None) or (None, None)
        for year, scenario in cases:
            size = stock[1] if stock else needed[norm.level, base, year, scenario]
            amount = count_needed(ratio.in_year(year), size)
            needed[norm.level, norm.resource, year, scenario] = amount
            if year >= ratio.first_year:
                missing = None if there is None else max(amount - there, 0.0)
                row = (norm.level, norm.resource, year, scenario, amount, there, year_there, missing, norm.id)
                rows.append(row)
    return pl.DataFrame(rows, schema=REQUIREMENTS, orient="row")


def count_needed(ratio: float, base: float) -> float:
    """Return a ratio of a base as a whole number: what is begun is counted."""
    return float(math.ceil(ratio * base - 1e-9))


def list_counted(series: Series, level: str) -> tuple[str, ...]:
    """Return the levels whose pupils stand for a level: itself, or of a sum the parts that were counted."""
    return tuple(part for part in SUMS.get(level, (level,)) if series.get(SeriesRef("pupils", part)))


def count_private_schools(private: float, schools: float, share: float) -> tuple[int, int]:
    """Return how many private schools a share takes, in both readings of it.

    New ones beside all the schools there are make the whole larger too; public ones that are converted do not.
    """
    lacking = max(0.0, share * schools - private)
    return math.ceil(lacking / (1 - share) - 1e-9), math.ceil(lacking - 1e-9)


Demand = dict[str, dict[tuple[int, str], float]]
"""Level -> year and scenario -> pupils."""


def _list_demand(
    series: Series,
    registry: Registry,
    until: int,
    growth: float,
    wanted: Collection[str],
    peers: pl.DataFrame | None,
) -> Demand:
    """Return pupils (of the tertiary level: inhabitants) in order of years, with sums of levels."""
    taught = series if set(wanted) != {TERTIARY} else {}
    pupils = foresee_pupils(taught, registry, until=until, growth=growth, peers=peers)
    found: Demand = {}
    for row in pupils.sort("year", maintain_order=True).iter_rows(named=True):
        _add_case(found, row["level"], row)
    for whole, parts in SUMS.items():
        own = [found[part] for part in parts if part in found]
        # A year that lacks a level has no sum.
        for case in [case for case in (own[0] if own else ()) if all(case in one for one in own)]:
            found.setdefault(whole, {})[case] = sum(one[case] for one in own)
    counted = series.get(POPULATION, {}) if TERTIARY in wanted else {}
    if counted:
        people = pl.DataFrame({"year": list(counted), "value": [row["value"] for row in counted.values()]})
        for row in foresee_people(people, until).iter_rows(named=True):
            _add_case(found, TERTIARY, row)
    return found


def foresee_people(people: pl.DataFrame, until: int) -> pl.DataFrame:
    """Carry inhabitants (columns `year`, `value`) forward: the last count and, on top, each year's usual change.

    Their yearly change is steadier than they are: carried forward like any count, whose trend is believed by half,
    they fell short (docs/outlook.md). The range is that of such a count, in proportion.
    """
    people = people.sort("year").with_columns(indicator=pl.lit(TERTIARY), kind=pl.lit("count"))
    changes = people.with_columns(value=pl.col("value").diff() / pl.col("year").diff(), kind=pl.lit("score"))
    ranges, usual = (project(one, until=until).drop_nulls("year") for one in (people, changes.drop_nulls("value")))
    total = people["value"][-1] + pl.col("point_right").cum_sum()
    return ranges.join(usual, on="year").select(
        "year", *(pl.col(end) / pl.col("point") * total for end in SCENARIOS.values())
    )


def _add_case(demand: Demand, level: str, row: Mapping[str, Any]) -> None:
    for scenario, end in SCENARIOS.items():
        if row[end] is not None:
            demand.setdefault(level, {})[row["year"], scenario] = row[end]


@dataclass(frozen=True)
class Ratio:
    """What is needed for one of the base; from a start it moves evenly to `end` in `by_year`, and stays."""

    end: float
    by_year: int | None = None
    start: float | None = None
    start_year: int = 0

    @property
    def first_year(self) -> int:
        """Return the year from which it is known."""
        return self.by_year or 0 if self.start is None else 0

    def in_year(self, year: int) -> float:
        if self.start is None or self.by_year is None or year >= self.by_year:
            return self.end
        if year <= self.start_year:
            return self.start
        return self.start + (self.end - self.start) * ((year - self.start_year) / (self.by_year - self.start_year))


def _find_ratio(
    norm: Norm, registry: Registry, newest: Mapping[str, Mapping[str, Any]], class_size: Mapping[str, float]
) -> Ratio | None:
    """Return the ratio of a norm; None if what it refers to has no figure."""
    held = newest.get(norm.reference)
    if norm.rule == "fixed":
        return Ratio(float(norm.value or 0))
    if norm.rule == "share":
        target, scale = registry.targets[norm.reference], float(registry.indicators[norm.reference].scale)
        end = float(target.value) / scale
        if held and target.due and held["year"] < target.due:
            return Ratio(end, target.due, held["value"] / scale, held["year"])
        return Ratio(end, target.due)
    size = class_size.get(norm.level) if norm.resource == "classes" else None
    rate = size or (held["value"] / float(registry.indicators[norm.reference].scale) if held else None)
    if not rate:
        return None
    return Ratio(1 / rate if norm.rule == "per" else rate)


def _count_stock(series: Series, text: str) -> tuple[int, float] | None:
    """Return the newest year in which every term of a formula has a figure, and the sum of them."""
    terms = [series.get(term, {}) for term in parse_formula(text)]
    years = set.intersection(*(set(term) for term in terms))
    return (max(years), sum(term[max(years)]["value"] for term in terms)) if years else None
