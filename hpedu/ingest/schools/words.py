"""What the words of a school list mean; the words themselves stand in `words.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from hpedu.ingest.words.text import clean_text, fold_text

_TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))

MISSING: frozenset[str] = frozenset(_TABLE["missing"])
NONE: frozenset[str] = frozenset(_TABLE["none"])
HEADER_LEVELS: dict[str, list[str]] = _TABLE["headers"]
CHOICES = ("yes_no", "ownership", "national_standard_level", "institution_type")
INSTITUTIONS: list[str] = list(_TABLE["institution_type"])
LEVELS: list[str] = list(_TABLE["levels"])

_MEANINGS = {
    column: {word: code for code, words in _TABLE[column].items() for word in words} for column in CHOICES
}
_LEVEL_WORDS = {level: re.compile(rf"\b(?:{words})\b") for level, words in _TABLE["levels"].items()}
_JOINING = re.compile(rf"\b(?:{'|'.join(sorted(_TABLE['joining'], key=len, reverse=True))})\b")
_SIGNS = re.compile(r"[\W_]+")
_COMMUNE_KIND = re.compile(
    r"^(?:phường|xã|đặc khu|p\.|x\.|ward|commune|phuong|xa|dac khu)\s*(?=\S)", re.IGNORECASE
)


def fold_words(text: str) -> str:
    """Folded words with one blank between them: "Số học sinh (nữ)" -> "so hoc sinh nu"."""
    return _SIGNS.sub(" ", fold_text(text)).strip()


def read_choice(text: str, column: str) -> str | None:
    """The code a cell of the column means ("Tư thục" -> private); None where it is none of them."""
    words = _MEANINGS[column]
    return words.get(fold_words(text) or text.strip())


def list_choices(column: str) -> str:
    """The first word of each value, for a message: "cong lap, ngoai cong lap"."""
    return ", ".join(words[0] for words in _TABLE[column].values())


@lru_cache(maxsize=4096)
def read_levels(text: str) -> tuple[str, ...] | None:
    """The levels taught, lowest first ("TH&THCS" -> primary, lower_secondary); None if any word is strange."""
    words = re.sub(r"\bc(?:ap)? ?(\d) (\d)(?: (\d))?\b", r"cap \1 cap \2 cap \3", fold_words(text))
    words = re.sub(r"\bcap (?!\d)", "", words)
    taught = tuple(level for level, pattern in _LEVEL_WORDS.items() if pattern.search(words))
    rest = words
    for pattern in (*_LEVEL_WORDS.values(), _JOINING):
        rest = pattern.sub(" ", rest)
    return taught if taught and not rest.strip() else None


def name_commune(text: str) -> tuple[str, str]:
    """The name without its kind, exact and folded: "Xã Cẩm Giàng" -> ("cẩm giàng", "cam giang")."""
    name = _COMMUNE_KIND.sub("", clean_text(text)).casefold()
    return name, fold_words(name)


def is_synthetic(text: str) -> bool:
    """Whether a line over a list says that its data is made up."""
    return _TABLE["synthetic"] in fold_words(text)


def find_counted(measure: str, level: str) -> list[str]:
    """The kinds of institution a series about whole schools counts."""
    counted: dict[str, list[str]] = _TABLE["counted"]
    return counted.get(f"{measure}/{level}") or counted.get(measure) or ["school"]
