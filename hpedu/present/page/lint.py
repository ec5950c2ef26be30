"""Read finished pages and find what a reader would be misled by.

Most rules are driven by attributes that the blocks of a page carry: `data-label` (what a number is of),
`data-value` (the number, where it is not the text), `data-name-of` (what a name names), `data-claims` (XPath
expressions, one a line, that are true of the page if the sentence is), `data-contradicted` (here a figure is shown
as doubtful), `data-for="keeper"` (for whoever keeps the data, not for readers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
from lxml import html
from lxml.html import HtmlElement

from hpedu import store
from hpedu.ingest.schema import name_cell
from hpedu.texts import LANGUAGES, Message, message, say


def _list_words(key: str) -> str:
    """Return a pattern of the words to look for, in both languages."""
    return "|".join(say(key, language) for language in LANGUAGES)


SUPERLATIVES = re.compile(rf"\b({_list_words('lint_words_superlative')})\b", re.IGNORECASE)
NOW = re.compile(rf"\b({_list_words('lint_words_now')}) (?=[\d≈])", re.IGNORECASE)
DEVELOPERS = re.compile(_list_words("lint_words_developers"))
NUMBER = re.compile(r"[-−]?\d[\d.,]*")
SPOKEN = (
    "//main//*[self::p or self::li or self::td or self::figcaption or self::caption][not(ancestor::*[@data-for])]"
)


@dataclass(frozen=True)
class Figures:
    """What is known of the cells that pages cite, as `file!cell`: the print, and which are contradicted."""

    printed: Mapping[str, str] = field(default_factory=dict)
    contradicted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """A finished page: its place, if it has one, and its elements."""

    root: HtmlElement
    figures: Figures
    path: Path | None = None

    def find(self, xpath: str) -> list[HtmlElement]:
        found: list[HtmlElement] = self.root.xpath(xpath)
        return found

    @cached_property
    def entries(self) -> dict[str, HtmlElement]:
        """Return the elements of the page by their ids: lxml would look through all for each of two thousand."""
        return {element.get("id"): element for element in reversed(self.find("//*[@id]"))}

    @cached_property
    def spoken(self) -> list[tuple[HtmlElement, str]]:
        """Return what a reader is told, element by element, with its words; of what is for keepers, nothing."""
        return [(element, words_of(element)) for element in self.find(SPOKEN)]

    def cells(self, link: HtmlElement) -> list[str]:
        """Return the cells behind a cited figure: its entry names each source by number, or a file."""
        entry = self.entries.get(link.get("href", "#")[1:])
        found = []
        for place in ("" if entry is None else entry.text_content()).split("; "):
            name, _, cells = place.partition(": ")
            source = self.entries.get(f"source-{name.strip()}")
            file = name.strip() if source is None else source.findtext("code", "")
            found += [f"{file}!{cell.strip()}" for cell in cells.split(",")]
        return found


def read_figures() -> Figures:
    """Return what the tables of the project know of the cells that pages cite."""
    # A sum over a school list has no cell of its own.
    table = store.observations(all_editions=True).filter(pl.col("cell") != "")
    is_doubted = pl.col("flags").list.contains("contradicted")
    printed = dict(zip(_name_places(table), table["printed"], strict=True))
    return Figures(printed, frozenset(_name_places(table.filter(is_doubted))))


def _name_places(table: pl.DataFrame) -> list[str]:
    return [
        f"{file}!{name_cell(sheet, cell)}" for file, sheet, cell in table.select("file", "sheet", "cell").rows()
    ]


def lint_folder(pages: Iterable[Path]) -> Iterator[tuple[Path, Message]]:
    """Yield what would mislead a reader of the pages, page by page."""
    figures = read_figures()
    for path in pages:
        for finding in lint_page(path.read_text(encoding="utf-8"), figures, path):
            yield path, finding


def lint_page(text: str, figures: Figures | None = None, path: Path | None = None) -> list[Message]:
    """Return what would mislead a reader of a page, in the order of the rules."""
    page = Page(html.document_fromstring(text), figures or Figures(), path)
    return [finding for rule in RULES for finding in rule(page)]


def words_of(element: HtmlElement) -> str:
    """Return the text of an element in one line."""
    return " ".join(element.text_content().split())


def check_labels(page: Page) -> Iterator[Message]:
    """Report two numbers under one label, and two names of one thing."""
    for attribute, key in (("data-label", "lint_label"), ("data-name-of", "lint_name")):
        seen: dict[str, str] = {}
        for element in page.find(f"//*[@{attribute}]"):
            label, value = element.get(attribute), element.get("data-value") or words_of(element)
            if seen.setdefault(label, value) != value:
                yield message(key, label=label, first=seen[label], second=value)


def check_claims(page: Page) -> Iterator[Message]:
    """Report counts and superlatives that the rows of the page do not bear out, and superlatives without rows."""
    for element in page.find("//*[@data-claims]"):
        for claim in filter(None, element.get("data-claims").splitlines()):
            if not page.root.xpath(claim):
                yield message("lint_claim", claim=claim, words=words_of(element))
    for element, words in page.spoken:
        if (found := SUPERLATIVES.search(words)) and not element.xpath("ancestor-or-self::*[@data-claims]"):
            yield message("lint_superlative", word=found[0], words=words)


def check_contradicted(page: Page) -> Iterator[Message]:
    """Report figures that an error is about, cited as if they were sound."""
    for link in page.find("//a[contains(@class, 'cite')][not(ancestor::*[@data-contradicted])]"):
        for cell in page.figures.contradicted & set(page.cells(link)):
            yield message("lint_contradicted", cell=cell, words=words_of(link.getparent()))


def check_now(page: Page) -> Iterator[Message]:
    """Report a "now" about a figure that does not bear the year reported on."""
    [year] = page.find("//@data-year") or [""]
    for _, words in page.spoken:
        if (found := NOW.search(words)) and (not year or year not in words):
            yield message("lint_now", word=found[0].strip(), words=words)


def check_links(page: Page) -> Iterator[Message]:
    """Report links that lead nowhere: to an anchor that is not there, or to a file that has not been made."""
    anchors = set(page.find("//@id"))
    for href in page.find("//a/@href"):
        parts = urlsplit(href)
        if parts.scheme:
            continue
        target = page.path.parent / unquote(parts.path) if page.path and parts.path else None
        if (target and not target.exists()) or (
            not parts.path and parts.fragment and parts.fragment not in anchors
        ):
            yield message("lint_link", link=href)


def check_developers(page: Page) -> Iterator[Message]:
    """Report words that only those who work on hpedu understand; on the page about the data they may stand."""
    if page.find("//body[@data-group='data_quality']"):
        return
    headings = [(one, words_of(one)) for one in page.find("//main//*[self::h1 or self::h2 or self::h3]")]
    for element, words in [*page.spoken, *headings]:
        # What is set as code may be named.
        if DEVELOPERS.search(words) and (
            found := DEVELOPERS.search(" ".join(element.xpath(".//text()[not(ancestor::code)]")))
        ):
            yield message("lint_developers", word=found[0], words=words)


def check_decimals(page: Page) -> Iterator[Message]:
    """Report figures with more decimals than the cell they were taken from."""
    for link in page.find("//a[contains(@class, 'cite')]"):
        cells, shown = page.cells(link), _find_number(link.getparent())
        printed = page.figures.printed.get(cells[0], "") if len(cells) == 1 else ""
        if printed and shown and count_decimals(shown) > count_decimals(printed):
            yield message("lint_decimals", shown=shown, printed=printed, cell=cells[0])


def _find_number(element: HtmlElement) -> str:
    """Return the number that is cited: the text of a cell, or what stands before its year; "" of a sentence."""
    before = element.getprevious() if element.get("class") == "year" else element
    text = "" if before is None else words_of(before)
    return text if NUMBER.fullmatch(text.split("\N{NO-BREAK SPACE}")[0].rstrip("%")) else ""


def count_decimals(number: str) -> int:
    """Return how many decimals a number is written with; a group of three digits behind a mark is of thousands."""
    digits = re.search(r"[.,](\d+)(?=\D*$)", number)
    return 0 if digits is None or len(digits[1]) == 3 else len(digits[1])


def check_shown(page: Page) -> Iterator[Message]:
    """Report what the page's policy blocks: it would be an empty box."""
    for element in page.find("//main//*[self::iframe or self::script or self::img or self::object]"):
        if not (element.get("src") or "").startswith("data:"):
            yield message("lint_blocked", tag=element.tag, source=(element.get("src") or "")[:80])


RULES: tuple[Callable[[Page], Iterable[Message]], ...] = (
    check_labels,
    check_claims,
    check_contradicted,
    check_now,
    check_links,
    check_developers,
    check_decimals,
    check_shown,
)
