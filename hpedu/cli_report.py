"""`hpedu report`: what may be typed, checked up front; the batch itself is `hpedu.batch`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from hpedu.console import SpokenCommand, spoken, tell
from hpedu.errors import HpeduError

if TYPE_CHECKING:
    from hpedu.batch.build import Progress, Settings
    from hpedu.batch.plan import Run
    from hpedu.paths import Project


class NotTogether(HpeduError):
    """Two options that contradict each other."""

    status = 2

    def __init__(self, one: str, other: str) -> None:
        self.one, self.other = one, other
        super().__init__(one, other)


class NoExportOfCommunes(HpeduError):
    """Workbooks and data packages are of territories with targets."""

    status = 2


@click.command(cls=SpokenCommand)
@click.option("--group", "groups", multiple=True)
@click.option("--territory", "territories", multiple=True)
@click.option("--language", "languages", multiple=True)
@click.option("--year", type=int)
@click.option("--only", multiple=True, metavar="ID")
@click.option("--limit", type=click.IntRange(1))
@click.option("--list", "listed", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--keep-going/--stop-at-first", default=True)
@click.option("--xlsx", "workbook", is_flag=True)
@click.option("--package", is_flag=True)
@click.option("--pdf", is_flag=True)
@click.option("--workers", type=click.IntRange(1))
@click.option("--engine", type=click.Choice(["fast", "papermill"]), default="fast", show_default=True)
@click.option("--cluster", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True)
def report(
    groups: tuple[str, ...],
    territories: tuple[str, ...],
    languages: tuple[str, ...],
    year: int | None,
    only: tuple[str, ...],
    listed: bool,
    dry_run: bool,
    as_json: bool,
    workbook: bool,
    package: bool,
    pdf: bool,
    **how: Any,
) -> None:
    """Run the report notebooks and publish their pages under reports/. What is up to date is left alone."""
    chosen = {"--group": groups, "--territory": territories, "--language": languages, "--year": year is not None}
    for name, given in chosen.items():
        _refuse_both("--only", only, name, given)
    for name, given in {"--dry-run": dry_run, "--force": how["force"], "--limit": how["limit"]}.items():
        _refuse_both("--list", listed, name, given)
    _refuse_both("--cluster", how["cluster"], "--engine papermill", how["engine"] == "papermill")
    from hpedu.batch.build import Settings
    from hpedu.batch.plan import make_plan, pick_runs
    from hpedu.paths import find_project
    from hpedu.present.pdf import find_browser

    project = find_project()
    plan = pick_runs(only) if only else make_plan(groups, territories, languages, year)
    wanted = {"workbook": workbook, "package": package, "pdf": pdf}
    exports = tuple(kind for kind, asked in wanted.items() if asked)
    if pdf:
        find_browser()  # before an hour of reports, not after it
    if (workbook or package) and any(run.of_commune for run in plan):
        raise NoExportOfCommunes
    settings = Settings(**how, exports=exports)
    if listed:
        click.echo(_write([run.id for run in plan]) if as_json else "\n".join(run.id for run in plan))
    elif dry_run:
        _show_plan(plan, project, settings, as_json)
    else:
        _run(plan, project, settings, as_json)


def _refuse_both(one: str, given: object, other: str, other_given: object) -> None:
    if given and other_given:
        raise NotTogether(one, other)


def _show_plan(plan: Sequence[Run], project: Project, settings: Settings, as_json: bool) -> None:
    from hpedu.batch.build import list_stale
    from hpedu.batch.freshness import read_state
    from hpedu.batch.progress import spell_seconds
    from hpedu.batch.record import read_build
    from hpedu.batch.times import expect_seconds, read_times
    from hpedu.tables.record import prepare

    state, record = read_state(project, prepare(project)), read_build(project)
    found = list_stale(plan, state, record, force=settings.force)
    stale = [run for run, reason in found if reason][: settings.limit]
    expected = expect_seconds(stale, read_times(project), settings.engine)
    if as_json:
        seconds = dict(zip(stale, expected or [], strict=False))
        rows = [
            {
                "id": run.id,
                "run": run in stale,
                "reason": reason and reason.key.removeprefix("stale_"),
                "expected_seconds": seconds.get(run),
            }
            for run, reason in found
        ]
        click.echo(_write(rows))
        return
    for run, reason in found:
        if reason is None:
            tell("report_fresh", id=run.id)
        else:
            tell("report_to_run" if run in stale else "report_later", id=run.id, reason=reason)
    tell("report_plan", stale=len(stale), count=len(plan))
    if expected:
        tell("report_work", time=spell_seconds(sum(expected)))


def _run(plan: Sequence[Run], project: Project, settings: Settings, as_json: bool) -> None:
    from hpedu.batch.build import run_batch
    from hpedu.batch.recap import describe_batch, exit_status, recap

    batch = run_batch(plan, project, settings, _choose_progress(as_json))
    status = exit_status(batch)
    if as_json:
        click.echo(_write(describe_batch(batch, project)))
    for line in recap(batch):
        click.echo(line.say(spoken()), err=as_json or bool(status))
    sys.exit(status)


def _choose_progress(as_json: bool) -> Progress:
    from hpedu.batch.progress import Bar, Lines

    if sys.stderr.isatty():
        return Bar(sys.stderr, spoken())
    return Lines(sys.stderr if as_json else sys.stdout, spoken())


def _write(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)
