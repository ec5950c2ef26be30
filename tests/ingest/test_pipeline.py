"""`hpedu ingest` over small projects: whole or not at all, again only when something changed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from hpedu import store
from hpedu.cli import INCOMPLETE, commands
from hpedu.digest import ISSUES, OBSERVATIONS, RECORD, TABLES, read_fresh
from hpedu.errors import IngestError
from hpedu.folders import HOME_VARIABLE, NoProject, Project, find_project
from hpedu.ingest import pipeline, schema
from hpedu.ingest.interpret import stay_silent
from hpedu.present.exports.form import write_form
from hpedu.registry import load_registry
from hpedu.store import make_tables, prepare
from tests.ingest.schools.test_lists import HEADER as HEADER_OF_SCHOOLS
from tests.ingest.schools.test_lists import SCHOOL, make_workbook
from tests.ingest.test_source import count_openings

HEADER = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"
HAI_PHONG = "hai_phong_old,,primary,pupils,,,,2020,2020,100,,persons,,\n"
HAI_DUONG = "hai_duong_old,,primary,pupils,,,,2020,2020,50,,persons,,\n"
WITHOUT_LAYOUT = '"Number of something else"\r\n\r\n"Province";"2015";"2016"\r\n"Hai Phong";1;..\r\n'

NO_ERRORS = {"errors": 0, "contradicted": 0}

Place = Callable[..., Project]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Place:
    """Puts files into data/raw of a project of its own, with a package that names them."""
    project = Project(tmp_path / "small")
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    files: dict[str, str | bytes] = {}

    def put(**new: str | bytes) -> Project:
        files.update(new)
        project.raw.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (project.raw / f"{name}.csv").write_bytes(raw)
        entry = {
            "title": "t",
            "publisher": "p",
            "table": "t",
            "url": "u",
            "scope": "s",
            "confidence": "high",
            "transcription": True,
            "licenses": [],
        }
        resources = [
            # A name such as `a_2022` ends in the year of publication.
            entry | {"name": name, "path": f"{name}.csv", "published": (re.findall(r"\d{4}", name) or ["2021"])[0]}
            for name in files
        ]
        (project.raw / "datapackage.json").write_text(json.dumps({"resources": resources}), encoding="utf-8")
        return project

    return put


@pytest.fixture
def small(place: Place) -> Project:
    return place(a=HEADER + HAI_PHONG, b=HEADER + HAI_DUONG)


def state(project: Project) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in project.processed.iterdir()}


class TestWhatComesOut:
    def test_published_and_derived_figures_with_their_cells(self, small: Project) -> None:
        done = prepare(small).counts
        assert done == {"files": 2, "published": 2, "derived": 1, "set_aside": 0, "findings": 0} | NO_ERRORS
        table = pl.read_parquet(small.processed / OBSERVATIONS)
        assert dict(table.schema) == schema.OBSERVATIONS
        assert table.select("territory", "value", "status", "file", "cell").rows() == [
            ("hai_duong_old", 50.0, "final", "b.csv", "J2"),
            ("hai_phong", 150.0, "derived", "a.csv + b.csv", "J2 + J2"),
            ("hai_phong_old", 100.0, "final", "a.csv", "J2"),
        ]

    def test_a_table_without_a_layout_is_set_aside_cell_by_cell(self, place: Place) -> None:
        project = place(a=HEADER + HAI_PHONG, c=WITHOUT_LAYOUT)
        assert prepare(project).counts["set_aside"] == 2
        issues = pl.read_parquet(project.processed / ISSUES)
        assert dict(issues.schema) == schema.ISSUES
        assert issues.select("file", "cell", "printed", "reason", "subject").rows() == [
            ("c.csv", "B4", "1", "no_layout", "Number of something else"),
            ("c.csv", "C4", "..", "no_layout", "Number of something else"),
        ]

    def test_a_published_bound_of_the_city_gives_way_to_the_sum(self, place: Place) -> None:
        bound = "hai_phong,,primary,pupils,,,,2020,2020,140,>,persons,,\n"
        project = place(a=HEADER + HAI_PHONG + HAI_DUONG + bound)
        prepare(project)
        table = pl.read_parquet(project.processed / OBSERVATIONS).filter(territory="hai_phong")
        assert sorted(table.select("value", "current").rows()) == [(140.0, False), (150.0, True)]

    def test_progress_names_each_file(self, small: Project) -> None:
        seen: list[str] = []
        make_tables(small, seen.append)
        assert seen == ["a.csv", "b.csv"]

    def test_a_workbook_is_opened_once(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        """A form and a school list, which need no entry, and a workbook that has one."""
        registry = load_registry()
        project = place(declared=make_workbook([["", "2015"], ["Hải Phòng", 12], ["Hải Dương", 14]]))
        nothing = pl.DataFrame(schema=schema.OBSERVATIONS)
        write_form(project.raw / "form.xlsx", subject="higher", year=2026, observations=nothing, registry=registry)
        (project.raw / "list.xlsx").write_bytes(make_workbook([HEADER_OF_SCHOOLS, SCHOOL]))
        seen = list[str]()
        found = pipeline.ingest(project, registry, seen.append)
        assert found.schools.height == 1 and set(found.package) == set(seen)
        assert sorted(seen) == ["declared.csv", "form.xlsx", "list.xlsx"]
        # In this process the openings can be counted.
        opened = count_openings(monkeypatch)
        content = {name: (project.raw / name).read_bytes() for name in seen}
        for name in ("form.xlsx", "list.xlsx"):
            assert pipeline.read_own(content[name], registry, name=name)
        pipeline.read_data(content["declared.csv"], registry, stay_silent, resource=found.package["declared.csv"])
        assert sorted(opened) == sorted(content.values())


class TestAgain:
    def test_nothing_is_done_when_nothing_changed(self, small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        first = prepare(small)
        before = state(small)
        monkeypatch.setattr(pipeline, "_read_all", lambda *_: pytest.fail("files were read again"))
        assert prepare(small) == first
        assert state(small) == before

    def test_the_same_inputs_give_the_same_bytes(self, small: Project) -> None:
        prepare(small)
        before = state(small)
        make_tables(small)
        assert state(small) == before

    def test_touching_a_file_is_no_change(self, small: Project) -> None:
        prepare(small)
        os.utime(small.raw / "a.csv", (0, 0))
        assert read_fresh(small)

    def test_a_changed_figure_is_read(self, small: Project, place: Place) -> None:
        prepare(small)
        place(a=HEADER + HAI_PHONG.replace(",100,", ",101,"))
        assert read_fresh(small) is None
        prepare(small)
        assert 151.0 in pl.read_parquet(small.processed / OBSERVATIONS)["value"]

    def test_a_new_file_is_read(self, small: Project, place: Place) -> None:
        prepare(small)
        place(c=WITHOUT_LAYOUT)
        assert prepare(small).counts["files"] == 3

    def test_a_changed_source_date_is_a_change(self, small: Project) -> None:
        prepare(small)
        path = small.raw / "datapackage.json"
        path.write_text(path.read_text("utf-8").replace('"2021"', '"2022"'), "utf-8")
        assert read_fresh(small) is None
        prepare(small)
        assert set(pl.read_parquet(small.processed / OBSERVATIONS)["edition"]) == {"2022"}

    @pytest.mark.parametrize("lost", [*TABLES, RECORD])
    def test_a_lost_result_is_made_again(self, small: Project, lost: str) -> None:
        prepare(small)
        before = state(small)
        (small.processed / lost).unlink()
        assert read_fresh(small) is None
        prepare(small)
        assert state(small) == before


class TestDamage:
    def test_a_damaged_file_stops_only_itself_and_is_named_wherever_the_tables_are_made(
        self, small: Project, place: Place
    ) -> None:
        prepare(small)
        place(a=HEADER + "hai_phong_old,,primary\n", c=b"%PDF-1.7", d=b'{"dataset": []}')
        made = prepare(small)
        assert [one["file"] for one in made.unread] == ["a.csv", "c.csv", "d.csv"]
        nothing = {"derived": 0, "set_aside": 0, "findings": 0, "errors": 0, "contradicted": 0}
        assert made.counts == {"files": 1, "published": 1, **nothing}
        assert [source["path"] for source in made.sources] == ["b.csv"]
        table = pl.read_parquet(small.processed / ISSUES)
        assert table.select("file", "cell", "reason").rows() == [
            (name, "", "unreadable_file") for name in ("a.csv", "c.csv", "d.csv")
        ]
        for language in ("vi", "en"):
            told = CliRunner().invoke(commands, ["--language", language, "ingest"])
            assert told.exit_code == INCOMPLETE
            assert all(one[language] in told.output for one in made.unread)

    def test_where_no_file_can_be_read_the_last_result_stays(self, small: Project, place: Place) -> None:
        prepare(small)
        before = state(small)
        place(a=HEADER + "hai_phong_old,,primary\n", b=b"%PDF-1.7")
        with pytest.raises(IngestError) as caught:
            prepare(small)
        assert "This is a PDF" in str(caught.value) and "Đây là tệp PDF" in caught.value.say("vi")
        assert state(small) == before

    def test_an_erratum_that_meets_no_cell_is_named(self, small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        registry = load_registry()
        known = registry.errata["preschool_classes_2014_hai_phong"]
        about = {"table": "t", "measure": "pupils", "year": 2020, "printed": 100}
        met, stray = (
            known.model_copy(update=about | {"id": id, "level": level})
            for id, level in (("met", "primary"), ("stray", "general"))
        )
        broken = replace(registry, errata={"met": met, "stray": stray})
        monkeypatch.setattr(store, "load_registry", lambda: broken)
        with pytest.raises(IngestError) as caught:
            prepare(small)
        [problem] = caught.value.problems
        assert (problem.file, problem.where) == ("errata.csv", "stray")
        assert "no file with the table “t” for hai_phong_old, 2020 has this figure" in str(caught.value)

    def test_a_file_that_breaks_off_in_the_middle_leaves_no_half_result(
        self, small: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed between the two tables: the next ingest does not take the half for a whole."""
        prepare(small)
        real, written = store.write_whole, []

        def write_one(path: Path, content: bytes) -> None:
            if written:
                raise KeyboardInterrupt
            written.append(path)
            real(path, content)

        monkeypatch.setattr(store, "write_whole", write_one)
        with pytest.raises(KeyboardInterrupt):
            make_tables(small)
        assert read_fresh(small) is None

    @pytest.mark.parametrize("spoilt", [*TABLES, RECORD])
    @pytest.mark.parametrize("spoil", [lambda data: data[:200], lambda data: data + b" ", lambda data: b""])
    def test_a_result_cut_or_changed_by_hand_is_made_again(
        self, small: Project, spoilt: str, spoil: Callable[[bytes], bytes]
    ) -> None:
        prepare(small)
        before = {name: state(small)[name] for name in TABLES}
        path = small.processed / spoilt
        path.write_bytes(spoil(path.read_bytes()))
        prepare(small)
        assert {name: state(small)[name] for name in TABLES} == before
        assert read_fresh(small)

    def test_no_draft_is_left_behind(self, small: Project) -> None:
        prepare(small)
        assert sorted(file.name for file in small.processed.iterdir()) == sorted([*TABLES, RECORD])


