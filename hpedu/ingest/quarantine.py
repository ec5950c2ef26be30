"""Set aside what is not read with certainty, a cell or a whole file, with the reason and what to do about it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain
from typing import Any

import polars as pl

from hpedu.decoding import neutralise
from hpedu.errors import HpeduError
from hpedu.ingest.schema import ISSUES, Cell, Cells, Resource, list_places, name_cell
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, fill, say, say_value


class Unreadable(HpeduError, ValueError):
    """The refusal of a whole file.

    `reason` names a text (`unreadable_...` in `texts/command.toml`), `detail` is what a reader reported.
    """

    reason: str
    detail: str = ""
    file: str = ""

    def of(self, file: str) -> Unreadable:
        """Return the same refusal with the name of the file."""
        return Unreadable(self.reason, self.detail, file)

    def say(self, language: str) -> str:
        """Say which file it is, what is wrong and what to do about it."""
        text = say(f"unreadable_{self.reason}", language)
        return f"{self.file}: " * bool(self.file) + text + f" ({self.detail})" * bool(self.detail)


MOST_VALUES = 300_000
"""The number of values of a file that are labelled one by one; long records (`schema.Cells`) may have millions."""


def refuse_many(values: int, most: int = MOST_VALUES) -> None:
    """Refuse a file that has, or asks for, more values than can be labelled one by one."""
    if values > min(most, MOST_VALUES):
        raise Unreadable("too_large", f"{values}")


Row = dict[str, Any]


class SetAside(Exception):
    """The refusal of one cell.

    `reason` is a code of the registry (dimension `reason`), `subject` the label or name the reason is about,
    `known` the names it was looked up in: the closest one is named in the message.
    """

    def __init__(self, reason: str, subject: str = "", known: Iterable[str] = ()) -> None:
        self.reason, self.subject, self.known = reason, subject, tuple(known)
        super().__init__(reason, subject)


def set_aside_row(
    cell: Cell, resource: Resource, reason: str, subject: str, registry: Registry, known: tuple[str, ...] = ()
) -> Row:
    """Return the issue row of one cell, in words an analyst can act on, with the closest of the `known` names."""
    return set_aside_file(resource.path, reason, subject, registry, cell.sheet, cell.address, cell.printed, known)


def set_aside_file(
    file: str,
    reason: str,
    subject: object,
    registry: Registry,
    sheet: str = "",
    cell: str = "",
    printed: str = "",
    known: tuple[str, ...] = (),
) -> Row:
    """Return the issue row of a file or a part of it, by its path in data/raw.

    `subject` may be sayable, or several; of the names that are `known`, the one most like it is named.
    """
    text, hint = registry.code("reason", reason).name, registry.code("hint", "closest").name
    close = _find_closest(str(subject), known)
    said = {language: neutralise(say_value(subject, language)) for language in LANGUAGES}
    row = {"file": neutralise(file), "sheet": sheet, "cell": cell, "printed": printed, "reason": reason}
    words = row | {"cell": name_cell(sheet, cell), "known": ", ".join(known)}
    for language in LANGUAGES:
        hinted = f". {hint.get(language).format(close=close)}" if close else ""
        row[f"message_{language}"] = fill(text.get(language), language, **words, subject=said[language]) + hinted
    return row | {"subject": said["en"]}


@lru_cache(maxsize=4096)
def _find_closest(subject: str, known: tuple[str, ...]) -> str:
    """Return the known name most like the unknown one, case and accents apart; empty if none is alike."""
    # Of names that fold to the same text the first is meant.
    folded = {fold_text(name): name for name in reversed(known)}
    return next((folded[match] for match in get_close_matches(fold_text(subject), folded, n=1, cutoff=0.7)), "")


Why = tuple[str, str, tuple[str, ...]]
"""Reason, subject and known names, as of `set_aside_row`."""

# What no text has: it stands for the name of a cell, and for its print.
_CELL, _PRINT = "\0", "\1"
_SLICE = 1 << 16


@dataclass
class Refusals:
    """The cells of a table that are set aside, millions maybe; rows are made when they are wanted."""

    cells: list[Cell] | Cells
    resource: Resource
    registry: Registry
    _whys: dict[Why, int] = field(default_factory=dict)
    # The number of each cell, and that of its reason.
    _numbers: array[int] = field(default_factory=lambda: array("I"))
    _reasons: array[int] = field(default_factory=lambda: array("I"))

    def number(self, reason: str, subject: str = "", known: tuple[str, ...] = ()) -> int:
        """Return the number of a reason, the same whenever it comes."""
        return self._whys.setdefault((reason, subject, known), len(self._whys))

    def add(self, cell: int, why: int) -> None:
        """Set a cell aside for a reason, both by their numbers."""
        self._numbers.append(cell)
        self._reasons.append(why)

    def __len__(self) -> int:
        return len(self._numbers)

    def list_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows (`schema.ISSUES`), some ten thousand at a time."""
        cells = [Cell("", _CELL, _PRINT, {})] * len(self._whys)
        texts = pl.DataFrame([self._spell(*pair) for pair in zip(cells, self._whys, strict=True)], schema=ISSUES)
        texts = texts.drop("sheet", "cell", "printed")
        name = pl.when(sheet="").then("cell").otherwise(pl.concat_str("sheet", pl.lit("!"), "cell"))
        for start in range(0, len(self), _SLICE):
            places = list_places(self.cells, self._numbers[start : start + _SLICE])
            rows = pl.DataFrame(places, schema=dict.fromkeys(places, pl.String))
            reasons = pl.Series(self._reasons[start : start + _SLICE], dtype=pl.UInt32)
            said = (
                pl.col(f"message_{language}")
                .str.replace(_CELL, name, literal=True)
                .str.replace(_PRINT, pl.col("printed"), literal=True)
                .str.replace("“”", say("blank", language), literal=True)
                for language in LANGUAGES
            )
            yield rows.hstack(texts[reasons]).with_columns(*said).select(*ISSUES)

    def count_kinds(self) -> Iterator[tuple[Row, int]]:
        """Yield the first row of each reason, and how many cells it has."""
        whys = list(self._whys)
        firsts = dict(zip(reversed(self._reasons), reversed(self._numbers), strict=True))
        for why, count in Counter(self._reasons).items():
            yield self._spell(self.cells[firsts[why]], whys[why]), count

    def _spell(self, cell: Cell, why: Why) -> Row:
        reason, subject, known = why
        return set_aside_row(cell, self.resource, reason, subject, self.registry, known)


