"""Be the `hpedu` command: read the words typed, call the library and print what came of it.

It speaks Vietnamese or English (`hpedu --language`, HPEDU_LANGUAGE, the locale). To add a command or an option,
write no text here. Output is `tell("KEY", name=value)`; its text goes into `texts/command.toml` in both languages,
and so do the help texts, as `help_COMMAND` and `help_COMMAND_OPTION` (a test names the missing ones). What goes
wrong is raised as an `HpeduError`: `Refused("KEY", name=value)`, `mistyped("KEY", ...)` for what was typed
wrongly, `UnknownName(kind, name, known)` for a name. `console.SpokenGroup` prints it and ends with its status: 1,
or 2 for what was mistyped.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from hpedu.console import (
    FileToWrite,
    SchoolYear,
    SpokenCommand,
    SpokenGroup,
    ask_field,
    check_streams,
    describe_failure,
    refuse_together,
    spoken,
    tell,
)
from hpedu.errors import HpeduError, Refused, check_language, check_name, mistyped
from hpedu.texts import LANGUAGE_VARIABLE, LANGUAGES, Message, message, say

if TYPE_CHECKING:
    from hpedu.batch.build import Batch, Settings
    from hpedu.batch.plan import Run
    from hpedu.batch.progress import Lines
    from hpedu.digest import Prepared
    from hpedu.folders import Project


class Id(click.types.StringParamType):
    """An id of the registry, which a shell completes; `checked` unless the plan of a batch checks it."""

    def __init__(self, kind: str, *, checked: bool = True) -> None:
        self.kind, self.checked = kind, checked

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return check_name(self.kind, value, self._list_known()) if self.checked else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self._list_known() if name.startswith(incomplete)]

    def _list_known(self) -> Iterable[str]:
        from hpedu.registry import load_registry

        if self.kind == "language":
            return LANGUAGES
        registry = load_registry()
        if self.kind == "territory":
            return registry.reported_territories()
        return registry.groups if self.kind == "group" else registry.known(self.kind)


EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
year_option = click.option("--year", type=SchoolYear())
group_option = click.option("--group", type=Id("group"))
department_option = click.option("--department", type=Id("department"))
territory_option = click.option("--territory", type=Id("territory"))
json_option = click.option("--json", "as_json", is_flag=True)


@click.command(cls=SpokenCommand)
@click.option("--group", "--notebook", "groups", multiple=True, type=Id("group", checked=False))
@click.option("--territory", "territories", multiple=True, type=Id("territory", checked=False))
@click.option("--language", "languages", multiple=True, type=Id("language"))
@year_option
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
@click.option("--max-seconds", type=click.IntRange(1))
@click.option("--max-memory", type=click.IntRange(1), metavar="MB")
@click.option("--engine", type=click.Choice(["fast", "papermill"]), default="fast", show_default=True)
@click.option("--cluster", metavar="ADDRESS")
@click.option("--made-by", metavar="OFFICE")
@json_option
def report(
    only: tuple[str, ...], listed: bool, dry_run: bool, made_by: str | None, as_json: bool, **how: Any
) -> None:
    """Run the report notebooks and publish their pages under reports/. What is up to date is left alone."""
    refuse_together("--only", "--group", "--territory", "--language", "--year")
    refuse_together("--list", "--dry-run", "--force", "--limit")
    refuse_together("--cluster", "--engine")
    from hpedu.batch.build import Settings
    from hpedu.batch.plan import Limits, check_shell, make_plan, pick_runs
    from hpedu.folders import find_project
    from hpedu.present.page.pdf import find_browser
    from hpedu.registry.load import name_office

    project = find_project()
    if not (listed or dry_run):
        check_shell(how["workers"] or os.cpu_count() or 1)
        if made_by is not None:
            name_office(project, made_by)
    asked = [how.pop(name) for name in ("groups", "territories", "languages", "year")]
    plan = pick_runs(only) if only else make_plan(*asked)
    exports = tuple(kind for kind in ("workbook", "package", "pdf") if how.pop(kind))
    if "pdf" in exports:
        # Missing it is reported before an hour of reports, not after it.
        find_browser()
    if {"workbook", "package"} & set(exports) and any(run.of_commune for run in plan):
        raise mistyped("communes_no_export")
    usual = Limits()
    limits = Limits(how.pop("max_seconds") or usual.report_seconds, how.pop("max_memory") or usual.memory_mb)
    settings = Settings(**how, limits=limits, exports=exports)
    if listed:
        click.echo(_write([run.id for run in plan]) if as_json else "\n".join(run.id for run in plan))
    elif dry_run:
        _show_plan(plan, project, settings, as_json)
    else:
        _run(plan, project, settings, as_json)


def _show_plan(plan: Sequence[Run], project: Project, settings: Settings, as_json: bool) -> None:
    from hpedu.batch.build import list_stale
    from hpedu.batch.freshness import State, read_build
    from hpedu.batch.plan import prepare_tables
    from hpedu.batch.progress import expect_seconds, read_times, spell_seconds
    from hpedu.batch.recap import describe_plan

    prepared = prepare_tables(project)
    _tell_unread(prepared)
    state, record = State(project, prepared), read_build(project)
    if record.damage is not None:
        click.echo(record.damage.say(spoken()), err=True)
    found = list_stale(plan, state, record, force=settings.force)
    stale = [run for run, reason in found if reason][: settings.limit]
    expected = expect_seconds(stale, read_times(project), settings.engine)
    if as_json:
        click.echo(_write(describe_plan(found, stale, expected)))
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
    from hpedu.batch.recap import describe_batch, exit_status
    from hpedu.digest import read_prepared

    batch = run_batch(plan, project, settings, _choose_progress(as_json))
    status = exit_status(batch)
    prepared = read_prepared(project)
    if prepared is not None:
        _tell_unread(prepared)
    if as_json:
        click.echo(_write(describe_batch(batch, project)))
    _tell_batch(batch, err=as_json or bool(status))
    sys.exit(status)


def _tell_batch(batch: Batch, *, err: bool = False) -> None:
    from hpedu.batch.recap import recap

    for line in recap(batch):
        click.echo(line.say(spoken()), err=err)
    _tell_findings(batch.findings)


def _tell_findings(found: Iterable[tuple[Path, Message]]) -> None:
    for page, finding in found:
        click.echo(f"{'/'.join(page.parts[-4:])}: {finding.say(spoken())}", err=True)


def _choose_progress(as_json: bool) -> Lines:
    from hpedu.batch.progress import Bar, Lines

    if sys.stderr.isatty():
        return Bar(sys.stderr, spoken())
    return Lines(sys.stderr if as_json else sys.stdout, spoken())


def _write(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)


@click.group(cls=SpokenGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hpedu", message="%(prog)s %(version)s")
@click.option("--language", is_eager=True, type=Id("language"))
def commands(language: str | None) -> None:
    """Will the city's schools reach their goals? Statistics in, reports to 2030 out."""
    if language is None and (meant := os.environ.get(LANGUAGE_VARIABLE)):
        check_name("language of the environment", meant[:2].lower(), LANGUAGES)


