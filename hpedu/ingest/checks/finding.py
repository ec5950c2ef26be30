"""A finding: one thing that does not agree, about one cell, with the arithmetic. Nothing is changed by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import polars as pl

from hpedu.ingest.checks.figures import Figure
from hpedu.ingest.checks.words import list_cells, name_place, name_series, read_wording, write_year
from hpedu.registry import LANGUAGES, Language, Registry

Severity = Literal["error", "warning", "note"]

FINDINGS: dict[str, Any] = {
    "check": pl.String,  # the name of a check in wording.toml: sum, digit_swap, at_most, country, unit_slip ...
    "severity": pl.String,  # "error" cannot be true, "warning" hardly, "note" worth knowing or already covered
    "territory": pl.String,
    "place": pl.String,
    "year": pl.Int32,
    "measure": pl.String,
    "level": pl.String,
    "ownership": pl.String,
    "sex": pl.String,
    "detail": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    "printed": pl.String,
    "message_vi": pl.String,  # what does not agree, with the arithmetic
    "message_en": pl.String,
    "what_vi": pl.String,  # what to do
    "what_en": pl.String,
    "erratum": pl.String,  # id of an erratum that already covers a cell of the finding, else ""
}
"""One row a finding."""

SEVERITIES = {"error": 0, "warning": 1, "note": 2}

Values = Callable[[Language], dict[str, str]]
"""The words of one language for the names in a template."""


def make_finding(
    check: str,
    severity: Severity,
    figure: Figure,
    book: Registry,
    values: Values,
    *,
    involved: Sequence[Figure] = (),
    template: str = "",
) -> dict[str, Any]:
    """The row of one finding about `figure`, worded by the template of its check (or another one), and its cells.

    Every template may use {place}, {year}, {series}, {cells} (of all figures `involved`), {cell} and {file};
    `values` gives the rest. A finding that an erratum already covers is a note.
    """
    wording = read_wording()
    cells = list(dict.fromkeys([figure, *involved]))
    erratum = next((id for id in (_covering(check, one) for one in cells) if id), "")
    texts = {}
    for language in LANGUAGES:
        words = {
            "place": name_place(figure, book, language),
            "year": write_year(figure, book, language),
            "series": name_series(figure, book, language),
            "cells": list_cells(cells),
            "cell": list_cells([figure]),
            "file": figure.file,
        } | values(language)
        texts[f"message_{language}"] = wording[f"{template or check}_message"].get(language).format(**words)
        todo = wording["covered_what"].get(language).format(erratum=erratum) if erratum else ""
        texts[f"what_{language}"] = todo or wording[f"{template or check}_what"].get(language).format(**words)
    measure, level, ownership, sex, detail = figure.key
    return {
        "check": check,
        "severity": "note" if erratum else severity,
        "territory": figure.territory,
        "place": figure.place,
        "year": figure.year,
        "measure": measure,
        "level": level,
        "ownership": ownership,
        "sex": sex,
        "detail": detail,
        "file": figure.file,
        "sheet": figure.sheet,
        "cell": figure.cell,
        "printed": figure.printed,
        **texts,
        "erratum": erratum,
        "cells": [one.where for one in cells],
    }


def _covering(check: str, figure: Figure) -> str:
    """A wrong unit mended by an erratum says nothing of sums and jumps: the mended value enters those."""
    if figure.erratum is None or (figure.erratum.action == "scale" and check != "unit_slip"):
        return ""
    return figure.erratum.id
