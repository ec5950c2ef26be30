"""Hand an analyst every table of a project as a flat frame: no lists inside, each column named with its unit.

Each function takes one name or many. A name that is not there is an error that says the closest one; it is never
an empty table. `hpedu.to_pandas`, `.write_csv` and Excel take every frame.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from hpedu import outlook, store
from hpedu.assess.standing import tabulate_series, tabulate_targets
from hpedu.decoding import read_toml
from hpedu.errors import check_language, check_name
from hpedu.ingest.propose import check_file, describe_findings
from hpedu.outlook.intake import Intake
from hpedu.present.exports.report_tables import read_design
from hpedu.present.scorecard import list_targets
from hpedu.registry import Text, load_registry
from hpedu.texts import Language, current_language

Frame = TypeVar("Frame", bound=Callable[..., pl.DataFrame])
Names = str | Iterable[str] | None
"""One name, many, or None for all."""

KINDS: dict[str, Any] = {
    **dict.fromkeys(("value", "last", "probability"), pl.Float64()),
    **dict.fromkeys(("year", "last_year"), pl.Int64()),
    "reported": pl.Boolean(),
}
"""Columns that are no texts."""
DESIGN = read_toml(__file__, "desk_columns.toml")


def describe_columns(function: Frame) -> Frame:
    """Say at the end of a docstring what each column of the frame means: `?` shows it to the analyst."""
    table, language = function.__name__, current_language()
    known = {name: column.text.get(language) for name, column in read_design().column.items()}
    known |= {name: text[language] for name, text in DESIGN["text"].items()}
    names = DESIGN["columns"][table].split()
    lines = [f"`{name}`: {known.get(f'{table}.{name}') or known[name]}" for name in names]
    function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Columns", "-------", *lines])
    return function


@describe_columns
def observations(
    measures: Names = None,
    territories: Names = None,
    levels: Names = None,
    *,
    all_editions: bool = False,
) -> pl.DataFrame:
    """Return the published figures, and the sums made of them, one a row.

    data/raw is read first if anything in it is new.

    Parameters
    ----------
    measures, territories, levels
        Only these: ids of `hpedu.measures()`, of `hpedu.territories()`, and of levels such as "preschool".
    all_editions
        Also the figures that a newer edition, or a more precise print, has replaced.
    """
    registry = load_registry()
    wanted = {
        "measure": _check("measure", measures, registry.measures),
        "territory": _check("territory", territories, registry.territories),
    }
    found = store.observations(
        all_editions=all_editions, levels=_check("level", levels, registry.codes_of("level"))
    )
    for column, names in wanted.items():
        if names is not None:
            found = found.filter(pl.col(column).is_in(names))
    return store.flatten(found)


@describe_columns
def indicator_values(indicators: Names = None, territories: Names = None) -> pl.DataFrame:
    """Return the values of indicators, one a row; `hpedu.project` and `hpedu.judge` take them as they are.

    Parameters
    ----------
    indicators, territories
        Only these: ids of `hpedu.indicators()` and of `hpedu.territories()`.
    """
    registry = load_registry()
    names = _check("indicator", indicators, registry.indicators)
    places = _check("territory", territories, registry.territories)
    if names is not None or places is not None:
        names = list(registry.indicators) if names is None else names
        places = list(registry.territories) if places is None else places
    return store.flatten(store.indicator_values(names, places))


@describe_columns
def issues(files: Names = None) -> pl.DataFrame:
    """Return the cells of data/raw that were set aside, one a row.

    Parameters
    ----------
    files
        Only those of these files, by their paths under data/raw.
    """
    return store.issues([files] if isinstance(files, str) else files)


def read(path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the figures of any file, and the cells of it that are set aside; print what checks find.

    Returns
    -------
    tuple of polars.DataFrame
        With the columns of `observations` and of `issues`. A figure that a check contradicts has the flag
        `contradicted` and is not `current`.
    """
    checked = check_file(Path(path), load_registry())
    if not checked.findings.is_empty():
        print("\n".join(describe_findings(checked, current_language())), file=sys.stderr)
    return store.flatten(checked.observations), checked.issues


