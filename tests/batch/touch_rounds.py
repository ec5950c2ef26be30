"""`python -m tests.batch.touch_rounds [ROUNDS]`: a figure of a raw file changes; what runs again, what should?

Each round changes one digit somewhere in data/raw, lets the batch decide, then runs by force what it left alone. A
page left alone must come out the same to the last byte; how many were left alone says what the tracking is worth.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hpedu import store
from hpedu.batch.build import Settings, run_batch
from hpedu.batch.plan import Run
from hpedu.errors import IngestError
from hpedu.folders import HOME_VARIABLE, Project, announce
from hpedu.store import prepare
from tests.conftest import copy_project

NUMBER = re.compile(rb"(?<![\w.,])\d{2,7}(?:[.,]\d{1,2})?(?![\w.,])")
TEXT = (".csv", ".json", ".px")


@dataclass(frozen=True)
class Touch:
    """What one changed digit did."""

    file: str
    ran: list[Run]
    left: list[Run]
    wrongly_left: list[Run]  # left alone, though the page has changed


def touch_digit(path: Path, dice: random.Random) -> bool:
    """Change the last digit of a number of the file that is no year; False if it has none."""
    content = path.read_bytes()
    found = [m for m in NUMBER.finditer(content) if not 1950 <= int(re.sub(rb"\D", b"", m[0])) <= 2060]
    if not found:
        return False
    place = dice.choice(found).end() - 1
    digit = b"%d" % ((int(content[place : place + 1]) + 1) % 10)
    path.write_bytes(content[:place] + digit + content[place + 1 :])
    return True


def measure_touch(project: Project, path: Path, plan: list[Run]) -> Touch:
    """Let the batch decide after a change of `path`, then find out what it should have done."""
    batch = run_batch(plan, project)
    assert not batch.failures, batch.failures
    before = {run: (project.reports / run.page).read_bytes() for run in batch.fresh}
    forced = run_batch(batch.fresh, project, Settings(force=True))
    assert not forced.failures, forced.failures
    wrong = [run for run, page in before.items() if (project.reports / run.page).read_bytes() != page]
    ran = [outcome.run for outcome in batch.outcomes]
    return Touch(path.relative_to(project.raw).as_posix(), ran, batch.fresh, wrong)


def touch_rounds(project: Project, plan: list[Run], rounds: int, seed: int) -> Iterator[Touch]:
    """So many changes, one after the other, each in another file."""
    dice = random.Random(seed)
    run_batch(plan, project)
    files = [path for path in sorted(project.raw.rglob("*")) if path.suffix in TEXT and path.parent != project.raw]
    dice.shuffle(files)
    done = 0
    for path in files:
        if done == rounds:
            return
        original = path.read_bytes()
        if not touch_digit(path, dice):
            continue
        store.forget()
        try:
            prepare(project)
        except IngestError:  # the change broke the file: that is another test's matter
            path.write_bytes(original)
            continue
        done += 1
        yield measure_touch(project, path, plan)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder) / "project")
        with announce(HOME_VARIABLE, str(copy.root)):
            from hpedu.batch.plan import make_plan

            for touch in touch_rounds(copy, make_plan(languages=["vi"]), int((sys.argv[1:] or ["10"])[0]), 2026):
                ran = ", ".join(run.group for run in touch.ran) or "nothing"
                print(f"{touch.file}: ran {ran}; wrongly left alone: {len(touch.wrongly_left)}", flush=True)
                assert not touch.wrongly_left
