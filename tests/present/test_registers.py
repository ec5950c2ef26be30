"""The lists at the end of a report: tasks, and what the plans ask without a number."""

from __future__ import annotations

import polars as pl
import pytest

from hpedu.assess.standing import Standing
from hpedu.assess.tasks import Occurrence
from hpedu.ingest.schema import OBSERVATIONS
from hpedu.present.registers import count_owed, list_duties, list_goals, list_missing, list_tasks
from hpedu.present.view import Wording
from hpedu.registry import Registry, load_registry
from hpedu.texts import LANGUAGES, Language, say


@pytest.fixture(params=LANGUAGES)
def wording(request: pytest.FixtureRequest, registry: Registry) -> Wording:
    return Wording(registry, request.param, "hai_phong")


NOTHING = pl.DataFrame(schema=OBSERVATIONS)


def blank(registry: Registry) -> list[Standing]:
    """All targets without a figure; those of districts have lapsed."""
    return [
        Standing(target, "hai_phong", "lapsed" if target.substitute else "no_data")
        for target in registry.targets.values()
    ]


def test_a_stated_and_an_inferred_owner_never_share_a_count(wording: Wording, registry: Registry) -> None:
    counts = wording.count_owners(list(registry.targets.values()))
    lines = count_owed(blank(registry), wording).plain.splitlines()[2:]
    assert [line.split("\t")[0] for line in lines] == [wording.department(name) for name in counts]
    numbers = [[int(cell) for cell in line.split("\t")[1:]] for line in lines]
    assert numbers == sorted(numbers, reverse=True)
    stated = sum(len(t.departments) for t in registry.targets.values() if t.department_basis == "stated")
    # The two targets that have lapsed are owed by nobody.
    assert sum(row[0] for row in numbers) == stated - 2
    assert [row[2] for row in numbers].count(1) == 3 == sum(row[2] for row in numbers)


def test_an_inferred_owner_is_marked_and_a_lapsed_target_is_not_missing(
    wording: Wording, registry: Registry
) -> None:
    plain = list_missing(blank(registry), wording).plain
    assert registry.targets["district_learning_community_share"].name.get(wording.language) not in plain
    rows = {line.split("\t")[0]: line for line in plain.splitlines()}
    for target in registry.targets.values():
        if not target.substitute:
            assert (" *\t" in rows[str(target.number)]) == (target.department_basis != "stated"), target.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_division_that_has_ended_says_that_its_successor_is_not_known(
    registry: Registry, language: Language
) -> None:
    wording = Wording(registry, language, "hai_phong")
    named = wording.department("inspectorate")
    assert named.startswith(registry.departments["inspectorate"].name.get(language))
    assert ("chưa có nguồn nào" if language == "vi" else "no source says") in named and "2025" in named
    occurrences = [Occurrence(task, None, "roadmap") for task in registry.tasks]
    assert named in list_tasks(occurrences, wording).plain


def test_duties_say_who_has_them_and_what_could_measure_them(wording: Wording, registry: Registry) -> None:
    lines = list_duties(wording, NOTHING).plain.splitlines()[2:]
    assert len(lines) == len(registry.duties)
    for duty, line in zip(registry.duties.values(), lines, strict=True):
        owner = line.split("\t")[2]
        if duty.departments:
            assert "*" not in owner
        else:
            assert owner.endswith(" *") if duty.subject else owner == say("no_bearer", wording.language)
    measured = [duty for duty in registry.duties.values() if duty.measure]
    assert 0 < len(measured) < len(registry.duties)
    assert sum(say("no_measure", wording.language) in line for line in lines) == len(registry.duties) - len(
        measured
    )


def test_no_english_stands_in_a_vietnamese_list(registry: Registry) -> None:
    wording = Wording(registry, "vi", "hai_phong")
    for listed in (list_goals(wording), list_duties(wording, NOTHING)):
        assert "annex" not in listed.plain and "phụ lục (hàng" in listed.plain


def test_the_last_report_on_a_duty_is_said_with_its_document() -> None:
    wording = Wording(load_registry(), "vi", "hai_phong")
    rows = [
        {"measure": "duty_done", "detail": "publication", "year": 2025, "value": 0.0, "note": ""},
        {"measure": "duty_done", "detail": "publication", "year": 2026, "value": 1.0, "note": "5/BC; bao_cao.pdf"},
    ]
    listed = list_duties(wording, pl.DataFrame(rows, schema=OBSERVATIONS)).plain
    assert "báo cáo năm 2026: hoàn thành (5/BC; bao_cao.pdf)" in listed and "báo cáo năm 2025" not in listed
