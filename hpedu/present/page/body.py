"""Put the body of a page in order: nested headings, unique anchors, tables that scroll, figures that cite."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import html
from lxml.etree import _Comment as Comment
from lxml.html import HtmlElement

from hpedu.present.charts.picture import draw_foreign
from hpedu.texts import Language, say

BLOCKED = ("script", "iframe", "object", "embed", "video", "audio", "img")
"""What a page's policy blocks; pictures only if they lie elsewhere."""
ALTAIR = "})({"
"""What stands before the spec in a script of Altair; a bare spec is the whole script."""
log = logging.getLogger(__name__)
MANY_LINKS = 8
WEB = re.compile("https?://")
YEARS = re.compile(r"\b\d{4}-\d{2,4}\b")
RUNNING = {"p", "li", "caption", "figcaption", "span", "a", "b", "strong"}
"""What holds running text, and is no chart or program."""
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
AS_TYPED = {"script", "style"}
BLANK = " \t\n\f\r"


@dataclass(frozen=True)
class Body:
    """The body of a page in order, and what the frame around it lists."""

    html: str
    sections: list[tuple[str, str]]  # anchor and words of the headings of the second level
    origins: list[list[str]]  # the cells (`file!cell`) behind each cited figure; the first is number 1
    links: list[str]  # web addresses, for paper; the first is number 1


def order_body(body: str, language: Language) -> Body:
    """Put the body of a page in order.

    The page's head is the one heading of the first level, so the body starts with the second and skips none.
    Whatever has the attribute `data-inputs` (cells as `file!cell`, one a line) gets the number of its origin.
    """
    root = html.fragment_fromstring(body, create_parent="div")
    replace_blocked(root, language)
    headings = list(root.iter(*HEADINGS))
    nest_headings(headings)
    name_anchors(root, headings)
    enclose_tables(root, language)
    origins = cite_origins(root, language)
    skip_regions(root, language)
    links = number_links(root)
    sections = [(heading.get("id"), words_of(heading)) for heading in headings if heading.tag == "h2"]
    parts: list[str] = []
    write_within(root, parts)
    return Body("".join(parts), sections, origins, links)


def words_of(element: HtmlElement) -> str:
    """Return the words of an element, its parts with a blank between them."""
    return " ".join(text.strip() for text in element.xpath(".//text()") if text.strip())


def write_within(element: HtmlElement, parts: list[str]) -> None:
    """Write what is in an element as HTML: attributes by name, no more blanks than are seen.

    lxml's own way writes addresses otherwise, and elements of SVG.
    """
    if element.text:
        parts.append(element.text if element.tag in AS_TYPED else _write_text(element.text, element.tag))
    for child in element:
        if isinstance(child, Comment):
            parts.append(f"<!--{child.text}-->")
        else:
            attributes = "".join(f" {name}={_quote(value)}" for name, value in sorted(child.items()))
            parts.append(f"<{child.tag}{attributes}{'/' * (child.tag in EMPTY)}>")
            if child.tag not in EMPTY:
                write_within(child, parts)
                parts.append(f"</{child.tag}>")
        if child.tail:
            parts.append(_write_text(child.tail, element.tag))


def _write_text(text: str, tag: str) -> str:
    """Write a text, and let no line of running text break within a school year: browsers break at its hyphen."""
    if not text.strip(BLANK):
        return "\n" if "\n" in text else " "
    written = escape(text, quote=False)
    return YEARS.sub(r'<span class="bound">\g<0></span>', written) if tag in RUNNING else written


def _quote(value: str) -> str:
    mark = "'" if '"' in value and "'" not in value else '"'
    return f"{mark}{escape(value, quote=False).replace(mark, '&quot;')}{mark}"


def replace_blocked(root: HtmlElement, language: Language) -> None:
    """Draw the charts that a script would have drawn, and name all else that the policy of a page blocks.

    No reader shall meet an empty box.
    """
    for number, tag in enumerate(list(root.iter(*BLOCKED)), start=1):
        source = tag.get("src") or tag.get("data") or ""
        if tag.tag == "img" and source.startswith("data:"):
            continue
        spec = read_spec(tag.text_content()) if tag.tag == "script" else None
        drawn = "" if spec is None else _draw(spec, f"own-{number}")
        if drawn:
            label = say("own_chart", language)
            shown = html.fragment_fromstring(f'<div class="picture" role="img" aria-label="{label}">{drawn}</div>')
        else:
            shown = html.Element("p", {"class": "notice"})
            shown.text = say("blocked_said", language, what=f"<{tag.tag}> {source}".strip())
        put_instead(tag, shown)


