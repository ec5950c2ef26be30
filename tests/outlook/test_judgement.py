"""Verdicts: states before trends, facts before probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from hpedu.outlook import SeriesError, judge, project
from hpedu.outlook.judgement import LIKELY, UNLIKELY, _choose_word, _reach

STEADY = {2018: 90.0, 2019: 91.0, 2020: 92.5, 2022: 92.0, 2023: 94.0, 2024: 95.0}


def one(
    values: dict[int, float], comparison: str = ">=", target: float = 98.0, year: int | None = 2030, **more: Any
):  # type: ignore[no-untyped-def]
    frame = pl.DataFrame(
        {
            "place": "a",
            "indicator": "x",
            "year": pl.Series(list(values), dtype=pl.Int64),
            "value": pl.Series(list(values.values()), dtype=pl.Float64),
            "lower": 0.0,
            "upper": 100.0,
        }
    ).with_columns(break_year=pl.lit(more.pop("break_year", None), dtype=pl.Int64))
    goal = pl.DataFrame(
        {"place": ["a"], "indicator": ["x"], "comparison": [comparison], "target": [target], "target_year": [year]}
    )
    return judge(frame, goal, **more).row(0, named=True)


@pytest.mark.parametrize(
    ("values", "changes", "state", "verdict"),
    [
        ({}, {}, "no_data", None),
        ({2024: 90.0}, {}, "one_point", None),
        ({2024: 99.0}, {}, "one_point", "met"),
        ({2023: 80.0, 2024: 90.0}, {}, "short", None),
        (STEADY, {"break_year": 2023}, "broken", None),
        (STEADY, {"break_year": 2025}, "broken", None),
        (STEADY, {"target": 95.0}, "met", "met"),
        (STEADY, {"target": 95.0, "comparison": ">"}, "projected", "leaning"),
        (STEADY, {"target": 90.5, "comparison": "<="}, "lost", "unlikely"),
        (STEADY, {"target": 94.0, "year": 2023}, "due", "met"),
        (STEADY, {"target": 94.0, "year": 2022}, "due", "missed"),
        (STEADY, {"target": 92.5, "year": 2021}, "due", "met"),  # the last value before 2021 counts
        (STEADY, {"target": 98.0, "year": None}, "undated", None),
        (STEADY, {"target": 98.0, "year": 2024}, "due", "missed"),
        (STEADY, {"target": 99.9, "year": 2025}, "projected", "unlikely"),
    ],
)
def test_the_state_comes_first(values: Any, changes: Any, state: str, verdict: str | None) -> None:
    row = one(values, **changes)
    assert (row["state"], row["verdict"]) == (state, verdict)
    if state not in ("met", "lost", "projected"):
        assert row["probability"] is None


def test_since_when_a_target_is_met_or_lost() -> None:
    met = one({2019: 99.0, 2020: 90.0, 2022: 98.5, 2023: 98.0})
    assert (met["met_since"], met["lost_since"]) == (2022, None)
    lost = one({2019: 99.0, 2020: 98.0, 2022: 97.5, 2023: 97.0})
    assert (lost["met_since"], lost["lost_since"]) == (None, 2022)


def test_an_old_value_is_stale_and_a_past_target_year_without_value_is_said() -> None:
    assert one(STEADY, as_of=2027)["stale"] is False
    assert one(STEADY, as_of=2028)["stale"] is True
    assert one(STEADY, as_of=2026, year=2025)["reason"] == "no_value_for_target_year"


def test_after_a_break_nothing_is_called_likely() -> None:
    climbing = {year: 40.0 + 3 * (year - 2010) for year in range(2010, 2025)}
    assert one(climbing, target=83.0)["verdict"] == "leaning"
    row = one(climbing, target=83.0, break_year=2013)
    assert (row["verdict"], row["reason"]) == ("uncertain", "after_break")
    assert row["probability"] > 0.6


def test_a_rate_never_goes_above_its_bound_but_may_reach_it() -> None:
    near = {2020: 99.0, 2021: 99.5, 2022: 99.6, 2023: 99.9, 2024: 99.95}
    assert one(near, ">=", 100.0)["probability"] > 0.3
    assert one(near, ">", 100.0)["probability"] == 0
    assert one(near, ">=", 100.5)["probability"] == 0
    assert one(near, ">=", 0.0)["probability"] == 1
    assert one(near, "<", 0.0)["probability"] == 0


def test_two_decimals_and_strictness_are_heard() -> None:
    values = {year: 44.0 + 0.2 * (year - 2018) for year in range(2018, 2025)}
    chances = [
        one(values, c, t)["probability"] for c, t in [(">=", 48.04), (">=", 48.05), (">", 48.05), (">=", 48.1)]
    ]
    assert chances == sorted(chances, reverse=True) and len(set(chances)) == 4


def test_all_that_is_wrong_with_targets_is_said_at_once() -> None:
    series = pl.DataFrame({"place": ["a"], "indicator": ["x"], "year": [2020], "value": [1.0]})
    with pytest.raises(SeriesError) as caught:
        judge(
            series,
            pl.DataFrame(
                {
                    "indicator": ["x", "y"],
                    "comparison": ["at least", ">"],
                    "target": [1.0, None],
                    "target_year": [1.5, 2030],
                }
            ),
        )
    assert [str(problem) for problem in caught.value.problems] == [
        "targets: column target: is blank in 1 rows",
        "targets: column target_year: has what is not a year such as 2015 or 2015-2016 (row 1: “1.5”)",
        "targets: column comparison: is none of >=, >, <=, < (found: at least)",
    ]
    with pytest.raises(SeriesError) as caught:
        judge(series, pl.DataFrame({"indicators": ["x"]}))
    assert [str(problem.where) for problem in caught.value.problems] == [
        f"column {name}" for name in ("indicator", "comparison", "target")
    ]


@pytest.mark.parametrize(("end", "comparison"), [("hi80", ">="), ("lo80", "<=")])
def test_the_verdict_and_the_fan_say_the_same(end: str, comparison: str) -> None:
    """One value in ten lies beyond either end of the 80% range."""
    values = {year: 40.0 + (year % 3) for year in range(2012, 2025)}
    frame = pl.DataFrame({"place": "a", "indicator": "x", "year": list(values), "value": list(values.values())})
    edge = project(frame).filter(year=2030)[end].item()
    goal = pl.DataFrame({"indicator": ["x"], "comparison": [comparison], "target": [edge], "target_year": [2030]})
    assert judge(frame, goal)["probability"].item() == pytest.approx(0.1, abs=2e-3)


def test_without_unit_a_target_is_asked_of_every_unit() -> None:
    frame = pl.DataFrame({"place": ["b", "a"], "indicator": "x", "year": 2024, "value": [1.0, 9.0]})
    goals = pl.DataFrame({"indicator": ["y", "x"], "comparison": ">=", "target": 5, "target_year": 2030})
    found = judge(frame, goals)
    assert found.select("indicator", "place", "state", "verdict").rows() == [
        ("y", "a", "no_data", None),
        ("y", "b", "no_data", None),
        ("x", "a", "one_point", "met"),
        ("x", "b", "one_point", None),
    ]


def others(count: int) -> pl.DataFrame:
    """Other places whose rate climbs by a point a year, each from a level of its own."""
    return pl.concat(
        pl.DataFrame(
            {"place": f"p{n}", "indicator": "x", "year": list(range(2014, 2025)), "lower": 0.0, "upper": 100.0}
        ).with_columns(value=pl.col("year") - 2014 + 80.0 + n / 2)
        for n in range(count)
    )


@pytest.mark.parametrize(("count", "word"), [(9, "leaning"), (10, "likely")])
def test_likely_needs_the_company_of_ten_other_places(count: int, word: str) -> None:
    climbing = {year: 80.0 + (year - 2014) for year in range(2014, 2025)}
    row = one(climbing, target=91.0, background=others(count))
    assert (row["company"], row["verdict"]) == (count, word)


def test_the_background_is_not_judged() -> None:
    goal = pl.DataFrame({"indicator": ["x"], "comparison": [">="], "target": [95.0], "target_year": [2030]})
    own = others(1).with_columns(place=pl.lit("mine"))
    assert judge(own, goal, background=others(12))["place"].to_list() == ["mine"]


def test_a_jump_in_the_last_step_is_said() -> None:
    row = one({**{year: 50.0 + year % 2 for year in range(2014, 2024)}, 2024: 90.0})
    assert row["reason"] == "jump"


@pytest.mark.parametrize(
    ("chance", "word"), [(LIKELY, "likely"), (0.5, "uncertain"), (UNLIKELY, "uncertain"), (0.0999, "unlikely")]
)
def test_a_word_begins_with_its_bound(chance: float, word: str) -> None:
    row = {"target_year": 2030, "last_year": 2025, "met_in_time": False, "meets": False, "points": 5}
    frame = pl.DataFrame([row | {"probability": chance, "after_break": False, "company": 10}])
    assert frame.select(_choose_word(10)).item() == word


@pytest.mark.parametrize(("comparison", "reach"), [(">=", 49.995), (">", 50.005), ("<=", 50.005), ("<", 49.995)])
def test_a_target_is_met_from_half_a_step_of_the_figures_on(comparison: str, reach: float) -> None:
    target = pl.DataFrame({"comparison": [comparison], "target": [50.0]})
    assert _reach(target, np.array([0.01])).tolist() == [pytest.approx(reach)]
