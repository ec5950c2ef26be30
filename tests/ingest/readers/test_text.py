"""CSV and its kin: any delimiter, any encoding, quotation marks that pair and that do not."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.decoding import decode_text
from hpedu.ingest.readers.text import is_delimited, read_delimited
from hpedu.ingest.schema import CUT
from hpedu.ingest.words.vietnamese import detect_legacy

ROWS = [["Quận", "Số trường", "Tỷ lệ"], ["Hải An", "2.416", "98,38"], ["Đồ Sơn", "-", ""]]


def write(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    data = write(ROWS, delimiter).encode()
    assert is_delimited(data)
    assert read_delimited(data)[0].rows == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_in_all_its_forms(encoding: str) -> None:
    data = write(ROWS, ";").encode(encoding)
    assert is_delimited(data)
    assert read_delimited(data)[0].rows == ROWS


def test_windows_1258_writes_tones_behind_vowels() -> None:
    apart = "Qu\u00e2\u0323n;S\u00f4\u0301 tr\u01b0\u01a1\u0300ng\nHa\u0309i An;12\n"
    assert read_delimited(apart.encode("cp1258"))[0].rows[0] == [
        "Qu\u00e2\u0323n",
        "S\u00f4\u0301 tr\u01b0\u01a1\u0300ng",
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("TØnh;Sè tr\xadêng häc;Gi¸o viªn\nH¶i Phßng;12;13\nH¶i D\xad¬ng;14;15\nVÒ nhiÒu;1;2\n", "tcvn3"),
        ("Tænh;Soá tröôøng hoïc;Giaùo vieân\nHaûi Phoøng;12;13\nHaûi Döông;14;15\n", "vni"),
    ],
)
def test_legacy_fonts_come_through_byte_by_byte(text: str, encoding: str) -> None:
    grid = read_delimited(text.encode("latin-1"))[0]
    assert grid.rows == [line.split(";") for line in text.splitlines()]
    assert detect_legacy(cell for row in grid.rows for cell in row) == encoding


def test_quoted_cells_hold_line_breaks_and_delimiters() -> None:
    data = b'"2010-\n2011";"a;b";"say ""yes"""\n1;2;3\n'
    assert read_delimited(data)[0].rows == [["2010-\n2011", "a;b", 'say "yes"'], ["1", "2", "3"]]


def test_a_stray_quotation_mark_swallows_no_rows() -> None:
    data = b'"Truong;1\nB;2\nC;3\n'
    assert read_delimited(data)[0].rows == [['"Truong', "1"], ["B", "2"], ["C", "3"]]


def test_titles_and_blank_lines_keep_their_place() -> None:
    grid = read_delimited("Số trường\r\n\r\nQuận;2014;2015\r\nHải An;1;2\r\nĐồ Sơn;3;4\r\n".encode())[0]
    assert grid.rows[0] == ["Số trường", "", ""]
    assert grid.rows[1] == ["", "", ""]
    assert grid.rows[3] == ["Hải An", "1", "2"]


def test_what_excel_says_of_the_delimiter_is_no_row() -> None:
    assert read_delimited(b"sep=;\r\na,b;1\r\nc,d;2\r\n")[0].rows == [["", ""], ["a,b", "1"], ["c,d", "2"]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"one line, and a comma",
        b"Prose has commas, but not many.\nNot in every line.\nNor here.\nThis, too.\nThe end.\n",
        b'{"a": 1,\n "b": 2,\n "c": 3}',
        b"<table><tr><td>a,b\n</td></tr>\n,</table>",
        b"PK\x03\x04;;\n;;\n",
        b"\x00\x01;\x02\n;\x03\n",
    ],
)
def test_what_is_no_table_is_left_alone(data: bytes) -> None:
    assert not is_delimited(data)


def test_text_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="delimiter"):
        read_delimited(b"a\nb\n")


@given(
    st.lists(
        st.lists(st.text(alphabet='aă,;"\n 1.-', max_size=4), min_size=3, max_size=3), min_size=3, max_size=6
    ).filter(lambda rows: all(any(text.strip() for text in row) for row in rows))
)
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    assert read_delimited(write(rows, "\t").encode())[0].rows == rows


@given(st.binary(max_size=200))
def test_any_bytes_are_some_text(data: bytes) -> None:
    assert isinstance(decode_text(data), str)
    assert decode_text(b"\xef\xbb\xbf" + b"abc") == "abc"


def test_utf_8_is_believed_before_what_is_declared() -> None:
    assert decode_text("Đồ Sơn".encode(), "windows-1252") == "Đồ Sơn"
    assert decode_text("Đồ Sơn".encode(), "x-user-defined") == "Đồ Sơn"


def test_what_is_declared_is_believed_where_the_bytes_agree() -> None:
    assert decode_text(b"caf\xe9 \x96 1", "iso-8859-1") == "café – 1"
    assert decode_text(b"caf\xe9 \x81", "windows-1252") == "café \x81"


WHOLE = ["Place;2011;2012;2013", "Hai Phong;11;12;13", "Hai Duong;31;32;33", "Nam Dinh;41;42;43"]


@pytest.mark.parametrize("lost", ["Ha Noi;21;23", "Ha Noi;21;2"])
def test_no_number_of_a_row_with_a_cell_less_is_sure(lost: str) -> None:
    rows = read_delimited("\n".join([*WHOLE[:2], lost, *WHOLE[2:], ""]).encode())[0].rows
    name, *numbers = [text for text in rows[2] if text]
    assert name == "Ha Noi" and all(text.endswith(CUT) for text in numbers)
    assert not any(text.endswith(CUT) for row in rows[:2] + rows[3:] for text in row)


def test_only_the_last_number_of_a_text_that_breaks_off_is_in_doubt() -> None:
    rows = read_delimited("\n".join([*WHOLE, "Ha Noi;21;2"]).encode())[0].rows
    assert rows[-1] == ["Ha Noi", "21", "2" + CUT, ""]


def test_a_remark_in_two_cells_is_no_row_of_figures() -> None:
    rows = read_delimited("\n".join([*WHOLE, "Nguồn;Cục Thống kê", ""]).encode())[0].rows
    assert rows[-1] == ["Nguồn", "Cục Thống kê", "", ""]
