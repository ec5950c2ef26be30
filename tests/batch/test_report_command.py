"""`hpedu report` as it is typed: what may stand together, what programs read, what a terminal shows."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from hpedu.batch.plan import Outcome, Run
from hpedu.cli import commands
from hpedu.folders import Project

Pretend = Callable[[Callable[[Run, int], Outcome | None]], list[Run]]
GENERAL = Run(2025, "hai_phong", "vi", "general")


def report(*words: str) -> Result:
    return CliRunner().invoke(commands, ["report", *words])


@pytest.mark.parametrize(
    "words",
    [
        ("--only", GENERAL.id, "--group", "general"),
        ("--only", GENERAL.id, "--year", "2025"),
        ("--list", "--dry-run"),
        ("--list", "--force"),
        ("--cluster", "local", "--engine", "papermill"),
    ],
)
def test_what_contradicts_itself_is_refused_before_anything_runs(little: Project, words: tuple[str, ...]) -> None:
    result = report(*words)
    assert result.exit_code == 2
    assert "cannot be used together" in result.stderr
    assert not little.reports.exists() and not little.processed.exists()


def test_a_list_can_be_pasted_back(little: Project) -> None:
    ids = report("--list", "--language", "vi").output.split()
    assert len(ids) == 7
    assert report("--list", *(word for one in ids[:2] for word in ("--only", one))).output.split() == ids[:2]
    assert json.loads(report("--list", "--json", "--language", "vi").output) == ids


def test_json_is_all_there_is_on_stdout(little: Project, pretend: Pretend) -> None:
    pretend(lambda run, tried: Outcome(run, 0.1, "boom", cause="notebook") if run.group == "higher" else None)
    result = report("--json", "--language", "vi")
    document = json.loads(result.stdout)
    assert result.exit_code == document["exit_status"] == 1
    assert {row["status"] for row in document["reports"]} == {"done", "failed"}
    assert "[7/7]" in result.stderr and "hpedu report --only 2025/hai_phong/vi/higher" in result.stderr


def test_a_dry_run_says_why_and_how_long(little: Project, pretend: Pretend) -> None:
    pretend(lambda run, tried: None)
    report("--only", GENERAL.id)
    (little.reports / GENERAL.page).write_text("touched")
    lines = report("--dry-run", "--language", "vi", "--limit", "2").output.splitlines()
    assert lines[0] == "run    2025/hai_phong/vi/brief  (not made yet)"
    assert "later  2025/hai_phong/vi/general  (page was touched)" in lines
    assert lines[-2:] == ["2 of 7 reports would be run.", "That is about 1 s of work."]
    plan = json.loads(report("--dry-run", "--json", "--only", GENERAL.id).output)
    assert plan == [{"id": GENERAL.id, "run": True, "reason": "touched", "expected_seconds": 0.5}]


def test_workbooks_of_communes_are_refused(little: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "hpedu.batch.plan.make_plan", lambda *_: [Run(2025, "commune_11311_2025", "vi", "general")]
    )
    result = report("--territory", "communes", "--xlsx")
    assert result.exit_code == 2
    assert "Leave out --xlsx" in result.stderr
