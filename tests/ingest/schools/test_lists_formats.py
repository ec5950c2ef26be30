"""One school list in every kind of file and in the fonts of old: the same schools come out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import polars as pl
import pytest

from hpedu.ingest.schools.lists import may_be_school_list, read_school_list
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.schools.test_lists import HEADER, SCHOOL, make_workbook
from tests.ingest.words.test_vietnamese import encode

ROWS = [
    HEADER,
    SCHOOL,
    [2, "2025-2026", "31000002", "Trường B", "THCS", "10525", "Phường Hải Dương", "Tư thục", 300, 140],
    [3, "2025-2026", "31000003", "Trường Đồng Hải", "Mầm non", "10525", "Phường Hải Dương", "Công lập", 200, 90],
]
TEXTS = [[str(cell) for cell in row] for row in ROWS]


def delimited(texts: list[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(texts)
    return file.getvalue()


def html(texts: list[list[str]]) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in texts)
    return f"<html><body><h3>DS</h3><table>{rows}</table></body></html>"


def xml(texts: list[list[str]]) -> str:
    rows = "".join(f"<Row>{''.join(f'<Cell><Data>{text}</Data></Cell>' for text in row)}</Row>" for row in texts)
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    sheet = f"<Worksheet><Table>{rows}</Table></Worksheet>"
    return f'<?xml version="1.0"?><Workbook xmlns="{name}" xmlns:ss="{name}">{sheet}</Workbook>'


def legacy(encoding: str, write: Callable[[list[list[str]]], str]) -> bytes:
    return write([[encode(text, encoding) for text in row] for row in TEXTS]).encode("latin-1")


FILES = {
    "csv": delimited(TEXTS).encode("utf-8-sig"),
    "html": html(TEXTS).encode(),
    "xml workbook": xml(TEXTS).encode(),
    "csv in tcvn3": legacy("tcvn3", delimited),
    "csv in vni": legacy("vni", delimited),
    "html in tcvn3": legacy("tcvn3", html),
    "workbook in tcvn3": make_workbook([[encode(text, "tcvn3") for text in row] for row in TEXTS]),
    "workbook in vni": make_workbook([[encode(text, "vni") for text in row] for row in TEXTS]),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_schools_come_out(kind: str, registry: Registry) -> None:
    assert may_be_school_list(open_source(FILES[kind]))
    expected = read_school_list(open_source(make_workbook(ROWS)), "a", registry)
    found = read_school_list(open_source(FILES[kind]), "a", registry)
    assert found.frame.height == 3
    place = pl.exclude("file", "sheet")
    assert found.frame.select(place).equals(expected.frame.select(place))
