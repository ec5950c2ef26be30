"""A table of a web page laid out as a grid: spans become merges."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hpedu.ingest.tables.grid import Grid, Merge, is_blank, make_grid

_BREAK = "\x00"  # a line break that is meant, until the white space around it is gone
_SPACES = re.compile(r"[ \t\r\f\n]+")  # but not the no-break space
_BREAKS = re.compile(rf"[ {_BREAK}]*{_BREAK}[ {_BREAK}]*")
_WIDEST = 1000  # a wider span is a mistake, says the HTML standard


def collapse(text: str) -> str:
    """White space as a browser shows it: runs are one blank, no-break spaces stay; none at the end."""
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip(" \n").rstrip()


@dataclass
class HtmlCell:
    """A cell as read; a rowspan of 0 reaches to the end of the table."""

    rowspan: int
    colspan: int
    pieces: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.pieces.append(text.replace(_BREAK, ""))

    def break_line(self) -> None:
        self.pieces.append(_BREAK)

    @property
    def text(self) -> str:
        return collapse("".join(self.pieces))


@dataclass
class HtmlTable:
    """A table as read; `heading` is what stands before it, `cell` the one being read."""

    heading: str
    rows: list[list[HtmlCell]] = field(default_factory=list)
    caption: str = ""
    cell: HtmlCell | None = None
    holds_table: bool = False
    for_layout: bool = False  # the page says so

    @property
    def name(self) -> str:
        return " ".join((self.caption or self.heading).split())

    @property
    def is_layout(self) -> bool:
        """Whether it only places things on the page: other tables, or one column of text."""
        counts = [sum(not is_blank(cell.text) for cell in row) for row in self.rows]
        rows_of_two = sum(count > 1 for count in counts)
        return self.for_layout or rows_of_two == 0 or (self.holds_table and rows_of_two < 2)

    def lay_out(self, sheet: str) -> Grid:
        texts: dict[tuple[int, int], str] = {}
        merges: list[Merge] = []
        for top, cells in enumerate(self.rows):
            left = 0
            for cell in cells:
                while (top, left) in texts:  # a cell from above reaches down here
                    left += 1
                bottom = min(top + cell.rowspan, len(self.rows)) - 1 if cell.rowspan else len(self.rows) - 1
                right = left + min(max(cell.colspan, 1), _WIDEST) - 1
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        texts.setdefault((row, column), "")
                texts[top, left] = cell.text
                if (bottom, right) != (top, left):
                    merges.append(Merge(top, left, bottom, right))
                left = right + 1
        width = max((column for _, column in texts), default=-1) + 1
        rows = [[texts.get((row, column), "") for column in range(width)] for row in range(len(self.rows))]
        return make_grid(sheet, rows, merges)
