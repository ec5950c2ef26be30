"""Cleaning of text as it stands in published files, and finding a name among others. Pure functions.

Text of the old fonts (TCVN3, VNI) must be converted first (`hpedu.ingest.words.legacy`): there the soft hyphen,
which is dropped here, is the letter ư, and Ð may be another letter altogether.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

_SPACES = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[\s.,\-‐‑–—_]+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # grave, acute, tilde, hook above, dot below

_REPAIRS = str.maketrans(
    {
        "\u00d0": "Đ",  # Icelandic Eth, and the African D below: both look like Đ in print
        "\u0189": "Đ",
        "\u00f0": "đ",
        "\u0256": "đ",
        "\u01a2": "Ư",  # Gha, which some converters wrote for ư
        "\u01a3": "ư",
        # Characters that print nothing: soft hyphen, zero-width blanks and joiners, direction marks, BOM.
        **dict.fromkeys(map(chr, [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)])),
        **dict.fromkeys(map(chr, [*range(0x2060, 0x2065), 0xFEFF])),
    }
)


def clean_text(text: str) -> str:
    """Bring a label into one form: NFC, Đ and ư as such, nothing invisible, one blank between words, none around.

    "Mầm non" is 7 code points in NFC and 9 in NFD; unless both come in one form a join fails silently.
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_REPAIRS))).strip()


def fold_text(text: str) -> str:
    """Reduce a label to what identifies it: no case, no accents, đ as d ("Hải Phòng" -> "hai phong")."""
    flat = unicodedata.normalize("NFD", clean_text(text).casefold().replace("đ", "d"))
    return "".join(c for c in flat if not unicodedata.combining(c))


def match_key(text: str) -> str:
    """The same for every way to write one name with its accents: "Hoà Bình", "HÒA BÌNH", "Hòa-Bình".

    The tone mark of a syllable goes to its end ("hoà", "hòa" -> "hoa\u0300"): a syllable has one tone, and where
    it is drawn says nothing. A letter keeps its circumflex, breve or horn.
    """
    words = _SEPARATORS.sub(" ", clean_text(text).casefold()).strip()
    return " ".join(_move_tone(word) for word in words.split(" "))


def _move_tone(word: str) -> str:
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    tones = sorted(c for c in letters if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)) + "".join(tones)


ValueT = TypeVar("ValueT")


class Names(Generic[ValueT]):
    """Names of things, to be looked up as people write them.

    With accents a name must match with its accents: Cẩm Giang and Cẩm Giàng are two communes. Written without
    any, it may stand for an accented one, if for one only.
    """

    def __init__(self, pairs: Iterable[tuple[str, ValueT]]) -> None:
        self._written: dict[str, set[ValueT]] = {}
        self._bare: dict[str, set[ValueT]] = {}
        for name, value in pairs:
            key = match_key(name)
            self._written.setdefault(key, set()).add(value)
            self._bare.setdefault(fold_text(key), set()).add(value)

    def find(self, name: str) -> ValueT | None:
        """What is called so; None if nothing is, or more than one thing."""
        key = match_key(name)
        found = self._written.get(key)
        if found is None and key.isascii():
            found = self._bare.get(key)
        return next(iter(found)) if found is not None and len(found) == 1 else None


def match_name(name: str, candidates: Iterable[str]) -> str | None:
    """The one of some names that `name` stands for; None if none does, or if that is not certain.

    >>> match_name("CẨM GIÀNG", ["Cẩm Giang", "Cẩm Giàng"])
    'Cẩm Giàng'
    >>> match_name("Cam Giang", ["Cẩm Giang", "Cẩm Giàng"])  # either
    """
    return _index(tuple(candidates)).find(name)


@lru_cache(maxsize=256)
def _index(candidates: tuple[str, ...]) -> Names[str]:
    return Names((name, name) for name in dict.fromkeys(candidates))
