"""Telling a Vietnamese syllable from a chance run of letters. Pure functions of one word."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

TABLES = tomllib.loads((Path(__file__).parent / "legacy_tables.toml").read_text(encoding="utf-8"))

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))  # grave, acute, tilde, hook, dot below
_STOPPED = ("c", "ch", "p", "t")  # a syllable ending so bears the acute or the dot
_SHORT_TONES = {"\u0301", "\u0323"}


def _compile_syllable() -> re.Pattern[str]:
    parts = {name: "|".join(text.split()) for name, text in TABLES["syllable"].items()}
    onset = (
        f"(?:{parts['onsets']}|(?:{parts['onsets_before_front_vowels']})(?=[eêiy])"
        f"|(?:{parts['onsets_before_other_vowels']})(?![eêiy]))?"
    )
    return re.compile(f"{onset}(?:{parts['rhymes']})")


def _split_tone(word: str) -> tuple[str, str]:
    """The word without tone marks, and the tone marks; wherever they stood ("hòa", "hoà" -> "hoa", grave)."""
    apart = unicodedata.normalize("NFD", word.lower().replace("ð", "đ"))
    tone = "".join(c for c in apart if ord(c) in _TONES)
    return unicodedata.normalize("NFC", apart.translate(_TONES)), tone


_SYLLABLE = _compile_syllable()
_COMMON = frozenset(_split_tone(word) for word in TABLES["common"]["words"].split())


@lru_cache(maxsize=1 << 16)
def rank_syllable(word: str) -> int:
    """How Vietnamese a word looks: 0 no syllable, 1 a possible one, 2 one to be expected in these tables."""
    flat, tone = reading = _split_tone(word)
    if reading in _COMMON:
        return 2
    stopped = flat.endswith(_STOPPED) and tone not in _SHORT_TONES
    return int(len(tone) <= 1 and not stopped and _SYLLABLE.fullmatch(flat) is not None)
