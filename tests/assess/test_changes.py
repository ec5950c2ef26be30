"""What changed between two standings: new and revised figures, states, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hpedu.assess.changes import (
    STANDINGS,
    compare_standings,
    locate_saved_standings,
    read_saved_standings,
    save_standings,
    tabulate_standings,
)
from hpedu.assess.standing import assess_targets
from hpedu.errors import Refused
from hpedu.folders import Project
from hpedu.registry import Registry
from hpedu.values import VALUES

TARGET = "nursery_enrolment_rate"


def make_standings(**change: Any) -> pl.DataFrame:
    row = {
        "target": TARGET,
        "indicator": TARGET,
        "objective": 50.0,
        "due_year": 2030,
        "state": "no_data",
        "probability": None,
        "value": None,
        "year": None,
        "unit": None,
        "edition": None,
        "sources": None,
    }
    return pl.DataFrame([row | change], schema=STANDINGS, orient="row")


def make_values(*points: tuple[int, float], edition: str = "2026", qualifier: str = "") -> pl.DataFrame:
    plain = {"indicator": TARGET, "territory": "hai_phong", "unit": "percent", "status": "final"}
    rest = {"flags": [], "numerator": None, "denominator": None, "inputs": ["a.csv!B2"], "sources": ["a"]}
    rows = [
        plain | rest | {"year": year, "value": value, "edition": edition, "qualifier": qualifier}
        for year, value in points
    ]
    return pl.DataFrame(rows, schema=VALUES, orient="row")


NOTHING = make_standings()
OLD = make_standings(state="one_point", value=40.0, year=2024, edition="2025")


def stand(state: str, value: float, year: int, **other: Any) -> pl.DataFrame:
    return make_standings(state=state, value=value, year=year, **other)


SAME = make_values((2024, 40.0))
CASES: dict[str, tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, bool, list[str]]] = {
    "nothing": (NOTHING, NOTHING, make_values(), False, []),
    "same": (OLD, OLD, SAME, False, []),
    "noise": (OLD, OLD, make_values((2024, 40.0 + 1e-12)), False, []),
    "first": (NOTHING, stand("one_point", 41, 2025), make_values((2025, 41)), True, ["new_value"]),
    "new": (OLD, stand("one_point", 41, 2025), make_values((2024, 40), (2025, 41)), False, ["new_value"]),
    "revised": (OLD, stand("one_point", 39, 2024), make_values((2024, 39)), False, ["revised"]),
    "both": (
        OLD,
        stand("met", 51, 2025),
        make_values((2024, 38), (2025, 51)),
        True,
        ["new_value", "revised"],
    ),
    "withdrawn": (OLD, NOTHING, make_values(), True, ["withdrawn"]),
    "time": (OLD, stand("missed", 40, 2024), SAME, True, ["time"]),
    "objective": (OLD, stand("one_point", 40, 2024, objective=55.0), SAME, False, ["objective"]),
}


@pytest.mark.parametrize(("before", "after", "values", "turned", "why"), CASES.values(), ids=CASES)
def test_a_change_and_its_reasons(
    before: pl.DataFrame, after: pl.DataFrame, values: pl.DataFrame, turned: bool, why: list[str]
) -> None:
    (row,) = compare_standings(before, after, values).to_dicts()
    assert (row["turned"], row["why"]) == (turned, why)


def test_a_revision_names_the_edition_and_both_values() -> None:
    after = make_standings(state="one_point", value=39.0, year=2024)
    (row,) = compare_standings(OLD, after, make_values((2024, 39.0), edition="2026-03")).to_dicts()
    assert (row["value_before"], row["value_revised"], row["edition"]) == (40.0, 39.0, "2026-03")


def test_a_bound_is_no_revised_figure() -> None:
    after = make_standings(state="no_data")
    (row,) = compare_standings(OLD, after, make_values((2024, 40.0), qualifier=">")).to_dicts()
    assert row["why"] == ["withdrawn"]


def test_a_target_the_record_does_not_know_is_new() -> None:
    after = make_standings(state="one_point", value=41.0, year=2025)
    (row,) = compare_standings(OLD.clear(), after, make_values((2025, 41.0))).to_dicts()
    assert (row["turned"], row["why"], row["state_before"]) == (False, ["new_value"], None)


def test_every_target_is_compared_in_its_order(registry: Registry) -> None:
    values = make_values((2024, 40.0), (2025, 51.0))
    before, after = (
        tabulate_standings(assess_targets(values, registry, "hai_phong", year)) for year in (2024, 2025)
    )
    found = compare_standings(before, after, values)
    assert found["target"].to_list() == list(registry.targets)
    changed = found.filter("turned").to_dicts()
    # Districts ended between the two, and the last days of 2025 are over.
    states = {row["target"]: row["state_after"] for row in changed}
    assert states.pop(TARGET) == "met" and set(states.values()) == {"lapsed", "overdue"}


SAVED_BY_0_1_0 = """{
 "standings": [
  {
   "due_year": 2030,
   "edition": "2025",
   "indicator": "nursery_enrolment_rate",
   "objective": 50.0,
   "probability": 0.25,
   "sources": [
    "nso_web_2024"
   ],
   "state": "uncertain",
   "target": "nursery_enrolment_rate",
   "unit": "percent",
   "value": 40.1,
   "year": 2024
  },
  {
   "due_year": null,
   "edition": null,
   "indicator": "general_universalisation_maintained",
   "objective": 1.0,
   "probability": null,
   "sources": null,
   "state": "milestone_unreported",
   "target": "general_universalisation_maintained",
   "unit": null,
   "value": null,
   "year": null
  }
 ],
 "territory": "hai_phong",
 "year": 2024
}
"""


class TestSaved:
    def test_what_0_1_0_wrote_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "reports/2024/hai_phong/standings.json"
        path.parent.mkdir(parents=True)
        path.write_text(SAVED_BY_0_1_0, encoding="utf-8")
        found = read_saved_standings(Project(tmp_path), 2024, "hai_phong")
        assert found is not None
        assert dict(found.schema) == STANDINGS
        assert found.row(0) == (
            *(TARGET, TARGET, 50.0, 2030, "uncertain", 0.25, 40.1, 2024, "percent", "2025"),
            ["nso_web_2024"],
        )
        assert found.row(1)[:5] == (
            *["general_universalisation_maintained"] * 2,
            1.0,
            None,
            "milestone_unreported",
        )
        save_standings(Project(tmp_path), 2024, "hai_phong", found)
        assert path.read_text(encoding="utf-8") == SAVED_BY_0_1_0

    def test_saved_standings_come_back_as_they_were(self, tmp_path: Path, registry: Registry) -> None:
        project = Project(tmp_path)
        standings = tabulate_standings(assess_targets(make_values((2024, 40.1)), registry, "hai_phong", 2024))
        assert read_saved_standings(project, 2024, "hai_phong") is None
        save_standings(project, 2024, "hai_phong", standings)
        first = locate_saved_standings(project, 2024, "hai_phong").read_bytes()
        save_standings(project, 2024, "hai_phong", standings)
        assert locate_saved_standings(project, 2024, "hai_phong").read_bytes() == first
        again = read_saved_standings(project, 2024, "hai_phong")
        assert again is not None and again.equals(standings)

    @pytest.mark.parametrize("content", ["", "[]", '{"standings": [{"target": "x"}]}', '{"standings": [1]}'])
    def test_a_broken_record_is_named_with_what_to_do(self, content: str, tmp_path: Path) -> None:
        path = locate_saved_standings(Project(tmp_path), 2024, "hai_phong")
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
        with pytest.raises(Refused, match=r"2024/hai_phong/standings\.json cannot be read.*delete it") as caught:
            read_saved_standings(Project(tmp_path), 2024, "hai_phong")
        assert str(tmp_path) not in str(caught.value)
        assert "reports/2024/hai_phong/standings.json" in str(caught.value)
