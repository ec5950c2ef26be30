"""Tables of web pages: spans, names, tables that only lay out, tags left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers.html import is_html, read_html
from hpedu.ingest.sheet.grid import Merge

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Cổng thông tin</title>
<style>td { color: red }</style></head><body>
<table role="presentation"><tr><td>Trang chủ<td>Tin tức<tr><td>Giới thiệu<td>
  <h2>Số trường   học</h2>
  <table>
    <tr><th rowspan=2>Quận<th colspan="2">Năm học<br>School year</tr>
    <tr><th>2014-<br/>2015<th>2015-2016
    <tr><td>&nbsp;&nbsp;Hải&nbsp;An</td><td>2.416<script>x()</script></td><td> - </td></tr>
  </table>
  <table><caption>Số lớp</caption><tr><td>a<td>1<tr><td>b<td>2</table>
  <table><tr><td>c<td>3<tr><td>d<td>4</table>
</td></tr></table></body></html>"""


def test_spans_are_merges() -> None:
    grid = read_html(PAGE.encode())[0]
    assert grid.rows == [
        ["Quận", "Năm học\nSchool year", ""],
        ["", "2014-\n2015", "2015-2016"],
        ["\u00a0\u00a0Hải\u00a0An", "2.416", "-"],
    ]
    assert grid.merged == [Merge(0, 0, 1, 0), Merge(0, 1, 0, 2)]


def test_tables_are_named_once_each_and_layout_has_none() -> None:
    assert [grid.sheet for grid in read_html(PAGE.encode())] == ["Số trường học", "Số lớp", "Số trường học (2)"]


def test_a_short_text_before_a_table_names_it() -> None:
    page = "<p>Đây là văn bản.</p><p><b>Số giáo viên</b></p><table><tr><td>a<td>1<tr><td>b<td>2</table>"
    assert read_html(page.encode())[0].sheet == "Số giáo viên"


def test_a_heading_goes_before_the_text_on_either_side_of_it() -> None:
    page = "<body>Trang chủ<h2>Số lớp</h2><p>Đơn vị: lớp</p><table><tr><td>a<td>1</table>"
    assert read_html(page.encode())[0].sheet == "Số lớp"


def test_a_title_in_a_table_of_its_own_names_the_next() -> None:
    page = "<table><tr><td>Số giáo viên</td></tr></table><table><tr><td>a<td>1<tr><td>b<td>2</table>"
    assert [grid.sheet for grid in read_html(page.encode())] == ["Số giáo viên"]


def test_tables_without_any_name_are_counted() -> None:
    page = "<table><tr><td>a<td>1</table><table><tr><td>b<td>2</table>"
    assert [grid.sheet for grid in read_html(page.encode())] == ["table 1", "table 2"]


def test_the_declared_charset_is_read() -> None:
    page = '<html><meta http-equiv="Content-Type" content="text/html; charset=windows-1258"><table><tr><td>a<td>'
    assert read_html(page.encode() + b"Qu\xe2\xf2n</table>")[0].rows == [["a", "Qu\u00e2\u0323n"]]


def test_pages_in_legacy_fonts_keep_their_letters() -> None:
    page = "<html><meta charset=x-user-defined><table><tr><td>H¶i Phßng, n\xadíc<td>1</table>"
    assert read_html(page.encode("latin-1"))[0].rows == [["H¶i Phßng, n\xadíc", "1"]]


def test_spans_beyond_the_table_end_with_it() -> None:
    grid = read_html(b"<table><tr><td rowspan=9>a<td colspan=0>b<td rowspan=0>c<tr><td>d</table>")[0]
    assert grid.rows == [["a", "b", "c"], ["", "d", ""]]
    assert grid.merged == [Merge(0, 0, 1, 0), Merge(0, 2, 1, 2)]


def test_a_cell_pushes_others_aside_for_as_many_rows_as_it_is_high() -> None:
    page = "<table><tr><td>a<td rowspan=2>b<tr><td colspan=3>c<td>d<tr><td>e<td>f</table>"
    grid = read_html(page.encode())[0]
    assert grid.rows == [["a", "b", "", ""], ["c", "", "", "d"], ["e", "f", "", ""]]
    assert grid.merged == [Merge(0, 1, 1, 1), Merge(1, 0, 1, 2)]


@pytest.mark.parametrize(
    "page",
    [
        "<center><table><tr><td>a</center><td>1<tr><td>b<td>2</table>",
        "<p><font><table><tr><td><b>a</font></p></td><td>1</b></td></tr></form><tr><td>b</td></td><td>2</table>",
        "<table></td><tr></tr></caption></table><table><tr><td>a<td>1</td>x</tr>y<tr><td>b<td>2</td></tr>z</table>",
        "<table><caption>x<thead><tr><th>a<th>1<tbody><tr><td>b<td>2</table>",
        "<table><tr><td>a<!-- <td>c --><script>'<td>c'</script><td>1<tr><td>b<noscript>c</noscript><td>2</table>",
        "<table><tr><td><div>a<td><font>1<tr><td><ul><li>b<td><p><b>2</table>",
        "<table><tr><td>a<![foo[ x ]]><td>1<?y z?><tr><td>b<td>2</table>",
    ],
)
def test_stray_and_missing_tags_move_no_cell(page: str) -> None:
    assert read_html(page.encode())[0].rows == [["a", "1"], ["b", "2"]]


