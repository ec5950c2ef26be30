"""What an ingest was made from, told without reading a table: nothing heavy is imported here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hpedu.project import Project, digest_file, digest_folders

OBSERVATIONS, ISSUES, FINDINGS = "observations.parquet", "issues.parquet", "findings.parquet"
SCHOOLS = "schools.parquet"
RECORD = "ingest.json"


def raw_files(raw: Path) -> list[Path]:
    """The data files of data/raw: all but the package itself, notes and hidden files."""
    return sorted(
        file
        for file in raw.rglob("*")
        if file.is_file() and file.name != "datapackage.json" and not file.name.startswith((".", "README"))
    )


def input_digests(project: Project) -> dict[str, str]:
    """SHA-256 of everything an ingest depends on: raw files, and the library's own rules as one digest."""
    digests = {f"raw/{f.relative_to(project.raw).as_posix()}": digest_file(f) for f in raw_files(project.raw)}
    digests["raw/datapackage.json"] = digest_file(project.raw / "datapackage.json")
    digests["rules"] = digest_folders(Path(__file__).parent / "ingest", Path(__file__).parent / "registry")
    return digests


def read_record(project: Project) -> dict[str, Any] | None:
    """What the last whole ingest read and counted; None if there was none."""
    path = project.processed / RECORD
    tables = (OBSERVATIONS, ISSUES, FINDINGS, SCHOOLS)
    if not path.exists() or not all((project.processed / table).exists() for table in tables):
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record
