"""Which reports are wanted, checked before anything is started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath

from hpedu.data import indicator_values, newest_year
from hpedu.errors import UnknownName
from hpedu.registry import LANGUAGES, registry

GROUPS = ("overview", "preschool", "general", "higher", "continuing", "data_quality")
DEFAULT_TERRITORY = "hai_phong"


@dataclass(frozen=True, order=True)
class Run:
    """One report: a notebook and its parameters. `id` is what the plan, the recap and `--only` call it."""

    year: int
    territory: str
    language: str
    group: str

    @property
    def id(self) -> str:
        return f"{self.year}/{self.territory}/{self.language}/{self.group}"

    @property
    def page(self) -> PurePosixPath:
        """The page's place under reports/."""
        return PurePosixPath(f"{self.id}.html")

    @property
    def parameters(self) -> dict[str, str | int]:
        """What papermill injects; every value is plain ASCII, since others are injected escaped."""
        return {"territory": self.territory, "year": self.year, "language": self.language}


def make_plan(
    groups: Iterable[str] = (),
    territories: Iterable[str] = (),
    languages: Iterable[str] = (),
    year: int | None = None,
) -> list[Run]:
    """Every wanted combination; by default all groups for the city, in both languages, for the newest year.

    Raises
    ------
    UnknownName
        For a group, territory, language or school year that does not exist, with the closest ones.
    """
    book = registry()
    groups = _check("group", groups, GROUPS) or list(GROUPS)
    territories = _check("territory", territories, book.reported_territories()) or [DEFAULT_TERRITORY]
    languages = _check("language", languages, LANGUAGES) or list(LANGUAGES)
    newest = newest_year()
    if year is None:
        year = newest
    known = {str(y) for y in indicator_values()["year"].unique() if y <= newest}
    if str(year) not in known:
        raise UnknownName("school year", str(year), known)
    return [
        Run(year, territory, language, group)
        for territory, language, group in product(territories, languages, groups)
    ]


def _check(kind: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in list(known):
            raise UnknownName(kind, name, known)
    return names
