"""Project enrolment by grade and level, from pupils by grade and those who will come of age to enter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from hpedu.outlook.intake import Intake, locate
from hpedu.outlook.projection import GROWTH, USUAL_DF, USUAL_SD, draw_bands
from hpedu.sums import read_columns

YEARS = 5
SLIP = 4.0
"""A rate so many times the usual one, or that part of it, is a slip of the pen in one grade, not a flow."""
LEAST_YEARS = 3
"""With fewer years of rates the ranges come from published errors."""
INTAKE = 0.0
"""Key of the deviations of the intake; those of rates lie between two grades."""
ALL = "all"
"""Level of all grades together."""


ENROLMENT = read_columns("enrolment")

GRADE_KEY = ["place", "grade", "year"]


def project_enrolment(
    grades: pl.DataFrame,
    *,
    until: int,
    cohort: pl.DataFrame | None = None,
    entry_age: int = 6,
    ratios: pl.DataFrame | None = None,
    years: int = YEARS,
) -> pl.DataFrame:
    """Return pupils by grade and level, each year to `until`, with ranges.

    Parameters
    ----------
    grades
        `grade, year, pupils` and perhaps `place`, `level`, `repeaters` (those of the pupils who were in the same
        grade the year before). Grades are whole numbers one after the other; ages before school may be 0, -1 and
        so on.
    cohort
        Those who come in: `year` and `births` (of that year; they enter `entry_age` years later) or `population`
        (of the age of entry in that year), and perhaps `place`. Beyond its years, and without it, the last intake
        is held: going on with a trend doubled the error at three years on the records the method was tried on.
    ratios
        `grade, ratio` and perhaps `place`: rates to the next grade that are known from elsewhere; they go before
        those of the past, and are needed where there is a single year.
    years
        How many of the newest years the rates are taken from; their median is gone on with.

    Returns
    -------
    polars.DataFrame
        Columns `ENROLMENT`, by place; grades first, then levels, then `all`. Ranges come from how the rates of
        past years differed, all grades of a year together; of a level as a whole they are narrower than of its
        grades.
    """
    taken = Intake()
    if years < 1:
        taken.complain("options", "intake_option", where="years", found=str(years), least=1, most=50)
    own = _take_grades(taken, grades)
    source, coming = _take_cohort(taken, cohort, entry_age)
    given = taken.take(ratios, "ratios").to_dicts()
    rows: list[dict[str, Any]] = []
    for (place,), cells in own.sort("place").group_by("place", maintain_order=True):
        entering = coming.get(str(place)) or coming.get("", {})
        rates = {row["grade"]: row["ratio"] for row in given if row["place"] in (None, place)}
        table = _collect(taken, str(place), cells, (source, entering), rates, years)
        if table and not taken.problems:
            rows += table.project(until)
    taken.finish()
    return pl.DataFrame(rows, schema=ENROLMENT, orient="row")


def _take_grades(taken: Intake, grades: pl.DataFrame) -> pl.DataFrame:
    """Return a table of pupils by grade; problems go into the intake, and then it is empty."""
    rows = taken.take(grades, "grades").with_columns(pl.col("place").fill_null(""))
    if "grades" in taken.unsound:
        return rows.clear()
    before = len(taken.problems)
    whole = rows.with_columns(pl.col("grade").cast(pl.Int32, strict=False), given="grade")
    for grade in whole.filter((pl.col("grade") != pl.col("given")) | pl.col("grade").is_null())["given"].unique():
        taken.complain("grades", "intake_grade", where="grade", found=str(grade))
    taken.refuse_repeats(whole, "grades", GRADE_KEY)
    for column in ("pupils", "repeaters"):
        for row in whole.filter(pl.col(column) < 0).iter_rows(named=True):
            where, found = locate(row, GRADE_KEY), str(row[column])
            taken.complain("grades", "intake_below_zero", where=where, found=found, column=column)
    for row in whole.filter(pl.col("repeaters") > pl.col("pupils")).iter_rows(named=True):
        where, found = locate(row, GRADE_KEY), str(row["repeaters"])
        taken.complain("grades", "intake_more_repeaters", where=where, found=found)
    return whole.clear() if len(taken.problems) > before else whole


def _take_cohort(
    taken: Intake, cohort: pl.DataFrame | None, entry_age: int
) -> tuple[str, dict[str, dict[int, float]]]:
    """Return where the intake comes from, and the children by place ("" for every place) and year of entry."""
    if cohort is None:
        return "held", {}
    known = [name for name in ("births", "population") if name in cohort.columns]
    if len(known) != 1:
        taken.complain("cohort", "intake_cohort", found=", ".join(cohort.columns))
        return "held", {}
    later = entry_age if known == ["births"] else 0
    table: dict[str, dict[int, float]] = {}
    for row in taken.take(cohort, "cohort").drop_nulls("year").iter_rows(named=True):
        if row[known[0]] is not None:
            table.setdefault(row["place"] or "", {})[row["year"] + later] = row[known[0]]
    return known[0], table


def _collect(
    taken: Intake,
    place: str,
    own: pl.DataFrame,
    cohort: tuple[str, dict[int, float]],
    given: Mapping[int, float],
    years: int,
) -> Enrolment | None:
    """Return the pupils of one place; None if no year has all grades. Problems go into the intake."""
    known = own.drop_nulls("pupils")
    grades = sorted(set(known["grade"]))
    where = locate({"place": place}, ["place"])
    for grade in sorted(set(range(grades[0], grades[-1])) - set(grades)) if grades else []:
        taken.complain("grades", "intake_grade_missing", where=where, grade=grade)
    cells = {(row["grade"], row["year"]): row for row in known.iter_rows(named=True)}
    if grades and cells.get((grades[0], known["year"].max()), {}).get("pupils") == 0:
        # Nobody enters in the newest year: these pupils are not counted yet.
        del cells[grades[0], known["year"].max()]
    counted = sorted({year for _, year in cells})
    full = [year for year in counted if all((grade, year) in cells for grade in grades)]
    if not full:
        taken.complain("grades", "intake_no_full_year", where=where)
        return None
    table = Enrolment(
        place,
        grades,
        {row["grade"]: row["level"] or "" for row in known.sort("year").iter_rows(named=True)},
        {key: row["pupils"] for key, row in cells.items()},
        {key: row["repeaters"] for key, row in cells.items() if row["repeaters"] is not None},
        counted,
        full[-1],
        *cohort,
        given,
        years,
    )
    for grade in grades[:-1]:
        if grade not in given and not table.list_rates(grade):
            taken.complain("grades", "intake_no_rate", where=where, grade=grade, above=grade + 1)
    return table


@dataclass(frozen=True)
class Enrolment:
    """Pupils of one place by grade and year, repeaters where they are counted, and how to go on from there."""

    place: str
    grades: list[int]
    levels: Mapping[int, str]
    pupils: Mapping[tuple[int, int], float]
    repeaters: Mapping[tuple[int, int], float]
    counted: list[int]
    """The years with any figure."""
    last: int
    """The newest year in which every grade has a figure."""
    source: str
    """Of the intake."""
    cohort: Mapping[int, float]
    """Year of entry -> children."""
    given: Mapping[int, float]
    """Rates to the next grade that are known from elsewhere."""
    years: int

    def project(self, until: int) -> Iterator[dict[str, Any]]:
        """Yield the rows of `ENROLMENT`, year by year."""
        grades, last = self.grades, self.last
        rates = {grade: self.given.get(grade) or median(self.list_rates(grade).values()) for grade in grades[:-1]}
        again = {grade: self._repeat(grade) for grade in grades}
        entry = self._list_entry()
        share = median(entry.values()) if entry else None
        source = "held" if share is None else self.source
        new = self._count_entrants(last) or self.pupils[grades[0], last]
        now = {grade: self.pupils[grade, last] for grade in grades}
        for year in range(last + 1, until + 1):
            size = self.cohort.get(year)
            known = share is not None and size is not None
            new = share * size if share is not None and size is not None else new
            come = {grade + 1: now[grade] * rate for grade, rate in rates.items()} | {grades[0]: new}
            now = {grade: come[grade] + again[grade] * now[grade] for grade in grades}
            yield from self._list_rows(now, year, source, source if known else "held")

    def list_rates(self, grade: int) -> dict[int, float]:
        """Return the newest rates to the next grade by year; slips are left out."""
        known = self._list_all_rates(grade)
        usual = median(known.values()) if len(known) >= LEAST_YEARS else 1.0
        return self._keep_newest(
            {year: rate for year, rate in known.items() if usual / SLIP < rate < usual * SLIP}
        )

    def _list_all_rates(self, grade: int) -> dict[int, float]:
        """Return new pupils of the next grade in the next year to pupils now, by year."""
        rates = {}
        for year in self.counted:
            now, above = self.pupils.get((grade, year)), self.pupils.get((grade + 1, year + 1))
            held_back = self.repeaters.get((grade + 1, year + 1)) if self.repeaters else 0.0
            if now and above and held_back is not None and above != held_back:
                rates[year] = (above - held_back) / now
        return rates

    def _keep_newest(self, by_year: dict[int, float]) -> dict[int, float]:
        return dict(list(by_year.items())[-self.years :])

    def _repeat(self, grade: int) -> float:
        """Return the share of a grade that repeats it."""
        shares = {
            year: self.repeaters[grade, year + 1] / now
            for year in self.counted
            if (now := self.pupils.get((grade, year))) and (grade, year + 1) in self.repeaters
        }
        return median(self._keep_newest(shares).values()) if shares else 0.0

    def _count_entrants(self, year: int) -> float | None:
        """Return the new pupils of the first grade."""
        first = (self.grades[0], year)
        if first not in self.pupils or (self.repeaters and first not in self.repeaters):
            return None
        return self.pupils[first] - self.repeaters.get(first, 0.0)

    def _list_entry(self) -> dict[int, float]:
        """Return the share of the cohort that entered, by year, the newest ones."""
        entered = {year: (self._count_entrants(year), self.cohort.get(year)) for year in self.counted}
        return self._keep_newest({year: new / size for year, (new, size) in entered.items() if new and size})

    @property
    def caution(self) -> str | None:
        """Return what a reader must know of the past: `slip`, `incomplete_year`, or both."""
        recent = self.counted[-self.years - 1 :]
        slips = any(
            year in recent and year not in self.list_rates(grade)
            for grade in self.grades[:-1]
            for year in self._list_all_rates(grade)
        )
        late = self.counted[-1] > self.last
        return ";".join(name for name, so in (("slip", slips), ("incomplete_year", late)) if so) or None

    def _list_rows(
        self, now: Mapping[int, float], year: int, source: str, intake: str
    ) -> Iterator[dict[str, Any]]:
        levels: dict[str, list[int]] = {}
        for each in self.grades:
            levels.setdefault(self.levels.get(each, ""), []).append(each)
        groups: list[tuple[str, int | None, list[int]]]
        groups = [(self.levels.get(grade, ""), grade, [grade]) for grade in self.grades]
        groups += [(name, None, own) for name, own in levels.items() if name]
        groups.append((ALL, None, self.grades))
        for level, grade, members in groups:
            point = sum(now[each] for each in members)
            weights = {each: now[each] / point for each in members} if point else {}
            sd, df = self._measure_spread(weights, year - self.last, source)
            yield {
                "place": self.place,
                "level": level,
                "grade": grade,
                "year": year,
                "point": point,
                **draw_bands(point, sd, df or USUAL_DF),
                "status": "projected",
                "intake": intake,
                "basis": "own_spread" if df else "usual_error",
                "caution": self.caution,
            }

    def _measure_spread(self, weights: Mapping[int, float], ahead: int, source: str) -> tuple[float, float]:
        """Return the standard deviation of the logarithm of a sum of grades, and its degrees of freedom.

        With 0 degrees the deviation is the usual one of provinces, not that of the series.

        Each step of each cohort adds the deviation its rate may have that year; those of one year go together
        as they did in the past. The rates themselves are estimates: that error is the same in every step.
        """
        past = self._list_deviations(source)
        if len(past) < LEAST_YEARS:
            return USUAL_SD["flow"] * float(ahead**GROWTH), 0.0
        steps: dict[int, dict[float, float]] = {}
        for grade, weight in weights.items():
            for step, key in self._trace(grade, ahead, source):
                weighted = steps.setdefault(step, {})
                weighted[key] = weighted.get(key, 0.0) + weight
        n = len(past)
        drawn = [[add_up(step, row) for row in past] for step in steps.values()]
        each = sum(u * u for step in drawn for u in step) / (n - 1)
        # An intake that is held has no rate that was estimated.
        rates = {step: {k: w for k, w in own.items() if k or source != "held"} for step, own in steps.items()}
        total = [sum(add_up(step, row) for step in rates.values()) for row in past]
        common = sum(u * u for u in total) / (n - 1) / n
        return math.sqrt(each + common), float(n - 1)

    def _trace(self, grade: int, ahead: int, source: str) -> Iterator[tuple[int, float]]:
        """Yield the steps (1 is next year) and rates behind the pupils of a grade `ahead` years on."""
        climbed = min(ahead, grade - self.grades[0])
        for back in range(climbed):
            # Half a grade is the step from one grade to the next.
            yield ahead - back, float(grade - 1 - back) + 0.5
        entered = ahead - climbed
        if entered >= 1:
            yield from ((s, INTAKE) for s in (range(1, entered + 1) if source == "held" else [entered]))

    def _list_deviations(self, source: str) -> list[dict[float, float]]:
        """Return how far the rates of each past year were from those gone on with, in logarithms."""
        found: dict[int, dict[float, float]] = {}
        for grade in self.grades[:-1]:
            past = self.list_rates(grade)
            for year, rate in past.items():
                found.setdefault(year, {})[grade + 0.5] = math.log(rate / median(past.values()))
        if source == "held":
            for year in found:
                now, then = self._count_entrants(year), self._count_entrants(year + 1)
                if now and then:
                    found[year][INTAKE] = math.log(then / now)
        else:
            entry = self._list_entry()
            for year, share in entry.items():
                found.setdefault(year - 1, {})[INTAKE] = math.log(share / median(entry.values()))
        return [found[year] for year in sorted(found)][-self.years :]


def add_up(weights: Mapping[float, float], deviations: Mapping[float, float]) -> float:
    """Return the sum of deviations times their weights; one that is not known counts as none."""
    return sum(weight * deviations.get(key, 0.0) for key, weight in weights.items())
