"""Plain CSV with one header row and one figure a row, as UNESCO publishes and as transcriptions are kept."""

from __future__ import annotations

import csv
import io

from hpedu.ingest.cells import Cell, RawTable, column_letters
from hpedu.ingest.readers.charset import decode_text
from hpedu.ingest.words.text import clean_text


def is_tidy_csv(data: bytes) -> bool:
    """Whether the first line is a comma-separated header with a column for the value."""
    header = data[:4096].decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    return "value" in [clean_text(name).strip('"').casefold() for name in header.split(",")]


def read_tidy_csv(data: bytes) -> RawTable:
    """Read a tidy CSV. Labels: every other column of the row; the title is the header itself.

    Raises
    ------
    ValueError
        If a row has more or fewer columns than the header: which of them is missing cannot be told.
    """
    rows = list(csv.reader(io.StringIO(decode_text(data), newline="")))
    header = [clean_text(name) for name in rows[0]]
    value = next(i for i, name in enumerate(header) if name.casefold() == "value")
    ragged = [str(line) for line, row in enumerate(rows, start=1) if row and len(row) != len(header)]
    if ragged:
        raise ValueError(f"the header has {len(header)} columns, but not line {', '.join(ragged[:10])}")
    cells = [
        Cell(
            sheet="",
            address=f"{column_letters(value)}{line}",
            printed=row[value],
            labels={
                name: clean_text(text)
                for i, (name, text) in enumerate(zip(header, row, strict=True))
                if i != value
            },
        )
        for line, row in enumerate(rows[1:], start=2)
        if row  # a blank line is no row
    ]
    return RawTable(",".join(header), cells)
