"""A list of a part of the schools is never the city: measured by published counts, earlier lists, communes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from hpedu.demo.schools import make_schools
from hpedu.ingest import schema
from hpedu.ingest.schools.lists import sum_schools
from hpedu.registry import Registry
from tests.ingest.test_reading import RESOURCE

FILE = "city/list.xlsx"
LEVELS = ("preschool", "primary", "lower_secondary", "upper_secondary")


def make_counts(registry: Registry, schools: pl.DataFrame, factor: float = 1.0, year: int = 2025) -> pl.DataFrame:
    """What an office published of the schools of each level: those of the list, times a factor."""
    listed = sum_all(registry, schools)
    rows = listed.filter(pl.col("measure").is_in(["schools", "institutions"]), pl.col("place") == "")
    counted = (pl.col("value") * factor).round()
    return rows.with_columns(value=counted, year=pl.lit(year, pl.Int32), edition=pl.lit(str(year)))


def sum_all(registry: Registry, schools: pl.DataFrame) -> pl.DataFrame:
    observations, _ = add_up(registry, schools, pl.DataFrame(schema=schema.OBSERVATIONS))
    return observations


def add_up(
    registry: Registry, schools: pl.DataFrame, published: pl.DataFrame
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    named = schools.with_columns(file=pl.lit(FILE), sheet=pl.lit("DS"))
    resource = RESOURCE.model_copy(update={"path": FILE, "published": "2026"})
    return sum_schools(named, {FILE: resource}, published, registry)


def city_levels(observations: pl.DataFrame) -> set[str]:
    return set(observations.filter(pl.col("place") == "", pl.col("measure") == "pupils")["level"])


@pytest.fixture(scope="module")
def schools() -> pl.DataFrame:
    return make_schools(1200, seed=3)


def test_a_whole_list_is_the_city(registry: Registry, schools: pl.DataFrame) -> None:
    observations, issues = add_up(registry, schools, make_counts(registry, schools))
    assert city_levels(observations) >= {*LEVELS, "general", "nursery", "kindergarten"}
    assert issues == []
    assert set(observations["flags"].explode().drop_nulls()) <= {"incomplete"}


@pytest.mark.parametrize("count", [1, 30, 300, 1000])
def test_a_part_of_it_is_not(registry: Registry, schools: pl.DataFrame, count: int) -> None:
    observations, issues = add_up(registry, schools.head(count), make_counts(registry, schools))
    assert observations.filter(pl.col("place") == "").is_empty()
    assert {issue["reason"] for issue in issues} == {"school_list_partial"}
    assert {issue["file"] for issue in issues} == {FILE}
    places = observations["place"].unique()
    assert set(places) == set(schools.head(count)["commune_code"])
    assert observations["flags"].list.contains("partial_list").all()
    for issue in issues:
        assert "{" not in issue["message_vi"] + issue["message_en"]


@pytest.mark.parametrize(("factor", "whole"), [(1.04, True), (1.2, False)])
def test_the_limit_is_a_share_of_the_count(
    registry: Registry, schools: pl.DataFrame, factor: float, whole: bool
) -> None:
    observations, issues = add_up(registry, schools, make_counts(registry, schools, factor))
    assert ("primary" in city_levels(observations)) is whole
    assert bool(issues) is not whole
    city = observations.filter(pl.col("place") == "", pl.col("measure") == "schools", pl.col("level") == "primary")
    assert all("fewer_than_published" in flags for flags in city["flags"])


def test_one_level_alone_speaks_for_that_level(registry: Registry, schools: pl.DataFrame) -> None:
    primary = schools.filter(pl.col("levels") == ["primary"])
    number = pl.when(pl.col("level") == "primary").then(float(primary.height)).otherwise("value")
    counts = make_counts(registry, schools).with_columns(value=number)
    observations, issues = add_up(registry, primary, counts)
    assert city_levels(observations) == {"primary"}
    assert "2025 lower_secondary" in {issue["subject"] for issue in issues}


def test_without_a_count_a_school_in_every_commune_is_needed(registry: Registry, schools: pl.DataFrame) -> None:
    nothing = pl.DataFrame(schema=schema.OBSERVATIONS)
    observations, issues = add_up(registry, schools, nothing)
    assert "primary" in city_levels(observations)
    assert {issue["reason"] for issue in issues} == {"school_list_unknown"}
    city = observations.filter(pl.col("place") == "")
    assert city["flags"].list.contains("coverage_unknown").all()
    communes = schools["commune_code"].unique().sort()
    observations, issues = add_up(registry, schools.filter(pl.col("commune_code") != communes[5]), nothing)
    assert city_levels(observations) == set()
    assert {issue["reason"] for issue in issues} == {"school_list_partial"}


def test_a_commune_that_had_a_school_must_have_one_again(registry: Registry, schools: pl.DataFrame) -> None:
    next_year = schools.with_columns(year=pl.lit(2026, pl.Int32))
    gone = next_year["commune_code"].unique().sort()[7]
    later = next_year.filter(pl.col("commune_code") != gone)
    both = pl.concat([schools, later])
    observations, issues = add_up(registry, both, make_counts(registry, schools))
    assert city_levels(observations.filter(year=2025)) >= set(LEVELS)
    assert "preschool" not in city_levels(observations.filter(year=2026))
    name = next(row.name for row in registry.communes if row.code == gone and row.valid_to is None)
    assert any(name in issue["message_vi"] for issue in issues if issue["subject"].startswith("2026"))


def test_a_later_list_is_compared_with_the_newest_whole_one(registry: Registry, schools: pl.DataFrame) -> None:
    later = schools.with_columns(year=pl.lit(2027, pl.Int32)).sample(fraction=0.8, seed=1)
    counts = make_counts(registry, schools, 0.5)
    observations, _ = add_up(registry, pl.concat([schools, later]), counts)
    assert city_levels(observations.filter(year=2025)) >= set(LEVELS)
    assert city_levels(observations.filter(year=2027)) == set()
