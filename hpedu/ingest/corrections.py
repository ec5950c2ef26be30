"""Apply what the registry says of single prints: errata, and decisions on contradicted figures.

Both are bound to the table, the figure (series, territory, place, year) and the printed number, never to a cell:
every export of a table gets the same correction, whatever its file is called and wherever the figure has moved.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from hpedu.errors import Problem
from hpedu.ingest.layouts import title_key
from hpedu.ingest.quarantine import Row, set_aside_row
from hpedu.ingest.schema import SERIES_KEY, Cell, Resource
from hpedu.registry import Registry
from hpedu.registry.models import Decision, Erratum, Print
from hpedu.texts import message

FIGURE = (*SERIES_KEY, "year")
"""The columns that make one figure, in the order of `Print.figure`."""

FORM, SCHOOL_LIST = "form", "school_list"
"""The names of the tables that are handed in."""

SCALED, DECIDED = "erratum_scale", "decided"
"""Flags of a figure whose unit an erratum corrected, and of one that a decision chose."""

CONTRADICTED = "contradicted"
"""The flag of a print that a check contradicts: it is never current."""

OTHER_PRINT = "erratum_other_print"
"""The reason for which a figure is set aside that an erratum names with another print."""

Figure = tuple[str | int, ...]


@dataclass
class Met:
    """The tables that were read, their figures, if any may be misprints, and the corrections that found theirs."""

    tables: set[str] = field(default_factory=set)
    figures: set[tuple[str, Figure]] = field(default_factory=set)
    corrections: set[str] = field(default_factory=set)

    def __ior__(self, other: Met) -> Met:
        self.tables |= other.tables
        self.figures |= other.figures
        self.corrections |= other.corrections
        return self


def correct(
    table: str,
    observations: list[dict[str, Any]],
    refused: Iterable[Figure],
    resource: Resource,
    registry: Registry,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Met]:
    """Correct the figures of one table; return those that are left, the issues of the others, and what was met.

    Each row has the number it prints as `number`, as does no column; it is removed. A figure that an erratum names
    with another print is set aside: the publisher may have corrected it, or it may be wrong in a new way.
    """
    known, key = index_prints(table, registry), title_key(table)
    left, issues, met = [], [], Met({key})
    for row in observations:
        number = row.pop("number")
        if not known:
            left.append(row)
            continue
        figure = _figure_of(row)
        met.figures.add((key, figure))
        prints = known.get(figure, [])
        same = [one for one in prints if one.printed == number and _is_about(one, row["value"])]
        met.corrections.update(one.id for one in same)
        others = [one for one in prints if isinstance(one, Erratum) and one not in same]
        if same:
            for one in same:
                row = apply_print(row, one)
        elif others:
            met.corrections.update(one.id for one in others)
            subject = f"{others[0].id}: {others[0].printed}"
            issues.append(set_aside_figure(row, OTHER_PRINT, subject, resource, registry))
            continue
        if (
            any(isinstance(one, Erratum) and one.action == "set_aside" for one in same)
            and DECIDED not in row["flags"]
        ):
            issues.append(set_aside_figure(row, "erratum", same[0].id, resource, registry))
            continue
        left.append(row)
    for figure in refused:
        # What is refused for a reason of its own is no sign of a slip in the registry.
        met.corrections.update(one.id for one in known.get(figure, []))
    return left, issues, met


def correct_frame(sums: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Apply the decisions about sums of the school list, which print nothing but their value."""
    known = index_prints(SCHOOL_LIST, registry)
    if not known:
        return sums
    rows = []
    for row in sums.iter_rows(named=True):
        for one in known.get(_figure_of(row), []):
            row = apply_print(row, one) if float(one.printed) == row["value"] else row
        rows.append(row)
    return pl.DataFrame(rows, schema=sums.schema, orient="row")


def index_prints(table: str, registry: Registry) -> Mapping[Figure, list[Print]]:
    """Return the errata and decisions about a table, by figure."""
    return _index(registry).get(title_key(table), {})


@lru_cache(maxsize=8)
def _index(registry: Registry) -> dict[str, dict[Figure, list[Print]]]:
    table: dict[str, dict[Figure, list[Print]]] = {}
    for row in (*registry.errata.values(), *registry.decisions.values()):
        table.setdefault(title_key(row.table), {}).setdefault(row.figure, []).append(row)
    return table


def _is_about(one: Print, value: float) -> bool:
    """Return whether an erratum of a unit leads from a figure as read to its value, or the figure is right."""
    if not isinstance(one, Erratum) or one.factor is None or one.value is None:
        return True
    return one.value in (Decimal(repr(value)) * one.factor, Decimal(repr(value)))


def _figure_of(row: Mapping[str, Any]) -> Figure:
    return tuple(row[name] for name in FIGURE)


def apply_print(row: dict[str, Any], one: Print) -> dict[str, Any]:
    """Return the row of a figure with an erratum or a decision applied, flagged and named in its note."""
    changed: dict[str, Any] = {"note": f"{row['note']} [{one.id}]".strip()}
    if isinstance(one, Decision):
        changed["flags"] = [*row["flags"], DECIDED]
        if one.value is not None:
            changed["value"] = float(one.value)
    elif isinstance(one, Erratum):
        if one.value is not None and float(one.value) == row["value"]:
            # This export has the right unit.
            return row
        changed["flags"] = [*row["flags"], f"erratum_{one.action}"]
        if one.factor is not None:
            changed["value"] = float(Decimal(str(row["value"])) * one.factor)
            changed["step"] = float(Decimal(str(row["step"])) * one.factor)
    return row | changed


def set_aside_figure(row: Row, reason: str, subject: str, resource: Resource, registry: Registry) -> Row:
    """Return the issue row of a figure that was read and is set aside all the same."""
    cell = Cell(row["sheet"], row["cell"], row["printed"], {})
    return set_aside_row(cell, resource, reason, subject, registry)


def find_applied(figure: Figure, note: str, registry: Registry) -> Print | None:
    """Return the erratum or decision that a figure bears in its note; a decision goes first."""
    if "[" not in note:
        return None
    rows = [*registry.decisions.values(), *registry.errata.values()]
    return next((one for one in rows if f"[{one.id}]" in note and one.figure == figure), None)


def find_strays(met: Met, files: Container[str], registry: Registry) -> list[Problem]:
    """Name the errata and decisions whose figure no file has, though one has their table, year and territory.

    A slip in the registry must leave no figure uncorrected. So an erratum must meet its figure, too, if the file
    it was found in is among `files`, paths under data/raw.
    """
    problems = []
    places = {(table, figure[FIGURE.index("territory")], figure[-1]) for table, figure in met.figures}
    for one in (*registry.errata.values(), *registry.decisions.values()):
        table = title_key(one.table)
        if table not in met.tables or one.id in met.corrections:
            continue
        is_due = isinstance(one, Erratum) and (not one.seen_in or one.seen_in in files)
        if is_due or (table, one.territory, one.year) in places:
            words = {"table": one.table, "territory": one.territory, "year": one.year, "printed": one.printed}
            file = "errata.csv" if isinstance(one, Erratum) else "decisions.csv"
            problems.append(Problem(file, one.id, message("print_not_met", **words)))
    return problems
