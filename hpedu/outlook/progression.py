"""How the pupils of one unit move up the grades, and how far that may go wrong.

E(g+1, t+1) = E(g, t) * p(g) + E(g+1, t) * r(g+1): the pupils promoted and the repeaters (grade progression, or
cohort survival). Where repeaters are not counted, p is the plain ratio of a grade to the grade below it a year
before. The first grade takes in births some years earlier, or the population of that age, times the share of them
that entered in the past. Rates are those of the newest five years: on the records of one United States district of
4,300 pupils, five-year ratios erred by 2.1% one and 2.8% three years ahead, three-year ratios by more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hpedu.outlook.bands import PUBLISHED_DF, draw_bands, published_sd
from hpedu.outlook.cohorts import Enrolment, take_centre
from hpedu.outlook.tables import Intake

LEAST_YEARS = 3  # with fewer years of rates the ranges come from published errors
INTAKE = 0.0  # key of the deviations of the intake; those of rates lie between two grades
ALL = "all"


@dataclass(frozen=True)
class Progression:
    """One unit's rates and how to go on with them."""

    table: Enrolment
    cohort: tuple[str, dict[int, float]]
    given: Mapping[int, float]
    changes: list[dict[str, Any]]
    years: int
    average: str
    last: int

    def complain(self, taken: Intake) -> None:
        """Note every step from grade to grade that has no rate."""
        where = f"unit {self.table.unit}" if self.table.unit else ""
        for grade in self.table.grades[:-1]:
            if grade not in self.given and not self._past(grade):
                said = f"nothing tells how many go from grade {grade} to {grade + 1}: give a year more, or ratios"
                taken.complain("grades", where, said)

    def _past(self, grade: int) -> dict[int, float]:
        """Rates to the next grade by year, the newest ones."""
        rates = {year: self.table.promotion(grade, year) for year in self.table.years}
        known = {year: rate for year, rate in rates.items() if rate}
        return dict(list(known.items())[-self.years :])

    def _rate(self, grade: int) -> float:
        return self.given.get(grade) or take_centre(list(self._past(grade).values()), self.average)

    def _again(self, grade: int) -> float:
        rates = [self.table.repetition(grade, year) for year in self.table.years]
        known = [rate for rate in rates if rate is not None][-self.years :]
        return take_centre(known, self.average) if known else 0.0

    def _entry(self) -> dict[int, float]:
        """Share of the cohort that entered, by year, the newest ones."""
        cells = {year: self.table.entrants(year) for year in self.table.years}
        size = self.cohort[1]
        shares = {year: new / size[year] for year, new in cells.items() if new and size.get(year)}
        return dict(list(shares.items())[-self.years :])

    def _factor(self, grade: int, year: int) -> float:
        own = [row for row in self.changes if row["grade"] == grade and row["year"] in (None, year)]
        return float(math.prod(row["factor"] for row in own))

    def project(self, until: int) -> Iterator[dict[str, Any]]:
        """Rows of `ENROLMENT`, year by year."""
        grades, last = self.table.grades, self.last
        rates = {grade: self._rate(grade) for grade in grades[:-1]}
        again = {grade: self._again(grade) for grade in grades}
        entry = self._entry()
        share = take_centre(list(entry.values()), self.average) if entry else None
        new = self.table.entrants(last) or self.table.pupils[grades[0], last]
        now = {grade: self.table.pupils[grade, last] for grade in grades}
        source = "held" if share is None else self.cohort[0]
        for year in range(last + 1, until + 1):
            size = self.cohort[1].get(year)
            if share is not None and size is not None:
                new = share * size
            come = {grade + 1: now[grade] * rate for grade, rate in rates.items()} | {grades[0]: new}
            now = {g: come[g] * self._factor(g, year) + again[g] * now[g] for g in grades}
            yield from self._rows(now, year, source)

    def _rows(self, now: Mapping[int, float], year: int, source: str) -> Iterator[dict[str, Any]]:
        levels: dict[str, list[int]] = {}
        for each in self.table.grades:
            levels.setdefault(self.table.levels.get(each, ""), []).append(each)
        groups: list[tuple[str, int | None, list[int]]]
        groups = [(self.table.levels.get(g, ""), g, [g]) for g in self.table.grades]
        groups += [(name, None, own) for name, own in levels.items() if name]
        groups.append((ALL, None, self.table.grades))
        for level, grade, members in groups:
            point = sum(now[g] for g in members)
            sd, df = self._spread({g: now[g] / point for g in members} if point else {}, year - self.last, source)
            yield {
                "unit": self.table.unit,
                "level": level,
                "grade": grade,
                "year": year,
                "point": point,
                **draw_bands(point, sd, df or PUBLISHED_DF),
                "status": "projected",
                "intake": source,
                "basis": "own_spread" if df else "published_error",
            }

    def _spread(self, weights: Mapping[int, float], ahead: int, source: str) -> tuple[float, float]:
        """Standard deviation of the logarithm of a sum of grades, and its degrees of freedom (0: not its own).

        Each step of each cohort adds the deviation its rate may have that year; those of one year go together
        as they did in the past. The rates themselves are estimates: that error is the same in every step.
        """
        past = self._deviations(source)
        if len(past) < LEAST_YEARS:
            return published_sd(ahead), 0.0
        steps: dict[int, dict[float, float]] = {}
        for grade, weight in weights.items():
            for step, key in self._path(grade, ahead, source):
                place = steps.setdefault(step, {})
                place[key] = place.get(key, 0.0) + weight
        n = len(past)
        drawn = [[add_up(step, row) for row in past] for step in steps.values()]
        each = sum(u * u for step in drawn for u in step) / (n - 1)
        # An intake that is held has no rate that was estimated.
        rates = {step: {k: w for k, w in place.items() if k or source != "held"} for step, place in steps.items()}
        total = [sum(add_up(step, row) for step in rates.values()) for row in past]
        common = sum(u * u for u in total) / (n - 1) / n
        return math.sqrt(each + common), float(n - 1)

    def _path(self, grade: int, ahead: int, source: str) -> Iterator[tuple[int, float]]:
        """The steps (1 is next year) and rates behind the pupils of a grade `ahead` years on."""
        climbed = min(ahead, grade - self.table.grades[0])
        for back in range(climbed):
            yield ahead - back, float(grade - 1 - back) + 0.5  # from that grade to the next
        entered = ahead - climbed
        if entered >= 1:
            yield from ((s, INTAKE) for s in (range(1, entered + 1) if source == "held" else [entered]))

    def _deviations(self, source: str) -> list[dict[float, float]]:
        """How far the rates of each past year were from those gone on with, in logarithms."""
        found: dict[int, dict[float, float]] = {}
        for grade in self.table.grades[:-1]:
            past = self._past(grade)
            centre = take_centre(list(past.values()), self.average) if past else 1.0
            for year, rate in past.items():
                found.setdefault(year, {})[grade + 0.5] = math.log(rate / centre)
        if source == "held":
            new = {year: self.table.entrants(year) for year in self.table.years}
            for year in found:
                now, then = new.get(year), new.get(year + 1)
                if now and then:
                    found[year][INTAKE] = math.log(then / now)
        else:
            entry = self._entry()
            centre = take_centre(list(entry.values()), self.average)
            for year, share in entry.items():
                found.setdefault(year - 1, {})[INTAKE] = math.log(share / centre)
        return [found[year] for year in sorted(found)][-self.years :]


def add_up(weights: Mapping[float, float], deviations: Mapping[float, float]) -> float:
    """Deviations times their weights; one that is not known counts as none."""
    return sum(weight * deviations.get(key, 0.0) for key, weight in weights.items())
