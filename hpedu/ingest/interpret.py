"""Turn the cells of a table into observations: what each label means is looked up, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import polars as pl

from hpedu.ingest.boundary import Boundary, decide_boundary
from hpedu.ingest.corrections import Met, correct, index_prints
from hpedu.ingest.doubts import counts_whole, set_aside_doubtful
from hpedu.ingest.evidence import doubt_territory
from hpedu.ingest.layouts import Items, Layout, Series, title_key
from hpedu.ingest.quarantine import SetAside, set_aside_row
from hpedu.ingest.readers.number_formats import PERCENT
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
from hpedu.ingest.words.places import resolve_place, resolve_territory
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import (
    YearLabel,
    find_year,
    last_day,
    lies_after,
    read_status,
    reference_day,
    resolve_year,
)
from hpedu.registry import Registry

# Labels that never say what is counted.
_NO_ITEM = ("title", "unit", "index", "code", "mark")
# Statuses of figures of the future.
_NOT_COUNTED = ("projected", "synthetic")
_ORDER = ("parent", "row", "column")
_ITEM = re.compile(r"\w(?:.*[\w)%])?")
# One day shortly before the mergers of 2025, one when there still was Ha Tay, one after the mergers.
_DAYS = (date(2024, 9, 30), date(2007, 9, 30), date(2025, 9, 30))

Undecided = Literal["undecided"]
"""All numbers of a table together do not show what the marks in them mean."""


@dataclass(frozen=True)
class Roles:
    """The labels that carry territory and year, and those that together name the item, from the left.

    `glued` is the label that holds the territory before or behind something else: "Hai Phong Primary".
    """

    territory: str
    year: str
    items: tuple[str, ...]
    glued: str = ""

    def read_year(self, cell: Cell) -> tuple[YearLabel, str] | None:
        """Return the year of a cell, and the rest of its label; None if it has no year."""
        return find_year(cell.labels.get(self.year, ""))

    def read_parts(self, cell: Cell, on: date, registry: Registry) -> tuple[str, list[str]]:
        """Return the territory as its label says it, and the parts of the item."""
        territory = cell.labels.get(self.territory, "")
        parts = []
        for name in self.items:
            text = cell.labels.get(name, "")
            if name == self.year:
                found = find_year(text)
                text = found[1].strip(SEPARATOR) if found else ""
            if name == self.glued:
                territory, text = split_territory(text, on, registry)
            if text:
                parts.append(text)
        return territory, parts


def find_roles(table: RawTable, layout: Layout, registry: Registry) -> Roles:
    """Find which label has which role: as the layout says, where the table has such a label, else by content."""
    # The different texts of each label, in order.
    labels: dict[str, dict[str, None]] = {}
    for cell in table.cells:
        for name, text in cell.labels.items():
            labels.setdefault(name, {})[text] = None
    known = {name: [text for text in texts if text] for name, texts in labels.items()}
    free = {name: texts for name, texts in known.items() if name not in _NO_ITEM and texts}
    is_territory = partial(_is_territory, registry=registry)
    year = _named(layout.year, known) or _find_year_label(free, table)
    territory = _named(layout.territory, known)
    territory = territory or _best({n: t for n, t in free.items() if n != year}, is_territory)
    glued = ""
    if not territory:
        territory, glued = _find_glued(free, year, registry)
    if layout.item and all(name in known for name in layout.item):
        return Roles(territory, year, tuple(layout.item), glued)
    places = (territory, layout.place)
    items = tuple(name for name in _in_order(free) if _may_name_item(name, free, places, (year, glued), registry))
    return Roles(territory, year, items, glued)


def split_territory(text: str, on: date, registry: Registry) -> tuple[str, str]:
    """Split off the territory at one end of a label: "Hai Phong Primary" -> ("Hai Phong", "Primary").

    The longest name counts. Returns ("", text) if there is none, or if the rest is not the words of an item, as
    with a footnote: "Hai Phong (*)", "Note: Hai Phong".
    """
    words = clean_text(text).split(" ")
    for length in range(len(words), 0, -1):
        for name, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            left = " ".join(rest)
            if (not left or _ITEM.fullmatch(left)) and resolve_territory(" ".join(name), on, registry):
                return " ".join(name), left
    return "", text


def _named(label: str, known: Mapping[str, list[str]]) -> str:
    return label if label.startswith("=") or label in known else ""


def _find_year_label(free: Mapping[str, list[str]], table: RawTable) -> str:
    """Return the label most of whose texts hold a year, else the title if it does, else any that ever does."""
    found = _best(free, _has_year)
    if found:
        return found
    if find_year(table.title) and any("title" in cell.labels for cell in table.cells[:1]):
        return "title"
    return next((name for name, texts in free.items() if any(map(_has_year, texts))), "")


def _find_glued(free: Mapping[str, list[str]], year: str, registry: Registry) -> tuple[str, str]:
    """Find a label that holds the territory and the year or item; it is returned for both roles of `Roles`."""
    for name, texts in free.items():
        rests = [(found[1] if (found := find_year(text)) else "") if name == year else text for text in texts]
        if _share(rests, lambda text: any(split_territory(text, day, registry)[0] for day in _DAYS)) >= 0.5:
            return name, name
    return "", ""


def _in_order(names: Iterable[str]) -> list[str]:
    """Sort the labels of a sheet from the general to the particular; those of other formats stay as they come."""
    return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else 0)


def _may_name_item(
    name: str, free: Mapping[str, list[str]], places: Sequence[str], mixed: Sequence[str], registry: Registry
) -> bool:
    """Return whether a label says what is counted: not if it holds `places`, surely if it is a `mixed` one."""
    if name in mixed:
        return True
    if name in places or (name == "parent" and "row" in places and _are_groups(free[name], registry)):
        return False
    return not (name == "column" and len(free[name]) == 1 and len(free) > 1 and is_worded("filler", free[name][0]))


def _are_groups(parents: Iterable[str], registry: Registry) -> bool:
    """Return whether the sections over the rows are regions alone, under which their provinces are printed."""
    return all(_is_territory(part, registry) for parent in parents for part in parent.split(SEPARATOR))


def _has_year(text: str) -> bool:
    return find_year(text) is not None


def _is_territory(text: str, registry: Registry) -> bool:
    return any(resolve_territory(text, day, registry) is not None for day in _DAYS)


def _best(labels: Mapping[str, list[str]], fits: Callable[[str], bool]) -> str:
    """Return the label with most texts that fit, among those half of whose texts do; "" if there is none."""
    counts = {name: sum(map(fits, texts)) for name, texts in labels.items()}
    fit = {name: count for name, count in counts.items() if count and 2 * count >= len(labels[name])}
    return max(fit, key=lambda name: fit[name], default="")


def _share(texts: list[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts) if texts else 0.0


@dataclass
class Reading:
    """The content of a file as rows for the two tables of ingest. Every cell is in exactly one of them."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    # The rows of a school list, one for each school and year.
    schools: pl.DataFrame | None = None
    # Table -> its figures of which the registry may know a misprint, and the corrections that found theirs.
    met: dict[str, Met] = field(default_factory=dict)


