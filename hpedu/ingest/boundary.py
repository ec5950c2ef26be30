"""Decide for a whole table which provinces it prints: those before the reform of 1 July 2025, or the 34 since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from hpedu.ingest.quarantine import SetAside
from hpedu.ingest.words.places import resolve_territory
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry
from hpedu.registry.models import Territory

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

    Parameters
    ----------
    names
        A name, the year it is printed for, and whether there is a figure.
    published
        The last day on which the table can have been published; None if that is not known, then it was so some
        years after the newest year of the table (`LAG`) at the latest.
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
        if found is None or registry.territories[found].role not in ("province", "part"):
            continue
        if not _has_ceased(registry.territories[found], undecided.eve, registry):
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
def _names_of(registry: Registry) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for alias in registry.territory_names:
        names.setdefault(alias.territory, set()).add(fold_text(alias.name))
    return names


def _has_ceased(territory: Territory, eve: date, registry: Registry) -> bool:
    """Return whether the name of a province ended with the reform: no province of the 34 is called so."""
    successor = territory.successor
    if territory.valid_to != eve or successor in ("", territory.id):
        return False
    names = _names_of(registry)
    return not names.get(territory.id, set()) & names.get(successor, set())
