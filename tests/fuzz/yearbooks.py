"""Write a table as yearbooks print it: headers of many levels in two languages, keys merged over their rows."""

from __future__ import annotations

import io
from itertools import groupby, product
from random import Random

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.fuzz.tables import Figure, Row, Table

VIETNAMESE = {
    "Total": "Tổng số",
    "Primary": "Tiểu học",
    "Lower secondary": "Trung học cơ sở",
    "Upper secondary": "Trung học phổ thông",
    "WHOLE COUNTRY": "CẢ NƯỚC",
    "Ha Noi": "Hà Nội",
    "Hai Duong": "Hải Dương",
    "Hai Phong": "Hải Phòng",
    "Thai Binh": "Thái Bình",
    "Quang Ninh": "Quảng Ninh",
}
TITLES = {
    "Number of pupils of general education as of 30 September by province": (
        "Số học sinh phổ thông tại thời điểm 30/9 phân theo địa phương"
    ),
}


def write_yearbook(table: Table) -> bytes:
    """Write a table under a header of years and items, in one of the ways there are."""
    random, book, sheet = _begin(table)
    label = random.choice([_name_both, _name_on_two_lines, _name_vietnamese])
    years = [(year, len(list(group))) for year, group in groupby(column.year_label for column in table.columns)]
    way = random.choice(["left", "centred", "merged"])
    line: list[str | None] = [None]
    for year, width in years:
        place = (width - 1) // 2 if way == "centred" else 0
        line += [year if n == place else None for n in range(width)]
    if random.random() < 0.4:
        sheet.append([None, "Năm học - School year"])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=2, end_column=len(line))
    sheet.append(line)
    if way == "merged":
        _merge_across(sheet, [width for _, width in years])
    items = [column.item_label for column in table.columns]
    if random.random() < 0.5:
        _write_divided(sheet, items, [width for _, width in years], random)
    names = [label(item) for item in items]
    if random.random() < 0.3:
        sheet.append([None, *(VIETNAMESE.get(item, item) for item in items)])
        names = items
    sheet.append(["Địa phương\nProvince" if random.random() < 0.5 else None, *names])
    for row in table.rows:
        sheet.append([_name_vietnamese(row.label) if random.random() < 0.5 else row.label])
        _write_figures(sheet, row.cells, 2)
    return _end(table, book, sheet)


def write_merged_keys(table: Table) -> bytes:
    """Write a table with places and years in columns of their own; the first is merged over the rows it is of."""
    random, book, sheet = _begin(table)
    pairs = [(column.year_label, column.item_label) for column in table.columns]
    years, items = (list(dict.fromkeys(part)) for part in zip(*pairs, strict=True))
    if pairs != list(product(years, items)):
        return write_yearbook(table)
    sheet.append(["Địa phương", "Năm", *map(_name_both, items)])
    by_year = random.random() < 0.5
    keys: list[tuple[str, Row, int]] = [(y, row, n) for row in table.rows for n, y in enumerate(years)]
    if by_year:
        sheet.delete_rows(sheet.max_row)
        sheet.append(["Năm", "Địa phương", *map(_name_both, items)])
        keys = [(year, row, n) for n, year in enumerate(years) for row in table.rows]
    first = sheet.max_row + 1
    for year, row, place in keys:
        sheet.append([year, row.label] if by_year else [row.label, year])
        _write_figures(sheet, row.cells[place * len(items) : (place + 1) * len(items)], 3)
    size, is_merged = len(table.rows) if by_year else len(years), random.random() < 0.7
    for top in range(first, first + len(keys), size):
        for number in range(top + 1, top + size):
            sheet.cell(number, 1).value = None
        if is_merged:
            sheet.merge_cells(start_row=top, end_row=top + size - 1, start_column=1, end_column=1)
    return _end(table, book, sheet)


def _begin(table: Table) -> tuple[Random, openpyxl.Workbook, Worksheet]:
    """Return a source of chance that is the table's own, and a sheet with titles and unit."""
    random, book = Random(table.rows[0].cells[0].printed), openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = table.sheet
    titles = [TITLES[table.title], table.title] if table.title in TITLES else [table.title]
    unit = f"Đơn vị tính - Unit: {table.unit}"
    way = random.choice(["under", "beside", "bracketed", "none"] if table.unit == "Pupil" else ["under", "beside"])
    for number, title in enumerate(titles):
        is_last = number == len(titles) - 1
        sheet.append([title, *([None] * (len(table.columns) - 1) + [unit] if way == "beside" and is_last else [])])
    if way == "under":
        sheet.append([*[None] * random.choice([0, len(table.columns)]), unit])
    elif way == "bracketed":
        sheet.append([f"({table.unit})"])
    if random.random() < 0.5:
        sheet.append([])
    return random, book, sheet


def _end(table: Table, book: openpyxl.Workbook, sheet: Worksheet) -> bytes:
    for note in table.notes:
        sheet.append([note])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_divided(sheet: Worksheet, items: list[str], widths: list[int], random: Random) -> None:
    """Write "Trong đó - Of which" over the items behind a total, in each group of columns."""
    start, row, is_merged = 2, sheet.max_row + 1, random.random() < 0.7
    for width in widths:
        if items[start - 2] == "Total" and width > 1:
            sheet.cell(row, start + 1, "Trong đó - Of which")
            if is_merged:
                sheet.merge_cells(start_row=row, end_row=row, start_column=start + 1, end_column=start + width - 1)
        start += width


def _merge_across(sheet: Worksheet, widths: list[int]) -> None:
    start, row = 2, sheet.max_row
    for width in widths:
        sheet.merge_cells(start_row=row, end_row=row, start_column=start, end_column=start + width - 1)
        start += width


def _write_figures(sheet: Worksheet, cells: list[Figure], first: int) -> None:
    for place, cell in enumerate(cells, start=first):
        written = sheet.cell(sheet.max_row, place)
        is_number = cell.value is not None and not cell.as_text and cell.printed.isdigit()
        written.value = int(cell.printed) if is_number else cell.printed + cell.raised
        written.data_type = "n" if is_number else "s"


def _name_both(label: str) -> str:
    return f"{VIETNAMESE[label]} - {label}" if label in VIETNAMESE else label


def _name_on_two_lines(label: str) -> str:
    return f"{VIETNAMESE[label]}\n{label}" if label in VIETNAMESE else label


def _name_vietnamese(label: str) -> str:
    return VIETNAMESE.get(label, label)
