"""Screen a table before anything is read: personal data are taken out, whole columns or words within a text.

Nothing of them gets further than this: remarks name the place and the kind, never what stands there. Characters
that steer a terminal or the direction of writing go as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import takewhile
from typing import Any

import polars as pl

from hpedu.decoding import CONTROLS, INVISIBLE, name_steering, neutralise, read_toml
from hpedu.ingest.quarantine import refuse_many, set_aside_file
from hpedu.ingest.schema import CUT, RawTable, address
from hpedu.ingest.schools.fields import fold_words
from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.words.vietnamese import convert_legacy, detect_legacy
from hpedu.registry import Registry
from hpedu.texts import Message, message

_TABLE = read_toml(__file__, "screen.toml")
_HEADINGS = [(row["kind"], re.compile("|".join(row["heading"])), row["cells"]) for row in _TABLE["headings"]]
_SURNAMES = "|".join(_TABLE["persons"]["surnames"])
_LOOKS: dict[str, str] = _TABLE["looks"] | {
    "names": rf"(?i)(?:(?:{_TABLE['persons']['titles']})\b[.:]?\s*)*(?:{_SURNAMES})\s+\p{{L}}.*"
}
_LOOKS = {name: rf"^\s*(?:{look})\s*$" for name, look in _LOOKS.items()}
_UNDER_HEADING = _LOOKS | {name: rf"^\s*(?:{look})\s*$" for name, look in _TABLE["under_heading"].items()}
_CONTACTS = [rf"{_TABLE['looks'][kind]}\b" for kind in ("identity", "telephone", "email")]
_CONTACT = "|".join(_CONTACTS)
_SURE = ("identity", "telephone", "email")
"""Kinds known by the cells alone."""

_ANY_HEADING = f"^(?:{'|'.join(known.pattern for _, known, _ in _HEADINGS)})$"
_TITLE = re.compile(
    rf"\b(?:(?P<place>{_TABLE['persons']['places']})\b|(?:{_TABLE['persons']['within']})[.:]?\s+)", re.IGNORECASE
)
_NAME = re.compile(rf"(?i:{_SURNAMES})(?:\s+[^\W\d_]+){{1,5}}")
"""A name within a text, behind its title: no longer than any."""
_MARKS = (CONTROLS, INVISIBLE, *_CONTACTS, rf"(?i:{_TABLE['persons']['within']})[.:]?\s+(?i:{_SURNAMES})\s")
"""What a text has from which something may be taken out, each. Polars finds them sooner one by one."""
_TELLING = re.compile("|".join(_MARKS))

_ENCODED = 15
"""Rows by which the font of a sheet is known."""
_HEADER_CELLS = 3
"""A row with fewer cells heads no list of persons: "Họ và tên: | ..." is the line of a form."""
_HEADER_ROWS = 2
"""How far apart the headings of one list may be."""
_MOST_TAKEN = 100_000
"""In no column are so many texts from which something is taken out."""
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


def screen_text(text: str) -> tuple[str, list[tuple[str, str | Message]]]:
    """Return a text without steering characters, contacts and names of persons; and reason and subject of each."""
    taken: list[tuple[str, str | Message]] = []
    steering = name_steering(text)
    if steering:
        text = neutralise(text)
        taken.append(("steering_characters", steering))
    # A code or a figure is no text.
    shown = _hide_names(re.sub(_CONTACT, "…", text)) if re.search(r"[^\W\d_]{2}", text) else text
    if shown != text:
        taken.append(("personal_text", message("personal_person")))
    return shown, taken


def _hide_names(text: str) -> str:
    """Return a text with "…" for each name behind a title: words with a capital, two at least."""
    parts, start = [], 0
    for title in _TITLE.finditer(text):
        if title.start() < start or title["place"]:
            continue
        name = _NAME.match(text, title.end())
        words = re.finditer(r"\S+", name[0] if name else "")
        proper = list(takewhile(lambda word: not word[0][0].islower(), words))
        if len(proper) > 1:
            parts += [text[start : title.end()], "…"]
            start = title.end() + proper[-1].end()
    return "".join([*parts, text[start:]])


def screen_frame(sheet: str, cells: pl.DataFrame) -> tuple[pl.DataFrame, list[Remark]]:
    """Return a sheet without personal data and steering characters, and what was taken out."""
    distinct = list_distinct(cells)
    found = _find_personal(cells, distinct)
    remarks = [Remark(sheet, address(row, column), *_explain(kind)) for column, (row, kind) in found.items()]
    rows = pl.int_range(pl.len())
    names = cells.columns
    cells = cells.with_columns(
        pl.when(rows < row).then(names[column]).otherwise(pl.lit("")).alias(names[column])
        for column, (row, _) in found.items()
    )
    is_telling = pl.any_horizontal(pl.col("text").str.contains(mark) for mark in _MARKS)
    for name in _select(list_distinct(cells) if found else distinct, is_telling):
        texts = cells[name].to_list()
        telling = cells.select(text=name).select(is_telling).to_series().arg_true()
        refuse_many(len(telling), _MOST_TAKEN)
        for row in telling:
            texts[row], taken = screen_text(texts[row])
            remarks += [Remark(sheet, address(row, names.index(name)), *one) for one in taken]
        cells = cells.with_columns(pl.Series(name, texts, pl.String))
    return cells, remarks


def screen_around(grid: Grid) -> tuple[Grid, list[Remark]]:
    """Do the same with the name of a sheet and the texts before and behind it."""
    (sheet, taken), *around = [screen_text(text) for text in (grid.sheet, *grid.around)]
    remarks = [Remark(sheet, "", *one) for its in (taken, *(its for _, its in around)) for one in its]
    return replace(grid, sheet=sheet, around=[text for text, _ in around]), remarks


def screen_table(table: RawTable) -> tuple[RawTable, list[Remark]]:
    """Do the same with a table that labels its values: labels with a personal heading go."""
    telling = list(table.telling)
    names = {name for cell in telling[:1] for name in cell.labels}
    personal = {name: kind for name in names for kind, cells in [_recognise(name)] if kind and cells != "persons"}
    remarks = [Remark("", "", *_explain(kind)) for _, kind in sorted(personal.items())]
    around = [screen_text(text) for text in (table.title, *table.notes, *table.heading)]
    remarks += [Remark("", "", *one) for _, taken in around for one in taken]
    title, *rest = [text for text, _ in around]
    notes, heading = tuple(rest[: len(table.notes)]), tuple(rest[len(table.notes) :])
    kept = table.cells
    # The labels of a long table are looked at once each; what a number has in it is refused with the number.
    texts = {text for cell in telling for text in (cell.printed, *cell.labels.values())}
    if personal or any(map(_TELLING.search, texts)):
        kept = []
        for cell in table.cells:
            screened = {name: screen_text(text) for name, text in cell.labels.items() if name not in personal}
            printed, taken = screen_text(cell.printed)
            taken += [one for _, its in screened.values() for one in its]
            remarks += [Remark(cell.sheet, cell.address, *one) for one in taken]
            labels = {name: text for name, (text, _) in screened.items()}
            kept.append(replace(cell, printed=printed, labels=labels))
    return replace(table, title=title, notes=notes, heading=heading, cells=kept), remarks


def _explain(kind: str) -> tuple[str, Message]:
    return "personal_column", message(f"personal_{kind}")


def list_distinct(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the texts of each column once, as `name, text`: to look at them takes longer than to find them."""
    columns = [
        column.unique().to_frame("text").select(pl.lit(column.name).alias("name"), "text")
        for column in cells.get_columns()
    ]
    return pl.concat(columns) if columns else pl.DataFrame(schema={"name": pl.String, "text": pl.String})


