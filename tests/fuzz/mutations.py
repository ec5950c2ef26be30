"""Changes to a table, of which it is known what its figures are afterwards.

Each takes a table and a source of chance, changes the table and its truth together, and says what it did.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from random import Random

from tests.fuzz.tables import OF_GIRLS, TITLE, Column, Figure, Row, Table

# Unit words, and how many pupils one of them is; None where nothing can be counted so.
UNITS: dict[str, str | None] = {
    "Học sinh": "1",
    "Thous. pupils": "1000",
    "Nghìn học sinh": "1000",
    "1.000 học sinh": "1000",
    "Triệu học sinh": "1000000",
    "Mill. pupils": "1000000",
    "trăm học sinh": "100",
    "chục nghìn học sinh": "10000",
    "%": None,
    "Người/km2": None,
    "Trường": None,
    "Giáo viên": None,
    "Tỷ đồng": None,
    "‰": None,
}
TITLES = (
    "Number of teachers of general education as of 30 September by province",
    "Number of female pupils of general education as of 30 September by province",
    "Number of pupils of general education as of 30 September by province of ethnic minorities",
    "Structure of pupils of general education as of 30 September by province",
    "Index of pupils of general education as of 30 September by province",
    "Số nữ học sinh phổ thông tại thời điểm 30/9 phân theo địa phương",
)
FEMALE_TITLES = (TITLES[1], TITLES[5])
STRANGE_ITEMS = (
    "Kindergarten",
    "Female",
    "Teachers",
    "Index (Previous year = 100) - %",
    "Of which: Female",
    "",
    "Nữ",
)
STRANGE_PLACES = (
    "Red River Deltas",
    "Hai Phong (urban)",
    "TP. Hải Dương",
    "Hai Phuong",
    "Note: Hai Phong",
    "Thai Bin",
)
OTHER_PLACES = {"Thanh Hoa": "thanh_hoa", "Nam Dinh": "nam_dinh", "Hung Yen": "hung_yen", "Cả nước": "viet_nam"}
# A year label with {y} and {n} for a year and the next, and the status it gives the figures; None: it is no year.
YEAR_LABELS: dict[str, str | None] = {
    "NH {y}-{n}": "final",
    "Năm học {y} - {n}": "final",
    "{y}-{n}": "final",
    "{y}/{n}": "final",
    "Prel. {y}": "preliminary",
    "SB {y}": "preliminary",
    "Sơ bộ {y}": "preliminary",
    "{y}(p)": "preliminary",
    "{y} (ước)": "estimated",
    "Ước {y}": "estimated",
    "Est. {y}": "estimated",
    "KH {y}": None,
    "Plan {y}": None,
    "Dự báo {y}": "projected",
    "{y}¹": "final",
    "{y}*": "final",
    "{y}-2020": None,
    "Average {y}-2016": None,
    "{y} so với {n} (%)": None,
    "{n}/{y} (%)": None,
}
# Prints of a number {v} and whether it still is that number.
PRINTS = {
    "{v}(1)": True,
    "{v}*": True,
    "{v} (*)": True,
    " {v} ": True,
    "> {v}": False,
    "< {v}": False,
    "~{v}": False,
    "={v}+1": False,
    "{v}%": False,
    "{v}?": False,
    "{v}-{v}": False,
    "{v}/{v}": False,
    "-{v}": False,
    "({v})": False,
    "{v} nghìn": False,
}
MARKS = ("..", "...", "…", "x", "*", "n/a", "#N/A", "#REF!", "", "-")


def value(table: Table, random: Random) -> str:
    cell, where = _pick(table, random)
    number = random.randint(10_000, 999_999)
    cell.printed, cell.value = str(number), Decimal(number)
    return f"{where} = {number}"


def mark(table: Table, random: Random) -> str:
    cell, where = _pick(table, random)
    cell.printed = random.choice(MARKS)
    cell.value = Decimal(0) if cell.printed == "-" else None
    return f"{where} = {cell.printed!r}"


def printed(table: Table, random: Random) -> str:
    cell, where = _pick(table, random)
    form = random.choice(list(PRINTS))
    cell.as_text = True
    cell.printed = form.format(v=cell.printed)
    cell.value = cell.value if PRINTS[form] else None
    return f"{where} = {cell.printed!r}"


def superscript(table: Table, random: Random) -> str:
    cell, where = _pick(table, random)
    cell.raised = random.choice(("1", "2", "(1)", "a", "*"))
    return f"{where} = {cell.printed} with {cell.raised} raised"


def percent_format(table: Table, random: Random) -> str:
    """Shares shown as percent, in a column or the whole table: they count no pupils."""
    columns = [random.randrange(len(table.columns))] if random.random() < 0.5 else range(len(table.columns))
    for row in table.rows:
        for column in columns:
            share = f"0.{random.randint(101, 999)}"
            row.cells[column] = Figure(share, None, "0.0%")
            row.cells[column].value = None
    return f"shares in percent in columns {list(columns)}"


def grouped(table: Table, random: Random) -> str:
    """All figures printed with marks between thousands."""
    mark = random.choice((".", ",", " ", "\u00a0"))
    for row in table.rows:
        for cell in row.cells:
            if cell.value is not None and cell.printed.isdigit():
                cell.printed, cell.as_text = f"{int(cell.printed):,}".replace(",", mark), True
    return f"thousands parted by {mark!r}"


def unit(table: Table, random: Random) -> str:
    table.unit = random.choice(list(UNITS))
    scale = UNITS[table.unit]
    table.scale = None if scale is None else Decimal(scale)
    return f"unit {table.unit!r}"


def title(table: Table, random: Random) -> str:
    # A unit behind the title stays.
    name, unit = random.choice(TITLES), table.title.removeprefix(TITLE)
    table.title = name + unit
    # A table of girls is known as such, the others are of something else.
    table.is_known = name in FEMALE_TITLES
    table.sex = "female" if table.is_known else table.sex
    return f"title {table.title!r}"


def unit_in_title(table: Table, random: Random) -> str:
    word, scale = random.choice([("Thous. pupils", Decimal(1000)), ("%", None), ("Nghìn học sinh", Decimal(1000))])
    table.title, table.scale = f"{table.title} ({word})", scale
    return f"title {table.title!r}"


def sheet_name(table: Table, random: Random) -> str:
    table.sheet = random.choice((*OF_GIRLS, "2016", "Biểu 3", "Hải Dương", "%"))
    table.is_known = table.sheet != "%"
    return f"sheet {table.sheet!r}"


def item(table: Table, random: Random) -> str:
    """One item renamed over all its years."""
    old = random.choice(table.columns).item_label
    new = random.choice(STRANGE_ITEMS)
    for column in table.columns:
        if column.item_label == old:
            column.item_label, column.level = new, ""
    return f"item {old!r} is {new!r}"


def year(table: Table, random: Random) -> str:
    old = random.choice(table.columns).year_label
    form = random.choice(list(YEAR_LABELS))
    status = YEAR_LABELS[form]
    new = form.format(y=old, n=int(old) + 1) if old.isdigit() else old
    for column in table.columns:
        if column.year_label == old and new != old:
            column.year_label = new
            column.year, column.status = (column.year, status) if status else (None, "")
    return f"year {old!r} is {new!r}"


def other_year(table: Table, random: Random) -> str:
    old, new = random.choice(table.columns).year_label, random.choice((2005, 2010, 2031, 2052))
    for column in table.columns:
        if column.year_label == old:
            column.year_label, column.year, column.status = str(new), new if new < 2018 else None, "final"
    return f"year {old!r} is {new}"


def place(table: Table, random: Random) -> str:
    row = random.choice([row for row in table.rows if row.territory])
    old, known = row.label, random.random() < 0.5
    row.label = random.choice(list(OTHER_PLACES) if known else STRANGE_PLACES)
    row.territory = OTHER_PLACES.get(row.label, "")
    return f"place {old!r} is {row.label!r}"


def order(table: Table, random: Random) -> str:
    random.shuffle(table.rows)
    return "rows in another order: " + ", ".join(row.label for row in table.rows)


def column_order(table: Table, random: Random) -> str:
    """Years in another order, items within them as they were."""
    years = list(dict.fromkeys(column.year_label for column in table.columns))
    random.shuffle(years)
    places = [n for label in years for n, column in enumerate(table.columns) if column.year_label == label]
    _arrange(table, places)
    return f"years in the order {years}"


def lost_column(table: Table, random: Random) -> str:
    number = random.randrange(len(table.columns))
    _arrange(table, [n for n in range(len(table.columns)) if n != number])
    return f"column {number} is gone"


def same_row(table: Table, random: Random) -> str:
    number = random.randrange(len(table.rows))
    copy = deepcopy(table.rows[number])
    if random.random() < 0.5:
        for cell in copy.cells:
            new = random.randint(10_000, 999_999)
            cell.printed, cell.value = str(new), Decimal(new)
    table.rows.insert(random.randint(number, len(table.rows)), copy)
    return f"row {copy.label!r} twice"


def same_column(table: Table, random: Random) -> str:
    number = random.randrange(len(table.columns))
    _arrange(table, [*range(number + 1), *range(number, len(table.columns))])
    return f"column {number} twice"


def inserted_row(table: Table, random: Random) -> str:
    labels = (
        "Of which: Female",
        "Trong đó: Nữ",
        "Female",
        "Urban",
        "District 1",
        "Ghi chú 2015",
        "Chung",
        "",
        "2015",
    )
    label = random.choice(labels)
    number = random.randint(0, len(table.rows))
    cells = [Figure(str(random.randint(10_000, 999_999)), None) for _ in table.columns]
    table.rows.insert(number, Row(label, "", cells))
    return f"row {label!r} inserted as number {number}"


def lost_cells(table: Table, random: Random) -> str:
    """A row of which one cell is lost, so that what is behind it moves, or the rest of the row."""
    number, place = random.randrange(len(table.rows)), random.randrange(1, len(table.columns) + 1)
    end = place + 1 if random.random() < 0.5 else None
    table.lost[number] = slice(place, end)
    for cell in table.rows[number].cells[place - 1 :]:
        cell.value = None
    return f"cells of row {number} are lost: {place} to {end}"


def note(table: Table, random: Random) -> str:
    """A note under the table that changes what it counts."""
    unit, scale = random.choice(
        [("Đơn vị: Nghìn học sinh", Decimal(1000)), ("Unit: %", None), ("(*) Sơ bộ 2016", 1)]
    )
    table.notes.append(unit)
    table.scale = scale if scale is None else Decimal(scale)
    return f"note {unit!r}"


def _pick(table: Table, random: Random) -> tuple[Figure, str]:
    row = random.choice(table.rows)
    number = random.randrange(len(row.cells))
    column = table.columns[number]
    return row.cells[number], f"({row.label!r}, {column.year_label!r}, {column.item_label!r})"


def _arrange(table: Table, places: list[int]) -> None:
    table.columns = [Column(**vars(table.columns[n])) for n in places]
    for row in table.rows:
        row.cells = [deepcopy(row.cells[n]) for n in places]


def cut(table: Table, random: Random) -> str:
    """The end of the file is missing: of the last figure there are some digits."""
    cell = table.rows[-1].cells[-1]
    if table.notes:
        # With the end of the file its note is lost, and what that says of the unit.
        table.notes, table.scale = [], Decimal(1)
    table.cut, cell.value = random.randrange(1, max(len(cell.printed), 2)), None
    return f"cut behind {cell.printed[: table.cut]!r} of the last cell"


MUTATIONS: dict[str, Callable[[Table, Random], str]] = {
    function.__name__: function
    for function in (
        value, mark, printed, superscript, percent_format, grouped, unit, title, unit_in_title, sheet_name, item,
        year, other_year, place, order, column_order, lost_column, same_row, same_column, inserted_row, note,
        lost_cells, cut,
    )
}  # fmt: skip

ONLY = {
    "title": {"xlsx", "ods", "html", "text", "px", "pxweb_csv", "jsonstat"},
    "superscript": {"xlsx", "html"},
    "lost_cells": {"pxweb_csv"},
    "cut": {"html", "text"},
    "percent_format": {"xlsx"},
    "sheet_name": {"xlsx", "ods"},
    "grouped": {"xlsx", "ods", "html", "text", "pxweb_csv"},
    "printed": {"xlsx", "ods", "html", "text", "pxweb_csv"},
    "unit_in_title": {"xlsx", "ods", "html", "text", "px", "pxweb_csv", "jsonstat"},
    "unit": {"xlsx", "ods", "html", "text", "px", "pxweb_csv", "tidy_csv"},
    "note": {"xlsx", "ods", "html", "text", "px", "pxweb_csv"},
}
"""The formats that can show a change at all."""


def cut_off(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 4, 16))):
        changed[random.randrange(len(data))] = random.randrange(256)
    return bytes(changed)


def piece_lost(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[min(end, start + random.choice((1, 9, 99, 999))) :]


def piece_doubled(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:]


def noise(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.randbytes(random.choice((1, 4, 64, 512))) + data[place:]


DAMAGES = (cut_off, flipped, piece_lost, piece_doubled, noise)
"""Changes of the bytes of a file, after which nobody knows what its figures are."""
