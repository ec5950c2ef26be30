"""Find what each column of a table is for, and its label: the texts over it, the most general first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.sheet.vocabulary import Kind, find_kind, is_date, is_worded
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import is_year_label, read_status

SEPARATOR = " / "

_BROKEN_AT_HYPHEN = re.compile(r"(?<=\S)([-–])\s*[\r\n]+\s*")
_ENDS_IN_HYPHEN = re.compile(r"\S[-–]$")

ColumnRole = Literal["index", "code", "unit", "label", "value", "remark", "mirror", "blank"]
"""`index` counts the rows (STT), `code` identifies what the label names, `unit` says what a row counts in,
`mirror` repeats the labels in English at the right edge."""


@dataclass(frozen=True)
class Columns:
    """The role of every column of a table, from the left."""

    roles: tuple[ColumnRole, ...]

    def of(self, role: ColumnRole) -> tuple[int, ...]:
        return tuple(column for column, its in enumerate(self.roles) if its == role)

    def labels_of(self, value: int) -> tuple[int, ...]:
        """Return the label columns for a value column: where tables are side by side, the nearest to its left."""
        group: list[int] = []
        for column in (c for c in self.of("label") if c < value):
            if group and "value" in self.roles[group[-1] : column]:
                group = []
            group.append(column)
        return tuple(group)


def sort_columns(body: Sequence[Sequence[str]], headers: Sequence[str]) -> Columns:
    """Return the roles of columns, given the rows with values and the header texts of each column, joined.

    Label columns are the leading ones that hold mostly text, or years, or count the rows; the first column
    that is none of these begins the values. Behind it only a second set of the same labels, labels repeated
    in English at the end, and columns headed "Ghi chú" are no values.
    """
    width = len(headers)
    columns = [[row[c] for row in body] for c in range(width)]
    counts = [Counter(map(find_kind, column)) for column in columns]
    leading: list[ColumnRole] = []
    for c in range(width):
        role = _lead(columns[c], counts[c], headers[c])
        counts_rows = not (counts[c]["mark"] or counts[c]["year"]) and is_index(columns[c])
        if role == "value" and "label" not in leading and counts_rows:
            role = "index" if _text_follows(counts, c) else "label"
        if role == "value":
            break
        leading.append(role)
    # Where there is nothing but text, what has any number is a value.
    if len(leading) == width:
        first = next((c for c in range(1, width) if counts[c]["number"] + counts[c]["mark"]), width)
        leading = leading[:first]
    twins = {fold_text(headers[c]) for c, role in enumerate(leading) if role == "label"}
    following = [_follow(columns[c], counts[c], headers[c], twins) for c in range(len(leading), width)]
    return Columns(_find_mirror(leading + following, columns))


def is_index(texts: Iterable[str]) -> bool:
    """Return whether the numbers of a column count 1, 2, 3, from 1 again in each section."""
    numbers = [int(text) for text in map(str.strip, texts) if text.isdecimal()]
    steps = zip([0, *numbers], numbers, strict=False)
    return max(numbers, default=0) > 2 and all(
        number == before + 1 or (number == 1 and before > 1) for before, number in steps
    )


def _lead(texts: list[str], count: Counter[Kind], header: str) -> ColumnRole:
    """Return the role of a column that has only columns without values to its left."""
    filled = sum(count.values()) - count["blank"]
    lines = header.split("\n")
    if not filled:
        return "blank"
    if any(is_worded("index_header", line) for line in lines):
        return "index"
    if any(is_worded("code_header", line) for line in lines):
        return "code"
    if any(is_worded("unit_header", line) for line in lines) and _are_units(texts):
        return "unit"
    # Among numbers a date is a figure that a spreadsheet took for a day: "5.12" is 5 December.
    words = count["text"] - (sum(map(is_date, texts)) if count["number"] else 0)
    if words * 2 >= filled or count["year"] == filled:
        return "label"
    return "value"


def _are_units(texts: list[str]) -> bool:
    """Return whether a column under "Đơn vị" holds units of measure: it may also be the schools that report."""
    filled = [text for text in texts if text.strip()]
    return 2 * sum(is_worded("unit", text) for text in filled) > len(filled)


def _text_follows(counts: list[Counter[Kind]], column: int) -> bool:
    following = counts[column + 1 : column + 4]
    return any(count["text"] > count["number"] + count["mark"] + count["year"] for count in following)


def _follow(texts: list[str], count: Counter[Kind], header: str, twins: set[str]) -> ColumnRole:
    """Return the role of a column behind the first with values; `twins` are the headers of the label columns."""
    if count["blank"] == len(texts):
        return "blank"
    if any(is_worded("remark_header", line) for line in header.split("\n")):
        return "remark"
    mostly_text = count["text"] > 2 * (count["number"] + count["mark"] + count["year"])
    return "label" if mostly_text and fold_text(header) in twins and len(set(texts)) > 2 else "value"


def _find_mirror(roles: list[ColumnRole], columns: list[list[str]]) -> tuple[ColumnRole, ...]:
    """Return the roles with the mirror: the last column, if its texts have no accents and are all different."""
    last = max((c for c, role in enumerate(roles) if role not in ("blank", "remark")), default=-1)
    if last > 0 and roles[last] == "value" and "label" in roles:
        texts = [text for text in columns[last] if text.strip()]
        if len(texts) > 2 and len(set(texts)) == len(texts) and all(map(_is_plain, texts)):
            return (*roles[:last], "mirror", *roles[last + 1 :])
    return tuple(roles)


def _is_plain(text: str) -> bool:
    return text.isascii() and find_kind(text) == "text" and not any(map(str.isdigit, text))


def join_lines(text: str) -> str:
    """Return a label broken over lines as one: "2010-\\n2011" is "2010-2011", any other break is a blank."""
    return clean_text(_BROKEN_AT_HYPHEN.sub(r"\1", text) if "\n" in text or "\r" in text else text)


def join_path(parts: Sequence[str]) -> str:
    """Join labels from the general to the particular. A word or year broken at a hyphen is made whole."""
    path = ""
    for part in parts:
        if not path or _ENDS_IN_HYPHEN.search(path[-2:]):
            path += part
        elif part:
            path += SEPARATOR + part
    return path


class HeaderPaths:
    """The labels of the columns under some header rows; `numbering` rows count where names are the same."""

    def __init__(self, grid: Grid, tiers: Sequence[int], numbering: Sequence[int], values: Sequence[int]) -> None:
        self._grid = grid
        self._covered = _cover(grid, [*tiers, *numbering])
        self._values = values
        names, self._unit_tiers = self._part_units(list(tiers))
        self._paths = self._resolve(names)
        if len(set(map(join_path, self._paths.values()))) < len(values):
            for column in values:
                self._paths[column] += [t for row in numbering if (t := self._text(row, column))]

    def path(self, column: int) -> str:
        """Return the label of a value column, "Năm học / 2015-2016 / Công lập"; "" if nothing is over it."""
        return join_path(self._paths.get(column, []))

    def unit(self, column: int) -> str:
        """Return the unit that rows of units give a column, "(Trường)"; "" if there is none."""
        return " ".join(text for row in self._unit_tiers if (text := self._text(row, column)))

    def _text(self, row: int, column: int) -> str:
        top, left = self._covered.get((row, column), (row, column))[:2]
        return join_lines(self._grid.rows[top][left])

    def _part_units(self, tiers: list[int]) -> tuple[list[int], list[int]]:
        """Part the tiers that name columns from those that only give units: in parentheses, or else the last."""
        units = [row for row in tiers if self._says_units(row)]
        units = [row for row in units if self._is_bracketed(row)] or [row for row in units if row == tiers[-1]]
        names = [row for row in tiers if row not in units]
        if all(any(self._text(row, column) for row in names) for column in self._values):
            return names, units
        return tiers, []

    def _says_units(self, row: int) -> bool:
        texts = [text for c in self._values if (row, c) not in self._covered and (text := self._text(row, c))]
        return bool(texts) and all(is_worded("unit", text) for text in texts)

    def _is_bracketed(self, row: int) -> bool:
        return all(text.startswith("(") for column in self._values if (text := self._text(row, column)))

    def _resolve(self, tiers: Sequence[int]) -> dict[int, list[str]]:
        """Resolve from the top: a parent is over other columns only under the same parents of its own."""
        paths: dict[int, list[str]] = {column: [] for column in self._values}
        for place, row in enumerate(tiers):
            for _, group in groupby(self._values, key=lambda column: tuple(paths[column])):
                named = self._name(row, list(group), tiers[place + 1 :])
                for column, names in named.items():
                    paths[column] += [name for name in names if paths[column][-1:] != [name]]
        return paths

    def _name(self, row: int, columns: Sequence[int], below: Sequence[int]) -> dict[int, list[str]]:
        """Return what one tier names each of some neighbouring columns: its own text, or the one it is under.

        Groups that repeat the same names below are one group each, wherever in it the text is set ("2018" in the
        middle). Else a text goes on to the right, up to the column where such a repetition begins.
        """
        texts = {column: self._text(row, column) for column in columns}
        # "Trong đó - Of which" names nothing, and is merged over some groups and not over others.
        children = {
            column: tuple("" if is_worded("filler", text := self._text(tier, column)) else text for tier in below)
            for column in columns
        }
        merged = {column for column in columns if (row, column) in self._covered}
        repeated = None if merged else _spread(list(texts.values()), list(children.values()))
        if repeated is not None:
            texts = dict(zip(columns, repeated, strict=True))
        elif not _is_centred(list(texts.values()), list(children.values())):
            carried = ""
            for column in columns:
                if texts[column] or column in merged:
                    carried = texts[column] if column not in merged and any(children[column]) else ""
                elif carried and any(children[column]) and children[column] != children[columns[0]]:
                    texts[column] = carried
                else:
                    carried = ""
        return _name_statuses(texts, children)


def _spread(texts: list[str], children: list[tuple[str, ...]]) -> list[str] | None:
    """Return the texts of a tier over the groups below that repeat the same names; None if they are not so set."""
    count = len(children)
    size = next((n for n in range(1, count) if count % n == 0 and children == children[:n] * (count // n)), 0)
    if not size or not all(map(any, children)):
        return None
    groups = [[text for text in texts[start : start + size] if text] for start in range(0, count, size)]
    return (
        [group[0] for group in groups for _ in range(size)] if all(len(group) == 1 for group in groups) else None
    )


def _is_centred(texts: Sequence[str], children: Sequence[tuple[str, ...]]) -> bool:
    """Return whether years begin behind the first column: then each may be over columns to its left as well."""
    years = [text for text in texts if text]
    return bool(years) and not texts[0] and any(children[0]) and all(map(is_year_label, years))


def _name_statuses(texts: dict[int, str], children: dict[int, tuple[str, ...]]) -> dict[int, list[str]]:
    """Return the names of columns: "Sơ bộ" next to "Tổng số", over years, tells of figures of the same thing."""
    statuses = {text for text in texts.values() if read_status(text) is not None}
    items = {text for text in texts.values() if text} - statuses
    names = {column: [text] if text else [] for column, text in texts.items()}
    if len(items) == 1 and not any(map(is_year_label, items)):
        for column, text in texts.items():
            if text in statuses and any(map(is_year_label, children[column])):
                names[column] = [*items, text]
    return names


def _cover(grid: Grid, rows: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return for each merged cell of some rows the cell that has the text of its range."""
    wanted = set(rows)
    return {
        (row, column): (merge.top, merge.left)
        for merge in grid.merged
        for row in range(merge.top, merge.bottom + 1)
        if row in wanted and merge.top in wanted
        for column in range(merge.left, merge.right + 1)
    }
