"""Find what does not agree among published figures. An error takes figures out of use; none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hpedu.ingest.checks.additions import check_sums
from hpedu.ingest.checks.effects import find_out, set_contradicted
from hpedu.ingest.checks.figures import Figures
from hpedu.ingest.checks.finding import FINDINGS, SEVERITIES
from hpedu.ingest.checks.jumps import check_jumps, check_unit_slips
from hpedu.ingest.checks.limits import (
    check_duplicates,
    check_parts,
    check_ratios,
    check_revisions,
    check_signs,
    check_two_counts,
    check_zeros,
)
from hpedu.ingest.checks.shares import check_shares
from hpedu.ingest.checks.territories import check_mergers, check_territories
from hpedu.registry import Registry

__all__ = ["FINDINGS", "Breaches", "find_breaches", "set_contradicted"]

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


@dataclass(frozen=True)
class Breaches:
    """What does not agree. `findings` has the columns `FINDINGS`, by severity, errors first."""

    findings: pl.DataFrame
    # The rows of the table of observations that each finding is about.
    rows: list[frozenset[int]]
    # The rows that the errors take out of use.
    out: frozenset[int]


def find_breaches(observations: pl.DataFrame, registry: Registry) -> Breaches:
    """Find everything that does not agree among the published observations, all editions of them.

    Derived figures and bounds ("over 99%") are left out. A figure whose unit slipped (and is not corrected yet) is
    reported once, not again in every sum and ratio it spoils. What must add up or be bounded is stated in the
    registry (`relations.csv`). Time grows linearly with the rows.
    """
    figures = Figures(observations, registry)
    rows = [row for check in CHECKS for row in check(figures, registry)]
    slips = [row for row in rows if row["check"] == "unit_slip" and not row["erratum"]]
    slipped = {one for row in slips for one in row["out"]}
    left = [row for row in rows if row["check"] == "unit_slip" or slipped.isdisjoint(row["rows"])]
    left.sort(key=lambda row: (SEVERITIES[row["severity"]], row["file"]))
    return Breaches(
        pl.DataFrame([{name: row[name] for name in FINDINGS} for row in left], schema=FINDINGS, orient="row"),
        [frozenset((*row["rows"], *row["out"])) for row in left],
        find_out(left, figures, registry),
    )
