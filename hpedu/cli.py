"""The `hpedu` command. Thin: it reads the words typed, calls the library and prints what came of it.

It speaks Vietnamese or English (`hpedu --language`, HPEDU_LANGUAGE, the locale). To add a command or an option,
write no text here. Output is `tell("KEY", name=value)`; its text goes into `messages.toml` in both languages,
and so do the help texts, as `help_COMMAND` and `help_COMMAND_OPTION` (a test names the missing ones). What goes
wrong is raised as an `HpeduError` (its text: `messages.toml`, under the name of the class, filled from its
attributes; a name mistyped is `UnknownName(kind, name, known)`). `console.SpokenGroup` prints it and ends with
status 1, or 2 for what was mistyped.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpedu.console import SpokenGroup, describe_os_error, spoken, tell
from hpedu.errors import HpeduError, UnknownName
from hpedu.messages import SPOKEN, note, say

if TYPE_CHECKING:
    from hpedu.batch.build import Batch
    from hpedu.batch.engine import Outcome


def _known_language(_context: click.Context, _param: click.Parameter, language: str | None) -> str | None:
    if language is not None and language not in SPOKEN:
        raise UnknownName("language", language, SPOKEN)
    return language


@click.group(cls=SpokenGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hpedu")
@click.option("--language", is_eager=True, callback=_known_language)
def commands(language: str | None) -> None:
    """Will the city's schools reach their goals? Statistics in, reports to 2030 out."""


def main() -> None:
    """Run the command; errors hpedu knows are told without a traceback (`hpedu.console`)."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without Vietnamese letters
    commands()


@commands.command()
@click.option("--force", is_flag=True)
def ingest(force: bool) -> None:
    """Read data/raw into data/processed (observations and the list of what was set aside)."""
    from hpedu.ingest.pipeline import ingest as run
    from hpedu.paths import find_project

    found = run(find_project(), force=force, progress=_show_file if sys.stderr.isatty() else lambda _: None)
    done = note("ingest_done", **vars(found))
    if found.fresh:
        tell("ingest_fresh", text=done)
    else:
        tell("plain", text=done)


def _show_file(path: str) -> None:
    click.echo(f"\r\033[K{path}", nl=False, err=True)


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Say what would be read of FILES and what not, and propose a layout for a table that has none."""
    from hpedu.ingest.check import check_file, describe

    failed = False
    for file in files:
        click.echo(f"{file}:")
        try:
            for line in describe(check_file(file), spoken()):
                click.echo(f"  {line}" if line else "")
        except HpeduError as error:
            failed = True
            click.echo(f"  {error.say(spoken())}", err=True)
        except OSError as error:
            failed = True
            click.echo(f"  {describe_os_error(error, spoken())}", err=True)
        except ValueError as error:
            failed = True
            click.echo(f"  {say('is_damaged', spoken(), error=error)}", err=True)
    if failed:
        sys.exit(1)


@commands.command()
@click.option("--group", "groups", multiple=True)
@click.option("--territory", "territories", multiple=True)
@click.option("--language", "languages", multiple=True)
@click.option("--year", type=int)
@click.option("--workers", type=click.IntRange(1))
@click.option("--force", is_flag=True)
@click.option("--xlsx", "workbook", is_flag=True)
@click.option("--package", is_flag=True)
@click.option("--pdf", is_flag=True)
@click.option("--dry-run", is_flag=True)
def report(
    groups: tuple[str, ...],
    territories: tuple[str, ...],
    languages: tuple[str, ...],
    year: int | None,
    workers: int | None,
    force: bool,
    workbook: bool,
    package: bool,
    pdf: bool,
    dry_run: bool,
) -> None:
    """Run the report notebooks and publish their pages under reports/."""
    from hpedu.batch import build
    from hpedu.batch.plan import make_plan
    from hpedu.paths import find_project
    from hpedu.present.pdf import find_browser

    project = find_project()
    plan = make_plan(groups, territories, languages, year)
    if dry_run:
        record, inputs = build.read_build(project), build.describe_inputs(project)
        for run in plan:
            fresh = not force and build.is_fresh(run, record, inputs, project)
            click.echo(f"{say('report_fresh' if fresh else 'report_to_run', spoken()):<8} {run.id}")
        return
    if pdf:
        find_browser()  # before an hour of reports, not after it
    wanted = {"workbook": workbook, "package": package, "pdf": pdf}
    exports = [kind for kind, asked in wanted.items() if asked]
    batch = build.run_batch(plan, project, workers=workers, force=force, exports=exports, progress=_show_outcome)
    _recap(batch)


def _show_outcome(done: int, total: int, outcome: Outcome) -> None:
    result = note("report_run_failed", error=outcome.error) if outcome.failed else note("report_run_done")
    click.echo(f"[{done}/{total}] {outcome.run.id}  {outcome.seconds:.1f} s  {result.say(spoken())}")


def _recap(batch: Batch) -> None:
    done = len(batch.outcomes) - len(batch.failures)
    tell("report_recap", done=done, fresh=len(batch.fresh), failed=len(batch.failures))
    for outcome in batch.failures:
        click.echo(f"  {outcome.run.id}: {outcome.error}", err=True)
        if outcome.notebook:
            click.echo(f"    {say('report_kept', spoken(), notebook=outcome.notebook)}", err=True)
    tell("report_open", index=batch.index)
    if batch.failures:
        sys.exit(1)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path) -> None:
    """Write a project of invented figures into FOLDER, to see every chart; each page of it says so."""
    from hpedu.demo.project import write_demo
    from hpedu.paths import HOME_VARIABLE, find_project
    from hpedu.registry import registry

    write_demo(folder, find_project(), registry())
    tell("demo_done", folder=folder, variable=HOME_VARIABLE)


@commands.command()
@click.option("--group", required=True)
@click.option("--year", type=int, required=True)
@click.option("--territory", default="hai_phong", show_default=True)
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def form(group: str, year: int, territory: str, path: Path) -> None:
    """Write the empty input form: what no published table holds for a year, and who has it."""
    from hpedu import data
    from hpedu.present.form import write_form
    from hpedu.registry import registry

    count = write_form(
        path, group=group, year=year, territory=territory, observations=data.observations(), book=registry()
    )
    tell("form_done", path=path, count=count)


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--targets", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--until", type=int, default=2030, show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path))
def outlook(file: Path, targets: Path | None, until: int, output: Path | None) -> None:
    """Carry the series of any CSV forward, judge its targets, merge its parts or project its enrolment."""
    from hpedu.files import write_whole
    from hpedu.outlook.shapes import foresee_table, read_table

    goals = read_table(targets.read_bytes(), targets.name) if targets else None
    found = foresee_table(read_table(file.read_bytes(), file.name), file.name, targets=goals, until=until)
    if output is None:
        tell("plain", text=found.write_csv().rstrip("\n"))
    else:
        write_whole(output, found.write_csv().encode())
        tell("outlook_done", path=output, count=found.height)


@commands.command()
@click.argument("target", required=False)
@click.option("--group")
@click.option("--state")
@click.option("--department")
@click.option("--territory", default="hai_phong", show_default=True)
@click.option("--language", callback=_known_language)
def targets(
    target: str | None,
    group: str | None,
    state: str | None,
    department: str | None,
    territory: str,
    language: str | None,
) -> None:
    """List the targets of the plans with where each stands, or show one TARGET in full."""
    from hpedu.present.listing import list_lines, show_lines

    language = language or spoken()
    lines = (
        show_lines(target, territory, language)
        if target
        else list_lines(group=group, state=state, department=department, territory=territory, language=language)
    )
    for line in lines:
        click.echo(line)
