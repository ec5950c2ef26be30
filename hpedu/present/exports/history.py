"""Write the history book: the past of every target in one workbook, a sheet a division, a column a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.assess.pupils import index_series
from hpedu.assess.standing import COUNTED_ON, has_lapsed
from hpedu.errors import HpeduError, check_name, check_year
from hpedu.folders import write_whole
from hpedu.ingest.forms.design import (
    ALL,
    CHECKS,
    COMPUTED,
    DETAILS,
    HISTORY,
    MARKER,
    PASTED,
    Cover,
    Sheet,
    name_milestone_state,
    print_figure,
    range_of,
    write_key,
)
from hpedu.present.exports.form import check_path, formula_series, name_series, series_of, title_form
from hpedu.present.exports.form_workbook import (
    FIRST,
    HEAD,
    HEADINGS,
    UNLOCKED,
    FormRow,
    begin_sheet,
    begin_workbook,
    bold,
    finish_sheet,
    place_rows,
    write_headings,
    write_sheet,
)
from hpedu.present.exports.workbook import put_text, save_workbook
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Duty, Indicator, Target
from hpedu.texts import LANGUAGES, say

LONGEST = 20
"""So many years fit on a sheet of paper."""
STEPS = ("cells", "number", "fix", "share", "paste", "check", "return")
USUAL = 3
"""A figure so many times its neighbours is asked back."""
PAPER = Worksheet.PAPERSIZE_A3
PASTE_ROWS, PASTE_COLUMNS = 300, 40
OWN = "own-"
"""How the names of sources begin that are forms or school lists (`hpedu.ingest.pipeline`)."""


class NoYears(HpeduError):
    """Years of a history book that nobody can mean."""

    status = 2

    years: str
    longest: int = LONGEST


def read_years(text: str) -> range:
    """Read "2019-2025", the years in which the first and the last school year begin. Raises `NoYears`."""
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and 0 < int(last) - int(first) < LONGEST):
        raise NoYears(text)
    # A school year that has not begun has no past.
    if date(int(last), 8, 1) > date.today():
        raise NoYears(text)
    return range(check_year(int(first)), check_year(int(last)) + 1)


def write_history(
    path: Path,
    *,
    years: range,
    subject: str | None = None,
    observations: pl.DataFrame,
    titles: Mapping[str, str],
    registry: Registry,
) -> int:
    """Write the book of some years about a group, a division or (None) all; return how many figures it wants.

    What is among the `observations` is printed into the book, and not asked for. `titles` say what to call their
    sources; one that is not among them is called by its file. Raises as `hpedu.present.exports.form.write_form`.
    """
    if subject is not None:
        check_name("group", subject, [*registry.groups, *registry.departments])
    book = _Book(years, subject or ALL, observations, titles, registry)
    write_whole(check_path(path), book.draw())
    return sum(sheet.wanted for sheet in book.sheets)


@dataclass
class _Line:
    """A row of the book: a series in a territory, or (without one) the share that an indicator makes of others.

    Targets and duties are computed from it. One with a `detail` (`DETAILS`) goes with the milestone above it.
    """

    territory: str
    series: SeriesRef | None
    indicator: Indicator | None = None
    targets: list[Target] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    detail: str = ""
    # The sheet it is in, and the number of its row there.
    place: tuple[str, int] = ("", 0)


@dataclass
class _Page:
    """A sheet of the book: its lines, and how many cells are to be filled in."""

    design: Sheet
    lines: list[_Line]
    wanted: int = 0


class _Book:
    def __init__(
        self,
        years: range,
        subject: str,
        observations: pl.DataFrame,
        titles: Mapping[str, str],
        registry: Registry,
    ) -> None:
        self.years, self.titles, self.registry = years, titles, registry
        synthetic = "synthetic" in observations["status"]
        self.cover = Cover(subject, registry.city, years[0], synthetic, years[-1])
        self.territories = [registry.city, *registry.territories[registry.city].parts]
        self.known = {place: index_series(observations, place, years[-1]) for place in self.territories}
        self.sheets = [
            _Page(replace(HISTORY.over(years), name=registry.departments[name].sheet), lines)
            for name, lines in self._list_lines().items()
        ]
        for sheet in self.sheets:
            places = place_rows(FormRow({}, "", head=line.territory) for line in sheet.lines)
            for line, (number, _) in zip(sheet.lines, places, strict=True):
                line.place = sheet.design.name, number
        self.places = {
            (line.territory, line.series): line.place
            for sheet in self.sheets
            for line in sheet.lines
            if not line.detail
        }

    def _list_lines(self) -> dict[str, list[_Line]]:
        """Return the lines of each division, one territory after the other; a series stands in the book once."""
        found: dict[str, list[_Line]] = {}
        lines: dict[tuple[str, SeriesRef], _Line] = {}
        targets = list(self._list_targets())
        for department in self.registry.departments:
            first = {target.id: target.departments[0] for target in targets}
            if self.cover.subject in self.registry.departments:
                first = dict.fromkeys(first, self.cover.subject)
            own = [target for target in targets if first[target.id] == department]
            for territory in self.territories:
                listed = found.setdefault(department, [])
                for target in own:
                    listed.extend(self._lines_of(target, territory, lines))
                if self.cover.subject in (ALL, department):
                    listed.extend(self._lines_of_duties(department, territory, lines))
        return {department: listed for department, listed in found.items() if listed}

    def _list_targets(self) -> Iterator[Target]:
        for target in self.registry.targets.values():
            if self.cover.subject in (ALL, target.group, *target.departments):
                yield target

    def _lines_of(
        self, target: Target, territory: str, lines: dict[tuple[str, SeriesRef], _Line]
    ) -> Iterator[_Line]:
        """Yield the lines a target adds: its series that no target before it has, and its share."""
        asked: dict[SeriesRef, set[int]] = defaultdict(set)
        shares: dict[str, Indicator] = {}
        for year in self._list_years(territory):
            if target.kind == "milestone":
                indicator = self.registry.indicators[target.milestone_indicator]
                series = list(parse_formula(indicator.numerator)) if territory == self.registry.city else []
            else:
                lapsed = has_lapsed(target, year)
                indicator = self.registry.indicators[target.substitute if lapsed else target.id]
                series = series_of(target, self.registry, year)
            for one in series:
                asked[one].add(year)
            if series and indicator.denominator:
                shares[indicator.id] = indicator
        for one, years in asked.items():
            line = lines.setdefault((territory, one), _Line(territory, one))
            if not line.targets:
                yield line
            line.targets.append(target)
            line.years |= years
            if target.kind == "milestone":
                for detail in DETAILS:
                    yield _Line(territory, one, None, [target], years=years, detail=detail)
        for indicator in shares.values():
            yield _Line(territory, None, indicator, [target])

    def _lines_of_duties(
        self, department: str, territory: str, lines: dict[tuple[str, SeriesRef], _Line]
    ) -> Iterator[_Line]:
        """Yield the lines that the duties of a division add, such as budget estimates and self-financing units."""
        for duty in self.registry.duties.values():
            if department not in self.registry.bearers_of(duty):
                continue
            for indicator in map(self.registry.indicators.__getitem__, duty.indicators):
                for one in formula_series(indicator):
                    line = lines.setdefault((territory, one), _Line(territory, one))
                    if not line.targets and not line.duties:
                        yield line
                    line.duties += [duty] if duty not in line.duties else []
                    line.years.update(self._list_years(territory))
                if indicator.denominator and indicator.id not in self.registry.targets:
                    yield _Line(territory, None, indicator, duties=[duty])

    def _list_years(self, territory: str) -> list[int]:
        """Return the years in which a territory can be asked: one that is no more has no later ones."""
        last = self.registry.territories[territory].valid_to
        return [year for year in self.years if last is None or date(year, *COUNTED_ON) <= last]

    def _is_optional(self, line: _Line, year: int) -> bool:
        """Return whether the parts of the territory stand for it in a year."""
        first = self.registry.territories[line.territory].valid_from
        return first is not None and date(year, *COUNTED_ON) < first and line.series not in self._of_city_alone

    @cached_property
    def _of_city_alone(self) -> set[SeriesRef]:
        """Return the series that the parts are not asked for: milestones."""
        lines = [line for sheet in self.sheets for line in sheet.lines if line.series]
        of_parts = {line.series for line in lines if line.territory != self.registry.city}
        return {line.series for line in lines if line.series} - of_parts

    def draw(self) -> bytes:
        """Draw the workbook."""
        title = title_form(self.cover, self.registry)
        lines = ["\n".join(say(f"history_{key}", lang) for lang in LANGUAGES) for key in ("purpose", *STEPS)]
        names = "\n".join(sheet.design.name for sheet in self.sheets)
        workbook = begin_workbook(self.cover, title, lines, names, PAPER)
        for sheet in self.sheets:
            rows = list(self._list_rows(sheet))
            page = write_sheet(workbook, sheet.design, rows, title, self.registry, PAPER)
            self._write_progress(page, sheet)
        self._write_checks(workbook, title)
        _write_pasting(workbook, title)
        return save_workbook(workbook, date(self.years[-1], 9, 30))

    def _list_rows(self, sheet: _Page) -> Iterator[FormRow]:
        count = 0
        for line in sheet.lines:
            if line.indicator is not None:
                yield self._share_row(line, line.indicator, sheet.design)
            elif line.series is not None and line.detail:
                yield self._detail_row(line, line.series)
            elif line.series is not None:
                count += 1
                yield self._series_row(line, line.series, sheet, count)

    def _series_row(self, line: _Line, series: SeriesRef, sheet: _Page, count: int) -> FormRow:
        _, number = line.place
        measure = self.registry.measures[series.measure]
        known = {
            year: row for year, row in self.known[line.territory].get(series, {}).items() if year in self.years
        }
        is_state = measure.unit == "status"
        figures = {str(year): print_figure(row["value"], measure.unit) for year, row in known.items()}
        stated = {year: name_milestone_state(value, self.registry) for year, value in figures.items()}
        closed = {str(year): None for year in self.years if year in known or year not in line.years}
        opened = [year for year in self.years if str(year) not in closed]
        published = [y for y, row in known.items() if row["status"] != "derived" and not _is_own(row)]
        optional = {str(year) for year in opened if self._is_optional(line, year)}
        letters = _letters(sheet.design)
        wanted = [f"{letters[str(year)]}{number}" for year in opened if str(year) not in optional]
        sheet.wanted += len(wanted)
        computed: dict[str, float | str | None] = {"filled": f"=COUNTA({','.join(wanted)})" if wanted else None}
        if is_state:
            # Decision, date and file of evidence have rows of their own.
            remark = self._check_state([letters[str(year)] for year in opened], number)
            computed |= {"origin": None, "remark": remark}
        else:
            parts = [self._cite(line.territory, part, sheet.design) for part in self._find_parts(line)]
            is_whole, breaks = range_of(measure.unit).whole, bool(self._list_breaks(line))
            computed["remark"] = _check_row(sheet.design, number, parts, whole=is_whole, breaks=breaks)
        definition = line.targets[0].definition if is_state else measure.definition
        labels = {
            "number": str(count),
            "series": line.targets[0].name.vi if is_state else name_series(series, self.registry, "vi"),
            "unit": self.registry.name("unit", measure.unit, "vi"),
            "known_from": self._name_sources(known, published),
            "definition": "\n".join([definition.vi, *self._list_breaks(line)]),
            "targets": _name_fed(line),
            "known": " ".join(f"{year}={figure}" for year, figure in figures.items()),
        }
        values = [] if is_state else [float(figure) for figure in figures.values()]
        return FormRow(
            labels,
            write_key(series, labels["number"], labels["series"], labels["known"], territory=line.territory),
            measure.unit,
            self._head(line.territory),
            given=closed | (stated if is_state else figures) | computed,
            awaited={str(year) for year in opened if published and year > max(published)},
            optional={*optional, *(c.id for c in HISTORY.columns)},
            usual=(min(values) / USUAL, max(values) * USUAL) if values and min(values) > 0 else None,
        )

    def _check_state(self, letters: Sequence[str], number: int) -> str | None:
        """Return the formula that names a milestone reached in a year without the number of the decision."""
        reached = name_milestone_state(1, self.registry)
        bare = ",".join(f'AND({letter}{number}="{reached}",{letter}{number + 1}="")' for letter in letters)
        return f'=IF(OR({bare}),"{say("history_undecided", "vi")}","")' if bare else None

    def _detail_row(self, line: _Line, series: SeriesRef) -> FormRow:
        """Return the row for decision, date or evidence of a milestone; what is known of a year is not asked."""
        label = say("history_detail", "vi", name=say(f"form_{line.detail}", "vi"))
        asked = {str(year) for year in line.years - self.known[line.territory].get(series, {}).keys()}
        fills = [column.id for column in HISTORY.over(self.years).columns if column.role == "fill"]
        return FormRow(
            {"series": label},
            write_key(series, "", label, "", territory=line.territory, detail=line.detail),
            line.detail,
            self._head(line.territory),
            given={name: None for name in fills if name not in asked},
        )

    def _cite(self, territory: str, series: SeriesRef, design: Sheet, letter: str = "") -> str:
        """Write where the figure of a series stands, in the column of that letter, or those of all its years."""
        sheet, number = self.places[territory, series]
        cells = f"{letter}{number}" if letter else _cells(design, number)[0]
        return cells if sheet == design.name else f"'{sheet}'!{cells}"

    def _find_parts(self, line: _Line) -> tuple[SeriesRef, ...]:
        """Return the series of the book that must make the sum which a row is; () if it is none."""
        for relation in self.registry.relations.values():
            if (
                line.series
                and relation.kind == "sum"
                and not relation.optional
                and relation.whole == line.series.key
            ):
                for formula in relation.parts:
                    parts = parse_formula(formula)
                    if all((line.territory, part) in self.places for part in parts):
                        return parts
        return ()

    def _list_breaks(self, line: _Line) -> list[str]:
        """Say in which of the years the trend of a target fed by the row begins anew, and why."""
        found = [one for t in line.targets for one in self.registry.breaks_of(t.id, line.territory)]
        reasons = {one.reason.vi: one.year for one in found if one.year in self.years}
        return [say("history_break", "vi", year=year, reason=reason) for reason, year in reasons.items()]

    def _share_row(self, line: _Line, indicator: Indicator, design: Sheet) -> FormRow:
        """Return the row in which the workbook shows the share that the rows above it make."""

        given: dict[str, float | str | None] = {}
        for name, letter in _letters(design).items():
            if name.isdigit():
                above, below = (
                    [self._cite(line.territory, series, design, letter) for series in parse_formula(formula)]
                    for formula in (indicator.numerator, indicator.denominator)
                )
                given[name] = _share(above, below, indicator)
        given |= {column.id: None for column in design.columns if column.role == "fill" and column.id not in given}
        if indicator.upper == 100:
            cells, _, _ = _cells(design, line.place[1])
            given["remark"] = f'=IF(MAX({cells})>100,"{say("history_too_much", "vi")}","")'
        labels = {
            "series": say("history_share_of", "vi", name=indicator.name.vi),
            "unit": self.registry.name("unit", indicator.unit, "vi"),
            "targets": _name_fed(line),
        }
        return FormRow(labels, COMPUTED, indicator.unit, self._head(line.territory), given=given)

    def _head(self, territory: str) -> str:
        role = self.registry.territories[territory].role
        name = self.registry.territories[territory].name.vi
        return say(f"history_block_{role}", "vi", territory=name)

    def _name_sources(self, known: Mapping[int, Any], published: Collection[int]) -> str:
        """Write where the grey figures of a row are from, and what is still to be published."""
        texts = []
        for source, years in groupby(sorted(known), key=lambda year: self._name_source(known[year])):
            texts.append(f"{_span(list(years))}: {source}")
        if published and max(published) < self.years[-1]:
            texts.append(say("history_awaited", "vi", year=max(published) + 1))
        return "\n".join(texts)

    def _name_source(self, row: Mapping[str, Any]) -> str:
        if row["status"] == "derived":
            return say("history_derived", "vi")
        return self.titles.get(row["source"]) or str(row["file"])

    def _write_progress(self, page: Worksheet, sheet: _Page) -> None:
        """Write "23 / 61" into the first row, counted by the workbook itself."""
        filled = f"SUM({_column(sheet, 'filled')})"
        cell = page[f"{_letters(sheet.design)['fix_reason']}1"]
        cell.value = f'="{say("history_progress", "vi")} "&{filled}&" / {sheet.wanted}"'
        cell.font = bold(size=13)

    def _write_checks(self, workbook: Workbook, title: str) -> None:
        """Write the sheet to look at before the book is sent: how full each sheet is, and what it doubts."""
        page = begin_sheet(workbook, CHECKS, title)
        put_text(page.cell(HEAD, 1), f"{MARKER}:checks")
        last = FIRST + len(self.sheets)
        widths = {"sheet": 34, "filled": 18, "wanted": 18, "doubts": 18}
        write_headings(page, FIRST, [(say(f"history_{name}", "vi"), width) for name, width in widths.items()])
        for number, sheet in enumerate(self.sheets, FIRST + 1):
            name = f"'{sheet.design.name}'!"
            put_text(page.cell(number, 1), sheet.design.name)
            page.cell(number, 1).hyperlink = Hyperlink(ref=f"A{number}", location=f"{name}A1")
            page.cell(number, 2).value = f"=SUM({name}{_column(sheet, 'filled')})"
            page.cell(number, 3).value = sheet.wanted
            page.cell(number, 4).value = f"=SUMPRODUCT(--(LEN({name}{_column(sheet, 'remark')})>0))"
        doubts = f"SUM(D{FIRST + 1}:D{last})"
        empty, fine, look = (say(f"history_{key}", "vi") for key in ("empty", "fine", "look"))
        verdict = f'IF({doubts}=0,"{fine}",{doubts}&" {look}")'
        page.cell(FIRST - 1, 1).value = f'=IF(SUM(B{FIRST + 1}:B{last})=0,"{empty}",{verdict})'
        page.cell(FIRST - 1, 1).font = bold(size=12)
        finish_sheet(page, PAPER)


def _write_pasting(workbook: Workbook, title: str) -> None:
    """Write the sheet that takes a table of an old report as it is."""
    page = begin_sheet(workbook, PASTED, title)
    put_text(page.cell(HEAD, 1), f"{MARKER}:pasted")
    put_text(page.cell(HEADINGS, 1), say("history_paste", "vi")).alignment = Alignment(wrap_text=False)
    for row in page.iter_rows(min_row=FIRST, max_row=FIRST + PASTE_ROWS, max_col=PASTE_COLUMNS):
        for cell in row:
            cell.protection = UNLOCKED
    finish_sheet(page, PAPER)


def _name_fed(line: _Line) -> str:
    """Name the targets and duties that are computed from a row, a line each."""
    targets = (f"{target.number}. {target.name.vi}" for target in line.targets)
    return "\n".join([*targets, *(duty.duty.vi for duty in line.duties)])


def _is_own(row: Mapping[str, Any]) -> bool:
    """Return whether a figure is from a form or a school list, which no publication continues."""
    return str(row["source"]).startswith(OWN)


def _span(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _letters(design: Sheet) -> dict[str, str]:
    return {column.id: get_column_letter(place) for place, column in enumerate(design.columns, 1)}


def _column(sheet: _Page, name: str) -> str:
    """Return the range of a column, from the first row to the last."""
    letter, last = _letters(sheet.design)[name], sheet.lines[-1].place[1]
    return f"{letter}{FIRST}:{letter}{last}"


def _cells(design: Sheet, number: int) -> tuple[str, str, str]:
    """Return the range of the years of a row, that without the last year, and that without the first."""
    letters = [letter for name, letter in _letters(design).items() if name.isdigit()]
    first, second, before, last = letters[0], letters[1], letters[-2], letters[-1]
    pairs = ((first, last), (first, before), (second, last))
    return tuple(f"{start}{number}:{end}{number}" for start, end in pairs)  # type: ignore[return-value]


def _check_row(design: Sheet, number: int, parts: Sequence[str], *, whole: bool, breaks: bool) -> str:
    """Return the formula that names what is doubtful in a row: text, decimals of a count, a jump, a wrong sum.

    A row whose series `breaks` may jump.
    """
    row, earlier, later = _cells(design, number)
    formula = '""'
    if parts:
        filled = "*".join(f"({cells}>0)" for cells in (row, *parts))
        text = say("history_wrong_sum", "vi", parts=" + ".join(parts))
        formula = f'IFERROR(IF(SUMPRODUCT({filled}*({row}<>{"+".join(parts)}))>0,"{text}",""),"")'
    jump = (
        "0" if breaks else f"({earlier}>0)*({later}>0)*(({earlier}>{USUAL}*{later})+({later}>{USUAL}*{earlier}))"
    )
    formula = f'IF(SUMPRODUCT({jump})>0,"{say("history_jump", "vi")}",{formula})'
    if whole:
        formula = f'IF(SUMPRODUCT(--({row}<>INT({row})))>0,"{say("history_decimals", "vi")}",{formula})'
    return f'=IF(SUMPRODUCT(--ISTEXT({row}))>0,"{say("history_text", "vi")}",{formula})'


def _share(above: Sequence[str], below: Sequence[str], indicator: Indicator) -> str:
    """Return the formula of a share; nothing while a part of it is blank."""
    whole, parts = ",".join(below), ",".join(dict.fromkeys([*above, *below]))
    full = f"AND(COUNT({parts})={parts.count(',') + 1},SUM({whole})>0)"
    return f'=IF({full},ROUND({indicator.scale}*SUM({",".join(above)})/SUM({whole}),2),"")'
