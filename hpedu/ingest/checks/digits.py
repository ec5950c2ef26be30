"""Slips of the pen: two neighbouring digits swapped, or one digit wrong, where that mends a sum exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hpedu.ingest.checks.figures import Figure


@dataclass(frozen=True)
class Repair:
    """A reading of one figure that would make the sum right."""

    figure: Figure
    value: int
    kind: Literal["swap", "digit"]


def find_repairs(whole: Figure | None, parts: tuple[Figure, ...], difference: float) -> list[Repair]:
    """Readings of the total or of one part that mend a sum exactly; swapped digits before single ones.

    `difference` is parts minus whole. Figures that were rounded cannot be mended exactly: none is returned.
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
