"""Looking up what a table counts among the items its layout knows, however a kind of file writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from hpedu.ingest.layouts import Layout, Series
from hpedu.ingest.tables.header_paths import SEPARATOR
from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.words.places import find_bilingual
from hpedu.ingest.words.text import fold_text

_FOOTNOTE = re.compile(r"\(\s*(?:\*+|\d)\s*\)")
_WORD = re.compile(r"[\w%+]+")


class Items:
    """The items of a layout. One may be written as a path ("Total / Urban") or in a row ("Total Urban")."""

    def __init__(self, layout: Layout) -> None:
        self._series = layout.series
        self._labels = _index([*layout.series, *layout.not_kept])
        self._not_kept = set(layout.not_kept)
        self._left_out = {item_key(label): label for label in layout.not_kept if label.endswith("*")}
        names = {part: part for label in layout.series for part in (label, *label.split(SEPARATOR))}
        self._names = {item_key(name): label for name, label in (names | layout.also).items()}
        self._loose = _index_loosely(self._labels.values())

    def find(self, parts: Sequence[str]) -> str | None:
        """The label in the layout of an item, given its parts as printed; None if it is not known.

        A part may be in another language or in two; words that only divide ("Chia ra - Of which") do not count.
        The order of the parts differs between exports; it does not matter where only one item has those words.
        """
        telling = [part for part in parts if not is_worded("filler", part)]
        translated = [self._translate(part) for part in telling]
        for path in (parts, telling, translated):
            found = self._labels.get(item_key(SEPARATOR.join(path)))
            if found is not None:
                return found
        return self._loose.get(_words(SEPARATOR.join(translated))) or self._find_left_out(telling)

    def is_kept(self, label: str) -> bool:
        return label not in self._not_kept

    def series(self, label: str, year: int) -> Series | None:
        """What an item counts in a year."""
        entries = self._series.get(label, [])
        return next((s for s in entries if (s.since or year) <= year <= (s.until or year)), None)

    def _find_left_out(self, parts: Sequence[str]) -> str | None:
        """The entry of `not_kept` that ends in a star and begins a part: a whole block of the table."""
        tiers = [item_key(tier) for part in parts for tier in part.split(SEPARATOR)]
        return next(
            (label for key, label in self._left_out.items() if any(t.startswith(key) for t in tiers)), None
        )

    def _translate(self, part: str) -> str:
        """A part in the words of the layout: whole, with the lines of its header in one, or tier by tier."""
        tiers = [tier for tier in part.split(SEPARATOR) if not is_worded("filler", tier)]
        found = self._names.get(item_key(part)) or self._find_name(" ".join(tiers))
        return found or SEPARATOR.join(self._find_name(tier) or tier for tier in tiers)

    def _find_name(self, part: str) -> str | None:
        return find_bilingual(lambda text: self._names.get(item_key(text)), part)


@lru_cache(maxsize=1 << 14)
def item_key(text: str) -> str:
    """The same for every way to print an item: no case, accents, footnotes or marks between words."""
    return " ".join(_WORD.findall(fold_text(_FOOTNOTE.sub(" ", text))))


def _words(text: str) -> tuple[str, ...]:
    return tuple(sorted(item_key(text).split(" ")))


def _index(labels: Iterable[str]) -> Mapping[str, str]:
    return {item_key(label): label for label in labels}


def _index_loosely(labels: Iterable[str]) -> Mapping[tuple[str, ...], str]:
    found: dict[tuple[str, ...], set[str]] = {}
    for label in labels:
        found.setdefault(_words(label), set()).add(label)
    return {words: next(iter(its)) for words, its in found.items() if len(its) == 1}
