"""Read tables of web pages, and of the .xls files that are web pages by another name, as many exports are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from lxml import etree

from hpedu.decoding import decode_text
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers.number_formats import join_runs
from hpedu.ingest.schema import CUT, MOST_CELLS, MOST_COLUMNS
from hpedu.ingest.sheet.grid import Grid, Merge, is_blank, make_grid
from hpedu.ingest.words.units import read_unit

_HEAD = re.compile(r"\s*<(?:!doctype html|html|head|meta|body|table|div|style|h\d|p|!--)", re.IGNORECASE)
_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
_CELL_END = re.compile(r"</(?:td|th|tr|thead|tbody|tfoot|table)\b", re.IGNORECASE)
_BEGUN_TAG = re.compile(r"<[^<>]*$")
_RAISED = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_SPREADSHEET_XML = "urn:schemas-microsoft-com:office:spreadsheet"
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)

_HIDDEN = {"script", "style", "template", "noscript"}
_NEW_LINES = {"br", "p", "div", "li"}
_CELLS = {"td", "th"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "title"}
_BLOCKS = {"p", "div", "li", "tr", "table", "caption", *_CELLS, *_HEADINGS}

# A line break that is meant, until the white space around it is gone.
_BREAK = "\x00"
# All white space but the no-break space.
_SPACES = re.compile(r"[ \t\r\f\n]+")
_BREAKS = re.compile(rf"[ {_BREAK}]*{_BREAK}[ {_BREAK}]*")

# A longer text before a table is prose.
_LONGEST_NAME = 200
# No cell of a workbook holds more letters.
_LONGEST_CELL = 32_767
# A wider span is a mistake, says the HTML standard.
_WIDEST_SPAN = 1000


def is_html(data: bytes) -> bool:
    """Return whether the bytes are a web page, or a piece of one, with a table in it."""
    head = decode_text(data[:4096])
    if not _HEAD.match(head.lstrip("\ufeff")) or _SPREADSHEET_XML in head:
        return False
    return _TABLE.search(decode_text(data)) is not None


def read_html(data: bytes) -> list[Grid]:
    """Read every table of a page that is not there for layout alone, in the order they begin.

    A table is named by its caption, else by the heading or the short text before it, else "table 1"; every name
    comes once. Cells over several rows or columns are merges, as in a workbook. Line breaks in a cell stay, other
    white space is one blank; no-break spaces before a text are kept: they indent. A raised footnote comes in
    brackets: "351211 (2)". Raises `Unreadable` if the tables of the page are larger than any real ones: a few
    letters can ask for a million columns.
    """
    declared = _CHARSET.search(data[:4096])
    text = _mark_cut(decode_text(data, declared[1].decode() if declared else ""))
    parser = etree.HTMLParser(target=_Page())
    parser.feed(text.replace(_BREAK, ""))
    seen: Counter[str] = Counter()
    grids: list[Grid] = []
    for grid in parser.close():
        name = " ".join(grid.sheet.split()) or f"table {len(grids) + 1}"
        seen[name] += 1
        grids.append(replace(grid, sheet=name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return grids


def _mark_cut(text: str) -> str:
    """Return a page with a sign of it in a last cell that nothing ends: of "351211" it may have no more than 351.

    The ends of cells and rows may be left out, that of a table may not.
    """
    *_, last = [0, *(match.end() for match in _CELL.finditer(text))]
    return text if _CELL_END.search(text, last) or not last else _BEGUN_TAG.sub("", text) + CUT


@dataclass
class _Cell:
    """A cell: how many rows and columns it is over, and the pieces of its text."""

    height: int
    width: int
    pieces: list[str] = field(default_factory=list)


@dataclass
class _Table:
    """A table as it is read: `name` is what stands before it, `pieces` takes the text that comes next."""

    name: str
    is_layout: bool
    rows: list[list[_Cell]] = field(default_factory=list)
    caption: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    # So many rows at least have two texts or more, if it holds data.
    fewest_rows: int = 1
    # How many blocks of text of the page stand before it.
    before: int = 0
    grid: Grid | None = None


class _Page:
    """The tables of a page, read tag by tag: the parser adds end tags that authors left out, and drops stray ones.

    What stands before a table begins where the last one ended; only a heading may be over several tables.
    """

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        # The blocks of text outside of tables that hold data, and whether each is a heading.
        self._blocks: list[tuple[str, bool]] = []
        self._hidden = 0
        self._block: list[str] = []
        self._heading = self._text = self._old_heading = ""
        self._room = MOST_CELLS
        # The raised texts that are open: their tag, the pieces they are in, and how many there were before.
        self._raised: list[tuple[str, list[str], int]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take in the start of a tag. Cells before the first row are a row, too."""
        self._hidden += tag in _HIDDEN
        if self._hidden:
            return
        if tag in _BLOCKS:
            self._end_block()
        if tag in _NEW_LINES:
            self.data(_BREAK)
        table = self._open[-1] if self._open else None
        if tag == "table":
            if table is not None:
                table.fewest_rows = 2
            name = self._heading or self._text or self._old_heading
            is_layout = attributes.get("role") == "presentation"
            self._open.append(_Table(name, is_layout, before=len(self._blocks)))
            self.tables.append(self._open[-1])
        elif table is not None and (tag == "tr" or tag in _CELLS):
            if tag == "tr" or not table.rows:
                table.rows.append([])
            if tag in _CELLS:
                cell = _Cell(_read_span(attributes, "rowspan"), _read_span(attributes, "colspan"))
                table.rows[-1].append(cell)
                table.pieces = cell.pieces
        elif table is not None and tag == "caption":
            table.pieces = table.caption
        elif table is not None and (tag == "sup" or _RAISED.search(attributes.get("style", ""))):
            self._raised.append((tag, table.pieces, len(table.pieces)))

    def data(self, text: str) -> None:
        """Take in a piece of text."""
        if not self._hidden:
            self._block.append(text)
            if self._open:
                self._open[-1].pieces.append(text)

    def end(self, tag: str) -> None:
        """Take in the end of a tag. What is printed between two cells is in neither."""
        self._hidden -= tag in _HIDDEN
        if self._hidden:
            return
        if tag in _BLOCKS:
            self._end_block(is_heading=tag in _HEADINGS)
        if tag == "table":
            self._end_table(self._open.pop())
        elif self._open and tag in (*_CELLS, "caption"):
            self._open[-1].pieces = []
            self._raised.clear()
        elif self._raised and tag == self._raised[-1][0]:
            _, pieces, before = self._raised.pop()
            text = "".join(pieces[:before])
            if len(text) > _LONGEST_CELL:
                raise Unreadable("too_large", f"> {_LONGEST_CELL}")
            pieces[:] = [join_runs([(text, False), ("".join(pieces[before:]), True)])]

    def close(self) -> list[Grid]:
        """Return the tables that hold data, in the order they begin."""
        self._end_block()
        found = [table for table in self.tables if table.grid is not None]
        starts = [0, *(table.before for table in found), len(self._blocks)]
        gaps = [self._blocks[start:end] for start, end in pairwise(starts)]
        first, *between, last = gaps if found else [[], []]
        behind = [*(_split_texts(gap)[0] for gap in between), [text for text, _ in last]]
        before = [[text for text, _ in first], *(_split_texts(gap)[1] for gap in between)]
        return [
            replace(table.grid, around=(*over, *under))
            for table, over, under in zip(found, before, behind, strict=False)
            if table.grid is not None
        ]

    def _end_block(self, *, is_heading: bool = False) -> None:
        text = _collapse(self._block).strip()
        self._block.clear()
        if text:
            self._blocks.append((text, is_heading))
        if text and is_heading:
            self._heading = text
        elif 0 < len(text) <= _LONGEST_NAME and not (self._text and ":" in text and read_unit(text)):
            # "Đơn vị: Học sinh" stands between the name of a table and the table.
            self._text = text

    def _end_table(self, table: _Table) -> None:
        """Lay out a table. It holds data unless it only places on the page other tables, or one column of text."""
        grid = _lay_out(table, self._room)
        self._room -= len(grid.rows) * grid.width
        rows = sum(sum(not is_blank(text) for text in row) > 1 for row in grid.rows)
        if rows >= table.fewest_rows and not table.is_layout:
            table.grid = grid
            del self._blocks[table.before :]
            self._old_heading, self._heading, self._text = self._heading or self._old_heading, "", ""


