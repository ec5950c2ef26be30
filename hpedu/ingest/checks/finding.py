"""Word a finding: one thing that does not agree, about one cell, with the arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hpedu.ingest.checks.figures import Addition, Figure
from hpedu.ingest.schema import SERIES_FIELDS, name_cell
from hpedu.registry import Registry, Text
from hpedu.registry.models import Erratum
from hpedu.sums import read_columns
from hpedu.texts import LANGUAGES, Language, Message, say, school_year, write_number

# Codes that need no mention.
_PLAIN: dict[str, tuple[str, ...]] = {
    "measure": (),
    "level": ("population", "all"),
    "ownership": ("all",),
    "sex": ("both",),
    "detail": ("",),
}

SEVERITIES = {"error": 0, "warning": 1, "note": 2}
"""How bad a finding is, in the order of a list: `error` cannot be true, `warning` hardly, `note` is worth knowing
or already covered. That has nothing to do with `note`, the remark on a figure.
"""

_OF_FIGURE = ("territory", "place", "year", "file", "sheet", "cell", "printed")

FINDINGS = read_columns("findings")

Word = str | float | Text | Figure | Message | Sequence[Message] | Callable[[Language], str]
"""What belongs into a template: as it is, what is written in either language, or how to say it."""


@dataclass(frozen=True)
class Told:
    """A figure as templates name it: `{old}` is its number, `{old.cells}` its cell and file."""

    figure: Figure
    language: Language

    def __str__(self) -> str:
        return write_number(self.figure.value, self.language)

    @property
    def address(self) -> str:
        return name_cell(self.figure.sheet, self.figure.cell)

    @property
    def cells(self) -> str:
        return list_cells([self.figure])

    @property
    def place(self) -> str:
        return name_place(self.figure, self.language)

    @property
    def series(self) -> str:
        return name_series(self.figure, self.language)


def _write(word: Any, language: Language) -> object:
    if isinstance(word, Text):
        return word.get(language)
    if isinstance(word, Figure):
        return Told(word, language)
    if isinstance(word, Message):
        return say(word.key, language, **{name: _write(value, language) for name, value in word.values.items()})
    if isinstance(word, (int, float)):
        return write_number(word, language)
    if isinstance(word, list):
        return "; ".join(str(_write(one, language)) for one in word)
    return word(language) if callable(word) else word


def write_year(figure: Figure, language: Language) -> str:
    """Return the calendar year, or the school year as `2014-2015` (`2014-15` in English)."""
    calendar = figure.registry.measures[figure.key[0]].basis == "calendar"
    return str(figure.year) if calendar else school_year(figure.year, language)


def name_place(figure: Figure, language: Language) -> str:
    """Return the name of the district or institution, or of the territory."""
    named = figure.registry.places.get(figure.place) or figure.registry.territories.get(figure.territory)
    return named.name.get(language) if named else figure.territory


def name_series(figure: Figure, language: Language, *, whole: bool = False) -> str:
    """Say what is counted: measure, level, and (unless the `whole` is meant) the part of each dimension."""
    dimensions = SERIES_FIELDS[:2] if whole else SERIES_FIELDS
    pairs = zip(dimensions, figure.key, strict=False)
    names = [
        _name(dimension, code, figure.registry, language)
        for dimension, code in pairs
        if code not in _PLAIN[dimension]
    ]
    return ", ".join([names[0], *map(_lower, names[1:])])


def name_part(part: Figure, language: Language, whole: Figure | None) -> str:
    """Say how a part differs from the whole: "public", "primary". Without a whole, all but measure and level."""
    names = [
        _name(dimension, code, part.registry, language)
        for n, (dimension, code) in enumerate(zip(SERIES_FIELDS, part.key, strict=True))
        if (whole.key[n] != code if whole else n > 1 and code not in _PLAIN[dimension])
    ]
    return ", ".join(_lower(name.partition(" (")[0]) for name in names if name)


def _name(dimension: str, code: str, registry: Registry, language: Language) -> str:
    known = registry.measures[code] if dimension == "measure" else registry.codes_of(dimension).get(code)
    return known.name.get(language) if known else code


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def tell_addition(addition: Addition, name: Callable[[Figure, Language], str]) -> dict[str, Word]:
    """Return the words of a sum that is not its whole, its terms as `2,696 (public) + 870 (private)`."""

    def write_terms(language: Language) -> str:
        return " + ".join(
            f"{write_number(part.value, language)} ({name(part, language)})" for part in addition.parts
        )

    return {
        "addition": write_terms,
        "sum": addition.total,
        "printed": addition.value,
        "difference": abs(addition.beyond),
    }


def write_path(path: Iterable[Figure], language: Language) -> str:
    """Write the figures of some years one after another: `120 (2019) → 98 (2020)`."""
    return " → ".join(f"{write_number(figure.value, language)} ({figure.year})" for figure in path)


def list_cells(figures: Iterable[Figure]) -> str:
    """List the cells of figures by file: `J20, J25 (city/a.csv); C4 (city/b.csv)`."""
    cells: dict[str, list[str]] = {}
    for figure in figures:
        cells.setdefault(figure.file, []).append(name_cell(figure.sheet, figure.cell))
    return "; ".join(f"{', '.join(dict.fromkeys(names))} ({file})" for file, names in cells.items())


def make_finding(
    check: str,
    severity: str,
    figure: Figure,
    words: Mapping[str, Word],
    *,
    involved: Sequence[Figure] = (),
    out: Sequence[Figure] = (),
    doubted: Sequence[Figure] = (),
    template: str = "",
) -> dict[str, Any]:
    """Return the row of one finding about `figure`, worded by the template of its check (or another).

    The row has more fields than `FINDINGS`, each a list of rows of the table of observations: `rows`, the figures
    of the finding; of an error, `out`, those it takes out of use, and `doubted`, those that go too unless they are
    known to be sound (`hpedu.ingest.checks`).

    Every template may use {place}, {year}, {series}, {cells} (of all figures `involved`), {cell}, {file} and
    {value}; `words` gives the rest. A finding that an erratum already covers has the severity `note`.
    """
    cells = list(dict.fromkeys([figure, *involved]))
    erratum = next((id for id in (_find_erratum(check, one) for one in cells) if id), "")
    texts = {}
    for language in LANGUAGES:
        known = {
            "place": name_place(figure, language),
            "year": write_year(figure, language),
            "series": name_series(figure, language),
            "cells": list_cells(cells),
            "cell": list_cells([figure]),
            "file": figure.file,
            "value": Told(figure, language),
            "erratum": erratum,
        } | {name: _write(word, language) for name, word in words.items()}
        todo = f"{template or check}_what"
        if erratum:
            todo = "decided_what" if erratum in figure.registry.decisions else "covered_what"
        texts[f"message_{language}"] = say(f"{template or check}_message", language, **known)
        texts[f"what_{language}"] = say(todo, language, **known)
    return {
        "check": check,
        "severity": "note" if erratum else severity,
        **{name: getattr(figure, name) for name in _OF_FIGURE},
        **dict(zip(SERIES_FIELDS, figure.key, strict=True)),
        **texts,
        "erratum": erratum,
        "rows": [one.row for one in cells],
        "out": [one.row for one in out],
        "doubted": [one.row for one in doubted],
    }


def _find_erratum(check: str, figure: Figure) -> str:
    """Return the id of the erratum that covers a finding about a figure; "" if none does.

    A decision covers all. An erratum that corrects a unit covers `unit_slip` alone: sums and jumps are checked
    with the corrected value.
    """
    erratum = figure.erratum
    if erratum is None or (isinstance(erratum, Erratum) and erratum.action == "scale" and check != "unit_slip"):
        return ""
    return erratum.id
