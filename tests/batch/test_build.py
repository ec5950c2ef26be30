"""What a failure, a limit, an interruption or a full disk does to a batch, and what the next one does."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpedu.batch import build, exports, freshness
from hpedu.batch.build import INTERRUPTED, BatchUnderWay, Settings, lock_project, run_batch
from hpedu.batch.exports import place_of
from hpedu.batch.plan import Outcome, Run, make_plan
from hpedu.batch.recap import describe_batch, exit_status, recap
from hpedu.cli import commands
from hpedu.folders import Project
from hpedu.present.page.pdf import PrintFailed
from hpedu.texts import LANGUAGES, message
from tests.batch.kill_rounds import PRETEND, kill_rounds

Pretend = Callable[[Callable[[Run, int], Outcome | None]], list[Run]]


def fail_of(group: str, cause: str, times: int = 99) -> Callable[[Run, int], Outcome | None]:
    def behave(run: Run, tried: int) -> Outcome | None:
        if run.group == group and tried < times:
            return Outcome(run, 0.1, f"{cause} failure", cause=cause)  # type: ignore[arg-type]
        return None

    return behave


def test_everything_else_is_finished(little: Project, pretend: Pretend) -> None:
    pretend(fail_of("general", "notebook"))
    plan = make_plan(languages=["vi"])
    batch = run_batch(plan, little)
    assert [outcome.run.group for outcome in batch.failures] == ["general"]
    assert len(batch.outcomes) == len(plan) == 7
    assert exit_status(batch) == 1


def test_a_notebook_that_is_no_json_fails_by_itself(little: Project) -> None:
    """A merge conflict in one notebook must not keep the others from being looked at."""
    (little.notebooks / "general.ipynb").write_text("<<<<<<< HEAD", encoding="utf-8")
    batch = run_batch(make_plan(["general"], languages=["vi"]), little, Settings(engine="papermill"))
    assert "NotJSONError" in str(batch.failures[0].error)
    assert exit_status(batch) == 1
    result = CliRunner().invoke(commands, ["report", "--dry-run", "--language", "vi"])
    assert result.exit_code == 0
    assert "7 of 7 reports would be run" in result.output


def test_what_hpedu_refuses_is_told_in_the_language_of_the_command(little: Project, pretend: Pretend) -> None:
    refused = message(
        "answer_wrong", notebook="n.ipynb", asked="a", answered="b", tags=message("parameters_no_tag")
    )
    pretend(lambda run, tried: Outcome(run, 0.1, refused, cause="notebook"))
    batch = run_batch(make_plan(["general"], languages=["vi"]), little)
    told = {language: "\n".join(line.say(language) for line in recap(batch)) for language in LANGUAGES}
    assert "n.ipynb: yêu cầu là a, nhưng đầu trang lại ghi b; không ô nào mang thẻ `parameters`" in told["vi"]
    assert "n.ipynb: asked for was a, but the page head is of b; no cell has the tag `parameters`" in told["en"]
    assert describe_batch(batch, little)["reports"][0]["error"] == str(refused)
    entry = json.loads((little.reports / "build.json").read_bytes())["reports"]
    assert entry == {}  # there is no page


def test_a_lost_record_has_everything_made_again_and_says_so(little: Project, pretend: Pretend) -> None:
    ran = pretend(lambda run, tried: None)
    plan = make_plan(languages=["vi"])
    run_batch(plan, little)
    (little.reports / "build.json").write_text("{")
    result = CliRunner().invoke(commands, ["report", "--dry-run", "--language", "vi"])
    assert result.stderr.startswith("reports/build.json could not be read")
    assert "7 of 7 reports would be run" in result.output
    batch = run_batch(plan, little)
    assert sorted(ran) == sorted(plan * 2)
    assert exit_status(batch) == 0
    assert [str(line) for line in recap(batch)].count(str(batch.damage)) == 1
    assert run_batch(plan, little).damage is None


def test_exports_of_a_report_the_record_does_not_know_are_made_again(
    little: Project, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old print must not stay with a newer page, even if the record of it is lost."""
    pretend(lambda run, tried: None)
    monkeypatch.setattr(exports, "can_print", lambda: True)
    monkeypatch.setattr(exports, "print_pdf", lambda page, pdf: pdf.write_bytes(page.read_bytes()))
    plan = make_plan(["general"], languages=["vi"])
    run_batch(plan, little, Settings(exports=("pdf",)))
    (little.reports / "build.json").unlink()
    pdf = little.reports / place_of(plan[0], "pdf")
    pdf.write_bytes(b"old")
    run_batch(plan, little)
    assert pdf.read_bytes() == (little.reports / plan[0].page).read_bytes()


def test_a_dead_kernel_is_tried_again_and_an_error_of_the_notebook_is_not(
    little: Project, pretend: Pretend
) -> None:
    plan = make_plan(["general"], languages=["vi"])
    ran = pretend(fail_of("general", "kernel", times=1))
    assert not run_batch(plan, little).failures
    assert ran == plan * 2
    ran = pretend(fail_of("general", "notebook", times=1))
    assert run_batch(plan, little, Settings(force=True)).failures
    assert ran == plan


def test_no_more_is_started_after_the_first_failure_if_so_asked(little: Project, pretend: Pretend) -> None:
    pretend(fail_of("overview", "notebook"))
    batch = run_batch(make_plan(languages=["vi"]), little, Settings(keep_going=False))
    assert batch.failures and batch.left
    lines = "\n".join(map(str, recap(batch)))
    assert "hpedu report --only 2025/hai_phong/vi/overview" in lines
    assert f"{len(batch.left)} reports were not run" in lines