def test_a_table_in_a_cell_is_a_table_of_its_own() -> None:
    inner = "<table><tr><td>a</td></td><td>1<tr><td>b<td>2</table>"
    outer, nested = read_html(f"<table><tr><td>x{inner}y<td>z<tr><td>v<td>w</table>".encode())
    assert outer.rows == [["xy", "z"], ["v", "w"]]
    assert nested.rows == [["a", "1"], ["b", "2"]]


@pytest.mark.parametrize("tag", ["script", "style", "template", "noscript"])
def test_what_is_hidden_is_not_read(tag: str) -> None:
    page = f"<{tag}><h2>Số lớp</h2></{tag}><table><tr><td>a<td>1<{tag}>x<td>y</{tag}><!-- z --></table>"
    (grid,) = read_html(page.encode())
    assert (grid.sheet, grid.rows[0][:2], set(grid.rows[0][2:]) - {""}) == ("table 1", ["a", "1"], set())


def test_signs_that_name_no_letter_stay_as_they_are() -> None:
    page = "<table><tr><td>A&B;C &#; &unknown; &#150; &amp;lt; &lt;b> &eacute<td>1</table>"
    assert read_html(page.encode())[0].rows == [["A&B;C &#; &unknown; – &lt; <b> é", "1"]]


@pytest.mark.parametrize(
    "table",
    [
        "<tr>" + "<td colspan=1000>a" * 300,
        "<tr>" * 10_001 + "<td colspan=1000>a",
        ("<tr>" * 400 + "<td colspan=1000>a" * 16 + "</table><table>") * 2,
    ],
    ids=["too wide", "too large", "too many"],
)
def test_tables_beyond_any_sheet_are_refused_before_they_are_laid_out(table: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_html(f"<table>{table}".encode())
    assert refusal.value.reason == "too_large"


@pytest.mark.parametrize(
    ("data", "whether"),
    [
        (PAGE.encode(), True),
        (PAGE.encode("utf-16"), True),
        (b"\xef\xbb\xbf \n<table><tr><td>a</table>", True),
        (b"<html><body>no tables</body></html>", False),
        (b"a;<table>;b\n", False),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table/>', False),
        (b"", False),
    ],
)
def test_what_is_a_page_with_tables(data: bytes, whether: bool) -> None:
    assert is_html(data) is whether


texts = st.text(alphabet="aệ1.& -", min_size=1, max_size=5).map(lambda text: " ".join(text.split()) or "x")


@given(st.lists(st.lists(texts, min_size=2, max_size=4), min_size=1, max_size=4))
def test_every_text_comes_out_where_it_stands(rows: list[list[str]]) -> None:
    body = "".join(
        "<tr>" + "".join(f"<td>{text.replace('&', '&amp;')}</td>" for text in row) + "</tr>" for row in rows
    )
    grid = read_html(f"<table>{body}</table>".encode())[0]
    assert [row[: len(given)] for row, given in zip(grid.rows, rows, strict=True)] == rows


@given(
    st.lists(
        st.sampled_from(["<table>", "</table>", "<tr>", "<td rowspan=2>", "</td>", "<td colspan=3>", "a", "1"])
    )
)
def test_no_page_is_too_broken(pieces: list[str]) -> None:
    for grid in read_html("".join(pieces).encode()):
        assert {len(row) for row in grid.rows} == {grid.width}


def test_the_text_around_a_table_is_kept_up_to_the_next_heading() -> None:
    table = "<table><tr><td>a<td>1<tr><td>b<td>2</table>"
    page = f"<p>Trên</p>{table}<p>Đơn vị: nghìn người</p><h2>Số lớp</h2><p>Đơn vị: lớp</p>{table}<i>Nguồn</i>"
    assert [list(grid.around) for grid in read_html(page.encode())] == [
        ["Trên", "Đơn vị: nghìn người"],
        ["Số lớp", "Đơn vị: lớp", "Nguồn"],
    ]


def test_without_a_heading_the_text_between_two_tables_may_be_about_both() -> None:
    table = "<table><tr><td>a<td>1<tr><td>b<td>2</table>"
    found = read_html(f"{table}<p>Nghìn người</p>{table}".encode())
    assert [list(grid.around) for grid in found] == [["Nghìn người"]] * 2


CUT = "<table><tr><th>A<th>B<tr><td>x<td>12<tr><td>y<td>351"


@pytest.mark.parametrize("end", ["", "<", "</t", "<br"])
def test_a_page_that_ends_in_a_cell_has_a_sign_of_it(end: str) -> None:
    assert read_html((CUT + end).encode())[0].rows[-1] == ["y", "351…"]


@pytest.mark.parametrize("end", ["</td>", "</tr>", "</TABLE>", "</table></body></html>", "<tr></table>"])
def test_ends_that_may_be_left_out_are_not_missed(end: str) -> None:
    assert read_html((CUT + end).encode())[0].rows[2] == ["y", "351"]
