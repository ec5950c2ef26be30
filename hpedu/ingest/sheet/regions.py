"""Find where the tables of a sheet begin and end, and what each row is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hpedu.ingest.sheet.columns import sort_columns
from hpedu.ingest.sheet.grid import Grid
from hpedu.ingest.sheet.header_rows import (
    RoleReader,
    RowRole,
    are_alike,
    count_footer,
    goes_on,
    is_footer_row,
    is_name,
    join_titles,
    list_texts,
)
from hpedu.ingest.sheet.rows import Row, read_rows
from hpedu.ingest.words.vietnamese import clean_text

# So many rows of a run are enough to sort its columns.
_ENOUGH_ROWS = 200


@dataclass
class Block:
    """A table of a sheet: the role of each row of the grid from `first` on.

    `title` is its title lines in one, without the number of the table; that of the table before where this one
    goes on with other columns; the name of the sheet where there is none.
    """

    grid: Grid
    first: int
    title: str
    roles: list[RowRole] = field(default_factory=list)

    def rows(self, *roles: RowRole) -> Iterator[int]:
        """Yield the numbers, in the grid, of the rows with one of some roles."""
        return (self.first + place for place, role in enumerate(self.roles) if role in roles)

    def numbered(self) -> Iterator[tuple[int, RowRole]]:
        """Yield every row of the block by its number in the grid, with its role."""
        return enumerate(self.roles, start=self.first)


def find_blocks(grid: Grid) -> list[Block]:
    """Return the tables of a sheet, from the top. Together they hold every row of it; an empty sheet has none."""
    finder = _BlockFinder(grid)
    runs = list(_runs(read_rows(grid)))
    for place, (gap, run) in enumerate(runs):
        finder.add(gap, run, _rows_alike(runs[place : place + _ENOUGH_ROWS]))
    return finder.blocks


def _runs(rows: Sequence[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield runs of rows with values, each after the rows since the run before; the last run is empty."""
    gap: list[Row] = []
    run: list[Row] = []
    for row in rows:
        if row.shape == "data":
            run.append(row)
            continue
        if run:
            yield gap, run
            gap, run = [], []
        gap.append(row)
    if run:
        yield gap, run
        gap = []
    yield gap, []


def _rows_alike(runs: Sequence[tuple[list[Row], list[Row]]]) -> list[Row]:
    """Return the first rows with values of some runs, up to a possible header: enough to sort their columns."""
    rows: list[Row] = []
    for place, (gap, run) in enumerate(runs):
        if len(rows) >= _ENOUGH_ROWS or (place and any(len(row.filled) > 1 for row in gap)):
            break
        rows += run
    return rows[:_ENOUGH_ROWS]


