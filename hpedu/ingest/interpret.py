"""Turn the cells of a table into observations: what each label means is looked up, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import polars as pl

from hpedu.ingest.boundary import Boundary, decide_boundary
from hpedu.ingest.corrections import Met, correct, index_prints
from hpedu.ingest.doubts import counts_whole, set_aside_doubtful
from hpedu.ingest.evidence import doubt_territory
from hpedu.ingest.layouts import Items, Layout, Series, title_key
from hpedu.ingest.quarantine import SetAside, set_aside_row
from hpedu.ingest.readers.number_formats import PERCENT
from hpedu.ingest.roles import DAYS, Roles, find_roles
from hpedu.ingest.schema import SERIES_FIELDS, Cell, RawTable, Resource, name_cell
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_marked, is_uncomputed, is_worded
from hpedu.ingest.sheet_names import contradicts
from hpedu.ingest.stated_units import TableUnits, find_table_units
from hpedu.ingest.words.numbers import (
    NumberStyle,
    decide_style,
    may_be_plain,
    parse_number,
    printed_step,
    read_sole,
)
from hpedu.ingest.words.places import resolve_place
from hpedu.ingest.words.units import PARTS, is_percent
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import (
    YearLabel,
    last_day,
    lies_after,
    read_status,
    reference_day,
    resolve_year,
)
from hpedu.registry import Registry

# Statuses of figures of the future.
_NOT_COUNTED = ("projected", "synthetic")

MOST_HINTS = 200
"""The number of unknown names in one table for which a known one like it is looked for."""

# Progress is shown each time as many cells are done: about twice a second.
_STEP = 1 << 16

Undecided = Literal["undecided"]
"""All numbers of a table together do not show what the marks in them mean."""


@dataclass
class Reading:
    """The content of a file as rows for the two tables of ingest. Every cell is in exactly one of them."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    # The rows of a school list, one for each school and year.
    schools: pl.DataFrame | None = None
    # The observations of a panel (`hpedu.ingest.panel`), with their digest.
    panel: pl.DataFrame | None = None
    # Table -> its figures of which the registry may know a misprint, and the corrections that found theirs.
    met: dict[str, Met] = field(default_factory=dict)


Progress = Callable[[int, int], None]
"""Called now and then with the number of cells of a table that are done, and of all."""


def stay_silent(done: int, cells: int) -> None:
    """Say nothing of the progress."""


def interpret(
    table: RawTable,
    layout: Layout,
    resource: Resource,
    registry: Registry,
    progress: Progress = stay_silent,
    *,
    national: bool = False,
) -> Reading:
    """Read every cell of a table by its layout; what cannot be read with certainty becomes an issue.

    `national` says that the file as a whole is a publication of the country.
    """
    reading = Reading()
    layout = _add_marks(layout, table, registry)
    name = name_table(layout, resource)
    refused = []
    roles, items, style = find_roles(table, layout, registry), Items(layout), _find_style(table, layout, registry)

    def find_item(cell: Cell) -> list[str]:
        parts = roles.read_parts(cell, DAYS[0], registry)[1]
        return parts if items.find(parts) is not None else []

    units = find_table_units(table, layout, find_item)
    fixed = roles.territory.removeprefix("=") if roles.territory.startswith("=") else ""
    reader = _CellReader(
        layout,
        roles,
        items,
        style,
        units,
        table.title,
        registry,
        _find_boundary(table, layout, roles, resource, registry),
        doubt_territory(table, fixed, layout.place, resource, registry, national=national) if fixed else None,
        resource.published,
    )
    has_corrections = bool(index_prints(name, registry))
    read: list[tuple[Cell, dict[str, Any]]] = []
    # The subjects for which a known name was looked for.
    hinted: set[str] = set()
    for number, cell in enumerate(table.cells):
        if number % _STEP == _STEP - 1:
            progress(number + 1, len(table.cells))
        try:
            read.append((cell, reader.read(cell)))
        except SetAside as refusal:
            figure = reader.find_figure(cell) if has_corrections else None
            refused += [figure] if figure else []
            if refusal.known and len(hinted) < MOST_HINTS:
                hinted.add(refusal.subject)
            known_names = refusal.known if refusal.subject in hinted else ()
            reading.issues.append(
                set_aside_row(cell, resource, refusal.reason, refusal.subject, registry, known_names)
            )
    fractions = set() if layout.coded else _find_fractions(read, layout)
    for cell, row in read:
        if name_cell(cell.sheet, cell.address) in fractions:
            reading.issues.append(set_aside_row(cell, resource, "fraction_or_percent", cell.printed, registry))
        else:
            reading.observations.append(row | _provenance(cell, resource))
    if not layout.coded:
        known = None if style == "undecided" else style
        rows = reading.observations
        reading.observations, doubtful = set_aside_doubtful(rows, layout, known, resource, registry)
        reading.issues += doubtful
    reading.observations, issues, met = correct(name, reading.observations, refused, resource, registry)
    reading.issues += issues
    reading.met[title_key(name)] = met
    return reading