@describe_columns
def findings() -> pl.DataFrame:
    """Return what does not agree among the published figures, one finding a row."""
    return store.findings()


@describe_columns
def revisions() -> pl.DataFrame:
    """Return the figures that a later edition has changed, the largest change first."""
    return store.revisions()


@describe_columns
def schools() -> pl.DataFrame:
    """Return the rows of all school lists, one a school and year.

    Behind the columns below are those of the list by their ids (docs/data_dictionary.md has the heading of each in
    Vietnamese): numbers count persons, classes or rooms as the id says; null where the list says nothing.
    """
    return store.flatten(store.schools())


@describe_columns
def targets(
    names: Names = None,
    *,
    group: str | None = None,
    state: str | None = None,
    department: str | None = None,
    territory: str | None = None,
    language: str | None = None,
) -> pl.DataFrame:
    """Return the targets of the plans with where each stands, in the order of the plans.

    Parameters
    ----------
    names
        Ids of targets, one or many.
    group, state, department
        Only those in this group, in this state, or of this division.
    territory
        Where they are judged; by default in the city.
    language
        Of the names: "vi" or "en", by default that of the newest report.
    """
    registry, spoken = load_registry(), _speak(language)
    found = {
        target.id: standing
        for target, standing in list_targets(group=group, state=state, department=department, territory=territory)
    }

    def stand(target: Any) -> dict[str, Any]:
        standing = found[target.id]
        last = standing.last or {"value": None, "year": None}
        return {
            "value": None if target.kind == "milestone" else float(target.value),
            "last": last["value"],
            "last_year": last["year"],
            "state": standing.state,
            "state_name": registry.name("state", standing.state, spoken),
            "probability": standing.probability,
            "departments": _name_departments(target, spoken),
        }

    wanted = _pick("target", registry.targets, names)
    rows = [one for one in wanted if one.id in found]
    return _tabulate(rows, "targets", spoken, stand).cast({"number": pl.Int64()})


@describe_columns
def indicators(names: Names = None, *, group: str | None = None, language: str | None = None) -> pl.DataFrame:
    """Return the indicators, or those named, or of a group; one a row.

    The language of the names is "vi" or "en", by default that of the newest report.
    """
    registry = load_registry()
    groups = _check("group", group, registry.groups) or registry.groups
    rows = [one for one in _pick("indicator", registry.indicators, names) if one.group in groups]
    return _tabulate(rows, "indicators", _speak(language))


@describe_columns
def measures(names: Names = None, *, language: str | None = None) -> pl.DataFrame:
    """Return what observations count, or the measures named; one a row.

    The language of the names is "vi" or "en", by default that of the newest report.
    """
    rows = _pick("measure", load_registry().measures, names)
    return _tabulate(rows, "measures", _speak(language))


@describe_columns
def territories(names: Names = None, *, language: str | None = None) -> pl.DataFrame:
    """Return the territories, or those named; one a row.

    The language of the names is "vi" or "en", by default that of the newest report.
    """
    registry = load_registry()
    reported = registry.reported_territories()
    rows = _pick("territory", registry.territories, names)
    return _tabulate(rows, "territories", _speak(language), lambda one: {"reported": one.id in reported})


@describe_columns
def tasks(names: Names = None, *, language: str | None = None) -> pl.DataFrame:
    """Return the tasks that the plans assign, or those named; one a row.

    The language of the texts is "vi" or "en", by default that of the newest report.
    """
    spoken = _speak(language)
    rows = _pick("task", {one.id: one for one in load_registry().tasks}, names)
    return _tabulate(rows, "tasks", spoken, lambda one: {"departments": _name_departments(one, spoken)})


