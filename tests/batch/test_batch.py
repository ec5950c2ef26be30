"""A real batch: what it writes, what it leaves alone, what a failure does to it."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpedu import store
from hpedu.batch.build import Batch, run_batch
from hpedu.batch.engine import run_report
from hpedu.batch.plan import Run, make_plan
from hpedu.cli import commands
from hpedu.folders import HOME_VARIABLE, Project, digest_file
from hpedu.present.page.lint import lint_folder
from tests.batch.test_engine import HEAD, write_notebook
from tests.batch.touch_rounds import measure_touch


def test_batch_writes_every_page_index_and_record(site: tuple[Project, Batch]) -> None:
    project, batch = site
    assert [outcome.error for outcome in batch.failures] == []
    record = json.loads((project.reports / "build.json").read_text(encoding="utf-8"))
    index = (project.reports / "index.html").read_text(encoding="utf-8")
    for run in make_plan():
        page = project.reports / run.page
        assert page.stat().st_size < 1_500_000
        assert record["reports"][run.id]["sha256"] == digest_file(page)
        assert str(run.page) in index
    times = json.loads((project.build / "times.json").read_text(encoding="utf-8"))
    assert {run_id for runs in times.values() for run_id in runs} == {run.id for run in make_plan()}
    assert not (project.build / "journal.jsonl").exists()
    assert not list(project.reports.rglob("*.part"))
    assert str(project.root) not in (project.reports / "build.json").read_text(encoding="utf-8")


def test_nothing_is_run_twice(site: tuple[Project, Batch]) -> None:
    project, _ = site
    before = {
        page: page.stat().st_mtime_ns
        for page in project.reports.rglob("*.html")
        if not page.name.startswith("index.")
    }
    again = run_batch(make_plan(), project)
    assert again.outcomes == []
    assert len(again.fresh) == 14
    assert before == {page: page.stat().st_mtime_ns for page in before}


def test_a_page_touched_by_hand_is_made_again(site: tuple[Project, Batch]) -> None:
    project, _ = site
    run = make_plan(groups=["continuing"], languages=["en"])[0]
    page = project.reports / run.page
    original = page.read_bytes()
    page.write_bytes(original + b"<!-- touched -->")
    batch = run_batch([run], project)
    assert [outcome.run for outcome in batch.outcomes] == [run]
    assert page.read_bytes() == original  # the same inputs give the same bytes


def test_a_failing_notebook_stops_nothing_and_is_kept(project: Project) -> None:
    write_notebook(project, "1 / 0", group="overview")
    write_notebook(project, HEAD)
    batch = run_batch(make_plan(["overview", "continuing"], languages=["vi"]), project)
    (failure,) = batch.failures
    assert str(failure.error) == "cell 2: ZeroDivisionError: division by zero"
    assert (project.root / failure.notebook).exists()
    assert (project.reports / "2025/hai_phong/vi/continuing.html").exists()
    assert not (project.reports / "2025/hai_phong/vi/overview.html").exists()


def test_a_kernel_that_dies_is_a_failure(project: Project) -> None:
    write_notebook(project, "import os; os._exit(0)", group="overview")
    outcome = run_report(Run(2025, "hai_phong", "vi", "overview"), project)
    assert outcome.failed
    assert not (project.reports / outcome.run.page).exists()


def test_command_fails_with_a_recap(project: Project) -> None:
    write_notebook(project, "raise ValueError('no such thing')", group="overview")
    result = CliRunner().invoke(commands, ["report", "--group", "overview", "--language", "vi"])
    assert result.exit_code == 1
    assert "2025/hai_phong/vi/overview: cell 2: ValueError: no such thing" in result.stderr
    assert "build/failed/2025/hai_phong/vi/overview.ipynb" in result.stderr


def test_dry_run_runs_nothing(project: Project) -> None:
    result = CliRunner().invoke(commands, ["report", "--dry-run", "--language", "en"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "run    2025/hai_phong/en/brief  (not made yet)"
    assert "7 of 7 reports would be run." in result.output
    assert not project.reports.exists()


def test_no_page_misleads_its_reader(site: tuple[Project, Batch]) -> None:
    project, _ = site
    assert [
        f"{page}: {finding}" for page, finding in lint_folder(sorted(project.reports.glob("*/**/*.html")))
    ] == []


def test_no_page_names_a_path_a_user_or_a_host(site: tuple[Project, Batch]) -> None:
    project, _ = site
    host, user = re.escape(socket.gethostname()), re.escape(getpass.getuser())
    telling = re.compile(
        rf"{re.escape(str(project.root))}|file://|\b{host}\b|/(?:home|root|tmp|Users)/|\b{user}@|/{user}/|ipykernel"
    )
    pages = sorted(project.reports.rglob("*.html"))
    assert len(pages) > 12
    found = [
        f"{page.name}: {match[0]}"
        for page in pages
        for match in telling.finditer(page.read_text(encoding="utf-8"))
    ]
    assert found == []


TABLE = "nso/pxweb_2019_kindergarten.csv"


def test_a_changed_figure_runs_again_all_that_shows_it(
    site: tuple[Project, Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None
) -> None:
    project = Project(tmp_path / "touched")
    shutil.copytree(site[0].root, project.root)
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    table = project.raw / TABLE
    text = table.read_text(encoding="utf-8-sig")
    row = next(line for line in text.splitlines() if line.startswith('"Hai Phong"'))
    # The first year has no erratum, whose figure a changed print would put out of use.
    name, first, rest = row.split(";", 2)
    changed = ";".join([name, str(int(first) + 1), rest])
    table.write_text("\ufeff" + text.replace(row, changed), encoding="utf-8")
    store.forget()
    touch = measure_touch(project, table, make_plan(languages=["vi"]))
    # The brief over each page of the city counts all targets, so that each of them shows the figure.
    assert {run.group for run in touch.ran} >= {"preschool", "overview", "data_quality", "brief"}
    assert touch.wrongly_left == []
