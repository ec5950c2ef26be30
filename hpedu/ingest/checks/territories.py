"""Provinces against the country and districts against their province, within one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hpedu.ingest.checks.figures import Figure, Figures, Key
from hpedu.ingest.checks.finding import make_finding
from hpedu.ingest.checks.relations import fits
from hpedu.ingest.checks.sums import EPSILON
from hpedu.ingest.checks.words import write_number
from hpedu.registry import Language, Registry

PROVINCIAL_ROLES = ("city", "part", "province")

_Group = dict[tuple[str, Key, int], dict[tuple[str, str], Figure]]


def check_territories(figures: Figures, book: Registry) -> Iterator[dict[str, Any]]:
    """Sums over territories that exceed the larger one or, where all are there, differ from it.

    A sum of some provinces can never exceed the country; a sum of all (as many as the registry says
    there were) must equal it. The same holds for the districts of a province.
    """
    groups: _Group = {}
    for figure in figures.all:
        if figure.counts:
            where = (figure.territory, figure.place)
            groups.setdefault((figure.file, figure.key, figure.year), {}).setdefault(where, figure)
    for places in groups.values():
        for (territory, place), whole in places.items():
            if place:
                continue
            if book.territories[territory].role == "country":
                parts, full = _provinces(places, whole, book)
            else:
                parts, full = _districts(places, whole, book)
            if len(parts) > 1:
                yield from _compare(whole, parts, len(parts) == full, book)


def _provinces(
    places: dict[tuple[str, str], Figure], whole: Figure, book: Registry
) -> tuple[list[Figure], int | None]:
    """The provinces that are there, a merged one instead of its parts, and how many make the country."""
    there = {territory: figure for (territory, place), figure in places.items() if not place}
    merged = {part for name in there for part in book.territories[name].parts}
    parts = [
        figure
        for name, figure in there.items()
        if name not in merged and book.territories[name].role in PROVINCIAL_ROLES
    ]
    numbers = [r.provinces for r in book.relations.values() if r.kind == "country" and fits(r, whole)]
    return parts, numbers[0] if numbers else None


def _districts(
    places: dict[tuple[str, str], Figure], whole: Figure, book: Registry
) -> tuple[list[Figure], int | None]:
    """The districts that are there (not single institutions), and how many the province had."""
    parts = [
        figure
        for (territory, place), figure in places.items()
        if territory == whole.territory and place and book.places[place].kind != "institution"
    ]
    codes = [row.code for row in book.province_codes if row.scheme == "nso" and row.territory == whole.territory]
    return parts, sum(district.province_code in codes for district in book.districts)


def _compare(whole: Figure, parts: Sequence[Figure], complete: bool, book: Registry) -> Iterator[dict[str, Any]]:
    total = sum(part.value for part in parts)
    rounding = whole.rounding + sum(part.rounding for part in parts)
    apart = total - whole.value
    if apart > rounding + EPSILON or (complete and apart < -rounding - EPSILON):

        def values(language: Language) -> dict[str, str]:
            return {
                "sum": write_number(total, language),
                "count": str(len(parts)),
                "printed": write_number(whole.value, language),
                "difference": write_number(abs(apart), language),
            }

        template = "country" if complete else "country_in_part"
        yield make_finding("country", "error", whole, book, values, template=template)
