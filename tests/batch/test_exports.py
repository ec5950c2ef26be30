"""Workbook, data package and standings as outputs of a report: written with the page, renewed with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpedu.assess.changes import locate_saved_standings
from hpedu.batch import exports
from hpedu.batch.exports import place_of, renew_exports, save_standings_of, write_exports
from hpedu.batch.plan import Run
from hpedu.folders import Project
from hpedu.present.page.pdf import PrintFailed
from hpedu.registry import load_registry

TABLES = ("workbook", "package")
RUN = Run(2025, "hai_phong", "vi", "continuing")


def test_exports_lie_beside_the_page_and_are_the_same_twice(project: Project) -> None:
    first = write_exports(RUN, project, TABLES)
    assert first["workbook"]["place"] == "2025/hai_phong/vi/continuing.xlsx"
    assert first["package"]["place"] == "2025/hai_phong/vi/continuing-data/datapackage.json"
    assert all((project.reports / one["place"]).exists() for one in first.values())
    assert write_exports(RUN, project, TABLES) == first


def test_no_path_of_the_machine_is_handed_out(project: Project) -> None:
    write_exports(RUN, project, ["package"])
    for file in (project.reports / place_of(RUN, "package")).parent.iterdir():
        assert str(project.root) not in file.read_text(encoding="utf-8"), file.name


def test_the_page_on_data_quality_has_none(project: Project) -> None:
    assert write_exports(Run(2025, "hai_phong", "vi", "data_quality"), project, TABLES) == {}


def test_only_what_is_stale_is_written_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write_exports(RUN, project, ["workbook"])
    written: list[set[str]] = []
    monkeypatch.setattr(exports, "write_exports", lambda run, project, kinds: written.append(set(kinds)) or {})
    assert renew_exports(RUN, project, ["workbook"], before) == (before, "")
    renew_exports(RUN, project, ["package"], before)
    of_older_page = {"workbook": before["workbook"] | {"sha256": ""}}
    renew_exports(RUN, project, [], of_older_page)
    (project.reports / before["workbook"]["place"]).write_bytes(b"touched")
    renew_exports(RUN, project, [], before)
    assert written == [set(), {"package"}, {"workbook"}, {"workbook"}]


def test_standings_are_saved_for_every_territory_of_the_plan(project: Project) -> None:
    save_standings_of([(2025, "hai_phong"), (2025, "hai_phong_old")], project)
    for territory in ("hai_phong", "hai_phong_old"):
        record = json.loads(locate_saved_standings(project, 2025, territory).read_text(encoding="utf-8"))
        assert len(record["standings"]) == len(load_registry().targets)


@pytest.mark.parametrize("printer", [True, False])
def test_an_old_pdf_never_stays_beside_a_newer_page(
    project: Project, monkeypatch: pytest.MonkeyPatch, printer: bool
) -> None:
    pdf = project.reports / place_of(RUN, "pdf")
    pdf.parent.mkdir(parents=True)
    pdf.write_bytes(b"old")
    monkeypatch.setattr(exports, "can_print", lambda: printer)
    monkeypatch.setattr(exports, "print_pdf", lambda page, path: path.write_bytes(b"new"))
    before = {"pdf": {"place": str(place_of(RUN, "pdf")), "sha256": "of another page"}}
    after, _ = renew_exports(RUN, project, [], before)
    assert ("pdf" in after) is pdf.exists() is printer


def test_what_stands_is_not_lost_when_another_export_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(page: Path, pdf: Path) -> None:
        raise PrintFailed(page.name, "it crashed")

    before = write_exports(RUN, project, ["workbook"])
    monkeypatch.setattr(exports, "print_pdf", crash)
    after, reason = renew_exports(RUN, project, ["pdf"], before)
    assert (project.reports / place_of(RUN, "workbook")).exists()
    assert after == before | {"pdf": {"place": str(place_of(RUN, "pdf")), "sha256": ""}}
    assert "it crashed" in reason
