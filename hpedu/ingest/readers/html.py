"""Tables of web pages, and of the .xls files that are web pages by another name, a common trait of exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape, unescape
from itertools import chain, takewhile
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag, TemplateString
from bs4.exceptions import ParserRejectedMarkup

from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers.text import decode_text
from hpedu.ingest.sheet.grid import Grid, Merge, is_blank, make_grid

_HEAD = re.compile(r"\s*<(?:!doctype html|html|head|meta|body|table|div|style|h\d|p|!--)", re.IGNORECASE)
_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_SPREADSHEET_XML = "urn:schemas-microsoft-com:office:spreadsheet"
_SIGN = re.compile(r"&[^\s<&;]*;?")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "title"}
_BLOCKS = {"p", "div", "li", "td", "th", "tr", "table", "caption", *_HEADINGS}
_NEW_LINES = {"br", "p", "div", "li"}
_HIDDEN = ("script", "style", "template", "noscript")
# A part of a table ends where another one of its size or a larger one begins.
_PARTS = {"td": 0, "th": 0, "caption": 0, "tr": 1, "thead": 2, "tbody": 2, "tfoot": 2}

_BREAK = "\x00"  # a line break that is meant, until the white space around it is gone
_SPACES = re.compile(r"[ \t\r\f\n]+")  # but not the no-break space
_BREAKS = re.compile(rf"[ {_BREAK}]*{_BREAK}[ {_BREAK}]*")

# A longer text before a table is prose.
_LONGEST_NAME = 200
# A wider span is a mistake, says the HTML standard.
_WIDEST_SPAN = 1000
# A workbook's sheet has as many columns at most, and a page of many megabytes far fewer cells.
_MOST_COLUMNS = 16_384
_MOST_CELLS = 10_000_000


def is_html(data: bytes) -> bool:
    """Return whether the bytes are a web page, or a piece of one, with a table in it."""
    head = decode_text(data[:4096])
    if not _HEAD.match(head.lstrip("\ufeff")) or _SPREADSHEET_XML in head:
        return False
    return _TABLE.search(decode_text(data)) is not None


def read_html(data: bytes) -> list[Grid]:
    """Read every table of a page that is not there for layout alone, in the order they begin.

    A table is named by its caption, else by the heading or the short text before it, else "table 1"; every
    name comes once. Cells over several rows or columns are merges, as in a workbook. Line breaks in a cell
    stay, other white space is one blank; no-break spaces before a text are kept: they indent.

    Raises
    ------
    Unreadable
        If the page is damaged, or its tables are larger than any real ones: a few letters can ask for a million
        columns.
    """
    declared = _CHARSET.search(data[:4096])
    text = decode_text(data, declared[1].decode() if declared else "")
    # Python's parser loses the rest of a page behind a "&#" that is no number; so all signs are told here.
    text = _SIGN.sub(lambda found: escape(unescape(found[0]), quote=False), text)
    try:
        page = _Page(text, "html.parser", string_containers=dict.fromkeys(_HIDDEN, TemplateString))
    except ParserRejectedMarkup as error:
        raise Unreadable("damaged") from error
    seen: Counter[str] = Counter()
    grids: list[Grid] = []
    for title, grid in _find_tables(page):
        name = title or f"table {len(grids) + 1}"
        seen[name] += 1
        grids.append(replace(grid, sheet=name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return grids


class _Page(BeautifulSoup):
    """A page with the tags that authors leave out (</td>, </tr>), and without those that close nothing."""

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> Tag | None:
        """Open a tag; a part of a table closes the one before it, a tag without content closes itself."""
        if name in _PARTS:
            for part in list(self._open_tags({"table", *_HIDDEN})):
                if _PARTS.get(part.name, 9) <= _PARTS[name]:
                    super().handle_endtag(part.name)
        tag = super().handle_starttag(name, *args, **kwargs)
        if tag is None or not tag.is_empty_element:
            return tag
        super().handle_endtag(name)
        # Of a tag that is returned the parser keeps the name in a list, and goes through it at every other end.
        return None

    def handle_endtag(self, name: str, nsprefix: str | None = None) -> None:
        """Close a tag, unless it was opened outside of the cell or table that this end stands in."""
        around = {"table"} if name in _PARTS else {"table", *_PARTS}
        if name == "table" or any(tag.name == name for tag in self._open_tags(around)):
            super().handle_endtag(name, nsprefix)

    def _open_tags(self, around: set[str]) -> Iterator[Tag]:
        """Yield the open tags from the inside out, up to the first of those named."""
        innermost = self.currentTag or self
        return takewhile(lambda tag: tag.name not in around, chain([innermost], innermost.parents))


def _find_tables(page: Tag) -> Iterator[tuple[str, Grid]]:
    """Yield the tables that hold data, each with its caption or what stands before it.

    What stands before a table begins where the last one ended; only a heading may be over several tables.
    """
    heading = text = old_heading = ""
    block: list[str] = []
    hold_data: list[bool] = []
    room = _MOST_CELLS
    for part, ends in _walk(page):
        if not isinstance(part, Tag) or part.name not in _BLOCKS:
            if not ends:
                block.append(_read_piece(part))
            continue
        said = _collapse(block).strip()
        block.clear()
        if 0 < len(said) <= _LONGEST_NAME and part.name != "title":
            text = said
        if ends and part.name in _HEADINGS and said:
            heading = said
        if part.name == "table" and not ends:
            grid = _read_table(part, room)
            room -= len(grid.rows) * grid.width
            hold_data.append(not _is_layout(part, grid))
            if hold_data[-1]:
                yield " ".join((grid.sheet or heading or text or old_heading).split()), grid
        elif part.name == "table" and hold_data.pop():
            old_heading, heading, text = heading or old_heading, "", ""


def _is_layout(table: Tag, grid: Grid) -> bool:
    """Return whether a table only places things on the page: other tables, or one column of text."""
    rows_of_two = sum(sum(not is_blank(text) for text in row) > 1 for row in grid.rows)
    return table.get("role") == "presentation" or rows_of_two < (2 if table.find("table") else 1)


def _read_table(table: Tag, room: int) -> Grid:
    """Read a table, with its caption as the name: each cell stands right of those before it and of those that
    reach down from above."""
    caption, rows = _list_cells(table)
    placed: list[tuple[int, int, str]] = []
    merges: list[Merge] = []
    # For each column, the first row that no cell above reaches.
    free: list[int] = []
    for top, cells in enumerate(rows):
        left = 0
        for cell in cells:
            left = next((column for column in range(left, len(free)) if free[column] <= top), max(left, len(free)))
            # A rowspan of 0 reaches to the end of the table.
            below = min(top + (_read_span(cell, "rowspan") or len(rows)), len(rows))
            after = left + min(max(_read_span(cell, "colspan"), 1), _WIDEST_SPAN)
            if after > _MOST_COLUMNS or after * len(rows) > room:
                raise Unreadable("too_large", f"{len(rows)} x {after}")
            free.extend([0] * (after - len(free)))
            free[left:after] = [max(row, below) for row in free[left:after]]
            placed.append((top, left, _read_text(cell)))
            if (below, after) != (top + 1, left + 1):
                merges.append(Merge(top, left, below - 1, after - 1))
            left = after
    texts = [[""] * len(free) for _ in rows]
    for top, left, text in placed:
        texts[top][left] = text
    return make_grid(caption, texts, merges)


def _list_cells(table: Tag) -> tuple[str, list[list[Tag]]]:
    """Return a table's caption and the cells of its rows; cells before the first row are a row, too."""
    caption = ""
    rows: list[list[Tag]] = []
    for part in _own_parts(table):
        if not isinstance(part, Tag):
            continue
        if part.name == "caption":
            caption = _read_text(part)
        elif part.name == "tr" or (part.name in ("td", "th") and not rows):
            rows.append([])
        if part.name in ("td", "th"):
            rows[-1].append(part)
    return caption, rows


