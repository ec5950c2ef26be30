"""`make fuzz`: read many changed tables, print those with a wrong figure, write the counts to docs/fuzz.md.

python -m tests.fuzz [--seed 1] [--count 10000] [--only NUMBER]

`--count` is the number of mutants of each kind of file; they take turns, and a run that is interrupted writes what
it has done.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter

from hpedu.registry import load_registry
from tests.conftest import ROOT
from tests.fuzz.figures import KINDS, Outcome, describe, judge, judge_all, make_mutant

PLACE = ROOT / "docs" / "fuzz.md"
_HEAD = """# The mutation test of figures

`make fuzz` makes tables with known figures, changes each in one or two ways, writes it in one of several formats
and reads it. Each figure is read as it now stands, or set aside; a silent wrong one fails, with the number that
makes it again. One mutant in five has damaged bytes instead: it is read or refused, whatever it is, and no figure
is beyond any. `make test` runs a short form of it. This page is written by the run: mutants {seed} to {last}.

"""


def tabulate(name: str, counts: dict[str, Counter[str]]) -> str:
    """Write the counts of each kind as a table."""
    columns = ("mutants", "figures read", "cells set aside", "files refused whole", "mutants with a wrong figure")
    lines = [f"| {name} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    lines += [f"| {kind} | {' | '.join(str(c[x]) for x in columns)} |" for kind, c in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def add(counts: dict[str, Counter[str]], kind: str, outcome: Outcome) -> None:
    """Count one outcome."""
    counts.setdefault(kind, Counter()).update(
        {
            "mutants": 1,
            "figures read": outcome.read,
            "cells set aside": outcome.set_aside,
            "files refused whole": int(outcome.is_refused),
            "mutants with a wrong figure": int(bool(outcome.wrong)),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each kind")
    parser.add_argument("--only", type=int, help="make and judge this mutant again")
    wanted = parser.parse_args()
    registry = load_registry()
    if wanted.only is not None:
        outcome = judge(make_mutant(wanted.only), registry)
        print(describe(outcome), f"read {outcome.read}, set aside {outcome.set_aside}", sep="\n")
        sys.exit(bool(outcome.wrong))
    kinds: dict[str, Counter[str]] = {}
    formats: dict[str, Counter[str]] = {}
    last = failed = 0
    # A run in the background can be interrupted, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for outcome in judge_all(wanted.seed, wanted.count * len(KINDS), registry):
            last = outcome.mutant.number
            for name in outcome.mutant.mutation.split(" + "):
                add(kinds, name, outcome)
            add(formats, outcome.mutant.format, outcome)
            if outcome.wrong:
                failed += 1
                print(describe(outcome), flush=True)
    finally:
        text = _HEAD.format(seed=wanted.seed, last=last)
        PLACE.write_text(text + tabulate("change", kinds) + "\n" + tabulate("format", formats), encoding="utf-8")
    print(f"{last + 1 - wanted.seed} mutants, {failed} wrong; counts in {PLACE.relative_to(ROOT)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
