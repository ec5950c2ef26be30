"""Read what the name of a sheet says of all figures on it: "Nữ", "Công lập", "THCS"."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from hpedu.ingest.layouts import Series
from hpedu.ingest.words.vietnamese import clean_text, fold_text

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# "Năm 2019", and "Nam 2019" without its accent.
_YEAR = re.compile(_TABLE.pop("year"), re.IGNORECASE)
_HOLDS = {level: its.split() for level, its in _TABLE.pop("holds").items()}
_CODES = {
    phrase.replace("_", " "): (dimension, code)
    for dimension, its in _TABLE.items()
    for code, phrases in its.items()
    for phrase in phrases.split()
}
_PHRASE = re.compile("|".join(rf"(?<!\w){re.escape(p)}(?!\w)" for p in sorted(_CODES, key=len, reverse=True)))


def contradicts(sheet: str, title: str, series: Series) -> bool:
    """Return whether the name of a sheet tells of a part that the series of its layout is not: "Nữ", both sexes.

    A part that the title names too is part of what the layout was made for.

    >>> contradicts("Nữ", "Số học sinh phổ thông", Series(measure="pupils", level="general"))
    True
    >>> contradicts("Nữ", "Số học sinh phổ thông", Series(measure="pupils", level="general", sex="female"))
    False
    """
    named = find_parts(sheet)
    of_title = find_parts(title)
    for dimension in {dimension for dimension, _ in named}:
        codes = {code for its, code in named if its == dimension}
        if len(codes) > 1 or (dimension, *codes) in of_title:
            continue
        own = getattr(series, dimension, "")
        if own not in codes and own not in _HOLDS.get(next(iter(codes)), ()):
            return True
    return False


@lru_cache(maxsize=1 << 12)
def find_parts(text: str) -> frozenset[tuple[str, str]]:
    """Return the dimension and code of each part that a text names."""
    folded = fold_text(_YEAR.sub(" ", clean_text(text)).replace("_", " ").replace("-", " "))
    return frozenset(code for phrase in _PHRASE.findall(folded) if (code := _CODES[phrase])[1] != "none")
