"""The guided tour, run from its first cell to its last: from a raw file to a saved workbook."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pandas
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from traitlets import Type

from hpedu.batch.execute import BatchClient
from hpedu.folders import HOME_VARIABLE, MARKER
from hpedu.present.page.display import LAB_CHART
from hpedu.texts import read_texts

ROOT = Path(__file__).parents[2]


class Manager(AsyncKernelManager):
    """A manager whose client misses no reply, as that of the batch."""

    client_factory = Type(BatchClient, klass=AsyncKernelClient)


def test_the_tour_goes_from_a_file_to_a_saved_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / MARKER.parent, tmp_path / MARKER.parent)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    notebook: Any = nbformat.read(ROOT / "notebooks/guided_tour.ipynb", as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace('"vi"', '"en"')
    client = NotebookClient(notebook, timeout=120, kernel_manager_class=Manager)
    client.execute(cwd=str(tmp_path / "notebooks"))
    shown = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert shown["welcome"][0].data["text/markdown"] == read_texts()["guided_tour.welcome"]["en"]
    # What the sentence below it says of the table: the city is the sum of its two parts.
    assert len(shown["observation"][0].data["text/html"].split("<tr")) == 5
    assert LAB_CHART in shown["own-chart"][0].data
    assert list(pandas.read_excel(tmp_path / "build/tour.xlsx")["year"])[-1] == 2030
    assert (tmp_path / "build/tour.csv").exists() and (tmp_path / "build/tour.svg").exists()
