"""The executed copies that nbval compares with: they are of the real notebooks, and comparing is real."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

from hpedu.folders import Project
from hpedu.registry import load_registry
from tests.test_conventions import VIETNAMESE

GROUPS = [group.id for group in load_registry().groups.values() if group.page]

ROOT = Path(__file__).parents[1]
COPIES = ROOT / "tests" / "notebooks"


TEXTS = ROOT / "hpedu" / "texts" / "notebooks"


def keys_of(path: Path) -> set[str]:
    """Names of the texts that a notebook says, also those of which it chooses one."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    calls = [
        node
        for source in cells
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("say", "text")
    ]
    said = [one for call in calls if call.args for one in ast.walk(call.args[0])]
    return {one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_every_text_of_a_notebook_is_said_and_there() -> None:
    texts = {path.stem: set(tomllib.loads(path.read_text(encoding="utf-8"))) for path in TEXTS.glob("*.toml")}
    shared = texts.pop("page")
    said = {name: keys_of(ROOT / "notebooks" / f"{name}.ipynb") for name in texts}
    for name, keys in said.items():
        # The head of the page says the first two by itself.
        assert texts[name] - {"title", "questions"} <= keys <= texts[name] | shared, name
    assert shared <= set().union(*said.values())


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_sentences_are_in_the_texts_so_that_one_language_is_shown(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    written = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert len(written) == (path.stem == "guided_tour")
    for cell in cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert not VIETNAMESE.search(node.value) and node.value.count(" ") < 12, node.value


def read_sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


@pytest.mark.parametrize("group", GROUPS)
def test_copy_is_of_the_notebook(group: str) -> None:
    copy, original = COPIES / f"{group}.ipynb", ROOT / "notebooks" / f"{group}.ipynb"
    assert read_sources(copy) == read_sources(original), "run: make refresh-notebooks"


@pytest.mark.parametrize("group", GROUPS)
def test_copy_checks_what_is_said(group: str) -> None:
    cells = nbformat.read(COPIES / f"{group}.ipynb", as_version=4).cells
    checked = [cell for cell in cells if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert len(checked) >= (2 if group == "brief" else 5)


def run_nbval(copy: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        str(copy),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=copy.parent)


def test_a_changed_figure_is_noticed(project: Project) -> None:
    copy = project.root / "continuing.ipynb"
    shutil.copy(COPIES / "continuing.ipynb", copy)
    table = project.raw / "nso" / "pxweb_2019_literacy.csv"
    text = table.read_text(encoding="utf-8-sig")
    row = next(line for line in text.splitlines() if line.startswith('"Hai Phong"'))
    changed = row.rsplit(";", 1)[0] + ";91.7"  # the newest literacy rate of old Hai Phong
    table.write_text("\ufeff" + text.replace(row, changed), encoding="utf-8")
    result = run_nbval(copy)
    assert result.returncode == 1
    assert "91" in result.stdout


@pytest.mark.parametrize("name", [*GROUPS, "commune"])
def test_papermill_tells_every_parameter_with_its_type_and_what_it_may_be(name: str) -> None:
    for parameter in inspect_notebook(str(ROOT / "notebooks" / f"{name}.ipynb")).values():
        assert parameter["inferred_type_name"] not in ("None", "Unknown type"), parameter
        assert parameter["help"], parameter
    assert "hai_phong_old" in inspect_notebook(str(ROOT / "notebooks" / "overview.ipynb"))["territory"]["help"]
