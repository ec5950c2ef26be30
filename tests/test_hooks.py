"""What is checked before a commit, and how git keeps the lines of a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

import run

ROOT = Path(__file__).parents[1]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS = {hook["id"]: hook for repo in CONFIG["repos"] for hook in repo["hooks"]}


def test_every_hook_is_local_and_installs_nothing() -> None:
    assert {repo["repo"] for repo in CONFIG["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
    assert all(hook["entry"].startswith("python -m ") for hook in HOOKS.values())


def test_outputs_of_a_notebook_are_stripped_and_its_tags_stay(tmp_path: Path) -> None:
    executed = json.loads((ROOT / "tests/notebooks/higher.ipynb").read_text(encoding="utf-8"))
    assert any(cell.get("outputs") for cell in executed["cells"])
    assert "parameters" in executed["cells"][0]["metadata"]["tags"]
    place = tmp_path / "higher.ipynb"
    place.write_text(json.dumps(executed), encoding="utf-8")
    subprocess.run([sys.executable, *HOOKS["notebooks"]["entry"].split()[1:], str(place)], check=True)
    stripped = json.loads(place.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stripped["cells"])
    tags = [[cell["metadata"].get("tags") for cell in book["cells"]] for book in (executed, stripped)]
    assert tags[0] == tags[1]


def test_what_lab_saves_into_a_notebook_does_not_reach_git(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout

    git("init", "--quiet")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    (tmp_path / "notebooks").mkdir()
    # The Python of `.venv` in the project is this one here.
    python = run.find_python(tmp_path, windows=run.WINDOWS)
    Path(python).parent.mkdir(parents=True)
    Path(python).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    Path(python).chmod(0o755)
    run.strip_outputs(tmp_path)
    executed = (ROOT / "tests/notebooks/higher.ipynb").read_text(encoding="utf-8")
    (tmp_path / "notebooks/higher.ipynb").write_text(executed, encoding="utf-8")
    git("add", "notebooks")
    kept = json.loads(git("show", ":notebooks/higher.ipynb"))
    assert not any(cell.get("outputs") for cell in kept["cells"])
    assert "parameters" in kept["cells"][0]["metadata"]["tags"]
    assert (tmp_path / "notebooks/higher.ipynb").read_text(encoding="utf-8") == executed


def test_lines_end_alike_on_every_system_but_in_what_was_received() -> None:
    def ask(path: str) -> dict[str, str]:
        command = ["git", "check-attr", "text", "eol", "--", path]
        lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        return dict(line.rsplit(": ", 2)[1:] for line in lines)

    assert ask("hpedu/cli.py") == {"text": "auto", "eol": "lf"}
    assert ask("data/raw/nso/pxweb_2019_literacy.csv")["text"] == "unset"
