"""Check figures against what is possible: signs, bounds, one thing printed twice, shares of counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any

from hpedu.ingest.checks.figures import EPSILON, LONGEST_GAP, Figure, Figures, Key, Match, Reach, find_matches
from hpedu.ingest.checks.finding import Word, make_finding, name_part, name_series, write_path
from hpedu.registry import Registry
from hpedu.registry.formula import parse_formula
from hpedu.texts import Language, write_number

# From here on a count does not vanish for a year.
LARGE = 20
INFINITE = "\N{INFINITY}"
WHOLE, PART = "all", "public"
OWNERSHIP = 2  # its place in the key of a figure
EVERYWHERE: tuple[Reach, ...] = ("file", "release", "current")


def check_duplicates(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report figures that are printed twice with different values, in one file or in two files of one edition.

    Of those in one file, every print goes out of use.
    """
    for group in figures.same():
        first: dict[tuple[str, str], Figure] = {}
        for figure in group:
            earlier = first.setdefault(figure.release, figure)
            if _differ(earlier, figure):
                prints = [one for one in group if one.file == figure.file] if earlier.file == figure.file else []
                yield _report_counts(earlier, figure, prints)


def check_two_counts(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report two official counts of one thing, by different tables of one edition, that differ."""
    for match in find_matches(figures, "same", ("file", "release")):
        for first, second in combinations(match.figures, 2):
            if _differ(first, second):
                yield _report_counts(first, second)


def _differ(first: Figure, second: Figure) -> bool:
    """Return whether two figures differ by more than rounding: 69 thousand and 68,876 do not."""
    return abs(first.value - second.value) > first.rounding + second.rounding + EPSILON


def _report_counts(first: Figure, second: Figure, prints: Sequence[Figure] = ()) -> dict[str, Any]:
    """Report two counts of one thing; of `prints` in one file that differ, none is right."""
    words: dict[str, Word] = {"first": first, "second": second, "difference": abs(second.value - first.value)}
    check, severity = ("duplicate", "error") if prints else ("two_counts", "warning")
    return make_finding(check, severity, second, words, involved=[first], out=prints)


def check_revisions(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report figures that a later edition changed by more than the limit of their unit (`revision_limits.csv`).

    A revision is doubtful, not wrong: the newer figure stays in use.
    """
    limits = {limit.unit: limit for limit in figures.registry.revision_limits}
    for group in figures.same():
        editions = sorted(group, key=lambda figure: figure.edition)
        for older, newer in pairwise(editions):
            limit = limits[figures.registry.measures[newer.key[0]].unit]
            allowed = max(float(limit.share) * abs(older.value), float(limit.amount))
            apart = abs(newer.value - older.value)
            beyond_rounding = apart - older.rounding - newer.rounding
            if newer.edition != older.edition and beyond_rounding > allowed + EPSILON:
                words: dict[str, Word] = {
                    "old": older,
                    "new": newer,
                    "difference": apart,
                    "allowed": partial(write_number, allowed, decimals=1),
                }
                yield make_finding("revision", "warning", newer, words, involved=[older])


def check_signs(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report counts below zero; such a cell goes out of use."""
    for figure in figures.all:
        if figure.counts and figure.value < 0:
            yield make_finding("below_zero", "error", figure, {}, out=[figure])


def check_zeros(figures: Figures) -> Iterator[dict[str, Any]]:
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
                path = [before, zero, *around[1:]]
                words: dict[str, Word] = {"path": partial(write_path, path)}
                yield make_finding("zero", "warning", zero, words, involved=path)


def check_parts(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report parts that are larger than their whole; both go out of use unless one is known to be sound."""
    for match in find_matches(figures, "at_most", EVERYWHERE):
        part, whole = match.parts[0], match.whole
        if match.beyond > match.allowed and isinstance(whole, Figure):
            words: dict[str, Word] = {
                "part": part,
                "part_name": partial(name_part, part, whole=whole),
                "whole": whole,
                "relation": match.relation.name,
            }
            severity = "error" if part.release == whole.release else "warning"
            yield make_finding("at_most", severity, part, words, involved=match.figures, doubted=match.figures)


def check_ratios(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report ratios of two counts, and published rates, that are outside the bounds of the registry.

    A published rate that is outside goes out of use; a ratio is doubtful and takes nothing out.
    """
    for match in find_matches(figures, "ratio_bounds", EVERYWHERE):
        below = match.total if match.parts else 1.0
        if not isinstance(match.whole, Figure) or (below == 0 and match.whole.value == 0):
            continue
        # Pupils without any class make an infinite ratio.
        ratio = match.whole.value / below if below else math.inf
        lower, upper = match.relation.lower, match.relation.upper
        if (lower is not None and ratio < float(lower)) or (upper is not None and ratio > float(upper)):
            yield _report_ratio(match.whole, ratio, match)


def _report_ratio(whole: Figure, ratio: float, match: Match) -> dict[str, Any]:
    def write_division(language: Language) -> str:
        division = " / ".join(write_number(figure.value, language) for figure in (whole, *match.parts))
        digits = 3 if abs(ratio) < 1 else 1
        quotient = INFINITE if math.isinf(ratio) else write_number(ratio, language, digits)
        return f"{division} = {quotient}" if match.parts else division

    def write_names(language: Language) -> str:
        return " / ".join(name_series(figure, language) for figure in (whole, *match.parts))

    words: dict[str, Word] = {
        "arithmetic": write_division,
        "names": write_names,
        "relation": match.relation.name,
    }
    severity = "warning" if match.parts else "error"
    return make_finding("ratio", severity, whole, words, involved=match.figures, out=[whole])


def check_shares(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report shares that no whole number out of the known total gives, and one share printed of whole and part.

    Of what a share is the share, the registry knows. Such a figure is doubtful: nothing goes out of use.
    """
    shares = list(_list_shares(figures))
    for share, total in shares:
        # Half a step below, if it was rounded; nearly a whole step above, if the rest was cut off.
        low, high = share.value - share.rounding - EPSILON, share.value + 2 * share.rounding - EPSILON
        if share.rounding and math.ceil(low * total.value / 100) > math.floor(high * total.value / 100):
            yield make_finding("share_of_count", "warning", share, {"total": total}, involved=[total])
    known = {(one.territory, one.place, one.year, one.key): (one, total) for one, total in shares}
    for (territory, place, year, key), (whole, all_of) in known.items():
        pair = known.get((territory, place, year, _of(key, PART)))
        if pair is None or key[OWNERSHIP] != WHOLE or all_of.value <= pair[1].value:
            continue
        part, some = pair
        rest = (whole.value * all_of.value - part.value * some.value) / (all_of.value - some.value)
        if not 0 <= rest <= 100 or _is_cut(whole, part):
            tell_rest = partial(write_number, rest, decimals=1)
            words: dict[str, Word] = {"part": part, "all": all_of, "some": some, "rest": tell_rest}
            yield make_finding("share_of_part", "warning", whole, words, involved=[part])


def _list_shares(figures: Figures) -> Iterator[tuple[Figure, Figure]]:
    """Yield each current published share with the count that it is a share of."""
    bases = _find_bases(figures.registry)
    for figure in figures.all:
        base = bases.get(_of(figure.key, WHOLE))
        total = figures.find(figure, _of(base, figure.key[OWNERSHIP]), "current") if base else None
        if figure.current and total is not None and total.value:
            yield figure, total


def _find_bases(registry: Registry) -> Mapping[Key, Key]:
    """Return which count each published share is a share of, for indicators that divide one count by another."""
    found = {}
    for one in registry.indicators.values():
        terms = (
            parse_formula(one.denominator) if one.denominator and one.published and one.unit == "percent" else ()
        )
        if len(terms) == 1 and not one.crosses:
            share, base = parse_formula(one.published)[0], terms[0]
            pair = [(t.measure, t.level, t.ownership, t.sex, t.detail) for t in (share, base)]
            if pair[0][OWNERSHIP] == pair[1][OWNERSHIP] == WHOLE:
                found[pair[0]] = pair[1]
    return found


def _of(key: Key, ownership: str) -> Key:
    measure, level, _, sex, detail = key
    return measure, level, ownership, sex, detail


def _is_cut(first: Figure, second: Figure) -> bool:
    """Return whether one print is the other with fewer decimals, rounded or cut off."""
    fine, coarse = sorted((first, second), key=lambda figure: figure.rounding)
    return 0 < coarse.rounding != fine.rounding and abs(fine.value - coarse.value) < 2 * coarse.rounding - EPSILON
