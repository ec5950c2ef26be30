"""Check parts against totals: of a table, of what one publisher issued together, of the territories of a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from hpedu.ingest.checks.figures import Addition, Figure, Figures, Key, Match, find_matches, fits
from hpedu.ingest.checks.finding import make_finding, name_part, name_place, name_series, tell_addition
from hpedu.registry import Registry
from hpedu.texts import message

PROVINCIAL_ROLES = ("city", "part", "province")


def check_sums(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report totals that differ from the sum of their parts by more than rounding can explain.

    Where a part that a table may have (schools of two levels) is not there, the others may sum to less.

    Out of use goes the whole, and each part that nothing else shows to be sound; of a sum that swapped digits
    would mend, only the figures whose digits those are.
    """
    for match in find_matches(figures, "sum", ("file", "release")):
        if (match.beyond if match.lacks_rest else abs(match.beyond)) > match.allowed:
            yield _report_sum(match)


def _report_sum(match: Match) -> dict[str, Any]:
    whole = match.whole if isinstance(match.whole, Figure) else None
    repair, mended = _find_repairs(match)
    swapped = repair == "swap"
    readings = [message("reading", printed=figure, mended=number) for figure, number in mended.items()]
    words = tell_addition(match, partial(name_part, whole=whole)) | {
        "rounding": message("rounding", rounding=match.rounding) if match.rounding else "",
        "repair": message(f"repair_{repair}", readings=readings) if readings else "",
    }
    if whole is None:
        words["series"] = partial(name_series, match.parts[0], whole=True)
    return make_finding(
        "digit_swap" if swapped else "sum",
        "error" if len({figure.file for figure in match.figures}) == 1 else "warning",
        whole or match.parts[0],
        words,
        involved=match.figures,
        out=list(mended) if swapped else [whole] if whole else [],
        doubted=() if swapped else match.parts,
        template="sum" if whole else "sum_of_constant",
    )


def _find_repairs(match: Match) -> tuple[str, dict[Figure, int]]:
    """Return the figures of which another reading makes a sum exact, each with it, and what was misread.

    That is two digits that were swapped ("swap"), else a single one ("digit"). Of rounded figures nobody can tell.
    """
    found: dict[str, dict[Figure, int]] = {"swap": {}, "digit": {}, "": {}}
    if not any(figure.rounding or figure.value % 1 for figure in match.figures):
        for figure in match.figures:
            wanted = int(figure.value + (match.beyond if figure is match.whole else -match.beyond))
            found[_compare_digits(str(int(figure.value)), str(wanted))][figure] = wanted
    kind = "swap" if found["swap"] else "digit"
    return kind, found[kind]


def _compare_digits(old: str, new: str) -> str:
    apart = [n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    if len(old) != len(new) or new.startswith("-"):
        return ""
    if len(apart) == 2 and apart[1] == apart[0] + 1 and sorted(old) == sorted(new):
        return "swap"
    return "digit" if len(apart) == 1 else ""


def check_territories(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report sums over territories that exceed the larger one or, where all are there, differ from it.

    A sum of some provinces can never exceed the country; a sum of all (as many as there were, by the registry)
    must equal it. The same holds for the districts of a province. Of a sum that exceeds, the larger territory goes
    out of use, and each smaller one that nothing else shows to be sound; of a single part larger than the whole,
    both.
    """
    registry = figures.registry
    provinces = {row.code: row.territory for row in registry.province_codes if row.scheme == "nso"}
    districts = Counter(provinces.get(district.province_code, "") for district in registry.districts)
    countries = [relation for relation in registry.relations.values() if relation.kind == "country"]
    for column in _read_columns(figures):
        wholes = {territory: its[""] for territory, its in column.items() if "" in its}
        for territory, whole in wholes.items():
            if registry.territories[territory].role == "country":
                parts = _list_provinces(wholes, registry)
                full = [country.provinces for country in countries if fits(country, whole)]
            else:
                parts = [figure for place, figure in column[territory].items() if place]
                full = [districts[territory]]
            if parts:
                yield from _compare_territories(Addition(whole, tuple(parts)), whole, len(parts) in full)


def _read_columns(figures: Figures) -> Iterable[Mapping[str, Mapping[str, Figure]]]:
    """Return of each file, thing and year the figures of whole territories (place "") and of their districts."""
    registry = figures.registry
    places = {"", *(place.id for place in registry.places.values() if place.kind != "institution")}
    columns: dict[tuple[str, Key, int], dict[str, dict[str, Figure]]] = {}
    for figure in figures.all:
        if figure.counts and figure.territory in registry.territories and figure.place in places:
            column = columns.setdefault((figure.file, figure.key, figure.year), {})
            column.setdefault(figure.territory, {}).setdefault(figure.place, figure)
    return columns.values()


def _list_provinces(wholes: Mapping[str, Figure], registry: Registry) -> list[Figure]:
    """Return the provinces among the territories; a merged one instead of its parts."""
    merged = {part for name in wholes for part in registry.territories[name].parts}
    return [
        figure
        for name, figure in wholes.items()
        if name not in merged and registry.territories[name].role in PROVINCIAL_ROLES
    ]


def _compare_territories(addition: Addition, whole: Figure, complete: bool) -> Iterator[dict[str, Any]]:
    parts = addition.parts
    if addition.beyond > addition.allowed or (complete and addition.beyond < -addition.allowed):
        words = tell_addition(addition, name_place) | {"count": str(len(parts)), "part": parts[0]}
        template = "country_of_one" if len(parts) == 1 else "country" if complete else "country_in_part"
        # A country may have more than its provinces: schools run by ministries.
        severity = "error" if addition.beyond > 0 else "warning"
        found = make_finding("country", severity, whole, words, out=[whole], doubted=parts, template=template)
        yield found | {"rows": [figure.row for figure in addition.figures]}


def check_mergers(figures: Figures) -> Iterator[dict[str, Any]]:
    """Report figures of a merged territory that differ from the sum of its parts, whatever files they are in.

    Nobody can say which is right, so all of them stay in use: the merged figure is the one shown.
    """
    known: dict[tuple[Key, int], dict[str, Figure]] = {}
    for figure in figures.all:
        if figure.current and figure.counts and not figure.place:
            known.setdefault((figure.key, figure.year), {})[figure.territory] = figure
    merged = [territory for territory in figures.registry.territories.values() if territory.parts]
    for there in known.values():
        for territory in merged:
            if there.keys() >= {territory.id, *territory.parts}:
                whole = there[territory.id]
                addition = Addition(whole, tuple(there[part] for part in territory.parts))
                if abs(addition.beyond) > addition.allowed:
                    words = tell_addition(addition, name_place)
                    yield make_finding("merger", "warning", whole, words, involved=addition.parts)
