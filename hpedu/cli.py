"""The `hpedu` command. Thin: it reads the words typed, calls the library and prints what came of it."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpedu.errors import HpeduError, UnknownName

if TYPE_CHECKING:
    from hpedu.batch.build import Batch
    from hpedu.batch.engine import Outcome


class HintingGroup(click.Group):
    """A group of commands that names the closest one for a mistyped word."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            hint = get_close_matches(args[0], known, n=1) or known
            ctx.fail(f"No such command {args[0]!r}. Did you mean: {', '.join(hint)}?")
        return super().resolve_command(ctx, args)


@click.group(cls=HintingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hpedu")
def commands() -> None:
    """Will the city's schools reach their goals? Statistics in, reports to 2030 out."""


def main() -> None:
    """Run the command. An error hpedu knows is printed without a traceback; exit status 1, or 2 for a bad name."""
    try:
        commands(standalone_mode=True)
    except HpeduError as error:
        click.echo(f"hpedu: {error}", err=True)
        sys.exit(2 if isinstance(error, UnknownName) else 1)


@commands.command()
@click.option("--force", is_flag=True, help="Read everything again even if nothing has changed.")
def ingest(force: bool) -> None:
    """Read data/raw into data/processed (observations and the list of what was set aside)."""
    from hpedu.ingest.pipeline import ingest as run
    from hpedu.paths import find_project

    found = run(find_project(), force=force, progress=_show_file if sys.stderr.isatty() else lambda _: None)
    click.echo(
        ("Nothing changed: " if found.fresh else "")
        + f"{found.files} files: {found.published} published figures, {found.derived} derived, "
        + f"{found.set_aside} cells set aside, {found.findings} findings to look at (page data_quality)"
    )


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
            for line in describe(check_file(file)):
                click.echo(f"  {line}" if line else "")
        except OSError as error:
            failed = True
            click.echo(f"  cannot be opened: {error.strerror}", err=True)
        except ValueError as error:
            failed = True
            click.echo(f"  {error}", err=True)
    if failed:
        sys.exit(1)


@commands.command()
@click.option(
    "--group", "groups", multiple=True, help="overview, preschool, general, higher or continuing. Repeatable."
)
@click.option(
    "--territory", "territories", multiple=True, help="hai_phong (default), hai_phong_old ... Repeatable."
)
@click.option("--language", "languages", multiple=True, help="vi or en; both by default. Repeatable.")
@click.option("--year", type=int, help="Year in which the school year starts; the newest in the data by default.")
@click.option("--workers", type=click.IntRange(1), help="Notebooks run at a time; one a core by default.")
@click.option("--force", is_flag=True, help="Run reports again even if nothing they are made from has changed.")
@click.option("--xlsx", "workbook", is_flag=True, help="Write a workbook beside each page, too.")
@click.option("--package", is_flag=True, help="Write a Frictionless data package beside each page, too.")
@click.option("--dry-run", is_flag=True, help="Only list what would be run.")
def report(
    groups: tuple[str, ...],
    territories: tuple[str, ...],
    languages: tuple[str, ...],
    year: int | None,
    workers: int | None,
    force: bool,
    workbook: bool,
    package: bool,
    dry_run: bool,
) -> None:
    """Run the report notebooks and publish their pages under reports/."""
    from hpedu.batch import build
    from hpedu.batch.plan import make_plan
    from hpedu.paths import find_project

    project = find_project()
    plan = make_plan(groups, territories, languages, year)
    if dry_run:
        record, inputs = build.read_build(project), build.describe_inputs(project)
        for run in plan:
            fresh = not force and build.is_fresh(run, record, inputs, project)
            click.echo(f"{'fresh' if fresh else 'run  '}  {run.id}")
        return
    exports = [kind for kind, asked in (("workbook", workbook), ("package", package)) if asked]
    batch = build.run_batch(plan, project, workers=workers, force=force, exports=exports, progress=_show_outcome)
    _recap(batch)


def _show_outcome(done: int, total: int, outcome: Outcome) -> None:
    result = f"FAILED  {outcome.error}" if outcome.failed else "done"
    click.echo(f"[{done}/{total}] {outcome.run.id}  {outcome.seconds:.1f} s  {result}")


def _recap(batch: Batch) -> None:
    done = len(batch.outcomes) - len(batch.failures)
    click.echo(f"{done} reports written, {len(batch.fresh)} were up to date, {len(batch.failures)} failed.")
    for outcome in batch.failures:
        click.echo(f"  {outcome.run.id}: {outcome.error}", err=True)
        if outcome.notebook:
            click.echo(f"    the executed notebook is kept: {outcome.notebook}", err=True)
    click.echo(f"Open in a browser: {batch.index}")
    if batch.failures:
        sys.exit(1)


@commands.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    """Write a project of invented figures into FOLDER, to see every chart; each page of it says so."""
    from hpedu.demo.project import write_demo
    from hpedu.paths import HOME_VARIABLE, find_project
    from hpedu.registry import registry

    write_demo(folder, find_project(), registry())
    click.echo(f"Invented figures are in {folder}. Look at them with: {HOME_VARIABLE}={folder} hpedu report")


@commands.command()
@click.option("--group", required=True, help="preschool, general, higher, continuing or cross_cutting.")
@click.option("--year", type=int, required=True, help="Year in which the school year starts.")
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
    click.echo(f"{path}: {count} figures to fill in, milestones and tasks. Filled in, it goes into data/raw.")


@commands.command()
@click.argument("target", required=False)
@click.option("--group", help="preschool, general, higher, continuing or cross_cutting.")
@click.option("--state", help="met, likely, uncertain, unlikely, one_point, no_data ...")
@click.option("--department", help="Id of a department, such as quality.")
@click.option("--territory", default="hai_phong", show_default=True)
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def targets(
    target: str | None,
    group: str | None,
    state: str | None,
    department: str | None,
    territory: str,
    language: str,
) -> None:
    """List the targets of the plans with where each stands, or show one TARGET in full."""
    from hpedu.present.listing import list_lines, show_lines

    lines = (
        show_lines(target, territory, language)
        if target
        else list_lines(group=group, state=state, department=department, territory=territory, language=language)
    )
    for line in lines:
        click.echo(line)
