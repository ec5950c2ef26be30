"""The Open SDG progress measure: every formula with figures worked by hand, and against published results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.outlook.intake import SeriesError
from hpedu.outlook.open_sdg import (
    DETERIORATION,
    LIMITED,
    MODERATE,
    ON_TRACK,
    combine_progress,
    compound_growth,
    fold,
    measure_progress,
    name_growth,
    name_ratio,
    name_score,
    score_growth,
    score_ratio,
    shrink_thresholds,
)


def measure(points: Sequence[tuple[Any, float | None]], way: str = "up", **goal: Any) -> dict[str, Any]:
    """The row of one series, with a target if `target` is given."""
    series = pl.DataFrame(
        {"indicator": "a", "year": [year for year, _ in points], "value": [value for _, value in points]},
        schema_overrides={"value": pl.Float64},
    )
    if "limit" in goal:
        series = series.with_columns(limit=pl.lit(goal.pop("limit")))
    base_year = goal.pop("base_year", 2015)
    targets = pl.DataFrame([{"indicator": "a", **goal}]) if goal else None
    [row] = measure_progress(series, targets, direction=way, base_year=base_year).to_dicts()
    return row


class TestFormulas:
    def test_compound_growth(self) -> None:
        # 100 -> 121 in 2 years: sqrt(1.21) = 1.1
        assert compound_growth(100, 121, 2) == pytest.approx(0.1)

    @pytest.mark.parametrize(
        ("base", "limit", "expected"),
        [
            (100, 100, 0.0),  # on the limit
            (50, 100, 0.953930),  # 0.5^4.44 = 0.046070
            (90, 100, 0.373622),  # 0.9^4.44 = e^(4.44 * -0.1053605) = 0.626378
            (110, 100, 0.373622),  # as far above a minimum: (200 - 110) / 100 = 0.9
            (200, 100, 1.0),
            (250, 100, 1.0),
            (0, 0, 1.0),
            (-90, -100, 0.373622),
        ],
    )
    def test_shrinking_near_a_limit(self, base: float, limit: float, expected: float) -> None:
        assert shrink_thresholds(base, limit) == pytest.approx(expected, abs=1e-6)

    def test_without_a_limit_nothing_shrinks(self) -> None:
        assert shrink_thresholds(99, None) == 1

    @pytest.mark.parametrize(
        ("ratio", "name", "score"),
        [
            (1.3, "substantial_progress", 5.0),  # 9.2858 - 4.2857 = 5.0001, cut at 5
            (0.95, "substantial_progress", 2.500055),  # 6.785755 - 4.2857
            (0.9499, "moderate_progress", 2.49934),
            (0.6, "moderate_progress", 0.00004),  # 4.28574 - 4.2857
            (0.5999, "limited_progress", -0.00039),  # 2.49960 - 2.5
            (0.0, "limited_progress", -2.5),
            (-0.1, "deterioration", -2.91667),
            (-0.6, "deterioration", -5.0),
            (-math.inf, "deterioration", -5.0),
        ],
    )
    def test_class_and_score_with_a_target(self, ratio: float, name: str, score: float) -> None:
        assert name_ratio(ratio) == name
        assert score_ratio(ratio) == pytest.approx(score, abs=1e-4)

    @pytest.mark.parametrize(
        ("growth", "shrink", "name", "score"),
        [
            (0.02, 1, "substantial_progress", 5.0),  # 10 - 5
            (0.015, 1, "substantial_progress", 2.5),  # 7.5 - 5
            (0.01, 1, "moderate_progress", 1.25),  # 2.5 - 1.25
            (0.005, 1, "moderate_progress", 0.0),
            (0.002, 1, "limited_progress", -1.5),  # 1 - 2.5
            (0.0, 1, "limited_progress", -2.5),
            (-0.01, 1, "deterioration", -3.75),  # -1.25 - 2.5
            (-0.02, 1, "deterioration", -5.0),
            (0.006, 0.4, "substantial_progress", 2.5),  # 0.015 * 0.4 = 0.006
            (0.004, 0.4, "moderate_progress", 1.25),  # 0.004 / 0.4 = 0.01
            (-0.01, 0.4, "deterioration", -3.75),  # thresholds below zero do not shrink
            (0.0, 0, "substantial_progress", 5.0),  # on the limit, and it stayed
            (-0.01, 0, "deterioration", -3.75),
        ],
    )
    def test_class_and_score_without_a_target(self, growth: float, shrink: float, name: str, score: float) -> None:
        assert name_growth(growth, shrink) == name
        assert score_growth(growth, shrink) == pytest.approx(score)

    def test_each_class_of_a_mean_score_begins_at_its_bound(self) -> None:
        names = [name_score(score) for score in (2.5, 2.4999, 0.0, -0.0001, -2.5, -2.5001)]
        assert names == [ON_TRACK, MODERATE, MODERATE, LIMITED, LIMITED, DETERIORATION]

    def test_parity_and_around(self) -> None:
        assert fold(0.8, "parity", None) == pytest.approx(1.25)
        assert fold(1.25, "parity", None) == 1.25
        assert fold(0.97, "parity", None) == fold(1.03, "parity", None) == 1
        assert fold(30, "around", 50) == fold(70, "around", 50) == 70
        assert fold(30, "up", 50) == 30


class TestPublished:
    """Results national sites publish (indicator_calculation_components.yml of Statistics Canada, read 2026)."""

    @pytest.mark.parametrize(
        ("base", "latest", "way", "target", "progress", "score", "name"),
        [
            # GIF 1.2.1 poverty, target half of 14.5
            ((2015, 14.5), (2023, 10.2), "down", (7.25, 2030), 0.95259018, 2.51855639, "substantial_progress"),
            # GIF 1.4.1 drinking water and sanitation
            ((2015, 98.82), (2022, 99.04), "up", (100, 2030), 0.40135453, -0.82767606, "limited_progress"),
            ((2015, 82.6), (2022, 83.9), "up", (100, 2030), 0.17413145, -1.77444647, "limited_progress"),
            # GIF 11.1.1, a target set by hand instead of 0
            ((2018, 10), (2022, 10.4), "down", (0.1, 2030), -0.03091673, -2.62882073, "deterioration"),
            # CIF 11.1.1 and 14.2.1, target years 2028 and 2026
            ((2016, 26866), (2024, 36058), "down", (13433, 2028), -0.66757814, -5.0, "deterioration"),
            ((2015, 68.55345912), (2023, 46.73366834), "up", (55, 2026), -2.35872204, -5.0, "deterioration"),
            # CIF 11.6.1, base year 2014; 11.3.1, base year 2005
            ((2014, 699), (2022, 683.4), "down", (490, 2030), 0.12830417, -1.96539502, "limited_progress"),
            ((2005, 63), (2020, 74), "up", (85, 2030), 0.89493930, 2.10676191, "moderate_progress"),
            # CIF 12.1.1: a low base is flattered
            ((2015, 0.37), (2024, 14.63), "up", (60, 2030), 1.24962242, 4.64022795, "substantial_progress"),
            # CIF 15.5.1: achieved from the start
            ((2015, 70), (2021, 68), "down", (100, 2030), 0.20028870, 5.0, "target_achieved"),
        ],
    )  # fmt: skip
    def test_with_a_target(
        self,
        base: tuple[int, float],
        latest: tuple[int, float],
        way: str,
        target: tuple[float, int],
        progress: float,
        score: float,
        name: str,
    ) -> None:
        row = measure([base, latest], way, target=target[0], target_year=target[1], base_year=base[0])
        assert row["ratio"] == pytest.approx(progress, abs=1e-7)
        assert row["score"] == pytest.approx(score, abs=1e-7)
        assert row["class"] == name

    @pytest.mark.parametrize(
        ("base", "latest", "way", "limit", "growth", "score", "name"),
        [
            # GIF 1.3.1 benefits for children, pensions, employment injury; limit 100
            ((2015, 90), (2021, 93.2), "up", 100, 0.00584000, 2.81538665, "substantial_progress"),
            ((2017, 93.4), (2021, 92.7), "up", 100, -0.00187895, -2.73486884, "deterioration"),
            # GIF 1.4.1 mobile network
            ((2016, 99.47), (2022, 99.57), "up", 100, 0.00016748, 0.54562626, "moderate_progress"),
            # CIF 15.1.1, 16.1.1, 1.2.1
            ((2015, 79.82), (2020, 80), "up", 100, 0.00045061, -2.14373115, "limited_progress"),
            ((2021, 79), (2022, 79), "up", 100, 0.0, -2.5, "limited_progress"),
            ((2016, 66.6), (2023, 71.4), "up", 100, 0.00999148, 1.73975285, "moderate_progress"),
            # without a limit: GIF 10.2.1, 11.6.1, 10.5.1; CIF 10.1.1
            ((2015, 14.3), (2023, 12), "down", None, 0.02168063, 5.0, "substantial_progress"),
            ((2016, 24940747), (2022, 26617188), "down", None, -0.01090137, -3.86267147, "deterioration"),
            ((2015, 45.36), (2024, 53.22), "up", None, 0.01791453, 3.95726519, "substantial_progress"),
            ((2015, 0.314), (2023, 0.3), "down", None, 0.00568509, 0.17127306, "moderate_progress"),
        ],
    )  # fmt: skip
    def test_without_a_target(
        self,
        base: tuple[int, float],
        latest: tuple[int, float],
        way: str,
        limit: float | None,
        growth: float,
        score: float,
        name: str,
    ) -> None:
        row = measure([base, latest], way, **({"limit": limit} if limit else {}))
        sign = 1 if way == "up" else -1
        assert sign * row["cagr_observed"] == pytest.approx(growth, abs=1e-7)
        assert row["score"] == pytest.approx(score, abs=1e-6)
        assert row["class"] == name
        assert row["ratio"] is None

    def test_of_several_series(self) -> None:
        """GIF 10.5.1: six series with scores -5, 3.957, -2.080, -3.782, -1.052 and 5 make -0.493."""
        rows = [
            ("assets", "up", 1.01, 0.81),
            ("liquid", "up", 45.36, 53.22),
            ("loans", "down", 5.31, 5.27),
            ("gross loans", "down", 0.52, 0.57),
            ("capital", "up", 4.55, 4.67),
            ("weighted", "up", 12.1, 14.94),
        ]
        series = pl.DataFrame(
            [
                {"indicator": "10.5.1", "series": name, "direction": way, "year": year, "value": value}
                for name, way, base, latest in rows
                for year, value in ((2015, base), (2024, latest))
            ]
        )
        [row] = combine_progress(measure_progress(series)).to_dicts()
        assert row["score"] == pytest.approx(-0.4926922, abs=1e-6)
        assert (row["class"], row["series"], row["left_out"]) == ("limited_progress", 6, 0)


class TestBaseYear:
    def test_it_is_2015_or_the_next_there_is(self) -> None:
        row = measure([(2010, 1.0), (2014, 2.0), (2017, 100.0), (2018, 110.0)])
        assert (row["base_year"], row["base_value"]) == (2017, 100)
        assert row["cagr_observed"] == pytest.approx(0.1)

    def test_a_range_of_years_is_its_first_year(self) -> None:
        row = measure([("2015-2016", 100.0), ("2016-17", 110.0), ("2017/18", 121.0)])
        assert (row["base_year"], row["latest_year"]) == (2015, 2017)
        assert row["cagr_observed"] == pytest.approx(0.1)

    def test_a_series_that_ends_before_it_is_not_available(self) -> None:
        row = measure([(2010, 1.0), (2014, 2.0)], target=50)
        assert (row["class"], row["reason"], row["score"]) == ("not_available", "base_after_last", None)

    def test_a_single_point_is_not_available(self) -> None:
        row = measure([(2014, 5.0), (2018, 40.0)], target=50)
        assert (row["class"], row["reason"], row["score"]) == ("not_available", "single_point", None)

    def test_a_single_point_that_meets_the_target_has_achieved_it(self) -> None:
        row = measure([(2018, 60.0)], target=50)
        assert (row["class"], row["score"], row["ratio"]) == ("target_achieved", 5.0, None)

    def test_values_nobody_knows_do_not_count(self) -> None:
        assert measure([(2015, None), (2016, 100.0), (2017, 110.0), (2018, None)])["base_year"] == 2016
        assert measure([(2015, None)])["reason"] == "no_value"


class TestZero:
    def test_a_base_of_zero_becomes_a_thousandth(self) -> None:
        # (10 / 0.001)^(1/5) - 1 = 10000^0.2 - 1 = 5.309573; (100 / 0.001)^(1/15) - 1 = 1.154435
        row = measure([(2015, 0.0), (2020, 10.0)], target=100)
        assert row["cagr_observed"] == pytest.approx(5.309573, abs=1e-6)
        assert row["cagr_required"] == pytest.approx(1.154435, abs=1e-6)
        assert (row["class"], row["base_value"], row["notes"]) == ("substantial_progress", 0.0, "zero_base")

    def test_a_target_of_zero_becomes_a_thousandth(self) -> None:
        # (8/10)^(1/5) - 1 = -0.043647; (0.001/10)^(1/15) - 1 = -0.458841; R = 0.043647 / 0.458841
        row = measure([(2015, 10.0), (2020, 8.0)], "down", target=0)
        assert row["ratio"] == pytest.approx(0.095124, abs=1e-5)
        assert (row["class"], row["target"], row["notes"]) == ("limited_progress", 0.0, "zero_target")

    def test_a_value_of_zero_meets_a_target_of_zero(self) -> None:
        assert measure([(2015, 10.0), (2020, 0.0)], "down", target=0)["class"] == "target_achieved"

    def test_falling_to_zero_without_a_target(self) -> None:
        row = measure([(2015, 10.0), (2020, 0.0)], "down")
        assert (row["cagr_observed"], row["class"], row["score"]) == (-1.0, "substantial_progress", 5.0)


class TestTargets:
    def test_another_target_year(self) -> None:
        # CAGR needed to 2025: 2^(1/10) - 1 = 7.177%; made: 1.5^(1/5) - 1 = 8.447%; R = 1.1769
        row = measure([(2015, 50.0), (2020, 75.0)], target=100, target_year=2025)
        assert row["ratio"] == pytest.approx(1.1769, abs=1e-4)
        # to 2045: 2^(1/30) - 1 = 2.337%; R = 3.6138
        row = measure([(2015, 50.0), (2020, 75.0)], target=100, target_year=2045)
        assert row["ratio"] == pytest.approx(3.6138, abs=1e-3)

    def test_a_decreasing_indicator(self) -> None:
        # 20 -> 16 in 5 years: 0.8^0.2 - 1 = -4.365%; to 10 in 15: 0.5^(1/15) - 1 = -4.516%; R = 0.9665
        row = measure([(2015, 20.0), (2020, 16.0)], "down", target=10)
        assert row["ratio"] == pytest.approx(0.9665, abs=1e-4)
        assert row["class"] == "substantial_progress"

    def test_achieved_whatever_the_trend(self) -> None:
        row = measure([(2015, 80.0), (2020, 60.0)], target=50)
        assert (row["class"], row["score"]) == ("target_achieved", 5.0)
        assert row["ratio"] < 0

    def test_achieved_then_lost(self) -> None:
        # 60 -> 45 in 5 years: 0.75^0.2 - 1 = -5.591%; "to" 50: (50/60)^(1/15) - 1 = -1.208%; R = -4.628
        row = measure([(2015, 60.0), (2018, 62.0), (2020, 45.0)], target=50)
        assert row["ratio"] == pytest.approx(-4.628, abs=1e-3)
        assert (row["class"], row["score"]) == ("deterioration", -5.0)

    def test_a_base_on_the_target_that_was_lost(self) -> None:
        row = measure([(2015, 50.0), (2020, 45.0)], target=50)
        assert (row["ratio"], row["class"], row["score"]) == (None, "deterioration", -5.0)

    def test_a_target_year_that_is_no_later_than_the_base(self) -> None:
        row = measure([(2016, 40.0), (2020, 45.0)], target=50, target_year=2016)
        assert (row["class"], row["reason"]) == ("not_available", "target_year_before_base")

    def test_a_target_of_another_country_is_not_taken(self) -> None:
        series = pl.DataFrame(
            {"place": ["a", "a", "b", "b"], "indicator": "x", "year": [2015, 2020] * 2, "value": [10.0, 20] * 2}
        )
        own = pl.DataFrame({"place": ["a"], "indicator": ["x"], "target": [15.0]})
        classes = measure_progress(series, own, direction="up").select("place", "class").rows()
        assert classes == [("a", "target_achieved"), ("b", "substantial_progress")]
        everybody = own.drop("place")
        assert set(measure_progress(series, everybody, direction="up")["class"]) == {"target_achieved"}

    def test_a_target_nobody_has_figures_for_is_not_lost(self) -> None:
        series = pl.DataFrame({"indicator": ["a", "a"], "year": [2015, 2020], "value": [1.0, 2.0]})
        targets = pl.DataFrame({"indicator": ["b"], "target": [5.0]})
        rows = measure_progress(series, targets, direction="up").select("indicator", "class", "reason").rows()
        assert rows == [("a", "substantial_progress", ""), ("b", "not_available", "no_value")]

    def test_two_target_years_are_two_rows(self) -> None:
        series = pl.DataFrame({"indicator": "a", "year": [2015, 2020], "value": [50.0, 75.0]})
        targets = pl.DataFrame({"indicator": "a", "target": [80.0, 100.0], "target_year": [2025, 2030]})
        assert measure_progress(series, targets, direction="up")["target_year"].to_list() == [2025, 2030]


class TestSigns:
    def test_a_negative_series(self) -> None:
        # -10 -> -8 is up; CAGR = 0.8^0.2 - 1 = -4.365%, turned round; needed to -5: 0.5^(1/15) - 1 = -4.516%
        row = measure([(2015, -10.0), (2020, -8.0)], target=-5)
        assert row["ratio"] == pytest.approx(0.9665, abs=1e-4)
        assert measure([(2015, -10.0), (2020, -12.0)], target=-5)["class"] == "deterioration"

    def test_values_of_both_signs_are_not_available(self) -> None:
        assert measure([(2015, -1.0), (2020, 2.0)])["reason"] == "mixed_signs"
        assert measure([(2015, 0.0), (2020, -2.0)])["reason"] == "mixed_signs"
        assert measure([(2015, 5.0), (2020, 4.0)], "down", target=-5)["reason"] == "mixed_signs"


class TestBothWaysBad:
    def test_parity(self) -> None:
        # 0.8 is 1.25, 0.9 is 1.1111; CAGR = (1.1111/1.25)^(1/5) - 1 = -2.328%; to 1: 0.8^(1/15) - 1 = -1.477%
        row = measure([(2015, 0.8), (2020, 0.9)], "parity")
        assert (row["base_value"], row["target"], row["target_year"]) == (1.25, 1.0, 2030)
        assert row["ratio"] == pytest.approx(1.5767, abs=1e-3)
        assert measure([(2015, 0.8), (2020, 1.02)], "parity")["class"] == "target_achieved"
        assert measure([(2015, 0.8), (2020, 1.3)], "parity")["class"] == "deterioration"

    def test_around(self) -> None:
        # 30% is 70, 60% is 60; CAGR = (60/70)^(1/5) - 1 = -3.036%; to 50: (50/70)^(1/15) - 1 = -2.218%
        row = measure([(2015, 30.0), (2020, 60.0)], "around", target=50)
        assert row["ratio"] == pytest.approx(1.3689, abs=1e-3)
        assert row["class"] == "substantial_progress"


class TestLimits:
    def test_a_bound_is_the_limit(self) -> None:
        series = pl.DataFrame({"indicator": "a", "year": [2015, 2021], "value": [90.0, 93.2]})
        bounded = series.with_columns(lower=pl.lit(0.0), upper=pl.lit(100.0))
        assert measure_progress(bounded, direction="up")["shrink"][0] == pytest.approx(0.373622, abs=1e-6)
        assert measure_progress(bounded, direction="down")["shrink"][0] == 1  # 0 is far away

    def test_a_limit_changes_nothing_where_there_is_a_target(self) -> None:
        row = measure([(2015, 90.0), (2021, 93.2)], limit=100, target=95)
        assert row["shrink"] is None and row["notes"] == ""

    def test_a_base_beyond_the_limit_is_noted(self) -> None:
        assert measure([(2015, 104.0), (2021, 103.0)], limit=100)["notes"] == "beyond_limit"


class TestRefusals:
    def test_a_direction_is_never_guessed(self) -> None:
        series = pl.DataFrame({"indicator": ["a", "b"], "year": [2015, 2015], "value": [1.0, 2.0]})
        with pytest.raises(SeriesError) as caught:
            measure_progress(series)
        assert [problem.where for problem in caught.value.problems] == ["indicator=a", "indicator=b"]
        assert "never guessed" in str(caught.value)

    def test_a_comparison_is_a_direction(self) -> None:
        series = pl.DataFrame({"indicator": "a", "year": [2015, 2020], "value": [10.0, 8.0]})
        targets = pl.DataFrame({"indicator": ["a"], "target": [9.0], "comparison": ["<="]})
        assert measure_progress(series, targets)["class"].to_list() == ["target_achieved"]

    def test_repeated_years_are_refused(self) -> None:
        series = pl.DataFrame({"indicator": "a", "year": ["2015", "2015-16"], "value": [1.0, 2.0]})
        with pytest.raises(SeriesError, match="year=2015: occurs 2 times"):
            measure_progress(series, direction="up")

    def test_everything_wrong_is_said_at_once(self) -> None:
        series = pl.DataFrame({"Indicator": ["a"], "year": ["soon"], "value": ["many"]})
        targets = pl.DataFrame({"indicator": ["a"], "aim": [1.0]})
        with pytest.raises(SeriesError) as caught:
            measure_progress(series, targets)
        said = str(caught.value)
        assert len(caught.value.problems) == 4
        assert "the closest column is Indicator" in said
        assert "row 1: “soon”" in said and "row 1: “many”" in said
        assert "targets: column target: is missing" in said

    def test_an_unknown_direction_and_around_nothing(self) -> None:
        series = pl.DataFrame(
            {"indicator": ["a", "b"], "year": 2015, "value": 1.0, "direction": ["positive", "around"]}
        )
        with pytest.raises(SeriesError) as caught:
            measure_progress(series)
        assert [problem.found for problem in caught.value.problems] == ["positive", ""]


class TestTogether:
    def test_achieved_only_if_all_are(self) -> None:
        def combine(*latest: float) -> tuple[str, float]:
            series = pl.DataFrame(
                [
                    {"indicator": "a", "series": str(n), "year": year, "value": value}
                    for n, last in enumerate(latest)
                    for year, value in ((2015, 50.0), (2020, last))
                ]
            )
            targets = pl.DataFrame({"indicator": ["a"], "target": [80.0]})
            [row] = combine_progress(measure_progress(series, targets, direction="up")).to_dicts()
            return row["class"], row["score"]

        assert combine(80.0, 90.0) == ("target_achieved", 5.0)
        name, score = combine(80.0, 50.0)  # 5 and -2.5
        assert (name, score) == ("moderate_progress", 1.25)

    def test_what_is_not_available_does_not_count(self) -> None:
        series = pl.DataFrame(
            {"indicator": "a", "series": ["x", "x", "y"], "year": [2015, 2020, 2020], "value": [1.0, 2.0, 3.0]}
        )
        [row] = combine_progress(measure_progress(series, direction="up")).to_dicts()
        assert (row["class"], row["series"], row["left_out"]) == ("substantial_progress", 1, 1)
        [row] = combine_progress(measure_progress(series.filter(series=pl.lit("y")), direction="up")).to_dicts()
        assert (row["class"], row["score"]) == ("not_available", None)


@given(
    st.floats(1, 99),
    st.floats(1, 99),
    st.floats(1, 99),
    st.floats(0.5, 2000),
    st.sampled_from(["up", "down"]),
)
def test_the_unit_of_measurement_does_not_matter(
    base: float, latest: float, target: float, factor: float, way: str
) -> None:
    """Growth has no unit: thousands and persons give the same class."""
    plain = measure([(2015, base), (2020, latest)], way, target=target)
    scaled = measure([(2015, base * factor), (2020, latest * factor)], way, target=target * factor)
    if plain["ratio"] is not None and math.isfinite(plain["ratio"]) and abs(target / base - 1) > 1e-6:
        assert scaled["ratio"] == pytest.approx(plain["ratio"], rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("growth", "name"),
    [(0.015, ON_TRACK), (0.0149, MODERATE), (0.005, MODERATE), (0.0049, LIMITED), (0.0, LIMITED),
     (-0.0001, DETERIORATION)],
)  # fmt: skip
def test_growth_without_a_target_has_a_class(growth: float, name: str) -> None:
    assert name_growth(growth, 1.0) == name
    # What cannot grow any more is on its way.
    assert name_growth(0.0, 0.0) == ON_TRACK
