"""Read the formulas of indicators: sums of series, each written `measure/level[/dimension=code...]`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hpedu.errors import Refused

DIMENSIONS = ("ownership", "sex", "detail")


@dataclass(frozen=True)
class SeriesRef:
    """A series of observations, as a term of a formula names it."""

    measure: str
    level: str
    ownership: str = "all"
    sex: str = "both"
    detail: str = ""

    @property
    def key(self) -> str:
        """Return the term that a formula would name it by."""
        options = {"ownership": "all", "sex": "both", "detail": ""}
        parts = [f"{d}={getattr(self, d)}" for d in DIMENSIONS if getattr(self, d) != options[d]]
        return "/".join([self.measure, self.level, *parts])


def parse_formula(text: str) -> tuple[SeriesRef, ...]:
    """Read `a/x + b/y/ownership=private` as its terms. Raises `Refused` if a term is not of that form."""
    return tuple(_parse_term(term.strip()) for term in text.split(" + "))


def _parse_term(text: str) -> SeriesRef:
    measure, slash, rest = text.partition("/")
    level, *options = rest.split("/")
    if not (measure and slash and level):
        raise Refused("formula_shape", text=text)
    term = SeriesRef(measure, level)
    for option in options:
        dimension, equals, code = option.partition("=")
        if dimension not in DIMENSIONS or not equals or not code:
            known = [f"{name}=code" for name in DIMENSIONS]
            raise Refused("formula_option", option=option, text=text, known=known)
        term = replace(term, **{dimension: code})
    return term
