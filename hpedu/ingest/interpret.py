"""Turn the cells of a table into observations: what each label means is looked up, never guessed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import Any, Literal

import polars as pl

from hpedu.ingest.boundary import Boundary, decide_boundary, doubt_territory
from hpedu.ingest.corrections import FIGURE, Figure, Met, correct, index_prints
from hpedu.ingest.doubts import counts_whole, set_aside_doubtful
from hpedu.ingest.layouts import Broken, Items, Layout, Series
from hpedu.ingest.quarantine import Issues, Refusals, SetAside
from hpedu.ingest.readers.number_formats import PERCENT
from hpedu.ingest.roles import DAYS, Roles, find_roles
from hpedu.ingest.schema import CUT, SERIES_FIELDS, Cell, RawTable, Resource, list_runs, name_cell
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_marked, is_uncomputed, is_worded
from hpedu.ingest.stated import contradicts, find_table_units
from hpedu.ingest.words.numbers import (
    NumberStyle,
    decide_style,
    may_be_plain,
    parse_number,
    printed_step,
    read_sole,
)
from hpedu.ingest.words.places import resolve_place
from hpedu.ingest.words.units import read_unit
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
_STEP = 1 << 19
# What is remembered of one table: so many runs of labels, and so many prints of alike series.
_MOST_RUNS = 1 << 12
_MOST_PRINTS = 1 << 18

Undecided = Literal["undecided"]
"""All numbers of a table together do not show what the marks in them mean."""


@dataclass(frozen=True)
class Found:
    """A table of a file, and its layout if there is one."""

    table: RawTable
    layout: Layout | None
    # The layout file that should say what the labels mean, but cannot be used.
    broken: Broken | None = None


@dataclass
class Reading:
    """The content of a file as rows for the two tables of ingest. Every cell is in exactly one of them."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    issues: Issues = field(default_factory=Issues)
    # The rows of a school list, one for each school and year.
    schools: pl.DataFrame | None = None
    # The observations of a panel (`hpedu.ingest.panel`), with their digest.
    panel: pl.DataFrame | None = None
    met: Met = field(default_factory=Met)
    # The figures that a table gives more than once, and the cell of the first print.
    twice: dict[Hashable, str] = field(default_factory=dict)
    # The tables of a file that is neither a form nor a school list.
    tables: list[Found] = field(default_factory=list)


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
    layout = _add_marks(layout, table)
    # What errata and decisions call it; a transcription is called what it was typed from.
    name = resource.table if layout.coded else layout.id
    reader = _CellReader(table, layout, name, resource, registry, national=national)
    origin = {"source": resource.name, "edition": resource.published, "file": resource.path, "current": True}
    rows = [row | origin for row in reader.read_all(progress)]
    reading.issues += reader.refusals
    reading.twice = reader.name_twice()
    if not layout.coded:
        known = None if reader.style == "undecided" else reader.style
        rows, doubtful = set_aside_doubtful(rows, layout, known, resource, registry)
        reading.issues += doubtful
    reading.observations, issues, reading.met = correct(name, rows, reader.refused, resource, registry)
    reading.issues += issues
    return reading


def _find_boundary(
    table: RawTable, layout: Layout, roles: Roles, resource: Resource, registry: Registry
) -> Boundary:
    """Return which provinces a table prints, by the territories that its cells name; districts are all old."""
    named: dict[tuple[str, ...], tuple[str, int]] = {}
    names: dict[tuple[str, int, bool], None] = {}
    for cell in table.telling:
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
            resolve_place(text, registry) for text in {cell.labels.get(layout.place, "") for cell in table.telling}
        )
    )
    return replace(boundary, version="old") if has_districts else boundary


def _add_marks(layout: Layout, table: RawTable) -> Layout:
    """Return the layout with the marks that the format of a table has; those of the layout go first."""
    none = [*layout.none, *(mark for mark in table.none if mark not in layout.missing)]
    missing = [*layout.missing, *(mark for mark in table.missing if mark not in none)]
    return layout.model_copy(update={"missing": missing, "none": none})


def _find_style(table: RawTable, layout: Layout, registry: Registry) -> NumberStyle | Undecided:
    """Return how numbers are written: as the layout or format says, else from all numbers and what they count."""
    if layout.numbers != "decide":
        return layout.numbers
    # A number typed as one decides nothing: its style is plain.
    printed = table.find_prints()
    if table.is_plain:
        # The format writes 1234.5, unless a spreadsheet has saved the file anew in a style of its own.
        style = decide_style(printed)
        if style is not None or any(may_be_plain(text) for text in printed):
            return style or "plain"
    entries = [series for its in layout.series.values() for series in its]
    whole = bool(entries) and all(counts_whole(series, registry) for series in entries)
    return decide_style(printed) or (decide_style(printed, whole=True) if whole else None) or "undecided"


Number = tuple[float, float, Decimal]
"""Value and step in the unit of the measure, and the number as printed."""


