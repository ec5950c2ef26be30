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
        for series in series_of(target, book):
            waiting = missing.setdefault(series, [])
            waiting += [target] if target not in waiting else []
    return [Missing(series, targets) for series, targets in missing.items() if series not in there]


def series_of(target: Target, book: Registry) -> list[SeriesRef]:
    """The series a target is computed from; none for a milestone."""
    if target.kind == "milestone":
        return []
    indicator = book.indicators[target.id]
    formulas = filter(None, (indicator.numerator, indicator.denominator))
    return [series for formula in formulas for series in parse_formula(formula)]


def targets_of(cover: Cover, book: Registry) -> list[Target]:
    """The targets a form is about, in the order of the plans."""
    return [target for target in book.targets.values() if target.group == cover.group]
