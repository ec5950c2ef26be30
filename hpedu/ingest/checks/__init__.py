"""Find what does not agree among published figures. An error takes figures out of use; none is ever changed.

Only findings of the severity `error` have an effect, and none that an erratum or a decision covers. Which figures
go out is the rule of each check, written in its docstring: a slip the cell, a duplicate both prints, a sum the
whole and those parts that are not known to be sound. A print that is out is kept, with the flag `contradicted`; an
older edition of the figure that no check contradicts takes its place, else the figure has no value in use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.ingest.checks.additions import check_mergers, check_sums, check_territories
from hpedu.ingest.checks.figures import Figure, Figures, find_matches
from hpedu.ingest.checks.finding import FINDINGS, SEVERITIES
from hpedu.ingest.checks.jumps import check_jumps, check_unit_slips
from hpedu.ingest.checks.limits import (
    check_duplicates,
    check_parts,
    check_ratios,
    check_revisions,
    check_shares,
    check_signs,
    check_two_counts,
    check_zeros,
)
from hpedu.ingest.corrections import CONTRADICTED, DECIDED, FIGURE
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef

__all__ = ["FINDINGS", "Breaches", "Readings", "find_breaches", "find_readings", "set_contradicted"]

CHECKS = (
    check_sums,
    check_parts,
    check_territories,
    check_mergers,
    check_duplicates,
    check_two_counts,
    check_revisions,
    check_signs,
    check_zeros,
    check_unit_slips,
    check_jumps,
    check_ratios,
    check_shares,
)

Readings = Mapping[tuple[str, int, SeriesRef], Collection[float]]
"""What figures of whole territories may be: (territory, year, series) -> values."""


@dataclass(frozen=True)
class Breaches:
    """What does not agree. `findings` has the columns `FINDINGS`, by severity, errors first."""

    findings: pl.DataFrame
    # The rows of the table of observations that each finding is about.
    rows: list[frozenset[int]]
    # The rows that the errors take out of use.
    out: frozenset[int]

    def add_errors(self, other: Breaches, offset: int) -> Breaches:
        """Return both, of the other its errors alone; its rows are counted from `offset` on."""
        errors = [n for n, severity in enumerate(other.findings["severity"]) if severity == "error"]
        return Breaches(
            pl.concat([self.findings, other.findings[errors]]),
            [*self.rows, *(frozenset(row + offset for row in other.rows[n]) for n in errors)],
            self.out | {row + offset for row in other.out},
        )


def find_breaches(observations: pl.DataFrame, registry: Registry, about: pl.DataFrame | None = None) -> Breaches:
    """Find everything that does not agree among the published observations, all editions of them.

    With `about`, some of these observations, it is enough to find what they have a part in.

    Derived figures and bounds ("over 99%") are left out. A figure whose unit slipped (and is not corrected yet) is
    reported once, not again in every sum and ratio it spoils. What must add up or be bounded is stated in the
    registry (`relations.csv`). Time grows linearly with the rows.
    """
    figures = Figures(observations, registry, about)
    rows = [row for check in CHECKS for row in check(figures)]
    slips = [row for row in rows if row["check"] == "unit_slip" and not row["erratum"]]
    slipped = {one for row in slips for one in row["out"]}
    left = [row for row in rows if row["check"] == "unit_slip" or slipped.isdisjoint(row["rows"])]
    left.sort(key=lambda row: (SEVERITIES[row["severity"]], row["file"]))
    return Breaches(
        pl.DataFrame([{name: row[name] for name in FINDINGS} for row in left], schema=FINDINGS, orient="row"),
        [frozenset((*row["rows"], *row["out"])) for row in left],
        find_out(left, figures),
    )


def find_out(breaches: Iterable[Mapping[str, Any]], figures: Figures) -> frozenset[int]:
    """Return the rows of the figures that the errors take out of use."""
    out: set[int] = set()
    errors = [row for row in breaches if row["severity"] == "error"]
    sound = find_sound(figures) if any(row["doubted"] for row in errors) else frozenset()
    for row in errors:
        doubted = set(row["doubted"])
        # Where all of them seem sound, one is wrong all the same.
        out |= set(row["out"]) | (doubted - sound or (set() if row["out"] else doubted))
    return frozenset(out)


def find_sound(figures: Figures) -> frozenset[int]:
    """Return the rows of figures that something else confirms: a sum that is right, or a print in another file."""
    sound: set[int] = set()
    for match in find_matches(figures, "sum", ("file", "release")):
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
    for match in find_matches(figures, "sum", ("file", "release")):
        said += [(part, match.value - (match.total - part.value)) for part in match.parts]
        said += [(match.whole, match.total)] if isinstance(match.whole, Figure) else []
    for figure, value in said:
        if (key := (figure.territory, figure.year, SeriesRef(*figure.key))) in found and not figure.place:
            found[key].add(value)
    return found
