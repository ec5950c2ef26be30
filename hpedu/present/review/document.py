"""Write a review as a Word document in the form of Decree 30/2020: page, styles, head, sections, appendices.

What it looks like stands in `review.toml`. The same review gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part as OpcPart
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shape import InlineShape
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from lxml import etree

from hpedu.present.charts.picture import draw_pixels
from hpedu.present.exports.workbook import date_archive
from hpedu.present.page.blocks import Prose
from hpedu.present.page.display import Chart, Table
from hpedu.present.review.contents import Part, Piece, Review, read_design
from hpedu.texts import say

FONT = "Times New Roman"
PICTURE = 540  # pixels a chart is wide: on the paper its letters are as large as those of a table
# How Microsoft's own extension of a picture is named, which holds its drawing.
SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
SVG_NAMESPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
DAY = date(2020, 3, 5)  # of the decree: no clock is in the document
BLANK = re.compile("⟦(.*?)⟧")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
LETTER, PADDING = 1.9, 4.2  # millimetres of a letter in a table, and of both edges of a cell
LONGEST = 8, 11  # letters of a word, and of a date or figure, that is never torn
WORD, DIGITS = re.compile(r"[^\s-]+"), re.compile(r"\d[\d/.,-]*")
YEARS = re.compile(r"(?<=\d{4})-(?=\d\d)")
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def draw_document(review: Review, sections: Sequence[Part], appendices: Sequence[Part]) -> bytes:
    """Draw the whole document of a review with these sections and appendices."""
    return _Writer(review).write(sections, appendices)


class _Writer:
    def __init__(self, review: Review) -> None:
        self.review, self.design = review, read_design()
        self.document: Document = docx.Document()
        self.counts = {"table": 0, "figure": 0}
        page = self.design["page"]
        self.width = page["width"] - page["left"] - page["right"]

    def write(self, sections: Sequence[Part], appendices: Sequence[Part]) -> bytes:
        self._make_styles()
        self._lay_out(self.document.sections[0])
        self._write_headers()
        self._write_head()
        for line in self._say("bases").split("\n"):
            self._add(line, "basis")
        for line in self.review.opening():
            self._add(line, "text")
        for number, part in zip(ROMAN, sections, strict=False):
            self._write_part(part, "section", f"{number}. ")
        self._add(self._say("closing"), "closing")
        self._write_foot()
        for number, part in zip(ROMAN, appendices, strict=False):
            self._lay_out(self.document.add_section(WD_SECTION.NEW_PAGE))
            head = self._add(self._say("appendix", number=number), "appendix")
            head.add_run().add_break()
            head.add_run(part.title).font.all_caps = True
            self._add(self._say("reference"), "reference")
            self._write_pieces(part.pieces)
        return self._save()

    def _say(self, key: str, **values: object) -> str:
        return say(f"review_{key}", self.review.language, **values)

    # -- styles and paper --------------------------------------------------------------------------------------

    def _make_styles(self) -> None:
        styles = self.document.styles
        for language in styles.element.iter(qn("w:lang")):
            language.set(qn("w:val"), "vi-VN" if self.review.language == "vi" else "en-GB")
        known = {style.name for style in styles}
        for one in self.design["style"].values():
            made = one["name"] not in known
            style = styles.add_style(one["name"], WD_STYLE_TYPE.PARAGRAPH) if made else styles[one["name"]]
            if made:
                style.base_style = styles[one.get("like", "Normal")]
                style.quick_style = True
            _shape(style, one)
        mark = styles.add_style(self.design["blank"]["name"], WD_STYLE_TYPE.CHARACTER)
        # Shading and not a highlight, which a style cannot have in LibreOffice.
        mark.element.get_or_add_rPr().append(_make("shd", val="clear", color="auto", fill="FFFF00"))

    def _style(self, key: str) -> str:
        name: str = self.design["style"][key]["name"]
        return name

    def _lay_out(self, section: Section) -> None:
        """Set the paper; pages are counted anew, and the first one bears no number."""
        page = self.design["page"]
        section.page_width, section.page_height = Mm(page["width"]), Mm(page["height"])
        section.top_margin, section.bottom_margin = Mm(page["top"]), Mm(page["bottom"])
        section.left_margin, section.right_margin = Mm(page["left"]), Mm(page["right"])
        section.header_distance = section.footer_distance = Mm(page["header"])
        section.different_first_page_header_footer = True
        # Each section inherits the one before; Word wants what is in it in a certain order.
        for inherited in section._sectPr.findall(qn("w:pgNumType")):
            section._sectPr.remove(inherited)
        start = _make("pgNumType", start="1")
        section._sectPr.insert_element_before(start, "w:cols", "w:titlePg", "w:docGrid")

    def _write_headers(self) -> None:
        """Put the number into the top of each page but the first, and what is invented on all of them."""
        section = self.document.sections[0]
        warning = say("synthetic_chart", self.review.language) if self.review.synthetic else ""
        number = section.header.paragraphs[0]
        _add_field(number, "PAGE", "1")
        for line in (number, section.first_page_header.paragraphs[0]):
            line.style = self._style("page_number")
            line.add_run(f" {warning}" if warning else "")

    # -- head and foot -----------------------------------------------------------------------------------------

    def _write_head(self) -> None:
        left, right = self._divide()
        self._fill(left, [("superior", "superior"), ("agency", "agency")])
        self._rule(left, 0.4)
        self._fill(left, [("number", "number")])
        self._fill(right, [("national", "national"), ("motto", "motto")])
        self._rule(right, 0.66)
        self._fill(right, [("date", "date")])
        if self.review.synthetic:
            self._add(say("synthetic_page", self.review.language), "warning")
        self._add(self._say("kind"), "kind")
        self._add(self.review.subject(), "subject")
        self._rule(self.document, 0.2)
        self._add(self._say("to"), "to")

    def _write_foot(self) -> None:
        self._add("", "rule")
        left, right = self._divide()
        self._add(self._say("receivers_head"), "receivers", left)
        for line in self._say("receivers").split("\n"):
            self._add(line, "receiver", left)
        self._fill(right, [("office", "office"), ("signer", "signer")])
        for cell in (left, right):
            cell._element.remove(cell.paragraphs[0]._element)

    def _divide(self) -> tuple[_Cell, _Cell]:
        """Set two columns side by side, without a frame: the left one the narrower."""
        table = self.document.add_table(1, 2)
        table.autofit = False
        _set_widths(table, [round(self.width * 0.4), round(self.width * 0.6)])
        _keep_whole(table)
        margins = _make("tblCellMar")
        margins.extend(_make(side, w="0", type="dxa") for side in ("left", "right"))
        table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
        return table.rows[0].cells[0], table.rows[0].cells[1]

    def _fill(self, cell: _Cell, lines: Sequence[tuple[str, str]]) -> None:
        for key, style in lines:
            self._add(self._say(key), style, cell)

    def _rule(self, place: Any, share: float) -> None:
        """Draw a line as wide as a share of its column, centred."""
        width = place.width.mm if isinstance(place, _Cell) else self.width
        line = self._add("", "rule", place)
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = Mm(round(width * (1 - share) / 2))
        borders = _make("pBdr")
        borders.append(_make("top", val="single", sz="6", space="1", color="000000"))
        line._p.get_or_add_pPr().insert_element_before(borders, "w:ind", "w:jc", "w:spacing", "w:rPr")

    # -- pieces ------------------------------------------------------------------------------------------------

    def _write_part(self, part: Part, style: str, number: str) -> None:
        self._add(number + part.title, style)
        self._write_pieces(part.pieces)

    def _write_pieces(self, pieces: Sequence[Piece | Part]) -> None:
        clause = 0
        for piece in pieces:
            if isinstance(piece, Part):
                clause += 1
                self._write_part(piece, "clause", f"{clause}. ")
            elif isinstance(piece, Chart):
                self._draw_chart(piece)
            elif isinstance(piece, Prose):
                self._add(piece.text, "text")
            elif piece.table is not None:
                self._draw_table(piece.table)
            else:
                self._add(piece.plain, "text")

    def _draw_chart(self, chart: Chart) -> None:
        line = self._add("", "picture")
        # The caption has the title.
        drawn = replace(chart, picture=replace(chart.picture, title="")).draw(PICTURE)
        pixels = io.BytesIO(draw_pixels(drawn))
        picture = line.add_run().add_picture(pixels, width=Mm(self.design["page"]["picture"]))
        self._attach_vector(picture, drawn.encode())
        described = picture._inline.docPr
        described.set("descr", chart.text.alt)
        described.set("title", chart.text.title)
        self._caption(f"{chart.text.measure}: {chart.text.title}", "figure", "caption_below")

    def _attach_vector(self, picture: InlineShape, svg: bytes) -> None:
        """Put the drawing beside its pixels: a reader that knows SVG, as Word since 2016, shows the drawing."""
        package = self.document.part.package
        name = package.next_partname("/word/media/chart%d.svg")
        part = OpcPart(name, "image/svg+xml", svg, package)
        blip = picture._inline.graphic.graphicData.pic.blipFill.blip
        listed, one = OxmlElement("a:extLst"), OxmlElement("a:ext")
        one.set("uri", SVG_EXTENSION)
        drawing = etree.SubElement(one, f"{{{SVG_NAMESPACE}}}svgBlip", nsmap={"asvg": SVG_NAMESPACE})
        drawing.set(qn("r:embed"), self.document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE))
        listed.append(one)
        blip.append(listed)

    def _draw_table(self, table: Table) -> None:
        """Draw a table; its header row is repeated on every page, and no row is torn."""
        self._caption(table.caption, "table", "caption")
        drawn = self.document.add_table(1 + len(table.rows), len(table.columns), style="Table Grid")
        drawn.alignment, drawn.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        _set_widths(drawn, _weigh(table, self.width))
        styles = ["cell_number" if n in table.numeric else "cell" for n in range(len(table.columns))]
        # The cells of a row are found by walking the whole table, so each row is asked for them once.
        for row, texts in zip(drawn.rows, [table.columns, *table.rows], strict=True):
            for cell, text, style in zip(row.cells, texts, styles, strict=True):
                cell.paragraphs[0].style = self._style("cell_head" if row._index == 0 else style)
                self._put(cell.paragraphs[0], text)
        head = drawn.rows[0]._tr.get_or_add_trPr()
        head.append(_make("tblHeader"))
        _keep_whole(drawn)
        self._add("", "rule")

    def _caption(self, text: str, kind: str, style: str) -> None:
        """Number a table or picture with a field, so that the numbers stay right when people add their own."""
        self.counts[kind] += 1
        before, after = self._say(kind, number="\0", caption=text).split("\0")
        line = self._add(before, style)
        _add_field(line, f"SEQ {before.strip()} \\* ARABIC", str(self.counts[kind]))
        line.add_run(after)

    def _add(self, text: str, style: str, place: Any = None) -> Paragraph:
        line: Paragraph = (place or self.document).add_paragraph(style=self._style(style))
        self._put(line, text)
        return line

    def _put(self, line: Paragraph, text: str) -> None:
        """Write text; what is left to people is marked."""
        for n, part in enumerate(BLANK.split(text)):
            # Spaces alone are a blank to write on, also at the end of a line.
            if part := part if part.strip() else part.replace(" ", "\N{NO-BREAK SPACE}"):
                line.add_run(part, style=self.design["blank"]["name"] if n % 2 else None)

    def _save(self) -> bytes:
        _bind_years(self.document.element.body)
        properties = self.document.core_properties
        properties.title, properties.language = self.review.subject(), self.review.language
        properties.author, properties.comments = self._say("agency"), ""
        for element in list(properties._element):
            if element.tag.rpartition("}")[2] in ("created", "modified", "lastModifiedBy", "revision"):
                properties._element.remove(element)
        written = io.BytesIO()
        self.document.save(written)
        return date_archive(written, DAY, {})


def _make(name: str, **values: str) -> Any:
    """Make an element of Word's own, with its attributes."""
    element = OxmlElement(f"w:{name}")
    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _bind_years(body: Any) -> None:
    """Give school years the hyphen at which Word breaks no line."""
    for text in list(body.iter(qn("w:t"))):
        before, *parts = YEARS.split(text.text or "")
        if parts:
            text.text = before
            text.set(qn("xml:space"), "preserve")
        for part in reversed(parts):
            hyphen, rest = _make("noBreakHyphen"), _make("t")
            rest.text = part
            rest.set(qn("xml:space"), "preserve")
            text.addnext(rest)
            text.addnext(hyphen)