class _BlockFinder:
    """A walk down a sheet, run by run, that gives every row its role."""

    def __init__(self, grid: Grid) -> None:
        self.blocks: list[Block] = []
        self._grid = grid
        self._roles = RoleReader(grid)
        # Of the table that is being read: the texts of its header, its columns with values, its titles.
        self._header: set[str] = set()
        self._values: tuple[int, ...] = ()
        self._titles: list[Row] = []

    def add(self, gap: list[Row], run: list[Row], alike: list[Row]) -> None:
        """Take in the next run of rows with values, after the rows above it; the last run has no rows.

        The rows above may begin a table, repeat the header of the one that is being read, or belong to its body.
        """
        if not run:
            self._end(gap)
            return
        values = self._value_columns(gap, alike)
        header = self._roles.find_header(gap, values)
        before = [row for row in gap if not header or row.number < header[0]]
        footer = count_footer(before) if self.blocks else 0
        titles = [row for row in before[footer:] if row.shape != "blank"]
        again = bool(header) and are_alike(self._names(gap, header), self._header)
        if again and (not titles or is_name(titles) or goes_on(titles)):
            self._give("footer", before[:footer])
            self._repeat_header(before[footer:], titles)
            self._give_header(gap[len(before) :], header)
        elif not self.blocks or again or (header and self._is_other_header(gap, header, titles, values)):
            if self.blocks:
                self._give("footer", before[:footer])
            self._begin(gap[footer:], before[footer:], header, values)
            self._give_header(gap[len(before) :], header)
        else:
            self._values = tuple(sorted({*self._values, *values}))
            self._give_body(gap)
        self._give("data", run)

    def _value_columns(self, gap: list[Row], alike: list[Row]) -> tuple[int, ...]:
        if self._values and {column for row in alike for column in row.numeric} <= set(self._values):
            return self._values
        above = [self._grid.rows[row.number] for row in gap if len(row.filled) > 1]
        headers = ["\n".join(texts[c] for texts in above if texts[c].strip()) for c in range(self._grid.width)]
        return sort_columns([self._grid.rows[row.number] for row in alike], headers).of("value")

    def _is_other_header(
        self, gap: list[Row], header: Sequence[int], titles: list[Row], values: Sequence[int]
    ) -> bool:
        """Return whether what may be a header, below values, is one, and not a row with text for values."""
        if not values:
            return False
        last = self._grid.rows[header[-1]]
        names = {text for text in last[values[0] :] if text.strip()}
        is_parted = bool(titles) or any(row.shape == "blank" for row in gap if row.number < header[0])
        is_labelled = any(text.strip() for text in last[: values[0]])
        return (is_parted or not is_labelled or len(header) > 1) and (len(names) > 1 or len(values) == 1)

    def _names(self, gap: list[Row], header: Sequence[int]) -> set[str]:
        return list_texts(row for row in gap if row.number in header and row.shape != "numbering")

    def _begin(self, gap: list[Row], above: list[Row], header: Sequence[int], values: tuple[int, ...]) -> None:
        """Begin a table with the rows above its header, or above its values if it has none."""
        roles: list[RowRole] = [self._roles.read_above(row, values) for row in above]
        self._titles = [row for row, role in zip(above, roles, strict=True) if role == "title"]
        earlier = self.blocks[-1].title if self.blocks else clean_text(self._grid.sheet)
        title = join_titles(self._titles) or earlier
        self.blocks.append(Block(self._grid, gap[0].number if gap else 0, title, roles))
        self._header, self._values = self._names(gap, header), values

    def _repeat_header(self, above: list[Row], titles: list[Row]) -> None:
        """Go on under the same header: on another page, or in the part that is named above it, "Lớp 1B"."""
        if not is_name(titles):
            self._give("title", above)
            return
        block = self.blocks[-1]
        if len(self._titles) > 1 and is_name(self._titles[-1:]):  # so the first part has its name too
            block.roles[self._titles.pop().number - block.first] = "banner"
            block.title = join_titles(self._titles)
        self._give("banner", above)

    def _give_header(self, rows: list[Row], header: Sequence[int]) -> None:
        for row in rows:
            if row.number in header:
                self._give("numbering" if row.shape == "numbering" else "header", [row])
            elif row.number < header[-1]:
                self._give(self._roles.read_above(row, self._values), [row])
            else:
                self._give_body([row])

    def _give_body(self, rows: list[Row]) -> None:
        for row in rows:
            self._give(self._roles.read_within(row, self._values), [row])

    def _give(self, role: RowRole, rows: list[Row]) -> None:
        self.blocks[-1].roles += ["blank" if row.shape == "blank" else role for row in rows]

    def _end(self, gap: list[Row]) -> None:
        """Take in the rows below the last values: labels without values, then footnotes and signatures."""
        if self.blocks:
            first = next((place for place, row in enumerate(gap) if is_footer_row(row)), len(gap))
            self._give_body(gap[:first])
            self._give("footer", gap[first:])
        elif gap:
            self.blocks.append(Block(self._grid, 0, clean_text(self._grid.sheet)))
            self._give("text", gap)
