"""Tables as the statistics office's site exports them, of our own figures, in each of its formats."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from math import prod

import pytest
from openpyxl import Workbook

from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.conftest import ROOT

Dimensions = dict[str, list[str]]
"""The variables of a table with their values: the last stands in the heading, the others in the stub."""
Numbers = Sequence[str]

RESOURCE = stand_in(ROOT / "export").model_copy(
    update={"published": "2024-12-31", "publisher": "Tổng cục Thống kê", "scope": "Cả nước"}
)
YEARS = ["2018", "2019", "Prel. 2020"]


def write_csv(title: str, names: Dimensions, numbers: Numbers) -> bytes:
    """The first variable in rows, all others glued in the columns."""
    first, *others = names
    columns = [" ".join(pair) for pair in product(*(names[other] for other in others))]
    lines = [[f"{title} by {', '.join(names)}"], [], [first, *columns]]
    width = len(columns)
    lines += [[name, *numbers[n * width : (n + 1) * width]] for n, name in enumerate(names[first])]
    return "\r\n".join(";".join(f'"{text}"' for text in line) for line in lines).encode("utf-8-sig") + b"\r\n"


def write_px(title: str, names: Dimensions, numbers: Numbers) -> bytes:
    stub, *heading = names
    quoted = {name: ",".join(f'"{text}"' for text in texts) for name, texts in names.items()}
    headings = ",".join(f'"{name}"' for name in heading)
    values = "".join(f'VALUES("{name}")={texts};\n' for name, texts in quoted.items())
    data = " ".join(number if number[0].isdigit() else f'"{number}"' for number in numbers)
    return (
        f'CHARSET="ANSI";\nAXIS-VERSION="2013";\nCODEPAGE="utf-8";\nUNITS="";\n'
        f'TITLE="{title} by {", ".join(names)}";\nSTUB="{stub}";\nHEADING={headings};\n{values}DATA=\n{data};\n'
    ).encode()


def write_jsonstat(title: str, names: Dimensions, numbers: Numbers) -> bytes:
    dimension = {
        name: {"label": name, "category": {"index": [str(n) for n in range(len(its))], "label": {
            str(n): text for n, text in enumerate(its)}}}
        for name, its in names.items()
    }  # fmt: skip
    values = [json.loads(number) if number[0].isdigit() else None for number in numbers]
    shape = {"id": list(names), "size": [len(its) for its in names.values()], "dimension": dimension}
    label = f"{title} by {', '.join(names)}"
    return json.dumps({"version": "2.0", "class": "dataset", "label": label, "value": values} | shape).encode()


def write_xlsx(title: str, names: Dimensions, numbers: Numbers) -> bytes:
    """The first variable in rows, the others one under the other over the columns."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([f"{title} by {', '.join(names)}"])
    sheet.append([])
    first, *others = names
    columns = list(product(*(names[other] for other in others)))
    for tier in range(len(others)):
        texts = [column[tier] for column in columns]
        sheet.append([None, *(t if n == 0 or texts[n - 1] != t else None for n, t in enumerate(texts))])
    for n, name in enumerate(names[first]):
        row = numbers[n * len(columns) : (n + 1) * len(columns)]
        sheet.append([name, *(float(number) if number[0].isdigit() else number for number in row)])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


WRITERS = {"csv": write_csv, "px": write_px, "jsonstat": write_jsonstat, "xlsx": write_xlsx}
Read = Callable[..., Reading]


@pytest.fixture(params=WRITERS)
def read(request: pytest.FixtureRequest, registry: Registry) -> Read:
    """Return a function that reads a table in one of the formats; without numbers they are 1001, 1008, ..."""

    def read(title: str, names: Dimensions, numbers: Numbers = ()) -> Reading:
        numbers = numbers or [str(1001 + 7 * n) for n in range(prod(map(len, names.values())))]
        data = WRITERS[request.param](title, names, numbers)
        return read_file(open_source(data), RESOURCE, registry)

    return read


LECTURERS = "Number of teachers in universities and colleges by professional qualification"
MINORITIES = "Number of ethnic minority pupils of general education as of 30 September by province"
PUPILS = "Number of pupils of general education as of 30 September by province"
SCHOOLS = "Number of schools and classes of general education as of 30 September"
KINDERGARTEN = "Number of schools, classes, teachers and pupils of kindergarten education as of 30 September"
INDEX = "Index (Previous year = 100) - %"
PLACES = {"Cities, provincies": ["WHOLE COUNTRY", "Hai Phong"]}
DEGREES = ["Total", "Postgraduate", "University and college graduate", "Other degree"]


def count(reading: Reading) -> dict[tuple[str, ...], int]:
    """Count what is read by measure, level and detail, and what is set aside by its reason."""
    read = Counter((row["measure"], row["level"], row["detail"]) for row in reading.observations)
    return dict(read) | dict(Counter((row["reason"],) for row in reading.issues))


