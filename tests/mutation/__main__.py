"""`make mutate`: break the code in one place at a time, and see whether the tests of its room notice.

python -m tests.mutation [--seed 1] [--count 300] [--only FILE] [--again LOG]

The tests of a room run once with coverage, which says how long each takes and which lines it uses. Each mutant is
then tried in a fork of this process, with the tests that use its line first, the fastest before the others. Those
that survive are written to docs/mutation.md with the reason in survivors.csv; once tests are written for them, the
output of the run (`--again`) tells which to try again. Of the usual tools mutmut takes no sample, and cosmic-ray
has one command for all files and starts an interpreter for each mutant, which takes hours.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gc
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
        *("tests/ingest/test_boundary_evidence.py", "tests/ingest/test_after_publication.py"),
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
_MARGIN, _SLOWER = 10, 2
_QUICK = 1.0

_HEAD = """# The mutation test of the code

`make mutate` breaks the code in one place at a time (`<` for `<=`, `or` for `and`, a number that is one more, a
result that is left out) and runs the tests of the room. What does not end within its time is killed, too: the
tests would hang. The parts below are written by the runs, a sample each.
"""
_ABOUT = """{count} of {total} mutants. At the first go, of commit {begun}, {first} ({share:.1f}%) were killed.
"""
_SINCE = """
Then tests were written, and what had survived was tried again on commit {now}: of {survived} mutants {since} are
killed now, {gone} changed code that is no longer there, and {left} survive. Of the {there} that are there
**{share:.1f}% are killed**.
"""
_LINE = re.compile(r"(.{11}) (\S+):(\d+) (\S*): (.*)")
SINCE, GONE = "since", "gone"


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
        # Of the processor, which does not depend on what else the machine does.
        start = time.process_time()
        outcome = yield
        self.seconds[item.nodeid] = time.process_time() - start
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
                # No test uses a line that runs when its module is imported; any may notice it.
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
        # A constant may be of use in another module: all tests of the room may notice it.
        self._first = set(first) or set(watch.seconds)

    @property
    def files(self) -> list[str]:
        """The files of the tests that use the line."""
        return sorted({name.partition("::")[0] for name in self._first})

    @property
    def tests(self) -> list[str]:
        """The tests to run, in their order."""
        seconds, files = self._watch.seconds, self.files
        quick = [name for name in seconds if name.partition("::")[0] in files and seconds[name] <= _QUICK]
        return sorted({*self._first, *quick}, key=lambda name: (name not in self._first, seconds[name], name))

    @property
    def limit(self) -> int:
        """The seconds of the processor after which the tests hang."""
        return int(_MARGIN + _SLOWER * sum(self._watch.seconds[name] for name in self.tests))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = {item.nodeid: item for item in items}
        items[:] = [known[name] for name in self.tests]


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


def in_fork(work: Callable[[], Any], seconds: int | None = None) -> Any:
    """Return what a function returns in a fork of this process; None if it does not end in time.

    The seconds are those of the processor, so that a machine with other work kills no mutant; one that waits for
    ever has ten times as many on the clock.
    """

    def limited() -> None:
        if seconds and sys.platform == "linux":
            import resource

            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        send.send(work())
        os._exit(0)

    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=limited)
    process.start()
    send.close()
    try:
        # A process that ends without a word is one that was broken so that it dies.
        return receive.recv() if receive.poll(seconds and 10 * seconds) else None
    except EOFError:
        process.join()
        return None if process.exitcode in (-signal.SIGXCPU, -signal.SIGKILL) else -1
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


@dataclass
class Outcome:
    """A mutant, what became of it at the first go ("" if this is it), and what became of it now."""

    mutant: Mutant
    first: str = ""
    now: str = ""

    def name(self) -> str:
        """Return the column of the page that counts it."""
        if self.now in ("survived", GONE):
            return self.now
        return SINCE if self.first == "survived" else "first"


def try_mutant(mutant: Mutant, watch: Watch) -> str:
    """Run the tests of the room of a mutant, and return "survived", "killed" or "out of time"."""
    order = Order(watch, mutant)
    if not order.files:
        return "survived"
    status = in_fork(lambda: run_tests(order.files, order, mutant), order.limit)
    return "out of time" if status is None else "killed" if status else "survived"


def read_reasons() -> dict[tuple[str, str, str], str]:
    """Return why a mutant survives, by file, function and change."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        return {(row["file"], row["inside"], row["change"]): row["why"] for row in csv.DictReader(file)}


