"""Where the relations of the registry can be tried: the figures that take the place of their terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hpedu.ingest.checks.figures import Figure, Figures, Key, Reach
from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Relation

Pattern = tuple[str | None, ...]
"""Codes of the five dimensions of a key; None for any."""

ANY = "*"
_MEASURE, _LEVEL = 0, 1
_DEFAULTS = ("", "", "all", "both", "")


@dataclass(frozen=True)
class Match:
    """One place where a relation can be tried. `whole` is a number where the relation says so."""

    relation: Relation
    whole: Figure | float
    parts: tuple[Figure, ...]
    lacks_rest: bool = False  # none of the optional parts is there

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.whole, *self.parts) if isinstance(self.whole, Figure) else self.parts

    @property
    def value(self) -> float:
        """What the whole is."""
        return self.whole.value if isinstance(self.whole, Figure) else self.whole

    @property
    def rounding(self) -> float:
        """How far rounding alone may put the sum of the parts from the whole."""
        return sum(figure.rounding for figure in self.figures)


def find_matches(figures: Figures, book: Registry, kind: str, reaches: Sequence[Reach]) -> Iterator[Match]:
    """Every place where all terms of a relation of `kind` are published, within the nearest of `reaches`."""
    seen = set()
    for relation in book.relations.values():
        if relation.kind == kind:
            for formula in relation.parts or [""]:
                for match in _match(figures, relation, formula, reaches):
                    mark = (relation.id, *(figure.where for figure in match.figures))
                    if mark not in seen:
                        seen.add(mark)
                        yield match


def fits(relation: Relation, figure: Figure) -> bool:
    """Whether a relation speaks of the year and level of a figure."""
    levels = not relation.levels or figure.key[_LEVEL] in relation.levels
    return levels and (relation.since or figure.year) <= figure.year <= (relation.until or figure.year)


def read_patterns(relation: Relation, formula: str) -> tuple[Pattern | None, list[Pattern], list[Pattern]]:
    """Patterns of the whole (None for a number), the parts and the optional parts of one formula."""
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
            found = [figures.beside(anchor, _fill(pattern, anchor), reach) for pattern in parts]
            total = figures.beside(anchor, _fill(whole, anchor), reach) if whole else float(relation.whole)
            if total is None or None in found:
                continue
            extra = [figures.beside(anchor, _fill(pattern, anchor), reach) for pattern in optional]
            lacks_rest = bool(extra) and not any(extra)
            yield Match(relation, total, tuple(filter(None, [*found, *extra])), lacks_rest)
            break


def _fill(pattern: Pattern, anchor: Figure) -> Key:
    measure, level, ownership, sex, detail = (
        own if code is None else code for code, own in zip(pattern, anchor.key, strict=True)
    )
    return measure, level, ownership, sex, detail
