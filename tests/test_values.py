"""Observations to indicator values: sums before ratios, nothing where a part is missing, inputs by cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.derive import derive_merged
from hpedu.registry import Registry, Text
from hpedu.registry.models import Indicator
from hpedu.values import SCHOOL_LIST, VALUES, compute_indicators, find_refused

Make = Callable[..., pl.DataFrame]
TEXT = Text(vi="v", en="e")
CLASSES = {"measure": "classes", "unit": "classes"}


def indicator(**changes: Any) -> Indicator:
    plain: dict[str, Any] = {
        "id": "primary_pupils_per_class",
        "group": "general",
        "level": "primary",
        "role": "context",
        "name": TEXT,
        "unit": "pupils_per_class",
        "decimals": 1,
        "numerator": "pupils/primary",
        "denominator": "classes/primary",
        "direction": "down",
        "definition": TEXT,
        "legal_source": TEXT,
    }
    return Indicator(**(plain | changes))


@pytest.fixture(scope="session")
def compute(make_observations: Make, registry: Registry) -> Callable[..., list[dict[str, Any]]]:
    """Values of one indicator from rows of observations."""

    def run(*rows: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
        one = indicator(**changes)
        book = replace(registry, indicators={one.id: one})
        return compute_indicators(make_observations(*rows), book).to_dicts()

    return run


Compute = Callable[..., list[dict[str, Any]]]


class TestAgreement:
    ROWS = ({"value": 900.0, "file": "a.csv"}, CLASSES | {"value": 24.0, "file": "b.csv"})

    @pytest.fixture
    def count(self, make_observations: Make) -> Callable[..., int]:
        """How many values come of these rows, read from files of these origins."""

        def run(origins: dict[str, str], *changes: dict[str, Any], **fields: Any) -> int:
            one = indicator(**fields)
            book: Any = SimpleNamespace(indicators={one.id: one})
            rows = [row | change for row, change in zip(self.ROWS, changes or ({}, {}), strict=True)]
            return compute_indicators(make_observations(*rows), book, origins).height

        return run

    def test_both_sides_are_of_one_origin(self, count: Callable[..., int]) -> None:
        assert count({"a.csv": "office", "b.csv": "office"}) == 1
        assert count({"a.csv": SCHOOL_LIST, "b.csv": "office"}) == 0
        assert count({"a.csv": "office", "b.csv": "newspaper"}) == 0

    def test_but_where_the_registry_says_so(self, count: Callable[..., int]) -> None:
        assert count({"a.csv": SCHOOL_LIST, "b.csv": "office"}, crosses=True) == 1

    def test_and_where_a_book_showed_the_published_figure_beside_it(self, count: Callable[..., int]) -> None:
        origins = {"a.csv": "department", "b.csv": "office"}
        assert count(origins, {"flags": ["beside_known"]}, {}) == 1
        assert count(origins, {}, {"flags": ["beside_known"]}) == 1

    @pytest.mark.parametrize("flag", ["incomplete", "partial_list"])
    def test_both_sides_are_of_one_coverage(self, count: Callable[..., int], flag: str) -> None:
        assert count({}, {"flags": [flag]}, {}) == count({}, {}, {"flags": [flag]}) == 0
        assert count({}, {"flags": [flag]}, {}, crosses=True) == 0
        assert count({}, {"flags": [flag]}, {"flags": [flag]}) == 1

    @pytest.mark.parametrize(
        ("origins", "flags", "why"),
        [
            ({"a.csv": SCHOOL_LIST, "b.csv": "office"}, [], "“List of schools” and the denominator from “office”"),
            ({}, ["incomplete"], "lacks some schools"),
            ({"a.csv": "office", "b.csv": "office"}, [], ""),
        ],
    )
    def test_what_is_refused_is_named_with_the_reason(
        self, make_observations: Make, registry: Registry, origins: dict[str, str], flags: list[str], why: str
    ) -> None:
        one = indicator()
        book: Any = SimpleNamespace(
            indicators={one.id: one}, measures=registry.measures, territories=registry.territories
        )
        observations = make_observations(self.ROWS[0] | {"flags": flags}, self.ROWS[1])
        values = compute_indicators(observations, book, origins)
        refused = find_refused(observations, book, origins, values)
        assert values.height + refused.height == 1
        assert all(why in text and "a.csv" in text and "b.csv" in text for text in refused["message_en"])
        assert refused.height == bool(why)

    @pytest.mark.parametrize(("measure", "year"), [("pupils", "2020-21"), ("universities", "2020")])
    def test_what_is_counted_by_calendar_years_is_refused_by_them(
        self, make_observations: Make, registry: Registry, measure: str, year: str
    ) -> None:
        one = indicator(numerator=f"{measure}/primary")
        book = replace(registry, indicators={one.id: one})
        observations = make_observations(self.ROWS[0] | {"measure": measure}, self.ROWS[1])
        origins = {"a.csv": "one", "b.csv": "other"}
        [said] = find_refused(
            observations, book, origins, compute_indicators(observations, book, origins)
        ).to_dicts()
        assert re.search(rf"\b{year}(?![-\d])", said["message_en"]), said["message_en"]


class TestRatios:
    def test_a_ratio_with_everything_that_leads_back_to_the_cells(self, compute: Compute) -> None:
        [row] = compute(
            {"value": 900.0, "file": "a.csv", "cell": "B2", "source": "a", "edition": "2019"},
            CLASSES | {"value": 24.0, "file": "b.csv", "cell": "C7", "source": "b", "edition": "2022"},
        )
        assert row == {
            "indicator": "primary_pupils_per_class",
            "territory": "hai_phong_old",
            "year": 2020,
            "value": 37.5,
            "unit": "pupils_per_class",
            "status": "final",
            "qualifier": "",
            "flags": [],
            "numerator": 900.0,
            "denominator": 24.0,
            "inputs": ["a.csv!B2", "b.csv!C7"],
            "sources": ["a", "b"],
            "edition": "2022",
            "readings": None,
        }

    def test_sums_of_series_and_scale(self, compute: Compute) -> None:
        rows = [
            {"value": 30.0, "ownership": "private"},
            {"value": 100.0},
            {"value": 20.0, "level": "lower_secondary", "ownership": "private"},
            {"value": 100.0, "level": "lower_secondary"},
        ]
        [row] = compute(
            *rows,
            numerator="pupils/primary/ownership=private + pupils/lower_secondary/ownership=private",
            denominator="pupils/primary + pupils/lower_secondary",
            scale=Decimal(100),
        )
        assert (row["value"], row["numerator"], row["denominator"]) == (25.0, 50.0, 200.0)
        assert len(row["inputs"]) == 4

    def test_the_merged_city_s_ratio_is_of_its_sums_never_an_average(
        self, make_observations: Make, registry: Registry
    ) -> None:
        parts = make_observations(
            {"value": 1000.0},
            CLASSES | {"value": 20.0},
            {"value": 100.0, "territory": "hai_duong_old"},
            CLASSES | {"value": 5.0, "territory": "hai_duong_old"},
        )
        observations = pl.concat([parts, derive_merged(parts, registry)])
        values = compute_indicators(observations, registry).filter(indicator="primary_pupils_per_class")
        by_territory = {row["territory"]: row for row in values.to_dicts()}
        assert by_territory["hai_phong"]["value"] == 1100 / 25
        assert by_territory["hai_phong"]["value"] != (1000 / 20 + 100 / 5) / 2
        assert by_territory["hai_phong"]["status"] == "derived"

    def test_values_never_mix_years_or_territories(self, compute: Compute) -> None:
        assert compute({}, CLASSES | {"year": 2021}) == []
        assert compute({}, CLASSES | {"territory": "viet_nam"}) == []

    @pytest.mark.parametrize("change", [{"place": "hong_bang"}, {"current": False}], ids=["place", "replaced"])
    def test_districts_and_replaced_values_are_no_inputs(self, compute: Compute, change: dict[str, Any]) -> None:
        assert compute({}, CLASSES | change) == []

    def test_a_sum_with_a_missing_term_is_missing_never_smaller(self, compute: Compute) -> None:
        formula = {"numerator": "pupils/primary + pupils/lower_secondary", "denominator": ""}
        assert compute({}, **formula) == []

    def test_nothing_is_divided_by_none(self, compute: Compute) -> None:
        assert compute({}, CLASSES | {"value": 0.0}) == []

    def test_none_of_something_is_zero(self, compute: Compute) -> None:
        [row] = compute({"value": 0.0}, CLASSES | {"value": 4.0})
        assert (row["value"], row["numerator"]) == (0.0, 0.0)

    @pytest.mark.parametrize(
        ("statuses", "softest"),
        [
            (("final", "preliminary"), "preliminary"),
            (("derived", "final"), "derived"),
            (("derived", "estimated"), "estimated"),
            (("projected", "estimated"), "projected"),
            (("synthetic", "projected"), "synthetic"),
        ],
    )
    def test_a_value_is_as_soft_as_its_softest_input(
        self, compute: Compute, statuses: tuple[str, str], softest: str
    ) -> None:
        [row] = compute({"status": statuses[0]}, CLASSES | {"status": statuses[1]})
        assert row["status"] == softest

    def test_flags_of_all_inputs_are_carried_once(self, compute: Compute) -> None:
        [row] = compute({"flags": ["erratum_scale"]}, CLASSES | {"flags": ["erratum_scale", "outlier"]})
        assert row["flags"] == ["erratum_scale", "outlier"]

    @given(st.integers(0, 10**7), st.integers(1, 10**6))
    def test_the_ratio_is_that_of_the_two_counts(self, compute: Compute, pupils: int, classes: int) -> None:
        [row] = compute({"value": float(pupils)}, CLASSES | {"value": float(classes)})
        assert row["value"] == pytest.approx(pupils / classes, rel=1e-12)


class TestBounds:
    def test_a_bound_never_enters_a_formula(self, compute: Compute) -> None:
        assert compute({"qualifier": ">"}, CLASSES) == []
        assert compute({}, CLASSES | {"qualifier": "about"}) == []

    def test_a_bound_that_is_the_figure_keeps_its_qualifier(self, compute: Compute) -> None:
        [row] = compute({"value": 76.0, "qualifier": ">"}, denominator="")
        assert (row["value"], row["qualifier"]) == (76.0, ">")


RATE = {"measure": "national_standard_share", "level": "primary", "unit": "percent", "value": 80.0}
FORMULA = {"published": "national_standard_share/primary"}


class TestPublishedRates:
    def test_the_published_rate_stands_in_where_counts_are_missing(self, compute: Compute) -> None:
        [row] = compute({}, RATE, **FORMULA)
        assert (row["value"], row["numerator"], row["denominator"]) == (80.0, None, None)
        assert row["inputs"] == ["a.csv!B2"]

    def test_counts_go_before_the_published_rate(self, compute: Compute) -> None:
        [row] = compute({"value": 90.0}, CLASSES | {"value": 100.0}, RATE, **FORMULA)
        assert row["value"] == 0.9

    def test_each_year_on_its_own(self, compute: Compute) -> None:
        rows = compute({"value": 90.0}, CLASSES | {"value": 100.0}, RATE | {"year": 2021}, **FORMULA)
        assert [(row["year"], row["value"]) for row in rows] == [(2020, 0.9), (2021, 80.0)]


class TestPlausible:
    def test_a_value_above_the_limit_is_flagged_and_stays(self, compute: Compute) -> None:
        rows = [{"value": 106.0}, CLASSES | {"value": 1.0}, {"value": 105.0, "year": 2021}]
        found = compute(*rows, CLASSES | {"value": 1.0, "year": 2021}, flag_above=Decimal(105))
        assert [(row["value"], row["flags"]) for row in found] == [(106.0, ["above_plausible"]), (105.0, [])]


@pytest.fixture(scope="module")
def values(tables: Any, registry: Registry) -> pl.DataFrame:
    """All values of the real figures."""
    return compute_indicators(tables.observations, registry)


class TestRealFigures:
    def test_the_schema_holds_and_each_value_stands_once(self, values: pl.DataFrame) -> None:
        assert dict(values.schema) == VALUES
        assert not values.select("indicator", "territory", "year").is_duplicated().any()

    def test_shares_computed_from_counts_are_shares(self, values: pl.DataFrame, registry: Registry) -> None:
        """Ratios on the projected population may pass 105%: those are flagged, and judge nothing."""
        computed = values.filter(pl.col("unit") == "percent", pl.col("denominator").is_not_null())
        assert computed.height > 100
        assert computed.filter(pl.col("value") < 0).is_empty()
        above = computed.filter(pl.col("value") > 105)
        assert above.height > 0
        for row in above.to_dicts():
            assert registry.indicators[row["indicator"]].role != "target", row
            assert {"above_plausible", "projected_base"} <= set(row["flags"]), row

    def test_no_target_is_judged_by_an_estimate_or_a_projection(
        self, values: pl.DataFrame, registry: Registry
    ) -> None:
        soft = values.filter(pl.col("status").is_in(["estimated", "projected"]))
        assert soft.height > 0
        judged = {id for id in soft["indicator"].unique() if registry.indicators[id].role == "target"}
        assert judged == set()

    def test_ratios_of_the_merged_city_lie_between_those_of_its_parts(self, values: pl.DataFrame) -> None:
        ratios = values.filter(pl.col("denominator").is_not_null(), pl.col("status") == "derived")
        keys = ["indicator", "year"]
        parts = (
            values.filter(pl.col("territory").is_in(["hai_phong_old", "hai_duong_old"]))
            .group_by(keys)
            .agg(low=pl.col("value").min(), high=pl.col("value").max(), parts=pl.len())
            .filter(pl.col("parts") == 2)
        )
        both = ratios.join(parts, on=keys)
        assert both.height > 100
        outside = both.filter((pl.col("value") < pl.col("low") - 1e-9) | (pl.col("value") > pl.col("high") + 1e-9))
        assert outside.is_empty(), outside

    def test_class_size_of_the_merged_city_by_hand(self, values: pl.DataFrame) -> None:
        """2021, lower secondary: 252,104 pupils over the sum of both provinces' classes."""
        [row] = values.filter(
            indicator="lower_secondary_pupils_per_class", territory="hai_phong", year=2021
        ).to_dicts()
        assert row["numerator"] == 252104
        assert row["value"] == pytest.approx(252104 / row["denominator"])
        assert row["status"] == "derived"
        assert len(row["inputs"]) == 2


class TestContradicted:
    def test_a_rate_from_a_contradicted_count_is_marked_and_no_other(self, compute: Any) -> None:
        out = {"flags": ["contradicted"], "current": False}
        pupils = [{}, {"year": 2021, "value": 70.0}]
        rows = compute(*pupils, CLASSES, CLASSES | {"year": 2021} | out)
        assert [(row["year"], row["qualifier"]) for row in rows] == [(2020, ""), (2021, "contradicted")]
        assert [row["readings"] for row in rows] == [None, [0.7]]

    def test_an_edition_in_use_goes_before_it(self, compute: Any) -> None:
        out = {"flags": ["contradicted"], "current": False, "value": 9999.0}
        [row] = compute({}, CLASSES, CLASSES | out)
        assert (row["qualifier"], row["denominator"]) == ("", 100.0)
