"""One published table in every kind of file it may come in: the same figures, wherever its parts stand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

import hpedu
from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import find_tables, read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

TITLE = "Number of pupils of general education as of 30 September by province"
VARIABLES = "by Cities, provincies, Years and Items"
PROVINCES = [" WHOLE COUNTRY", "Red River Delta", "Hai  Duong", "Hai Phong", "Ha Tay"]
YEARS = ["2014", "2015", "Prel. 2016"]
ITEMS = ["Total", "Primary", "Lower secondary", "Upper secondary"]
VIETNAMESE = {
    " WHOLE COUNTRY": "CẢ NƯỚC",
    "Red River Delta": "Đồng bằng sông Hồng",
    "Hai  Duong": "Hải Dương",
    "Hai Phong": "Hải Phòng",
    "Ha Tay": "Hà Tây",
    "Prel. 2016": "Sơ bộ 2016",
    "Total": "Tổng số",
    "Primary": "Tiểu học",
    "Lower secondary": "Trung học cơ sở",
    "Upper secondary": "Trung học phổ thông",
}
Figures = set[tuple[str, str, int, float, str]]


def figure(province: str, year: str, item: str) -> str:
    if province == "Ha Tay":
        return ".."
    place = PROVINCES.index(province), YEARS.index(year), ITEMS.index(item)
    return str(120345 + 10000 * place[0] + 100 * place[1] + place[2])


def expected() -> Figures:
    ids = ["viet_nam", "red_river_delta", "hai_duong_old", "hai_phong_old"]
    levels = ["general", "primary", "lower_secondary", "upper_secondary"]
    return {
        (ids[p], levels[i], 2014 + y, float(figure(province, year, item)), "preliminary" if y == 2 else "final")
        for p, province in enumerate(PROVINCES[:4])
        for y, year in enumerate(YEARS)
        for i, item in enumerate(ITEMS)
    }


def lines(rows: Sequence[Sequence[str]], delimiter: str = ";", quote: str = '"', end: str = "\r\n") -> str:
    return end.join(delimiter.join(f"{quote}{text}{quote}" for text in row) for row in rows) + end


def wide(title: str = f"{TITLE}(*) {VARIABLES}", name: Callable[[str], str] = str) -> list[list[str]]:
    header = ["Cities, provincies", *(f"{name(y)} {name(i)}" for y in YEARS for i in ITEMS)]
    body = [[name(p), *(figure(p, y, i) for y in YEARS for i in ITEMS)] for p in PROVINCES]
    return [[title], [], header, *body]


def vietnamese() -> list[list[str]]:
    title = "Số học sinh phổ thông tại thời điểm 30/9 phân theo địa phương chia theo Tỉnh, thành phố, Năm và Cấp"
    rows = wide(title, lambda text: VIETNAMESE.get(text, text))
    rows[2][0] = "Tỉnh, thành phố"
    return rows


def stub_of_two() -> list[list[str]]:
    body = [[p, y, *(figure(p, y, i) for i in ITEMS)] for p in PROVINCES for y in YEARS]
    return [[f"{TITLE} {VARIABLES}"], [], ["Cities, provincies", "Years", *ITEMS], *body]


def stub_of_all() -> list[list[str]]:
    body = [[p, y, i, figure(p, y, i)] for p in PROVINCES for y in YEARS for i in ITEMS]
    return [[f"{TITLE} {VARIABLES}"], [], ["Cities, provincies", "Years", "Items", "Number of pupils"], *body]


def years_in_rows() -> list[list[str]]:
    body = [[y, i, *(figure(p, y, i) for p in PROVINCES)] for y in YEARS for i in ITEMS]
    return [[f"{TITLE} {VARIABLES}"], [], ["Years", "Items", *PROVINCES], *body]


def provinces_glued() -> list[list[str]]:
    header = ["Years", *(f"{p} {i}" for p in PROVINCES for i in ITEMS)]
    body = [[y, *(figure(p, y, i) for p in PROVINCES for i in ITEMS)] for y in YEARS]
    return [[f"{TITLE} {VARIABLES}"], [], header, *body]


def px() -> str:
    def listed(texts: Sequence[str]) -> str:
        return ",".join(f'"{text}"' for text in texts)

    data = " ".join(
        f'"{text}"' if (text := figure(p, y, i)) == ".." else text for p in PROVINCES for y in YEARS for i in ITEMS
    )
    return (
        'CHARSET="ANSI";\nAXIS-VERSION="2013";\nLANGUAGE="en";\nUNITS="Pupil";\n'
        f'TITLE="{TITLE}(*) {VARIABLES}";\nSTUB="Cities, provincies";\nHEADING="Years","Items";\n'
        f'VALUES("Cities, provincies")={listed(PROVINCES)};\nVALUES("Years")={listed(YEARS)};\n'
        f'VALUES("Items")={listed(ITEMS)};\nDATA=\n{data};\n'
    )


def jsonstat(version: int, *, sparse: bool = False, status: object = None) -> str:
    names = {"Cities, provincies": PROVINCES, "Years": YEARS, "Items": ITEMS}
    dimension: dict[str, object] = {
        name: {
            "label": name,
            "category": {
                "index": {str(n): n for n in range(len(texts))},
                "label": {str(n): text for n, text in enumerate(texts)},
            },
        }
        for name, texts in names.items()
    }
    printed = [figure(p, y, i) for p in PROVINCES for y in YEARS for i in ITEMS]
    values = [None if text == ".." else int(text) for text in printed]
    filled = {str(n): value for n, value in enumerate(values) if value is not None}
    shape = {"id": list(names), "size": [len(texts) for texts in names.values()]}
    dataset: dict[str, object] = {"label": f"{TITLE} {VARIABLES}", "value": filled if sparse else values}
    if status is not None:
        dataset["status"] = status
    if version == 1:
        return json.dumps({"dataset": dataset | {"dimension": dimension | shape}}) + "\0"
    return json.dumps(
        {"version": "2.0", "class": "dataset"} | shape | dataset | {"dimension": dimension}, indent=1
    )


def workbook(*, merged: bool) -> bytes:
    """As PX-Web writes it: years over items, notes below."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([f"{TITLE}(*) {VARIABLES}"])
    sheet.append([])
    sheet.append([None, *(year if item == "Total" else None for year in YEARS for item in ITEMS)])
    sheet.append([None, *ITEMS * len(YEARS)])
    for row in wide()[3:]:
        sheet.append([row[0], *(text if text == ".." else int(text) for text in row[1:])])
    for note in (
        [],
        ["(*) Data of 2016 are preliminary"],
        ["Source: General Statistics Office"],
        ["Units:"],
        ["Pupil"],
    ):
        sheet.append(note)
    for start in (2, 6, 10) if merged else ():
        sheet.merge_cells(start_row=3, start_column=start, end_row=3, end_column=start + 3)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FILES = {
    "csv": ("\ufeff" + lines(wide())).encode(),
    "csv with commas": ("\ufeff" + lines(wide(), ",")).encode(),
    "csv with tabs": lines(wide(), "\t").encode(),
    "csv without quotes": lines(wide(), quote="", end="\n").encode(),
    "csv without a blank line": lines([row for row in wide() if row]).encode(),
    "csv in utf-16": lines(wide()).encode("utf-16"),
    "csv in vietnamese": ("\ufeff" + lines(vietnamese())).encode(),
    "csv, years beside provinces": lines(stub_of_two()).encode(),
    "csv, one figure a row": lines(stub_of_all()).encode(),
    "csv, years and items in rows": lines(years_in_rows()).encode(),
    "csv, provinces glued to items": lines(provinces_glued()).encode(),
    "px": px().encode(),
    "json-stat 1": jsonstat(1).encode(),
    "json-stat 1, status array": jsonstat(1, status=[""] * 48 + ["m"] * 12).encode(),
    "json-stat 2": jsonstat(2).encode(),
    "json-stat 2, sparse": jsonstat(2, sparse=True, status={"48": "..", "49": "-"}).encode(),
    "xlsx": workbook(merged=True),
    "xlsx without merges": workbook(merged=False),
}


