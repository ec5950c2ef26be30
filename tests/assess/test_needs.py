"""The pupils of a territory and what they would take, from observations and the registry's norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from hpedu.assess.needs import foresee_needs
from hpedu.assess.pupils import foresee_pupils, index_series
from hpedu.indicators import compute_indicators
from hpedu.registry import Registry

Make = Callable[..., pl.DataFrame]
YEAR = 2025


def counted(measure: str, level: str, value: float, year: int = YEAR, **more: Any) -> dict[str, Any]:
    return {"measure": measure, "level": level, "value": value, "year": year, "territory": "hai_phong", **more}


def grades(year: int, sizes: dict[str, list[tuple[int, float]]]) -> list[dict[str, Any]]:
    rows = []
    for level, own in sizes.items():
        rows.append(counted("pupils", level, sum(size for _, size in own), year))
        rows += [counted("pupils", level, size, year, detail=f"grade_{grade}") for grade, size in own]
    return rows


SIZES = {
    "primary": [(grade, 100.0) for grade in range(1, 6)],
    "lower_secondary": [(grade, 80.0) for grade in range(6, 10)],
    "upper_secondary": [(grade, 60.0) for grade in range(10, 13)],
}
TOLD = [
    counted("cohort_first_grade_pupils", "primary", 100.0),
    counted("cohort_first_grade_pupils", "lower_secondary", 80.0),
    counted("cohort_first_grade_pupils", "upper_secondary", 60.0),
    counted("new_entrants", "lower_secondary", 72.0),
    counted("completers_previous_year", "primary", 90.0),
    counted("entrants_from_lower_secondary", "upper_secondary", 60.0),
    counted("completers_previous_year", "lower_secondary", 80.0),
]


@pytest.fixture
def foresee(registry: Registry, make_observations: Make) -> Callable[..., pl.DataFrame]:
    def run(*rows: dict[str, Any], until: int = 2027, growth: float = 0.0) -> pl.DataFrame:
        series = index_series(make_observations(*rows), "hai_phong", YEAR)
        return foresee_pupils(series, registry, until=until, growth=growth)

    return run


def point(found: pl.DataFrame, level: str, year: int) -> float:
    return float(found.filter(pl.col("level") == level, pl.col("year") == year)["point"].item())


class TestPupils:
    def test_one_school_list_tells_its_own_rates(self, foresee: Callable[..., pl.DataFrame]) -> None:
        found = foresee(*grades(YEAR, SIZES), *TOLD)
        # nobody leaves within a level; 72 of 90 go on to grade 6, 60 of 80 to grade 10
        assert set(found["method"]) == {"grades"}
        assert point(found, "primary", 2026) == pytest.approx(500)
        assert point(found, "lower_secondary", 2026) == pytest.approx(3 * 80 + 100 * 0.8)
        assert point(found, "upper_secondary", 2026) == pytest.approx(2 * 60 + 80 * 0.75)

    def test_two_lists_are_measured_not_told(self, foresee: Callable[..., pl.DataFrame]) -> None:
        found = foresee(*grades(YEAR - 1, SIZES), *grades(YEAR, SIZES), *TOLD)
        # from grade 5 to 6 go 80 of 100 in both, but grade 9 to 10 are 60 of 80 as counted
        assert point(found, "lower_secondary", 2026) == pytest.approx(320)

    def test_without_rates_levels_are_taken(self, foresee: Callable[..., pl.DataFrame]) -> None:
        found = foresee(*grades(YEAR, SIZES))
        assert "grades" not in set(found["method"])
        assert point(found, "primary", 2026) == 500

    def test_growth_adds_to_every_year(self, foresee: Callable[..., pl.DataFrame]) -> None:
        rows = [counted("pupils", "kindergarten", 100.0)]
        assert point(foresee(*rows, growth=10.0), "kindergarten", 2027) == pytest.approx(121)

    def test_nothing_counted_gives_nothing(self, foresee: Callable[..., pl.DataFrame]) -> None:
        assert foresee(counted("classes", "primary", 5.0)).is_empty()

    @pytest.mark.parametrize(
        "change", [{"year": YEAR + 1}, {"status": "projected"}, {"place": "x"}, {"territory": "hai_phong_old"}]
    )
    def test_only_what_was_counted_there_and_then(
        self, foresee: Callable[..., pl.DataFrame], change: dict[str, Any]
    ) -> None:
        assert foresee(counted("pupils", "primary", 100.0) | change).is_empty()


class TestNeeds:
    ROWS = (
        counted("pupils", "lower_secondary", 400.0),
        counted("classes", "lower_secondary", 10.0),
        counted("teachers", "lower_secondary", 18.0),
        counted("schools", "lower_secondary", 20.0),
        counted("schools", "lower_secondary", 1.0, ownership="private"),
    )

    def assess(
        self, registry: Registry, make: Make, *rows: dict[str, Any], **options: Any
    ) -> dict[str, dict[str, Any]]:
        observations = make(*rows)
        series = index_series(observations, "hai_phong", YEAR)
        values = compute_indicators(observations, registry)
        found = foresee_needs(series, values, registry, until=2030, **options)
        last = found.filter(pl.col("year") == 2030, pl.col("scenario") == "middle")
        return {row["basis"]: row for row in last.iter_rows(named=True)}

    def test_the_ratios_of_the_last_year_are_held(self, registry: Registry, make_observations: Make) -> None:
        found = self.assess(registry, make_observations, *self.ROWS, growth=5.0)
        # 400 * 1.05^5 = 510.5 pupils; 40 a class: 13 classes; 1.8 teachers each: 23.4
        classes, teachers = found["lower_secondary_classes"], found["lower_secondary_teachers"]
        assert (classes["needed"], classes["there"], classes["missing"]) == (13, 10, 3)
        assert (teachers["needed"], teachers["missing"]) == (24, 6)
        assert (found["lower_secondary_classrooms"]["needed"], found["lower_secondary_classrooms"]["there"]) == (
            13,
            None,
        )

    def test_a_class_size_to_plan_with(self, registry: Registry, make_observations: Make) -> None:
        found = self.assess(registry, make_observations, *self.ROWS, class_size={"lower_secondary": 25})
        assert found["lower_secondary_classes"]["needed"] == 16

    def test_the_plans_shares_of_schools(self, registry: Registry, make_observations: Make) -> None:
        found = self.assess(registry, make_observations, *self.ROWS)
        private, standard = found["lower_secondary_private_schools"], found["lower_secondary_standard_schools"]
        assert (private["needed"], private["missing"]) == (4, 3)  # 16.5% of 20 are 3.3
        assert (standard["needed"], standard["missing"]) == (18, None)  # 90% of 20; nobody counted those there are

    def test_low_and_high_enclose_the_middle(self, registry: Registry, make_observations: Make) -> None:
        series = index_series(make_observations(*self.ROWS), "hai_phong", YEAR)
        values = compute_indicators(make_observations(*self.ROWS), registry)
        found = foresee_needs(series, values, registry, until=2030)
        wide = found.filter(pl.col("resource") == "classes").pivot("scenario", index="year", values="needed")
        assert (wide["low"] <= wide["middle"]).all() and (wide["middle"] <= wide["high"]).all()

    def test_students_are_asked_of_inhabitants(self, registry: Registry, make_observations: Make) -> None:
        people = [counted("population_average", "population", 1_000_000.0, 2010 + n) for n in range(15)]
        found = self.assess(
            registry, make_observations, *people, counted("students_university", "tertiary", 10_000.0, 2020)
        )
        assert found["tertiary_students"]["needed"] == 26_000  # 260 of 10,000
        assert found["tertiary_students"]["missing"] == 16_000
