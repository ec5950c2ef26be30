"""`hpedu demo`: a project of its own, invented through and through, and saying so everywhere."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from hpedu import store
from hpedu.assess.standing import assess_targets
from hpedu.batch.engine import run_report
from hpedu.batch.plan import Run
from hpedu.cli import commands
from hpedu.demo.project import write_demo, write_project
from hpedu.errors import Refused
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.registry import Registry
from hpedu.store import prepare

# No city in the demo has the company of ten others; its invented rates stay possible without the school list.
UNSEEN = {"not_judged", "overdue", "likely", "impossible"}

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None, registry: Registry) -> Project:
    project = write_demo(tmp_path / "demo", registry)
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    prepare(project)
    return project


def test_every_figure_is_marked_and_the_states_can_be_seen(demo: Project, registry: Registry) -> None:
    observations = store.observations(all_editions=True)
    assert observations.height > 10_000
    assert set(observations["status"]) == {"synthetic"}
    standings = assess_targets(store.indicator_values(), registry, "hai_phong", 2025)
    # The demo has figures for both targets whose last day is over.
    assert {s.state for s in standings} == set(registry.codes_of("state")) - UNSEEN
    assert [s.target.id for s in standings if s.state == "contradicted"] == ["lecturers_phd_share"]
    assert any(s.lost_since is not None for s in standings)
    assert any(s.stale for s in standings)
    assert store.newest_year() == 2025  # and not that of the projected population


def test_the_forms_are_filled_in_and_nothing_of_them_is_refused(demo: Project) -> None:
    observations, issues = store.observations(all_editions=True), store.issues()
    from_forms = observations.filter(pl.col("file").str.starts_with("phieu_"))
    assert set(from_forms["file"]) == {path.name for path in demo.raw.glob("phieu_*.xlsx")}
    assert set(issues["reason"]) == {"school_standard_lapsed"}  # as in life, some recognitions have run out


def test_nothing_but_the_planted_contradiction_is_wrong(demo: Project) -> None:
    findings = store.findings()
    [planted] = findings.filter(pl.col("severity") == "error").to_dicts()
    assert (planted["check"], planted["measure"], planted["year"]) == ("at_most", "lecturers_phd", 2025)
    out = store.observations(all_editions=True).filter(pl.col("flags").list.contains("contradicted"))
    assert set(out.select("year", "note").rows()) == {(2025, "mô phỏng, cố ý mâu thuẫn")}
    assert set(out["measure"]) == {"lecturers_phd", "lecturers_university"}
    # A school of several levels counts at its highest: of a lower one there may be classes, and hardly a school.
    doubtful = findings.filter(pl.col("severity") == "warning")
    assert set(doubtful.select("check", "measure").rows()) <= {("ratio", "classes")}


def test_ratios_are_what_ratios_can_be(demo: Project, registry: Registry) -> None:
    values = store.indicator_values().filter(pl.col("indicator").is_in(list(registry.targets)))
    shares = values.filter(pl.col("unit") == "percent")
    assert shares.filter(~pl.col("value").is_between(0, 125)).is_empty()


def test_every_commune_has_schools(demo: Project, registry: Registry) -> None:
    now = {commune.code for commune in registry.communes if commune.valid_to is None}
    assert len(now) == 114
    assert set(store.schools()["commune_code"]) == now


def test_city_and_communes_come_from_the_school_list(demo: Project) -> None:
    classes = store.observations().filter(
        pl.col("measure") == "classes", pl.col("level") == "primary", pl.col("ownership") == "all"
    )
    now = classes.filter(pl.col("year") == 2025)
    city = now.filter(pl.col("place") == "")["value"].sum()
    assert city == now.filter(pl.col("place") != "")["value"].sum() > 0
    assert store.schools().height == 1588


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None, registry: Registry) -> Project:
    project = write_demo(tmp_path / "past", registry, history=True)
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    prepare(project)
    return project


def test_one_history_book_gives_every_target_its_trend(past: Project, registry: Registry) -> None:
    assert set(store.observations(all_editions=True)["status"]) == {"synthetic"}
    assert set(store.issues()["reason"]) == {"school_standard_lapsed"}
    assert store.findings().filter(severity="error").is_empty()
    values = store.indicator_values().filter(territory="hai_phong")
    for target in registry.targets.values():
        indicator = target.milestone_indicator or target.id
        years = values.filter(indicator=indicator)["year"].n_unique()
        assert years >= (1 if target.milestone_indicator else 3), target.id
    standings = {one.state for one in assess_targets(store.indicator_values(), registry, "hai_phong", 2025)}
    assert not standings & {"no_data", "one_point", "stale", "milestone_unreported"}
    run = Run(2025, "hai_phong", "vi", "preschool")
    outcome = run_report(run, past)
    assert not outcome.failed, outcome.details
    page = (past.reports / run.page).read_text(encoding="utf-8")
    numbers = [one for one in registry.targets.values() if one.group == "preschool" and one.kind != "milestone"]
    assert page.count('class="chart') >= len(numbers) and "so_lieu_mo_phong.xlsx" in page


def test_the_page_says_so_in_a_band(demo: Project) -> None:
    run = Run(2025, "hai_phong", "vi", "higher")
    outcome = run_report(run, demo)
    assert not outcome.failed, outcome.details
    page = (demo.reports / run.page).read_text(encoding="utf-8")
    assert 'class="band whole"' in page
    assert page.count("DỮ LIỆU MÔ PHỎNG") > page.count('class="chart') > 0


def test_two_demos_are_the_same_to_the_byte(tmp_path: Path, registry: Registry) -> None:
    """Workbooks included: none of them carries the clock."""
    first, second = (write_demo(tmp_path / name, registry) for name in ("a", "b"))
    contents = [
        {path.relative_to(demo.root): path.read_bytes() for path in demo.root.rglob("*") if path.is_file()}
        for demo in (first, second)
    ]
    assert contents[0] == contents[1]
    assert len([path for path in contents[0] if path.suffix == ".xlsx"]) > 4
    for path in first.raw.glob("*.xlsx"):
        assert load_workbook(path).properties.modified == datetime(2025, 9, 30)


def test_it_refuses_data_raw_and_folders_that_hold_anything(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for folder in (tmp_path / "data" / "raw", tmp_path / "data" / "raw" / "demo", tmp_path / "full"):
        with pytest.raises(Refused, match="Name an empty folder outside"):
            write_demo(folder, registry)
    result = CliRunner().invoke(commands, ["demo", str(ROOT / "data" / "raw" / "demo")])
    assert result.exit_code != 0
    assert not (ROOT / "data" / "raw" / "demo").exists()


class TestInit:
    """`hpedu init`: a project to start a year or another office with."""

    def test_a_new_project_can_be_ingested_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None
    ) -> None:
        result = CliRunner().invoke(commands, ["init", str(tmp_path / "moi")])
        assert result.exit_code == 0, result.output
        project = Project(tmp_path / "moi")
        assert {path.name for path in project.notebooks.glob("*.ipynb")} >= {"overview.ipynb", "preschool.ipynb"}
        assert (project.root / "README.md").read_text(encoding="utf-8").startswith("# Dự án báo cáo giáo dục")
        monkeypatch.setenv(HOME_VARIABLE, str(project.root))
        made = prepare(project)
        assert not made.unread and made.newest_year is not None
        assert f"{made.counts['files']} files" in result.output

    def test_what_an_office_has_typed_is_not_copied(self, project: Project, tmp_path: Path) -> None:
        write_project(tmp_path / "moi")
        assert not list(Project(tmp_path / "moi").raw.rglob("*.xlsx"))

    def test_a_folder_that_holds_anything_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("kept", encoding="utf-8")
        result = CliRunner().invoke(commands, ["init", str(tmp_path)])
        assert result.exit_code == 1 and "is not empty" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
