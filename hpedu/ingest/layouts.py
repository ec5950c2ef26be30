"""Describe a table by its layout, and look up what it counts among the items the layout knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpedu.decoding import decode_text
from hpedu.errors import Problem, Refused, list_problems
from hpedu.folders import find_own, read_plain
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
_QUOTED = re.compile(r"""["']([^"'\n]{4,})["']""")
_TITLE_WORD = re.compile(r"[\w%]+")
# PX-Web lists the variables of a table behind these words.
_VARIABLES = ("by", "phan theo", "chia theo", "theo")
# The words it lists them in, whatever the table; those for territories belong to tables of many.
_ANY_WORDS = {
    *("and", "year", "years", "item", "items", "iterm", "iterms", "indicator", "indicators"),
    *("level", "levels", "time", "va", "nam", "cac", "chi", "tieu", "cap", "thoi", "gian"),
}
_TERRITORY_WORDS = {
    *("city", "cities", "province", "provinces", "provincies", "region", "regions"),
    *("tinh", "thanh", "pho", "dia", "phuong", "vung"),
}

# What does not count in an item, and what does.
_FOOTNOTE = re.compile(r"\(\s*(?:\*+|\d)\s*\)")
# Stands for the blocks of a table that are computed from its counts, whichever the table is.
_COMPUTED = "Index (Previous year = 100)*"
# Words before an item that only lead to it, folded.
_LEAD = re.compile(r"(?:(?:of which|in which|trong do)\s*[:–-]|quantity\b|so luong\b)\s*")
# A code is the same with points, underscores or hyphens: "CR.1", "cr_1".
_ITEM_WORD = re.compile(r"(?:[^\W_]|[%+])+")


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


def is_titled(title: str, known: Iterable[str], variables: Collection[str] = ()) -> bool:
    """Return whether a title is one of the known ones, or several of them in a row, as in two languages.

    The variables that PX-Web lists after it ("by Cities, provincies and Year") do not count, if all their words
    are those of `variables` or of the titles. Anything else after it makes a table of another scope: "... by
    district", "... by province of ethnic minorities", "... by province (Thous. pupils)".
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
    if not rest or is_worded("filler", rest):
        return True
    words = {*variables, *" ".join([*keys, *_VARIABLES]).split(" ")}
    return rest.startswith(tuple(f"{word} " for word in _VARIABLES)) and set(rest.split(" ")) <= words


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
    # A rate that is truly below 1 percent, and no fraction of 1.
    below_one: bool = False
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
    # The label with a mark of each figure, such as UNESCO's qualifier, and the status each mark stands for.
    status_label: str = ""
    status_marks: dict[str, Literal["final", "preliminary", "estimated", "projected"]] = {}
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
        return is_titled(title, self.titles, self._variables)

    @cached_property
    def _variables(self) -> frozenset[str]:
        """Return the words by which a title may list the variables of the table: many are its items."""
        words = _ANY_WORDS | (set() if self.territory.startswith("=") else _TERRITORY_WORDS)
        labels = (*self.series, *self.not_kept, *self.also, *self.also.values())
        return frozenset(words | {word for label in labels for word in item_key(label).split(" ")})


@dataclass(frozen=True)
class Broken:
    """A layout file that cannot be used: what is wrong with it, and the titles of the tables it was to read."""

    file: str
    titles: tuple[str, ...]
    problems: tuple[Problem, ...]

    def matches(self, title: str) -> bool:
        """Return whether a title may be one of these: what is listed behind it cannot be judged."""
        keys = list(filter(None, map(title_key, self.titles)))
        return any(f"{title_key(title)} ".startswith(f"{key} ") for key in keys)


def load_layouts() -> tuple[Layout, ...]:
    """Return all layouts that can be used: the office's own (data/layouts), then those with the longest title."""
    return tuple(layout for folder in _list_folders() for layout in read_layouts(folder)[0])


def find_broken() -> tuple[Broken, ...]:
    """Return the layout files that cannot be used: each stops the reading of its own tables, and nothing else."""
    return tuple(broken for folder in _list_folders() for broken in read_layouts(folder)[1])


def _list_folders() -> list[Path]:
    return [folder for folder in (find_own("layouts"), HOME) if folder]


def forget_layouts() -> None:
    """Read the files again when they are next asked for: for processes that outlive a change."""
    read_layouts.cache_clear()


