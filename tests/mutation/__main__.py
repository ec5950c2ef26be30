"""`make mutate`: break the code in one place at a time, and see whether the tests of its room notice.

python -m tests.mutation [--seed 1] [--count 300] [--only FILE] [--killed LOG]

The tests of a room run once with coverage, which says how long each takes and which lines it uses. Each mutant is
then tried in a fork of this process, with the tests that use its line first, the fastest before the others. Those
that survive are written to docs/mutation.md with the reason in survivors.csv. Of the usual tools mutmut takes no
sample, and cosmic-ray has one command for all files and starts an interpreter for each mutant, which takes hours.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gc
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import pytest

from tests.mutation.mutants import Mutant, list_mutants

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "docs" / "mutation.md"
REASONS = ROOT / "tests" / "mutation" / "survivors.csv"

ROOMS: dict[str, tuple[str, ...]] = {
    "hpedu/values.py": ("tests/test_values.py",),
    "hpedu/outlook": ("tests/outlook",),
    "hpedu/assess": ("tests/assess",),
    "hpedu/ingest/words": (
        *("tests/ingest/words", "tests/ingest/test_cells.py", "tests/ingest/test_interpret.py"),
        *("tests/ingest/test_reading.py", "tests/ingest/test_doubtful_tables.py", "tests/ingest/test_boundary.py"),
    ),
    "hpedu/ingest/checks": ("tests/ingest/checks",),
    "hpedu/ingest/forms": ("tests/ingest/forms", "tests/present/exports/test_history.py"),
    "hpedu/present/target.py": (
        "tests/present/test_target.py",
        "tests/test_sentences.py",
        "tests/present/test_report.py",
    ),
    "hpedu/present/forecasts.py": ("tests/present/test_forecasts.py", "tests/test_sentences.py"),
    "hpedu/present/summary.py": ("tests/present/test_summary.py", "tests/test_sentences.py"),
}
"""What is broken, a file or all files of a folder, and the tests that should notice."""

_MEMORY = 6 << 30
_MARGIN, _SLOWER = 20, 4
_QUICK = 1.0

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


class Breaker(SourceFileLoader):
    """Import one module of hpedu with a mutant in it; the file stays as it is."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        super().__init__(self.name, str(ROOT / mutant.file))
        self._mutant = mutant

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        source = self._mutant.apply(Path(self.path).read_bytes())
        return compile(ast.parse(source), self.path, "exec", dont_inherit=True)


class Watch:
    """A plugin of pytest that notes how long each test takes, and under its name the lines it uses."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, dict[int, list[str]]] = {}
        self.libraries: list[str] = []
        self._coverage = coverage.Coverage(data_file=None, source=[str(ROOT / "hpedu")], config_file=False)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._coverage.switch_context(item.nodeid)
        start = time.monotonic()
        outcome = yield
        self.seconds[item.nodeid] = time.monotonic() - start
        return outcome

    def pytest_sessionfinish(self) -> None:
        own = ("hpedu", "tests", "__main__")
        loaded = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None)]
        self.libraries = [name for name in loaded if name.partition(".")[0] not in own]
        self._coverage.stop()
        data = self._coverage.get_data()
        for file in data.measured_files():
            name = Path(file).relative_to(ROOT).as_posix()
            self.lines[name] = {
                # No test uses a line that runs when its module is imported; whatever uses the module may notice.
                line: [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(file).items()
            }


class Order:
    """A plugin of pytest that puts the tests that use a line first, the fastest before the others.

    Files of tests of which none uses it are left out. What a fixture does for many tests counts for the first of
    them: so the quick ones of its file are run, too.
    """

    def __init__(self, watch: Watch, mutant: Mutant) -> None:
        self._watch = watch
        lines = watch.lines.get(mutant.file, {})
        # A line that goes on from another may not count as one.
        first = lines.get(max((n for n in lines if n <= mutant.line), default=0), ())
        self._first = set(first) or {test for tests in lines.values() for test in tests}

    @property
    def files(self) -> list[str]:
        """The files of the tests that use the line."""
        return sorted({name.partition("::")[0] for name in self._first})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        seconds, first, files = self._watch.seconds, self._first, self.files
        items[:] = [
            item
            for item in items
            if item.nodeid in first
            or (item.nodeid.partition("::")[0] in files and seconds.get(item.nodeid, 0) <= _QUICK)
        ]
        items.sort(key=lambda item: (item.nodeid not in first, seconds.get(item.nodeid, 0)))


def run_tests(tests: Sequence[str], plugin: object, mutant: Mutant | None = None) -> int:
    """Run tests in this process, which is a fork; return the status of pytest."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    for name in [name for name in sys.modules if name.partition(".")[0] == "hpedu"]:
        del sys.modules[name]
    if mutant:
        sys.meta_path.insert(0, Breaker(mutant))  # type: ignore[arg-type]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", *tests], [plugin]))


