"""Set figures aside that are doubtful only beside the others of their table or file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from hpedu.ingest.layouts import Layout, Series
from hpedu.ingest.quarantine import Row, set_aside_row
from hpedu.ingest.schema import SERIES_FIELDS, SERIES_KEY, Cell, Resource, name_cell
from hpedu.ingest.words.numbers import NumberStyle, count_decimals, may_be_grouped
from hpedu.registry import Registry

# The columns that make one figure.
_FIGURE = (*SERIES_KEY, "year", "qualifier")


def find_fractions(rows: Iterable[Row], layout: Layout, registry: Registry) -> dict[Hashable, str]:
    """Return the series of a table that count whole things and have a fraction, with its print: none can be read.

    Thousands without a unit look so: 110.4, 118, 122, 125.6 classes.
    """
    entries = [series for its in layout.series.values() for series in its if counts_whole(series, registry)]
    whole = {tuple(getattr(series, name) for name in SERIES_FIELDS) for series in entries}
    found = {_key(row, SERIES_FIELDS): row["printed"] for row in rows if row["value"] % 1}
    return {series: printed for series, printed in found.items() if series in whole}


def _name_series(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in SERIES_FIELDS)


def find_hidden_shares(read: Sequence[tuple[Cell, Mapping[str, Any]]], layout: Layout) -> set[str]:
    """Find the cells in percent that are most likely fractions, 0.987 for 98.7%: none of their series is above 1.

    So is one among others if only a hundred times it is of their size. A percent sign in a cell shows that it is
    none, and a layout may say so of a series.
    """
    small = {
        _name_series(series.model_dump()) for its in layout.series.values() for series in its if series.below_one
    }
    by_series: dict[tuple[str, ...], list[tuple[Cell, float]]] = {}
    for cell, row in read:
        if row["unit"] == "percent" and _name_series(row) not in small:
            by_series.setdefault(_name_series(row), []).append((cell, row["value"]))
    found = set()
    for cells in by_series.values():
        signed = [value for cell, value in cells if cell.printed.rstrip().endswith("%")]
        sure = signed or [value for _, value in cells if value > 1]
        for cell, value in cells:
            is_in_doubt = 0 < value <= 1 and not cell.printed.rstrip().endswith("%")
            if is_in_doubt and (not sure or min(sure) / 2 <= 100 * value <= 2 * max(sure)):
                found.add(name_cell(cell.sheet, cell.address))
    return found


def counts_whole(series: Series, registry: Registry) -> bool:
    """Return whether the figures of a series are printed one by one, not in thousands, and count whole things."""
    measure = registry.measures.get(series.measure)
    return series.scale == 1 and measure is not None and measure.is_whole


def find_regrouped(rows: Sequence[Row], style: NumberStyle) -> dict[Hashable, str]:
    """Return the columns of a table with a number that can be read in two ways: "2,053" beside "2.013,8".

    Numbers that all have three decimals show what their mark is.
    """
    if {count_decimals(row["printed"], style) for row in rows} <= {0, 3}:
        return {}
    doubtful = (row for row in rows if may_be_grouped(row["printed"], style))
    return {_key(row, (*SERIES_FIELDS, "year")): row["printed"] for row in doubtful}


def set_aside_doubtful(
    rows: list[Row], layout: Layout, style: NumberStyle | None, resource: Resource, registry: Registry
) -> tuple[list[Row], list[Row]]:
    """Part the figures of a table into those that hold beside the others, and issues for those that do not."""
    fractions = find_fractions(rows, layout, registry)
    regrouped = find_regrouped(rows, style) if style else {}
    if not fractions and not regrouped:
        return rows, []
    sound, issues = [], []
    for row in rows:
        fraction = fractions.get(_key(row, SERIES_FIELDS))
        doubtful = regrouped.get(_key(row, (*SERIES_FIELDS, "year")))
        if fraction is not None:
            own = row["printed"] if row["value"] % 1 else fraction
            issues.append(_set_aside(row, "not_whole", own, resource, registry))
        elif doubtful is not None:
            issues.append(_set_aside(row, "ambiguous_number", doubtful, resource, registry))
        else:
            sound.append(row)
    return sound, issues


def set_aside_repeated(
    rows: list[Row], twice: Mapping[Hashable, str], resource: Resource, registry: Registry
) -> tuple[list[Row], list[Row]]:
    """Part the figures of a file into those that are read once, and issues for those that it gives twice.

    Of two tables that print the same number as exactly, the first is read. Of others nobody can tell which is
    meant: a column was copied over another, or a sheet or table is of a part. `twice` has a cell of each figure
    that is set aside already since its table gives it twice.
    """
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_key(row, _FIGURE)].append(row)
    sound, issues = [], []
    for row in rows:
        key = _key(row, _FIGURE)
        first = groups[key][0]
        is_one = len({_key(its, ("value", "step")) for its in groups[key]}) == 1
        if key not in twice and is_one:
            if row is first:
                sound.append(row)
            else:
                issues.append(_set_aside(row, "figure_repeated", _name(first), resource, registry))
        else:
            names = [*([twice[key]] if key in twice else []), *map(_name, groups[key])]
            other = next(name for name in names if name != _name(row))
            issues.append(_set_aside(row, "figure_twice", other, resource, registry))
    return sound, issues


def _name(row: Row) -> str:
    return name_cell(row["sheet"], row["cell"])


def _key(row: Row, fields: Iterable[str]) -> Hashable:
    return tuple(row[name] for name in fields)


def _set_aside(row: Row, reason: str, subject: str, resource: Resource, registry: Registry) -> Row:
    cell = Cell(row["sheet"], row["cell"], row["printed"], {})
    return set_aside_row(cell, resource, reason, subject, registry)