def read(data: bytes, registry: Registry) -> Reading:
    return read_file(open_source(data), stand_in(Path("table")), registry)


def figures(reading: Reading) -> Figures:
    names = ("territory", "level", "year", "value", "status")
    assert {row["measure"] for row in reading.observations} <= {"pupils"}
    return {tuple(row[name] for name in names) for row in reading.observations}


class TestOneTable:
    @pytest.mark.parametrize("kind", FILES)
    def test_every_kind_of_file_gives_the_same_figures(self, kind: str, registry: Registry) -> None:
        reading = read(FILES[kind], registry)
        assert figures(reading) == expected()
        assert {row["printed"] for row in reading.issues} <= {"..", "-"}  # Ha Tay, merged in 2008

    @pytest.mark.parametrize("kind", FILES)
    def test_every_cell_is_read_or_set_aside_once(self, kind: str, registry: Registry) -> None:
        reading = read(FILES[kind], registry)
        addresses = [row["cell"] for row in [*reading.observations, *reading.issues]]
        assert len(addresses) == len(set(addresses)) == 60
        assert sorted(addresses) == sorted(
            c.address for t in find_tables(open_source(FILES[kind])) for c in t.table.cells
        )

    @pytest.mark.parametrize("tail", ["of ethnic minorities", "(Thous. pupils)", "and grade"])
    def test_a_table_of_another_scope_is_not_taken_for_it(self, tail: str, registry: Registry) -> None:
        rows = wide(f"{TITLE} {tail} {VARIABLES}")
        reading = read(lines(rows).encode(), registry)
        assert reading.observations == []
        assert {row["reason"] for row in reading.issues} == {"no_layout"}

    def test_a_table_of_the_whole_country_alone_says_so_or_is_refused(self, registry: Registry) -> None:
        rows = [[f"{TITLE} by Years and Items"], [], ["Years", *ITEMS], *([y, "1", "2", "3", "4"] for y in YEARS)]
        reading = read(lines(rows).encode(), registry)
        assert reading.observations == []
        assert {row["reason"] for row in reading.issues} == {"no_territory"}

    def test_another_unit_is_refused(self, registry: Registry) -> None:
        reading = read(px().replace('UNITS="Pupil"', 'UNITS="Thous. pupils"').encode(), registry)
        assert reading.observations == []
        assert {row["reason"] for row in reading.issues} == {"other_unit", "not_published"}

    def test_half_a_pupil_is_no_pupil(self, registry: Registry) -> None:
        reading = read(lines(wide()).replace('"130345"', '"130.3"').encode(), registry)
        issues = [row for row in reading.issues if row["reason"] == "not_whole"]
        assert ("B5", "130.3") in {(issue["cell"], issue["printed"]) for issue in issues}
        # None of its series is read: the others may be thousands that happen to be whole.
        assert {issue["subject"] for issue in issues} == {"130.3"}
        assert "general" not in {row["level"] for row in reading.observations}

    def test_the_order_of_dimensions_does_not_matter(self, registry: Registry) -> None:
        rows = [
            ["Average population by province by Cities, provincies, Sex, Residence and Year"],
            [],
            ["Cities, provincies", "Total 2016", "Male Prel. 2017", "Rural 2016"],
            ["Hai Phong", "1980.8", "990.1", "1050.3"],
        ]
        reading = read(lines(rows).encode(), registry)
        assert [(row["sex"], row["detail"], row["year"], row["value"]) for row in reading.observations] == [
            ("both", "", 2016, 1980800),
            ("male", "", 2017, 990100),
            ("both", "rural", 2016, 1050300),
        ]


