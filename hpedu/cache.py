"""Keep what takes long to make under build/cache, by the content of all it was made from.

Nothing depends on an entry: one that is damaged, or was made from something else, is no entry, and is made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from hpedu.folders import NoProject, Project, find_project, read_plain

if TYPE_CHECKING:
    import polars as pl

VARIABLE = "HPEDU_CACHE"
"""Environment variable; "off" does without: nothing is taken from the cache, nor put there."""
MOST_BYTES = 64 << 20
log = logging.getLogger(__name__)


def recall(made_from: object, make: Callable[[], str]) -> str:
    """Return what `make` makes, from the cache of the project if the same was made here before.

    `made_from` is all that it depends on, code and versions included, as JSON takes it.
    """
    found = look_up(made_from)
    if found is None:
        found = make()
        keep(made_from, found)
    return found


def look_up(made_from: object) -> str | None:
    """Return what was made of the same before; None if nothing is kept of it."""
    place = _find_place(made_from)
    return _read(place) if place else None


def keep(made_from: object, made: str) -> None:
    """Keep what was made of something."""
    place = _find_place(made_from)
    if place:
        _write(place, made)


def recall_frame(made_from: object, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Return the frame that `make` makes, as `recall` does."""
    return unpack_frame(recall(made_from, lambda: pack_frame(make())))


def pack_frame(frame: pl.DataFrame) -> str:
    """Return a frame as a text that has every bit of it, and is the same for the same rows."""
    import polars as pl  # where nothing has changed, the command does without

    buffer = BytesIO()
    # Newer layouts have texts in them that the frame was cut out of.
    frame.write_ipc_stream(buffer, compression="zstd", compat_level=pl.CompatLevel.oldest())
    return b64encode(buffer.getvalue()).decode()


def unpack_frame(packed: str) -> pl.DataFrame:
    """Return the frame that was packed."""
    import polars as pl

    return pl.read_ipc_stream(BytesIO(b64decode(packed)))


def _find_place(made_from: object) -> Path | None:
    """Return the place of an entry; None outside of a project, or where no cache is wanted."""
    if os.environ.get(VARIABLE) == "off":
        return None
    try:
        folder = locate_cache(find_project())
    except NoProject:
        return None
    return folder / hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


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
    entries = [(path.stat(), path) for path in locate_cache(project).glob("*") if path.is_file()]
    for about, path in sorted(entries, key=lambda entry: -entry[0].st_mtime_ns):
        held += about.st_size
        if held > most:
            path.unlink(missing_ok=True)
