"""Tasks as they are due: each year, once, at the reviews; one clock for them and for targets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from hpedu.assess.standing import Standing, find_newest_source, has_lapsed
from hpedu.assess.tasks import Occurrence, find_due, list_asked, list_occurrences
from hpedu.ingest import schema
from hpedu.registry import Registry

NOTHING = pl.DataFrame(schema=schema.OBSERVATIONS)
Make = Callable[..., pl.DataFrame]


def occurrences(
    registry: Registry, observations: pl.DataFrame, year: int, as_of: str
) -> dict[str, list[Occurrence]]:
    """The occurrences of each task, seen by a clock."""
    target = registry.targets["national_standard_share_all_levels_2025"]
    clock = Standing(target, "hai_phong", "due", as_of=as_of)
    found: dict[str, list[Occurrence]] = {}
    for one in list_occurrences(registry, observations, [clock], year):
        found.setdefault(one.task.id, []).append(one)
    return found


def report(make: Make, task: str, year: int, value: int = 1) -> pl.DataFrame:
    plan, number = task.split()
    return make(
        {
            "measure": "task_done", "level": "all", "detail": f"{plan}-{number}", "territory": "hai_phong",
            "year": year, "value": value, "note": "12/BC", "edition": f"{year}-12-01",
        }
    )  # fmt: skip


def test_a_yearly_task_done_in_2025_is_open_again_in_2026(registry: Registry, make_observations: Make) -> None:
    done = report(make_observations, "resolution_173_174_plan 7", 2025)
    found = occurrences(registry, done, 2026, "2026-06-30")["resolution_173_174_plan 7"]
    assert [(one.due, one.state) for one in found] == [(date(2025, 12, 31), "done"), (date(2026, 12, 31), "open")]
    assert found[0].document == "12/BC"


def test_the_reviews_have_dates(registry: Registry, make_observations: Make) -> None:
    early = occurrences(registry, NOTHING, 2026, "2026-06-30")["strategy_plan 9"]
    assert [(one.due, one.state) for one in early] == [(date(2030, 12, 31), "open"), (date(2035, 12, 31), "open")]
    done = report(make_observations, "strategy_plan 9", 2029)
    later = occurrences(registry, done, 2036, "2036-06-30")["strategy_plan 9"]
    assert [one.state for one in later] == ["done", "overdue"]


def test_a_report_of_the_year_before_a_review_is_about_it_too(registry: Registry) -> None:
    review = next(task for task in registry.tasks if task.id == "strategy_plan 9")
    years = {year: find_due(review, year) for year in (2026, 2030, 2033, 2034, 2040)}
    assert {year: due.year for year, due in years.items() if due} == {
        2026: 2030,
        2030: 2030,
        2033: 2030,
        2034: 2035,
        2040: 2035,
    }


def test_a_deadline_is_judged_by_the_newest_source_and_not_before(registry: Registry) -> None:
    for as_of, state in (("2025-12-05", "open"), ("2026", "overdue"), ("2026-01-01", "overdue"), ("", "open")):
        [once] = occurrences(registry, NOTHING, 2025, as_of)["strategy_plan 4"]
        assert (once.state, once.late) == (state, state == "overdue")


def test_the_newest_source_does_not_lie_after_the_year_reported_on() -> None:
    editions = pl.DataFrame({"edition": ["2025-12-05", "2027-01-01"]})
    assert find_newest_source(editions, 2025) == "2026-08-31"
    assert find_newest_source(editions, 2027) == "2027-01-01"
    assert find_newest_source(editions.clear(), 2025) == ""


def test_a_task_that_a_target_measures_has_its_state(registry: Registry) -> None:
    target = registry.targets["new_university_attracted_2025"]
    for state, late in (("met", False), ("overdue", True), ("no_data", False)):
        standing = Standing(target, "hai_phong", state, as_of="2026-02-01")
        [one] = [
            one
            for one in list_occurrences(registry, NOTHING, [standing], 2025)
            if one.task.id == "resolution_173_174_plan 6"
        ]
        assert (one.state, one.standing, one.late) == ("measured", standing, late)


def test_a_form_asks_for_what_is_due_and_not_done(registry: Registry, make_observations: Make) -> None:
    def asked(observations: pl.DataFrame, year: int) -> set[str]:
        return {one.task.id for one in list_asked(registry, observations, year)}

    assert "strategy_plan 9" not in asked(NOTHING, 2028)
    assert "strategy_plan 9" in asked(NOTHING, 2029)
    assert "strategy_plan 4" in asked(NOTHING, 2026)
    assert "strategy_plan 4" not in asked(report(make_observations, "strategy_plan 4", 2025), 2026)
    yearly = report(make_observations, "resolution_173_174_plan 7", 2025)
    assert "resolution_173_174_plan 7" in asked(yearly, 2026)


def test_targets_of_districts_lapse_with_them(registry: Registry) -> None:
    lapsing = [target for target in registry.targets.values() if target.lapsed]
    assert [target.number for target in lapsing] == [58, 61, 62]
    assert all(has_lapsed(target, 2025) and not has_lapsed(target, 2024) for target in lapsing)
    assert all(target.kind == "milestone" or target.substitute for target in lapsing)
