"""Figures as a sentence needs them: with unit, year and direction, in the language of the page."""

from __future__ import annotations

from dataclasses import dataclass

from hpedu.present.numbers import format_number, school_year
from hpedu.present.wording import phrase
from hpedu.registry import Language, Registry
from hpedu.registry.models import Indicator


def basis(indicator: Indicator, book: Registry) -> str:
    """What `year` means for an indicator: `school_year` or `calendar`, as its numerator is counted."""
    return book.measures[indicator.numerator.partition("/")[0]].basis


def name_year(year: int, indicator: Indicator, book: Registry, language: Language) -> str:
    """A year as the indicator's readers call it: "2021-2022" for a school year, "2021" for a calendar year."""
    return school_year(year, language) if basis(indicator, book) == "school_year" else str(year)


def with_unit(value: float, unit: str, decimals: int, language: Language, book: Registry) -> str:
    """A number with its unit: "22,0%", "31,5 học sinh/lớp"; a status or plain ratio has none."""
    number = format_number(value, decimals, language)
    if unit in ("status", "ratio", "per_100"):
        return number
    label = book.name("unit", unit, language)
    return f"{number}{label}" if unit in ("percent", "per_1000") else f"{number} {label}"


@dataclass(frozen=True)
class Quantity:
    """One indicator value, ready for a sentence; `missing` if there is none. In a template, `{q}` is number
    and unit, `{q.number}` the number alone, `{q.year}` its year."""

    indicator: Indicator
    value: float | None
    number: str
    text: str
    year: str
    territory: str = ""  # as readers know it

    @property
    def missing(self) -> bool:
        return self.value is None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Change:
    """From one value of an indicator to a later one. In a template: `{c.verb}`, `{c.amount}`, `{c.percent}`,
    `{c.first}`, `{c.last}`."""

    first: Quantity
    last: Quantity
    verb: str
    amount: str
    percent: str

    @property
    def missing(self) -> bool:
        return self.first.missing or self.last.missing

    @property
    def indicator(self) -> Indicator:
        return self.last.indicator


def describe_change(first: Quantity, last: Quantity, language: Language, book: Registry) -> Change:
    """Put a change into words; amounts of percents are in points, always without a sign."""
    if first.value is None or last.value is None:
        return Change(first, last, "", "", "")
    difference = last.value - first.value
    verb = phrase("rose" if difference > 0 else "fell" if difference < 0 else "held", language)
    amount = format_amount(abs(difference), last.indicator.unit, last.indicator.decimals, language, book)
    relative = format_number(abs(difference) / first.value * 100, 1, language) if first.value else ""
    return Change(first, last, verb, amount, phrase("percent_change", language, number=relative))


def format_amount(value: float, unit: str, decimals: int, language: Language, book: Registry) -> str:
    """A difference of two values with its unit; of two percents, in percentage points."""
    if unit == "percent":
        return phrase("points", language, number=format_number(value, decimals, language))
    return with_unit(value, unit, decimals, language, book)
