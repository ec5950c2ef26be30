"""Paces: observed, required, and the best there ever was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.pace import PACES, measure_pace


def pace(points: Sequence[tuple[int, float | None]], kind: str = "rate", **goal: Any) -> dict[str, Any]:
    series = pl.DataFrame(
        {"indicator": "a", "year": [y for y, _ in points], "value": [v for _, v in points], "kind": kind},
        schema_overrides={"value": pl.Float64},
    )
    targets = pl.DataFrame([{"indicator": "a", "comparison": ">=", "target_year": 2030, **goal}])
    [row] = measure_pace(series, targets).to_dicts()
    return row


def test_observed_required_and_best() -> None:
    points = [(2015, 40.0), (2016, 43.0), (2017, 43.5), (2018, 44.0), (2019, 44.5), (2020, 45.0), (2025, 50.0)]
    row = pace(points, target=59)
    # changes a year: 3, 0.5, 0.5, 0.5, 0.5 and 5/5 = 1: median 0.5
    assert row["observed"] == 0.5
    assert (row["years_left"], row["required"]) == (5, pytest.approx(1.8))  # (59 - 50) / 5
    assert row["ratio"] == pytest.approx(0.5 / 1.8)
    # five-year runs: 2015-2020 (45 - 40) / 5 = 1 and 2020-2025 (50 - 45) / 5 = 1: the later one
    assert (row["best"], row["best_years"], row["best_from"], row["best_to"]) == (1.0, 5, 2020, 2025)


def test_a_history_shorter_than_the_years_left_gives_its_longest_run() -> None:
    row = pace([(2021, 10.0), (2022, 14.0), (2023, 15.0)], target=50)
    assert (row["years_left"], row["best"], row["best_years"]) == (7, 2.5, 2)


def test_gaps_give_the_longest_run_that_is_shorter() -> None:
    row = pace([(2015, 10.0), (2019, 18.0), (2023, 19.0)], target=50, target_year=2028)
    # five years are left; runs last 4, 4 and 8 years: the best of the fours is 8 / 4
    assert (row["best"], row["best_years"], row["best_to"]) == (2.0, 4, 2019)
    row = pace([(2015, 10.0), (2019, 18.0), (2023, 19.0)], target=50, target_year=2025)
    assert row["best_years"] == 4  # nothing is as short as two years


def test_no_pace_is_measured_across_a_break() -> None:
    points = [(2010, 71.6), (2012, 18.0), (2013, 20.0), (2014, 21.5), (2015, 21.7)]
    series = pl.DataFrame(points, schema=["year", "value"], orient="row")
    series = series.with_columns(indicator=pl.lit("a"), break_year=pl.lit(2012))
    targets = pl.DataFrame([{"indicator": "a", "comparison": ">=", "target_year": 2020, "target": 35.0}])
    [row] = measure_pace(series, targets).to_dicts()
    # changes since the break: 2, 1.5, 0.2
    assert (row["points"], row["observed"]) == (4, pytest.approx(1.5))
    assert (row["best_from"], row["best_to"], row["best"]) == (2012, 2015, pytest.approx(3.7 / 3))
    ended = series.with_columns(break_year=pl.lit(2025))
    [row] = measure_pace(ended, targets).to_dicts()
    assert (row["points"], row["observed"], row["best"], row["required"]) == (1, None, None, pytest.approx(2.66))


def test_downwards_the_best_run_is_the_steepest_fall() -> None:
    points = [(2020, 30.0), (2021, 28.0), (2022, 29.0), (2023, 24.0)]
    row = pace(points, target=10, comparison="<=", target_year=2025)
    assert (row["required"], row["best"], row["best_from"]) == (-7.0, -2.0, 2021)  # -7 = (10 - 24) / 2
    assert row["ratio"] == pytest.approx(2 / 7)  # changes -2, 1, -5: median -2


def test_a_count_moves_in_percent() -> None:
    row = pace([(2020, 100.0), (2021, 110.0), (2022, 121.0)], "count", target=242, target_year=2032)
    assert row["observed"] == pytest.approx(10)
    assert row["required"] == pytest.approx(7.1773, abs=1e-4)  # 2^(1/10) - 1
    assert row["best"] == pytest.approx(10)


def test_a_count_of_zero_has_no_growth() -> None:
    row = pace([(2020, 0.0), (2021, 0.0), (2022, 0.0)], "count", target=3)
    assert (row["observed"], row["required"], row["best"], row["state"]) == (None, None, None, "ok")


def test_two_points_make_no_trend() -> None:
    row = pace([(2020, 10.0), (2022, 14.0)], target=50)
    assert (row["observed"], row["ratio"]) == (None, None)
    assert (row["required"], row["best"]) == (4.5, 2.0)  # (50 - 14) / 8


@pytest.mark.parametrize(
    ("goal", "state"),
    [
        ({"target": 14}, "met"),
        ({"target": 14, "comparison": ">"}, "ok"),  # strictly more
        ({"target": 20, "comparison": "<="}, "met"),
        ({"target": 14, "comparison": "<"}, "ok"),
        ({"target": 20, "target_year": None}, "no_year"),
        ({"target": 20, "target_year": 2022}, "due"),
    ],
)
def test_states(goal: dict[str, Any], state: str) -> None:
    row = pace([(2020, 10.0), (2022, 14.0)], **goal)
    assert row["state"] == state
    assert (row["required"] is None) == (state != "ok")


def test_an_indicator_without_figures_is_not_lost() -> None:
    series = pl.DataFrame({"indicator": ["a"], "year": [2020], "value": [1.0]})
    targets = pl.DataFrame({"indicator": ["b"], "target": [2.0], "target_year": [2030], "direction": ["up"]})
    table = measure_pace(series, targets)
    assert dict(table.schema) == PACES
    assert table.select("indicator", "state", "points").rows() == [("b", "no_value", 0)]


def test_problems_are_said_at_once() -> None:
    series = pl.DataFrame(
        {"indicator": ["a", "b"], "year": [2020, 2020], "value": [1.0, 1.0], "kind": ["rate", "x"]}
    )
    targets = pl.DataFrame({"indicator": ["a", "b"], "target": [2.0, 2.0], "direction": [None, "up"]})
    with pytest.raises(SeriesError) as caught:
        measure_pace(series, targets)
    assert [str(p) for p in caught.value.problems] == [
        "series: column kind: is none of rate, ratio, count, score (found: x)"
    ]


@given(st.lists(st.floats(0, 100), min_size=2, max_size=12), st.integers(1, 12))
def test_the_required_pace_leads_to_the_target_and_no_run_beats_the_best(values: list[float], left: int) -> None:
    points = [(2010 + n, value) for n, value in enumerate(values)]
    last_year, last = points[-1]
    row = pace(points, target=150, target_year=last_year + left)
    assert last + row["required"] * left == pytest.approx(150)
    span = row["best_years"]
    assert span == min(left, len(values) - 1)
    for (_, a), (_, b) in zip(points, points[span:], strict=False):
        assert (b - a) / span <= row["best"] + 1e-9
