"""Pupils by level carried forward where nobody counts grades: from the level below, or from the population.

A level that feeds on another (lower secondary on primary, `lag` years before) goes on with its last ratio to it.
The geometric mean of that and of no change is taken, because the ratio alone overdoes every change of a cohort. A
level with a population goes on with its last enrolment ratio (the cohort-component method). Any other goes on as
`hpedu.outlook.project` has it.

Chosen among seven variants on pupils by level of the Vietnamese provinces, 2009 to 2016 (PX-Web of the statistics
office): mean error of upper secondary 2.9%, 5.7% and 8.2% one, three and five years ahead, of no change 3.5%, 9.6%
and 15.2%; of lower secondary 2.1%, 4.7% and 7.1% against 2.8%, 6.7% and 9.3%.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from hpedu.outlook.bands import GROWTH, PUBLISHED_DF, draw_bands, name_bands, published_sd, root_mean_square
from hpedu.outlook.fit import fit
from hpedu.outlook.series import Intake, Kind, check_series, fill_columns

LEAST_HISTORY = 6  # years before an origin of a hindcast
LEAST_ORIGINS = 4  # with fewer the ranges come from published errors
MOST_DF = 15

PUPILS: dict[str, Kind] = {"level": "text", "year": "year", "pupils": "number"}
FEEDS: dict[str, Kind] = {"level": "text", "source": "text", "lag": "number"}
POPULATION: dict[str, Kind] = {"level": "text", "year": "year", "population": "number"}
UNIT: dict[str, Kind] = {"unit": "text"}

LEVELS: dict[str, Any] = {
    "unit": pl.String,
    "level": pl.String,
    "year": pl.Int32,
    "point": pl.Float64,
    **dict.fromkeys(name_bands(), pl.Float64),
    "status": pl.String,
    "basis": pl.String,  # of the ranges: own_errors of earlier years, or published_error
    "method": pl.String,  # flow, enrolment_ratio, trend, held
}

Years = dict[int, float]


def project_levels(
    pupils: pl.DataFrame,
    *,
    until: int,
    feeds: pl.DataFrame | None = None,
    population: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Pupils of each level, each year after its last figure to `until`, with ranges.

    Parameters
    ----------
    pupils
        `level, year, pupils` and perhaps `unit`.
    feeds
        `level, source, lag`: which level its pupils were in, so many years before.
    population
        `level, year, population` and perhaps `unit`: people of the age of the level, past and coming years.

    Returns
    -------
    polars.DataFrame
        Columns `LEVELS`, by unit and level in the order given. Ranges come from the errors the same way would have
        made from earlier years.

    Raises
    ------
    SeriesError
        With everything wrong in all tables; a level that feeds on itself, or on one that is not there.
    """
    taken = Intake()
    rows = _take(taken, pupils, "pupils", PUPILS)
    people = _take(taken, population, "population", POPULATION)
    chain = _take(taken, feeds, "feeds", FEEDS)
    taken.finish()
    taken.refuse_repeats(rows.drop_nulls("pupils"), "pupils", ["unit", "level", "year"])
    for row in rows.filter(pl.col("pupils") <= 0).iter_rows(named=True):
        taken.complain("pupils", f"{row['level']} {row['year']}", "is not above zero", str(row["pupils"]))
    links = {row["level"]: (row["source"], int(row["lag"])) for row in chain.iter_rows(named=True)}
    _check_links(taken, links, set(rows["level"]))
    taken.finish()
    found = []
    for (unit,), own in rows.drop_nulls("pupils").group_by("unit", maintain_order=True):
        near = people.filter(pl.col("unit").is_in([unit, ""]))
        one = _Unit(str(unit), _by_level(own, "pupils"), _by_level(near, "population"), links, until)
        found += list(one.project())
    return pl.DataFrame(found, schema=LEVELS, orient="row")