def _shape(style: ParagraphStyle, one: dict[str, Any]) -> None:
    """Give a style its type and its place on the page, and nothing of what Word would give it."""
    font = style.font
    font.name, font.size, font.color.rgb = FONT, Pt(one["size"]), RGBColor(0, 0, 0)
    font.bold, font.italic = one.get("bold", False), one.get("italic", False)
    font.all_caps = one.get("caps", False)
    faces = style.element.rPr.rFonts
    faces.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        faces.set(qn(f"w:{script}"), FONT)
    shape = style.paragraph_format
    shape.alignment = ALIGN[one.get("align", "center")]
    shape.first_line_indent, shape.left_indent = Cm(one.get("indent", 0)), Cm(0)
    shape.space_before, shape.space_after = Pt(one.get("before", 0)), Pt(one.get("after", 0))
    shape.line_spacing = one.get("line", 1.0)
    shape.keep_with_next = one.get("heads", False)
    shape.widow_control = True


def _set_widths(table: WordTable, widths: Sequence[int]) -> None:
    """Set the columns to widths in millimetres: of the grid, which LibreOffice goes by, and of each cell."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _keep_whole(table: WordTable) -> None:
    """Keep each row of a table on one page."""
    for row in table.rows:
        row._tr.get_or_add_trPr().append(_make("cantSplit"))


def _add_field(line: Paragraph, code: str, shown: str) -> None:
    """Add a field that Word computes, with what it shows until then."""
    order = _make("instrText")
    order.text = f" {code} "
    begin, separate, end = (_make("fldChar", fldCharType=kind) for kind in ("begin", "separate", "end"))
    for element in (begin, order, separate):
        line.add_run()._r.append(element)
    line.add_run(shown)
    line.add_run()._r.append(end)


def _weigh(table: Table, width: int) -> list[int]:
    """Share the width of the page among the columns, in whole millimetres: no word is torn.

    What is left when every column has room for its longest word goes to those with the longest texts.
    """
    columns = [[name, *(row[n] for row in table.rows)] for n, name in enumerate(table.columns)]
    words = [
        max(
            min(limit, max(map(len, kind.findall(" ".join(texts))), default=0) + 1)
            for kind, limit in zip((WORD, DIGITS), LONGEST, strict=True)
        )
        for texts in columns
    ]
    least = [LETTER * longest + PADDING for longest in words]
    asked = [
        max(0.0, sum(map(len, texts)) / len(texts) - longest)
        for texts, longest in zip(columns, words, strict=True)
    ]
    spare = width - sum(least)
    if spare < 0:
        return [int(width * one / sum(least)) for one in least]
    return [int(one + spare * more / (sum(asked) or 1)) for one, more in zip(least, asked, strict=True)]


def read_lines(content: bytes) -> Iterator[str]:
    """Read the lines of a document: a paragraph, or a row of a table."""
    for piece in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(piece, Paragraph):
            lines = [piece.text]
        else:
            lines = [" | ".join(cell.text for cell in row.cells) for row in piece.rows]
        yield from filter(str.strip, lines)
