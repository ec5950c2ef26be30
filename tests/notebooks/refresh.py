"""Writes the executed copies of the report notebooks that nbval compares with: `make refresh-notebooks`.

The notebooks themselves are kept without outputs. A copy keeps the outputs of the cells that say, list or
tabulate (tag `nbval-check-output`); cells that draw are run, but not compared here: their charts have tests of
their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from hpedu.present.page.display import CHART
from hpedu.registry import load_registry

GROUPS = [group.id for group in load_registry().groups.values() if group.page]

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
CHECKED = "nbval-check-output"


def execute_copy(group: str) -> Any:
    """Run a notebook with its own parameters and keep what nbval compares."""
    notebook: Any = nbformat.read(NOTEBOOKS / f"{group}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(HERE))
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        drawn = any(CHART in output.get("data", {}) for output in cell.outputs)
        cell.metadata.pop("execution", None)
        if drawn or not cell.outputs:
            cell.outputs = []
        else:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), CHECKED]
    notebook.metadata.pop("language_info", None)
    return notebook


if __name__ == "__main__":
    for group in GROUPS:
        nbformat.write(execute_copy(group), HERE / f"{group}.ipynb")
        print(group)
