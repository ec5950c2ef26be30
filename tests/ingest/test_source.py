"""A file is opened once, and one that is no table, or not whole, is refused with what to do, in both languages."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import fastexcel
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpedu
from hpedu.errors import HpeduError, IngestError
from hpedu.folders import Project
from hpedu.ingest.entry import list_titles
from hpedu.ingest.isolation import read_apart
from hpedu.ingest.pipeline import ingest
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import find_tables
from hpedu.ingest.source import open_source
from hpedu.registry import load_registry

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def archive(**parts: str) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name.replace("__", "/"), text)
    return file.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["", "2015", "2016"], ["Hải Phòng", 12, 13], ["Hải Dương", 14, 15]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(xml: str) -> bytes:
    """A workbook whose only sheet has another content."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(workbook())) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name.startswith("xl/worksheets/") else old.read(name))
    return file.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

HOPELESS = {
    "no byte": (b"", "empty"),
    "blanks": (b"\xef\xbb\xbf  \r\n \r\n", "empty"),
    "zeros": (bytes(4096), "empty"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 9, "pdf"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)), "picture"),
    "docx": (archive(word__document="<w/>"), "document"),
    "doc": (OLE + utf16("WordDocument") + bytes(99), "document"),
    "rtf": (b"{\\rtf1\\ansi Bang so 1}", "document"),
    "zip": (archive(a="1;2\n3;4\n"), "archive"),
    "gz": (b"\x1f\x8b\x08\0\0\0\0\0", "archive"),
    "password": (OLE + utf16("EncryptionInfo") + utf16("EncryptedPackage") + bytes(99), "locked"),
    "half an xlsx": (workbook()[:2000], "damaged"),
    "half an xls": (OLE + bytes(range(256)), "damaged"),
    "xlsx with a broken part": (with_sheet("<worksheet><sheetData><row"), "damaged"),
    "xlsx with cells far off": (with_sheet(SHEET.format(FAR)), "exhausted"),
    "xlsx that is a bomb": (with_sheet(SHEET.format("A" * (101 << 20))), "no_table"),
    "half a json-stat": (b'{"dataset": {"dimension": {}, "value": [1, 2', "damaged"),
    "json-stat without sense": (b'{"a": 1, "dimension": 3, "value": 5}', "damaged"),
    "other json": (json.dumps([{"a": 1}, {"a": 2}], indent=1).encode(), "json"),
    "px without values": (
        b'CHARSET="ANSI";\nTITLE="x";\nSTUB="a";\nHEADING="b";\nVALUES("a")="1";\nDATA=1;',
        "damaged",
    ),
    "half an xml workbook": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet',
        "damaged",
    ),
    "ragged tidy csv": (b"territory,value\nviet_nam,1\nviet_nam,1,2\n", "damaged"),
    "binary": (bytes(range(256)) * 20, "binary"),
    "csv with nuls": (b"a;b;c\n1;\0\0;3\n" * 9, "binary"),
    "world bank json": (
        b'\xef\xbb\xbf[\r\n    {\r\n  "page":  1\r\n },\r\n [\r\n {"date": "2024", "value": 3.5}]]',
        "json",
    ),
    "json in utf-16": ('{\r\n  "a": 12,\r\n  "b": 13\r\n}'.encode("utf-16"), "json"),
    "sdmx-json": (b'{"header": {"id": "x"}, "dataSets": [{"observations": {"0:0": [1]}}]}', "json"),
    "json lines": (
        b'{"year": 2020, "value": 1}\n{"year": 2021, "value": 2}\n{"year": 2022, "value": 3}\n',
        "json",
    ),
    "list of numbers": (b"[1, 2,\n3, 4,\n5, 6]", "json"),
    "half a json": (b'[\n {"a": 1, "b": 2},\n {"a": 1, "b": ', "json"),
    "log-in page": (b"<!DOCTYPE html><html><body><form>Log in</form></body></html>", "web_page"),
    "error page": (b"\n\n<html>\n<title>503</title>\n<p>a, b</p>\n<p>c, d</p>\n<p>e, f</p></html>", "web_page"),
    "page of a portal": (
        b"<script>var a = 1;\nvar b = 2;</script><div>2024 1 2</div>\n<div>2025 1 2</div>",
        "web_page",
    ),
    "log-in page with a table": (
        b"<html><body><table><tr><td>Name</td><td><input></td></tr></table></body></html>",
        "web_page",
    ),
    "sdmx-ml": (b"<?xml version='1.0'?>\n<message:Data>\n<Obs TIME='2020' V='1'/>\n</message:Data>", "xml"),
    "prose": ("Đây là một đoạn văn.\nNó không có bảng nào.\nKhông có số.\n".encode(), "no_table"),
    "one huge line": (b"x" * 3_000_000, "no_table"),
    "one line of figures": (b"1;" * 300_000, "no_table"),
}


