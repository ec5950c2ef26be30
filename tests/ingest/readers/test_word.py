"""Tables of Word documents, as Word writes them: spans, tracked changes, raised marks, tables in controls."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from hpedu.ingest.propose import stand_in
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers.word import is_word, read_word
from hpedu.ingest.reading import read_file
from hpedu.ingest.sheet.grid import Merge
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from tests.ingest.test_reading_formats import expected, figures, vietnamese

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def document(body: str) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>')
    return out.getvalue()


def paragraph(text: str, style: str = "") -> str:
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str, settings: str = "") -> str:
    inside = text if text.startswith("<") else paragraph(text)
    return f"<w:tc><w:tcPr>{settings}</w:tcPr>{inside}</w:tc>"


def table(*rows: list[str]) -> str:
    return f"<w:tbl>{''.join('<w:tr>' + ''.join(row) + '</w:tr>' for row in rows)}</w:tbl>"


PLAIN = table([cell("Cấp học"), cell("2021-2022")], [cell("Tiểu học"), cell("12.345")])


def test_a_table_has_the_name_before_it_and_its_cells_an_address() -> None:
    (grid,) = read_word(document(paragraph("Bảng 1. Số học sinh", "u2") + PLAIN + paragraph("Nguồn: Sở")))
    assert grid.sheet == "Bảng 1. Số học sinh"
    assert grid.rows == [["Cấp học", "2021-2022"], ["Tiểu học", "12.345"]]
    assert grid.around == ("Bảng 1. Số học sinh", "Nguồn: Sở")


def test_spans_are_merges() -> None:
    wide, down, below = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    (grid,) = read_word(
        document(
            table(
                [cell("Cấp", down), cell("Học sinh", wide)],
                [cell("", below), cell("2021"), cell("2022")],
                [cell("THCS"), cell("1"), cell("2")],
            )
        )
    )
    assert grid.rows == [["Cấp", "Học sinh", ""], ["", "2021", "2022"], ["THCS", "1", "2"]]
    assert set(grid.merged) == {Merge(0, 0, 1, 0), Merge(0, 1, 0, 2)}


def test_tracked_changes_are_read_as_they_would_be_accepted() -> None:
    changed = (
        "<w:p><w:r><w:t>12</w:t></w:r><w:ins><w:r><w:t>34</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>99</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>77</w:t></w:r></w:moveFrom></w:p>"
    )
    (grid,) = read_word(document(table([cell("a"), cell("b")], [cell("c"), cell(changed)])))
    assert grid.rows[1] == ["c", "1234"]


def test_a_raised_mark_is_no_digit() -> None:
    raised = (
        '<w:p><w:r><w:t>351211</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        "<w:t>2</w:t></w:r></w:p>"
    )
    (grid,) = read_word(document(table([cell("a"), cell("b")], [cell("c"), cell(raised)])))
    assert grid.rows[1] == ["c", "351211 (2)"]


def test_rows_and_cells_within_controls_are_found() -> None:
    row = f"<w:tr>{cell('THPT')}<w:sdt><w:sdtContent>{cell('5')}</w:sdtContent></w:sdt></w:tr>"
    body = f"<w:tbl><w:tr>{cell('a')}{cell('b')}</w:tr><w:sdt><w:sdtContent>{row}</w:sdtContent></w:sdt></w:tbl>"
    (grid,) = read_word(document(f"<w:sdt><w:sdtContent>{body}</w:sdtContent></w:sdt>"))
    assert grid.rows == [["a", "b"], ["THPT", "5"]]


def test_what_has_no_layout_is_set_aside_with_its_cell(registry: Registry) -> None:
    source = open_source(document(paragraph("Số học sinh phân theo cấp học") + PLAIN))
    assert source.format == "word"
    reading = read_file(source, stand_in(Path("bao_cao.docx")), registry)
    assert [(issue["cell"], issue["printed"], issue["reason"]) for issue in reading.issues] == [
        ("B2", "12.345", "no_layout")
    ]


def test_a_known_table_gives_the_figures_it_gives_in_any_kind_of_file(registry: Registry) -> None:
    (title, *_), _, *rows = vietnamese()
    body = table(*([cell(text) for text in row] for row in rows))
    for before in (paragraph(title), paragraph(title) + paragraph("Đơn vị: Học sinh")):
        data = document(before + body)
        assert figures(read_file(open_source(data), stand_in(Path("bao_cao.docx")), registry)) == expected()


def test_a_document_without_a_table_says_so(registry: Registry) -> None:
    with pytest.raises(Unreadable) as refused:
        read_file(open_source(document(paragraph("Báo cáo"))), stand_in(Path("bao_cao.docx")), registry)
    assert refused.value.reason == "no_table"


def test_other_files_are_none() -> None:
    assert not any(is_word(data) for data in (b"", b"PK", b"PK\x03\x04broken", b"%PDF"))