def name_table(layout: Layout, resource: Resource) -> str:
    """Return what errata and decisions call a table: its layout, or what a transcription was typed from."""
    return resource.table if layout.coded else layout.id


def _find_boundary(
    table: RawTable, layout: Layout, roles: Roles, resource: Resource, registry: Registry
) -> Boundary:
    """Return which provinces a table prints, by the territories that its cells name; districts are all old."""
    named: dict[tuple[str, ...], tuple[str, int]] = {}
    names: dict[tuple[str, int, bool], None] = {}
    for cell in table.cells:
        key = tuple(cell.labels.get(name, "") for name in (roles.territory, roles.year, roles.glued))
        if key not in named:
            found = roles.read_year(cell)
            first = found[0].first if found else 0
            named[key] = roles.territory, first
            if not roles.territory.startswith("="):
                parts = (roles.read_parts(cell, day, registry)[0] for day in DAYS)
                named[key] = next(filter(None, parts), ""), first
        has_figure = any(map(str.isdigit, cell.printed)) and cell.printed.strip() not in layout.missing
        names[*named[key], has_figure] = None
    published = last_day(resource.published)
    if published is None:
        # The newest year of the table that is not to come.
        names = {key: None for key in names if not lies_after(key[1] or 1, "calendar", "0000")}
    boundary = decide_boundary(names, published, registry)
    has_districts = (
        layout.place
        and not layout.coded
        and any(
            resolve_place(text, registry) for text in {cell.labels.get(layout.place, "") for cell in table.cells}
        )
    )
    return replace(boundary, version="old") if has_districts else boundary


def _name_series(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in SERIES_FIELDS)


def _find_fractions(read: Sequence[tuple[Cell, Mapping[str, Any]]], layout: Layout) -> set[str]:
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


def _add_marks(layout: Layout, table: RawTable, registry: Registry) -> Layout:
    """Return the layout with the marks that the format of a table has; what the layout says of a mark goes first.

    A mark of zero is taken as zero where things are counted. A rate has none where there is nobody to count, too.
    """
    if not table.missing and not table.none:
        return layout
    measures = {series.measure for its in layout.series.values() for series in its}
    counts = all(name in registry.measures and registry.measures[name].additive for name in measures)
    none = [mark for mark in table.none if counts and mark not in layout.missing]
    missing = [mark for mark in (*table.missing, *table.none) if mark not in (*layout.none, *none)]
    return layout.model_copy(update={"missing": layout.missing + missing, "none": layout.none + none})