def put_instead(old: HtmlElement, new: HtmlElement) -> None:
    """Put an element where another is; the text behind that stays."""
    new.tail, old.tail = old.tail, None
    old.getparent().replace(old, new)


def read_spec(script: str) -> dict[str, Any] | None:
    """Return the Vega-Lite spec in a script, as Altair writes it; None if there is none."""
    text = "{" + script.partition(ALTAIR)[2] if ALTAIR in script else script.strip()
    try:
        spec, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return None
    return spec if isinstance(spec, dict) and "vega-lite" in spec.get("$schema", "") else None


def _draw(spec: dict[str, Any], name: str) -> str:
    """Draw a chart; "" if it cannot be drawn without fetching something, or at all."""
    try:
        return draw_foreign(spec, name)
    except ValueError as error:
        log.warning("An analyst's chart is not drawn: %s", error)
        return ""


def nest_headings(headings: list[HtmlElement]) -> None:
    """Give headings levels from 2 on, each at most one below the one before it."""
    above = 1
    for heading in headings:
        level = min(max(2, int(heading.tag[1])), above + 1)
        heading.tag = f"h{level}"
        above = level


def name_anchors(root: HtmlElement, headings: list[HtmlElement]) -> None:
    """Give each heading an id made from its words, and make every id unique: `x`, `x-2` ..."""
    for heading in headings:
        if not heading.get("id"):
            heading.set("id", make_slug(words_of(heading)))
    taken: set[str] = set()
    for tag in root.iterfind(".//*[@id]"):
        name, number = tag.get("id"), 2
        while tag.get("id") in taken:
            tag.set("id", f"{name}-{number}")
            number += 1
        taken.add(tag.get("id"))


def make_slug(text: str) -> str:
    """Make an anchor that survives a mail program: `Trẻ đi nhà trẻ` -> `tre-di-nha-tre`."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-") or "section"


def enclose_tables(root: HtmlElement, language: Language) -> None:
    """Put each table into a region of its own that scrolls sideways and takes the keyboard's focus."""
    for table in list(root.iter("table")):
        if any("scroll" in around.classes for around in table.iterancestors()):
            continue
        caption = table.find(".//caption")
        label = say("table", language) if caption is None else words_of(caption)
        region = html.Element("div", {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": label})
        put_instead(table, region)
        region.append(table)


def skip_regions(root: HtmlElement, language: Language) -> None:
    """Put a link past each table with many links before it, for those who go by the keyboard."""
    for number, region in enumerate(root.find_class("scroll"), start=1):
        if len(region.findall(".//a")) < MANY_LINKS:
            continue
        link = html.Element("a", {"class": "skip past", "href": f"#past-{number}"})
        link.text = say("skip_table", language)
        region.addprevious(link)
        end = html.Element("span", {"id": f"past-{number}", "tabindex": "-1"})
        end.tail, region.tail = region.tail, None
        region.addnext(end)


def cite_origins(root: HtmlElement, language: Language) -> list[list[str]]:
    """Link each figure to the entry that lists its cells; figures of the same cells share one.

    The number is drawn by the style sheet: `22,5` copied out of a table must not become `22,512`.
    """
    numbers: dict[tuple[str, ...], int] = {}
    for tag in root.findall(".//*[@data-inputs]"):
        cells = tuple(dict.fromkeys(tag.attrib.pop("data-inputs").split("\n")))
        number = numbers.setdefault(cells, len(numbers) + 1)
        link = html.Element("a", {"class": "cite", "href": f"#o{number}", "data-number": str(number)})
        link.set("aria-label", say("origin", language, number=number))
        tag.append(link)
    return [list(cells) for cells in numbers]


def number_links(root: HtmlElement) -> list[str]:
    """Give links to the web a number for paper, where nothing can be clicked."""
    numbers: dict[str, int] = {}
    for link in root.iter("a"):
        if WEB.match(link.get("href", "")):
            link.set("data-note", str(numbers.setdefault(link.get("href"), len(numbers) + 1)))
    return list(numbers)
