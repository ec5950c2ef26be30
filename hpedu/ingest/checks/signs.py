"""Counts that cannot be: below zero, or zero beside figures that are far from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpedu.ingest.checks.figures import Figure, Figures
from hpedu.ingest.checks.finding import make_finding
from hpedu.ingest.checks.words import write_number
from hpedu.registry import Language, Registry

LARGE = 20  # from here on a count does not vanish for a year
LONGEST_GAP = 2  # years between two points that still are neighbours


def check_signs(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Counts below zero."""
    for figure in figures.all:
        if figure.counts and figure.value < 0:
            yield _report_negative(figure, book)


def check_zeros(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Counts of zero whose neighbours in time, at either side where there are two, are `LARGE`.

    A series that begins with zeros or ends with several has begun or ended, and is left alone.
    """
    for series in figures.series.values():
        points = [figure for figure in series if figure.current and figure.counts]
        for before, zero, after in zip(points, points[1:], [*points[2:], None], strict=False):
            around = [before, *([after] if after else [])]
            if zero.value == 0 and all(
                figure.value >= LARGE and abs(figure.year - zero.year) <= LONGEST_GAP for figure in around
            ):
                yield _report_zero([before, zero, *around[1:]], zero, book)


def _report_negative(figure: Figure, book: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {"value": write_number(figure.value, language)}

    return make_finding("below_zero", "error", figure, book, values)


def _report_zero(path: list[Figure], zero: Figure, book: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "path": " \N{RIGHTWARDS ARROW} ".join(f"{write_number(f.value, language)} ({f.year})" for f in path)
        }

    return make_finding("zero", "warning", zero, book, values, involved=path)
