"""Whether a page stands: by the content of all it was made from, never by time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hpedu.batch.plan import Run
from hpedu.batch.record import Entry
from hpedu.batch.standings import PREFIX, Standings, read_standings
from hpedu.files import digest_file, digest_folders
from hpedu.messages import Note, note
from hpedu.paths import Project
from hpedu.tables.record import Prepared


@dataclass
class State:
    """Everything a page is made from, as it is now."""

    project: Project
    prepared: Prepared
    library: str  # SHA-256 of hpedu itself
    lock: str  # SHA-256 of requirements.lock; "" where hpedu was installed without a clone
    standings: Standings
    _notebooks: dict[str, str] = field(default_factory=dict)

    def notebook(self, name: str) -> str:
        if name not in self._notebooks:
            self._notebooks[name] = digest_notebook(self.project.notebooks / name)
        return self._notebooks[name]

    def digest_of(self, part: str) -> str:
        """The digest of a part of the data; "" if there is no such part."""
        if part.startswith(PREFIX):
            return self.standings.digest_of(part)
        if part.startswith("reports/"):
            return _digest_if_there(self.project.root / part)
        return self.prepared.digest_of(part)


def read_state(project: Project, prepared: Prepared) -> State:
    """Digest the library and the lock; notebooks are digested when they are asked for."""
    library = digest_folders(Path(__file__).parents[1])
    lock = _digest_if_there(project.root / "requirements.lock")
    return State(project, prepared, library, lock, read_standings(project, prepared, library))


def digest_notebook(path: Path) -> str:
    """SHA-256 of what is read and run in a notebook: its cells and their tags, not outputs, ids and counts."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    spoken = [[c["cell_type"], "".join(c["source"]), c.get("metadata", {}).get("tags", [])] for c in cells]
    return hashlib.sha256(json.dumps(spoken).encode()).hexdigest()


def make_entry(run: Run, state: State, *, inputs: dict[str, str], error: str = "") -> Entry:
    """What the record keeps of a run that has ended; `error` is empty for one that succeeded.

    Parameters
    ----------
    inputs
        The parts of the data that were used, with their digests.
    """
    return {
        "page": str(run.page),
        "parameters": run.parameters | {"group": run.group},
        "status": "failed" if error else "done",
        "error": error,
        "notebook": state.notebook(run.notebook),
        "library": state.library,
        "lock": state.lock,
        "inputs": inputs,
        "sha256": _digest_if_there(state.project.reports / run.page),
    }


def explain_stale(run: Run, entry: Entry | None, state: State) -> Note | None:
    """Why a page has to be made again; None if it stands, untouched, made from exactly what is there now."""
    if entry is None or "inputs" not in entry:
        return note("stale_new")
    if entry["status"] != "done":
        return note("stale_failed")
    now = {"notebook": state.notebook(run.notebook), "library": state.library, "lock": state.lock}
    for name, digest in now.items():
        if entry[name] != digest:
            return note(f"stale_{name}")
    changed = list(_list_changed(entry["inputs"], state))
    if changed:
        return note("stale_data", part=changed[0], count=len(changed))
    digest = _digest_if_there(state.project.reports / run.page)
    if digest == entry["sha256"]:
        return None
    return note("stale_touched" if digest else "stale_gone")


def _list_changed(inputs: dict[str, str], state: State) -> Iterable[str]:
    return (part for part, digest in inputs.items() if state.digest_of(part) != digest)


def _digest_if_there(path: Path) -> str:
    return digest_file(path) if path.exists() else ""