def _read_span(cell: Tag, name: str) -> int:
    """Return a span as browsers read it: "2", "2px" and " 2 " are 2, what is no number is 1."""
    digits = re.match(r"\s*\+?(\d{1,5})", str(cell.get(name, "")))
    return int(digits[1]) if digits else 1


def _read_text(tag: Tag) -> str:
    return _collapse(map(_read_piece, _own_parts(tag)))


def _read_piece(part: PageElement) -> str:
    """Return what a string, or the beginning of a tag, adds to the text it stands in."""
    if isinstance(part, Tag):
        return _BREAK if part.name in _NEW_LINES else ""
    # Comments and hidden texts are of other types.
    return part.replace(_BREAK, "") if type(part) is NavigableString else ""


def _collapse(pieces: Iterable[str]) -> str:
    """Return a text with white space as browsers show it: one blank for many, no-break spaces stay."""
    return _BREAKS.sub("\n", _SPACES.sub(" ", "".join(pieces))).strip(" \n").rstrip()


def _own_parts(tag: Tag) -> Iterator[PageElement]:
    """Yield what is inside a tag, but not what is in a table inside it."""
    return (part for part, ends in _walk(tag, into_tables=False) if not ends)


def _walk(tag: Tag, *, into_tables: bool = True) -> Iterator[tuple[PageElement, bool]]:
    """Yield what is inside a tag in the order of the page; a tag when it begins and, with True, when it ends."""
    waiting = [(part, False) for part in reversed(tag.contents)]
    while waiting:
        part, ends = waiting.pop()
        yield part, ends
        if isinstance(part, Tag) and not ends and (into_tables or part.name != "table"):
            waiting.append((part, True))
            waiting.extend((inner, False) for inner in reversed(part.contents))
