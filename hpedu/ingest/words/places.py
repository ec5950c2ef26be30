"""Find territories, districts and institutions by the names that tables print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from hpedu.ingest.words.vietnamese import Names, clean_text, fold_text, match_key
from hpedu.registry import Registry
from hpedu.registry.models import Territory

FoundT = TypeVar("FoundT")

_VARYING = re.compile(r"[\s.\-‐‑–—−/]+")
_EDGES = " -‐‑–—−/|"

# How the kind of a district is written before its name, and in English behind it. A table of another year may
# give it another kind (Thủy Nguyên was a huyện before it was a city), so any will do.
_KINDS = (
    ("Quận", "Q.", "Huyện", "H.", "Thị xã", "TX.", "Thành phố", "TP."),
    ("urban district", "rural district", "district", "town", "city"),
)
_KIND = re.compile("(?:Quận|Huyện|Thị xã|Thành phố) ")
_NAME_WORD = re.compile(r"[^\W_]+")
# "Bac Trung Bo va duyen hai mien Trung", and its like in English.
_MOST_WORDS = 8
_LAST_DAY_OF_DISTRICTS = date(2025, 6, 30)


@lru_cache(maxsize=1 << 16)
def resolve_territory(name: str, on: date, registry: Registry) -> str | None:
    """Return the id of the territory that had a name (or has it as its id) on a day; None if there was none.

    Case, accents, blanks, dots and dashes make no difference ("BA RIA-VUNG TAU"), and a name may be printed in
    two languages ("Cả nước - Whole country"). A footnote mark does: it may say that the scope is another.
    """
    if name in registry.territories:
        return name
    return find_bilingual(lambda part: _find_territory(part, on, registry), name)


@lru_cache(maxsize=1 << 12)
def resolve_place(name: str, registry: Registry) -> str | None:
    """Return the id of a district or institution of `registry/places.csv` by its name (or id); None if unknown.

    Any kind will do ("H. Thủy Nguyên", "Thuy Nguyen rural district"), or none, but where a province has the same
    name: "Hải Dương" alone is the province, "TP. Hải Dương" the city in it.
    """
    return name if name in registry.places else find_bilingual(_place_names(registry).find, name)


def find_bilingual(find: Callable[[str], FoundT | None], label: str) -> FoundT | None:
    """Look a label up whole, or else as the same name in two languages, before and behind one of its blanks."""
    whole = find(label)
    if whole is not None:
        return whole
    words = clean_text(label).split(" ")
    for place in range(1, len(words)):
        first = find(" ".join(words[:place]).strip(_EDGES))
        if first is not None and first == find(" ".join(words[place:]).strip(_EDGES)):
            return first
    return None


@lru_cache(maxsize=1 << 12)
def find_mentions(text: str, registry: Registry) -> tuple[tuple[str, frozenset[str]], ...]:
    """Find the territories named anywhere in a text: each name as written, and all that ever bore it.

    The longest name counts. A name with accents must have its own: "giá lại" is not "Gia Lai".
    """
    words = _NAME_WORD.findall(clean_text(text))
    names = _territory_names(registry)
    found: list[tuple[str, frozenset[str]]] = []
    place = 0
    while place < len(words):
        for length in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            written = " ".join(words[place : place + length])
            if written.isascii() or _level_accented(written) in _accented_names(registry):
                bearers = names.get(_level(written), [])
                if bearers:
                    found.append((written, frozenset(territory.id for territory, _ in bearers)))
                    place += length - 1
                    break
        place += 1
    return tuple(found)


@lru_cache(maxsize=1 << 12)
def find_district_province(name: str, registry: Registry) -> str | None:
    """Return the province of an old district of `registry/districts.csv` by its name, with its kind or bare."""
    return find_bilingual(_district_provinces(registry).find, name)


@cache
def _district_provinces(registry: Registry) -> Names[str]:
    provinces = {code.code: code.territory for code in registry.province_codes if code.scheme == "nso"}
    return Names(
        (name, provinces[district.province_code])
        for district in registry.districts
        for name in (district.name, *_name_district(district.name, registry))
    )


@cache
def _accented_names(registry: Registry) -> frozenset[str]:
    return frozenset(_level_accented(alias.name) for alias in registry.territory_names)


def _level_accented(name: str) -> str:
    return match_key(name).replace(" ", "").replace(".", "")


def _find_territory(name: str, on: date, registry: Registry) -> str | None:
    for territory, since in _territory_names(registry).get(_level(name), ()):
        if max(since, territory.valid_from or date.min) <= on <= (territory.valid_to or date.max):
            return territory.id
    return None


@cache
def _territory_names(registry: Registry) -> dict[str, list[tuple[Territory, date]]]:
    """Return for each name the territories that ever had it, and the day from which they did."""
    names: dict[str, list[tuple[Territory, date]]] = {}
    for alias in registry.territory_names:
        bearer = (registry.territories[alias.territory], alias.valid_from or date.min)
        names.setdefault(_level(alias.name), []).append(bearer)
    return names


def _level(name: str) -> str:
    """Return a name without what tables print in different ways: "Thai  Nguyen", "ThaiNguyen"."""
    return _VARYING.sub("", fold_text(name))


@cache
def _place_names(registry: Registry) -> Names[str]:
    pairs = [(name, place.id) for place in registry.places.values() for name in (place.name.vi, place.name.en)]
    districts = [place for place in registry.places.values() if place.kind != "institution"]
    return Names(pairs + [(name, one.id) for one in districts for name in _name_district(one.name.vi, registry)])


def _name_district(name: str, registry: Registry) -> Iterator[str]:
    """Yield the ways to write a district: bare, unless a province is called so, and with every kind."""
    stem = _KIND.sub("", clean_text(name), count=1)
    if resolve_territory(stem, _LAST_DAY_OF_DISTRICTS, registry) is None:
        yield stem
    before, behind = _KINDS
    yield from (f"{kind} {stem}" for kind in before)
    yield from (f"{stem} {kind}" for kind in behind)
