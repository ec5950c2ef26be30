"""Make filled input forms with known figures, and change them as people do.

Each change says which rows are then no longer sure; all other figures are read as they stand.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from hpedu.ingest import schema
from hpedu.ingest.forms.design import SHEETS
from hpedu.ingest.forms.filled import read_form
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.present.exports.form import write_form
from hpedu.registry import Registry
from hpedu.registry.formula import parse_formula

COLUMNS = [column.id for column in SHEETS["numbers"].columns]
_FIRST = 4


@dataclass
class FilledForm:
    """A form in which some values are filled in. `truth` has the value of each key, None where none is sure."""

    book: Workbook
    truth: dict[str, Decimal | None] = field(default_factory=dict)
    # The row of each key.
    rows: dict[str, int] = field(default_factory=dict)
    # Whose format shows another number than is stored; it says nothing of a text.
    formatted: set[str] = field(default_factory=set)

    @property
    def sheet(self) -> Worksheet:
        return self.book.worksheets[1]

    def cell(self, key: str, column: str) -> Any:
        return self.sheet.cell(self.rows[key], COLUMNS.index(column) + 1)

    def refuse(self, *keys: str) -> None:
        self.truth.update({key: None for key in keys if key in self.truth})

    def count_values(self) -> int:
        """Count the values typed, wherever their column is now."""
        head = [cell.value for cell in self.sheet[_FIRST - 2]]
        place = head.index("hpedu-form:value")
        return sum(row[place] is not None for row in self.sheet.iter_rows(min_row=_FIRST, values_only=True))


@cache
def _print_form(registry: Registry) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        empty = pl.DataFrame(schema=schema.OBSERVATIONS)
        write_form(path, subject="preschool", year=2025, observations=empty, registry=registry)
        return path.read_bytes()


def fill_form(random: Random, registry: Registry) -> FilledForm:
    """Fill in counts of persons; those of a part of something are left blank, so that no sum is broken."""
    form = FilledForm(load_workbook(io.BytesIO(_print_form(registry))))
    for row in range(_FIRST, form.sheet.max_row + 1):
        key = str(form.sheet.cell(row, len(COLUMNS)).value)
        (series, *_) = parse_formula(key.partition(" #")[0])
        if registry.measures[series.measure].unit == "persons" and (series.sex, series.ownership) == (
            "both",
            "all",
        ):
            form.rows[key] = row
    for key in random.sample(sorted(form.rows), 4):
        number = random.randrange(40_000, 90_000)
        form.cell(key, "value").value = number
        form.truth[key] = Decimal(number)
    return form


def _pick(form: FilledForm, random: Random) -> str:
    return random.choice(sorted(form.truth))


def value(form: FilledForm, random: Random) -> str:
    key, number = _pick(form, random), random.randrange(40_000, 90_000)
    typed, is_one = random.choice(
        [
            (number, True), (str(number), True), (f"{number:,}", True), (f"{number:,}".replace(",", "."), True),
            (f"{number} ", True), (f"{number} học sinh", False), (f"={number}+1", False), (-number, False),
            (f"{number}?", False), (f"~{number}", False), (number + 0.5, False), (f"{number}%", False),
            (number / 1000 + 0.0001, False), ("#REF!", False), (f"{number}-{number}", False),
            (f"{number}²", False),
        ]
    )  # fmt: skip
    form.cell(key, "value").value = typed
    form.truth[key] = Decimal(number) if is_one else None
    return f"{typed!r}"


def unit(form: FilledForm, random: Random) -> str:
    key = _pick(form, random)
    form.cell(key, "unit").value = random.choice(["nghìn người", "%", "trường", "1000", "người/km2", None])
    form.refuse(key)
    return f"unit {form.cell(key, 'unit').value!r}"


def header(form: FilledForm, random: Random) -> str:
    name = random.choice(["unit", "value"])
    cell = form.sheet.cell(_FIRST - 1, COLUMNS.index(name) + 1)
    cell.value = random.choice([f"{cell.value} (nghìn)", "Nghìn người", "%", "Giá trị năm 2024", None])
    form.refuse(*form.truth)
    return f"heading of {name} {cell.value!r}"


def number_format(form: FilledForm, random: Random) -> str:
    key = _pick(form, random)
    cell = form.cell(key, "value")
    if not isinstance(cell.value, int):
        return "no number"
    shown, is_same = random.choice(
        [("0", True), ("#,##0", True), ("General", True), ("0%", False), ("#,##0,", False), ("dd/mm/yyyy", False)]
    )
    cell.number_format = shown
    form.formatted |= set() if is_same else {key}
    return f"format {shown!r}"


def year(form: FilledForm, random: Random) -> str:
    if random.random() < 0.5:
        cell = random.choice([form.book.worksheets[0]["A1"], form.sheet["A1"]])
        keys = list(form.truth)
    else:
        keys = [_pick(form, random)]
        cell = form.cell(keys[0], "series")
    old = str(cell.value)
    cell.value = old.replace("2025", "2024")
    if cell.value != old:
        form.refuse(*keys)
    return f"{cell.coordinate} = {cell.value!r}"


def place(form: FilledForm, random: Random) -> str:
    cell = random.choice([form.book.worksheets[0]["A1"], form.sheet["A1"]])
    cell.value = str(cell.value).replace(
        "Thành phố Hải Phòng", random.choice(["Tỉnh Hải Dương", "Phường Hồng Bàng"])
    )
    form.refuse(*form.truth)
    return f"{cell.coordinate} = {cell.value!r}"


def _swap(form: FilledForm, columns: list[str], random: Random) -> tuple[str, str]:
    one, other = random.sample(sorted(form.rows), 2)
    for name in columns:
        here, there = form.cell(one, name), form.cell(other, name)
        here.value, there.value = there.value, here.value
    return one, other


def rows_moved(form: FilledForm, random: Random) -> str:
    _swap(form, COLUMNS, random)
    return "two whole rows changed places"


def labels_moved(form: FilledForm, random: Random) -> str:
    pair = _swap(form, ["number", "series"], random)
    form.refuse(*pair)
    return "two labels changed places"


def copied(form: FilledForm, random: Random) -> str:
    key = _pick(form, random)
    line = [cell.value for cell in form.sheet[form.rows[key]]]
    if random.random() < 0.5:
        line[COLUMNS.index("value")] = random.randrange(100, 999)
        form.refuse(key)
    form.sheet.append(line)
    return f"a row copied with {line[COLUMNS.index('value')]}"


def renamed(form: FilledForm, random: Random) -> str:
    form.sheet.title = random.choice(["Nghìn người", "Phòng GDMN", "2024", "Sheet1"])
    return f"sheet {form.sheet.title}"


def column_moved(form: FilledForm, random: Random) -> str:
    order = random.sample(range(len(COLUMNS)), len(COLUMNS))
    lines = [[cell.value for cell in row] for row in form.sheet.iter_rows(min_row=2)]
    for number, line in enumerate(lines, start=2):
        for to, column in enumerate(order, start=1):
            form.sheet.cell(number, to).value = line[column]
            form.sheet.cell(number, to).number_format = "General"
    return f"columns in the order {order}"


def cells_moved(form: FilledForm, random: Random) -> str:
    """The values alone, pasted one row lower: they are other rows' answers now, and who wrote so meant it."""
    key = _pick(form, random)
    cell = form.cell(key, "value")
    typed, cell.value = cell.value, None
    form.sheet.cell(form.rows[key] + 1, len(COLUMNS)).value = None
    form.sheet.cell(form.rows[key] + 1, cell.column).value = typed
    below = next((other for other, row in form.rows.items() if row == form.rows[key] + 1), "")
    form.refuse(key, below)
    return "a value pasted over a row without its key"


