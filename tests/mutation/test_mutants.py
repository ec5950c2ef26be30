"""Mutants are small, differ from the source, and leave alone what no test could notice."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.mutation.__main__ import Order, Watch, list_all
from tests.mutation.mutants import Mutant, list_mutants

SOURCE = '''"""Title: 1."""
from functools import lru_cache

@lru_cache(maxsize=9)
def ảnh(số: int = 3, cờ: "list[int] | None" = None) -> int | None:
    """Return 4."""
    kept = []
    kept.append(số)
    return số + 1 if số < 2 and not cờ else max(kept)
'''


def changes(source: str) -> set[str]:
    return {mutant.change for mutant in list_mutants("a.py", source.encode())}


def test_each_kind_of_change() -> None:
    found = changes(SOURCE)
    assert {
        "3 -> (4)",
        "số < 2 -> (số <= 2)",
        "số < 2 and not cờ -> (số < 2 or not cờ)",
        "not cờ -> (cờ)",
        "số + 1 -> (số - 1)",
        "max(kept) -> (min(kept))",
        "kept.append(số) -> pass",
        "return số + 1 if số < 2 and not cờ else max(kept) -> return None",
        "số + 1 if số < 2 and not cờ else max(kept) -> (số + 1)",
    } <= found
    # No docstring, annotation or decorator.
    assert not any(change.startswith(("9", '"', "int", "None")) for change in found)


@pytest.mark.parametrize("body", ["pass", "return None", "x = 'text'", "import os"])
def test_nothing_to_change(body: str) -> None:
    assert changes(f"def f() -> None:\n    {body}\n") == set()


def test_all_mutants_of_the_project_are_python_and_no_two_are_one() -> None:
    mutants = list_all()
    assert len(mutants) > 3000 and len(set(mutants)) == len(mutants)
    for mutant in mutants[::20]:
        source = Path(mutant.file).read_bytes()
        assert ast.dump(ast.parse(mutant.apply(source))) != ast.dump(ast.parse(source))


def test_the_tests_that_use_a_line_come_first_and_the_fast_ones_before_the_others() -> None:
    watch = Watch.__new__(Watch)
    watch.seconds = {"a.py::slow": 9, "a.py::fast": 1, "a.py::other": 0.1, "a.py::long": 5, "b.py::x": 0}
    watch.lines = {"hpedu/f.py": {1: [], 3: ["a.py::slow", "a.py::fast"], 9: ["b.py::x"]}}
    items = [SimpleNamespace(nodeid=name) for name in watch.seconds]
    # Line 4 goes on from line 3.
    order = Order(watch, Mutant("hpedu/f.py", 4, "", "1", "(2)", 0, 1))
    order.pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == ["a.py::fast", "a.py::slow", "a.py::other"]
    # What runs when the module is imported may be noticed by all that uses the module.
    assert Order(watch, Mutant("hpedu/f.py", 1, "", "1", "(2)", 0, 1)).files == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("file", "name"), [("hpedu/outlook/student.py", "t_cdf"), ("hpedu/ingest/checks/__init__.py", "find_breaches")]
)
def test_a_module_is_imported_with_the_mutant_and_its_file_stays(file: str, name: str) -> None:
    before = Path(file).read_bytes()
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    code = (
        "import sys; from tests.mutation.__main__ import Breaker, list_all; "
        f"m = next(m for m in list_all({file!r}) if m.new == 'return None' and m.inside == {name!r}); "
        f"sys.meta_path.insert(0, Breaker(m)); import {module} as broken; print(type(broken.__loader__))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Breaker" in run.stdout, run.stderr
    assert Path(file).read_bytes() == before


def test_a_mutant_is_applied_where_it_is() -> None:
    assert Mutant("a.py", 1, "", "1", "(2)", 4, 5).apply(b"x = 1\n") == b"x = (2)\n"
