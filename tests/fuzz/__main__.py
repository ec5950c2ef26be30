"""`make fuzz`: read many changed tables, print those with a wrong figure, write the counts to docs/fuzz.md.

python -m tests.fuzz [--seed 1] [--count 10000] [--resume] [--only NUMBER]

`--count` is the number of mutants of each kind of file; they take turns. A run that is interrupted writes what it
has done, and `--resume` goes on from there: first, what was wrong is judged again.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from hpedu.folders import write_whole
from hpedu.registry import Registry, load_registry
from tests.conftest import ROOT
from tests.fuzz.figures import KINDS, Outcome, describe, judge, judge_all, make_mutant

PLACE, SECURITY, STATE = ROOT / "docs" / "fuzz.md", ROOT / "SECURITY.md", ROOT / "build" / "fuzz.json"
COLUMNS = ("mutants", "figures read", "cells set aside", "files refused whole", "wrong at first")
SAVED_EVERY = 500

_PAGE = """# The mutation test of figures

`make fuzz` makes tables with known figures, changes each in one or two ways, writes it in one of several formats
and reads it. Each figure is read as it now stands, or set aside; a silent wrong one fails, with the number that
makes it again. One mutant in five has damaged bytes instead: it is read or refused, whatever it is, and no figure
is beyond any. `make test` runs a short form of it. The run writes this page and its figures in SECURITY.md.

{done}

{wrong}
{changes}
{formats}"""
_BLOCK = re.compile(r"(?<=<!-- fuzz: begin -->\n).*?(?=<!-- fuzz: end -->)", re.DOTALL)


@dataclass
class State:
    """What a run has done: the first number, the next one, and counts."""

    first: int
    following: int
    # The last commits of the code that was run, each with its first number.
    commits: dict[str, int] = field(default_factory=dict)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    formats: dict[str, dict[str, int]] = field(default_factory=dict)
    # What is wrong, by the number of the mutant; and what was, until a reader or the test itself was mended.
    wrong: dict[str, str] = field(default_factory=dict)
    mended: dict[str, str] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.following = outcome.mutant.number + 1
        values = (1, outcome.read, outcome.set_aside, int(outcome.is_refused), int(bool(outcome.wrong)))
        for name in outcome.mutant.mutation.split(" + "):
            _count(self.changes, name, values)
        _count(self.formats, outcome.mutant.format, values)
        if outcome.wrong:
            self.wrong[str(outcome.mutant.number)] = describe(outcome)

    def judge_again(self, registry: Registry) -> None:
        """Judge again what was wrong."""
        for number in [number for number in self.wrong if not judge(make_mutant(int(number)), registry).wrong]:
            self.mended[number] = self.wrong.pop(number)

    def say(self) -> str:
        """Say how much was done, of which code, and what was found."""
        counts = [row["mutants"] for row in self.formats.values()]
        fewest, most = (f"{number:,}" for number in (min(counts), max(counts)))
        of_each = fewest if fewest == most else f"{fewest} or {most}"
        code = ", ".join(f"{commit} from {first:,} on" for commit, first in self.commits.items())
        return (
            f"Mutants {self.first:,} to {self.following - 1:,}: {of_each} of each of {len(counts)} kinds of file "
            f"(10,000 are the full length); code: {code}. Wrong or crashed: {len(self.wrong)}; "
            f"so at first, until a reader or the test itself was mended: {len(self.mended)}."
        )

    def write(self) -> None:
        """Write the state, the page and the figures in SECURITY.md."""
        write_whole(STATE, json.dumps(asdict(self)).encode())
        wrong = "".join(f"```\n{text}\n```\n\n" for text in self.wrong.values())
        tables = {"changes": tabulate("change", self.changes), "formats": tabulate("format", self.formats)}
        write_whole(PLACE, _PAGE.format(done=self.say(), wrong=wrong, **tables).encode())
        said = f"`make fuzz`. {self.say()} By change and by format: [docs/fuzz.md](docs/fuzz.md).\n"
        write_whole(SECURITY, _BLOCK.sub(lambda _: said, SECURITY.read_text(encoding="utf-8")).encode())


def _count(counts: dict[str, dict[str, int]], name: str, values: tuple[int, ...]) -> None:
    row = counts.setdefault(name, dict.fromkeys(COLUMNS, 0))
    for column, value in zip(COLUMNS, values, strict=True):
        row[column] += value


def tabulate(name: str, counts: dict[str, dict[str, int]]) -> str:
    """Write the counts of each kind as a table."""
    lines = [f"| {name} | {' | '.join(COLUMNS)} |", "|---|" + "---:|" * len(COLUMNS)]
    lines += [f"| {kind} | {' | '.join(str(row[x]) for x in COLUMNS)} |" for kind, row in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def run(state: State, count: int, registry: Registry) -> None:
    """Judge what is left of `count` mutants; the state is written now and then, and at the end."""
    ask = ["git", "log", "-1", "--format=%h", "--", "hpedu"]
    commit = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    state.commits.setdefault(commit, state.following)
    try:
        for outcome in judge_all(state.following, count - (state.following - state.first), registry):
            state.add(outcome)
            if outcome.wrong:
                print(describe(outcome), flush=True)
            if state.following % SAVED_EVERY == 0:
                state.write()
    finally:
        state.write()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each kind")
    parser.add_argument("--resume", action="store_true", help="go on where the last run ended")
    parser.add_argument("--only", type=int, help="make and judge this mutant again")
    wanted = parser.parse_args()
    registry = load_registry()
    if wanted.only is not None:
        outcome = judge(make_mutant(wanted.only), registry)
        print(describe(outcome), f"read {outcome.read}, set aside {outcome.set_aside}", sep="\n")
        sys.exit(bool(outcome.wrong))
    given: dict[str, Any] = {"first": wanted.seed, "following": wanted.seed}
    state = State(**(json.loads(STATE.read_text(encoding="utf-8")) if wanted.resume else given))
    state.judge_again(registry)
    # A run in the background can be interrupted, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run(state, wanted.count * len(KINDS), registry)
    print(state.say())
    sys.exit(bool(state.wrong))


if __name__ == "__main__":
    main()