def test_a_limit_lets_the_next_call_go_on(little: Project, pretend: Pretend) -> None:
    ran = pretend(lambda run, tried: None)
    plan = make_plan(languages=["vi"])
    first = run_batch(plan, little, Settings(limit=4))
    assert (len(first.outcomes), len(first.left), exit_status(first)) == (4, 3, 0)
    second = run_batch(plan, little, Settings(limit=4))
    assert (len(second.outcomes), len(second.fresh)) == (3, 4)
    assert sorted(ran) == sorted(plan)


def test_an_interruption_ends_what_is_under_way_and_runs_no_more(little: Project, pretend: Pretend) -> None:
    def interrupt(run: Run, tried: int) -> None:
        if run.group == "overview":
            os.kill(os.getpid(), signal.SIGINT)

    pretend(interrupt)
    batch = run_batch(make_plan(), little)
    assert batch.interrupted and exit_status(batch) == 130
    assert batch.outcomes and batch.left
    assert len(batch.outcomes) + len(batch.left) == 14
    kept = json.loads((little.reports / "build.json").read_text(encoding="utf-8"))["reports"]
    assert set(kept) == {outcome.run.id for outcome in batch.outcomes}


def test_a_full_disk_leaves_what_is_finished_and_says_so(
    little: Project, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def behave(run: Run, tried: int) -> None:
        if run.group == "general":
            fill()

    pretend(behave)
    plan = make_plan(languages=["vi"])
    with monkeypatch.context() as patch:
        for module, name in ((freshness, "write_whole"), (build, "add_to_journal"), (build, "add_times")):
            patch.setattr(module, name, fill)
        batch = run_batch(plan, little)
    assert [(o.run.group, o.cause) for o in batch.failures] == [("general", "system")]
    assert "No space left" in str(batch.failures[0].error)
    assert exit_status(batch) == 1
    assert "make room" in "\n".join(map(str, recap(batch)))
    assert len(list(little.reports.rglob("vi/*.html"))) == 6
    pretend(lambda run, tried: None)
    assert not run_batch(plan, little).failures


def test_an_export_that_fails_keeps_no_other_from_being_made(
    little: Project, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_some(page: Path, pdf: Path) -> None:
        if page.stem == "general":
            raise PrintFailed(page.name, "it crashed")
        pdf.write_bytes(page.read_bytes())

    pretend(lambda run, tried: None)
    plan, settings = make_plan(languages=["vi"]), Settings(exports=("pdf",))
    monkeypatch.setattr(exports, "can_print", lambda: True)
    monkeypatch.setattr(exports, "print_pdf", lambda page, pdf: pdf.write_bytes(page.read_bytes()))
    assert exit_status(run_batch(plan, little, settings)) == 0
    monkeypatch.setattr(exports, "print_pdf", print_some)
    batch = run_batch(plan, little, Settings(force=True))  # made before, so made again
    assert list(batch.unmade) == ["2025/hai_phong/vi/general"] and exit_status(batch) == 1
    assert "it crashed" in "\n".join(map(str, recap(batch)))
    printed = {path.stem for path in little.reports.rglob("*.pdf")}
    assert printed == {run.group for run in plan} - {"general"}  # the old one would contradict its page
    assert batch.index.exists()
    monkeypatch.setattr(exports, "print_pdf", lambda page, pdf: pdf.write_bytes(page.read_bytes()))
    again = run_batch(plan, little)
    assert not again.outcomes and not again.unmade
    assert {path.stem for path in little.reports.rglob("*.pdf")} == {run.group for run in plan}


def test_the_document_for_programs_says_what_became_of_each(little: Project, pretend: Pretend) -> None:
    pretend(fail_of("general", "time"))
    batch = run_batch(make_plan(["general", "higher", "overview"], languages=["vi"]), little, Settings(limit=2))
    document = json.loads(json.dumps(describe_batch(batch, little)))
    assert {row["id"].rpartition("/")[2]: row["status"] for row in document["reports"]} == {
        "general": "failed",
        "higher": "done",
        "overview": "not_run",
    }
    assert document["exit_status"] == 1
    assert str(little.root) not in json.dumps(document)


CODE = """
import os, signal
from hpedu.batch.build import heeding_signals

with heeding_signals(lambda: print("asked", flush=True)):
    for _ in range({times}):
        os.kill(os.getpid(), signal.{name})
    print("finished what was under way", flush=True)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("times", "status", "said"),
    [(1, 0, ["asked", "finished what was under way"]), (2, INTERRUPTED, ["asked"])],
)
def test_the_second_request_ends_at_once(number: signal.Signals, times: int, status: int, said: list[str]) -> None:
    code = CODE.format(times=times, name=number.name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (status, said), done.stderr


def test_two_batches_at_once_are_refused_and_a_dead_one_does_not_count(little: Project) -> None:
    code = (
        "import sys, time; from pathlib import Path; from hpedu.batch.build import lock_project; "
        "from hpedu.folders import Project\n"
        "with lock_project(Project(Path(sys.argv[1]))): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(little.root)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(BatchUnderWay, match=f"process {holder.pid}"), lock_project(little):
        pass
    holder.kill()
    holder.wait()
    with lock_project(little):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_batch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    killer = kill_rounds(tmp_path, 2, PRETEND, seed=11)
    assert len(killer.finished_before) == 2
