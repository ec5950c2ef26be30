"""Keep what takes long to make under build/cache, by the content of all it was made from.

Nothing depends on an entry: one that is damaged, or was made from something else, is no entry, and is made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

from hpedu.folders import NoProject, Project, find_project, read_plain

VARIABLE = "HPEDU_CACHE"
"""Environment variable; "off" does without: nothing is taken from the cache, nor put there."""
MOST_BYTES = 16 << 20
log = logging.getLogger(__name__)


def recall(made_from: object, make: Callable[[], str]) -> str:
    """Return what `make` makes, from the cache of the project if the same was made here before.

    `made_from` is all that it depends on, code and versions included, as JSON takes it.
    """
    folder = find_cache()
    if folder is None:
        return make()
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    path = folder / key
    found = _read(path)
    if found is None:
        found = make()
        _write(path, found)
    return found


def find_cache() -> Path | None:
    """Return the folder of the cache; None outside of a project, or where none is wanted."""
    if os.environ.get(VARIABLE) == "off":
        return None
    try:
        return locate_cache(find_project())
    except NoProject:
        return None


def locate_cache(project: Project) -> Path:
    """Return the place of the cache of a project."""
    return project.build / "cache"


def _read(path: Path) -> str | None:
    """Return an entry that is whole and of its own name; else None."""
    try:
        seal, _, content = read_plain(path).partition(b"\n")
        os.utime(path)  # the oldest go first
    except OSError:
        return None
    return content.decode() if seal.decode("ascii", errors="replace") == _seal(path.name, content) else None


def _write(path: Path, content: str) -> None:
    """Write an entry in one go: the seal tells one that was cut short, by a kill or a full disk."""
    data = content.encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{_seal(path.name, data)}\n".encode() + data)
    except OSError as error:
        # What was made is good without it.
        log.warning("Nothing is kept in build/cache: %s", error)


def _seal(key: str, content: bytes) -> str:
    return hashlib.sha256(key.encode() + content).hexdigest()


def prune_cache(project: Project, most: int = MOST_BYTES) -> None:
    """Remove the entries that were used longest ago, until the others take no more than `most` bytes."""
    held = 0
    entries = [(path.stat(), path) for path in locate_cache(project).glob("*")]
    for about, path in sorted(entries, key=lambda entry: -entry[0].st_mtime_ns):
        held += about.st_size
        if held > most:
            path.unlink(missing_ok=True)
