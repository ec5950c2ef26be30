"""Plan which reports are wanted, and check that before anything is started. Nothing heavy is imported here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from hpedu.digest import Prepared, read_fresh
from hpedu.errors import NoFigures, Refused, UnknownName, check_name
from hpedu.folders import Project, find_project
from hpedu.ingest.words.vietnamese import Names
from hpedu.texts import Message, message

ALL = "communes"


def find_communes(names: Iterable[str], prepared: Prepared) -> list[str]:
    """Find the ids of the communes named; "communes" is all of those with a school in the list.

    Raises
    ------
    UnknownName
        For what is neither a territory nor a commune, with the closest ones.
    Refused
        If there is no school list, or no school of a commune in it, and for a code alone.
    """
    known = {id: entry["name"] for id, entry in prepared.communes.items()}
    listed = [id for id, entry in prepared.communes.items() if entry["years"]]
    found: list[str] = []
    for name in names:
        if name == ALL:
            if not listed:
                raise Refused("no_school_list")
            found += listed
        else:
            found.append(_find_one(name, known, prepared.territories))
    found = list(dict.fromkeys(found))
    lacking = [known[id] for id in found if id not in listed]
    if lacking:
        raise Refused("not_in_list", communes=lacking) if listed else Refused("no_school_list")
    return found


def _find_one(name: str, known: dict[str, str], territories: Sequence[str]) -> str:
    if name in known:
        return name
    if name.isdigit():
        close = [f"{id} ({known[id]})" for id in known if id.split("_")[1] == name]
        meant = message("commune_meant", communes=close) if close else message("commune_of_nobody")
        raise Refused("bare_code", code=name, meant=meant)
    # "Phường Hải Dương", or "Hải Dương" alone; but ha_tay is the id of a province, not the commune Hà Tây.
    for shorten in () if "_" in name else (False, True):
        id = Names((_bare(called) if shorten else called, id) for id, called in known.items()).find(name)
        if id is not None:
            return id
    close = get_close_matches(name, [*known, *known.values(), *map(_bare, known.values())], n=3)
    raise UnknownName("territory", name, [*territories, ALL, *close])


def _bare(name: str) -> str:
    """Return the name without the word for its kind."""
    for kind in ("Phường ", "Xã ", "Đặc khu "):
        name = name.removeprefix(kind)
    return name


def commune_years(communes: Sequence[str], prepared: Prepared) -> list[int]:
    """Return the school years in which any of the communes has schools in a list."""
    return sorted({year for id in communes for year in prepared.communes[id]["years"]})


DEFAULT_COMMUNE_LANGUAGE = "vi"  # a commune's page is read in the commune


@dataclass(frozen=True, order=True)
class Run:
    """One report: a notebook and its parameters. The plan, the recap and `--only` call it by its `id`."""

    year: int
    territory: str  # or the id of a commune
    language: str
    group: str

    @property
    def of_commune(self) -> bool:
        return self.territory.startswith("commune_")

    @property
    def id(self) -> str:
        folder = "communes/" if self.of_commune else ""
        return f"{self.year}/{folder}{self.territory}/{self.language}/{self.group}"

    @property
    def notebook(self) -> str:
        """Return the name of the file in notebooks/ that is run."""
        return "commune.ipynb" if self.of_commune else f"{self.group}.ipynb"

    @property
    def page(self) -> PurePosixPath:
        """Return the place of the page under reports/."""
        return PurePosixPath(f"{self.id}.html")

    @property
    def parameters(self) -> dict[str, str | int]:
        """Return what papermill injects; all is plain ASCII, since other letters are injected escaped."""
        own: dict[str, str | int] = {"group": self.group} if self.of_commune else {}
        return own | {"territory": self.territory, "year": self.year, "language": self.language}


Cause = Literal["", "notebook", "time", "memory", "kernel", "system"]
"""The cause of a failure: the notebook itself, a limit, a kernel that died, the machine (a full disk)."""


@dataclass(frozen=True)
class Limits:
    """Limits of one report, at which it is stopped: it fails alone, before the machine has no memory left.

    `memory_mb` is what the kernel and the processes it started may hold, in MiB.
    """

    report_seconds: int = 900
    memory_mb: int = 2048


@dataclass(frozen=True)
class Outcome:
    """The end of a run. `error` is empty for a finished page."""

    run: Run
    seconds: float
    error: str | Message = ""  # one line: cell, name and text of the error, or what hpedu refuses
    details: str = ""  # the traceback
    notebook: str = ""  # where the executed notebook of a failed run was saved
    cause: Cause = ""
    inputs: dict[str, str] = field(default_factory=dict)  # the parts of the data used, with their digests

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def worth_retrying(self) -> bool:
        """Return whether a second try may end otherwise: a notebook's error comes back, a dead kernel may not."""
        return self.cause in ("kernel", "system")