def _select(distinct: pl.DataFrame, condition: pl.Expr) -> list[str]:
    """Return the names of the columns with a text for which a condition holds, in their order."""
    return distinct.filter(condition)["name"].unique(maintain_order=True).to_list()


def _find_personal(cells: pl.DataFrame, distinct: pl.DataFrame) -> dict[int, tuple[int, str]]:
    """Find the personal columns: place -> the first row of what is personal in it, and the kind."""
    found: dict[int, tuple[int, str]] = {}
    # The mark of a number that may be cut short hides nothing of it.
    if cut := _select(distinct, pl.col("text").str.ends_with(CUT)):
        cells = cells.with_columns(pl.col(cut).str.strip_suffix(CUT))
        distinct = list_distinct(cells)
    headed = list(_list_headings(cells, distinct))
    for row, column, kind, look in headed:
        texts = cells[:, column].slice(row + 1)
        if column not in found and look != "persons" and (look == "" or _is_most(texts, _UNDER_HEADING[look])):
            found[column] = (row, kind)
    rows = [row for row, kind in found.values() if kind in ("name", "birthday", "identity")]
    # A list of persons, and not of schools with a person beside each: it has two such columns.
    for row, column, kind, look in headed:
        near = sum(abs(row - other) <= _HEADER_ROWS for other in rows)
        if look == "persons" and column not in found and near > 1:
            found[column] = (row, kind)
    for kind in _SURE:
        for name in _select(distinct, pl.col("text").str.contains(_LOOKS[kind])):
            column = cells.columns.index(name)
            matches = cells[name].str.contains(_LOOKS[kind]).arg_true()
            enough = len(matches) >= _FEWEST
            if enough and column not in found and _is_most(cells[name].slice(matches[0]), _LOOKS[kind]):
                found[column] = (int(matches[0]), kind)
    return found


def _is_most(texts: pl.Series, look: str) -> bool:
    filled = texts.filter(texts.str.strip_chars() != "")
    return len(filled) > 0 and 2 * int(filled.str.contains(look).sum()) > len(filled)


def _list_headings(cells: pl.DataFrame, distinct: pl.DataFrame) -> Iterable[tuple[int, int, str, str]]:
    """Yield row, column, kind and look of each heading of a personal column, however far down it is."""
    encoding = detect_legacy(text for row in cells.head(_ENCODED).rows() for text in row if text)
    convert = partial(convert_legacy, encoding=encoding) if encoding else str
    read = pl.col("text").map_elements(convert, return_dtype=pl.String) if encoding else pl.col("text")
    # As `fold_words` does, for all texts at once.
    bare = read.str.normalize("NFD").str.replace_all(r"\p{Mn}", "")
    folded = bare.str.to_lowercase().str.replace_all(r"\x{111}", "d")
    is_heading = folded.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars().str.contains(_ANY_HEADING)
    found = distinct.filter(is_heading)
    names = found["name"].unique().to_list()
    if not names:
        return
    headed = pl.any_horizontal(pl.col(names).is_in(found["text"].to_list()))
    for number in cells.select(headed).to_series().arg_true():
        texts = cells.row(number)
        if sum(not (text or "").isspace() for text in texts if text) < _HEADER_CELLS:
            continue
        for column, text in enumerate(texts):
            kind, look = _recognise(convert(text or ""))
            if kind:
                yield number, column, kind, look


@lru_cache(maxsize=4096)
def _recognise(heading: str) -> tuple[str, str]:
    """Return the kind of a personal heading and how its cells look; ("", "") if it is none."""
    words = fold_words(heading)
    return next(((kind, look) for kind, known, look in _HEADINGS if known.fullmatch(words)), ("", ""))
