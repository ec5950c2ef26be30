"""Where series lead: a centre inside ranges that nest, widen and stay inside the bounds, whatever is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hpedu.outlook import SeriesError, judge, project
from hpedu.outlook.intake import KEY
from hpedu.outlook.method import METHOD
from hpedu.outlook.projection import RANGES

PROJECTION = {
    "year": pl.Int64(),
    "point": pl.Float64(),
    **{f"{end}{level}": pl.Float64() for level in RANGES for end in ("lo", "hi")},
    "status": pl.String(),
    "caution": pl.String(),
}
FIGURES = [name for name, kind in PROJECTION.items() if kind == pl.Float64()]


def series(values: dict[int, float], place: str = "a", indicator: str = "x", **constants: Any) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "place": [place] * len(values),
            "indicator": [indicator] * len(values),
            "year": pl.Series(list(values), dtype=pl.Int64),
            "value": pl.Series(list(values.values()), dtype=pl.Float64),
        }
    )
    return frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())


def line(start: float, step: float, count: int = 10, first: int = 2010) -> dict[int, float]:
    return {first + n: start + step * n for n in range(count)}


@st.composite
def frames(draw: Callable[..., Any]) -> pl.DataFrame:
    """Some places and indicators, histories of 1 to 20 values with gaps, unordered."""
    parts = []
    for place in "abc"[: draw(st.integers(1, 3))]:
        for indicator in "xyz"[: draw(st.integers(1, 3))]:
            years = draw(st.lists(st.integers(1995, 2024), min_size=1, max_size=20, unique=True))
            bounds: dict[str, Any] = {"x": {"lower": 0.0, "upper": 100.0}, "y": {"lower": 0.0}}.get(indicator, {})
            size = 100.0 if indicator == "x" else 1e9
            least = bounds.get("lower", -size)
            values = draw(st.lists(st.floats(least, size), min_size=len(years), max_size=len(years)))
            part = series(dict(zip(years, values, strict=True)), place, indicator)
            parts.append(
                part.with_columns(
                    lower=pl.lit(bounds.get("lower"), dtype=pl.Float64),
                    upper=pl.lit(bounds.get("upper"), dtype=pl.Float64),
                    break_year=pl.lit(draw(st.sampled_from([None, 2005, 2020])), dtype=pl.Int64),
                )
            )
    return pl.concat(parts)


class TestWhateverIsGiven:
    @given(frames(), st.integers(2024, 2045))
    @settings(max_examples=20, deadline=None)
    def test_ranges_nest_stay_in_bounds_and_are_numbers(self, frame: pl.DataFrame, until: int) -> None:
        found = project(frame, until=until).filter(status="projected")
        ladder = ["lo95", "lo80", "lo50", "point", "hi50", "hi80", "hi95"]
        for below, above in pairwise(ladder):
            assert (found[below] <= found[above]).all()
        assert found.select(pl.all_horizontal(pl.col(FIGURES).is_finite()).all()).item()
        bounds = frame.select(*KEY, "lower", "upper").unique()
        kept = found.join(bounds, on=KEY)
        assert (kept["lo95"] >= kept["lower"].fill_null(-math.inf)).all()
        assert (kept["hi95"] <= kept["upper"].fill_null(math.inf)).all()

    @given(frames())
    @settings(max_examples=20, deadline=None)
    def test_the_further_the_wider(self, frame: pl.DataFrame) -> None:
        """Without bounds to clip them."""
        found = project(frame.drop("lower", "upper")).filter(status="projected")
        width = found.with_columns(wide=pl.col("hi80") - pl.col("lo80"))
        widening = width.select(pl.col("wide").diff().over(KEY).drop_nulls() > 0).to_series()
        assert widening.all()

    @given(frames(), st.randoms())
    @settings(max_examples=20, deadline=None)
    def test_the_order_of_rows_does_not_matter(self, frame: pl.DataFrame, random: Any) -> None:
        rows = list(range(len(frame)))
        random.shuffle(rows)
        assert project(frame[rows]).equals(project(frame))

    @given(frames())
    @settings(max_examples=20, deadline=None)
    def test_every_series_is_projected_or_says_why_not(self, frame: pl.DataFrame) -> None:
        found = project(frame)
        assert found.select(KEY).unique().sort(KEY).equals(frame.select(KEY).unique().sort(KEY))
        assert set(found["status"]) <= {"projected", "one_point", "short", "broken", "observed"}
        silent = found.filter(pl.col("status") != "projected")
        assert silent.select(pl.all_horizontal(pl.col("year", *FIGURES).is_null()).all()).item()

    @given(
        frames(), st.lists(st.floats(-120, 120), min_size=2, max_size=6), st.sampled_from([">=", ">", "<=", "<"])
    )
    @settings(max_examples=20, deadline=None)
    def test_an_easier_target_is_never_less_probable(
        self, frame: pl.DataFrame, targets: list[float], comparison: str
    ) -> None:
        wanted = pl.DataFrame(
            {"indicator": "x", "comparison": comparison, "target": sorted(targets), "target_year": 2030}
        )
        chances = judge(frame, wanted).select("place", "target", "probability").drop_nulls()
        assert chances["probability"].is_between(0, 1).all()
        for _, group in chances.group_by("place", maintain_order=True):
            ordered = group.sort("target", descending=comparison in (">=", ">"))["probability"]
            assert (ordered.diff().drop_nulls() >= 0).all()


class TestUnitsOfMeasure:
    @given(st.lists(st.floats(1, 100), min_size=3, max_size=15), st.sampled_from([0.001, 10.0, 1e6]))
    @settings(max_examples=20, deadline=None)
    def test_thousands_or_persons_give_the_same(self, values: list[float], factor: float) -> None:
        years = range(2024 - len(values), 2024)
        one = project(series(dict(zip(years, values, strict=True))))
        other = project(series({year: value * factor for year, value in zip(years, values, strict=True)}))
        for name in FIGURES:
            np.testing.assert_allclose(other[name], one[name] * factor, rtol=1e-6, atol=1e-6 * factor)

    def test_a_share_in_per_cent_or_in_fractions_is_the_same(self) -> None:
        values = {2018: 61.0, 2019: 63.0, 2020: 62.5, 2021: 66.0, 2022: 67.0}
        percent = project(series(values, lower=0.0, upper=100.0))
        fraction = project(series({y: v / 100 for y, v in values.items()}, lower=0.0, upper=1.0))
        for name in FIGURES:
            np.testing.assert_allclose(fraction[name] * 100, percent[name], rtol=1e-9)

    def test_moving_a_lone_series_up_moves_its_centre_as_much(self) -> None:
        values = {2018: 61.0, 2019: 63.0, 2020: 62.5, 2021: 66.0, 2022: 67.0}
        moved = project(series({y: v + 40 for y, v in values.items()}))["point"]
        np.testing.assert_allclose(moved - 40, project(series(values))["point"])

    def test_a_count_never_goes_below_zero(self) -> None:
        falling = series(line(100.0, -9.0), kind="count")
        assert project(falling)["lo95"].min() == 0
        assert project(falling.drop("kind"))["lo95"].to_list()[-1] < 0


class TestStates:
    @pytest.mark.parametrize(
        ("values", "constants", "status"),
        [
            ({2024: 5.0}, {}, "one_point"),
            ({2020: 5.0, 2024: 6.0}, {}, "short"),
            (line(5.0, 1.0), {"break_year": 2018}, "broken"),
            (line(5.0, 1.0), {"break_year": 2025}, "broken"),
            (line(5.0, 1.0, first=2021), {}, "observed"),
        ],
    )
    def test_no_trend_is_invented(self, values: dict[int, float], constants: dict[str, Any], status: str) -> None:
        found = project(series(values, **constants))
        assert found["status"].to_list() == [status]

    def test_only_what_was_known_then(self) -> None:
        whole = series(line(5.0, 1.0) | {2020: 900.0})
        assert project(whole, origin=2019).equals(project(series(line(5.0, 1.0))))

    def test_nothing_in_nothing_out(self) -> None:
        found = project(series({}))
        assert found.schema == pl.Schema({"place": pl.String(), "indicator": pl.String(), **PROJECTION})
        assert found.is_empty()
        bare = pl.DataFrame(schema=["place", "indicator", "year", "value"])
        assert project(bare).is_empty()

    def test_whole_numbers_floats_and_gaps_are_taken(self) -> None:
        frame = pl.DataFrame(
            {"place": 7, "indicator": 1, "year": [2020.0, 2016.0, 2018.0, 2024.0], "value": [4, 2, None, 6]}
        )
        found = project(frame, until=2026)
        assert found["year"].to_list() == [2025, 2026]
        assert found["status"].unique().to_list() == ["projected"]

    def test_a_pace_is_that_of_a_year_however_many_lie_between(self) -> None:
        found = project(series({2000 + 3 * n: 50.0 + 3 * n for n in range(8)}, lower=0.0, upper=1e3), until=2030)
        assert found["point"].diff().drop_nulls().is_between(0.1, 1.0).all()

    def test_a_wide_horizon_and_a_long_history(self) -> None:
        found = project(series(line(20.0, 0.5, count=40, first=1985), lower=0.0, upper=100.0), until=2045)
        assert len(found) == 21
        assert found["point"].is_between(39, 48).all()


class TestWidth:
    def width(self, values: dict[int, float], **constants: Any) -> pl.Series:
        found = project(series(values, **constants))
        return found["hi80"] - found["lo80"]

    def test_noise_around_a_level_widens_less_than_a_walk(self) -> None:
        """Both move by 2 every year; ranges one year ahead differ little, eleven years ahead much."""
        noise = self.width({2009 + n: 50.0 + 2 * (n % 2) for n in range(11)})
        walk = self.width({2009 + n: 50.0 + 2 * (n // 2 % 2) + 2 * ((n + 1) // 2 % 2) for n in range(11)})
        assert noise[0] > walk[0] / 2
        assert noise[-1] / noise[0] < 0.6 * walk[-1] / walk[0]

    def test_the_tails_are_those_of_shocks(self) -> None:
        """However long the history: 95% ranges 1.8 times as wide as 80%, not 1.5 as of a normal distribution."""
        found = project(series({1990 + n: 50.0 + n % 3 for n in range(30)})).row(0, named=True)
        ratio = (found["hi95"] - found["lo95"]) / (found["hi80"] - found["lo80"])
        assert ratio == pytest.approx(2.776 / 1.533, abs=1e-3)

    def test_ten_zeros_do_not_prove_an_eleventh(self) -> None:
        zeros = line(0.0, 0.0)
        assert 1 < self.width(zeros)[-1] < 5
        first = pl.DataFrame({"indicator": ["x"], "comparison": ">=", "target": 1.0, "target_year": 2025})
        assert 0.02 < judge(series(zeros, kind="count"), first)["probability"].item() < 0.3

    @pytest.mark.parametrize("level", [0.3, 99.4])
    def test_near_a_bound_a_rate_keeps_room_to_move(self, level: float) -> None:
        found = project(series(line(level, 0.0), lower=0.0, upper=100.0), until=2024)[-1].row(0, named=True)
        assert 0.3 < found["hi80"] - found["lo80"] < 2
        assert found["lo80"] >= 0 and found["hi80"] <= 100


class TestPooling:
    def test_a_constant_series_is_steady_but_not_certain(self) -> None:
        found = project(series(line(80.0, 0.0), lower=0.0, upper=100.0))
        assert (found["hi80"] > found["lo80"]).all()

    def test_one_broken_series_does_not_widen_the_ranges_of_the_rest(self) -> None:
        rng = np.random.default_rng(1)
        calm = [
            series(
                {2010 + n: 60 + v for n, v in enumerate(rng.normal(size=10).cumsum())},
                place,
                lower=0.0,
                upper=100.0,
            )
            for place in "abcdefgh"
        ]
        wild = series({2010 + n: 5.0 if n % 2 else 95.0 for n in range(10)}, "i", lower=0.0, upper=100.0)
        before = project(pl.concat(calm))
        after = project(pl.concat([*calm, wild])).filter(pl.col("place") != "i")
        wide = (after["hi80"] - after["lo80"]) / (before["hi80"] - before["lo80"])
        assert wide.max() < 1.4

    def test_a_calm_neighbourhood_narrows_and_its_trend_is_believed(self) -> None:
        short = {2021: 50.0, 2022: 50.5, 2023: 51.0}
        others = [series(line(40.0 + n, 1.0, first=2014), f"u{n}", lower=0.0, upper=100.0) for n in range(12)]
        alone = project(series(short, lower=0.0, upper=100.0))
        among = project(pl.concat([series(short, lower=0.0, upper=100.0), *others])).filter(place="a")
        assert (among["hi80"] - among["lo80"])[-1] < (alone["hi80"] - alone["lo80"])[-1]
        assert among["point"][-1] > alone["point"][-1] + 1

    def test_a_trend_the_last_changes_deny_is_dropped(self) -> None:
        turned = {**line(40.0, 2.0, count=8), 2018: 52.0, 2019: 50.0, 2020: 48.0}
        found = project(series(turned))
        assert found["point"][-1] == found["point"][0]

    def test_a_broken_history_is_wider(self) -> None:
        values = line(60.0, 0.0, count=5)
        whole = project(series(values, lower=0.0, upper=100.0))
        broken = project(series({2008: 20.0, **values}, lower=0.0, upper=100.0, break_year=2010))
        ratio = (broken["hi80"] - broken["lo80"]) / (whole["hi80"] - whole["lo80"])
        np.testing.assert_allclose(ratio, math.sqrt(METHOD.break_factor))


def crowd(step: float, count: int = 12, middle: float = 50.0) -> pl.DataFrame:
    """Other places around a middle, each moving by a step a year and closing a tenth of its distance."""
    parts = []
    for n in range(count):
        away = 12.0 * (n - (count - 1) / 2) / count
        values = {2010 + t: middle + step * t + away * 0.9**t for t in range(12)}
        parts.append(series(values, place=f"p{n}", lower=0.0, upper=100.0))
    return pl.concat(parts)


class TestBackground:
    own = series(line(40.0, 0.0, count=12), lower=0.0, upper=100.0)

    def last(self, background: object = None, own: pl.DataFrame | None = None, **options: Any) -> dict[str, Any]:
        return project(self.own if own is None else own, background=background, **options).row(-1, named=True)

    def test_only_the_series_asked_for_comes_out(self) -> None:
        found = project(self.own, background=pl.concat([crowd(0.0), self.own]))
        assert found["place"].unique().to_list() == ["a"]
        assert found.equals(project(self.own, background=crowd(0.0)))

    def test_a_level_is_drawn_towards_places_that_close_in(self) -> None:
        assert self.last()["point"] == 40.0
        assert 41 < self.last(crowd(0.0))["point"] < 46
        assert self.last(crowd(0.0, count=9))["point"] == pytest.approx(40.0, abs=0.01)

    def test_a_drift_that_others_share_is_believed_more(self) -> None:
        own = series(line(50.0, 0.5, count=12), lower=0.0, upper=100.0)
        shared, alone, against = (self.last(b, own)["point"] for b in (crowd(0.5), None, crowd(-0.5)))
        assert shared > alone > against

    def test_calm_places_make_narrow_ranges(self) -> None:
        calm, alone = self.last(crowd(0.0)), self.last()
        assert calm["hi80"] - calm["lo80"] < alone["hi80"] - alone["lo80"]

    def test_what_came_after_the_origin_is_not_known_of_others_either(self) -> None:
        later = crowd(0.0).with_columns(value=pl.when(pl.col("year") > 2018).then(5.0).otherwise("value"))
        assert self.last(later, origin=2018) == self.last(crowd(0.0), origin=2018)

    def test_the_bounds_of_the_series_hold_for_others_that_state_none(self) -> None:
        bare = crowd(0.0).drop("lower", "upper")
        assert self.last(bare) == self.last(crowd(0.0))

    def test_a_count_is_not_drawn_to_those_of_larger_places(self) -> None:
        own = series(line(1000.0, 0.0, count=12), kind="count")
        large = crowd(0.0, middle=90_000.0).drop("lower", "upper")
        assert self.last(large, own)["point"] == pytest.approx(1000.0)


BEFORE = dict(zip(range(2010, 2016), [20.0, 21.0, 20.0, 21.0, 20.0, 21.0], strict=True))


class TestJumps:
    def test_two_series_are_projected_as_each_is_alone(self) -> None:
        one, other = series(line(40.0, 1.0)), series(line(900.0, -3.0, first=2012), "b", "y")
        both = project(pl.concat([one, other]), until=2026)
        assert_frame_equal(both, pl.concat([project(one, until=2026), project(other, until=2026)]))
        assert both["year"].to_list() == [*range(2020, 2027), *range(2022, 2027)]

    def test_what_lies_before_a_jump_that_lasted_counts_no_more(self) -> None:
        after = {2016: 60.0, 2017: 61.0, 2018: 60.0}
        found = project(series(BEFORE | after)).row(0, named=True)
        assert found["point"] == pytest.approx(60.5, abs=1.5) and found["caution"] == "jump"

    def test_a_jump_in_the_last_step_stays_in_doubt(self) -> None:
        found = project(series(BEFORE | {2016: 60.0})).row(0, named=True)
        assert 25 < found["point"] < 60 and found["caution"] == "jump"
        assert found["lo80"] < 60 < found["hi95"]

    def test_a_slip_that_was_taken_back_leaves_the_level(self) -> None:
        found = project(series(BEFORE | {2016: 60.0, 2017: 20.0, 2018: 21.0})).row(0, named=True)
        assert found["caution"] == "jump" and 19 < found["point"] < 23


class TestKinds:
    def test_ranges_of_a_count_are_symmetric_in_proportion(self) -> None:
        found = project(series(line(1000.0, 40.0), kind="count")).row(-1, named=True)
        assert found["hi80"] / found["point"] == pytest.approx(found["point"] / found["lo80"])

    def test_a_count_believes_its_own_trend_among_others_as_alone(self) -> None:
        growing = series(line(1000.0, 40.0), kind="count")
        still = pl.concat([series(line(1000.0, 0.0), place=f"p{n}", kind="count") for n in range(12)])
        alone, among = (project(growing, background=each)["point"] for each in (None, still))
        # That nobody else grows halves it; how many others there are takes nothing more away.
        assert among[4] - among[0] == pytest.approx((alone[4] - alone[0]) * METHOD.unconfirmed, rel=0.02)

    @pytest.mark.parametrize("constants", [{}, {"kind": "count"}, {"lower": 0.0, "upper": 200.0}])
    def test_a_few_like_figures_are_about_as_sure_as_published_ones_are(self, constants: dict[str, Any]) -> None:
        [row] = project(series(line(100.0, 0.0, count=3), **constants), until=2013).to_dicts()
        assert 0.01 < (row["hi80"] - row["lo80"]) / 2 / row["point"] < 0.1

    def test_two_figures_of_another_place_say_nothing_of_how_a_score_moves(self) -> None:
        own = series({2010 + n: 500.0 + n % 2 for n in range(6)}, kind="score")
        other = series({2014: 400.0, 2015: 600.0}, place="b", kind="score")
        alone, among = (project(each).filter(pl.col("place") == "a") for each in (own, pl.concat([own, other])))
        assert_frame_equal(alone, among)

    def test_a_score_moves_as_it_moved_wherever_its_zero_is(self) -> None:
        values = {2010 + n: 500.0 + 2 * (n * 7 % 5) for n in range(10)}
        low = {year: value - 400 for year, value in values.items()}
        a, b = (project(series(each, kind="score")).row(-1, named=True) for each in (values, low))
        assert a["hi80"] - a["lo80"] == pytest.approx(b["hi80"] - b["lo80"])

    @pytest.mark.parametrize("other", ["pandas", "lazy", "mapping", "long names"])
    def test_any_frame_will_do(self, other: str) -> None:
        frame = series(line(60.0, 1.0))
        given: object = {
            "pandas": pandas.DataFrame(frame.to_dict(as_series=False)),
            "lazy": frame.lazy(),
            "mapping": frame.to_dict(as_series=False),
            "long names": frame.rename({"place": "unique_id", "year": "ds", "value": "y"}),
        }[other]
        assert project(given).equals(project(frame))

    def test_h_and_level(self) -> None:
        found = project(series(line(60.0, 1.0)), h=2, level=[90])
        assert found.columns == [*KEY, "year", "point", "lo90", "hi90", "status", "caution"]
        assert found["year"].to_list() == [2020, 2021]

    def test_a_series_without_any_value_comes_out_too(self) -> None:
        empty = series({2020: 1.0}, place="b").with_columns(value=pl.lit(None, dtype=pl.Float64))
        found = project(pl.concat([series(line(60.0, 1.0)), empty]))
        assert found.filter(place="b")["status"].to_list() == ["no_data"]


class TestErrors:
    def test_a_value_beyond_its_bounds_is_named_by_row(self) -> None:
        with pytest.raises(SeriesError) as caught:
            project(series({2020: 99.0, 2021: 101.2}, lower=0.0, upper=100.0))
        assert "place=a, indicator=x, year=2021" in str(caught.value) and "101.2" in str(caught.value)

    @pytest.mark.parametrize("options", [{"until": 2030.5}, {"until": "2030"}, {"h": 0}, {"level": [100]}])
    def test_an_option_that_is_none_is_said(self, options: dict[str, Any]) -> None:
        with pytest.raises(SeriesError, match="whole number"):
            project(series(line(60.0, 1.0)), **options)

    def test_what_is_no_table_is_said(self) -> None:
        with pytest.raises(SeriesError, match="polars or pandas"):
            project([1, 2, 3])

    def test_all_columns_that_are_missing_are_named(self) -> None:
        with pytest.raises(SeriesError) as caught:
            project(pl.DataFrame({"place": ["a"], "indicators": ["x"]}))
        assert [str(problem.where) for problem in caught.value.problems] == [
            f"column {name}" for name in ("indicator", "year", "value")
        ]
        assert "the closest column is indicators" in str(caught.value.problems[0])

    def test_every_doubled_year_is_named_and_other_faults_with_it(self) -> None:
        frame = pl.DataFrame(
            {
                "place": ["a", "a", "a", "b", "b"],
                "indicator": "x",
                "year": [2020, 2020, 2021, 2020, 2020],
                "value": [1.0, 2.0, 3.0, 4.0, 5.0],
                "lower": [0.0, 1.0, 0.0, 0.0, 0.0],
                "kind": ["rate", "rate", "rate", "share", "share"],
            }
        )
        with pytest.raises(SeriesError) as caught:
            project(frame)
        text = str(caught.value)
        assert text.count("occurs 2 times; keep one") == 2
        assert "place=a, indicator=x: one series has several values of lower (found: 0.0, 1.0)" in text
        assert "column kind: is none of rate, ratio, count, score (found: share)" in text

    def test_half_years_and_words_are_refused(self) -> None:
        with pytest.raises(SeriesError, match=r"column year: has what is not a year .* \(row 1: “2020.5”\)"):
            project(pl.DataFrame({"place": "a", "indicator": "x", "year": [2020.5], "value": [1.0]}))
        with pytest.raises(SeriesError, match="column value: has what is not a finite number"):
            project(pl.DataFrame({"place": "a", "indicator": "x", "year": [2020], "value": ["many"]}))

    @pytest.mark.parametrize("lower", [100.0, 1.0])
    def test_bounds_the_wrong_way_round(self, lower: float) -> None:
        with pytest.raises(SeriesError, match="not below the upper"):
            project(series({2020: 1.0}, lower=lower, upper=1.0))
