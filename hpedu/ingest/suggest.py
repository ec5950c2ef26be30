"""Codes of the registry that the words of a table may mean: shown beside what an analyst fills in, never used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from hpedu.ingest.words.text import fold_text
from hpedu.registry import Registry, Text

MOST = 3
_WORD = re.compile(r"\w+")
_REMARK = re.compile(r"\([^()]*\)")


def suggest_codes(dimension: str, text: str, book: Registry) -> list[str]:
    """Up to three codes whose Vietnamese or English name, or a part of it between commas, stands in a text.

    `dimension` is "measure", or one of `codes.csv`. Longer names go first, and a name within a longer one that
    stands at the same place does not count: "ngoài công lập" is not "công lập".
    """
    words = f" {_plain(text)} "
    found: dict[str, str] = {}
    for name, code in _names(dimension, book):
        if f" {name} " in words and code not in found and not any(f" {name} " in f" {n} " for n in found.values()):
            found[code] = name
    return list(found)[:MOST]


@lru_cache(maxsize=16)
def _names(dimension: str, book: Registry) -> list[tuple[str, str]]:
    """Names and their codes, the longest first."""
    known: Iterable[tuple[str, Text]] = (
        ((m.id, m.name) for m in book.measures.values())
        if dimension == "measure"
        else ((code, entry.name) for code, entry in book.codes_of(dimension).items())
    )
    remarks = dimension != "measure"  # "(dân lập, tư thục)" names the same thing, "(công bố)" does not
    names = {(part, code) for code, name in known for part in _parts(code, name, remarks=remarks)}
    return sorted(names, key=lambda pair: (-len(pair[0]), pair))


def _parts(code: str, name: Text, *, remarks: bool) -> Iterator[str]:
    yield _plain(code.replace("_", " "))
    for text in (name.vi, name.en):
        whole = _REMARK.sub(" ", text)
        said = [part for remark in _REMARK.findall(text) for part in remark.split(",")] if remarks else []
        yield from filter(None, (_plain(part) for part in (whole, *whole.split(","), *said)))


def _plain(text: str) -> str:
    """Folded words, English plurals as singulars."""
    return " ".join(re.sub(r"(?<=\w{3})(?<!s)s$", "", word) for word in _WORD.findall(fold_text(text)))