def merged(form: FilledForm, random: Random) -> str:
    key = _pick(form, random)
    row, column = form.rows[key], COLUMNS.index("value") + 1
    across = random.choice([0, 0, 1])
    form.sheet.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column + across)
    form.refuse(key, *(other for other, its in form.rows.items() if its == row + 1))
    return f"value merged over two rows and {across + 1} columns"


# Those that move cells are made alone: another change would not know where its row is.
ALONE = (rows_moved, column_moved, cells_moved, merged)
TOGETHER = (value, unit, header, number_format, year, place, labels_moved, copied, renamed)
MUTATIONS: tuple[Callable[[FilledForm, Random], str], ...] = (*TOGETHER, *ALONE)


def make_form(random: Random, registry: Registry) -> tuple[str, FilledForm, str, bytes]:
    """Return the name of the change, the form, what was done, and the file."""
    form = fill_form(random, registry)
    chosen = [random.choice(MUTATIONS)]
    if chosen[0] in TOGETHER and random.random() < 0.25:
        chosen += random.sample([one for one in TOGETHER if one is not chosen[0]], 1)
    if chosen[0] is copied:
        # Another change behind it would be of the row, and not of its copy.
        chosen = chosen[:1]
    done = []
    for change in chosen:
        refused = {key for key, number in form.truth.items() if number is None}
        done.append(change(form, random))
        form.refuse(*refused)
    form.refuse(*(key for key in form.formatted if not isinstance(form.cell(key, "value").value, str)))
    data = io.BytesIO()
    form.book.save(data)
    return " + ".join(f"form: {change.__name__}" for change in chosen), form, "; ".join(done), data.getvalue()


def compare_form(
    form: FilledForm, data: bytes, resource: Resource, registry: Registry
) -> tuple[int, int, list[str]]:
    """Read a form; return how many values are read and set aside, and what is wrong."""
    resource = resource.model_copy(update={"published": "2026-06-30"})
    reading = read_form(open_source(data), resource, registry)
    truth = {}
    for key, number in form.truth.items():
        (series, *_) = parse_formula(key.partition(" #")[0])
        truth[series.measure, series.level, series.detail] = None if number is None else float(number)
    wrong = [
        f"cell {row['cell']} {row['printed']!r}: found {row['value']}, expected {right}"
        for row in reading.observations
        if (right := truth.get((row["measure"], row["level"], row["detail"]))) != row["value"]
    ]
    cells = [row["cell"] for part in (reading.observations, reading.issues) for row in part]
    if len(cells) < form.count_values() or len(set(cells)) < len(cells):
        wrong.append(f"{form.count_values()} values typed, but {len(cells)} read or set aside")
    return len(reading.observations), len(reading.issues), wrong