@pytest.mark.parametrize("kind", HOPELESS)
def test_the_file_is_named_with_what_to_do_in_both_languages(kind: str, tmp_path: Path) -> None:
    data, reason = HOPELESS[kind]
    path = tmp_path / "bang.csv"
    path.write_bytes(data)
    with pytest.raises(Unreadable) as caught:
        hpedu.read(path)
    assert caught.value.reason == reason
    vietnamese, english = caught.value.say("vi"), str(caught.value)
    assert vietnamese.startswith("bang.csv: ") and not vietnamese.isascii()
    assert english.startswith("bang.csv: ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Name the files in it"):
        hpedu.read(tmp_path)


def test_a_ragged_row_is_named() -> None:
    with pytest.raises(Unreadable, match="line 3 does not have 2 cells"):
        read_apart(list_titles, HOPELESS["ragged tidy csv"][0], load_registry())


def test_if_no_file_of_a_package_can_be_read_all_are_listed_at_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.raw.mkdir(parents=True)
    (project.raw / "datapackage.json").write_text(json.dumps({"name": "x", "resources": []}), encoding="utf-8")
    for name in ("pdf", "password", "half an xlsx"):
        (project.raw / f"{name.replace(' ', '_')}.xlsx").write_bytes(HOPELESS[name][0])
    with pytest.raises(IngestError) as caught:
        ingest(project, load_registry())
    assert [str(problem).split(":")[0] for problem in caught.value.problems] == [
        "half_an_xlsx.xlsx",
        "password.xlsx",
        "pdf.xlsx",
    ]
    assert "mật khẩu" in caught.value.say("vi") and "password" in str(caught.value)


WHOLE = [workbook(), SHEET.encode(), b'"T by P"\n\n"P";"2015"\n"a";1\n', b"a,value\n1,2\n"]
HEADS = [b"", b"PK\x03\x04", OLE[:8], b"<table>", b'{"dimension": {}, "value": ', b"a,value\n"]


@given(st.integers(0, 1 << 20), st.integers(1, 255), st.sampled_from(range(len(WHOLE))))
def test_no_error_of_a_library_comes_out_of_a_file_with_a_wrong_byte(place: int, mask: int, which: int) -> None:
    broken = bytearray(WHOLE[which])
    broken[place % len(broken)] ^= mask
    try:
        read_apart(list_titles, bytes(broken), load_registry())
    except HpeduError as error:
        assert str(error)


@given(st.binary(max_size=300), st.sampled_from(HEADS))
def test_no_error_of_a_library_comes_out_of_any_bytes(data: bytes, head: bytes) -> None:
    try:
        read_apart(list_titles, head + data, load_registry())
    except HpeduError as error:
        assert str(error)


def test_random_bytes_are_no_table() -> None:
    with pytest.raises(Unreadable):
        find_tables(open_source(b"\0\x01\x02" + os.urandom(999)))


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (workbook(), "workbook"),
        (b"a,value\n1,2\n", "tidy_csv"),
        (b"a;b\n1;2\n3;4\n", "delimited"),
        (b"<table><tr><td>1</td></tr></table>", "html"),
        (b"Hai Phong  12\nHai Duong  13\n", "plain_text"),
        (b"x", ""),
    ],
)
def test_the_format_is_recognised_by_content(data: bytes, format: str) -> None:
    assert open_source(data).format == format


def test_a_workbook_is_opened_once_for_frames_and_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = count_openings(monkeypatch)
    source = open_source(workbook())
    assert opened == []  # nothing is read before it is wanted
    (frame,), (grid,) = source.frames, source.grids
    assert (frame[0], frame[1].rows()) == (grid.sheet, [tuple(row) for row in grid.rows])
    assert source.grids[0] is grid
    assert opened == [source.data]


def test_frames_of_other_formats_are_made_of_their_grids() -> None:
    source = open_source(b"a;b\n1;2\n3;4\n")
    assert [frame.rows() for _, frame in source.frames] == [[("a", "b"), ("1", "2"), ("3", "4")]]


def count_openings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list that will hold the content of every workbook that is opened."""
    opened: list[bytes] = []
    read_excel = fastexcel.read_excel

    def read_and_count(data: bytes) -> fastexcel.ExcelReader:
        opened.append(data)
        return read_excel(data)

    monkeypatch.setattr(fastexcel, "read_excel", read_and_count)
    return opened
