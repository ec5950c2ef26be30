"""Errors of checks take figures out of use; errata and decisions bring them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from hpedu.ingest.checks import find_breaches, find_readings, set_contradicted
from hpedu.ingest.derive import mark_current, revisions
from hpedu.registry import Registry
from hpedu.registry.models import Decision, Text

Row = dict[str, Any]
Used = Callable[..., list[str]]

CLASSES = {"measure": "classes", "level": "preschool", "unit": "classes"}
PUBLIC, PRIVATE = {"ownership": "public"}, {"ownership": "private"}
CALM = {2011: 70e3, 2012: 72e3, 2013: 74e3, 2014: 76e3}


@pytest.fixture
def settle(make_observations: Callable[..., pl.DataFrame], registry: Registry) -> Callable[..., pl.DataFrame]:
    """The figures after all checks, in cells B2, B3 ... (of the file a.csv unless another is named)."""

    def run(*rows: Row, decisions: tuple[Decision, ...] = ()) -> pl.DataFrame:
        own = replace(registry, decisions={one.id: one for one in decisions})
        placed = [{"cell": f"B{n}"} | row for n, row in enumerate(rows, start=2)]
        published = mark_current(make_observations(*placed))
        return mark_current(set_contradicted(published, find_breaches(published, own).out, own))

    return run


@pytest.fixture
def used(settle: Callable[..., pl.DataFrame]) -> Used:
    """The cells of the figures in use."""

    def run(*rows: Row, **more: Any) -> list[str]:
        settled = settle(*rows, **more)
        out = settled.filter(~pl.col("current"))
        # Whatever an error takes out of use says so itself.
        assert all("contradicted" in row["flags"] or row["file"] == "old.csv" for row in out.to_dicts())
        return settled.filter("current")["cell"].to_list()

    return run


def series(values: dict[int, float], **same: Any) -> list[Row]:
    return [{"year": year, "value": value} | same for year, value in values.items()]


def decision(**fields: Any) -> Decision:
    return Decision(
        **{
            "id": "chosen",
            "date": date(2022, 3, 1),
            "author": "Trần Thị B",
            "document": "77/SGDĐT-KHTC",
            "table": "t",
            "measure": "pupils",
            "level": "primary",
            "ownership": "all",
            "sex": "both",
            "detail": "",
            "territory": "hai_phong_old",
            "place": "",
            "year": 2020,
            "printed": Decimal(101),
            "value": None,
            "reason": Text(vi="r", en="r"),
        }
        | fields
    )


CHOSEN = {"value": 101.0, "flags": ["decided"], "note": "[chosen]"}


class TestRules:
    """Which figures go out is the rule of each check."""

    def test_of_a_slip_the_cell(self, used: Used) -> None:
        assert used(*series(CALM | {2015: 83_755e3})) == ["B2", "B3", "B4", "B5"]

    def test_of_a_slip_in_a_short_series_both_sides(self, used: Used) -> None:
        """Nothing shows which of the two is in the wrong unit."""
        assert used(*series({2014: 76e3, 2015: 83_755e3})) == []
        assert used(*series({2014: 76e3, 2015: 83_755e3, 2016: 94_457e3})) == []
        assert used(*series({2013: 74.0, 2014: 76.0, 2015: 83_755.0})) == []

    def test_a_corrected_slip_does_not_cast_doubt_on_the_others(self, used: Used, registry: Registry) -> None:
        errata = [registry.errata[f"kindergarten_pupils_{year}_hai_phong"] for year in (2015, 2016)]
        mended = [
            {"year": one.year, "value": float(one.printed), "note": f"[{one.id}]", "flags": ["erratum_scale"]}
            for one in errata
        ]
        rows = [row | {"level": "kindergarten"} for row in (*series({2014: 76e3}), *mended)]
        assert used(*rows) == ["B2", "B3", "B4"]

    def test_of_a_sum_the_whole_and_parts_nothing_confirms(self, used: Used) -> None:
        rows = [
            CLASSES | {"value": 3466.0},
            CLASSES | PUBLIC | {"value": 2696.0},
            CLASSES | PRIVATE | {"value": 870.0},
        ]
        assert used(*rows) == []

    def test_of_a_sum_the_whole_alone_if_its_parts_are_sound(self, used: Used) -> None:
        """Each part is itself the sum of its parts; the other edition confirms nothing but the private ones."""
        pupils: Row = {"level": "preschool"}
        parts = [
            pupils | PUBLIC | {"value": 300.0},
            pupils | PUBLIC | {"level": "nursery", "value": 100.0},
            pupils | PUBLIC | {"level": "kindergarten", "value": 200.0},
        ]
        rows = [pupils | {"value": 350.0}, *parts, pupils | PRIVATE | {"value": 60.0}]
        assert used(*rows) == ["B3", "B4", "B5"]
        confirmed = pupils | PRIVATE | {"value": 60.0, "file": "old.csv", "edition": "2019"}
        assert used(*rows, confirmed) == ["B3", "B4", "B5", "B6"]

    def test_of_a_sum_that_swapped_digits_mend_the_one_figure(self, used: Used) -> None:
        rows = [
            CLASSES | {"value": 3246.0},
            CLASSES | PUBLIC | {"value": 2399.0},
            CLASSES | PRIVATE | {"value": 865.0},
        ]
        assert used(*rows) == ["B3", "B4"]

    def test_of_shares_that_do_not_make_100_each(self, used: Used) -> None:
        shares = {"measure": "pupil_share", "level": "preschool", "unit": "percent"}
        assert used(shares | PUBLIC | {"value": 80.0}, shares | PRIVATE | {"value": 30.0}) == []

    def test_of_a_duplicate_every_print(self, used: Used) -> None:
        assert used({"value": 100.0}, {"value": 101.0}) == []
        assert used({"value": 100.0}, {"value": 100.0}, {"value": 101.0}) == []

    def test_of_a_part_larger_than_its_whole_both(self, used: Used) -> None:
        assert used({"value": 100.0}, {"value": 120.0, "sex": "female"}) == []

    def test_a_count_below_zero_and_a_rate_over_100(self, used: Used) -> None:
        assert used({"value": -4.0}, {"value": 8.0, "year": 2011}) == ["B3"]
        share = {"measure": "pupil_share", "unit": "percent", "ownership": "public"}
        assert used(share | {"value": 870.0}, share | {"value": 87.0, "year": 2012}) == ["B3"]

    def test_of_territories_the_whole_and_what_nothing_confirms(self, used: Used) -> None:
        country = {"territory": "viet_nam", "value": 110.0}
        parts = [{"territory": one, "value": 60.0} for one in ("hai_phong_old", "hai_duong_old")]
        assert used(country, *parts) == []

    @pytest.mark.parametrize(
        "rows",
        [
            [{"value": 100.0}, {"value": 101.0, "file": "b.csv"}],
            [{"value": 30_000.0}, CLASSES | {"level": "primary", "value": 100.0}],
            [{"value": 100.0, "edition": "2019", "file": "old.csv"}, {"value": 190.0}],
        ],
        ids=["two counts", "ratio", "revision"],
    )
    def test_warnings_take_nothing_out(self, rows: list[Row], settle: Callable[..., pl.DataFrame]) -> None:
        assert "contradicted" not in settle(*rows)["flags"].explode().to_list()

    def test_an_erratum_covers_its_figure(self, used: Used, registry: Registry) -> None:
        one = registry.errata["preschool_classes_2014_hai_phong"]
        rows = [
            CLASSES | {"year": 2014, "value": 3466.0, "note": f"[{one.id}]"},
            CLASSES | PUBLIC | {"year": 2014, "value": 2696.0},
            CLASSES | PRIVATE | {"year": 2014, "value": 870.0},
        ]
        assert used(*rows) == ["B2", "B3", "B4"]


class TestEditions:
    def test_an_older_sound_print_takes_the_place(self, used: Used) -> None:
        old = series(CALM | {2015: 77e3}, file="old.csv", edition="2016")
        new = series(CALM | {2015: 83_755e3}, edition="2020")
        assert used(*old, *new) == ["B6", "B7", "B8", "B9", "B10"]

    def test_a_contradicted_print_is_no_revision(self, settle: Callable[..., pl.DataFrame]) -> None:
        old = series(CALM | {2015: 77e3}, file="old.csv", edition="2016")
        settled = settle(*old, *series(CALM | {2015: 83_755e3}, edition="2020"))
        assert revisions(settled).is_empty()


class TestDecisions:
    def test_the_chosen_print_is_in_use_and_the_other_is_not(self, used: Used) -> None:
        assert used({"value": 100.0}, CHOSEN, decisions=(decision(),)) == ["B3"]
        assert used(CHOSEN, {"value": 100.0}, decisions=(decision(),)) == ["B2"]

    def test_it_holds_against_older_editions_and_not_against_later_ones(self, used: Used) -> None:
        chosen = CHOSEN | {"file": "old.csv", "edition": "2019"}
        before, after = {"value": 100.0, "edition": "2021-05"}, {"value": 102.0, "edition": "2023"}
        assert used(chosen, before, decisions=(decision(),)) == ["B2"]
        assert used(chosen, before | {"edition": "2022-03-01"}, decisions=(decision(),)) == ["B2"]
        assert used(chosen, before | {"edition": "2022-03-02"}, decisions=(decision(),)) == ["B3"]
        assert used(chosen, before, after, decisions=(decision(),)) == ["B4"]

    def test_one_that_meets_nothing_rejects_nothing(self, used: Used) -> None:
        assert used({"value": 100.0}, decisions=(decision(),)) == ["B2"]

    def test_the_finding_names_it(
        self, make_observations: Callable[..., pl.DataFrame], registry: Registry
    ) -> None:
        own = replace(registry, decisions={"chosen": decision()})
        rows = make_observations({"value": 100.0, "cell": "B2"}, CHOSEN | {"cell": "B3"})
        [found] = find_breaches(mark_current(rows), own).findings.to_dicts()
        assert (found["severity"], found["erratum"]) == ("note", "chosen")
        assert "a decision covers it (chosen)" in found["what_en"]


class TestRevisions:
    def found(self, make: Callable[..., pl.DataFrame], registry: Registry, new: float, **same: Any) -> list[Row]:
        rows = [
            same | {"value": 1000.0, "edition": "2019", "file": "old.csv"},
            same | {"value": new, "cell": "B3"},
        ]
        found = find_breaches(mark_current(make(*rows)), registry).findings.to_dicts()
        return [row for row in found if row["check"] == "revision"]

    def test_beyond_the_limit(self, make_observations: Callable[..., pl.DataFrame], registry: Registry) -> None:
        [row] = self.found(make_observations, registry, 1250.0)
        assert (row["severity"], row["cell"]) == ("warning", "B3")
        assert (
            "1,000 in B2 (old.csv), a later edition prints 1,250 (off by 250; usual is 100 at most)"
            in row["message_en"]
        )
        assert "1.250" in row["message_vi"]

    @pytest.mark.parametrize("new", [1099.0, 1100.0, 901.0, 1000.0])
    def test_within_it(
        self, new: float, make_observations: Callable[..., pl.DataFrame], registry: Registry
    ) -> None:
        assert self.found(make_observations, registry, new) == []

    def test_a_rounding_is_none(self, make_observations: Callable[..., pl.DataFrame], registry: Registry) -> None:
        assert self.found(make_observations, registry, 1100.0, step=1000.0) == []


def test_a_contradicted_figure_may_be_what_is_printed_or_what_its_sum_leaves(
    settle: Callable[..., pl.DataFrame], registry: Registry
) -> None:
    share = {"measure": "pupil_share", "level": "preschool", "unit": "percent", "year": 2025}
    settled = settle(share | PUBLIC | {"value": 87.0}, share | PRIVATE | {"value": 17.0})
    readings = {key[2].ownership: sorted(values) for key, values in find_readings(settled, registry).items()}
    assert readings == {"public": [83.0, 87.0], "private": [13.0, 17.0]}
