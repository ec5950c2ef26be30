"""Write the input form of a group of targets or a division: a file, or a download in the page itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hpedu import store
from hpedu.assess.standing import has_lapsed
from hpedu.assess.tasks import Occurrence, list_asked
from hpedu.cache import recall
from hpedu.errors import Refused, check_ending, check_name, check_year
from hpedu.folders import write_whole
from hpedu.ingest.forms.design import (
    ALL,
    SHEETS,
    Cover,
    SheetKind,
    duty_series,
    task_series,
    write_key,
)
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.present.exports.form_workbook import FormRow, begin_workbook, write_sheet
from hpedu.present.exports.workbook import save_workbook
from hpedu.present.page.blocks import render
from hpedu.present.page.display import Fragment
from hpedu.present.view import GROUNDS, Wording
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Duty, Indicator, Target, Text
from hpedu.texts import LANGUAGES, Language, format_date, say, school_year

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEPS = ("fill", "number", "state", "labels", "return")


def check_path(path: Path) -> Path:
    """Return the path of a form that is still to be written: a workbook, and no file that may be filled in."""
    check_ending(path, ".xlsx")
    if path.exists():
        raise Refused("form_exists", path=path)
    return path


def write_form(
    path: Path,
    *,
    subject: str,
    year: int,
    territory: str | None = None,
    observations: pl.DataFrame,
    registry: Registry,
) -> int:
    """Write the empty form of a group of targets, or of a division; return how many figures it wants.

    The `subject` is a group (`overview` stands for the targets across all levels) or the id of a division. The
    form leaves out what is among the `observations`. If any is synthetic, so is the form: it says so on every
    sheet, and what is read of it is synthetic. Raises `UnknownName`, `NoYear`, `WrongEnding` or `Refused`.
    """
    content, asked = make_form(
        subject=subject,
        year=year,
        territory=registry.city if territory is None else territory,
        observations=observations,
        registry=registry,
    )
    write_whole(check_path(path), content)
    return asked


def make_form(
    *, subject: str, year: int, territory: str, observations: pl.DataFrame, registry: Registry
) -> tuple[bytes, int]:
    """Make the empty form as a workbook, and count the figures it wants; parameters as of `write_form`."""
    cover, asked = _ask(subject, year, territory, observations, registry)
    return _write_workbook(cover, asked, registry), len(asked.numbers)


def _ask(
    subject: str, year: int, territory: str, observations: pl.DataFrame, registry: Registry
) -> tuple[Cover, _Asked]:
    check_name("group", subject, [*registry.groups, *registry.departments])
    check_name("territory", territory, registry.territories)
    synthetic = "synthetic" in observations["status"]
    cover = Cover("cross_cutting" if subject == "overview" else subject, territory, check_year(year), synthetic)
    return cover, _list_rows(cover, observations, registry)


def _write_workbook(cover: Cover, asked: _Asked, registry: Registry) -> bytes:
    texts = _FormTexts(cover, registry)
    rows: dict[SheetKind, list[FormRow]] = {
        "numbers": [texts.number_row(place, one) for place, one in enumerate(asked.numbers, 1)],
        "milestones": [texts.milestone_row(one) for one in asked.milestones],
        "tasks": [texts.task_row(place, one) for place, one in enumerate(asked.tasks, 1)],
        "duties": [texts.duty_row(place, one) for place, one in enumerate(asked.duties, 1)],
    }
    title = title_form(cover, registry)
    workbook = begin_workbook(cover, title, texts.instructions(asked.numbers), texts.departments())
    for kind, sheet in SHEETS.items():
        # Only a division has duties.
        if kind != "duties" or rows[kind]:
            write_sheet(workbook, sheet, rows[kind], title, registry)
    return save_workbook(workbook, date(cover.year, 9, 30))  # the day schools count


def offer_forms(
    groups: Sequence[str], *, territory: str, year: int, observations: pl.DataFrame, wording: Wording
) -> Fragment:
    """Draw links to the empty forms of some groups of targets; a former territory is asked for nothing."""
    registry, language = wording.registry, wording.language
    asked = groups if registry.territories[territory].role == "city" else ()
    links = []
    for group in asked:
        cover, rows = _ask(group, year, territory, observations, registry)
        # One form serves both languages, and the page of its group and that of all.
        made_from = ["form", store.digest_making(), astuple(cover), rows.list_ids()]
        content = recall(made_from, partial(_encode, cover, rows, registry))
        name = registry.groups[group].name.get(language)
        links.append(
            {
                "file": name_form(group, territory, year),
                "href": f"data:{WORKBOOK};base64,{content}",
                "text": say("form_link", language, group=name, count=len(rows.numbers)),
            }
        )
    lead = say("form_lead" if links else "form_not_asked", language)
    plain = "\n".join([lead, *(link["text"] for link in links)])
    return Fragment(render("forms", lead=lead, links=links), plain)


def _encode(cover: Cover, asked: _Asked, registry: Registry) -> str:
    return base64.b64encode(_write_workbook(cover, asked, registry)).decode("ascii")


def name_form(subject: str, territory: str, year: int) -> str:
    """Return the file name of an empty form."""
    return f"hpedu-{subject}-{territory}-{year}.xlsx"


@dataclass(frozen=True)
class Missing:
    """A series without a figure for the year, and the targets and duties that wait for it."""

    series: SeriesRef
    targets: list[Target] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)


def list_missing(cover: Cover, observations: pl.DataFrame, registry: Registry) -> list[Missing]:
    """List the series without a figure that targets and duties are computed from, each once.

    Those of a division stand in the order of the grounds on which it owes them. A bound ("over 99%") is no figure:
    no formula takes it.
    """
    known = observations.filter(
        pl.col("current"),
        pl.col("territory") == cover.territory,
        pl.col("year") == cover.year,
        pl.col("place") == "",
        pl.col("qualifier") == "",
    )
    there = {SeriesRef(*row) for row in known.select(SERIES_FIELDS).iter_rows()}
    missing: dict[SeriesRef, Missing] = {}
    for target in targets_of(cover, registry):
        for series in dict.fromkeys(series_of(target, registry, cover.year)):
            missing.setdefault(series, Missing(series)).targets.append(target)
    for duty in registry.duties.values():
        for name in duty.indicators:
            if cover.subject in (registry.indicators[name].group, *registry.bearers_of(duty)):
                for series in formula_series(registry.indicators[name]):
                    waiting = missing.setdefault(series, Missing(series)).duties
                    waiting += [duty] if duty not in waiting else []
    asked = [one for one in missing.values() if one.series not in there]
    return sorted(asked, key=_rank_ground) if cover.subject in registry.departments else asked


@dataclass(frozen=True)
class _Asked:
    """The rows of a form, sheet by sheet."""

    numbers: list[Missing]
    milestones: list[Target]
    tasks: list[Occurrence]
    duties: list[Duty]

    def list_ids(self) -> list[Any]:
        """List all that a form depends on, the registry left out."""
        return [
            [[astuple(one.series), _ids(one.targets), _ids(one.duties)] for one in self.numbers],
            [[one.task.id, str(one.due), one.state, one.document] for one in self.tasks],
            [_ids(self.milestones), _ids(self.duties)],
        ]


def _ids(rows: Iterable[Target | Duty]) -> list[str]:
    return [row.id for row in rows]


def _list_rows(cover: Cover, observations: pl.DataFrame, registry: Registry) -> _Asked:
    """List what a form asks for; what a plan assigns to a division stands before what is inferred."""
    milestones = [target for target in targets_of(cover, registry) if target.kind == "milestone"]
    tasks = list_asked(registry, observations, cover.year)
    duties = []
    if cover.subject in registry.departments:
        milestones.sort(key=lambda target: GROUNDS.index(find_ground(target)))
        tasks = [one for one in tasks if cover.subject in one.task.departments]
        duties = [duty for duty in registry.duties.values() if cover.subject in registry.bearers_of(duty)]
        duties.sort(key=lambda duty: not duty.departments)
    return _Asked(list_missing(cover, observations, registry), milestones, tasks, duties)


def locate_rows(
    cover: Cover, observations: pl.DataFrame, registry: Registry, language: Language
) -> dict[str, str]:
    """Say for each target, task and duty that a form asks for, by id, in which sheet and rows it does."""
    asked = _list_rows(cover, observations, registry)
    rows: dict[tuple[SheetKind, str], list[str]] = {}
    for place, missing in enumerate(asked.numbers, 1):
        for target in missing.targets:
            rows.setdefault(("numbers", target.id), []).append(str(place))
    rows |= {("milestones", target.id): [str(target.number)] for target in asked.milestones}
    rows |= {("tasks", one.task.id): [str(place)] for place, one in enumerate(asked.tasks, 1)}
    rows |= {("duties", duty.id): [str(place)] for place, duty in enumerate(asked.duties, 1)}
    return {
        id: say("form_rows", language, sheet=SHEETS[kind].name, rows=places) for (kind, id), places in rows.items()
    }


def watch_series(groups: Sequence[str], year: int, registry: Registry) -> list[SeriesRef]:
    """List every series that decides what the forms of some groups ask for in a year."""
    asked = [s for t in registry.targets.values() if t.group in groups for s in series_of(t, registry, year)]
    named = [registry.indicators[name] for duty in registry.duties.values() for name in duty.indicators]
    asked += [series for one in named if one.group in groups for series in formula_series(one)]
    return asked + list(map(task_series, registry.tasks))


def find_ground(owed: Target | Duty) -> str:
    """Return who says that a division owes something: a place in `GROUNDS`."""
    if isinstance(owed, Duty):
        return "stated" if owed.departments else "inferred"
    return owed.department_basis.partition("_")[0]


def _rank_ground(missing: Missing) -> int:
    """Return the place in `GROUNDS` of the firmest ground on which somebody owes a figure."""
    grounds = [*map(find_ground, missing.targets), *map(find_ground, missing.duties)]
    return min(map(GROUNDS.index, grounds))


def series_of(target: Target, registry: Registry, year: int) -> list[SeriesRef]:
    """List the series that show a target in a school year: of one that has lapsed, those of its substitute.

    There are none for a milestone, nor after the year of the last day.
    """
    if target.kind == "milestone" or (target.last_day is not None and year > target.last_day.year):
        return []
    return formula_series(registry.indicators[target.substitute if has_lapsed(target, year) else target.id])


def formula_series(indicator: Indicator) -> list[SeriesRef]:
    """List the series of numerator and denominator."""
    formulas = filter(None, (indicator.numerator, indicator.denominator))
    return [series for formula in formulas for series in parse_formula(formula)]


def targets_of(cover: Cover, registry: Registry) -> list[Target]:
    """List the targets a form is about, in the order of the plans."""
    return [t for t in registry.targets.values() if cover.subject in (t.group, *t.departments)]


class _FormTexts:
    """The texts of one form, Vietnamese in the first line and English in the second."""

    def __init__(self, cover: Cover, registry: Registry) -> None:
        self.cover, self.registry = cover, registry
        self.wording = Wording(registry, "vi", cover.territory)
        self.of_division = cover.subject in registry.departments

    def instructions(self, missing: Sequence[Missing]) -> list[str]:
        """Write what the form is for and how to fill it in, a paragraph a step."""
        names = {kind: sheet.name for kind, sheet in SHEETS.items()}
        keys = ["form_purpose", *(f"form_step_{step}" for step in STEPS), *([] if missing else ["form_complete"])]
        if self.of_division:
            keys.insert(1, "form_of_division")
        return [_say_both(key, **names) for key in keys]

    def departments(self) -> str:
        """Name the divisions that answer for the targets, a line each."""
        if self.of_division:
            return self.wording.department(self.cover.subject)
        return _join_lines(
            self.wording.department(name)
            for target in targets_of(self.cover, self.registry)
            for name in target.departments
        )

    def number_row(self, place: int, missing: Missing) -> FormRow:
        """Return the row for a missing figure; `place` is its number in the form."""
        measure = self.registry.measures[missing.series.measure]
        targets, duties = missing.targets, missing.duties
        dates = dict.fromkeys(target.reference_date.vi for target in targets if target.reference_date)
        counted = [say("form_reference_date", "vi", dates="; ".join(dates))] if dates else []
        names = [name_series(missing.series, self.registry, lang, self.cover.year) for lang in LANGUAGES]
        labels = {
            "targets": _join_lines([*map(self._name_target, targets), *(duty.duty.vi for duty in duties)]),
            "series": "\n".join(names),
            "definition": "\n".join([measure.definition.vi, *counted, measure.definition.en]),
            "unit": self.registry.name("unit", measure.unit, "vi"),
            "legal": _join_lines([*(target.legal_source.vi for target in targets), *map(self._place, duties)]),
            "department": _join_lines([*map(self._name_department, targets), *map(self.wording.bearer, duties)]),
        }
        ground = GROUNDS[_rank_ground(missing)]
        return self._row(missing.series, place, "series", labels, ground, measure.unit)

    def milestone_row(self, target: Target) -> FormRow:
        """Return the row for a milestone, under the number it has in the plans."""
        (series,) = parse_formula(self.registry.indicators[target.milestone_indicator].numerator)
        labels = {
            "milestone": _both(target.name),
            "definition": target.definition.vi,
            "legal": target.legal_source.vi,
            "department": self._name_department(target),
        }
        return self._row(series, target.number, "milestone", labels, find_ground(target))

    def task_row(self, place: int, one: Occurrence) -> FormRow:
        """Return the row for a task of the plans that the year has to report on."""
        task = one.task
        days = [] if one.due is None else [one.due.isoformat()]
        due = [say("form_due", lang, day=format_date(day, lang)) for day in days for lang in LANGUAGES]
        labels = {
            "task": f"{say(f'plan_short_{task.plan}', 'vi')} {task.number}. {_both(task.title)}",
            "department": self.wording.lead(task),
            "timing": "\n".join([_both(task.timing), *due]),
        }
        return self._row(task_series(task), place, "task", labels)

    def duty_row(self, place: int, duty: Duty) -> FormRow:
        """Return the row for a duty of the division."""
        labels = {
            "duty": _both(duty.duty),
            "measured_by": _both(duty.measure) if duty.measure else "",
            "legal": self._place(duty),
            "department": self.wording.bearer(duty),
        }
        return self._row(duty_series(duty), place, "duty", labels, find_ground(duty))

    def _row(
        self,
        series: SeriesRef,
        number: int,
        sealed: str,
        labels: Mapping[str, str],
        ground: str = "",
        unit: str = "status",
    ) -> FormRow:
        """Return a row whose key is sealed with its number and a label; in a division's form under its ground."""
        head = _say_both(f"owed_{ground}", between=" / ") if ground and self.of_division else ""
        key = write_key(series, str(number), labels[sealed])
        return FormRow({"number": str(number), **labels}, key, unit, head)

    def _place(self, duty: Duty) -> str:
        return f"{say(f'plan_short_{duty.plan}', 'vi')}, {self.wording.name_place(duty.section, duty.annex)}"

    def _name_target(self, target: Target) -> str:
        """Name a target by its number; one that has lapsed, with the remark that a substitute is asked for."""
        lapsed = f" ({say('form_substitute', 'vi')})" if has_lapsed(target, self.cover.year) else ""
        return f"{target.number}. {target.name.vi}{lapsed}"

    def _name_department(self, target: Target) -> str:
        return f"{self.wording.departments(target)} ({self.wording.department_basis(target)})"


