"""Check parts against totals: within one file, else within the files that one publisher issued together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hpedu.ingest.checks.figures import Figure, Figures, Match, find_matches
from hpedu.ingest.checks.finding import (
    list_cells,
    make_finding,
    name_series,
    write_addition,
)
from hpedu.registry import Registry
from hpedu.texts import Language, say, write_number

EPSILON = 1e-6
"""How far sums of binary fractions may be apart though they are equal."""


@dataclass(frozen=True)
class Repair:
    """A reading of one figure that would make the sum right."""

    figure: Figure
    value: int
    kind: Literal["swap", "digit"]


def find_repairs(whole: Figure | None, parts: tuple[Figure, ...], difference: float) -> list[Repair]:
    """Find readings of the total or of one part that correct a sum exactly; swapped digits before single ones.

    `difference` is parts minus whole. Rounded figures cannot be corrected exactly: none is returned.
    """
    figures = [*([whole] if whole else []), *parts]
    if any(figure.rounding or figure.value != int(figure.value) for figure in figures):
        return []
    wanted = [(figure, int(figure.value + (difference if figure is whole else -difference))) for figure in figures]
    repairs = [Repair(f, value, kind) for f, value in wanted for kind in _kinds(int(f.value), value)]
    swaps = [repair for repair in repairs if repair.kind == "swap"]
    return swaps or repairs


def _kinds(printed: int, wanted: int) -> Iterator[Literal["swap", "digit"]]:
    old, new = str(printed), str(wanted)
    if len(old) != len(new) or wanted < 0:
        return
    apart = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if len(apart) == 1:
        yield "digit"
    elif len(apart) == 2 and apart[1] == apart[0] + 1 and old[apart[0]] == new[apart[1]]:
        first, second = apart
        if old[second] == new[first]:
            yield "swap"


def check_sums(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report totals that differ from the sum of their parts by more than rounding can explain.

    Where a part that a table may have (schools of two levels) is not there, the others may sum to less.

    Out of use goes the whole, and each part that nothing else shows to be sound; of a sum that swapped digits
    would mend, only the figures whose digits those are.
    """
    for match in find_matches(figures, registry, "sum", ("file", "release")):
        total = sum(part.value for part in match.parts)
        difference = total - match.value
        wrong = difference if match.lacks_rest else abs(difference)
        if wrong > match.rounding + EPSILON:
            yield _report(match, total, difference, registry)


def _report(match: Match, total: float, difference: float, registry: Registry) -> dict[str, Any]:
    whole = match.whole if isinstance(match.whole, Figure) else None
    repairs = find_repairs(whole, match.parts, difference)
    swapped = bool(repairs) and repairs[0].kind == "swap"

    def values(language: Language) -> dict[str, str]:
        words = {
            "addition": write_addition(match.parts, whole, registry, language),
            "sum": write_number(total, language),
            "printed": write_number(match.value, language),
            "difference": write_number(abs(difference), language),
            "relation": match.relation.name.get(language),
            "rounding": _rounding(match.rounding, language),
            "repair": _repairs(repairs, language),
        }
        if whole is None:
            words["series"] = name_series(match.parts[0], registry, language, whole=True)
        return words

    return make_finding(
        "digit_swap" if swapped else "sum",
        "error" if len({figure.file for figure in match.figures}) == 1 else "warning",
        whole or match.parts[0],
        registry,
        values,
        involved=match.figures,
        out=[repair.figure for repair in repairs] if swapped else [whole] if whole else [],
        doubted=() if swapped else match.parts,
        template="sum" if whole else "sum_of_constant",
    )


def _rounding(rounding: float, language: Language) -> str:
    if not rounding:
        return ""
    return say("rounding", language, rounding=write_number(rounding, language))


def _repairs(repairs: list[Repair], language: Language) -> str:
    if not repairs:
        return ""
    shown = [
        say(
            "reading",
            language,
            printed=write_number(repair.figure.value, language),
            mended=write_number(repair.value, language),
            cell=list_cells([repair.figure]).partition(" (")[0],
        )
        for repair in repairs
    ]
    return " " + say(f"repair_{repairs[0].kind}", language, readings="; ".join(shown))
