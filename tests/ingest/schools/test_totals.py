"""From school rows to the figures of the city and its communes."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from hpedu.demo.schools import make_schools
from hpedu.ingest.schools.lists import school_schema
from hpedu.ingest.schools.totals import total_schools
from hpedu.registry import Registry


def make_frame(registry: Registry, *schools: dict[str, Any]) -> pl.DataFrame:
    columns = school_schema(registry)
    base = {"year": 2025, "ownership": "public", "commune_code": "10525", "levels": ["primary"]}
    rows = [
        {name: (base | {"ministry_code": f"3100000{n}"} | school).get(name) for name in columns}
        for n, school in enumerate(schools)
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


def figure(
    totals: pl.DataFrame, series: str, place: str = "", ownership: str = "all", **more: str
) -> dict[str, Any]:
    measure, level = series.split("/")
    wanted = {
        "measure": measure,
        "level": level,
        "place": place,
        "ownership": ownership,
        "sex": "both",
        "detail": "",
    }
    found = totals.filter([pl.col(name) == value for name, value in (wanted | more).items()])
    assert found.height <= 1
    return found.row(0, named=True) if found.height else {"value": None}


def test_sums_for_the_city_and_each_commune(registry: Registry) -> None:
    frame = make_frame(
        registry,
        {"pupils": 100, "pupils_female": 40},
        {"pupils": 50, "pupils_female": 30, "commune_code": "10507", "ownership": "private"},
        {"pupils": 7, "pupils_female": 0, "commune_code": None},
    )
    totals = total_schools(frame, registry)
    city = figure(totals, "pupils/primary")
    assert (city["value"], city["unit"], city["territory"], city["year"]) == (157, "persons", "hai_phong", 2025)
    assert (city["status"], city["flags"]) == ("derived", [])
    assert "3 of 3" in city["note"]
    assert figure(totals, "pupils/primary", "10507")["value"] == 50
    assert figure(totals, "pupils/primary", ownership="private")["value"] == 50
    assert figure(totals, "pupils/primary", "10525", "private")["value"] == 0
    assert figure(totals, "pupils/primary", sex="female")["value"] == 70
    assert figure(totals, "schools/primary")["value"] == 3
    assert figure(totals, "schools/upper_secondary")["value"] is None, "no such school is on the list"


def test_a_sum_that_schools_are_missing_from_says_so(registry: Registry) -> None:
    totals = total_schools(make_frame(registry, {"pupils": 100}, {}, {"levels": ["upper_secondary"]}), registry)
    found = figure(totals, "pupils/primary")
    assert (found["value"], found["flags"]) == (100, ["incomplete"])
    assert "1 of 2" in found["note"]
    assert figure(totals, "pupils/upper_secondary")["value"] is None, "nobody reported"


def test_a_school_of_unknown_ownership_makes_both_kinds_incomplete(registry: Registry) -> None:
    totals = total_schools(make_frame(registry, {"pupils": 10}, {"pupils": 5, "ownership": None}), registry)
    assert figure(totals, "pupils/primary")["flags"] == []
    assert figure(totals, "pupils/primary", ownership="public")["flags"] == ["incomplete"]


def test_a_school_of_two_levels(registry: Registry) -> None:
    """As a school it counts at the highest level; pupils by grade, teachers by the column of each level."""
    grades = {f"pupils_grade_{grade}": grade for grade in range(1, 10)}
    school = {"levels": ["primary", "lower_secondary"], "pupils": 45, "classes": 9, "teachers": 20}
    school |= {"teachers_primary": 8, "teachers_lower_secondary": 12, "online_learning": True}
    totals = total_schools(make_frame(registry, school | grades), registry)
    assert figure(totals, "schools/primary")["value"] is None
    assert figure(totals, "schools/lower_secondary")["value"] == 1
    assert figure(totals, "schools_online_learning/primary")["value"] is None
    assert figure(totals, "pupils/primary")["value"] == 15
    assert figure(totals, "pupils/lower_secondary")["value"] == 30
    assert figure(totals, "pupils/lower_secondary", detail="grade_7")["value"] == 7
    assert figure(totals, "teachers/primary")["value"] == 8
    assert figure(totals, "teachers/general")["value"] == 20
    assert figure(totals, "classes/primary")["value"] is None, "a total of two levels is of neither"
    assert figure(totals, "classes/general")["value"] == 9


def test_the_total_of_a_school_of_one_level_is_that_level(registry: Registry) -> None:
    school = {"levels": ["nursery", "kindergarten"], "pupils": 60, "pupils_nursery": 20, "pupils_age_5": 9}
    totals = total_schools(make_frame(registry, school), registry)
    assert figure(totals, "pupils/preschool")["value"] == 60
    assert figure(totals, "pupils/nursery")["value"] == 20
    assert figure(totals, "pupils/kindergarten")["value"] is None
    assert figure(totals, "pupils/kindergarten", detail="age_5")["value"] == 9


def test_ages_make_up_the_kindergarten_and_the_preschool(registry: Registry) -> None:
    ages = {"pupils_age_3": 1, "pupils_age_4": 2, "pupils_age_5": 4}
    totals = total_schools(make_frame(registry, {"levels": ["kindergarten"]} | ages), registry)
    assert figure(totals, "pupils/kindergarten")["value"] == 7
    assert figure(totals, "pupils/preschool")["value"] == 7


@pytest.mark.parametrize(
    ("level", "day", "value"),
    [
        (1, date(2021, 5, 31), 1),
        (2, date(2021, 5, 30), 0),
        (1, date(2026, 6, 1), 0),
        (0, None, 0),
        (1, None, None),
    ],
)
def test_only_valid_recognitions_count(
    registry: Registry, level: int, day: date | None, value: int | None
) -> None:
    school = {"national_standard_level": level, "national_standard_date": day}
    assert (
        figure(total_schools(make_frame(registry, school), registry), "schools_national_standard/primary")["value"]
        == value
    )


def test_kinds_of_institution(registry: Registry) -> None:
    preschool = ["nursery", "kindergarten"]
    totals = total_schools(
        make_frame(
            registry,
            {"levels": preschool, "smart_classrooms": 3},
            {"levels": preschool, "smart_classrooms": 0, "institution_type": "independent_preschool"},
            {"levels": ["continuing"], "digital_environment": True},
            {"levels": ["continuing"], "institution_type": "community_learning_centre", "ict_management": False},
        ),
        registry,
    )
    expected = {
        "schools/preschool": 1,
        "schools/preschool_general": 1,
        "independent_preschool_facilities/preschool": 1,
        "institutions_smart_classroom/preschool": 1,
        "institutions/continuing": 1,
        "institutions_digital_environment/continuing": 1,
        "community_learning_centres/continuing": 1,
        "community_learning_centres_ict/continuing": 0,
        "institutions/all": 4,
    }
    assert {series: figure(totals, series)["value"] for series in expected} == expected


def test_one_synthetic_school_makes_the_year_synthetic(registry: Registry) -> None:
    totals = total_schools(
        make_frame(registry, {"pupils": 1}, {"pupils": 1, "synthetic": True}, {"year": 2026}), registry
    )
    assert set(totals.filter(pl.col("year") == 2025)["status"]) == {"synthetic"}
    assert set(totals.filter(pl.col("year") == 2026)["status"]) == {"derived"}


def test_communes_add_up_to_the_city(registry: Registry) -> None:
    totals = total_schools(make_schools(300), registry)
    keys = ["measure", "level", "ownership", "sex", "detail"]
    communes = totals.filter(pl.col("place") != "").group_by(keys).agg(pl.col("value").sum())
    joined = totals.filter(pl.col("place") == "").join(communes, on=keys, suffix="_communes")
    assert joined.filter(pl.col("value") != pl.col("value_communes")).is_empty()