def _find_style(table: RawTable, layout: Layout, registry: Registry) -> NumberStyle | Undecided:
    """Return how numbers are written: as the layout or format says, else from all numbers and what they count."""
    if layout.numbers != "decide":
        return layout.numbers
    # A number typed as one decides nothing: its style is plain.
    printed = {cell.printed for cell in table.cells if cell.scale is None}
    if table.is_plain:
        # The format writes 1234.5, unless a spreadsheet has saved the file anew in a style of its own.
        style = decide_style(printed)
        if style is not None or any(may_be_plain(text) for text in printed):
            return style or "plain"
    entries = [series for its in layout.series.values() for series in its]
    whole = bool(entries) and all(counts_whole(series, registry) for series in entries)
    return decide_style(printed) or (decide_style(printed, whole=True) if whole else None) or "undecided"


@dataclass(frozen=True)
class _Said:
    """What the labels of a cell say."""

    series: Series
    unit: str
    # The fields of an observation that do not depend on the number.
    fields: dict[str, Any]
    flags: tuple[str, ...]
    # Why a number is set aside nevertheless, if nothing is wrong with the number itself.
    refusal: SetAside | None


@dataclass(frozen=True)
class _CellReader:
    """A reader of the cells of one table. It raises `SetAside` for a cell that is not read with certainty."""

    layout: Layout
    roles: Roles
    items: Items
    style: NumberStyle | Undecided
    units: TableUnits
    title: str
    registry: Registry
    boundary: Boundary
    # Why the table is not about the one territory of its layout.
    refusal: SetAside | None
    # The day, month or year the file was published.
    published: str
    # What the labels seen so far say, or why they say nothing.
    understood: dict[tuple[str, tuple[tuple[str, str], ...]], _Said | SetAside] = field(default_factory=dict)

    def read(self, cell: Cell) -> dict[str, Any]:
        """Return the fields of an observation, without its provenance."""
        layout = self.layout
        printed = cell.printed.strip()
        if printed in layout.missing and printed not in layout.none:
            raise SetAside("not_published")
        if self.refusal is not None:
            raise self.refusal
        if is_uncomputed(printed):
            raise SetAside("formula_not_calculated" if printed.startswith("=") else "error_in_cell", printed)
        said = self._understand(cell)
        number = _read_number(cell, layout, self.style)
        _check_format(cell, said.series, said.unit)
        if number < 0 and counts_whole(said.series, self.registry):
            raise SetAside("negative_count", printed)
        if said.refusal is not None:
            raise said.refusal.with_traceback(None)
        value, step = _scale(printed, number, said.series.scale)
        return said.fields | {"flags": list(said.flags), "value": value, "step": step, "number": number}

    def _understand(self, cell: Cell) -> _Said:
        """Return what the labels of a cell say. It is found once for all cells of a sheet with the same labels."""
        key = cell.sheet, tuple(cell.labels.items())
        found = self.understood.get(key)
        if found is None:
            try:
                found = self._read_labels(cell)
            except SetAside as refusal:
                # Its traceback would hold all that the functions it came through had in hand.
                found = refusal.with_traceback(None)
            self.understood[key] = found
        if isinstance(found, SetAside):
            raise found.with_traceback(None)
        return found

    def _read_labels(self, cell: Cell) -> _Said:
        layout, registry = self.layout, self.registry
        label, parts, series, territory, place, year = self._identify(cell)
        extra = cell.labels if layout.coded else {}
        measure = registry.measures.get(series.measure)
        if measure is None:
            raise SetAside("unknown_measure", series.measure, registry.measures)
        flags = [flag for flag in extra.get("flags", "").split("|") if flag]
        _check_codes(series, extra.get("qualifier", ""), extra.get("status", ""), flags, registry)
        if layout.coded:
            if is_percent(cell.labels.get("unit", "")) != (measure.unit in PARTS):
                raise SetAside("other_unit", cell.labels.get("unit", ""))
        else:
            if contradicts(cell.sheet, self.title, series):
                raise SetAside("other_sheet", cell.sheet)
            self.units.check(cell.labels.get("unit", ""), " ".join(parts), series, measure.unit)
        try:
            status, refusal = self._read_status(cell, label, series, year), None
        except SetAside as error:
            status, refusal = "", error.with_traceback(None)
        notes = (series.note, label.stars, extra.get("note", ""), cell.labels.get("mark", ""))
        fields = {
            **{name: getattr(series, name) for name in SERIES_FIELDS},
            "territory": territory,
            "place": place,
            "year": year,
            "unit": measure.unit,
            "status": status,
            "qualifier": extra.get("qualifier", ""),
            "note": clean_text(" ".join(filter(None, notes))),
        }
        return _Said(series, measure.unit, fields, tuple(flags), refusal)

    def _read_status(self, cell: Cell, label: YearLabel, series: Series, year: int) -> str:
        layout = self.layout
        status = read_status(cell.labels.get("mark", "")) or label.status
        if not status and label.stars and label.stars in layout.preliminary_marks:
            status = "preliminary"
        given = cell.labels.get("status", "") if layout.coded else ""
        status = given or self._read_mark(cell) or status or layout.status
        if status not in _NOT_COUNTED and lies_after(year, series.year_rule or layout.year_rule, self.published):
            raise SetAside("after_publication", str(year))
        return status

    def find_figure(self, cell: Cell) -> tuple[str | int, ...] | None:
        """Return which figure a cell holds, though its number is refused; None if that is not known either."""
        try:
            _, _, series, territory, place, year = self._identify(cell)
        except SetAside:
            # The reason is that of the cell, and the caller has named it.
            return None
        return (*(getattr(series, name) for name in SERIES_FIELDS), territory, place, year)

    def _identify(self, cell: Cell) -> tuple[YearLabel, list[str], Series, str, str, int]:
        """Return what the labels of a cell say: its year as printed, and all that makes a figure."""
        layout = self.layout
        found = self.roles.read_year(cell)
        if found is None:
            labels = [cell.labels.get(name, "") for name in (self.roles.year, "period", *self.roles.items)]
            raise SetAside("no_year", next(filter(None, labels), ""))
        label, rest = found
        is_apart = layout.coded or self.roles.year not in (*self.roles.items, self.roles.territory, "title")
        if is_apart and not all(is_worded("filler", part) for part in rest.split(SEPARATOR) if part.strip()):
            # "KH 2024" is no year of figures, where the item is named elsewhere.
            raise SetAside("no_year", cell.labels.get(self.roles.year, ""))
        on = self.boundary.shift(reference_day(label.first, layout.year_rule))
        name, parts = self.roles.read_parts(cell, on, self.registry)
        series = self._read_series(cell, parts, label.first)
        rule = series.year_rule or layout.year_rule
        year = resolve_year(label, rule)
        territory = self._read_territory(name, reference_day(year, rule), label.first)
        return label, parts, series, territory, self._read_place(cell, territory), year

    def _read_series(self, cell: Cell, parts: list[str], year: int) -> Series:
        layout = self.layout
        if layout.coded:
            unit = cell.labels.get("unit", "")
            if unit not in layout.units:
                raise SetAside("unknown_unit", unit, layout.units)
            codes = {name: cell.labels[name] for name in SERIES_FIELDS if cell.labels.get(name)}
            for name in ("measure", "level"):
                if name not in codes:
                    raise SetAside("unknown_code", name)
            return Series.model_validate({**codes, "scale": layout.units[unit]})
        item = self.items.find(parts)
        if item is not None and self.items.is_left_out(item):
            raise SetAside("not_kept", " / ".join(parts))
        series = self.items.series(item, year) if item is not None else None
        if series is None:
            raise SetAside("unknown_item", " / ".join(parts), layout.series)
        return series

    def _read_mark(self, cell: Cell) -> str:
        """Return the status that a mark next to the figure gives it; "" if there is no mark."""
        mark = cell.labels.get(self.layout.status_label, "") if self.layout.status_label else ""
        if mark and mark not in self.layout.status_marks:
            raise SetAside("unknown_mark", mark, self.layout.status_marks)
        return self.layout.status_marks.get(mark, "")

    def _read_territory(self, name: str, on: date, year: int) -> str:
        fixed, registry = self.roles.territory, self.registry
        if fixed.startswith("="):
            return self._check_fixed(fixed.removeprefix("="), on)
        if not fixed:
            raise SetAside("no_territory")
        territory = self.boundary.resolve(name, on, year, registry)
        if territory is None:
            known = _territory_names(registry)
            reason = "no_such_territory_then" if fold_text(name) in map(fold_text, known) else "unknown_territory"
            raise SetAside(reason, name, known if reason == "unknown_territory" else ())
        return territory

    def _check_fixed(self, territory: str, on: date) -> str:
        """Return the one territory of a table, unless the page may be about another area of the same name."""
        row = self.registry.territories[territory]
        if row.valid_to == self.boundary.eve and self.layout.status != "projected":
            if on > row.valid_to:
                raise SetAside("no_such_territory_then", row.name.vi)
            if self.boundary.version != "old":
                raise SetAside("boundary_undecided", row.name.vi)
        return territory

    def _read_place(self, cell: Cell, territory: str) -> str:
        """Return the district or institution of a figure; "" for the whole territory, as in a row of totals."""
        registry = self.registry
        label = cell.labels.get("place", "") if self.layout.coded else cell.labels.get(self.layout.place, "")
        if not label or (not self.layout.coded and is_worded("total", label)):
            return ""
        place = label if self.layout.coded else resolve_place(label, registry) or ""
        if place not in registry.places or registry.places[place].territory != territory:
            raise SetAside("unknown_place", f"{label} ({territory})", registry.places)
        return place


