"""Check published shares against the counts they are of: can they be, and are they of the whole or of a part?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import ceil, floor
from typing import Any

from hpedu.ingest.checks.additions import EPSILON
from hpedu.ingest.checks.figures import Figure, Figures, Key
from hpedu.ingest.checks.finding import Word, list_cells, make_finding, name_series
from hpedu.registry import Registry
from hpedu.registry.formula import parse_formula
from hpedu.texts import write_number

WHOLE, PART = "all", "public"
OWNERSHIP = 2  # its place in the key of a figure


def check_shares(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report shares that no whole number out of the known total gives, and one share printed of whole and part.

    Of what a share is the share, the registry knows. Such a figure is doubtful: nothing goes out of use.
    """
    for share, total in _list_shares(figures, registry):
        # Half a step below, if it was rounded; nearly a whole step above, if the rest was cut off.
        low, high = share.value - share.rounding - EPSILON, share.value + 2 * share.rounding - EPSILON
        if share.rounding and ceil(low * total.value / 100) > floor(high * total.value / 100):
            yield _report("share_of_count", share, total, registry, {"total": total.value})
    known = {
        (one.territory, one.place, one.year, one.key): (one, total)
        for one, total in _list_shares(figures, registry)
    }
    for (territory, place, year, key), (whole, all_of) in known.items():
        pair = known.get((territory, place, year, _of(key, PART)))
        if pair is None or key[OWNERSHIP] != WHOLE or all_of.value <= pair[1].value:
            continue
        part, some = pair
        rest = (whole.value * all_of.value - part.value * some.value) / (all_of.value - some.value)
        if not 0 <= rest <= 100 or _is_cut(whole, part):
            words = {"part": part.value, "all": all_of.value, "some": some.value, "rest": rest}
            yield _report("share_of_part", whole, part, registry, words)


def _list_shares(figures: Figures, registry: Registry) -> Iterator[tuple[Figure, Figure]]:
    """Yield each current published share with the count that it is a share of."""
    bases = _find_bases(registry)
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


def _report(
    check: str, share: Figure, other: Figure, registry: Registry, numbers: Mapping[str, float]
) -> dict[str, Any]:
    words: dict[str, Word] = {
        **{name: partial(write_number, value, decimals=1) for name, value in numbers.items()},
        "share": share.value,
        "of": partial(name_series, other, registry),
        "other_cell": list_cells([other]),
    }
    return make_finding(check, "warning", share, registry, words, involved=[other])
