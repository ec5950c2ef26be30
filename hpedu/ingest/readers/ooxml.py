"""What fastexcel does not tell of an .xlsx file, read from its XML: merged cells, and cells it passes over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from posixpath import join, normpath
from xml.etree import ElementTree
from zipfile import ZipFile

from hpedu.ingest.tables.grid import Merge

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_CELL = re.compile(
    rb"""
    <(?:\w+:)?c\b (?P<attributes>[^>]*) (?<!/)> \s*
    (?P<formula> <(?:\w+:)?f\b[^>]* (?: /> | >(?P<terms>[^<]*)</(?:\w+:)?f> ) \s* )?
    (?: <(?:\w+:)?v\b[^>]* (?: /> | >(?P<value>[^<]*)</(?:\w+:)?v> ) \s* )?
    </(?:\w+:)?c>
    """,
    re.VERBOSE,
)
_NAME = re.compile(rb'\br="([A-Z]+)(\d+)"')
_PASSED_OVER = (b't="e"', b"<f>", b"<f ", b":f>", b":f ")  # plain bytes: a sheet may have 100 MB
_HAS_TEXT = re.compile(rb'\bt="(?:str|s|inlineStr)"')  # a formula may well give the empty text


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
    start = xml.find(b"mergeCells")  # after all cells, in a file that may be large
    merges = [_read_merge(match) for match in _MERGE.finditer(xml, start)] if start >= 0 else []
    return Extras(merges, dict(_read_cells(xml)) if any(mark in xml for mark in _PASSED_OVER) else {})


def _read_merge(match: re.Match[bytes]) -> Merge:
    left, top, right, bottom = match.groups()
    return Merge(int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))


def _read_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in _CELL.finditer(xml):
        name, value = _NAME.search(cell["attributes"]), (cell["value"] or b"").strip()
        if name is None:
            continue
        place = int(name[2]) - 1, column_index(name[1])
        if b't="e"' in cell["attributes"] and value:
            yield place, unescape(value.decode())
        elif cell["formula"] and not value and not _HAS_TEXT.search(cell["attributes"]):
            yield place, "=" + unescape((cell["terms"] or b"").decode())


def column_index(letters: bytes) -> int:
    """The number of a column, counted from 0: A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
