"""Which columns of a table label its rows, and which hold its values. Judged by content, helped by wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.tables.kinds import Kind, find_kind
from hpedu.ingest.words.text import fold_text

ColumnRole = Literal["index", "code", "unit", "label", "value", "note", "mirror", "blank"]
"""`index` counts the rows (STT), `code` identifies what the label names, `unit` says what a row counts in,
`mirror` repeats the labels in English at the right edge."""


@dataclass(frozen=True)
class Columns:
    """The role of every column of a table, from the left."""

    roles: tuple[ColumnRole, ...]

    def of(self, role: ColumnRole) -> tuple[int, ...]:
        return tuple(column for column, its in enumerate(self.roles) if its == role)

    @property
    def first_value(self) -> int:
        """The first column with values; one past the last column if there is none."""
        return next(iter(self.of("value")), len(self.roles))

    def labels_of(self, value: int) -> tuple[int, ...]:
        """The label columns for a value column: where tables stand side by side, the nearest to its left."""
        group: list[int] = []
        for column in (c for c in self.of("label") if c < value):
            if group and "value" in self.roles[group[-1] : column]:
                group = []
            group.append(column)
        return tuple(group)


def sort_columns(body: Sequence[Sequence[str]], headers: Sequence[str]) -> Columns:
    """The roles of columns, given the rows that have values and the header texts of each column, joined.

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
        if role == "value" and "label" not in leading and _counts_rows(columns[c], counts[c]):
            role = "index" if _text_follows(counts, c) else "label"
        if role == "value":
            break
        leading.append(role)
    if len(leading) == width:  # nothing but text: what has any number is a value
        first = next((c for c in range(1, width) if counts[c]["number"] + counts[c]["mark"]), width)
        leading = leading[:first]
    twins = {fold_text(headers[c]) for c, role in enumerate(leading) if role == "label"}
    following = [_follow(columns[c], counts[c], headers[c], twins) for c in range(len(leading), width)]
    return Columns(_find_mirror(leading + following, columns))


def is_index(texts: Iterable[str]) -> bool:
    """Whether the numbers of a column count 1, 2, 3, from 1 again in each section."""
    numbers = [int(text) for text in map(str.strip, texts) if text.isdigit()]
    steps = zip([0, *numbers], numbers, strict=False)
    return max(numbers, default=0) > 2 and all(
        number == before + 1 or (number == 1 and before > 1) for before, number in steps
    )


def _lead(texts: list[str], count: Counter[Kind], header: str) -> ColumnRole:
    """The role of a column that only other columns without values stand to the left of."""
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
    if count["text"] * 2 >= filled or count["year"] == filled:
        return "label"
    return "value"


def _counts_rows(texts: list[str], count: Counter[Kind]) -> bool:
    return is_index(texts) and count["number"] + count["text"] + count["blank"] == len(texts)


def _are_units(texts: list[str]) -> bool:
    """ "Đơn vị" heads units of measure, or as well the schools that report."""
    filled = [text for text in texts if text.strip()]
    return 2 * sum(is_worded("unit", text) for text in filled) > len(filled)


def _text_follows(counts: list[Counter[Kind]], column: int) -> bool:
    following = counts[column + 1 : column + 4]
    return any(count["text"] > count["number"] + count["mark"] + count["year"] for count in following)


def _follow(texts: list[str], count: Counter[Kind], header: str, twins: set[str]) -> ColumnRole:
    """The role of a column behind the first with values; `twins` are the headers of the label columns."""
    if count["blank"] == len(texts):
        return "blank"
    if any(is_worded("note_header", line) for line in header.split("\n")):
        return "note"
    mostly_text = count["text"] > 2 * (count["number"] + count["mark"] + count["year"])
    return "label" if mostly_text and fold_text(header) in twins and len(set(texts)) > 2 else "value"


def _find_mirror(roles: list[ColumnRole], columns: list[list[str]]) -> tuple[ColumnRole, ...]:
    """A last column of texts without accents, all different, is the row labels once more."""
    last = max((c for c, role in enumerate(roles) if role not in ("blank", "note")), default=-1)
    if last > 0 and roles[last] == "value" and "label" in roles:
        texts = [text for text in columns[last] if text.strip()]
        if len(texts) > 2 and len(set(texts)) == len(texts) and all(map(_is_plain, texts)):
            return (*roles[:last], "mirror", *roles[last + 1 :])
    return tuple(roles)


def _is_plain(text: str) -> bool:
    return text.isascii() and find_kind(text) == "text" and not any(map(str.isdigit, text))
