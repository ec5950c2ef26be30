"""A small project and an engine of our own: what a batch does is tested without waiting for kernels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import nbformat
import pytest

from hpedu.batch import build
from hpedu.batch.build import Settings
from hpedu.batch.plan import Outcome, Run
from hpedu.folders import HOME_VARIABLE, Project, write_whole
from hpedu.registry import load_registry
from hpedu.texts import Message

GROUPS = [group.id for group in load_registry().groups.values() if group.page]

HEADER = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note\n"
ROW = "hai_phong,,{level},pupils,,,,2025,2025,{value},,persons,,\n"


def write_raw(project: Project, **values: int) -> None:
    """Put tidy files into data/raw, one a level with the pupils of it, and a package that names them."""
    project.raw.mkdir(parents=True, exist_ok=True)
    about = {"title": "t", "publisher": "p", "table": "t", "url": "u", "published": "2026", "scope": "s"}
    about |= {"confidence": "high"}
    resources = []
    for name, value in values.items():
        content = HEADER + ROW.format(level=name, value=value)
        (project.raw / f"{name}.csv").write_text(content, encoding="utf-8")
        resources.append(about | {"name": name, "path": f"{name}.csv", "transcription": True, "licenses": []})
    (project.raw / "datapackage.json").write_text(json.dumps({"resources": resources}), encoding="utf-8")


def make_little(project: Project) -> Project:
    """Write two figures, and a notebook for every group that only says its name."""
    write_raw(project, primary=100, kindergarten=50)
    project.notebooks.mkdir()
    for group in GROUPS:
        cell = nbformat.v4.new_code_cell(f"print('{group}')", id="say")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), project.notebooks / f"{group}.ipynb")
    return project


@pytest.fixture
def little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Project:
    """A little project, which hpedu finds."""
    project = make_little(Project(tmp_path / "little"))
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    return project


@pytest.fixture
def count_pupils(little: Project) -> Callable[..., None]:
    """Puts other figures into data/raw: a level and its pupils, as many as one likes."""
    return partial(write_raw, little)


Behave = Callable[[Run, int], Outcome | None]
"""Run, how often it was tried before -> an outcome of its own, or None for a page."""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behave], list[Run]]:
    """Put an engine in place that writes a line as page, but for what `behave` says; returns what it ran."""

    def install(behave: Behave) -> list[Run]:
        ran: list[Run] = []

        class Pretender:
            name, workers = "fast", 2

            def __init__(self, project: Project) -> None:
                self.project = project

            def run(self, run: Run) -> Outcome:
                tried = ran.count(run)
                ran.append(run)
                outcome = behave(run, tried)
                if outcome is None:
                    write_whole(self.project.reports / run.page, run.id.encode())
                    outcome = Outcome(run, 0.5, inputs={"newest_year": "2025"})
                return outcome

            def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
                return []

        @contextmanager
        def open_engine(settings: Settings, project: Project) -> Iterator[Pretender]:
            yield Pretender(project)

        monkeypatch.setattr(build, "open_engine", open_engine)
        return ran

    return install