class Engine(Protocol):
    """A runner of reports, called from as many threads at a time as it has `workers`."""

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def run(self, run: Run) -> Outcome:
        """Run one report and put its page in place, whole or not at all; never raises for what happens in it."""

    def lint(self, pages: Sequence[Path]) -> list[tuple[Path, Message]]:
        """Find what would mislead a reader of finished pages."""


FILES_TO_START, FILES_EACH = 80, 40  # descriptors that a batch holds, and for each report under way
ADDRESSES_MB = 80 << 10  # the chart engine reserves 65 GB of addresses, of which it uses next to nothing


def check_shell(workers: int) -> None:
    """Ask the system for as many open files and addresses as reports need, or refuse to start.

    Without, they would run out midway, in the middle of a library.

    Raises
    ------
    Refused
        Of which, and how much is needed.
    """
    if sys.platform == "win32":
        return
    import resource

    files = FILES_TO_START + FILES_EACH * workers
    for limit, kind, needed, unit in (
        ("n", resource.RLIMIT_NOFILE, files, 1),
        ("v", resource.RLIMIT_AS, ADDRESSES_MB << 20, 1 << 10),
    ):
        found, most = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY and most < needed:
            what = message(f"too_little_{limit}")
            raise Refused("too_little", limit=limit, what=what, found=most // unit, needed=needed // unit)
        if found != resource.RLIM_INFINITY and found < needed:
            resource.setrlimit(kind, (needed, most))


def prepare_tables(project: Project) -> Prepared:
    """Return the record of the tables, up to date; what makes them is loaded only where something has changed."""
    fresh = read_fresh(project)
    if fresh is not None:
        return fresh
    from hpedu.store import make_tables

    return make_tables(project)


def make_plan(
    groups: Iterable[str] = (),
    territories: Iterable[str] = (),
    languages: Iterable[str] = (),
    year: int | None = None,
) -> list[Run]:
    """Return every wanted combination; by default all groups of the city, in both languages, for the newest year.

    Parameters
    ----------
    territories
        Ids of territories; ids or names of communes; "communes" for all of them.

    Raises
    ------
    UnknownName
        For a group, territory, language or school year that does not exist, with the closest ones.
    Refused
        For communes, if no school of theirs is in a list, or one is named by a code alone.
    """
    prepared = prepare_tables(find_project())
    groups, languages = list(dict.fromkeys(groups)), list(dict.fromkeys(languages))
    _check("language", languages, prepared.languages)
    names = list(dict.fromkeys(territories)) or [prepared.city]
    wholes = [name for name in names if name in prepared.territories]
    communes = find_communes([name for name in names if name not in wholes], prepared)
    _check("notebook", groups, prepared.groups if wholes else prepared.commune_groups)
    years = prepared.years if wholes else commune_years(communes, prepared)
    if year is not None:
        check_name("school year", str(year), map(str, years))
    elif not years:
        raise NoFigures
    plan = list(product([year or years[-1]], wholes, languages or prepared.languages, groups or prepared.groups))
    if communes:
        own = [group for group in prepared.commune_groups if not groups or group in groups]
        newest = commune_years(communes, prepared)[-1]
        plan += product([year or newest], communes, languages or [DEFAULT_COMMUNE_LANGUAGE], own)
    return [Run(*parts) for parts in plan]


def pick_runs(ids: Iterable[str]) -> list[Run]:
    """Return the runs with these ids, such as "2025/hai_phong/vi/overview".

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


def _check(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        check_name(kind, name, known)
