"""Read from the XML of an .xlsx file what fastexcel does not report: merges, errors, formulas, types, formats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from io import BytesIO
from posixpath import join, normpath
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from hpedu.ingest.quarantine import Unreadable, refuse_many
from hpedu.ingest.readers.number_formats import find_scaling, join_runs, print_number
from hpedu.ingest.schema import column_index
from hpedu.ingest.sheet.grid import Facts, Merge

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
_INLINE = re.compile(
    rb"<(?:\w+:)?c\b(?P<attributes>[^>]*)(?<!/)>\s*(?P<text><(?:\w+:)?is>.*?</(?:\w+:)?is>)", re.DOTALL
)
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*\br="(\d+)"')
_HIDDEN_COLUMNS = re.compile(rb'<(?:\w+:)?col\b(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_EDGES = (re.compile(rb'\bmin="(\d+)"'), re.compile(rb'\bmax="(\d+)"'))
_NAME = re.compile(rb'\br="([A-Z]+)(\d+)"')
_TYPE = re.compile(rb'\bt="(\w+)"')
_STYLE = re.compile(rb'\bs="(\d+)"')
# Plain bytes, or patterns that begin with some, because a sheet may have 100 MB.
_PASSED_OVER = (b't="e"', b"<f>", b"<f ")
_PREFIXED = (b":f>", b":f ")
_FRACTION = re.compile(rb"v>-?\d*[.Ee]")
_CELL_START = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)(\d+)"')
# A formula may well give the empty text.
_TEXTS = (b"str", b"s", b"inlineStr")
_ONE = Decimal(1)
_MOST_RAISED = 100_000
_BUILT_IN = {"9": "0%", "10": "0.00%"}


@dataclass(frozen=True)
class _Book:
    """What holds for all sheets: formats by style that scale, shared texts with raised letters, and more.

    `is_uncalculated` says that a program wrote the formulas: a stored 0 stands for no value at all.
    """

    formats: Mapping[int, str]
    raised: Mapping[int, str]
    is_uncalculated: bool
    is_1904: bool


def list_parts(data: bytes) -> set[str]:
    """List the names of the parts of an office file; none if it is no archive."""
    if not data.startswith(b"PK"):
        return set()
    try:
        with ZipFile(BytesIO(data)) as archive:
            return set(archive.namelist())
    except BadZipFile:
        return set()


def read_facts(data: bytes) -> dict[str, Facts]:
    """Return the facts of each sheet by its name. Texts are "#REF!" for an error, "=A1" for a bare formula."""
    with ZipFile(BytesIO(data)) as archive:
        book = _read_book(archive)
        parts = dict(_sheet_parts(archive))
        if len(set(parts.values())) < len(parts):
            # Of one part a few letters could make sheets without end.
            raise Unreadable("damaged")
        return {name: _read_sheet(archive.read(part), book) for name, part in parts.items()}


def _sheet_parts(book: ZipFile) -> Iterator[tuple[str, str]]:
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): normpath(join("/xl", r.get("Target", ""))).lstrip("/") for r in relations}
    present = set(book.namelist())
    for element in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        part = targets.get(element.get(_RELATION) or element.get(_STRICT_RELATION))
        if element.tag.endswith("}sheet") and part in present:
            yield element.get("name", ""), str(part)


def _read_book(archive: ZipFile) -> _Book:
    names = set(archive.namelist())
    styles, texts = (
        archive.read(part) if part in names else b"" for part in ("xl/styles.xml", "xl/sharedStrings.xml")
    )
    xml = archive.read("xl/workbook.xml")
    is_uncalculated, is_1904 = (
        re.search(rb"<(?:\w+:)?" + element + rb'="(?:1|true)"', xml) is not None
        for element in (rb"calcPr\b[^>]*\bfullCalcOnLoad", rb"workbookPr\b[^>]*\bdate1904")
    )
    return _Book(_find_formats(styles), _find_raised(texts), is_uncalculated, is_1904)


def _find_formats(xml: bytes) -> dict[int, str]:
    """Return the number format of each cell style that scales, such as "0.0%" and "#,##0,"."""
    if not xml:
        return {}
    root = ElementTree.fromstring(xml)
    codes = _BUILT_IN | {
        e.get("numFmtId", ""): e.get("formatCode", "") for e in root.iterfind("{*}numFmts/{*}numFmt")
    }
    used = (codes.get(e.get("numFmtId", ""), "") for e in root.iterfind("{*}cellXfs/{*}xf"))
    return find_scaling(dict(enumerate(used)))


def _find_raised(xml: bytes) -> dict[int, str]:
    """Return the shared texts in which letters are raised, by their number."""
    if b"superscript" not in xml:
        return {}
    refuse_many(xml.count(b"superscript"), _MOST_RAISED)
    items = enumerate(ElementTree.fromstring(xml).iterfind("{*}si"))
    return {place: _join(item) for place, item in items if item.find("{*}r/{*}rPr/{*}vertAlign") is not None}


def _join(item: ElementTree.Element) -> str:
    """Join the runs of a rich text; readings of Chinese letters (rPh) are no part of it."""
    pieces = []
    for run in item:
        raised = run.find("{*}rPr/{*}vertAlign")
        own = [run] if run.tag.endswith("}t") else run.findall("{*}t") if run.tag.endswith("}r") else []
        text = "".join(t.text or "" for t in own)
        pieces.append((text, raised is not None and raised.get("val") == "superscript"))
    return join_runs(pieces)


def _read_sheet(xml: bytes, book: _Book) -> Facts:
    # They come after all cells, in a file that may be large.
    start = xml.find(b"mergeCells")
    facts = Facts(is_1904=book.is_1904)
    for left, top, right, bottom in _MERGE.findall(xml, start) if start >= 0 else ():
        facts.merged.append(Merge(int(top) - 1, column_index(left), int(bottom) - 1, column_index(right)))
    if b"hidden=" in xml:
        facts.hidden_rows.update(int(row[1]) - 1 for row in _HIDDEN_ROW.finditer(xml))
        for column in set(_HIDDEN_COLUMNS.findall(xml)):
            first, last = (int(found[1]) if (found := edge.search(column)) else 0 for edge in _EDGES)
            facts.hidden_columns.update(range(first - 1, last))
    marks = _PASSED_OVER if b"<sheetData" in xml else _PASSED_OVER + _PREFIXED
    if book.formats or book.raised or any(mark in xml for mark in marks):
        for cell in _CELL.finditer(xml):
            printed = _read_cell(cell, book)
            name = _NAME.search(cell["attributes"]) if printed != (None, None) else None
            if name is not None:
                facts.take(_place(name), *printed)
    else:
        for fraction in _FRACTION.finditer(xml):
            value = xml.rfind(b"<", 0, fraction.start())
            name = _CELL_START.match(xml, xml.rfind(b"<", 0, value))
            if name is not None:
                facts.scales[_place(name)] = _ONE
    if b"superscript" in xml:
        for cell in _INLINE.finditer(xml):
            name = _NAME.search(cell["attributes"])
            if name is not None and b"superscript" in cell["text"]:
                facts.texts[_place(name)] = _join(_parse_inline(cell["text"]))
    return facts


def _parse_inline(xml: bytes) -> ElementTree.Element:
    """Parse a piece of a sheet, whose prefix is declared at its top."""
    prefix = re.match(rb"<(\w+):", xml)
    declared = b"xmlns:" + prefix[1] if prefix else b"xmlns"
    return ElementTree.fromstring(re.sub(rb">", b" " + declared + b'="urn:sheet">', xml, count=1))


def _place(name: re.Match[bytes]) -> tuple[int, int]:
    return int(name[2]) - 1, column_index(name[1])


def _read_cell(cell: re.Match[bytes], book: _Book) -> tuple[str | None, Decimal | None]:
    """Return the text of a cell if it is not what fastexcel gives, and the scale of a number with a mark in it."""
    attributes, value = cell["attributes"], (cell["value"] or b"").strip()
    found = _TYPE.search(attributes)
    kind = found[1] if found else b"n"
    if kind == b"s":
        return (book.raised.get(int(value)) if book.raised and value else None), None
    is_number = kind == b"n" and value
    if kind == b"e" and value:
        return unescape(value.decode()), None
    if cell["formula"] and (not value or (is_number and book.is_uncalculated and float(value) == 0)):
        return (None if kind in _TEXTS else "=" + unescape((cell["terms"] or b"").decode())), None
    if not is_number:
        return None, None
    style = _STYLE.search(attributes)
    code = book.formats.get(int(style[1]), "") if style else ""
    text, scale = print_number(float(value), code) if code else ("", _ONE)
    return (text, scale) if scale != 1 else (None, None if value.isdigit() else scale)