commands.add_command(report)


def main() -> None:
    """Run the command; errors hpedu knows are reported without a traceback (`hpedu.console`)."""
    check_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Vietnamese letters must not end the command; a file or pipe has them all.
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="replace")  # type: ignore[union-attr]
    commands()


@commands.command()
@click.option("--force", is_flag=True)
@click.option("--strict", is_flag=True)
def ingest(force: bool, strict: bool) -> None:
    """Read data/raw into data/processed (observations and the list of what was set aside)."""
    from hpedu.cache import prune_cache
    from hpedu.digest import read_fresh
    from hpedu.folders import find_project

    project = find_project()
    if force:
        # Whoever asks for it trusts nothing that was made before.
        prune_cache(project, 0)
    fresh = None if force else read_fresh(project)
    if fresh is None:
        # What makes tables takes a second to load.
        from hpedu.store import make_tables

    made = fresh or make_tables(project, _show_file if sys.stderr.isatty() else lambda _: None)
    tell("ingest_fresh" if fresh else "plain", text=message("ingest_done", **made.counts))
    if made.counts["errors"]:
        tell("ingest_errors", err=True, **made.counts)
    _tell_unread(made)
    # Reports go on without figures that are out of use, so it takes `--strict` to stop for them.
    if made.unread or (strict and made.counts["errors"]):
        sys.exit(INCOMPLETE)


