"""What fastexcel does not tell of an .xlsx file, read from its XML: merged cells, and cells it passes over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from posixpath import join, normpath
from xml.etree import ElementTree
from zipfile import ZipFile

from hpedu.ingest.grid import Merge

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
# The end of a cell with an error for its value, or with a formula that was never computed.
_ERROR = re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="e"[^>]*>')
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?f\b[^>]*(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)(\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>\s*</(?:\w+:)?c>")


@dataclass(frozen=True)
class Extras:
    """Of one sheet: its merged ranges, and the text of cells that fastexcel leaves empty, by (row, column)."""

    merged: list[Merge]
    texts: dict[tuple[int, int], str]


def read_extras(book: ZipFile) -> dict[str, Extras]:
    """The extras of every worksheet, by name. fastexcel reads an error ("#REF!") as an empty cell (its issue
    #229), and so a formula without a stored value; here the one comes as its text, the other as "=A1+B1".
    """
    return {name: _read_sheet(book.read(part)) for name, part in _sheet_parts(book)}


def _sheet_parts(book: ZipFile) -> Iterator[tuple[str, str]]:
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): normpath(join("/xl", r.get("Target", ""))).lstrip("/") for r in relations}
    present = set(book.namelist())
    for element in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        part = targets.get(element.get(_RELATION) or element.get(_STRICT_RELATION))
        if element.tag.endswith("}sheet") and part in present:
            yield element.get("name", ""), str(part)


def _read_sheet(xml: bytes) -> Extras:
    tail = xml.rfind(b"mergeCells ") if (start := xml.find(b"mergeCells")) >= 0 else len(xml)
    merges = [_merge(match) for match in _MERGE.finditer(xml, min(max(tail, 0), start) if start >= 0 else len(xml))]
    return Extras(merges, dict(_error_texts(xml)) | dict(_formula_texts(xml)))


def _merge(match: re.Match[bytes]) -> Merge:
    left, top, right, bottom = match.groups()
    return Merge(int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))


def _error_texts(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for match in _ERROR.finditer(xml) if b't="e"' in xml else ():
        value = _VALUE.search(xml, match.end())
        place = _CELL.match(xml, match.start())
        if place and value:
            yield _position(place), unescape(value[1].decode())


def _formula_texts(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for match in _UNCOMPUTED.finditer(xml):
        start = max(xml.rfind(b"<c ", 0, match.start()), xml.rfind(b":c ", 0, match.start()) - 2)
        place = _CELL.search(xml, max(start, 0), match.start())
        if place:
            yield _position(place), "=" + unescape((match[1] or b"").decode())


def _position(cell: re.Match[bytes]) -> tuple[int, int]:
    return int(cell[2]) - 1, column_index(cell[1])


def column_index(letters: bytes) -> int:
    """The number of a column, counted from 0: A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
