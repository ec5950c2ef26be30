"""Run a batch: what is up to date is left alone, the rest is run, a failure stops nothing, the record says all."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import IO

from hpedu.batch.exports import (
    find_exports,
    find_stale_standings,
    renew_all_exports,
    renew_indexes,
    renew_standings,
)
from hpedu.batch.freshness import (
    Record,
    State,
    add_to_journal,
    explain_stale,
    make_entry,
    read_build,
    write_build,
)
from hpedu.batch.plan import Engine, Limits, Outcome, Run, prepare_tables
from hpedu.batch.progress import Lines, add_times, expect_seconds, read_times
from hpedu.digest import PREPARED_VARIABLE, vouch
from hpedu.errors import HpeduError, describe_error
from hpedu.folders import HOME_VARIABLE, PAGES_VARIABLE, Project, announce, name_index
from hpedu.texts import Message, message

INTERRUPTED = 130
"""Exit status of a batch that was interrupted."""


@contextmanager
def heeding_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGINT or SIGTERM, and end the process at a second one (main thread only)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping = False

    def heed(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            # As good as killed: kernels notice, and the next batch goes on from the journal.
            os._exit(INTERRUPTED)
        stopping = True
        stop()

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


LOCK = "batch.lock"
TRIES = 2


class BatchUnderWay(HpeduError):
    """Another batch is at work in this project."""

    process: str


@contextmanager
def lock_project(project: Project) -> Iterator[None]:
    """Keep other batches out while it lasts.

    Raises
    ------
    BatchUnderWay
        If one is at work already.
    """
    path = project.build / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        if not _take_lock(file):
            file.seek(0)
            raise BatchUnderWay(file.read().strip())
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take_lock(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            # A locked byte cannot be read on Windows: lock one that nobody reads.
            file.seek(4096)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@dataclass
class Batch:
    """The result of a batch."""

    index: Path  # in Vietnamese; the English one is next to it
    fresh: list[Run] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    left: list[Run] = field(default_factory=list)  # not run: after a limit, the first failure, or an interruption
    interrupted: bool = False
    findings: list[tuple[Path, Message]] = field(default_factory=list)  # what would mislead a reader of which page
    unmade: dict[str, str] = field(default_factory=dict)  # why exports could not be made, by id of the report
    damage: Message | None = None  # of the record of earlier batches, which then counts for nothing
    trouble: str = ""  # why the record could not be written

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]


@dataclass(frozen=True)
class Settings:
    """The way a batch is run; the runs themselves are in the plan."""

    workers: int | None = None  # reports at a time; None: one a core
    force: bool = False  # run fresh reports too
    keep_going: bool = True  # after a failure
    limit: int | None = None  # how many reports are run at most
    engine: str = "fast"
    cluster: str | None = None  # address of a Dask scheduler, or "local"
    limits: Limits | None = None  # of time and memory, of one report
    exports: tuple[str, ...] = ()  # what to write with each page, of `hpedu.batch.exports.KINDS`


def list_stale(
    plan: Sequence[Run], state: State, record: Record, *, force: bool = False
) -> list[tuple[Run, Message | None]]:
    """Return each run of the plan with the reason to run it; None for those that are fresh."""
    forced = message("stale_forced") if force else None
    return [(run, explain_stale(run, record.reports.get(run.id), state) or forced) for run in plan]


def run_batch(
    plan: Sequence[Run],
    project: Project,
    settings: Settings | None = None,
    progress: Lines | None = None,
    engine: Engine | None = None,
) -> Batch:
    """Bring the planned pages up to date, then the index and the record.

    What became of a report is recorded as soon as it ends, so that the next batch goes on where a killed one
    stopped. An interruption (Ctrl-C) lets the reports under way end and runs no more.

    Parameters
    ----------
    engine
        One that is open already, and stays so; by default one is opened where something has to be run.

    Raises
    ------
    BatchUnderWay
        If another batch is at work in the project.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        stack.enter_context(lock_project(project))
        prepared = prepare_tables(project)
        stack.enter_context(announce(HOME_VARIABLE, str(project.root)))
        stack.enter_context(announce(PREPARED_VARIABLE, vouch(prepared.digest)))
        stack.enter_context(announce(PAGES_VARIABLE, " ".join(str(run.page) for run in plan)))
        clear_drafts(project)
        state, record = State(project, prepared), read_build(project)
        batch = Batch(project.reports / name_index("vi"), damage=record.damage)
        places = find_stale_standings(plan, state, record)
        if (places or settings.force) and engine is None and settings.cluster is None:
            # Something is to be run: what is kept warm loads while it is found out which pages that touches.
            engine = stack.enter_context(open_engine(settings, project))
        renew_standings(places, state, record)
        found = list_stale(plan, state, record, force=settings.force)
        batch.fresh = [run for run, reason in found if not reason]
        stale = [run for run, reason in found if reason]
        wanted = stale[: settings.limit]
        batch.left = stale[len(wanted) :]
        if wanted:
            engine = engine or stack.enter_context(open_engine(settings, project))
            # What the index is drawn with, too, loads while a core waits for what is kept warm.
            import_module("hpedu.present.page.index")
            _run_all(engine, wanted, batch, state, record, settings, progress)
        _write_records(batch, state, record, settings.exports)
        made = [project.reports / one.run.page for one in batch.outcomes if not one.failed]
        if engine and made:
            batch.findings = engine.lint(made)
        return batch


