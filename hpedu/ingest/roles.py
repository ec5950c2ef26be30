"""Which label of a table says the territory, which the year and which what is counted: told by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hpedu.ingest.cells import Cell, RawTable
from hpedu.ingest.layouts import Layout
from hpedu.ingest.tables.header_paths import SEPARATOR
from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.words.places import resolve_territory
from hpedu.ingest.words.text import clean_text
from hpedu.ingest.words.years import YearLabel, find_year

_BESIDE = ("title", "unit", "index", "code", "mark")  # labels that never say what is counted
_ORDER = ("parent", "row", "column")
_ITEM = re.compile(r"\w(?:.*[\w)%])?")
_DAYS = (date(2024, 9, 30), date(2007, 9, 30), date(2025, 9, 30))  # with Ha Tay, and after the mergers


@dataclass(frozen=True)
class Roles:
    """The labels that carry territory and year, and those that together name the item, from the left.

    `glued` is the label that holds the territory before or behind something else: "Hai Phong Primary".
    """

    territory: str
    year: str
    items: tuple[str, ...]
    glued: str = ""

    def read_year(self, cell: Cell) -> tuple[YearLabel, str] | None:
        """The year of a cell, and what else its label says; a title says nothing else."""
        return find_year(cell.labels.get(self.year, ""))

    def read_parts(self, cell: Cell, on: date) -> tuple[str, list[str]]:
        """What a cell says of its territory, and the parts of its item."""
        territory = cell.labels.get(self.territory, "")
        parts = []
        for name in self.items:
            text = cell.labels.get(name, "")
            if name == self.year:
                found = find_year(text)
                text = found[1].strip(SEPARATOR) if found else ""
            if name == self.glued:
                territory, text = split_territory(text, on)
            if text:
                parts.append(text)
        return territory, parts


def find_roles(table: RawTable, layout: Layout | None = None) -> Roles:
    """The roles as the layout names them, where the table has such labels; the rest by content."""
    labels: dict[str, dict[str, None]] = {}  # the texts of each label, in order
    for cell in table.cells:
        for name, text in cell.labels.items():
            labels.setdefault(name, {})[text] = None
    known = {name: [text for text in texts if text] for name, texts in labels.items()}
    free = {name: texts for name, texts in known.items() if name not in _BESIDE and texts}
    year = _named(layout.year if layout else "", known) or _find_year_label(free, table)
    territory = _named(layout.territory if layout else "", known)
    territory = territory or _best({n: t for n, t in free.items() if n != year}, _is_territory)
    glued = ""
    if not territory:
        territory, glued = _find_glued(free, year)
    if layout and layout.item and all(name in known for name in layout.item):
        return Roles(territory, year, tuple(layout.item), glued)
    beside = (territory, layout.place if layout else "")
    items = tuple(name for name in _in_order(free) if _may_name_item(name, free, beside, year, glued))
    return Roles(territory, year, items, glued)


def split_territory(text: str, on: date) -> tuple[str, str]:
    """The territory at one end of a label and what is left of it: "Hai Phong Primary" -> ("Hai Phong", "Primary").

    The longest name counts; ("", text) if there is none, or if what is left are no words of an item, as of a
    footnote: "Hai Phong (*)", "Note: Hai Phong".
    """
    words = clean_text(text).split(" ")
    for length in range(len(words), 0, -1):
        for name, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            left = " ".join(rest)
            if (not left or _ITEM.fullmatch(left)) and resolve_territory(" ".join(name), on):
                return " ".join(name), left
    return "", text


def _named(label: str, known: Mapping[str, list[str]]) -> str:
    return label if label.startswith("=") or label in known else ""


def _find_year_label(free: Mapping[str, list[str]], table: RawTable) -> str:
    """The label most of whose texts hold a year; else the title, if it holds one; else any that ever does."""
    found = _best(free, _has_year)
    if found:
        return found
    if find_year(table.title) and any("title" in cell.labels for cell in table.cells[:1]):
        return "title"
    return next((name for name, texts in free.items() if any(map(_has_year, texts))), "")


def _find_glued(free: Mapping[str, list[str]], year: str) -> tuple[str, str]:
    """A label that holds the year and the territory, or the territory and the item."""
    for name, texts in free.items():
        rests = [(found[1] if (found := find_year(text)) else "") if name == year else text for text in texts]
        if _share(rests, lambda text: any(split_territory(text, day)[0] for day in _DAYS)) >= 0.5:
            return name, name
    return "", ""


def _in_order(names: Iterable[str]) -> list[str]:
    """The labels of a sheet from the general to the particular, those of other formats as they come."""
    return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else 0)


def _may_name_item(name: str, free: Mapping[str, list[str]], beside: Sequence[str], year: str, glued: str) -> bool:
    if name in (year, glued):
        return True
    if name in beside or (name == "parent" and "row" in beside and _are_groups(free[name])):
        return False
    return not (name == "column" and len(free[name]) == 1 and len(free) > 1 and is_worded("filler", free[name][0]))


def _are_groups(parents: Iterable[str]) -> bool:
    """Whether what stands over the rows are regions alone, under which their provinces are printed."""
    return all(_is_territory(part) for parent in parents for part in parent.split(SEPARATOR))


def _has_year(text: str) -> bool:
    return find_year(text) is not None


def _is_territory(text: str) -> bool:
    return any(resolve_territory(text, day) is not None for day in _DAYS)


def _best(labels: Mapping[str, list[str]], fits: Callable[[str], bool]) -> str:
    """Of the labels half of whose texts fit the one with the most that do."""
    counts = {name: sum(map(fits, texts)) for name, texts in labels.items()}
    fit = {name: count for name, count in counts.items() if count and 2 * count >= len(labels[name])}
    return max(fit, key=lambda name: fit[name], default="")


def _share(texts: list[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts) if texts else 0.0
