"""Project enrolment by grade and level, from pupils by grade and those who will come of age to enter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from hpedu.outlook.intake import Columns, Intake, locate
from hpedu.outlook.projection import PUBLISHED_DF, draw_bands, name_bands, published_sd

YEARS = 5
AVERAGES = ("median", "weighted")
SLIP = 4.0
"""A rate so many times the usual one, or that part of it, is a slip of the pen in one grade, not a flow."""
LEAST_YEARS = 3
"""With fewer years of rates the ranges come from published errors."""
INTAKE = 0.0
"""Key of the deviations of the intake; those of rates lie between two grades."""
ALL = "all"
"""Level of all grades together."""

GRADES: Columns = {"grade": "number", "year": "year", "pupils": "number"}
GRADES_OPTIONS: Columns = {"place": "text", "level": "text", "repeaters": "number"}
COHORT: Columns = {"year": "year"}
COHORT_OPTIONS: Columns = {"place": "text", "births": "number", "population": "number"}
RATIOS: Columns = {"grade": "figure", "ratio": "figure"}
RATIOS_OPTIONS: Columns = {"place": "text"}
ADJUST: Columns = {"grade": "figure", "factor": "figure"}
ADJUST_OPTIONS: Columns = {"place": "text", "year": "year"}

FLOWS: dict[str, Any] = {
    "place": pl.String,
    "grade": pl.Int32,
    "year": pl.Int32,
    "promotion": pl.Float64,
    "repetition": pl.Float64,
    "dropout": pl.Float64,
    "ratio": pl.Float64,
}
"""Columns of `measure_flows`; `year` is the earlier of the two years.

`promotion` leads to the next grade and is null of the last grade, whose leavers are not seen. `repetition` is null
where repeaters are not counted. `dropout` is 1 - promotion - repetition, below 0 where more come in than leave.
`ratio` is the next grade in the next year to this grade now.
"""
ENROLMENT: dict[str, Any] = {
    "place": pl.String,
    "level": pl.String,
    "grade": pl.Int32,
    "year": pl.Int32,
    "point": pl.Float64,
    **dict.fromkeys(name_bands(), pl.Float64),
    "status": pl.String,
    "basis": pl.String,
    "intake": pl.String,
    "caution": pl.String,
}
"""Columns of `project_enrolment`; `level` is "all" for all grades together, `grade` null for a level as a whole.

