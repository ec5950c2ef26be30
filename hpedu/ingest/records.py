"""Hold the rows of a table of ingest in little space: what many rows have in common is held once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import polars as pl

from hpedu.ingest.schema import name_cell

# The columns that differ from cell to cell.
_OWN = ("cell", "printed", "value", "step")
# The last columns of an issue: they name the cell and its print, and are alike otherwise.
_MESSAGES = ("message_vi", "message_en")
# Characters that no text has. They stand for the name of the cell and for its print.
_NAME, _PRINT = "\0", "\1"
_CHUNK = 1 << 16

Row = dict[str, Any]


class Records(Sequence[Row]):
    """Rows with the columns of `hpedu.ingest.schema`, to be added to, looped over, or made a frame.

    The cells of a large table, millions, differ in address, print and value; what their labels say is the same
    for many, and is held once. As a list of dicts they would take twenty times the space.
    """

    def __init__(self, columns: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.columns = columns
        self._own = {name: columns[name] for name in _OWN if name in columns}
        # Flags come last: as a tuple, since only what cannot change can be looked up.
        self._common = sorted((name for name in columns if name not in self._own), key="flags".__eq__)
        # Each combination of the other columns that occurs, and the number of each.
        self._combinations: list[tuple[Any, ...]] = []
        self._known: dict[tuple[Any, ...], int] = {}
        # Rows as their number and their own columns: most in frames, the last ones as they come.
        self._full: list[pl.DataFrame] = []
        self._open: list[tuple[Any, ...]] = []
        self.extend(rows)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row. A column it lacks is empty."""
        *common, last = map(row.get, self._common)
        if self._common[-1] == "flags":
            common.append(tuple(last or ()))
        else:
            name, printed = name_cell(row["sheet"], row["cell"]), row["printed"]
            common[-1:] = (_shorten(row[text], name, printed) for text in _MESSAGES)
        self._add(tuple(common), tuple(map(row.get, self._own)))

    def extend(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add several rows."""
        if isinstance(rows, Records):
            for number, *own in rows._list():
                self._add(rows._combinations[number], own)
        else:
            for row in rows:
                self.append(row)

    def __iadd__(self, rows: Iterable[Mapping[str, Any]]) -> Records:
        self.extend(rows)
        return self

    def _add(self, common: tuple[Any, ...], own: Iterable[Any]) -> None:
        number = self._known.setdefault(common, len(self._known))
        if number == len(self._combinations):
            self._combinations.append(common)
        self._open.append((number, *own))
        if len(self._open) == _CHUNK:
            self._full.append(self._frame_open())
            self._open = []

    def _frame_open(self) -> pl.DataFrame:
        return pl.DataFrame(self._open, schema={"number": pl.UInt32, **self._own}, orient="row")

    def fill(self, column: str, value: str) -> None:
        """Give a column that is empty the same value in all rows."""
        place = self._common.index(column)
        self._combinations = [(*row[:place], value, *row[place + 1 :]) for row in self._combinations]
        self._known = {row: number for number, row in enumerate(self._combinations)}

    def frame(self) -> pl.DataFrame:
        """Return the rows as a frame."""
        packed = pl.concat([*self._full, self._frame_open()])
        common = pl.DataFrame(
            self._combinations, schema={name: self.columns[name] for name in self._common}, orient="row"
        )
        found = packed.with_columns(_spread(column, packed["number"]) for column in common)
        if "message_vi" in self.columns:
            found = found.with_columns(_spell_all(found, text) for text in _MESSAGES)
        return found.select(*self.columns)

    def kinds(self, *columns: str) -> list[tuple[Row, int]]:
        """Return the first row of each combination of some of the columns above, and the number of its rows."""
        places = [self._common.index(column) for column in columns]
        packed = pl.concat([*self._full, self._frame_open()]).select("number").with_row_index()
        counts = packed.group_by("number").agg(pl.first("index"), pl.len()).sort("index")
        found: dict[tuple[Any, ...], list[int]] = {}
        for number, index, count in counts.iter_rows():
            kind = found.setdefault(tuple(self._combinations[number][place] for place in places), [index, 0])
            kind[1] += count
        return [(self[index], count) for index, count in found.values()]

    def _list(self) -> Iterator[tuple[Any, ...]]:
        for frame in self._full:
            yield from frame.iter_rows()
        yield from self._open

    def _unpack(self, common: tuple[Any, ...], own: Iterable[Any]) -> Row:
        values = dict(zip(self._common, common, strict=True)) | dict(zip(self._own, own, strict=True))
        row = {name: values[name] for name in self.columns}
        if "flags" in row:
            return row | {"flags": list(row["flags"] or ())}
        return row | {name: _spell(row[name], row["sheet"], row["cell"], row["printed"]) for name in _MESSAGES}

    def __iter__(self) -> Iterator[Row]:
        return (self._unpack(self._combinations[number], own) for number, *own in self._list())

    def __len__(self) -> int:
        return _CHUNK * len(self._full) + len(self._open)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        wanted = range(len(self))[index]
        if isinstance(wanted, range):
            return [self[number] for number in wanted]
        chunk, place = divmod(wanted, _CHUNK)
        number, *own = self._full[chunk].row(place) if chunk < len(self._full) else self._open[place]
        return self._unpack(self._combinations[number], own)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Records({list(self)!r})"


def _spread(column: pl.Series, numbers: pl.Series) -> pl.Series | pl.Expr:
    """Return the value of each row, given their numbers. What is the same in all takes no space."""
    if column.dtype != pl.List and column.n_unique() == 1:
        return pl.lit(column[0], column.dtype).alias(column.name)
    return column.gather(numbers)


def _shorten(text: str, name: str, printed: str) -> str:
    text = text.replace(name, _NAME) if name else text
    return text.replace(printed, _PRINT) if printed else text


def _spell(text: str, sheet: str, cell: str, printed: str) -> str:
    return text.replace(_PRINT, printed).replace(_NAME, name_cell(sheet, cell))


def _spell_all(found: pl.DataFrame, message: str) -> pl.Series:
    rows = found.select(message, "sheet", "cell", "printed").iter_rows()
    return pl.Series(message, [_spell(*row) for row in rows], dtype=pl.String)
