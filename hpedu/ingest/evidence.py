"""Demand evidence that a table is about the one territory for which its layout was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from hpedu.ingest.boundary import ALL_ROWS
from hpedu.ingest.quarantine import SetAside
from hpedu.ingest.schema import NO_ITEM, RawTable, Resource
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.places import (
    find_district_province,
    find_mentions,
    resolve_place,
    resolve_territory,
)
from hpedu.registry import Registry

_WIDER = ("country", "region")


def is_national(tables: Iterable[RawTable], registry: Registry) -> bool:
    """Return whether a file is a publication of the whole country: one of its tables prints nearly all provinces,
    or counts pupils in millions, and none names a province over it.
    """
    shown = False
    for table in tables:
        roles = [
            registry.territories[bearer].role
            for text in (table.title, *table.heading)
            for _, bearers in find_mentions(text, registry)
            for bearer in bearers
        ]
        if any(role in ("province", "part", "city") for role in roles):
            return False
        texts = {text for cell in table.telling for name, text in cell.labels.items() if name != "title"}
        shown = shown or any(is_worded("national_unit", text) for text in texts)
        shown = shown or sum(_is_province(text, registry) for text in texts) >= ALL_ROWS
    return shown


def _is_province(text: str, registry: Registry) -> bool:
    found = {resolve_territory(text, day, registry) for day in _list_days(registry)} - {None}
    return any(registry.territories[str(territory)].role in ("province", "part") for territory in found)


def doubt_territory(
    table: RawTable, territory: str, place: str, resource: Resource, registry: Registry, *, national: bool = False
) -> SetAside | None:
    """Return why a table is not, or not surely, about a territory; None if it surely is.

    Parameters
    ----------
    place
        The label of the table that names districts or institutions; "" if none does.
    national
        Whether the file as a whole is a publication of the country.

    Returns
    -------
    SetAside or None
        `other_territory` if title, letterhead, unit line, source, sheet, a label, the publisher or most places
        name another; `territory_not_shown` if nothing names this one.
    """
    own = (table.title, *table.heading)
    # A stand-in, as of `hpedu check`, only repeats the name of the file.
    described = (resource.publisher, resource.table, resource.scope, resource.title) if resource.publisher else ()
    sheets = {cell.sheet for cell in table.telling}
    role = registry.territories[territory].role
    shown = False
    for text in (*own, *described, *sheets):
        for name, bearers in find_mentions(text, registry):
            if territory in bearers:
                shown = shown or not is_worded("motto", text)
            # The country around a territory may be named beside it.
            elif role == "country" or not any(registry.territories[b].role in _WIDER for b in bearers):
                return SetAside("other_territory", name)
    for text in _list_labels(table, place):
        named = next(iter(find_mentions(text, registry)), None)
        if named and _is_all(text, registry) and territory not in named[1]:
            return SetAside("other_territory", text)
    found, elsewhere = _sort_places(table, place, territory, registry)
    if elsewhere:
        return SetAside("other_territory", elsewhere)
    published = (text for text in (*own, *described) if not is_worded("source", text))
    national = national or any(is_worded("national_office", text) for text in published)
    if not (shown or found or (national and role == "country")):
        return SetAside("territory_not_shown", registry.territories[territory].name.vi)
    return None


def _is_all(text: str, registry: Registry) -> bool:
    """Return whether a text is the name of a territory and nothing else, at whatever time."""
    return any(resolve_territory(text, day, registry) for day in _list_days(registry))


@cache
def _list_days(registry: Registry) -> tuple[date, ...]:
    """Return the days on which territories began or ended: on one of them each name has its meaning."""
    rows = registry.territories.values()
    return tuple(sorted({day for row in rows for day in (row.valid_from, row.valid_to) if day}))


def _list_labels(table: RawTable, place: str) -> Iterator[str]:
    texts = {
        part
        for cell in table.telling
        for name, text in cell.labels.items()
        if name not in NO_ITEM and name != place
        for part in (text, *text.split(" / "))
    }
    yield from sorted(filter(None, texts))


def _sort_places(table: RawTable, place: str, territory: str, registry: Registry) -> tuple[bool, str]:
    """Return whether most places of a table are of the territory; if not, or one is of another, its name too."""
    texts = dict.fromkeys(cell.labels.get(place, "") for cell in table.telling) if place else {}
    names = [text for text in texts if text and not is_worded("total", text)]
    own, foreign = [], []
    for name in names:
        known = resolve_place(name, registry)
        if known is not None and registry.places[known].territory == territory:
            own.append(name)
            continue
        foreign.append(name)
        if find_district_province(name, registry) not in (None, territory):
            return False, name
    most = bool(foreign) and len(foreign) > len(own)
    return bool(own) and not most, foreign[0] if most else ""
