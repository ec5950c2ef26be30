"""Let what a service gave into data/raw: read, compared with the file that is there, and only then written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from hpedu.fetch.routes import ROUTES, Received, Service, Table
from hpedu.fetch.visitor import FetchFailed, Visitor
from hpedu.folders import Project, digest_file, read_record, write_whole
from hpedu.ingest.entry import ASKED, add_entry, renew_entry
from hpedu.ingest.interpret import Reading
from hpedu.ingest.isolation import read_apart, read_bytes
from hpedu.ingest.pipeline import IssueText, find_entry, read_data
from hpedu.ingest.propose import stand_in
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.schema import SERIES_FIELDS, Resource
from hpedu.outlook.revisions import revisions
from hpedu.registry import Registry
from hpedu.texts import Message, format_number, message

SHOWN = 10
"""The number of figures that are shown of a comparison."""


@dataclass(frozen=True)
class Orders:
    """The wishes of the person who fetches."""

    # Ask also for what is there and unchanged.
    force: bool = False
    # Write nothing.
    dry_run: bool = False
    # Replace a file though figures of it are gone.
    allow_gone: bool = False


@dataclass(frozen=True)
class _Place:
    """Where files and records are; `received` keeps what was not let in, to be looked at and reported."""

    project: Project

    @property
    def record(self) -> Path:
        return self.project.build / "fetch.json"

    @property
    def received(self) -> Path:
        return self.project.build / "fetch"

    def read_stamp(self, file: str) -> str:
        """Return the stamp of a file that is as it was fetched; "" for any other."""
        noted, path = read_record(self.record).get(file, {}), self.project.raw / file
        is_same = path.exists() and noted.get("digest") == digest_file(path)
        return str(noted["stamp"]) if is_same and find_entry(self.project.raw, path) else ""

    def note(self, file: str, stamp: str) -> None:
        noted = {"stamp": stamp, "digest": digest_file(self.project.raw / file)}
        record = read_record(self.record) | {file: noted}
        write_whole(self.record, json.dumps(record, indent=1, sort_keys=True).encode())


def fetch_tables(
    project: Project,
    chosen: Iterable[tuple[str, Service]],
    registry: Registry,
    visitor: Visitor,
    tell: Callable[[Message], None],
    orders: Orders,
) -> int:
    """Fetch all tables of some services, one after the other, and return how many could not be had.

    Everything is told while it happens. A table that fails does not stop the others.
    """
    tables = [(name, service, table) for name, service in chosen for table in service.tables]
    failed = 0
    for number, (name, service, table) in enumerate(tables, start=1):
        tell(message("fetch_table", number=number, count=len(tables), file=table.file, title=table.name))
        try:
            for line in _fetch(_Place(project), name, service, table, registry, visitor, orders):
                tell(line)
        except FetchFailed as error:
            failed += 1
            tell(message("fetch_failed", reason=error.reason))
            tell(_explain_by_hand(name, service, table))
    return failed


def _explain_by_hand(name: str, service: Service, table: Table) -> Message:
    values = {
        "page": service.page,
        "title": table.name,
        "databases": " / ".join(table.databases),
        "indicators": ", ".join(table.indicators),
        "file": table.file,
        "version": service.version,
    }
    return message(f"fetch_by_hand_{name}", **values)


def _fetch(
    place: _Place,
    name: str,
    service: Service,
    table: Table,
    registry: Registry,
    visitor: Visitor,
    orders: Orders,
) -> Iterator[Message]:
    known = "" if orders.force else place.read_stamp(table.file)
    received = ROUTES[name](service, table, visitor, known)
    if received is None:
        yield message("fetch_unchanged")
        return
    # Kept until it is let in: whatever goes wrong now, this is what to look at.
    draft = place.received / table.file
    write_whole(draft, received.data)
    path = place.project.raw / table.file
    resource = _describe(service, table, received)
    reading = _read(draft, resource, registry)
    new = old = _list_figures(reading)
    if new.is_empty():
        issues = [IssueText(row) for row, _ in reading.issues.count_kinds()][:1]
        raise FetchFailed(message("fetch_nothing_read", file=draft, layout=table.layout, issues=issues))
    if path.exists():
        old = _list_figures(_read(path, find_entry(place.project.raw, path) or resource, registry))
    differences = revisions(old if path.exists() else old.clear(), new)
    kinds = Counter(differences["kind"])
    counts = {"added": kinds["new"], "changed": kinds["changed"], "gone": kinds["gone"]}
    yield message("fetch_compared", count=new.height, aside=len(reading.issues), **counts)
    # What was known and is another figure now is more telling than a year that is new.
    yield from map(_show, differences.sort(pl.col("kind") == "new", maintain_order=True).head(SHOWN).to_dicts())
    if kinds["gone"] and not (orders.allow_gone or orders.dry_run):
        raise FetchFailed(message("fetch_kept", count=kinds["gone"], file=draft))
    if orders.dry_run:
        return
    _let_in(place, draft, resource, registry)
    place.note(table.file, received.stamp)
    yield message("fetch_done", file=table.file, published=received.published)


def _describe(service: Service, table: Table, received: Received) -> Resource:
    """Return the entry of a file, but for what it shows itself."""
    known = {
        "title": table.name,
        "publisher": service.publisher,
        "table": table.name,
        "url": service.page,
        "published": received.published,
        "scope": table.scope,
        "confidence": "high",
    }
    return stand_in(Path(table.file)).model_copy(update=known)


def _read(path: Path, resource: Resource, registry: Registry) -> Reading:
    """Read a file as `hpedu ingest` would."""
    try:
        return read_apart(partial(read_data, resource=resource), read_bytes(path), registry)
    except Unreadable as error:
        raise FetchFailed(message("fetch_unreadable", file=path, reason=error)) from error


def _list_figures(reading: Reading) -> pl.DataFrame:
    """Return the figures of a file as series."""
    rows = reading.observations
    return pl.DataFrame(
        {
            "place": [f"{row['territory']} {row['place']}".strip() for row in rows],
            "indicator": [" ".join(row[name] for name in SERIES_FIELDS if row[name]) for row in rows],
            "year": [row["year"] for row in rows],
            "value": [row["value"] for row in rows],
        },
        schema={"place": pl.String(), "indicator": pl.String(), "year": pl.Int64(), "value": pl.Float64()},
    )


def _show(row: dict[str, object]) -> Message:
    return message(f"fetch_{row['kind']}", **{name: _Figure(value) for name, value in row.items()})


@dataclass(frozen=True)
class _Figure:
    """A cell of a comparison, to be said in either language."""

    value: object

    def say(self, language: str) -> str:
        return (
            format_number(self.value, 3, language, trim=True) if isinstance(self.value, float) else str(self.value)
        )


def _let_in(place: _Place, draft: Path, resource: Resource, registry: Registry) -> None:
    """Put a file that was read into data/raw, and write its entry, or the day of the one that is there."""
    path = place.project.raw / draft.relative_to(place.received)
    write_whole(path, draft.read_bytes())
    draft.unlink()
    if find_entry(place.project.raw, path):
        renew_entry(path, place.project, resource.published)
    else:
        add_entry(path, place.project, {name: getattr(resource, name) for name in ASKED}, registry, None)
