"""Parts that are greater than their whole among the values of one form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula

_Rows = Mapping[SeriesRef, Mapping[str, Any]]
_Side = Sequence[SeriesRef]


def find_excesses(rows: _Rows, book: Registry) -> dict[SeriesRef, str]:
    """The series that contradict each other: a sum of parts is greater than the whole, and all of it is there.

    A part is a series of one sex or ownership, or the numerator of an indicator that cannot be above 100%.
    Which of the figures is wrong cannot be told, so parts and whole are both named.

    Parameters
    ----------
    rows
        Observations (`hpedu.ingest.schema.OBSERVATIONS`) by series.

    Returns
    -------
    dict
        Series -> the arithmetic, with sheet and cell of every figure in it.
    """
    found: dict[SeriesRef, dict[str, None]] = {}
    for parts, whole in [*_dimensions(rows), *_shares(book)]:
        if all(ref in rows for ref in (*parts, *whole)) and _add(parts, rows) > _add(whole, rows):
            for ref in (*parts, *whole):
                found.setdefault(ref, {})[f"{_spell(parts, rows)} > {_spell(whole, rows)}"] = None
    return {ref: "; ".join(texts) for ref, texts in found.items()}


def _dimensions(rows: _Rows) -> Iterator[tuple[_Side, _Side]]:
    for ref in rows:
        if ref.sex != "both":
            yield [ref], [replace(ref, sex="both")]
        if ref.ownership != "all":
            yield [ref], [replace(ref, ownership="all")]


def _shares(book: Registry) -> Iterator[tuple[_Side, _Side]]:
    """Numerator and denominator of each share, level by level where both have the same levels."""
    for indicator in book.indicators.values():
        if indicator.unit == "percent" and indicator.upper == 100 and indicator.denominator:
            parts, whole = parse_formula(indicator.numerator), parse_formula(indicator.denominator)
            levels = {ref.level for ref in parts}
            if levels != {ref.level for ref in whole}:
                yield parts, whole
                continue
            for level in sorted(levels):
                yield [r for r in parts if r.level == level], [r for r in whole if r.level == level]


def _add(side: _Side, rows: _Rows) -> float:
    return sum(float(rows[ref]["value"]) for ref in side)


def _spell(side: _Side, rows: _Rows) -> str:
    cells = " + ".join(f"{rows[ref]['sheet']}!{rows[ref]['cell']} ({rows[ref]['printed']})" for ref in side)
    return cells if len(side) == 1 else f"{cells} = {_add(side, rows):g}"
