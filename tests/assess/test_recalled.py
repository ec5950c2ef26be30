"""Standings and pupils that are kept are those that would be assessed, to the last bit, and of no other tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from hpedu import store
from hpedu.assess import pupils, recalled
from hpedu.assess.recalled import recall_rows, recall_standings
from hpedu.assess.standing import HORIZON, assess_targets, digest_standings
from hpedu.cache import VARIABLE, locate_cache
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.present.exports import form
from hpedu.present.view import Wording
from hpedu.registry import load_registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import Language
from tests.conftest import copy_project

ASKED = ("hai_phong", 2025, HORIZON)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("recalled") / "project")


@pytest.fixture(autouse=True)
def at_home(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize("territory", ["hai_phong", "hai_duong_old", "viet_nam"])
def test_what_is_kept_is_what_would_be_assessed(territory: str) -> None:
    registry = load_registry()
    assessed = assess_targets(store.territory_values(territory), registry, territory, 2025)
    for _ in ("made", "read"):
        standings = recall_standings(territory, 2025, HORIZON)
        assert list(map(repr, standings)) == list(map(repr, assessed))
    digests = {part: digest for part, (digest, _) in recall_rows("x", territory, 2025, HORIZON).items()}
    assert digests == digest_standings(assessed, 2025, HORIZON)


def _refuse(*_: object) -> str:
    raise AssertionError("assessed again")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    recall_standings(*ASKED)
    monkeypatch.setattr(recalled, "_assess", _refuse)


@pytest.mark.usefixtures("kept")
def test_assessed_once() -> None:
    assert recall_standings(*ASKED)


def _of_other_tables(project: Project) -> object:
    return recall_rows("another digest", *ASKED)


def _damaged(project: Project) -> object:
    for entry in locate_cache(project).iterdir():
        entry.write_bytes(entry.read_bytes().replace(b"met", b"mot"))
    return recall_standings(*ASKED)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("ask", [_of_other_tables, _damaged])
def test_assessed_again(project: Project, ask: Callable[[Project], object]) -> None:
    with pytest.raises(AssertionError, match="assessed again"):
        ask(project)


def test_a_place_without_reports_has_no_standings() -> None:
    assert recall_rows("x", "nowhere", 2025, HORIZON) == {}


SERIES: dict[SeriesRef, dict[int, dict[str, Any]]] = {
    SeriesRef("pupils", "kindergarten"): {
        year: {"value": 900.0 * 1.0371 ** (year - 2010)} for year in range(2010, 2026)
    }
}


def _foresee() -> pl.DataFrame:
    pupils._project.cache_clear()
    return pupils.foresee_pupils(SERIES, load_registry(), until=2030)


def test_pupils_that_are_kept_are_the_same_to_the_last_bit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, read = _foresee(), _foresee()
    for entry in locate_cache(project).iterdir():
        entry.write_bytes(entry.read_bytes()[:-3])
    damaged = _foresee()
    monkeypatch.setenv(VARIABLE, "off")
    without = _foresee()
    assert made.rows() == read.rows() == damaged.rows() == without.rows()
    assert made.schema == read.schema == without.schema and made.height == 5


def test_pupils_of_other_figures_are_others(project: Project) -> None:
    before = _foresee()
    other = {ref: {year: {"value": row["value"] + 1} for year, row in own.items()} for ref, own in SERIES.items()}
    assert not pupils.foresee_pupils(other, load_registry(), until=2030).equals(before)


def test_one_empty_form_serves_both_languages_but_no_other_year(monkeypatch: pytest.MonkeyPatch) -> None:
    def offer(language: Language, year: int) -> list[str]:
        wording = Wording(load_registry(), language, "hai_phong")
        nothing = store.observations().clear()
        drawn = form.offer_forms(
            ["higher"], territory="hai_phong", year=year, observations=nothing, wording=wording
        )
        return re.findall(r"base64,([^\"]+)", drawn.html)

    made = offer("vi", 2025)
    monkeypatch.setattr(form, "_write_workbook", _refuse)
    assert len(made) == 1 and offer("en", 2025) == made
    with pytest.raises(AssertionError, match="assessed again"):
        offer("vi", 2024)
