"""Check figures against their neighbours in time: jumps, and slips of the unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise
from math import exp, log, log10
from operator import itemgetter
from statistics import median
from typing import Any, Literal

from hpedu.ingest.checks.figures import LONGEST_GAP, Figure, Figures
from hpedu.ingest.checks.finding import Word, make_finding, write_path
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Indicator
from hpedu.texts import Language, write_number

# Of slips of the unit: neighbours compared with, before and after.
EACH_SIDE = 3
# How far log10 of the factor may be from 1, 2, 3: a factor of 1000 is recognised between 631 and 1585.
NEAR = (0.1, 0.15, 0.2)
# Of log10: a change sevenfold or more begins another run of figures.
STEP = 0.85
# The neighbours themselves may be apart by a factor of 1.26 (median deviation of log10).
ALIKE = 0.1
# Of the larger side: below this, ten times as many is a new school, no slip.
SMALLEST_SLIP = 100
# Of rates, such as 98.5 % given as 0.985.
SMALLEST_PERCENT = 10
# Of log10: no count grows so much in a year.
LARGE = 2.8
# In years: what stays ten times as large for longer was defined anew, and no unit slipped.
LONGEST_TENFOLD = 2

# Of jumps: shorter series are left alone.
FEWEST_POINTS = 4
# A measure must have changed so often before "usual" means anything.
FEWEST_CHANGES = 8
# Times the scaled median absolute deviation (MAD).
FAR = 6
# Makes the MAD of a normal distribution its standard deviation.
MAD_TO_DEVIATION = 1.4826
# Smaller changes no reader would call a jump: 15 %, five percentage points.
SMALLEST_JUMP = {"counts": 0.15, "rates": 5.0}
# Counts that stay below this jump all the time.
FEW = 20
PERCENT = "%"
Shape = Literal["spike", "end", "level"]


@dataclass(frozen=True)
class Point:
    """One year of a series, as one file prints it or, where it does not, with the figure that is current."""

    figure: Figure
    value: float
    # Whether the file prints it.
    own: bool


@dataclass(frozen=True)
class Run:
    """Points that follow one another in one unit, between `before` and `after`, the nearest of the usual unit."""

    points: list[Point]
    before: list[Point]
    after: list[Point]
    # All points in the usual unit.
    usual: list[Point]


def check_unit_slips(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report figures near 10, 100 or 1000 times the median of their neighbours, or the reverse, as printed.

    Each series falls into runs where it changes sevenfold or more; the unit of most years is the usual one (of
    two as common, the earlier). The figures of the other runs are compared with the nearest three years before
    and three after that are in the usual unit, of the same file or, where it has none, the current ones: so a
    column that turns from thousands to persons for good is found to its end. What stays ten times as large for
    more than two years, or only begins small, may be growth or another definition and is left to `check_jumps`.
    An erratum that corrects the unit covers the finding.

    The figure goes out of use. Where the usual unit is that of fewer than three times as many years, nothing tells
    which of the two slipped: then the others of the file go, too.
    """
    for series in figures.series.values():
        for file in dict.fromkeys(figure.file for figure in series):
            for run in _find_runs(_read_points(series, file)):
                near = [*run.before, *run.after]
                for point in run.points:
                    power = _find_power(point, [other.value for other in near])
                    if point.own and power and (abs(power) > 1 or _is_short(run)):
                        yield _report_slip(point.figure, near, power, _find_doubted(run))


def _read_points(series: Sequence[Figure], file: str) -> list[Point]:
    points = []
    for _, group in groupby(series, key=lambda figure: figure.year):
        figures = list(group)
        own = next((figure for figure in figures if figure.file == file), None)
        other = next((figure for figure in figures if figure.current), None)
        if own and own.raw > 0:
            points.append(Point(own, own.raw, own=True))
        elif not own and other and other.value > 0:
            points.append(Point(other, other.value, own=False))
    return points


def _find_runs(points: Sequence[Point]) -> Iterator[Run]:
    """Yield the runs that are not in the usual unit."""
    units = [0]
    for earlier, later in pairwise(points):
        change = log10(later.value / earlier.value)
        units.append(units[-1] + (round(change) if abs(change) >= STEP else 0))
    # The unit of a figure that an erratum scales is known to be another.
    right = [unit for unit, point in zip(units, points, strict=False) if point.value == point.figure.value]
    usual = Counter(right or units).most_common(1)[0][0]
    alike = [(n, point) for n, (unit, point) in enumerate(zip(units, points, strict=False)) if unit == usual]
    end = 0
    for unit, group in groupby(zip(units, points, strict=False), key=itemgetter(0)):
        run = [point for _, point in group]
        start, end = end, end + len(run)
        if unit != usual:
            before = [point for n, point in alike if n < start][-EACH_SIDE:]
            after = [point for n, point in alike if n >= end][:EACH_SIDE]
            yield Run(run, before, after, [point for _, point in alike])


def _is_short(run: Run) -> bool:
    """Return whether a factor of ten is a slip here: of a year or two, and not in a series that begins small."""
    begins_small = not run.before and run.points[0].value < SMALLEST_SLIP
    return len(run.points) <= LONGEST_TENFOLD and len(run.before) + len(run.after) > 2 and not begins_small


