"""The last cell of every run: it proves that the notebook came to its end, and says which data it used."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from hpedu.errors import HpeduError

if TYPE_CHECKING:
    from nbformat import NotebookNode

INPUTS = "application/vnd.hpedu.inputs+json"
TAG = "hpedu-closing"
SOURCE = "from hpedu.batch.provenance_cell import show_inputs\n\nshow_inputs()"


class UnfinishedNotebook(HpeduError):
    """The notebook did not come to its end, though nothing said so: a kernel died without an error."""


def show_inputs() -> None:
    """Show the parts of the data that this kernel has asked for (`hpedu.store.inputs_used`)."""
    from IPython.display import display

    from hpedu.store import inputs_used

    display({INPUTS: inputs_used(), "text/plain": "hpedu"}, raw=True)  # type: ignore[no-untyped-call]


def add_closing(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook with the closing cell at its end."""
    from nbformat.v4 import new_code_cell

    cell = new_code_cell(SOURCE, id=TAG, metadata={"tags": [TAG]})
    return type(notebook)({**notebook, "cells": [*notebook.cells, cell]})


def take_closing(notebook: NotebookNode) -> dict[str, str]:
    """Take the closing cell out of an executed notebook: which parts of the data it used, and their digests.

    The head of the page gets one digest over all of them.

    Raises
    ------
    UnfinishedNotebook
        If the cell was not run.
    """
    from hpedu.present.page.display import PAGE_HEAD

    last = notebook.cells[-1]
    found = [output["data"][INPUTS] for output in last.get("outputs", []) if INPUTS in output.get("data", {})]
    if TAG not in last.metadata.get("tags", []) or not found:
        raise UnfinishedNotebook
    del notebook.cells[-1]
    inputs: dict[str, str] = dict(found[0])
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PAGE_HEAD in output.get("data", {}):
                output["data"][PAGE_HEAD]["inputs_digest"] = digest_inputs(inputs)
    return inputs


def digest_inputs(inputs: dict[str, Any]) -> str:
    """One SHA-256 over parts and their digests."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
