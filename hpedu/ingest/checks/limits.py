"""Check figures against what is possible: signs, bounds, one thing printed twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

from hpedu.ingest.checks.additions import EPSILON
from hpedu.ingest.checks.figures import LONGEST_GAP, Figure, Figures, Match, Reach, find_matches
from hpedu.ingest.checks.finding import Severity, list_cells, make_finding, name_part, name_series
from hpedu.registry import Registry
from hpedu.texts import Language, write_number

# From here on a count does not vanish for a year.
LARGE = 20
INFINITE = "\N{INFINITY}"
EVERYWHERE: tuple[Reach, ...] = ("file", "release", "current")


def check_duplicates(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report figures that are printed twice with different values, in one file or in two files of one edition.

    Of those in one file, every print goes out of use.
    """
    for group in figures.same():
        first: dict[tuple[str, str], Figure] = {}
        for figure in group:
            earlier = first.setdefault(figure.release, figure)
            if _differ(earlier, figure):
                check = "duplicate" if earlier.file == figure.file else "two_counts"
                prints = [one for one in group if one.file == figure.file] if check == "duplicate" else []
                yield _report(check, earlier, figure, registry, prints)


def check_revisions(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report figures that a later edition changed by more than the limit of their unit (`revision_limits.csv`).

    A revision is doubtful, not wrong: the newer figure stays in use.
    """
    limits = {limit.unit: limit for limit in registry.revision_limits}
    for group in figures.same():
        editions = sorted(group, key=lambda figure: figure.edition)
        for older, newer in pairwise(editions):
            limit = limits[registry.measures[newer.key[0]].unit]
            allowed = max(float(limit.share) * abs(older.value), float(limit.amount))
            apart = abs(newer.value - older.value) - older.rounding - newer.rounding
            if newer.edition != older.edition and apart > allowed + EPSILON:
                yield _report_revision(older, newer, allowed, registry)


def _report_revision(older: Figure, newer: Figure, allowed: float, registry: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "old": write_number(older.value, language),
            "new": write_number(newer.value, language),
            "difference": write_number(abs(newer.value - older.value), language),
            "allowed": write_number(allowed, language, 1),
            "old_cell": list_cells([older]),
        }

    return make_finding("revision", "warning", newer, registry, values, involved=[older])


def check_two_counts(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report two official counts of one thing, by different tables of one edition, that differ."""
    for match in find_matches(figures, registry, "same", ("file", "release")):
        for first, second in combinations(match.figures, 2):
            if _differ(first, second):
                yield _report("two_counts", first, second, registry)


def _differ(first: Figure, second: Figure) -> bool:
    """Return whether two figures differ by more than rounding: 69 thousand and 68,876 do not."""
    return abs(first.value - second.value) > first.rounding + second.rounding + EPSILON


def _report(
    check: str, first: Figure, second: Figure, registry: Registry, out: Sequence[Figure] = ()
) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "first": write_number(first.value, language),
            "second": write_number(second.value, language),
            "difference": write_number(abs(second.value - first.value), language),
            "first_cell": list_cells([first]),
            "second_cell": list_cells([second]),
            "second_series": name_series(second, registry, language),
        }

    severity: Severity = "error" if check == "duplicate" else "warning"
    return make_finding(check, severity, second, registry, values, involved=[first], out=out)


def check_signs(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report counts below zero; such a cell goes out of use."""
    for figure in figures.all:
        if figure.counts and figure.value < 0:
            yield _report_negative(figure, registry)


def check_zeros(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report counts of zero whose neighbours in time, on either side where there are two, are `LARGE`.

    A series that begins with zeros or ends with several has begun or ended, and is left alone.
    """
    for series in figures.series.values():
        points = [figure for figure in series if figure.current and figure.counts]
        for before, zero, after in zip(points, points[1:], [*points[2:], None], strict=False):
            around = [before, *([after] if after else [])]
            if zero.value == 0 and all(
                figure.value >= LARGE and abs(figure.year - zero.year) <= LONGEST_GAP for figure in around
            ):
                yield _report_zero([before, zero, *around[1:]], zero, registry)


def _report_negative(figure: Figure, registry: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {"value": write_number(figure.value, language)}

    return make_finding("below_zero", "error", figure, registry, values, out=[figure])


def _report_zero(path: list[Figure], zero: Figure, registry: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "path": " \N{RIGHTWARDS ARROW} ".join(f"{write_number(f.value, language)} ({f.year})" for f in path)
        }

    return make_finding("zero", "warning", zero, registry, values, involved=path)


def check_parts(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report parts that are larger than their whole; both go out of use unless one is known to be sound."""
    for match in find_matches(figures, registry, "at_most", EVERYWHERE):
        part = match.parts[0]
        if part.value > match.value + match.rounding + EPSILON and isinstance(match.whole, Figure):
            yield _report_part(part, match.whole, match, registry)


def _report_part(part: Figure, whole: Figure, match: Match, registry: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        return {
            "part": write_number(part.value, language),
            "whole": write_number(whole.value, language),
            "part_name": name_part(part, whole, registry, language),
            "whole_name": name_series(whole, registry, language),
            "relation": match.relation.name.get(language),
        }

    severity: Severity = "error" if part.release == whole.release else "warning"
    return make_finding("at_most", severity, part, registry, values, involved=match.figures, doubted=match.figures)


def check_ratios(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report ratios of two counts, and published rates, that are outside the bounds of the registry.

    A published rate that is outside goes out of use; a ratio is doubtful and takes nothing out.
    """
    for match in find_matches(figures, registry, "ratio_bounds", EVERYWHERE):
        below = sum(part.value for part in match.parts) if match.parts else 1.0
        if not isinstance(match.whole, Figure) or (below == 0 and match.whole.value == 0):
            continue
        # Pupils without any class make an infinite ratio.
        ratio = match.whole.value / below if below else math.inf
        lower, upper = match.relation.lower, match.relation.upper
        if (lower is not None and ratio < float(lower)) or (upper is not None and ratio > float(upper)):
            yield _report_ratio(match.whole, ratio, match, registry)


def _report_ratio(whole: Figure, ratio: float, match: Match, registry: Registry) -> dict[str, Any]:
    def values(language: Language) -> dict[str, str]:
        printed = write_number(whole.value, language)
        division = [printed, *(write_number(part.value, language) for part in match.parts)]
        names = [name_series(figure, registry, language) for figure in (whole, *match.parts)]
        digits = 3 if abs(ratio) < 1 else 1
        quotient = [" / ".join(division), INFINITE if math.isinf(ratio) else write_number(ratio, language, digits)]
        return {
            "arithmetic": " = ".join(quotient) if match.parts else printed,
            "names": " / ".join(names),
            "relation": match.relation.name.get(language),
        }

    severity: Severity = "warning" if match.parts else "error"
    return make_finding("ratio", severity, whole, registry, values, involved=match.figures, out=[whole])
