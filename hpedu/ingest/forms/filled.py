"""Read a filled input form into observations. Blank cells are fine; a wrong cell is named, with what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hpedu.ingest.forms.design import (
    ASIDE,
    BESIDE_KNOWN,
    COMPUTED,
    HISTORY,
    MARKER,
    MILESTONES,
    SHEETS,
    Cover,
    Range,
    Sheet,
    head_column,
    name_milestone_state,
    range_of,
    read_cover_code,
    read_key,
    seal,
)
from hpedu.ingest.forms.slips import Figure, find_excesses, find_slips, list_counterparts
from hpedu.ingest.interpret import Progress, Reading
from hpedu.ingest.quarantine import SetAside, set_aside_row
from hpedu.ingest.readers.number_formats import PERCENT
from hpedu.ingest.schema import Cell, Resource, address
from hpedu.ingest.sheet.grid import Grid, is_blank
from hpedu.ingest.sheet.vocabulary import is_uncomputed
from hpedu.ingest.source import Source, open_source
from hpedu.ingest.words.dates import read_date
from hpedu.ingest.words.numbers import printed_step
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import last_day, lies_after, reference_day
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef
from hpedu.texts import say

_MINUS = re.compile(r"[-−–]\s?")
# 1.234, 12,345, 1 234 567
_GROUPED = re.compile(r"[1-9]\d{0,2}([ .,])\d{3}(?:\1\d{3})*", re.ASCII)
_DECIMAL = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)
# 1.234,5
_GROUPED_DECIMAL = re.compile(r"([1-9]\d{0,2}(?:([ .,])\d{3})(?:\2\d{3})*)(?!\2)[.,](\d+)", re.ASCII)
_SIGN = "%"
# 0,98 or 98% where a count is due; 0,98 where 98 is due, which 0,98% is not.
_SHARE_OF_COUNT = re.compile(r"0[.,]\d+|\d+(?:[.,]\d+)? ?%", re.ASCII)
_SHARE_OF_HUNDRED = re.compile(r"0[.,]\d*[1-9]\d*|1(?:[.,]0+)?", re.ASCII)
_YEAR_HEAD = re.compile(MARKER + r":(\d{4})", re.ASCII)
_SCHOOL_YEAR = re.compile(r"(\d{4})(?: ?[-–/] ?(?:\d{2})?(\d{2}))?", re.ASCII)
# The cover code is the last of some lines, the marks of other sheets stand above their headings.
_HEAD_DEPTH = 40


def read_typed_number(printed: str, allowed: Range) -> Decimal:
    """Read a number as typed, in Vietnamese or English style. Raises `SetAside` with the reason.

    In a count every mark groups thousands ("1.234" is 1234). In a decimal the last mark begins the decimals;
    "12.345" could be either and is refused, unless one reading is out of range.
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
    """Refuse a share, what the spreadsheet holds as 1.234 where a count is due, and a format that hides digits."""
    share = _SHARE_OF_COUNT if allowed.whole else _SHARE_OF_HUNDRED
    if (allowed.whole or allowed.upper is not None) and share.fullmatch(clean_text(cell.printed)):
        raise SetAside("form_share")
    # Of whole numbers, too, some formats say that they are numbers.
    if cell.scale == 1 and allowed.whole and not cell.printed.removeprefix("-").isdecimal():
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


def read_typed_date(printed: str, latest: date | None = None) -> date:
    """Read a date cell, or a date typed as text. Raises `SetAside`."""
    day = read_date(printed, latest)
    if day is None:
        raise SetAside("form_not_a_date")
    return day


