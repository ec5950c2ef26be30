"""Thousands and millions in the words of a unit: "Thous. pers.", "Nghìn người", "Triệu học sinh"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from hpedu.ingest.words.text import fold_text

_SCALES: tuple[tuple[Decimal, re.Pattern[str]], ...] = (
    (Decimal(1000), re.compile(r"\b(?:(?<!phan )nghin|ngan|thous|thousands?|(?<!per )1[.,]?000)\b")),
    (Decimal(1_000_000), re.compile(r"\b(?:trieu|mill?|millions?)\b")),
    (Decimal(1_000_000_000), re.compile(r"\b(?:ty|ti|bill?|billions?)\b(?! (?:le|suat)\b)")),  # tỷ lệ is a rate
)

_PERCENT = re.compile(r"[%‰]|\bphan (?:tram|nghin)\b|\bper ?cent(?:age)?\b")


@lru_cache(maxsize=1 << 14)
def find_scale(text: str) -> Decimal | None:
    """By what a printed number of this unit is to be multiplied; 1 if no word says so, None if two disagree.

    >>> find_scale("ĐVT: Nghìn người - Unit: Thous. pers.")
    Decimal('1000')
    >>> find_scale("Trường - School")
    Decimal('1')
    """
    folded = fold_text(text)
    found = {scale for scale, words in _SCALES if words.search(folded)}
    if len(found) > 1:
        return None
    return found.pop() if found else Decimal(1)


def is_percent(text: str) -> bool:
    """Whether a unit is parts of a hundred or thousand."""
    return _PERCENT.search(fold_text(text)) is not None