INCOMPLETE = 3
"""Status of `hpedu ingest` when the tables are made, but not of all files, or (strictly) with errors."""


def _tell_unread(prepared: Prepared) -> None:
    """Name the files that were not read: their figures are missing wherever tables and pages are made."""
    if prepared.unread:
        tell("ingest_unread", err=True, count=len(prepared.unread))
    for one in prepared.unread:
        click.echo(f"  - {one[spoken()]}", err=True)


def _show_cells(done: int, cells: int) -> None:
    """Show how far the reading of a large table is, in one line of a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{say('cells_done', spoken(), read=done, cells=cells)}", nl=False, err=True)


def _show_file(path: str) -> None:
    click.echo(f"\r\033[K{path}", nl=False, err=True)


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Say what would be read of FILES, what not and what is doubtful; propose a layout for a table without one."""
    from hpedu.ingest.layouts import find_broken
    from hpedu.ingest.propose import check_file, describe
    from hpedu.present.impact import describe_impact
    from hpedu.registry import load_registry

    failed, registry = False, load_registry()
    for layout in find_broken():
        for problem in layout.problems:
            click.echo(problem.say(spoken()), err=True)
    for file in files:
        click.echo(f"{file}:")
        try:
            checked = check_file(file, registry, _show_cells)
            failed |= checked.is_doubtful
            lines = [*describe(checked, registry, spoken()), *describe_impact(checked, registry, spoken())]
        except (HpeduError, OSError, ValueError) as error:
            failed = True
            click.echo(f"  {describe_failure(error, spoken())}", err=True)
        else:
            for line in lines:
                click.echo(f"  {line}" if line else "")
    if failed:
        sys.exit(1)


@commands.command()
@click.argument("file", type=EXISTING)
@click.option("--title")
@click.option("--publisher")
@click.option("--table")
@click.option("--url")
@click.option("--published")
@click.option("--scope")
@click.option("--confidence")
@click.option("--transcription", is_flag=True, default=None)
@click.option("--name")
def add(file: Path, **given: Any) -> None:
    """Write the entry of FILE in data/raw/datapackage.json, and ask for what the file does not show."""
    from hpedu.folders import find_project
    from hpedu.ingest.entry import add_entry
    from hpedu.registry import load_registry

    ask = ask_field if sys.stdin.isatty() else None
    resource = add_entry(file, find_project(), given, load_registry(), ask)
    tell("add_done", path=resource.path, title=resource.title, publisher=resource.publisher)


