"""PX-Web exports of the statistics office: CSV (semicolons, a title line over the header) and JSON-stat."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from typing import Any

from hpedu.ingest.cells import Cell, RawTable, column_letters
from hpedu.ingest.words.text import clean_text


def is_pxweb_csv(data: bytes) -> bool:
    """Whether the bytes look like a PX-Web CSV: a quoted title alone, a blank line, a header with ";"."""
    lines = data[:65536].decode("utf-8-sig", errors="replace").splitlines()
    return len(lines) >= 3 and lines[0].startswith('"') and not lines[1].strip() and '";"' in lines[2]


def read_pxweb_csv(data: bytes) -> RawTable:
    """Read a PX-Web CSV. Labels: `row` (first column) and `column` (header); address as in a spreadsheet."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    title, header, body = clean_text(rows[0][0]), [clean_text(c) for c in rows[2]], rows[3:]
    cells = [
        Cell(
            sheet="",
            address=f"{column_letters(column)}{line}",
            printed=printed,
            labels={"row": clean_text(row[0]), "column": header[column] if column < len(header) else ""},
        )
        for line, row in enumerate(body, start=4)
        for column, printed in enumerate(row)
        if column > 0
    ]
    return RawTable(title, cells)


def is_jsonstat(data: bytes) -> bool:
    """Whether the bytes look like JSON-stat with a `dataset` at the top."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and b'"dataset"' in data[:64]


def read_jsonstat(data: bytes) -> RawTable:
    """Read a JSON-stat 1 dataset (a NUL byte at its end is a known trait of this server).

    Labels: one for each dimension, under the dimension's label; address is the place in the value array.
    """
    dataset = json.loads(data.decode("utf-8-sig").rstrip("\x00 \r\n"))["dataset"]
    dimension = dataset["dimension"]
    names = [clean_text(dimension[key]["label"]) for key in dimension["id"]]
    categories = [_category_labels(dimension[key]["category"]) for key in dimension["id"]]
    values = dataset["value"]
    cells = [
        Cell("", f"value[{index}]", _print_value(values[index]), dict(zip(names, labels, strict=True)))
        for index, labels in enumerate(product(*categories))
    ]
    return RawTable(clean_text(dataset["label"]), cells)


def _category_labels(category: dict[str, Any]) -> list[str]:
    index = category["index"]
    codes = sorted(index, key=lambda code: index[code]) if isinstance(index, dict) else list(index)
    return [clean_text(category["label"][code]) for code in codes]


def _print_value(value: float | str | None) -> str:
    return ".." if value is None else str(value)
