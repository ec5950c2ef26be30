"""The relations of the registry: what they match, and that a broken one is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hpedu.errors import RegistryError
from hpedu.ingest.checks import find_breaches
from hpedu.ingest.checks.figures import Figures, find_matches, read_patterns
from hpedu.registry import Registry
from hpedu.registry.load import HOME, read_registry


def test_a_dimension_no_term_names_is_free(registry: Registry) -> None:
    whole, parts, optional = read_patterns(
        registry.relations["ownership"], registry.relations["ownership"].parts[0]
    )
    assert whole == (None, None, "all", None, None)
    assert parts == [(None, None, "public", None, None), (None, None, "private", None, None)]
    assert optional == []


def test_a_detail_that_is_named_is_fixed(registry: Registry) -> None:
    whole, parts, _ = read_patterns(registry.relations["residence"], registry.relations["residence"].parts[0])
    assert whole == ("population_average", "population", None, None, "")
    assert [part[4] for part in parts] == ["urban", "rural"]


def test_a_pattern_matches_what_has_all_its_codes(
    make_observations: Callable[..., pl.DataFrame], registry: Registry
) -> None:
    rows = [{"sex": sex, "ownership": ownership} for sex in ("both", "male") for ownership in ("all", "public")]
    figures = Figures(make_observations(*rows), registry)
    found = figures.matching(("pupils", None, "public", "male", None))
    assert [(figure.key[2], figure.key[3]) for figure in found] == [("public", "male")]
    assert len(list(figures.matching((None,) * 5))) == len(rows)


@pytest.mark.parametrize(("girls", "found"), [(9000.0, []), (10_000.0, ["at_most"])])
def test_a_part_may_exceed_its_whole_by_half_a_step_of_each(
    make_observations: Callable[..., pl.DataFrame], registry: Registry, girls: float, found: list[str]
) -> None:
    rows = make_observations({"value": 8000.0, "step": 1e3}, {"value": girls, "step": 1e3, "sex": "female"})
    assert [check for check in find_breaches(rows, registry).findings["check"] if check != "ratio"] == found


def test_rates_are_never_added(make_observations: Callable[..., pl.DataFrame], registry: Registry) -> None:
    rate = {"measure": "attendance_rate", "unit": "percent"}
    rows = [rate | {"sex": sex, "value": 50.0} for sex in ("both", "male", "female")]
    assert list(find_matches(Figures(make_observations(*rows), registry), "sum", ("file",))) == []


def test_a_part_is_taken_from_the_same_place_and_year_only(
    make_observations: Callable[..., pl.DataFrame], registry: Registry
) -> None:
    rows = [
        {"value": 3.0},
        {"sex": "male", "year": 2019},
        {"sex": "female"},
        {"sex": "male", "place": "le_chan"},
        {"sex": "male", "territory": "viet_nam"},
    ]
    assert list(find_matches(Figures(make_observations(*rows), registry), "sum", ("file", "release"))) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("classes/primary +", "classes/primry +", "no such level (found: primry)"),
        (",nursery,,,3,40,", ",nursry,,,3,40,", "no such level (found: nursry)"),
        (",0.35,0.65,", ",,,", "bounds belong to the kind `ratio_bounds`"),
        (",2025,,,,34,", ",2025,,,,,", "a number of provinces belongs to the kind `country`"),
        ("*/*/sex=male + ", "*/*/sex=men + ", "no such sex (found: men)"),
        ("schools/*,schools_national_standard/*", "schools/*,schools_standard/*", "no such measure"),
        ("lecturers_phd/tertiary", "lecturers_phd tertiary", "is not of the form"),
    ],
)
def test_a_broken_relation_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    home = tmp_path / "registry"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = home / "relations.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegistryError, match=r"relations\.csv") as caught:
        read_registry(home)
    assert message in str(caught.value)
