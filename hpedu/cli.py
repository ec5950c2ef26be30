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

import click

from hpedu.cli_report import report
from hpedu.console import SpokenGroup, describe_os_error, spoken, tell
from hpedu.errors import HpeduError, UnknownName
from hpedu.messages import SPOKEN, note, say


def _known_language(_context: click.Context, _param: click.Parameter, language: str | None) -> str | None:
    if language is not None and language not in SPOKEN:
        raise UnknownName("language", language, SPOKEN)
    return language


@click.group(cls=SpokenGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hpedu", message="%(prog)s %(version)s")
@click.option("--language", is_eager=True, callback=_known_language)
def commands(language: str | None) -> None:
    """Will the city's schools reach their goals? Statistics in, reports to 2030 out."""


commands.add_command(report)


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
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path) -> None:
    """Write a project of invented figures into FOLDER, to see every chart; each page of it says so."""
    from hpedu.demo.project import write_demo
    from hpedu.paths import HOME_VARIABLE
    from hpedu.registry import registry

    write_demo(folder, registry())
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
