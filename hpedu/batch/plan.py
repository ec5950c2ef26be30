"""Which reports are wanted, checked before anything is started. Nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath

from hpedu.batch.communes import commune_years, find_communes
from hpedu.errors import NoFigures, UnknownName
from hpedu.paths import find_project
from hpedu.tables.record import COMMUNE_GROUPS, Prepared, prepare

GROUPS = ("overview", "preschool", "general", "higher", "continuing", "data_quality")
DEFAULT_TERRITORY = "hai_phong"
DEFAULT_COMMUNE_LANGUAGE = "vi"  # a commune's page is read in the commune


@dataclass(frozen=True, order=True)
class Run:
    """One report: a notebook and its parameters. `id` is what the plan, the recap and `--only` call it."""

    year: int
    territory: str  # or the id of a commune
    language: str
    group: str

    @property
    def of_commune(self) -> bool:
        return self.territory.startswith("commune_")

    @property
    def id(self) -> str:
        shelf = "communes/" if self.of_commune else ""
        return f"{self.year}/{shelf}{self.territory}/{self.language}/{self.group}"

    @property
    def notebook(self) -> str:
        """The file in notebooks/ that is run."""
        return "commune.ipynb" if self.of_commune else f"{self.group}.ipynb"

    @property
    def page(self) -> PurePosixPath:
        """The page's place under reports/."""
        return PurePosixPath(f"{self.id}.html")

    @property
    def parameters(self) -> dict[str, str | int]:
        """What papermill injects; every value is plain ASCII, since others are injected escaped."""
        own: dict[str, str | int] = {"group": self.group} if self.of_commune else {}
        return own | {"territory": self.territory, "year": self.year, "language": self.language}


def make_plan(
    groups: Iterable[str] = (),
    territories: Iterable[str] = (),
    languages: Iterable[str] = (),
    year: int | None = None,
) -> list[Run]:
    """Every wanted combination; by default all groups for the city, in both languages, for the newest year.

    Parameters
    ----------
    territories
        Ids of territories; ids or names of communes; "communes" for all of them.

    Raises
    ------
    UnknownName
        For a group, territory, language or school year that does not exist, with the closest ones.
    NoSchoolList, NotInList, BareCode
        For communes, if no school of theirs is in a list, or one is named by a code alone.
    """
    prepared = prepare(find_project())
    groups, languages = list(dict.fromkeys(groups)), list(dict.fromkeys(languages))
    _check("language", languages, prepared.languages)
    wholes, communes = _sort_out(list(dict.fromkeys(territories)) or [DEFAULT_TERRITORY], prepared)
    plan = []
    if wholes:
        _check("group", groups, GROUPS)
        _check("school year", [str(year)] if year is not None else [], map(str, prepared.years))
        plan += _combine(
            _newest(prepared.years) if year is None else year,
            wholes,
            languages or prepared.languages,
            groups or GROUPS,
        )
    if communes:
        _check("group", groups, COMMUNE_GROUPS if not wholes else GROUPS)
        wanted = [group for group in groups if group in COMMUNE_GROUPS] if groups else COMMUNE_GROUPS
        years = commune_years(communes, prepared)
        _check("school year", [str(year)] if year is not None and not wholes else [], map(str, years))
        plan += _combine(
            years[-1] if year is None else year, communes, languages or [DEFAULT_COMMUNE_LANGUAGE], wanted
        )
    return plan


def pick_runs(ids: Iterable[str]) -> list[Run]:
    """The runs with these ids, such as "2025/hai_phong/vi/overview".

    Raises
    ------
    UnknownName
        For an id that no report can have, with the closest ones.
    """
    plan: list[Run] = []
    for name in dict.fromkeys(ids):
        parts = name.split("/")
        if len(parts) > 1 and parts[1] == "communes":
            del parts[1]
        if len(parts) != 4 or not parts[0].isdigit():
            default = [run.id for run in make_plan()]
            ending = [run_id for run_id in default if run_id.endswith(f"/{name}")]
            raise UnknownName("report", name, ending or default)
        year, territory, language, group = parts
        plan += make_plan([group], [territory], [language], int(year))
    return plan


def _combine(year: int, territories: Sequence[str], languages: Sequence[str], groups: Sequence[str]) -> list[Run]:
    return [
        Run(year, territory, language, group)
        for territory, language, group in product(territories, languages, groups)
    ]


def _newest(years: Sequence[int]) -> int:
    if not years:
        raise NoFigures
    return years[-1]


def _sort_out(names: Sequence[str], prepared: Prepared) -> tuple[list[str], list[str]]:
    """Territories and communes among the names."""
    wholes = [name for name in names if name in prepared.territories]
    return wholes, find_communes([name for name in names if name not in wholes], prepared)


def _check(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise UnknownName(kind, name, known)
