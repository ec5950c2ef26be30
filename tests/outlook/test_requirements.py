"""What projected pupils need: worked by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.requirements import REQUIREMENTS, assess_requirements, move_ratio


def pupils(*rows: tuple[str, int, str, float]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["level", "year", "scenario", "pupils"], orient="row")


def norms(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"level": "primary", **row} for row in rows])


STOCK = pl.DataFrame(
    {
        "level": "primary",
        "resource": ["classes", "classes", "schools", "teachers"],
        "year": [2020, 2021, 2021, 2021],
        "value": [30.0, 31.0, 7.0, 50.0],
    }
)
CLASSES = {"resource": "classes", "base": "pupils", "ratio": 1 / 35, "basis": "class size of 2021"}


def test_classes_teachers_and_rooms() -> None:
    found = assess_requirements(
        pupils(("primary", 2030, "middle", 1225.0)),
        norms(
            CLASSES,
            {"resource": "teachers", "base": "classes", "ratio": 1.5, "basis": ""},
            {"resource": "classrooms", "base": "classes", "ratio": 1.0, "basis": ""},
        ),
        STOCK,
    )
    assert dict(found.schema) == REQUIREMENTS
    # 1225 / 35 = 35 classes (31 are there), 52.5 teachers are 53 (50 are there), 35 rooms (nobody counted them)
    columns = ("resource", "needed", "there", "there_year", "missing", "basis")
    assert found.select(columns).rows() == [
        ("classes", 35.0, 31.0, 2021, 4.0, "class size of 2021"),
        ("teachers", 53.0, 50.0, 2021, 3.0, ""),
        ("classrooms", 35.0, None, None, None, ""),
    ]


def test_a_share_of_what_there_is_moves_evenly_to_the_target() -> None:
    found = assess_requirements(
        pupils(*(("primary", year, "middle", 1.0) for year in (2025, 2027, 2030, 2031))),
        norms(
            {
                "resource": "private_schools",
                "base": "schools",
                "ratio": 0.5,
                "start_ratio": 0.0,
                "start_year": 2025,
                "by_year": 2030,
            }
        ),
        STOCK,
    )
    # of 7 schools: 0, 20% are 1.4 and so 2, 50% are 3.5 and so 4
    assert found["needed"].to_list() == [0, 2, 4, 4]


def test_where_it_starts_is_not_known_only_the_end_is_said() -> None:
    found = assess_requirements(
        pupils(("primary", 2029, "middle", 1.0), ("primary", 2030, "middle", 1.0)),
        norms({"resource": "standard_schools", "base": "schools", "ratio": 0.95, "by_year": 2030}),
        STOCK,
    )
    assert found.select("year", "needed", "missing").rows() == [(2030, 7.0, None)]  # 95% of 7 are 6.65


def test_more_than_enough_is_not_missing() -> None:
    found = assess_requirements(pupils(("primary", 2030, "low", 350.0)), norms(CLASSES), STOCK)
    assert found.select("needed", "there", "missing").rows() == [(10.0, 31.0, 0.0)]


def test_levels_and_scenarios_are_apart() -> None:
    found = assess_requirements(
        pupils(("primary", 2030, "low", 350.0), ("primary", 2030, "high", 700.0), ("lower", 2030, "low", 9.0)),
        norms(CLASSES),
        STOCK,
    )
    assert found.select("level", "scenario", "needed").rows() == [("primary", "low", 10), ("primary", "high", 20)]


def test_everything_wrong_is_said_at_once() -> None:
    wrong = norms(
        {"resource": "a", "base": "b", "ratio": 1.0, "start_ratio": 0.5},
        {"resource": "b", "base": "a", "ratio": -1.0},
        {"resource": "c", "base": "desks", "ratio": 1.0},
    )
    with pytest.raises(SeriesError) as caught:
        assess_requirements(pupils(("primary", 2030, "low", 1.0)), wrong, STOCK)
    said = str(caught.value)
    for part in (
        "level=primary, resource=a: needs start_ratio and start_year together",
        "level=primary, resource=a: is based on itself (found: a <- b <- a)",
        "level=primary, resource=b: needs a ratio of 0 or more (found: -1.0)",
        "level=primary, resource=c: is based on what is neither counted nor needed (found: desks)",
    ):
        assert part in said


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 60))
def test_more_pupils_never_need_less(one: float, other: float, size: float) -> None:
    rows = (("primary", 2030, name, count) for name, count in zip("ab", sorted((one, other)), strict=True))
    found = assess_requirements(pupils(*rows), norms(CLASSES | {"ratio": 1 / size}), STOCK)
    fewer, more = found["needed"]
    assert fewer <= more
    assert more * size >= max(one, other) * (1 - 1e-9) - 1e-6


RULE = {"start_ratio": 0.2, "start_year": 2025, "ratio": 0.6, "by_year": 2029}


@pytest.mark.parametrize(
    ("year", "ratio"), [(2024, 0.2), (2025, 0.2), (2026, 0.3), (2028, 0.5), (2029, 0.6), (2040, 0.6)]
)
def test_a_ratio_moves_evenly_from_where_it_starts(year: int, ratio: float) -> None:
    assert move_ratio(RULE, year) == pytest.approx(ratio)


def test_a_ratio_that_is_reached_where_it_starts_is_the_wanted_one() -> None:
    assert move_ratio(RULE | {"by_year": 2025}, 2025) == 0.6