@dataclass(frozen=True)
class FormRow:
    """A row of a sheet: the cells typed into it, by column, its key, its labels, and what it had been given."""

    sheet: Sheet
    typed: dict[str, Cell]
    key: str
    labels: list[str]
    proof: str = ""
    # The unit it is to be given in; None if the sheet has no units.
    unit: str | None = None
    # The columns in which one cell is over others, too.
    merged: Collection[str] = ()

    def identify(self, registry: Registry) -> tuple[str, SeriesRef, str] | None:
        """Return the territory ("" for that of the cover), series and detail ("" for its value) of the row.

        None if key, labels and unit do not belong together, or name no series.
        """
        text, _, checksum = self.key.partition(" #")
        if not text or checksum.strip() != seal(text, *self.labels):
            return None
        territory, series, detail = read_key(text)
        known = series.measure in registry.measures and series.level in registry.codes_of("level")
        if not known or (territory and territory not in registry.territories):
            return None
        unit = "" if detail else registry.name("unit", registry.measures[series.measure].unit, "vi")
        is_asked = self.unit is None or fold_text(self.unit) == fold_text(unit)
        return (territory, series, detail) if is_asked else None

    def list_known(self) -> dict[str, Decimal]:
        """Return the figures that were printed into the row, by the column of their year."""
        pairs = (pair.split("=") for pair in self.proof.split())
        return {year: Decimal(number) for year, number in pairs}


def find_sheet(grid: Grid) -> tuple[Sheet, int] | None:
    """Find which sheet of the form a grid is, and the row of its hidden head, whatever the sheet is called now.

    Forms handed out before a column was thought of are read without it.
    """
    for sheet in (*SHEETS.values(), HISTORY):
        needed = {
            name
            for column, name in zip(sheet.columns, sheet.head, strict=True)
            if column.role in ("sealed", "proof", "key") or column.id == sheet.answer
        }
        for number, row in enumerate(grid.rows):
            if needed <= set(row):
                years = (int(match[1]) for match in map(_YEAR_HEAD.fullmatch, row) if match)
                return sheet.over(dict.fromkeys(years)) if sheet is HISTORY else sheet, number
    return None


def is_as_printed(grid: Grid, sheet: Sheet, head: int, title: str) -> bool:
    """Return whether title, unit, value and years are headed as in the form: "Đơn vị: nghìn" is meant for all."""
    names = grid.rows[head]
    headed = all(
        fold_text(grid.rows[head + 1][names.index(name)]) == fold_text(head_column(column))
        for column, name in zip(sheet.columns, sheet.head, strict=True)
        if (column.id == "unit" or column.id == sheet.answer or column.id.isdigit()) and name in names
    )
    return headed and any(fold_text(title) == fold_text(text) for row in grid.rows[:head] for text in row)


def find_aside(grid: Grid) -> str | None:
    """Return the name of a sheet of the form that holds no rows; None if it is none of them."""
    texts = {text for row in grid.rows[:_HEAD_DEPTH] for text in row}
    return next((name for mark, name in ASIDE.items() if mark in texts), None)


def read_rows(grid: Grid, sheet: Sheet, head: int) -> Iterator[FormRow]:
    """Read the rows under the headings into which anything was typed."""
    names = grid.rows[head]
    places = {c.id: names.index(name) for c, name in zip(sheet.columns, sheet.head, strict=True) if name in names}
    fills = [column.id for column in sheet.columns if column.role == "fill" and column.id in places]
    sealed = [column.id for column in sheet.columns if column.role in ("sealed", "proof")]
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
        if typed and texts[places["key"]] != COMPUTED:
            over = [merge for merge in grid.merged if merge.top <= number <= merge.bottom]
            yield FormRow(
                sheet,
                typed,
                texts[places["key"]],
                [texts[places[name]] for name in sealed],
                texts[places["known"]] if "known" in places else "",
                texts[places["unit"]] if "unit" in places else None,
                [name for name in typed if any(m.left <= places[name] <= m.right for m in over)],
            )


def _list_strays(grid: Grid, head: int) -> Iterator[Cell]:
    """Yield what was typed under the headings into columns that are none of the form's."""
    strange = [place for place, name in enumerate(grid.rows[head]) if is_blank(name)]
    for number in range(head + 2, len(grid.rows)):
        for place in strange:
            if not is_blank(text := grid.rows[number][place]):
                yield Cell(grid.sheet, address(number, place), text, {})


def _list_asked(grid: Grid, head: int) -> Iterator[str]:
    """Yield the series of all rows of a sheet, filled in or not, as formulas write them."""
    place = grid.rows[head].index(f"{MARKER}:key")
    for row in grid.rows[head + 2 :]:
        yield row[place].partition(" #")[0].rpartition(":")[2]