def in_fork(work: Callable[[], Any], seconds: float | None = None) -> Any:
    """Return what a function returns in a fork of this process; None if it does not end in time."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=lambda: (send.send(work()), os._exit(0)))
    process.start()
    send.close()
    try:
        # A process that ends without a word is one that was broken so that it dies.
        return receive.recv() if receive.poll(seconds) else None
    except EOFError:
        return -1
    finally:
        process.kill()
        process.join()


def measure(room: str) -> Watch:
    """Run the tests of a room on the code as it is, where all of them must pass."""

    def work() -> Watch | None:
        watch = Watch()
        passed = run_tests(ROOMS[room], watch) == 0
        watch._coverage = None  # type: ignore[assignment]
        return watch if passed else None

    watch = in_fork(work)
    if not isinstance(watch, Watch):
        sys.exit(f"{room}: its tests fail without any mutant")
    print(f"{sum(watch.seconds.values()):.0f} s: {room}", flush=True)
    # What the tests import from elsewhere is then in every fork; importing it starts no thread of its own.
    for name in watch.libraries:
        import_module(name)
    gc.collect()
    gc.freeze()
    return watch


def try_mutant(mutant: Mutant, watch: Watch) -> str:
    """Run the tests of the room of a mutant, and return "survived", "killed" or "out of time"."""
    order = Order(watch, mutant)
    if not order.files:
        return "survived"
    seconds = _MARGIN + _SLOWER * sum(watch.seconds.values())
    status = in_fork(lambda: run_tests(order.files, order, mutant), seconds)
    return "out of time" if status is None else "killed" if status else "survived"


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


def describe(mutant: Mutant, outcome: str) -> str:
    """Return the line of an outcome."""
    return f"{outcome:11} {mutant.file}:{mutant.line} {mutant.inside}: {mutant.change}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--only", default="", help="files whose path has this in it; the page is not written")
    parser.add_argument(
        "--killed", type=Path, help="output of a run of the same code: what it killed is not tried"
    )
    wanted = parser.parse_args()
    mutants = list_all(wanted.only)
    # A smaller count takes the first of the same sample.
    sample = random.Random(wanted.seed).sample(mutants, len(mutants))[: wanted.count]
    log = wanted.killed.read_text(encoding="utf-8").splitlines() if wanted.killed else []
    known = {line for line in log if line.startswith(("killed", "out of time"))}
    watches: dict[str, Watch] = {}
    outcomes: list[tuple[Mutant, str]] = []
    # A run in the background can be interrupted, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for mutant in sample:
            outcome = next((o for o in ("killed", "out of time") if describe(mutant, o) in known), "")
            room = find_room(mutant.file)
            if not outcome:
                watches[room] = watches.get(room) or measure(room)
                outcome = try_mutant(mutant, watches[room])
            outcomes.append((mutant, outcome))
            print(describe(mutant, outcome), flush=True)
    finally:
        # A run that is interrupted says what it has found so far.
        if outcomes and not wanted.only:
            PLACE.write_text(write_page(outcomes, wanted.seed, len(mutants)), encoding="utf-8")
    noticed = sum(outcome != "survived" for _, outcome in outcomes)
    print(f"{len(outcomes)} of {len(mutants)} mutants, {noticed} killed ({100 * noticed / len(outcomes):.1f}%)")


if __name__ == "__main__":
    main()
