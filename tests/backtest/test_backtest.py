"""The back-test asks fair questions and counts rightly."""

from __future__ import annotations

import polars as pl
import pytest

from tests.backtest.outside import GROSS, answer_outside, load_outside
from tests.backtest.panel import HERE, load_counts, load_panel
from tests.backtest.questions import CHOICE, KEY, LENGTHS, TEST, Window, ask, choose_half
from tests.backtest.rivals import forecast_simply
from tests.backtest.run import answer
from tests.backtest.score import bar, compare, reliability, score, score_ranges


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return load_panel()


class TestPanel:
    def test_63_provinces_and_one_value_a_year(self, panel: pl.DataFrame) -> None:
        assert panel["place"].n_unique() == 63
        assert panel["indicator"].n_unique() == 27
        assert panel.select(*KEY, "year").is_duplicated().sum() == 0

    def test_figures_are_what_a_reader_of_the_tables_would_compute(self, panel: pl.DataFrame) -> None:
        wide = pl.read_csv(HERE / "panel.csv", infer_schema_length=None).filter(province="Hai Phong")
        pupils, teachers = (
            wide.filter(measure=name)["2016"].cast(pl.Float64).item()
            for name in ("pupils_primary", "teachers_primary")
        )
        ours = panel.filter(place="Hai Phong", indicator="pupils_per_teacher_primary", year=2016)["value"].item()
        assert ours == round(pupils / teachers, 2)

    def test_thousands_of_kindergarten_pupils_and_persons_are_one_series(self, panel: pl.DataFrame) -> None:
        classes = panel.filter(indicator="pupils_per_class_kindergarten")
        assert classes.filter(pl.col("year") > 2016)["value"].is_between(8, 60).mean() > 0.97
        assert classes["value"].is_between(8, 60).mean() > 0.97
        assert set(classes["year"]) >= {2014, 2015}

    def test_counts_are_as_printed_and_can_be_asked(self) -> None:
        counts = load_counts()
        assert set(counts["kind"]) == {"count"} and counts.select(*KEY, "year").is_duplicated().sum() == 0
        ours = counts.filter(place="Hai Phong", indicator="pupils_primary", year=2016)["value"]
        wide = pl.read_csv(HERE / "panel.csv", infer_schema_length=None)
        row = wide.filter(province="Hai Phong", measure="pupils_primary")
        assert ours.to_list() == row["2016"].cast(pl.Float64).to_list()
        few = Window(range(2012, 2013), range(2013, 2014))
        found = answer(counts, "tune", "one_city", few)
        assert found["point"].null_count() == 0 and set(found["group"]) >= {"pupils", "inhabitants"}

    def test_no_share_is_above_its_bound(self, panel: pl.DataFrame) -> None:
        assert (panel["value"] <= panel["upper"].fill_null(float("inf"))).all()

    def test_a_province_begins_when_it_was_formed(self, panel: pl.DataFrame) -> None:
        assert panel.filter(place="Ha Noi")["year"].min() == 2008


class TestQuestions:
    def test_the_halves_share_no_province(self, panel: pl.DataFrame) -> None:
        halves = [set(choose_half(panel, half)["place"]) for half in ("tune", "held_out")]
        assert not halves[0] & halves[1] and len(halves[0] | halves[1]) == 63

    def test_nothing_of_the_future_is_known(self, panel: pl.DataFrame) -> None:
        for origin, known, questions in ask(choose_half(panel, "held_out"), TEST):
            assert known["year"].max() == origin
            assert questions["year"].min() > origin
            assert known.group_by(KEY).len()["len"].is_between(*LENGTHS).all()

    def test_the_same_questions_every_time(self, panel: pl.DataFrame) -> None:
        first, second = (next(ask(choose_half(panel, "tune"), TEST))[2] for _ in range(2))
        assert first.equals(second)

    def test_a_target_is_met_as_its_comparison_says(self, panel: pl.DataFrame) -> None:
        _, _, questions = next(ask(choose_half(panel, "tune"), TEST))
        for sign, told in (
            (">=", pl.col("actual") >= pl.col("target")),
            ("<", pl.col("actual") < pl.col("target")),
        ):
            rows = questions.filter(comparison=sign)
            assert len(rows) > 100 and rows.select((told == pl.col("met")).all()).item()

    def test_only_years_that_nothing_was_chosen_on_are_asked(self, panel: pl.DataFrame) -> None:
        assert not set(CHOICE.outcomes) & set(TEST.outcomes)
        for _, _, questions in ask(choose_half(panel, "held_out"), TEST):
            assert set(questions["year"]) <= set(TEST.outcomes)

    def test_the_future_of_others_is_not_known_either(self, panel: pl.DataFrame) -> None:
        few = Window(range(2012, 2013), range(2013, 2015))
        later = panel.with_columns(value=pl.when(pl.col("year") > 2012).then(1.0).otherwise("value"))
        for setting in ("background", "stale"):
            points = [answer(frame, "tune", setting, few).sort(*KEY, "year")["point"] for frame in (panel, later)]
            assert points[0].equals(points[1])

    def test_a_bar_of_two_settings_holds_their_ratio(self, panel: pl.DataFrame) -> None:
        few = Window(range(2012, 2013), range(2013, 2014))
        alone, among = (answer(panel, "tune", name, few) for name in ("one_city", "background"))
        found = compare(among, alone)
        assert found["low"] < found["ratio"] < found["high"] and found["questions"] == len(alone)


