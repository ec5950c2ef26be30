"""Compute the indicator values of communes from the school list alone, and list the schools they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from hpedu.ingest.schools.totals import tally_each
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Commune, Indicator
from hpedu.sums import read_columns
from hpedu.values import VALUES, compute_commune_indicators

COMMUNE_VALUES = VALUES | read_columns("commune_values")
COMMUNE_SCHOOLS = read_columns("commune_schools")

STAGE = {"nursery": "preschool", "kindergarten": "preschool"}
STAGES = ("preschool", "primary", "lower_secondary", "upper_secondary", "continuing")
LEAST_SPREAD = 8  # communes; of fewer, quarters say nothing
SHOWN = ("pupils", "classes", "teachers")

LEARNERS = ("pupils", "new_entrants", "entrants", "completers", "cohort", "graduates", "students")
"""How the names of measures begin that count children and other learners."""

_Asked = dict[SeriesRef, dict[tuple[str, int], dict[int, bool]]]
"""series -> (commune, year) -> school -> whether it reported."""


def current_communes(registry: Registry) -> list[Commune]:
    """Return the communes of today: their codes were given out again in 2025, so an old one may have the same."""
    return [commune for commune in registry.communes if commune.valid_to is None]


def find_small(counts: Sequence[float | None], limit: int) -> set[int]:
    """Find the counts that are too small to show; of one alone, also the next, or a sum would tell it."""
    small = {place for place, count in enumerate(counts) if count is not None and 0 < count < limit}
    others = {count: place for place, count in enumerate(counts) if count and place not in small}
    return small | ({others[min(others)]} if len(small) == 1 and others else set())


def counts_learners(formula: str) -> bool:
    """Return whether a formula counts children or other learners."""
    return any(term.measure.startswith(LEARNERS) for term in parse_formula(formula))


def compute_communes(
    observations: pl.DataFrame, schools: pl.DataFrame, registry: Registry
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compute what the school list alone can fill: indicator values of every commune; and list its schools.

    City targets are judged for the city, never for a commune: these are figures, without a verdict.

    Have the columns `COMMUNE_VALUES`, sorted by commune, indicator (in registry order) and year; and
    `COMMUNE_SCHOOLS`.
    """
    ids = {commune.code: commune.id for commune in current_communes(registry)}
    placed = schools.filter(pl.col("commune_code").is_in(list(ids)))
    if placed.is_empty():
        return pl.DataFrame(schema=COMMUNE_VALUES), pl.DataFrame(schema=COMMUNE_SCHOOLS)
    # A school whose name was left out is called by its code: whoever has to report is told.
    placed = placed.with_columns(
        territory=pl.col("commune_code").replace_strict(ids), name=pl.coalesce("name", "ministry_code")
    )
    figures = tally_each(placed, registry)
    values = compute_commune_indicators(observations, registry, ids)
    return _add_answers(values, placed, figures, registry), _list_schools(placed, figures)


def _add_answers(
    values: pl.DataFrame, schools: pl.DataFrame, figures: pl.DataFrame, registry: Registry
) -> pl.DataFrame:
    known = {(row["indicator"], row["territory"], row["year"]): row for row in values.iter_rows(named=True)}
    names = schools["name"].fill_null("").to_list()
    asked = _index(schools, figures)
    rows = []
    for indicator in registry.indicators.values():
        for commune, year, answers in _find_answers(indicator, asked):
            key = (indicator.id, commune, year)
            blank = dict.fromkeys(VALUES) | dict(zip(("indicator", "territory", "year"), key, strict=True))
            row = known.get(key, blank | {"unit": indicator.unit, "flags": [], "inputs": [], "sources": []})
            lacking = sorted(names[school] for school, reported in answers.items() if not reported)
            # Otherwise there is nothing to divide by: nobody has to report anything.
            if key in known or lacking:
                rows.append(row | {"asked": len(answers), "lacking": lacking})
    table = pl.DataFrame(rows, schema=COMMUNE_VALUES, orient="row").sort("territory", maintain_order=True)
    alike = ("indicator", "year")
    enough = pl.col("value").count().over(alike) >= LEAST_SPREAD
    quarters = {"low": pl.col("value").quantile(0.25), "high": pl.col("value").quantile(0.75)}
    return table.with_columns(
        pl.when(enough).then(quarter.over(alike)).alias(name) for name, quarter in quarters.items()
    )


def _index(schools: pl.DataFrame, figures: pl.DataFrame) -> _Asked:
    places = list(schools.select("territory", "year").iter_rows())
    table: _Asked = {}
    columns = ("measure", "level", "sex", "detail", "by_ownership", "school", "total")
    for measure, level, sex, detail, split, school, total in figures.select(columns).iter_rows():
        for ownership in ("all", "public", "private") if split else ("all",):
            series = table.setdefault(SeriesRef(measure, level, ownership, sex, detail), {})
            series.setdefault(places[school], {})[school] = total is not None
    return table


def _find_answers(indicator: Indicator, asked: _Asked) -> Iterator[tuple[str, int, Mapping[int, bool]]]:
    """Yield commune, year, and whether each school asked for a part of the formula gave all it was asked for."""
    formulas = [formula for formula in (indicator.numerator, indicator.denominator) if formula]
    terms = [term for formula in formulas for term in parse_formula(formula)]
    found = [asked.get(term, {}) for term in terms]
    for commune, year in sorted(set.intersection(*(set(one) for one in found))):
        answers: dict[int, bool] = {}
        for one in found:
            for school, reported in one[commune, year].items():
                answers[school] = answers.get(school, True) and reported
        yield commune, year, answers


def _list_schools(schools: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    stages = figures.with_columns(stage=pl.col("level").replace(STAGE)).filter(pl.col("stage").is_in(STAGES))
    whole = (pl.col("sex") == "both") & (pl.col("detail") == "") & (pl.col("level") == pl.col("stage"))
    levels = stages.group_by("school", level="stage").agg(
        *(pl.col("total").filter(whole & (pl.col("measure") == name)).first().alias(name) for name in SHOWN),
        asked=pl.len(),
        lacking=pl.col("total").null_count(),
    )
    rows = schools.with_row_index("school").select(
        *("school", "territory", "year", "name", "ownership", pl.col("synthetic").fill_null(False)),
        kind="institution_type",
    )
    found = rows.join(levels, on="school").select(
        pl.col(name).cast(kind) for name, kind in COMMUNE_SCHOOLS.items()
    )
    order = pl.col("level").replace_strict({stage: n for n, stage in enumerate(STAGES)})
    return found.sort("territory", "year", "school", order)
