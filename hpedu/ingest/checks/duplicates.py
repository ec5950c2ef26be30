"""One thing said twice: the same figure twice in a file, two official counts in one edition."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from hpedu.ingest.checks.figures import Figure, Figures
from hpedu.ingest.checks.finding import Severity, make_finding
from hpedu.ingest.checks.relations import find_matches
from hpedu.ingest.checks.sums import EPSILON
from hpedu.ingest.checks.words import list_cells, name_series, write_number
from hpedu.registry import Language, Registry


def check_duplicates(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Figures that stand twice with different values, in one file or in two files of one edition."""
    for group in figures.same():
        first: dict[tuple[str, str], Figure] = {}
        for figure in group:
            earlier = first.setdefault(figure.release, figure)
            if _differ(earlier, figure):
                check = "duplicate" if earlier.file == figure.file else "two_counts"
                yield _report(check, earlier, figure, book)


def check_two_counts(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Two official counts of one thing, by different tables of one edition, that differ."""
    for match in find_matches(figures, book, "same", ("file", "release")):
        for first, second in combinations(match.figures, 2):
            if _differ(first, second):
                yield _report("two_counts", first, second, book)


def _differ(first: Figure, second: Figure) -> bool:
    """Whether rounding alone cannot explain it: 69 thousand and 68,876 do not differ."""
    return abs(first.value - second.value) > first.rounding + second.rounding + EPSILON


def _report(check: str, first: Figure, second: Figure, book: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "first": write_number(first.value, language),
            "second": write_number(second.value, language),
            "difference": write_number(abs(second.value - first.value), language),
            "first_cell": list_cells([first]),
            "second_cell": list_cells([second]),
            "second_series": name_series(second, book, language),
        }

    severity: Severity = "error" if check == "duplicate" else "warning"
    return make_finding(check, severity, second, book, values, involved=[first])