def is_form(source: Source) -> bool:
    """Return whether a file is an input form of hpedu, of any version: a sheet carries the marker."""
    if source.format != "workbook":
        return False
    heads = (frame.head(_HEAD_DEPTH) for _, frame in source.frames)
    return any(str(text).startswith(MARKER) for head in heads for row in head.rows() for text in row)


def read_form(source: Source, resource: Resource, registry: Registry) -> Reading:
    """Read a form of `hpedu.present.exports.form` or a book of `history` that was filled in.

    Every filled-in value or state is one observation (status `final`, or `synthetic` if its cover says so;
    territory and year of the cover, or of its row and column, the other cells of its row in `note`) or one issue.
    Blank cells are neither, nor are the figures that were printed into a book.
    """
    return _FormReader(resource, registry).read(source.grids)


@dataclass
class _FormReader:
    resource: Resource
    registry: Registry
    cover: Cover | None = None
    # The observations so far, and the figures that were known when the form was printed.
    rows: dict[Figure, dict[str, Any]] = field(default_factory=dict)
    known: dict[Figure, dict[str, Any]] = field(default_factory=dict)
    # Decision, date and evidence of the milestones of a book.
    details: dict[Figure, dict[str, Cell]] = field(default_factory=dict)
    seen: set[tuple[str, SeriesRef, str]] = field(default_factory=set)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def read(self, grids: list[Grid]) -> Reading:
        self.cover = find_cover(grids, self.registry)
        # The first line of the cover stands over every sheet as well.
        title = next((row[0].partition("\n")[0] for row in _read_cover(grids)), "")
        asked: set[str] = set()
        for grid in grids:
            found = find_sheet(grid)
            if found is not None:
                asked |= set(_list_asked(grid, found[1]))
                is_changed = bool(self.cover and not is_as_printed(grid, *found, title))
                for row in read_rows(grid, *found):
                    self._read_row(row, is_changed=is_changed)
                for cell in _list_strays(grid, found[1]):
                    self._set_aside(cell, "form_stray")
            elif find_aside(grid) is None and not _read_cover([grid]):
                self._set_aside_sheet(grid)
        self._add_details()
        self._set_aside_found(find_slips(self.rows, self.known, self.registry))
        self._set_aside_found(find_excesses(self.known | self.rows, self.registry))
        self._mark_beside_known(asked)
        reading = Reading(list(self.rows.values()))
        reading.issues += self.issues
        return reading

    def _read_row(self, row: FormRow, *, is_changed: bool) -> None:
        found, cover = None if is_changed else row.identify(self.registry), self.cover
        if cover is None or found is None:
            for cell in row.typed.values():
                self._set_aside(cell, "form_cover" if cover is None else "form_unknown_row")
            return
        place, series, detail = found
        subject = (place or cover.territory, series)
        typed = self._take_known(row, *subject)
        over_rows = {name: typed.pop(name) for name in row.merged if name in typed}
        for cell in over_rows.values():
            self._set_aside(cell, "form_merged")
        answers = self._list_answers(row, typed, cover)
        if not typed:
            return
        is_again = (*subject, detail) in self.seen
        if is_again or not answers:
            reason = "form_duplicate_row" if is_again else "form_without_value"
            # What went with a merged answer has nothing to stand beside, and is named with it.
            reason = "form_merged" if over_rows and not answers else reason
            if not detail:
                self._take_back(subject, answers)
            for cell in typed.values():
                self._set_aside(cell, reason)
            return
        self.seen.add((*subject, detail))
        if detail:
            for year, cell in answers:
                self.details.setdefault(Figure(subject[0], year, series), {})[detail] = cell
            return
        note = self._read_note(typed)
        for year, cell in answers:
            self._read_value(subject, year, cell, row.sheet, note)

    def _add_details(self) -> None:
        """Note decision, date and evidence of the state of their year; without one they say nothing."""
        for figure, cells in self.details.items():
            row = self.rows.get(figure)
            if row is not None:
                row["note"] = "; ".join(filter(None, [self._read_note(cells), row["note"]]))
            else:
                for cell in cells.values():
                    self._set_aside(cell, "form_without_value")

    def _take_back(self, subject: tuple[str, SeriesRef], answers: list[tuple[int, Cell]]) -> None:
        """Set aside figures that a second row of their key gives otherwise: nobody can know which is meant."""
        for year, cell in answers:
            first = self.rows.get(Figure(subject[0], year, subject[1]))
            if first and first["printed"] != cell.printed:
                del self.rows[Figure(subject[0], year, subject[1])]
                self._set_aside(Cell(first["sheet"], first["cell"], first["printed"], {}), "form_duplicate_row")

    def _take_known(self, row: FormRow, territory: str, series: SeriesRef) -> dict[str, Cell]:
        """Return what was typed into a row, without the figures it was printed with; one typed over is named."""
        typed = dict(row.typed)
        unit = self.registry.measures[series.measure].unit
        for column, number in row.list_known().items():
            cell = typed.pop(column, None)
            if cell is None:
                continue
            printed = name_milestone_state(float(number), self.registry) if unit == "status" else str(number)
            if not self._holds(cell, number, unit):
                self._set_aside(cell, "form_known_changed", known=(printed,))
            # What was typed over it is none: the years beside are compared with what had been there.
            place = _place(cell) | {"printed": printed}
            self.known[Figure(territory, int(column), series)] = {"value": float(number), "unit": unit, **place}
        return typed

    def _holds(self, cell: Cell, number: Decimal, unit: str) -> bool:
        """Return whether a cell still holds the number or state that was printed into it."""
        try:
            return self._read_answer(cell, MILESTONES if unit == "status" else "", unit) == number
        except SetAside:
            return False

    def _list_answers(self, row: FormRow, typed: dict[str, Cell], cover: Cover) -> list[tuple[int, Cell]]:
        """Return the values of a row with their years; a correction that is not whole is taken out and named."""
        answers = [(int(name), cell) for name, cell in typed.items() if name.isdigit()]
        if row.sheet.answer in typed:
            answers.append((cover.year, typed[row.sheet.answer]))
        fix = [typed.get(name) for name in ("fix_year", "fix_value", "fix_reason")]
        if any(fix):
            year, value, reason = fix
            match = _SCHOOL_YEAR.fullmatch(clean_text(year.printed)) if year else None
            is_year = match and (match[2] is None or (int(match[1]) + 1 - int(match[2])) % 100 == 0)
            if match and is_year and value and reason:
                return [*answers, (int(match[1]), value)]
            for name in ("fix_year", "fix_value", "fix_reason"):
                cell = typed.pop(name, None)
                if cell is not None:
                    self._set_aside(cell, "form_fix_incomplete")
        return answers

    def _read_value(self, subject: tuple[str, SeriesRef], year: int, cell: Cell, sheet: Sheet, note: str) -> None:
        territory, series = subject
        unit = self.registry.measures[series.measure].unit
        # It is read for a cover alone.
        assert self.cover is not None
        try:
            until = self.registry.territories[territory].valid_to or date.max
            if year not in self.cover.years or reference_day(year, "school_year_start") > until:
                raise SetAside("form_year_outside", str(year))
            if Figure(territory, year, series) in self.rows:
                self._take_back(subject, [(year, cell)])
                raise SetAside("form_duplicate_row")
            number = self._read_answer(cell, sheet.states or (MILESTONES if unit == "status" else ""), unit)
            published = self.resource.published
            if not self.cover.synthetic and lies_after(year, "school_year_start", published):
                raise SetAside("after_publication", f"{year}-{year + 1}")
        except SetAside as refusal:
            self._set_aside(cell, refusal.reason, refusal.subject, known=refusal.known)
            return
        self.rows[Figure(territory, year, series)] = {
            "measure": series.measure,
            "level": series.level,
            "ownership": series.ownership,
            "sex": series.sex,
            "detail": series.detail,
            "territory": territory,
            "place": "",
            "year": year,
            "value": float(number),
            "unit": unit,
            "status": "synthetic" if self.cover.synthetic else "final",
            "qualifier": "",
            "flags": [],
            "source": self.resource.name,
            "edition": self.resource.published,
            "file": self.resource.path,
            **_place(cell),
            "note": note,
            "step": float(printed_step(number)),
            "current": True,
        }

    def _read_answer(self, cell: Cell, states: str, unit: str) -> Decimal:
        if is_uncomputed(cell.printed):
            reason = "formula_not_calculated" if cell.printed.startswith("=") else "error_in_cell"
            raise SetAside(reason, cell.printed)
        if not states:
            _check_typed(cell, range_of(unit))
            number = read_typed_number(cell.printed, range_of(unit))
            if number > self.registry.limits["form_figure"].value:
                raise SetAside("form_out_of_range")
            return number
        known = [code.name for code in self.registry.codes_of(states).values()]
        for place, name in enumerate(known):
            if fold_text(cell.printed) in (fold_text(name.vi), fold_text(name.en)):
                # The first of the states counts.
                return Decimal(int(place == 0))
        raise SetAside("form_unknown_state", known=[name.vi for name in known])

    def _read_note(self, typed: Mapping[str, Cell]) -> str:
        """Join decision, source, date and remark in one line; a date that is none is set aside."""
        texts, latest = [], last_day(self.resource.published)
        for name in ("decision", "date", "evidence", "fix_reason", "origin", "note"):
            if name in typed:
                try:
                    text = typed[name].printed
                    texts.append(read_typed_date(text, latest).isoformat() if name == "date" else clean_text(text))
                except SetAside as refusal:
                    self._set_aside(typed[name], refusal.reason)
        return "; ".join(texts)

    def _mark_beside_known(self, asked: Collection[str]) -> None:
        """Mark figures whose counterpart was printed or not asked for, as it is known: they make one ratio."""
        counterparts = list_counterparts(self.cover.subject, self.registry) if self.cover else {}
        for figure, row in self.rows.items():
            for other in counterparts.get(figure.series, ()):
                if figure._replace(series=other) in self.known or other.key not in asked:
                    row["flags"] = [BESIDE_KNOWN]

    def _set_aside_found(self, found: Mapping[Figure, tuple[str, str]]) -> None:
        for figure, (reason, subject) in found.items():
            row = self.rows.pop(figure, None)
            if row is not None:
                self._set_aside(Cell(row["sheet"], row["cell"], row["printed"], {}), reason, subject)

    def _set_aside_sheet(self, grid: Grid) -> None:
        for row, texts in enumerate(grid.rows):
            for column, text in enumerate(texts):
                if not is_blank(text):
                    cell = Cell(grid.sheet, address(row, column), text, {})
                    self._set_aside(cell, "form_unknown_sheet", grid.sheet)

    def _set_aside(self, cell: Cell, reason: str, subject: str = "", *, known: tuple[str, ...] = ()) -> None:
        subject = subject or f"{cell.sheet}!{cell.address}"
        self.issues.append(set_aside_row(cell, self.resource, reason, subject, self.registry, known))


