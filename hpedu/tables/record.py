"""What the prepared tables hold, told without reading one: what can be reported on, and a digest of every part.

A *part* is what a report can ask for by itself, such as the values of one indicator in one territory. Equal
digests mean equal rows: that is how `hpedu report` knows what a changed file touches.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hpedu.files import digest_file, digest_folders
from hpedu.ingest.record import input_digests, read_record
from hpedu.paths import Project

VALUES, COMMUNES, COMMUNE_SCHOOLS = "values.parquet", "communes.parquet", "commune_schools.parquet"
TABLES = (VALUES, COMMUNES, COMMUNE_SCHOOLS)
RECORD = "prepared.json"
COMMUNE_GROUPS = ("overview", "preschool", "general", "continuing")
"""What the pages of a commune are about. No school list has a university: there is none on higher education."""
PREPARED_VARIABLE = "HPEDU_PREPARED"


@dataclass(frozen=True)
class Prepared:
    """The tables of data/processed and what they were made from."""

    made_from: dict[str, str]  # what ingest was made from, and the rules of indicators
    newest_year: int | None  # for which anything was counted; None without any figure
    years: list[int]  # up to the newest, with any value
    territories: list[str]  # that reports can be about
    languages: list[str]
    communes: dict[str, dict[str, Any]]  # id -> name, and the school years for which its schools are listed
    sources: list[dict[str, Any]]  # the resources of data/raw, as `hpedu.ingest.resource.Resource`
    parts: dict[str, str]  # part -> digest

    @property
    def digest(self) -> str:
        """One digest of everything the tables were made from."""
        return self.made_from["all"]

    def digest_of(self, part: str) -> str:
        """The digest of a part; "" if there is no such part, which is a state like any other."""
        return self.parts.get(part) or self.made_from.get(part, "")


def prepare(project: Project) -> Prepared:
    """Bring data/processed up to date with data/raw: ingest first, then indicator values and digests.

    Within `announce_prepared` nothing is checked again: a batch of many kernels looks at data/raw once.

    Raises
    ------
    IngestError, RegistryError
        As ingest does.
    """
    record = read_prepared(project)
    if record is not None and os.environ.get(PREPARED_VARIABLE) == record.digest:
        return record
    made_from = describe_sources(project)
    if record is not None and record.made_from == made_from and read_record(project) is not None:
        return record
    from hpedu.tables.make import make_tables  # polars and the registry: only where something has changed

    return make_tables(project)


@contextmanager
def announce_prepared(prepared: Prepared) -> Iterator[None]:
    """While it lasts, kernels and processes started from here take the tables as they are."""
    before = os.environ.get(PREPARED_VARIABLE)
    os.environ[PREPARED_VARIABLE] = prepared.digest
    try:
        yield
    finally:
        if before is None:
            del os.environ[PREPARED_VARIABLE]
        else:
            os.environ[PREPARED_VARIABLE] = before


def describe_sources(project: Project) -> dict[str, str]:
    """SHA-256 of everything the tables depend on: that of ingest, and the rules of indicators."""
    import hashlib

    library = Path(__file__).parents[1]
    digests = input_digests(project)
    digests["indicators"] = digest_file(library / "indicators.py")
    digests["tables"] = digest_folders(library / "tables")
    text = json.dumps(digests, sort_keys=True)
    return digests | {"all": hashlib.sha256(text.encode()).hexdigest()}


def read_prepared(project: Project) -> Prepared | None:
    """The record of the tables as they lie there; None if they were never made, or not by this library."""
    path = project.processed / RECORD
    if not path.exists() or not all((project.processed / name).exists() for name in TABLES):
        return None
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Prepared(**fields) if set(fields) == set(Prepared.__dataclass_fields__) else None


def write_record(prepared: Prepared) -> bytes:
    """The record as it is kept."""
    return json.dumps(asdict(prepared), ensure_ascii=False, sort_keys=True).encode()
