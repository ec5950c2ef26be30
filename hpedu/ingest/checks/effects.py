"""Take the figures that an error contradicts out of use, until an erratum or a decision says otherwise.

Only findings of the severity `error` have an effect, and none that an erratum or a decision covers. Which figures
go out is the rule of each check, written in its docstring: a slip the cell, a duplicate both prints, a sum the
whole and those parts that are not known to be sound. A print that is out is kept, with the flag `contradicted`; an
older edition of the figure that no check contradicts takes its place, else the figure has no value in use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from hpedu.ingest.checks.figures import Figure, Figures, find_matches
from hpedu.ingest.corrections import CONTRADICTED, DECIDED, FIGURE
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef

Readings = Mapping[tuple[str, int, SeriesRef], Collection[float]]
"""What figures of whole territories may be: (territory, year, series) -> values."""


def find_out(breaches: Iterable[Mapping[str, Any]], figures: Figures, registry: Registry) -> frozenset[int]:
    """Return the rows of the figures that the errors take out of use."""
    out: set[int] = set()
    errors = [row for row in breaches if row["severity"] == "error"]
    sound = find_sound(figures, registry) if any(row["doubted"] for row in errors) else frozenset()
    for row in errors:
        doubted = set(row["doubted"])
        # Where all of them seem sound, one is wrong all the same.
        out |= set(row["out"]) | (doubted - sound or (set() if row["out"] else doubted))
    return frozenset(out)


def find_sound(figures: Figures, registry: Registry) -> frozenset[int]:
    """Return the rows of figures that something else confirms: a sum that is right, or a print in another file."""
    sound: set[int] = set()
    for match in find_matches(figures, registry, "sum", ("file", "release")):
        if match.total == match.value and not match.lacks_rest:
            sound.update(figure.row for figure in match.figures)
    for group in figures.same():
        files = {figure.file for figure in group}
        if len(files) > 1 and len({figure.value for figure in group}) == 1:
            sound.update(figure.row for figure in group)
    return frozenset(sound)


def set_contradicted(observations: pl.DataFrame, out: Iterable[int], registry: Registry) -> pl.DataFrame:
    """Flag the rows that errors take out of use, and every print a decision rejects; the chosen prints stay.

    A decision holds against all that was published up to its date.
    """
    decided = pl.col("flags").list.contains(DECIDED)
    rejected = pl.lit(value=False)
    for decision in registry.decisions.values():
        same = pl.all_horizontal(*(pl.col(n) == v for n, v in zip(FIGURE, decision.figure, strict=True)))
        chosen = same & decided & pl.col("note").str.contains(f"[{decision.id}]", literal=True)
        rejected |= same & ~decided & (pl.col("edition") <= decision.date.isoformat()) & chosen.any()
    rows = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.Series(sorted(out), dtype=pl.UInt32).implode())
    flagged = pl.col("flags").list.concat(pl.lit([CONTRADICTED], dtype=pl.List(pl.String)))
    return observations.with_columns(
        flags=pl.when((rows | rejected) & ~decided).then(flagged).otherwise(pl.col("flags"))
    )


def find_readings(observations: pl.DataFrame, registry: Registry) -> Readings:
    """Return what each contradicted figure may be: each print of it, and what the rest of its sum leaves."""
    doubted = observations.filter(pl.col("flags").list.contains(CONTRADICTED))
    files = doubted["file"].unique().implode()
    figures = Figures(observations.filter(pl.col("file").is_in(files)), registry)
    found: dict[tuple[str, int, SeriesRef], set[float]] = {
        (row["territory"], row["year"], SeriesRef(*(row[name] for name in SERIES_FIELDS))): set()
        for row in doubted.iter_rows(named=True)
    }
    said = [(figure, figure.value) for figure in figures.all]
    for match in find_matches(figures, registry, "sum", ("file", "release")):
        said += [(part, match.value - (match.total - part.value)) for part in match.parts]
        said += [(match.whole, match.total)] if isinstance(match.whole, Figure) else []
    for figure, value in said:
        if (key := (figure.territory, figure.year, SeriesRef(*figure.key))) in found and not figure.place:
            found[key].add(value)
    return found
