"""Recognising the parts of a table by their wording, which `header_words.toml` lists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from hpedu.ingest.words.text import clean_text, fold_text

_PUNCTUATION = r"[\W_]*?"
_DASH = re.compile(r"\s[-–—]\s")
_PARENTHESES = re.compile(r"\(([^()]{1,40})\)")


def _compile_words() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads((Path(__file__).parent / "header_words.toml").read_text(encoding="utf-8"))
    units = "(?:" + "|".join(word.replace("_", " ") for word in table.pop("units").split()) + ")"
    patterns = {}
    for name, forms in table.items():
        begins = [f"{_PUNCTUATION}(?:{form})" for form in forms.get("begins", ())]
        whole = [f"{_PUNCTUATION}(?:{form})[\\W_]*$" for form in forms.get("whole", ())]
        patterns[name] = re.compile("|".join(begins + whole).replace("{unit}", units))
    return patterns


_PATTERNS = _compile_words()


@lru_cache(maxsize=1 << 16)
def is_worded(name: str, text: str) -> bool:
    """Whether a text is worded as the part of a table called `name` in header_words.toml."""
    return _PATTERNS[name].match(fold_text(text)) is not None


def has_unit(label: str) -> bool:
    """Whether the label of a row names a unit, as heads of groups do: "Số lớp học (Lớp)", "Tỷ lệ (%)"."""
    return any(is_worded("unit", part) for part in _PARENTHESES.findall(label))


def find_unit(banner: str) -> str:
    """The unit a line over a part of a table names: "%" of "Cơ cấu - Structure (%)"; "" if it names none."""
    parts = [*_PARENTHESES.findall(banner), *_DASH.split(banner)[1:]]
    return next((clean_text(part) for part in parts if is_worded("unit", part)), "")


def is_note(texts: Sequence[str]) -> bool:
    """Whether a row, given what stands in it, is a footnote or is signed: half of a row of names suffices."""
    signed = sum(is_worded("signature", text) for text in texts)
    heads_column = len(texts) > 1 and is_worded("note_header", texts[0])
    return 2 * signed >= len(texts) or (is_worded("note", texts[0]) and not heads_column)
