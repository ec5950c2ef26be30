"""Screen a table before anything is read: columns with personal data are taken out, steering characters as well.

Nothing of a refused column gets further than this: remarks name its place and its kind, never what stands in it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from hpedu.decoding import CONTROLS, INVISIBLE, name_steering, neutralise
from hpedu.ingest.quarantine import set_aside_file
from hpedu.ingest.schema import CUT, Cell, RawTable, address
from hpedu.ingest.schools.fields import fold_words
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry
from hpedu.texts import Message, message

_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("screen.toml").read_text(encoding="utf-8"))
_HEADINGS = [(row["kind"], re.compile("|".join(row["heading"])), row["cells"]) for row in _TABLE["headings"]]
_SURNAMES = "|".join(_TABLE["persons"]["surnames"])
_LOOKS: dict[str, str] = _TABLE["looks"] | {
    "names": rf"(?i)(?:(?:{_TABLE['persons']['titles']})\b[.:]?\s*)*(?:{_SURNAMES})\s+\p{{L}}.*"
}
_LOOKS = {name: rf"^\s*(?:{look})\s*$" for name, look in _LOOKS.items()}
_UNDER_HEADING = _LOOKS | {name: rf"^\s*(?:{look})\s*$" for name, look in _TABLE["under_heading"].items()}
_CONTACT = "|".join(rf"{_TABLE['looks'][kind]}\b" for kind in ("identity", "telephone", "email"))
_SURE = ("identity", "telephone", "email")
"""Kinds known by the cells alone."""

_HEADER_DEPTH = 15
"""Rows among which a heading is, as in a school list."""
_HEADER_CELLS = 3
"""A row with fewer cells heads no list of persons: "Họ và tên: | ..." is the line of a form."""
_FEWEST = 3
"""So many cells make a column known by its content."""


@dataclass(frozen=True)
class Remark:
    """What was taken out of a sheet, at which cell. `reason` is a code of the registry."""

    sheet: str
    cell: str
    reason: str
    subject: str | Message


def report(remarks: Iterable[Remark], file: str, registry: Registry) -> list[dict[str, Any]]:
    """Return the issue rows of what was taken out of a file."""
    return [set_aside_file(file, one.reason, one.subject, registry, one.sheet, one.cell) for one in remarks]


def hide_signatures(texts: pl.Expr) -> pl.Expr:
    """Replace texts that are names of persons."""
    return texts.str.replace(_LOOKS["names"], "…")


def hide_contacts(texts: pl.Expr) -> pl.Expr:
    """Replace identity numbers, telephone numbers and e-mails within texts, such as a remark on a school."""
    return texts.str.replace_all(_CONTACT, "…")


def screen_frame(sheet: str, cells: pl.DataFrame) -> tuple[pl.DataFrame, list[Remark]]:
    """Return a sheet without personal columns and steering characters, and what was taken out."""
    found = _find_personal(cells)
    remarks = [Remark(sheet, address(row, column), *_explain(kind)) for column, (row, kind) in found.items()]
    rows = pl.int_range(pl.len())
    names = cells.columns
    cells = cells.with_columns(
        pl.when(rows < row).then(names[column]).otherwise(pl.lit("")).alias(names[column])
        for column, (row, _) in found.items()
    )
    steering = f"{CONTROLS}|{INVISIBLE}"
    steered = _select(cells, pl.all().str.contains(steering).any())
    for name in steered:
        place = names.index(name)
        texts = cells.select(pl.col(name), row=rows).filter(pl.col(name).str.contains(steering))
        for text, row in texts.rows():
            remarks.append(Remark(sheet, address(row, place), "steering_characters", name_steering(text)))
    text = pl.col(steered).str.replace_all(CONTROLS, "\ufffd").str.replace_all(INVISIBLE, "")
    return cells.with_columns(text), remarks


def screen_table(table: RawTable) -> tuple[RawTable, list[Remark]]:
    """Do the same with a table that labels its values: labels with a personal heading go."""
    telling = list(table.telling)
    names = {name for cell in telling[:1] for name in cell.labels}
    personal = {name: kind for name in names for kind, cells in [_recognise(name)] if kind and cells != "persons"}
    if not personal and not any(_find_steering(cell) for cell in telling):
        # The labels of a long table are looked at once each; what a number has in it is refused with the number.
        return table, []
    remarks = [Remark("", "", *_explain(kind)) for _, kind in sorted(personal.items())]
    kept = []
    for cell in table.cells:
        steering = _find_steering(cell)
        if steering:
            remarks.append(Remark(cell.sheet, cell.address, "steering_characters", steering))
        labels = {name: neutralise(text) for name, text in cell.labels.items() if name not in personal}
        kept.append(replace(cell, printed=neutralise(cell.printed), labels=labels))
    return replace(table, cells=kept), remarks


def _find_steering(cell: Cell) -> str:
    return name_steering(cell.printed + "".join(cell.labels.values()))


def _explain(kind: str) -> tuple[str, Message]:
    return "personal_column", message(f"personal_{kind}")


def _select(cells: pl.DataFrame, condition: pl.Expr) -> list[str]:
    """Return the names of the columns for which a condition holds."""
    if cells.is_empty():
        return []
    return [name for name, holds in cells.select(condition).row(0, named=True).items() if holds]


def _find_personal(cells: pl.DataFrame) -> dict[int, tuple[int, str]]:
    """Find the personal columns: place -> the first row of what is personal in it, and the kind."""
    found: dict[int, tuple[int, str]] = {}
    # The mark of a number that may be cut short hides nothing of it.
    cells = cells.with_columns(pl.all().str.strip_suffix(CUT))
    headed = list(_list_headings(cells.head(_HEADER_DEPTH)))
    for row, column, kind, look in headed:
        texts = cells[:, column].slice(row + 1)
        if column not in found and look != "persons" and (look == "" or _is_most(texts, _UNDER_HEADING[look])):
            found[column] = (row, kind)
    rows = [row for row, kind in found.values() if kind in ("name", "birthday", "identity")]
    # A list of persons, and not of schools with a person beside each: it has two such columns.
    if len(rows) > 1:
        found |= {c: (row, kind) for row, c, kind, look in headed if look == "persons" and c not in found}
    for kind in _SURE:
        for name in _select(cells, pl.all().str.contains(_LOOKS[kind]).sum() >= _FEWEST):
            column = cells.columns.index(name)
            matches = cells[name].str.contains(_LOOKS[kind]).arg_true()
            if column not in found and _is_most(cells[name].slice(matches[0]), _LOOKS[kind]):
                found[column] = (int(matches[0]), kind)
    return found


def _is_most(texts: pl.Series, look: str) -> bool:
    filled = texts.filter(texts.str.strip_chars() != "")
    return len(filled) > 0 and 2 * int(filled.str.contains(look).sum()) > len(filled)


def _list_headings(head: pl.DataFrame) -> Iterable[tuple[int, int, str, str]]:
    """Yield row, column, kind and look of each heading of a personal column."""
    rows = head.rows()
    encoding = detect_legacy(text for row in rows for text in row if text)
    for number, row in enumerate(rows):
        if sum(1 for text in row if text and text.strip()) < _HEADER_CELLS:
            continue
        for column, text in enumerate(row):
            kind, look = _recognise(convert_legacy(text, encoding) if text and encoding else text or "")
            if kind:
                yield number, column, kind, look


@lru_cache(maxsize=4096)
def _recognise(heading: str) -> tuple[str, str]:
    """Return the kind of a personal heading and how its cells look; ("", "") if it is none."""
    words = fold_words(heading)
    return next(((kind, look) for kind, known, look in _HEADINGS if known.fullmatch(words)), ("", ""))