class TestDataOfTheProject:
    """`hpedu.store` brings data/processed up to date by itself."""

    def test_tables_are_there_without_a_command(self, small: Project) -> None:
        assert not small.processed.exists()
        assert store.observations().height == 3
        assert store.issues().is_empty()
        assert (small.processed / RECORD).exists()

    def test_stale_results_are_read_again(self, small: Project, place: Place) -> None:
        prepare(small)
        place(a=HEADER + HAI_PHONG.replace(",100,", ",200,"))
        assert store.observations().filter(territory="hai_phong")["value"].to_list() == [250.0]

    def test_older_editions_are_there_when_asked_for(self, place: Place) -> None:
        place(a=HEADER + HAI_PHONG, a_2022=HEADER + HAI_PHONG.replace(",100,", ",99,"))
        assert store.observations().height == 1
        assert store.observations(all_editions=True).height == 2
        assert store.revisions().height == 1

    def test_the_newest_year_is_one_that_was_counted(self, place: Place) -> None:
        projected = (
            '"Vietnam Population Projection 2014-2049, table B.2.26: Hai Phong, medium variant"\n\n'
            '"Age group";"2034"\n"Total";2000000\n'
        )
        place(a=HEADER + HAI_PHONG, b=projected)
        assert set(store.observations()["year"]) == {2020, 2034}
        assert store.newest_year() == 2020

    def test_no_figure_at_all_is_said(self, place: Place) -> None:
        place(a=HEADER)
        with pytest.raises(ValueError, match="no counted figure"):
            store.newest_year()


class TestFindingTheProject:
    def test_from_any_folder_inside(self, small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(HOME_VARIABLE)
        inside = small.root / "notebooks" / "deep"
        inside.mkdir(parents=True)
        assert find_project(inside).root == small.root.resolve()
        monkeypatch.chdir(inside)
        assert find_project().root == small.root.resolve()

    def test_a_home_without_a_project_is_refused_with_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
        with pytest.raises(NoProject, match=HOME_VARIABLE):
            find_project()