YEARBOOK = [
    ["288. Số học sinh phổ thông tại thời điểm 30/9/2011 phân theo địa phương", "", "", "", ""],
    ["Number of pupils of general education as of 30 September 2011 by province", "", "", "", ""],
    ["", "", "", "", "ĐVT: Học sinh - Unit: Pupil"],
    ["", "Tổng số\nTotal", "Chia ra - Of which", "", ""],
    ["", "", "Tiểu học\nPrimary", "Trung học\ncơ sở\nLower\nsecondary", "Trung học\nphổ thông\nUpper\nsecondary"],
    ["CẢ NƯỚC - WHOLE COUNTRY", "14.781.561", "7.100.950", "4.926.401", "2.754.210"],
    ["Đồng bằng sông Hồng - Red River Delta", "3.159.239", "1.431.880", "1.053.902", "673.457"],
    ["  Hải Dương", "267.777", "117.105", "94.868", "55.804"],
    ["  Hải Phòng", "273.312", "121.772", "88.365", "63.175"],
]


def html(rows: list[list[str]]) -> bytes:
    def cell(text: str) -> str:
        return f"<td>{text.replace(chr(10), '<br>')}</td>"

    head = (
        "<tr><td rowspan=2></td><td rowspan=2>Tổng số<br>Total</td><td colspan=3>Chia ra - Of which</td></tr>"
        + f"<tr>{''.join(map(cell, rows[4][2:]))}</tr>"
    )
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows[5:])
    return f"<h3>{rows[0][0]}<br>{rows[1][0]}</h3><table>{head}{body}</table>".encode()


