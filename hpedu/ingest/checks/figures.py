"""Index the published figures, and find those that a relation of the registry speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import polars as pl

from hpedu.ingest.corrections import find_applied
from hpedu.ingest.schema import SERIES_FIELDS
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Erratum, Print, Relation

Key = tuple[str, str, str, str, str]
"""measure, level, ownership, sex, detail."""

Reach = Literal["file", "release", "current"]
"""Where the other figures of a relation may be: in one file, in what one publisher issued together, anywhere."""

EPSILON = 1e-6
"""How far sums of binary fractions may be apart though they are equal."""

LONGEST_GAP = 2
"""Years between two points of a series that still are neighbours."""

MEASURED_UNITS = {"km2", "billion_vnd"}
"""Units of amounts. All other additive measures count things."""

_COPIED = ("territory", "place", "year", "value", "unit", "edition", "file", "sheet", "cell", "printed", "current")
_WANTED = (*SERIES_FIELDS, "row", "note", *_COPIED)

Pattern = tuple[str | None, ...]
"""Codes of the five dimensions of a key; None means any code."""

ANY = "*"
"""What a relation writes for any code."""

# Places in a key, and the codes that a formula need not write.
_MEASURE, _LEVEL = 0, 1
_DEFAULTS = ("", "", "all", "both", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure. `raw` is its value before an erratum scaled it."""

    key: Key
    # Its place in the table of observations.
    row: int
    territory: str
    place: str
    year: int
    value: float
    raw: float
    # How far the printed number may be from the count it was rounded from.
    rounding: float
    unit: str
    # Whether it counts things or money, so that parts can be added.
    counts: bool
    edition: str
    file: str
    sheet: str
    cell: str
    printed: str
    current: bool
    # The erratum or decision that was applied to it.
    erratum: Print | None
    registry: Registry = field(repr=False, compare=False)

    @property
    def series(self) -> tuple[Key, str, str]:
        return self.key, self.territory, self.place

    @property
    def release(self) -> tuple[str, str]:
        """Return folder and edition: the same for what one publisher issued together."""
        return self.file.rpartition("/")[0], self.edition


class Figures:
    """The published points among the observations (no bounds such as "over 99%", nothing derived), indexed.

    Relations are tried in the territories that some of them, `about`, are of, with their parts and wholes; others
    are there for what change is usual.
    """

    def __init__(self, observations: pl.DataFrame, registry: Registry, about: pl.DataFrame | None = None) -> None:
        published = observations.with_row_index("row").filter(
            pl.col("qualifier") == "",
            pl.col("status") != "derived",
            ~pl.col("cell").str.contains(" + ", literal=True),
            pl.col("measure").is_in(list(registry.measures)),
        )
        # The commonest step of each measure in each file: a total left with all the decimals of the publisher's
        # computer does not make the table more precise than its other figures are.
        usual = pl.col("step").mode(maintain_order=True).first().over("file", "measure")
        known = published.with_columns(coarse=pl.max_horizontal("step", usual))
        about = known if about is None else about
        there = set(about["territory"])
        families = [{row.id, *row.parts} for row in registry.territories.values() if row.parts]
        kin = there.union(*(family for family in families if family & there))
        kinds = about.select(pl.struct("measure", "level")).to_series().unique().implode()
        is_wanted = pl.col("territory").is_in(list(kin)) | pl.struct("measure", "level").is_in(kinds)
        rows = known.filter(is_wanted).select(*_WANTED, "coarse").rows(named=True)
        self.registry = registry
        self.all = [_read_figure(row, registry) for row in rows]
        self._at: dict[tuple[Key, str, str, int], list[Figure]] = {}
        self._having: dict[tuple[int, str], list[Figure]] = {}
        for figure in self.all:
            self._at.setdefault((*figure.series, figure.year), []).append(figure)
            for dimension, code in enumerate(figure.key if figure.territory in kin else ()):
                self._having.setdefault((dimension, code), []).append(figure)

    @cached_property
    def series(self) -> dict[tuple[Key, str, str], list[Figure]]:
        """Return all figures of each series, by year."""
        table: dict[tuple[Key, str, str], list[Figure]] = {}
        for figure in sorted(self.all, key=lambda figure: figure.year):
            table.setdefault(figure.series, []).append(figure)
        return table

    def matching(self, pattern: Sequence[str | None]) -> Iterator[Figure]:
        """Yield the figures whose key has the codes of `pattern`; None means any code."""
        fixed = [(dimension, code) for dimension, code in enumerate(pattern) if code is not None]
        candidates = min((self._having.get(f, []) for f in fixed), key=len, default=self.all)
        return (figure for figure in candidates if all(figure.key[d] == code for d, code in fixed))

    def find(self, figure: Figure, key: Key, reach: Reach) -> Figure | None:
        """Return the figure of `key` for the territory, place and year of a figure, within `reach`; else None."""
        for other in self._at.get((key, figure.territory, figure.place, figure.year), ()):
            if (
                other.file == figure.file
                or (reach != "file" and other.release == figure.release)
                or (reach == "current" and other.current)
            ):
                return other
        return None

    def same(self) -> Iterator[list[Figure]]:
        """Yield the figures of one series and year, where there are several."""
        return (group for group in self._at.values() if len(group) > 1)