def name_series(series: SeriesRef, registry: Registry, language: Language, year: int | None = None) -> str:
    """Name measure and part, with a year if there is one: "Trường học – Mầm non, Ngoài công lập (2026-2027)"."""
    codes = [("level", series.level), ("ownership", series.ownership), ("sex", series.sex)]
    parts = [registry.name(d, c, language) for d, c in codes if c not in ("all", "both")]
    ages = registry.codes_of("age_band")
    if series.detail:
        parts.append(ages[series.detail].name.get(language) if series.detail in ages else series.detail)
    measure = registry.measures[series.measure]
    name = f"{measure.name.get(language)}{' – ' if parts else ''}{', '.join(parts)}"
    if year is None:
        return name
    return f"{name} ({school_year(year, language) if measure.basis == 'school_year' else year})"


def title_form(cover: Cover, registry: Registry) -> str:
    """Write the title of a form or book in both languages: subject, territory, years; a synthetic one says so."""
    lines = []
    for language in LANGUAGES:
        title = say(
            "form_title" if cover.last is None else "history_book_title",
            language,
            subject=name_subject(cover.subject, registry).get(language),
            territory=registry.territories[cover.territory].name.get(language),
            school_year=school_year(cover.year, language),
            year=cover.year,
            last=school_year(cover.years[-1], language),
        )
        lines.append(f"{say('form_synthetic', language)} – {title}" if cover.synthetic else title)
    return "\n".join(lines)


def name_subject(subject: str, registry: Registry) -> Text:
    """Return the name of a group of targets, of a division, or of all targets together."""
    if subject == ALL:
        return Text(vi=say("history_all", "vi"), en=say("history_all", "en"))
    return (registry.groups.get(subject) or registry.departments[subject]).name


def _both(text: Text) -> str:
    return f"{text.vi}\n{text.en}"


def _say_both(key: str, *, between: str = "\n", **values: object) -> str:
    return between.join(say(key, language, **values) for language in LANGUAGES)


def _join_lines(lines: Iterable[str]) -> str:
    """Write lines under one another, each once."""
    return "\n".join(dict.fromkeys(lines))
