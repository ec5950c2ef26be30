"""What must hold between rows of the registry: every name that is used is there, every key stands once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from hpedu.errors import Problem, Refused, note
from hpedu.registry.formula import SeriesRef, parse_formula

if TYPE_CHECKING:
    from hpedu.registry.load import Registry


def cross_check(book: Registry) -> list[Problem]:
    """Every reference between rows that leads nowhere, every key that stands twice."""
    return [
        *_codes(book),
        *_territories(book),
        *_province_codes(book),
        *_communes(book),
        *_targets(book),
        *_indicators(book),
        *_relations(book),
        *_norms(book),
        *_rest(book),
        *_school_columns(book),
    ]


def _missing(file: str, where: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    known = set(known)
    for name in names:
        if name not in known:
            yield Problem(file, where, note("registry_unknown", what=what), name)


def _codes(book: Registry) -> Iterator[Problem]:
    for key, count in Counter((c.dimension, c.code) for c in book.codes).items():
        if count > 1:
            yield Problem("codes.csv", "/".join(key), note("registry_code_twice"))
    units = book.codes_of("unit")
    for measure in book.measures.values():
        yield from _missing("measures.csv", measure.id, "unit", [measure.unit], units)


def _territories(book: Registry) -> Iterator[Problem]:
    for territory in book.territories.values():
        yield from _missing("territories.csv", territory.id, "territory", territory.parts, book.territories)
    for alias in book.territory_names:
        yield from _missing("territory_names.csv", alias.name, "territory", [alias.territory], book.territories)
    for code in book.province_codes:
        where = f"{code.scheme} {code.code}"
        yield from _missing("province_codes.csv", where, "territory", [code.territory], book.territories)
    for place in book.places.values():
        yield from _missing("places.csv", place.id, "territory", [place.territory], book.territories)


def _province_codes(book: Registry) -> Iterator[Problem]:
    """On one day a code of one scheme is one province."""
    for one, other in combinations(book.province_codes, 2):
        if (one.scheme, one.code) == (other.scheme, other.code):
            bearers = [
                book.territories[row.territory] for row in (one, other) if row.territory in book.territories
            ]
            first = max((bearer.valid_from or date.min for bearer in bearers), default=date.max)
            last = min((bearer.valid_to or date.max for bearer in bearers), default=date.min)
            if first <= last and len(bearers) == 2:
                message = note("registry_same_day", one=one.territory, other=other.territory)
                yield Problem("province_codes.csv", f"{one.scheme} {one.code}", message)


def _communes(book: Registry) -> Iterator[Problem]:
    for key, count in Counter((c.code, c.valid_from) for c in book.communes).items():
        if count > 1:
            yield Problem("communes.csv", str(key), note("registry_code_day_twice"))
    new = {c.code for c in book.communes if c.valid_to is None}
    old = {c.code for c in book.communes if c.valid_to is not None} | {""}
    districts = {d.code for d in book.districts}
    for row in book.conversions:
        where = f"{row.old_code} -> {row.new_code}"
        yield from _missing("commune_conversions.csv", where, "commune of 2025", [row.new_code], new)
        yield from _missing("commune_conversions.csv", where, "old commune", [row.old_code], old)
        yield from _missing("commune_conversions.csv", where, "district", [row.old_district_code], districts)
    for code in sorted(new - {row.new_code for row in book.conversions}):
        yield Problem("commune_conversions.csv", code, note("registry_no_old_unit"))


def _targets(book: Registry) -> Iterator[Problem]:
    numbers = [target.number for target in book.targets.values()]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        yield Problem("targets", "number", note("registry_numbering"))
    for target in book.targets.values():
        file = f"targets/{target.group}.toml"
        yield from _missing(file, target.id, "level", [target.level], book.codes_of("level"))
        yield from _missing(file, target.id, "unit", [target.unit], book.codes_of("unit"))
        yield from _missing(file, target.id, "department", target.departments, book.departments)
        named = [*target.national_indicators, *target.proxies, target.milestone_indicator or target.id]
        if target.kind == "milestone" and not target.milestone_indicator:
            named.remove(target.id)
        yield from _missing(file, target.id, "indicator", named, book.indicators)
        if (target.comparison == "milestone") != (target.kind == "milestone"):
            yield Problem(file, target.id, note("registry_milestone"))
        indicator = book.indicators.get(target.id)
        if target.kind != "milestone" and (indicator is None or indicator.role != "target"):
            yield Problem(file, target.id, note("registry_no_indicator"))


def _indicators(book: Registry) -> Iterator[Problem]:
    for indicator in book.indicators.values():
        file, where = "indicators", indicator.id
        if indicator.role == "target" and indicator.id not in book.targets:
            yield Problem(file, where, note("registry_no_target"))
        yield from _missing(file, where, "level", [indicator.level], book.codes_of("level"))
        yield from _missing(file, where, "unit", [indicator.unit], book.codes_of("unit"))
        for text in filter(None, (indicator.numerator, indicator.denominator, indicator.published)):
            yield from _terms(file, where, text, book)


def _relations(book: Registry) -> Iterator[Problem]:
    for relation in book.relations.values():
        file, where = "relations.csv", relation.id
        yield from _missing(file, where, "level", relation.levels, book.codes_of("level"))
        if (relation.kind == "ratio_bounds") != (relation.lower is not None or relation.upper is not None):
            yield Problem(file, where, note("registry_bounds"))
        if (relation.kind == "country") != (relation.provinces is not None):
            yield Problem(file, where, note("registry_provinces"))
        whole = [] if relation.whole.isdecimal() else [relation.whole]
        for text in filter(None, [*whole, *relation.parts, relation.optional]):
            try:
                terms = parse_formula(text)
            except Refused as error:
                yield Problem(file, where, error, text)
                continue
            for term in terms:
                yield from _missing(file, where, "measure", [term.measure], [*book.measures, "*"])
                yield from _missing(file, where, "level", [term.level], [*book.codes_of("level"), "*"])
                yield from _missing(file, where, "ownership", [term.ownership], book.codes_of("ownership"))
                yield from _missing(file, where, "sex", [term.sex], book.codes_of("sex"))


def _terms(file: str, where: str, text: str, book: Registry) -> Iterator[Problem]:
    """What is wrong with a formula."""
    try:
        terms = parse_formula(text)
    except Refused as error:
        yield Problem(file, where, error, text)
        return
    for term in terms:
        yield from _missing(file, where, "measure", [term.measure], book.measures)
        yield from _missing(file, where, "level", [term.level], book.codes_of("level"))
        yield from _missing(file, where, "ownership", [term.ownership], book.codes_of("ownership"))
        yield from _missing(file, where, "sex", [term.sex], book.codes_of("sex"))


def _norms(book: Registry) -> Iterator[Problem]:
    for norm in book.norms.values():
        known = book.targets if norm.rule == "share" else book.indicators
        yield from _missing("norms.csv", norm.id, "level", [norm.level], book.codes_of("level"))
        yield from _missing(
            "norms.csv", norm.id, "resource", [norm.resource, norm.base], book.codes_of("resource")
        )
        if norm.rule == "fixed":
            if norm.value is None:
                yield Problem("norms.csv", norm.id, "a fixed norm needs a value")
        else:
            yield from _missing("norms.csv", norm.id, "reference", [norm.reference], known)
        yield from _terms("norms.csv", norm.id, norm.there, book)
    for flow in book.flows:
        names = [flow.level, *filter(None, [flow.source])]
        yield from _missing("flows.csv", flow.level, "level", names, book.codes_of("level"))
        for text in filter(None, (flow.entrants, flow.completers, flow.cohort)):
            yield from _terms("flows.csv", flow.level, text, book)


def _rest(book: Registry) -> Iterator[Problem]:
    for gap in book.breaks.values():
        yield from _missing("breaks.csv", gap.id, "indicator", [gap.indicator], book.indicators)
        yield from _missing("breaks.csv", gap.id, "territory", filter(None, [gap.territory]), book.territories)
    for task in book.tasks:
        where = f"{task.plan} {task.number}"
        yield from _missing("tasks.csv", where, "department", task.departments, book.departments)
    for other in book.other_targets.values():
        yield from _missing("other_targets.csv", other.id, "territory", [other.territory], book.territories)
        yield from _missing("other_targets.csv", other.id, "unit", [other.unit], book.codes_of("unit"))
    for erratum in book.errata.values():
        if (erratum.action == "scale") != (erratum.factor is not None):
            yield Problem("errata.csv", erratum.id, note("registry_factor"))


def _school_columns(book: Registry) -> Iterator[Problem]:
    file, used = "school_columns.csv", _series_of_targets(book)
    variants = {name for column in book.school_columns.values() for name in column.variants}
    fed: Counter[SeriesRef] = Counter()
    for column in book.school_columns.values():
        yield from _missing(file, column.id, "level", column.levels, book.codes_of("level"))
        others = [name for name in (column.part_of, column.sums_to) if name]
        yield from _missing(file, column.id, "column", others, book.school_columns.keys() | variants)
        try:
            series = [term for text in column.formulas for term in parse_formula(text)]
        except Refused as error:
            yield Problem(file, column.id, error)
            continue
        for term in series:
            yield from _missing(file, column.id, "measure", [term.measure], book.measures)
            yield from _missing(file, column.id, "level", [term.level], book.codes_of("level"))
            yield from _missing(file, column.id, "sex", [term.sex], book.codes_of("sex"))
        fed.update(series)
        expected = [target for target in book.targets if used.get(target, set()) & set(series)]
        if column.targets != expected:
            found = "|".join(column.targets)
            yield Problem(file, column.id, note("registry_feeds", expected="|".join(expected)), found)
    for term, count in fed.items():
        if count > 1:
            yield Problem(file, f"{term.measure}/{term.level}", note("registry_two_feed"))


def _series_of_targets(book: Registry) -> dict[str, set[SeriesRef]]:
    """What each target is computed from, whatever the ownership."""
    table: dict[str, set[SeriesRef]] = {}
    for target in book.targets:
        indicator = book.indicators.get(target)
        for text in filter(None, (indicator.numerator, indicator.denominator) if indicator else ()):
            terms = parse_formula(text)
            table.setdefault(target, set()).update(replace(term, ownership="all") for term in terms)
    return table
