"""From the cells of a table to observations: what each label means is looked up, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

import polars as pl

from hpedu.ingest.cells import Cell, RawTable
from hpedu.ingest.layouts import SERIES_FIELDS, Layout, Series
from hpedu.ingest.resource import Resource
from hpedu.ingest.words.numbers import NumberStyle, decide_style, parse_number, printed_step
from hpedu.ingest.words.places import resolve_territory
from hpedu.ingest.words.text import clean_text, fold_text
from hpedu.ingest.words.years import YearLabel, find_year, reference_day, resolve_year
from hpedu.registry import Registry
from hpedu.registry.models import Erratum

Undecided = Literal["undecided"]
"""What the marks in the numbers of a table mean cannot be told from all of them together."""


class SetAside(Exception):
    """A cell is not read; `reason` is a code of the registry, `subject` what the reason is about.

    `known` are the names it was looked up in: the closest one is named in the message.
    """

    def __init__(self, reason: str, subject: str = "", known: Iterable[str] = ()) -> None:
        self.reason, self.subject, self.known = reason, subject, tuple(known)
        super().__init__(reason, subject)


@dataclass
class Reading:
    """What came of a file: rows for the two tables of ingest. Every cell is in exactly one of them."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    schools: pl.DataFrame | None = None  # of a school list: its rows, one a school and year


def interpret(table: RawTable, layout: Layout, resource: Resource, book: Registry) -> Reading:
    """Read every cell of a table by its layout; what cannot be read with certainty becomes an issue."""
    reading = Reading()
    style = _find_style(table, layout)
    series = {fold_text(item): entries for item, entries in layout.series.items()}
    errata = {e.cell: e for e in book.errata.values() if e.file == resource.path}
    for cell in table.cells:
        try:
            row = _read_cell(cell, layout, series, style, book)
            erratum = errata.get(cell.address)
            if erratum is not None:
                row = _apply_erratum(row, erratum)
            reading.observations.append(row | _provenance(cell, resource))
        except SetAside as aside:
            reading.issues.append(set_aside_row(cell, resource, aside.reason, aside.subject, book, aside.known))
    return reading


def _find_style(table: RawTable, layout: Layout) -> NumberStyle | Undecided:
    if layout.numbers != "decide":
        return layout.numbers
    return decide_style(cell.printed for cell in table.cells) or "undecided"


