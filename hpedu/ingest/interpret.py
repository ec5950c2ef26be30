"""Turn the cells of a table into observations: what each label means is looked up, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Literal

import polars as pl

from hpedu.ingest.layouts import Items, Layout, Series
from hpedu.ingest.quarantine import SetAside, set_aside_row
from hpedu.ingest.records import Records
from hpedu.ingest.schema import ISSUES, OBSERVATIONS, SERIES_FIELDS, Cell, Cells, RawTable, Resource, name_cell
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.numbers import (
    NumberStyle,
    decide_style,
    find_scale,
    is_percent,
    parse_number,
    printed_step,
)
from hpedu.ingest.words.places import resolve_place, resolve_territory
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import YearLabel, find_year, reference_day, resolve_year
from hpedu.registry import Registry
from hpedu.registry.models import Erratum

# Labels that never say what is counted.
_NO_ITEM = ("title", "unit", "index", "code", "mark")
_ORDER = ("parent", "row", "column")
_ITEM = re.compile(r"\w(?:.*[\w)%])?")
# One day shortly before the mergers of 2025, one when there still was Ha Tay, one after the mergers.
_DAYS = (date(2024, 9, 30), date(2007, 9, 30), date(2025, 9, 30))

MOST_HINTS = 200
"""The number of unknown names in one table for which a known one like it is looked for."""

# Progress is shown each time as many cells are done: about twice a second.
_STEP = 1 << 16

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
    for cell in table.cells.bear_all_labels() if isinstance(table.cells, Cells) else table.cells:
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


@dataclass(frozen=True)
class Found:
    """A table of a file, and its layout if there is one."""

    table: RawTable
    layout: Layout | None


@dataclass
class Reading:
    """The content of a file as rows for the two tables of ingest. Every cell is in exactly one of them."""

    observations: Records = field(default_factory=partial(Records, OBSERVATIONS))
    issues: Records = field(default_factory=partial(Records, ISSUES))
    # The rows of a school list, one for each school and year.
    schools: pl.DataFrame | None = None
    # The tables of a file that is neither a form nor a school list.
    tables: list[Found] = field(default_factory=list)


Progress = Callable[[int, int], None]
"""Called now and then with the number of cells of a table that are done, and of all."""


def stay_silent(done: int, cells: int) -> None:
    """Say nothing of the progress."""


def interpret(
    table: RawTable, layout: Layout, resource: Resource, registry: Registry, progress: Progress = stay_silent
) -> Reading:
    """Read every cell of a table by its layout; what cannot be read with certainty becomes an issue."""
    reading = Reading()
    reader = _CellReader(
        layout, find_roles(table, layout, registry), Items(layout), _find_style(table, layout, registry), registry
    )
    # The subjects for which a known name was looked for.
    hinted: set[str] = set()
    errata = {e.cell: e for e in registry.errata.values() if e.file == resource.path}
    for number, cell in enumerate(table.cells):
        if number % _STEP == _STEP - 1:
            progress(number + 1, len(table.cells))
        try:
            row = reader.read(cell)
            erratum = errata.get(name_cell(cell.sheet, cell.address))
            if erratum is not None:
                row = _apply_erratum(row, erratum)
            reading.observations.append(row | _provenance(cell, resource))
        except SetAside as refusal:
            if refusal.known and len(hinted) < MOST_HINTS:
                hinted.add(refusal.subject)
            known = refusal.known if refusal.subject in hinted else ()
            reading.issues.append(set_aside_row(cell, resource, refusal.reason, refusal.subject, registry, known))
    return reading


def _find_style(table: RawTable, layout: Layout, registry: Registry) -> NumberStyle | Undecided:
    """Return how numbers are written: as the layout or format says, else from all numbers and what they count."""
    if layout.numbers != "decide":
        return layout.numbers
    printed = {cell.printed for cell in table.cells}
    if table.is_plain:
        # The format writes 1234.5, unless a spreadsheet has saved the file anew in a style of its own.
        return decide_style(printed) or "plain"
    entries = [series for its in layout.series.values() for series in its]
    whole = bool(entries) and all(_counts_whole(series, registry) for series in entries)
    return decide_style(printed) or (decide_style(printed, whole=True) if whole else None) or "undecided"


def _counts_whole(series: Series, registry: Registry) -> bool:
    measure = registry.measures.get(series.measure)
    return series.scale == 1 and measure is not None and measure.is_whole


@dataclass(frozen=True)
class _CellReader:
    """A reader of the cells of one table. It raises `SetAside` for a cell that is not read with certainty."""

    layout: Layout
    roles: Roles
    items: Items
    style: NumberStyle | Undecided
    registry: Registry
    # What the labels seen so far say, or why they say nothing.
    understood: dict[tuple[tuple[str, str], ...], tuple[Series, dict[str, Any]] | SetAside] = field(
        default_factory=dict
    )

    def read(self, cell: Cell) -> dict[str, Any]:
        """Return the fields of an observation, without its provenance."""
        layout = self.layout
        printed = cell.printed.strip()
        if printed in layout.missing and printed not in layout.none:
            raise SetAside("not_published")
        series, fields = self._understand(cell)
        number = _read_number(cell, layout, self.style)
        if not layout.coded and number % 1 and _counts_whole(series, self.registry):
            raise SetAside("not_whole", printed)
        value, step = _scale(printed, number, series.scale)
        return fields | {"value": value, "step": step}

    def _understand(self, cell: Cell) -> tuple[Series, dict[str, Any]]:
        """Return what the labels of a cell say. It is found once for all cells with the same labels."""
        key = tuple(cell.labels.items())
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

    def _read_labels(self, cell: Cell) -> tuple[Series, dict[str, Any]]:
        layout, registry = self.layout, self.registry
        found = self.roles.read_year(cell)
        if found is None:
            labels = [cell.labels.get(name, "") for name in (self.roles.year, "period", *self.roles.items)]
            raise SetAside("no_year", next(filter(None, labels), ""))
        label = found[0]
        name, parts = self.roles.read_parts(cell, reference_day(label.first, layout.year_rule), registry)
        series = self._read_series(cell, parts, label.first)
        rule = series.year_rule or layout.year_rule
        year = resolve_year(label, rule)
        territory = self._read_territory(name, reference_day(year, rule))
        extra = cell.labels if layout.coded else {}
        place = self._read_place(cell, territory)
        measure = registry.measures.get(series.measure)
        if measure is None:
            raise SetAside("unknown_measure", series.measure, registry.measures)
        flags = [flag for flag in extra.get("flags", "").split("|") if flag]
        _check_codes(series, extra.get("qualifier", ""), extra.get("status", ""), flags, registry)
        if not layout.coded:
            _check_unit(cell.labels.get("unit", ""), " ".join(parts), series, measure.unit)
        preliminary = label.preliminary or label.stars in layout.preliminary_marks
        notes = (series.note, label.stars, extra.get("note", ""), cell.labels.get("mark", ""))
        return series, {
            **{name: getattr(series, name) for name in SERIES_FIELDS},
            "territory": territory,
            "place": place,
            "year": year,
            "unit": measure.unit,
            "status": extra.get("status") or ("preliminary" if preliminary else layout.status),
            "qualifier": extra.get("qualifier", ""),
            "flags": flags,
            "note": clean_text(" ".join(filter(None, notes))),
        }

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

    def _read_territory(self, name: str, on: date) -> str:
        fixed = self.roles.territory
        if fixed.startswith("="):
            return fixed.removeprefix("=")
        if not fixed:
            raise SetAside("no_territory")
        territory = resolve_territory(name, on, self.registry)
        if territory is None:
            known = _territory_names(self.registry)
            reason = "no_such_territory_then" if fold_text(name) in map(fold_text, known) else "unknown_territory"
            raise SetAside(reason, name, known if reason == "unknown_territory" else ())
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


def _check_unit(printed: str, item: str, series: Series, unit: str) -> None:
    """Refuse a table whose unit is not the one its layout was made for: thousands for persons, % for schools.

    A unit in the item itself goes first: there the layout knows the item by it.
    """
    if not printed or find_scale(item) != 1:
        return
    if find_scale(printed) != series.scale * (find_scale(unit.replace("_", " ")) or 1):
        raise SetAside("other_unit", printed)
    if is_percent(printed) and unit not in ("percent", "per_1000"):
        raise SetAside("other_unit", printed)


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
    if style == "undecided":
        raise SetAside("ambiguous_number", printed)
    try:
        return parse_number(printed, style)
    except ValueError as error:
        raise SetAside("not_a_number", printed) from error


@lru_cache(maxsize=1)
def _territory_names(registry: Registry) -> tuple[str, ...]:
    return tuple(alias.name for alias in registry.territory_names)


@lru_cache(maxsize=1 << 16)
def _scale(printed: str, number: Decimal, scale: Decimal) -> tuple[float, float]:
    """Return a number and the smallest step of its print, in the unit of the measure.

    The print is asked for because 1 and 1.0 are equal, and their steps are not.
    """
    return float(number * scale), float(printed_step(number) * scale)


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
