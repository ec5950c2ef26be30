"""Columns of the two tables that ingest writes."""

from __future__ import annotations

from typing import Any

import polars as pl

OBSERVATIONS: dict[str, Any] = {
    "measure": pl.String,  # what is counted (registry/measures.csv)
    "level": pl.String,  # registry/codes.csv, dimension level; so are ownership, sex and status
    "ownership": pl.String,
    "sex": pl.String,
    "detail": pl.String,  # a part of the measure (age group, grade, degree); "" for the whole
    "territory": pl.String,
    "place": pl.String,  # a district or one institution; "" for the whole territory
    "year": pl.Int32,  # year in which the school year starts; calendar figures: the year itself
    "value": pl.Float64,
    "unit": pl.String,
    "status": pl.String,
    "qualifier": pl.String,  # "", ">", "<" or "about": then the value is a bound, not a point
    "flags": pl.List(pl.String),  # registry/codes.csv, dimension flag
    "source": pl.String,  # name of the resource in data/raw/datapackage.json
    "edition": pl.String,  # day, month or year the source was published
    "file": pl.String,
    "digest": pl.String,  # SHA-256 of the file
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,  # the cell as printed
    "note": pl.String,
    "step": pl.Float64,  # smallest step the print shows, in `unit`; tells a rounding from a revision
    "current": pl.Boolean,  # False where a newer edition or a more precise print of it stands
}
"""One row an observation: one published figure, or one derived from published ones."""

ISSUES: dict[str, Any] = {
    "file": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,
    "reason": pl.String,  # registry/codes.csv, dimension reason
    "subject": pl.String,  # the label or name the reason is about
    "message_vi": pl.String,
    "message_en": pl.String,
}
"""One row a cell that was set aside, and why."""

SERIES_KEY = ["measure", "level", "ownership", "sex", "detail", "territory", "place"]
"""The columns that make one series; with `year` they make one figure."""
