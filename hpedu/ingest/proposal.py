"""A layout to complete, for a table nobody has described yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from hpedu.ingest.cells import RawTable
from hpedu.ingest.words.numbers import decide_style
from hpedu.ingest.words.places import resolve_territory
from hpedu.ingest.words.years import find_year, reference_day

_DATE = reference_day(2024, "school_year_start")


def propose_layout(table: RawTable, reader: str) -> str:
    """The text of a layout file for a table: what can be told is filled in, the rest is left to complete.

    Labels that hold years or names of territories are found by content. Every other label becomes an item
    with an empty `measure` and `level`, which the loader refuses until they are filled in.
    """
    labels = {name: _texts(table, name) for name in (table.cells[0].labels if table.cells else {})}
    year = _best(labels, lambda text: find_year(text) is not None)
    territory = _best(labels, lambda text: resolve_territory(text, _DATE) is not None)
    places: list[str] = ["parent", "row", "column"]
    items = [name for name in places if name in labels and name != territory]
    items = items or [name for name in labels if name not in (territory, year)]
    style = decide_style(cell.printed for cell in table.cells)
    return "\n".join(
        [
            "# Proposed by `hpedu check`: fill in measure and level of each series, delete what is not wanted.",
            f"reader = {_quote(reader)}",
            f"title = {_quote(table.title)}",
            f"territory = {_quote(territory or '=viet_nam')}",
            f"year = {_quote(year or 'column')}",
            f"item = [{', '.join(map(_quote, items))}]",
            'year_rule = "school_year_start"  # or calendar, or school_year_end: see the notes of the table',
            f"numbers = {_quote(style or 'decide')}",
            *_propose_series(table, items, year),
            "",
        ]
    )


def _propose_series(table: RawTable, items: list[str], year: str) -> Iterator[str]:
    found: dict[str, None] = {}
    for cell in table.cells:
        parts = []
        for name in items:
            label = cell.labels.get(name, "")
            split = find_year(label) if name == year else None
            parts.append(split[1] if split else label)
        found[" / ".join(filter(None, parts))] = None
    for item in found:
        yield f'\n[[series.{_quote(item)}]]\nmeasure = ""\nlevel = ""'


def _texts(table: RawTable, name: str) -> set[str]:
    return {cell.labels.get(name, "") for cell in table.cells} - {""}


def _best(labels: dict[str, set[str]], fits: Callable[[str], bool]) -> str:
    """The label most of whose texts fit, if at least half do."""

    shares = {name: _share(texts, fits) for name, texts in labels.items() if texts}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] >= 0.5 else ""


def _share(texts: Iterable[str], fits: Callable[[str], bool]) -> float:

    results = [bool(fits(text)) for text in texts]
    return sum(results) / len(results)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