@dataclass(frozen=True)
class _Said:
    """What the labels of a cell say."""

    # None if they do not say what is counted.
    series: Series | None
    unit: str
    # The fields of an observation that do not depend on the number.
    fields: dict[str, Any]
    # The columns of `corrections.FIGURE`, as far as they are known.
    figure: Figure
    # The number of the reason for which a number is set aside, if nothing is wrong with the number itself.
    why: int | None
    # What is read of each print, or the number of the reason for which nothing is; shared by alike series.
    outcomes: dict[str, Number | int]


class _CellReader:
    """A reader of the cells of one table."""

    def __init__(
        self, table: RawTable, layout: Layout, name: str, resource: Resource, registry: Registry, *, national: bool
    ) -> None:
        self.layout, self.registry, self.title = layout, registry, table.title
        self.roles, self.items = find_roles(table, layout, registry), Items(layout)
        self.style = _find_style(table, layout, registry)
        self.units = find_table_units(table, layout, self._find_item)
        self.boundary = _find_boundary(table, layout, self.roles, resource, registry)
        # Why the table is not about the one territory of its layout.
        self.refusal = None
        if self.roles.territory.startswith("="):
            fixed = self.roles.territory.removeprefix("=")
            self.refusal = doubt_territory(table, fixed, layout.place, resource, registry, national=national)
        self.published = resource.published
        # The figures that an erratum or a decision is about, and those of them that are refused.
        self.corrected = index_prints(name, registry).keys()
        self.refused: set[Figure] = set()
        # The cells that are not read with certainty.
        self.refusals = Refusals(table.cells, resource, registry)
        # The subjects for which a known name was looked for.
        self.hinted: set[str] = set()
        # What the labels of the last runs of cells say.
        self.understood: dict[Hashable, list[_Said]] = {}
        self.outcomes: dict[Hashable, dict[str, Number | int]] = defaultdict(dict)
        # The number of the first cell of each figure, what its labels say, and what is read of it.
        self.first: dict[Hashable, tuple[int, _Said, Number]] = {}
        # The figures that are given more than once, and the number of that reason.
        self.twice: dict[Hashable, int] = {}

    def _find_item(self, cell: Cell) -> list[str]:
        """Return the parts of the item of a cell if the layout has it."""
        parts = self.roles.read_parts(cell, DAYS[0], self.registry)[1]
        return parts if self.items.find(parts) is not None else []

    def read_all(self, progress: Progress) -> Iterator[dict[str, Any]]:
        """Yield the observations of all cells that can be read, without the file they are in; others are refused.

        What a run of labels says, and what a print means, is found once. A figure that comes twice is refused, but
        where an erratum or a decision may tell the prints apart.
        """
        cells, add, due = self.refusals.cells, self.refusals.add, _STEP
        for key, start, prints in list_runs(cells):
            if start >= due:
                progress(start, len(cells))
                due += _STEP
            run = self.understood.get(key) or self._understand(key, start, prints)
            for number, said, printed in zip(count(start), run, prints, strict=False):
                found = said.outcomes.get(printed)
                if found is None:
                    found = said.outcomes[printed] = self._find_outcome(said, cells[number])
                if not isinstance(found, int) and said.why is None:
                    self._keep(number, said, found)
                    continue
                add(number, found if isinstance(found, int) else said.why or 0)
                if said.figure in self.corrected:
                    self.refused.add(said.figure)
        for key, (number, said, (value, step, printed_number)) in self.first.items():
            if key not in self.twice:
                cell = cells[number]
                yield {
                    **said.fields,
                    "flags": [*said.fields["flags"]],
                    "value": value,
                    "step": step,
                    "number": printed_number,
                    "sheet": cell.sheet,
                    "cell": cell.address,
                    "printed": cell.printed,
                }

    def _understand(self, key: Hashable, start: int, prints: Sequence[str]) -> list[_Said]:
        if len(self.understood) > _MOST_RUNS:
            self.understood.clear()
        cells = self.refusals.cells
        self.understood[key] = [self._say(cells[number]) for number in range(start, start + len(prints))]
        return self.understood[key]

    def _say(self, cell: Cell) -> _Said:
        figure: Figure = ()
        try:
            label, parts, series, territory, place, year = self._identify(cell)
            figure = (*(getattr(series, name) for name in SERIES_FIELDS), territory, place, year)
            return self._read_labels(cell, label, parts, series, figure)
        except SetAside as refusal:
            return _Said(None, "", {}, figure, self._number(refusal), self.outcomes[None])

    def _number(self, refusal: SetAside) -> int:
        """Return the number of a refusal, with the known names only for the first unknown ones."""
        if refusal.known and len(self.hinted) < MOST_HINTS:
            self.hinted.add(refusal.subject)
        known = refusal.known if refusal.subject in self.hinted else ()
        return self.refusals.number(refusal.reason, refusal.subject, known)

    def _find_outcome(self, said: _Said, cell: Cell) -> Number | int:
        """Return what a print means among such labels, or the number of the reason why it means nothing."""
        if len(said.outcomes) > _MOST_PRINTS:
            said.outcomes.clear()
        try:
            return self._read_print(said.series, said.unit, cell)
        except SetAside as refusal:
            return self._number(refusal)

    def _read_print(self, series: Series | None, unit: str, cell: Cell) -> Number:
        layout = self.layout
        printed = cell.printed.strip()
        if printed in layout.missing and printed not in layout.none:
            raise SetAside("not_published")
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)
        if is_uncomputed(printed):
            raise SetAside("formula_not_calculated" if printed.startswith("=") else "error_in_cell", printed)
        if series is None:
            return 0.0, 0.0, Decimal(0)
        if printed in layout.none and not self.registry.measures[series.measure].additive:
            # A rate has none where there is nobody to count, too.
            raise SetAside("none_of_rate", printed)
        number = _read_number(cell, layout, self.style)
        _check_format(cell, series, unit)
        if number < 0 and counts_whole(series, self.registry):
            raise SetAside("negative_count", printed)
        value, step = float(number * series.scale), float(printed_step(number) * series.scale)
        if not abs(value) < float(self.registry.limits["figure"].value):
            raise SetAside("too_large", printed)
        return value, step, number

    def _keep(self, number: int, said: _Said, found: Number) -> None:
        key = number if said.figure in self.corrected else (*said.figure, said.fields["qualifier"])
        before = self.first.setdefault(key, (number, said, found))[0]
        if before == number:
            return
        if key not in self.twice:
            self.twice[key] = self._refer(before)
            self.refusals.add(before, self._refer(number))
        self.refusals.add(number, self.twice[key])

    def _refer(self, other: int) -> int:
        return self.refusals.number("figure_twice", self._name(other))

    def _name(self, number: int) -> str:
        cell = self.refusals.cells[number]
        return name_cell(cell.sheet, cell.address)

    def name_twice(self) -> dict[Hashable, str]:
        """Return the figures that come more than once, each with the name of its first cell."""
        return {key: self._name(self.first[key][0]) for key in self.twice}

    def _read_labels(
        self, cell: Cell, label: YearLabel, parts: list[str], series: Series, figure: Figure
    ) -> _Said:
        layout, registry = self.layout, self.registry
        extra = cell.labels if layout.coded else {}
        measure = registry.measures.get(series.measure)
        if measure is None:
            raise SetAside("unknown_measure", series.measure, registry.measures)
        flags = [flag for flag in extra.get("flags", "").split("|") if flag]
        _check_codes(series, extra.get("qualifier", ""), extra.get("status", ""), flags, registry)
        if layout.coded:
            unit = cell.labels.get("unit", "")
            known = read_unit(unit)
            if unit.replace(" ", "_") != measure.unit and (known is None or not known.counts(measure)):
                raise SetAside("other_unit", unit)
        else:
            if contradicts(cell.sheet, self.title, series):
                raise SetAside("other_sheet", cell.sheet)
            self.units.check(cell.labels.get("unit", ""), " ".join(parts), series, measure)
        try:
            status, why = self._read_status(cell, label, series, int(figure[-1])), None
        except SetAside as refusal:
            status, why = "", self._number(refusal)
        notes = (series.note, label.stars, extra.get("note", ""), cell.labels.get("mark", ""))
        fields = {
            **dict(zip(FIGURE, figure, strict=True)),
            "unit": measure.unit,
            "status": status,
            "qualifier": extra.get("qualifier", ""),
            "flags": flags,
            "note": clean_text(" ".join(filter(None, notes))),
        }
        alike = series.scale, measure.unit, measure.additive, counts_whole(series, registry), cell.scale
        return _Said(series, measure.unit, fields, figure, why, self.outcomes[alike])

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
    may_lack = [("status", status), ("qualifier", qualifier), *(("flag", flag) for flag in flags)]
    for dimension, code in used + [pair for pair in may_lack if pair[1]]:
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
        if printed.endswith(CUT):
            raise SetAside("cut_short", printed) from error
        raise SetAside("marked_number" if is_marked(printed) else "not_a_number", printed) from error
    if number is None:
        raise SetAside("ambiguous_number", printed)
    return number


@lru_cache(maxsize=1)
def _territory_names(registry: Registry) -> tuple[str, ...]:
    return tuple(alias.name for alias in registry.territory_names)


def _check_format(cell: Cell, series: Series, unit: str) -> None:
    """Refuse a percent sign where none is due, and a format that hides digits its unit does not make up for."""
    if cell.printed.rstrip().endswith("%") and unit != "percent":
        raise SetAside("other_unit", cell.printed)
    if cell.scale not in (None, 1, PERCENT) and cell.scale != series.scale:
        raise SetAside("scaled_format", cell.printed)
