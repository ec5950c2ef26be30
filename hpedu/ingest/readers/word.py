"""Read the tables of Word documents (.docx) as those of a web page that shows the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from io import BytesIO
from itertools import islice
from zipfile import ZipFile

from lxml import etree

from hpedu.ingest.quarantine import refuse_many
from hpedu.ingest.readers.html import read_html
from hpedu.ingest.readers.ooxml import list_parts
from hpedu.ingest.sheet.grid import Grid

DOCUMENT = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Those of some thousand pages.
_MOST_PARAGRAPHS = 60_000
# Styles of headings by their id; Word in Vietnamese calls them u1, u2, ...
_HEADING = re.compile(r"(?:heading|title|u)\d*", re.IGNORECASE)
# What was moved away, settings of what they stand in, and the second writing of a picture for older programs.
_LEFT_OUT = {f"{_W}moveFrom", f"{_W}pPr", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


def is_word(data: bytes) -> bool:
    """Return whether the bytes are a Word document of the format that is an archive."""
    return DOCUMENT in list_parts(data)


def read_word(data: bytes) -> list[Grid]:
    """Read every table of a document, named by the heading or short text before it, cell by cell with its address.

    What is inserted while changes are tracked is read, what is deleted is not. Raises as `read_html` does.
    """
    with ZipFile(BytesIO(data)) as archive:
        body = etree.fromstring(archive.read(DOCUMENT), etree.XMLParser(resolve_entities=False, no_network=True))
    refuse_many(sum(1 for _ in body.iter(f"{_W}p")), _MOST_PARAGRAPHS)
    page = "".join(_write(body))
    return read_html(f'<meta charset="utf-8"><body>{page}</body>'.encode())


def _write(element: etree._Element) -> Iterator[str]:
    """Yield what a web page would have for an element and all in it."""
    if element.tag in _LEFT_OUT:
        return
    if element.tag == f"{_W}p":
        style = element.find(f"{_W}pPr/{_W}pStyle")
        is_heading = style is not None and _HEADING.fullmatch(style.get(f"{_W}val", "")) is not None
        tag = "h2" if is_heading else "p"
        yield f"<{tag}>{''.join(_write_all(element))}</{tag}>"
    elif element.tag == f"{_W}tbl":
        yield f"<table>{''.join(_write_rows(element))}</table>"
    elif element.tag == f"{_W}r":
        text = "".join(_write_all(element))
        raised = element.find(f"{_W}rPr/{_W}vertAlign")
        is_raised = raised is not None and raised.get(f"{_W}val") == "superscript"
        yield f"<sup>{text}</sup>" if is_raised else text
    elif element.tag == f"{_W}t":
        yield escape(element.text or "")
    elif element.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
        yield " " if element.tag == f"{_W}tab" else "<br>"
    elif element.tag == f"{_W}noBreakHyphen":
        yield "-"
    else:
        yield from _write_all(element)


def _write_all(element: etree._Element) -> Iterator[str]:
    for child in element.iterchildren("{*}*"):
        yield from _write(child)


def _write_rows(table: etree._Element) -> Iterator[str]:
    """Yield the rows of a table. A cell that continues the one above is in its span."""
    rows = [_place_cells(row) for row in _find(table, "tr")]
    for number, row in enumerate(rows):
        skipped = min(row, default=0)
        yield "<tr>" + f'<td colspan="{skipped}"></td>' * (skipped > 0)
        for left, (cell, width) in row.items():
            if _merge_of(cell) != "continue":
                below = (
                    _merge_of(later[left][0]) if left in later else "" for later in islice(rows, number + 1, None)
                )
                height = 1 + next(
                    (n for n, merge in enumerate(below) if merge != "continue"), len(rows) - number - 1
                )
                yield f'<td colspan="{width}" rowspan="{height}">{"".join(_write_all(cell))}</td>'
        yield "</tr>"


def _place_cells(row: etree._Element) -> dict[int, tuple[etree._Element, int]]:
    """Return the cells of a row with their width, by the column of the grid they begin in."""
    left = _number(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
    placed = {}
    for cell in _find(row, "tc"):
        width = _number(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1)
        placed[left] = (cell, width)
        left += width
    return placed


def _find(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield rows or cells, also those within controls, and none of a table within the table."""
    for child in element.iterchildren("{*}*"):
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag not in (f"{_W}tr", f"{_W}tc", f"{_W}tbl"):
            yield from _find(child, name)


def _merge_of(cell: etree._Element) -> str:
    """Return "restart" where a cell over several rows begins, "continue" below it, "" for any other."""
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return "" if merge is None else merge.get(f"{_W}val", "continue")


def _number(element: etree._Element | None, otherwise: int) -> int:
    text = "" if element is None else element.get(f"{_W}val", "")
    return int(text) if text.isdecimal() else otherwise
