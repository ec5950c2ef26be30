"""What is kept of a file is what reading it would give; and only a file that changed is read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hpedu.cache import VARIABLE, locate_cache
from hpedu.digest import OBSERVATIONS, describe_inputs
from hpedu.errors import IngestError
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.ingest import kept, schema
from hpedu.ingest.interpret import Reading
from hpedu.ingest.isolation import end_child
from hpedu.ingest.kept import keep_reading, look_up_reading
from hpedu.ingest.pipeline import read_package, read_package_file
from hpedu.ingest.words import years
from hpedu.present.exports.form import write_form
from hpedu.registry import load_registry
from hpedu.store import make_tables
from tests.conftest import ROOT
from tests.ingest.schools.test_lists import HEADER, SCHOOL, make_workbook

PUBLISHED = (
    "nso/provinces_2004_2021_kindergarten.csv",  # a panel, which the child reads
    "nso/pxweb_2019_kindergarten.csv",
    "nso/E02.03-07_population.json",
    "nso/web_2022_kindergarten.csv",
    "press/2025_doet_council.csv",
    "uis/sdg_2024-09_viet_nam.csv",
)
OF_THIS_YEAR = "press/2025_doet_council.csv"
MOST_LINES = 200
ROUNDS = 10

Tables = dict[str, bytes] | str


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Project:
    """Files of several formats: with an entry and without, and what is set aside whole."""
    project = Project(tmp_path)
    entries = read_package_file(ROOT / "data/raw")["resources"]
    for name in PUBLISHED:
        (project.raw / name).parent.mkdir(parents=True, exist_ok=True)
        write_original(project, name)
    write_package(project, [entry for entry in entries if entry["path"] in PUBLISHED])
    nothing = pl.DataFrame(schema=schema.OBSERVATIONS)
    form = project.raw / "form.xlsx"
    write_form(form, subject="higher", year=2025, observations=nothing, registry=load_registry())
    (project.raw / "list.xlsx").write_bytes(make_workbook([HEADER, SCHOOL]))
    (project.raw / "damaged.xlsx").write_bytes(b"PK\3\4 and no more")
    (project.raw / "unknown.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    monkeypatch.delenv(VARIABLE, raising=False)
    # One of another test would look for layouts in the project of that test.
    end_child()
    return project


def write_original(project: Project, name: str) -> None:
    lines = (ROOT / "data/raw" / name).read_bytes().splitlines(keepends=True)
    (project.raw / name).write_bytes(b"".join(lines[:MOST_LINES]))


def write_package(project: Project, entries: list[dict[str, Any]]) -> None:
    package = json.dumps({"resources": entries}, ensure_ascii=False)
    (project.raw / "datapackage.json").write_text(package, encoding="utf-8")


def make(project: Project) -> tuple[Tables, list[str]]:
    """Make the tables; return all files of them, or why there are none; and which files were read."""
    read: list[str] = []
    try:
        make_tables(project, read.append)
    except IngestError as error:
        return error.say("en"), read
    return {file.name: file.read_bytes() for file in project.processed.iterdir()}, read


def make_without(project: Project) -> Tables:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "off")
        tables, read = make(project)
    assert set(read) >= set(PUBLISHED)
    return tables


def edit_figure(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    places = [place for place, byte in enumerate(content) if byte in b"0123456789"]
    for place in dice.sample(places, min(len(places), 1)):
        content[place] = dice.choice(b"0123456789")
    path.write_bytes(content)


def cut_short(path: Path, dice: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: dice.randrange(path.stat().st_size)])


def write_twice(path: Path, dice: random.Random) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, *lines[-1:]]))


CHANGES: list[Callable[[Path, random.Random], None]] = [edit_figure, edit_figure, cut_short, write_twice]


def test_whatever_is_edited_the_tables_are_those_of_reading_all(project: Project) -> None:
    dice = random.Random(2026)
    make(project)
    for _ in range(ROUNDS):
        path = dice.choice([path for path in sorted(project.raw.rglob("*.*")) if path.is_file()])
        if dice.random() < 0.2:
            for name in PUBLISHED:
                write_original(project, name)
        elif path.name == "datapackage.json":
            entries = read_package_file(project.raw)["resources"]
            dice.choice(entries).update(published=dice.choice(["2026", "2024-03", "2027-01"]), title="t")
            write_package(project, entries)
        else:
            dice.choice(CHANGES)(path, dice)
        assert make(project)[0] == make_without(project)


def test_only_a_changed_file_is_read_and_what_could_not_be(project: Project) -> None:
    make(project)
    assert make(project)[1] == ["damaged.xlsx"]
    edit_figure(project.raw / PUBLISHED[1], random.Random(0))
    assert make(project)[1] == ["damaged.xlsx", PUBLISHED[1]]


def test_read_again_where_an_entry_of_the_cache_is_damaged(project: Project) -> None:
    made, first = make(project)
    for entry in locate_cache(project).iterdir():
        entry.write_bytes(entry.read_bytes().replace(b"a", b"b"))
    assert make(project) == (made, first)


def test_a_file_that_may_have_been_published_later_is_read_again_the_next_day(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = read_package_file(project.raw)["resources"]
    for entry in entries:
        if entry["path"] == OF_THIS_YEAR:
            entry["published"] = str(date.today().year)
    write_package(project, entries)
    make(project)

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date.today() + timedelta(1)

    for module in (kept, years):
        monkeypatch.setattr(module, "date", Tomorrow)
    years.lies_after.cache_clear()
    own = ["damaged.xlsx", "form.xlsx", "list.xlsx", "unknown.csv"]
    assert make(project)[1] == [*own, OF_THIS_YEAR]
    years.lies_after.cache_clear()


def test_what_has_very_many_rows_is_not_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_ROWS", 10)
    make(project)
    assert PUBLISHED[1] in make(project)[1]


def test_nothing_is_kept_of_a_file_that_was_changed_before_it_was_read(project: Project) -> None:
    known = describe_inputs(project)
    [(path, entry), *_] = read_package(project.raw, load_registry()).items()
    keep_reading(path, entry, known, b"edited in the meantime", (entry, Reading()))
    assert look_up_reading(path, entry, known) is None
    keep_reading(path, entry, known, (project.raw / path).read_bytes(), (entry, Reading()))
    assert look_up_reading(path, entry, known) is not None
    assert look_up_reading("new.csv", entry, known) is None


def test_an_edited_layout_holds_in_a_process_that_has_read_it(project: Project) -> None:
    """As in a notebook, which goes on, as does the child that reads its longer files."""
    file = project.raw / PUBLISHED[1]
    file.write_bytes(file.read_bytes() + b"\r\n" * 10_000)
    layout = (ROOT / "hpedu/ingest/layouts/nso_kindergarten.toml").read_text(encoding="utf-8")
    project.layouts.mkdir()
    for level in ("kindergarten", "primary"):
        own = layout.replace('level = "kindergarten"', f'level = "{level}"')
        (project.layouts / "own.toml").write_text(own, encoding="utf-8")
        make(project)
    observations = pl.read_parquet(project.processed / OBSERVATIONS).filter(file=PUBLISHED[1])
    assert observations["level"].unique().to_list() == ["primary"]