def _read_figure(row: dict[str, Any], registry: Registry) -> Figure:
    key = (row["measure"], row["level"], row["ownership"], row["sex"], row["detail"])
    erratum = find_applied((*key, row["territory"], row["place"], row["year"]), row["note"], registry)
    factor = float(erratum.factor) if isinstance(erratum, Erratum) and erratum.factor else 1.0
    additive = registry.measures[row["measure"]].additive
    exact = additive and row["unit"] not in MEASURED_UNITS and row["coarse"] <= 1
    return Figure(
        key=key,
        row=row["row"],
        raw=row["value"] / factor,
        rounding=0.0 if exact else row["coarse"] / 2,
        counts=additive,
        erratum=erratum,
        registry=registry,
        **{name: row[name] for name in _COPIED},
    )


@dataclass(frozen=True)
class Addition:
    """A whole and the parts that belong to it. The whole is a number if a relation states one."""

    whole: Figure | float
    parts: tuple[Figure, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.whole, *self.parts) if isinstance(self.whole, Figure) else self.parts

    @property
    def value(self) -> float:
        """Return the number of the whole."""
        return self.whole.value if isinstance(self.whole, Figure) else self.whole

    @property
    def total(self) -> float:
        """Return the sum of the parts."""
        return sum(part.value for part in self.parts)

    @property
    def beyond(self) -> float:
        """Return by how much the sum of the parts exceeds the whole."""
        return self.total - self.value

    @property
    def allowed(self) -> float:
        """Return how far rounding alone may put the sum of the parts from the whole."""
        return self.rounding + EPSILON

    @property
    def rounding(self) -> float:
        return sum(figure.rounding for figure in self.figures)


@dataclass(frozen=True)
class Match(Addition):
    """One place where a relation can be tried."""

    relation: Relation
    # Whether there are optional parts, but none of them is published.
    lacks_rest: bool


def find_matches(figures: Figures, kind: str, reaches: Sequence[Reach]) -> Iterator[Match]:
    """Yield every place where all terms of a relation of `kind` are published, within the nearest of `reaches`."""
    seen = set()
    for relation in figures.registry.relations.values():
        if relation.kind == kind:
            for formula in relation.parts or [""]:
                for match in _match(figures, relation, formula, reaches):
                    mark = (relation.id, *(figure.row for figure in match.figures))
                    if mark not in seen:
                        seen.add(mark)
                        yield match


def fits(relation: Relation, figure: Figure) -> bool:
    """Return whether a relation holds for the year and level of a figure."""
    levels = not relation.levels or figure.key[_LEVEL] in relation.levels
    return levels and (relation.since or figure.year) <= figure.year <= (relation.until or figure.year)


def read_patterns(relation: Relation, formula: str) -> tuple[Pattern | None, list[Pattern], list[Pattern]]:
    """Return the patterns of the whole (None for a number), the parts and the optional parts of one formula."""
    whole = None if relation.whole.isdecimal() else parse_formula(relation.whole)[0]
    parts = parse_formula(formula) if formula else ()
    optional = parse_formula(relation.optional) if relation.optional else ()
    terms = [*filter(None, [whole]), *parts, *optional]
    free = [len({_codes(term)[d] for term in terms} | {_DEFAULTS[d]}) == 1 for d in range(len(_DEFAULTS))]

    def pattern(term: SeriesRef) -> Pattern:
        return tuple(None if code == ANY or free[d] else code for d, code in enumerate(_codes(term)))

    return (pattern(whole) if whole else None), [pattern(t) for t in parts], [pattern(t) for t in optional]


def _codes(term: SeriesRef) -> Key:
    return term.measure, term.level, term.ownership, term.sex, term.detail


def _match(figures: Figures, relation: Relation, formula: str, reaches: Sequence[Reach]) -> Iterator[Match]:
    whole, parts, optional = read_patterns(relation, formula)
    first = parts[0] if parts else whole
    assert first is not None, f"relation {relation.id} has neither a series for its whole nor parts"
    for anchor in figures.matching(first):
        if not fits(relation, anchor) or (first[_MEASURE] is None and not anchor.counts):
            continue
        for reach in reaches:
            if reach == "current" and not anchor.current:
                continue
            found = [figures.find(anchor, _fill(pattern, anchor), reach) for pattern in parts]
            total = figures.find(anchor, _fill(whole, anchor), reach) if whole else float(relation.whole)
            if total is None or None in found:
                continue
            extra = [figures.find(anchor, _fill(pattern, anchor), reach) for pattern in optional]
            lacks_rest = bool(extra) and not any(extra)
            yield Match(total, tuple(filter(None, [*found, *extra])), relation, lacks_rest)
            break


def _fill(pattern: Pattern, anchor: Figure) -> Key:
    measure, level, ownership, sex, detail = (
        own if code is None else code for code, own in zip(pattern, anchor.key, strict=True)
    )
    return measure, level, ownership, sex, detail
