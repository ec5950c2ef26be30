"""Describe the input form for its writer and its reader: sheets, columns, keys and seals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, get_args
from zlib import crc32

from hpedu.decoding import read_toml
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import WHOLE_UNITS, Duty, Task
from hpedu.texts import LANGUAGES, Language, say, school_year

MARKER = "hpedu-form"
VERSION = 1

SheetKind = Literal["numbers", "milestones", "tasks", "duties"]


@dataclass(frozen=True)
class Column:
    """A column of a sheet (`form_sheets.toml`); one of figures of a single year has the year as its id."""

    id: str
    width: int
    role: Literal["label", "sealed", "fill", "proof", "key"] = "label"

    @property
    def is_hidden(self) -> bool:
        return self.role in ("proof", "key")

    @property
    def holds_values(self) -> bool:
        """Return whether figures or states of the row are typed here."""
        return self.id in ("value", "state", "fix_value") or self.id.isdigit()


@dataclass(frozen=True)
class Sheet:
    """A sheet of the form (`form_sheets.toml`)."""

    name: str
    columns: tuple[Column, ...]
    answer: str
    states: str = ""

    @property
    def head(self) -> list[str]:
        """Return the hidden row over the headings, by which the reader recognises sheet and columns."""
        return [f"{MARKER}:{column.id}" for column in self.columns]

    def over(self, years: Iterable[int]) -> Sheet:
        """Return the sheet with a column to fill in for each year, behind the unit."""
        place = [column.id for column in self.columns].index("unit") + 1
        added = (Column(str(year), 10, "fill") for year in years)
        return replace(self, columns=(*self.columns[:place], *added, *self.columns[place:]))


def head_column(column: Column) -> str:
    """Return the heading of a column, as it is printed and as it must still stand when it is read."""
    if column.id.isdigit():
        return say("history_year", "vi", school_year=school_year(int(column.id), "vi"), year=column.id)
    return "\n".join(say(f"form_{column.id}", language) for language in LANGUAGES)


ALL = "history"
"""What the cover of a book is about, if that is neither a group nor a division: all targets."""

COVER = "Hướng dẫn"
CHECKS, PASTED = "Kiểm tra", "Dán bảng"
ASIDE = {f"{MARKER}:checks": CHECKS, f"{MARKER}:pasted": PASTED}
"""The sheets of a book that hold no rows, by the mark that stands in them, whatever they are called now."""
COMPUTED = f"{MARKER}:computed"
"""The key of a row that the workbook computes for the eye of whoever fills it in: nothing of it is read."""

BESIDE_KNOWN = "beside_known"
"""The flag of a figure whose counterpart in a ratio the form did not ask for again, as it is published."""

MILESTONES = "milestone_state"
"""The states that a row of the history book takes, if its unit is a state."""
DETAILS = ("decision", "date", "evidence")
"""What the rows below that of a milestone take, a cell a year."""


def name_milestone_state(value: float, registry: Registry, language: Language = "vi") -> str:
    """Return how a form, or a page, calls the state of a milestone that counts as 1 or 0."""
    reached, other = registry.codes_of(MILESTONES).values()
    return (reached if value else other).name.get(language)


def _read_sheets() -> dict[str, Sheet]:
    table = read_toml(__file__, "form_sheets.toml")
    return {
        kind: Sheet(**{**sheet, "columns": tuple(Column(*column) for column in sheet["columns"])})
        for kind, sheet in table.items()
    }


_SHEETS = _read_sheets()
HISTORY = _SHEETS["history"]
SHEETS: dict[SheetKind, Sheet] = {kind: _SHEETS[kind] for kind in get_args(SheetKind)}


@dataclass(frozen=True)
class Range:
    """The values allowed: 0 or more, whole if it is a count, up to `upper` if that is not None."""

    whole: bool
    upper: Decimal | None = None


def range_of(unit: str) -> Range:
    """Return the values that a unit of the registry allows."""
    return Range(unit in WHOLE_UNITS, Decimal(100) if unit == "percent" else None)


def print_figure(value: float, unit: str) -> float:
    """Return a figure as it stands in a form: whole for a count."""
    return round(value) if range_of(unit).whole else round(value, 2)


@dataclass(frozen=True)
class Cover:
    """What a form is about. A `synthetic` one holds invented figures, and its code and title say so.

    A book of several years has `last`, and territories in the keys of its rows that go before that of the cover.
    """

    # A group of targets, or the division that owes them.
    subject: str
    territory: str
    year: int
    synthetic: bool = False
    last: int | None = None

    @property
    def years(self) -> range:
        """Return the years it asks for."""
        return range(self.year, (self.last or self.year) + 1)


_COVER_CODE = re.compile(MARKER + r" (\d+) (\w+) (\w+) (\d{4})(?:-(\d{4}))?( synthetic)? #([0-9a-f]{8})")


def write_cover_code(cover: Cover, title: str) -> str:
    """Return the marker cell of the cover, sealed with the title over it, so that a retyped year is noticed."""
    years = f"{cover.year}-{cover.last}" if cover.last else str(cover.year)
    code = f"{MARKER} {VERSION} {cover.subject} {cover.territory} {years}{' synthetic' * cover.synthetic}"
    return f"{code} #{seal(code, title)}"


def read_cover_code(text: str, title: str) -> Cover | None:
    """Read what `write_cover_code` wrote; None if the code is of another version, or code and title disagree."""
    match = _COVER_CODE.fullmatch(text.strip())
    if match is None or int(match[1]) != VERSION or match[7] != seal(text.rpartition(" #")[0].strip(), title):
        return None
    return Cover(match[2], match[3], int(match[4]), match[6] is not None, int(match[5]) if match[5] else None)


def write_key(series: SeriesRef, *labels: str, territory: str = "", detail: str = "") -> str:
    """Return the hidden key of a row: territory unless that of the cover, series, detail, and a seal of labels."""
    text = f"{territory}:{series.key}" if territory else series.key
    text = f"{text} {detail}" if detail else text
    return f"{text} #{seal(text, *labels)}"


def read_key(text: str) -> tuple[str, SeriesRef, str]:
    """Return territory ("" for that of the cover), series and detail ("" for none) of a key.

    Raises as `parse_formula` does.
    """
    name, _, detail = text.partition(" #")[0].partition(" ")
    territory, _, formula = name.rpartition(":")
    (series,) = parse_formula(formula)
    return territory, series, detail


def seal(*texts: str) -> str:
    """Return a checksum of texts. It finds slips, not forgeries, and ignores blanks, case and accents."""
    return f"{crc32('|'.join(map(fold_text, texts)).encode()):08x}"


def task_series(task: Task) -> SeriesRef:
    """Return the series in which the state of a task is reported; its detail is "<plan>-<number>"."""
    return SeriesRef("task_done", "all", detail=f"{task.plan}-{task.number.replace('.', '_')}")


def duty_series(duty: Duty) -> SeriesRef:
    """Return the series in which the state of a duty is reported."""
    return SeriesRef("duty_done", "all", detail=duty.id)
