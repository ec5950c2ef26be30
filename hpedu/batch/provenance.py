"""Prove that a notebook came to its end, which data it used, and that its page is of what was asked for.

The first two are known from a cell added to the end of every run, the provenance cell. It never reaches a page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpedu.batch.plan import Run
from hpedu.errors import HpeduError, Refused
from hpedu.present import PAGE_HEAD
from hpedu.texts import Message, message

if TYPE_CHECKING:
    from nbformat import NotebookNode

INPUTS = "application/vnd.hpedu.inputs+json"
TAG = "hpedu-provenance"
SOURCE = "from hpedu.batch.provenance import show_inputs\n\nshow_inputs()"
BEGUN = "begun.json"
"""The file that says which cell of a notebook began last."""
PARAMETERS = "parameters"
"""The tag of the cell behind which papermill puts the parameters of a run."""


class UnfinishedNotebook(HpeduError):
    """The notebook did not come to its end, though nothing reported it: a kernel died without an error."""


def show_inputs() -> None:
    """Show the parts of the data that this kernel has used (`hpedu.store.inputs_used`)."""
    from IPython.display import display

    from hpedu.store import inputs_used

    display({INPUTS: inputs_used(), "text/plain": "hpedu"}, raw=True)  # type: ignore[no-untyped-call]


def add_provenance_cell(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook with the provenance cell at its end."""
    from nbformat.v4 import new_code_cell

    cell = new_code_cell(SOURCE, id=TAG, metadata={"tags": [TAG]})
    return type(notebook)({**notebook, "cells": [*notebook.cells, cell]})


def take_provenance_cell(notebook: NotebookNode) -> dict[str, str]:
    """Take the provenance cell out of an executed notebook; return the parts of the data used, with their digests.

    The head of the page gets one digest over all of them.

    Raises
    ------
    UnfinishedNotebook
        If the cell was not run.
    """
    last = notebook.cells[-1]
    found = [output["data"][INPUTS] for output in last.get("outputs", []) if INPUTS in output.get("data", {})]
    if TAG not in last.metadata.get("tags", []) or not found:
        raise UnfinishedNotebook
    del notebook.cells[-1]
    inputs: dict[str, str] = dict(found[0])
    for head in _find_heads(notebook):
        head["inputs_digest"] = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return inputs


def check_answer(run: Run, notebook: NotebookNode) -> None:
    """Compare what was asked for with what the head of the page in an executed notebook says it is of.

    Raises
    ------
    Refused
        If they differ: the parameters were not filled in, or a cell has set one of them again.
    """
    ids = _name_territories()
    for head in _find_heads(notebook):
        territory = ids.get(head["territory"], head["territory"])
        answered = Run(head["year"], territory, head["language"], head["group"])
        if answered != run:
            tagged = sum(PARAMETERS in cell.metadata.get("tags", []) for cell in notebook.cells)
            key = "parameters_tags" if tagged else "parameters_no_tag"
            tags = message(key, count=tagged) if tagged != 1 else ""
            raise Refused("answer_wrong", notebook=run.notebook, asked=run.id, answered=answered.id, tags=tags)


def _find_heads(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    """Yield the page heads among the outputs; one that is not alone is refused when the page is rendered."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PAGE_HEAD in output.get("data", {}):
                yield output["data"][PAGE_HEAD]


def _name_territories() -> Mapping[str, str]:
    """Return the ids of territories and communes by the names that stand in a page head."""
    from hpedu.registry import load_registry

    registry = load_registry()
    ids = {name: id for id, row in registry.territories.items() for name in (row.name.vi, row.name.en)}
    return ids | {commune.name: commune.id for commune in registry.communes if commune.valid_to is None}


def note_begun(folder: Path, *, cell_index: int, cell: NotebookNode) -> None:
    """Note in a file which cell of a notebook begins: its process may not live to say so."""
    begun = [cell_index, cell.source.strip().partition("\n")[0]]
    (folder / BEGUN).write_text(json.dumps(begun), encoding="utf-8")


def name_last_begun(verdict: str | Message, folder: Path) -> str | Message:
    """Add to what is said of a notebook the cell that began last, by its number and its first line, if any did."""
    try:
        cell, line = json.loads((folder / BEGUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return verdict
    return message("in_cell", verdict=verdict, cell=cell, line=line)
