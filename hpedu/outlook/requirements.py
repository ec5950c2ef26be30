"""Assess what it would take: projected pupils and norms in; classes, teachers and rooms needed and missing out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from hpedu.outlook.intake import Columns, Intake, locate

PUPILS = "pupils"

DEMAND: Columns = {"level": "text", "year": "year", "scenario": "text", "pupils": "number"}
NORMS: Columns = {"level": "text", "resource": "text", "base": "text", "ratio": "figure"}
NORMS_OPTIONS: Columns = {
    "start_ratio": "number",
    "start_year": "year",
    "by_year": "year",
    "basis": "text",
}
STOCK: Columns = {"level": "text", "resource": "text", "year": "year", "value": "number"}

REQUIREMENTS: dict[str, Any] = {
    "level": pl.String,
    "resource": pl.String,
    "year": pl.Int32,
    "scenario": pl.String,
    "needed": pl.Float64,
    "there": pl.Float64,
    "there_year": pl.Int32,
    "missing": pl.Float64,
    "basis": pl.String,
}
"""Columns of `assess_requirements`, one row a resource, scenario and year.

`needed` is whole: half a teacher is a teacher. `there` is the newest figure, null where none is published, and
`there_year` its year. `missing` is needed - there and at least 0, null where `there` is.
"""


def assess_requirements(pupils: pl.DataFrame, norms: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    """Return what is needed of each resource in each year and scenario, what is there, and what is missing.

    Parameters
    ----------
    pupils
        `level, year, scenario, pupils`: as many scenarios as wanted (low, middle, high).
    norms
        `level, resource, base, ratio`: needed = ratio * base. The base is `pupils`, or another resource of the
        level: as needed if a norm before says so, else as much as there is. With `start_ratio`, `start_year` and
        `by_year` the ratio moves evenly from what it was to what it shall be, and stays. With `by_year` alone
        the years before are left out. `basis` says where the ratio comes from; it is handed through.
    stock
        `level, resource, year, value`: what was there; the newest figure counts.

    Returns
    -------
    polars.DataFrame
        Columns `REQUIREMENTS`, in the order of the norms, then scenario and year.
    """
    taken = Intake()
    demand = taken.take(pupils, "pupils", DEMAND, {})
    rules = taken.take(norms, "norms", NORMS, NORMS_OPTIONS)
    there = taken.take(stock, "stock", STOCK, {})
    taken.refuse_repeats(demand, "pupils", ["level", "year", "scenario"])
    taken.refuse_repeats(rules, "norms", ["level", "resource"])
    taken.refuse_repeats(there, "stock", ["level", "resource", "year"])
    taken.finish()
    newest = {
        (row["level"], row["resource"]): row
        for row in there.drop_nulls("value").sort("year").iter_rows(named=True)
    }
    cases = demand.drop_nulls("pupils").sort("year", maintain_order=True).to_dicts()
    # Level, resource, year and scenario -> how much, in whole numbers.
    known = {(case["level"], PUPILS, case["year"], case["scenario"]): float(case["pupils"]) for case in cases}
    seen = {(level, PUPILS) for level in rules["level"]}
    rows = []
    for rule in rules.iter_rows(named=True):
        level, resource, base = rule["level"], rule["resource"], rule["base"]
        _check(taken, rule, is_known=(level, base) in seen | newest.keys())
        seen.add((level, resource))
        have = newest.get((level, resource), {"value": None, "year": None})
        for case in cases if not taken.problems else ():
            year, scenario = case["year"], case["scenario"]
            if case["level"] != level:
                continue
            size = known[level, base, year, scenario] if (level, base) in seen else newest[level, base]["value"]
            needed = float(math.ceil(move_ratio(rule, year) * size - 1e-9))
            known[level, resource, year, scenario] = needed
            if rule["start_ratio"] is None and year < (rule["by_year"] or year):
                continue
            missing = None if have["value"] is None else max(needed - have["value"], 0.0)
            rows.append(
                (
                    level,
                    resource,
                    year,
                    scenario,
                    needed,
                    have["value"],
                    have["year"],
                    missing,
                    rule["basis"] or "",
                )
            )
    taken.finish()
    return pl.DataFrame(rows, schema=REQUIREMENTS, orient="row")


def _check(taken: Intake, rule: Mapping[str, Any], *, is_known: bool) -> None:
    where = locate(rule, ["level", "resource"])
    if rule["ratio"] < 0:
        taken.complain("norms", "intake_ratio_negative", where=where, found=str(rule["ratio"]))
    start = rule["start_ratio"] is not None
    if start != (rule["start_year"] is not None) or (start and rule["by_year"] is None):
        taken.complain("norms", "intake_ratio_start", where=where)
    if not is_known:
        taken.complain("norms", "intake_base_unknown", where=where, found=rule["base"])


def move_ratio(rule: Mapping[str, Any], year: int) -> float:
    """Return the ratio of a year: evenly from `start_ratio` in `start_year` to `ratio` in `by_year`."""
    ratio: float = rule["ratio"]
    if rule["start_ratio"] is None or year >= rule["by_year"]:
        return ratio
    if year <= rule["start_year"]:
        return float(rule["start_ratio"])
    done = (year - rule["start_year"]) / (rule["by_year"] - rule["start_year"])
    return float(rule["start_ratio"] + (ratio - rule["start_ratio"]) * done)
