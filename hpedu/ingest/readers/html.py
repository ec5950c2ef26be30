"""Tables of web pages, and of the .xls files that are web pages by another name, a common trait of exports."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from hpedu.ingest.readers.charset import decode_text
from hpedu.ingest.readers.htmlgrid import HtmlCell, HtmlTable, collapse
from hpedu.ingest.tables.grid import Grid

_HEAD = re.compile(r"\s*<(?:!doctype html|html|head|meta|body|table|div|style|h\d|p|!--)", re.IGNORECASE)
_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_SPREADSHEET_XML = "urn:schemas-microsoft-com:office:spreadsheet"
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "title"}
_BLOCKS = {"p", "div", "li", "td", "th", "tr", "table", "caption", *_HEADINGS}
_SILENT = {"script", "style", "template", "noscript"}
_LONGEST_NAME = 200  # a longer text before a table is prose


def is_html(data: bytes) -> bool:
    """Whether the bytes are a web page, or a piece of one, with a table in it."""
    head = decode_text(data[:4096])
    if not _HEAD.match(head.lstrip("\ufeff")) or _SPREADSHEET_XML in head:
        return False
    return _TABLE.search(decode_text(data)) is not None


def read_html(data: bytes) -> list[Grid]:
    """Read every table of a page that is not there for layout alone, in the order they begin.

    A table is named by its caption, else by the heading or the short text before it, else "table 1"; every
    name comes once. Cells over several rows or columns are merges, as in a workbook. Line breaks in a cell
    stay, other white space is one blank; no-break spaces before a text are kept: they indent.
    """
    declared = _CHARSET.search(data[:4096])
    parser = _TableParser()
    parser.feed(decode_text(data, declared[1].decode() if declared else ""))
    parser.close()
    seen: Counter[str] = Counter()
    grids: list[Grid] = []
    for table in parser.tables:
        if not table.is_layout:
            name = table.name or f"table {len(grids) + 1}"
            seen[name] += 1
            grids.append(table.lay_out(name if seen[name] == 1 else f"{name} ({seen[name]})"))
    return grids


class _TableParser(HTMLParser):
    """Collects the tables of a page. Tags that authors leave out (</td>, </tr>) are understood."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[HtmlTable] = []
        self._open: list[HtmlTable] = []  # a table in a cell of a table ...
        self._block: list[str] = []  # the text since the last paragraph began
        self._heading = self._text = self._old_heading = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self._end_block(tag)
        if tag == "br":
            self._block.append(" ")
        if tag == "table":
            self._start_table(dict(attrs))
        elif self._open:
            self._start_part(self._open[-1], tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        text = self._end_block(tag) if tag in _BLOCKS else ""
        if tag in _HEADINGS and text:
            self._heading = text
        if not self._open:
            return
        table = self._open[-1]
        if tag == "caption":
            table.caption, table.cell = text, None
        elif tag in ("td", "th", "tr"):
            table.cell = None
        elif tag == "table":
            self._open.pop()
            if not table.is_layout:  # its own text is no heading of the next
                self._old_heading, self._heading, self._text = self._heading or self._old_heading, "", ""

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._block.append(data)
        if self._open and self._open[-1].cell:
            self._open[-1].cell.add(data)

    def _start_table(self, attributes: dict[str, str | None]) -> None:
        table = HtmlTable(self._heading or self._text or self._old_heading)
        table.for_layout = attributes.get("role") == "presentation"
        if self._open:
            self._open[-1].holds_table = True
        self._open.append(table)
        self.tables.append(table)

    def _start_part(self, table: HtmlTable, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in ("td", "th"):
            if table.cell is None and not table.rows:
                table.rows.append([])
            table.cell = HtmlCell(_read_span(attributes, "rowspan"), _read_span(attributes, "colspan"))
            table.rows[-1].append(table.cell)
        elif tag == "tr":
            table.rows.append([])
            table.cell = None
        elif tag in ("br", "p", "div", "li") and table.cell:
            table.cell.break_line()

    def _end_block(self, tag: str) -> str:
        text = collapse("".join(self._block)).strip()
        self._block.clear()
        if 0 < len(text) <= _LONGEST_NAME and tag != "title":
            self._text = text
        return text


def _read_span(attributes: dict[str, str | None], name: str) -> int:
    """A span as browsers read it: "2", "2px" and " 2 " are 2, what is no number is 1."""
    digits = re.match(r"\s*\+?(\d{1,5})", attributes.get(name) or "")
    return int(digits[1]) if digits else 1