def _find_power(point: Point, near: Sequence[float]) -> int:
    """Return the power of ten by which a figure slipped, -3 to 3; 0 if it did not."""
    percent = point.figure.unit == "percent"
    if not near or max(point.value, *near) < (SMALLEST_PERCENT if percent else SMALLEST_SLIP):
        return 0
    # One neighbour is enough only for what no growth explains.
    if len(near) == 1 and (percent or abs(log10(point.value / near[0])) < LARGE or min(point.value, *near) < FEW):
        return 0
    logs = [log10(value) for value in near]
    middle = median(logs)
    if median(abs(log - middle) for log in logs) > ALIKE:
        return 0
    apart = log10(point.value) - middle
    power = round(apart)
    # Between 0 and 100 %, rates do change tenfold.
    if percent and power != -2 and point.value < SMALLEST_SLIP:
        return 0
    return power if 1 <= abs(power) <= len(NEAR) and abs(apart - power) <= NEAR[abs(power) - 1] else 0


def _find_doubted(run: Run) -> list[Figure]:
    """Return the figures of the usual unit if they are too few to show which unit is the right one."""
    few = len(run.usual) < EACH_SIDE * len(run.points)
    return [point.figure for point in run.usual if point.own and point.figure.erratum is None] if few else []


def _report_slip(figure: Figure, near: Sequence[Point], power: int, doubted: Sequence[Figure]) -> dict[str, Any]:
    middle = median(point.value for point in near)
    nearest = min(near, key=lambda point: (abs(point.value - middle), point.figure.year))
    ratio = figure.raw / nearest.value
    times = f"{10 ** abs(power)}"
    words: dict[str, Word] = {
        "value": figure.raw,
        "other": nearest.value,
        "other_year": str(nearest.figure.year),
        "ratio": partial(write_number, max(ratio, 1 / ratio), decimals=0),
        "times": times,
        "factor": str(float(f"1e{-power}")) if power > 0 else times,
    }
    template = "unit_slip" if power > 0 else "unit_slip_down"
    out = [figure, *doubted]
    return make_finding("unit_slip", "error", figure, words, out=out, template=template)


@dataclass(frozen=True)
class Step:
    """The change from one point of a series to the next, per year."""

    before: Figure
    after: Figure
    change: float


def check_jumps(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report points that leave their series and come back, ends that leave it, and new levels.

    A change is the logarithm of the ratio for counts and the difference for rates, per year. What is usual is
    the median of all changes of the same measure and level over territories, give or take six times
    their scaled MAD, and at least 15 % (five points). Series of fewer than four points are left alone, and so is
    the year in which an indicator of theirs is known to break.
    """
    breaks = {
        (term.measure, term.level, one.year)
        for one in figures.registry.breaks.values()
        for term in _list_terms(figures.registry.indicators[one.indicator])
    }
    steps: dict[tuple[str, str], list[list[Step]]] = {}
    for (key, *_), series in figures.series.items():
        points = [figure for figure in series if figure.current]
        if len(points) < FEWEST_POINTS:
            continue
        if not points[0].counts or max(figure.value for figure in points) >= FEW:
            known = [step for step in _list_steps(points) if (*key[:2], step.after.year) not in breaks]
            steps.setdefault(key[:2], []).append(known)
    for (measure, _), group in steps.items():
        changes = [step.change for line in group for step in line]
        if len(changes) >= FEWEST_CHANGES:
            usual = _find_usual(changes, counts=figures.registry.measures[measure].additive)
            for line in group:
                yield from _check_series(line, *usual)


def _list_terms(indicator: Indicator) -> list[SeriesRef]:
    return [term for side in (indicator.numerator, indicator.denominator) if side for term in parse_formula(side)]


def _list_steps(points: Sequence[Figure]) -> Iterator[Step]:
    for before, after in pairwise(points):
        gap = after.year - before.year
        if not before.counts:
            yield Step(before, after, (after.value - before.value) / gap)
        elif before.value > 0 and after.value > 0:
            yield Step(before, after, log(after.value / before.value) / gap)


def _find_usual(changes: Sequence[float], *, counts: bool) -> tuple[float, float]:
    """Return the least and the greatest change that is usual."""
    middle = median(changes)
    spread = MAD_TO_DEVIATION * median(abs(change - middle) for change in changes)
    reach = max(FAR * spread, SMALLEST_JUMP["counts" if counts else "rates"])
    return middle - reach, middle + reach


def _check_series(steps: Sequence[Step], low: float, high: float) -> Iterator[dict[str, Any]]:
    # -1 for a change below what is usual, 1 for one above.
    sides = [(step.change > high) - (step.change < low) for step in steps]
    for step, before, side, after, back in zip(
        steps, [0, *sides], sides, [*sides[1:], None], [*steps[1:], None], strict=False
    ):
        # The way back from a spike was reported on the way out.
        if side and before != -side and step.after.year - step.before.year <= LONGEST_GAP:
            shape: Shape = "end" if after is None else "spike" if after == -side else "level"
            path = [step.before, step.after, *([back.after] if back and shape == "spike" else [])]
            changes = {"change": step.change, "low": low, "high": high}
            words: dict[str, Word] = {
                name: partial(_write_change, change, step.after.counts) for name, change in changes.items()
            }
            words["path"] = partial(write_path, path)
            severity = "note" if shape == "level" else "warning"
            yield make_finding("jump", severity, step.after, words, involved=path, template=f"jump_{shape}")


def _write_change(change: float, counts: bool, language: Language) -> str:
    amount = 100 * (exp(change) - 1) if counts else change
    return "+" * (amount > 0) + write_number(amount, language, 1) + PERCENT * counts
