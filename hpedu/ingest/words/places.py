"""Names and codes of what lies inside a province: communes, the districts abolished in 2025, institutions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from hpedu.errors import UnknownName
from hpedu.ingest.words.vietnamese import Names, clean_text, fold_text
from hpedu.registry import load_registry
from hpedu.registry.models import Commune, Territory

FoundT = TypeVar("FoundT")

_VARYING = re.compile(r"[\s.\-‐‑–—−/]+")
_EDGES = " -‐‑–—−/|"


@lru_cache(maxsize=1 << 16)
def resolve_territory(name: str, on: date) -> str | None:
    """The id of the territory that bore `name` (or is called by that id) on a day; None if we know none.

    Case, accents, blanks, dots and dashes make no difference ("BA RIA-VUNG TAU"), and a name may stand there in
    two languages ("Cả nước - Whole country"). A footnote mark does: it may say that the scope is another.
    """
    if name in load_registry().territories:
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
    registry = load_registry()
    table: dict[str, tuple[tuple[Territory, date], ...]] = {}
    for alias in registry.territory_names:
        key = _level(alias.name)
        bearer = (registry.territories[alias.territory], alias.valid_from or date.min)
        table[key] = (*table.get(key, ()), bearer)
    return table


@cache
def _codes() -> dict[str, dict[str, list[Territory]]]:
    registry = load_registry()
    table: dict[str, dict[str, list[Territory]]] = {}
    for row in registry.province_codes:
        table.setdefault(row.scheme, {}).setdefault(row.code, []).append(registry.territories[row.territory])
    return table


CommuneKey = tuple[str, date | None]
"""(code, valid_from): codes were given out again on 1 July 2025, most of them under another name."""

_LAST_DAY_OF_DISTRICTS = date(2025, 6, 30)
_CODE = re.compile(r"\d{5}", re.ASCII)

# How the kind of a unit is written before its name, and in English behind it. A table of another year may
# give a district another kind (Thủy Nguyên was a huyện before it was a city), so any will do there.
_COMMUNE_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "commune": (("Xã", "X."), ("commune",)),
    "ward": (("Phường", "P."), ("ward",)),
    "township": (("Thị trấn", "TT."), ("township", "town")),
    "special_zone": (("Đặc khu", "ĐK."), ("special zone",)),
}
_DISTRICT_WORDS = (
    ("Quận", "Q.", "Huyện", "H.", "Thị xã", "TX.", "Thành phố", "TP."),
    ("urban district", "rural district", "district", "town", "city"),
)
_KIND = re.compile("(?:Xã|Phường|Thị trấn|Đặc khu|Quận|Huyện|Thị xã|Thành phố) ")


@lru_cache(maxsize=1 << 16)
def resolve_commune(
    name_or_code: str, on: date, province: str | None = None, district: str | None = None
) -> CommuneKey | None:
    """The key of the commune, ward, township or special zone that bore a name or code on a day.

    Parameters
    ----------
    name_or_code
        With or without its kind (Xã, Phường, P., TT. ...), with or without accents; or the five digits.
    on
        The day the figure stands for. Without it a code is two communes.
    province, district
        Id or name of the territory, and name of the district, where the file says them.

    Returns
    -------
    tuple or None
        None if no commune bore the name that day, or several did ("Cam Giang" is Cẩm Giang or Cẩm Giàng; until
        2025 four communes were called Hồng Phong), or the province or district is unknown.
    """
    territory = district_code = ""
    if province is not None:
        territory = resolve_territory(province, on) or "?"
    if district is not None:
        district_code = resolve_district(district) or "?"
    if _CODE.fullmatch(name_or_code.strip()):
        keys = [_key(c) for c in _communes_on(on, territory, district_code) if c.code == name_or_code.strip()]
        return keys[0] if len(keys) == 1 else None
    return find_bilingual(_commune_names(on, territory, district_code).find, name_or_code)


@lru_cache(maxsize=1 << 12)
def resolve_district(name: str) -> str | None:
    """The code of an old district (until 30 June 2025) by its name; None if there is none.

    Any kind will do ("H. Thủy Nguyên", "Thuy Nguyen rural district"), or none, but where a province has the same
    name: "Hải Dương" alone is the province, "TP. Hải Dương" the city in it.
    """
    return find_bilingual(_district_names().find, name)


@lru_cache(maxsize=1 << 12)
def resolve_place(name: str) -> str | None:
    """The id of a district or institution of `registry/places.csv` by its name, read as in `resolve_district`."""
    return name if name in load_registry().places else find_bilingual(_place_names().find, name)


@lru_cache(maxsize=256)
def _communes_on(on: date, territory: str, district: str) -> list[Commune]:
    codes = _nso_codes(territory, on)
    return [
        commune
        for commune in load_registry().communes
        if (commune.valid_from or date.min) <= on <= (commune.valid_to or date.max)
        and (not territory or commune.province_code in codes)
        and (not district or commune.district_code == district)
    ]


@lru_cache(maxsize=256)
def _commune_names(on: date, territory: str, district: str) -> Names[CommuneKey]:
    return Names(
        (form, _key(commune))
        for commune in _communes_on(on, territory, district)
        for form in [_stem(commune.name), *_forms(_stem(commune.name), *_COMMUNE_WORDS[commune.kind])]
    )


def _key(commune: Commune) -> CommuneKey:
    return commune.code, commune.valid_from


def _nso_codes(territory: str, on: date) -> set[str]:
    """The statistics office's codes of a territory; none on a day when there was no such territory."""
    registry = load_registry()
    if territory not in registry.territories or not is_valid(registry.territories[territory], on):
        return set()
    return {row.code for row in registry.province_codes if (row.scheme, row.territory) == ("nso", territory)}


@cache
def _district_names() -> Names[str]:
    return Names((form, d.code) for d in load_registry().districts for form in _name_district(d.name))


@cache
def _place_names() -> Names[str]:
    pairs: list[tuple[str, str]] = []
    for place in load_registry().places.values():
        names = [place.name.vi, place.name.en]
        if place.kind != "institution":
            names += _name_district(place.name.vi)
        pairs += [(name, place.id) for name in names]
    return Names(pairs)


def _name_district(name: str) -> list[str]:
    stem = _stem(name)
    own = [] if resolve_territory(stem, _LAST_DAY_OF_DISTRICTS) else [stem]
    return [*own, *_forms(stem, *_DISTRICT_WORDS)]


def _stem(name: str) -> str:
    return _KIND.sub("", clean_text(name), count=1)


def _forms(stem: str, before: tuple[str, ...], behind: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{word} {stem}" for word in before)
    yield from (f"{stem} {word}" for word in behind)
