"""Names, units, values and dates of the registry and of standings, as readers of one language see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from hpedu.outlook import Standing
from hpedu.present.blocks import draw_badge
from hpedu.present.numbers import format_number
from hpedu.present.quantity import format_amount, name_year, with_unit
from hpedu.present.wording import phrase
from hpedu.registry import Language, Registry
from hpedu.registry.models import Indicator, Target

SIGNS = {">=": "≥\N{NO-BREAK SPACE}", ">": ">\N{NO-BREAK SPACE}", "<=": "≤\N{NO-BREAK SPACE}", "milestone": ""}


class Wording:
    """Says what stands in a registry and a standing, in one language."""

    def __init__(self, book: Registry, language: Language, territory: str) -> None:
        self.book, self.language = book, language
        self.territory = book.territories[territory].name.get(language)

    def objective(self, target: Target) -> str:
        """The objective as the plan gives it: "≥ 48,05%", with all its decimals; a milestone has no value."""
        if target.kind == "milestone":
            return ""
        decimals = max(0, -int(target.value.as_tuple().exponent))
        value = with_unit(float(target.value), target.unit, decimals, self.language, self.book)
        return SIGNS[target.comparison] + value

    def bare_objective(self, target: Target) -> str:
        """The same without its unit, for a table that has a column of units."""
        if target.kind == "milestone":
            return ""
        decimals = max(0, -int(target.value.as_tuple().exponent))
        return SIGNS[target.comparison] + format_number(target.value, decimals, self.language)

    def deadline(self, target: Target) -> str:
        if target.year is None:
            return phrase("yearly", self.language)
        return phrase("by_year", self.language, year=target.year)

    def departments(self, target: Target) -> str:
        return "; ".join(self.book.departments[d].name.get(self.language) for d in target.departments)

    def department_basis(self, target: Target) -> str:
        return phrase(f"department_{target.department_basis}", self.language)

    def badge(self, standing: Standing) -> Markup:
        return draw_badge(standing.state, self.book.name("state", standing.state, self.language))

    def pace(self, value: float | None, target: Target) -> str:
        """A yearly change: points for a percentage, percent for a count, else the target's unit; empty if None."""
        if value is None:
            return ""
        if self.book.indicators[target.id].counts:
            return phrase("a_year_percent", self.language, number=format_number(value, 1, self.language))
        decimals = 0 if target.unit == "per_10k" else 1
        return format_amount(value, target.unit, decimals, self.language, self.book)

    def break_reason(self, standing: Standing) -> str:
        """Why the target's series breaks, the newest break; empty if it does not."""
        breaks = self.book.breaks_of(standing.target.id, standing.territory)
        return breaks[-1].reason.get(self.language) if breaks else ""

    def last(self, standing: Standing) -> tuple[str, str]:
        """Last value and its year, both empty if there is none."""
        row = standing.last
        if row is None:
            return "", ""
        indicator = self.book.indicators[row["indicator"]]
        year = name_year(row["year"], indicator, self.book, self.language)
        if standing.target.kind == "milestone":
            return "", year
        return with_unit(row["value"], row["unit"], indicator.decimals, self.language, self.book), year


def describe_value(row: Mapping[str, Any], indicator: Indicator, wording: Wording) -> str:
    """An indicator value in a line: name, number with unit, year; a bound keeps its sign."""
    value = with_unit(row["value"], row["unit"], indicator.decimals, wording.language, wording.book)
    sign = {"about": "≈ "}.get(row["qualifier"], f"{row['qualifier']} " if row["qualifier"] else "")
    year = name_year(row["year"], indicator, wording.book, wording.language)
    return f"{indicator.name.get(wording.language)}: {sign}{value} ({year})"
