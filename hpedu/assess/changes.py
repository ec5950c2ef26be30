"""Compare the standings of two years: those saved next to last year's reports, and those of today."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from hpedu.assess.standing import Standing
from hpedu.errors import Refused
from hpedu.folders import Project, write_whole
from hpedu.sums import read_columns

STANDINGS = read_columns("standings")

CHANGES = read_columns("changes")


def tabulate_standings(standings: Sequence[Standing]) -> pl.DataFrame:
    """Return standings as a table that can be saved (columns `STANDINGS`)."""
    rows = []
    for standing in standings:
        target, last = standing.target, standing.last or {}
        row = {
            "target": target.id,
            "indicator": target.milestone_indicator or target.id,
            "objective": float(target.value),
            "due_year": target.year,
            "state": standing.state,
            "probability": standing.probability,
        }
        rows.append(row | {key: last.get(key) for key in ("value", "year", "unit", "edition", "sources")})
    return pl.DataFrame(rows, schema=STANDINGS, orient="row")


def compare_standings(before: pl.DataFrame, after: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return what happened to each target between two tables of standings.

    A figure is *revised* if its year has another value today, *withdrawn* if it has none any more. A state that
    changed although no figure of the target did has changed with `time`: fewer years are left, the projection
    draws on other series too, or the rule is new.

    Both have the columns `STANDINGS`, and a target that `before` does not know counts as one without a figure;
    `values` are today's of the territory. Has the columns `CHANGES`, one row for each target of `after`, in its
    order.
    """
    points = values.filter(pl.col("qualifier") == "")
    today = {(r["indicator"], r["year"]): r for r in points.iter_rows(named=True)}
    then = {row["target"]: row for row in before.iter_rows(named=True)}
    nothing = dict.fromkeys(STANDINGS)
    rows = [_compare(then.get(row["target"], nothing), row, today) for row in after.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=CHANGES, orient="row")


def _compare(
    old: dict[str, Any], new: dict[str, Any], today: dict[tuple[str, int], dict[str, Any]]
) -> dict[str, Any]:
    why, edition, revised = [], None, None
    if old["objective"] is not None and old["objective"] != new["objective"]:
        why.append("objective")
    if new["year"] is not None and (old["year"] is None or new["year"] > old["year"]):
        why.append("new_value")
        edition = new["edition"]
    if old["year"] is not None:
        now = today.get((new["indicator"], old["year"]))
        if now is None:
            why.append("withdrawn")
        elif not math.isclose(now["value"], old["value"], rel_tol=1e-9):
            why.append("revised")
            revised, edition = now["value"], edition or now["edition"]
    turned = old["state"] is not None and old["state"] != new["state"]
    if turned and not why:
        why.append(new["state"] if new["state"] in ("contradicted", "lapsed") else "time")
    return {
        "target": new["target"],
        "turned": turned,
        "why": why,
        "value_revised": revised,
        "edition": edition,
        **{f"{key}_before": old[key] for key in ("state", "probability", "value", "year")},
        **{f"{key}_after": new[key] for key in ("state", "probability", "value", "year")},
    }


NAME = "standings.json"


def locate_saved_standings(project: Project, year: int, territory: str) -> Path:
    """Return the path of the standings of a territory as its report for a school year showed them."""
    return project.reports / str(year) / territory / NAME


def save_standings(project: Project, year: int, territory: str, standings: pl.DataFrame) -> None:
    """Write the standings of a territory (columns `STANDINGS`) next to its reports."""
    record = {"territory": territory, "year": year, "standings": standings.to_dicts()}
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_whole(locate_saved_standings(project, year, territory), text.encode())


def read_saved_standings(project: Project, year: int, territory: str) -> pl.DataFrame | None:
    """Return the saved standings of a territory and school year; None if none were saved here.

    Raises `Refused` if the file is not what `save_standings` writes.
    """
    path = locate_saved_standings(project, year, territory)
    if not path.exists():
        return None
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["standings"]
        return pl.DataFrame([{key: row[key] for key in STANDINGS} for row in rows], schema=STANDINGS, orient="row")
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        place = "/".join(path.parts[-4:])
        raise Refused("record_broken", place=place, reason=f"{type(error).__name__}: {error}") from error
