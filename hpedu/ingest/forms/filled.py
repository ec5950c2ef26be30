"""Read a filled input form into observations. Blank cells are fine; a wrong cell is named, with what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from hpedu.ingest.forms.design import COVER, MARKER, SHEETS, Cover, Range, Sheet, range_of, read_cover_code, seal
from hpedu.ingest.interpret import Reading
from hpedu.ingest.quarantine import SetAside, set_aside_row
from hpedu.ingest.readers.number_formats import PERCENT
from hpedu.ingest.schema import Cell, Resource, address
from hpedu.ingest.sheet.grid import Grid, is_blank
from hpedu.ingest.sheet.vocabulary import is_uncomputed
from hpedu.ingest.source import Source
from hpedu.ingest.words.dates import read_date
from hpedu.ingest.words.numbers import printed_step
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import last_day, lies_after
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.texts import LANGUAGES, say

_MINUS = re.compile(r"[-−–]\s?")
# 1.234, 12,345, 1 234 567
_GROUPED = re.compile(r"[1-9]\d{0,2}([ .,])\d{3}(?:\1\d{3})*", re.ASCII)
_DECIMAL = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)
# 1.234,5
_GROUPED_DECIMAL = re.compile(r"([1-9]\d{0,2}(?:([ .,])\d{3})(?:\2\d{3})*)(?!\2)[.,](\d+)", re.ASCII)
_SIGN = "%"

_Rows = Mapping[SeriesRef, Mapping[str, Any]]
_Side = Sequence[SeriesRef]


def read_typed_number(printed: str, allowed: Range) -> Decimal:
    """Read a number as typed, in Vietnamese or English style.

    In a count every mark groups thousands ("1.234" is 1234). In a decimal the last mark begins the decimals;
    "12.345" could be either and is refused, unless one reading is out of range.

    Raises
    ------
    SetAside
        `form_not_a_number`, `form_not_whole`, `form_ambiguous`, `form_negative` or `form_out_of_range`.
    """
    text = clean_text(printed)
    text = text.removesuffix(_SIGN).strip() if allowed.upper is not None else text
    negative = _MINUS.match(text)
    number = _read_positive(text[negative.end() :] if negative else text, allowed)
    if negative and number:
        raise SetAside("form_negative")
    if allowed.upper is not None and number > allowed.upper:
        raise SetAside("form_out_of_range")
    return number


def _check_typed(cell: Cell, allowed: Range) -> None:
    """Refuse a number that the spreadsheet holds as 1.234 where a count is due, or in a format that hides digits.

    Raises
    ------
    SetAside
        `form_not_whole` or `scaled_format`.
    """
    if cell.scale == 1 and allowed.whole:
        raise SetAside("form_not_whole")
    if cell.scale not in (None, 1, PERCENT):
        raise SetAside("scaled_format")


def _read_positive(text: str, allowed: Range) -> Decimal:
    if text.isascii() and text.isdigit():
        return Decimal(text)
    plain, grouped = _DECIMAL.fullmatch(text), _GROUPED.fullmatch(text)
    if grouped and (allowed.whole or plain is None):
        return Decimal(re.sub(r"\D", "", text))
    if grouped and allowed.upper is None:
        raise SetAside("form_ambiguous")
    both = _GROUPED_DECIMAL.fullmatch(text)
    if plain is None and both is None:
        raise SetAside("form_not_a_number")
    if allowed.whole:
        raise SetAside("form_not_whole")
    if both:
        return Decimal(re.sub(r"\D", "", both[1]) + "." + both[3])
    return Decimal(text.replace(",", "."))


def read_typed_state(printed: str, dimension: str, registry: Registry) -> str:
    """Read the code of a state by its name in either language.

    Raises
    ------
    SetAside
        `form_unknown_state`, with the names there are.
    """
    states = registry.codes_of(dimension)
    for code, row in states.items():
        if fold_text(printed) in (fold_text(row.name.vi), fold_text(row.name.en)):
            return code
    names = [row.name.vi for row in states.values()]
    raise SetAside("form_unknown_state", known=names)


def read_typed_date(printed: str, latest: date | None = None) -> date:
    """Read a date cell, or a date typed as text (`hpedu.ingest.words.dates.read_date`).

    Raises
    ------
    SetAside
        `form_not_a_date`.
    """
    day = read_date(printed, latest)
    if day is None:
        raise SetAside("form_not_a_date")
    return day


@dataclass(frozen=True)
class FormRow:
    """A row of a sheet: the cells typed into it, by column, its key and its labels."""

    sheet: Sheet
    typed: dict[str, Cell]
    key: str
    labels: list[str]
    # The unit it is to be given in; None if the sheet has no units.
    unit: str | None = None
    # The columns in which one cell is over this row and others.
    merged: Collection[str] = ()

    def identify(self, registry: Registry) -> SeriesRef | None:
        """Return the series of the row; None if key, labels and unit do not belong together, or name no series."""
        text, _, checksum = self.key.partition(" #")
        if not text or checksum.strip() != seal(text, *self.labels):
            return None
        (series, *_) = parse_formula(text)
        if series.measure not in registry.measures or series.level not in registry.codes_of("level"):
            return None
        unit = registry.name("unit", registry.measures[series.measure].unit, "vi")
        return series if self.unit is None or fold_text(self.unit) == fold_text(unit) else None


def find_sheet(grid: Grid) -> tuple[Sheet, int] | None:
    """Find which sheet of the form a grid is, and the row of its hidden head, whatever the sheet is called now."""
    for sheet in SHEETS.values():
        for number, row in enumerate(grid.rows):
            if set(sheet.head) <= set(row):
                return sheet, number
    return None


def _find_columns(grid: Grid, sheet: Sheet, head: int) -> dict[str, int]:
    return {column.id: grid.rows[head].index(name) for column, name in zip(sheet.columns, sheet.head, strict=True)}


def is_as_printed(grid: Grid, sheet: Sheet, head: int, title: str) -> bool:
    """Return whether title, unit and value are headed as in the form: "Giá trị (nghìn)" may be meant for all."""
    places = _find_columns(grid, sheet, head)
    headed = all(
        fold_text(grid.rows[head + 1][places[name]])
        == fold_text(" ".join(say(f"form_{name}", language) for language in LANGUAGES))
        for name in ("unit", sheet.answer)
        if name in places
    )
    return headed and any(fold_text(title) == fold_text(text) for row in grid.rows[:head] for text in row)


def read_rows(grid: Grid, sheet: Sheet, head: int) -> Iterator[FormRow]:
    """Read the rows under the headings into which anything was typed."""
    places = _find_columns(grid, sheet, head)
    fills = [column.id for column in sheet.columns if column.role == "fill"]
    sealed = [column.id for column in sheet.columns if column.role == "sealed"]
    tall = [merge for merge in grid.merged if merge.bottom > merge.top]
    for number in range(head + 2, len(grid.rows)):
        texts = grid.rows[number]
        typed = {
            name: Cell(
                grid.sheet,
                address(number, places[name]),
                texts[places[name]],
                {},
                grid.scales.get((number, places[name])),
            )
            for name in fills
            if not is_blank(texts[places[name]])
        }
        if typed:
            over = [merge for merge in tall if merge.top <= number <= merge.bottom]
            yield FormRow(
                sheet,
                typed,
                texts[places["key"]],
                [texts[places[name]] for name in sealed],
                texts[places["unit"]] if "unit" in places else None,
                [name for name in typed if any(m.left <= places[name] <= m.right for m in over)],
            )


def find_excesses(rows: _Rows, registry: Registry) -> dict[SeriesRef, str]:
    """Find series that contradict each other: a sum of parts is greater than the whole, and no term is missing.

    A part is a series of one sex or ownership, or the numerator of an indicator that cannot be above 100%.
    Nobody can know which of the figures is wrong, so parts and whole are both named.

    Parameters
    ----------
    rows
        Observations (`hpedu.ingest.schema.OBSERVATIONS`) by series.

    Returns
    -------
    dict
        Series -> the arithmetic, with sheet and cell of every figure in it.
    """
    found: dict[SeriesRef, dict[str, None]] = {}
    for parts, whole in [*_dimensions(rows), *_shares(registry)]:
        if all(ref in rows for ref in (*parts, *whole)) and _add(parts, rows) > _add(whole, rows):
            for ref in (*parts, *whole):
                found.setdefault(ref, {})[f"{_spell(parts, rows)} > {_spell(whole, rows)}"] = None
    return {ref: "; ".join(texts) for ref, texts in found.items()}


def _dimensions(rows: _Rows) -> Iterator[tuple[_Side, _Side]]:
    for ref in rows:
        if ref.sex != "both":
            yield [ref], [replace(ref, sex="both")]
        if ref.ownership != "all":
            yield [ref], [replace(ref, ownership="all")]


def _shares(registry: Registry) -> Iterator[tuple[_Side, _Side]]:
    """Yield numerator and denominator of each share, level by level where both have the same levels."""
    for indicator in registry.indicators.values():
        if indicator.unit == "percent" and indicator.upper == 100 and indicator.denominator:
            parts, whole = parse_formula(indicator.numerator), parse_formula(indicator.denominator)
            levels = {ref.level for ref in parts}
            if levels != {ref.level for ref in whole}:
                yield parts, whole
                continue
            for level in sorted(levels):
                yield [r for r in parts if r.level == level], [r for r in whole if r.level == level]


def _add(side: _Side, rows: _Rows) -> float:
    return sum(float(rows[ref]["value"]) for ref in side)


def _spell(side: _Side, rows: _Rows) -> str:
    cells = " + ".join(f"{rows[ref]['sheet']}!{rows[ref]['cell']} ({rows[ref]['printed']})" for ref in side)
    return cells if len(side) == 1 else f"{cells} = {_add(side, rows):g}"


def is_form(source: Source) -> bool:
    """Return whether a file is an input form of hpedu, of any version: its cover carries the marker.

    Raises
    ------
    Unreadable
        If it is a damaged workbook.
    """
    if source.format != "workbook":
        return False
    covers = (frame for name, frame in source.frames if fold_text(name) == fold_text(COVER))
    cover = next(covers, pl.DataFrame())
    return any(str(text).startswith(f"{MARKER} ") for row in cover.rows() for text in row)


def read_form(source: Source, resource: Resource, registry: Registry) -> Reading:
    """Read a form written by `hpedu.present.exports.form.write_form` and filled in by somebody.

    Every filled-in value or state is one observation (status `final`, or `synthetic` if its cover says so;
    territory and year of the cover, the other cells of its row in `note`) or one issue. Blank cells are neither.

    Raises
    ------
    Unreadable
        If the workbook is damaged.
    """
    return _FormReader(resource, registry).read(source.grids)


@dataclass
class _FormReader:
    resource: Resource
    registry: Registry
    cover: Cover | None = None
    # The observations so far.
    rows: dict[SeriesRef, dict[str, Any]] = field(default_factory=dict)
    seen: set[SeriesRef] = field(default_factory=set)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def read(self, grids: list[Grid]) -> Reading:
        self.cover, title = find_cover(grids, self.registry)
        for grid in grids:
            found = find_sheet(grid)
            if found is not None:
                is_changed = self.cover is not None and not is_as_printed(grid, *found, title)
                for row in read_rows(grid, *found):
                    self._read_row(row, is_changed=is_changed)
            elif fold_text(grid.sheet) != fold_text(COVER):
                self._set_aside_sheet(grid)
        for series, arithmetic in find_excesses(self.rows, self.registry).items():
            part = self.rows.pop(series)
            cell = Cell(part["sheet"], part["cell"], part["printed"], {})
            self._set_aside(cell, "form_part_exceeds_whole", arithmetic)
        reading = Reading(list(self.rows.values()))
        reading.issues += self.issues
        return reading

    def _read_row(self, row: FormRow, *, is_changed: bool) -> None:
        series = None if is_changed else row.identify(self.registry)
        reason = (
            "form_cover" if self.cover is None
            else "form_unknown_row" if series is None
            else "form_duplicate_row" if series in self.seen
            else "form_without_value" if row.sheet.answer not in row.typed
            else "form_merged" if row.sheet.answer in row.merged
            else ""
        )  # fmt: skip
        if reason or series is None or self.cover is None:
            first = self.rows.get(series) if series else None
            answer = row.typed.get(row.sheet.answer)
            if series and first and answer and answer.printed != first["printed"]:
                # Of two answers nobody can know which is meant.
                del self.rows[series]
                self._set_aside(Cell(first["sheet"], first["cell"], first["printed"], {}), reason)
            for cell in row.typed.values():
                self._set_aside(cell, reason)
            return
        self.seen.add(series)
        cell = row.typed[row.sheet.answer]
        unit = self.registry.measures[series.measure].unit
        try:
            number = self._read_answer(cell, row.sheet, unit)
            year, published = self.cover.year, self.resource.published
            if not self.cover.synthetic and lies_after(year, "school_year_start", published):
                raise SetAside("after_publication", f"{year}-{year + 1}")
        except SetAside as refusal:
            self._set_aside(cell, refusal.reason, refusal.subject, known=refusal.known)
            return
        self.rows[series] = {
            "measure": series.measure,
            "level": series.level,
            "ownership": series.ownership,
            "sex": series.sex,
            "detail": series.detail,
            "territory": self.cover.territory,
            "place": "",
            "year": self.cover.year,
            "value": float(number),
            "unit": unit,
            "status": "synthetic" if self.cover.synthetic else "final",
            "qualifier": "",
            "flags": [],
            "source": self.resource.name,
            "edition": self.resource.published,
            "file": self.resource.path,
            "sheet": cell.sheet,
            "cell": cell.address,
            "printed": cell.printed,
            "note": self._read_note(row),
            "step": float(printed_step(number)),
            "current": True,
        }

    def _read_answer(self, cell: Cell, sheet: Sheet, unit: str) -> Decimal:
        if is_uncomputed(cell.printed):
            reason = "formula_not_calculated" if cell.printed.startswith("=") else "error_in_cell"
            raise SetAside(reason, cell.printed)
        if not sheet.states:
            _check_typed(cell, range_of(unit))
            number = read_typed_number(cell.printed, range_of(unit))
            if number > self.registry.limits["form_figure"].value:
                raise SetAside("form_out_of_range")
            return number
        code = read_typed_state(cell.printed, sheet.states, self.registry)
        return Decimal(int(code == next(iter(self.registry.codes_of(sheet.states)))))

    def _read_note(self, row: FormRow) -> str:
        """Join decision, source, date and remark in one line; what is no date or merged is set aside."""
        texts, latest = [], last_day(self.resource.published)
        for name in ("decision", "date", "origin", "note"):
            if name in row.typed:
                try:
                    if name in row.merged:
                        raise SetAside("form_merged")
                    text = row.typed[name].printed
                    texts.append(read_typed_date(text, latest).isoformat() if name == "date" else clean_text(text))
                except SetAside as refusal:
                    self._set_aside(row.typed[name], refusal.reason)
        return "; ".join(texts)

    def _set_aside_sheet(self, grid: Grid) -> None:
        for row, texts in enumerate(grid.rows):
            for column, text in enumerate(texts):
                if not is_blank(text):
                    cell = Cell(grid.sheet, address(row, column), text, {})
                    self._set_aside(cell, "form_unknown_sheet", grid.sheet)

    def _set_aside(self, cell: Cell, reason: str, subject: str = "", *, known: tuple[str, ...] = ()) -> None:
        subject = subject or f"{cell.sheet}!{cell.address}"
        self.issues.append(set_aside_row(cell, self.resource, reason, subject, self.registry, known))


def find_cover(grids: list[Grid], registry: Registry) -> tuple[Cover | None, str]:
    """Read from the cover what the form is about, None unless title and code belong together, and that title."""
    for grid in grids:
        texts = [text for row in grid.rows for text in row if not is_blank(text)]
        for text in texts:
            if text.startswith(f"{MARKER} "):
                cover = read_cover_code(text, texts[0])
                known = cover is not None and cover.territory in registry.territories
                return cover if known else None, texts[0].partition("\n")[0]
    return None, ""
