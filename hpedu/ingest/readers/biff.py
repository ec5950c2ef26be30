"""Read from the records of an old .xls file what fastexcel does not report: merges, errors, types, formats."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import xlrd

from hpedu.errors import Refused
from hpedu.ingest.readers.number_formats import find_scaling, join_runs, print_number
from hpedu.ingest.sheet.grid import Facts, Merge, Place

_EOF, _FORMULA = 0x0A, 0x06
_CALCULATE_ON_LOAD = 2
_RAISED = 1


def read_facts(data: bytes) -> dict[str, Facts]:
    """Return the facts of each sheet by its name. Raises `Refused` if the file is damaged."""
    try:
        # Ragged rows, so that one cell far down to the right does not fill the memory.
        book: Any = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
        )
        formats = find_scaling(
            {style: book.format_map[xf.format_key].format_str for style, xf in enumerate(book.xf_list)}
        )
        return {name: _read_sheet(book, place, formats) for place, name in enumerate(book.sheet_names())}
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, AssertionError, LookupError) as error:
        raise Refused("workbook_damaged", detail=error) from error


def _read_sheet(book: Any, place: int, formats: dict[int, str]) -> Facts:
    sheet = book.sheet_by_index(place)
    facts = Facts(is_1904=bool(book.datemode))
    facts.merged.extend(Merge(top, left, end - 1, after - 1) for top, end, left, after in sheet.merged_cells)
    facts.hidden_rows.update(row for row, info in sheet.rowinfo_map.items() if info.hidden)
    facts.hidden_columns.update(column for column, info in sheet.colinfo_map.items() if info.hidden)
    for row in range(sheet.nrows):
        cells = zip(sheet.row_types(row), sheet.row_values(row), strict=True)
        for column, (kind, value) in enumerate(cells):
            if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                text, scale = print_number(value, formats.get(sheet.cell_xf_index(row, column), ""))
                is_plain = scale == 1 and value.is_integer()
                facts.take((row, column), text if scale != 1 else None, None if is_plain else scale)
            elif kind == xlrd.XL_CELL_ERROR:
                facts.texts[row, column] = xlrd.error_text_from_code.get(value, "#?")
    for cell, runs in sheet.rich_text_runlist_map.items():
        pieces = list(_split_runs(sheet.cell_value(*cell), runs, book.font_list))
        if any(is_raised for _, is_raised in pieces):
            facts.texts[cell] = join_runs(pieces)
    for cell in _find_uncalculated(book.mem, book._sh_abs_posn[place]):
        facts.texts[cell] = "="
        facts.scales.pop(cell, None)
    return facts


def _split_runs(text: str, runs: Sequence[tuple[int, int]], fonts: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text, and whether the letters of each are raised."""
    yield text[: runs[0][0]], False
    for (start, font), (end, _) in zip(runs, [*runs[1:], (len(text), 0)], strict=True):
        yield text[start:end], font < len(fonts) and fonts[font].escapement == _RAISED


def _find_uncalculated(stream: bytes, place: int) -> Iterator[Place]:
    """Yield the formulas of a sheet that were never calculated: their value is no number of normal size."""
    kind = None
    while kind != _EOF and place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if kind == _FORMULA:
            row, column, value, flags = struct.unpack_from("<HH2xdH", stream, place + 4)
            if flags & _CALCULATE_ON_LOAD and abs(value) < 1e-300:
                yield row, column
        place += 4 + length
