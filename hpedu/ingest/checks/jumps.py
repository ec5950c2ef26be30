"""Jumps: a change against the neighbouring years far outside the usual changes of the same measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from statistics import median
from typing import Any, Literal

from hpedu.ingest.checks.figures import Figure, Figures
from hpedu.ingest.checks.finding import Severity, make_finding
from hpedu.ingest.checks.words import write_number
from hpedu.registry import Language, Registry

FEWEST_POINTS = 4
FEWEST_CHANGES = 8  # a measure must have changed so often before "usual" means anything
FAR = 6  # times the scaled median absolute deviation
MAD_TO_DEVIATION = 1.4826  # makes the MAD of a normal distribution its standard deviation
SMALLEST = {"counts": 0.15, "rates": 5.0}  # changes a reader would not call a jump: 15 %, five points
LONGEST_GAP = 2  # years between two points that still are neighbours
FEW = 20  # counts that stay below this jump all the time
PERCENT = "\N{NO-BREAK SPACE}%"

Shape = Literal["spike", "end", "level"]


@dataclass(frozen=True)
class Usual:
    """The yearly changes of a measure that are usual: from `low` to `high`."""

    low: float
    high: float

    def beyond(self, change: float) -> int:
        """-1 below, 1 above, 0 within."""
        return (change > self.high) - (change < self.low)


@dataclass(frozen=True)
class Step:
    """The change from one point of a series to the next, per year."""

    before: Figure
    after: Figure
    change: float


def check_jumps(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Points that leave their series and come back, ends that leave it, and new levels.

    A change is the logarithm of the ratio for counts and the difference for rates, per year. What is usual is
    the median of all changes of the same measure and level over territories, give or take six times
    their scaled MAD, and at least 15 % (five points). Series of fewer than four points are left alone.
    """
    steps: dict[tuple[str, str], list[list[Step]]] = {}
    for (key, *_), series in figures.series.items():
        points = [figure for figure in series if figure.current]
        if len(points) >= FEWEST_POINTS and max(figure.value for figure in points) >= _few(points[0]):
            steps.setdefault(key[:2], []).append(list(_steps(points)))
    for group in steps.values():
        changes = [step.change for line in group for step in line]
        if len(changes) >= FEWEST_CHANGES:
            usual = _usual(changes, counts=group[0][0].after.counts)
            for line in group:
                yield from _check_series(line, usual, book)


def _few(figure: Figure) -> float:
    return FEW if figure.counts else 0


def _steps(points: Sequence[Figure]) -> Iterator[Step]:
    for before, after in pairwise(points):
        gap = after.year - before.year
        if not before.counts:
            yield Step(before, after, (after.value - before.value) / gap)
        elif before.value > 0 and after.value > 0:
            yield Step(before, after, log(after.value / before.value) / gap)


def _usual(changes: Iterable[float], *, counts: bool) -> Usual:
    changes = list(changes)
    middle = median(changes)
    spread = MAD_TO_DEVIATION * median(abs(change - middle) for change in changes)
    reach = max(FAR * spread, SMALLEST["counts" if counts else "rates"])
    return Usual(middle - reach, middle + reach)


def _check_series(steps: Sequence[Step], usual: Usual, book: Registry) -> Iterator[dict[str, Any]]:
    for n, step in enumerate(steps):
        side = usual.beyond(step.change)
        if not side or step.after.year - step.before.year > LONGEST_GAP:
            continue
        before = usual.beyond(steps[n - 1].change) if n else 0
        after = usual.beyond(steps[n + 1].change) if n + 1 < len(steps) else 0
        if before == -side:
            continue  # the way back from a spike, reported on the way out
        if after == -side:
            yield _report(step, "spike", usual, book, steps[n + 1])
        elif n + 1 == len(steps):
            yield _report(step, "end", usual, book)
        else:
            yield _report(step, "level", usual, book)


def _report(step: Step, shape: Shape, usual: Usual, book: Registry, back: Step | None = None) -> dict[str, Any]:
    counts = step.after.counts

    def change(value: float, language: Language) -> str:
        amount = 100 * (exp(value) - 1) if counts else value
        sign = "+" if amount > 0 else ""
        return sign + write_number(amount, language, 1) + (PERCENT if counts else "")

    def values(language: Language) -> dict[str, str]:
        series = [step.before, step.after, *([back.after] if back else [])]
        return {
            "path": " → ".join(f"{write_number(f.value, language)} ({f.year})" for f in series),
            "change": change(step.change, language),
            "low": change(usual.low, language),
            "high": change(usual.high, language),
        }

    severity: Severity = "note" if shape == "level" else "warning"
    involved = [step.before, *([back.after] if back else [])]
    return make_finding("jump", severity, step.after, book, values, involved=involved, template=f"jump_{shape}")