def _check_codes(series: Series, qualifier: str, status: str, flags: list[str], registry: Registry) -> None:
    """Refuse a code the registry does not have: a mistyped level would make a figure nobody finds."""
    used = [("level", series.level), ("ownership", series.ownership), ("sex", series.sex)]
    used += [("status", status)] if status else []
    used += [("qualifier", qualifier)] if qualifier else []
    used += [("flag", flag) for flag in flags]
    for dimension, code in used:
        if code not in registry.codes_of(dimension):
            known = [f"{dimension} {other}" for other in registry.codes_of(dimension)]
            raise SetAside("unknown_code", f"{dimension} {code}", known)


def _read_number(cell: Cell, layout: Layout, style: NumberStyle | Undecided) -> Decimal:
    printed = cell.printed.strip()
    if printed in layout.none:
        return Decimal(0)
    if cell.scale is not None:
        style = "plain"
    try:
        number = read_sole(printed) if style == "undecided" else parse_number(printed, style)
    except ValueError as error:
        raise SetAside("marked_number" if is_marked(printed) else "not_a_number", printed) from error
    if number is None:
        raise SetAside("ambiguous_number", printed)
    return number


@lru_cache(maxsize=1)
def _territory_names(registry: Registry) -> tuple[str, ...]:
    return tuple(alias.name for alias in registry.territory_names)


@lru_cache(maxsize=1 << 16)
def _scale(printed: str, number: Decimal, scale: Decimal) -> tuple[float, float]:
    """Return a number and the smallest step of its print, in the unit of the measure.

    The print is asked for because 1 and 1.0 are equal, and their steps are not.
    """
    return float(number * scale), float(printed_step(number) * scale)


def _check_format(cell: Cell, series: Series, unit: str) -> None:
    """Refuse a percent sign where none is due, and a format that hides digits its unit does not make up for."""
    if cell.printed.rstrip().endswith("%") and unit != "percent":
        raise SetAside("other_unit", cell.printed)
    if cell.scale not in (None, 1, PERCENT) and cell.scale != series.scale:
        raise SetAside("scaled_format", cell.printed)


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
