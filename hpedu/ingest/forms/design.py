"""Describe the input form for its writer and its reader: sheets, columns, keys and seals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from zlib import crc32

from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry.formula import SeriesRef
from hpedu.registry.models import Duty, Task

MARKER = "hpedu-form"
VERSION = 1

SheetKind = Literal["numbers", "milestones", "tasks", "duties"]


@dataclass(frozen=True)
class Column:
    """A column of a sheet. `sealed` ones say what a row is about, `fill` ones are to be filled in."""

    id: str
    width: int
    role: Literal["label", "sealed", "fill", "key"] = "label"


@dataclass(frozen=True)
class Sheet:
    """A sheet of the form: `answer` is the column that makes the observation, `states` its drop-down, if any."""

    name: str
    columns: tuple[Column, ...]
    answer: str
    # A dimension of the registry's codes; the first code counts as 1, the others as 0.
    states: str = ""

    @property
    def head(self) -> list[str]:
        """Return the hidden row over the headings, by which the reader recognises sheet and columns."""
        return [f"{MARKER}:{column.id}" for column in self.columns]


COVER = "Hướng dẫn"

_DECISION = (
    Column("decision", 20, "fill"),
    Column("date", 13, "fill"),
    Column("evidence", 20, "fill"),
    Column("note", 18, "fill"),
)

SHEETS: dict[SheetKind, Sheet] = {
    "numbers": Sheet(
        "Số liệu",
        (
            Column("number", 5, "sealed"),
            Column("series", 30, "sealed"),
            Column("unit", 10),
            Column("value", 13, "fill"),
            Column("origin", 18, "fill"),
            Column("note", 18, "fill"),
            Column("definition", 36),
            Column("targets", 26),
            Column("legal", 24),
            Column("department", 20),
            Column("key", 12, "key"),
        ),
        answer="value",
    ),
    "milestones": Sheet(
        "Cột mốc",
        (
            Column("number", 5, "sealed"),
            Column("milestone", 34, "sealed"),
            Column("state", 15, "fill"),
            *_DECISION,
            Column("definition", 40),
            Column("legal", 24),
            Column("department", 20),
            Column("key", 12, "key"),
        ),
        answer="state",
        states="milestone_state",
    ),
    "tasks": Sheet(
        "Nhiệm vụ",
        (
            Column("number", 5, "sealed"),
            Column("task", 44, "sealed"),
            Column("state", 18, "fill"),
            *_DECISION,
            Column("department", 30),
            Column("timing", 20),
            Column("key", 12, "key"),
        ),
        answer="state",
        states="task_state",
    ),
    "duties": Sheet(
        "Việc được giao",
        (
            Column("number", 5, "sealed"),
            Column("duty", 44, "sealed"),
            Column("state", 18, "fill"),
            *_DECISION,
            Column("measured_by", 36),
            Column("legal", 24),
            Column("department", 24),
            Column("key", 12, "key"),
        ),
        answer="state",
        states="task_state",
    ),
}

_WHOLE = {
    "persons", "schools", "classes", "classrooms", "institutions", "centres", "communes", "provinces",
    "universities", "districts", "works",
}  # fmt: skip


@dataclass(frozen=True)
class Range:
    """The values allowed: 0 or more, whole if it is a count, up to `upper` if that is not None."""

    whole: bool
    upper: Decimal | None = None


def range_of(unit: str) -> Range:
    """Return the values that a unit of the registry allows."""
    return Range(unit in _WHOLE, Decimal(100) if unit == "percent" else None)


@dataclass(frozen=True)
class Cover:
    """What a form is about. A `synthetic` one holds invented figures, and its code and title say so."""

    # A group of targets, or the division that owes them.
    subject: str
    territory: str
    year: int
    synthetic: bool = False


_COVER_CODE = re.compile(MARKER + r" (\d+) (\w+) (\w+) (\d{4})( synthetic)? #([0-9a-f]{8})")


def write_cover_code(cover: Cover, title: str) -> str:
    """Return the marker cell of the cover, sealed with the title over it, so that a retyped year is noticed."""
    code = f"{MARKER} {VERSION} {cover.subject} {cover.territory} {cover.year}{' synthetic' * cover.synthetic}"
    return f"{code} #{seal(code, title)}"


def read_cover_code(text: str, title: str) -> Cover | None:
    """Read what `write_cover_code` wrote; None if the code is of another version, or code and title disagree."""
    match = _COVER_CODE.fullmatch(text.strip())
    if match is None or int(match[1]) != VERSION or match[6] != seal(text.rpartition(" #")[0].strip(), title):
        return None
    return Cover(match[2], match[3], int(match[4]), match[5] is not None)


def write_key(series: SeriesRef, *labels: str) -> str:
    """Return the hidden key of a row: its series, sealed with the labels of the row."""
    return f"{series.key} #{seal(series.key, *labels)}"


def seal(*texts: str) -> str:
    """Return a checksum of texts. It finds slips, not forgeries, and ignores blanks, case and accents."""
    return f"{crc32('|'.join(map(fold_text, texts)).encode()):08x}"


def task_series(task: Task) -> SeriesRef:
    """Return the series in which the state of a task is reported; its detail is "<plan>-<number>"."""
    return SeriesRef("task_done", "all", detail=f"{task.plan}-{task.number.replace('.', '_')}")


def duty_series(duty: Duty) -> SeriesRef:
    """Return the series in which the state of a duty is reported."""
    return SeriesRef("duty_done", "all", detail=duty.id)
