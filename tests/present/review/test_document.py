"""The report that the Director signs: the decree's form, the standings' figures, and nothing invented."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import papermill
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree

from hpedu.errors import Refused, UnknownName, WrongEnding
from hpedu.present.page.display import Fragment
from hpedu.present.page.pdf import PrintFailed, run_printer
from hpedu.present.review import contents
from hpedu.present.review.contents import Part, Review, read_design
from hpedu.present.review.document import BLANK, SVG_NAMESPACE, draw_document, read_lines
from hpedu.present.review.edition import find_office, print_document, write_review
from hpedu.texts import read_texts, say
from tests.conftest import ROOT

KINDS = {"year": (2025, ""), "half": (2025, "2025-12-31"), "five-year": (2029, ""), "ten-year": (2034, "")}
# The decree's table: least and largest size of each element in points, and its letters.
DECREE = {
    "national": (12, 13, "bold", "caps"),
    "motto": (13, 14, "bold"),
    "superior": (12, 13, "caps"),
    "agency": (12, 13, "bold", "caps"),
    "number": (13, 13),
    "date": (13, 14, "italic"),
    "kind": (13, 14, "bold", "caps"),
    "subject": (13, 14, "bold"),
    "to": (13, 14),
    "basis": (13, 14, "italic"),
    "text": (13, 14),
    "section": (13, 14, "bold", "caps"),
    "clause": (13, 14, "bold"),
    "office": (13, 14, "bold", "caps"),
    "signer": (13, 14, "bold"),
    "receivers": (12, 12, "bold", "italic"),
    "receiver": (11, 11),
    "appendix": (14, 14, "bold"),
    "reference": (13, 14, "italic"),
    "page_number": (13, 14),
}


def make(kind: str) -> Review:
    year, until = KINDS[kind]
    return Review(kind, year=year, until=until)


@pytest.fixture(scope="module")
def review() -> Review:
    return make("year")


@pytest.fixture(scope="module")
def content(review: Review) -> bytes:
    return draw_document(review, review.sections(), review.appendices())


@pytest.fixture(scope="module")
def document(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def style_of(key: str) -> str:
    name: str = read_design()["style"][key]["name"]
    return name


def headings(document: Document, key: str) -> list[str]:
    return [line.text for line in document.paragraphs if line.style and line.style.name == style_of(key)]


def tables_of(document: Document) -> Iterator[tuple[str, Table]]:
    """Yield each table of figures with the caption above it; the head and the foot have none."""
    caption = ""
    for piece in document.iter_inner_content():
        if isinstance(piece, Paragraph):
            caption = piece.text if piece.style and piece.style.name == style_of("caption") else ""
        elif caption:
            yield caption, piece


@pytest.mark.parametrize("key", DECREE)
def test_each_element_looks_as_the_decree_says(document: Document, key: str) -> None:
    least, most, *letters = DECREE[key]
    style: Any = document.styles[style_of(key)]
    assert Pt(least) <= style.font.size <= Pt(most)
    assert {
        "bold": bool(style.font.bold),
        "italic": bool(style.font.italic),
        "caps": bool(style.font.all_caps),
    } == {kind: kind in letters for kind in ("bold", "italic", "caps")}
    faces = style.element.rPr.rFonts.attrib
    assert set(faces.values()) == {"Times New Roman"} and len(faces) == 4


def test_every_element_of_the_decree_is_there(document: Document) -> None:
    names = {line.style.name for line in all_paragraphs(document) if line.style}
    assert {style_of(key) for key in DECREE if key != "page_number"} <= names


def all_paragraphs(document: Document) -> list[Paragraph]:
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    return [*document.paragraphs, *(line for cell in cells for line in cell.paragraphs)]


def test_the_paper_is_that_of_the_decree_and_each_appendix_counts_its_pages(document: Document) -> None:
    assert len(document.sections) == 1 + len(read_design()["appendix"])
    for section in document.sections:
        # Word counts in twentieths of a point.
        sizes = [section.page_width, section.page_height, section.top_margin, section.bottom_margin]
        sizes += [section.left_margin, section.right_margin]
        assert [round(size.mm) for size in sizes] == [210, 297, 20, 20, 30, 15]
        # Word refuses a document in which these stand in another order.
        order = ["pgSz", "pgMar", "pgNumType", "cols", "titlePg", "docGrid"]
        own = [one.tag.rpartition("}")[2] for one in section._sectPr]
        assert [name for name in own if name in order] == order
        assert section.different_first_page_header_footer
        [start] = section._sectPr.findall(qn("w:pgNumType"))
        assert start.get(qn("w:start")) == "1"
        assert "PAGE" in section.header._element.xml and "PAGE" not in section.first_page_header._element.xml


def test_sections_stand_in_their_order_and_can_be_navigated(document: Document) -> None:
    design = read_design()
    titles = [say(one["title"], "vi") for one in design["section"]]
    numbered = zip(("I", "II", "III", "IV", "V"), titles, strict=True)
    assert headings(document, "section") == [f"{number}. {title}" for number, title in numbered]
    appendices = [line.split("\n") for line in headings(document, "appendix")]
    assert [line[1] for line in appendices] == [say(one["title"], "vi") for one in design["appendix"]]
    assert [line[0] for line in appendices] == ["Phụ lục I", "Phụ lục II", "Phụ lục III"]
    assert document.styles[style_of("appendix")].base_style.name == "Heading 1"  # type: ignore[union-attr]
    clauses = headings(document, "clause")
    assert len(clauses) > 15 and all(re.match(r"\d+\. \S", line) for line in clauses)


def test_the_table_of_targets_is_that_of_the_standings(review: Review, document: Document) -> None:
    [table] = [one for caption, one in tables_of(document) if say("all_targets", "vi") in caption]
    rows = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert len(rows) == len(review.standings) == 69
    for standing, row in zip(review.standings, rows, strict=True):
        value, year = review.wording.last(standing)
        assert row[:2] == [str(standing.target.number), standing.target.name.vi]
        assert row[3].startswith(review.wording.bare_objective(standing.target))
        assert row[5] == (f"{value} ({year})" if value else row[5])
        assert (row[5] == say("review_none", "vi")) == (standing.last is None)
        assert row[6].startswith(review.registry.name("state", standing.state, "vi"))
        assert row[7] == review.wording.owner(standing.target)


def test_every_target_is_told_once_in_the_results(review: Review) -> None:
    lines = [line for part in review.sections()[1:2] for piece in part.flatten() for line in read_piece(piece)]
    for standing in review.standings:
        number = standing.target.number
        told = [
            line for line in lines if re.match(rf"{number}(\.|\t) ?", line) and standing.target.name.vi in line
        ]
        assert len(told) == 1, number


def read_piece(piece: Any) -> list[str]:
    text: str = getattr(piece, "plain", "") or piece.text
    return text.splitlines() if isinstance(text, str) else []


def test_tables_repeat_their_heads_and_leave_no_cell_empty(document: Document) -> None:
    found = list(tables_of(document))
    assert len(found) > 10
    for caption, table in found:
        head = table.rows[0]._tr.trPr
        assert head is not None and head.find(qn("w:tblHeader")) is not None, caption
        if say("rhythm_receiver", "vi") not in [
            cell.text for cell in table.rows[0].cells
        ]:  # the plans name no rhythm for every duty
            assert [c.text for row in table.rows for c in row.cells if not c.text.strip()] == [], caption


def test_no_line_breaks_within_a_school_year(document: Document) -> None:
    texts = [text.text or "" for text in document.element.body.iter(qn("w:t"))]
    assert not [text for text in texts if re.search(r"\d{4}-\d", text)]
    assert len(list(document.element.body.iter(qn("w:noBreakHyphen")))) > 10
    assert "2025-2026" in "".join(line.text for line in document.paragraphs)


def test_charts_have_words_for_those_who_do_not_see_them(document: Document) -> None:
    pictures = [one for one in document.element.body.iter() if one.tag.endswith("}docPr")]
    captions = headings(document, "caption_below")
    assert len(pictures) == len(captions) >= 1
    for picture, caption in zip(pictures, captions, strict=True):
        assert len(picture.get("descr")) > 40 and picture.get("title") in caption


def test_each_chart_is_a_drawing_too_and_says_in_its_caption_what_is_measured(document: Document) -> None:
    drawings = [one for one in document.element.body.iter() if one.tag == f"{{{SVG_NAMESPACE}}}svgBlip"]
    captions = [
        line.text for line in document.paragraphs if line.style and line.style.name == style_of("caption_below")
    ]
    assert len(drawings) == len(captions) >= 1
    for drawing, caption in zip(drawings, captions, strict=True):
        drawn = document.part.related_parts[drawing.get(qn("r:embed"))]
        assert drawn.content_type == "image/svg+xml" and drawn.partname.endswith(".svg")
        shown = " ".join(etree.fromstring(drawn.blob).itertext())
        measure = caption.partition(". ")[2].partition(":")[0]
        assert set(measure.split()) <= set(re.split(r"[\s,]+", shown))


def test_what_people_judge_is_blank_and_marked_and_looks_like_no_figure(document: Document) -> None:
    mark = read_design()["blank"]["name"]
    runs = [run for line in all_paragraphs(document) for run in line.runs if run.style and run.style.name == mark]
    blanks = [run.text for run in runs]
    assert "[Bổ sung: nguyên nhân khách quan, chủ quan của kết quả và hạn chế]" in blanks
    assert not any(re.search(r"\d|\.\.|…", text) for text in blanks)
    for element in ("number", "date", "signer"):
        [line] = [one for one in all_paragraphs(document) if one.style and one.style.name == style_of(element)]
        assert any(run.style and run.style.name == mark for run in line.runs), element
        assert not re.search(r"\d", line.text)
    # No mark of a place is left as it stands in the texts.
    assert not BLANK.search("\n".join(line.text for line in all_paragraphs(document)))


def test_every_text_that_is_left_to_people_names_no_number() -> None:
    marks = [
        m for key, text in read_texts().items() if key.startswith("review_") for m in BLANK.findall(text["vi"])
    ]
    assert len(marks) > 15 and not any(re.search(r"\d", mark) for mark in marks)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_inputs_give_the_same_bytes(kind: str) -> None:
    first, second = (make(kind) for _ in range(2))
    documents = [draw_document(one, one.sections()[:1], one.appendices()[2:]) for one in (first, second)]
    assert documents[0] == documents[1]
    assert first.subject() in "\n".join(read_lines(documents[0]))
    assert b"dcterms:created" not in documents[0]


def test_a_half_year_tells_what_came_in_and_knows_nothing_later() -> None:
    review = Review("half", year=2025, until="2021-06-30")
    editions = [one.last["edition"] for one in review.standings if one.last]
    assert all(edition <= "2021-06-30" for edition in editions)
    assert (review._start(), Review("half", year=2025, until="2026-06-14")._start()) == (
        "2021-01-01",
        "2025-12-15",
    )
    assert say("review_received", "vi") in [part.title for part in review.sections()[0].pieces]  # type: ignore[union-attr]
    assert say("review_until", "vi", day="30/6/2021") in review.opening()
    full = Review("year", year=2025)
    assert sum(one.last is not None for one in full.standings) > len(editions)


@pytest.mark.parametrize(
    ("kind", "until"), [("half", ""), ("year", "2026-06-30"), ("half", "30/6/2026"), ("half", "2026-02-30")]
)
def test_a_half_year_has_a_last_day_and_no_other_report_has(kind: str, until: str) -> None:
    with pytest.raises(Refused, match="--until 2026-06-30"):
        Review(kind, year=2025, until=until)


@pytest.mark.parametrize("wrong", [{"kind": "yaer"}, {"territory": "hai_phong_old"}])
def test_what_does_not_exist_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(UnknownName):
        Review(**({"kind": "year"} | wrong))


def test_a_five_year_review_counts_from_the_first_year(review: Review) -> None:
    titles = [part.title for part in make("five-year").sections()[0].pieces]  # type: ignore[union-attr]
    assert say("review_changed", "vi", year="2025-2026") in titles
    assert say("review_changed", "vi", year="2024-2025") in [p.title for p in review.sections()[0].pieces]  # type: ignore[union-attr]


def test_every_part_of_the_design_is_a_function() -> None:
    text = Path(contents.__file__).with_name("review.toml").read_text(encoding="utf-8")
    design = tomllib.loads(text)
    told = [one for part in (*design["section"], *design["appendix"]) for one in part["parts"]]
    assert all({"part", "blank"} & set(one) for one in told)
    parts = [one["part"] for one in told if "part" in one]
    assert all(hasattr(Review, f"_say_{part}") for part in parts)
    assert sorted(parts) == sorted(set(parts))


def test_an_edited_document_stays_and_what_changed_is_listed(review: Review, tmp_path: Path) -> None:
    path, sections = tmp_path / "bao-cao.docx", review.sections()[2:3]
    first = write_review(path, review, sections, [])
    again = write_review(path, review, sections, [])
    assert (
        first.path == again.path == path and first.said.key == "review_written" and again.said.key == "review_same"
    )
    edited = docx.Document(str(path))
    edited.add_paragraph("Ý kiến của Sở")
    edited.save(str(path))
    kept = path.read_bytes()
    new = write_review(path, review, sections, [])
    assert path.read_bytes() == kept
    assert new.path == tmp_path / "bao-cao-2.docx"
    assert (tmp_path / "bao-cao-2.txt").read_text(encoding="utf-8").count("\n- ") == 1
    assert "- Ý kiến của Sở" in (tmp_path / "bao-cao-2.txt").read_text(encoding="utf-8")
    assert new.said.values["count"] == 1


def test_what_is_no_document_is_not_written_over(review: Review, tmp_path: Path) -> None:
    other = tmp_path / "a.docx"
    other.write_text("not a document", encoding="utf-8")
    with pytest.raises(Refused, match="is no Word document"):
        write_review(other, review, [], [])
    with pytest.raises(WrongEnding, match=r"Type a\.docx"):
        write_review(tmp_path / "a.pdf", review, [], [])
    assert other.read_text(encoding="utf-8") == "not a document"
    assert not (tmp_path / "a-2.docx").exists()


def test_without_an_office_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="apt-get install libreoffice"):
        print_document(tmp_path / "a.docx")


def test_a_program_that_prints_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PrintFailed):
        run_printer(["python3", "-c", ""], tmp_path / "a.docx", tmp_path / "a.pdf")


def test_the_notebook_writes_the_same_document(tmp_path: Path) -> None:
    made, parameters = tmp_path / "a.docx", {"kind": "half", "year": 2025, "until": "2025-12-31"}
    notebook, executed = ROOT / "notebooks" / "review.ipynb", tmp_path / "review.ipynb"
    papermill.execute_notebook(
        notebook, executed, parameters=parameters | {"output": str(made)}, progress_bar=False
    )
    review = make("half")
    assert made.read_bytes() == draw_document(review, review.sections(), review.appendices())


def has_office() -> bool:
    try:
        find_office()
    except Refused:
        return False
    return True


@pytest.mark.skipif(not has_office(), reason="there is no LibreOffice here")
def test_libreoffice_takes_the_document(review: Review, tmp_path: Path) -> None:
    edition = write_review(tmp_path / "a.docx", review, review.sections()[:1], [])
    assert print_document(edition.path).read_bytes().startswith(b"%PDF")


def test_a_half_year_before_any_figure_has_a_sentence_and_no_empty_table() -> None:
    [network] = [
        part for part in Review("half", until="1990-06-30").sections()[0].pieces[:1] if isinstance(part, Part)
    ]
    [said] = network.pieces
    assert isinstance(said, Fragment) and said.table is None and say("review_network_caption", "vi") in said.plain
