"""Run one report: notebook and parameters in, page out. A pure call with picklable parameters and result.

Nothing heavy is imported here: papermill loads while the warm process does (`hpedu.batch.execute`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpedu.batch.plan import Limits, Outcome, Run
from hpedu.batch.warm import Forkserver, NoWarmStart
from hpedu.errors import UnknownName
from hpedu.folders import Project
from hpedu.texts import current_language

if TYPE_CHECKING:
    from hpedu.batch.execute import PapermillEngine

ENGINES = ("fast", "papermill")
log = logging.getLogger(__name__)


@contextmanager
def open_local(
    name: str, project: Project, *, workers: int = 1, limits: Limits | None = None
) -> Iterator[PapermillEngine]:
    """Open an engine of this machine, ready to run reports; what it keeps warm ends with the block.

    Parameters
    ----------
    name
        "fast" or "papermill". Where the fast one cannot be (no fork), plain papermill does its work.
    workers
        Kernels at a time.

    Raises
    ------
    UnknownName
        For any other name.
    """
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES)
    limits, forkserver = limits or Limits(), None
    if name == "fast":
        try:
            forkserver = Forkserver()
        except NoWarmStart as error:
            log.warning("%s", error.say(current_language()))
    # Only now: papermill loads while the forkserver does.
    from hpedu.batch.execute import FastEngine, PapermillEngine

    if forkserver is None:
        yield PapermillEngine(project, workers, limits)
        return
    engine = FastEngine(project, workers, limits, forkserver)
    try:
        yield engine
    finally:
        engine.close()


def run_report(run: Run, project: Project, *, engine: str = "fast", limits: Limits | None = None) -> Outcome:
    """Execute the notebook of a run in a kernel of its own and put its page in place, whole or not at all.

    One pure call for any scheduler: what goes in and comes out can be pickled. To run many, open an engine once
    (`open_local`). Nothing is raised for what happens inside the notebook: a failure is an `Outcome`.
    """
    with open_local(engine, project, limits=limits) as opened:
        return opened.run(run)
