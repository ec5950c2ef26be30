"""What is checked before a commit, and how git keeps the lines of a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

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


def test_lines_end_alike_on_every_system_but_in_what_was_received() -> None:
    def ask(path: str) -> dict[str, str]:
        command = ["git", "check-attr", "text", "eol", "--", path]
        lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        return dict(line.rsplit(": ", 2)[1:] for line in lines)

    assert ask("hpedu/cli.py") == {"text": "auto", "eol": "lf"}
    assert ask("data/raw/nso/pxweb_2019_literacy.csv")["text"] == "unset"
