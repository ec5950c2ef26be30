"""The merged city before the merger: the sum of its parts, marked as such, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.derive import derive_merged, mark_current
from hpedu.ingest.schema import OBSERVATIONS
from hpedu.registry import Registry

Make = Callable[..., pl.DataFrame]

HAI_PHONG: dict[str, Any] = {"territory": "hai_phong_old", "value": 89493.0, "cell": "J17", "printed": "89.493"}
HAI_DUONG: dict[str, Any] = {"territory": "hai_duong_old", "value": 89239.0, "cell": "J33", "printed": "89.239"}


@pytest.fixture
def derive(registry: Registry, make_observations: Make) -> Callable[..., list[dict[str, Any]]]:
    """What is derived from observations, as rows."""

    def run(*rows: dict[str, Any]) -> list[dict[str, Any]]:
        return derive_merged(make_observations(*rows), registry).to_dicts()

    return run


def test_counts_add_and_lead_back_to_their_cells(derive: Callable[..., Any]) -> None:
    [row] = derive(HAI_DUONG | {"file": "b.csv", "edition": "2023"}, HAI_PHONG | {"file": "a.csv"})
    assert (row["territory"], row["value"], row["status"]) == ("hai_phong", 178732.0, "derived")
    assert (row["cell"], row["printed"], row["file"]) == ("J17 + J33", "89.493 + 89.239", "a.csv + b.csv")
    assert (row["edition"], row["current"], row["qualifier"]) == ("2023", True, "")


def test_a_sum_of_a_preliminary_part_is_derived_and_says_that_too(derive: Callable[..., Any]) -> None:
    [row] = derive(HAI_PHONG, HAI_DUONG | {"status": "preliminary"})
    assert (row["status"], row["flags"]) == ("derived", ["preliminary_parts"])
    [row] = derive(HAI_PHONG, HAI_DUONG)
    assert row["flags"] == []


def test_a_file_both_parts_share_is_named_once(derive: Callable[..., Any]) -> None:
    [row] = derive(HAI_PHONG, HAI_DUONG)
    assert (row["file"], row["source"], row["cell"]) == ("a.csv", "a", "J17 + J33")


def test_a_missing_part_makes_the_sum_missing(derive: Callable[..., Any]) -> None:
    assert derive(HAI_PHONG) == []
    assert derive(HAI_PHONG, HAI_DUONG | {"year": 2021}) == []
    assert derive(HAI_PHONG, HAI_DUONG | {"territory": "viet_nam"}) == []


@pytest.mark.parametrize("key", ["level", "ownership", "sex", "detail"])
def test_only_the_same_series_is_summed(derive: Callable[..., Any], key: str) -> None:
    assert derive(HAI_PHONG, HAI_DUONG | {key: "other"}) == []


@pytest.mark.parametrize(
    "change",
    [{"qualifier": ">"}, {"place": "hong_bang"}, {"current": False}],
    ids=lambda change: next(iter(change)),
)
def test_bounds_districts_and_replaced_values_are_no_parts(
    derive: Callable[..., Any], change: dict[str, Any]
) -> None:
    assert derive(HAI_PHONG, HAI_DUONG | change) == []
    assert derive(HAI_PHONG | change, HAI_DUONG | change) == []


def test_rates_are_never_summed(derive: Callable[..., Any], registry: Registry) -> None:
    rates = [measure.id for measure in registry.measures.values() if not measure.additive]
    assert "literacy_rate_15plus" in rates and "pupils" not in rates
    for rate in rates:
        assert derive(HAI_PHONG | {"measure": rate}, HAI_DUONG | {"measure": rate}) == [], rate


def test_no_percentage_is_additive(registry: Registry) -> None:
    for measure in registry.measures.values():
        if measure.unit in ("percent", "ratio", "per_1000", "status", "teachers_per_class"):
            assert not measure.additive, measure.id


def test_a_published_figure_of_the_city_is_not_overwritten(derive: Callable[..., Any]) -> None:
    city = {"territory": "hai_phong", "value": 180000.0}
    assert derive(HAI_PHONG, HAI_DUONG, city) == []
    assert len(derive(HAI_PHONG, HAI_DUONG, city | {"year": 2021})) == 1


def test_a_sum_goes_before_a_published_bound(make_observations: Make, registry: Registry) -> None:
    bound = {"territory": "hai_phong", "value": 170000.0, "qualifier": ">"}
    published = make_observations(HAI_PHONG, HAI_DUONG, bound)
    both = mark_current(pl.concat([published, derive_merged(published, registry)]))
    city = both.filter("current", pl.col("territory") == "hai_phong")
    assert city.select("value", "qualifier").rows() == [(178732.0, "")]


@pytest.mark.parametrize("status", ["projected", "estimated", "synthetic"])
def test_a_sum_is_no_firmer_than_its_parts(derive: Callable[..., Any], status: str) -> None:
    [row] = derive(HAI_PHONG, HAI_DUONG | {"status": status})
    assert row["status"] == status


def test_flags_and_notes_of_the_parts_stay(derive: Callable[..., Any]) -> None:
    [row] = derive(HAI_PHONG | {"flags": ["a", "b"]}, HAI_DUONG | {"flags": ["b"], "step": 1000.0})
    assert (row["flags"], row["step"]) == (["a", "b"], 1000.0)


@given(st.lists(st.tuples(*[st.none() | st.integers(0, 10**7)] * 2), min_size=1, max_size=8))
def test_every_sum_is_recomputed_and_only_whole_years_have_one(
    make_observations: Make, registry: Registry, years: list[tuple[int | None, int | None]]
) -> None:
    rows = [
        {"territory": territory, "year": 2000 + n, "value": float(value)}
        for n, pair in enumerate(years)
        for territory, value in zip(("hai_phong_old", "hai_duong_old"), pair, strict=True)
        if value is not None
    ]
    derived = derive_merged(make_observations(*rows), registry)
    assert dict(derived.schema) == OBSERVATIONS
    assert dict(derived.select("year", "value").rows()) == {
        2000 + n: a + b for n, (a, b) in enumerate(years) if a is not None and b is not None
    }


def test_a_contradicted_part_makes_the_sum_contradicted_and_not_missing(derive: Callable[..., Any]) -> None:
    doubted = {"flags": ["contradicted"], "current": False}
    old = HAI_DUONG | doubted | {"value": 1.0, "edition": "2019"}
    [row] = derive(HAI_PHONG, old, HAI_DUONG | doubted | {"edition": "2024"})
    assert (row["value"], row["flags"], row["current"]) == (178732.0, ["contradicted"], False)
    assert row["printed"] == "89.493 + 89.239"
    [row] = derive(HAI_PHONG, HAI_DUONG, old)
    assert (row["flags"], row["current"]) == ([], True)
    assert derive(HAI_DUONG | doubted) == []


def test_nor_does_a_contradicted_sum_stand_beside_a_published_one(derive: Callable[..., Any]) -> None:
    doubted = HAI_DUONG | {"flags": ["contradicted"], "current": False}
    assert derive(HAI_PHONG, doubted, HAI_PHONG | {"territory": "hai_phong"}) == []
