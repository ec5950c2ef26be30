"""Enrolment by grade in, and who will come of age to enter; projected enrolment by grade and level out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from hpedu.outlook.bands import PUBLISHED_DF, draw_bands, name_bands, published_sd
from hpedu.outlook.series import Intake, Kind, fill_columns

GRADES: dict[str, Kind] = {"grade": "number", "year": "year", "pupils": "number"}
GRADES_OPTIONS: dict[str, Kind] = {"unit": "text", "level": "text", "repeaters": "number"}

FLOWS: dict[str, Any] = {
    "unit": pl.String,
    "grade": pl.Int32,
    "year": pl.Int32,  # of the earlier of the two years
    "promotion": pl.Float64,  # to the next grade; null of the last grade, which nobody sees leave
    "repetition": pl.Float64,  # null where repeaters are not counted
    "dropout": pl.Float64,  # 1 - promotion - repetition; below 0 where more come in than leave
    "ratio": pl.Float64,  # next grade in the next year to this grade now
}

Cells = Mapping[tuple[int, int], float]  # (grade, year) -> pupils


@dataclass(frozen=True)
class Enrolment:
    """Pupils of one unit by grade and year; repeaters among them where they are counted."""

    unit: str
    grades: list[int]
    levels: dict[int, str]
    pupils: Cells
    repeaters: Cells

    @property
    def last(self) -> int | None:
        """The newest year in which every grade has a figure."""
        years = sorted({year for _, year in self.pupils}, reverse=True)
        return next((year for year in years if all((g, year) in self.pupils for g in self.grades)), None)

    @property
    def years(self) -> list[int]:
        return sorted({year for _, year in self.pupils})

    def ratio(self, grade: int, year: int) -> float | None:
        """Pupils of the next grade in the next year to pupils of the grade now."""
        return _divide(self.pupils.get((grade + 1, year + 1)), self.pupils.get((grade, year)))

    def repetition(self, grade: int, year: int) -> float | None:
        """Repeaters of the grade in the next year to its pupils now."""
        return _divide(self.repeaters.get((grade, year + 1)), self.pupils.get((grade, year)))

    def promotion(self, grade: int, year: int) -> float | None:
        """New pupils of the next grade in the next year to pupils now; `ratio` where nobody counts repeaters."""
        above = self.pupils.get((grade + 1, year + 1))
        if above is not None and self.repeaters:
            held_back = self.repeaters.get((grade + 1, year + 1))
            above = None if held_back is None else above - held_back
        return _divide(above, self.pupils.get((grade, year)))

    def entrants(self, year: int) -> float | None:
        """New pupils of the first grade."""
        first = (self.grades[0], year)
        if first not in self.pupils or (self.repeaters and first not in self.repeaters):
            return None
        return self.pupils[first] - self.repeaters.get(first, 0.0)


def _divide(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def take_enrolment(intake: Intake, grades: pl.DataFrame) -> list[Enrolment]:
    """The units of a table of pupils by grade; problems are noted."""
    before = len(intake.problems)
    rows = fill_columns(intake.take(grades, "grades", GRADES, GRADES_OPTIONS), GRADES_OPTIONS)
    rows = rows.with_columns(pl.col("unit").fill_null(""))
    if len(intake.problems) > before:
        return []
    whole = rows.with_columns(pl.col("grade").cast(pl.Int32, strict=False), given="grade")
    for grade in whole.filter((pl.col("grade") != pl.col("given")) | pl.col("grade").is_null())["given"].unique():
        intake.complain("grades", "column grade", "is not a whole number", str(grade))
    intake.refuse_repeats(whole, "grades", ["unit", "grade", "year"])
    for column in ("pupils", "repeaters"):
        for row in whole.filter(pl.col(column) < 0).iter_rows(named=True):
            intake.complain("grades", _where(row), f"has {column} below zero", str(row[column]))
    for row in whole.filter(pl.col("repeaters") > pl.col("pupils")).iter_rows(named=True):
        intake.complain("grades", _where(row), "has more repeaters than pupils", str(row["repeaters"]))
    if len(intake.problems) > before:
        return []
    return [
        _collect(intake, str(unit), own)
        for (unit,), own in whole.sort("unit").group_by("unit", maintain_order=True)
    ]


def _collect(intake: Intake, unit: str, own: pl.DataFrame) -> Enrolment:
    known = own.drop_nulls("pupils")
    grades = sorted(set(known["grade"]))
    for grade in sorted(set(range(grades[0], grades[-1])) - set(grades)) if grades else []:
        intake.complain("grades", f"unit {unit}" if unit else "", f"has no figure of grade {grade}")
    cells = {(row["grade"], row["year"]): row for row in known.iter_rows(named=True)}
    table = Enrolment(
        unit,
        grades,
        {row["grade"]: row["level"] or "" for row in known.sort("year").iter_rows(named=True)},
        {key: row["pupils"] for key, row in cells.items()},
        {key: row["repeaters"] for key, row in cells.items() if row["repeaters"] is not None},
    )
    if table.last is None:
        intake.complain("grades", f"unit {unit}" if unit else "", "has no year in which every grade has a figure")
    return table


def _where(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in ("unit", "grade", "year") if row[key] != "")


def measure_flows(grades: pl.DataFrame) -> pl.DataFrame:
    """Promotion, repetition and dropout of every grade and year, and the plain ratio from grade to grade.

    Parameters
    ----------
    grades
        `grade, year, pupils` and perhaps `unit`, `level`, and `repeaters` (those of the pupils who were in the
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
    units = take_enrolment(intake, grades)
    intake.finish()
    rows = []
    for table in units:
        for grade in table.grades:
            for year in table.years:
                ratio, again = table.ratio(grade, year), table.repetition(grade, year)
                promoted = table.promotion(grade, year) if grade != table.grades[-1] else None
                if ratio is None and again is None:
                    continue
                gone = None if again is None or promoted is None else 1 - promoted - again
                rows.append((table.unit, grade, year, promoted, again, gone, ratio))
    return pl.DataFrame(rows, schema=FLOWS, orient="row")


def take_centre(values: Sequence[float], average: str) -> float:
    """The rate to go on with: the median, or a mean in which the newest of n counts n times the oldest."""
    if average == "median":
        return median(values)
    weights = range(1, len(values) + 1)
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


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


YEARS = 5
AVERAGES = ("median", "weighted")

COHORT: dict[str, Kind] = {"year": "year"}
COHORT_OPTIONS: dict[str, Kind] = {"unit": "text", "births": "number", "population": "number"}
RATIOS: dict[str, Kind] = {"grade": "number", "ratio": "number"}
ADJUST: dict[str, Kind] = {"grade": "number", "factor": "number"}
ADJUST_OPTIONS: dict[str, Kind] = {"unit": "text", "year": "year"}

ENROLMENT: dict[str, Any] = {
    "unit": pl.String,
    "level": pl.String,  # "all": all grades together
    "grade": pl.Int32,  # null: the level as a whole
    "year": pl.Int32,
    "point": pl.Float64,
    **dict.fromkeys(name_bands(), pl.Float64),
    "status": pl.String,
    "basis": pl.String,  # of the ranges: own_spread, or published_error where the past is too short
    "intake": pl.String,  # births, population, or held: the last intake goes on
}


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
    """Pupils by grade and level, each year to `until`, with ranges.

    Parameters
    ----------
    grades
        `grade, year, pupils` and perhaps `unit`, `level`, `repeaters`. Grades are whole numbers one after the
        other; ages before school may be 0, -1 and so on.
    cohort
        Who comes in: `year` and `births` (of that year; they enter `entry_age` years later) or `population` (of
        the age of entry in that year), and perhaps `unit`. Beyond its years, and without it, the last intake is
        held: going on with a trend doubled the error at three years on the records the method was tried on.
    ratios
        `grade, ratio` and perhaps `unit`: rates to the next grade that are known from elsewhere; they go before
        those of the past, and are needed where there is a single year.
    adjust
        A scenario: `grade, factor` and perhaps `year, unit`: multiplies what comes into that grade, in that year
        or in every year.
    years
        How many of the newest years the rates are taken from.
    average
        `median` or `weighted` (the newest of n years counts n times the oldest).

    Returns
    -------
    polars.DataFrame
        Columns `ENROLMENT`, by unit; grades first, then levels, then `all`. Ranges come from how the rates of past
        years differed, all grades of a year together; of a level as a whole they are narrower than of its grades.

    Raises
    ------
    SeriesError
        With everything wrong in all tables, and every step from grade to grade that has no rate.
    """
    taken = Intake()
    if average not in AVERAGES:
        taken.complain("", "average", f"is none of {', '.join(AVERAGES)}", average)
    units = take_enrolment(taken, grades)
    coming = _take_cohort(taken, cohort, entry_age)
    given = _take(taken, ratios, "ratios", RATIOS, {"unit": "text"})
    changes = _take(taken, adjust, "adjust", ADJUST, ADJUST_OPTIONS)
    rows: list[dict[str, Any]] = []
    for table in units:
        if table.last is None:
            continue
        own = {int(row["grade"]): row["ratio"] for row in given if row["unit"] in (None, table.unit)}
        factors = [row for row in changes if row["unit"] in (None, table.unit)]
        model = Progression(table, coming.pick(table.unit), own, factors, years, average, table.last)
        model.complain(taken)
        if not taken.problems:
            rows += model.project(until)
    taken.finish()
    return pl.DataFrame(rows, schema=ENROLMENT, orient="row")


def _take(
    taken: Intake, frame: pl.DataFrame | None, table: str, required: dict[str, Kind], optional: dict[str, Kind]
) -> list[dict[str, Any]]:
    if frame is None:
        return []
    return fill_columns(taken.take(frame, table, required, optional), optional).to_dicts()


@dataclass(frozen=True)
class _Cohorts:
    """Children who come of age to enter, by unit ("" for every unit) and year of entry."""

    kind: str
    table: dict[str, dict[int, float]]

    def pick(self, unit: str) -> tuple[str, dict[int, float]]:
        return self.kind, self.table.get(unit) or self.table.get("", {})


def _take_cohort(taken: Intake, cohort: pl.DataFrame | None, entry_age: int) -> _Cohorts:
    if cohort is None:
        return _Cohorts("held", {})
    known = [name for name in ("births", "population") if name in cohort.columns]
    if len(known) != 1:
        taken.complain("cohort", "columns", "needs births or population, one of them", ", ".join(cohort.columns))
        return _Cohorts("held", {})
    later = entry_age if known == ["births"] else 0
    table: dict[str, dict[int, float]] = {}
    for row in _take(taken, cohort, "cohort", COHORT, COHORT_OPTIONS):
        if row[known[0]] is not None and row["year"] is not None:
            table.setdefault(row["unit"] or "", {})[row["year"] + later] = row[known[0]]
    return _Cohorts(known[0], table)