@cache
def read_layouts(home: Path) -> tuple[tuple[Layout, ...], tuple[Broken, ...]]:
    layouts: list[Layout] = []
    broken: list[Broken] = []
    for path in sorted(home.glob("*.toml")):
        text = decode_text(read_plain(path)).removeprefix("\ufeff")
        try:
            if not text.strip():
                raise Refused("layout_empty")
            fields = tomllib.loads(text, parse_float=Decimal)
            layouts.append(Layout.model_validate({"id": path.stem, **fields}))
        except Refused as error:
            problems = [Problem(path.name, "", error)]
        except tomllib.TOMLDecodeError as error:
            problems = [Problem(path.name, "", message("layout_no_toml", text=error))]
        except ValidationError as error:
            problems = list_problems(error, path.name, "")
        else:
            continue
        broken.append(Broken(path.name, tuple(_find_titles(text)), tuple(problems)))
    return tuple(sorted(layouts, key=lambda layout: -max(map(len, layout.titles)))), tuple(broken)


def _find_titles(text: str) -> list[str]:
    """Return what may be the titles in a layout file that cannot be read: the texts before its first section."""
    head = re.split(r"^\s*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [title for title in _QUOTED.findall(head) if title_key(title)]


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
        left_out = [*layout.not_kept, _COMPUTED]
        self._labels = {item_key(label): label for label in [*layout.series, *left_out]}
        self._not_kept = set(left_out)
        self._left_out = {item_key(label): label for label in left_out if label.endswith("*")}
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
            found = self._find_label(SEPARATOR.join(path))
            if found is not None:
                return found
        # What "Of which: Public" is of, the row above or the whole, is not told by its words.
        is_part = len(telling) > 1 and any(_LEAD.match(fold_text(part)) for part in telling)
        loose = None if is_part else self._loose.get(_words(SEPARATOR.join(translated)))
        return loose or self._find_left_out(telling) or self._find_glued(telling)

    def is_left_out(self, label: str) -> bool:
        """Return whether the layout knows an item only to leave it out."""
        return label in self._not_kept

    def series(self, label: str, year: int) -> Series | None:
        """Return the series an item stands for in a year; None if there is none."""
        entries = self._series.get(label, [])
        return next((s for s in entries if (s.since or year) <= year <= (s.until or year)), None)

    def _find_label(self, path: str) -> str | None:
        key = item_key(path)
        return self._labels.get(key) or self._labels.get(item_key(self._names.get(key, "")))

    def _find_left_out(self, parts: Sequence[str]) -> str | None:
        """Return the entry of `not_kept` that ends in a star and begins a part: a whole block of the table."""
        tiers = [tier for part in parts for tier in part.split(SEPARATOR)]
        if any(is_worded("computed", tier) for tier in tiers):
            return _COMPUTED
        keys = list(map(item_key, tiers))
        return next((label for key, label in self._left_out.items() if any(k.startswith(key) for k in keys)), None)

    def _find_glued(self, parts: Sequence[str]) -> str | None:
        """Return the item of a block and a line of it that an export has put into one label; if it is only one."""
        words = item_key(parts[0]).split(" ") if len(parts) == 1 else []
        ways = ((" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words)))
        paths = (
            SEPARATOR.join((self._names[block], self._names[line]))
            for block, line in ways
            if block in self._names and line in self._names
        )
        found = {label for path in paths if (label := self._find_label(path)) is not None}
        return found.pop() if len(found) == 1 else None

    def _translate(self, part: str) -> str:
        """Translate a part into the words of the layout: whole, with its header lines in one, or tier by tier."""
        if part not in self._translated:
            tiers = [tier for tier in part.split(SEPARATOR) if not is_worded("filler", tier)]
            found = self._names.get(item_key(part)) or self._find_name(" ".join(tiers))
            self._translated[part] = found or SEPARATOR.join(self._find_name(tier) or tier for tier in tiers)
        return self._translated[part]

    def _find_name(self, part: str) -> str | None:
        lead = _LEAD.match(fold_text(part))
        texts = [part, fold_text(part)[lead.end() :]] if lead else [part]
        found = (find_bilingual(lambda text: self._names.get(item_key(text)), text) for text in texts)
        return next(filter(None, found), None)


@lru_cache(maxsize=1 << 14)
def item_key(text: str) -> str:
    """Return one key for every way to print an item: no case, accents, footnotes or marks between words."""
    return " ".join(_ITEM_WORD.findall(fold_text(_FOOTNOTE.sub(" ", text))))


def _words(text: str) -> tuple[str, ...]:
    return tuple(sorted(item_key(text).split(" ")))


def _index_loosely(labels: Iterable[str]) -> Mapping[tuple[str, ...], str]:
    found: dict[tuple[str, ...], set[str]] = {}
    for label in labels:
        found.setdefault(_words(label), set()).add(label)
    return {words: next(iter(its)) for words, its in found.items() if len(its) == 1}
