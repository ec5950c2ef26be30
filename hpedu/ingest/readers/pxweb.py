"""Read CSV exports of PX-Web tables: a title that lists the variables, a header, a row a combination of stubs."""

from __future__ import annotations

from collections.abc import Sequence

from hpedu.errors import Refused
from hpedu.ingest.readers.text import read_rows, start_of
from hpedu.ingest.schema import Cells, RawTable
from hpedu.ingest.words.units import find_scale, find_units, is_percent
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.ingest.words.years import find_year

# What is before the variables in the title.
_LISTS = (" by ", " theo ")


def is_pxweb_csv(data: bytes) -> bool:
    """Return whether a lone title names the variables that head the first columns of the text below."""
    return _find_header(start_of(data)) is not None


def read_pxweb_csv(data: bytes) -> RawTable:
    """Read a PX-Web CSV in any encoding and with any delimiter.

    Labels: `row` (the first column) and `column` (the header, where several variables may be glued); where more
    columns than one head the rows each comes under its own name, and a lone column of values, which is named after
    the table, says no more than its unit. Address as in a spreadsheet. Raises `ValueError` if it is no such file.
    """
    rows = read_rows(data)
    found = _find_header(rows)
    if found is None:
        raise Refused("pxweb_no_title")
    head, stubs = found
    header = [clean_text(text) for text in rows[head]]
    names = ["row"] if stubs == 1 else header[:stubs]
    is_lone = stubs > 1 and len(header) == stubs + 1 and find_year(header[-1]) is None
    widest = max(map(len, rows))
    columns = [_label_column(text, is_lone=is_lone) for text in (*header, *[""] * (widest - len(header)))]
    body = rows[head + 1 :]
    notes = tuple(row[0] for row in body if row and not any(text.strip() for text in row[1:]))
    for row in body:
        row[:stubs] = map(clean_text, row[:stubs])
    title = next((clean_text(row[0]) for row in rows if any(text.strip() for text in row)), "")
    return RawTable(title, Cells(body, head + 2, names, columns), is_plain=True, notes=notes)


def _label_column(header: str, *, is_lone: bool) -> dict[str, str]:
    if not is_lone:
        return {"column": header}
    unit = " ".join(find_units(header)) or (header if find_scale(header) != 1 else "%" * is_percent(header))
    return {"unit": unit} if unit else {}


def _find_header(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """Return the number of the header row, and how many columns head the rows: those that the title names."""
    filled = [number for number, row in enumerate(rows) if any(text.strip() for text in row)][:2]
    if len(filled) < 2:
        return None
    first, head = filled
    title, header = [text for text in rows[first] if text.strip()], rows[head]
    if len(title) != 1 or len(header) < 2 or not any(word in f" {fold_text(title[0])} " for word in _LISTS):
        return None
    named = fold_text(title[0])
    stubs = next(
        (c for c, text in enumerate(header) if not text.strip() or fold_text(text) not in named), len(header)
    )
    stubs = min(stubs, len(header) - 1)
    return (head, stubs) if stubs else None