def refuse_all(
    cells: list[Cell] | Cells, resource: Resource, registry: Registry, reason: str, subject: str
) -> Refusals:
    """Set all cells of a table aside for one reason."""
    refusals = Refusals(cells, resource, registry)
    why = refusals.number(reason, subject)
    for number in range(len(cells)):
        refusals.add(number, why)
    return refusals


@dataclass
class Issues:
    """The cells set aside of a file, as rows that are looped over."""

    parts: list[list[Row] | Refusals] = field(default_factory=list)

    def __iadd__(self, more: Issues | list[Row] | Refusals) -> Issues:
        self.parts += more.parts if isinstance(more, Issues) else [more] if len(more) else []
        return self

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(frame.iter_rows(named=True) for frame in self.list_frames())

    def list_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows (`schema.ISSUES`), no more of a large table at a time than the memory holds."""
        for part in self.parts:
            if isinstance(part, Refusals):
                yield from part.list_frames()
            else:
                yield pl.DataFrame(part, schema=ISSUES, orient="row")

    def join(self) -> pl.DataFrame:
        """Return all rows as one frame."""
        return pl.concat([pl.DataFrame(schema=ISSUES), *self.list_frames()])

    def count_kinds(self) -> Iterator[tuple[Row, int]]:
        """Yield the first row of what is set aside for one reason, and how many cells are, table by table."""
        for part in self.parts:
            yield from part.count_kinds() if isinstance(part, Refusals) else ((row, 1) for row in part)