def write_part(outcomes: Sequence[Outcome], total: int, begun: str, now: str) -> str:
    """Write what a run found: the counts of each room, and the survivors one by one."""
    rooms: dict[str, list[Outcome]] = {}
    for one in outcomes:
        rooms.setdefault(find_room(one.mutant.file), []).append(one)
    lines = [
        "| room | mutants | killed at first | killed since | gone | survive | killed of those there, % |",
        "|---|" + "---:|" * 6,
    ]
    for name, own in [*sorted(rooms.items()), ("all", list(outcomes))]:
        counts = Counter(one.name() for one in own)
        there = len(own) - counts[GONE]
        share = 100 * (1 - counts["survived"] / max(there, 1))
        figures = (len(own), counts["first"], counts[SINCE], counts[GONE], counts["survived"])
        lines.append(f"| {name} | {' | '.join(map(str, figures))} | {share:.1f} |")
    about = _ABOUT.format(
        count=len(outcomes),
        total=total,
        begun=begun,
        first=counts["first"],
        share=100 * counts["first"] / len(outcomes),
    )
    if counts[SINCE] or counts[GONE]:
        about += _SINCE.format(
            now=now,
            survived=len(outcomes) - counts["first"],
            since=counts[SINCE],
            gone=counts[GONE],
            left=counts["survived"],
            there=there,
            share=share,
        )
    lines += ["", "| survives | change | why |", "|---|---|---|"]
    reasons = read_reasons()
    survivors = [one.mutant for one in outcomes if one.now == "survived"]
    for mutant in sorted(survivors, key=lambda mutant: (mutant.file, mutant.line)):
        why = reasons.get((mutant.file, mutant.inside, mutant.change), "not looked at yet")
        change = mutant.change.replace("|", "\\|")
        lines.append(f"| {mutant.file}:{mutant.line} `{mutant.inside}` | `{change}` | {why} |")
    return about + "\n" + "\n".join(lines) + "\n"


def put_part(page: str, title: str, part: str) -> str:
    """Return the page with a part in place of the one of the same title."""
    others = [one for one in page.split("\n## ")[1:] if not one.startswith(f"{title}\n")]
    return "\n## ".join([_HEAD, *sorted([*others, f"{title}\n\n{part}"])])


def describe(one: Outcome) -> str:
    """Return the line of an outcome, by which the run can be taken up again."""
    mutant, told = one.mutant, SINCE if one.name() == SINCE else one.now
    return f"{told:11} {mutant.file}:{mutant.line} {mutant.inside}: {mutant.change}"


def take_sample(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    """Return mutants by lot. A change of the code adds and takes away its own, and leaves the others."""
    seen: Counter[tuple[str, str, str]] = Counter()
    lots = []
    for mutant in mutants:
        name = (mutant.file, mutant.inside, mutant.change)
        seen[name] += 1
        lots.append((random.Random(f"{seed} {name} {seen[name]}").random(), mutant))
    return [mutant for _, mutant in sorted(lots, key=lambda lot: lot[0])[:count]]


def find_again(mutants: Sequence[Mutant], log: str) -> list[Outcome]:
    """Return the mutants of a run before as they are now, by the output of that run; of each the nearest is it."""
    left: dict[tuple[str, str, str], list[Mutant]] = {}
    for mutant in mutants:
        left.setdefault((mutant.file, mutant.inside, mutant.change), []).append(mutant)
    found = []
    for outcome, file, line, inside, change in _LINE.findall(log):
        same = left.get((file, inside, change), [])
        old, _, new = change.partition(" -> ")
        there = min(same, key=lambda mutant: abs(mutant.line - int(line)), default=None)
        if there:
            same.remove(there)
        gone = Mutant(file, int(line), inside, old, new, 0, 0)
        told = outcome.strip()
        first = "survived" if told in (SINCE, GONE) else told
        now = "killed" if told == SINCE else GONE if told == "survived" and not there else told
        found.append(Outcome(there or gone, first, now))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--only", default="", help="files whose path has this in it; the page is not written")
    parser.add_argument("--again", type=Path, help="output of a run before: what survived it is tried again")
    wanted = parser.parse_args()
    mutants = list_all(wanted.only)
    git = ["git", "rev-parse", "--short", "HEAD"]
    now = begun = subprocess.run(git, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    if wanted.again:
        log = wanted.again.read_text(encoding="utf-8")
        begun = log.split(maxsplit=2)[1]
        sample = find_again(mutants, log)
    else:
        sample = [Outcome(mutant) for mutant in take_sample(mutants, wanted.seed, wanted.count)]
    print(f"commit {begun}", flush=True)
    watches: dict[str, Watch] = {}
    outcomes: list[Outcome] = []
    # A run in the background can be interrupted, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for one in sample:
            if one.now in ("", "survived"):
                room = find_room(one.mutant.file)
                watches[room] = watches.get(room) or measure(room)
                one.now = try_mutant(one.mutant, watches[room])
            outcomes.append(one)
            print(describe(one), flush=True)
    finally:
        # A run that is interrupted says what it has found so far.
        if outcomes and not wanted.only:
            page = put_part(
                PLACE.read_text(encoding="utf-8"),
                f"Seed {wanted.seed}",
                write_part(outcomes, len(mutants), begun, now),
            )
            PLACE.write_text(page, encoding="utf-8")
    noticed = sum(one.now in ("killed", "out of time") for one in outcomes)
    print(f"{len(outcomes)} of {len(mutants)} mutants, {noticed} killed ({100 * noticed / len(outcomes):.1f}%)")


if __name__ == "__main__":
    main()