def set_aside_row(
    cell: Cell, resource: Resource, reason: str, subject: str, book: Registry, known: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The issue row of one cell, in words an analyst can act on, with the closest of the `known` names."""
    text = book.code("reason", reason).name
    close = _find_closest(subject, known)
    hint = book.code("hint", "closest").name if close else None
    values = {"subject": subject, "file": resource.path, "cell": cell.address, "printed": cell.printed}
    return {
        "file": resource.path,
        "sheet": cell.sheet,
        "cell": cell.address,
        "printed": cell.printed,
        "reason": reason,
        "subject": subject,
        "message_vi": text.vi.format(**values) + (f". {hint.vi.format(close=close)}" if hint else ""),
        "message_en": text.en.format(**values) + (f". {hint.en.format(close=close)}" if hint else ""),
    }


@lru_cache(maxsize=4096)
def _find_closest(subject: str, known: tuple[str, ...]) -> str:
    """The known name most like the unknown one, case and accents apart; empty if none is alike."""
    folded = {fold_text(name): name for name in reversed(known)}  # of names alike the first is meant
    return next((folded[match] for match in get_close_matches(fold_text(subject), folded, n=1, cutoff=0.7)), "")


def _read_cell(
    cell: Cell, layout: Layout, known: Mapping[str, list[Series]], style: NumberStyle | Undecided, book: Registry
) -> dict[str, Any]:
    label, item = _read_year_label(cell, layout)
    series = _read_series(cell, layout, known, item, label.first)
    rule = series.year_rule or layout.year_rule
    year = resolve_year(label, rule)
    territory = _read_territory(cell, layout, reference_day(year, rule), book)
    extra = cell.labels if layout.coded else {}
    place = extra.get("place", "")
    if place and (place not in book.places or book.places[place].territory != territory):
        raise SetAside("unknown_place", f"{place} ({territory})", book.places)
    measure = book.measures.get(series.measure)
    if measure is None:
        raise SetAside("unknown_measure", series.measure, book.measures)
    flags = [flag for flag in extra.get("flags", "").split("|") if flag]
    _check_codes(series, extra.get("qualifier", ""), extra.get("status", ""), flags, book)
    number = _read_number(cell, layout, style)
    preliminary = label.preliminary or label.stars in layout.preliminary_marks
    notes = (series.note, label.stars, extra.get("note", ""))
    return {
        **{name: getattr(series, name) for name in SERIES_FIELDS},
        "territory": territory,
        "place": place,
        "year": year,
        "value": float(number * series.scale),
        "unit": measure.unit,
        "status": extra.get("status") or ("preliminary" if preliminary else layout.status),
        "qualifier": extra.get("qualifier", ""),
        "flags": flags,
        "note": clean_text(" ".join(filter(None, notes))),
        "step": float(printed_step(number) * series.scale),
    }


def _check_codes(series: Series, qualifier: str, status: str, flags: list[str], book: Registry) -> None:
    """Refuse a code the registry does not have: a mistyped level would make a figure nobody finds."""
    used = [("level", series.level), ("ownership", series.ownership), ("sex", series.sex)]
    used += [("status", status)] if status else []
    used += [("qualifier", qualifier)] if qualifier else []
    used += [("flag", flag) for flag in flags]
    for dimension, code in used:
        if code not in book.codes_of(dimension):
            known = (f"{dimension} {other}" for other in book.codes_of(dimension))
            raise SetAside("unknown_code", f"{dimension} {code}", known)


def _read_number(cell: Cell, layout: Layout, style: NumberStyle | Undecided) -> Decimal:
    printed = cell.printed.strip()
    if printed in layout.none:
        return Decimal(0)
    if printed in layout.missing:
        raise SetAside("not_published")
    if style == "undecided":
        raise SetAside("ambiguous_number", printed)
    try:
        return parse_number(printed, style)
    except ValueError as error:
        raise SetAside("not_a_number", printed) from error


def _read_year_label(cell: Cell, layout: Layout) -> tuple[YearLabel, str]:
    """The year as printed, and the item label: what is left of the same label, or another one."""
    label = cell.labels.get(layout.year, "")
    found = find_year(label)
    if found is None:
        raise SetAside("no_year", label or cell.labels.get("period", ""))
    year, rest = found
    parts = (rest if name == layout.year else cell.labels.get(name, "") for name in layout.item)
    return year, " / ".join(filter(None, parts))


def _read_series(cell: Cell, layout: Layout, known: Mapping[str, list[Series]], item: str, year: int) -> Series:
    if layout.coded:
        unit = cell.labels.get("unit", "")
        if unit not in layout.units:
            raise SetAside("unknown_unit", unit, layout.units)
        codes = {name: cell.labels[name] for name in SERIES_FIELDS if cell.labels.get(name)}
        return Series.model_validate({**codes, "scale": layout.units[unit]})
    for series in known.get(fold_text(item), []):
        if (series.since or year) <= year <= (series.until or year):
            return series
    if fold_text(item) in map(fold_text, layout.not_kept):
        raise SetAside("not_kept", item)
    raise SetAside("unknown_item", item, layout.series)


def _read_territory(cell: Cell, layout: Layout, on: date, book: Registry) -> str:
    if layout.territory.startswith("="):
        return layout.territory.removeprefix("=")
    name = cell.labels.get(layout.territory, "")
    territory = resolve_territory(name, on)
    if territory is None:
        raise SetAside("unknown_territory", name, (alias.name for alias in book.territory_names))
    return territory


def _apply_erratum(row: dict[str, Any], erratum: Erratum) -> dict[str, Any]:
    if erratum.action == "set_aside":
        raise SetAside("erratum", erratum.id)
    changed: dict[str, Any] = {"flags": [*row["flags"], f"erratum_{erratum.action}"]}
    if erratum.factor is not None:
        changed["value"] = float(Decimal(str(row["value"])) * erratum.factor)
        changed["step"] = float(Decimal(str(row["step"])) * erratum.factor)
    note = f"{row['note']} [{erratum.id}]".strip()
    return row | changed | {"note": note}


def _provenance(cell: Cell, resource: Resource) -> dict[str, Any]:
    return {
        "source": resource.name,
        "edition": resource.published,
        "file": resource.path,
        "sheet": cell.sheet,
        "cell": cell.address,
        "printed": cell.printed,
        "current": True,
    }