`basis` of the ranges is `own_spread`, or `published_error` where the past is too short. `intake` is `births`,
`population`, or `held`: the last intake goes on. `caution` is `incomplete_year` where the newest year lacks a
grade and the projection starts from the one before, `slip` where a grade is out of all proportion to the children
it came from and its rate is left out, or both, joined by ";".
"""

GRADE_KEY = ["place", "grade", "year"]
Cells = Mapping[tuple[int, int], float]
"""Grade and year -> pupils."""


@dataclass(frozen=True)
class Enrolment:
    """Pupils of one place by grade and year; repeaters among them where they are counted."""

    place: str
    grades: list[int]
    levels: dict[int, str]
    pupils: Cells
    repeaters: Cells

    @property
    def last(self) -> int | None:
        """Return the newest year in which every grade has a figure."""
        years = sorted({year for _, year in self.pupils}, reverse=True)
        return next((year for year in years if all((g, year) in self.pupils for g in self.grades)), None)

    @property
    def years(self) -> list[int]:
        return sorted({year for _, year in self.pupils})

    def ratio(self, grade: int, year: int) -> float | None:
        """Return pupils of the next grade in the next year to pupils of the grade now."""
        return _divide(self.pupils.get((grade + 1, year + 1)), self.pupils.get((grade, year)))

    def repetition(self, grade: int, year: int) -> float | None:
        """Return repeaters of the grade in the next year to its pupils now."""
        return _divide(self.repeaters.get((grade, year + 1)), self.pupils.get((grade, year)))

    def promotion(self, grade: int, year: int) -> float | None:
        """Return new pupils of the next grade in the next year to pupils now; `ratio` where none repeat."""
        above = self.pupils.get((grade + 1, year + 1))
        if above is not None and self.repeaters:
            held_back = self.repeaters.get((grade + 1, year + 1))
            above = None if held_back is None else above - held_back
        return _divide(above, self.pupils.get((grade, year)))

    def entrants(self, year: int) -> float | None:
        """Return the new pupils of the first grade."""
        first = (self.grades[0], year)
        if first not in self.pupils or (self.repeaters and first not in self.repeaters):
            return None
        return self.pupils[first] - self.repeaters.get(first, 0.0)


def _divide(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def take_enrolment(intake: Intake, grades: pl.DataFrame) -> list[Enrolment]:
    """Return the places of a table of pupils by grade; problems go into the intake, and then there is no place."""
    rows = intake.take(grades, "grades", GRADES, GRADES_OPTIONS).with_columns(pl.col("place").fill_null(""))
    if "grades" in intake.unsound:
        return []
    before = len(intake.problems)
    whole = rows.with_columns(pl.col("grade").cast(pl.Int32, strict=False), given="grade")
    for grade in whole.filter((pl.col("grade") != pl.col("given")) | pl.col("grade").is_null())["given"].unique():
        intake.complain("grades", "intake_grade", where="grade", found=str(grade))
    intake.refuse_repeats(whole, "grades", GRADE_KEY)
    for column in ("pupils", "repeaters"):
        for row in whole.filter(pl.col(column) < 0).iter_rows(named=True):
            where, found = locate(row, GRADE_KEY), str(row[column])
            intake.complain("grades", "intake_below_zero", where=where, found=found, column=column)
    for row in whole.filter(pl.col("repeaters") > pl.col("pupils")).iter_rows(named=True):
        where, found = locate(row, GRADE_KEY), str(row["repeaters"])
        intake.complain("grades", "intake_more_repeaters", where=where, found=found)
    if len(intake.problems) > before:
        return []
    return [
        _collect(intake, str(place), own)
        for (place,), own in whole.sort("place").group_by("place", maintain_order=True)
    ]


def _collect(intake: Intake, place: str, own: pl.DataFrame) -> Enrolment:
    known = own.drop_nulls("pupils")
    grades = sorted(set(known["grade"]))
    where = locate({"place": place}, ["place"])
    for grade in sorted(set(range(grades[0], grades[-1])) - set(grades)) if grades else []:
        intake.complain("grades", "intake_grade_missing", where=where, grade=grade)
    cells = {(row["grade"], row["year"]): row for row in known.iter_rows(named=True)}
    if grades and cells.get((grades[0], known["year"].max()), {}).get("pupils") == 0:
        # Nobody enters in the newest year: these pupils are not counted yet.
        del cells[grades[0], known["year"].max()]
    table = Enrolment(
        place,
        grades,
        {row["grade"]: row["level"] or "" for row in known.sort("year").iter_rows(named=True)},
        {key: row["pupils"] for key, row in cells.items()},
        {key: row["repeaters"] for key, row in cells.items() if row["repeaters"] is not None},
    )
    if table.last is None:
        intake.complain("grades", "intake_no_full_year", where=where)
    return table


def measure_flows(grades: pl.DataFrame) -> pl.DataFrame:
    """Return promotion, repetition and dropout of every grade and year, and the plain ratio from grade to grade.

    Parameters
    ----------
    grades
        `grade, year, pupils` and perhaps `place`, `level`, and `repeaters` (those of the pupils who were in the
        same grade the year before).

    Returns
    -------
    polars.DataFrame
        Columns `FLOWS`, where both years are known. Promotion, repetition and dropout add up to 1.

    Raises
    ------
    SeriesError
        With everything wrong in the table.
    """
    intake = Intake()
    places = take_enrolment(intake, grades)
    intake.finish()
    rows = []
    for table in places:
        for grade in table.grades:
            for year in table.years:
                ratio, again = table.ratio(grade, year), table.repetition(grade, year)
                promoted = table.promotion(grade, year) if grade != table.grades[-1] else None
                if ratio is None and again is None:
                    continue
                gone = None if again is None or promoted is None else 1 - promoted - again
                rows.append((table.place, grade, year, promoted, again, gone, ratio))
    return pl.DataFrame(rows, schema=FLOWS, orient="row")


def take_centre(values: Sequence[float], average: str) -> float:
    """Return the rate to go on with: the median, or a mean in which the newest of n counts n times the oldest."""
    if average == "median":
        return median(values)
    weights = range(1, len(values) + 1)
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


@dataclass(frozen=True)
class Progression:
    """The rates of one place, and how to go on with them."""

    table: Enrolment
    cohort: tuple[str, dict[int, float]]
    given: Mapping[int, float]
    changes: list[dict[str, Any]]
    years: int
    average: str
    last: int

    def complain(self, taken: Intake) -> None:
        """Add a problem for every step from grade to grade that has no rate."""
        where = locate({"place": self.table.place}, ["place"])
        for grade in self.table.grades[:-1]:
            if grade not in self.given and not self._past(grade):
                taken.complain("grades", "intake_no_rate", where=where, grade=grade, above=grade + 1)

    def _past(self, grade: int) -> dict[int, float]:
        """Return the rates to the next grade by year, the newest ones; slips are left out."""
        known = self._rates(grade)
        usual = median(known.values()) if len(known) >= LEAST_YEARS else 1.0
        sound = {year: rate for year, rate in known.items() if usual / SLIP < rate < usual * SLIP}
        return dict(list(sound.items())[-self.years :])

    def _rates(self, grade: int) -> dict[int, float]:
        rates = {year: self.table.promotion(grade, year) for year in self.table.years}
        return {year: rate for year, rate in rates.items() if rate}

    @property
    def caution(self) -> str | None:
        """Return what a reader must know of the past: `slip`, `incomplete_year`, or both."""
        recent = self.table.years[-self.years - 1 :]
        slips = any(
            year in recent and year not in self._past(grade)
            for grade in self.table.grades[:-1]
            for year in self._rates(grade)
        )
        late = self.table.years[-1] > self.last
        return ";".join(name for name, so in (("slip", slips), ("incomplete_year", late)) if so) or None

    def _rate(self, grade: int) -> float:
        return self.given.get(grade) or take_centre(list(self._past(grade).values()), self.average)

    def _again(self, grade: int) -> float:
        rates = [self.table.repetition(grade, year) for year in self.table.years]
        known = [rate for rate in rates if rate is not None][-self.years :]
        return take_centre(known, self.average) if known else 0.0

    def _entry(self) -> dict[int, float]:
        """Return the share of the cohort that entered, by year, the newest ones."""
        cells = {year: self.table.entrants(year) for year in self.table.years}
        size = self.cohort[1]
        shares = {year: new / size[year] for year, new in cells.items() if new and size.get(year)}
        return dict(list(shares.items())[-self.years :])

    def _factor(self, grade: int, year: int) -> float:
        own = [row for row in self.changes if row["grade"] == grade and row["year"] in (None, year)]
        return float(math.prod(row["factor"] for row in own))

    def project(self, until: int) -> Iterator[dict[str, Any]]:
        """Yield the rows of `ENROLMENT`, year by year."""
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
            known = share is not None and size is not None
            new = share * size if share is not None and size is not None else new
            come = {grade + 1: now[grade] * rate for grade, rate in rates.items()} | {grades[0]: new}
            now = {g: come[g] * self._factor(g, year) + again[g] * now[g] for g in grades}
            yield from self._rows(now, year, source, source if known else "held")

    def _rows(self, now: Mapping[int, float], year: int, source: str, intake: str) -> Iterator[dict[str, Any]]:
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
                "place": self.table.place,
                "level": level,
                "grade": grade,
                "year": year,
                "point": point,
                **draw_bands(point, sd, df or PUBLISHED_DF),
                "status": "projected",
                "intake": intake,
                "basis": "own_spread" if df else "published_error",
                "caution": self.caution,
            }

    def _spread(self, weights: Mapping[int, float], ahead: int, source: str) -> tuple[float, float]:
        """Return the standard deviation of the logarithm of a sum of grades, and its degrees of freedom.

        With 0 degrees the deviation is a published one, not that of the series.

        Each step of each cohort adds the deviation its rate may have that year; those of one year go together
        as they did in the past. The rates themselves are estimates: that error is the same in every step.
        """
        past = self._deviations(source)
        if len(past) < LEAST_YEARS:
            return published_sd(ahead), 0.0
        steps: dict[int, dict[float, float]] = {}
        for grade, weight in weights.items():
            for step, key in self._path(grade, ahead, source):
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

    def _path(self, grade: int, ahead: int, source: str) -> Iterator[tuple[int, float]]:
        """Yield the steps (1 is next year) and rates behind the pupils of a grade `ahead` years on."""
        climbed = min(ahead, grade - self.table.grades[0])
        for back in range(climbed):
            # Half a grade is the step from one grade to the next.
            yield ahead - back, float(grade - 1 - back) + 0.5
        entered = ahead - climbed
        if entered >= 1:
            yield from ((s, INTAKE) for s in (range(1, entered + 1) if source == "held" else [entered]))

    def _deviations(self, source: str) -> list[dict[float, float]]:
        """Return how far the rates of each past year were from those gone on with, in logarithms."""
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
    """Return the sum of deviations times their weights; one that is not known counts as none."""
    return sum(weight * deviations.get(key, 0.0) for key, weight in weights.items())


def project_enrolment(
    grades: pl.DataFrame,
    *,
    until: int,
    cohort: pl.DataFrame | None = None,
    entry_age: int = 6,
    ratios: pl.DataFrame | None = None,
    adjust: pl.DataFrame | None = None,
    years: int = YEARS,
    average: str = "median",
) -> pl.DataFrame:
    """Return pupils by grade and level, each year to `until`, with ranges.

    Parameters
    ----------
    grades
        `grade, year, pupils` and perhaps `place`, `level`, `repeaters`. Grades are whole numbers one after the
        other; ages before school may be 0, -1 and so on.
    cohort
        Those who come in: `year` and `births` (of that year; they enter `entry_age` years later) or `population`
        (of the age of entry in that year), and perhaps `place`. Beyond its years, and without it, the last intake
        is held: going on with a trend doubled the error at three years on the records the method was tried on.
    ratios
        `grade, ratio` and perhaps `place`: rates to the next grade that are known from elsewhere; they go before
        those of the past, and are needed where there is a single year.
    adjust
        A scenario: `grade, factor` and perhaps `year, place`: multiplies what comes into that grade, in that year
        or in every year.
    years
        How many of the newest years the rates are taken from.
    average
        `median` or `weighted` (the newest of n years counts n times the oldest).

    Returns
    -------
    polars.DataFrame
        Columns `ENROLMENT`, by place; grades first, then levels, then `all`. Ranges come from how the rates of
        past years differed, all grades of a year together; of a level as a whole they are narrower than of its
        grades.

    Raises
    ------
    SeriesError
        With everything wrong in all tables, and every step from grade to grade that has no rate.
    """
    taken = Intake()
    if years < 1:
        taken.complain("options", "intake_option", where="years", found=str(years), least=1, most=50)
    if average not in AVERAGES:
        taken.complain("options", "intake_unknown", where="average", found=average, known=list(AVERAGES))
    places = take_enrolment(taken, grades)
    coming = _take_cohort(taken, cohort, entry_age)
    given = _take(taken, ratios, "ratios", RATIOS, RATIOS_OPTIONS)
    changes = _take(taken, adjust, "adjust", ADJUST, ADJUST_OPTIONS)
    rows: list[dict[str, Any]] = []
    for table in places:
        if table.last is None:
            continue
        own = {int(row["grade"]): row["ratio"] for row in given if row["place"] in (None, table.place)}
        factors = [row for row in changes if row["place"] in (None, table.place)]
        model = Progression(table, coming.pick(table.place), own, factors, years, average, table.last)
        model.complain(taken)
        if not taken.problems:
            rows += model.project(until)
    taken.finish()
    return pl.DataFrame(rows, schema=ENROLMENT, orient="row")


def _take(
    taken: Intake, frame: pl.DataFrame | None, table: str, required: Columns, optional: Columns
) -> list[dict[str, Any]]:
    rows = [] if frame is None else taken.take(frame, table, required, optional).to_dicts()
    return [] if table in taken.unsound else rows


@dataclass(frozen=True)
class _Cohorts:
    """Children who come of age to enter, by place ("" for every place) and year of entry."""

    kind: str
    table: dict[str, dict[int, float]]

    def pick(self, place: str) -> tuple[str, dict[int, float]]:
        return self.kind, self.table.get(place) or self.table.get("", {})


def _take_cohort(taken: Intake, cohort: pl.DataFrame | None, entry_age: int) -> _Cohorts:
    if cohort is None:
        return _Cohorts("held", {})
    known = [name for name in ("births", "population") if name in cohort.columns]
    if len(known) != 1:
        taken.complain("cohort", "intake_cohort", found=", ".join(cohort.columns))
        return _Cohorts("held", {})
    later = entry_age if known == ["births"] else 0
    table: dict[str, dict[int, float]] = {}
    for row in _take(taken, cohort, "cohort", COHORT, COHORT_OPTIONS):
        if row[known[0]] is not None:
            table.setdefault(row["place"] or "", {})[row["year"] + later] = row[known[0]]
    return _Cohorts(known[0], table)
