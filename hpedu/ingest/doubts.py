"""Set figures aside that are doubtful only beside the others of their table or file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from hpedu.ingest.corrections import FIGURE, set_aside_figure
from hpedu.ingest.layouts import Layout, Series
from hpedu.ingest.quarantine import Row
from hpedu.ingest.schema import SERIES_FIELDS, Resource, name_cell
from hpedu.ingest.words.numbers import NumberStyle, count_decimals, may_be_grouped
from hpedu.registry import Registry


def counts_whole(series: Series, registry: Registry) -> bool:
    """Return whether the figures of a series are printed one by one, not in thousands, and count whole things."""
    measure = registry.measures.get(series.measure)
    return series.scale == 1 and measure is not None and measure.is_whole


def set_aside_doubtful(
    rows: list[Row], layout: Layout, style: NumberStyle | None, resource: Resource, registry: Registry
) -> tuple[list[Row], list[Row]]:
    """Part the figures of a table into those that hold beside the others, and issues for those that do not."""
    shares = _find_hidden_shares(rows, layout)
    left = [row for row in rows if _name(row) not in shares] if shares else rows
    fractions = _find_fractions(left, layout, registry)
    regrouped = _find_regrouped(left, style) if style else {}
    if not shares and not fractions and not regrouped:
        return rows, []
    sound, issues = [], []
    for row in rows:
        fraction = fractions.get(_key(row, SERIES_FIELDS))
        doubtful = regrouped.get(_key(row, (*SERIES_FIELDS, "year")))
        if _name(row) in shares:
            issues.append(set_aside_figure(row, "fraction_or_percent", row["printed"], resource, registry))
        elif fraction is not None:
            own = row["printed"] if row["value"] % 1 else fraction
            issues.append(set_aside_figure(row, "not_whole", own, resource, registry))
        elif doubtful is not None:
            issues.append(set_aside_figure(row, "ambiguous_number", doubtful, resource, registry))
        else:
            sound.append(row)
    return sound, issues


def _find_hidden_shares(rows: Iterable[Row], layout: Layout) -> set[str]:
    """Find the cells in percent that are most likely fractions, 0.987 for 98.7%: none of their series is above 1.

    So is one among others if only a hundred times it is of their size. A percent sign in a cell shows that it is
    none, and a layout may say so of a series.
    """
    small = {
        _key(series.model_dump(), SERIES_FIELDS)
        for its in layout.series.values()
        for series in its
        if series.below_one
    }
    by_series: dict[Hashable, list[Row]] = {}
    for row in rows:
        if row["unit"] == "percent" and (series := _key(row, SERIES_FIELDS)) not in small:
            by_series.setdefault(series, []).append(row)
    found = set()
    for its in by_series.values():
        signed = [row["value"] for row in its if row["printed"].rstrip().endswith("%")]
        sure = signed or [row["value"] for row in its if row["value"] > 1]
        for row in its:
            value = row["value"]
            is_in_doubt = 0 < value <= 1 and not row["printed"].rstrip().endswith("%")
            if is_in_doubt and (not sure or min(sure) / 2 <= 100 * value <= 2 * max(sure)):
                found.add(_name(row))
    return found


def _find_fractions(rows: Iterable[Row], layout: Layout, registry: Registry) -> dict[Hashable, str]:
    """Return the series of a table that count whole things and have a fraction, with its print: none can be read.

    Thousands without a unit look so: 110.4, 118, 122, 125.6 classes.
    """
    entries = [series for its in layout.series.values() for series in its if counts_whole(series, registry)]
    whole = {tuple(getattr(series, name) for name in SERIES_FIELDS) for series in entries}
    found = {_key(row, SERIES_FIELDS): row["printed"] for row in rows if row["value"] % 1}
    return {series: printed for series, printed in found.items() if series in whole}


def _find_regrouped(rows: Sequence[Row], style: NumberStyle) -> dict[Hashable, str]:
    """Return the columns of a table with a number that can be read in two ways: "2,053" beside "2.013,8".

    Numbers that all have three decimals show what their mark is.
    """
    if {count_decimals(row["printed"], style) for row in rows} <= {0, 3}:
        return {}
    doubtful = (row for row in rows if may_be_grouped(row["printed"], style))
    return {_key(row, (*SERIES_FIELDS, "year")): row["printed"] for row in doubtful}


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
        groups[_key(row, (*FIGURE, "qualifier"))].append(row)
    sound, issues = [], []
    for row in rows:
        key = _key(row, (*FIGURE, "qualifier"))
        first = groups[key][0]
        is_one = len({_key(its, ("value", "step")) for its in groups[key]}) == 1
        if key not in twice and is_one:
            if row is first:
                sound.append(row)
            else:
                issues.append(set_aside_figure(row, "figure_repeated", _name(first), resource, registry))
        else:
            names = [*([twice[key]] if key in twice else []), *map(_name, groups[key])]
            other = next(name for name in names if name != _name(row))
            issues.append(set_aside_figure(row, "figure_twice", other, resource, registry))
    return sound, issues


def _name(row: Row) -> str:
    return name_cell(row["sheet"], row["cell"])


def _key(row: Mapping[str, object], fields: Iterable[str]) -> Hashable:
    return tuple(row[name] for name in fields)
