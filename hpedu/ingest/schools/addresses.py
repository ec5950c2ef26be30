"""Place a school in its commune: by code and name, as they were valid in the year of its row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from hpedu.ingest.schools.fields import name_commune
from hpedu.registry import Registry
from hpedu.registry.models import Commune

UNKNOWN, RENAMED, OTHER_KIND = "school_unknown_commune", "school_old_commune", "school_other_kind_of_commune"
"""Reasons for which a school has no commune: no such one, an old name whose place went elsewhere, and the name of
one that is of another kind: "Xã Hòa Bình" where there is Phường Hòa Bình alone."""


@lru_cache(maxsize=64)
def list_valid(day: date, registry: Registry) -> dict[str, Commune]:
    """List the communes of the city that exist on a day, by code."""
    return {
        commune.code: commune
        for commune in registry.communes
        if commune.valid_from is not None
        and commune.valid_from <= day
        and (commune.valid_to is None or day <= commune.valid_to)
    }


def find_communes_by_name(name: str, registry: Registry, valid: dict[str, Commune] | None = None) -> list[Commune]:
    """Find the communes that a name may mean, all there ever were or those of `valid`.

    Written with its kind, a name is of that kind. Written with its accents it must match with them, unless
    nothing does.
    """
    alike = _find_alike(name, registry.communes if valid is None else valid.values())
    exact = name_commune(name)[0]
    return [row for row in alike if name_commune(row.name)[0] == exact] or alike


@lru_cache(maxsize=1 << 14)
def find_commune(code: str, name: str, day: date, registry: Registry) -> tuple[str | None, str]:
    """Return the code of the commune that code and name agree on, and why there is none, or "".

    Without a code, a name is enough if one commune of that day has it, and no older one whose place became part
    of another: who writes such a name may mean either.
    """
    valid = list_valid(day, registry)
    fits = find_communes_by_name(name, registry, valid) if name else []
    if code:
        found = valid.get(code)
        agrees = found is not None and (not name or found in _find_alike(name, valid.values()))
        return (code, "") if agrees else (None, UNKNOWN)
    if name and not fits and _find_alike(name_commune(name)[1], valid.values()):
        return None, OTHER_KIND
    gone = [
        row for row in find_communes_by_name(name, registry) if row.valid_to is not None and row.valid_to < day
    ]
    if len(fits) != 1:
        return None, RENAMED if name and gone and not fits else UNKNOWN
    elsewhere = [row for row in gone if fits[0].code not in _list_successors(row.code, registry)]
    return (None, RENAMED) if elsewhere else (fits[0].code, "")


def _find_alike(name: str, communes: Iterable[Commune]) -> list[Commune]:
    """Find the communes whose name is alike without accents: beside a code that is enough."""
    _, folded, kind = name_commune(name)
    return [row for row in communes if name_commune(row.name)[1] == folded and kind in ("", row.kind)]


def _list_successors(code: str, registry: Registry) -> set[str]:
    """List the communes that an old one went into, one step after the other."""
    found: set[str] = set()
    left = [code]
    while left:
        new = {row.new_code for row in registry.conversions if row.old_code == left[-1]} - found
        left.pop()
        found |= new
        left += new
    return found
