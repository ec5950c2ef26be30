"""A table whose figures are known, and the files it can come in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from itertools import product
from random import Random
from zipfile import ZipFile

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

TITLE = "Number of pupils of general education as of 30 September by province"
VARIABLES = "by Cities, provincies, Years and Items"
PLACES = {
    "WHOLE COUNTRY": "viet_nam",
    "Ha Noi": "ha_noi",
    "Hai Duong": "hai_duong_old",
    "Hai Phong": "hai_phong_old",
    "Thai Binh": "thai_binh",
    "Quang Ninh": "quang_ninh",
}
ITEMS = {
    "Total": "general",
    "Primary": "primary",
    "Lower secondary": "lower_secondary",
    "Upper secondary": "upper_secondary",
}
YEARS = (2013, 2014, 2015, 2016)
PUBLISHED = "2018-06-30"
OF_GIRLS = ("Nữ", "Female", "Nu")
"""Names of a sheet of girls."""

Key = tuple[str, int, str]


@dataclass
class Figure:
    """A cell: what is printed, what it counts (None if it is no figure), and its look in a workbook."""

    printed: str
    value: Decimal | None
    format: str = ""
    raised: str = ""
    as_text: bool = False


@dataclass
class Column:
    """A column: its labels, and the year, level and status they stand for (None, "" if for none)."""

    year_label: str
    item_label: str
    year: int | None
    level: str
    status: str = "final"


@dataclass
class Row:
    """A row: its label, and the territory it stands for ("" if for none)."""

    label: str
    territory: str
    cells: list[Figure]


@dataclass
class Table:
    """A table as its author means it. `scale` is that of its unit, None where the unit fits no pupils."""

    title: str
    unit: str
    columns: list[Column]
    rows: list[Row]
    sheet: str = "Sheet1"
    notes: list[str] = field(default_factory=list)
    scale: Decimal | None = Decimal(1)
    # Whether the table is about pupils of both sexes at all.
    is_known: bool = True
    sex: str = "both"
    # Rows of which a cell is lost in the file, by their number, and which cells.
    lost: dict[int, slice] = field(default_factory=dict)
    # Where the file is cut: so many digits of the last figure are left.
    cut: int = 0

    def cut_off(self, text: str) -> bytes:
        """Return a file of text, without what is cut off."""
        last = self.rows[-1].cells[-1].printed
        return (text[: text.rindex(last) + self.cut] if self.cut else text).encode()

    def truth(self) -> dict[Key, set[tuple[float, str]]]:
        """Return each figure as it now stands, with its status."""
        found: dict[Key, set[tuple[float, str]]] = {}
        # A sheet of girls is one if the table is, too.
        is_known = self.is_known and (self.sheet not in OF_GIRLS or self.sex == "female")
        for row, (column, cell) in (
            (r, pair) for r in self.rows for pair in zip(self.columns, r.cells, strict=True)
        ):
            if not (is_known and row.territory and column.year and column.level):
                continue
            if cell.value is not None and self.scale is not None:
                value = float(cell.value * self.scale)
                found.setdefault((row.territory, column.year, column.level), set()).add((value, column.status))
        return found


def make_table(random: Random) -> Table:
    """Make a table of pupils; no two figures are alike, so that one in a wrong place is seen."""
    columns = [Column(str(year), item, year, level) for year in YEARS for item, level in ITEMS.items()]
    numbers = random.sample(range(10_001, 999_999), len(PLACES) * len(columns))
    rows = [
        Row(label, territory, [_figure(numbers.pop()) for _ in columns]) for label, territory in PLACES.items()
    ]
    return Table(TITLE, "Pupil", columns, rows)


def _figure(number: int) -> Figure:
    return Figure(str(number), Decimal(number))


def write_csv(table: Table) -> bytes:
    header = ["Cities, provincies", *(f"{c.year_label} {c.item_label}".strip() for c in table.columns)]
    unit = [] if table.unit == "Pupil" else [[""], ["Units:"], [table.unit]]
    body = [[row.label, *(cell.printed + cell.raised for cell in row.cells)] for row in table.rows]
    for number, place in table.lost.items():
        del body[number][place]
    lines = [[f"{table.title} {VARIABLES}"], [], header, *body, *([note] for note in table.notes), *unit]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _tiers(table: Table) -> tuple[list[str], list[str]]:
    """Return the two lines of the header; a year stands over the first of its columns."""
    years, before = [], None
    for column in table.columns:
        years.append("" if column.year_label == before else column.year_label)
        before = column.year_label
    return years, [column.item_label for column in table.columns]


def write_xlsx(table: Table) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = table.sheet
    years, items = _tiers(table)
    for line in ([table.title], [f"Unit: {table.unit}"], ["", *years], ["", *items]):
        sheet.append(line)
    starts = [number for number, year in enumerate(years) if year]
    for start, end in zip(starts, [*starts[1:], len(years)], strict=True):
        sheet.merge_cells(start_row=3, start_column=start + 2, end_row=3, end_column=end + 1)
    for number, row in enumerate(table.rows, start=5):
        sheet.cell(number, 1, row.label)
        for place, cell in enumerate(row.cells, start=2):
            plain = cell.value is not None and not cell.as_text and not cell.raised
            written = sheet.cell(number, place)
            if cell.raised:
                sign = TextBlock(InlineFont(vertAlign="superscript"), cell.raised)
                written.value = CellRichText(cell.printed, sign)
            elif plain and cell.printed.replace(".", "", 1).isdigit():
                written.value = float(cell.printed) if "." in cell.printed else int(cell.printed)
                written.number_format = cell.format or "General"
            else:
                written.value = cell.printed
                written.data_type = "s"
    for note in table.notes:
        sheet.append([note])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_html(table: Table) -> bytes:
    years, items = _tiers(table)
    starts = [number for number, year in enumerate(years) if year]
    spans = [
        f'<th colspan="{end - start}">{escape(years[start])}</th>'
        for start, end in zip(starts, [*starts[1:], len(years)], strict=True)
    ]
    lines = [
        f"<tr><th></th>{''.join(spans)}</tr>",
        f"<tr><th></th>{''.join(f'<th>{escape(i)}</th>' for i in items)}</tr>",
    ]
    for row in table.rows:
        cells = "".join(
            f"<td>{escape(c.printed)}{f'<sup>{c.raised}</sup>' * bool(c.raised)}</td>" for c in row.cells
        )
        lines.append(f"<tr><td>{escape(row.label)}</td>{cells}</tr>")
    notes = "".join(f"<p>{escape(note)}</p>" for note in table.notes)
    head = f"<html><body><h2>{escape(table.title)}</h2>"
    unit = f'<tr><td colspan="{len(items) + 1}">Unit: {escape(table.unit)}</td></tr>'
    caption = f'<tr><td colspan="{len(items) + 1}">{escape(table.title)}</td></tr>'
    return table.cut_off(f"{head}<table>{caption}{unit}{''.join(lines)}</table>{notes}</body></html>")


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
    "<office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def write_ods(table: Table) -> bytes:
    years, items = _tiers(table)

    def texts(line: list[str]) -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(t)}</text:p></table:table-cell>'
            if t
            else "<table:table-cell/>"
            for t in line
        )
        return f"<table:table-row>{cells}</table:table-row>"

    def figure(cell: Figure) -> str:
        shown = escape(cell.printed + cell.raised)
        if cell.value is None or cell.as_text or cell.raised or not cell.printed.replace(".", "", 1).isdigit():
            return f'<table:table-cell office:value-type="string"><text:p>{shown}</text:p></table:table-cell>'
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell.printed}"><text:p>{shown}</text:p>'
            "</table:table-cell>"
        )

    lines = [texts([table.title]), texts([f"Unit: {table.unit}"]), texts(["", *years]), texts(["", *items])]
    for row in table.rows:
        label = (
            f'<table:table-cell office:value-type="string"><text:p>{escape(row.label)}</text:p></table:table-cell>'
        )
        lines.append(f"<table:table-row>{label}{''.join(map(figure, row.cells))}</table:table-row>")
    lines += [texts([note]) for note in table.notes]
    content = _ODS.format(table=f'<table:table table:name="{escape(table.sheet)}">{"".join(lines)}</table:table>')
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", _MANIFEST.format(kind=kind))
    return out.getvalue()


def _dimensions(table: Table) -> dict[str, list[str]]:
    """Return the variables of a cube: years and items apart where every year has every item, else as one."""
    pairs = [(column.year_label, column.item_label) for column in table.columns]
    years, items = (list(dict.fromkeys(part)) for part in zip(*pairs, strict=True))
    places = {"Cities, provincies": [row.label for row in table.rows]}
    if pairs == list(product(years, items)):
        return places | {"Years": years, "Items": items}
    return places | {"Years and items": [f"{year} {item}" for year, item in pairs]}


def _data(table: Table) -> list[Figure]:
    return [cell for row in table.rows for cell in row.cells]


def write_px(table: Table) -> bytes:
    names = _dimensions(table)
    quoted = {name: ",".join(f'"{text}"' for text in texts) for name, texts in names.items()}
    stub, *heading = names
    headings = ",".join(f'"{name}"' for name in heading)
    data = " ".join(
        cell.printed if cell.printed.replace(".", "", 1).isdigit() else f'"{cell.printed}"'
        for cell in _data(table)
    )
    values = "".join(f'VALUES("{name}")={texts};\n' for name, texts in quoted.items())
    note = "".join(f'NOTE="{text}";\n' for text in table.notes[:1])
    return (
        f'CHARSET="ANSI";\nAXIS-VERSION="2013";\nCODEPAGE="utf-8";\nLANGUAGE="en";\nUNITS="{table.unit}";\n'
        f'TITLE="{table.title} {VARIABLES}";\nSTUB="{stub}";\n'
        f"HEADING={headings};\n{values}{note}DATA=\n{data};\n"
    ).encode()


def write_jsonstat(table: Table) -> bytes:
    names = _dimensions(table)
    dimension: dict[str, object] = {
        name: {
            "label": name,
            "category": {"index": [str(n) for n in range(len(t))], "label": {str(n): x for n, x in enumerate(t)}},
        }
        for name, t in names.items()
    }
    shape = {"id": list(names), "size": [len(texts) for texts in names.values()]}
    cells = _data(table)
    values = [json.loads(c.printed) if c.printed.replace(".", "", 1).isdigit() else None for c in cells]
    status = {str(n): c.printed for n, c in enumerate(cells) if values[n] is None}
    dataset = {"version": "2.0", "class": "dataset", "label": f"{table.title} {VARIABLES}", "value": values}
    return json.dumps(dataset | shape | {"status": status, "dimension": dimension}).encode()


def write_text(table: Table) -> bytes:
    """Write a page of plain text: columns of even width under two lines of header."""
    items = [column.item_label for column in table.columns]
    width = 1 + max(
        len(text) for column in table.columns for text in (column.year_label, column.item_label, "000000 ")
    )
    width = max(width, 1 + max(len(c.printed + c.raised) for row in table.rows for c in row.cells))
    first = 4 + max(len(row.label) for row in table.rows)

    def line(label: str, texts: list[str]) -> str:
        return label.ljust(first) + "".join(f"  {text.rjust(width)}" for text in texts)

    shown = [column.year_label for column in table.columns]
    body = [line(row.label, [c.printed + c.raised for c in row.cells]) for row in table.rows]
    head = [table.title, "", f"{'':{first}}Unit: {table.unit}", "", line("", shown), line("", items), ""]
    return table.cut_off("\n".join([*head, *body, "", *table.notes, ""]))


def write_tidy(table: Table) -> bytes:
    """Write a transcription: codes in columns of their own, one figure a line. What is no code stays as it is."""
    head = "territory,place,level,measure,ownership,sex,detail,period,year,value,qualifier,unit,flags,note"
    unit = "persons" if table.unit == "Pupil" else table.unit
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(head.split(","))
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            labels = [row.territory or row.label, "", column.level or column.item_label, "pupils", "", "", ""]
            # In a transcription the year is that of 30 September.
            lines.writerow([*labels, column.year_label, column.year_label, cell.printed, "", unit, "", ""])
    return out.getvalue().encode()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "pxweb_csv": write_csv,
    "xlsx": write_xlsx,
    "ods": write_ods,
    "html": write_html,
    "px": write_px,
    "jsonstat": write_jsonstat,
    "text": write_text,
    "tidy_csv": write_tidy,
}
