"""Check what must hold between rows of the registry: every name that is used exists, every key occurs once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from hpedu.errors import Problem, Refused
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Print
from hpedu.registry.registry import Registry
from hpedu.texts import message


def cross_check(registry: Registry) -> list[Problem]:
    """Return every reference between rows that leads nowhere, and every key that occurs twice."""
    return [
        *_codes(registry),
        *_territories(registry),
        *_province_codes(registry),
        *_communes(registry),
        *_targets(registry),
        *_indicators(registry),
        *_relations(registry),
        *_norms(registry),
        *_rest(registry),
        *_school_columns(registry),
    ]


def _missing(file: str, where: str, kind: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each name that is not known. The texts `kind_...` say what it should have named."""
    known = set(known)
    for name in names:
        if name not in known:
            yield Problem(file, where, message("registry_unknown", kind=message(f"kind_{kind}")), name)


def _codes(registry: Registry) -> Iterator[Problem]:
    for key, count in Counter((c.dimension, c.code) for c in registry.codes).items():
        if count > 1:
            yield Problem("codes.csv", "/".join(key), message("registry_code_twice"))
    units = registry.codes_of("unit")
    for measure in registry.measures.values():
        yield from _missing("measures.csv", measure.id, "unit", [measure.unit], units)


def _territories(registry: Registry) -> Iterator[Problem]:
    for territory in registry.territories.values():
        named = [*territory.parts, *filter(None, [territory.successor])]
        yield from _missing("territories.csv", territory.id, "territory", named, registry.territories)
    for alias in registry.territory_names:
        yield from _missing(
            "territory_names.csv", alias.name, "territory", [alias.territory], registry.territories
        )
    for code in registry.province_codes:
        where = f"{code.scheme} {code.code}"
        yield from _missing("province_codes.csv", where, "territory", [code.territory], registry.territories)
    for place in registry.places.values():
        yield from _missing("places.csv", place.id, "territory", [place.territory], registry.territories)


def _province_codes(registry: Registry) -> Iterator[Problem]:
    """Yield the codes of one scheme that are two provinces on one day."""
    for one, other in combinations(registry.province_codes, 2):
        if (one.scheme, one.code) == (other.scheme, other.code):
            bearers = [
                registry.territories[row.territory]
                for row in (one, other)
                if row.territory in registry.territories
            ]
            first = max((bearer.valid_from or date.min for bearer in bearers), default=date.max)
            last = min((bearer.valid_to or date.max for bearer in bearers), default=date.min)
            if first <= last and len(bearers) == 2:
                same = message("registry_same_day", one=one.territory, other=other.territory)
                yield Problem("province_codes.csv", f"{one.scheme} {one.code}", same)


def _communes(registry: Registry) -> Iterator[Problem]:
    for key, count in Counter((c.code, c.valid_from) for c in registry.communes).items():
        if count > 1:
            yield Problem("communes.csv", str(key), message("registry_code_day_twice"))
    new = {c.code for c in registry.communes if c.valid_to is None}
    old = {c.code for c in registry.communes if c.valid_to is not None} | {""}
    districts = {d.code for d in registry.districts} | {""}
    for row in registry.conversions:
        where = f"{row.old_code} -> {row.new_code}"
        yield from _missing("commune_conversions.csv", where, "commune_of_2025", [row.new_code], new)
        yield from _missing("commune_conversions.csv", where, "old_commune", [row.old_code], old)
        yield from _missing("commune_conversions.csv", where, "district", [row.old_district_code], districts)
    for point in registry.points:
        yield from _missing("commune_points.csv", point.code, "commune_of_2025", [point.code], new)
    for code in sorted(new - {row.new_code for row in registry.conversions}):
        yield Problem("commune_conversions.csv", code, message("registry_no_old_unit"))


