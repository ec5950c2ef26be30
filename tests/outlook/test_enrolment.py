"""Enrolment by grade: steps worked by hand, and cohorts whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from hpedu.outlook.enrolment import ENROLMENT, project_enrolment
from hpedu.outlook.intake import SeriesError

# Grades 1 to 3 over three years. From grade 1 to 2: 95/100 and 99/110; from 2 to 3: 81/90 and 85.5/95.
HISTORY = {2020: (100.0, 90.0, 80.0), 2021: (110.0, 95.0, 81.0), 2022: (120.0, 99.0, 85.5)}


def table(history: dict[int, Sequence[float | None]], **columns: Any) -> pl.DataFrame:
    rows = [
        {"grade": n, "year": year, "pupils": pupils}
        for year, row in history.items()
        for n, pupils in enumerate(row, start=1)
    ]
    return pl.DataFrame(rows, schema_overrides={"pupils": pl.Float64}).with_columns(**columns)


def points(frame: pl.DataFrame, year: int) -> list[float]:
    """Grades of a year in order."""
    return frame.filter(pl.col("year") == year, pl.col("grade").is_not_null()).sort("grade")["point"].to_list()


class TestProgression:
    def test_one_step_by_hand(self) -> None:
        found = project_enrolment(table(HISTORY), until=2024)
        # 1 -> 2: median of 0.95 and 0.9 is 0.925; 2 -> 3: 0.9 both times; the intake of 120 is held
        assert points(found, 2023) == pytest.approx([120, 120 * 0.925, 99 * 0.9])
        assert points(found, 2024) == pytest.approx([120, 120 * 0.925, 120 * 0.925 * 0.9])
        assert dict(found.schema) == ENROLMENT
        assert set(found["intake"]) == {"held"}

    def test_only_the_newest_years_count(self) -> None:
        found = project_enrolment(table(HISTORY), until=2023, years=1)
        assert points(found, 2023)[1] == pytest.approx(120 * 0.9)

    def test_births_enter_years_later(self) -> None:
        births = pl.DataFrame({"year": [2014, 2015, 2016, 2017, 2018], "births": [125.0, 137.5, 150, 160, 100]})
        found = project_enrolment(table(HISTORY), until=2025, cohort=births)
        # 100/125, 110/137.5 and 120/150 are all 0.8; in 2025 nothing is known of 2019: the last intake goes on
        assert [points(found, year)[0] for year in (2023, 2024, 2025)] == pytest.approx([128, 80, 80])
        assert {year: set(own["intake"]) for (year,), own in found.group_by("year")} == {
            2023: {"births"},
            2024: {"births"},
            2025: {"held"},
        }

    def test_population_enters_at_once(self) -> None:
        people = pl.DataFrame({"year": [2020, 2021, 2022, 2023], "population": [200.0, 220, 240, 300]})
        found = project_enrolment(table(HISTORY), until=2023, cohort=people)
        assert points(found, 2023)[0] == pytest.approx(150)

    def test_a_gap_year_makes_no_rate(self) -> None:
        history = {2018: (1.0, 1.0, 1.0), **HISTORY}
        assert points(project_enrolment(table(history), until=2023), 2023)[1] == pytest.approx(111)

    def test_a_year_that_lacks_a_grade_is_not_the_start(self) -> None:
        history: dict[int, Sequence[float | None]] = {**HISTORY, 2023: (130.0, None, 90.0)}
        found = project_enrolment(table(history), until=2023)
        assert found["year"].unique().to_list() == [2023]
        assert set(found["caution"]) == {"incomplete_year"}

    def test_nobody_entering_in_the_newest_year_is_not_in_yet(self) -> None:
        history: dict[int, Sequence[float | None]] = {**HISTORY, 2023: (0.0, 100.0, 90.0)}
        found = project_enrolment(table(history), until=2023)
        assert found["year"].unique().to_list() == [2023] and set(found["caution"]) == {"incomplete_year"}

    def test_a_digit_too_many_in_one_grade_is_no_rate(self) -> None:
        steady = dict.fromkeys(range(2015, 2023), (100.0, 100.0, 100.0))
        slipped = project_enrolment(table({**steady, 2020: (100.0, 1000.0, 100.0)}), until=2024)
        assert slipped["point"].equals(project_enrolment(table(steady), until=2024)["point"])
        assert set(slipped["caution"]) == {"slip"}

    @pytest.mark.parametrize(("above", "rate"), [(26.0, 0.26), (25.0, None), (399.0, 3.99), (400.0, None)])
    def test_a_rate_of_few_years_is_usual_up_to_four_times_as_many_or_as_few(
        self, above: float, rate: float | None
    ) -> None:
        grades = table({2020: (100.0, 100.0), 2021: (100.0, above)})
        if rate is None:
            with pytest.raises(SeriesError, match="from grade 1 to 2"):
                project_enrolment(grades, until=2022)
        else:
            assert points(project_enrolment(grades, until=2022), 2022)[1] == pytest.approx(100 * rate)

    def test_no_years_are_no_years(self) -> None:
        with pytest.raises(SeriesError, match="years"):
            project_enrolment(table(HISTORY), until=2024, years=0)

    def test_levels_are_sums_of_their_grades(self) -> None:
        level = pl.when(pl.col("grade") < 3).then(pl.lit("lower")).otherwise(pl.lit("upper"))
        found = project_enrolment(table(HISTORY, level=level), until=2023)
        sums = dict(found.filter(pl.col("grade").is_null()).select("level", "point").rows())
        first, second, third = points(found, 2023)
        assert sums == pytest.approx({"lower": first + second, "upper": third, "all": first + second + third})

    def test_units_are_apart(self) -> None:
        both = pl.concat(
            [table(HISTORY, place=pl.lit("a")), table({2020: (1, 1, 1), 2021: (1, 1, 1)}, place=pl.lit("b"))]
        )
        found = project_enrolment(both, until=2023)
        assert found.filter(pl.col("place") == "b", pl.col("grade") == 2)["point"].to_list() == [1, 1]

    def test_a_single_year_goes_on_with_rates_from_elsewhere(self) -> None:
        single = table({2025: (100.0, 90.0, 80.0)})
        with pytest.raises(SeriesError) as caught:
            project_enrolment(single, until=2026)
        assert len(caught.value.problems) == 2
        assert "from grade 1 to 2: give a year more, or ratios" in str(caught.value)
        ratios = pl.DataFrame({"grade": [1, 2], "ratio": [0.98, 0.99]})
        found = project_enrolment(single, until=2026, ratios=ratios)
        assert points(found, 2026) == pytest.approx([100, 98, 89.1])
        assert set(found["basis"]) == {"usual_error"}


class TestRepeaters:
    # Of 100 in grade 1 in 2020, 10 repeat and 85 go up (5 are gone); of 80 in grade 2, 4 repeat.
    GRADES = pl.DataFrame(
        {
            "grade": [1, 2, 1, 2],
            "year": [2020, 2020, 2021, 2021],
            "pupils": [100.0, 80.0, 120.0, 89.0],
            "repeaters": [None, None, 10.0, 4.0],
        }
    )

    def test_repeaters_stay_and_the_rest_goes_up(self) -> None:
        found = project_enrolment(self.GRADES, until=2022)
        # grade 1: 110 new (120 - 10) and 12 again; grade 2: 0.85 * 120 and 0.05 * 89 again
        assert points(found, 2022) == pytest.approx([122, 106.45])


def make_cohorts(seed: int, spread: float, years: int) -> dict[int, list[float]]:
    """Six grades of cohorts that lose 2% a grade, more or less; entrants differ by 3% a year."""
    dice = random.Random(seed)
    now = [1000 * 0.98**grade for grade in range(6)]
    found = {2000: now}
    for year in range(2001, 2000 + years):
        shock = dice.gauss(0, spread)  # of the year, for all grades: half of what happens
        rates = [0.98 * math.exp(shock + dice.gauss(0, spread)) for _ in range(5)]
        now = [
            now[0] * math.exp(dice.gauss(0, 0.03)),
            *(size * rate for size, rate in zip(now, rates, strict=False)),
        ]
        found[year] = now
    return found


class TestRanges:
    def test_what_happened_lies_in_them_about_as_often_as_they_say(self) -> None:
        """The pupils of 150 made-up districts, three years ahead; the truth is known."""
        inside = {50: 0, 80: 0, 95: 0}
        errors = []
        for seed in range(150):
            history = make_cohorts(seed, 0.01, 15)
            known = table({year: row for year, row in history.items() if year <= 2011})
            found = project_enrolment(known, until=2014).filter(pl.col("level") == "all", pl.col("year") == 2014)
            [row] = found.to_dicts()
            truth = sum(history[2014])
            errors.append(abs(row["point"] / truth - 1))
            for level in inside:
                inside[level] += row[f"lo{level}"] <= truth <= row[f"hi{level}"]
        assert 0.38 <= inside[50] / 150 <= 0.68
        assert 0.70 <= inside[80] / 150 <= 0.92
        assert inside[95] / 150 >= 0.88
        assert sum(errors) / 150 < 0.05

    def test_rates_that_never_change_are_certain(self) -> None:
        history = {2000 + n: tuple(100 * 0.9**g for g in range(3)) for n in range(6)}
        [row] = project_enrolment(table(history), until=2006).filter(pl.col("level") == "all").to_dicts()
        assert row["lo95"] == pytest.approx(row["hi95"])

    def test_they_nest_and_widen(self) -> None:
        found = project_enrolment(table(make_cohorts(1, 0.01, 12)), until=2020)
        for row in found.iter_rows(named=True):
            ends = [row[name] for name in ("lo95", "lo80", "lo50", "point", "hi50", "hi80", "hi95")]
            assert ends == sorted(ends) and ends[0] > 0
        whole = found.filter(pl.col("level") == "all").with_columns(width=pl.col("hi80") / pl.col("lo80"))
        assert whole["width"].is_sorted()

    def test_a_whole_is_surer_than_its_parts(self) -> None:
        found = project_enrolment(table(make_cohorts(2, 0.01, 12)), until=2012)
        width = found.with_columns(width=pl.col("hi80") / pl.col("lo80"))
        whole = width.filter(pl.col("level") == "all")["width"].item()
        assert whole < width.filter(pl.col("grade").is_not_null())["width"].max()

    def test_a_short_past_takes_usual_errors(self) -> None:
        found = project_enrolment(table(HISTORY), until=2023)
        assert set(found["basis"]) == {"usual_error"}
        [row] = found.filter(pl.col("level") == "all").to_dicts()
        # t of 8 degrees of freedom at 90%: 1.3968; e^(1.3968 * 0.029) = 1.04134
        assert row["hi80"] / row["point"] == pytest.approx(1.04134, abs=1e-4)


class TestRefusals:
    def test_everything_wrong_is_said_at_once(self) -> None:
        bad = pl.DataFrame(
            {
                "grade": [1.0, 1.0, 2.5],
                "year": 2020,
                "pupils": [5.0, -1.0, 3.0],
                "repeaters": [6.0, None, 0.0],
            }
        )
        cohort = pl.DataFrame({"year": [2020], "children": [5.0]})
        with pytest.raises(SeriesError) as caught:
            project_enrolment(bad, until=2025, cohort=cohort, years=0)
        said = str(caught.value)
        for part in (
            "needs a whole number from 1 to 50",
            "is not a whole number (found: 2.5)",
            "grade=1, year=2020: occurs 2 times",
            "has pupils below zero",
            "has more repeaters than pupils",
            "needs births or population",
        ):
            assert part in said

    def test_a_grade_between_must_be_there(self) -> None:
        grades = pl.DataFrame({"grade": [1, 3], "year": [2020, 2020], "pupils": [5.0, 5.0]})
        with pytest.raises(SeriesError, match="has no figure of grade 2"):
            project_enrolment(grades, until=2021)

    def test_a_grade_beyond_any_number_of_grades_is_said(self) -> None:
        grades = pl.DataFrame({"grade": [1.0, 3e9], "year": 2020, "pupils": 5.0})
        with pytest.raises(SeriesError, match="is not a whole number"):
            project_enrolment(grades, until=2021)


def test_the_spread_of_a_single_step_is_that_of_its_rates() -> None:
    """Worked: one cohort goes up once; of the last five rates three are 1.1, the middle, and two are 1 / 1.1."""
    history = {2010: [100.0, 100.0]}
    for n in range(8):
        history[2011 + n] = [100.0, 100.0 * (1.1 if n % 2 else 1 / 1.1)]
    found = project_enrolment(table(history), until=2019)
    [row] = found.filter(pl.col("year") == 2019, pl.col("grade") == 2).to_dicts()
    square = 2 * (2 * math.log(1.1)) ** 2 / 4
    # What one year may bring, and the error of the rate itself; t of 4 degrees of freedom at 90% is 1.5332.
    assert math.log(row["hi80"] / row["point"]) == pytest.approx(1.5332 * math.sqrt(square + square / 5), rel=1e-3)


@pytest.mark.parametrize(("year", "caution"), [(2018, None), (2019, "slip"), (2020, "slip"), (2021, "slip")])
def test_a_slip_is_told_while_it_is_recent(year: int, caution: str | None) -> None:
    """Three years of steps from 2019 on: a slip in 2018 is in none of them, nor in the years beside them."""
    steady = dict.fromkeys(range(2012, 2023), (100.0, 100.0, 100.0))
    found = project_enrolment(table({**steady, year: (100.0, 1000.0, 100.0)}), until=2024, years=3)
    assert set(found["caution"]) == {caution}


def test_an_intake_that_is_held_moves_every_year_as_it_did() -> None:
    """Worked: of 110 and 100 in turn all go up, so only the intake moves: by log(1.1) a year, never to stay."""
    entered = [110.0 if n % 2 else 100.0 for n in range(9)]
    history = {
        2010 + n: [now, before] for n, (now, before) in enumerate(zip(entered, [100.0, *entered], strict=False))
    }
    found = project_enrolment(table(history), until=2020).filter(pl.col("grade") == 1).sort("year")
    step = math.log(1.1) * math.sqrt(5 / 4)
    widths = [math.log(row["hi80"] / row["point"]) for row in found.to_dicts()]
    assert widths == pytest.approx([1.5332 * step, 1.5332 * step * math.sqrt(2)], rel=1e-3)
