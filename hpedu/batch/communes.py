"""Communes as somebody names them on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from hpedu.errors import HpeduError, UnknownName, note
from hpedu.ingest.words.text import Names
from hpedu.tables.record import Prepared

ALL = "communes"


class NoSchoolList(HpeduError):
    """Reports on communes are made from the department's school list, and there is none."""


class NotInList(HpeduError):
    """The school list has no school in these communes."""

    def __init__(self, communes: Sequence[str]) -> None:
        self.communes = list(communes)
        super().__init__(communes)


class BareCode(HpeduError):
    """A commune named by a code without the year of its creation: before 2025 it was another commune."""

    def __init__(self, code: str, close: Sequence[str]) -> None:
        self.code, self.close = code, close
        self.meant = note("commune_meant", communes=close) if close else note("commune_of_nobody")
        super().__init__(code, close)


def find_communes(names: Iterable[str], prepared: Prepared) -> list[str]:
    """The ids of the communes named; "communes" is all of those with a school in the list.

    Raises
    ------
    UnknownName
        For what is neither a territory nor a commune, with the closest ones.
    NoSchoolList, NotInList
        If there is no school list, or no school of a commune in it.
    BareCode
        For a code alone.
    """
    known = {id: entry["name"] for id, entry in prepared.communes.items()}
    listed = [id for id, entry in prepared.communes.items() if entry["years"]]
    found: list[str] = []
    for name in names:
        if name == ALL:
            if not listed:
                raise NoSchoolList
            found += listed
        else:
            found.append(_find(name, known, prepared.territories))
    found = list(dict.fromkeys(found))
    lacking = [known[id] for id in found if id not in listed]
    if lacking:
        raise NotInList(lacking) if listed else NoSchoolList
    return found


def _find(name: str, known: dict[str, str], territories: Sequence[str]) -> str:
    if name in known:
        return name
    if name.isdigit():
        raise BareCode(name, [f"{id} ({known[id]})" for id in known if id.split("_")[1] == name])
    # "Phường Hải Dương", or "Hải Dương" alone; but ha_tay is the id of a province, not the commune Hà Tây.
    for shorten in () if "_" in name else (False, True):
        id = Names((_bare(called) if shorten else called, id) for id, called in known.items()).find(name)
        if id is not None:
            return id
    close = get_close_matches(name, [*known, *known.values(), *map(_bare, known.values())], n=3)
    raise UnknownName("territory", name, [*territories, ALL, *close])


def _bare(name: str) -> str:
    """The name without the word for its kind."""
    for kind in ("Phường ", "Xã ", "Đặc khu "):
        name = name.removeprefix(kind)
    return name


def commune_years(communes: Sequence[str], prepared: Prepared) -> list[int]:
    """The school years in which any of the communes has schools in a list."""
    return sorted({year for id in communes for year in prepared.communes[id]["years"]})