def _split_texts(blocks: Sequence[tuple[str, bool]]) -> tuple[list[str], list[str]]:
    """Return what of the text between two tables is about the one before, and about the one behind.

    A heading begins what is about the table behind. Without one all of it may be about each of them.
    """
    texts = [text for text, _ in blocks]
    cut = next((place for place, (_, is_heading) in enumerate(blocks) if is_heading), None)
    return texts[:cut], texts[cut:]


def _lay_out(table: _Table, room: int) -> Grid:
    """Place the cells of a table: each right of those before it and of those that reach down from above."""
    height = len(table.rows)
    texts: list[list[str]] = []
    merges: list[Merge] = []
    # For each column, the first row that no cell above reaches.
    free: list[int] = []
    for top, cells in enumerate(table.rows):
        texts.append([""] * len(free))
        left = 0
        for cell in cells:
            left = next((column for column in range(left, len(free)) if free[column] <= top), max(left, len(free)))
            # A height of 0 reaches to the end of the table.
            below = min(top + (cell.height or height), height)
            after = left + min(max(cell.width, 1), _WIDEST_SPAN)
            if after > MOST_COLUMNS or after * height > room:
                raise Unreadable("too_large", f"{height} x {after}")
            free.extend([0] * (after - len(free)))
            free[left:after] = [max(row, below) for row in free[left:after]]
            texts[top].extend([""] * (after - len(texts[top])))
            texts[top][left] = _collapse(cell.pieces)
            if (below, after) != (top + 1, left + 1):
                merges.append(Merge(top, left, below - 1, after - 1))
            left = after
    return make_grid(_collapse(table.caption) or table.name, texts, merges)


def _read_span(attributes: Mapping[str, str], name: str) -> int:
    """Return a span as browsers read it: "2", "2px" and " 2 " are 2, what is no number is 1."""
    digits = re.match(r"\s*\+?(\d{1,5})", attributes.get(name, ""))
    return int(digits[1]) if digits else 1


def _collapse(pieces: Iterable[str]) -> str:
    """Return a text with white space as browsers show it: one blank for many, no-break spaces stay."""
    return _BREAKS.sub("\n", _SPACES.sub(" ", "".join(pieces))).strip(" \n").rstrip()
