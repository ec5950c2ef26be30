"""Keep what was read of each file of data/raw: one that nobody has changed is not read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

import polars as pl

from hpedu.cache import keep, look_up, pack_frame, unpack_frame
from hpedu.digest import ENVIRONMENT, PACKAGE
from hpedu.ingest.corrections import Met
from hpedu.ingest.interpret import Reading
from hpedu.ingest.quarantine import Issues
from hpedu.ingest.schema import OBSERVATIONS, Resource
from hpedu.ingest.words.years import last_day

Own = tuple[Resource, Reading] | None
"""The origin of a file and its content; None of one that has no entry, and does not state itself what it is."""

MOST_ROWS = 100_000
"""What has more is read again: it would take the place of all others."""


def look_up_reading(path: str, entry: Resource | None, known: Mapping[str, str]) -> tuple[Own] | None:
    """Return what was read of a file, in a tuple; None if nothing is kept of it.

    `known` has the digests of all files and of what reads them (`hpedu.digest.describe_inputs`); nothing is kept
    without it. What a reading needs when the tables are made is kept, and no more.
    """
    inputs = _list_inputs(path, entry, known)
    found = look_up(inputs) if inputs else None
    if found is None:
        return None
    content = json.loads(found)
    if content is None:
        return (None,)
    frames = {name: packed and unpack_frame(packed) for name, packed in content["frames"].items()}
    tables, figures, corrections = content["met"]
    reading = Reading(
        frames["observations"].rows(named=True),
        Issues([frames["issues"].rows(named=True)]),
        frames["schools"],
        frames["panel"],
        Met(set(tables), {(table, tuple(figure)) for table, figure in figures}, set(corrections)),
    )
    return ((Resource.model_validate(content["resource"]), reading),)


def keep_reading(path: str, entry: Resource | None, known: Mapping[str, str], data: bytes, own: Own) -> None:
    """Keep what was read of a file, unless it is no longer the one whose digest is known."""
    inputs = _list_inputs(path, entry, known)
    if not inputs or hashlib.sha256(data).hexdigest() != known[f"raw/{path}"]:
        return
    content = None
    if own is not None:
        resource, reading = own
        if len(reading.observations) + len(reading.issues) > MOST_ROWS:
            return
        frames = {
            "observations": pl.DataFrame(reading.observations, schema=OBSERVATIONS, orient="row"),
            "issues": reading.issues.join(),
            "schools": reading.schools,
            "panel": reading.panel,
        }
        content = {
            "resource": resource.model_dump(),
            "met": [[*reading.met.tables], [*reading.met.figures], [*reading.met.corrections]],
            "frames": {name: None if frame is None else pack_frame(frame) for name, frame in frames.items()},
        }
    keep(inputs, json.dumps(content))


def _list_inputs(path: str, entry: Resource | None, known: Mapping[str, str]) -> list[object]:
    """List all that a reading depends on: the day, too, as long as the file may have been published later."""
    file = f"raw/{path}"
    if file not in known:
        return []
    as_of = (last_day(entry.published) if entry else None) or date.today()
    origin = entry.model_dump() if entry else None
    return ["reading", file, known[file], origin, known[PACKAGE], known[ENVIRONMENT], str(as_of)]
