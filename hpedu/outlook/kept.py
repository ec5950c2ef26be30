"""Where the targets stood when a report was built: kept beside the reports, read by next year's."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from hpedu.errors import HpeduError
from hpedu.files import write_whole
from hpedu.outlook.changes import STANDINGS
from hpedu.paths import Project

NAME = "standings.json"


class BrokenRecord(HpeduError):
    """The kept standings of a year cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        self.place = "/".join(path.parts[-4:])
        super().__init__(path, reason)


def place_of_standings(project: Project, year: int, territory: str) -> Path:
    """The file with the standings of a territory as its report for a school year showed them."""
    return project.reports / str(year) / territory / NAME


def keep_standings(project: Project, year: int, territory: str, standings: pl.DataFrame) -> None:
    """Write the standings of a territory (columns `STANDINGS`) beside its reports."""
    record = {"territory": territory, "year": year, "standings": standings.to_dicts()}
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_whole(place_of_standings(project, year, territory), text.encode())


def recall_standings(project: Project, year: int, territory: str) -> pl.DataFrame | None:
    """The kept standings of a territory and school year; None if no report of that year was kept here.

    Raises
    ------
    BrokenRecord
        If the file is not what `keep_standings` writes.
    """
    path = place_of_standings(project, year, territory)
    if not path.exists():
        return None
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["standings"]
        return pl.DataFrame([{key: row[key] for key in STANDINGS} for row in rows], schema=STANDINGS, orient="row")
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise BrokenRecord(path, f"{type(error).__name__}: {error}") from error
