"""Check provinces against the country, districts against their province, a merged city against its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hpedu.ingest.checks.additions import EPSILON
from hpedu.ingest.checks.figures import Figure, Figures, Key, fits
from hpedu.ingest.checks.finding import Word, list_cells, make_finding, name_place
from hpedu.registry import Registry
from hpedu.texts import Language, write_number

PROVINCIAL_ROLES = ("city", "part", "province")


@dataclass
class Column:
    """The figures of one thing and year in one file: of whole territories, and of the districts of each."""

    wholes: dict[str, Figure] = field(default_factory=dict)
    districts: dict[str, dict[str, Figure]] = field(default_factory=dict)


def check_territories(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report sums over territories that exceed the larger one or, where all are there, differ from it.

    A sum of some provinces can never exceed the country; a sum of all (as many as there were, by the registry)
    must equal it. The same holds for the districts of a province. Of a sum that exceeds, the larger territory goes
    out of use, and each smaller one that nothing else shows to be sound; of a single part larger than the whole,
    both.
    """
    sizes = _count_districts(registry)
    for column in _read_columns(figures, registry):
        for territory, whole in column.wholes.items():
            if registry.territories[territory].role == "country":
                rules = [rule for rule in registry.relations.values() if rule.kind == "country"]
                numbers = [rule.provinces for rule in rules if fits(rule, whole)]
                yield from _compare(whole, _provinces(column.wholes, registry), numbers, registry)
            else:
                districts = list(column.districts.get(territory, {}).values())
                yield from _compare(whole, districts, [sizes[territory]], registry)


def _read_columns(figures: Figures, registry: Registry) -> Iterator[Column]:
    columns: dict[tuple[str, Key, int], Column] = {}
    for figure in figures.all:
        if not figure.counts or figure.territory not in registry.territories:
            continue
        column = columns.setdefault((figure.file, figure.key, figure.year), Column())
        if not figure.place:
            column.wholes.setdefault(figure.territory, figure)
        elif figure.place in registry.places and registry.places[figure.place].kind != "institution":
            column.districts.setdefault(figure.territory, {}).setdefault(figure.place, figure)
    yield from columns.values()


def _count_districts(registry: Registry) -> Counter[str]:
    """Count the districts of each old province."""
    provinces = {row.code: row.territory for row in registry.province_codes if row.scheme == "nso"}
    return Counter(provinces.get(district.province_code, "") for district in registry.districts)


def _provinces(wholes: Mapping[str, Figure], registry: Registry) -> list[Figure]:
    """Return the provinces among the territories; a merged one instead of its parts."""
    merged = {part for name in wholes for part in registry.territories[name].parts}
    return [
        figure
        for name, figure in wholes.items()
        if name not in merged and registry.territories[name].role in PROVINCIAL_ROLES
    ]


def _compare(
    whole: Figure, parts: Sequence[Figure], full: Sequence[int | None], registry: Registry
) -> Iterator[dict[str, Any]]:
    if not parts:
        return
    total = sum(part.value for part in parts)
    rounding = whole.rounding + sum(part.rounding for part in parts)
    apart = total - whole.value
    complete = len(parts) in full
    if apart > rounding + EPSILON or (complete and apart < -rounding - EPSILON):
        words: dict[str, Word] = {
            "sum": total,
            "count": str(len(parts)),
            "printed": whole.value,
            "difference": abs(apart),
            "part": partial(name_place, parts[0], registry),
            "part_cell": list_cells(parts[:1]),
        }
        template = "country_of_one" if len(parts) == 1 else "country" if complete else "country_in_part"
        # A country may have more than its provinces: schools run by ministries.
        severity = "error" if apart > 0 else "warning"
        found = make_finding(
            "country", severity, whole, registry, words, out=[whole], doubted=parts, template=template
        )
        yield found | {"rows": [figure.row for figure in (whole, *parts)]}


def check_mergers(figures: Figures, registry: Registry) -> Iterator[dict[str, Any]]:
    """Report figures of a merged territory that differ from the sum of its parts, whatever files they are in.

    Nobody can say which is right, so all of them stay in use: the merged figure is the one shown.
    """
    known: dict[tuple[Key, int], dict[str, Figure]] = {}
    for figure in figures.all:
        if figure.current and figure.counts and not figure.place:
            known.setdefault((figure.key, figure.year), {})[figure.territory] = figure
    merged = [territory for territory in registry.territories.values() if territory.parts]
    for there in known.values():
        for territory in merged:
            parts = [there[part] for part in territory.parts if part in there]
            if territory.id in there and len(parts) == len(territory.parts):
                yield from _compare_merged(there[territory.id], parts, registry)


def _compare_merged(whole: Figure, parts: Sequence[Figure], registry: Registry) -> Iterator[dict[str, Any]]:
    total = sum(part.value for part in parts)
    apart = abs(total - whole.value)
    if apart <= whole.rounding + sum(part.rounding for part in parts) + EPSILON:
        return

    def write_terms(language: Language) -> str:
        return " + ".join(
            f"{write_number(part.value, language)} ({name_place(part, registry, language)})" for part in parts
        )

    words = {"addition": write_terms, "sum": total, "printed": whole.value, "difference": apart}
    yield make_finding("merger", "warning", whole, registry, words, involved=parts)
