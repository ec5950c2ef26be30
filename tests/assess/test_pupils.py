"""The pupils of a territory, from its observations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from hpedu.assess.pupils import foresee_pupils, index_series, name_peers
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

    def test_a_level_without_grades_has_no_rate_within_it(self, foresee: Callable[..., pl.DataFrame]) -> None:
        found = foresee(*grades(YEAR, {"primary": SIZES["primary"]}), *TOLD)
        assert set(found["method"]) == {"grades"} and point(found, "primary", 2026) == pytest.approx(500)

    def test_without_rates_levels_are_taken(self, foresee: Callable[..., pl.DataFrame]) -> None:
        found = foresee(*grades(YEAR, SIZES))
        assert "grades" not in set(found["method"])
        assert point(found, "primary", 2026) == 500

    def test_a_step_within_a_level_that_nobody_counted_stops_all_grades(
        self, foresee: Callable[..., pl.DataFrame]
    ) -> None:
        sizes = {"primary": SIZES["primary"], "lower_secondary": SIZES["lower_secondary"]}
        before = {"primary": SIZES["primary"][:1], "lower_secondary": SIZES["lower_secondary"][1:3]}
        assert "grades" not in set(foresee(*grades(YEAR - 1, before), *grades(YEAR, sizes))["method"])

    def test_growth_adds_to_every_year(self, foresee: Callable[..., pl.DataFrame]) -> None:
        rows = [counted("pupils", "kindergarten", 100.0)]
        assert point(foresee(*rows, growth=10.0), "kindergarten", 2027) == pytest.approx(121)

    def test_other_provinces_are_company_of_kindergartens_alone(
        self, registry: Registry, make_observations: Make
    ) -> None:
        rows = [
            counted("pupils", level, 100.0, 2010 + n) for level in ("kindergarten", "primary") for n in range(16)
        ]
        series = index_series(make_observations(*rows), "hai_phong", YEAR)
        peers = pl.DataFrame(
            [
                (indicator, f"p{n}", 2010 + year, 90.0 * 1.05**year)
                for indicator in [*name_peers(registry), "primary_pupils"]
                for n in range(12)
                for year in range(16)
            ],
            schema=["indicator", "territory", "year", "value"],
            orient="row",
        )
        assert name_peers(registry) == ["nursery_pupils", "kindergarten_pupils"]
        alone, among = (foresee_pupils(series, registry, until=2027, peers=each) for each in (None, peers))
        assert point(among, "kindergarten", 2027) > point(alone, "kindergarten", 2027)
        assert alone.filter(pl.col("level") == "kindergarten")["method"].to_list() == ["trend"] * 2

    def test_nothing_counted_gives_nothing(self, foresee: Callable[..., pl.DataFrame]) -> None:
        assert foresee(counted("classes", "primary", 5.0)).is_empty()

    @pytest.mark.parametrize(
        "change", [{"year": YEAR + 1}, {"status": "projected"}, {"place": "x"}, {"territory": "hai_phong_old"}]
    )
    def test_only_what_was_counted_there_and_then(
        self, foresee: Callable[..., pl.DataFrame], change: dict[str, Any]
    ) -> None:
        assert foresee(counted("pupils", "primary", 100.0) | change).is_empty()
