"""`make mutate`: break the code in one place at a time, and see whether the tests of its room notice.

python -m tests.mutation [--seed 1] [--count 300] [--only FILE]

Each mutant is tried in a copy of the project, in a process of its own with a time limit. The outcomes are printed
with the line and the change; those that survive are written to docs/mutation.md with the reason in survivors.csv.
Of the usual tools mutmut takes no sample, and cosmic-ray has one command for all files and starts an interpreter
for each mutant, which would take hours.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from py_compile import PycInvalidationMode

import numpy as np  # noqa: F401
import polars as pl  # noqa: F401
import pydantic  # noqa: F401
import pytest

from tests.mutation.mutants import Mutant, list_mutants

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "docs" / "mutation.md"
REASONS = ROOT / "tests" / "mutation" / "survivors.csv"

ROOMS: dict[str, tuple[str, ...]] = {
    "hpedu/values.py": ("tests/test_values.py",),
    "hpedu/outlook": ("tests/outlook",),
    "hpedu/assess": ("tests/assess",),
    "hpedu/ingest/words": ("tests/ingest/words",),
    "hpedu/ingest/checks": ("tests/ingest/checks",),
    "hpedu/ingest/forms": ("tests/ingest/forms",),
    "hpedu/present/target.py": ("tests/present/test_target.py", "tests/test_sentences.py"),
    "hpedu/present/forecasts.py": ("tests/present/test_forecasts.py", "tests/test_sentences.py"),
    "hpedu/present/summary.py": ("tests/present/test_summary.py", "tests/test_sentences.py"),
}
"""What is broken, a file or all files of a folder, and the tests that should notice."""

_COPIED = ("hpedu", "tests", "data", "notebooks", "docs", "pyproject.toml", "setup.py", "run.py")
_MEMORY = 6 << 30
_MARGIN, _SLOWER = 20, 4

_HEAD = """# The mutation test of the code

`make mutate` breaks the code in one place at a time (`<` for `<=`, `or` for `and`, a number that is one more, a
result that is left out) and runs the tests of the room. This page is written by the run: seed {seed}, {count} of
{all} mutants. A mutant that does not end within its time is noticed, too: the tests would hang.

"""


def list_all(only: str = "") -> list[Mutant]:
    """List the mutants of all rooms, in the order of files and lines."""
    files = [
        file
        for room in ROOMS
        for file in ([ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py")))
    ]
    names = [file.relative_to(ROOT).as_posix() for file in files]
    return [m for name in names if only in name for m in list_mutants(name, (ROOT / name).read_bytes())]


def find_room(file: str) -> str:
    """Return the room of a file."""
    return next(room for room in ROOMS if file == room or file.startswith(f"{room}/"))


def choose_tests(file: str) -> list[str]:
    """Choose the tests of a file: first the file of tests that mirrors it, then its room."""
    mirror = Path(file.replace("hpedu", "tests", 1))
    first = mirror.with_name(f"test_{mirror.name}").as_posix()
    return list(dict.fromkeys([*([first] if (ROOT / first).exists() else []), *ROOMS[find_room(file)]]))


def copy_project(target: Path) -> None:
    """Copy what the tests need; compiled files are known by the content of the source, not by its time."""
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, target / name)
    compileall.compile_dir(target / "hpedu", quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)


def _test(project: str, tests: list[str]) -> None:
    """Run tests in a copy of the project; ends the process with the status of pytest."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(project)
    os.environ["PYTHONPATH"] = project
    sys.path.insert(0, project)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("hpedu", "tests")]:
        del sys.modules[name]
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", *tests]))


def try_tests(project: Path, tests: list[str], seconds: float | None) -> str:
    """Run tests in a process of its own, and return "survived", "killed" or "out of time"."""
    # A fork has the libraries loaded already; where there is none, all is loaded anew.
    way = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    process = multiprocessing.get_context(way).Process(target=_test, args=(str(project), tests))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return "out of time"
    return "killed" if process.exitcode else "survived"


def try_mutant(mutant: Mutant, project: Path, seconds: float) -> str:
    """Break the copy, run the tests, mend the copy."""
    place = project / mutant.file
    source = place.read_bytes()
    place.write_bytes(mutant.apply(source))
    try:
        return try_tests(project, choose_tests(mutant.file), seconds)
    finally:
        place.write_bytes(source)


def measure(project: Path, rooms: set[str]) -> dict[str, float]:
    """Return how long the tests of each room take on the code as it is, where all of them must pass."""
    taken = {}
    for room in sorted(rooms):
        start = time.monotonic()
        if try_tests(project, list(ROOMS[room]), None) != "survived":
            sys.exit(f"{room}: its tests fail without any mutant")
        taken[room] = time.monotonic() - start
        print(f"{taken[room]:.0f} s: {room}", flush=True)
    return taken


def read_reasons() -> dict[tuple[str, str, str], str]:
    """Return why a mutant survives, by file, function and change."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        return {(row["file"], row["inside"], row["change"]): row["why"] for row in csv.DictReader(file)}


def write_page(outcomes: list[tuple[Mutant, str]], seed: int, total: int) -> str:
    """Write the page: the counts of each room, and the survivors one by one."""
    rooms: dict[str, Counter[str]] = {}
    for mutant, outcome in outcomes:
        rooms.setdefault(find_room(mutant.file), Counter())[outcome] += 1
    lines = ["| room | mutants | killed | out of time | survived | killed, % |", "|---|" + "---:|" * 5]
    for name, counts in [*sorted(rooms.items()), ("all", sum(rooms.values(), Counter()))]:
        noticed = counts["killed"] + counts["out of time"]
        figures = (counts.total(), counts["killed"], counts["out of time"], counts["survived"])
        lines.append(f"| {name} | {' | '.join(map(str, figures))} | {100 * noticed / counts.total():.1f} |")
    lines += ["", "| survived | change | why |", "|---|---|---|"]
    reasons = read_reasons()
    for mutant in sorted((m for m, outcome in outcomes if outcome == "survived"), key=lambda m: (m.file, m.line)):
        why = reasons.get((mutant.file, mutant.inside, mutant.change), "not looked at yet")
        change = mutant.change.replace("|", "\\|")
        lines.append(f"| {mutant.file}:{mutant.line} `{mutant.inside}` | `{change}` | {why} |")
    return _HEAD.format(seed=seed, count=len(outcomes), all=total) + "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--only", default="", help="files whose path has this in it; the page is not written")
    wanted = parser.parse_args()
    mutants = list_all(wanted.only)
    # A smaller count takes the first of the same sample.
    sample = random.Random(wanted.seed).sample(mutants, len(mutants))[: wanted.count]
    outcomes: list[tuple[Mutant, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        copy_project(project)
        taken = measure(project, {find_room(mutant.file) for mutant in sample})
        try:
            for mutant in sample:
                outcome = try_mutant(mutant, project, _MARGIN + _SLOWER * taken[find_room(mutant.file)])
                outcomes.append((mutant, outcome))
                print(f"{outcome:11} {mutant.file}:{mutant.line} {mutant.inside}: {mutant.change}", flush=True)
        finally:
            # A run that is interrupted says what it has found so far.
            if outcomes and not wanted.only:
                PLACE.write_text(write_page(outcomes, wanted.seed, len(mutants)), encoding="utf-8")
    noticed = sum(outcome != "survived" for _, outcome in outcomes)
    print(f"{len(outcomes)} of {len(mutants)} mutants, {noticed} killed ({100 * noticed / len(outcomes):.1f}%)")


if __name__ == "__main__":
    main()
