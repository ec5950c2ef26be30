"""Pupils by level without grades: each way of carrying one forward, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.levels import LEVELS, project_levels

FEEDS = pl.DataFrame({"level": ["lower"], "source": ["primary"], "lag": [4]})


def table(**levels: dict[int, float]) -> pl.DataFrame:
    rows = [
        {"level": level, "year": year, "pupils": pupils}
        for level, years in levels.items()
        for year, pupils in years.items()
    ]
    return pl.DataFrame(rows, schema_overrides={"pupils": pl.Float64})


def steady(first: int, last: int, start: float, growth: float = 1.0) -> dict[int, float]:
    return {year: start * growth ** (year - first) for year in range(first, last + 1)}


def row_of(found: pl.DataFrame, level: str, year: int) -> dict[str, Any]:
    [row] = found.filter(pl.col("level") == level, pl.col("year") == year).to_dicts()
    return row


def test_a_level_goes_on_from_the_level_below() -> None:
    primary = {**steady(2010, 2020, 1000), 2018: 1210.0}
    found = project_levels(table(primary=primary, lower={2019: 790.0, 2020: 800.0}), until=2022, feeds=FEEDS)
    assert dict(found.schema) == LEVELS
    # 2021 feeds on 1000 (2017), as 2020 did on 1000 (2016); 2022 on 1210: sqrt(1.21) = 1.1
    assert [row_of(found, "lower", year)["point"] for year in (2021, 2022)] == pytest.approx([800, 880])
    assert row_of(found, "lower", 2021)["method"] == "flow"


def test_a_year_that_nobody_counted_is_not_the_base_year() -> None:
    primary = {year: pupils for year, pupils in steady(2010, 2020, 1000, 1.1).items() if year != 2018}
    found = project_levels(table(primary=primary, lower={2020: 800.0}), until=2023, feeds=FEEDS)
    points = [row_of(found, "lower", year)["point"] for year in (2021, 2022, 2023)]
    assert points == pytest.approx([800 * math.sqrt(1.1) ** ahead for ahead in (1, 2, 3)])


def test_beyond_the_lag_it_goes_on_from_what_is_foreseen_below() -> None:
    found = project_levels(
        table(primary=steady(2000, 2020, 1000), lower=steady(2004, 2020, 800)), until=2030, feeds=FEEDS
    )
    assert row_of(found, "lower", 2030)["point"] == pytest.approx(800)
    assert row_of(found, "primary", 2030)["point"] == pytest.approx(1000)


def test_a_level_with_a_population_keeps_its_enrolment_ratio() -> None:
    people = pl.DataFrame(
        {"level": "primary", "year": [2019, 2020, 2021, 2022], "population": [90.0, 100, 110, 120]}
    )
    found = project_levels(table(primary={2019: 72.0, 2020: 80.0}), until=2023, population=people)
    # 80 of 100; after the last year of the population its last figure stays
    assert found["point"].to_list() == pytest.approx([88, 96, 96])
    assert set(found["method"]) == {"enrolment_ratio"}


def test_any_other_level_is_projected_as_a_count() -> None:
    found = project_levels(table(nursery=steady(2010, 2020, 100, 1.05)), until=2025)
    assert found["point"].is_sorted() and found["point"][0] > steady(2010, 2020, 100, 1.05)[2020] * 0.98
    assert set(found["method"]) == {"trend"}


def test_other_places_inform_a_level_that_nothing_else_carries() -> None:
    own = table(nursery=steady(2010, 2020, 100, 1.05), primary=steady(2010, 2020, 500))
    others = pl.concat(
        table(nursery=steady(2010, 2020, 90.0 + n, 1.05), primary=steady(2010, 2020, 9.0, 1.2)).with_columns(
            place=pl.lit(f"p{n}")
        )
        for n in range(12)
    )
    alone, among = (project_levels(own, until=2025, feeds=None, background=each) for each in (None, others))
    assert among["place"].unique().to_list() == [""]
    # A rise that all others share is believed more, and the pupils of another level say nothing of it.
    assert row_of(among, "nursery", 2025)["point"] > row_of(alone, "nursery", 2025)["point"]
    chained = pl.DataFrame({"level": ["primary"], "source": ["nursery"], "lag": [6]})
    flows = [project_levels(own, until=2021, feeds=chained, background=each) for each in (None, others)]
    assert row_of(flows[0], "primary", 2021)["point"] == row_of(flows[1], "primary", 2021)["point"]


def test_two_figures_are_held() -> None:
    found = project_levels(table(nursery={2019: 90.0, 2020: 100.0}), until=2022)
    assert found.select("point", "method", "basis").unique().rows() == [(100.0, "held", "usual_error")]
    # t of 8 degrees of freedom at 90%: 1.3968; the usual error of a level that is held is 3.9%
    assert row_of(found, "nursery", 2021)["hi80"] == pytest.approx(100 * math.exp(1.3968 * 0.039), rel=1e-4)


def test_a_calm_past_proves_no_calm_future() -> None:
    calm = dict.fromkeys(range(2000, 2021), 100.0)
    people = pl.DataFrame({"level": "a", "year": list(range(2000, 2023)), "population": 1000.0})
    row = row_of(project_levels(table(a=calm), until=2021, population=people), "a", 2021)
    # Fifteen years without an error and one of the usual 2.9%; t of 14 degrees at 90%: 1.3450
    assert row["hi80"] == pytest.approx(100 * math.exp(1.3450 * 0.029 / 16), rel=1e-4)


def test_ranges_come_from_the_errors_of_earlier_years() -> None:
    """A level that goes up and down by 10% every other year errs by 10% or nothing, one year ahead."""
    waves = {year: 100.0 * (1.1 if year % 2 else 1.0) for year in range(2000, 2021)}
    people = pl.DataFrame({"level": "a", "year": list(range(2000, 2023)), "population": 1000.0})
    found = project_levels(table(a=waves), until=2022, population=people)
    row = row_of(found, "a", 2021)
    assert (row["basis"], row["point"]) == ("own_errors", 100.0)
    assert row["lo95"] < row["lo80"] < row["lo50"] < 100 < row["hi50"] < row["hi80"] < row["hi95"]
    assert row_of(found, "a", 2022)["hi80"] > row["hi80"] > 100 * math.exp(math.log(1.1) * 0.3)


def test_places_are_apart() -> None:
    both = pl.concat([table(a={2020: 100.0}).with_columns(place=pl.lit(u)) for u in ("x", "y")])
    people = pl.DataFrame({"place": ["x", "x"], "level": "a", "year": [2020, 2021], "population": [10.0, 20.0]})
    found = project_levels(both, until=2021, population=people)
    assert found.select("place", "point").rows() == [("x", 200.0), ("y", 100.0)]


def test_everything_wrong_is_said_at_once() -> None:
    feeds = pl.DataFrame({"level": ["a", "b", "c"], "source": ["b", "a", "none"], "lag": [4, 4, 0]})
    pupils = table(a={2020: 0.0}, b={2020: 1.0}, c={2020: 1.0})
    with pytest.raises(SeriesError) as caught:
        project_levels(pl.concat([pupils, pupils.tail(1)]), until=2022, feeds=feeds)
    said = str(caught.value)
    for part in (
        "level=a, year=2020: is not above zero",
        "level=c, year=2020: occurs 2 times",
        "feeds on itself (found: a <- b <- a)",
        "feeds on a level that has no figures (found: none)",
        "needs a lag of at least a year",
    ):
        assert part in said