def test_lecturers_by_qualification_flat(read: Read) -> None:
    reading = read(LECTURERS, {"Items": ["TOTAL", "Of which: Public", *DEGREES[1:]], "Year": YEARS})
    assert not reading.issues and len(reading.observations) == 15
    public = [row["value"] for row in reading.observations if row["ownership"] == "public"]
    assert len(public) == 3 and {row["detail"] for row in reading.observations if row["value"] in public} == {
        "all_degrees"
    }


def test_a_part_of_another_row_is_never_that_of_the_whole(read: Read) -> None:
    reading = read(LECTURERS, {"Items": ["TOTAL", *DEGREES[1:], "Of which: Public"], "Year": YEARS})
    found = {(row["ownership"], row["detail"]) for row in reading.observations}
    assert ("public", "other_degree") not in found
    assert len(found) == 5 or {row["reason"] for row in reading.issues} == {"unknown_item"}


def test_lecturers_by_qualification_in_blocks(read: Read) -> None:
    names = {"Items": ["TOTAL - Pers.", "Public - Pers.", INDEX], "Qualification": DEGREES, "Year": YEARS}
    reading = read(LECTURERS, names)
    assert {row["reason"] for row in reading.issues} == {"not_kept"} and len(reading.issues) == 12
    found = {(row["ownership"], row["detail"], row["year"]): row["value"] for row in reading.observations}
    assert len(found) == 24
    assert (found["all", "all_degrees", 2018], found["public", "other_degree", 2020]) == (1001, 1001 + 7 * 23)


def test_lecturers_with_block_and_line_in_one_label(read: Read) -> None:
    items = ["TOTAL - Pers. Total", "TOTAL - Pers. Other degree", "Public - Pers. Total", f"{INDEX} Total"]
    reading = read(LECTURERS, {"Items": items, "Year": YEARS})
    assert len(reading.observations) == 9 and {row["reason"] for row in reading.issues} == {"not_kept"}


@pytest.mark.parametrize("lead", ["", "Of which: "])
def test_minorities(lead: str, read: Read) -> None:
    items = ["Total", f"{lead}Primary", f"{lead}Lower secondary", f"{lead}Upper secondary"]
    reading = read(MINORITIES, PLACES | {"Years": YEARS, "Items": items})
    levels = ("general", "primary", "lower_secondary", "upper_secondary")
    assert count(reading) == {("pupils_ethnic_minority", level, ""): 6 for level in levels}


@pytest.mark.parametrize("middle", [{}, {"Indicator": ["Quantity", INDEX]}])
def test_an_index_block_is_never_read_as_counts(middle: Dimensions, read: Read) -> None:
    items = ["Total", "Primary"] if middle else ["Total", "Primary", INDEX]
    reading = read(PUPILS, PLACES | middle | {"Year": YEARS, "Items": items})
    left_out = 12 if middle else 6
    assert count(reading) == {("pupils", "general", ""): 6, ("pupils", "primary", ""): 6, ("not_kept",): left_out}


def test_an_overview_with_its_units(read: Read) -> None:
    names = {"Items": ["Number of schools (School)", "Number of classes (Thous. classes)", INDEX],
             "Level": ["Total", "Primary"], "Year": YEARS}  # fmt: skip
    reading = read(SCHOOLS, names)
    assert {(row["measure"], row["value"]) for row in reading.observations if row["year"] == 2018} == {
        ("schools", 1001), ("schools", 1022), ("classes", 1_043_000), ("classes", 1_064_000),
    }  # fmt: skip
    assert {row["reason"] for row in reading.issues} == {"not_kept"}


def test_an_overview_without_units_counts_what_it_names(read: Read) -> None:
    names = {"Items": ["School", "Class", "Teacher", "Pupil"], "Year": YEARS}
    reading = read(KINDERGARTEN, names)
    assert not reading.issues and {row["value"] for row in reading.observations if row["year"] == 2018} == {
        1001, 1022, 1043, 1064,
    }  # fmt: skip
    numbers = ["14001", "14002", "14003", "118", "119.5", "121", "251", "252", "253", "3511", "3512", "3513"]
    reading = read(KINDERGARTEN, names, numbers)
    assert count(reading) == {
        **{(measure, "kindergarten", ""): 3 for measure in ("schools", "teachers", "pupils")},
        ("not_whole",): 3,
    }


def test_a_unit_that_the_layout_does_not_know_is_no_part_of_a_name(read: Read) -> None:
    items = ["Number of classes - Mill. classes", "Number of pupils (Hundred pupils)"]
    reading = read(KINDERGARTEN, {"Items": items, "Year": YEARS})
    assert reading.observations == [] and len(reading.issues) == 6


@pytest.mark.parametrize("title", [f"Index of {PUPILS[0].lower()}{PUPILS[1:]}", f"Structure of {PUPILS}"])
def test_tables_that_count_nothing_have_no_layout(title: str, read: Read) -> None:
    reading = read(title, PLACES | {"Year": YEARS, "Items": ["Total", "Primary"]})
    assert count(reading) == {("no_layout",): 12}
