"""Names and codes of territories, valid on a day: "Hai Phong" is another territory from 1 July 2025."""

from __future__ import annotations

from datetime import date
from functools import cache

from hpedu.ingest.text import fold_text
from hpedu.registry import registry


def resolve_territory(name: str, on: date) -> str | None:
    """The id of the territory that bore `name` (or is called by that id) on a day; None if we know none."""
    book = registry()
    if name in book.territories:
        return name
    for candidate in _names().get(fold_text(name), ()):
        territory = book.territories[candidate]
        if (territory.valid_from or date.min) <= on <= (territory.valid_to or date.max):
            return candidate
    return None


@cache
def _names() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for alias in registry().territory_names:
        key = fold_text(alias.name)
        table[key] = (*table.get(key, ()), alias.territory)
    return table
