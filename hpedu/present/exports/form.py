"""Write the input form of a group of targets or a division: a file, or a download in the page itself."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
from openpyxl import Workbook

from hpedu.assess.standing import has_lapsed
from hpedu.assess.tasks import list_asked
from hpedu.errors import HpeduError, check_ending, check_name, check_year
from hpedu.folders import write_whole
from hpedu.ingest.forms.design import (
    ALL,
    COVER,
    SHEETS,
    Cover,
    SheetKind,
    duty_series,
    task_series,
    write_cover_code,
    write_key,
)
from hpedu.present.exports.form_workbook import FormRow, write_cover, write_sheet
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


class FormExists(HpeduError):
    """A file of that name is there already; it may have been filled in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path)


def check_path(path: Path) -> Path:
    """Return the path of a form that is still to be written.

    Raises
    ------
    WrongEnding
        If it does not end in .xlsx.
    FormExists
        If there is such a file: filled-in work is never overwritten.
    """
    if check_ending(path, ".xlsx").exists():
        raise FormExists(path)
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

    Parameters
    ----------
    subject
        Target group (`overview` stands for the targets across all levels), or the id of a division.
    year
        Year in which the school year starts; for calendar figures the year itself.
    territory
        Id of the territory; None for the city.
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`: the form leaves out what is there already. If any is synthetic,
        so is the form: it says so on every sheet, and what is read of it has the status `synthetic`.

    Raises
    ------
    UnknownName
        For a group, division or territory that does not exist.
    NoYear, NoWorkbookName, FormExists
        As their texts say.
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
    check_name("group", subject, [*registry.groups, *registry.departments])
    check_name("territory", territory, registry.territories)
    synthetic = "synthetic" in observations["status"]
    cover = Cover("cross_cutting" if subject == "overview" else subject, territory, check_year(year), synthetic)
    missing = list_missing(cover, observations, registry)
    texts = FormTexts(cover, registry)
    rows: dict[SheetKind, list[FormRow]] = {
        "numbers": [texts.number_row(place, one) for place, one in enumerate(missing, 1)],
        "milestones": list(texts.milestone_rows()),
        "tasks": list(texts.task_rows(observations)),
        "duties": list(texts.duty_rows()),
    }
    workbook = Workbook()
    # The reader of forms finds the cover by the name of its sheet.
    workbook.security.lockStructure = True
    workbook.active.title = COVER
    write_cover(
        workbook.active,
        title=texts.title(),
        code=write_cover_code(cover, texts.title()),
        lines=texts.instructions(missing),
        departments=texts.departments(),
    )
    for kind, sheet in SHEETS.items():
        # Only a division has duties.
        if kind != "duties" or rows[kind]:
            write_sheet(workbook, sheet, rows[kind], texts.title(), registry)
    return save_workbook(workbook, date(year, 9, 30)), len(missing)  # the day schools count


def offer_forms(
    groups: Sequence[str], *, territory: str, year: int, observations: pl.DataFrame, wording: Wording
) -> Fragment:
    """Draw links to the empty forms of some groups of targets; a former territory is asked for nothing.

    Parameters
    ----------
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`: the forms leave out what is there already.
    """
    registry, language = wording.registry, wording.language
    asked = groups if registry.territories[territory].role == "city" else ()
    links = []
    for group in asked:
        content, count = make_form(
            subject=group, year=year, territory=territory, observations=observations, registry=registry
        )
        name = registry.groups[group].name.get(language)
        links.append(
            {
                "file": name_form(group, territory, year),
                "href": f"data:{WORKBOOK};base64,{base64.b64encode(content).decode('ascii')}",
                "text": say("form_link", language, group=name, count=count),
            }
        )
    lead = say("form_lead" if links else "form_not_asked", language)
    plain = "\n".join([lead, *(link["text"] for link in links)])
    return Fragment(render("forms", lead=lead, links=links), plain)


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
    columns = ("measure", "level", "ownership", "sex", "detail")
    there = {SeriesRef(*row) for row in known.select(columns).iter_rows()}
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
    return sorted(asked, key=ground_of) if cover.subject in registry.departments else asked


def locate_rows(cover: Cover, observations: pl.DataFrame, registry: Registry) -> dict[str, list[int]]:
    """Return the rows of the sheet of figures that each target waits for, by their number in the form."""
    rows: dict[str, list[int]] = {}
    for place, missing in enumerate(list_missing(cover, observations, registry), 1):
        for target in missing.targets:
            rows.setdefault(target.id, []).append(place)
    return rows


def say_rows(target: Target, rows: Mapping[str, Sequence[int]], language: Language) -> str:
    """Say in which rows of its form a target is asked for; "" if it is not (`rows` are those of `locate_rows`)."""
    kind: SheetKind = "milestones" if target.kind == "milestone" else "numbers"
    numbers = [target.number] if kind == "milestones" else rows.get(target.id, [])
    if not numbers:
        return ""
    return say("form_rows", language, sheet=SHEETS[kind].name, rows=list(map(str, numbers)))


def watch_series(groups: Sequence[str], year: int, registry: Registry) -> list[SeriesRef]:
    """List every series that decides what the forms of some groups ask for in a year."""
    asked = [s for t in registry.targets.values() if t.group in groups for s in series_of(t, registry, year)]
    named = [registry.indicators[name] for duty in registry.duties.values() for name in duty.indicators]
    asked += [series for one in named if one.group in groups for series in formula_series(one)]
    return asked + list(map(task_series, registry.tasks))


def ground_of(missing: Missing) -> int:
    """Return the place in `GROUNDS` of the firmest ground on which somebody owes a figure."""
    grounds = [target.department_basis.partition("_")[0] for target in missing.targets]
    grounds += ["stated" if duty.departments else "inferred" for duty in missing.duties]
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


class FormTexts:
    """The texts of one form, Vietnamese in the first line and English in the second."""

    def __init__(self, cover: Cover, registry: Registry) -> None:
        self.cover, self.registry = cover, registry
        self.wording = Wording(registry, "vi", cover.territory)

    def title(self) -> str:
        """Write the title: group or division, territory, school year, and whether the form is synthetic."""
        year, place = self.cover.year, self.registry.territories[self.cover.territory].name
        subject = name_subject(self.cover.subject, self.registry)
        return "\n".join(
            (say("form_synthetic", language) + " – " if self.cover.synthetic else "")
            + say(
                "form_title",
                language,
                group=subject.get(language),
                territory=place.get(language),
                school_year=school_year(year, language),
                year=year,
            )
            for language in LANGUAGES
        )

    def instructions(self, missing: Sequence[Missing]) -> list[str]:
        """Write what the form is for and how to fill it in, a paragraph a step."""
        names = {kind: sheet.name for kind, sheet in SHEETS.items()}
        keys = ["form_purpose", *(f"form_step_{step}" for step in STEPS), *([] if missing else ["form_complete"])]
        if self._of_division:
            keys.insert(1, "form_of_division")
        return ["\n".join(say(key, language, **names) for language in LANGUAGES) for key in keys]

    def departments(self) -> str:
        """Name the divisions that answer for the targets, a line each."""
        if self._of_division:
            return self.wording.department(self.cover.subject)
        named = dict.fromkeys(
            name for target in targets_of(self.cover, self.registry) for name in target.departments
        )
        return "\n".join(map(self.wording.department, named))

    def number_row(self, place: int, missing: Missing) -> FormRow:
        """Return the row for a missing figure; `place` is its number in the form."""
        measure = self.registry.measures[missing.series.measure]
        dates = dict.fromkeys(t.reference_date.vi for t in missing.targets if t.reference_date)
        counted = [say("form_reference_date", "vi", dates="; ".join(dates))] if dates else []
        labels = {
            "number": str(place),
            "targets": "\n".join(
                [*map(self._name_target, missing.targets), *(duty.duty.vi for duty in missing.duties)]
            ),
            "series": self.name_series(missing.series),
            "definition": "\n".join([measure.definition.vi, *counted, measure.definition.en]),
            "unit": self.registry.name("unit", measure.unit, "vi"),
            "legal": "\n".join(
                dict.fromkeys(
                    [t.legal_source.vi for t in missing.targets] + list(map(self._place, missing.duties))
                )
            ),
            "department": "\n".join(
                dict.fromkeys(
                    [*map(self._name_department, missing.targets), *map(self.wording.bearer, missing.duties)]
                )
            ),
        }
        key = write_key(missing.series, labels["number"], labels["series"])
        return FormRow(labels, key, measure.unit, self._head(GROUNDS[ground_of(missing)]))

    def milestone_rows(self) -> Iterator[FormRow]:
        """Return a row for each milestone of the group or division, those that a plan assigns to it first."""
        milestones = [t for t in targets_of(self.cover, self.registry) if t.kind == "milestone"]
        grounds = {target.id: target.department_basis.partition("_")[0] for target in milestones}
        if self._of_division:
            milestones.sort(key=lambda target: GROUNDS.index(grounds[target.id]))
        for target in milestones:
            (series,) = parse_formula(self.registry.indicators[target.milestone_indicator].numerator)
            labels = {
                "number": str(target.number),
                "milestone": _both(target.name),
                "definition": target.definition.vi,
                "legal": target.legal_source.vi,
                "department": self._name_department(target),
            }
            key = write_key(series, labels["number"], labels["milestone"])
            yield FormRow(labels, key, head=self._head(grounds[target.id]))

    def task_rows(self, observations: pl.DataFrame) -> Iterator[FormRow]:
        """Return a row for each task of the plans that the year has to report on."""
        asked = list_asked(self.registry, observations, self.cover.year)
        if self._of_division:
            asked = [one for one in asked if self.cover.subject in one.task.departments]
        for place, one in enumerate(asked, 1):
            task = one.task
            days = [] if one.due is None else [one.due.isoformat()]
            due = [say("form_due", lang, day=format_date(day, lang)) for day in days for lang in LANGUAGES]
            labels = {
                "number": str(place),
                "task": f"{say(f'plan_short_{task.plan}', 'vi')} {task.number}. {_both(task.title)}",
                "department": self.wording.lead(task),
                "timing": "\n".join([_both(task.timing), *due]),
            }
            yield FormRow(labels, write_key(task_series(task), labels["number"], labels["task"]))

    def duty_rows(self) -> Iterator[FormRow]:
        """Return a row for each duty of the division, those that a plan assigns to it first."""
        own = [d for d in self.registry.duties.values() if self.cover.subject in self.registry.bearers_of(d)]
        for place, duty in enumerate(sorted(own, key=lambda one: not one.departments), 1):
            labels = {
                "number": str(place),
                "duty": _both(duty.duty),
                "measured_by": _both(duty.measure) if duty.measure else "",
                "legal": self._place(duty),
                "department": self.wording.bearer(duty),
            }
            key = write_key(duty_series(duty), labels["number"], labels["duty"])
            yield FormRow(labels, key, head=self._head("stated" if duty.departments else "inferred"))

    @property
    def _of_division(self) -> bool:
        return self.cover.subject in self.registry.departments

    def _head(self, ground: str) -> str:
        """Return the line over the rows that a division owes on one ground; a group's form has none."""
        return " / ".join(say(f"owed_{ground}", language) for language in LANGUAGES) if self._of_division else ""

    def _place(self, duty: Duty) -> str:
        return f"{say(f'plan_short_{duty.plan}', 'vi')}, {self.wording.name_place(duty.section, duty.annex)}"

    def _name_target(self, target: Target) -> str:
        """Name a target by its number; one that has lapsed, with the remark that a substitute is asked for."""
        lapsed = f" ({say('form_substitute', 'vi')})" if has_lapsed(target, self.cover.year) else ""
        return f"{target.number}. {target.name.vi}{lapsed}"

    def name_series(self, series: SeriesRef, year: int | None = None) -> str:
        """Name measure, part and year (without one, that of the form): "Trường học – Mầm non (2026-2027)"."""
        year, basis = year or self.cover.year, self.registry.measures[series.measure].basis
        when = {lang: school_year(year, lang) if basis == "school_year" else str(year) for lang in LANGUAGES}
        return "\n".join(f"{name_series(series, self.registry, lang)} ({when[lang]})" for lang in LANGUAGES)

    def _name_department(self, target: Target) -> str:
        return f"{self.wording.departments(target)} ({self.wording.department_basis(target)})"


def name_series(series: SeriesRef, registry: Registry, language: Language) -> str:
    """Name measure and part: "Trường học – Mầm non, Ngoài công lập"."""
    codes = [("level", series.level), ("ownership", series.ownership), ("sex", series.sex)]
    parts = [registry.name(d, c, language) for d, c in codes if c not in ("all", "both")]
    ages = registry.codes_of("age_band")
    if series.detail:
        parts.append(ages[series.detail].name.get(language) if series.detail in ages else series.detail)
    name = registry.measures[series.measure].name.get(language)
    return f"{name}{' – ' if parts else ''}{', '.join(parts)}"


def name_subject(subject: str, registry: Registry) -> Text:
    """Return the name of a group of targets, of a division, or of all targets together."""
    if subject == ALL:
        return Text(vi=say("history_all", "vi"), en=say("history_all", "en"))
    return (registry.groups.get(subject) or registry.departments[subject]).name


def _both(text: Text) -> str:
    return f"{text.vi}\n{text.en}"
