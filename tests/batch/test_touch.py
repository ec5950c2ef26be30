"""A changed figure runs again what shows it and nothing else (more files: `touch_rounds.py`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hpedu import store
from hpedu.batch.build import Batch
from hpedu.batch.plan import make_plan
from hpedu.folders import HOME_VARIABLE, Project
from tests.batch.touch_rounds import measure_touch

TABLE = "nso/pxweb_2019_kindergarten.csv"


def test_a_figure_of_one_level(
    site: tuple[Project, Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_tables: None
) -> None:
    project = Project(tmp_path / "touched")
    shutil.copytree(site[0].root, project.root)
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    table = project.raw / TABLE
    text = table.read_text(encoding="utf-8-sig")
    row = next(line for line in text.splitlines() if line.startswith('"Hai Phong"'))
    last = row.rsplit(";", 1)[1]
    table.write_text(
        "\ufeff" + text.replace(row, row.removesuffix(last) + str(int(last) + 1000)), encoding="utf-8"
    )
    store.forget()
    touch = measure_touch(project, table, make_plan(languages=["vi"]))
    assert {run.group for run in touch.ran} >= {"preschool", "overview", "data_quality"}
    assert {run.group for run in touch.left} >= {"higher", "continuing"}
    assert touch.wrongly_left == []
