"""Invent histories of the targets, each of a shape, so that every state and every kind of chart can be seen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

from hpedu.ingest.forms.design import range_of
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Target

YEAR = 2025  # the newest school year of the demo
FIRST_YEAR = 2014
FULL = 0.995  # no share of a whole is invented above it

Rows = dict[tuple[SeriesRef, int], float]


@dataclass(frozen=True)
class Shape:
    """The shape of a series: `at` gives the part of the goal reached at a time from 0 (first year) to 1 (now)."""

    name: str
    at: Callable[[float], float]
    years: tuple[int, ...] = tuple(range(FIRST_YEAR, YEAR + 1))
    noise: float = 0.006


_ALL = tuple(range(FIRST_YEAR, YEAR + 1))
SHAPES = (
    Shape("rising fast", lambda t: 0.60 + 0.38 * t),
    Shape("flat", lambda t: 0.86 + 0.005 * t),
    Shape("wavering", lambda t: 0.80 + 0.12 * t, noise=0.035),
    Shape("falling", lambda t: 0.97 - 0.12 * t),
    Shape("met", lambda t: 0.88 + 0.16 * t),
    Shape("met, then lost", lambda t: 0.94 + 0.32 * t * (1 - t) - 0.02 * t),
    Shape("short", lambda t: 0.70 + 0.15 * t, years=(YEAR - 1, YEAR)),
    Shape("one point", lambda t: 0.80, years=(YEAR,)),
    Shape("stale", lambda t: 0.70 + 0.20 * t, years=_ALL[:-4]),
    Shape("gaps", lambda t: 0.72 + 0.14 * t, years=tuple(y for y in _ALL if y % 4 != 1 or y == YEAR)),
    Shape("nothing", lambda t: 0.0, years=()),
)
"""Dealt out to the targets in turn. A series the school list gives for this year moves up to that figure."""

_LATE = Shape("slow", lambda t: 0.70 + 0.10 * t)  # for what is due by now: missed


def invent_histories(registry: Registry, listed: Mapping[SeriesRef, float], seed: int) -> Rows:
    """Invent values of the series that targets are computed from, by series and year.

    Parameters
    ----------
    listed
        What the synthetic school list gives for this year: series that end there get only the years before.
    """
    dice = random.Random(seed)
    rows: Rows = {(ref, YEAR): value for ref, value in listed.items()}
    decks = {start: cycle(SHAPES) for start in ("near", "far", "free")}  # each kind of start sees every shape
    ratios = {t.id: _Ratio.of(t, registry) for t in registry.targets.values() if t.kind != "milestone"}
    for name in sorted(ratios, key=lambda name: len(ratios[name].above) + len(ratios[name].below)):
        target, ratio = registry.targets[name], ratios[name]  # sums last: their parts are made by then
        late = target.due is not None and target.due <= YEAR
        shape = _LATE if late else next(decks[_judge_start(ratio, rows)])
        _invent(ratio, shape, _reach(target, shape), dice, rows)
    return {key: value for key, value in rows.items() if key[0] not in listed or key[1] < YEAR}


@dataclass(frozen=True)
class _Ratio:
    """The ratio a target is computed from: sums over sums, times a scale; `goal` is the ratio it wants."""

    above: tuple[SeriesRef, ...]
    below: tuple[SeriesRef, ...]
    goal: float
    bound: float

    @classmethod
    def of(cls, target: Target, registry: Registry) -> _Ratio:
        indicator = registry.indicators[target.id]
        below = parse_formula(indicator.denominator) if indicator.denominator else ()
        bound = FULL if indicator.upper == 100 and below else float("inf")
        return cls(parse_formula(indicator.numerator), below, float(target.value / indicator.scale), bound)

    def add(self, rows: Rows, year: int) -> tuple[float | None, float | None]:
        """Sum above and sum below in a year; None where a part is not known yet."""
        sides = []
        for side in (self.above, self.below):
            known = [rows[term, year] for term in side if (term, year) in rows]
            sides.append(sum(known) if len(known) == len(side) else None)
        return sides[0], sides[1] if self.below else 1.0


def _judge_start(ratio: _Ratio, rows: Rows) -> str:
    """Return "free" if the school list has no figure of a target this year, else "near" or "far" from its goal."""
    part, whole = ratio.add(rows, YEAR)
    if part is None or not whole:
        return "free"
    return "near" if part / whole >= 0.85 * ratio.goal else "far"


def _invent(ratio: _Ratio, shape: Shape, reach: Callable[[float], float], dice: random.Random, rows: Rows) -> None:
    size = dice.randrange(20_000, 80_000)
    part, whole = ratio.add(rows, YEAR)
    end = ratio.goal * reach(1.0)
    stretch = part / whole / end if part is not None and whole and end else 1.0
    # From this year back, so that what others end at is known.
    for year in reversed(shape.years):
        share = ratio.goal * reach((year - FIRST_YEAR) / (YEAR - FIRST_YEAR)) * stretch
        share = min(share * (1 + dice.uniform(-1, 1) * shape.noise), ratio.bound)
        part, whole = ratio.add(rows, year)
        made = sum(rows.get((term, year), 0.0) for term in ratio.above)
        if whole is None:
            now = ratio.add(rows, YEAR)[1]
            fitting = made / share if part is not None else max(now or size, 1.3 * made / share)
            for term in ratio.below:
                rows.setdefault((term, year), fitting / len(ratio.below))
            whole = ratio.add(rows, year)[1] or 0.0
        unmade = [term for term in ratio.above if (term, year) not in rows]
        for term in unmade:
            rows[term, year] = max(share * whole - made, 0.1 * made) / len(unmade)


def _reach(target: Target, shape: Shape) -> Callable[[float], float]:
    """Return the part of the goal over time: a ceiling is approached from above, as a floor is from below."""
    return (lambda t: 2 - shape.at(t)) if target.comparison == "<=" else shape.at


def print_value(ref: SeriesRef, value: float, registry: Registry) -> float:
    """Return a value as it would be handed in: whole for a count."""
    return round(value) if range_of(registry.measures[ref.measure].unit).whole else round(value, 2)


def deal_states(names: list[str]) -> Iterator[str]:
    """Yield each state in turn, and then one that is not reported, without end."""
    return cycle([*names, ""])
