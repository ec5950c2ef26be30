"""Slips of the unit: a figure ten, a hundred or a thousand times its neighbours in time, or that part of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from statistics import median
from typing import Any

from hpedu.ingest.checks.figures import Figure, Figures
from hpedu.ingest.checks.finding import make_finding
from hpedu.ingest.checks.words import write_number
from hpedu.registry import Language, Registry

EACH_SIDE = 3  # neighbours looked at before and after
FEWEST = 3  # neighbours needed at all
NEAR = (0.1, 0.15, 0.2)  # how far log10 of the factor may be from 1, 2, 3: 1000 passes between 631 and 1585
ALIKE = 0.1  # the neighbours themselves may lie so far apart (median deviation of log10): a factor of 1.26
SMALLEST = 100  # below this, ten times as many is a new school, no slip


def check_unit_slips(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Figures near 10, 100 or 1000 times the median of their neighbours, or the reverse, as printed.

    Neighbours are up to three years before and three after, of the same series: as printed in the same file
    or, where it has none, as they count today. An erratum that mends the unit covers the finding.
    """
    for series in figures.series.values():
        years: dict[int, list[Figure]] = {}
        for figure in series:
            years.setdefault(figure.year, []).append(figure)
        order = sorted(years)
        for position, year in enumerate(order):
            around = [*order[max(0, position - EACH_SIDE) : position], *order[position + 1 :][:EACH_SIDE]]
            for figure in years[year]:
                neighbours = _neighbours(figure, around, years)
                power = _find_power(figure.raw, list(neighbours.values()))
                if power:
                    yield _report(figure, neighbours, power, book)


def _neighbours(figure: Figure, around: Sequence[int], years: Mapping[int, list[Figure]]) -> dict[int, float]:
    values = {}
    for year in around:
        own = [other.raw for other in years[year] if other.file == figure.file]
        values[year] = own[0] if own else next((o.value for o in years[year] if o.current), 0.0)
    return {year: value for year, value in values.items() if value > 0}


def _find_power(value: float, neighbours: Sequence[float]) -> int:
    """-3 to 3: the power of ten by which `value` slipped; 0 if it did not."""
    if value <= 0 or len(neighbours) < FEWEST or max(value, *neighbours) < SMALLEST:
        return 0
    logs = [log10(other) for other in neighbours]
    middle = median(logs)
    if median(abs(log - middle) for log in logs) > ALIKE:
        return 0
    apart = log10(value) - middle
    power = round(apart)
    return power if 1 <= abs(power) <= len(NEAR) and abs(apart - power) <= NEAR[abs(power) - 1] else 0


def _report(figure: Figure, neighbours: dict[int, float], power: int, book: Registry) -> dict[str, Any]:
    nearest = sorted(neighbours, key=lambda year: (abs(neighbours[year] - median(neighbours.values())), year))[0]
    ratio = figure.raw / neighbours[nearest]
    times = f"{10 ** abs(power)}"

    def values(language: Language) -> dict[str, str]:
        return {
            "value": write_number(figure.raw, language),
            "other": write_number(neighbours[nearest], language),
            "other_year": str(nearest),
            "ratio": write_number(ratio if ratio >= 1 else 1 / ratio, language, 0),
            "times": times,
            "factor": str(float(f"1e{-power}")) if power > 0 else times,
        }

    template = "unit_slip" if power > 0 else "unit_slip_down"
    return make_finding("unit_slip", "error", figure, book, values, template=template)
