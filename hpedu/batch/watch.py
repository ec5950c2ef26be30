"""Keep pages up to date while their data, registry and notebooks are edited.

Files are looked at a few times a second: that works on every system and shared disk. What is saved is said, and
the pages it touches are made again by an engine that stays warm between batches. Each batch is one of `run_batch`,
so a killed watch loses no more than a killed batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from hpedu import store
from hpedu.batch.build import INTERRUPTED, Batch, BatchUnderWay, Settings, open_engine, run_batch
from hpedu.batch.plan import Run
from hpedu.batch.progress import Lines
from hpedu.digest import digest_package, raw_files
from hpedu.errors import HpeduError, Refused
from hpedu.folders import MARKER, Project
from hpedu.ingest.layouts import forget_layouts
from hpedu.registry.load import forget_registry
from hpedu.texts import Message, message

LOOK_SECONDS = 0.2
BUSY_SECONDS = 2  # another batch is at work
NAMED = 5  # changed files
READ_ONCE = (("data", "registry"), ("data", "layouts"))

Stamps = dict[Path, tuple[int, int]]
"""Time and size of each file that pages are made from: whether they have changed is then told by content."""


def watch(
    project: Project,
    make_plan: Callable[[], Sequence[Run]],
    settings: Settings,
    progress: Lines,
    show: Callable[[Batch], None],
) -> int:
    """Make the pages of a plan, and again what a saved file touches, until Ctrl-C; return the exit status.

    Parameters
    ----------
    make_plan
        Called before each batch: new data may have a new year.
    progress
        What is said besides goes there, too.
    show
        Called with each batch that has ended.

    Raises
    ------
    Refused
        If hpedu itself was changed: pages made by what is loaded would count as made by what is there.
    """
    library, seen = digest_package(), Stamps()
    with ExitStack() as warm:
        try:
            engine = warm.enter_context(open_engine(settings, project))
            while True:
                there = wait_for_change(project, seen)
                if digest_package() != library:
                    raise Refused("library_changed")
                if seen:
                    changed = {path.relative_to(project.root) for path, _ in seen.items() ^ there.items()}
                    progress.say(describe_change(changed))
                    if any(path.parts[:2] in READ_ONCE for path in changed):
                        # Kernels are forked from a process that has read them.
                        warm.close()
                        forget_registry()
                        forget_layouts()
                        engine = warm.enter_context(open_engine(settings, project))
                store.forget()
                try:
                    batch = run_batch(make_plan(), project, settings, progress, engine)
                except BatchUnderWay as error:
                    progress.say(error)
                    time.sleep(BUSY_SECONDS)
                    continue
                except HpeduError as error:
                    # A file half edited; its next version may be sound.
                    progress.say(error)
                else:
                    show(batch)
                    if batch.interrupted:
                        return INTERRUPTED
                seen = there
                progress.say(message("watch_waiting"))
        except KeyboardInterrupt:
            progress.say(message("watch_ended"))
            return 0


def wait_for_change(project: Project, seen: Stamps) -> Stamps:
    """Wait until files are others than those seen, and have rested for a moment; return them."""
    there = look(project)
    while True:
        time.sleep(LOOK_SECONDS)
        before, there = there, look(project)
        if there != seen and there == before:
            return there


def look(project: Project) -> Stamps:
    """Return the stamps of the files as they are now; one that goes at this moment is gone."""
    found = Stamps()
    for path in _list_files(project):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue
        found[path] = (about.st_mtime_ns, about.st_size)
    return found


def _list_files(project: Project) -> Iterator[Path]:
    yield project.root / MARKER
    yield from raw_files(project.raw)
    yield from project.notebooks.glob("*.ipynb")
    for folder in (project.registry, project.layouts):
        yield from (path for path in folder.rglob("*") if path.is_file())


def describe_change(files: set[Path]) -> Message:
    """Say which files were saved, added or removed."""
    named = sorted(path.as_posix() for path in files)
    shown = named if len(named) <= NAMED else [*named[:NAMED], "…"]
    return message("watch_changed", files=shown, count=len(files))
