"""Invent histories of the targets, each of a shape, so that every state and every kind of chart can be seen."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from hpedu.demo.schools import PROPORTIONS
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Target

YEAR = 2025  # the newest school year of the demo
FIRST_YEAR = 2014
PLANTED = (SeriesRef("lecturers_phd", "tertiary"), SeriesRef("lecturers_university", "tertiary"))
"""A part that is more than its whole this year: the one contradiction, so that the state can be seen."""

FULL = 0.995  # no share of a whole is invented above it
Rows = dict[tuple[SeriesRef, int], float]


_ALL = tuple(range(FIRST_YEAR, YEAR + 1))


@dataclass(frozen=True)
class _Shape:
    """The shape of a series (`proportions.toml`)."""

    part: tuple[float, float, float]
    years: tuple[int, ...]
    noise: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> _Shape:
        years = tuple(YEAR - ago for ago in row["years"]) if "years" in row else _ALL
        return cls(row["part"], years, row.get("noise", 0.006))

    def reach(self, time: float, target: Target) -> float:
        """Return the part of a goal reached at a time from 0 (first year) to 1 (now).

        A ceiling is approached from above, as a floor is from below.
        """
        start, slope, bend = self.part
        part = start + slope * time + bend * time * (1 - time)
        return 2 - part if target.comparison == "<=" else part


def invent_histories(registry: Registry, listed: Rows, seed: int, *, complete: bool = False) -> Rows:
    """Invent values of the series that targets are computed from, by series and year, that fit one another.

    What a share is a share of is what the lists give (series that end there get only the years before), so that
    levels, owners and kinds make their totals in every year; the shape of a target is given to the other side of
    its ratio. If `complete`, every series has all years, and nothing contradicts.
    """
    dice = random.Random(seed)
    ratios = {t.id: _Ratio.of(t, registry) for t in registry.targets.values() if t.kind != "milestone"}
    rows = {key: value for key, value in listed.items() if key[1] == YEAR} | _find_wholes(ratios.values(), listed)
    shapes = [_Shape.of(row) for row in PROPORTIONS["shapes"].values() if not (complete and "years" in row)]
    decks = {start: cycle(shapes) for start in ("near", "far", "free")}  # each kind of start sees every shape
    for name in sorted(ratios, key=lambda name: len(ratios[name].above) + len(ratios[name].below)):
        target, ratio = registry.targets[name], ratios[name]  # sums last: their parts are made by then
        late = target.due is None or target.due <= YEAR
        shape = _Shape.of(PROPORTIONS["slow"]) if late else next(decks[_judge_start(ratio, rows)])
        _invent(ratio, shape, target, dice, rows, listed)
    part, whole = PLANTED
    # Both sides of some ratios are listed, and then only one of them was given a shape.
    rows = listed | rows if complete else rows | {(part, YEAR): 1.2 * rows[whole, YEAR]}
    return {key: value for key, value in rows.items() if key not in listed or key[1] < YEAR}


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
        return _add(self.above, rows, year), _add(self.below, rows, year) if self.below else 1.0


def _add(terms: Iterable[SeriesRef], rows: Rows, year: int) -> float | None:
    known = [rows.get((term, year)) for term in terms]
    return None if None in known else sum(value for value in known if value is not None)


def _find_wholes(ratios: Collection[_Ratio], listed: Rows) -> Rows:
    """Return, for all years, the series that others are a part of: as the lists have them, else of a usual size.

    Where both sides of a ratio are listed, and above the line stands what others are a part of (completers, over
    the first grade they began in), it is kept, and what is below is left to the shape.
    """
    heads = {term for ratio in ratios for term in ratio.above}
    in_lists = {ref for ref, _ in listed}
    wholes = {term for ratio in ratios for term in ratio.below if term in in_lists or term not in heads}
    for ratio in ratios:
        above, below = set(ratio.above), set(ratio.below)
        if above & wholes - below or (above <= in_lists and below and not below & in_lists):
            wholes = (wholes - below) | above
        wholes -= below if above & below else set()
    sizes = {
        (term, year): PROPORTIONS["sizes"].get(term.measure, 20_000)
        for term in sorted(wholes, key=str)
        for year in _ALL
    }
    return {key: listed.get(key, size) for key, size in sizes.items()}


def _judge_start(ratio: _Ratio, rows: Rows) -> str:
    """Return "free" if the school list has no figure of a target this year, else "near" or "far" from its goal."""
    part, whole = ratio.add(rows, YEAR)
    if part is None or not whole:
        return "free"
    return "near" if part / whole >= 0.85 * ratio.goal else "far"


def _invent(ratio: _Ratio, shape: _Shape, target: Target, dice: random.Random, rows: Rows, listed: Rows) -> None:
    part, whole = ratio.add(rows, YEAR)
    end = ratio.goal * shape.reach(1.0, target)
    stretch = part / whole / end if part is not None and whole and end else 1.0
    # From this year back, so that what others end at is known.
    for year in reversed(shape.years):
        share = ratio.goal * shape.reach((year - FIRST_YEAR) / (YEAR - FIRST_YEAR), target) * stretch
        share = min(share * (1 + dice.uniform(-1, 1) * shape.noise), ratio.bound)
        part = _add(ratio.above, rows, year)
        # Permanent classrooms are above and below: together with the other kinds they are as many as in the list.
        whole = _add(ratio.below, {**listed, **rows}, year) if ratio.below else 1.0
        if part is not None and whole is None:
            _share_out(part / share, ratio.below, year, rows, listed)
        elif part is None and whole is not None:
            made = sum(rows.get((term, year), 0.0) for term in ratio.above)
            _share_out(max(share * whole - made, 0.1 * made), ratio.above, year, rows, listed)
            if set(ratio.above) & set(ratio.below):
                rest = [term for term in ratio.below if term not in ratio.above]
                _share_out(whole - share * whole, rest, year, rows, listed)


def _share_out(total: float, terms: Collection[SeriesRef], year: int, rows: Rows, listed: Rows) -> None:
    """Share a sum out among the terms that have no value yet, in the proportion of the lists or of this year."""
    weights = {
        term: listed.get((term, year)) or rows.get((term, YEAR)) or 1.0
        for term in terms
        if (term, year) not in rows
    }
    for term, weight in weights.items():
        rows[term, year] = total * weight / sum(weights.values())
