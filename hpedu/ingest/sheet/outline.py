"""Find which row of a table is under which: by indent, outline marks, units, subdivisions and repetition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hpedu.ingest.sheet.vocabulary import has_unit, is_bilingual, is_english, is_worded
from hpedu.ingest.words.vietnamese import clean_text, fold_text

_MARKERS = (
    r"[A-E][.)/](\s|$)|[A-E]$",  # A.; but "H." is a district
    r"(?!X\.\s)[IVX]{1,5}([.)/](\s|$)|$)",  # II.; but "X." is a commune
    r"\d{1,3}([.)/](\s|$)|$)",  # 3.
    r"\d{1,2}\.\d{1,2}([.)]|\s|$)",  # 3.1
    r"\d{1,2}\.\d{1,2}\.\d{1,2}([.)]|\s|$)",  # 3.1.2
    r"[a-zđ][.)/](\s|$)|[a-zđ]$",  # a)
    r"(?!)",  # rows without a mark: under those with a number, over those with a dash
    r"[-–—]\s?(?=\D|$)",
    r"\+",
    r"[*•·o](?=\s)",
)
"""How rows are marked, from the most general to the most particular, as ministry forms use them."""

_MARKER = re.compile("|".join(f"(?P<rank_{rank}>{pattern})" for rank, pattern in enumerate(_MARKERS)))
_UNMARKED = 6
_INDENT = re.compile(r"[ \u00a0\t]*")


@dataclass(frozen=True)
class Line:
    """A row of the body: its label as printed, and the mark in an index column; `banner` heads all columns."""

    text: str
    has_values: bool
    mark: str = ""
    banner: bool = False


@dataclass(frozen=True)
class _Place:
    """The place of a line in the outline: a line is under the nearest one above it that has a smaller place."""

    rank: float
    indent: int
    # -1 section, 0 group or plain row, 0.5 subdivision of a group, 1 item of a group, 2 "of which".
    part: float

    def covers(self, other: _Place) -> bool:
        return (self.rank, self.indent, self.part) < (other.rank, other.indent, other.part)


def find_parents(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return for each line the labels above it, from the most general.

    A line without values is a section for those that follow; "Trong đó - Of which" and "Phân theo ..." divide
    the group before them; a row is a group for those indented or marked deeper, and for those without a unit
    of their own where groups have one ("Số lớp học (Lớp)").
    """
    lines = _fill_empty_rows(lines)
    items = _find_items(lines)
    places: list[_Place] = []
    stack: list[tuple[_Place, Line]] = []
    parents: list[tuple[str, ...]] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        place = _find_place(line, following, items[number], places[-1] if places else None)
        while stack and not stack[-1][0].covers(place):
            stack.pop()
        if is_worded("total", line.text) and _rank(line) == _UNMARKED and line.has_values:
            # A total is under a section, never under a figure.
            while stack and stack[-1][1].has_values:
                stack.pop()
        parents.append(tuple(clean_text(above.text) for _, above in stack))
        places.append(place)
        stack.append((place, line))
    return parents


def _fill_empty_rows(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with values given to those of which nothing was reported: between others of their kind."""
    filled = list(lines)
    for place in range(1, len(lines) - 1):
        before, line, after = filled[place - 1], lines[place], lines[place + 1]
        if not line.has_values and not line.banner and _is_kin(line, before) and _is_kin(line, after):
            filled[place] = replace(line, has_values=True)
    return filled


def _is_kin(line: Line, other: Line) -> bool:
    """Return whether two rows are of one kind: "3. ..." and "4. ...", "Huyện An Lão" and "Huyện Cát Hải"."""
    if _rank(line) != _UNMARKED:
        return _rank(line) == _rank(other) and _indent(line.text) == _indent(other.text)
    words, its_words = fold_text(line.text).split(), fold_text(other.text).split()
    return len(words) > 1 and words[:1] == its_words[:1]


def continues(above: Line, below: Line) -> bool:
    """Return whether a row is the second line of the label above it: its English, or the rest of a sentence."""
    if above.banner != below.banner or not below.text.strip() or (above.has_values and below.has_values):
        return False
    if _divides(below) and not _divides(above):
        # "Of which: Ethnic minorities" under a place begins something else.
        return False
    if is_english(below.text) and not is_english(above.text) and not above.text.isascii():
        return not is_bilingual(above.text)
    begins_small = below.text.strip()[0].islower() and _rank(below) == _UNMARKED
    return begins_small and not above.has_values and not above.banner and not _divides(above)


def _divides(line: Line) -> bool:
    return is_worded("subdivision", line.text) or line.text.rstrip().endswith(":")


def _rank(line: Line) -> int:
    for mark in filter(None, (line.mark.strip(), line.text.strip())):
        match = _MARKER.match(mark)
        if match and match.lastgroup:
            return int(match.lastgroup.removeprefix("rank_"))
    return _UNMARKED


def _indent(text: str) -> int:
    space = _INDENT.match(text)
    return len(space[0].replace("\t", "    ")) if space else 0


def _find_place(line: Line, following: Line | None, item: bool, before: _Place | None) -> _Place:
    if line.banner:
        return _Place(-1, 0, -1)
    rank, indent = _rank(line), _indent(line.text)
    if is_worded("subdivision", line.text) and before is not None:
        if not line.has_values and rank == _UNMARKED:
            is_level = before.part < 1 and before.rank == rank
            return _Place(rank, before.indent if is_level else min(indent, before.indent), 0.5)
        if rank == _UNMARKED and is_worded("of_which", line.text):
            return _Place(before.rank, before.indent, 2)
    if line.has_values:
        return _Place(rank, indent, int(item))
    # A section may be centred, or unmarked over marked rows.
    if following is not None:
        rank, indent = min(rank, _rank(following)), min(indent, _indent(following.text))
    return _Place(rank, indent, -1)


def _find_items(lines: Sequence[Line]) -> list[bool]:
    """Return for each line whether it is an item of the group above it, as far as wording and repetition show."""
    items: list[bool] = []
    for segment in _segments(lines):
        rows = [line for line in segment if line.has_values]
        heads = {id(line) for line in rows if has_unit(line.text)}
        if not (len(heads) > 1 and id(rows[0]) in heads):
            divided = any(is_worded("subdivision", line.text) for line in segment)
            heads = set() if divided else _heads_of_cycles(rows)
        items += _items_of(segment, heads)
    return items


def _segments(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the lines between banners and sections; subdivisions do not part a group from its items."""
    segment: list[Line] = []
    for line in lines:
        if not line.has_values and not is_worded("subdivision", line.text) and segment:
            yield segment
            segment = []
        segment.append(line)
    if segment:
        yield segment


def _heads_of_cycles(rows: list[Line]) -> set[int]:
    """Return groups known by their items, which come again under each: A x y, B x y."""
    counts = Counter(fold_text(line.text) for line in rows)
    once = {id(line) for line in rows if counts[fold_text(line.text)] == 1}
    return once if 1 < len(once) < len(rows) and id(rows[0]) in once else set()


def _items_of(segment: list[Line], heads: set[int]) -> Iterator[bool]:
    divided = False
    for line, following in zip(segment, [*segment[1:], None], strict=True):
        opens = following is not None and not following.has_values and is_worded("of_which", following.text)
        if id(line) in heads or (opens and not heads and line.has_values):
            divided = False
            yield False
        elif not line.has_values:
            divided = divided or is_worded("subdivision", line.text)
            yield False
        else:
            yield divided or bool(heads)