def _targets(registry: Registry) -> Iterator[Problem]:
    numbers = [target.number for target in registry.targets.values()]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        yield Problem("targets", "number", message("registry_numbering"))
    for target in registry.targets.values():
        file = f"targets/{target.group}.toml"
        yield from _missing(file, target.id, "level", [target.level], registry.codes_of("level"))
        yield from _missing(file, target.id, "group", [target.group], registry.target_groups())
        yield from _missing(file, target.id, "unit", [target.unit], registry.codes_of("unit"))
        yield from _missing(file, target.id, "department", target.departments, registry.departments)
        yield from _missing(file, target.id, "owner", filter(None, [target.owner]), registry.owners)
        if not target.departments and not target.owner:
            yield Problem(file, target.id, message("registry_no_owner"))
        tasks = [task.id for task in registry.tasks]
        yield from _missing(file, target.id, "task", filter(None, [target.task]), tasks)
        named = [*target.national_indicators, *target.proxies, *filter(None, [target.substitute])]
        named.append(target.milestone_indicator or target.id)
        if target.kind == "milestone" and not target.milestone_indicator:
            named.remove(target.id)
        yield from _missing(file, target.id, "indicator", named, registry.indicators)
        if (target.comparison == "milestone") != (target.kind == "milestone"):
            yield Problem(file, target.id, message("registry_milestone"))
        indicator = registry.indicators.get(target.id)
        if target.kind != "milestone" and (indicator is None or indicator.role != "target"):
            yield Problem(file, target.id, message("registry_no_indicator"))


def _indicators(registry: Registry) -> Iterator[Problem]:
    for indicator in registry.indicators.values():
        file, where = "indicators", indicator.id
        if indicator.role == "target" and indicator.id not in registry.targets:
            yield Problem(file, where, message("registry_no_target"))
        yield from _missing(file, where, "group", [indicator.group], registry.target_groups())
        yield from _missing(file, where, "level", [indicator.level], registry.codes_of("level"))
        yield from _missing(file, where, "unit", [indicator.unit], registry.codes_of("unit"))
        for text in filter(None, (indicator.numerator, indicator.denominator, indicator.published)):
            yield from _terms(file, where, text, registry)


def _relations(registry: Registry) -> Iterator[Problem]:
    for relation in registry.relations.values():
        file, where = "relations.csv", relation.id
        yield from _missing(file, where, "level", relation.levels, registry.codes_of("level"))
        if (relation.kind == "ratio_bounds") != (relation.lower is not None or relation.upper is not None):
            yield Problem(file, where, message("registry_bounds"))
        if (relation.kind == "country") != (relation.provinces is not None):
            yield Problem(file, where, message("registry_provinces"))
        whole = [] if relation.whole.isdecimal() else [relation.whole]
        for text in filter(None, [*whole, *relation.parts, relation.optional]):
            try:
                terms = parse_formula(text)
            except Refused as error:
                yield Problem(file, where, error, text)
                continue
            for term in terms:
                yield from _missing(file, where, "measure", [term.measure], [*registry.measures, "*"])
                yield from _missing(file, where, "level", [term.level], [*registry.codes_of("level"), "*"])
                yield from _missing(file, where, "ownership", [term.ownership], registry.codes_of("ownership"))
                yield from _missing(file, where, "sex", [term.sex], registry.codes_of("sex"))


def _terms(file: str, where: str, text: str, registry: Registry) -> Iterator[Problem]:
    """Yield what is wrong with a formula."""
    try:
        terms = parse_formula(text)
    except Refused as error:
        yield Problem(file, where, error, text)
        return
    for term in terms:
        yield from _missing(file, where, "measure", [term.measure], registry.measures)
        yield from _missing(file, where, "level", [term.level], registry.codes_of("level"))
        yield from _missing(file, where, "ownership", [term.ownership], registry.codes_of("ownership"))
        yield from _missing(file, where, "sex", [term.sex], registry.codes_of("sex"))


def _norms(registry: Registry) -> Iterator[Problem]:
    for norm in registry.norms.values():
        yield from _missing("norms.csv", norm.id, "level", [norm.level], registry.codes_of("level"))
        yield from _missing(
            "norms.csv", norm.id, "resource", [norm.resource, norm.base], registry.codes_of("resource")
        )
        if norm.rule == "fixed":
            if norm.value is None:
                yield Problem("norms.csv", norm.id, message("registry_norm_value"))
        else:
            share = norm.rule == "share"
            kind, known = ("target", registry.targets) if share else ("indicator", registry.indicators)
            yield from _missing("norms.csv", norm.id, kind, [norm.reference], known)
        yield from _terms("norms.csv", norm.id, norm.there, registry)
    for flow in registry.flows:
        names = [flow.level, *filter(None, [flow.source])]
        yield from _missing("flows.csv", flow.level, "level", names, registry.codes_of("level"))
        for text in filter(None, (flow.entrants, flow.completers, flow.cohort)):
            yield from _terms("flows.csv", flow.level, text, registry)


