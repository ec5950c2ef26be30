"""Each page of docs/howto is followed to the letter, in a project of its own."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpedu import store
from hpedu.cli import commands
from hpedu.folders import HOME_VARIABLE, MARKER
from hpedu.registry.load import _load
from tests.conftest import ROOT

HOWTO = ROOT / "docs/howto"
PAGES = sorted(path for path in HOWTO.glob("*.md") if path.stem != "README")
BLOCK = re.compile(r"^```(\w+) ?([\w./]*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / MARKER).parent.mkdir(parents=True)
    (tmp_path / MARKER).write_text('{"resources": []}')
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    _load.cache_clear()
    yield tmp_path
    store.forget()
    _load.cache_clear()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_example_works(page: Path, project: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert any(kind == "python" for kind, _, _ in blocks)
    if any(where == "data" for _, where, _ in blocks):
        shutil.copytree(ROOT / MARKER.parent, project / MARKER.parent, dirs_exist_ok=True)
    for kind, where, text in blocks:
        if kind == "console":
            _, *words = shlex.split(text)
            done = CliRunner().invoke(commands, words)
            assert done.exit_code == 0, done.output
        elif kind == "python":
            exec(text, {"project": project})
        else:
            (project / where).parent.mkdir(parents=True, exist_ok=True)
            (project / where).write_text(text, encoding="utf-8")


def test_every_page_is_listed() -> None:
    listed = re.findall(r"\]\((\w+\.md)\)", (HOWTO / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [page.name for page in PAGES]
