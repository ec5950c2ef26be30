"""Rows that are fine one by one and wrong together."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hpedu.errors import RegistryError
from hpedu.registry import Registry
from hpedu.registry.check import FORMULAS, cross_check, name_fields
from hpedu.registry.load import FILES, HOME, read_registry
from hpedu.texts import has_text


@pytest.fixture
def problems_after(tmp_path: Path) -> Callable[..., list[str]]:
    """Replaces texts in a copy of the registry and lists what is then wrong."""
    home = tmp_path / "registry"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))

    def change(*changes: tuple[str, str, str]) -> list[str]:
        for file, old, new in changes:
            text = (home / file).read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r} to break"
            (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(RegistryError) as caught:
            read_registry(home)
        return [re.sub(r"line \d+", "line #", str(problem)) for problem in caught.value.problems]

    return change


def test_nothing_is_wrong_with_ours(registry: Registry) -> None:
    assert cross_check(registry) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "measures.csv",
            "pupils,persons",
            "pupils,heads",
            "measures.csv: line # unit: no such unit (found: heads)",
        ),
        (
            "territories.csv",
            "hai_phong_old|hai_duong_old",
            "hai_phong_old|hai_dong_old",
            "territories.csv: line # parts: no such territory (found: hai_dong_old)",
        ),
        (
            "territory_names.csv",
            "VNM,viet_nam",
            "VNM,vietnam",
            "territory_names.csv: line # territory: no such territory (found: vietnam)",
        ),
        (
            "places.csv",
            "hong_bang,hai_phong_old",
            "hong_bang,haiphong",
            "places.csv: line # territory: no such territory (found: haiphong)",
        ),
        (
            "codes.csv",
            "sex,male,3,Nam,Male",
            "sex,male,3,Nam,Male\nsex,male,4,Nam,Male",
            "codes.csv: line #: this id stands twice (found: sex/male)",
        ),
        (
            "conversions.csv",
            "10507,10510,288,whole",
            "10507,99999,288,whole",
            "conversions.csv: line # old_code: no such old commune (found: 99999)",
        ),
        (
            "conversions.csv",
            "10507,10510,288,whole",
            "10507,10510,999,whole",
            "conversions.csv: line # old_district_code: no such district (found: 999)",
        ),
        (
            "conversions.csv",
            "11948,,318,whole\n",
            "",
            "communes.csv: line #: this commune of 2025 has no old unit",
        ),
        (
            "targets/general.toml",
            "number = 15\n",
            "number = 14\n",
            "targets/general.toml: general_universalisation_maintained number: "
            "each target has a number of its own: 1, 2, 3 ... without a gap (found: 14)",
        ),
        (
            "targets/general.toml",
            'comparison = "milestone"',
            'comparison = ">="',
            "targets/general.toml: general_universalisation_maintained: "
            "a milestone has the comparison `milestone`, and nothing else has it",
        ),
        (
            "targets/general.toml",
            'national_indicators = ["national_primary_universalisation_provinces"]',
            'national_indicators = ["national_primary"]',
            "targets/general.toml: primary_universalisation_level3_share national_indicators: no such indicator "
            "(found: national_primary)",
        ),
        (
            "indicators/context_general.toml",
            'numerator = "pupils/primary"',
            'numerator = "pupil/primary"',
            "indicators/context_general.toml: primary_pupils numerator: no such measure (found: pupil)",
        ),
        (
            "indicators/context_general.toml",
            'numerator = "pupils/primary"',
            'numerator = "pupils/primary/sex=girls"',
            "indicators/context_general.toml: primary_pupils numerator: no such sex (found: girls)",
        ),
        (
            "indicators/context_general.toml",
            'role = "context"',
            'role = "target"',
            "indicators/context_general.toml: primary_pupils: has the role `target`, but no target has this id",
        ),
        (
            "tasks.csv",
            ",organisation,",
            ",organization,",
            "tasks.csv: line # departments: no such division (found: organization)",
        ),
        (
            "norms.csv",
            "per,kindergarten_pupils_per_class,",
            "fixed,,",
            "norms.csv: line #: the rule `fixed` needs a value",
        ),
        (
            "norms.csv",
            "per,kindergarten_pupils_per_class,",
            "per,kindergarten_pupils_per_room,",
            "norms.csv: line # reference: no such indicator (found: kindergarten_pupils_per_room)",
        ),
        (
            "errata.csv",
            "201,flag,,",
            "201,flag,0.1,",
            "errata.csv: line #: a factor and a value belong to the action `scale`, and only to it",
        ),
        (
            "errata.csv",
            "hai_phong_old,,2011,201",
            "haiphong,,2011,201",
            "errata.csv: line # territory: no such territory (found: haiphong)",
        ),
        (
            "revision_limits.csv",
            "schools,0.1,3\n",
            "",
            "measures.csv: line # unit: "
            "this unit is used in measures.csv and has no limit of revision (found: schools)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith((".csv", ".toml")) else "",
)
def test_a_reference_that_leads_nowhere(
    problems_after: Callable[..., list[str]], file: str, old: str, new: str, expected: str
) -> None:
    assert expected in problems_after((file, old, new))


def test_whatever_a_name_should_have_named_is_said_in_both_languages() -> None:
    """A kind without a text would fail only when it is needed."""
    kinds = {kind for _, model in FILES.values() for _, kind, _ in name_fields(model)} - set(FORMULAS)
    assert len(kinds) > 10
    assert [kind for kind in kinds if not has_text(f"kind_{kind}")] == []


def test_a_formula_that_cannot_be_read(problems_after: Callable[..., list[str]]) -> None:
    problems = problems_after(
        ("indicators/context_general.toml", 'numerator = "pupils/primary"', 'numerator = "pupils"')
    )
    assert any("primary_pupils" in p and "not of the form measure/level" in p for p in problems)


def test_a_target_nothing_measures(problems_after: Callable[..., list[str]]) -> None:
    problems = problems_after(
        ("indicators/targets_general.toml", "[primary_net_enrolment_rate]", "[primary_net_rate]")
    )
    assert any(
        "primary_net_enrolment_rate" in p and "no indicator of this id and the role `target`" in p
        for p in problems
    )
    assert any("primary_net_rate" in p and "no target has this id" in p for p in problems)


def test_everything_wrong_between_files_is_listed_at_once(problems_after: Callable[..., list[str]]) -> None:
    problems = problems_after(
        ("measures.csv", "pupils,persons", "pupils,heads"),
        ("places.csv", "hong_bang,hai_phong_old", "hong_bang,haiphong"),
        ("tasks.csv", ",organisation,", ",organization,"),
    )
    assert len(problems) == 3
    assert sorted(problem.split(":")[0] for problem in problems) == ["measures.csv", "places.csv", "tasks.csv"]
