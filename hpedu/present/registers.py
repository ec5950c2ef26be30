"""Draw the lists at the end of a report: what is missing and from whom, what is doubtful, tasks and goals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas
import polars as pl

from hpedu.assess.standing import Standing
from hpedu.ingest.forms.design import task_series
from hpedu.present.page.blocks import draw_notice, draw_table
from hpedu.present.page.display import Fragment
from hpedu.present.view import SILENT, Wording, count_shown, name_year, with_unit
from hpedu.registry import Registry
from hpedu.registry.models import Print, Task
from hpedu.texts import format_number, say, write_number

SCHOOL_YEAR_END = "08-31"


def list_missing(standings: Sequence[Standing], wording: Wording) -> Fragment:
    """List targets without a figure, what has to be counted for each, and who is responsible."""
    rows = []
    for standing in standings:
        if standing.state in SILENT:
            target = standing.target
            needs = [part for part in (target.numerator, target.denominator) if part is not None]
            rows.append(
                [
                    target.number,
                    target.name.get(wording.language),
                    "; ".join(part.get(wording.language) for part in needs),
                    wording.departments(target),
                    wording.department_basis(target),
                ]
            )
    keys = ("number_short", "target", "what_is_missing", "department", "reason")
    return _draw(keys, rows, "no_figures_caption", wording, numeric={0})


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


def list_flagged(values: pl.DataFrame, wording: Wording) -> Fragment | None:
    """List indicator values that carry a flag (columns `hpedu.indicators.VALUES`); None if none does."""
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
    return _draw(keys, rows, "flagged_caption", wording, keeper=True) if rows else None


def list_set_aside(issues: pl.DataFrame, wording: Wording) -> Fragment:
    """List cells that were not read (columns `hpedu.ingest.schema.ISSUES`), one row a file and reason."""
    counted = issues.group_by("file", "reason", "subject", maintain_order=True).agg(
        pl.len().alias("cells"), pl.col(f"message_{wording.language}").first().alias("message")
    )
    rows = [[r["file"], r["cells"], r["message"]] for r in counted.sort("file", "reason").iter_rows(named=True)]
    return _draw(("file", "count", "what_to_do"), rows, "set_aside_caption", wording, numeric={1}, keeper=True)


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


def list_errata(wording: Wording) -> Fragment:
    """List published cells that were corrected or flagged, with the evidence."""
    language = wording.language
    rows = [
        [_name_print(e, wording), e.reason.get(language), e.evidence.get(language)]
        for e in wording.registry.errata.values()
    ]
    return _draw(("print", "reason", "evidence"), rows, "errata_caption", wording, keeper=True)


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


def find_done(registry: Registry, observations: pl.DataFrame, year: int) -> dict[tuple[str, str], str]:
    """Find the tasks reported as completed by the end of the school year.

    Parameters
    ----------
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`. A task is a matter of the plan, whatever the territory.

    Returns
    -------
    dict
        (plan, number) -> decision, date and remark, as reported last.
    """
    states = observations.filter(
        pl.col("measure") == "task_done", pl.col("current"), pl.col("year") <= year + 1
    ).sort("year", "edition")
    last = {row["detail"]: row for row in states.iter_rows(named=True)}
    found = {(task.plan, task.number): last.get(task_series(task).detail) for task in registry.tasks}
    return {key: row["note"] for key, row in found.items() if row is not None and row["value"] >= 1}


def find_overdue(registry: Registry, year: int, done: Collection[tuple[str, str]] = ()) -> list[Task]:
    """Find tasks whose last day lies before the end of the school year and that are not `done`."""
    end = f"{year + 1}-{SCHOOL_YEAR_END}"
    return [
        task
        for task in registry.tasks
        if task.due and task.due.isoformat() < end and (task.plan, task.number) not in done
    ]


def list_tasks(overdue: Sequence[Task], done: Mapping[tuple[str, str], str], wording: Wording) -> Fragment:
    """List the tasks that both plans assign: completed ones with their decision, overdue ones marked."""
    language = wording.language
    rows = []
    for task in wording.registry.tasks:
        state = say("recurring" if task.due is None else "overdue" if task in overdue else "within_time", language)
        if (task.plan, task.number) in done:
            name = wording.registry.name("task_state", "done", language)
            state = ": ".join(filter(None, [name, done[task.plan, task.number]]))
        plan = say(f"plan_short_{task.plan}", language)
        text = [task.title, task.lead, task.timing]
        rows.append([f"{plan} {task.number}", *(t.get(language) for t in text), state])
    return _draw(("plan", "task", "department", "timing", "state"), rows, "tasks_caption", wording)


def list_goals(wording: Wording) -> Fragment:
    """List what the plans want without a number, and why it is no target."""
    language = wording.language
    rows = [[g.goal.get(language), g.section, g.reason.get(language)] for g in wording.registry.goals]
    return _draw(("goal", "plan_section", "why_no_target"), rows, "goals_caption", wording)


def _draw(
    keys: Sequence[str],
    rows: Sequence[Sequence[object]],
    caption: str,
    wording: Wording,
    *,
    numeric: Collection[int] = (),
    keeper: bool = False,
) -> Fragment:
    """Draw a table under its caption; where there is nothing to list, a sentence says so."""
    title = say(caption, wording.language)
    if not rows:
        return draw_notice(say("nothing_listed", wording.language, caption=title))
    names = [say(key, wording.language) for key in keys]
    columns = [name[:1].upper() + name[1:] for name in names]
    return draw_table(columns, rows, caption=title, numeric=numeric, keeper=keeper)
