"""Indicator values of communes from the school list, and the schools they rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from hpedu.communes import COMMUNE_SCHOOLS, COMMUNE_VALUES, compute_communes
from hpedu.ingest.schools.lists import school_schema
from hpedu.ingest.schools.totals import total_schools
from hpedu.registry import Registry

THANH_DONG, HONG_BANG = "commune_10507_2025", "commune_11311_2025"
Make = Callable[..., pl.DataFrame]


@pytest.fixture
def communes(registry: Registry) -> Callable[..., tuple[pl.DataFrame, pl.DataFrame]]:
    """What the communes have of a list of schools, each given as a dict of its cells."""

    def compute(*schools: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
        columns = school_schema(registry)
        usual = {"year": 2025, "levels": ["primary"], "commune_code": "10507", "ownership": "public"}
        rows = [{**dict.fromkeys(columns), **usual, **school} for school in schools]
        frame = pl.DataFrame(rows, schema=columns, orient="row")
        observations = total_schools(frame, registry).with_columns(
            current=True, qualifier=pl.lit(""), file=pl.lit("list.xlsx"), sheet=pl.lit(""), cell=pl.lit(""),
            source=pl.lit("own-list"), edition=pl.lit("2026"),
        )  # fmt: skip
        return compute_communes(observations, frame, registry)

    return compute


def test_a_ratio_is_one_of_sums(communes: Callable[..., tuple[pl.DataFrame, pl.DataFrame]]) -> None:
    values, _ = communes(
        {"name": "A", "pupils": 300, "classes": 10},
        {"name": "B", "pupils": 20, "classes": 1},
        {"name": "C", "pupils": 900, "classes": 30, "commune_code": "11311"},
    )
    assert dict(values.schema) == COMMUNE_VALUES
    found = {r["territory"]: r for r in values.filter(indicator="primary_pupils_per_class").to_dicts()}
    assert found[THANH_DONG]["value"] == pytest.approx(320 / 11)
    assert found[HONG_BANG]["value"] == 30
    assert (found[THANH_DONG]["asked"], found[THANH_DONG]["lacking"]) == (2, [])


def test_schools_that_did_not_report_are_named_and_not_taken_as_none(
    communes: Callable[..., tuple[pl.DataFrame, pl.DataFrame]],
) -> None:
    values, schools = communes(
        {"name": "A", "pupils": 300, "classes": 10},
        {"name": "B", "classes": 2},
        {"ministry_code": "31000001", "classes": 2},
        {"name": "C", "classes": 5, "commune_code": "11311"},
    )
    pupils = {r["territory"]: r for r in values.filter(indicator="primary_pupils").to_dicts()}
    assert (pupils[THANH_DONG]["value"], pupils[THANH_DONG]["lacking"]) == (300, ["31000001", "B"])
    assert "incomplete" in pupils[THANH_DONG]["flags"]
    assert (pupils[HONG_BANG]["value"], pupils[HONG_BANG]["asked"], pupils[HONG_BANG]["lacking"]) == (
        None,
        1,
        ["C"],
    )
    assert dict(schools.schema) == COMMUNE_SCHOOLS
    assert schools.select("name", "pupils", "classes").rows() == [
        ("A", 300, 10),
        ("B", None, 2),
        ("31000001", None, 2),
        ("C", None, 5),
    ]
    assert all(0 < row["lacking"] < row["asked"] for row in schools.iter_rows(named=True))


def test_what_needs_more_than_the_list_is_not_computed(
    communes: Callable[..., tuple[pl.DataFrame, pl.DataFrame]],
) -> None:
    values, _ = communes({"name": "A", "pupils": 300, "classes": 10})
    assert "primary_net_enrolment_rate" not in set(values["indicator"])  # needs the population by age
    assert not [name for name in values["indicator"] if name.startswith(("nursery", "kindergarten"))]


def test_without_schools_there_is_nothing(communes: Callable[..., tuple[pl.DataFrame, pl.DataFrame]]) -> None:
    values, schools = communes({"name": "A", "commune_code": None})
    assert values.is_empty() and schools.is_empty()
