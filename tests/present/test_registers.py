"""The lists at the end of a report: tasks, and what the plans ask without a number."""

from __future__ import annotations

import pytest

from hpedu.present.registers import list_duties, list_goals, list_tasks
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language, say


@pytest.fixture(params=LANGUAGES)
def wording(request: pytest.FixtureRequest, registry: Registry) -> Wording:
    return Wording(registry, request.param, "hai_phong")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_division_that_has_ended_says_that_its_successor_is_not_known(
    registry: Registry, language: Language
) -> None:
    wording = Wording(registry, language, "hai_phong")
    named = wording.department("inspectorate")
    assert named.startswith(registry.departments["inspectorate"].name.get(language))
    assert ("chưa có nguồn nào" if language == "vi" else "no source says") in named and "2025" in named
    assert named in list_tasks([], wording).plain


def test_duties_say_who_has_them_and_what_could_measure_them(wording: Wording, registry: Registry) -> None:
    lines = list_duties(wording).plain.splitlines()[2:]
    assert len(lines) == len(registry.duties)
    for duty, line in zip(registry.duties, lines, strict=True):
        owner = line.split("\t")[2]
        if duty.departments:
            assert "*" not in owner
        else:
            assert owner.endswith(" *") if duty.subject else owner == say("no_bearer", wording.language)
    measured = [duty for duty in registry.duties if duty.measure]
    assert 0 < len(measured) < len(registry.duties)
    assert sum(say("no_measure", wording.language) in line for line in lines) == len(registry.duties) - len(
        measured
    )


def test_no_english_stands_in_a_vietnamese_list(registry: Registry) -> None:
    wording = Wording(registry, "vi", "hai_phong")
    for listed in (list_goals(wording), list_duties(wording)):
        assert "annex" not in listed.plain and "phụ lục (hàng" in listed.plain
