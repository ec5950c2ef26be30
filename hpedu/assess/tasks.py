"""Expand the tasks of the plans into occurrences: what is due when, what was reported done, by which document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from hpedu.assess.standing import Standing, is_over
from hpedu.ingest.forms.design import task_series
from hpedu.registry import Registry
from hpedu.registry.models import Task

FIRST_YEAR = 2025
"""The year of the plans: a yearly task is due in it for the first time."""


@dataclass(frozen=True)
class Occurrence:
    """A task as it is due once. `state` is done, overdue, open, roadmap or measured (by a target)."""

    task: Task
    due: date | None
    """The last day; None for a roadmap, which has none."""
    state: str
    document: str = ""
    """Decision, date and remark of the report that it is done."""
    standing: Standing | None = None
    """Of the target that is the same thing: its state is the state of the task."""

    @property
    def late(self) -> bool:
        """Return whether its last day is over and nobody has reported a result."""
        return "overdue" in (self.state, self.standing.state if self.standing else "")


def list_occurrences(
    registry: Registry, observations: pl.DataFrame, standings: Iterable[Standing], year: int
) -> list[Occurrence]:
    """List every occurrence of every task that is due by the year of a report, and the next one of each.

    A task is a matter of the plan, whatever the territory. The standings of all targets say what has a task for
    itself, and what the newest source is.
    """
    known = list(standings)
    as_of = max((one.as_of for one in known), default="")
    measured = {one.target.task: one for one in known if one.target.task}
    reports = _read_reports(observations, year)
    return [
        _describe(task, due, reports.get(task_series(task).detail, {}), measured.get(task.id), as_of)
        for task in registry.tasks
        for due in list_dues(task, year)
    ]


def list_asked(registry: Registry, observations: pl.DataFrame, year: int) -> list[Occurrence]:
    """List what the form of a year asks: the occurrence of each task, unless done or measured by a target."""
    measured = {target.task for target in registry.targets.values()}
    return [
        one
        for one in list_occurrences(registry, observations, (), year)
        if one.due == find_due(one.task, year)
        and one.state != "done"
        and one.task.id not in measured
        and not (one.task.rhythm == "reviews" and one.due is not None and one.due.year - 1 > year)
    ]


def list_dues(task: Task, year: int) -> Sequence[date | None]:
    """List the last days of a task, of a yearly one those up to a year."""
    if task.rhythm == "yearly":
        return [date(one, 12, 31) for one in range(FIRST_YEAR, year + 1)]
    return task.dues or [None]


def find_due(task: Task, year: int) -> date | None:
    """Return the last day that a report of a year is about: of the review of 2030, also one of the year before."""
    dues = list_dues(task, year)
    begun = [due for due in dues if due is not None and (task.rhythm == "yearly" or due.year - 1 <= year)]
    return begun[-1] if begun else dues[0] if dues else None


def _read_reports(observations: pl.DataFrame, year: int) -> dict[str, dict[int, Mapping[str, Any]]]:
    """Return the last report of each task in each year, by the detail of its series."""
    rows = observations.filter(pl.col("measure") == "task_done", pl.col("current"), pl.col("year") <= year + 1)
    reports: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows.sort("year", "edition").iter_rows(named=True):
        reports.setdefault(row["detail"], {})[row["year"]] = row
    return reports


def _describe(
    task: Task, due: date | None, reports: Mapping[int, Mapping[str, Any]], standing: Standing | None, as_of: str
) -> Occurrence:
    if standing is not None:
        return Occurrence(task, due, "measured", standing=standing)
    own = [row for year, row in reports.items() if find_due(task, year) == due]
    if own and own[-1]["value"] >= 1:
        return Occurrence(task, due, "done", own[-1]["note"])
    if due is None:
        return Occurrence(task, due, "roadmap")
    return Occurrence(task, due, "overdue" if is_over(due, as_of) else "open")
