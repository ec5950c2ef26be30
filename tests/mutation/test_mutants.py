"""Mutants are small, differ from the source, and leave alone what no test could notice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutation.__main__ import choose_tests, list_all
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


def test_the_tests_of_a_file_come_before_those_of_its_room() -> None:
    assert choose_tests("hpedu/outlook/pace.py") == ["tests/outlook/test_pace.py", "tests/outlook"]
    assert choose_tests("hpedu/ingest/checks/limits.py") == ["tests/ingest/checks"]


def test_a_mutant_is_applied_where_it_is() -> None:
    assert Mutant("a.py", 1, "", "1", "(2)", 4, 5).apply(b"x = 1\n") == b"x = (2)\n"
