"""Foresee the pupils of a territory from its observations: by grade where grades are counted, else by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import polars as pl

from hpedu import store
from hpedu.cache import recall_frame
from hpedu.outlook.enrolment import ALL, project_enrolment
from hpedu.outlook.levels import project_levels
from hpedu.outlook.projection import name_bands
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.sums import read_columns

GRADE = "grade_"
PUPILS_OF = "_pupils"
"""What follows a level in the name of the indicator of its pupils."""
COUNTED = ("final", "preliminary", "derived", "synthetic")

FORESEEN = read_columns("foreseen")

Series = Mapping[SeriesRef, dict[int, dict[str, Any]]]


def index_series(observations: pl.DataFrame, territory: str, year: int) -> Series:
    """Return what was counted in a territory up to a year: series -> year -> observation."""
    known = observations.filter(
        pl.col("current"),
        pl.col("place") == "",
        pl.col("territory") == territory,
        pl.col("year") <= year,
        pl.col("qualifier") == "",
        pl.col("status").is_in(COUNTED),
    )
    table: dict[SeriesRef, dict[int, dict[str, Any]]] = {}
    for row in known.sort("year").iter_rows(named=True):
        ref = SeriesRef(row["measure"], row["level"], row["ownership"], row["sex"], row["detail"])
        table.setdefault(ref, {})[row["year"]] = row
    return table


def name_peers(registry: Registry) -> list[str]:
    """Name the indicators whose values in other provinces are company: of levels that feed on no other."""
    return [f"{flow.level}{PUPILS_OF}" for flow in registry.flows if not flow.source]


def foresee_pupils(
    series: Series, registry: Registry, *, until: int, growth: float = 0.0, peers: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the pupils of each level to `until`: by grade where grades are counted as late as levels are.

    `growth` is a scenario: percent a year on top of what is projected. `peers` are the pupils of other provinces
    (`name_peers`), company for levels that nothing else carries forward. Has the columns `FORESEEN`, levels in the
    order of the registry; empty if no pupils were counted.
    """
    known = tuple(
        (flow.level, year, row["value"])
        for flow in registry.flows
        for year, row in series.get(SeriesRef("pupils", flow.level), {}).items()
        if row["value"] > 0
    )
    if not known:
        return pl.DataFrame(schema=FORESEEN)
    last = {level: max(year for own, year, _ in known if own == level) for level, _, _ in known}
    feeds = tuple(
        (flow.level, flow.source, flow.lag)
        for flow in registry.flows
        if flow.level in last and flow.source in last
    )
    company = () if peers is None else tuple(peers.select("indicator", "territory", "year", "value").iter_rows())
    arguments = (known, feeds, company, until)
    found = recall_frame(["pupils", store.digest_making(), arguments], lambda: _project(*arguments))
    by_grade = _foresee_grades(series, registry, last, until)
    if by_grade is not None:
        found = pl.concat([found.filter(~pl.col("level").is_in(by_grade["level"].to_list())), by_grade])
    order = {flow.level: n for n, flow in enumerate(registry.flows)}
    faster = (1 + growth / 100) ** (pl.col("year") - pl.col("level").replace_strict(last))
    return found.sort(pl.col("level").replace_strict(order), "year").with_columns(
        pl.col("point", *name_bands()) * faster
    )


@lru_cache(maxsize=8)
def _project(
    pupils: tuple[tuple[str, int, float], ...],
    feeds: tuple[tuple[str, str, int], ...],
    company: tuple[tuple[str, str, int, float], ...],
    until: int,
) -> pl.DataFrame:
    """Carry levels forward; a page asks for the same several times, and each takes as long as a chart."""
    others = [(name.removesuffix(PUPILS_OF), territory, year, value) for name, territory, year, value in company]
    found = project_levels(
        pl.DataFrame(pupils, schema=["level", "year", "pupils"], orient="row"),
        until=until,
        feeds=pl.DataFrame(feeds, schema=["level", "source", "lag"], orient="row") if feeds else None,
        background=pl.DataFrame(others, schema=["level", "place", "year", "pupils"], orient="row")
        if others
        else None,
    )
    return found.select(list(FORESEEN))


def _foresee_grades(
    series: Series, registry: Registry, last: Mapping[str, int], until: int
) -> pl.DataFrame | None:
    """Return the levels whose grades are counted; None if not all are, or not as late as the levels are."""
    grades = _list_grades(series)
    own = sorted(set(grades["grade"]))
    newest = max((last.get(level, 0) for level in set(grades["level"])), default=0)
    full = set(grades.filter(pl.col("year") == newest)["grade"]) == set(own)
    if not own or own != list(range(own[0], own[-1] + 1)) or not full:
        return None
    cells = set(grades.select("grade", "year").rows())
    measured = {grade for grade, year in cells if (grade + 1, year + 1) in cells}
    listed = {
        grade: rate for grade, rate in _read_rates(series, registry, grades, newest) if grade not in measured
    }
    if set(own[:-1]) - measured - listed.keys():
        return None
    ratios = pl.DataFrame(list(listed.items()), schema={"grade": pl.Int32, "ratio": pl.Float64}, orient="row")
    found = project_enrolment(grades, until=until, ratios=ratios)
    whole = found.filter(pl.col("grade").is_null(), pl.col("level") != ALL)
    return whole.with_columns(method=pl.lit("grades")).select(list(FORESEEN))


def _list_grades(series: Series) -> pl.DataFrame:
    # Not items(): a page that follows grades does not depend on the other series.
    rows = [
        (ref.level, int(ref.detail.removeprefix(GRADE)), year, row["value"])
        for ref in series
        if ref == SeriesRef("pupils", ref.level, detail=ref.detail) and ref.detail.startswith(GRADE)
        for year, row in series[ref].items()
    ]
    columns = {"level": pl.String, "grade": pl.Int32, "year": pl.Int32, "pupils": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row")


def _read_rates(
    series: Series, registry: Registry, grades: pl.DataFrame, year: int
) -> Iterator[tuple[int, float]]:
    """Yield the rates to the next grade that a school list of one year gives.

    Within a level: its last grade to the first grade of the same cohort, evenly over the years between. Between
    two levels: new pupils to those who completed the level below.
    """
    pupils = {(row["grade"], row["year"]): row["pupils"] for row in grades.iter_rows(named=True)}
    for flow in registry.flows:
        own = sorted(set(grades.filter(pl.col("level") == flow.level)["grade"]))
        if not own:
            continue
        first = look_up(series, flow.cohort, year)
        if first and pupils.get((own[-1], year)) and len(own) > 1:
            rate = (pupils[own[-1], year] / first) ** (1 / (len(own) - 1))
            yield from ((grade, rate) for grade in own[:-1])
        entrants, completers = look_up(series, flow.entrants, year), look_up(series, flow.completers, year)
        if entrants and completers:
            yield own[0] - 1, entrants / completers


def look_up(series: Series, text: str, year: int) -> float | None:
    """Return the figure of a series, as a formula names it, in a year."""
    row = series.get(parse_formula(text)[0], {}).get(year) if text else None
    return row["value"] if row else None
