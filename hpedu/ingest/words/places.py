"""Names and codes of territories, valid on a day: "Hai Phong" is another territory from 1 July 2025.

Communes, districts and institutions are looked up in `hpedu.ingest.words.units`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from hpedu.errors import UnknownName
from hpedu.ingest.words.text import clean_text, fold_text
from hpedu.registry import registry
from hpedu.registry.models import Territory

FoundT = TypeVar("FoundT")

_VARYING = re.compile(r"[\s.\-‐‑–—−/]+")
_EDGES = " -‐‑–—−/|"


@lru_cache(maxsize=1 << 16)
def resolve_territory(name: str, on: date) -> str | None:
    """The id of the territory that bore `name` (or is called by that id) on a day; None if we know none.

    Case, accents, blanks, dots and dashes make no difference ("BA RIA-VUNG TAU"), and a name may stand there in
    two languages ("Cả nước - Whole country"). A footnote mark does: it may say that the scope is another.
    """
    if name in registry().territories:
        return name
    return find_bilingual(lambda part: _find_territory(part, on), name)


def find_bilingual(find: Callable[[str], FoundT | None], label: str) -> FoundT | None:
    """Look a label up whole, or else as the same thing said twice, before and behind one of its blanks."""
    whole = find(label)
    if whole is not None:
        return whole
    words = clean_text(label).split(" ")
    for place in range(1, len(words)):
        first = find(" ".join(words[:place]).strip(_EDGES))
        if first is not None and first == find(" ".join(words[place:]).strip(_EDGES)):
            return first
    return None


def resolve_code(code: str, scheme: str, on: date) -> str | None:
    """The id of the province that has a code in a scheme on a day; None if the scheme has no such code then.

    `nso` is the statistics office's scheme, `moet_exam` the ministry's for examinations: there 31 is Quang Binh.
    A zero that a spreadsheet dropped ("1" for "01") is put back.

    Raises
    ------
    UnknownName
        Without a scheme, or for one we do not know: a bare code says nothing.
    """
    rows = _codes()
    if scheme not in rows:
        raise UnknownName("scheme of province codes", scheme, rows)
    found = rows[scheme].get(code.strip().zfill(2), ())
    return next((territory.id for territory in found if is_valid(territory, on)), None)


def is_valid(territory: Territory, on: date) -> bool:
    """Whether there was such a territory on a day."""
    return (territory.valid_from or date.min) <= on <= (territory.valid_to or date.max)


def _level(name: str) -> str:
    """A name without anything that tables print now so, now otherwise: "Thai  Nguyen", "ThaiNguyen"."""
    return _VARYING.sub("", fold_text(name))


def _find_territory(name: str, on: date) -> str | None:
    for territory, since in _names().get(_level(name), ()):
        if is_valid(territory, on) and since <= on:
            return territory.id
    return None


@cache
def _names() -> dict[str, tuple[tuple[Territory, date], ...]]:
    book = registry()
    table: dict[str, tuple[tuple[Territory, date], ...]] = {}
    for alias in book.territory_names:
        key = _level(alias.name)
        bearer = (book.territories[alias.territory], alias.valid_from or date.min)
        table[key] = (*table.get(key, ()), bearer)
    return table


@cache
def _codes() -> dict[str, dict[str, list[Territory]]]:
    book = registry()
    table: dict[str, dict[str, list[Territory]]] = {}
    for row in book.province_codes:
        table.setdefault(row.scheme, {}).setdefault(row.code, []).append(book.territories[row.territory])
    return table
