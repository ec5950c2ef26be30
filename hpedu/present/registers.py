"""Draw the lists at the end of a report: what is missing and from whom, what is doubtful, tasks and goals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas
import polars as pl

from hpedu.assess.standing import Standing
from hpedu.assess.tasks import Occurrence
from hpedu.present.page.blocks import draw_notice, draw_table
from hpedu.present.page.display import Fragment
from hpedu.present.view import GROUNDS, OWED, Wording, count_shown, name_year, with_unit
from hpedu.registry.models import Duty, Print
from hpedu.texts import format_date, format_number, say, write_number


def list_missing(standings: Sequence[Standing], wording: Wording, *, grounds: bool = True) -> Fragment:
    """List targets without a figure, what has to be counted for each, who is responsible and on what grounds."""
    rows = []
    for standing in standings:
        if standing.state in OWED:
            target = standing.target
            needs = [part for part in (target.numerator, target.denominator) if part] or [target.definition]
            rows.append(
                [
                    target.number,
                    target.name.get(wording.language),
                    "; ".join(part.get(wording.language) for part in needs),
                    wording.owner(target),
                    *([wording.department_basis(target)] if grounds else []),
                ]
            )
    keys = ("number_short", "target", "what_is_missing", "owner", *(["reason"] if grounds else []))
    return _draw(keys, rows, "no_figures_caption", wording, numeric={0})


def count_owed(standings: Sequence[Standing], wording: Wording) -> Fragment:
    """Count the targets without a figure of each division, in columns by the ground on which it owes them."""
    owed = wording.count_owners([s.target for s in standings if s.state in OWED])
    rows = [[wording.department(name), *(counts[ground] for ground in GROUNDS)] for name, counts in owed.items()]
    keys = ("department", *(f"owed_{ground}" for ground in GROUNDS))
    return _draw(keys, rows, "owed_caption", wording, numeric={1, 2, 3})


def count_states(standings: Sequence[Standing], wording: Wording) -> pandas.DataFrame:
    """Count the targets of each group (rows) in each state (columns), in the order of the registry."""
    registry, language = wording.registry, wording.language
    groups = [row.name.get(language) for row in registry.target_groups().values()]
    states = [row.name.get(language) for row in registry.codes_of("state").values()]
    frame = pandas.DataFrame(
        {
            say("group", language): [registry.groups[s.target.group].name.get(language) for s in standings],
            "state": [registry.name("state", s.state, language) for s in standings],
        }
    )
    table = pandas.crosstab(frame.iloc[:, 0], frame["state"])
    table = table.reindex(index=groups, columns=[s for s in states if s in table.columns], fill_value=0)
    table.columns.name = None
    return table


def list_flagged(values: pl.DataFrame, wording: Wording, *, folded: bool = False) -> Fragment | None:
    """List indicator values that carry a flag (columns `hpedu.values.VALUES`); None if none does."""
    registry, language = wording.registry, wording.language
    rows = []
    for row in values.filter(pl.col("flags").list.len() > 0).iter_rows(named=True):
        # Every value of a projection has this flag; the name of the indicator says so.
        if row["flags"] == ["projected_base"]:
            continue
        indicator = registry.indicators[row["indicator"]]
        rows.append(
            [
                indicator.name.get(language),
                registry.territories[row["territory"]].name.get(language),
                name_year(row["year"], indicator, registry, language),
                with_unit(row["value"], row["unit"], count_shown(row, indicator), language, registry),
                "; ".join(registry.name("flag", flag, language) for flag in row["flags"]),
            ]
        )
    keys = ("indicator", "territory", "year", "value", "flags")
    return _draw(keys, rows, "flagged_caption", wording, keeper=True, folded=folded) if rows else None


def list_set_aside(issues: pl.DataFrame, wording: Wording, *, folded: bool = False) -> Fragment:
    """List cells that were not read (columns `hpedu.ingest.schema.ISSUES`), one row a file and reason."""
    counted = issues.group_by("file", "reason", "subject", maintain_order=True).agg(
        pl.len().alias("cells"), pl.col(f"message_{wording.language}").first().alias("message")
    )
    rows = [[r["file"], r["cells"], r["message"]] for r in counted.sort("file", "reason").iter_rows(named=True)]
    keys = ("file", "count", "what_to_do")
    return _draw(keys, rows, "set_aside_caption", wording, numeric={1}, keeper=True, folded=folded)


def list_findings(findings: pl.DataFrame, wording: Wording) -> Fragment:
    """List what does not agree among the figures (columns `hpedu.ingest.checks.finding.FINDINGS`)."""
    language = wording.language
    rows = [
        [
            say(f"severity_{row['severity']}", language),
            row[f"message_{language}"],
            row[f"what_{language}"],
        ]
        for row in findings.iter_rows(named=True)
    ]
    return _draw(("severity", "finding", "what_to_do"), rows, "findings_caption", wording, keeper=True)


def list_revisions(revisions: pl.DataFrame, wording: Wording, most: int = 30) -> Fragment:
    """List the largest revisions (columns as `hpedu.ingest.derive.revisions`): old and new value, editions."""
    registry, language = wording.registry, wording.language
    rows = [
        [
            ", ".join(
                [
                    registry.measures[row["measure"]].name.get(language),
                    registry.name("level", row["level"], language),
                ]
            ),
            registry.territories[row["territory"]].name.get(language),
            row["year"],
            f"{format_number(row['old'], 0, language)} ({row['old_edition']})",
            f"{format_number(row['new'], 0, language)} ({row['new_edition']})",
            f"{format_number(row['relative'] * 100, 1, language)}%",
        ]
        for row in revisions.head(most).iter_rows(named=True)
    ]
    keys = ("measure", "territory", "year", "older", "newer", "change")
    return _draw(keys, rows, "revisions_caption", wording, numeric={2, 3, 4, 5})


def list_errata(wording: Wording, *, folded: bool = False) -> Fragment:
    """List published cells that were corrected or flagged, with the evidence."""
    language = wording.language
    rows = [
        [_name_print(e, wording), e.reason.get(language), e.evidence.get(language)]
        for e in wording.registry.errata.values()
    ]
    return _draw(("print", "reason", "evidence"), rows, "errata_caption", wording, keeper=True, folded=folded)


def list_decisions(wording: Wording) -> Fragment:
    """List the readings of contradicted figures that somebody chose: when, who, by which document, and why."""
    language = wording.language
    rows = [
        [
            _name_print(d, wording),
            "" if d.value is None else write_number(float(d.value), language),
            f"{d.date:%d/%m/%Y}, {d.author}, {d.document}",
            d.reason.get(language),
        ]
        for d in wording.registry.decisions.values()
    ]
    return _draw(("print", "value", "decision", "reason"), rows, "decisions_caption", wording, keeper=True)


def _name_print(one: Print, wording: Wording) -> str:
    """Name a printed figure: measure, level, territory, year, and the number as printed."""
    registry, language = wording.registry, wording.language
    names = [registry.measures[one.measure].name.get(language), registry.name("level", one.level, language)]
    names += [registry.territories[one.territory].name.get(language), str(one.year)]
    return f"{', '.join(names)}: {one.printed}"


def list_tasks(occurrences: Sequence[Occurrence], wording: Wording) -> Fragment:
    """List tasks of both plans, with the state of each occurrence and the decision that ended it."""
    language = wording.language
    rows = []
    for own in ([one for one in occurrences if one.task == task] for task in wording.registry.tasks):
        if not own:
            continue
        task = own[0].task
        dues: dict[str, list[str]] = {}
        for one in own:
            day = [] if one.due is None else [format_date(one.due.isoformat(), language)]
            dues.setdefault(_say_occurrence(one, wording), []).extend(day)
        state = "; ".join(f"{', '.join(days)}: {said}" if days else said for said, days in dues.items())
        rows.append(
            [
                f"{say(f'plan_short_{task.plan}', language)} {task.number}",
                task.title.get(language),
                wording.lead(task),
                task.timing.get(language),
                state,
            ]
        )
    return _draw(("plan", "task", "department", "timing", "state"), rows, "tasks_caption", wording, folded=True)


def _say_occurrence(one: Occurrence, wording: Wording) -> str:
    """Say the state of an occurrence; one that a target measures has the state of the target."""
    if one.standing is not None:
        state = wording.registry.name("state", one.standing.state, wording.language)
        return say("occurrence_measured", wording.language, state=state, number=one.standing.target.number)
    said = say(f"occurrence_{one.state}", wording.language)
    return f"{said} ({one.document})" if one.document else said


def list_goals(wording: Wording) -> Fragment:
    """List what the plans want without a number, and why it is no target."""
    language = wording.language
    rows = [
        [g.goal.get(language), wording.name_place(g.section, g.annex), g.reason.get(language)]
        for g in wording.registry.goals
    ]
    return _draw(("goal", "plan_place", "why_no_target"), rows, "goals_caption", wording, folded=True)


def list_duties(wording: Wording, reports: pl.DataFrame, chapter: str = "") -> Fragment:
    """List the duties that the plans, or a chapter of theirs, set without a number: whose, how often, for whom.

    `reports` are the observations in which divisions reported on them: the last of each is said with its document.
    """
    language = wording.language
    last = {row["detail"]: row for row in reports.sort("year").iter_rows(named=True)}
    rows = [
        [
            duty.duty.get(language),
            f"{say(f'plan_short_{duty.plan}', language)}, {wording.name_place(duty.section, duty.annex)}",
            wording.bearer(duty),
            "; ".join(text.get(language) for text in (duty.rhythm, duty.receiver) if text),
            _say_measure(duty, last.get(duty.id), wording),
        ]
        for duty in wording.registry.duties.values()
        if any(section.startswith(chapter) for section in duty.section.split(", "))
    ]
    keys = ("duty", "plan_place", "owner", "rhythm_receiver", "could_measure")
    return _draw(keys, rows, "duties_caption", wording, folded=True)


def _say_measure(duty: Duty, report: Mapping[str, Any] | None, wording: Wording) -> str:
    """Say what could measure a duty, and the last report on it with its document."""
    measure = duty.measure.get(wording.language) if duty.measure else say("no_measure", wording.language)
    if report is None:
        return measure
    state = say("duty_done" if report["value"] >= 1 else "duty_open", wording.language)
    return say(
        "duty_reported",
        wording.language,
        measure=measure,
        year=report["year"],
        report=f"{state} ({report['note']})" if report["note"] else state,
    )


def _draw(
    keys: Sequence[str],
    rows: Sequence[Sequence[object]],
    caption: str,
    wording: Wording,
    *,
    numeric: Collection[int] = (),
    keeper: bool = False,
    folded: bool = False,
) -> Fragment:
    """Draw a table under its caption; where there is nothing to list, a sentence says so."""
    title = say(caption, wording.language)
    if not rows:
        return draw_notice(say("nothing_listed", wording.language, caption=title))
    names = [say(key, wording.language) for key in keys]
    columns = [name[:1].upper() + name[1:] for name in names]
    return draw_table(columns, rows, caption=title, numeric=numeric, keeper=keeper, folded=folded)
