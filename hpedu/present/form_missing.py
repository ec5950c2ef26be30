"""What a form has to ask for: the series of a group's targets that have no figure yet."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hpedu.ingest.forms.sheets import Cover
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Target


@dataclass(frozen=True)
class Missing:
    """A series without a figure for the year, and the targets that wait for it."""

    series: SeriesRef
    targets: list[Target]


def list_missing(cover: Cover, observations: pl.DataFrame, book: Registry) -> list[Missing]:
    """The series that the group's targets are computed from and that have no figure, each once.

    A bound ("over 99%") is no figure: no formula takes it.
    """
    known = observations.filter(
        pl.col("current"),
        pl.col("territory") == cover.territory,
        pl.col("year") == cover.year,
        pl.col("place") == "",
        pl.col("qualifier") == "",
    )
    columns = ("measure", "level", "ownership", "sex", "detail")
    there = {SeriesRef(*row) for row in known.select(columns).iter_rows()}
    missing: dict[SeriesRef, list[Target]] = {}
    for target in targets_of(cover, book):
        if target.kind != "milestone":
            indicator = book.indicators[target.id]
            for formula in filter(None, (indicator.numerator, indicator.denominator)):
                for series in parse_formula(formula):
                    waiting = missing.setdefault(series, [])
                    waiting += [target] if target not in waiting else []
    return [Missing(series, targets) for series, targets in missing.items() if series not in there]


def targets_of(cover: Cover, book: Registry) -> list[Target]:
    """The targets a form is about, in the order of the plans."""
    return [target for target in book.targets.values() if target.group == cover.group]
