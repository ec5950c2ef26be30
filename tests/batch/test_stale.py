"""Tables and pages made with another hpedu, another library or another Python are made again, whatever changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hpedu.folders import HOME_VARIABLE, Project
from tests.batch.conftest import make_little
from tests.batch.kill_rounds import make_project

PACKAGE = Path(__file__).parents[2] / "hpedu"

MAKE = """
from hpedu.batch.freshness import *
from hpedu.batch.plan import Run, prepare_tables
from hpedu.folders import find_project

project, run = find_project(), Run(2025, "hai_phong", "vi", "general")
prepared = prepare_tables(project)
state = State(project, prepared)
write_whole(project.reports / run.page, b"page")
used = {"newest_year": state.digest_of("newest_year")}
write_build(Record({run.id: make_entry(run, state, inputs=used)}), project)
"""
LOOK = """
import json, platform, sys
from dataclasses import replace
from hpedu.batch.freshness import *
from hpedu.batch.plan import Run
from hpedu.digest import describe_inputs, read_fresh, read_prepared
from hpedu.folders import find_project

if sys.argv[1:]:
    platform.python_version = lambda: sys.argv[1]
project, run = find_project(), Run(2025, "hai_phong", "vi", "general")
record = read_prepared(project)
now = replace(record, made_from=describe_inputs(project))
reason = explain_stale(run, read_build(project).reports[run.id], State(project, now))
print(json.dumps([read_fresh(project) is not None, str(reason) if reason else None]))
"""


class Copy:
    """A copy of the package, the folder it is imported from, and a project made with it."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"
        self.package = self.library / "hpedu"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.project = make_little(Project(folder / "little"))
        self._run(MAKE)

    def look(self, *words: str) -> tuple[bool, str | None]:
        """Return whether the tables are up to date, and why the page is not."""
        fresh, reason = json.loads(self._run(LOOK, *words))
        return fresh, reason

    def _run(self, code: str, *words: str) -> str:
        # This folder goes before that of an editable installation.
        environment = os.environ | {"PYTHONPATH": str(self.library), HOME_VARIABLE: str(self.project.root)}
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(
            command, env=environment, cwd=self.library, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("stale"))


@pytest.fixture
def edit() -> Iterator[Callable[[Path, bytes], None]]:
    """Append to a file, and put it back afterwards; a file that is not there is taken away again."""
    before: dict[Path, bytes | None] = {}

    def append(path: Path, more: bytes) -> None:
        before[path] = path.read_bytes() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((before[path] or b"") + more)

    yield append
    for path, content in before.items():
        if content is None:
            shutil.rmtree(path.parent)
        else:
            path.write_bytes(content)


def test_what_has_not_changed_is_up_to_date(copy: Copy) -> None:
    assert copy.look() == (True, None)


@pytest.mark.parametrize(
    "file",
    [
        "sums.py",
        "ingest/words/numbers.py",
        "ingest/layouts/*.toml",
        "registry/territories.csv",
        "registry/targets/*.toml",
        "texts/report.toml",
        "present/page/templates/**/*.j2",
        "present/page/templates/**/*.css",
    ],
)
def test_any_file_of_the_package_counts_for_tables_and_pages(
    copy: Copy, edit: Callable[[Path, bytes], None], file: str
) -> None:
    path = next(iter(sorted(copy.package.glob(file))))
    edit(path, b"\n")
    assert copy.look() == (False, "hpedu changed")


OTHER_VERSION = "the version of Python or of an installed package changed"


def test_a_library_of_another_version_counts(copy: Copy, edit: Callable[[Path, bytes], None]) -> None:
    edit(
        copy.library / "polars-99.0.dist-info" / "METADATA",
        b"Metadata-Version: 2.1\nName: polars\nVersion: 99.0\n",
    )
    assert copy.look() == (False, OTHER_VERSION)


def test_another_python_counts(copy: Copy) -> None:
    assert copy.look("3.99.0") == (False, OTHER_VERSION)


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook["metadata"].update(kernelspec={"name": "another"}),
        lambda notebook: notebook["cells"][0]["metadata"].update(tags=["parameters"]),
    ],
)
def test_the_metadata_of_a_notebook_count_for_its_pages_alone(
    copy: Copy, edit: Callable[[Path, bytes], None], change: Callable[[dict[str, Any]], object]
) -> None:
    path = copy.project.notebooks / "general.ipynb"
    edit(path, b"")
    notebook = json.loads(path.read_bytes())
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert copy.look() == (True, "notebook changed")


def test_a_notebook_that_cannot_be_read_is_to_be_run(copy: Copy, edit: Callable[[Path, bytes], None]) -> None:
    edit(copy.project.notebooks / "general.ipynb", b"<<<<<<< HEAD")
    assert copy.look() == (True, "notebook changed")


def test_an_edit_deep_in_the_imports_makes_tables_and_pages_again(
    copy: Copy, edit: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    """The same by command, to the end: what is made again is what the new code makes."""
    project = make_project(tmp_path / "project")
    environment = os.environ | {"PYTHONPATH": str(copy.library), HOME_VARIABLE: str(project.root)}

    def call(*words: str) -> str:
        command = [sys.executable, "-m", "hpedu", "--language", "en", *words]
        return subprocess.run(
            command, env=environment, cwd=copy.library, check=True, capture_output=True, text=True
        ).stdout

    def report() -> str:
        words = ("report", "--group", "general", "--territory", "hai_phong", "--engine", "papermill", "--json")
        [done] = json.loads(call(*words, "--language", "vi"))["reports"]
        status: str = done["status"]
        return status

    call("ingest")
    first = (project.processed / "values.parquet").stat().st_mtime_ns
    assert (report(), report()) == ("done", "fresh")
    edit(copy.package / "sums.py", b"\n# Edited.\n")
    assert "Nothing changed" not in call("ingest")
    assert (project.processed / "values.parquet").stat().st_mtime_ns != first
    assert "Nothing changed" in call("ingest")
    assert (report(), report()) == ("done", "fresh")
