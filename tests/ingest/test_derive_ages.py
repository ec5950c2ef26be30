"""Five-year groups to single years (Sprague) and school-age bands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.derive import GROUPS, estimate_age_bands, split_ages
from hpedu.registry import Registry

Make = Callable[..., pl.DataFrame]

COUNTS = st.lists(st.integers(0, 10**7).map(float), min_size=5, max_size=5)


class TestSplit:
    @given(COUNTS)
    def test_groups_keep_their_sums(self, groups: list[float]) -> None:
        ages = split_ages(groups)
        assert len(ages) == 25
        for n, group in enumerate(groups):
            assert sum(ages[n * 5 : n * 5 + 5]) == pytest.approx(group, abs=1e-6 * max(groups) + 1e-9)

    @given(st.floats(-1e4, 1e4), st.floats(-1e3, 1e3))
    def test_a_straight_line_comes_back(self, level: float, slope: float) -> None:
        """Not only straight lines: Sprague's formula reproduces polynomials up to the fourth degree."""
        line = [level + slope * age for age in range(25)]
        groups = [sum(line[n : n + 5]) for n in range(0, 25, 5)]
        assert split_ages(groups) == pytest.approx(line, abs=1e-6 * (abs(level) + 25 * abs(slope)) + 1e-9)

    @given(COUNTS, COUNTS)
    def test_splitting_the_sum_is_the_sum_of_the_splits(self, a: list[float], b: list[float]) -> None:
        """So the bands of the merged city are the same from its parts and from its groups."""
        together = split_ages([x + y for x, y in zip(a, b, strict=True)])
        assert together == pytest.approx(
            [x + y for x, y in zip(split_ages(a), split_ages(b), strict=True)], abs=1e-3
        )

    @given(COUNTS)
    def test_ages_read_backwards_are_the_groups_read_backwards(self, groups: list[float]) -> None:
        assert split_ages(groups[::-1]) == pytest.approx(split_ages(groups)[::-1], abs=1e-3)

    def test_other_than_five_groups_are_refused(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            split_ages([1.0] * 4)


@pytest.fixture
def bands(registry: Registry, make_observations: Make) -> Callable[..., pl.DataFrame]:
    """Bands from groups of 500, 600, ... people; arguments are further rows, or changes to all."""

    def run(*extra: dict[str, Any], leave_out: str = "", **changes: Any) -> pl.DataFrame:
        rows = [group_row(name, 500.0 + 100 * n) | changes for n, name in enumerate(GROUPS) if name != leave_out]
        return estimate_age_bands(make_observations(*rows, *extra), registry)

    return run


def group_row(name: str, value: float) -> dict[str, Any]:
    return {
        "measure": "population_projected",
        "level": "population",
        "detail": name,
        "value": value,
        "status": "projected",
        "cell": f"B{GROUPS.index(name) + 4}",
    }


class TestBands:
    def test_bands_are_sums_of_single_years(self, bands: Callable[..., pl.DataFrame]) -> None:
        ages = split_ages([500.0, 600.0, 700.0, 800.0, 900.0])
        values = dict(bands().select("detail", "value").rows())
        assert values == {
            "age_0_2": sum(ages[0:3]),
            "age_3_5": sum(ages[3:6]),
            "age_6_10": sum(ages[6:11]),
            "age_11_14": sum(ages[11:15]),
            "age_15_17": sum(ages[15:18]),
            "age_18_22": sum(ages[18:23]),
        }

    def test_bands_say_that_they_are_estimates_how_and_from_what(self, bands: Callable[..., pl.DataFrame]) -> None:
        frame = bands()
        assert set(frame["status"]) == {"estimated"}
        assert set(frame["measure"]) == {"population_age"}
        assert set(frame["note"]) == {"sprague"}
        assert set(frame["cell"]) == {"B4 + B5 + B6 + B7 + B8"}
        assert all("projected_base" in flags for flags in frame["flags"])

    @pytest.mark.parametrize("group", GROUPS)
    def test_a_missing_group_makes_all_bands_missing(self, bands: Callable[..., pl.DataFrame], group: str) -> None:
        assert bands(leave_out=group).is_empty()

    def test_replaced_groups_and_other_counts_are_no_groups(self, bands: Callable[..., pl.DataFrame]) -> None:
        assert bands(current=False).is_empty()
        assert bands(measure="population_average").is_empty()

    def test_girls_are_not_mixed_into_both_sexes(self, bands: Callable[..., pl.DataFrame]) -> None:
        girls = [group_row(name, 1.0) | {"sex": "female"} for name in GROUPS]
        frame = bands(*girls)
        assert frame.filter(sex="both").equals(bands())
        assert frame.filter(sex="female")["value"].sum() == pytest.approx(sum(split_ages([1.0] * 5)[:23]))
