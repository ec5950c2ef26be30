"""One intake: all functions take the same years, numbers and places, and refuse the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from hpedu.cli import commands
from hpedu.outlook import SeriesError, judge, measure_pace, measure_progress, project
from hpedu.outlook.intake import SERIES_KINDS, Intake
from hpedu.texts import LANGUAGES

SERIES = pl.DataFrame(
    {
        "place": "a",
        "indicator": "x",
        "year": [f"{year}-{year + 1}" for year in range(2015, 2025)],
        "value": [40.0 + year for year in range(10)],
    }
)
TARGETS = pl.DataFrame(
    {"indicator": ["x"], "comparison": [">="], "target": [60.0], "target_year": ["2030-31"], "place": ["a"]}
)
CALLS: dict[str, Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]] = {
    "project": lambda series, targets: project(series),
    "judge": judge,
    "measure_pace": measure_pace,
    "measure_progress": measure_progress,
}
each = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
Call = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


@each
def test_a_range_of_years_is_its_first_year(call: Call) -> None:
    first = pl.col("year").str.head(4).cast(pl.Int64)
    plain = call(SERIES.with_columns(first), TARGETS.with_columns(target_year=pl.lit(2030)))
    assert_frame_equal(call(SERIES, TARGETS), plain)
    spaced = pl.col("year").str.replace("-", " – ")
    assert_frame_equal(call(SERIES.with_columns(spaced), TARGETS), plain)
    assert_frame_equal(call(SERIES.with_columns(first.cast(pl.Float64)), TARGETS), plain)


@each
def test_a_place_may_be_called_territory_and_a_unit_is_a_unit(call: Call) -> None:
    other = call(SERIES.rename({"place": "territory"}), TARGETS.rename({"place": "territory"}))
    assert_frame_equal(other, call(SERIES, TARGETS))
    assert other["place"].unique().to_list() == ["a"]
    assert_frame_equal(call(SERIES.with_columns(unit=pl.lit("%")), TARGETS), other)


@each
def test_numbers_may_be_text_and_unknown(call: Call) -> None:
    more = pl.DataFrame({"place": "a", "indicator": "x", "year": "2025", "value": [None]}, SERIES.schema)
    known = call(SERIES, TARGETS)
    assert_frame_equal(call(pl.concat([SERIES, more]), TARGETS), known)
    for blank in (float("nan"), float("inf")):
        assert_frame_equal(call(pl.concat([SERIES, more.with_columns(value=pl.lit(blank))]), TARGETS), known)
    assert_frame_equal(call(SERIES.with_columns(pl.format(" {}", "value").alias("value")), TARGETS), known)


@each
@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("year", "soon", "column year: has what is not a year such as 2015 or 2015-2016 (row 1: “soon”"),
        ("year", "2015-2016-2017", "column year: has what is not a year"),
        ("value", "nan", "column value: has what is not a finite number (row 1: “nan”"),
        ("kind", "share", "column kind: is none of rate, ratio, count, score (found: share)"),
    ],
)
def test_all_refuse_the_same(call: Call, column: str, cell: str, problem: str) -> None:
    with pytest.raises(SeriesError) as caught:
        call(SERIES.with_columns(pl.lit(cell).alias(column)), TARGETS)
    assert f"series: {problem}" in str(caught.value)


@each
@pytest.mark.parametrize("kind", SERIES_KINDS)
def test_all_take_the_same_kinds(call: Call, kind: str) -> None:
    assert len(call(SERIES.with_columns(kind=pl.lit(kind)), TARGETS)) >= 1


def test_a_target_without_a_place_holds_for_every_place() -> None:
    series = pl.concat([SERIES, SERIES.with_columns(place=pl.lit("b"))])
    own = TARGETS.with_columns(target=pl.lit(70.0), target_year=pl.lit("2035"))
    everywhere = TARGETS.with_columns(place=pl.lit(None, pl.String))
    for call in (judge, measure_pace):
        found = call(series, pl.concat([own, everywhere])).select("place", "target").rows()
        assert sorted(found) == [("a", 60.0), ("a", 70.0), ("b", 60.0)]


def test_unknown_words_are_named_in_their_order() -> None:
    words = [f"kind {n}" for n in range(20, 0, -1)]
    intake = Intake()
    intake.take_series(pl.DataFrame({"indicator": words, "year": 2020, "value": 1.0, "kind": words}))
    assert intake.problems[0].found == ", ".join(words)


@pytest.mark.parametrize(("year", "is_one"), [(999, False), (1000, True), (9999, True), (10_000, False)])
def test_a_year_has_four_digits(year: int, is_one: bool) -> None:
    for written in (year, float(year), str(year)):
        intake = Intake()
        rows = intake.take_series(pl.DataFrame({"indicator": "a", "year": [written], "value": 1.0}))
        assert (rows["year"].to_list() == [year]) is (not intake.problems) is is_one


def test_only_the_first_bad_cells_are_named() -> None:
    intake = Intake()
    intake.take_series(SERIES.with_columns(value=pl.lit("many")))
    text = str(intake.problems[0])
    assert text.count("“many”") == 5 and text.endswith("and 5 more)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_speaks_one_language(language: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("indicator,year,value\nx,abc,1\n", encoding="utf-8")
    done = CliRunner(env={"HPEDU_LANGUAGE": language}).invoke(commands, ["outlook", str(path)])
    assert done.exit_code == 1
    expected = {
        "vi": "  - bảng chuỗi số liệu: cột year: có ô không phải là năm như 2015 hoặc 2015-2016 (dòng 1: “abc”)",
        "en": "  - series: column year: has what is not a year such as 2015 or 2015-2016 (row 1: “abc”)",
    }
    assert done.stderr.splitlines()[1] == expected[language]
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("bounds", "said"), [({"upper": 45.0}, "-, 45.0"), ({"lower": 41.5}, "41.5, -"), ({"upper": 48.5}, "-, 48.5")]
)
def test_a_value_beyond_its_bounds_is_named_with_the_bounds_there_are(bounds: dict[str, float], said: str) -> None:
    with pytest.raises(SeriesError, match=said):
        project(SERIES.with_columns(pl.lit(value).alias(name) for name, value in bounds.items()))