def _take(taken: Intake, frame: pl.DataFrame | None, table: str, columns: dict[str, Kind]) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame(schema=dict.fromkeys([*columns, "unit"], pl.String))
    rows = fill_columns(taken.take(frame, table, columns, UNIT), UNIT)
    return rows.with_columns(pl.col("unit").fill_null(""))


def _check_links(taken: Intake, links: Mapping[str, tuple[str, int]], levels: set[str]) -> None:
    for level, (source, lag) in links.items():
        if source not in levels:
            taken.complain("feeds", level, "feeds on a level that has no figures", source)
        if lag < 1:
            taken.complain("feeds", level, "needs a lag of at least a year", str(lag))
        seen = [level]
        while seen[-1] in links and links[seen[-1]][0] not in seen:
            seen.append(links[seen[-1]][0])
        if seen[-1] in links:
            taken.complain("feeds", level, "feeds on itself", " <- ".join([*seen, links[seen[-1]][0]]))


def _by_level(frame: pl.DataFrame, value: str) -> dict[str, Years]:
    table: dict[str, Years] = {}
    for row in frame.sort("year", maintain_order=True).iter_rows(named=True):
        if row[value] is not None:
            table.setdefault(row["level"], {})[row["year"]] = row[value]
    order = dict.fromkeys(frame["level"])
    return {level: table[level] for level in order if level in table}


@dataclass(frozen=True)
class _Unit:
    """One unit's pupils and population by level and year."""

    unit: str
    pupils: dict[str, Years]
    people: dict[str, Years]
    links: Mapping[str, tuple[str, int]]
    until: int
    carried: dict[tuple[str, int], Years] = field(default_factory=dict)  # once worked out, kept

    def project(self) -> Iterator[dict[str, Any]]:
        for level, years in self.pupils.items():
            last = max(years)
            paths = self.carry(level, last)
            errors, origins = self._look_back(level)
            own = origins >= LEAST_ORIGINS
            sd, df = (root_mean_square(errors), float(min(origins - 1, MOST_DF))) if own else (0.0, PUBLISHED_DF)
            for year in range(last + 1, self.until + 1):
                ahead = year - last
                spread = sd * ahead**GROWTH if own else published_sd(ahead)
                yield {
                    "unit": self.unit,
                    "level": level,
                    "year": year,
                    "point": paths[year],
                    **draw_bands(paths[year], spread, df),
                    "status": "projected",
                    "basis": "own_errors" if own else "published_error",
                    "method": self._name_method(level, last),
                }

    def _name_method(self, level: str, origin: int) -> str:
        """How the level is carried forward from `origin`, with what was known then."""
        if self.people.get(level, {}).get(origin):
            return "enrolment_ratio"
        if level in self.links:
            source, lag = self.links[level]
            return "flow" if origin - lag in self.pupils[source] else "held"
        return "trend" if len(self._known(level, origin)) >= 3 else "held"

    def _known(self, level: str, origin: int) -> Years:
        return {year: value for year, value in self.pupils[level].items() if year <= origin}

    def carry(self, level: str, origin: int) -> Years:
        """The level up to `origin` as it was, and from there on as it would have been foreseen then."""
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
            below = self.carry(source, origin)
            start = below[last - lag]
            return {year: base * math.sqrt(below.get(year - lag, start) / start) for year in ahead}
        if method == "trend":
            series = pl.DataFrame({"year": list(past), "value": list(past.values())}).with_columns(
                unit=pl.lit(self.unit), indicator=pl.lit(level), kind=pl.lit("count"), lower=pl.lit(0.0)
            )
            fits = fit(check_series(series))  # the centre of `project`; its ranges are not asked for
            rows = np.zeros(len(ahead), np.int64)
            points = fits.clip(rows, fits.centre(rows, np.arange(1.0, len(ahead) + 1)))
            return {year: float(point) or base for year, point in zip(ahead, points, strict=True)}
        return dict.fromkeys(ahead, base)

    def _look_back(self, level: str) -> tuple[list[float], int]:
        """Errors the same way would have made (logarithms, as of one year ahead), and from how many years."""
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
