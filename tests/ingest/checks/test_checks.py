"""Each problem in a small table of its own, and what must give no finding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpedu.ingest.checks import FINDINGS, find_breaches
from hpedu.registry import Registry, load_registry
from hpedu.texts import say

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def check(make_observations: Callable[..., pl.DataFrame], registry: Registry) -> Rows:
    """The findings of a table of observations, each a dict of what differs from a plain one."""

    def run(*rows: dict[str, Any]) -> list[dict[str, Any]]:
        placed = [{"cell": f"B{n}"} | row for n, row in enumerate(rows, start=2)]
        return find_breaches(make_observations(*placed), registry).findings.to_dicts()

    return run


def series(values: dict[int, float], **same: Any) -> list[dict[str, Any]]:
    return [{"year": year, "value": value} | same for year, value in values.items()]


CLASSES = {"measure": "classes", "level": "preschool", "unit": "classes", "year": 2014}


class TestSums:
    def test_public_and_private_make_the_total(self, check: Rows) -> None:
        [found] = check(
            CLASSES | {"value": 3466.0, "printed": "3466"},
            CLASSES | {"value": 2696.0, "ownership": "public"},
            CLASSES | {"value": 870.0, "ownership": "private"},
        )
        assert (found["check"], found["severity"], found["cell"], found["printed"]) == (
            "sum",
            "error",
            "B2",
            "3466",
        )
        assert "2.696 (công lập) + 870 (ngoài công lập) = 3.566, in là 3.466 (lệch 100)" in found["message_vi"]
        assert "2,696 (public) + 870 (private) = 3,566, 3,466 is printed (off by 100)" in found["message_en"]
        assert "3,466 → 3,566 (cell B2); 2,696 → 2,596 (cell B3); 870 → 770 (cell B4)" in found["message_en"]
        assert "B2, B3, B4 (a.csv)" in found["what_en"]
        assert "2014-2015" in found["message_vi"] and "2014-15" in found["message_en"]

    def test_swapped_digits_are_named(self, check: Rows) -> None:
        rooms = {"level": "preschool", "unit": "classrooms"}
        [found] = check(
            rooms | {"measure": "classrooms", "value": 3246.0},
            rooms | {"measure": "classrooms_permanent", "value": 2327.0},
            rooms | {"measure": "classrooms_semi_permanent", "value": 858.0},
            rooms | {"measure": "classrooms_temporary", "value": 79.0},
        )
        assert found["check"] == "digit_swap"
        assert "Swapping two neighbouring digits mends it: 3,246 → 3,264 (cell B2)" in found["message_en"]

    def test_swapped_digits_of_a_part_are_named(self, check: Rows) -> None:
        [found] = check(
            CLASSES | {"value": 130.0},
            CLASSES | {"value": 57.0, "ownership": "public"},
            CLASSES | {"value": 55.0, "ownership": "private"},
        )
        assert "57 → 75 (cell B3)" in found["message_en"]

    def test_a_relation_holds_within_girls_and_within_grades(self, check: Rows) -> None:
        girls = {"sex": "female", "detail": "grade_1"}
        found = check(
            girls | {"value": 100.0},
            girls | {"value": 50.0, "ownership": "public"},
            girls | {"value": 48.0, "ownership": "private"},
        )
        assert [row["detail"] for row in found] == ["grade_1"]

    def test_rounding_is_no_error_and_more_than_rounding_is(self, check: Rows) -> None:
        def thousands(total: float) -> list[dict[str, Any]]:
            return check(
                {"value": total, "step": 1000.0},
                {"value": 4000.0, "step": 1000.0, "sex": "male"},
                {"value": 4000.0, "step": 1000.0, "sex": "female"},
            )

        assert thousands(9000.0) == []
        assert [row["check"] for row in thousands(10_000.0)] == ["sum"]

    def test_a_total_with_stray_decimals_is_as_rounded_as_its_table(self, check: Rows) -> None:
        assert (
            check(
                {"value": 8049.6, "step": 0.1},
                {"value": 4000.0, "step": 100.0, "sex": "male"},
                {"value": 4000.0, "step": 100.0, "sex": "female"},
            )
            == []
        )

    def test_shares_must_make_a_hundred(self, check: Rows) -> None:
        share = {"measure": "pupil_share", "level": "preschool", "unit": "percent"}
        [found] = check(
            share | {"value": 87.0, "ownership": "public"}, share | {"value": 17.0, "ownership": "private"}
        )
        assert "87 (công lập) + 17 (ngoài công lập) = 104, phải là 100" in found["message_vi"]

    def test_without_combined_schools_the_levels_may_make_less_but_not_more(self, check: Rows) -> None:
        def schools(total: float, *more: dict[str, Any]) -> list[dict[str, Any]]:
            levels = [
                {"measure": "schools", "unit": "schools", "level": level, "value": 10.0}
                for level in ("primary", "lower_secondary", "upper_secondary")
            ]
            whole = {"measure": "schools", "unit": "schools", "level": "general", "value": total}
            return check(whole, *levels, *more)

        combined = {"measure": "schools", "unit": "schools", "level": "primary_lower_secondary", "value": 1.0}
        assert schools(32.0) == []
        assert [row["check"] for row in schools(29.0)] == ["sum"]
        assert [row["check"] for row in schools(32.0, combined)] == ["sum"]
        assert schools(31.0, combined) == []

    def test_files_of_one_edition_are_compared_and_others_are_not(self, check: Rows) -> None:
        def two_files(edition: str) -> list[dict[str, Any]]:
            return check(
                {"value": 100.0, "file": "nso/a.csv"},
                {"value": 50.0, "file": "nso/b.csv", "sex": "male", "edition": edition},
                {"value": 49.0, "file": "nso/b.csv", "sex": "female", "edition": edition},
            )

        assert [row["severity"] for row in two_files("2021")] == ["warning"]
        assert two_files("2022") == []


class TestBounds:
    def test_girls_are_pupils(self, check: Rows) -> None:
        [found] = check({"value": 100.0}, {"value": 120.0, "sex": "female"})[:1]
        assert (found["check"], found["severity"], found["sex"]) == ("at_most", "error", "female")
        assert "120 (female) > 100" in found["message_en"]

    def test_a_part_of_another_edition_is_only_a_warning(self, check: Rows) -> None:
        schools = {"measure": "schools", "unit": "schools"}
        [found] = check(
            schools | {"value": 264.0, "level": "preschool"},
            schools | {"value": 266.0, "level": "kindergarten", "edition": "2019", "file": "b.csv"},
        )
        assert (found["check"], found["severity"]) == ("at_most", "warning")

    @pytest.mark.parametrize(("pupils", "checks"), [(3000.0, []), (30_000.0, ["ratio"]), (300.0, ["ratio"])])
    def test_pupils_per_class(self, check: Rows, pupils: float, checks: list[str]) -> None:
        found = check({"value": pupils}, {"measure": "classes", "unit": "classes", "value": 100.0})
        assert [row["check"] for row in found] == checks

    def test_the_division_is_written_out(self, check: Rows) -> None:
        [found] = check({"value": 30_000.0}, {"measure": "classes", "unit": "classes", "value": 100.0})
        assert "30.000 / 100 = 300. Hợp lý là: Từ 10 đến 60 học sinh một lớp" in found["message_vi"]

    def test_a_share_lies_within_0_and_100(self, check: Rows) -> None:
        [found] = check({"measure": "pupil_share", "unit": "percent", "value": 870.0})
        assert (found["check"], found["severity"]) == ("ratio", "error")


class TestUnitSlips:
    def test_a_figure_a_thousand_times_its_neighbours_is_reported_once(self, check: Rows) -> None:
        values = {2011: 70e3, 2012: 72e3, 2013: 74e3, 2014: 76e3, 2015: 83_755e3, 2016: 94_457e3}
        found = check(*series(values))
        assert [(row["check"], row["year"]) for row in found] == [("unit_slip", 2015), ("unit_slip", 2016)]
        assert "83.755.000 gấp" in found[0]["message_vi"] and "0.001" in found[0]["what_vi"]

    def test_it_is_known_from_another_file_too(self, check: Rows) -> None:
        old = series({2017: 70e3, 2018: 72e3, 2019: 74e3})
        [found] = check(*old, {"year": 2020, "value": 75.0, "file": "b.csv", "edition": "2022"})
        assert (found["check"], found["file"]) == ("unit_slip", "b.csv")
        assert "bằng 1/" in found["message_vi"] and "1000" in found["what_vi"]

    @pytest.mark.parametrize(
        "slipped", [[2005], [2012], [2009, 2010], [2009, 2010, 2011, 2012], [2006, 2008, 2010]]
    )
    @pytest.mark.parametrize("factor", [1000.0, 0.001, 100.0])
    def test_exactly_the_slipped_years_are_reported(self, check: Rows, slipped: list[int], factor: float) -> None:
        values = {year: 70e3 + 1e3 * n for n, year in enumerate(range(2003, 2014))}
        values |= {year: values[year] * factor for year in slipped}
        found = check(*series(values))
        assert [(row["check"], row["year"]) for row in found] == [("unit_slip", year) for year in slipped]

    @pytest.mark.parametrize("factor", [10.0, 0.1])
    @pytest.mark.parametrize("slipped", [[2005], [2012], [2009, 2010]])
    def test_a_factor_of_ten_is_a_slip_of_a_year_or_two(
        self, check: Rows, slipped: list[int], factor: float
    ) -> None:
        values = {year: 70e3 + 1e3 * n for n, year in enumerate(range(2003, 2014))}
        values |= {year: values[year] * factor for year in slipped}
        found = check(*series(values))
        assert [(row["check"], row["year"]) for row in found] == [("unit_slip", year) for year in slipped]

    @pytest.mark.parametrize(
        ("values", "slips"),
        [
            # Three years were defined anew, and two neighbours are too few to tell.
            ([70e3, 71e3, 72e3, 720e3, 730e3, 740e3, 75e3, 76e3, 77e3], False),
            ([70e3, 710e3, 72e3], False),
            ([70e3, 710e3, 72e3, 73e3], True),
            # Of a series that begins small, the beginning is growth.
            ([99.0, 1000.0, 1010.0, 1020.0], False),
            ([101.0, 1000.0, 1010.0, 1020.0], True),
        ],
    )
    def test_where_a_factor_of_ten_is_none(self, check: Rows, values: list[float], slips: bool) -> None:
        found = check(*series({2010 + n: value for n, value in enumerate(values)}, ownership="private"))
        assert ("unit_slip" in [row["check"] for row in found]) is slips

    @pytest.mark.parametrize(
        ("value", "said"), [(72e6, "is 1,029 times 70,000"), (7.1e4, ""), (71.0, "is 1/986 of 70,000")]
    )
    def test_how_many_times_is_said_up_and_down(self, check: Rows, value: float, said: str) -> None:
        found = check(*series({2009: 69e3, 2010: 70e3, 2011: 71e3, 2012: value}))
        assert [said in row["message_en"] for row in found if row["check"] == "unit_slip"] == [True] * bool(said)

    def test_a_fraction_among_percentages(self, check: Rows) -> None:
        rate = {"measure": "graduation_exam_pass_rate", "level": "upper_secondary", "unit": "percent"}
        [found] = check(*series({2010: 98.1, 2011: 98.3, 2012: 0.985, 2013: 98.7}, **rate))
        assert (found["year"], "1/100" in found["message_en"]) == (2012, True)

    def test_a_low_percentage_may_change_tenfold(self, check: Rows) -> None:
        rate = {"measure": "classrooms_temporary_share", "level": "preschool", "unit": "percent"}
        assert check(*series({2010: 12.0, 2011: 11.8, 2012: 11.9, 2013: 1.2}, **rate)) == []

    @pytest.mark.parametrize(
        "values",
        [
            {2005: 12.0, 2006: 15.0, 2007: 130.0, 2008: 140.0, 2009: 160.0, 2010: 170.0},  # begins small
            {2005: 70e3, 2006: 71e3, 2007: 72e3, 2008: 720e3, 2009: 730e3, 2010: 740e3},  # defined anew
        ],
    )
    def test_growth_and_another_definition_are_no_slips(self, check: Rows, values: dict[int, float]) -> None:
        assert "unit_slip" not in [row["check"] for row in check(*series(values, ownership="private"))]

    def test_small_counts_may_grow_tenfold(self, check: Rows) -> None:
        counts = series({2017: 2.0, 2018: 2.0, 2019: 2.0, 2020: 20.0}, measure="schools", unit="schools")
        assert "unit_slip" not in [row["check"] for row in check(*counts)]

    def test_an_erratum_that_mends_the_unit_covers_it(self, check: Rows, registry: Registry) -> None:
        erratum = registry.errata["kindergarten_pupils_2015_hai_phong"]
        values = {2011: 70e3, 2012: 72e3, 2013: 74e3, 2014: 76e3, 2015: 83_755.0}
        rows = series(values, level="kindergarten")
        rows[-1] |= {"note": f"[{erratum.id}]"}
        [found] = check(*rows)
        assert (found["check"], found["severity"], found["erratum"]) == ("unit_slip", "note", erratum.id)


CALM = {2005: 100.0, 2006: 101.0, 2007: 103.0, 2008: 104.0, 2009: 104.0, 2010: 106.0}


class TestJumps:
    def test_a_spike_is_reported_once_with_the_rule(self, check: Rows) -> None:
        calm = series(CALM, territory="hai_duong_old")
        [found] = check(*calm, *series({2009: 264.0, 2010: 266.0, 2011: 201.0, 2012: 264.0}))
        assert (found["check"], found["severity"], found["year"]) == ("jump", "warning", 2011)
        assert "266 (2010) → 201 (2011) → 264 (2012)" in found["message_en"]
        assert "is usual in a year" in found["message_en"] and "−24,4" in found["message_vi"]

    def test_a_newest_figure_that_leaves_its_series(self, check: Rows) -> None:
        [found] = check(*series(CALM | {2011: 60.0}), *series(CALM, territory="hai_duong_old"))
        assert (found["year"], found["severity"]) == (2011, "warning")

    def test_a_new_level_is_only_a_note(self, check: Rows) -> None:
        later = {2011: 160.0, 2012: 161.0, 2013: 163.0}
        [found] = check(*series(CALM | later), *series(CALM, territory="hai_duong_old"))
        assert (found["year"], found["severity"]) == (2011, "note")

    def test_a_series_without_any_change_stops_no_other(self, check: Rows) -> None:
        begun = series({2005: 0.0, 2006: 0.0, 2007: 0.0, 2008: 25.0}, territory="quang_ninh")
        calm = series(CALM, territory="hai_duong_old")
        assert [row["year"] for row in check(*begun, *calm, *series(CALM | {2011: 60.0}))] == [2011]

    def test_short_series_are_left_alone(self, check: Rows) -> None:
        calm = series(CALM, territory="hai_duong_old")
        assert check(*calm, *series({2010: 266.0, 2011: 201.0, 2012: 264.0})) == []

    @pytest.mark.parametrize(("newest", "found"), [(19.0, []), (20.0, ["jump"])])
    def test_counts_that_stay_below_twenty_are_left_alone(
        self, check: Rows, newest: float, found: list[str]
    ) -> None:
        calm = series(CALM, territory="hai_duong_old")
        small = series({2007: 10.0, 2008: 10.0, 2009: 10.0, 2010: 10.0, 2011: newest})
        assert [row["check"] for row in check(*calm, *small)] == found

    @pytest.mark.parametrize(("newest", "found"), [(2025, []), (2024, ["jump"])])
    def test_a_break_that_is_known_is_no_jump(self, check: Rows, newest: int, found: list[str]) -> None:
        communes = {"measure": "communes", "level": "all", "unit": "communes"}
        years = dict(
            zip(range(newest - 7, newest), [450.0, 450.0, 451.0, 452.0, 452.0, 453.0, 452.0], strict=True)
        )
        calm = series(dict.fromkeys(range(2010, 2018), 200.0), territory="hai_duong_old", **communes)
        assert [row["check"] for row in check(*calm, *series(years | {newest: 114.0}, **communes))] == found

    def test_four_points_are_a_series(self, check: Rows) -> None:
        calm = series(CALM, territory="hai_duong_old")
        [found] = check(*calm, *series({2009: 264.0, 2010: 266.0, 2011: 264.0, 2012: 201.0}))
        assert (found["check"], found["year"]) == ("jump", 2012)


class TestSigns:
    def test_a_count_below_zero(self, check: Rows) -> None:
        [found] = check({"value": -4.0})
        assert (found["check"], found["severity"], found["cell"]) == ("below_zero", "error", "B2")
        assert "−4" in found["message_vi"] and "B2 (a.csv)" in found["what_en"]

    @pytest.mark.parametrize("year", [2008, 2010])
    def test_a_zero_beside_large_figures(self, check: Rows, year: int) -> None:
        [found] = check(*series(CALM | {year: 0.0}))
        assert (found["check"], found["year"]) == ("zero", year)
        assert "→ 0 (" in found["message_vi"] + found["message_en"]

    def test_what_begins_ends_or_is_small_may_be_zero(self, check: Rows) -> None:
        assert check(*series({2005: 0.0} | {y: v for y, v in CALM.items() if y > 2005})) == []
        assert check(*series(CALM | {2009: 0.0, 2010: 0.0})) == []
        assert check(*series({2005: 3.0, 2006: 0.0, 2007: 2.0})) == []

    def test_pupils_without_a_class(self, check: Rows) -> None:
        [found] = check({"value": 3000.0}, {"measure": "classes", "unit": "classes", "value": 0.0})
        assert "3,000 / 0 = ∞" in found["message_en"]
        assert check({"value": 0.0}, {"measure": "classes", "unit": "classes", "value": 0.0}) == []


class TestTwice:
    def test_one_figure_twice_in_a_file(self, check: Rows) -> None:
        [found] = check({"value": 100.0}, {"value": 101.0})
        assert (found["check"], found["severity"], found["cell"]) == ("duplicate", "error", "B3")
        assert "100 in B2 (a.csv) and 101 in B3 (a.csv) (off by 1)" in found["message_en"]

    def test_the_same_value_or_a_rounding_of_it_is_fine(self, check: Rows) -> None:
        assert check({"value": 68_876.0}, {"value": 68_876.0}, {"value": 69e3, "step": 1e3, "file": "b.csv"}) == []

    def test_two_tables_of_one_edition(self, check: Rows) -> None:
        [found] = check({"value": 100.0}, {"value": 101.0, "file": "b.csv"})
        assert (found["check"], found["severity"]) == ("two_counts", "warning")

    def test_a_later_edition_is_a_revision_and_no_finding(self, check: Rows) -> None:
        assert (
            check({"value": 100.0, "current": False}, {"value": 101.0, "file": "b.csv", "edition": "2022"}) == []
        )

    def test_two_counts_under_two_names(self, check: Rows) -> None:
        lecturers = {"measure": "lecturers_university", "level": "tertiary", "unit": "persons"}
        found = check(lecturers | {"value": 900.0}, lecturers | {"value": 950.0, "detail": "all_degrees"})
        assert [row["check"] for row in found] == ["two_counts"]


class TestTerritories:
    def test_some_provinces_cannot_exceed_the_country(self, check: Rows) -> None:
        [found] = check(
            {"territory": "viet_nam", "value": 199.0},
            {"value": 100.0},
            {"territory": "hai_duong_old", "value": 100.0},
        )
        assert (found["check"], found["severity"], found["territory"]) == ("country", "error", "viet_nam")
        assert "2 units alone make 200" in found["message_en"]

    @pytest.mark.parametrize(
        ("part", "whole"), [({}, {"territory": "viet_nam"}), ({"place": "le_chan"}, {"place": ""})]
    )
    def test_one_alone_cannot_exceed_the_whole(
        self, check: Rows, part: dict[str, Any], whole: dict[str, Any]
    ) -> None:
        [found] = check(whole | {"value": 90.0}, part | {"value": 100.0})
        assert (found["check"], found["cell"]) == ("country", "B2")
        assert "alone has 100" in found["message_en"] and "B3 (a.csv)" in found["what_vi"]

    def test_a_district_that_stands_twice_is_added_once(self, check: Rows) -> None:
        twice = [{"place": "hong_bang", "value": 60.0}] * 2
        assert check({"value": 100.0}, *twice, {"place": "le_chan", "value": 30.0}) == []

    def test_what_else_is_wrong_with_a_slipped_figure_is_not_said(self, check: Rows) -> None:
        """It is both of the slip and of the pair of prints that do not agree; others are said."""
        slipped = series({2010: 70e3, 2011: 71e3, 2012: 72e6})
        twice = {"year": 2012, "value": 73e3, "territory": "hai_duong_old"}
        found = check(
            *(*slipped, {"year": 2012, "value": 71e3, "current": False}),
            *(twice, twice | {"value": 74e3, "current": False}),
        )
        assert sorted((row["check"], row["territory"]) for row in found) == [
            ("duplicate", "hai_duong_old"),
            ("unit_slip", "hai_phong_old"),
        ]

    def test_a_slip_is_not_said_again_by_the_sum_it_spoils(self, check: Rows) -> None:
        country = series({2010: 3e6, 2011: 3e6, 2012: 3e6}, territory="viet_nam")
        found = check(*country, *series({2010: 70e3, 2011: 71e3, 2012: 72e6}))
        assert [row["check"] for row in found] == ["unit_slip"]

    def test_all_provinces_make_the_country(self, check: Rows, registry: Registry) -> None:
        names = [
            t.id for t in registry.territories.values() if t.role in ("part", "province") and t.id != "ha_tay"
        ]
        assert len(names) == 63
        provinces = [{"territory": name, "value": 10.0} for name in names]
        regions = [{"territory": t.id, "value": 70.0} for t in registry.territories.values() if t.role == "region"]
        country = {"territory": "viet_nam"}
        assert check(country | {"value": 630.0}, *provinces, *regions) == []
        assert check(country | {"value": 640.0}, *provinces[:-1]) == []
        [found] = check(country | {"value": 640.0}, *provinces)
        assert "all 63 units make 630, 640 is printed (off by 10)" in found["message_en"]
        assert found["severity"] == "warning"  # schools run by ministries belong to no province

    def test_districts_cannot_exceed_their_province(self, check: Rows) -> None:
        districts = [{"place": "hong_bang", "value": 60.0}, {"place": "le_chan", "value": 60.0}]
        school = {"place": "haiphong_university", "value": 60.0}
        assert [row["check"] for row in check({"value": 110.0}, *districts)] == ["country"]
        assert check({"value": 130.0}, *districts, school) == []


class TestTable:
    def test_the_columns_stand_even_when_nothing_is_found(
        self, make_observations: Callable[..., pl.DataFrame], registry: Registry
    ) -> None:
        assert find_breaches(make_observations(), registry).findings.schema == pl.Schema(FINDINGS)

    def test_bounds_and_derived_figures_are_left_out(self, check: Rows) -> None:
        assert (
            check({"value": 100.0}, {"value": 101.0, "qualifier": ">"}, {"value": 9.0, "status": "derived"}) == []
        )

    def test_an_erratum_that_flags_a_cell_covers_the_sum(self, check: Rows, registry: Registry) -> None:
        erratum = registry.errata["preschool_classes_2014_hai_phong"]
        [found] = check(
            CLASSES | {"value": 3466.0, "note": f"[{erratum.id}]"},
            CLASSES | {"value": 2696.0, "ownership": "public"},
            CLASSES | {"value": 870.0, "ownership": "private"},
        )
        assert (found["severity"], found["erratum"]) == ("note", erratum.id)
        assert erratum.id in found["what_vi"]

    def test_errors_come_first(self, check: Rows) -> None:
        twice = [{"value": value, "year": 2019, "file": "b.csv"} for value in (100.0, 101.0)]
        found = check({"value": 30_000.0}, {"measure": "classes", "value": 100.0, "unit": "classes"}, *twice)
        assert [(row["severity"], row["file"]) for row in found] == [("error", "b.csv"), ("warning", "a.csv")]

    @pytest.mark.parametrize(
        "check_id",
        [
            "sum",
            "digit_swap",
            "at_most",
            "country",
            "unit_slip",
            "jump",
            "ratio",
            "duplicate",
            "two_counts",
            "error",
        ],
    )
    def test_every_check_has_a_name(self, check_id: str) -> None:
        assert say(f"{check_id}_name", "vi") != say(f"{check_id}_name", "en")


@st.composite
def consistent_tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Pupils by level, ownership and sex that add up, in any order, some of them printed twice."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for level in ("primary", "lower_secondary", "upper_secondary"):
        for ownership, sex in product(("public", "private"), ("male", "female")):
            value = draw(st.integers(0, 10**7))
            for key in product((level, "general"), (ownership, "all"), (sex, "both")):
                totals[key] += value
    rows = [
        {"level": level, "ownership": ownership, "sex": sex, "value": float(value)}
        for (level, ownership, sex), value in totals.items()
        for _ in range(draw(st.integers(1, 2)))
    ]
    return draw(st.permutations(rows))


@settings(max_examples=25, deadline=None)
@given(rows=consistent_tables())
def test_a_consistent_table_gives_no_finding(
    rows: list[dict[str, Any]], make_observations: Callable[..., pl.DataFrame]
) -> None:
    placed = [row | {"cell": f"B{n}"} for n, row in enumerate(rows)]
    found = find_breaches(make_observations(*placed), load_registry()).findings
    assert set(found["check"]) <= {"ratio"}  # a random table may well have few girls


@settings(max_examples=25, deadline=None)
@given(rows=consistent_tables(), data=st.data(), error=st.integers(1, 10**6))
def test_one_wrong_figure_of_a_consistent_table_is_found(
    rows: list[dict[str, Any]], data: st.DataObject, error: int, make_observations: Callable[..., pl.DataFrame]
) -> None:
    wrong = data.draw(st.sampled_from(range(len(rows))))
    placed = [row | {"cell": f"B{n}"} for n, row in enumerate(rows)]
    placed[wrong]["value"] += error
    found = find_breaches(make_observations(*placed), load_registry()).findings
    named = [r for r in found.to_dicts() if f"B{wrong}" in re.findall(r"B\d+", r["message_en"] + r["what_en"])]
    assert {"sum", "digit_swap", "duplicate", "at_most"} & {row["check"] for row in named}


class TestMerger:
    """A merged territory and the sum of its parts, wherever they stand."""

    PARTS = (
        {"territory": "hai_phong_old", "value": 100.0, "file": "a.csv"},
        {"territory": "hai_duong_old", "value": 120.0, "file": "b.csv"},
    )

    def test_a_difference_is_told_and_both_stand(self, check: Rows) -> None:
        (found,) = check({"territory": "hai_phong", "value": 250.0, "file": "form.xlsx"}, *self.PARTS)
        assert (found["check"], found["severity"], found["territory"]) == ("merger", "warning", "hai_phong")
        assert "= 220" in found["message_vi"] and "250" in found["message_vi"] and "30" in found["message_vi"]
        assert "a.csv" in found["what_en"] and "b.csv" in found["what_en"]

    @pytest.mark.parametrize("parts", [PARTS, PARTS[:1]])
    def test_what_agrees_or_lacks_a_part_is_left_alone(
        self, check: Rows, parts: tuple[dict[str, Any], ...]
    ) -> None:
        value = 220.0 if len(parts) == 2 else 250.0
        assert not check({"territory": "hai_phong", "value": value, "file": "form.xlsx"}, *parts)

    def test_all_that_one_file_has_a_part_in_is_found_though_the_rest_is_passed_over(
        self, make_observations: Callable[..., pl.DataFrame], registry: Registry
    ) -> None:
        """The change that is usual is told by all territories, and a sum is that of the parts in other files."""
        elsewhere = [
            one
            for name in ("ha_noi", "nam_dinh", "thai_binh")
            for one in series({year: 1000.0 + year for year in range(2010, 2016)}, territory=name, file="c.csv")
        ]
        wrong = {"territory": "ha_noi", "file": "c.csv", **CLASSES}
        sums = [wrong | {"value": 5.0}, wrong | {"value": 9.0, "ownership": "public"}]
        years = {2010: 100.0, 2011: 101.0, 2012: 102.0, 2013: 250.0, 2014: 103.0}
        own = series(years, territory="hai_phong_old", file="form.xlsx")
        city = [part | {"year": 2014} for part in self.PARTS[1:]] + [
            {"territory": "hai_phong", "value": 1.0, "year": 2014}
        ]
        table = make_observations(*own, *city, *elsewhere, *sums)
        whole, part = (find_breaches(table, registry, about).findings for about in (None, table.head(len(own))))
        assert {"jump", "merger", "at_most"} <= set(whole["check"])
        assert part.equals(whole.filter(pl.col("check") != "at_most"))