def _place(cell: Cell) -> dict[str, str]:
    return {"sheet": cell.sheet, "cell": cell.address, "printed": cell.printed}


def _read_cover(grids: Iterable[Grid]) -> list[list[str]]:
    """Return the texts of the cover row by row, which begin with its title; [] if no sheet is one."""
    for grid in grids:
        if any(text.startswith(f"{MARKER} ") for row in grid.rows for text in row):
            rows = ([text for text in row if not is_blank(text)] for row in grid.rows)
            return [row for row in rows if row]
    return []


def find_cover(grids: Iterable[Grid], registry: Registry) -> Cover | None:
    """Read from the cover what the form is about; None unless title and code belong together."""
    texts = [text for row in _read_cover(grids) for text in row]
    codes = [text for text in texts if text.startswith(f"{MARKER} ")]
    cover = read_cover_code(codes[0], texts[0]) if codes else None
    return cover if cover and cover.territory in registry.territories else None


def look_at_form(data: bytes, registry: Registry, progress: Progress) -> tuple[Cover | None, str] | None:
    """Return what a form is about and who filled it in, as its cover says; None for any other file."""
    source = open_source(data)
    if not is_form(source):
        return None
    label = fold_text(say("form_filled_by", "vi"))
    signed = [row for row in _read_cover(source.grids) if fold_text(row[0]).startswith(label)]
    return find_cover(source.grids, registry), clean_text(" ".join(signed[0][1:])) if signed else ""