def _rest(registry: Registry) -> Iterator[Problem]:
    for gap in registry.breaks.values():
        yield from _missing("breaks.csv", gap.id, "indicator", [gap.indicator], registry.indicators)
        yield from _missing("breaks.csv", gap.id, "territory", filter(None, [gap.territory]), registry.territories)
    for peer in registry.peers:
        yield from _missing("peers.csv", peer.territory, "territory", [peer.territory], registry.territories)
    for task in registry.tasks:
        yield from _missing("tasks.csv", task.id, "department", task.departments, registry.departments)
    for duty in registry.duties.values():
        yield from _missing("duties.csv", duty.id, "department", duty.departments, registry.departments)
        yield from _missing("duties.csv", duty.id, "owner", filter(None, [duty.subject]), registry.owners)
        yield from _missing("duties.csv", duty.id, "indicator", duty.indicators, registry.indicators)
    for owner in registry.owners.values():
        yield from _missing("owners.csv", owner.id, "department", owner.departments, registry.departments)
    for department in registry.departments.values():
        successor = filter(None, [department.successor])
        yield from _missing("departments.csv", department.id, "department", successor, registry.departments)
    for other in registry.other_targets.values():
        yield from _missing("other_targets.csv", other.id, "territory", [other.territory], registry.territories)
        yield from _missing("other_targets.csv", other.id, "target", other.targets, registry.targets)
        yield from _missing("other_targets.csv", other.id, "unit", [other.unit], registry.codes_of("unit"))
    for erratum in registry.errata.values():
        yield from _print("errata.csv", erratum, registry)
        scales = erratum.action == "scale"
        if scales != (erratum.factor is not None) or scales != (erratum.value is not None):
            yield Problem("errata.csv", erratum.id, message("registry_factor"))
    for decision in registry.decisions.values():
        yield from _print("decisions.csv", decision, registry)
    file, units = "revision_limits.csv", [limit.unit for limit in registry.revision_limits]
    yield from _missing(file, "unit", "unit", units, registry.codes_of("unit"))
    used = {measure.unit for measure in registry.measures.values()}
    lacking = sorted(used.intersection(registry.codes_of("unit")).difference(units))
    yield from (Problem(file, unit, message("registry_no_limit")) for unit in lacking)


def _print(file: str, row: Print, registry: Registry) -> Iterator[Problem]:
    """Yield what is wrong with the figure that an erratum or a decision is about."""
    yield from _missing(file, row.id, "measure", [row.measure], registry.measures)
    yield from _missing(file, row.id, "territory", [row.territory], registry.territories)
    yield from _missing(file, row.id, "level", [row.level], registry.codes_of("level"))
    yield from _missing(file, row.id, "ownership", [row.ownership], registry.codes_of("ownership"))
    yield from _missing(file, row.id, "sex", [row.sex], registry.codes_of("sex"))


def _school_columns(registry: Registry) -> Iterator[Problem]:
    file = "school_columns.csv"
    variants = {name for column in registry.school_columns.values() for name in column.variants}
    fed: Counter[SeriesRef] = Counter()
    for column in registry.school_columns.values():
        yield from _missing(file, column.id, "level", column.levels, registry.codes_of("level"))
        others = [name for name in (column.part_of, column.sums_to) if name]
        yield from _missing(file, column.id, "column", others, registry.school_columns.keys() | variants)
        try:
            series = [term for text in column.formulas for term in parse_formula(text)]
        except Refused as error:
            yield Problem(file, column.id, error)
            continue
        for term in series:
            yield from _missing(file, column.id, "measure", [term.measure], registry.measures)
            yield from _missing(file, column.id, "level", [term.level], registry.codes_of("level"))
            yield from _missing(file, column.id, "sex", [term.sex], registry.codes_of("sex"))
        fed.update(series)
    for term, count in fed.items():
        if count > 1:
            yield Problem(file, f"{term.measure}/{term.level}", message("registry_two_feed"))