@commands.command()
@click.argument("service")
@click.option("--list", "listed", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--allow-gone", is_flag=True)
def fetch(service: str, listed: bool, **how: bool) -> None:
    """Bring published tables of SERVICE (nso, uis, worldbank or all) into data/raw; nothing else goes online."""
    refuse_together("--list", "--dry-run", "--force", "--allow-gone")
    if find_spec("httpx") is None:
        raise Refused("no_fetch")
    from hpedu.fetch.arrivals import Arrivals
    from hpedu.fetch.routes import load_services
    from hpedu.fetch.visitor import Visitor
    from hpedu.folders import find_project
    from hpedu.registry import load_registry

    services = load_services()
    check_name("service", service, [*services, "all"])
    chosen = [one for one in services.values() if service in (one.id, "all")]
    if listed:
        for name, table in ((one.id, table) for one in chosen for table in one.tables):
            tell("fetch_listed", name=name, file=table.file, title=table.name)
        return
    failed = Arrivals(find_project(), load_registry(), Visitor(_echo), _echo, **how).fetch(chosen)
    if failed:
        tell("fetch_not_all", err=True, count=failed)
        sys.exit(1)


def _echo(line: Message) -> None:
    click.echo(line.say(spoken()))


@commands.command()
@click.option("--group", "--notebook", "groups", multiple=True, type=Id("group", checked=False))
@click.option("--territory", "territories", multiple=True, type=Id("territory", checked=False))
@click.option("--language", "languages", multiple=True, type=Id("language"))
@year_option
@click.option("--workers", type=click.IntRange(1))
def watch(workers: int | None, **wanted: Any) -> None:
    """Keep the pages up to date while files are edited; Ctrl-C ends it."""
    from hpedu.batch.build import Settings
    from hpedu.batch.plan import check_shell, make_plan
    from hpedu.batch.watch import watch as keep_watch
    from hpedu.folders import find_project

    check_shell(workers or os.cpu_count() or 1)
    make_plan(**wanted)  # a name mistyped is told at once
    project, settings, progress = find_project(), Settings(workers=workers), _choose_progress(False)
    sys.exit(keep_watch(project, lambda: make_plan(**wanted), settings, progress, _tell_batch))


@commands.command("lint-pages")
@click.argument("pages", nargs=-1, type=EXISTING)
def lint_pages(pages: tuple[Path, ...]) -> None:
    """Find in finished PAGES what would mislead a reader; by default in all of reports/."""
    from hpedu.folders import find_project
    from hpedu.present.page.lint import lint_folder

    wanted = pages or sorted(find_project().reports.glob("[0-9]*/**/*.html"))
    found = list(lint_folder(wanted))
    _tell_findings(found)
    if found:
        sys.exit(1)
    tell("lint_done", count=len(wanted))


@commands.command()
@click.option("--note", required=True)
@click.option("--why", default="")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD")
def issue(note: str, why: str, day: datetime | None) -> None:
    """Freeze the finished pages as an edition under reports/issued/DATE; what was issued is never rewritten."""
    from hpedu.batch.issue import issue_pages
    from hpedu.folders import find_project

    folder = issue_pages(find_project(), (day or datetime.now()).date(), note, why)
    tell("issue_done", folder=folder)


@commands.command()
@click.option("--history", is_flag=True)
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path, history: bool) -> None:
    """Write a project of invented figures into FOLDER, to see every chart; each page of it says so."""
    from hpedu.demo.project import write_demo
    from hpedu.folders import HOME_VARIABLE
    from hpedu.registry import load_registry

    write_demo(folder, load_registry(), history=history)
    tell("demo_done", folder=folder, variable=HOME_VARIABLE)


