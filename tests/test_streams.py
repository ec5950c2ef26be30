"""The command in a poor shell: streams closed, nobody reading, few files, little memory; one sentence each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hpedu.batch.plan import Limits
from hpedu.folders import HOME_VARIABLE, Project
from tests.batch.conftest import make_little

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell as of Linux and macOS")

PYTHON = f'"{sys.executable}"'
HPEDU = f"{PYTHON} -m hpedu"


@pytest.fixture
def little_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = make_little(Project(tmp_path / "little"))
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    return project


def run(line: str) -> tuple[int, str]:
    """Return with what status a line of a shell ends, and all that it printed."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        (">&-", "The standard stream stdout is closed"),
        ("2>&-", "The standard stream stderr is closed"),
        ("<&-", "The standard stream stdin is closed"),
        (">&- 2>&-", ""),
    ],
)
def test_a_closed_stream(little_home: Project, closed: str, told: str) -> None:
    status, printed = run(f"{HPEDU} report {closed}")
    assert status == 1
    assert printed.startswith(told) and printed.count("\n") == bool(told)
    assert not little_home.reports.exists()


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (
            "-n 24",
            "hpedu: Nothing was started: this shell lets a program have 24 open files, and reports need 160.",
        ),
        ("-v 1500000", "hpedu: Nothing was started: this shell lets a program have 1500000 KB of address space"),
    ],
)
def test_a_shell_that_gives_too_little(little_home: Project, limit: str, told: str) -> None:
    status, printed = run(f"ulimit {limit}; {HPEDU} report --workers 2")
    assert status == 1
    assert printed.startswith(told) and printed.count("\n") == 1
    assert not little_home.reports.exists()


def test_what_the_system_has_is_asked_for(little_home: Project) -> None:
    code = 'from hpedu.batch.plan import *; check_shell(2); import os; os.system("ulimit -Sn; ulimit -Sv")'
    assert run(f"ulimit -Sn 24; ulimit -Sv 1000000; {PYTHON} -c '{code}'") == (0, "160\n83886080\n")


@pytest.mark.parametrize("command", ["targets", "targets --group general", "--help", "report --list"])
def test_who_has_read_enough(little_home: Project, command: str) -> None:
    status, printed = run(f"{HPEDU} {command} | head -1")
    assert status == 0
    assert printed.count("\n") == 1


def test_nobody_reads_at_all(little_home: Project) -> None:
    assert run(f"{HPEDU} report --list | true") == (0, "")


@pytest.mark.parametrize(("language", "status"), [("xx", 2), ("vi_VN.UTF-8", 0), ("EN", 0), ("", 0)])
def test_the_language_of_the_environment(little_home: Project, language: str, status: int) -> None:
    ended, printed = run(f"HPEDU_LANGUAGE={language} LANG=en {HPEDU} report --list")
    assert ended == status
    told = "hpedu: No language (variable HPEDU_LANGUAGE) is called “xx”. Known are: en, vi\n"
    assert (printed == told) == bool(status)


def test_help_says_what_a_notebook_may_take() -> None:
    _, printed = run(f"{HPEDU} --language en report --help")
    usual = Limits()
    assert f"{usual.report_seconds} by default" in printed
    assert f"{usual.memory_mb} by default" in " ".join(printed.split())
