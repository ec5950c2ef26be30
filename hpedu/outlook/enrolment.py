"""Enrolment by grade in, and who will come of age to enter; projected enrolment by grade and level out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.outlook.bands import name_bands
from hpedu.outlook.cohorts import take_enrolment
from hpedu.outlook.progression import Progression
from hpedu.outlook.tables import Intake, Kind, fill_columns

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
