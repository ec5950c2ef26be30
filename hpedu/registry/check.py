"""Check what must hold between rows of the registry: every name that is used exists, and rules between fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any, get_args

from hpedu.errors import Problem, Refused
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.registry import Registry
from hpedu.registry.row import Names, Row
from hpedu.texts import message

FORMULAS = ("series", "pattern")
EVERY = "*"


def cross_check(registry: Registry) -> list[Problem]:
    """Return every reference between rows that leads nowhere, and every rule between fields that is broken."""
    return [
        *_references(registry),
        *_province_codes(registry),
        *_communes(registry),
        *_targets(registry),
        *_relations(registry),
        *_norms(registry),
        *_errata(registry),
        *_revision_limits(registry),
        *_school_columns(registry),
    ]


def _references(registry: Registry) -> Iterator[Problem]:
    """Yield each name in a field (`models.Names`) that is not there."""
    for field in fields(registry):
        table = getattr(registry, field.name)
        rows: Iterable[Row] = table.values() if isinstance(table, dict) else table
        for row in rows:
            for name, kind, needed in name_fields(type(row)):
                value = getattr(row, name)
                for text in value if isinstance(value, list) else [value]:
                    if text or needed:
                        yield from _look_up(row, name, kind, text, registry)


@cache
def name_fields(model: type[Row]) -> list[tuple[str, str, bool]]:
    """Return the fields of a row that name something, what kind of thing, and whether they have to."""
    found: list[tuple[str, str, bool]] = []
    for name, field in model.model_fields.items():
        inner: list[Any] = [
            one for kind in get_args(field.annotation) for one in getattr(kind, "__metadata__", ())
        ]
        metadata = [one for one in (*field.metadata, *inner) if isinstance(one, Names)]
        found += [(name, one.kind, field.is_required()) for one in metadata]
    return found


def _look_up(row: Row, field: str, kind: str, text: str, registry: Registry) -> Iterator[Problem]:
    if kind in FORMULAS:
        yield from _terms(row, field, text, registry, every=kind == "pattern")
    else:
        yield from _missing(row, field, kind, text, registry.known(kind))


def _missing(row: Row, field: str, kind: str, name: str, known: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for a name that is not known. The texts `kind_...` say what it should have named."""
    if name not in known:
        yield row.problem(message("registry_unknown", kind=message(f"kind_{kind}")), field, name)


def _terms(row: Row, field: str, text: str, registry: Registry, *, every: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with a formula; one that may be a pattern may also be a number."""
    if every and text.isdecimal():
        return
    try:
        terms = parse_formula(text)
    except Refused as error:
        yield row.problem(error, field, text)
        return
    for term in terms:
        for kind in ("measure", "level", "ownership", "sex"):
            name = getattr(term, kind)
            if not (every and name == EVERY):
                yield from _missing(row, field, kind, name, registry.known(kind))


def _province_codes(registry: Registry) -> Iterator[Problem]:
    """Yield the codes of one scheme that are two provinces on one day."""
    for one, other in combinations(registry.province_codes, 2):
        if (one.scheme, one.code) != (other.scheme, other.code):
            continue
        bearers = [registry.territories.get(row.territory) for row in (one, other)]
        known = [bearer for bearer in bearers if bearer is not None]
        first = max((bearer.valid_from or date.min for bearer in known), default=date.max)
        last = min((bearer.valid_to or date.max for bearer in known), default=date.min)
        if first <= last and len(known) == len(bearers):
            yield other.problem(message("registry_same_day", one=one.territory, other=other.territory))


def _communes(registry: Registry) -> Iterator[Problem]:
    converted = {row.new_code for row in registry.conversions}
    for commune in registry.communes:
        if commune.valid_to is None and commune.code not in converted:
            yield commune.problem(message("registry_no_old_unit"))


def _targets(registry: Registry) -> Iterator[Problem]:
    numbers = Counter(target.number for target in registry.targets.values())
    withdrawn = sum(row.file == "targets" for row in registry.withdrawn)
    for target in registry.targets.values():
        # Without what an office has withdrawn, the numbers of the plans stay.
        if numbers[target.number] > 1 or not 1 <= target.number <= len(registry.targets) + withdrawn:
            yield target.problem(message("registry_numbering"), "number", str(target.number))
        if target.owner:
            yield from _missing(target, "department_basis", "owner", target.owner, registry.owners)
        elif not target.departments:
            yield target.problem(message("registry_no_owner"))
        if (target.comparison == "milestone") != (target.kind == "milestone"):
            yield target.problem(message("registry_milestone"))
        indicator = registry.indicators.get(target.id)
        if target.kind != "milestone" and (indicator is None or indicator.role != "target"):
            yield target.problem(message("registry_no_indicator"))
    for indicator in registry.indicators.values():
        if indicator.role == "target" and indicator.id not in registry.targets:
            yield indicator.problem(message("registry_no_target"))


def _relations(registry: Registry) -> Iterator[Problem]:
    for relation in registry.relations.values():
        if (relation.kind == "ratio_bounds") != (relation.lower is not None or relation.upper is not None):
            yield relation.problem(message("registry_bounds"))
        if (relation.kind == "country") != (relation.provinces is not None):
            yield relation.problem(message("registry_provinces"))


def _norms(registry: Registry) -> Iterator[Problem]:
    for norm in registry.norms.values():
        if norm.rule != "fixed":
            kind = "target" if norm.rule == "share" else "indicator"
            yield from _missing(norm, "reference", kind, norm.reference, registry.known(kind))
        elif norm.value is None:
            yield norm.problem(message("registry_norm_value"))


def _errata(registry: Registry) -> Iterator[Problem]:
    for erratum in registry.errata.values():
        scales = erratum.action == "scale"
        if scales != (erratum.factor is not None) or scales != (erratum.value is not None):
            yield erratum.problem(message("registry_factor"))


def _revision_limits(registry: Registry) -> Iterator[Problem]:
    limited = {limit.unit for limit in registry.revision_limits}
    for measure in registry.measures.values():
        if measure.unit in registry.known("unit") and measure.unit not in limited:
            yield measure.problem(message("registry_no_limit"), "unit", measure.unit)


def _school_columns(registry: Registry) -> Iterator[Problem]:
    columns = registry.school_columns.values()
    names = {*registry.school_columns, *(name for column in columns for name in column.variants)}
    fed: set[SeriesRef] = set()
    for column in columns:
        for field in ("part_of", "sums_to"):
            if name := getattr(column, field):
                yield from _missing(column, field, "column", name, names)
        for text in column.formulas:
            wrong = list(_terms(column, "series", text, registry))
            yield from wrong
            terms = set() if wrong else set(parse_formula(text))
            if terms & fed:
                yield column.problem(message("registry_two_feed"), "series", text)
            fed |= terms
