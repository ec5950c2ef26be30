"""What kind of thing is printed in a cell, as far as its text alone can tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from hpedu.ingest.words.syllables import rank_syllable
from hpedu.ingest.words.text import clean_text, fold_text

Kind = Literal["blank", "number", "mark", "year", "text"]

_NUMBER = re.compile(
    r"""
    [-−+]? \s?
    (?: \d{1,3} (?:[ .,'\u00a0\u202f]\d{3})+ | \d+ )  # 2416, 2.416, 2 416, 1,234,567
    (?: [.,]\d+ )? \s? %?
    (?: \s? \(?\*+\)? )?                              # a footnote
    """,
    re.VERBOSE,
)
_MARKS = {"-", "–", "—", "−", "--", "---", ".", "..", "...", "…", "....", "x", "X", "*", ":", "n/a", "N/A"}
_BARE_YEAR = re.compile(r"(?:19|20)\d{2}")
_STARRED_YEAR = re.compile(r"(?:19|20)\d{2} ?\(?\*+\)?")
_YEAR = re.compile(
    r"(?:(?:so bo|uoc(?: tinh)?|prel|est|nam hoc|nam|school year|year)[\W_]*)*"
    r"(?:19|20)\d{2}(?:\s?[-–/]\s?(?:19|20)?\d{2})?"
    r"(?:[\W_]*(?:so bo|uoc tinh|prel))*[\W_]*"
)
_ORDINAL = re.compile(r"([(\[]?)(\d{1,3})[)\]]?(?:\s*=.*)?")
_LETTER = re.compile(r"[(\[]?[A-Za-z][)\]]?")
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1 << 17)
def find_kind(text: str) -> Kind:
    """Number in any national style, mark for a missing or empty value, label of a year, text, or nothing.

    A bare "2015" is a year here; only the cells around it can show it to be a number.
    """
    stripped = text.strip()
    if not stripped:
        return "blank"
    if stripped in _MARKS:
        return "mark"
    if stripped[0].isdigit() or stripped[0] in "-−+":
        if _BARE_YEAR.fullmatch(stripped) or _STARRED_YEAR.fullmatch(stripped):
            return "year"
        if _NUMBER.fullmatch(stripped):
            return "number"
    return "year" if any(map(str.isdigit, stripped)) and _YEAR.fullmatch(fold_text(stripped)) else "text"


def is_bare_year(text: str) -> bool:
    """Whether a text is four digits that may be a year, or as well a number."""
    return _BARE_YEAR.fullmatch(text.strip()) is not None


def is_numbering(texts: Sequence[str]) -> bool:
    """Whether the texts of a row count the columns, as forms do: A, B, 1, 2, 3 or (1), (2), (3)=(1)+(2)."""
    ordinals = [match for text in texts if (match := _ORDINAL.fullmatch(text.strip()))]
    letters = sum(_LETTER.fullmatch(text.strip()) is not None for text in texts)
    numbers = [int(match[2]) for match in ordinals]
    if len(numbers) < 2 or len(numbers) + letters < len(texts) or numbers[0] > letters + 1:
        return False
    sure = letters > 0 or all(match[1] for match in ordinals) or len(numbers) > 2
    return sure and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@lru_cache(maxsize=1 << 14)
def is_english(text: str) -> bool:
    """Whether a label is English alone: plain letters, and most words are no Vietnamese syllables.

    The language of a second line: "Number of classes" under "Số lớp học". "Nam" or "Kon Tum" is not English.
    """
    words = _WORD.findall(text)
    return text.isascii() and 2 * sum(rank_syllable(word.lower()) == 0 for word in words) > len(words)


def is_bilingual(text: str) -> bool:
    """Whether a label has its English part with it: "Công lập – Public", "Trong đó - Of which:"."""
    parts = [part for part in re.split(r"\s[-–—/]\s*|\n", text.strip()) if part.strip()]
    return len(parts) > 1 and not parts[0].isascii() and is_english(clean_text(parts[-1]))
