"""Check parts against totals: within one file, else within the files that one publisher issued together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hpedu.ingest.checks.figures import Figure, Figures, Match, find_matches
from hpedu.ingest.checks.finding import list_cells, make_finding, name_series, write_addition
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

    def say(self, language: Language) -> str:
        """Say which figure it is, and what it would be."""
        numbers = {"printed": self.figure.value, "mended": self.value}
        words = {name: write_number(number, language) for name, number in numbers.items()}
        return say("reading", language, **words, cell=list_cells([self.figure]).partition(" (")[0])


def find_repairs(match: Match, difference: float) -> list[Repair]:
    """Find readings of the total or of one part that correct a sum exactly; swapped digits before single ones.

    `difference` is parts minus whole. Rounded figures cannot be corrected exactly: none is returned.
    """
    if any(figure.rounding or figure.value != int(figure.value) for figure in match.figures):
        return []
    repairs = []
    for figure in match.figures:
        wanted = int(figure.value + (difference if figure is match.whole else -difference))
        repairs += [Repair(figure, wanted, kind) for kind in _kinds(int(figure.value), wanted)]
    return [repair for repair in repairs if repair.kind == "swap"] or repairs


def _kinds(printed: int, wanted: int) -> Iterator[Literal["swap", "digit"]]:
    old, new = str(printed), str(wanted)
    if len(old) != len(new) or wanted < 0:
        return
    apart = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if len(apart) == 1:
        yield "digit"
    elif len(apart) == 2 and apart[1] == apart[0] + 1:
        first, second = apart
        if (old[first], old[second]) == (new[second], new[first]):
            yield "swap"


def check_sums(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report totals that differ from the sum of their parts by more than rounding can explain.

    Where a part that a table may have (schools of two levels) is not there, the others may sum to less.

    Out of use goes the whole, and each part that nothing else shows to be sound; of a sum that swapped digits
    would mend, only the figures whose digits those are.
    """
    for match in find_matches(figures, registry, "sum", ("file", "release")):
        difference = match.total - match.value
        wrong = difference if match.lacks_rest else abs(difference)
        if wrong > match.rounding + EPSILON:
            yield _report(match, difference, registry)


def _report(match: Match, difference: float, registry: Registry) -> dict[str, Any]:
    whole = match.whole if isinstance(match.whole, Figure) else None
    repairs = find_repairs(match, difference)
    swapped = bool(repairs) and repairs[0].kind == "swap"

    def say_rounding(language: Language) -> str:
        rounding = write_number(match.rounding, language)
        return say("rounding", language, rounding=rounding) if match.rounding else ""

    def say_repairs(language: Language) -> str:
        readings = "; ".join(repair.say(language) for repair in repairs)
        return " " + say(f"repair_{repairs[0].kind}", language, readings=readings) if repairs else ""

    words: dict[str, Any] = {
        "addition": lambda language: write_addition(match.parts, whole, registry, language),
        "sum": match.total,
        "printed": match.value,
        "difference": abs(difference),
        "relation": match.relation.name,
        "rounding": say_rounding,
        "repair": say_repairs,
    }
    if whole is None:
        words["series"] = lambda language: name_series(match.parts[0], registry, language, whole=True)
    return make_finding(
        "digit_swap" if swapped else "sum",
        "error" if len({figure.file for figure in match.figures}) == 1 else "warning",
        whole or match.parts[0],
        registry,
        words,
        involved=match.figures,
        out=[repair.figure for repair in repairs] if swapped else [whole] if whole else [],
        doubted=() if swapped else match.parts,
        template="sum" if whole else "sum_of_constant",
    )
