"""Prepared tables: made once, believed while their record is true, with a digest of every part of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from hpedu import store
from hpedu.assess.pupils import index_series
from hpedu.cache import locate_cache
from hpedu.cli import commands
from hpedu.digest import PREPARED_VARIABLE, RECORD, TABLES, read_prepared, vouch
from hpedu.folders import HOME_VARIABLE, Project, announce
from hpedu.ingest.schema import OBSERVATIONS
from hpedu.registry.formula import SeriesRef
from hpedu.store import digest_frame, digest_parts, prepare

PUPILS = SeriesRef("pupils", "primary")
ABOUT = {"title": "t", "publisher": "p", "table": "t", "url": "u", "published": "2026", "scope": "s"}
HEADER = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Project:
    """A project with one file of one figure."""
    project = Project(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    project.raw.mkdir(parents=True)
    resource = ABOUT | {"name": "a", "path": "a.csv", "confidence": "high", "transcription": True, "licenses": []}
    (project.raw / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    put(project, 100)
    return project


def put(project: Project, value: int, year: int = 2025) -> None:
    row = f"hai_phong,,primary,pupils,,,,{year},{year},{value},,persons,,\n"
    (project.raw / "a.csv").write_text(HEADER + row)


def test_what_is_prepared_is_left_alone_until_a_file_changes(one: Project) -> None:
    first = prepare(one)
    assert (first.newest_year, first.years) == (2025, [2025])
    assert first.sources[0]["name"] == "a"
    before = (one.processed / RECORD).stat().st_mtime_ns
    assert prepare(one) == first
    assert (one.processed / RECORD).stat().st_mtime_ns == before
    put(one, 101)
    second = prepare(one)
    changed = {part for part, digest in second.parts.items() if first.digest_of(part) != digest}
    assert changed == {
        "values",
        "values/primary_pupils/hai_phong",
        "observations",
        "observations/primary",
        "series/hai_phong/pupils/primary/all/both/",
    }


def test_ingest_by_force_makes_every_table_anew(one: Project) -> None:
    def ingest(*words: str) -> tuple[str, dict[str, int]]:
        result = CliRunner().invoke(commands, ["ingest", *words])
        assert result.exit_code == 0
        return result.output, {path.name: path.stat().st_mtime_ns for path in one.processed.iterdir()}

    _, first = ingest()
    said, again = ingest()
    assert said.startswith("Nothing changed: 1 files") and again == first
    kept = locate_cache(one) / "made before"
    kept.write_bytes(b"not to be trusted")
    said, forced = ingest("--force")
    assert said.startswith("1 files")
    assert not kept.exists()
    assert set(forced) == {*TABLES, RECORD}
    assert all(forced[name] > first[name] for name in forced)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff", None])
def test_a_record_that_cannot_be_read_counts_for_nothing(one: Project, content: bytes | None) -> None:
    first = prepare(one)
    path = one.processed / RECORD
    if content is None:
        # Whole, but for the kind of one of its values.
        content = json.dumps(json.loads(path.read_bytes()) | {"tables": 3}).encode()
    path.write_bytes(content)
    assert read_prepared(one) is None
    assert prepare(one) == first


def test_within_a_batch_nothing_is_checked_again(one: Project) -> None:
    prepared = prepare(one)
    with announce(PREPARED_VARIABLE, vouch(prepared.digest)):
        put(one, 101)
        assert prepare(one) == prepared
    assert prepare(one) != prepared


def test_a_record_of_another_library_is_not_believed(one: Project) -> None:
    prepare(one)
    content = json.loads((one.processed / RECORD).read_text())
    del content["parts"]
    (one.processed / RECORD).write_text(json.dumps(content))
    assert read_prepared(one) is None
    assert prepare(one).parts


def test_a_process_sees_what_another_has_prepared(one: Project) -> None:
    assert store.indicator_values()["value"].to_list() == [100.0]
    put(one, 101)
    code = "from hpedu.folders import find_project; from hpedu.store import prepare; prepare(find_project())"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert store.indicator_values()["value"].to_list() == [101.0]


class TestInputsUsed:
    def test_only_what_was_asked_for_is_recorded(self, one: Project) -> None:
        assert store.inputs_used() == {}
        store.indicator_values(["primary_pupils", "primary_classes"], ["hai_phong"])
        store.issues(["a.csv"])
        store.sources(["a"])
        used = store.inputs_used()
        assert set(used) == {
            "values/primary_pupils/hai_phong", "values/primary_classes/hai_phong", "issues/a.csv", "sources/a"
        }  # fmt: skip
        assert used["values/primary_pupils/hai_phong"]
        assert used["values/primary_classes/hai_phong"] == ""  # not there, which is a state like any other

    @pytest.mark.parametrize(
        ("ask", "part"),
        [
            (store.observations, "observations"),
            (lambda: store.observations(levels=["primary"]), "observations/primary"),
            (store.indicator_values, "peers values"),
            (lambda: store.peer_values(["primary_pupils"]), "peers/primary_pupils"),
            (store.issues, "issues"),
            (store.findings, "findings"),
            (store.revisions, "observations"),
            (store.schools, "schools"),
            (
                lambda: store.series_observations([PUPILS], "hai_phong"),
                "series/hai_phong/pupils/primary/all/both/",
            ),
            (lambda: store.file_digests(["a.csv"]), "raw/a.csv"),
            (store.newest_year, "newest_year"),
            (lambda: store.commune_values("commune_11311_2025"), "communes/commune_11311_2025"),
            (lambda: store.commune_schools("commune_11311_2025"), "commune_schools/commune_11311_2025"),
            (lambda: store.record_use({"standings/x": "d"}), "standings/x"),
        ],
    )
    def test_every_door_records(self, one: Project, ask: object, part: str) -> None:
        ask()  # type: ignore[operator]
        assert list(store.inputs_used()) == part.split(" ")


class TestRecordedSeries:
    @pytest.fixture
    def series(self, one: Project) -> store.RecordedSeries:
        return store.RecordedSeries("hai_phong", lambda own: index_series(own, "hai_phong", 2025))

    def test_what_is_looked_up_is_recorded_whether_it_is_there_or_not(self, series: store.RecordedSeries) -> None:
        assert series[PUPILS][2025]["value"] == 100
        assert series.get(SeriesRef("classes", "primary")) is None
        assert SeriesRef("teachers", "primary") not in series
        used = store.inputs_used()
        assert [part.split("/")[2] for part in used] == ["classes", "pupils", "teachers"]
        assert [bool(digest) for digest in used.values()] == [False, True, False]

    def test_who_looks_through_all_depends_on_which_are_there(
        self, one: Project, series: store.RecordedSeries
    ) -> None:
        assert list(series) == [PUPILS]
        before = store.inputs_used()
        assert list(before) == ["series/hai_phong"]
        put(one, 101)  # another value is no other series
        prepare(one)
        assert store.inputs_used() == before
        put(one, 101, year=2024)
        prepare(one)
        assert store.inputs_used() != before


def test_a_batch_with_nothing_to_do_loads_nothing_heavy(one: Project) -> None:
    prepare(one)
    code = (
        "import sys; from hpedu.folders import find_project; from hpedu.digest import read_fresh; "
        "assert read_fresh(find_project()); "
        "import hpedu.batch.build, hpedu.cli, hpedu.batch.recap, hpedu.batch.progress; "
        "from hpedu.batch.plan import make_plan; make_plan(); "
        "print([m for m in ('polars', 'pandas', 'numpy', 'pydantic', 'papermill', 'altair') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def parts_of(values: pl.DataFrame) -> dict[str, str]:
    empty = {
        "observations": pl.DataFrame(schema=OBSERVATIONS),
        "issues": pl.DataFrame({"file": []}),
        "communes": pl.DataFrame({"territory": []}),
        "commune_schools": pl.DataFrame({"territory": []}),
        "peers": pl.DataFrame({"indicator": []}),
    }
    return digest_parts(empty | {"values": values})


def test_a_changed_figure_changes_its_own_part_and_the_whole() -> None:
    rows = {"indicator": ["a", "a", "b"], "territory": ["x", "y", "x"], "value": [1.0, 2.0, 0.1 + 0.2]}
    before = parts_of(pl.DataFrame(rows))
    after = parts_of(pl.DataFrame(rows | {"value": [1.0, 2.0, 0.3]}))  # the last bit counts
    changed = {part for part in before if before[part] != after[part]}
    assert changed == {"values", "values/b/x"}
    assert set(before) >= {"values/a/x", "values/a/y", "values/b/x"}


def test_order_and_missing_values_count() -> None:
    frame = pl.DataFrame({"a": [1.0, None], "b": [["x"], []]})
    assert digest_frame(frame) != digest_frame(frame.reverse())
    assert digest_frame(frame) != digest_frame(frame.with_columns(pl.col("a").fill_null(0)))
    assert digest_frame(frame) == digest_frame(frame.clone())
