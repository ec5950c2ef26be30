"""Workbooks of every format: all sheets, addresses that hold, numbers and dates as printed, merges, errors."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from hpedu.ingest.readers.excel import (
    find_hidden_sheets,
    is_spreadsheetml,
    is_workbook,
    read_facts,
    read_frames,
    read_spreadsheetml,
    read_workbook,
)
from hpedu.ingest.readers.html import is_html
from hpedu.ingest.readers.number_formats import join_runs
from hpedu.ingest.schema import MOST_COLUMNS, address
from hpedu.ingest.sheet.grid import Grid, Merge
from hpedu.ingest.words.vietnamese import detect_legacy

XML_BOOK = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
 <Worksheet ss:Name="Dữ liệu"><Table>
  <Row><Cell ss:MergeAcross="2"><Data ss:Type="String">Số trường</Data></Cell>
   <Cell><Data ss:Type="String">x</Data></Cell></Row>
  <Row ss:Index="4"><Cell ss:Index="2" ss:MergeDown="1">
    <ss:Data ss:Type="String"><html:B>Hải</html:B> An</ss:Data></Cell>
   <Cell/><Cell><Data ss:Type="Number">2416</Data></Cell></Row>
  <Row><Cell><Data ss:Type="DateTime">2024-09-05T00:00:00.000</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="Danh mục"/>
</Workbook>"""

Cells = Mapping[str, object]


def write_xlsx(sheets: Mapping[str, Cells], merged: str = "") -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for place, value in cells.items():
            sheet[place] = value
        if merged:
            sheet.merge_cells(merged)
    return save(book)


