"""What one page can see: one territory, up to one school year, in one language; figures, and words of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from hpedu import data
from hpedu.errors import UnknownName
from hpedu.ingest.resource import Resource
from hpedu.present.blocks import Prose
from hpedu.present.naming import Wording, describe_value
from hpedu.present.numbers import format_number, school_year
from hpedu.present.quantity import Change, Quantity, describe_change, name_year, with_unit
from hpedu.present.wording import phrase
from hpedu.registry import Language, registry
from hpedu.registry.models import Indicator


class View:
    """Figures and words as seen from a territory, a school year and a language.

    Parameters
    ----------
    territory
        Id of a territory with the role city, part or country; nobody judges a single province or a region.
    year
        Year in which the school year reported on starts; None for the newest in the data. Later
        figures are left out.
    language
        "vi" or "en".

    Raises
    ------
    UnknownName
        For a territory or language that does not exist, with the closest names.
    """

    def __init__(self, *, territory: str, year: int | None, language: str) -> None:
        self.book = registry()
        self.territory = known("territory", territory, self.book.reported_territories())
        self.language: Language = "vi" if known("language", language, ("vi", "en")) == "vi" else "en"
        self.year = data.newest_year() if year is None else year
        self.wording = Wording(self.book, self.language, territory)
        self._values: dict[tuple[str, str], list[dict[str, Any]]] = {}  # a page asks for the same ones many times

    # -- words ---------------------------------------------------------------------------------------------

    def text(self, *, vi: str, en: str, **values: object) -> str:
        """The template of the page's language with values filled in (`Quantity`, `Change`, numbers, text)."""
        template = vi if self.language == "vi" else en
        return template.format(**{name: self._spell(value) for name, value in values.items()})

    def say(self, *, vi: str, en: str, **values: object) -> Prose:
        """A paragraph made from the data. If a figure it needs is missing, it says that instead."""
        lacking = [v for v in values.values() if isinstance(v, (Quantity, Change)) and v.missing]
        if lacking:
            return Prose(f"*{self._say_lacking(lacking)}*")
        return Prose(self.text(vi=vi, en=en, **values))

    def school_year(self, year: int) -> str:
        """The school year that starts in `year`, as the page's language writes it."""
        return school_year(year, self.language)

    def last(self, indicator: str, territory: str | None = None) -> Quantity:
        """The newest value of an indicator up to the report's year."""
        rows = self.rows(indicator, territory)
        return self._quantity(indicator, rows[-1] if rows else None, territory)

    def at(self, indicator: str, year: int, territory: str | None = None) -> Quantity:
        """The value of an indicator in one year."""
        rows = [row for row in self.rows(indicator, territory, future=True) if row["year"] == year]
        return self._quantity(indicator, rows[0] if rows else None, territory)

    def change(self, indicator: str, *, since: int, territory: str | None = None) -> Change:
        """From the first value of `since` or later to the newest one."""
        rows = self.rows(indicator, territory)
        later = [row for row in rows if row["year"] >= since]
        first = self._quantity(indicator, later[0] if len(later) > 1 else None, territory)
        last = self._quantity(indicator, rows[-1] if rows else None, territory)
        return describe_change(first, last, self.language, self.book)

    # -- figures -------------------------------------------------------------------------------------------

    def values(
        self, indicators: Sequence[str], *, territories: Sequence[str] | None = None, future: bool = False
    ) -> pl.DataFrame:
        """Values of indicators, with names in the page's language.

        Parameters
        ----------
        territories
            Ids; by default the report's own.
        future
            Also years after the report's (projected population).

        Returns
        -------
        polars.DataFrame
            Columns `indicator, name, territory, territory_name, year, year_name, value, unit, status,
            qualifier, flags, inputs`, in the order asked for, by year.
        """
        for name in indicators:
            known("indicator", name, self.book.indicators)
        territories = [self.territory] if territories is None else list(territories)
        rows = [
            row
            | {
                "name": self.indicator(name).name.get(self.language),
                "territory_name": self.book.territories[territory].name.get(self.language),
                "year_name": name_year(row["year"], self.indicator(name), self.book, self.language),
            }
            for name in indicators
            for territory in territories
            for row in self.rows(name, territory, future=future, bounds=True)
        ]
        columns: dict[str, Any] = {
            "indicator": pl.String,
            "name": pl.String,
            "territory": pl.String,
            "territory_name": pl.String,
            "year": pl.Int32,
            "year_name": pl.String,
            "value": pl.Float64,
            "unit": pl.String,
            "status": pl.String,
            "qualifier": pl.String,
            "flags": pl.List(pl.String),
            "inputs": pl.List(pl.String),
        }
        return pl.DataFrame([{c: row[c] for c in columns} for row in rows], schema=columns, orient="row")

    def rows(
        self, indicator: str, territory: str | None = None, *, future: bool = False, bounds: bool = False
    ) -> list[dict[str, Any]]:
        """The values of one indicator in a territory (the own one by default), columns `hpedu.indicators.VALUES`.

        `future` adds what was foreseen for years after the report's, `bounds` the figures that are only bounds.
        """
        known("indicator", indicator, self.book.indicators)
        place = territory or self.territory
        if (indicator, place) not in self._values:
            found = data.indicator_values([indicator], [place])
            self._values[indicator, place] = found.sort("year").to_dicts()
        # What was counted after the report's year stays unknown to it; a projection was known all along.
        return [
            dict(row)
            for row in self._values[indicator, place]
            if (row["year"] <= self.year or (future and row["status"] in ("estimated", "projected")))
            and (bounds or not row["qualifier"])
        ]

    def indicator(self, name: str) -> Indicator:
        """The row of the registry."""
        return self.book.indicators[name]

    def context(self, indicators: Sequence[str], territory: str) -> list[str]:
        """The newest value of each indicator in a territory, a line each; nothing for those without."""
        lines = []
        for name in indicators:
            if name in self.book.indicators:
                rows = self.rows(name, territory, bounds=True)
                lines += [describe_value(rows[-1], self.indicator(name), self.wording)] if rows else []
        return lines

    def name_flags(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Every flag that one of the values carries, in words."""
        flags = dict.fromkeys(flag for row in rows for flag in row["flags"])
        return [self.book.name("flag", flag, self.language) for flag in flags]

    def drawn(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What a chart of series takes of `values` with a column `series`: the flags are in words."""
        names = {code: row.name.get(self.language) for code, row in self.book.codes_of("flag").items()}
        worded = pl.col("flags").list.eval(pl.element().replace(names))
        return frame.select("series", "year", "value", "status", "inputs", worded)

    def resources(self, values: pl.DataFrame) -> list[Resource]:
        """Where values (with a column `sources`) come from."""
        return data.sources(values["sources"].explode().drop_nulls()) if values.height else []

    # -- inside --------------------------------------------------------------------------------------------

    def _quantity(self, name: str, row: dict[str, Any] | None, territory: str | None) -> Quantity:
        indicator = self.indicator(name)
        place = self.book.territories[territory or self.territory].name.get(self.language)
        if row is None:
            return Quantity(indicator, None, "", "", "", place)
        return Quantity(
            indicator,
            row["value"],
            format_number(row["value"], indicator.decimals, self.language),
            with_unit(row["value"], row["unit"], indicator.decimals, self.language, self.book),
            name_year(row["year"], indicator, self.book, self.language),
            place,
        )

    def _say_missing(self, indicators: Sequence[str], territories: Sequence[str]) -> str:
        names = dict.fromkeys(self.indicator(name).name.get(self.language) for name in indicators)
        where = ", ".join(self.book.territories[t].name.get(self.language) for t in territories)
        return phrase("no_values_said", self.language, territory=where, names="; ".join(names))

    def _say_lacking(self, lacking: Sequence[Quantity | Change]) -> str:
        """A sentence a territory: it has no figure at all, or too few to tell a change."""
        said: dict[tuple[str, str], dict[str, None]] = {}
        for one in lacking:
            last = one.last if isinstance(one, Change) else one
            key = "no_values_said" if last.missing else "too_few_said"
            said.setdefault((key, last.territory), {})[last.indicator.name.get(self.language)] = None
        return " ".join(
            phrase(key, self.language, territory=territory, names="; ".join(names))
            for (key, territory), names in said.items()
        )

    def _spell(self, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        return format_number(value, 0 if isinstance(value, int) else 1, self.language)


def known(kind: str, name: str, names: Any) -> str:
    """The name, if it is one of `names`.

    Raises
    ------
    UnknownName
        If it is not, with the closest ones.
    """
    if name not in names:
        raise UnknownName(kind, name, names)
    return name
