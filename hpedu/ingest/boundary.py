"""Decide for a whole table what it is about.

Which provinces it prints: those before the reform of 1 July 2025, or the 34 since; and whether it surely is about
the one territory for which its layout was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from hpedu.ingest.quarantine import SetAside
from hpedu.ingest.schema import NO_ITEM, RawTable, Resource
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.places import find_district_province, find_mentions, resolve_place, resolve_territory
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry

Version = Literal["old", "new", "early_unknown", "unknown"]
"""The provinces before the reform or those after it; not known for the years before it, or for any year."""

ALL_ROWS = 30
"""Of the 34 provinces: a table that prints as many, and none that ceased, is one of the 34."""
MIXED_ROWS, MIXED_SHARE = 10, 1 / 3
"""A table of so many provinces that goes on bearing their names, with fewer ceased ones than this share of them,
is neither: in each region of the old division it is two thirds or, in the smallest, half."""

MOST_CHOSEN = 3
"""So many provinces may be chosen by chance without one that ceased."""
LAG = 2
"""Years after the newest year of a table in which it may still be printed."""

_PROVINCES = {"province", "part"}
_WIDER = ("country", "region")


@dataclass(frozen=True)
class Boundary:
    """The division of the country that a table prints. `since` is the day of the reform.

    `ceased_years` are the years for which the table has figures of provinces that ceased.
    """

    version: Version
    since: date
    ceased_years: frozenset[int] = frozenset()

    @property
    def eve(self) -> date:
        """Return the last day of the old division."""
        return self.since - timedelta(days=1)

    def shift(self, on: date) -> date:
        """Return the day on which names of the table have the meaning they have in a figure of some day."""
        if self.version == "old":
            return min(on, self.eve)
        return max(on, self.since) if self.version == "new" else on

    def resolve(self, name: str, on: date, year: int, registry: Registry) -> str | None:
        """Return the territory that a name of the table means in a figure of some day, printed for some year.

        Raises `SetAside`: `boundary_undecided` if the name may be that of two areas; `other_boundary` if it is a
        province of the 34 that the registry does not have.
        """
        if name in registry.territories:
            return name
        found = resolve_territory(name, self.shift(on), registry)
        before = resolve_territory(name, self.eve, registry)
        if before is None or registry.territories[before].valid_to != self.eve:
            return found
        late = on >= self.since
        blank_late = self.version == "old" and late and year not in self.ceased_years
        if blank_late or self.version == "unknown" or (self.version == "early_unknown" and not late):
            raise SetAside("boundary_undecided", name)
        if found is None and registry.territories[before].successor == before:
            raise SetAside("other_boundary", name)
        return found


def decide_boundary(
    names: Iterable[tuple[str, int, bool]], published: date | None, registry: Registry
) -> Boundary:
    """Decide the division from all the names of territories in a table.

    With each name come the year it is printed for, and whether there is a figure. `published` is the last day on
    which the table can have been published; None if that is not known, then it was so some years after the newest
    year of the table (`LAG`) at the latest.
    """
    since = registry.territories[registry.city].valid_from
    assert since is not None  # the city is the outcome of the reform
    undecided = Boundary("unknown", since)
    known: dict[str, str | None] = {}
    going_on: set[str] = set()
    ceased: set[str] = set()
    ceased_years: set[int] = set()
    newest = 0
    for name, year, has_figure in names:
        newest = max(newest, year)
        if name not in known:
            known[name] = resolve_territory(name, undecided.eve, registry)
        found = known[name]
        if found is None or registry.territories[found].role not in _PROVINCES:
            continue
        if not _has_ceased(found, undecided.eve, registry):
            going_on.add(found)
            continue
        ceased.add(found)
        if has_figure:
            ceased_years.add(year)
    # Several provinces of which none ceased, as in a region of the new division, do not look like the old one.
    several = published is None and len(going_on) > MOST_CHOSEN
    early = (published or date(newest + LAG, 12, 31)) < since and not several
    # Before the reform nobody printed the 34, so there every year is of the old division.
    years = frozenset(range(1, date.max.year)) if early else frozenset(ceased_years)
    if ceased:
        mixed = len(going_on) >= MIXED_ROWS and len(ceased) < MIXED_SHARE * len(going_on)
        return Boundary("unknown" if mixed else "old", since, years)
    if len(going_on) >= ALL_ROWS:
        return Boundary("new", since)
    return Boundary("old" if early else "early_unknown", since, years)


@cache
def _has_ceased(territory: str, eve: date, registry: Registry) -> bool:
    """Return whether the name of a province ended with the reform: no province of the 34 is called so."""
    row = registry.territories[territory]
    if row.valid_to != eve or row.successor in ("", territory):
        return False
    own, its = (
        {fold_text(alias.name) for alias in registry.territory_names if alias.territory == one}
        for one in (territory, row.successor)
    )
    return not own & its


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
        shown = shown or sum(bool(_find_roles(text, registry) & _PROVINCES) for text in texts) >= ALL_ROWS
    return shown


def doubt_territory(
    table: RawTable, territory: str, place: str, resource: Resource, registry: Registry, *, national: bool = False
) -> SetAside | None:
    """Return why a table is not, or not surely, about a territory; None if it surely is.

    It is `other_territory` if title, letterhead, unit line, source, sheet, a label, the publisher or most places
    name another, and `territory_not_shown` if nothing names this one. `place` is the label of the table that
    names districts or institutions, "" if none does; `national` says that the file as a whole is a publication of
    the country.
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
        if named and territory not in named[1] and _find_roles(text, registry):
            return SetAside("other_territory", text)
    found, elsewhere = _sort_places(table, place, territory, registry)
    if elsewhere:
        return SetAside("other_territory", elsewhere)
    published = (text for text in (*own, *described) if not is_worded("source", text))
    national = national or any(is_worded("national_office", text) for text in published)
    if not (shown or found or (national and role == "country")):
        return SetAside("territory_not_shown", registry.territories[territory].name.vi)
    return None


def _find_roles(text: str, registry: Registry) -> set[str]:
    """Return the roles of the territories that have, at whatever time, a text and nothing else as their name."""
    found = {resolve_territory(text, day, registry) for day in _list_days(registry)}
    return {registry.territories[territory].role for territory in found if territory is not None}


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