class TestYearbookOfTheSameTable:
    """The year stands in the title, the labels are in two languages, dots part thousands."""

    @pytest.mark.parametrize("data", [lines(YEARBOOK, ",").encode(), html(YEARBOOK)], ids=["csv", "html"])
    def test_it_is_read_by_the_same_layout(self, data: bytes, registry: Registry) -> None:
        reading = read(data, registry)
        assert not reading.issues
        assert {row["year"] for row in reading.observations} == {2011}
        assert ("hai_phong_old", "lower_secondary", 2011, 88365.0, "final") in figures(reading)
        assert ("viet_nam", "general", 2011, 14781561.0, "final") in figures(reading)

    def test_dots_alone_are_thousands_because_pupils_are_counted(self, registry: Registry) -> None:
        rows = [*YEARBOOK[:5], *YEARBOOK[7:]]
        assert ("hai_duong_old", "general", 2011, 267777.0, "final") in figures(read(html(rows), registry))


PX = """CHARSET="ANSI";
TITLE="{title}";
STUB="Province","Items";
HEADING="Year";
VALUES("Province")="Hai Duong","Hai Phong";
VALUES("Items")="{item}";
VALUES("Year")="2019","2020","Prel. 2021";
DATA=
98 ".." 99;
"-" "." "......";
"""


@pytest.mark.parametrize(
    ("title", "item", "zero"),
    [
        ("Number of classes of general education as of 30 September by province", "Total", True),
        ("Percentage of literate population at 15 years of age and above by province", "", False),
    ],
)
def test_marks_of_px_are_zero_where_things_are_counted_and_none_of_a_rate(
    tmp_path: Path, title: str, item: str, zero: bool
) -> None:
    text = PX.format(title=title, item=item)
    if not item:
        text = text.replace(',"Items"', "").replace('VALUES("Items")="";\n', "")
    path = tmp_path / "bang.px"
    path.write_text(text, encoding="utf-8")
    observations, issues = hpedu.read(path)
    assert observations["value"].to_list() == [98, 99, *([0] if zero else [])]
    assert issues["reason"].to_list() == [
        "not_published",
        *(["none_of_rate"] * (not zero)),
        "not_published",
        "not_published",
    ]
