"""Text taken from a page or a PDF: columns set apart by blanks or bars, one line a row."""

from __future__ import annotations

import re

from hpedu.ingest.readers.fixed_width import align_page
from hpedu.ingest.readers.text import decode_text
from hpedu.ingest.tables.grid import Grid, make_grid

_GAP = re.compile(r"\s*\|\s*|\t+| {2,}")


def is_plain_text(data: bytes) -> bool:
    """Whether the bytes are text with several lines, and no control characters but those of text."""
    return data.count(b"\n") > 1 and not re.search(rb"[\x00-\x08\x0e-\x1f]", data[:65536])


def read_plain_text(data: bytes) -> list[Grid]:
    """One grid of all lines. A form feed begins a new page, which is a grid of its own.

    The address of a cell is its line and the place of its column in that line.
    """
    pages = decode_text(data).split("\f")
    grids = []
    for number, page in enumerate(pages, start=1):
        lines = [line.expandtabs() for line in page.splitlines()]
        sheet = "" if len(pages) == 1 else str(number)
        aligned = align_page(lines)
        if aligned is not None:
            grids.append(make_grid(sheet, aligned.rows, aligned.merged))
        else:
            grids.append(make_grid(sheet, map(_split, page.splitlines())))
    return grids


def _split(line: str) -> list[str]:
    """The columns of a line; an indent belongs to the first of them."""
    indent = line[: len(line) - len(line.lstrip())]
    columns = [column for column in _GAP.split(line.strip()) if column]
    return [indent + columns[0], *columns[1:]] if columns else []
