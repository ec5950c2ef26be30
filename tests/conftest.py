"""Fixtures that several rooms of the tests share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from hpedu import store
from hpedu.batch.build import Batch, run_batch
from hpedu.batch.plan import make_plan
from hpedu.digest import ISSUES, OBSERVATIONS
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.ingest import schema
from hpedu.registry import Registry, load_registry
from hpedu.store import prepare
from hpedu.texts import LANGUAGE_VARIABLE

ROOT = Path(__file__).parents[1]

# No test depends on how fast the machine is.
settings.register_profile("hpedu", deadline=None)
settings.load_profile("hpedu")


@pytest.fixture(autouse=True)
def speak_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine speaks, the command speaks English in the tests."""
    monkeypatch.setenv(LANGUAGE_VARIABLE, "en")


@pytest.fixture
def fresh_tables() -> Iterator[None]:
    """Tables are read once a process; a test with a project of its own starts and ends with none."""
    store.forget()
    yield
    store.forget()


def copy_project(target: Path) -> Project:
    """A project of its own with the real data and notebooks."""
    for name in ("data/raw", "notebooks"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return Project(target)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None) -> Project:
    """A copy of the project that a test may change; hpedu finds it instead of the real one."""
    copy = copy_project(tmp_path / "project")
    monkeypatch.setenv(HOME_VARIABLE, str(copy.root))
    return copy


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Batch]]:
    """A real batch: all five notebooks for the city in both languages, built once for all tests."""
    copy = copy_project(tmp_path_factory.mktemp("site"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(copy.root))
        store.forget()
        batch = run_batch(make_plan(), copy)
    store.forget()
    yield copy, batch


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The registry that comes with hpedu."""
    return load_registry()


@dataclass(frozen=True)
class Tables:
    """What ingest makes of the real data/raw: all editions of all observations, and the issues."""

    project: Project
    observations: pl.DataFrame
    issues: pl.DataFrame

    @property
    def published(self) -> pl.DataFrame:
        """Observations that stand in one cell of one file."""
        return self.observations.filter(~pl.col("status").is_in(["derived", "estimated"]) & _one_cell())

    @property
    def current(self) -> pl.DataFrame:
        return self.observations.filter("current")


def _one_cell() -> pl.Expr:
    return ~pl.col("cell").str.contains(" + ", literal=True)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of the real data/raw, ingested once, away from the real data/processed."""
    root = tmp_path_factory.mktemp("tables")
    shutil.copytree(ROOT / "data/raw", root / "data/raw")
    project = Project(root)
    prepare(project)
    return Tables(
        project,
        pl.read_parquet(project.processed / OBSERVATIONS),
        pl.read_parquet(project.processed / ISSUES),
    )


PLAIN_OBSERVATION: dict[str, Any] = {
    "measure": "pupils",
    "level": "primary",
    "ownership": "all",
    "sex": "both",
    "detail": "",
    "territory": "hai_phong_old",
    "place": "",
    "year": 2020,
    "value": 100.0,
    "unit": "persons",
    "status": "final",
    "qualifier": "",
    "flags": [],
    "source": "a",
    "edition": "2021",
    "file": "a.csv",
    "sheet": "",
    "cell": "B2",
    "printed": "100",
    "note": "",
    "step": 1.0,
    "current": True,
}


@pytest.fixture(scope="session")
def make_observations() -> Callable[..., pl.DataFrame]:
    """Builds a table of observations: each argument is a dict of what differs from a plain one."""

    def make(*rows: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame([PLAIN_OBSERVATION | row for row in rows], schema=schema.OBSERVATIONS, orient="row")

    return make
