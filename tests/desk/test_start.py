"""A notebook of one's own, from the command that starts it to its page."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell

from hpedu import store
from hpedu.cli import commands
from hpedu.folders import HOME_VARIABLE, MARKER, Project
from hpedu.present.page.lint import lint_page
from hpedu.registry import load_registry
from hpedu.registry.load import _load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with the real figures."""
    shutil.copytree(ROOT / MARKER.parent, tmp_path / MARKER.parent)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("HPEDU_LANGUAGE", "en")
    yield Project(tmp_path)
    store.forget()
    _load.cache_clear()


def call(*words: str) -> Result:
    _load.cache_clear()
    return CliRunner().invoke(commands, list(words))


def test_a_new_notebook_becomes_a_page_with_its_own_chart(project: Project) -> None:
    made = call("new", "class_sizes", "--title", 'Lớp "đông" & vắng')
    assert made.exit_code == 0 and "hpedu report --notebook class_sizes" in made.output
    done = call("report", "--notebook", "class_sizes", "--language", "vi", "--engine", "papermill")
    assert done.exit_code == 0, done.output
    [page] = project.reports.glob("*/hai_phong/vi/class_sizes.html")
    text = page.read_text(encoding="utf-8")
    assert '<h1>Lớp "đông" & vắng' in html.unescape(text)
    assert 'aria-label="Biểu đồ của người phân tích"' in text
    assert load_registry().groups["class_sizes"].name.vi == 'Lớp "đông" & vắng'


def test_a_notebook_with_controls_becomes_a_page(project: Project) -> None:
    # A widget talks to nbclient while nbclient waits: a reply went unheard, the batch never ended.
    call("new", "looking")
    place = project.notebooks / "looking.ipynb"
    notebook = nbformat.read(place, as_version=4)
    notebook.cells += [new_code_cell('hpedu.explore("kindergarten_pupils")') for _ in range(4)]
    nbformat.write(notebook, place)
    done = call("report", "--notebook", "looking", "--language", "vi", "--max-seconds", "60")
    assert done.exit_code == 0, done.output
    [page] = project.reports.glob("*/hai_phong/vi/looking.html")
    assert lint_page(page.read_text(encoding="utf-8")) == []


def test_a_second_one_stands_beside_the_first(project: Project) -> None:
    assert call("new", "one").exit_code == call("new", "two").exit_code == 0
    _load.cache_clear()
    assert {"one", "two", "preschool"} <= set(load_registry().groups)


@pytest.mark.parametrize("name", ["Lớp", "2030", "a-b", "../a", "preschool"])
def test_a_name_that_cannot_be_is_refused(project: Project, name: str) -> None:
    refused = call("new", name)
    assert refused.exit_code == 1 and name in refused.output and "Traceback" not in refused.output
    assert list(project.notebooks.iterdir()) == []
