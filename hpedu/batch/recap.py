"""Sum up a batch: in lines to read and paste back, and as documents for programs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from hpedu.batch.build import INTERRUPTED, Batch
from hpedu.batch.plan import Run
from hpedu.folders import Project
from hpedu.texts import Message, message

PASTED = 20  # ids that are still written out

OK, FAILED = 0, 1


def exit_status(batch: Batch) -> int:
    """Return 0 if all went well, 1 if a report, an export or the record could not be written, 130 after Ctrl-C."""
    if batch.interrupted:
        return INTERRUPTED
    return FAILED if batch.failures or batch.unmade or batch.trouble else OK


def recap(batch: Batch) -> list[Message]:
    """Say what was done, what failed and why, and what to type to go on; a line each."""
    done = len(batch.outcomes) - len(batch.failures)
    lines = [message("report_recap", done=done, fresh=len(batch.fresh), failed=len(batch.failures))]
    if batch.damage is not None:
        lines.append(batch.damage)
    for outcome in batch.failures:
        lines.append(message("report_failure", id=outcome.run.id, error=outcome.error))
        if outcome.notebook:
            lines.append(message("report_saved", notebook=outcome.notebook))
    if batch.failures:
        lines.append(message("report_again", command=_command([outcome.run for outcome in batch.failures])))
    lines += [message("report_unmade", id=name, reason=reason) for name, reason in batch.unmade.items()]
    if batch.left:
        lines.append(message("report_left", count=len(batch.left)))
        if len(batch.left) <= PASTED:
            lines.append(message("report_left_command", command=_command(batch.left)))
    if batch.trouble:
        lines.append(message("report_trouble", reason=batch.trouble))
    return [*lines, message("report_open", index=batch.index)]


def describe_plan(
    found: Sequence[tuple[Run, Message | None]], stale: Sequence[Run], expected: Sequence[float] | None
) -> list[dict[str, Any]]:
    """Return for programs what would be run, as JSON: of all that was found, what is stale, and its seconds."""
    seconds = dict(zip(stale, expected or [], strict=False))
    return [
        {
            "id": run.id,
            "run": run in stale,
            "reason": reason and reason.key.removeprefix("stale_"),
            "expected_seconds": seconds.get(run),
        }
        for run, reason in found
    ]


def describe_batch(batch: Batch, project: Project) -> dict[str, Any]:
    """Return the same for programs, as JSON; places are relative to the project."""

    def place(run: Run) -> str:
        return (project.reports / run.page).relative_to(project.root).as_posix()

    reports: list[dict[str, Any]] = [{"id": run.id, "status": "fresh", "page": place(run)} for run in batch.fresh]
    for outcome in batch.outcomes:
        row: dict[str, Any] = {"id": outcome.run.id, "status": "failed" if outcome.failed else "done"}
        row |= {"page": place(outcome.run), "seconds": round(outcome.seconds, 3)}
        if outcome.failed:
            row |= {"error": str(outcome.error), "cause": outcome.cause, "notebook": outcome.notebook}
        reports.append(row)
    reports += [{"id": run.id, "status": "not_run", "page": place(run)} for run in batch.left]
    return {
        "reports": reports,
        "index": batch.index.relative_to(project.root).as_posix(),
        "interrupted": batch.interrupted,
        "unmade_exports": batch.unmade,
        "trouble": batch.trouble,
        "exit_status": exit_status(batch),
    }


def _command(runs: Sequence[Run]) -> str:
    return shlex.join(["hpedu", "report", *(word for run in runs for word in ("--only", run.id))])
