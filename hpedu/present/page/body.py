"""Put the body of a page in order: nested headings, unique anchors, tables that scroll, figures that cite."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag

from hpedu.present.charts.picture import draw_foreign
from hpedu.texts import Language, say

BLOCKED = ("script", "iframe", "object", "embed", "video", "audio", "img")
"""What a page's policy blocks; pictures only if they lie elsewhere."""
ALTAIR = "})({"
"""What stands before the spec in a script of Altair; a bare spec is the whole script."""
log = logging.getLogger(__name__)
MANY_LINKS = 8
YEARS = re.compile(r"(\b\d{4}-\d{2,4}\b)")
RUNNING = ("p", "li", "caption", "figcaption", "span", "a", "b", "strong")
"""What holds running text, and is no chart or program."""
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


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
    soup = BeautifulSoup(body, "html.parser")
    replace_blocked(soup, language)
    headings = soup.find_all(HEADINGS)
    nest_headings(headings)
    name_anchors(soup, headings)
    enclose_tables(soup, language)
    origins = cite_origins(soup, language)
    skip_regions(soup, language)
    links = number_links(soup)
    bind_years(soup)
    seconds = [heading for heading in headings if heading.name == "h2"]
    sections = [(str(heading["id"]), heading.get_text(" ", strip=True)) for heading in seconds]
    return Body(str(soup), sections, origins, links)


def replace_blocked(soup: BeautifulSoup, language: Language) -> None:
    """Draw the charts that a script would have drawn, and name all else that the policy of a page blocks.

    No reader shall meet an empty box.
    """
    for number, tag in enumerate(soup.find_all(BLOCKED), start=1):
        source = str(tag.get("src") or tag.get("data") or "")
        if tag.name == "img" and source.startswith("data:"):
            continue
        spec = read_spec(tag.get_text()) if tag.name == "script" else None
        drawn = "" if spec is None else _draw(spec, f"own-{number}")
        if drawn:
            label = say("own_chart", language)
            tag.replace_with(
                BeautifulSoup(f'<div class="picture" role="img" aria-label="{label}">{drawn}</div>', "html.parser")
            )
        else:
            notice = soup.new_tag("p", attrs={"class": "notice"})
            notice.string = say("blocked_said", language, what=f"<{tag.name}> {source}".strip())
            tag.replace_with(notice)


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


def nest_headings(headings: list[Tag]) -> None:
    """Give headings levels from 2 on, each at most one below the one before it."""
    above = 1
    for heading in headings:
        level = min(max(2, int(heading.name[1])), above + 1)
        heading.name = f"h{level}"
        above = level


def name_anchors(soup: BeautifulSoup, headings: list[Tag]) -> None:
    """Give each heading an id made from its words, and make every id unique: `x`, `x-2` ..."""
    for heading in headings:
        if not heading.get("id"):
            heading["id"] = make_slug(heading.get_text(" ", strip=True))
    taken: set[str] = set()
    for tag in soup.find_all(id=True):
        wanted, number = str(tag["id"]), 2
        while tag["id"] in taken:
            tag["id"] = f"{wanted}-{number}"
            number += 1
        taken.add(str(tag["id"]))


def make_slug(text: str) -> str:
    """Make an anchor that survives a mail program: `Trẻ đi nhà trẻ` -> `tre-di-nha-tre`."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-") or "section"


def enclose_tables(soup: BeautifulSoup, language: Language) -> None:
    """Put each table into a region of its own that scrolls sideways and takes the keyboard's focus."""
    for table in soup.find_all("table"):
        if table.find_parent(class_="scroll"):
            continue
        caption = table.find("caption")
        label = caption.get_text(" ", strip=True) if caption else say("table", language)
        region = soup.new_tag("div", attrs={"class": "scroll", "role": "region", "tabindex": "0"})
        region["aria-label"] = label
        table.wrap(region)


def skip_regions(soup: BeautifulSoup, language: Language) -> None:
    """Put a link past each table with many links before it, for those who go by the keyboard."""
    for number, region in enumerate(soup.find_all(class_="scroll"), start=1):
        if len(region.find_all("a")) < MANY_LINKS:
            continue
        link = soup.new_tag("a", attrs={"class": "skip past", "href": f"#past-{number}"})
        link.string = say("skip_table", language)
        region.insert_before(link)
        region.insert_after(soup.new_tag("span", attrs={"id": f"past-{number}", "tabindex": "-1"}))


def cite_origins(soup: BeautifulSoup, language: Language) -> list[list[str]]:
    """Link each figure to the entry that lists its cells; figures of the same cells share one.

    The number is drawn by the style sheet: `22,5` copied out of a table must not become `22,512`.
    """
    numbers: dict[tuple[str, ...], int] = {}
    for tag in soup.find_all(lambda tag: tag.has_attr("data-inputs")):
        cells = tuple(dict.fromkeys(str(tag["data-inputs"]).split("\n")))
        number = numbers.setdefault(cells, len(numbers) + 1)
        link = soup.new_tag("a", attrs={"class": "cite", "href": f"#o{number}", "data-number": str(number)})
        link["aria-label"] = say("origin", language, number=number)
        del tag["data-inputs"]
        tag.append(link)
    return [list(cells) for cells in numbers]


def number_links(soup: BeautifulSoup) -> list[str]:
    """Give links to the web a number for paper, where nothing can be clicked."""
    numbers: dict[str, int] = {}
    for link in soup.find_all("a", href=re.compile("^https?://")):
        link["data-note"] = str(numbers.setdefault(str(link["href"]), len(numbers) + 1))
    return list(numbers)


def bind_years(soup: BeautifulSoup) -> None:
    """Let no line break within a school year: browsers break at its hyphen. What is copied stays as it is."""
    for text in soup.find_all(string=YEARS):
        if text.parent is not None and text.parent.name in RUNNING:
            parts = YEARS.split(text)
            for n in range(1, len(parts), 2):
                parts[n] = soup.new_tag("span", attrs={"class": "bound"}, string=parts[n])
            text.replace_with(*parts)
