"""The newest edition counts; a rounding is no revision; a point goes before a bound; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.derive import mark_current, revisions
from hpedu.ingest.schema import SERIES_KEY

Make = Callable[..., pl.DataFrame]

PRINTS = st.fixed_dictionaries(
    {
        "territory": st.sampled_from(["hai_phong_old", "hai_duong_old"]),
        "year": st.sampled_from([2011, 2012]),
        "value": st.sampled_from([68876.0, 69000.0, 68900.0, 70000.0]),
        "step": st.sampled_from([1.0, 100.0, 1000.0]),
        "qualifier": st.sampled_from(["", ">"]),
    }
)


def current(frame: pl.DataFrame) -> list[float]:
    return mark_current(frame).filter("current")["value"].to_list()


class TestMarkCurrent:
    def test_the_newest_edition_wins(self, make_observations: Make) -> None:
        frame = make_observations(
            {"value": 57.0, "edition": "2016-12-30"},
            {"value": 55.0, "edition": "2019-08-06"},
            {"value": 56.0, "edition": "2018"},
        )
        assert current(frame) == [55.0]

    def test_a_rounding_does_not_replace_what_it_rounds(self, make_observations: Make) -> None:
        frame = make_observations(
            {"value": 68876.0, "step": 1.0, "edition": "2012"},
            {"value": 69000.0, "step": 1000.0, "edition": "2019"},
        )
        assert current(frame) == [68876.0]

    def test_half_a_step_is_still_a_rounding(self, make_observations: Make) -> None:
        frame = make_observations(
            {"value": 68501.0, "step": 1.0, "edition": "2012"},
            {"value": 69000.0, "step": 1000.0, "edition": "2019"},
        )
        assert current(frame) == [68501.0]

    def test_a_coarse_print_of_another_figure_is_a_revision(self, make_observations: Make) -> None:
        frame = make_observations(
            {"value": 68400.0, "step": 1.0, "edition": "2012"},
            {"value": 69000.0, "step": 1000.0, "edition": "2019"},
        )
        assert current(frame) == [69000.0]

    def test_a_point_goes_before_a_newer_bound(self, make_observations: Make) -> None:
        frame = make_observations(
            {"value": 76.98, "edition": "2025-09-05", "unit": "percent"},
            {"value": 76.0, "edition": "2025-09-18", "unit": "percent", "qualifier": ">"},
        )
        assert current(frame) == [76.98]

    def test_a_bound_alone_is_current(self, make_observations: Make) -> None:
        assert current(make_observations({"value": 76.0, "qualifier": ">"})) == [76.0]

    @pytest.mark.parametrize("key", [*SERIES_KEY, "year"])
    def test_figures_that_differ_in_any_key_do_not_compete(self, make_observations: Make, key: str) -> None:
        other = 1999 if key == "year" else "other"
        assert sorted(current(make_observations({"value": 1.0}, {"value": 2.0, key: other}))) == [1.0, 2.0]

    def test_an_empty_table_stays_one(self, make_observations: Make) -> None:
        assert mark_current(make_observations()).is_empty()

    @given(data=st.data(), prints=st.lists(PRINTS, min_size=1, max_size=8))
    def test_exactly_one_is_current_whatever_the_order(
        self, make_observations: Make, data: st.DataObject, prints: list[dict[str, Any]]
    ) -> None:
        editions = [str(2000 + n) for n in range(len(prints))]
        rows = [row | {"edition": edition} for row, edition in zip(prints, editions, strict=True)]
        marked = mark_current(make_observations(*rows))
        assert marked.height == len(rows)
        counts = marked.group_by(*SERIES_KEY, "year").agg(pl.col("current").sum())
        assert set(counts["current"]) == {1}

        shuffled = mark_current(make_observations(*data.draw(st.permutations(rows))))
        assert shuffled.sort("edition").equals(marked.sort("edition"))
        assert mark_current(marked).equals(marked)

    @given(prints=st.lists(PRINTS, min_size=1, max_size=8))
    def test_marking_changes_nothing_but_the_mark(
        self, make_observations: Make, prints: list[dict[str, Any]]
    ) -> None:
        frame = make_observations(*prints)
        assert mark_current(frame).drop("current").equals(frame.drop("current"))


class TestRevisions:
    def test_changes_are_listed_largest_first(self, make_observations: Make) -> None:
        frame = mark_current(
            make_observations(
                {"year": 2015, "value": 100.0, "edition": "2016"},
                {"year": 2015, "value": 101.0, "edition": "2019"},
                {"year": 2016, "value": 100.0, "edition": "2016"},
                {"year": 2016, "value": 80.0, "edition": "2019"},
            )
        )
        table = revisions(frame)
        assert table.select("year", "old", "new", "change", "relative").rows() == [
            (2016, 100.0, 80.0, -20.0, pytest.approx(-0.2)),
            (2015, 100.0, 101.0, 1.0, pytest.approx(0.01)),
        ]
        assert table.row(0, named=True)["old_edition"] == "2016"

    def test_roundings_repeats_and_bounds_are_no_revisions(self, make_observations: Make) -> None:
        frame = mark_current(
            make_observations(
                {"year": 2011, "value": 68876.0, "edition": "2012"},
                {"year": 2011, "value": 69000.0, "step": 1000.0, "edition": "2019"},
                {"year": 2012, "value": 5.0, "edition": "2012"},
                {"year": 2012, "value": 5.0, "edition": "2019"},
                {"year": 2013, "value": 5.0, "edition": "2019"},
                {"year": 2013, "value": 4.0, "edition": "2020", "qualifier": ">"},
            )
        )
        assert revisions(frame).is_empty()