class TestOutside:
    def test_27_national_series_in_per_cent(self) -> None:
        outside = load_outside()
        assert outside["indicator"].n_unique() == 27
        assert set(outside.filter(pl.col("upper").is_null())["indicator"]) == set(GROSS)
        assert outside.filter(pl.col("value") > pl.col("upper")).is_empty()

    def test_only_what_came_later_is_asked(self) -> None:
        values = {2001: 1.0, 2002: 2.0, 2004: 3.0, 2007: 5.0, 2012: 9.0}
        panel = pl.DataFrame(
            {"place": "a", "indicator": "x", "year": list(values), "value": list(values.values())}
        )
        found = answer_outside(panel, "alone")
        assert found.select("last", "actual", "ahead").rows() == [(3.0, 5.0, 3), (5.0, 9.0, 5)]
        assert score_ranges(found)["questions"] == 2


def test_the_rivals_carry_a_line_forward() -> None:
    known = pl.DataFrame({"place": "a", "indicator": "x", "year": [2010, 2011, 2013], "value": [10.0, 11.0, 13.0]})
    row = forecast_simply(known).row(1, named=True)
    assert (row["year"], row["no_change"]) == (2015, 13.0)
    assert row["linear_drift"] == pytest.approx(15.0) and row["least_squares"] == pytest.approx(15.0)
    assert row["cagr"] == pytest.approx(13 * (13 / 10) ** (2 / 3))


@pytest.fixture
def answers() -> pl.DataFrame:
    """Four questions: two predicted half as far off as no change, all held at 95%, half at 80%."""
    return pl.DataFrame(
        {
            "province": ["a", "a", "b", "b"],
            "actual": [10.0, 10.0, 10.0, 10.0],
            "last": [8.0, 8.0, 8.0, 8.0],
            "point": [9.0, 9.0, 8.0, 8.0],
            "usual": 2.0,
            "lo50": 8.0, "hi50": 9.5, "lo80": [7.0, 7.0, 10.5, 10.5], "hi80": [11.0, 11.0, 12.0, 12.0],
            "lo95": 6.0, "hi95": 12.0,
            "state": ["projected", "projected", "projected", "met"],
            "probability": [0.72, 0.65, 0.05, 0.99],
            "met": [True, False, False, False],
        }
    )  # fmt: skip


class TestScores:
    def test_the_figures(self, answers: pl.DataFrame) -> None:
        found = score(answers)
        assert found["relative_mae"] == pytest.approx(6 / 8)
        assert (found["coverage50"], found["coverage80"], found["coverage95"]) == (0, 0.5, 1)
        # widths 4 and 1.5; 0.5 below the second, at 2/0.2 each; in units of the usual change
        assert found["interval_score80"] == pytest.approx((4 + 4 + 6.5 + 6.5) / 4 / 2)
        assert found["targets"] == 3  # the one already met is no question
        assert found["brier"] == pytest.approx((0.28**2 + 0.65**2 + 0.05**2) / 3)
        assert (found["likely_calls"], found["likely_met_share"]) == (2, 0.5)
        assert (found["unlikely_calls"], found["unlikely_met_share"]) == (1, 0)

    def test_calibration_is_the_gap_between_said_and_came(self, answers: pl.DataFrame) -> None:
        table = reliability(answers)
        assert table["bin"].to_list() == [0, 6, 7]
        gap = (0.05 + 0.65 + 0.28) / 3
        assert score(answers)["calibration_error"] == pytest.approx(gap)

    def test_bars_are_of_whole_provinces(self, answers: pl.DataFrame) -> None:
        assert bar(answers, "relative_mae") == (0.5, 1.0)
        assert bar(answers.filter(province="a"), "likely_met_share") == (0.5, 0.5)
