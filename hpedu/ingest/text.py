"""Cleaning of text as it stands in published files. Pure functions of one string."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """Bring a label into one form: NFC, one blank between words, none around.

    "Mầm non" is 7 code points in NFC and 9 in NFD; unless both come in one form a join fails silently.
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold_text(text: str) -> str:
    """Reduce a label to what identifies it: no case, no accents, đ as d ("Hải Phòng" -> "hai phong")."""
    flat = unicodedata.normalize("NFD", clean_text(text).casefold().replace("đ", "d").replace("ð", "d"))
    return "".join(c for c in flat if not unicodedata.combining(c))
