"""Draw the lists at the end of a report: what is missing and from whom, what is doubtful, tasks and goals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from hpedu.assess.standing import Standing
from hpedu.assess.tasks import Occurrence
from hpedu.present.page.display import Fragment
from hpedu.present.view import GROUNDS, OWED, Wording
from hpedu.registry.models import Duty, Print
from hpedu.texts import format_date, write_number

if TYPE_CHECKING:
    import pandas

MOST_REVISIONS = 30


def list_missing(standings: Sequence[Standing], wording: Wording, *, grounds: bool = True) -> Fragment:
    """List targets without a figure, what has to be counted for each, who is responsible and on what grounds."""
    rows = []
    for target in (standing.target for standing in standings if standing.state in OWED):
        needs = [part for part in (target.numerator, target.denominator) if part] or [target.definition]
        said = [wording.read(target.name), "; ".join(map(wording.read, needs)), wording.owner(target)]
        rows.append([target.number, *said, *([wording.department_basis(target)] if grounds else [])])
    keys = ("number_short", "target", "what_is_missing", "owner", *(["reason"] if grounds else []))
    return wording.table(keys, rows, "no_figures_caption", numeric={0})


def count_owed(standings: Sequence[Standing], wording: Wording) -> Fragment:
    """Count the targets without a figure of each division, in columns by the ground on which it owes them."""
    owed = wording.count_owners([s.target for s in standings if s.state in OWED])
    rows = [[wording.department(name), *(counts[ground] for ground in GROUNDS)] for name, counts in owed.items()]
    keys = ("department", *(f"owed_{ground}" for ground in GROUNDS))
    return wording.table(keys, rows, "owed_caption", numeric={1, 2, 3})


def count_states(standings: Sequence[Standing], wording: Wording) -> pandas.DataFrame:
    """Count the targets of each group (rows) in each state (columns), in the order of the registry."""
    import pandas  # only for this: see `hpedu.store.to_pandas`

    registry = wording.registry
    groups = [wording.read(registry.groups[s.target.group].name) for s in standings]
    states = [wording.name("state", s.state) for s in standings]
    table = pandas.crosstab(pandas.Series(groups, name=wording.say("group")), pandas.Series(states))
    rows = [wording.read(row.name) for row in registry.target_groups().values()]
    columns = [wording.name("state", code) for code in registry.codes_of("state")]
    table = table.reindex(index=rows, columns=[one for one in columns if one in table.columns], fill_value=0)
    table.columns.name = None
    return table


def list_flagged(values: pl.DataFrame, wording: Wording, *, folded: bool = False) -> Fragment | None:
    """List indicator values that carry a flag (columns `hpedu.values.VALUES`); None if none does."""
    registry = wording.registry
    rows = [
        [
            wording.read(registry.indicators[row["indicator"]].name),
            wording.read(registry.territories[row["territory"]].name),
            wording.year(row),
            wording.value(row),
            "; ".join(wording.name("flag", flag) for flag in row["flags"]),
        ]
        for row in values.filter(pl.col("flags").list.len() > 0).iter_rows(named=True)
        # Every value of a projection has this flag; the name of the indicator says so.
        if row["flags"] != ["projected_base"]
    ]
    keys = ("indicator", "territory", "year", "value", "flags")
    return wording.table(keys, rows, "flagged_caption", keeper=True, folded=folded) if rows else None


def list_set_aside(issues: pl.DataFrame, wording: Wording, *, folded: bool = False) -> Fragment:
    """List cells that were not read (columns `hpedu.ingest.schema.ISSUES`), one row a file and reason."""
    counted = issues.group_by("file", "reason", "subject", maintain_order=True).agg(
        pl.len().alias("cells"), pl.col(f"message_{wording.language}").first().alias("message")
    )
    rows = [[r["file"], r["cells"], r["message"]] for r in counted.sort("file", "reason").iter_rows(named=True)]
    keys = ("file", "count", "what_to_do")
    return wording.table(keys, rows, "set_aside_caption", numeric={1}, keeper=True, folded=folded)


def list_findings(findings: pl.DataFrame, wording: Wording) -> Fragment:
    """List what does not agree among the figures (columns `hpedu.ingest.checks.finding.FINDINGS`)."""
    said = findings.select("severity", f"message_{wording.language}", f"what_{wording.language}")
    rows = [[wording.say(f"severity_{severity}"), *words] for severity, *words in said.iter_rows()]
    return wording.table(("severity", "finding", "what_to_do"), rows, "findings_caption", keeper=True)


def list_revisions(revisions: pl.DataFrame, wording: Wording) -> Fragment:
    """List the largest revisions (columns as `hpedu.ingest.derive.revisions`): old and new value, editions."""
    registry = wording.registry
    rows = [
        [
            f"{wording.read(registry.measures[row['measure']].name)}, {wording.name('level', row['level'])}",
            wording.read(registry.territories[row["territory"]].name),
            row["year"],
            *(
                f"{wording.write(row[edition])} ({format_date(row[f'{edition}_edition'], wording.language)})"
                for edition in ("old", "new")
            ),
            f"{wording.write(row['relative'] * 100, 1)}%",
        ]
        for row in revisions.head(MOST_REVISIONS).iter_rows(named=True)
    ]
    keys = ("measure", "territory", "year", "older", "newer", "change")
    return wording.table(keys, rows, "revisions_caption", numeric={2, 3, 4, 5})


def list_errata(wording: Wording, *, folded: bool = False) -> Fragment:
    """List published cells that were corrected or flagged, with the evidence."""
    errata = wording.registry.errata.values()
    rows = [[_name_print(one, wording), *map(wording.read, (one.reason, one.evidence))] for one in errata]
    return wording.table(("print", "reason", "evidence"), rows, "errata_caption", keeper=True, folded=folded)


def list_decisions(wording: Wording) -> Fragment:
    """List the readings of contradicted figures that somebody chose: when, who, by which document, and why."""
    rows = []
    for one in wording.registry.decisions.values():
        value = "" if one.value is None else write_number(float(one.value), wording.language)
        made = f"{one.date:%d/%m/%Y}, {one.author}, {one.document}"
        rows.append([_name_print(one, wording), value, made, wording.read(one.reason)])
    return wording.table(("print", "value", "decision", "reason"), rows, "decisions_caption", keeper=True)


def _name_print(one: Print, wording: Wording) -> str:
    """Name a printed figure: measure, level, territory, year, and the number as printed."""
    measure = wording.read(wording.registry.measures[one.measure].name)
    territory = wording.read(wording.registry.territories[one.territory].name)
    return f"{measure}, {wording.name('level', one.level)}, {territory}, {one.year}: {one.printed}"


def list_tasks(occurrences: Sequence[Occurrence], wording: Wording) -> Fragment:
    """List tasks of both plans, with the state of each occurrence and the decision that ended it."""
    rows = []
    for task in wording.registry.tasks:
        dues: dict[str, list[str]] = {}
        for one in occurrences:
            if one.task == task:
                dues.setdefault(_say_occurrence(one, wording), []).extend(
                    [wording.date(one.due)] if one.due else []
                )
        if dues:
            number = f"{wording.say(f'plan_short_{task.plan}')} {task.number}"
            state = "; ".join(f"{', '.join(days)}: {said}" if days else said for said, days in dues.items())
            words = [wording.read(task.title), wording.lead(task), wording.read(task.timing)]
            rows.append([number, *words, state])
    return wording.table(("plan", "task", "department", "timing", "state"), rows, "tasks_caption", folded=True)


def _say_occurrence(one: Occurrence, wording: Wording) -> str:
    """Say the state of an occurrence; one that a target measures has the state of the target."""
    if one.standing is not None:
        state = wording.name("state", one.standing.state)
        return wording.say("occurrence_measured", state=state, number=one.standing.target.number)
    said = wording.say(f"occurrence_{one.state}")
    return f"{said} ({one.document})" if one.document else said


def list_goals(wording: Wording) -> Fragment:
    """List what the plans want without a number, and why it is no target."""
    rows = [
        [wording.read(goal.goal), wording.name_place(goal.section, goal.annex), wording.read(goal.reason)]
        for goal in wording.registry.goals
    ]
    return wording.table(("goal", "plan_place", "why_no_target"), rows, "goals_caption", folded=True)


def list_duties(wording: Wording, reports: pl.DataFrame, chapter: str = "") -> Fragment:
    """List the duties that the plans, or a chapter of theirs, set without a number: whose, how often, for whom.

    `reports` are the observations in which divisions reported on them: the last of each is said with its document.
    """
    last = {row["detail"]: row for row in reports.sort("year").iter_rows(named=True)}
    rows = [
        [
            wording.read(duty.duty),
            f"{wording.say(f'plan_short_{duty.plan}')}, {wording.name_place(duty.section, duty.annex)}",
            wording.bearer(duty),
            "; ".join(wording.read(text) for text in (duty.rhythm, duty.receiver) if text),
            _say_measure(duty, last.get(duty.id), wording),
        ]
        for duty in wording.registry.duties.values()
        if any(section.startswith(chapter) for section in duty.section.split(", "))
    ]
    keys = ("duty", "plan_place", "owner", "rhythm_receiver", "could_measure")
    return wording.table(keys, rows, "duties_caption", folded=True)


def _say_measure(duty: Duty, report: Mapping[str, Any] | None, wording: Wording) -> str:
    """Say what could measure a duty, and the last report on it with its document."""
    measure = wording.read(duty.measure) or wording.say("no_measure")
    if report is None:
        return measure
    state = wording.say("duty_done" if report["value"] >= 1 else "duty_open")
    said = f"{state} ({report['note']})" if report["note"] else state
    return wording.say("duty_reported", measure=measure, year=report["year"], report=said)
