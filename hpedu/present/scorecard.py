"""Standings of targets as readers see them: the scorecard row and the block of one target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hpedu.outlook import Standing
from hpedu.present.blocks import draw_badge, link_csv, render
from hpedu.present.display import Fragment
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
        return SIGNS[target.comparison] + with_unit(
            float(target.value), target.unit, decimals, self.language, self.book
        )

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

    def amount(self, value: float | None, target: Target) -> str:
        """A gap or pace in the target's unit, percents in points; empty if there is none."""
        if value is None:
            return ""
        decimals = 0 if target.unit == "per_10k" else 1
        return format_amount(value, target.unit, decimals, self.language, self.book)

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


def draw_scorecard(standings: Sequence[Standing], wording: Wording, *, caption: str, anchors: bool) -> Fragment:
    """The table of targets: number, objective, last value, what is still to go, state, department."""
    rows = []
    for standing in standings:
        target = standing.target
        last, year = wording.last(standing)
        open_gap = standing.gap if standing.state != "met" else None
        rows.append(
            {
                "number": target.number,
                "id": target.id,
                "anchor": anchors,
                "name": target.name.get(wording.language),
                "objective": wording.objective(target),
                "deadline": target.year or wording.deadline(target),
                "last": last,
                "last_year": year,
                "gap": wording.amount(open_gap, target),
                "required": wording.amount(standing.required_pace, target),
                "badge": wording.badge(standing),
                "department": wording.departments(target),
            }
        )
    keys = (
        "number_short",
        "target",
        "target_value",
        "last_value",
        "gap",
        "required_pace",
        "state",
        "department",
    )
    columns = [phrase(key, wording.language) for key in keys]
    html = render("scorecard", rows=rows, columns=columns, caption=caption)
    plain = "\n".join(f"{r['number']}. {r['name']}: {r['objective']}; {r['last']} {r['last_year']}" for r in rows)
    return Fragment(html, f"{caption}\n{plain}")


def draw_target_head(standing: Standing, wording: Wording, *, parts: Sequence[str]) -> Fragment:
    """Heading, state and the sentences that say where the target stands and what it would take.

    `parts` are lines about the territories that were merged into this one: known there, but no value here.
    """
    target, language = standing.target, wording.language
    marks = [wording.deadline(target)]
    if target.aspirational:
        marks.append(phrase("aspirational", language))
    if target.measurability == "implied":
        marks.append(phrase("implied", language))
    if target.year_basis == "inferred":
        marks.append(phrase("year_inferred", language))
    if wording.book.territories[standing.territory].role == "city":
        marks.append(phrase("written_for_old_city", language))
    objective = wording.objective(target)
    sentences = [*_say_standing(standing, wording), *parts]
    html = render(
        "target_head",
        id=target.id,
        number=target.number,
        name=target.name.get(language),
        badge=wording.badge(standing),
        objective=objective,
        marks=marks,
        sentences=sentences,
    )
    return Fragment(html, f"{target.number}. {target.name.get(language)}: " + " ".join(sentences))


def _say_standing(standing: Standing, wording: Wording) -> list[str]:
    target, language = standing.target, wording.language
    said = []
    who = {"department": wording.departments(target), "basis": wording.department_basis(target)}
    if standing.state == "no_data":
        needs = "; ".join(_say_needs(target, wording))
        said.append(phrase("no_data_said", language, territory=wording.territory, needs=needs, **who))
    elif standing.state == "milestone_unreported":
        said.append(phrase("milestone_said", language, **who))
    elif standing.last is not None:
        last, year = wording.last(standing)
        shown = last or wording.book.name("state", standing.state, language)
        said.append(f"{phrase('last_value', language)}: {shown} ({year}).")
    for state in ("met", "one_point", "short"):
        if standing.state == state:
            said.append(phrase(f"{state}_said", language))
    if standing.state == "missed":
        said.append(phrase("missed_said", language, year=target.year))
    if standing.required_pace is not None:
        required = wording.amount(standing.required_pace, target)
        if standing.observed_pace is None:
            said.append(phrase("pace_needed_said", language, year=target.year, required=required))
        else:
            observed = wording.amount(standing.observed_pace, target)
            said.append(phrase("pace_said", language, year=target.year, required=required, observed=observed))
    if standing.stale and standing.last is not None:
        said.append(phrase("stale_said", language, year=wording.last(standing)[1]))
    if target.year_basis == "yearly":
        said.append(phrase("yearly_floor_said", language))
    if target.implausible:
        said.append(f"{phrase('implausible', language)}: {target.implausible.get(language)}")
    return said


def _say_needs(target: Target, wording: Wording) -> list[str]:
    """What has to be counted: numerator and denominator of the target."""
    parts = [target.numerator, target.denominator]
    return [part.get(wording.language) for part in parts if part] or [target.definition.get(wording.language)]


def draw_target_facts(
    standing: Standing,
    wording: Wording,
    *,
    national: Sequence[str],
    proxies: Sequence[str],
    flags: Sequence[str],
    sources: Sequence[str],
    series: Sequence[Mapping[str, Any]],
) -> Fragment:
    """What stands behind a target: definition, legal source, ambiguity, department, sources, data to download."""
    target, language = standing.target, wording.language
    facts: list[tuple[str, str]] = []

    def add(key: str, text: str) -> None:
        if text:
            facts.append((phrase(key, language), text))

    add("definition", target.definition.get(language))
    status = phrase(f"definition_{target.definition_status}", language)
    add("legal_source", f"{target.legal_source.get(language)} ({status})")
    add("ambiguity", target.ambiguity.get(language))
    add("department", f"{wording.departments(target)} ({wording.department_basis(target)})")
    if target.national:
        add("national", f"{target.national.text.get(language)} – {target.national.source.get(language)}")
    add("national_figures", "; ".join(national))
    add("proxies", "; ".join(proxies))
    add("flags", "; ".join(flags))
    add("source", "; ".join(sources))
    add("plan_section", phrase(f"plan_{target.plan}", language, section=target.section))
    columns = ["indicator", "territory", "year", "value", "unit", "status", "inputs"]
    rows = [[row[c] if c != "inputs" else " ".join(row[c]) for c in columns] for row in series]
    html = render(
        "target_facts",
        summary=phrase("about_target", language),
        facts=facts,
        csv=link_csv(columns, rows) if rows else "",
        csv_name=f"{target.id}.csv",
        csv_label=phrase("download_csv", language),
    )
    return Fragment(html, "\n".join(f"{term}: {text}" for term, text in facts))


def describe_value(row: Mapping[str, Any], indicator: Indicator, wording: Wording) -> str:
    """An indicator value in a line: name, number with unit, year; a bound keeps its sign."""
    value = with_unit(row["value"], row["unit"], indicator.decimals, wording.language, wording.book)
    sign = {"about": "≈ "}.get(row["qualifier"], f"{row['qualifier']} " if row["qualifier"] else "")
    year = name_year(row["year"], indicator, wording.book, wording.language)
    return f"{indicator.name.get(wording.language)}: {sign}{value} ({year})"
