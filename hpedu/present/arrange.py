"""Puts the body of a page in order: nested headings, unique anchors, tables that scroll by themselves."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from hpedu.present.wording import phrase
from hpedu.registry.models import Language

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class Section:
    """A section of the page, for its table of contents."""

    anchor: str
    title: str


def arrange(body: str, language: Language) -> tuple[str, list[Section]]:
    """The body of a page in order, and its sections: headings of the second level.

    The page's head is the one heading of the first level, so the body starts with the second and skips none.
    """
    soup = BeautifulSoup(body, "html.parser")
    headings = soup.find_all(HEADINGS)
    nest_headings(headings)
    name_anchors(soup, headings)
    enclose_tables(soup, language)
    sections = [
        Section(str(heading["id"]), heading.get_text(" ", strip=True))
        for heading in headings
        if heading.name == "h2"
    ]
    return str(soup), sections


def nest_headings(headings: list[Tag]) -> None:
    """Give headings levels from 2 on, each at most one below the one before it."""
    above = 1
    for heading in headings:
        level = min(max(2, int(heading.name[1])), above + 1)
        heading.name = f"h{level}"
        above = level


def name_anchors(soup: BeautifulSoup, headings: list[Tag]) -> None:
    """Give each heading an id made from its words, and make every id stand once: `x`, `x-2` ..."""
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
    """`Trẻ đi nhà trẻ` -> `tre-di-nha-tre`: an anchor that survives a mail program."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-") or "section"


def enclose_tables(soup: BeautifulSoup, language: Language) -> None:
    """Put each table into a region of its own that scrolls sideways and takes the keyboard's focus."""
    for table in soup.find_all("table"):
        if table.find_parent(class_="scroll"):
            continue
        caption = table.find("caption")
        label = caption.get_text(" ", strip=True) if caption else phrase("table", language)
        region = soup.new_tag("div", attrs={"class": "scroll", "role": "region", "tabindex": "0"})
        region["aria-label"] = label
        table.wrap(region)
