"""Show how a batch goes: a bar on a terminal, plain lines elsewhere; and remember how long each report takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from io import StringIO
from statistics import median
from typing import Any, TextIO

import click

from hpedu.batch.plan import Outcome, Run
from hpedu.folders import Project, read_record, write_whole
from hpedu.texts import Message, Sayable, message

TIMES = "times.json"
REMEMBERED = 5  # newest times of each report

Times = dict[str, dict[str, list[float]]]
"""engine -> run id -> seconds, the newest last."""


def read_times(project: Project) -> Times:
    """Return the times of earlier batches; what cannot be read counts for nothing."""
    return {
        engine: {run_id: taken for run_id, taken in runs.items() if _are_seconds(taken)}
        for engine, runs in read_record(project.build / TIMES).items()
        if isinstance(runs, dict)
    }


def _are_seconds(taken: object) -> bool:
    return isinstance(taken, list) and all(isinstance(one, (int, float)) for one in taken)


def add_times(project: Project, engine: str, seconds: Iterable[tuple[Run, float]]) -> None:
    """Add the times of a batch to those of earlier ones."""
    times = read_times(project)
    runs = times.setdefault(engine, {})
    for run, taken in seconds:
        runs[run.id] = [*runs.get(run.id, []), round(taken, 3)][-REMEMBERED:]
    write_whole(project.build / TIMES, json.dumps(times, indent=1, sort_keys=True).encode())


def expect_seconds(plan: Sequence[Run], times: Times, engine: str) -> list[float] | None:
    """Return the seconds each run should take: as before, or as others with its notebook; None if unknown."""
    runs = times.get(engine, {})
    if not runs:
        return None
    known = {run_id: median(taken) for run_id, taken in runs.items() if taken}
    alike: dict[tuple[bool, str], list[float]] = {}
    for run_id, taken in known.items():
        alike.setdefault(_kind(run_id), []).append(taken)
    usual = median(known.values())
    return [known.get(run.id) or median(alike.get(_kind(run.id), [usual])) for run in plan]


def _kind(run_id: str) -> tuple[bool, str]:
    return "/communes/" in run_id, run_id.rpartition("/")[2]


def describe_start(runs: Sequence[Run], fresh: int, expected: list[float] | None, workers: int) -> Message:
    """Say what will be done, and about how long it takes."""
    values: dict[str, object] = {"count": len(runs), "fresh": fresh, "workers": workers}
    if expected is None:
        return message("report_start", **values)
    return message("report_start_about", time=spell_seconds(max(sum(expected) / workers, max(expected))), **values)


def describe_outcome(done: int, total: int, outcome: Outcome) -> Message:
    """Say in one line how a report ended."""
    result = message("report_run_failed", error=outcome.error) if outcome.failed else message("report_run_done")
    values = {"done": done, "total": total, "id": outcome.run.id, "seconds": f"{outcome.seconds:.1f}"}
    return message("report_run", result=result, **values)


def spell_seconds(seconds: float) -> Message:
    """Write a time for people: 45 s, 3 min, 1 h 20 min."""
    if seconds < 90:
        return message("time_seconds", seconds=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 90:
        return message("time_minutes", minutes=minutes)
    return message("time_hours", hours=minutes // 60, minutes=minutes % 60)


class Lines:
    """A display of one line a report."""

    def __init__(self, file: TextIO, language: str) -> None:
        self.file, self.language = file, language
        self.total = 0

    def start(self, runs: Sequence[Run], fresh: int, expected: list[float] | None, workers: int) -> None:
        """Show what will be run, how many pages are fresh, and the seconds each run should take, if known."""
        self.total = len(runs)
        self.say(describe_start(runs, fresh, expected, workers))

    def advance(self, done: int, outcome: Outcome) -> None:
        """Show that one more has ended."""
        self.say(describe_outcome(done, self.total, outcome))

    def end(self) -> None:
        """Show that no more will come."""
        self.file.flush()

    def say(self, line: Sayable) -> None:
        """Print a line, as long as somebody reads them."""
        try:
            click.echo(line.say(self.language), file=self.file)
        except BrokenPipeError:
            self.file = StringIO()


class Bar(Lines):
    """A bar that knows from earlier batches which report takes how long; failures are printed above it."""

    def __init__(self, file: TextIO, language: str) -> None:
        super().__init__(file, language)
        self.steps: dict[Run, int] = {}
        self.bar: Any = None

    def start(self, runs: Sequence[Run], fresh: int, expected: list[float] | None, workers: int) -> None:
        super().start(runs, fresh, expected, workers)
        weights = [max(1, round(10 * seconds)) for seconds in expected or [1.0] * len(runs)]
        self.steps = dict(zip(runs, weights, strict=True))
        self.bar = click.progressbar(length=sum(weights), file=self.file, item_show_func=_show, show_eta=True)
        self.bar.__enter__()

    def advance(self, done: int, outcome: Outcome) -> None:
        if outcome.failed:
            click.echo("\r\033[K", nl=False, file=self.file)
            super().advance(done, outcome)
        self.bar.update(self.steps[outcome.run], f"{done}/{self.total} {outcome.run.id}")

    def end(self) -> None:
        self.bar.__exit__(None, None, None)


def _show(item: str | None) -> str:
    return item or ""
