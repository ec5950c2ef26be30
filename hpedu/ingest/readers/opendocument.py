"""Read from an .ods file what fastexcel does not report: merges, errors, formulas, types, formats."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice, product, repeat
from zipfile import ZipFile

from lxml import etree

from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers.number_formats import join_runs, print_number
from hpedu.ingest.schema import MOST_CELLS, MOST_COLUMNS
from hpedu.ingest.sheet.grid import Facts, Merge

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE, _STYLE, _NUMBER = (
    f"{{{_NAMES}{name}:1.0}}" for name in ("table", "text", "office", "style", "datastyle")
)
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
# What fills a sheet to its end is repeated so often; nothing is in it.
_MOST_REPEATED = 1024
# Of cells that are filled, nobody has so many with the same in them.
_MOST_FILLED = 1 << 16


def read_facts(data: bytes) -> dict[str, Facts]:
    """Return the facts of each sheet by its name."""
    with ZipFile(BytesIO(data)) as archive:
        parser = etree.XMLParser(huge_tree=True, resolve_entities=False)
        names = [part for part in ("content.xml", "styles.xml") if part in archive.namelist()]
        parts = [etree.fromstring(archive.read(part), parser) for part in names]
    styles = _Styles(parts)
    return {
        table.get(f"{_TABLE}name", ""): _read_table(table, styles) for table in parts[0].iter(f"{_TABLE}table")
    }


class _Styles:
    """The styles of a file: those of cells that scale, and those of letters that are raised."""

    def __init__(self, parts: list[etree._Element]) -> None:
        scaling = {}
        for part in parts:
            for number in part.iter(f"{_NUMBER}number"):
                factor = Decimal(number.get(f"{_NUMBER}display-factor", "1"))
                form = number.getparent()
                if factor != 1 and form is not None:
                    scaling[form.get(f"{_STYLE}name", "")] = factor
        # For each style of cells, the format that leaves out digits.
        self.scales: dict[str, Decimal] = {}
        self.raised: set[str] = set()
        for part in parts:
            for style in part.iter(f"{_STYLE}style"):
                name, form = style.get(f"{_STYLE}name", ""), style.get(f"{_STYLE}data-style-name", "")
                if form in scaling:
                    self.scales[name] = scaling[form]
                for properties in style.iter(f"{_STYLE}text-properties"):
                    if properties.get(f"{_STYLE}text-position", "").startswith("super"):
                        self.raised.add(name)


def _read_table(table: etree._Element, styles: _Styles) -> Facts:
    facts = Facts()
    repeated_columns = (
        repeat(column, min(_repeats(column, "columns"), _MOST_REPEATED))
        for column in table.iter(f"{_TABLE}table-column")
    )
    columns = list(islice(chain.from_iterable(repeated_columns), MOST_COLUMNS))
    defaults = [column.get(f"{_TABLE}default-cell-style-name", "") for column in columns]
    facts.hidden_columns.update(place for place, column in enumerate(columns) if _is_hidden(column))
    top = filled = 0
    for row in table.iter(f"{_TABLE}table-row"):
        rows = _repeats(row, "rows")
        if _is_hidden(row):
            facts.hidden_rows.update(range(top, top + min(rows, _MOST_REPEATED)))
        left = 0
        for cell in row.iterchildren(*_CELLS):
            repeated = _repeats(cell, "columns")
            if len(cell) or cell.get(f"{_TABLE}formula"):
                style = cell.get(f"{_TABLE}style-name") or (defaults[left] if left < len(defaults) else "")
                filled += rows * repeated
                if rows * repeated > _MOST_FILLED or filled > MOST_CELLS:
                    raise Unreadable("too_large", f"{rows} x {repeated}")
                text, scale = _read_cell(cell, style, styles)
                for place in product(range(top, top + rows), range(left, left + repeated)):
                    facts.take(place, text, scale)
            down, across = (int(cell.get(f"{_TABLE}number-{of}-spanned", "1")) for of in ("rows", "columns"))
            if down > 1 or across > 1:
                facts.merged.append(Merge(top, left, top + down - 1, left + across - 1))
            left += repeated
        top += rows
    return facts


def _is_hidden(element: etree._Element) -> bool:
    return element.get(f"{_TABLE}visibility") in ("collapse", "filter")


def _repeats(element: etree._Element, of: str) -> int:
    return int(element.get(f"{_TABLE}number-{of}-repeated", "1"))


def _read_cell(cell: etree._Element, style: str, styles: _Styles) -> tuple[str | None, Decimal | None]:
    """Return the text of a cell if it is not what fastexcel gives, and the scale of a number."""
    kind, value = cell.get(f"{_OFFICE}value-type", ""), cell.get(f"{_OFFICE}value", "")
    runs = [run for line in cell.iterchildren(f"{_TEXT}p") for run in _list_runs(line, styles, is_raised=False)]
    printed = "".join(text for text, _ in runs)
    if cell.get(f"{_CALC}value-type") == "error" or printed.startswith("Err:"):
        return printed, None
    if not kind and not printed:
        return "=" + cell.get(f"{_TABLE}formula", "").partition("=")[2], None
    if kind in ("float", "percentage", "currency") and value:
        if kind == "percentage":
            return print_number(float(value), "0%")
        scale = styles.scales.get(style, Decimal(1))
        return (print_number(float(Decimal(value) / scale), "")[0] if scale != 1 else None), scale
    return (join_runs(runs) if any(is_raised for _, is_raised in runs) else None), None


def _list_runs(element: etree._Element, styles: _Styles, *, is_raised: bool) -> Iterator[tuple[str, bool]]:
    yield element.text or "", is_raised
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " ", is_raised
        own = is_raised or child.get(f"{_TEXT}style-name", "") in styles.raised
        yield from _list_runs(child, styles, is_raised=own)
        yield child.tail or "", is_raised
