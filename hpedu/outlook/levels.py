"""Carry pupils by level forward where grades are not counted: from the level below, or from the population.

A level that feeds on another (lower secondary on primary, `lag` years before) goes on with its last ratio to it.
The geometric mean of that and of no change is taken, because the ratio alone overdoes every change of a cohort. A
level with a population goes on with its last enrolment ratio (the cohort-component method). Any other goes on as
`hpedu.outlook.project` has it, other places for background.

Chosen among seven variants on pupils by level of the Vietnamese provinces, 2009 to 2016 (PX-Web of the statistics
office): mean error of upper secondary 2.9%, 5.7% and 8.2% one, three and five years ahead, of no change 3.5%, 9.6%
and 15.2%; of lower secondary 2.1%, 4.7% and 7.1% against 2.8%, 6.7% and 9.3%.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import polars as pl

from hpedu.outlook.intake import Intake, locate
from hpedu.outlook.projection import GROWTH, USUAL_DF, USUAL_SD, draw_bands, project
from hpedu.sums import read_columns

LEAST_HISTORY = 6
"""Years before an origin of a hindcast."""
LEAST_ORIGINS = 4
"""With fewer the ranges come from the errors usual among provinces."""
MOST_DF = 15


LEVELS = read_columns("levels")

Years = dict[int, float]


def project_levels(
    pupils: pl.DataFrame,
    *,
    until: int,
    feeds: pl.DataFrame | None = None,
    population: pl.DataFrame | None = None,
    background: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the pupils of each level, each year after its last figure to `until`, with ranges.

    Parameters
    ----------
    pupils
        `level, year, pupils` and perhaps `place`.
    feeds
        `level, source, lag`: which level its pupils were in, `lag` years before.
    population
        `level, year, population` and perhaps `place`: people of the age of the level, past and coming years.
    background
        Pupils of other places, of the same columns: company for levels that nothing else carries forward.

    Returns
    -------
    polars.DataFrame
        Columns `LEVELS`, by place and level in the order given. Ranges come from the errors the same way would
        have made from earlier years.
    """
    taken = Intake()
    rows, people, others = (
        taken.take(frame, name).with_columns(pl.col("place").fill_null(""))
        for frame, name in ((pupils, "pupils"), (population, "population"), (background, "pupils"))
    )
    chain = taken.take(feeds, "feeds")
    taken.finish()
    taken.refuse_repeats(rows.drop_nulls("pupils"), "pupils", ["place", "level", "year"])
    for row in rows.filter(pl.col("pupils") <= 0).iter_rows(named=True):
        where = locate(row, ["place", "level", "year"])
        taken.complain("pupils", "intake_not_above_zero", where=where, found=str(row["pupils"]))
    links = {row["level"]: (row["source"], int(row["lag"])) for row in chain.iter_rows(named=True)}
    _check_links(taken, links, set(rows["level"]))
    taken.finish()
    found = []
    for (place,), own in rows.drop_nulls("pupils").group_by("place", maintain_order=True):
        near = people.filter(pl.col("place").is_in([place, ""]))
        one = _Place(
            str(place), _by_level(own, "pupils"), _by_level(near, "population"), _as_series(others), links, until
        )
        found += list(one.project())
    return pl.DataFrame(found, schema=LEVELS, orient="row")


def _check_links(taken: Intake, links: Mapping[str, tuple[str, int]], levels: set[str]) -> None:
    for level, (source, lag) in links.items():
        where = locate({"level": level}, ["level"])
        if source not in levels:
            taken.complain("feeds", "intake_source_unknown", where=where, found=source)
        if lag < 1:
            taken.complain("feeds", "intake_lag", where=where, found=str(lag))
        seen = [level]
        while seen[-1] in links and seen[-1] not in seen[:-1]:
            seen.append(links[seen[-1]][0])
        if seen[-1] in links:
            taken.complain("feeds", "intake_source_circle", where=where, found=" <- ".join(seen))


def _by_level(frame: pl.DataFrame, value: str) -> dict[str, Years]:
    table: dict[str, Years] = {}
    for row in frame.sort("year", maintain_order=True).iter_rows(named=True):
        if row[value] is not None:
            table.setdefault(row["level"], {})[row["year"]] = row[value]
    order = dict.fromkeys(frame["level"])
    return {level: table[level] for level in order if level in table}


def _as_series(pupils: pl.DataFrame) -> pl.DataFrame:
    """Return pupils as `project` takes them."""
    return pupils.select("place", "year", indicator="level", value="pupils", kind=pl.lit("count"))


