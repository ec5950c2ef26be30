"""Read units: a text is understood word by word, or not at all; free text is searched for the unit it states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from hpedu.decoding import read_toml
from hpedu.ingest.words.vietnamese import fold_text, index_phrases, list_phrases
from hpedu.registry.models import Measure

_TABLE = read_toml(__file__, "units.toml")


PARTS = frozenset({"percent", "per_1000"})
"""The kinds of units in which nothing is counted: parts of a hundred or thousand."""

_LEADS, _SHORT = frozenset(list_phrases(_TABLE["lead"])), frozenset(list_phrases(_TABLE["short"]))
_SCALES = {phrase: Decimal(scale) for phrase, scale in index_phrases(_TABLE["scales"]).items()}
_KINDS = index_phrases(_TABLE["kinds"])
_KNOWN = _LEADS | _SCALES.keys() | _KINDS.keys()
_LONGEST = max(phrase.count(" ") + 1 for phrase in _KNOWN)

_MOST_WORDS = 20
"""No unit that is stated within a text has more."""

_GROUPED = re.compile(r"(?<=\d)[., ](?=000\b)")
_TOKEN = re.compile(r"km2|m2|\d+s?|[^\W\d_]+|[%‰]|[^\w\s]")
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
_STATED = re.compile(
    r"\b(?:dvt|don vi (?:tinh|do)|dv tinh|units?(?: of measure(?:ment)?)?(?=\s*:)|tinh bang"
    r"|(?P<doubtful>(?:don vi|dv)(?=\s*:)|(?:expressed|measured|figures|data|given|shown|numbers?|are) in))\b"
    r"\s*:?(?P<unit>[^;:()\[\]]*)"
)
_TAIL = re.compile(r"(?:,|\s[-–—])\s*([^,]{1,40})$")


@dataclass(frozen=True)
class Unit:
    """A unit as understood: the factor for printed numbers, and the kinds of things it says are counted."""

    scale: Decimal
    kinds: frozenset[str]

    def counts(self, measure: Measure) -> bool:
        """Return whether what a measure counts is called so: "Người", of pupils "Học sinh", never "Giáo viên"."""
        known = self.kinds - {"any", measure.unit, *measure.counted_as}
        # "Người/km2" is neither persons nor an area. A ratio may name anything but parts of a hundred.
        is_named = measure.counted_as or measure.unit in _TABLE["kinds"]
        return not (known if is_named else known & PARTS)


@lru_cache(maxsize=1 << 14)
def read_unit(text: str) -> Unit | None:
    """Return the unit that a text is; None if any of its words is not known, or two of them disagree.

    >>> read_unit("ĐVT: Nghìn người - Unit: Thous. pers.").scale
    Decimal('1000')
    >>> read_unit("Ng.người").scale
    Decimal('1000')
    >>> read_unit("thùng học sinh") is None
    True
    """
    phrases = _split(text)
    scales = {_SCALES[phrase] for phrase in phrases if phrase in _SCALES}
    kinds = frozenset(_KINDS[phrase] for phrase in phrases if phrase in _KINDS)
    if not _KNOWN.issuperset(phrases) or not (scales or kinds) or len(scales) > 1:
        return None
    if not kinds and _SHORT.issuperset(phrase for phrase in phrases if phrase in _SCALES):
        return None
    return Unit(scales.pop() if scales else Decimal(1), kinds)


def changes_numbers(part: str) -> bool:
    """Return whether a part that states a unit changes how numbers are read; "học sinh" does not."""
    unit = read_unit(part)
    return unit is None or unit.scale != 1 or bool(unit.kinds & PARTS)


@lru_cache(maxsize=1 << 14)
def find_units(text: str) -> tuple[str, ...]:
    """Return the parts of a text that state a unit: all of it, in brackets, behind "tính bằng", at its end.

    A part that is said to be the unit counts even if it is not understood.

    >>> find_units("Ghi chú: số liệu tính bằng nghìn học sinh")
    ('nghin hoc sinh',)
    >>> find_units("Địa phương (ng. HS)")
    ('ng. hs',)
    """
    folded = fold_text(text)
    if read_unit(folded) is not None:
        return (folded,)
    found = [part for part in _PARENTHESES.findall(folded) if read_unit(part) is not None]
    found += [part for part in _TAIL.findall(folded) if read_unit(part) is not None]
    for match in filter(lambda match: match["unit"].strip(" .,-–—"), _STATED.finditer(folded)):
        part = _cut(match["unit"])
        # "Đơn vị: Sở Giáo dục" is who reports, "figures in this table" no unit.
        found += [part] if read_unit(part) is not None or match["doubtful"] is None else []
    return tuple(dict.fromkeys(found)) or _find_counted(folded)


def _cut(text: str) -> str:
    """Return the words at the beginning of a text that are a unit, or all of it if there are none."""
    words = text.split()
    parts = (" ".join(words[:count]) for count in range(min(len(words), _MOST_WORDS), 0, -1))
    return next((part for part in parts if read_unit(part) is not None), text.strip())


def _find_counted(folded: str) -> tuple[str, ...]:
    """Return a factor and what is counted behind it, "nghin hoc sinh", unless it is a number: "2 trieu em"."""
    phrases = _split(folded)
    for place, phrase in enumerate(phrases[:-1]):
        is_quantity = place > 0 and (phrases[place - 1].isdigit() or phrases[place - 1] in ("moi", "per", "tren"))
        if phrase in _SCALES and phrases[place + 1] in _KINDS and not is_quantity:
            return (" ".join(phrases[place : place + 2]),)
    return ()


def find_scale(text: str) -> Decimal | None:
    """Return the factor that a text about figures names: 1 if no word does, None if two words disagree.

    >>> find_scale("Teacher (Thous. pers.)")
    Decimal('1000')
    >>> find_scale("Trường - School")
    Decimal('1')
    """
    phrases = _split(text)
    # "Tỷ lệ" is a rate.
    found = {
        _SCALES[phrase]
        for phrase, after in zip(phrases, [*phrases[1:], ""], strict=False)
        if phrase in _SCALES and phrase not in _SHORT and not (phrase in ("ty", "ti") and after in ("le", "suat"))
    }
    if len(found) > 1:
        return None
    return found.pop() if found else Decimal(1)


def is_percent(text: str) -> bool:
    """Return whether a text names parts of a hundred or thousand."""
    return any(_KINDS.get(phrase) in PARTS for phrase in _split(text))


@lru_cache(maxsize=1 << 14)
def _split(text: str) -> Sequence[str]:
    """Return the phrases of a text, the longest that are known; marks between words are no phrases."""
    tokens = [t for t in _TOKEN.findall(_GROUPED.sub("", fold_text(text))) if t.isalnum() or t in "%‰"]
    phrases = []
    place = 0
    while place < len(tokens):
        lengths = range(_LONGEST, 0, -1)
        length = next((n for n in lengths if " ".join(tokens[place : place + n]) in _KNOWN), 1)
        phrases.append(" ".join(tokens[place : place + length]))
        place += length
    return tuple(phrases)
