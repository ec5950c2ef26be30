"""School lists of which every school is known, and changes to one: it is read as it now stands, or set aside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import openpyxl
import polars as pl

from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

HEADER = {
    "year": "Năm học",
    "ministry_code": "Mã trường",
    "name": "Tên trường",
    "levels": "Cấp học",
    "commune_code": "Mã xã",
    "commune_name": "Xã/phường",
    "ownership": "Loại hình",
    "pupils": "Học sinh",
    "pupils_female": "HS nữ",
    "teachers": "Giáo viên",
}
PUBLISHED = "2025-12-31"
LEVELS = {"THPT": ["upper_secondary"], "Tiểu học": ["primary"], "THCS": ["lower_secondary"]}
COMMUNES = (("10525", "Phường Hải Dương"), ("10552", "Phường Nguyễn Trãi"), ("11533", "Phường Hòa Bình"))
CHECKED = ("levels", "commune_code", "ownership", "pupils", "pupils_female", "teachers")

Row = dict[str, Any]


@dataclass
class SchoolTable:
    """A school list: rows as printed, and by code what each school is; None in it for what cannot be known."""

    rows: list[Row]
    truth: dict[str, Row]
    header: dict[str, str] = field(default_factory=lambda: dict(HEADER))
    above: list[str] = field(default_factory=list)
    # Rows behind the schools, and columns of which the cells of some rows are merged: column, first, last.
    below: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[str, int, int]] = field(default_factory=list)
    formats: dict[tuple[int, str], str] = field(default_factory=dict)
    second: list[Row] = field(default_factory=list)
    # Cut off the end of a delimited file.
    cut: int = 0


def make_schools(random: Random) -> SchoolTable:
    """Make a list of eight schools with one level each."""
    rows, truth = [], {}
    for number in range(8):
        word = random.choice(list(LEVELS))
        code, commune = random.choice(COMMUNES)
        pupils, own = random.randint(200, 1900), random.random() < 0.8
        girls, teachers = random.randint(50, 190), random.randint(10, 99)
        ministry = f"0310{random.randint(1000, 9999)}{number}"
        row = {
            "year": "2025-2026", "ministry_code": ministry, "name": f"Trường Số {number}", "levels": word,
            "commune_code": code, "commune_name": commune, "ownership": "Công lập" if own else "Tư thục",
            "pupils": pupils, "pupils_female": girls, "teachers": teachers,
        }  # fmt: skip
        rows.append(row)
        truth[ministry] = {name: row[name] for name in CHECKED} | {
            "levels": LEVELS[word],
            "ownership": "public" if own else "private",
        }
    return SchoolTable(rows, truth)


def _pick(table: SchoolTable, random: Random) -> tuple[int, Row, Row]:
    number = random.randrange(len(table.rows))
    row = table.rows[number]
    return number, row, table.truth[row["ministry_code"]]


def level(table: SchoolTable, random: Random) -> str:
    _, row, truth = _pick(table, random)
    row["levels"] = random.choice([*LEVELS, "Cấp 7", "Phường", "", "x"])
    truth["levels"] = LEVELS.get(row["levels"])
    return f"level {row['levels']!r}"


def lost_zeros(table: SchoolTable, random: Random) -> str:
    """The same school again in another sheet, its code as a number."""
    _, row, _ = _pick(table, random)
    table.second.append(row | {"ministry_code": int(row["ministry_code"])})
    return f"{row['ministry_code']} also as a number"


def percent(table: SchoolTable, random: Random) -> str:
    number, row, truth = _pick(table, random)
    column = random.choice(("pupils", "pupils_female", "teachers"))
    row[column], truth[column] = random.choice((0.98, 0.5, 1, 4)), None
    table.formats[number, column] = random.choice(("0%", "0.0%"))
    return f"{column} of row {number} is {row[column]} in percent"


def dated(table: SchoolTable, random: Random) -> str:
    """A figure that a spreadsheet took for a date."""
    number, row, truth = _pick(table, random)
    row["pupils"], truth["pupils"] = date(2025, random.randint(1, 12), random.randint(1, 28)), None
    return f"pupils of row {number} is a date"


def total_row(table: SchoolTable, random: Random) -> str:
    label = random.choice(("Tổng cộng", "Cộng", "Tổng số: 8 trường", "Toàn thành phố", "8 trường", ""))
    total = {name: sum(row[name] for row in table.rows) for name in ("pupils", "pupils_female", "teachers")}
    code = random.choice(("", "Tổng", "8"))
    row = {name: total.get(name, "") for name in HEADER} | {"name": label, "ministry_code": code}
    table.below.append([row[name] for name in HEADER])
    return f"a row {label!r} with the sums, code {code!r}"


def no_commune(table: SchoolTable, random: Random) -> str:
    number, row, truth = _pick(table, random)
    gone = random.choice((("commune_code",), ("commune_name",), ("commune_code", "commune_name")))
    row.update(dict.fromkeys(gone, ""))
    truth["commune_code"] = None if len(gone) == 2 else truth["commune_code"]
    return f"row {number} without {gone}"


def other_commune(table: SchoolTable, random: Random) -> str:
    number, row, truth = _pick(table, random)
    row["commune_name"] = random.choice(("Xã Hải Dương", "Phường Lê Chân", "Xã Hòa Bình", "Hải Dương cũ"))
    truth["commune_code"] = None
    return f"row {number} in {row['commune_name']!r}"


# What is typed for a number n, and what it counts; None where it counts nothing.
TYPED: dict[str, Callable[[int], int | None]] = {
    "{n}": lambda n: n, " {n} ": lambda n: n, "{n}.0": lambda n: n, "-": lambda _: 0,
    "{n} HS": lambda _: None, "~{n}": lambda _: None, "{n}?": lambda _: None, "-{n}": lambda _: None,
    "{n},5": lambda _: None, "{n}%": lambda _: None, "=A1+{n}": lambda _: None, "#N/A": lambda _: None,
    "{n}000": lambda _: None, "{n}/{n}": lambda _: None, "{n}(1)": lambda _: None, "{n}²": lambda _: None,
    "..": lambda _: None, "x": lambda _: None, "{n}e2": lambda _: None, "O{n}": lambda _: None,
}  # fmt: skip


def typed(table: SchoolTable, random: Random) -> str:
    number, row, truth = _pick(table, random)
    form = random.choice(list(TYPED))
    count = row["pupils"]
    row["pupils"], truth["pupils"] = form.format(n=count), TYPED[form](count)
    if form == "-":
        # No school has girls and no pupils.
        truth["pupils_female"] = None
    return f"pupils of row {number} is {row['pupils']!r}"


def same_school(table: SchoolTable, random: Random) -> str:
    """A school twice, with another number of pupils: nobody knows which is right."""
    number, row, truth = _pick(table, random)
    other = row | ({"pupils": row["pupils"] + 1} if random.random() < 0.5 else {})
    table.rows.insert(random.randint(0, 8), other)
    truth["pupils"] = row["pupils"] if other == row else None
    return f"row {number} twice, pupils {row['pupils']} and {other['pupils']}"


def year(table: SchoolTable, random: Random) -> str:
    _, row, truth = _pick(table, random)
    row["year"] = random.choice(
        ("2025", "2025/2026", "2052-2053", "2026-2027", "2019-2020", "", "x", "NH 2025-2026")
    )
    if "2025" not in row["year"]:
        truth.update(dict.fromkeys(CHECKED))
    return f"year {row['year']!r}"


def unit(table: SchoolTable, random: Random) -> str:
    """A unit in which the pupils are given: over the table, or in the header."""
    text = random.choice(("nghìn học sinh", "%", "1.000 em", "trăm học sinh"))
    where = random.choice(("above", "header"))
    if where == "above":
        table.above.append(f"Đơn vị tính: {text}")
    else:
        table.header["pupils"] = f"{HEADER['pupils']} ({text})"
    for truth in table.truth.values():
        truth["pupils"] = None
        if where == "above":
            truth.update(pupils_female=None, teachers=None)
    return f"unit {text!r} {where}"


def header(table: SchoolTable, random: Random) -> str:
    column = random.choice(("pupils", "pupils_female", "teachers"))
    new = random.choice(
        ("Học sinh dự kiến", "Kế hoạch học sinh", "Tỷ lệ học sinh", "Học sinh khuyết tật", "HS giảm")
    )
    table.header[column] = new
    for truth in table.truth.values():
        truth[column] = None
    return f"{column} under {new!r}"


def merged(table: SchoolTable, random: Random) -> str:
    """The level or commune of three rows in one cell, printed in the first of them."""
    first = random.randrange(len(table.rows) - 2)
    columns = random.choice((("levels",), ("commune_code", "commune_name"), ("year",), ("ownership",)))
    for column in columns:
        table.merged.append((column, first, first + 2))
        for row in table.rows[first + 1 : first + 3]:
            row[column] = ""
            if column in CHECKED:
                table.truth[row["ministry_code"]][column] = table.truth[table.rows[first]["ministry_code"]][column]
    return f"{columns} merged from row {first}"


def merged_figure(table: SchoolTable, random: Random) -> str:
    """The pupils of two schools in one cell: they are of neither."""
    first = random.randrange(len(table.rows) - 1)
    table.merged.append(("pupils", first, first + 1))
    for row in table.rows[first : first + 2]:
        table.truth[row["ministry_code"]]["pupils"] = None
    table.rows[first + 1]["pupils"] = ""
    return f"pupils merged from row {first}"


def order(table: SchoolTable, random: Random) -> str:
    random.shuffle(table.rows)
    names = list(table.header)
    random.shuffle(names)
    table.header = {name: table.header[name] for name in names}
    return "rows and columns in another order"


def cut(table: SchoolTable, random: Random) -> str:
    """The end of the file is missing: the last figure may be a part of one."""
    last = table.rows[-1]
    table.cut = len(f";{last['teachers']}") + random.randint(0, len(str(last["pupils_female"])) - 1)
    table.truth[last["ministry_code"]] |= {"teachers": None, "pupils_female": None}
    return f"{table.cut} characters are cut off"


CHANGES: dict[str, Callable[[SchoolTable, Random], str]] = {
    function.__name__: function
    for function in (
        level, lost_zeros, percent, dated, total_row, no_commune, other_commune, typed, same_school, year, unit,
        header, merged, merged_figure, order, cut,
    )
}  # fmt: skip
ONLY_DELIMITED, ONLY_WORKBOOK = {"cut"}, {"percent", "dated", "merged", "merged_figure", "lost_zeros"}


def write_workbook(table: SchoolTable) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for text in table.above:
        sheet.append([text])
    sheet.append(list(table.header.values()))
    first = len(table.above) + 2
    columns = {name: place for place, name in enumerate(table.header, start=1)}
    for number, row in enumerate(table.rows):
        for name, place in columns.items():
            cell = sheet.cell(first + number, place, row[name] if row[name] != "" else None)
            cell.number_format = table.formats.get((number, name), cell.number_format)
            if isinstance(row[name], str) and row[name].startswith("="):
                cell.data_type = "f"
    for line in table.below:
        sheet.append([dict(zip(HEADER, line, strict=True))[name] for name in table.header])
    for name, top, bottom in table.merged:
        place = columns[name]
        sheet.merge_cells(None, first + top, place, first + bottom, place)
    if table.second:
        other = book.create_sheet("Tiếp")
        other.append(list(table.header.values()))
        for row in table.second:
            other.append([row[name] for name in table.header])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_delimited(table: SchoolTable) -> bytes:
    out = io.StringIO(newline="")
    lines = csv.writer(out, delimiter=";")
    lines.writerows([text, *[""] * (len(HEADER) - 1)] for text in table.above)
    lines.writerow(table.header.values())
    lines.writerows([row[name] for name in table.header] for row in table.rows)
    lines.writerows([dict(zip(HEADER, line, strict=True))[name] for name in table.header] for line in table.below)
    text = out.getvalue()
    return (text.rstrip()[: -table.cut] if table.cut else text).encode()


def make_list(random: Random, is_workbook: bool) -> tuple[str, SchoolTable, str, bytes]:
    """Return the name of the change, the table, what was done, and the file of a changed list."""
    table = make_schools(random)
    name = random.choice(
        [name for name in CHANGES if name not in (ONLY_DELIMITED if is_workbook else ONLY_WORKBOOK)]
    )
    done = CHANGES[name](table, random)
    return f"school: {name}", table, done, (write_workbook if is_workbook else write_delimited)(table)


def compare(table: SchoolTable, data: bytes, resource: Resource, registry: Registry) -> tuple[int, int, list[str]]:
    """Read a list; return how many cells were read and set aside, and what is silently wrong or lost."""
    reading = read_file(open_source(data), resource.model_copy(update={"published": PUBLISHED}), registry)
    frame = reading.schools if reading.schools is not None else pl.DataFrame()
    truth = {code.lstrip("0"): its for code, its in table.truth.items()}
    wrong, seen, read = [], set(), 0
    for row in frame.iter_rows(named=True):
        code = row["ministry_code"].lstrip("0")
        if code not in truth or code in seen:
            wrong.append(f"row {row['row']}: no school, or one twice: {row['ministry_code']} {row['name']!r}")
            continue
        seen.add(code)
        for name in CHECKED:
            value = row.get(name)
            read += value is not None
            if value is not None and value != truth[code][name]:
                wrong.append(f"row {row['row']} {name}: found {value!r}, expected {truth[code][name]!r}")
            elif value is None and truth[code][name] is not None and not reading.issues:
                wrong.append(f"row {row['row']} {name}: lost without a word, expected {truth[code][name]!r}")
    if truth.keys() - seen and not reading.issues:
        wrong.append(f"schools lost without a word: {sorted(truth.keys() - seen)}")
    return read, len(reading.issues), wrong
