"""Find what was slipped into a form by hand: parts above their whole, thousands, shares, columns moved by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import log, log1p
from statistics import median
from typing import Any, NamedTuple

from hpedu.ingest.forms.design import ALL
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula


class Figure(NamedTuple):
    """One figure of a form: where it is of, its year, and its series."""

    territory: str
    year: int
    series: SeriesRef


_Rows = Mapping[Figure, Mapping[str, Any]]
_Found = dict[Figure, tuple[str, str]]


_Side = Sequence[Figure]
_Row = tuple[str, int]
"""Sheet and number of a row."""
_Line = dict[int, Figure]
"""The figures of a row by year."""
_Column = Sequence[Figure | None]
"""The figures of one year in the rows of a territory, from top to bottom; None where a cell is blank."""

_THOUSANDS = (300, 3000)
"""So many times its neighbours a figure is typed in thousands, or was meant to be."""
_LARGE, _CHANGING, _FEW = 10_000, 1000, 10
"""What is smaller may grow a thousandfold as a thing begins, stay for years, or be the same by chance."""
_SAME, _MOST = 1.001, 0.8
"""So near are figures of two years that are one figure, once rounded, and such a part of a column is that."""
_OFF, _NEAR = 1.5, 1.2
"""A figure is off its row from this factor on, and fits a row up to that one."""
_FEWEST = 3
"""So many figures of a column show that it was pasted into the wrong rows or year; fewer may be chance."""
_IN_TIME, _BETWEEN_TERRITORIES = 0.1, 0.35
"""How far (of the logarithm) a figure usually is from the other years of its row, or from another territory's."""
_UNLIKE, _UNKNOWN, _TELLING, _SURE = 4.0, 2.0, 1.0, 8.0
"""A figure says no more than the first against a row, and the second if nothing is known of that; what it must say
to count, and a run of them together: so much that no right column of published figures of any province is moved.
"""


def find_slips(rows: _Rows, known: _Rows, registry: Registry) -> _Found:
    """Find figures that the other years of their row, or the rows beside them, show to be slips of the hand.

    `rows` are observations (`hpedu.ingest.schema.OBSERVATIONS`), `known` those that stood in the form when it was
    handed out. Returned are the reason and what it is about: sheet and cell of the figures that one does not fit.
    """
    both = {**known, **rows}
    lines: dict[_Row, _Line] = defaultdict(dict)
    for figure, row in both.items():
        if row["unit"] != "status" and row["value"] > 0:
            lines[row["sheet"], _number_of(row)][figure.year] = figure
    found = _find_thousands(lines, both, known) | _find_swapped(lines, both, known, registry)
    blocks: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for place in sorted(lines):
        line = lines[place]
        blocks[place[0], next(iter(line.values())).territory].append(line)
    for block, year in product(blocks.values(), sorted({figure.year for figure in rows})):
        column = [line[year] if line.get(year) in rows else None for line in block]
        # Of a block that was pasted as a whole, only what was known before tells.
        for surest in (known, both):
            others = [{other: figure for other, figure in line.items() if figure in surest} for line in block]
            found |= _find_moved(column, [_find_usual(line, year, both, known) for line in others], both)
        for beside in (year - 1, year + 1):
            found |= _find_repeated(column, [line.get(beside) for line in block], both)
    return found


