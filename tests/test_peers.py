"""The other provinces: values by the same formulas, within bounds and boundaries; ranks that can be counted."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from hpedu.ingest.schema import OBSERVATIONS
from hpedu.peers import OLD_PROVINCES, compare_peers, compute_peers
from hpedu.registry import Registry
from hpedu.values import VALUES, compute_indicators
from tests.conftest import PLAIN_OBSERVATION

SIZE = "primary_pupils_per_class"


def observe(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([PLAIN_OBSERVATION | row for row in rows], schema=OBSERVATIONS, orient="row")


def count(measure: str, value: float, **more: Any) -> dict[str, Any]:
    return {"measure": measure, "value": value, "territory": "an_giang", "unit": "persons", "cell": measure} | more


class TestValues:
    def test_they_are_those_of_the_formulas_that_hold_for_the_city(self, registry: Registry) -> None:
        frame = observe(
            count("pupils", 900.0), count("classes", 30.0), count("teachers", 40.0, status="preliminary")
        )
        peers = compute_peers(frame, registry)
        assert peers.schema == VALUES
        assert peers.equals(compute_indicators(frame, registry))
        assert SIZE in peers["indicator"].to_list()

    def test_the_city_is_no_peer_of_itself(self, registry: Registry) -> None:
        assert compute_peers(observe(count("pupils", 9.0, territory="hai_phong_old")), registry).is_empty()

    def test_a_ratio_lacks_what_its_formula_lacks(self, registry: Registry) -> None:
        peers = compute_peers(observe(count("pupils", 900.0), count("classes", 3.0, year=2019)), registry)
        assert SIZE not in peers["indicator"].to_list()

    def test_a_value_beyond_its_bounds_is_not_taken(self, registry: Registry) -> None:
        girls = count("pupils", 89483.0, sex="female")
        peers = compute_peers(observe(count("pupils", 80000.0), girls), registry)
        assert "primary_girls_share" not in peers["indicator"].to_list()

    def test_two_versions_of_a_province_make_no_series(self, registry: Registry) -> None:
        """Ha Tay went into Ha Noi in 2008: the years before are those of a smaller Ha Noi."""
        rows = [count("pupils", 9.0, territory="ha_noi", year=year) for year in (2007, 2008)]
        assert compute_peers(observe(*rows), registry)["year"].unique().to_list() == [2008]


def spread(years: dict[int, int], own: float = 30.5, **more: Any) -> pl.DataFrame:
    """Values 1, 2 ... of so many provinces in each year, and that of old Hai Phong."""
    rows = [
        {"indicator": SIZE, "territory": name, "year": year, "value": value, "status": "final", "qualifier": ""}
        for year, places in years.items()
        for name, value in [("hai_phong_old", own), *((f"p{n}", float(n)) for n in range(1, places))]
    ]
    return pl.DataFrame([row | more for row in rows])


class TestComparison:
    def test_rank_and_quartiles_count_from_the_highest(self, registry: Registry) -> None:
        found = compare_peers(spread({2021: OLD_PROVINCES}), registry, SIZE, "hai_phong_old", 2025)
        assert found is not None
        assert (found.rank, len(found.values), found.own) == (33, 63, 30.5)
        assert found.quartiles[1] == 31.0
        assert found.then is None

    def test_then_is_the_first_year_that_all_show(self, registry: Registry) -> None:
        years = {2004: 5, 2006: OLD_PROVINCES, 2021: OLD_PROVINCES, 2022: 20}
        found = compare_peers(spread(years), registry, SIZE, "hai_phong_old", 2025)
        assert found is not None
        assert found.then is not None
        assert (found.then.year, found.year, len(found.then.values)) == (2006, 2021, 63)

    def test_a_report_of_the_past_knows_nothing_later(self, registry: Registry) -> None:
        found = compare_peers(spread({2010: 63, 2021: 63}), registry, SIZE, "hai_phong_old", 2015)
        assert found is not None and found.year == 2010

    @pytest.mark.parametrize(
        "values",
        [
            spread({2021: 40}),
            spread({2021: 63}, status="derived"),
            spread({2021: 63}).filter(territory="p1"),
        ],
    )
    def test_without_all_provinces_or_the_own_there_is_none(
        self, registry: Registry, values: pl.DataFrame
    ) -> None:
        assert compare_peers(values, registry, SIZE, "hai_phong_old", 2025) is None
