"""Where a target stands: state first, no trend from too little, no verdict from a bound or a proxy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from hpedu.assess.standing import Standing, assess_targets
from hpedu.registry import Registry
from hpedu.registry.models import Break, Target, Text
from hpedu.values import VALUES, compute_indicators

Stand = Callable[..., Standing]


@pytest.fixture(scope="session")
def stand(registry: Registry) -> Stand:
    """The standing of one target (50% by 2030, unless changed) from (year, value) points."""

    def run(
        *points: tuple[int, float],
        seen: int = 2025,
        qualifier: str = "",
        named: str = "",
        broken_in: int | None = None,
        most: int | None = None,
        **changes: Any,
    ) -> Standing:
        target = registry.targets["nursery_enrolment_rate"].model_copy(update=changes)
        rows = [
            {
                "indicator": named or target.id,
                "territory": "hai_phong",
                "year": when,
                "value": float(value),
                "unit": target.unit,
                "status": "final",
                "qualifier": qualifier,
                "flags": [],
                "inputs": [],
                "sources": [],
                "edition": "2025",
            }
            for when, value in points
        ]
        words = Text(vi="lý do", en="reason")
        cut = Break(id="cut", indicator=target.id, territory="", year=broken_in or 0, reason=words)
        breaks = {"cut": cut} if broken_in else {}
        bounded = registry.indicators[target.id].model_copy(update={"upper": most})
        indicators = {**registry.indicators, target.id: bounded}
        stub = replace(registry, targets={target.id: target}, breaks=breaks, indicators=indicators)
        [standing] = assess_targets(pl.DataFrame(rows, schema=VALUES, orient="row"), stub, "hai_phong", seen)
        return standing

    return run


class TestStates:
    def test_without_a_figure_nothing_is_said(self, stand: Stand) -> None:
        standing = stand()
        assert standing.state == "no_data"
        # Where nothing is known, nothing is said: neither stale nor broken, no point, no figure.
        assert not (standing.stale or standing.broken or standing.points or standing.projection)
        assert {standing.last, standing.gap, standing.met_since, standing.observed_pace} == {None}
        assert standing.outlook is None and standing.required_pace is None and standing.probability is None
        assert (standing.last, standing.gap, standing.observed_pace, standing.required_pace) == (None,) * 4

    @pytest.mark.parametrize(
        ("points", "state"),
        [
            ([(2025, 40)], "one_point"),
            ([(2024, 39), (2025, 40)], "short"),
            ([(2021, 36), (2022, 40), (2023, 39), (2024, 43), (2025, 44)], "uncertain"),
            ([(2019, 37), (2020, 39), (2021, 41.5), (2022, 43), (2024, 48), (2025, 49.9)], "leaning"),
            ([(2023, 12), (2024, 11), (2025, 10)], "unlikely"),
            ([(2025, 50)], "met"),
            ([(2023, 60), (2024, 55), (2025, 49.9)], "uncertain"),
        ],
    )
    def test_the_state_follows_the_points(self, stand: Stand, points: list[tuple[int, float]], state: str) -> None:
        assert stand(*points).state == state

    def test_all_of_them_have_words(self, stand: Stand, registry: Registry) -> None:
        early = {"value": Decimal(81), "year": 2025, "last_day": date(2025, 12, 31)}
        states = {
            stand().state,
            stand((2025, 40)).state,
            stand((2024, 40), (2025, 17), qualifier="contradicted").state,
            stand((2024, 40), (2025, 40)).state,
            stand(*((year, 20 + 4 * (year - 2018)) for year in range(2018, 2026))).state,
            stand((2021, 36), (2022, 40), (2023, 39), (2024, 43), (2025, 44)).state,
            stand((2023, 1), (2024, 1), (2025, 1)).state,
            stand((2024, 40), (2025, 40), broken_in=2025).state,
            stand((2025, 50)).state,
            stand((2030, 40), seen=2031).state,
            stand((2025, 77), **early).state,
            stand((2025, 77), named="other", **early | {"last_day": date(2024, 12, 31)}).state,
            stand((2024, 77), lapsed=date(2025, 7, 1)).state,
            stand((2025, 101), most=100).state,
            milestone(stand).state,
            milestone(stand, 0).state,
            milestone(stand, 1).state,
        }
        assert states | {"not_judged", "likely"} == set(registry.codes_of("state"))

    def test_more_than_all_children_is_no_success(self, stand: Stand) -> None:
        standing = stand((2023, 98), (2024, 99), (2025, 104.1), most=100)
        assert (standing.state, standing.probability, standing.projection) == ("impossible", None, ())
        assert stand((2025, 100), most=100).state == "met"
        # Nothing is known of a figure below nought either; nought itself is a point like any.
        assert stand((2024, -1), (2025, 1)).state == "one_point"
        assert stand((2024, 0), (2025, 1)).state == "short"

    def test_an_old_figure_leaves_no_more_years_than_there_are(self, stand: Stand) -> None:
        old, fresh = stand((2018, 20), value=Decimal(50)), stand((2025, 20), value=Decimal(50))
        assert (old.years_left, old.required_pace) == (5, 6)
        assert (fresh.years_left, fresh.required_pace) == (5, 6)

    def test_before_the_last_day_nothing_is_missed(self, stand: Stand) -> None:
        early = {"value": Decimal(81), "year": 2025, "last_day": date(2025, 12, 31)}
        assert stand((2025, 77), **early).state == "due"
        assert stand((2025, 81), **early).state == "met"
        assert stand((2025, 77), (2026, 80), seen=2026, **early).state == "missed"

    def test_the_end_of_a_school_year_is_told_by_the_year_it_began_in(self, stand: Stand) -> None:
        points = [(2027, 40), (2028, 41), (2029, 42)]
        assert stand(*points, seen=2029, school_year_end=True).state == "missed"
        assert stand(*points, seen=2029).state != "missed"

    def test_met_lost_and_since_when(self, stand: Stand) -> None:
        met = stand((2021, 45), (2022, 48), (2023, 51), (2024, 52), (2025, 52))
        assert (met.state, met.met_since, met.lost_since) == ("met", 2023, None)
        lost = stand((2021, 45), (2022, 48), (2023, 51), (2024, 49), (2025, 48))
        assert (lost.state, lost.met_since, lost.lost_since) == ("uncertain", None, 2024)

    def test_after_a_break_only_what_came_later_counts(self, stand: Stand) -> None:
        points = [(year, 20 + 4 * (year - 2018)) for year in range(2018, 2026)]
        whole, cut = stand(*points), stand(*points, broken_in=2021)
        assert (whole.state, whole.broken) == ("leaning", False)
        assert (cut.state, cut.broken) == ("uncertain", True)

    @pytest.mark.parametrize(
        ("comparison", "value", "met"),
        [(">=", 50, True), (">", 50, False), (">", 50.001, True), ("<=", 50, True), ("<=", 50.1, False)],
    )
    def test_more_than_is_not_at_least(self, stand: Stand, comparison: str, value: float, met: bool) -> None:
        assert (stand((2025, value), comparison=comparison).state == "met") is met

    def test_48_1_is_not_48_05(self, stand: Stand) -> None:
        standing = stand((2025, 48.04), value=Decimal("48.05"))
        assert standing.state == "one_point"
        assert standing.gap == pytest.approx(0.01)
        assert stand((2025, 48.05), value=Decimal("48.05")).state == "met"

    def test_due_and_not_met(self, stand: Stand) -> None:
        standing = stand((2023, 70), (2024, 74), (2025, 76.98), value=Decimal(81), year=2025)
        assert (standing.state, standing.required_pace) == ("missed", None)
        assert standing.gap == pytest.approx(4.02)
        assert stand((2025, 81), value=Decimal(81), year=2025).state == "met"

    def test_later_values_are_not_yet_known(self, stand: Stand) -> None:
        standing = stand((2023, 30), (2024, 40), (2025, 60), seen=2024)
        assert standing.last is not None
        assert (standing.state, standing.last["year"], standing.points) == ("short", 2024, 2)

    def test_a_bound_is_no_point(self, stand: Stand) -> None:
        assert stand((2025, 76), qualifier=">").state == "no_data"

    def test_a_proxy_gives_no_verdict(self, stand: Stand) -> None:
        assert stand((2025, 99), named="universal_preschool_proxy").state == "no_data"

    @pytest.mark.parametrize(("last", "stale"), [(2025, False), (2022, False), (2021, True)])
    def test_an_old_figure_is_stale(self, stand: Stand, last: int, stale: bool) -> None:
        assert stand((last, 40)).stale is stale


class TestPaces:
    def test_gap_and_both_paces(self, stand: Stand) -> None:
        standing = stand((2021, 30), (2022, 32), (2023, 33), (2025, 40))
        assert standing.gap == 10
        assert standing.required_pace == 10 / 5
        assert standing.observed_pace == 2  # the median of 2, 1 and 7/2

    def test_nothing_more_is_required_once_it_is_met(self, stand: Stand) -> None:
        standing = stand((2025, 55))
        assert (standing.gap, standing.required_pace) == (-5, None)

    def test_a_floor_for_every_year_requires_no_pace(self, stand: Stand) -> None:
        standing = stand((2025, 40), year=None)
        assert (standing.state, standing.gap, standing.required_pace) == ("missed", 10, None)
        assert stand((2025, 50), year=None).state == "met"


def milestone(stand: Stand, *value: float) -> Standing:
    changes = {"kind": "milestone", "comparison": "milestone", "milestone_indicator": "recognised"}
    return stand(*((2025, v) for v in value), named="recognised", **changes)


@pytest.fixture(scope="module")
def standings(tables: Any, registry: Registry) -> list[Standing]:
    """All targets for the merged city, from the real figures."""
    values = compute_indicators(tables.observations, registry)
    return assess_targets(values, registry, "hai_phong", 2025)


class TestRealTargets:
    def test_every_target_has_a_standing_in_the_order_of_the_plans(
        self, standings: list[Standing], registry: Registry
    ) -> None:
        assert [standing.target.id for standing in standings] == list(registry.targets)
        assert {standing.territory for standing in standings} == {"hai_phong"}

    def test_most_targets_have_no_published_figure_and_say_so(self, standings: list[Standing]) -> None:
        unknown = [s for s in standings if s.state in ("no_data", "milestone_unreported")]
        assert len(unknown) > 69 / 2
        assert all(s.last is None and s.gap is None for s in unknown)

    def test_what_is_known_comes_from_the_target_s_own_indicator(self, standings: list[Standing]) -> None:
        for standing in standings:
            if standing.last is not None:
                own: Target = standing.target
                assert standing.last["indicator"] in (own.id, own.milestone_indicator)
                assert standing.last["year"] <= 2025

    def test_the_city_is_no_unesco_learning_city_yet(self, standings: list[Standing]) -> None:
        [standing] = [s for s in standings if s.target.id == "unesco_learning_city_membership"]
        assert standing.state == "milestone_not_reached"


def test_a_country_is_compared_never_judged(tables: Any, registry: Registry) -> None:
    values = compute_indicators(tables.observations, registry)
    standings = assess_targets(values, registry, "viet_nam", 2025)
    assert {standing.state for standing in standings} == {"not_judged"}
    known = {standing.target.id: standing for standing in standings if standing.last}
    assert known["nursery_enrolment_rate"].gap is None


class TestCompany:
    POINTS = ((2019, 37.0), (2020, 39.0), (2021, 41.5), (2022, 43.0), (2023, 45.5), (2024, 48.0), (2025, 49.9))

    def assess(self, registry: Registry, places: list[str], last: int = 2025) -> Standing:
        target = registry.targets["nursery_enrolment_rate"]
        plain = {
            "indicator": target.id,
            "unit": target.unit,
            "status": "final",
            "qualifier": "",
            "edition": "2025",
        }
        rows = [
            plain | {"territory": place, "year": year - 2025 + last, "value": value + number / 10}
            for number, place in enumerate(places)
            for year, value in self.POINTS
        ]
        own = [plain | {"territory": "hai_phong", "year": year, "value": value} for year, value in self.POINTS]
        values = pl.DataFrame([*own, *rows], schema=VALUES, orient="row")
        stub = replace(registry, targets={target.id: target}, breaks={})
        [standing] = assess_targets(values, stub, "hai_phong", 2025)
        return standing

    def test_other_provinces_are_counted_and_not_judged(self, registry: Registry) -> None:
        provinces = [key for key, row in registry.territories.items() if row.role == "province"][:12]
        standing = self.assess(registry, provinces)
        assert (standing.company, standing.has_company, standing.state) == (12, True, "likely")
        assert standing.last is not None and standing.last["territory"] == "hai_phong"

    def test_few_of_them_or_old_ones_are_no_company(self, registry: Registry) -> None:
        provinces = [key for key, row in registry.territories.items() if row.role == "province"]
        assert not self.assess(registry, provinces[:9]).has_company
        assert not self.assess(registry, provinces[:12], last=2018).has_company

    def test_parts_of_the_city_are_no_company(self, registry: Registry) -> None:
        assert self.assess(registry, ["hai_phong_old", "hai_duong_old"]).company == 0
