"""What becomes of the pupils of a grade in the next year: promoted, repeating, or gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from hpedu.outlook.tables import Intake, Kind, fill_columns

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
