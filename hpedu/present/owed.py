"""List what each division owes, which forms came back, and the ten figures that would tell most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from hpedu import store
from hpedu.assess.standing import Standing, assess_targets
from hpedu.assess.tasks import FIRST_YEAR, list_occurrences
from hpedu.digest import raw_files
from hpedu.errors import check_year
from hpedu.folders import Project
from hpedu.ingest.forms.design import ALL, Cover
from hpedu.ingest.forms.filled import look_at_form
from hpedu.ingest.isolation import read_apart, read_bytes
from hpedu.ingest.quarantine import Unreadable
from hpedu.present.exports.form import (
    find_ground,
    list_missing,
    locate_rows,
    name_form,
    name_series,
    name_subject,
)
from hpedu.present.view import GROUNDS, OWED, Wording
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.registry.models import Target
from hpedu.texts import Language, format_date, say

MOST_TELLING = 10
"""The number of figures that are named as those that would tell most."""


@dataclass(frozen=True)
class Debt:
    """The figure of a target, or the report on a task or a duty, that a division owes."""

    kind: str
    id: str
    name: str
    # A place in `GROUNDS`: who says that the division owes it.
    ground: str
    state: str
    # An ISO date, or the year from which on there is no figure.
    since: str
    # The place in the form of the division.
    rows: str = ""


@dataclass(frozen=True)
class Division:
    """What one division owes, and the command that makes the form for it."""

    id: str
    name: str
    form: str
    command: str
    owes: list[Debt]


@dataclass(frozen=True)
class Returned:
    """A form that came back into data/raw; `saved` is the day on which the file was last saved."""

    file: str
    subject: str
    territory: str
    # Of a book the first and the last: "2019-2025".
    years: str
    filled_by: str
    saved: str
    figures: int
    set_aside: int


@dataclass(frozen=True)
class Telling:
    """A figure that nobody has, and the targets that wait for it."""

    series: str
    name: str
    targets: list[str]


@dataclass(frozen=True)
class Owed:
    """Everything `hpedu owed` lists; `judged` are the targets that all figures of `telling` let be judged."""

    year: int
    divisions: list[Division]
    returned: list[Returned]
    telling: list[Telling]
    judged: list[str]


def list_owed(
    project: Project,
    registry: Registry,
    language: Language,
    *,
    year: int | None = None,
    division: str | None = None,
) -> Owed:
    """List who owes what for a school year (by default the newest with figures), since when and in which form.

    Of the divisions all are listed, or the one that is named. Raises `NoYear` or `NoFigures`.
    """
    year = store.newest_year() if year is None else check_year(year)
    observations = store.observations()
    standings = assess_targets(store.indicator_values(), registry, registry.city, year)
    telling, judged = choose_telling(standings, observations, registry, year)
    return Owed(
        year,
        [
            _list_division(name, standings, observations, Wording(registry, language, registry.city), year)
            for name in registry.departments
            if division in (None, name)
        ],
        list_returned(project, registry),
        [
            Telling(series.key, name_series(series, registry, language, year), [target.id for target in targets])
            for series, targets in telling.items()
        ],
        [target.id for target in judged],
    )


def _list_division(
    division: str, standings: Sequence[Standing], observations: pl.DataFrame, wording: Wording, year: int
) -> Division:
    registry, language = wording.registry, wording.language
    owes = [
        *_list_figures(division, standings, wording),
        *_list_tasks(division, standings, observations, wording, year),
        *_list_duties(division, observations, wording),
    ]
    rows = locate_rows(Cover(division, registry.city, year), observations, registry, language)
    located = [replace(debt, rows=rows.get(debt.id, "")) for debt in owes]
    located.sort(key=lambda debt: GROUNDS.index(debt.ground))
    file = name_form(division, registry.city, year)
    command = f"hpedu form --department {division} --year {year} {file}"
    return Division(division, wording.department(division), file, command, located)


def _list_figures(division: str, standings: Sequence[Standing], wording: Wording) -> Iterator[Debt]:
    for one in standings:
        if one.state in OWED and division in one.target.departments:
            name = f"{one.target.number}. {one.target.name.get(wording.language)}"
            state = wording.registry.name("state", one.state, wording.language)
            yield Debt("target", one.target.id, name, find_ground(one.target), state, find_since(one))


def _list_tasks(
    division: str, standings: Sequence[Standing], observations: pl.DataFrame, wording: Wording, year: int
) -> Iterator[Debt]:
    """List the tasks of a division that are late."""
    for one in list_occurrences(wording.registry, observations, standings, year):
        if one.late and one.standing is None and one.due is not None and division in one.task.departments:
            plan = wording.say(f"plan_short_{one.task.plan}")
            name = f"{plan} {one.task.number}. {one.task.title.get(wording.language)}"
            state = wording.say(f"occurrence_{one.state}")
            yield Debt("task", one.task.id, name, "stated", state, one.due.isoformat())


def _list_duties(division: str, observations: pl.DataFrame, wording: Wording) -> Iterator[Debt]:
    """List the duties of a division on which nobody has reported."""
    reported = set(observations.filter(pl.col("measure") == "duty_done", pl.col("value") >= 1)["detail"])
    tasks = {task.id for task in wording.registry.tasks}
    state = wording.say("duty_unreported")
    for duty in wording.registry.duties.values():
        # One that stands in an annex as well is a task there.
        owed = f"{duty.plan} {duty.annex}" not in tasks and duty.id not in reported
        if owed and division in wording.registry.bearers_of(duty):
            name = duty.duty.get(wording.language)
            yield Debt("duty", duty.id, name, find_ground(duty), state, str(FIRST_YEAR))


def find_since(standing: Standing) -> str:
    """Return since when a figure is owed: its last day, the year after the last figure, or that of the plans."""
    if standing.state == "overdue" and standing.target.last_day is not None:
        return standing.target.last_day.isoformat()
    return str(FIRST_YEAR if standing.last is None else standing.last["year"] + 1)


def list_returned(project: Project, registry: Registry) -> list[Returned]:
    """List the forms in data/raw by name: what about, from whom, when saved, how much was read of each."""
    # A sum names the cells it is of.
    printed = ~pl.col("cell").str.contains(" + ", literal=True)
    observations = store.observations(all_editions=True).filter(printed, pl.col("status") != "derived")
    issues = store.issues()
    found = []
    for file in raw_files(project.raw):
        path = file.relative_to(project.raw).as_posix()
        try:
            seen = read_apart(look_at_form, read_bytes(file), registry)
        except Unreadable:
            # `hpedu ingest` names it.
            continue
        if seen is not None:
            cover, sender = seen
            found.append(
                Returned(
                    path,
                    cover.subject if cover else "",
                    cover.territory if cover else "",
                    "-".join(map(str, sorted({cover.years[0], cover.years[-1]}))) if cover else "",
                    sender,
                    date.fromtimestamp(file.stat().st_mtime).isoformat(),
                    observations.filter(pl.col("file") == path).height,
                    issues.filter(pl.col("file") == path).height,
                )
            )
    return found


def choose_telling(
    standings: Sequence[Standing],
    observations: pl.DataFrame,
    registry: Registry,
    year: int,
    *,
    most: int = MOST_TELLING,
) -> tuple[dict[SeriesRef, list[Target]], list[Target]]:
    """Choose the figures whose arrival would let most targets be judged; return them with the targets they feed.

    A target is judged when the last figure of its formula is there. So figures are taken target by target: next
    the one that, with what is taken already, lets most targets be judged for each figure it still lacks. Returned
    with them are the targets that all of them together would let be judged.
    """
    needs = _list_needs(standings, observations, registry, year)
    taken: dict[SeriesRef, None] = {}
    while True:
        bundles = {frozenset(need - taken.keys()) for need in needs.values()} - {frozenset()}
        fitting = [bundle for bundle in bundles if len(taken) + len(bundle) <= most]
        if not fitting:
            break
        best = min(
            fitting,
            key=lambda one: (-_count_judged(needs, taken.keys() | one, taken) / len(one), sorted(map(str, one))),
        )
        taken |= dict.fromkeys(sorted(best, key=str))
    fed = {series: [registry.targets[name] for name, need in needs.items() if series in need] for series in taken}
    judged = [registry.targets[name] for name, need in needs.items() if need <= taken.keys()]
    return fed, judged


def _list_needs(
    standings: Sequence[Standing], observations: pl.DataFrame, registry: Registry, year: int
) -> dict[str, set[SeriesRef]]:
    """Return the series that each target without a figure lacks, by target."""
    owed = {one.target.id: one.target for one in standings if one.state in OWED}
    needs: dict[str, set[SeriesRef]] = {}
    for group in dict.fromkeys(target.group for target in owed.values()):
        for missing in list_missing(Cover(group, registry.city, year), observations, registry):
            for target in missing.targets:
                if target.id in owed:
                    needs.setdefault(target.id, set()).add(missing.series)
    return needs


def _count_judged(
    needs: Mapping[str, set[SeriesRef]], known: Collection[SeriesRef], before: Collection[SeriesRef]
) -> int:
    """Count the targets that can be judged with the figures known, and could not with those before."""
    return sum(need <= set(known) and not need <= set(before) for need in needs.values())


def describe_owed(owed: Owed, registry: Registry, language: Language) -> Iterator[str]:
    """Say line by line who owes what, which forms came back, and which figures would tell most."""
    for one in owed.divisions:
        if one.owes:
            yield from _describe_division(one, language)
    yield say("returned_head", language, count=len(owed.returned))
    for form in owed.returned:
        yield f"  {_describe_returned(form, registry, language)}"
    yield say("telling_head", language, count=len(owed.telling), judged=len(owed.judged), year=owed.year)
    for place, figure in enumerate(owed.telling, 1):
        numbers = [str(registry.targets[name].number) for name in figure.targets]
        yield f"  {say('telling_line', language, number=place, name=figure.name, targets=numbers)}"


def _describe_division(one: Division, language: Language) -> Iterator[str]:
    yield f"{one.name} ({one.id})"
    yield f"  {say('owed_form', language, command=one.command)}"
    for ground in GROUNDS:
        own = [debt for debt in one.owes if debt.ground == ground]
        if own:
            yield f"  {say(f'owed_{ground}', language)} ({len(own)}):"
        for debt in own:
            words = {"name": debt.name, "state": debt.state, "rows": debt.rows or say("owed_no_row", language)}
            yield f"    {say('owed_line', language, since=format_date(debt.since, language), **words)}"
    yield ""


def _describe_returned(form: Returned, registry: Registry, language: Language) -> str:
    known = form.subject in (ALL, *registry.groups, *registry.departments)
    return say(
        "returned_line",
        language,
        file=form.file,
        subject=name_subject(form.subject, registry).get(language) if known else "?",
        year=form.years or "?",
        saved=format_date(form.saved, language),
        sender=form.filled_by or say("returned_unsigned", language),
        figures=form.figures,
        set_aside=form.set_aside,
    )