@commands.command()
@click.argument("name")
@click.option("--title")
def new(name: str, title: str | None) -> None:
    """Start a notebook NAME of your own from a template; `hpedu report --notebook NAME` makes a page of it."""
    from hpedu.desk.start import start_notebook
    from hpedu.folders import find_project

    project = find_project()
    path = start_notebook(project, name, title).relative_to(project.root).as_posix()
    tell("new_done", path=path, name=name)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new project in an empty FOLDER: notebooks, folders, published figures and a README."""
    from hpedu.demo.project import write_project

    tell("init_done", folder=folder, count=write_project(folder))


@commands.command()
@group_option
@department_option
@year_option
@click.option("--school-list", is_flag=True)
@click.option("--history", metavar="2019-2025")
@territory_option
@click.argument("path", type=FileToWrite(".xlsx"))
def form(
    group: str | None,
    department: str | None,
    school_list: bool,
    year: int | None,
    history: str | None,
    territory: str | None,
    path: Path,
) -> None:
    """Write the empty input form: what no published table holds for a year, or for years past, and who has it."""
    refuse_together("--group", "--department")
    refuse_together("--school-list", "--group", "--department", "--territory")
    refuse_together("--history", "--year", "--territory", "--school-list")
    from hpedu import store
    from hpedu.folders import write_whole
    from hpedu.present.exports.form import check_path, write_form
    from hpedu.present.exports.history import read_years, write_history
    from hpedu.present.exports.school_form import make_school_form
    from hpedu.registry import load_registry

    registry, subject = load_registry(), department or group
    years = None if history is None else read_years(history)
    if year is None and years is None:
        raise mistyped("form_choose", options=["--year", "--history"])
    if subject is None and not school_list and years is None:
        raise mistyped("form_choose", options=["--group", "--department", "--school-list"])
    # A slip is told before tables are made.
    check_path(path)
    if years is not None:
        figures = store.observations()
        titles = {source.name: source.title_in("vi") for source in store.sources(figures["source"].unique())}
        count = write_history(
            path, years=years, subject=subject, observations=figures, titles=titles, registry=registry
        )
    elif year is not None and subject is not None:
        figures = store.observations()
        count = write_form(
            path, subject=subject, year=year, territory=territory, observations=figures, registry=registry
        )
    elif year is not None:
        content, count = make_school_form(store.schools(), registry, year)
        write_whole(path, content)
    tell("school_form_done" if school_list else "form_done", path=path, count=count)


@commands.command()
@department_option
@year_option
@json_option
def owed(department: str | None, year: int | None, as_json: bool) -> None:
    """List who owes which figures and reports, which forms came back, and what to ask for first."""
    from hpedu.folders import find_project
    from hpedu.present.owed import describe_owed, list_owed
    from hpedu.registry import load_registry

    registry = load_registry()
    found = list_owed(find_project(), registry, spoken(), year=year, division=department)
    click.echo(_write(asdict(found)) if as_json else "\n".join(describe_owed(found, registry, spoken())))


@commands.command()
@click.option("--kind", required=True)
@year_option
@click.option("--until")
@territory_option
@click.option("--pdf", is_flag=True)
@click.argument("path", type=FileToWrite(".docx"))
def review(kind: str, year: int | None, until: str | None, territory: str | None, pdf: bool, path: Path) -> None:
    """Write the report that the Director signs; a document that is there is never overwritten."""
    from hpedu.present.review.contents import Review
    from hpedu.present.review.edition import find_office, print_document, write_review

    if pdf:
        find_office()
    edition = write_review(path, Review(kind, territory=territory or "", year=year, until=until))
    tell("plain", text=edition.said)
    if pdf:
        tell("plain", text=str(print_document(edition.path)))


@commands.command()
@click.argument("file", type=EXISTING)
@click.option("--targets", type=EXISTING)
@click.option("--until", type=SchoolYear(), default=2030, show_default=True)
@click.option("--output", type=FileToWrite(".csv"))
def outlook(file: Path, targets: Path | None, until: int, output: Path | None) -> None:
    """Carry the series of any CSV forward, judge its targets, merge its parts or project its enrolment."""
    from hpedu.folders import write_whole
    from hpedu.outlook.table import foresee_table, read_table

    goals = read_table(targets.read_bytes(), targets.name) if targets else None
    found = foresee_table(read_table(file.read_bytes(), file.name), file.name, targets=goals, until=until)
    if output is None:
        tell("plain", text=found.write_csv().rstrip("\n"))
    else:
        write_whole(output, found.write_csv().encode())
        tell("outlook_done", path=output, count=found.height)


@commands.command()
@click.argument("target", required=False, type=Id("target"))
@group_option
@click.option("--state", type=Id("state"))
@department_option
@territory_option
@click.option("--language", type=Id("language"))
@json_option
@click.option("--csv", "as_csv", is_flag=True)
def targets(target: str | None, language: str | None, as_json: bool, as_csv: bool, **chosen: Any) -> None:
    """List the targets of the plans with where each stands, or show one TARGET in full."""
    tongue = check_language(language) if language else spoken()
    refuse_together("--json", "--csv")
    if as_json or as_csv:
        from hpedu.desk import tables

        found = tables.targets(target, language=tongue, **chosen)
        click.echo(_write(found.to_dicts()) if as_json else found.write_csv().rstrip("\n"))
        return
    from hpedu.present.report import show_lines
    from hpedu.present.scorecard import list_lines

    width = shutil.get_terminal_size().columns
    shown = show_lines(target, chosen["territory"], tongue) if target else None
    for line in shown or list_lines(language=tongue, width=width, **chosen):
        click.echo(line)
