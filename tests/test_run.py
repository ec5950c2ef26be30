"""run.py does on any system what the Makefile does, with nothing but Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

import run
from hpedu.texts import read_texts

ROOT = Path(__file__).parents[1]


def test_the_python_of_the_project_on_both_kinds_of_system() -> None:
    here = run.find_python(PurePosixPath("/srv/giáo dục"), windows=False)
    there = run.find_python(PureWindowsPath("D:/giáo dục"), windows=True)
    assert str(here) == "/srv/giáo dục/.venv/bin/python"
    assert str(there) == "D:\\giáo dục\\.venv\\Scripts\\python.exe"


@pytest.mark.parametrize("python", ["/srv/giáo dục/.venv/bin/python", r"D:\giáo dục\.venv\Scripts\python.exe"])
def test_a_task_runs_modules_so_that_a_blank_in_the_path_does_not_matter(python: str) -> None:
    path = PureWindowsPath(python) if "\\" in python else PurePosixPath(python)
    assert run.list_commands("report", path) == [
        [python, "-m", "hpedu", "ingest"],
        [python, "-m", "hpedu", "report"],
    ]
    for name in run.TASKS:
        assert all(command[:2] == [python, "-m"] for command in run.list_commands(name, path))


def test_every_task_does_something_and_has_its_text() -> None:
    for name, task in run.TASKS.items():
        assert task.modules or task.first or name in run.OWN or name == "install"
        assert f"run_{name}" in read_texts()
        assert set(task.first) <= set(run.TASKS)
        # What runs a module of the tests has the packages of the tests.
        assert task.stamp == run.TEST or not any(re.match("tests|pytest|ruff|mypy", one) for one in task.modules)


def test_the_makefile_has_the_same_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = re.search(r"^COMMANDS := (.*)$", makefile, re.MULTILINE)
    assert names and set(names[1].split()) == set(run.TASKS)


def test_it_starts_without_any_package() -> None:
    """As on a fresh machine: no site-packages, and none of them is asked for."""
    code = "import run; run.TASKS; from hpedu.present.page.pdf import can_print; can_print(); run.main([])"
    environment = {**os.environ, "HPEDU_LANGUAGE": "vi", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert "Mở các sổ tay trong JupyterLab." in done.stderr


def test_a_task_that_is_not_there_gets_the_list_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(["raport"])
    assert ended.value.code == 2
    assert "Install into .venv, read data/raw" in capsys.readouterr().err


def test_a_stamp_is_as_old_as_the_oldest_it_stands_for(tmp_path: Path) -> None:
    stamp, lock = tmp_path / "stamp", tmp_path / "lock"
    lock.touch()
    assert not run.is_current(stamp, [lock])
    stamp.touch()
    os.utime(lock, (1, 1))
    assert run.is_current(stamp, [lock])
    os.utime(stamp, (0, 0))
    assert not run.is_current(stamp, [lock])


def test_what_pip_does_is_shown_and_its_failure_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    loaded = [f"Collecting package-{n}==1.{n} (from -r lock (line {n}))" for n in range(38)]
    others = ["Ignoring other: markers don't match", "Processing ./kept/last-1.0-py3.whl (from -r lock)"]
    lines = [*loaded, *others, "Installing collected packages: all"]
    run.install_locked([sys.executable, "-c", f"print({chr(10).join(lines)!r})"], 40)
    said = capsys.readouterr().err
    assert said.splitlines() == ["[20/40] package-19", "[40/40] last-1.0-py3.whl", "Unpacking the packages ..."]
    with pytest.raises(SystemExit) as ended:
        run.install_locked([sys.executable, "-c", "raise SystemExit(3)"], 40)
    assert ended.value.code == 3
    assert "Not installed" in capsys.readouterr().err


def test_the_first_command_that_fails_ends_it_with_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.run([sys.executable, "-c", "raise SystemExit(5)"])
    assert ended.value.code == 5
    assert capsys.readouterr().err.startswith("python -c")


def test_clean_leaves_what_is_in_git(tmp_path: Path) -> None:
    for name in (
        "data/raw/a.csv",
        "data/processed/a.parquet",
        "reports/2025/vi/a.html",
        ".venv/bin/python",
        "build/a",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for folder in ("data/processed", "reports"):
        (tmp_path / folder / "README.md").touch()
    run.clean(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"data/raw/a.csv", "data/processed/README.md", "reports/README.md"}
    run.clean(tmp_path)


def test_the_lock_is_counted(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a==1 ; python_version < '3.12'\na==2 ; python_version >= '3.12'\nb-c==1 \\\n    --hash=x\n")
    assert run.count_pins(lock) == 3


@pytest.mark.parametrize("name", ["README.md", "README.vi.md"])
def test_the_readme_gives_both_commands_for_every_system(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = [
        f"{start} {task}" for start in ("make", "python3 run.py", "py run.py") for task in ("report", "test")
    ]
    for line in (*commands, "source .venv/bin/activate", r".venv\Scripts\activate"):
        assert f"`{line}`" in text
