"""Let what a service gave into data/raw: read, compared with the file that is there, and only then written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hpedu.fetch.routes import ROUTES, Service, Table
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
class Arrivals:
    """The way of files into data/raw. Everything is told while it happens."""

    project: Project
    registry: Registry
    visitor: Visitor
    tell: Callable[[Message], None]
    # Ask also for what is there and unchanged.
    force: bool = False
    # Write nothing into data/raw.
    dry_run: bool = False
    # Replace a file though figures of it are gone.
    allow_gone: bool = False

    def fetch(self, services: Iterable[Service]) -> int:
        """Fetch all tables of some services, one after the other, and return how many could not be had.

        A table that fails does not stop the others.
        """
        tables = [(service, table) for service in services for table in service.tables]
        failed = 0
        down: set[str] = set()
        for number, (service, table) in enumerate(tables, start=1):
            place = {"number": number, "count": len(tables), "file": table.file, "title": table.name}
            self.tell(message("fetch_table", **place))
            try:
                if service.id in down:
                    raise FetchFailed(message("fetch_down"))
                self._fetch(service, table)
            except FetchFailed as error:
                failed += 1
                if error.is_down:
                    down.add(service.id)
                self.tell(message("fetch_failed", reason=error.reason))
                self.tell(_explain_by_hand(service, table))
        return failed

    def _fetch(self, service: Service, table: Table) -> None:
        known = "" if self.force else self._read_stamp(table.file)
        received = ROUTES[service.id](service, table, self.visitor, known)
        if received is None:
            self.tell(message("fetch_unchanged"))
            return
        # Kept until it is let in: whatever goes wrong now, this is what to look at.
        draft = self.project.build / "fetch" / table.file
        write_whole(draft, received.data)
        resource = _describe(service, table, received.published)
        if self._compare(draft, resource, table) and not (self.allow_gone or self.dry_run):
            raise FetchFailed(message("fetch_kept", file=draft))
        if not self.dry_run:
            self._let_in(draft, table.file, resource)
            self._note(table.file, received.stamp)
            self.tell(message("fetch_done", file=table.file, published=received.published))

    def _compare(self, draft: Path, resource: Resource, table: Table) -> bool:
        """Tell what would change, and return whether a figure would be gone."""
        reading = self._read(draft, resource)
        new = _list_figures(reading.observations)
        if new.is_empty():
            issues = [IssueText(row) for row, _ in reading.issues.count_kinds()][:1]
            raise FetchFailed(message("fetch_nothing_read", file=draft, layout=table.layout, issues=issues))
        path = self.project.raw / table.file
        there = find_entry(self.project.raw, path) or resource
        old = _list_figures(self._read(path, there).observations if path.exists() else [])
        differences = revisions(old, new)
        kinds = Counter(differences["kind"])
        counts = {"added": kinds["new"], "changed": kinds["changed"], "gone": kinds["gone"]}
        self.tell(message("fetch_compared", count=new.height, aside=len(reading.issues), **counts))
        # What was known and is another figure now is more telling than a year that is new.
        ordered = differences.sort(pl.col("kind") == "new", maintain_order=True)
        for row in ordered.head(SHOWN).iter_rows(named=True):
            self.tell(message(f"fetch_{row['kind']}", **{name: _Figure(value) for name, value in row.items()}))
        return kinds["gone"] > 0

    def _read(self, path: Path, resource: Resource) -> Reading:
        """Read a file as `hpedu ingest` would."""
        try:
            return read_apart(partial(read_data, resource=resource), read_bytes(path), self.registry)
        except Unreadable as error:
            raise FetchFailed(message("fetch_unreadable", file=path, reason=error)) from error

    def _let_in(self, draft: Path, file: str, resource: Resource) -> None:
        """Put a file that was read into data/raw, and write its entry, or the day of the one that is there."""
        path = self.project.raw / file
        write_whole(path, draft.read_bytes())
        draft.unlink()
        if find_entry(self.project.raw, path):
            renew_entry(path, self.project, resource.published)
        else:
            add_entry(path, self.project, {name: getattr(resource, name) for name in ASKED}, self.registry, None)

    @property
    def _record(self) -> Path:
        return self.project.build / "fetch.json"

    def _read_stamp(self, file: str) -> str:
        """Return the stamp of a file that is there as it was fetched; "" for any other."""
        noted, path = read_record(self._record).get(file, {}), self.project.raw / file
        is_same = path.exists() and noted.get("digest") == digest_file(path)
        return str(noted["stamp"]) if is_same and find_entry(self.project.raw, path) else ""

    def _note(self, file: str, stamp: str) -> None:
        noted = {"stamp": stamp, "digest": digest_file(self.project.raw / file)}
        record = read_record(self._record) | {file: noted}
        write_whole(self._record, json.dumps(record, indent=1, sort_keys=True).encode())


def _explain_by_hand(service: Service, table: Table) -> Message:
    values = table.model_dump(include={"databases", "indicators", "file"})
    values |= {"title": table.name, "page": service.page, "version": service.version}
    return message(f"fetch_by_hand_{service.id}", **values)


def _describe(service: Service, table: Table, published: str) -> Resource:
    """Return the entry of a file, but for what it shows itself."""
    known = {
        "title": table.name,
        "publisher": service.publisher,
        "table": table.name,
        "url": service.page,
        "published": published,
        "scope": table.scope,
        "confidence": "high",
    }
    return stand_in(Path(table.file)).model_copy(update=known)


def _list_figures(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return the figures of a file as series."""
    return pl.DataFrame(
        {
            "place": [f"{row['territory']} {row['place']}".strip() for row in rows],
            "indicator": [" ".join(row[name] for name in SERIES_FIELDS if row[name]) for row in rows],
            "year": [row["year"] for row in rows],
            "value": [row["value"] for row in rows],
        },
        schema={"place": pl.String(), "indicator": pl.String(), "year": pl.Int64(), "value": pl.Float64()},
    )


@dataclass(frozen=True)
class _Figure:
    """A cell of a comparison, to be said in either language."""

    value: object

    def say(self, language: str) -> str:
        return (
            format_number(self.value, 3, language, trim=True) if isinstance(self.value, float) else str(self.value)
        )
