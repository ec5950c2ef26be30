"""Parts against totals: within one file, else within the files that one publisher issued together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpedu.ingest.checks.digits import Repair, find_repairs
from hpedu.ingest.checks.figures import Figure, Figures
from hpedu.ingest.checks.finding import make_finding
from hpedu.ingest.checks.relations import Match, find_matches
from hpedu.ingest.checks.words import list_cells, name_series, read_wording, write_addition, write_number
from hpedu.registry import Language, Registry

EPSILON = 1e-6  # sums of binary fractions


def check_sums(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Totals that differ from the sum of their parts by more than rounding can explain.

    Where a part that a table may have (schools of two levels) is not there, the others may make less.
    """
    for match in find_matches(figures, book, "sum", ("file", "release")):
        total = sum(part.value for part in match.parts)
        difference = total - match.value
        wrong = difference if match.lacks_rest else abs(difference)
        if wrong > match.rounding + EPSILON:
            yield _report(match, total, difference, book)


def _report(match: Match, total: float, difference: float, book: Registry) -> dict[str, Any]:
    whole = match.whole if isinstance(match.whole, Figure) else None
    repairs = find_repairs(whole, match.parts, difference)
    swapped = bool(repairs) and repairs[0].kind == "swap"

    def values(language: Language) -> dict[str, str]:
        words = {
            "addition": write_addition(match.parts, whole, book, language),
            "sum": write_number(total, language),
            "printed": write_number(match.value, language),
            "difference": write_number(abs(difference), language),
            "relation": match.relation.name.get(language),
            "rounding": _rounding(match.rounding, language),
            "repair": _repairs(repairs, language),
        }
        if whole is None:
            words["series"] = name_series(match.parts[0], book, language, whole=True)
        return words

    return make_finding(
        "digit_swap" if swapped else "sum",
        "error" if len({figure.file for figure in match.figures}) == 1 else "warning",
        whole or match.parts[0],
        book,
        values,
        involved=match.figures,
        template="sum" if whole else "sum_of_constant",
    )


def _rounding(rounding: float, language: Language) -> str:
    if not rounding:
        return ""
    return read_wording()["rounding"].get(language).format(rounding=write_number(rounding, language))


def _repairs(repairs: list[Repair], language: Language) -> str:
    if not repairs:
        return ""
    wording = read_wording()
    shown = [
        wording["reading"]
        .get(language)
        .format(
            printed=write_number(repair.figure.value, language),
            mended=write_number(repair.value, language),
            cell=list_cells([repair.figure]).partition(" (")[0],
        )
        for repair in repairs
    ]
    return " " + wording[f"repair_{repairs[0].kind}"].get(language).format(readings="; ".join(shown))
