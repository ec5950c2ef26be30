"""Mutants are small, differ from the source, and leave alone what no test could notice."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.mutation.__main__ import (
    GONE,
    Order,
    Watch,
    describe,
    find_again,
    list_all,
    put_part,
    take_sample,
    write_part,
)
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
    assert order.limit == 10 + 2 * 10
    # What runs when the module is imported may be noticed by any test of the room.
    watch.seconds["c.py::y"] = 0
    assert Order(watch, Mutant("hpedu/f.py", 1, "", "1", "(2)", 0, 1)).files == ["a.py", "b.py", "c.py"]


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


def make(line: int, change: str, file: str = "hpedu/values.py") -> Mutant:
    old, _, new = change.partition(" -> ")
    return Mutant(file, line, "f", old, new, line, line + 1)


def test_a_change_of_the_code_leaves_the_other_mutants_of_a_sample() -> None:
    code = [make(n, f"{n % 50} -> (9)") for n in range(200)]
    longer = [make(0, "x -> (y)"), *(make(m.line + 1, m.change) for m in code[1:])]
    before, after = (Counter(m.change for m in take_sample(one, 1, 50)) for one in (code, longer))
    assert (before & after).total() >= 48
    assert take_sample(code, 1, 50) == take_sample(code, 1, 80)[:50] != take_sample(code, 2, 50)


def test_a_run_is_taken_up_again_with_its_mutants_where_they_are_now() -> None:
    log = """killed      hpedu/values.py:3 f: a < b -> (a <= b)
survived    hpedu/values.py:5 f: 1 -> (2)
survived    hpedu/values.py:9 f: 1 -> (2)
survived    hpedu/values.py:12 f: x -> (y)
4 of 99 mutants, 1 killed (25.0%)
"""
    found = find_again([make(10, "1 -> (2)"), make(6, "1 -> (2)")], log)
    assert [(one.mutant.line, one.now) for one in found] == [
        (3, "killed"),
        (6, "survived"),
        (10, "survived"),
        (12, GONE),
    ]
    found[1].now = "killed"
    told = "\n".join(map(describe, found))
    again = find_again([make(10, "1 -> (2)"), make(6, "1 -> (2)")], told)
    assert [(one.first, one.now) for one in again] == [(one.first, one.now) for one in found]
    part = write_part(found, 99, "a1", "b2")
    assert "| all | 4 | 1 | 1 | 1 | 1 | 66.7 |" in part and "not looked at yet" in part
    page = put_part(put_part(put_part("", "Seed 2", "b"), "Seed 1", "a"), "Seed 1", part)
    assert page.count("## Seed 1") == 1 and page.endswith("## Seed 2\n\nb")
