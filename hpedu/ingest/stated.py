"""Compare what a table states of all its figures, a unit or a part in the name of its sheet, with its layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hpedu.decoding import read_toml
from hpedu.ingest.layouts import Layout, Series, item_key
from hpedu.ingest.quarantine import SetAside
from hpedu.ingest.schema import NO_ITEM, Cell, RawTable
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.words.units import PARTS, changes_numbers, find_scale, find_units, read_unit
from hpedu.ingest.words.vietnamese import clean_text, fold_text, index_phrases
from hpedu.registry.models import Measure

_TABLE = read_toml(__file__, "stated.toml")
# "Năm 2019", and "Nam 2019" without its accent.
_YEAR = re.compile(_TABLE.pop("year"), re.IGNORECASE)
_HOLDS = {level: its.split() for level, its in _TABLE.pop("holds").items()}
_CODES = {
    phrase: (dimension, code) for dimension, its in _TABLE.items() for phrase, code in index_phrases(its).items()
}
_PHRASE = re.compile("|".join(rf"(?<!\w){re.escape(p)}(?!\w)" for p in sorted(_CODES, key=len, reverse=True)))


@dataclass(frozen=True)
class TableUnits:
    """The units that hold for all cells of a table, and those that only some of its columns or rows state."""

    stated: tuple[str, ...]
    of_others: tuple[str, ...]

    def check(self, own: str, item: str, series: Series, measure: Measure) -> None:
        """Refuse a cell whose unit is not understood, or not that of its series: thousands for persons, "%".

        A unit in the item itself goes first: there the layout knows the item by it. What others state counts for a
        cell of which nothing is stated: "(Nghìn người)" over one column may be meant for all. Raises `SetAside`:
        `unknown_unit` or `other_unit`.
        """
        scale = series.scale * (find_scale(measure.unit.replace("_", " ")) or 1)
        of_item = find_scale(item)
        if of_item == scale != 1:
            return
        if of_item != 1:
            raise SetAside("other_unit", item)
        for printed in (*([own] if own else self.of_others), *self.stated):
            unit = read_unit(printed)
            if unit is None:
                raise SetAside("unknown_unit", printed)
            if unit.scale != scale or not unit.counts(measure):
                raise SetAside("other_unit", printed)


def find_table_units(table: RawTable, layout: Layout, find_item: Callable[[Cell], Sequence[str]]) -> TableUnits:
    """Find the units of a table in its title, its notes, its sheet's name, and its labels.

    `find_item` returns the parts of the item of a cell if the layout has it: then it knows the unit in it too.
    """
    title = [part for part in find_units(table.title) if changes_numbers(part)]
    known = {part for name in layout.titles for part in find_units(name)}
    sheets = {cell.sheet for cell in table.telling[:1]}
    stated = [part for part in title if part not in known]
    stated += [
        part for text in (*_join(table.notes), *sheets) for part in find_units(text) if _tells_all(part, text)
    ]
    others = list(_find_unknown(table.telling, find_item))
    own = {cell.labels.get("unit", "") for cell in table.telling}
    if "" in own:
        others += [text for text in own if (unit := read_unit(text)) is not None and unit.scale != 1]
    return TableUnits(tuple(dict.fromkeys(stated)), tuple(dict.fromkeys(others)))


def _join(notes: Iterable[str]) -> Iterator[str]:
    """Yield notes; one that ends in a colon goes with the next, as PX-Web's "Units:" over the unit."""
    before = ""
    for text in map(clean_text, notes):
        if before and text.endswith(":"):
            yield before
            before = ""
        before = f"{before} {text}".strip()
        if not text.endswith(":"):
            yield before
            before = ""
    yield before


def _tells_all(part: str, text: str) -> bool:
    """Return whether a note tells it of all figures: "Tỷ lệ (%)" in a footnote is about something else."""
    unit = read_unit(part)
    if unit is None or unit.scale != 1:
        return True
    is_alone = bool(unit.kinds & PARTS) or is_worded("unit_line", text)
    return is_alone and read_unit(text) is not None


def _find_unknown(cells: Sequence[Cell], find_item: Callable[[Cell], Sequence[str]]) -> Iterator[str]:
    """Yield the units in labels that the layout does not know: it was made for a table without them."""
    seen: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        for text in (text for name, text in cell.labels.items() if name not in NO_ITEM):
            if text not in seen:
                units = [(part, read_unit(part)) for part in find_units(text)]
                seen[text] = tuple(
                    part for part, unit in units if find_scale(part) != 1 or (unit and unit.scale != 1)
                )
            if seen[text]:
                known = item_key(" ".join(find_item(cell)))
                yield from (part for part in seen[text] if item_key(part) not in known)


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