def fill_gaps(years: Years) -> Years:
    """Return pupils by year with the years between that nobody counted, at the steady growth across each gap."""
    filled = dict(years)
    for before, after in pairwise(sorted(years)):
        growth = (years[after] / years[before]) ** (1 / (after - before))
        filled |= {year: years[before] * growth ** (year - before) for year in range(before + 1, after)}
    return filled


@dataclass(frozen=True)
class _Place:
    """Pupils and population of one place by level and year."""

    place: str
    pupils: dict[str, Years]
    people: dict[str, Years]
    others: pl.DataFrame
    links: Mapping[str, tuple[str, int]]
    until: int
    carried: dict[tuple[str, int], Years] = field(default_factory=dict)

    def project(self) -> Iterator[dict[str, Any]]:
        for level, years in self.pupils.items():
            last = max(years)
            paths = self.carry(level, last)
            errors, origins = self._look_back(level)
            own = origins >= LEAST_ORIGINS
            method = self._name_method(level, last)
            sd = usual = USUAL_SD[method]
            if own:
                shown = math.sqrt(sum(error * error for error in errors) / len(errors))
                # A calm past proves no calm future: what is usual counts as one year more.
                sd = (origins * shown + usual) / (origins + 1)
            df = float(min(origins - 1, MOST_DF)) if own else USUAL_DF
            for year in range(last + 1, self.until + 1):
                ahead = year - last
                yield {
                    "place": self.place,
                    "level": level,
                    "year": year,
                    "point": paths[year],
                    **draw_bands(paths[year], sd * ahead**GROWTH, df),
                    "status": "projected",
                    "basis": "own_errors" if own else "usual_error",
                    "method": method,
                }

    def _name_method(self, level: str, origin: int) -> str:
        """Name how the level is carried forward from `origin`, with what was known then."""
        if self.people.get(level, {}).get(origin):
            return "enrolment_ratio"
        if level in self.links:
            source, lag = self.links[level]
            return "flow" if origin - lag in self.pupils[source] else "held"
        return "trend" if len(self._known(level, origin)) >= 3 else "held"

    def _known(self, level: str, origin: int) -> Years:
        return {year: value for year, value in self.pupils[level].items() if year <= origin}

    def carry(self, level: str, origin: int) -> Years:
        """Return the level up to `origin` as it was, and from there on as it would have been foreseen then.

        What was carried once is remembered in `carried`.
        """
        if (level, origin) not in self.carried:
            past = self._known(level, origin)
            end = max(self.until, *self.pupils[level])
            ahead = range(max(past) + 1, end + 1)
            self.carried[level, origin] = past | self._foresee(level, origin, past, ahead)
        return self.carried[level, origin]

    def _foresee(self, level: str, origin: int, past: Years, ahead: range) -> Years:
        last = max(past)
        base = past[last]
        method = self._name_method(level, last)
        if method == "enrolment_ratio":
            people = self.people[level]
            newest = people[max(people)]
            return {year: base * people.get(year, newest) / people[last] for year in ahead}
        if method == "flow":
            source, lag = self.links[level]
            below = fill_gaps(self.carry(source, origin))
            start = below[last - lag]
            return {year: base * math.sqrt(below[year - lag] / start) for year in ahead}
        if method == "trend":
            own = pl.DataFrame({"year": list(past), "pupils": list(past.values())})
            series = _as_series(own.with_columns(place=pl.lit(self.place), level=pl.lit(level)))
            others = self.others.filter(pl.col("indicator") == level)
            points = project(series, h=len(ahead), background=others, origin=last)["point"]
            return {year: point or base for year, point in zip(ahead, points, strict=True)}
        return dict.fromkeys(ahead, base)

    def _look_back(self, level: str) -> tuple[list[float], int]:
        """Return the errors the same way would have made in the past, and from how many years.

        They are logarithms, as of one year ahead."""
        years = self.pupils[level]
        errors: list[float] = []
        origins = 0
        for origin in sorted(years):
            later = [year for year in years if year > origin]
            if len(self._known(level, origin)) < LEAST_HISTORY or not later:
                continue
            if self._name_method(level, origin) != self._name_method(level, max(years)):
                continue
            path = self.carry(level, origin)
            errors += [math.log(years[year] / path[year]) / (year - origin) ** GROWTH for year in later]
            origins += 1
        return errors, origins