def project(series: object, *, background: object = None, **options: Any) -> pl.DataFrame:
    """Carry every series forward with ranges: `hpedu.outlook.project`, whose options and columns these are.

    Parameters
    ----------
    series
        `indicator_values()`, whole or filtered, of polars or pandas: bounds and breaks are those of the registry,
        and what is no point of a series is left out, as in the reports. Or any frame with the columns `indicator`,
        `year`, `value` and, if there are several, `place`.
    background
        Series of other places, of the same columns.
    options
        `until` (last year, 2030), `h` (years ahead of each series), `origin`, `level`, `method`.

    Returns
    -------
    polars.DataFrame
        `place`, `indicator`, `year`; `point` and the ranges `lo50`, `hi50`, `lo80`, `hi80`, `lo95`, `hi95`, all in
        the unit of the values; `status` (projected, or why not), `caution`.

    Raises
    ------
    SeriesError
        Naming everything that is wrong with the series.
    """
    return outlook.project(_take(series), background=_take(background), **options)


def judge(series: object, targets: object, *, background: object = None, **options: Any) -> pl.DataFrame:
    """Say whether each series will meet its target: `hpedu.outlook.judge`, whose options and columns these are.

    Parameters
    ----------
    series, background
        As of `hpedu.project`.
    targets
        `targets()`, whole or filtered, of polars or pandas: milestones are left out. Or any frame with the columns
        `indicator`, `comparison`, `target` (in the unit of the values) and perhaps `target_year` and `place`.
    options
        `as_of` (the year it is now), `origin`, `method`.

    Returns
    -------
    polars.DataFrame
        `place`, `indicator`, and the columns of `hpedu.outlook.judgement.JUDGEMENT`: `state`, `verdict`,
        `probability` (0 to 1) and what they rest on.

    Raises
    ------
    SeriesError
        Naming everything that is wrong with the series, or with the targets.
    """
    goals = Intake().open(targets, "targets")
    if {"number", "id", "state", "comparison"} <= set(goals.columns):
        known = load_registry().targets
        goals = tabulate_targets(known[name] for name in goals["id"])
    return outlook.judge(_take(series), goals, background=_take(background), **options)


def _take(series: object) -> object:
    """Return values of indicators as the reports project them, and any other table as it is."""
    if series is None:
        return None
    frame = Intake().open(series, "series")
    if not {"indicator", "place", "year", "value", "qualifier", "status"} <= set(frame.columns):
        return frame
    return tabulate_series(frame.rename({"place": "territory"}), load_registry())


def _check(kind: str, names: Names, known: Iterable[str]) -> list[str] | None:
    """Return the names as a list, each of them known; None for all."""
    if names is None:
        return None
    known = list(known)
    many = names if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    return [check_name(kind, name, known) for name in many]


def _pick(kind: str, table: Mapping[str, Any], names: Names) -> list[Any]:
    """Return the rows named of a table, in its order; all of them where none is named."""
    wanted = _check(kind, names, table)
    return [row for id, row in table.items() if wanted is None or id in wanted]


def _speak(language: str | None) -> Language:
    return current_language() if language is None else check_language(language)


def _name_departments(row: Any, language: Language) -> str:
    departments = load_registry().departments
    return "; ".join(departments[one].name.get(language) for one in row.departments)


def _tabulate(
    rows: Iterable[Any],
    table: str,
    language: Language,
    more: Callable[[Any], dict[str, Any]] = lambda row: {},
) -> pl.DataFrame:
    """Return the columns of a table: fields of rows, or what `more` makes of a row; lists are joined."""

    def write(value: Any) -> Any:
        if isinstance(value, list):
            return "; ".join(map(str, value))
        return value.get(language) if isinstance(value, Text) else value

    schema = {name: KINDS.get(name, pl.String()) for name in DESIGN["columns"][table].split()}
    cells = []
    for row in rows:
        own = more(row)
        cells.append([own[name] if name in own else write(getattr(row, name)) for name in schema])
    # A number in a table of a plan is a text there.
    return pl.DataFrame(cells, schema=schema, orient="row", strict=False)
