"""Demand evidence that a table is about the one territory for which its layout was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hpedu.ingest.quarantine import SetAside
from hpedu.ingest.schema import RawTable, Resource
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.places import (
    find_district_province,
    find_mentions,
    resolve_place,
    resolve_territory,
)
from hpedu.registry import Registry

_WIDER = ("country", "region")
# Those whose whole text may name the territory; others hold it among other words.
_NOT_LABELS = ("title", "unit", "index", "code", "mark")


def doubt_territory(
    table: RawTable, territory: str, place: str, resource: Resource, registry: Registry
) -> SetAside | None:
    """Return why a table is not, or not surely, about a territory; None if it surely is.

    Parameters
    ----------
    place
        The label of the table that names districts or institutions; "" if none does.

    Returns
    -------
    SetAside or None
        `other_territory` if title, letterhead, unit line, source, sheet, a label, the publisher or most places
        name another; `territory_not_shown` if nothing names this one.
    """
    own = (table.title, *table.heading)
    # A stand-in, as of `hpedu check`, only repeats the name of the file.
    described = (resource.publisher, resource.table, resource.scope, resource.title) if resource.publisher else ()
    sheets = {cell.sheet for cell in table.cells}
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
    national = role == "country" and any(is_worded("national_office", text) for text in published)
    if not (shown or found or national):
        return SetAside("territory_not_shown", registry.territories[territory].name.vi)
    return None


def _is_all(text: str, registry: Registry) -> bool:
    """Return whether a text is the name of a territory and nothing else, at whatever time."""
    since = registry.territories[registry.city].valid_from
    days = [day for territory in registry.territories.values() for day in (territory.valid_to,) if day]
    return any(resolve_territory(text, day, registry) for day in {*days, since} if day)


def _list_labels(table: RawTable, place: str) -> Iterator[str]:
    texts = {
        part
        for cell in table.cells
        for name, text in cell.labels.items()
        if name not in _NOT_LABELS and name != place
        for part in (text, *text.split(" / "))
    }
    yield from sorted(filter(None, texts))


def _sort_places(table: RawTable, place: str, territory: str, registry: Registry) -> tuple[bool, str]:
    """Return whether most places of a table are of the territory; if not, or one is of another, its name too."""
    texts = dict.fromkeys(cell.labels.get(place, "") for cell in table.cells) if place else {}
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
