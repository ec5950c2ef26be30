"""What the pupils of a territory would take, from observations and the registry's norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from hpedu.assess.needs import Ratio, count_private_schools, foresee_needs, foresee_people
from hpedu.assess.pupils import index_series
from hpedu.registry import Registry
from hpedu.values import compute_indicators
from tests.backtest.panel import load_counts

Make = Callable[..., pl.DataFrame]
YEAR = 2025


def counted(measure: str, level: str, value: float, year: int = YEAR, **more: Any) -> dict[str, Any]:
    return {"measure": measure, "level": level, "value": value, "year": year, "territory": "hai_phong", **more}


class TestRatio:
    def test_it_moves_evenly_to_the_target_and_stays(self) -> None:
        ratio = Ratio(0.5, 2030, 0.0, 2025)
        assert [ratio.in_year(year) for year in (2024, 2025, 2027, 2030, 2031)] == [0, 0, 0.2, 0.5, 0.5]

    def test_where_it_starts_is_not_known_only_the_end_is_said(self) -> None:
        assert Ratio(0.95, 2030).first_year == 2030
        assert Ratio(0.95, 2030, 0.5, 2025).first_year == Ratio(35.0).first_year == 0


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
        standard = found["lower_secondary_standard_schools"]
        assert (standard["needed"], standard["missing"]) == (18, None)  # 90% of 20; nobody counted those there are

    def test_a_share_of_private_schools_is_reached_in_two_ways(self) -> None:
        assert count_private_schools(131, 596, 0.35) == (120, 78)
        assert count_private_schools(1, 5, 0.2) == (0, 0)
        for private in range(20):
            new, converted = count_private_schools(private, 20, 0.4)
            assert (private + new) / (20 + new) >= 0.4 - 1e-9 and (private + converted) / 20 >= 0.4 - 1e-9

    def test_what_there_is_in_all_is_no_measure_of_a_part(
        self, registry: Registry, make_observations: Make
    ) -> None:
        rows = [
            counted("pupils", "kindergarten", 300.0),
            counted("pupils", "preschool", 90.0, ownership="private"),
        ]
        alone = self.assess(registry, make_observations, *rows)["preschool_private_places"]
        assert (alone["needed"], alone["there"]) == (105, None)
        rows.append(counted("pupils", "nursery", 100.0))
        whole = self.assess(registry, make_observations, *rows)["preschool_private_places"]
        assert (whole["needed"], whole["missing"]) == (140, 50)

    def test_low_and_high_enclose_the_middle(self, registry: Registry, make_observations: Make) -> None:
        series = index_series(make_observations(*self.ROWS), "hai_phong", YEAR)
        values = compute_indicators(make_observations(*self.ROWS), registry)
        found = foresee_needs(series, values, registry, until=2030)
        wide = found.filter(pl.col("resource") == "classes").pivot("scenario", index="year", values="needed")
        assert (wide["low"] <= wide["middle"]).all() and (wide["middle"] <= wide["high"]).all()

    def test_people_who_become_more_each_year_are_not_foreseen_to_become_fewer(self) -> None:
        """Of 62 provinces, as counted to 2010 and six years later."""
        people = load_counts().filter(indicator="population")
        known = people.filter(pl.col("year") <= 2010).group_by("place", maintain_order=True)
        found = {name: foresee_people(one.select("year", "value"), 2016).tail(1) for (name,), one in known}
        counted = {
            name: value
            for name, value in people.filter(year=2016).select("place", "value").iter_rows()
            if found[name].height  # Ha Noi has three figures since it was formed
        }
        errors = pl.Series([found[name]["point"].item() / counted[name] - 1 for name in counted])
        held = [found[name]["lo80"].item() <= counted[name] <= found[name]["hi80"].item() for name in counted]
        assert len(held) == 62 and sum(held) / 62 > 0.8
        assert errors.abs().median() < 0.02 and abs(errors.median()) < 0.01
        even = pl.DataFrame({"year": range(2000, 2025), "value": [1e6 + 1e4 * n for n in range(25)]})
        row = foresee_people(even, 2030).row(-1, named=True)
        assert row["point"] == pytest.approx(1.30e6) and row["lo80"] > even["value"][-1]

    def test_students_are_asked_of_inhabitants(self, registry: Registry, make_observations: Make) -> None:
        people = [counted("population_average", "population", 1_000_000.0, 2010 + n) for n in range(15)]
        found = self.assess(
            registry, make_observations, *people, counted("students_university", "tertiary", 10_000.0, 2020)
        )
        assert found["tertiary_students"]["needed"] == 26_000  # 260 of 10,000
        assert found["tertiary_students"]["missing"] == 16_000
