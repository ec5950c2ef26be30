"""Children against parents, and ratios of two counts against what is possible."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from hpedu.ingest.checks.figures import Figure, Figures, Reach
from hpedu.ingest.checks.finding import Severity, make_finding
from hpedu.ingest.checks.relations import Match, find_matches
from hpedu.ingest.checks.sums import EPSILON
from hpedu.ingest.checks.words import name_part, name_series, write_number
from hpedu.registry import Language, Registry

INFINITE = "\N{INFINITY}"
EVERYWHERE: tuple[Reach, ...] = ("file", "release", "current")


def check_parts(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Parts that are larger than their whole."""
    for match in find_matches(figures, book, "at_most", EVERYWHERE):
        part = match.parts[0]
        if part.value > match.value + match.rounding + EPSILON and isinstance(match.whole, Figure):
            yield _report_part(part, match.whole, match, book)


def _report_part(part: Figure, whole: Figure, match: Match, book: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "part": write_number(part.value, language),
            "whole": write_number(whole.value, language),
            "part_name": name_part(part, whole, book, language),
            "whole_name": name_series(whole, book, language),
            "relation": match.relation.name.get(language),
        }

    severity: Severity = "error" if part.release == whole.release else "warning"
    return make_finding("at_most", severity, part, book, values, involved=match.figures)


def check_ratios(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Ratios of two counts, and published rates, that lie outside the bounds of the registry."""
    for match in find_matches(figures, book, "ratio_bounds", EVERYWHERE):
        below = sum(part.value for part in match.parts) if match.parts else 1.0
        if not isinstance(match.whole, Figure) or (below == 0 and match.whole.value == 0):
            continue
        ratio = match.whole.value / below if below else math.inf  # pupils without any class
        lower, upper = match.relation.lower, match.relation.upper
        if (lower is not None and ratio < float(lower)) or (upper is not None and ratio > float(upper)):
            yield _report_ratio(match.whole, ratio, match, book)


def _report_ratio(whole: Figure, ratio: float, match: Match, book: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        printed = write_number(whole.value, language)
        division = [printed, *(write_number(part.value, language) for part in match.parts)]
        names = [name_series(figure, book, language) for figure in (whole, *match.parts)]
        digits = 3 if abs(ratio) < 1 else 1
        quotient = [" / ".join(division), write_number(ratio, language, digits).replace("inf", INFINITE)]
        return {
            "arithmetic": " = ".join(quotient) if match.parts else printed,
            "names": " / ".join(names),
            "relation": match.relation.name.get(language),
        }

    severity: Severity = "warning" if match.parts else "error"
    return make_finding("ratio", severity, whole, book, values, involved=match.figures)
