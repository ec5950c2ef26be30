"""The formulas of indicators: sums of series, each written `measure/level[/dimension=code...]`."""

from __future__ import annotations

from dataclasses import dataclass, replace

DIMENSIONS = ("ownership", "sex", "detail")


@dataclass(frozen=True)
class SeriesRef:
    """Which series of observations a term of a formula means."""

    measure: str
    level: str
    ownership: str = "all"
    sex: str = "both"
    detail: str = ""


def parse_formula(text: str) -> tuple[SeriesRef, ...]:
    """Read `a/x + b/y/ownership=private` as its terms.

    Raises
    ------
    ValueError
        If a term is not of that form.
    """
    return tuple(_parse_term(term.strip()) for term in text.split(" + "))


def _parse_term(text: str) -> SeriesRef:
    measure, slash, rest = text.partition("/")
    level, *options = rest.split("/")
    if not (measure and slash and level):
        raise ValueError(f"{text!r} is not of the form measure/level[/dimension=code]")
    term = SeriesRef(measure, level)
    for option in options:
        dimension, equals, code = option.partition("=")
        if dimension not in DIMENSIONS or not equals or not code:
            raise ValueError(f"{option!r} in {text!r} is none of {', '.join(d + '=code' for d in DIMENSIONS)}")
        term = replace(term, **{dimension: code})
    return term