def save(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


XlsCells = Mapping[tuple[int, int], str | float]


def write_xls(sheets: Mapping[str, XlsCells], *, shared: bool = True) -> bytes:
    """A BIFF8 workbook with code page 1252 in an OLE file, one byte a character.

    Excel 97 keeps all texts in a table (`shared`), other programs write them into the cells.
    """
    texts = list(dict.fromkeys(v for cells in sheets.values() for v in cells.values() if isinstance(v, str)))
    bodies = [_biff_sheet(cells, texts if shared else []) for cells in sheets.values()]
    names = [name.encode("latin-1") for name in sheets]
    table = struct.pack("<II", len(texts), len(texts)) + b"".join(map(_biff_text, texts))
    globals_ = _record(0x42, struct.pack("<H", 1252)) + _record(0xFC, table) + _record(0x0A)
    offset = 20 + sum(12 + len(name) for name in names) + len(globals_)
    records = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    for name, body in zip(names, bodies, strict=True):
        records += _record(0x85, struct.pack("<IBBBB", offset, 0, 0, len(name), 0) + name)
        offset += len(body)
    return _ole_file(records + globals_ + b"".join(bodies))


def _biff_sheet(cells: XlsCells, texts: list[str]) -> bytes:
    body = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for (row, column), value in cells.items():
        place = struct.pack("<HHH", row, column, 0)
        if not isinstance(value, str):
            body += _record(0x203, place + struct.pack("<d", value))
        elif value in texts:
            body += _record(0xFD, place + struct.pack("<I", texts.index(value)))
        else:
            body += _record(0x204, place + _biff_text(value))
    return body + _record(0x0A)


def _biff_text(text: str) -> bytes:
    return struct.pack("<HB", len(text), 0) + text.encode("latin-1")


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _ole_file(stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    chain = [0xFFFFFFFD, end, *range(3, count + 2), end]  # the table itself, the directory, the stream
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    entries = _entry("Root Entry", 5, 1, end, 0) + _entry("Workbook", 2, free, 2, len(stream))
    return head + table + entries.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    free = 0xFFFFFFFF
    tail = struct.pack("<HBBIII36xIQ", len(text), kind, 1, free, free, child, start, size)
    return text.ljust(64, b"\0") + tail


def write_ods(rows: str) -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:document-content xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
        f'xmlns:text="{office}text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Trang 1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


def rewrite(data: bytes, part: str, old: str, new: str) -> bytes:
    """A copy of a workbook with one of its XML parts changed."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as source, ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(name, content)
    return out.getvalue()


def text_at(grid: Grid, place: str) -> str:
    places = {address(r, c): text for r, row in enumerate(grid.rows) for c, text in enumerate(row)}
    return places.get(place, "")


class TestXlsx:
    def test_all_sheets_are_read_hidden_and_empty_ones_too(self) -> None:
        book = Workbook()
        book.active.title = "Dữ liệu"
        book.create_sheet("Danh mục").sheet_state = "hidden"
        book.create_sheet("Ẩn").sheet_state = "veryHidden"
        book["Ẩn"]["B3"] = "mã"
        book.create_chartsheet("Biểu đồ").add_chart(BarChart())
        grids = read_workbook(save(book))
        assert [grid.sheet for grid in grids] == ["Dữ liệu", "Danh mục", "Ẩn", "Biểu đồ"]
        assert [len(grid.rows) for grid in grids] == [0, 0, 3, 0]

    def test_addresses_hold_where_the_first_rows_and_columns_are_empty(self) -> None:
        grid = read_workbook(write_xlsx({"s": {"C5": "đây", "E7": 1}}))[0]
        assert (grid.rows[4][2], grid.rows[6][4]) == ("đây", "1")
        assert (len(grid.rows), grid.width) == (7, 5)

    @pytest.mark.parametrize(
        ("value", "printed"),
        [
            (2416, "2416"),
            (2416.0, "2416"),
            (98.38, "98.38"),
            (0.1 + 0.2, "0.3"),
            (-0.5, "-0.5"),
            (123456789012, "123456789012"),
            ("007", "007"),
            ("2.416", "2.416"),
            ("98,38%", "98,38%"),
            ("2010-\n2011", "2010-\n2011"),
            ("  Công lập", "  Công lập"),
            (date(2024, 9, 5), "2024-09-05"),
            (datetime(2024, 9, 5, 13, 30), "2024-09-05 13:30:00"),
            (time(7, 30), "07:30:00"),
            (45540, "45540"),
        ],
    )
    def test_cells_as_printed(self, value: object, printed: str) -> None:
        assert text_at(read_workbook(write_xlsx({"s": {"A1": value}}))[0], "A1") == printed

    def test_columns_of_mixed_kinds_lose_nothing(self) -> None:
        column = {"A1": "Số trường", "A2": 15, "A3": "..", "A4": 1.5, "A5": "x", "A6": date(2024, 1, 2)}
        grid = read_workbook(write_xlsx({"s": column}))[0]
        assert [row[0] for row in grid.rows] == ["Số trường", "15", "..", "1.5", "x", "2024-01-02"]

    def test_composed_and_decomposed_letters_stay_as_they_are(self) -> None:
        nfd = "Ma\u0302\u0300m non"
        assert read_workbook(write_xlsx({"s": {"A1": nfd, "A2": "Mầm non"}}))[0].rows == [[nfd], ["Mầm non"]]

    def test_merged_ranges(self) -> None:
        grid = read_workbook(write_xlsx({"s": {"B2": "Năm học", "E5": 1}}, merged="B2:D3"))[0]
        assert grid.merged == [Merge(1, 1, 2, 3)]

    def test_errors_stay_as_text_at_their_place(self) -> None:
        book = Workbook()
        for place, error in {"B2": "#REF!", "D9": "#DIV/0!"}.items():
            book.active[place] = error
            book.active[place].data_type = "e"
        grid = read_workbook(save(book))[0]
        assert (text_at(grid, "B2"), text_at(grid, "D9")) == ("#REF!", "#DIV/0!")

    def test_a_formula_that_was_never_computed_is_shown(self) -> None:
        grid = read_workbook(write_xlsx({"s": {"A1": "x", "C3": '=IF(A1="&",SUM(A1:B2),1)'}}))[0]
        assert text_at(grid, "C3") == '=IF(A1="&",SUM(A1:B2),1)'

    def test_a_formula_whose_result_is_empty_is_empty(self) -> None:
        data = write_xlsx({"s": {"A1": "x", "B1": '=""'}})
        data = rewrite(data, "xl/worksheets/sheet1.xml", '<c r="B1">', '<c r="B1" t="str">')
        assert text_at(read_workbook(data)[0], "B1") == ""

    def test_files_with_prefixed_tags(self) -> None:
        cells = '<x:sheetData><x:row r="2"><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c></x:row></x:sheetData>'
        sheet = (
            '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f'{cells}<x:mergeCells count="1"><x:mergeCell ref="B2:C2"/></x:mergeCells></x:worksheet>'
        )
        data = write_xlsx({"s": {}})
        with ZipFile(io.BytesIO(data)) as book:
            whole = book.read("xl/worksheets/sheet1.xml").decode()
        grid = read_workbook(rewrite(data, "xl/worksheets/sheet1.xml", whole, sheet))[0]
        assert text_at(grid, "B2") == "#N/A"
        assert grid.merged == [Merge(1, 1, 1, 1)]  # no wider than the sheet

    @settings(max_examples=20, deadline=None)
    @given(
        st.dictionaries(
            st.tuples(st.integers(0, 12), st.integers(0, 30)),
            st.one_of(
                st.integers(-(10**9), 10**9),
                st.decimals(-(10**6), 10**6, places=3, allow_nan=False).map(float),
                st.text(alphabet="aệ 1.,-–", min_size=1, max_size=6).filter(str.strip),
            ),
            min_size=1,
        )
    )
    def test_every_cell_comes_out_at_its_address(self, cells: dict[tuple[int, int], object]) -> None:
        grid = read_workbook(write_xlsx({"s": {address(*place): value for place, value in cells.items()}}))[0]
        found = {(r, c): text for r, row in enumerate(grid.rows) for c, text in enumerate(row) if text}
        assert found.keys() == cells.keys()
        for place, value in cells.items():
            assert found[place] == value if isinstance(value, str) else float(found[place]) == value

    def test_frames_have_the_same_places(self) -> None:
        name, frame = next(read_frames(write_xlsx({"s": {"C5": 1.5}})))
        assert (name, frame[4, 2], frame[0, 0], frame.shape) == ("s", "1.5", "", (5, 3))


class TestXls:
    @pytest.mark.parametrize("shared", [True, False])
    def test_tcvn3_text_comes_through_as_code_page_1252_shows_it(self, shared: bool) -> None:
        cells: dict[tuple[int, int], str | float] = {
            (3, 1): "Sè tr\xadêng häc",
            (4, 1): "Gi¸o viªn ®ang d¹y - Ngh×n ng\xadêi",
            (4, 2): 2416.0,
            (4, 3): 98.38,
        }
        grids = read_workbook(write_xls({"52": cells, "Bia": {(0, 0): "x"}}, shared=shared))
        assert [grid.sheet for grid in grids] == ["52", "Bia"]
        assert text_at(grids[0], "B4") == "Sè tr\xadêng häc"
        assert (text_at(grids[0], "C5"), text_at(grids[0], "D5")) == ("2416", "98.38")
        assert detect_legacy(text for row in grids[0].rows for text in row) == "tcvn3"


class TestOds:
    def test_rows_repeated_and_numbers(self) -> None:
        cell = "table:table-cell"
        number = f'<{cell} office:value-type="float" office:value="2416"><text:p>2.416</text:p></{cell}>'
        text = f'<{cell} office:value-type="string"><text:p>Hải An</text:p></{cell}>'
        rows = (
            f'<table:table-row table:number-rows-repeated="2"><{cell}/></table:table-row>'
            f'<table:table-row><{cell} table:number-columns-repeated="2"/>{text}{number}</table:table-row>'
        )
        data = write_ods(rows)
        assert is_workbook(data)
        grid = read_workbook(data)[0]
        assert grid.sheet == "Trang 1"
        assert (text_at(grid, "C3"), text_at(grid, "D3")) == ("Hải An", "2416")


class TestContent:
    def test_workbooks_are_told_by_what_is_inside(self) -> None:
        assert is_workbook(write_xlsx({"s": {}}))
        assert is_workbook(write_xls({"s": {}}))

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<html><table>", b"a;b\n1;2\n", b"\xd0\xcf\x11\xe0"])
    def test_nothing_else_is(self, data: bytes) -> None:
        assert not is_workbook(data)

    def test_another_archive_is_not(self) -> None:
        out = io.BytesIO()
        with ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        assert not is_workbook(out.getvalue())

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", write_xls({"s": {}})[:700]])
    def test_damaged_files_are_refused(self, data: bytes) -> None:
        with pytest.raises(ValueError, match="damaged"):
            read_workbook(data)


class TestSpreadsheetml:
    def test_cells_stand_where_their_index_says(self) -> None:
        data, catalogue = read_spreadsheetml(XML_BOOK.encode())
        assert (data.sheet, catalogue.sheet) == ("Dữ liệu", "Danh mục")
        assert data.rows == [
            ["Số trường", "", "", "x"],
            ["", "", "", ""],
            ["", "", "", ""],
            ["", "Hải An", "", "2416"],
            ["2024-09-05", "", "", ""],
        ]
        assert data.merged == [Merge(0, 0, 0, 2), Merge(3, 1, 4, 1)]
        assert catalogue.rows == []

    def test_it_is_told_by_its_namespace(self) -> None:
        assert is_spreadsheetml(XML_BOOK.encode())
        assert is_spreadsheetml(XML_BOOK.replace('"1.0"?', '"1.0" encoding="UTF-16"?').encode("utf-16"))
        assert not is_html(XML_BOOK.encode())
        assert not is_spreadsheetml(b"<html><table></table></html>")

    def test_damaged_xml_is_refused(self) -> None:
        with pytest.raises(ValueError, match="damaged"):
            read_spreadsheetml(XML_BOOK.encode()[:-20])


def write_formatted_xls(records: bytes, *, fonts: Sequence[int] = (), texts: bytes = b"", epoch: int = 0) -> bytes:
    """A BIFF8 workbook of one sheet: style 0 is General, 1 "0.0%", 2 "#,##0,"; `fonts` gives their escapements."""
    formats = b"".join(
        _record(0x41E, struct.pack("<HHB", 164 + i, len(code), 0) + code)
        for i, code in enumerate((b"0.0%", b"#,##0,"))
    )
    styles = b"".join(_record(0xE0, struct.pack("<HH16x", 0, number)) for number in (0, 164, 165))
    letters = b"".join(_record(0x31, struct.pack("<HHHHH6x", 200, 0, 0, 400, its)) for its in fonts)
    head = _record(0x42, struct.pack("<H", 1252)) + _record(0x22, struct.pack("<H", epoch))
    body = head + letters + formats + styles + texts + _record(0x0A)
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    offset = len(start) + 4 + 9 + len(body)
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + records + _record(0x0A)
    return _ole_file(start + _record(0x85, struct.pack("<IBBBB", offset, 0, 0, 1, 0) + b"S") + body + sheet)


class TestWhatACellIs:
    """Formats, errors, bare formulas, raised letters, merges: of every kind of workbook."""

    def test_xls(self) -> None:
        place = struct.Struct("<HHH").pack
        grid = read_workbook(
            write_formatted_xls(
                _record(0x203, place(0, 0, 1) + struct.pack("<d", 0.987))
                + _record(0x27E, place(0, 1, 2) + struct.pack("<I", (351211 << 2) | 2))
                + _record(0xBD, struct.pack("<HHHIHIH", 0, 2, 1, (98 << 2) | 3, 0, (55 << 2) | 2, 3))
                + _record(0x205, place(1, 0, 0) + b"\x2a\x01")
                + _record(0x205, place(1, 1, 0) + b"\x01\x00")
                + _record(0x06, place(1, 2, 0) + b"\x02\0\x17\0\0\0\xff\xff" + struct.pack("<HIH", 0, 0, 0))
                + _record(0x06, place(1, 3, 0) + struct.pack("<QHIH", 3, 3, 0, 0))
                + _record(0x203, place(2, 0, 0) + struct.pack("<d", 1.125))
                + _record(0xE5, struct.pack("<HHHHH", 1, 2, 3, 0, 0))
            )
        )[0]
        assert grid.rows[0] == ["98.7%", "351.211", "98%", "55"]
        assert grid.rows[1] == ["#N/A", "true", "#REF!", "="]
        assert grid.merged == [Merge(2, 0, 2, 0)]
        assert {p: str(scale) for p, scale in grid.scales.items()} == {
            (0, 0): "0.01", (0, 1): "1000", (0, 2): "0.01", (2, 0): "1",
        }  # fmt: skip

    def test_raised_letters_of_xls_go_on_in_further_records(self) -> None:
        rich = struct.pack("<HBH", 7, 8, 1) + b"3512", b"\x00112" + struct.pack("<HH", 6, 5)
        first = struct.pack("<II", 2, 2) + _biff_text("plain")
        texts = _record(0xFC, first + rich[0]) + _record(0x3C, rich[1])
        cells = b"".join(_record(0xFD, struct.pack("<HHHI", row, 0, 0, row)) for row in (0, 1))
        data = write_formatted_xls(cells, fonts=[0, 0, 0, 0, 1], texts=texts)
        assert read_workbook(data)[0].rows == [["plain"], ["351211 (2)"]]

    def test_days_since_1904_are_known(self) -> None:
        cell = _record(0x203, struct.pack("<HHHd", 0, 0, 0, 40000))
        assert read_facts(write_formatted_xls(cell, epoch=1))["S"].is_1904
        book = Workbook()
        book.epoch = CALENDAR_MAC_1904
        assert read_facts(save(book))["Sheet"].is_1904
        assert not read_facts(save(Workbook()))["Sheet"].is_1904

    def test_ods(self) -> None:
        cell = "<table:table-cell "
        rows = (
            "<table:table-row>"
            f'{cell}office:value-type="percentage" office:value="0.987"><text:p>98.7%</text:p></table:table-cell>'
            f'{cell}office:value-type="float" office:value="1.125"><text:p>1,125</text:p></table:table-cell>'
            f'{cell}table:formula="of:=[.A1]+1"/>'
            f'{cell}office:value-type="string" table:formula="of:=NA()" xmlns:calcext="urn:org:documentfoundation:'
            'names:experimental:calc:xmlns:calcext:1.0" calcext:value-type="error"><text:p>#N/A</text:p>'
            "</table:table-cell></table:table-row><table:table-row>"
            f'{cell}table:number-rows-spanned="2" office:value-type="string"><text:p>gộp</text:p>'
            "</table:table-cell>"
            f'{cell}table:number-columns-repeated="2" office:value-type="percentage" office:value="0.5">'
            "<text:p>50%</text:p></table:table-cell></table:table-row>"
        )
        grid = read_workbook(write_ods(rows))[0]
        assert grid.rows == [["98.7%", "1.125", "=[.A1]+1", "#N/A"], ["gộp", "50%", "50%", ""]]
        assert grid.merged == [Merge(1, 0, 1, 0)]
        assert (grid.scales[0, 1], grid.scales[1, 2]) == (1, Decimal("0.01"))

    def test_ods_with_raised_letters_and_a_format_that_scales(self) -> None:
        office = "urn:oasis:names:tc:opendocument:xmlns:"
        styles = (
            f'<office:automatic-styles xmlns:style="{office}style:1.0" xmlns:number="{office}datastyle:1.0">'
            '<number:number-style style:name="N1"><number:number number:display-factor="1000"/>'
            "</number:number-style>"
            '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
            '<style:style style:name="T1" style:family="text"><style:text-properties '
            'style:text-position="super 58%"/></style:style></office:automatic-styles>'
        )
        rows = (
            '<table:table-column table:default-cell-style-name="ce1"/><table:table-column/><table:table-row>'
            '<table:table-cell office:value-type="float" office:value="351211"><text:p>351</text:p>'
            "</table:table-cell>"
            '<table:table-cell office:value-type="string"><text:p>351211<text:span text:style-name="T1">2'
            "</text:span></text:p></table:table-cell></table:table-row>"
        )
        data = rewrite(write_ods(rows), "content.xml", "<office:body>", f"{styles}<office:body>")
        grid = read_workbook(data)[0]
        assert grid.rows == [["351.211", "351211 (2)"]]
        assert grid.scales == {(0, 0): 1000}

    def test_xml_of_2003(self) -> None:
        book = (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
            'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">'
            '<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style></Styles>'
            '<Worksheet ss:Name="S"><Table><Row>'
            '<Cell ss:StyleID="p"><Data ss:Type="Number">0.987</Data></Cell>'
            '<Cell><ss:Data ss:Type="String">351211<html:Sup>2</html:Sup></ss:Data></Cell>'
            '<Cell ss:Formula="=RC[-1]+1"/><Cell><Data ss:Type="Error">#N/A</Data></Cell>'
            '<Cell><Data ss:Type="Number">1.125</Data></Cell></Row></Table></Worksheet></Workbook>'
        )
        grid = read_spreadsheetml(book.encode())[0]
        assert grid.rows == [["98.7%", "351211 (2)", "=RC[-1]+1", "#N/A", "1.125"]]
        assert grid.scales == {(0, 0): Decimal("0.01"), (0, 4): 1}

    def test_xlsx_with_letters_raised_inside_the_cell(self) -> None:
        data = write_xlsx({"s": {"A1": "x", "B1": 1}})
        part = "xl/worksheets/sheet1.xml"
        run = '<is><r><t>351211</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></is></c><c r="B1"'
        inline = rewrite(data, part, '<c r="B1"', f'<c r="C1" t="inlineStr">{run}')
        assert read_workbook(inline)[0].rows[0][2] == "351211 (2)"

    @pytest.mark.parametrize(
        ("runs", "text"),
        [
            ([("Hải Phòng", False), ("(1)", True)], "Hải Phòng (1)"),
            ([("Người/km", False), ("2", True)], "Người/km2"),
            ([("1", False), ("st", True), (" grade", False)], "1st grade"),
            ([("5", True), ("77", False)], "(5) 77"),
            ([("2020", False), (" ", True)], "2020 "),
        ],
    )
    def test_runs_are_joined(self, runs: list[tuple[str, bool]], text: str) -> None:
        assert join_runs(runs) == text


class TestWhatIsHidden:
    """Sheets, rows and columns that are not shown: of every kind of workbook."""

    ROW = '<table:table-row{}><table:table-cell office:value-type="float" office:value="5"/></table:table-row>'

    def test_ods_has_no_more_columns_than_a_sheet(self) -> None:
        hidden = '<table:table-column table:visibility="collapse" table:number-columns-repeated="1024"/>'
        [facts] = read_facts(write_ods(hidden * 100 + "<table:table-row/>")).values()
        assert len(facts.hidden_columns) == MOST_COLUMNS

    def test_rows_and_columns_of_xlsx(self) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append([1, 2, 3, 4])
        sheet.append([1, 2, 3, 4])
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions.group("B", "C", hidden=True)
        facts = read_facts(save(book))["Sheet"]
        assert (facts.hidden_rows, facts.hidden_columns) == ({1}, {1, 2})

    def test_rows_and_columns_of_xls(self) -> None:
        cell = _record(0x203, struct.pack("<HHHd", 0, 0, 0, 5))
        rows = [_record(0x208, struct.pack("<6HI", row, 0, 1, 255, 0, 0, 0x100 | 0x20 * row)) for row in (0, 1)]
        columns = [
            _record(0x7D, struct.pack("<5H2x", 3 * hidden, 3 * hidden + 1, 0, 0, hidden)) for hidden in (0, 1)
        ]
        facts = read_facts(write_formatted_xls(b"".join([*columns, *rows, cell])))["S"]
        assert (facts.hidden_rows, facts.hidden_columns) == ({1}, {3, 4})

    def test_rows_and_columns_of_ods(self) -> None:
        columns = (
            '<table:table-column/><table:table-column table:number-columns-repeated="2" '
            'table:visibility="collapse"/>'
        )
        hidden = self.ROW.format(' table:visibility="filter"')
        facts = read_facts(write_ods(columns + self.ROW.format("") + hidden))["Trang 1"]
        assert (facts.hidden_rows, facts.hidden_columns) == ({1}, {1, 2})

    def test_sheets_of_xls_and_ods(self) -> None:
        xls = write_formatted_xls(_record(0x203, struct.pack("<HHHd", 0, 0, 0, 5)))
        assert find_hidden_sheets(xls) == frozenset()
        assert find_hidden_sheets(xls.replace(b"\0\0\1\0S", b"\1\0\1\0S")) == {"S"}
        office = "urn:oasis:names:tc:opendocument:xmlns:"
        style = (
            f'<office:automatic-styles xmlns:style="{office}style:1.0"><style:style style:name="ta1" '
            'style:family="table"><style:table-properties table:display="false"/></style:style>'
            "</office:automatic-styles>"
        )
        ods = write_ods(self.ROW.format(""))
        assert find_hidden_sheets(ods) == frozenset()
        ods = rewrite(ods, "content.xml", "<office:body>", f"{style}<office:body>")
        ods = rewrite(ods, "content.xml", "<table:table ", '<table:table table:style-name="ta1" ')
        assert find_hidden_sheets(ods) == {"Trang 1"}