def clear_drafts(project: Project) -> None:
    """Remove the half-written files a killed batch left under reports/; only the holder of the lock may."""
    if project.reports.exists():
        for draft in project.reports.rglob(".*.part"):
            draft.unlink(missing_ok=True)


def open_engine(settings: Settings, project: Project) -> AbstractContextManager[Engine]:
    """Open the engine that runs the reports, here or on a cluster. What it keeps warm ends with the block."""
    workers = settings.workers or os.cpu_count() or 1
    if settings.cluster is None:
        # papermill and all it brings come with these: not where everything is fresh.
        from hpedu.batch.engine import open_local

        return open_local(settings.engine, project, workers=workers, limits=settings.limits)
    # This one needs Dask, an extra.
    from hpedu.batch.cluster import open_cluster

    return open_cluster(settings.cluster, project, workers=workers, limits=settings.limits)


def _run_all(
    engine: Engine,
    wanted: Sequence[Run],
    batch: Batch,
    state: State,
    record: Record,
    settings: Settings,
    progress: Lines | None,
) -> None:
    project = state.project
    if progress:
        expected = expect_seconds(wanted, read_times(project), engine.name)
        progress.start(wanted, len(batch.fresh), expected, engine.workers)

    def take(outcome: Outcome) -> bool:
        """Record an outcome; return whether to go on."""
        batch.outcomes.append(outcome)
        _record_outcome(outcome, batch, state, record)
        if progress:
            progress.advance(len(batch.outcomes), outcome)
        return settings.keep_going or not outcome.failed

    batch.interrupted = _drive(engine, wanted, take)
    if progress:
        progress.end()
    ended = {outcome.run for outcome in batch.outcomes}
    batch.left = [run for run in wanted if run not in ended] + batch.left
    finished = [(outcome.run, outcome.seconds) for outcome in batch.outcomes if not outcome.failed]
    try:
        add_times(project, engine.name, finished)
    except OSError as error:
        batch.trouble = str(error)


def _drive(engine: Engine, wanted: Sequence[Run], take: Callable[[Outcome], bool]) -> bool:
    """Run reports in as many threads as the engine has workers; return whether that was interrupted.

    Kernels are driven from threads of one process: jupyter_client guards its ports only within one.
    """
    waiting = list(reversed(wanted))
    going: set[Future[Outcome]] = set()
    interrupted = failed = False

    def stop() -> None:
        nonlocal interrupted
        interrupted = True

    with heeding_signals(stop), ThreadPoolExecutor(max_workers=engine.workers) as pool:
        while going or (waiting and not (interrupted or failed)):
            while waiting and len(going) < engine.workers and not (interrupted or failed):
                going.add(pool.submit(_run_once_or_twice, engine, waiting.pop()))
            ended, going = wait(going, return_when=FIRST_COMPLETED)
            for future in ended:
                failed |= not take(future.result())
    return interrupted


def _run_once_or_twice(engine: Engine, run: Run) -> Outcome:
    """Run a report; an engine raises nothing for what happens in it, but a full disk can stop the engine."""
    seconds = 0.0
    for _ in range(TRIES):
        started = time.perf_counter()
        try:
            outcome = engine.run(run)
        except OSError as error:
            outcome = Outcome(run, time.perf_counter() - started, describe_error(error), cause="system")
        seconds += outcome.seconds
        if not outcome.worth_retrying:
            break
    return replace(outcome, seconds=seconds)


def _record_outcome(outcome: Outcome, batch: Batch, state: State, record: Record) -> None:
    entry = make_entry(outcome.run, state, inputs=outcome.inputs, error=str(outcome.error))
    before = record.reports.get(outcome.run.id)
    entry["exports"] = find_exports(outcome.run, state.project) if before is None else before.get("exports", {})
    record.reports[outcome.run.id] = entry
    record.changed = True
    try:
        add_to_journal(state.project, outcome.run.id, entry)
    except OSError as error:
        # The disk is full: finished pages stay, and the record is tried once more at the end.
        batch.trouble = str(error)


def _write_records(batch: Batch, state: State, record: Record, exports: Sequence[str]) -> None:
    """Write exports and index pages, and last the record, which says what they were made from, too."""
    done = {outcome.run for outcome in batch.outcomes if not outcome.failed}
    try:
        batch.unmade = renew_all_exports(batch.fresh, done, exports, state, record)
        renew_indexes(state, record)
        if record.changed:
            write_build(record, state.project)
        for part in {part for outcome in batch.outcomes for part in outcome.inputs}:
            state.digest_of(part)  # targets are assessed now, where all is loaded, and not by the next batch
    except OSError as error:
        batch.trouble = str(error)