def interpret(
    table: RawTable, layout: Layout, resource: Resource, registry: Registry, *, national: bool = False
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
        parts = roles.read_parts(cell, _DAYS[0], registry)[1]
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
    for cell in table.cells:
        try:
            read.append((cell, reader.read(cell)))
        except SetAside as refusal:
            figure = reader.find_figure(cell) if has_corrections else None
            refused += [figure] if figure else []
            reading.issues.append(
                set_aside_row(cell, resource, refusal.reason, refusal.subject, registry, refusal.known)
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
                parts = (roles.read_parts(cell, day, registry)[0] for day in _DAYS)
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
    printed = [cell.printed for cell in table.cells if cell.scale is None]
    if table.is_plain:
        # The format writes 1234.5, unless a spreadsheet has saved the file anew in a style of its own.
        style = decide_style(printed)
        if style is not None or any(may_be_plain(text) for text in printed):
            return style or "plain"
    entries = [series for its in layout.series.values() for series in its]
    whole = bool(entries) and all(counts_whole(series, registry) for series in entries)
    return decide_style(printed) or (decide_style(printed, whole=True) if whole else None) or "undecided"


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

    def read(self, cell: Cell) -> dict[str, Any]:
        """Return the fields of an observation, without its provenance."""
        layout, registry = self.layout, self.registry
        printed = cell.printed.strip()
        if printed in layout.missing and printed not in layout.none:
            raise SetAside("not_published")
        if self.refusal is not None:
            raise self.refusal
        if is_uncomputed(printed):
            raise SetAside("formula_not_calculated" if printed.startswith("=") else "error_in_cell", printed)
        label, parts, series, territory, place, year = self._identify(cell)
        extra = cell.labels if layout.coded else {}
        measure = registry.measures.get(series.measure)
        if measure is None:
            raise SetAside("unknown_measure", series.measure, registry.measures)
        flags = [flag for flag in extra.get("flags", "").split("|") if flag]
        _check_codes(series, extra.get("qualifier", ""), extra.get("status", ""), flags, registry)
        if not layout.coded:
            if contradicts(cell.sheet, self.title, series):
                raise SetAside("other_sheet", cell.sheet)
            self.units.check(cell.labels.get("unit", ""), " ".join(parts), series, measure.unit)
        number = _read_number(cell, layout, self.style)
        _check_format(cell, series, measure.unit)
        if number < 0 and counts_whole(series, registry):
            raise SetAside("negative_count", printed)
        status = read_status(cell.labels.get("mark", "")) or label.status
        if not status and label.stars and label.stars in layout.preliminary_marks:
            status = "preliminary"
        status = extra.get("status") or self._read_mark(cell) or status or layout.status
        if status not in _NOT_COUNTED and lies_after(year, series.year_rule or layout.year_rule, self.published):
            raise SetAside("after_publication", str(year))
        notes = (series.note, label.stars, extra.get("note", ""), cell.labels.get("mark", ""))
        return {
            **{name: getattr(series, name) for name in SERIES_FIELDS},
            "territory": territory,
            "place": place,
            "year": year,
            "value": float(number * series.scale),
            "unit": measure.unit,
            "status": status,
            "qualifier": extra.get("qualifier", ""),
            "flags": flags,
            "note": clean_text(" ".join(filter(None, notes))),
            "step": float(printed_step(number) * series.scale),
            "number": number,
        }

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
        is_apart = self.roles.year not in (*self.roles.items, self.roles.territory, "title") and not layout.coded
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
            known = [alias.name for alias in registry.territory_names]
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
            known = (f"{dimension} {other}" for other in registry.codes_of(dimension))
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
