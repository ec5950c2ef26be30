"""Find which labels of a table name the territory, the year and what is counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from hpedu.ingest.layouts import Layout
from hpedu.ingest.schema import NO_ITEM, Cell, RawTable
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.places import resolve_territory
from hpedu.ingest.words.vietnamese import clean_text
from hpedu.ingest.words.years import YearLabel, find_year
from hpedu.registry import Registry

_ORDER = ("parent", "row", "column")
_ITEM = re.compile(r"\w(?:.*[\w)%])?")

DAYS = (date(2024, 9, 30), date(2007, 9, 30), date(2025, 9, 30))
"""One day shortly before the mergers of 2025, one when there still was Ha Tay, one after the mergers."""


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
        """Return the year of a cell, and the rest of its label; None if it has no year."""
        return find_year(cell.labels.get(self.year, ""))

    def read_parts(self, cell: Cell, on: date, registry: Registry) -> tuple[str, list[str]]:
        """Return the territory as its label says it, and the parts of the item."""
        territory = cell.labels.get(self.territory, "")
        parts = []
        for name in self.items:
            text = cell.labels.get(name, "")
            if name == self.year:
                found = find_year(text)
                text = found[1].strip(SEPARATOR) if found else ""
            if name == self.glued:
                territory, text = split_territory(text, on, registry)
            if text:
                parts.append(text)
        return territory, parts


def find_roles(table: RawTable, layout: Layout, registry: Registry) -> Roles:
    """Find which label has which role: as the layout says, where the table has such a label, else by content."""
    # The different texts of each label, in order.
    labels: dict[str, dict[str, None]] = {}
    for cell in table.telling:
        for name, text in cell.labels.items():
            labels.setdefault(name, {})[text] = None
    known = {name: [text for text in texts if text] for name, texts in labels.items()}
    free = {name: texts for name, texts in known.items() if name not in NO_ITEM and texts}
    is_territory = partial(_is_territory, registry=registry)
    year = _named(layout.year, known) or _find_year_label(free, table)
    territory = _named(layout.territory, known)
    territory = territory or _best({n: t for n, t in free.items() if n != year}, is_territory)
    glued = ""
    if not territory:
        territory, glued = _find_glued(free, year, registry)
    if layout.item and all(name in known for name in layout.item):
        return Roles(territory, year, tuple(layout.item), glued)
    places = (territory, layout.place)
    # The labels of a sheet from the general to the particular; those of other formats as they come.
    names = sorted(free, key=lambda name: _ORDER.index(name) if name in _ORDER else 0)
    items = tuple(name for name in names if _may_name_item(name, free, places, (year, glued), registry))
    return Roles(territory, year, items, glued)


def split_territory(text: str, on: date, registry: Registry) -> tuple[str, str]:
    """Split off the territory at one end of a label: "Hai Phong Primary" -> ("Hai Phong", "Primary").

    The longest name counts. Returns ("", text) if there is none, or if the rest is not the words of an item, as
    with a footnote: "Hai Phong (*)", "Note: Hai Phong".
    """
    words = clean_text(text).split(" ")
    for length in range(len(words), 0, -1):
        for name, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            left = " ".join(rest)
            if (not left or _ITEM.fullmatch(left)) and resolve_territory(" ".join(name), on, registry):
                return " ".join(name), left
    return "", text


def _named(label: str, known: Mapping[str, list[str]]) -> str:
    return label if label.startswith("=") or label in known else ""


def _find_year_label(free: Mapping[str, list[str]], table: RawTable) -> str:
    """Return the label most of whose texts hold a year, else the title if it does, else any that ever does."""
    found = _best(free, _has_year)
    if found:
        return found
    if find_year(table.title) and any("title" in cell.labels for cell in table.telling[:1]):
        return "title"
    return next((name for name, texts in free.items() if any(map(_has_year, texts))), "")


def _find_glued(free: Mapping[str, list[str]], year: str, registry: Registry) -> tuple[str, str]:
    """Find a label that holds the territory and the year or item; it is returned for both roles of `Roles`."""
    for name, texts in free.items():
        rests = [(found[1] if (found := find_year(text)) else "") if name == year else text for text in texts]
        named = [text for text in rests if any(split_territory(text, day, registry)[0] for day in DAYS)]
        if 2 * len(named) >= len(rests) > 0:
            return name, name
    return "", ""


def _may_name_item(
    name: str, free: Mapping[str, list[str]], places: Sequence[str], mixed: Sequence[str], registry: Registry
) -> bool:
    """Return whether a label says what is counted: not if it holds `places`, surely if it is a `mixed` one."""
    if name in mixed:
        return True
    # Sections over the rows that are regions alone, under which their provinces are printed.
    tiers = [tier for text in free[name] for tier in text.split(SEPARATOR)]
    are_regions = name == "parent" and "row" in places and all(_is_territory(tier, registry) for tier in tiers)
    if name in places or are_regions:
        return False
    return not (name == "column" and len(free[name]) == 1 and len(free) > 1 and is_worded("filler", free[name][0]))


def _has_year(text: str) -> bool:
    return find_year(text) is not None


def _is_territory(text: str, registry: Registry) -> bool:
    return any(resolve_territory(text, day, registry) is not None for day in DAYS)


def _best(labels: Mapping[str, list[str]], fits: Callable[[str], bool]) -> str:
    """Return the label with most texts that fit, among those half of whose texts do; "" if there is none."""
    counts = {name: sum(map(fits, texts)) for name, texts in labels.items()}
    fit = {name: count for name, count in counts.items() if count and 2 * count >= len(labels[name])}
    return max(fit, key=lambda name: fit[name], default="")
