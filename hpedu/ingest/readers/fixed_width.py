"""Read text taken from a page or a PDF, one line a row: columns apart by blanks or bars, or of fixed width.

Blanks alone do not part the columns of a page as it comes out of a PDF, where what belongs together is in
line: a header has one blank between two columns, and a row with nothing in one column only shows by the place of
its figures that it has not. So the figures, which end at the same place in every row, say where the columns are,
and all other lines are parted there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

from hpedu.decoding import decode_text
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.schema import CUT, MOST_ROWS
from hpedu.ingest.sheet.grid import Grid, Merge, make_grid
from hpedu.ingest.sheet.vocabulary import find_kind, is_bare_year, is_worded

_GAP = re.compile(r"\s*\|\s*|\t+| {2,}")
# Between thousands a blank, or one of those that do not break a line.
_FIGURE = (
    r"(?:[-−]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?(?!\d)"
    r"|[-−]?\d+(?:[.,]\d+)*|\.{2,3}|…|[-–](?=\s|$))(?:\s?\(\*+\))?%?"
)
_ROW = re.compile(
    rf"^(?P<label>.*?\S)??(?P<gap>\s{{2,}}|^\s*|\s(?=\S+\s))(?P<figures>{_FIGURE}(?:\s+{_FIGURE})*)\s*$"
)
_ITEM = re.compile(_FIGURE)
_TOKEN = re.compile(r"\S+(?: \S+)*")
_WORD = re.compile(r"\S+")
# A text with one of these is not made of several headers next to each other.
_SENTENCE = re.compile(r"\d|[(:%]|\s[-–—]\s")
_YEAR = re.compile(r"(?:19|20)\d{2}")
# Of TCVN3, which is converted to Unicode later, judged by all texts of the file.
_LEGACY_CAPITALS = "¡¢£¤¥¦§"
_LONGEST_LINE = 1000
_MOST_WAYS = 5000
# All lines of a page together: no page has so many headers that only their words part.
_MOST_WAYS_OF_PAGE = 100_000
_ENOUGH_ROWS = 3
# Figures of one column end at most so far apart.
_SLACK = 3


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    text: str


def align_page(lines: Sequence[str]) -> tuple[list[list[str]], list[Merge]] | None:
    """Return the rows of a page in columns, and the ranges that one text is over; None if no columns show.

    None do where rows of figures are too few, or not in line.
    """
    found = {number: figures for number, line in enumerate(lines) if (figures := _read_figures(line))}
    counts = Counter(map(len, found.values()))
    count = max((count for count, rows in counts.items() if rows >= _ENOUGH_ROWS), default=0)
    # The number that ends a label, "District 1", is no figure.
    found = {number: figures[-count:] for number, figures in found.items()}
    full = [figures for figures in found.values() if len(figures) == count]
    if count < 2 or len(full) < _ENOUGH_ROWS:
        return None
    # Each column's figures end at a few places, however many rows there are.
    places = [sorted({row[c].end for row in full}) for c in range(count)]
    ends = [its[-1] for its in places]
    if any(row[c + 1].end <= ends[c] for row in full for c in range(count - 1)):
        # What is one column in a row is another in the next.
        return None
    edges = _find_edges(lines, found, full, ends)
    centres = [(min(row[c].start for row in full) + end) / 2 for c, end in enumerate(ends)]
    rows: list[list[str]] = []
    merged: list[Merge] = []
    budget = iter(range(_MOST_WAYS_OF_PAGE))
    for number, line in enumerate(lines):
        placed = _place_figures(line, found[number], places) if number in found else None
        if placed is None:
            placed, merges = _place_words(line, edges, centres, number, budget)
            texts = _TOKEN.findall(line)
            if len(texts) in (count, count + 1) and texts != [text.strip() for text in placed if text.strip()]:
                # By their number the texts are one to a column, but they do not stand so: nobody can tell.
                placed, merges = [line, *[""] * count], []
            merged += merges
        rows.append(placed)
    return rows, merged


def _read_figures(line: str) -> list[_Span]:
    """Return the figures that end a line, if there are two or more, or one behind a wide gap."""
    match = _ROW.match(line) if len(line) <= _LONGEST_LINE else None
    if match is None or (match["label"] and is_worded("filler", match["label"])):
        return []
    start = match.start("figures")
    if _YEAR.search(match["label"] or "") and all(map(is_bare_year, match["figures"].split())):
        # Years of a header, of which one has a word before it: "2013   Prel. 2014   2015".
        return []
    return [_Span(start + m.start(), start + m.end(), m[0]) for m in _ITEM.finditer(match["figures"])]


def _find_edges(
    lines: Sequence[str], found: dict[int, list[_Span]], full: Sequence[Sequence[_Span]], ends: Sequence[int]
) -> list[float]:
    """Return where each column begins: halfway from the end of the one before to the longest figure of its own."""
    starts = [min(row[c].start for row in full) for c in range(len(ends))]
    labels = [len(lines[n][: row[0].start].rstrip()) for n, row in found.items() if len(row) == len(ends)]
    before = [min(max(labels, default=0), starts[0]), *ends[:-1]]
    return [(end + start) / 2 for end, start in zip(before, starts, strict=True)]


def _place_figures(line: str, figures: Sequence[_Span], places: Sequence[Sequence[int]]) -> list[str] | None:
    """Place a row of figures, each in the column where it ends; None if one ends nowhere, or two at one place.

    `places` are those where figures of each column end.
    """
    count = len(places)
    row = [""] * count
    for place, figure in enumerate(figures):
        distances = [min(abs(end - figure.end) for end in ends) for ends in places]
        column = place if len(figures) == count else distances.index(min(distances))
        if row[column] or (len(figures) < count and distances[column] > _SLACK):
            return None
        row[column] = figure.text
    return [line[: figures[0].start].rstrip(), *row]


def _place_words(
    line: str, edges: Sequence[float], centres: Sequence[float], number: int, budget: Iterator[int]
) -> tuple[list[str], list[Merge]]:
    """Place any other line. What begins among the labels stays there whole; so does, over its columns, what heads
    several of them ("Chia ra - Of which"); the words of other texts go to the columns they are over."""
    row = [""] * (len(edges) + 1)
    heads: list[_Span] = []
    tokens = [_Span(m.start(), m.end(), m[0]) for m in _TOKEN.finditer(line)]
    for token in tokens:
        first, last = _column(token.start + 0.5, edges), _column(token.end - 0.5, edges)
        is_head = is_worded("filler", token.text) or (len(tokens) == 1 and bool(_SENTENCE.search(token.text)))
        if last == 0 or token.start < edges[0] - _SLACK:
            row[0] = f"{row[0]} {token.text}" if row[0] else line[: token.start] + token.text
        elif first == last or is_head:
            _put(row, max(first, 1), token.text)
            heads += [token] if last > first or is_worded("filler", token.text) else []
        else:
            words = [
                _Span(token.start + w.start(), token.start + w.end(), w[0]) for w in _WORD.finditer(token.text)
            ]
            columns = _share_out(words, centres, edges, budget)
            if columns is None:
                _put(row, max(first, 1), token.text)
                heads.append(token)
                continue
            for word, column in zip(words, columns, strict=True):
                _put(row, column, word.text)
    return row, [_reach(row, max(_column(head.start + 0.5, edges), 1), number) for head in heads]


def _share_out(
    words: Sequence[_Span], centres: Sequence[float], edges: Sequence[float], budget: Iterator[int]
) -> list[int] | None:
    """Return the column of each word of a text that reaches over several.

    None if years could be taken for others, or if the `budget` of ways to try is spent.

    A name begins with a capital or a year; if there are as many as columns, each has one. Else the words are cut
    so that what is over a column is centred: a name that is cut wrong is no name, and its column is not read.
    """
    start, end = words[0].start - 1, words[-1].end + 1
    under = [column for column, centre in enumerate(centres, start=1) if start <= centre <= end]
    begins = [place for place in range(1, len(words)) if _begins(words, place)]
    if len(begins) + 1 == len(under):
        return [under[sum(place >= cut for cut in begins)] for place in range(len(words))]
    if any(_YEAR.search(word.text) for word in words):
        return None
    if not under or len(under) > len(words):
        return [max(_column((word.start + word.end) / 2, edges), 1) for word in words]

    def miss(cuts: tuple[int, ...]) -> float:
        groups = [words[i:j] for i, j in pairwise([0, *cuts, len(words)])]
        return sum(abs((g[0].start + g[-1].end) / 2 - centres[c - 1]) for g, c in zip(groups, under, strict=True))

    ways = islice(combinations(range(1, len(words)), len(under) - 1), _MOST_WAYS)
    cuts = min((way for way, _ in zip(ways, budget, strict=False)), key=miss, default=None)
    if cuts is None:
        return None
    return [under[sum(place >= cut for cut in cuts)] for place in range(len(words))]


def _begins(words: Sequence[_Span], place: int) -> bool:
    first = words[place].text[0]
    return (first.isupper() or first.isdigit() or first in _LEGACY_CAPITALS) and words[place - 1].text not in "-–—"


def _reach(row: Sequence[str], column: int, number: int) -> Merge:
    """Return the columns that a head is over: up to the next text on either side."""
    left = next((c + 1 for c in range(column - 1, 0, -1) if row[c]), 1)
    right = next((c - 1 for c in range(column + 1, len(row)) if row[c]), len(row) - 1)
    return Merge(number, left, number, right)


def _column(place: float, edges: Sequence[float]) -> int:
    return sum(place >= edge for edge in edges)


def _put(row: list[str], column: int, text: str) -> None:
    row[column] = f"{row[column]} {text}".strip()


def is_plain_text(data: bytes) -> bool:
    """Return whether the bytes are text with several lines, and no control characters but those of text."""
    return data.count(b"\n") > 1 and not re.search(rb"[\x00-\x08\x0e-\x1f]", data[:65536])


def read_plain_text(data: bytes) -> list[Grid]:
    """Read all lines as one grid. A form feed begins a new page, which is a grid of its own.

    The address of a cell is its line and the place of its column in that line.
    """
    if data.count(b"\n") > MOST_ROWS:
        raise Unreadable("too_large")
    pages = decode_text(data).split("\f")
    grids = []
    for number, page in enumerate(pages, start=1):
        lines = [line.expandtabs() for line in page.splitlines()]
        sheet = "" if len(pages) == 1 else str(number)
        rows, merged = align_page(lines) or ([_split(line) for line in page.splitlines()], [])
        if number == len(pages) and lines and lines[-1].strip() and page[-1] != "\n" and _may_be_cut(lines):
            last = max(column for column, text in enumerate(rows[-1]) if text)
            rows[-1][last] += CUT
        grids.append(make_grid(sheet, rows, merged))
    return grids


def _may_be_cut(lines: Sequence[str]) -> bool:
    """Return whether the last line, which nothing ends, ends in a figure short of where lines above end."""
    *above, last = lines
    ends = {len(line.rstrip()) for line in above if _read_figures(line)}
    return bool(ends) and find_kind(last.split()[-1]) in ("number", "year") and len(last) < max(ends)


def _split(line: str) -> list[str]:
    """Return the columns of a line; an indent belongs to the first of them."""
    indent = line[: len(line) - len(line.lstrip())]
    columns = [column for column in _GAP.split(line.strip()) if column]
    return [indent + columns[0], *columns[1:]] if columns else []
