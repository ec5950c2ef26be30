"""Describe a table by its layout, and look up what it counts among the items the layout knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpedu.errors import Problem, RegistryError, list_problems
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.numbers import NumberStyle
from hpedu.ingest.words.places import find_bilingual
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.ingest.words.years import YearRule
from hpedu.texts import message

HOME = Path(__file__).parent / "layouts"

# What does not count in a title.
_YEAR = re.compile(
    r"(?:/|(?:\b(?:nam hoc|nam|school year|in|year)\s+)*)(?<![\w.,])(?:19|20)\d{2}"
    r"(?:\s*[-–—/]\s*(?:19|20)?\d{2})?(?![\w]|[.,]\d)"
)
# The year of "30/9/2011": the day is part of the title.
_DATE_YEAR = re.compile(r"(?<=\d)[/-](?:19|20)\d{2}\b")
_CONTINUED = re.compile(r"\(\s*(?:tiep theo|tiep|tt|cont\.?|continued)\s*\)")
# Such as "[transcription of ...]".
_REMARK = re.compile(r"\[[^\]]*\]")
_STARS = re.compile(r"\(\s*\*+\s*\)")
_NUMBER = re.compile(r"^(?:(?:bieu|bang|table)\s*(?:so\s*)?)?\d{1,3}(?:\.\d+)*[.:)]?\s+(?=\D)")
_TITLE_WORD = re.compile(r"[\w%]+")
# PX-Web lists the variables of a table behind these words.
_VARIABLES = ("by", "phan theo", "chia theo", "theo")

# What does not count in an item, and what does.
_FOOTNOTE = re.compile(r"\(\s*(?:\*+|\d)\s*\)")
_ITEM_WORD = re.compile(r"[\w%+]+")


@lru_cache(maxsize=1 << 12)
def title_key(title: str) -> str:
    """Return what identifies a title: its words without case, accents, year, page mark, footnote and table number.

    >>> title_key("288. (Tiếp theo) Số học sinh phổ thông tại thời điểm 30/9/2011 phân theo địa phương")
    'so hoc sinh pho thong tai thoi diem 30 9 phan theo dia phuong'
    """
    text = fold_text(title)
    for pattern in (_CONTINUED, _REMARK, _STARS, _NUMBER, _DATE_YEAR, _YEAR):
        text = pattern.sub(" ", text.strip())
    return " ".join(_TITLE_WORD.findall(text))


def is_titled(title: str, known: Iterable[str]) -> bool:
    """Return whether a title is one of the known ones, or several of them in a row, as in two languages.

    The variables that PX-Web lists after it ("by Cities, provincies and Year") do not count. Anything else after
    it makes a table of another scope: "... by province of ethnic minorities", "... by province (Thous. pupils)".
    """
    rest = title_key(title)
    keys = sorted(map(title_key, known), key=len, reverse=True)
    matched = False
    while rest:
        key = next((key for key in keys if key and (rest == key or rest.startswith(f"{key} "))), None)
        if key is None:
            break
        rest, matched = rest[len(key) :].strip(), True
    if not matched:
        return False
    return not rest or rest.startswith(tuple(f"{word} " for word in _VARIABLES)) or is_worded("filler", rest)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(Strict):
    """The series that one item label of a table stands for, between two years where its scope changed."""

    measure: str = Field(min_length=1)
    level: str = Field(min_length=1)
    ownership: str = "all"
    sex: str = "both"
    detail: str = ""
    # The printed number times the scale is in the measure's unit.
    scale: Decimal = Decimal(1)
    # Only where it differs from that of the table.
    year_rule: YearRule | None = None
    # The first and last year label the entry holds for.
    since: int | None = None
    until: int | None = None
    note: str = ""


class Layout(Strict):
    """A description of one table, in whatever kind of file it comes.

    `territory`, `year` and `item` name the label that carries each; where they name none, or one that a file
    does not have, it is found by its content (`hpedu.ingest.interpret`). An item may be made of several labels,
    joined by " / ". A label that carries both the year and the item ("2016 Pupil") is split. `coded` tables carry
    registry codes in columns of their own instead of item labels.
    """

    id: str
    # Each language and wording it is published under.
    title: str | list[str]
    # A label, or "=hai_phong_old" for a table about one territory.
    territory: str = ""
    year: str = ""
    year_rule: YearRule
    item: list[str] = []
    # The label that names a district or institution of the territory, as registry/places.csv does.
    place: str = ""
    coded: bool = False
    # "decide": from all numbers of the table together.
    numbers: NumberStyle | Literal["decide"] = "decide"
    missing: list[str] = Field(default_factory=lambda: ["..", ""])
    # Marks that mean "there is none": zero.
    none: list[str] = []
    status: Literal["final", "preliminary", "projected"] = "final"
    # Footnote marks on a year that say its figures are preliminary.
    preliminary_marks: list[str] = []
    # For coded tables: the printed unit -> the factor to the measure's unit.
    units: dict[str, Decimal] = {}
    # Another wording of an item or a part of it, such as the Vietnamese -> the one in `series`.
    also: dict[str, str] = {}
    series: dict[str, list[Series]] = {}
    # Items known and left out: averages that are computed from the counts; "Index*" is all of such a block.
    not_kept: list[str] = []

    @property
    def titles(self) -> list[str]:
        return [self.title] if isinstance(self.title, str) else self.title

    def matches(self, title: str) -> bool:
        return is_titled(title, self.titles)


@cache
def load_layouts(home: Path = HOME) -> tuple[Layout, ...]:
    """Read all layouts, those with the longest title first.

    Raises
    ------
    RegistryError
        With every problem of every layout file.
    """
    problems: list[Problem] = []
    layouts: list[Layout] = []
    for path in sorted(home.glob("*.toml")):
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
            layouts.append(Layout.model_validate({"id": path.stem, **fields}))
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem(path.name, "", message("plain", text=error)))
        except ValidationError as error:
            problems += list_problems(error, path.name, "")
    if problems:
        raise RegistryError(problems)
    return tuple(sorted(layouts, key=lambda layout: -max(map(len, layout.titles))))


def find_layout(title: str, layouts: Iterable[Layout]) -> Layout | None:
    """Return the layout of a table by its title; None if there is none."""
    return next((layout for layout in layouts if layout.matches(title)), None)


def closest_layout(title: str, layouts: Iterable[Layout]) -> Layout | None:
    """Return the layout with the title most like an unknown one: another wording, or another scope."""
    keys = {title_key(known): layout for layout in layouts for known in layout.titles}
    close = get_close_matches(title_key(title), keys, n=1, cutoff=0.75)
    return keys[close[0]] if close else None


class Items:
    """The items of a layout. One may be written as a path ("Total / Urban") or in a row ("Total Urban")."""

    def __init__(self, layout: Layout) -> None:
        self._series = layout.series
        self._labels = _index([*layout.series, *layout.not_kept])
        self._not_kept = set(layout.not_kept)
        self._left_out = {item_key(label): label for label in layout.not_kept if label.endswith("*")}
        names = {part: part for label in layout.series for part in (label, *label.split(SEPARATOR))}
        self._names = {item_key(name): label for name, label in (names | layout.also).items()}
        self._loose = _index_loosely(self._labels.values())
        # The parts translated so far: a large table prints each of them many times.
        self._translated: dict[str, str] = {}

    def find(self, parts: Sequence[str]) -> str | None:
        """Return the label that the layout has for an item, given its parts as printed; None if it is not known.

        A part may be in another language or in two; words that only divide ("Chia ra - Of which") do not count.
        The order of the parts differs between exports; it does not matter where only one item has those words.
        """
        telling = [part for part in parts if not is_worded("filler", part)]
        translated = [self._translate(part) for part in telling]
        for path in (parts, telling, translated):
            found = self._labels.get(item_key(SEPARATOR.join(path)))
            if found is not None:
                return found
        return self._loose.get(_words(SEPARATOR.join(translated))) or self._find_left_out(telling)

    def is_left_out(self, label: str) -> bool:
        """Return whether the layout knows an item only to leave it out."""
        return label in self._not_kept

    def series(self, label: str, year: int) -> Series | None:
        """Return the series an item stands for in a year; None if there is none."""
        entries = self._series.get(label, [])
        return next((s for s in entries if (s.since or year) <= year <= (s.until or year)), None)

    def _find_left_out(self, parts: Sequence[str]) -> str | None:
        """Return the entry of `not_kept` that ends in a star and begins a part: a whole block of the table."""
        tiers = [item_key(tier) for part in parts for tier in part.split(SEPARATOR)]
        return next(
            (label for key, label in self._left_out.items() if any(t.startswith(key) for t in tiers)), None
        )

    def _translate(self, part: str) -> str:
        """Translate a part into the words of the layout: whole, with its header lines in one, or tier by tier."""
        known = self._translated.get(part)
        if known is not None:
            return known
        tiers = [tier for tier in part.split(SEPARATOR) if not is_worded("filler", tier)]
        found = self._names.get(item_key(part)) or self._find_name(" ".join(tiers))
        self._translated[part] = found or SEPARATOR.join(self._find_name(tier) or tier for tier in tiers)
        return self._translated[part]

    def _find_name(self, part: str) -> str | None:
        return find_bilingual(lambda text: self._names.get(item_key(text)), part)


@lru_cache(maxsize=1 << 14)
def item_key(text: str) -> str:
    """Return one key for every way to print an item: no case, accents, footnotes or marks between words."""
    return " ".join(_ITEM_WORD.findall(fold_text(_FOOTNOTE.sub(" ", text))))


def _words(text: str) -> tuple[str, ...]:
    return tuple(sorted(item_key(text).split(" ")))


def _index(labels: Iterable[str]) -> Mapping[str, str]:
    return {item_key(label): label for label in labels}


def _index_loosely(labels: Iterable[str]) -> Mapping[tuple[str, ...], str]:
    found: dict[tuple[str, ...], set[str]] = {}
    for label in labels:
        found.setdefault(_words(label), set()).add(label)
    return {words: next(iter(its)) for words, its in found.items() if len(its) == 1}