def _number_of(row: Mapping[str, Any]) -> int:
    return int(row["cell"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def _find_usual(line: _Line, year: int, rows: _Rows, known: _Rows) -> float | None:
    """Return what the other years of a row are about, by those that were known if any were; else None."""
    others = [figure for other, figure in line.items() if other != year]
    surer = [figure for figure in others if figure in known] or others
    return median(_values(surer, rows)) if surer else None


def _find_thousands(lines: Mapping[_Row, _Line], rows: _Rows, known: _Rows) -> _Found:
    found: _Found = {}
    for line in lines.values():
        for year, figure in line.items():
            usual = _find_usual(line, year, rows, known)
            value = rows[figure]["value"]
            if usual is None or max(value, usual) < _LARGE:
                continue
            if _THOUSANDS[0] <= _times(value, usual) <= _THOUSANDS[1]:
                others = [line[other] for other in sorted(line) if other != year]
                found[figure] = (
                    "form_thousands",
                    _spell_cells([figure], rows) + " ≠ " + _spell_list(others, rows),
                )
    return found


def _find_swapped(lines: Mapping[_Row, _Line], rows: _Rows, known: _Rows, registry: Registry) -> _Found:
    """Find a part and its whole that each fit the row of the other, and not their own."""
    found: _Found = {}
    where = {figure: place for place, line in lines.items() for figure in line.values()}
    for parts, wholes in _shares(registry, percent=False):
        if len(parts) != 1 or len(wholes) != 1:
            continue
        for one in [figure for figure in where if figure.series == parts[0]]:
            other = one._replace(series=wholes[0])
            if other not in where:
                continue
            pair = [one, other]
            here, there = (_find_usual(lines[where[figure]], one.year, rows, known) for figure in pair)
            first, second = _values(pair, rows)
            if here is None or there is None or min(_times(first, here), _times(second, there)) < _OFF:
                continue
            if max(_times(first, there), _times(second, here)) < _NEAR:
                found |= dict.fromkeys(pair, ("form_swapped", _spell_list(pair, rows)))
    return found


def _find_moved(column: _Column, usual: Sequence[float | None], rows: _Rows) -> _Found:
    """Find the figures of a column that were pasted one row from where the other years of each row say."""
    found: _Found = {}
    for step in (1, -1):
        run = _find_run(column, usual, step, _IN_TIME, rows)
        found |= dict.fromkeys(run, ("form_moved", _spell_list(run[:_FEWEST], rows)))
    return found


def _find_run(
    column: _Column, expected: Sequence[float | None], step: int, spread: float, rows: _Rows
) -> list[Figure]:
    """Return the figures that fit what is expected `step` rows before them better than their own rows; [] if none.

    What a single row says may be chance: taken are those one below another that are so together beyond doubt.
    """
    # All of a territory that has grown by a merger is as much larger, and in its place.
    ratios = [rows[one]["value"] / here for one, here in zip(column, expected, strict=True) if one and here]
    growth = median(ratios or [1.0])
    if 2 * sum(_doubt(ratio, growth, spread) < _TELLING for ratio in ratios) < len(ratios):
        growth = 1.0
    gains = []
    for number, figure in enumerate(column):
        beside = number - step
        here, there = expected[number], expected[beside] if 0 <= beside < len(expected) else None
        gain = 0.0
        if figure is not None and (here or there):
            value = rows[figure]["value"]
            doubt = min(_doubt(value, here, spread), _doubt(value / growth, here, spread))
            gain = doubt - _doubt(value, there, spread)
        # Nothing can fit a row of which nothing is known.
        gains.append(gain if there else min(gain, 0.0))
    total, start, best, run = 0.0, 0, _SURE, range(0)
    for number, gain in enumerate(gains):
        if total <= 0:
            total, start = 0.0, number
        total += gain
        if total >= best:
            best, run = total, range(start, number + 1)
    if sum(gains[number] >= _TELLING for number in run) < _FEWEST:
        return []
    return [figure for number in run if (figure := column[number])]


def _doubt(value: float, expected: float | None, spread: float) -> float:
    """Return how unlike what is expected a figure is: 0 if it is that, 0.7 at the distance that is usual."""
    return _UNKNOWN if expected is None else min(_UNLIKE, log1p((log(value / expected) / spread) ** 2))


def find_misplaced(rows: _Rows, registry: Registry) -> list[tuple[Figure, Figure]]:
    """Find the first rows of two territories, by their newest figures, of which one set seems pasted one row off.

    Each fits the row above or below in the other territory, and not its own. Nobody can know which of them was
    moved, and territories may differ in earnest: this is to be asked back, and nothing is refused for it.
    `rows` are those of `find_slips`.
    """
    newest: dict[str, dict[SeriesRef, Figure]] = defaultdict(dict)
    for figure in sorted(rows, key=lambda one: one.year):
        if registry.measures[figure.series.measure].additive and rows[figure]["value"] > 0:
            newest[figure.territory][figure.series] = figure
    for territory, other, step in product(newest, newest, (1, -1)):
        there = sorted(newest[other].values(), key=lambda one: (rows[one]["sheet"], _number_of(rows[one])))
        column = [newest[territory].get(like.series) for like in there]
        # How much larger the territory is, as rows in their place tell, or those of a block moved as a whole.
        for moved in (0, step):
            aligned = zip(column[max(moved, 0) :], there[max(-moved, 0) :], strict=False)
            ratios = [rows[own]["value"] / rows[like]["value"] for own, like in aligned if own]
            if territory == other or not ratios:
                continue
            scale = median(ratios)
            expected = [scale * rows[like]["value"] for like in there]
            if run := _find_run(column, expected, step, _BETWEEN_TERRITORIES, rows):
                return [(one, newest[other][one.series]) for one in run]
    return []


def _find_repeated(column: _Column, beside: _Column, rows: _Rows) -> _Found:
    """Find a column that says the same as the year beside it, row by row: one of them is of another year."""
    pairs = [(one, other) for one, other in zip(column, beside, strict=True) if one and other]
    # Small figures may stay the same: it takes twice as many of them, and none that has changed.
    for least, fewest, most in ((_CHANGING, _FEWEST, _MOST), (_FEW, 2 * _FEWEST, 1.0)):
        telling = [pair for pair in pairs if rows[pair[0]]["value"] >= least]
        same = [(one, other) for one, other in telling if _times(*_values((one, other), rows)) <= _SAME]
        if len({rows[one]["value"] for one, _ in same}) >= fewest and len(same) >= most * len(telling):
            texts = [f"{_spell_cells([one], rows)} = {_spell_cells([other], rows)}" for one, other in same]
            reason = ("form_repeated", ", ".join(texts[:_FEWEST]))
            return dict.fromkeys([*filter(None, column), *(other for _, other in pairs)], reason)
    return {}


def _values(side: _Side, rows: _Rows) -> list[float]:
    return [rows[figure]["value"] for figure in side]


def _times(one: float, other: float) -> float:
    return max(one, other) / min(one, other)


def find_excesses(rows: _Rows, registry: Registry) -> _Found:
    """Find figures that contradict each other: a sum of parts is greater than the whole, and no term is missing.

    A part is a series of one sex or ownership, or the numerator of an indicator that cannot be above 100%.
    Nobody can know which of the figures is wrong, so parts and whole are both named, and the years of a row in one
    text. Parameters and result are those of `find_slips`; what it is about is the arithmetic.
    """
    found: dict[Figure, dict[str, None]] = defaultdict(dict)
    for territory in dict.fromkeys(figure.territory for figure in rows):
        own = [figure for figure in rows if figure.territory == territory]
        years = sorted({figure.year for figure in own})
        for sides in [*_dimensions(dict.fromkeys(figure.series for figure in own)), *_shares(registry)]:
            wrong: dict[Figure, None] = {}
            texts = []
            for year in years:
                parts, whole = ([Figure(territory, year, series) for series in side] for side in sides)
                if all(ref in rows for ref in (*parts, *whole)) and _add(parts, rows) > _add(whole, rows):
                    wrong |= dict.fromkeys((*parts, *whole))
                    texts.append(f"{_spell(parts, rows)} > {_spell(whole, rows)}")
            for ref in wrong:
                found[ref]["; ".join(texts)] = None
    return {ref: ("form_part_exceeds_whole", "; ".join(texts)) for ref, texts in found.items()}


def _dimensions(refs: Iterable[SeriesRef]) -> Iterator[tuple[list[SeriesRef], list[SeriesRef]]]:
    for ref in refs:
        if ref.sex != "both":
            yield [ref], [replace(ref, sex="both")]
        if ref.ownership != "all":
            yield [ref], [replace(ref, ownership="all")]


def _shares(
    registry: Registry, *, percent: bool = True
) -> Iterator[tuple[Sequence[SeriesRef], Sequence[SeriesRef]]]:
    """Yield numerator and denominator of each share (or any ratio), by level where both have the same levels."""
    for indicator in registry.indicators.values():
        bounded = indicator.unit == "percent" and indicator.upper == 100
        if indicator.denominator and (bounded or not percent):
            parts, whole = parse_formula(indicator.numerator), parse_formula(indicator.denominator)
            levels = {ref.level for ref in parts}
            if levels != {ref.level for ref in whole}:
                yield parts, whole
                continue
            for level in sorted(levels):
                yield [r for r in parts if r.level == level], [r for r in whole if r.level == level]


def list_counterparts(subject: str, registry: Registry) -> Mapping[SeriesRef, set[SeriesRef]]:
    """Return for each series those on the other side of the ratio of a target that a form is about."""
    found: dict[SeriesRef, set[SeriesRef]] = defaultdict(set)
    own = [t for t in registry.targets.values() if subject in (ALL, t.group, *t.departments)]
    wanted = {name for target in own for name in (target.id, target.substitute)}
    for one in registry.indicators.values():
        if one.id in wanted and one.denominator:
            for above, below in product(parse_formula(one.numerator), parse_formula(one.denominator)):
                found[above].add(below)
                found[below].add(above)
    return found


def _add(side: _Side, rows: _Rows) -> float:
    return float(sum(_values(side, rows)))


def _spell(side: _Side, rows: _Rows) -> str:
    cells = _spell_cells(side, rows)
    return cells if len(side) == 1 else f"{cells} = {_add(side, rows):g}"


def _spell_list(side: _Side, rows: _Rows) -> str:
    return ", ".join(_spell_cells([ref], rows) for ref in side)


def _spell_cells(side: _Side, rows: _Rows) -> str:
    return " + ".join(f"{rows[ref]['sheet']}!{rows[ref]['cell']} ({rows[ref]['printed']})" for ref in side)
