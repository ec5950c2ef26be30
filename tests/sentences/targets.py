"""Say everything a page can say of a target, of all of them together, and of what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from hpedu.assess.changes import CHANGES
from hpedu.assess.standing import Standing
from hpedu.assess.tasks import Occurrence
from hpedu.outlook.open_sdg import CLASSES
from hpedu.present.brief import list_attention
from hpedu.present.registers import list_tasks
from hpedu.present.scorecard import draw_scorecard
from hpedu.present.summary import answer, draw_changes, explain_rules, name_gap
from hpedu.present.target import say_chance, say_open_sdg, say_rests, say_standing, title_chart
from hpedu.present.view import Quantity, Wording
from hpedu.registry import Registry, load_registry
from hpedu.registry.models import Break, Target, Text
from hpedu.texts import Language

CITY = "hai_phong"
SHARE, PER_10K, COUNT = (
    "nursery_enrolment_rate",
    "tertiary_students_per_10k",
    "international_multilevel_school_count",
)
MILESTONE = "unesco_learning_city_membership"
Sections = dict[str, list[str]]


def make_registry() -> Registry:
    """Return the registry with one break of series, so that its reason can be said."""
    reason = Text(vi="từ năm 2024 đếm cả nhóm trẻ độc lập", en="independent groups are counted from 2024")
    cut = Break(id="cut", indicator=SHARE, territory="", year=2024, reason=reason)
    return replace(load_registry(), breaks={"cut": cut})


def make_target(name: str, **changes: Any) -> Target:
    """Return a target of the registry with words of its own: a change of the plans is none of sentences."""
    plain = {
        "name": Text(vi=f"Chỉ tiêu thử {name}", en=f"Sample target {name}"),
        "numerator": Text(vi="Trẻ đi nhà trẻ", en="Children in nurseries"),
        "denominator": Text(vi="Trẻ 3-36 tháng", en="Children of 3 to 36 months"),
        "definition": Text(vi="Trẻ đi nhà trẻ trên trẻ 3-36 tháng", en="Children in nurseries among all"),
        "departments": ["preschool_primary"],
        "department_basis": "stated",
        "implausible": None,
        "year_basis": "stated",
        "year": 2030,
    }
    return load_registry().targets[name].model_copy(update=plain | changes)


def stand(state: str, value: float | None = 40.0, *, target: Target | None = None, **facts: Any) -> Standing:
    """Return a standing with a last figure of 2025 (none if `value` is None) and further facts."""
    target = target or make_target(SHARE, comparison=">=", value=Decimal(50))
    name = target.milestone_indicator or target.id
    row: dict[str, Any] = {"indicator": name, "year": 2025, "value": value, "unit": target.unit}
    last = None if value is None else row | {"qualifier": "", "inputs": []}
    if value is not None and target.kind != "milestone" and state != "not_judged":
        left = 5 if "required_pace" in facts else None
        facts = {"gap": float(target.value) - value, "years_left": left} | facts
    return Standing(target, CITY, state, last=last, points=facts.pop("points", 5), **facts)


DOUBTED = {
    "indicator": SHARE,
    "year": 2025,
    "value": 17.0,
    "unit": "percent",
    "readings": [13.0, 17.0],
    "inputs": [],
}
PROJECTED: dict[str, Any] = {
    "observed_pace": 0.84,
    "required_pace": 2.0,
    "best_pace": 1.46,
    "best_span": 5,
    "projection": ({"year": 2030, "point": 44.04, "lo80": 41.26, "hi80": 46.85},),
}


def list_states() -> dict[str, Standing]:
    """Return a standing for every state of the registry, some of them in more than one way."""
    old = make_target(SHARE, year=2020)
    floor = make_target(SHARE, year=None, year_basis="yearly")
    early = make_target(SHARE, year=2025, last_day=date(2025, 12, 31))
    lapsed = make_target(SHARE, lapsed=date(2025, 7, 1), substitute=SHARE)
    defined = make_target(SHARE, numerator=None, denominator=None, department_basis="inferred_level")
    milestone = make_target(MILESTONE, numerator=None, denominator=None, departments=["quality"])
    return {
        "no_data": stand("no_data", None),
        "no_data, nothing to count named": stand("no_data", None, target=defined),
        "contradicted": stand("contradicted", None, doubted=DOUBTED),
        "impossible": stand("impossible", 104.1, target=make_target("primary_net_enrolment_rate")),
        "leaning": stand("leaning", 47.0, probability=0.78, **PROJECTED),
        "milestone_unreported": stand("milestone_unreported", None, target=milestone),
        "milestone_not_reached": stand("milestone_not_reached", 0.0, target=milestone),
        "milestone_reached": stand("milestone_reached", 1.0, target=milestone),
        "not_judged": stand("not_judged"),
        "not_judged, no figure": stand("not_judged", None),
        "likely": stand("likely", 47.0, probability=0.78, **PROJECTED),
        "uncertain": stand("uncertain", 45.0, probability=0.34, **PROJECTED),
        "unlikely": stand("unlikely", probability=0.06, **PROJECTED),
        "met": stand("met", 52.0, points=1, met_since=2025),
        "met, for years": stand("met", 52.0, met_since=2022, probability=0.83),
        "missed": stand("missed", target=old),
        "missed, a floor": stand("missed", target=floor),
        "due": stand("due", target=early),
        "overdue": stand("overdue", None, target=early),
        "lapsed": stand("lapsed", None, target=lapsed),
        "one_point": stand("one_point", points=1, required_pace=2.0),
        "short": stand("short", points=2, required_pace=2.0),
        "broken": stand("broken", points=2, broken=True, required_pace=2.0),
    }


def list_cautions() -> dict[str, Standing]:
    """Return a standing for everything that is added to a verdict, and for each kind of unit and direction."""
    uncertain = list_states()["uncertain"]
    doubtful = make_target(SHARE, implausible=Text(vi="cả nước mới đạt 38%", en="the country is at 38%"))
    ceiling = make_target(SHARE, comparison="<=", value=Decimal("12.5"))
    counted = make_target(COUNT, value=Decimal(3))
    per_10k = make_target(PER_10K, value=Decimal(260))
    halved = make_target(MILESTONE, lapsed=date(2025, 7, 1))
    falling = {"observed_pace": -0.4, "required_pace": -1.5}
    return {
        "lost": replace(uncertain, lost_since=2024),
        "after a break": replace(uncertain, broken=True),
        "stale": replace(uncertain, stale=True),
        "with company": replace(uncertain, company=61),
        "implausible": replace(uncertain, target=doubtful),
        "no pace so far": replace(uncertain, observed_pace=None),
        "lapsed in part": stand("milestone_reached", 1.0, target=halved),
        "a ceiling": stand("uncertain", 20.0, target=ceiling, probability=0.3, **falling),
        "a count": stand("short", 2.0, target=counted, points=2, required_pace=8.4, observed_pace=0.0),
        "per 10,000": stand("unlikely", 100.0, target=per_10k, probability=0.0, required_pace=13.3),
        "an old figure, never the right way": replace(
            stand("short", 100.0, target=per_10k, required_pace=32.0, observed_pace=-13.0),
            last={
                "indicator": PER_10K,
                "year": 2018,
                "value": 100.0,
                "unit": "per_10k",
                "qualifier": "",
                "inputs": [],
            },
            stale=True,
            best_pace=-8.0,
            best_span=3,
        ),
    }


def say_targets(language: Language) -> Sections:
    """Say each state and caution, each class of Open SDG, each step of a chance, and the row of the scorecard."""
    wording = Wording(make_registry(), language, CITY)
    sections = {
        f"standing: {name}": say_standing(one, wording) for name, one in (list_states() | list_cautions()).items()
    }
    sections["what outlooks rest on"] = say_rests((list_states() | list_cautions()).values(), wording)
    sections["titles of charts"] = [
        title_chart(one, wording)
        for one in (list_states() | list_cautions()).values()
        if one.target.kind != "milestone"
    ]
    sections["standing: Open SDG"] = [
        line
        for name in CLASSES
        if name != "not_available"
        for line in say_open_sdg(stand("met", 52.0, points=1, progress=make_progress(name)), wording)
    ]
    chances = (0.0, 0.024, 0.026, 0.349, 0.5, 0.97, 0.976, 1.0)
    sections["tasks"] = _list_tasks(wording)
    sections["owners"] = [
        f"{wording.owner(target)}: {wording.department_basis(target)}"
        for target in wording.registry.targets.values()
        if target.number in (4, 6, 10, 65)
    ]
    others = [
        wording.registry.other_targets[name] for name in ("vmu_students_2030", "resolution_71_hdi_education")
    ]
    level3 = wording.registry.other_targets["hai_phong_universalisation_level3_2030"]
    sections["beside the plans"] = [
        *map(wording.other_target, [*others, level3]),
        *(wording.name_place(*place) for place in (("III.4", ""), ("V.1.3", "7"), ("", "3.4"))),
    ]
    sections["chance"] = [f"{chance}: {say_chance(chance, wording)}" for chance in chances]
    sections["scorecard"] = _draw_rows(wording)
    return sections


def make_progress(name: str) -> Mapping[str, Any]:
    """Return progress by Open SDG of one class."""
    return {"class": name, "score": -1.25, "base_year": 2015}


def _list_tasks(wording: Wording) -> list[str]:
    """Return the lines of a task in each state, led by a division that has ended and one that has a successor."""
    ended = wording.registry.departments["inspectorate"]
    followed = ended.model_copy(update={"id": "followed", "successor": "quality"})
    registry = replace(wording.registry, departments=wording.registry.departments | {"followed": followed})
    task = registry.tasks[0].model_copy(update={"departments": ["inspectorate", "followed"]})
    university = stand("overdue", None, target=registry.targets["new_university_attracted_2025"])
    states = [
        Occurrence(task, None, "roadmap"),
        Occurrence(task, date(2025, 12, 31), "done", "12/BC-SGDĐT; 2025-12-20"),
        Occurrence(task, date(2026, 12, 31), "overdue"),
        Occurrence(task, date(2027, 12, 31), "overdue"),
        Occurrence(task, date(2028, 12, 31), "open"),
        Occurrence(task, date(2029, 12, 31), "measured", standing=university),
    ]
    alone = Wording(replace(registry, tasks=[task]), wording.language, CITY)
    return list_tasks(states, alone).plain.splitlines()


def _draw_rows(wording: Wording) -> list[str]:
    standings = [*list_states().values(), *list_cautions().values()]
    rows = [{"indicator": SHARE, "year": 2025, "value": 40.0, "qualifier": ">", "unit": "percent", "inputs": []}]
    drawn = draw_scorecard(standings, wording, caption="", pages={}, details={})
    bound = wording.describe_value(rows[0], wording.registry.indicators[SHARE])
    about = wording.describe_value(rows[0] | {"qualifier": "about"}, wording.registry.indicators[SHARE])
    return [*drawn.plain.strip().splitlines(), bound, about]


def say_together(language: Language) -> Sections:
    """Say the answers of pages, the rules, and changes of a quantity."""
    wording = Wording(make_registry(), language, CITY)
    states, cautions = list_states(), list_cautions()
    pages = {
        "everything": [*states.values(), *cautions.values()],
        "three not met": [states["unlikely"], states["met"], cautions["a count"], cautions["per 10,000"]],
        "nothing known": [states["no_data"], states["milestone_unreported"]],
        "all met": [states["met"], states["milestone_reached"]],
        "few judged": [states["met"], states["no_data"], states["no_data"]],
        "a milestone alone": [states["milestone_not_reached"], states["no_data"]],
        "a country": [states["not_judged"], states["not_judged, no figure"]],
        "a country, nothing known": [states["not_judged, no figure"]],
    }
    sections = {f"answer: {name}": [answer(page, wording).text] for name, page in pages.items()}
    far = (states["unlikely"], cautions["a count"], cautions["per 10,000"])
    sections["gaps"] = [name_gap(one, wording) for one in far]
    sections["brief: attention"] = list(list_attention(pages["everything"], wording))
    sections["rules"] = explain_rules(language)
    sections["change of a quantity"] = _say_quantities(wording)
    return sections


def _say_quantities(wording: Wording) -> list[str]:
    share, count = (wording.registry.indicators[name] for name in (SHARE, COUNT))
    cases = [(share, 20.0, 25.5), (share, 25.5, 20.0), (share, 20.0, 20.0), (count, 0.0, 3.0), (count, 2.0, 3.0)]
    lines = []
    for indicator, first, last in cases:
        ends = [Quantity(indicator, value, f"{value}", f"{value}", "") for value in (first, last)]
        change = wording.change(ends[0], ends[1])
        lines.append(f"{first} → {last}: {change}; {change.relative}")
    return lines


PLAIN_CHANGE: dict[str, Any] = dict.fromkeys(CHANGES) | {
    "target": SHARE, "turned": False, "why": [],
    "state_before": "one_point", "state_after": "short",
    "value_before": 40.04, "year_before": 2024, "value_after": 39.0, "year_after": 2025,
    "value_revised": 39.5, "edition": "2026-03",
}  # fmt: skip
REASONS = ("new_value", "revised", "withdrawn", "objective", "time")


def say_changes(language: Language) -> Sections:
    """Say why a target changed, for every reason, and what the comparison is with."""
    wording = Wording(make_registry(), language, CITY)
    chances: dict[str, Any] = {"probability_before": 0.12, "probability_after": 0.36}
    nothing: dict[str, Any] = {"value_before": None, "year_before": None, "state_before": "no_data"}
    first: dict[str, Any] = nothing | {"why": ["new_value"]}
    report = {"target": MILESTONE, "state_before": "milestone_unreported", "state_after": "milestone_reached"}
    rows: list[dict[str, Any]] = [
        *({"why": [reason], "turned": False} for reason in REASONS),
        {"why": ["new_value"], "turned": True} | chances,
        first | {"turned": False},
        first | {"turned": True} | report,
        {"why": []},
    ]
    changed = pl.DataFrame([PLAIN_CHANGE | row for row in rows], schema=CHANGES, orient="row")
    same = pl.DataFrame([PLAIN_CHANGE], schema=CHANGES, orient="row")
    drawn = {
        "changes: listed": draw_changes(changed, wording, year=2024, saved=True),
        "changes: none": draw_changes(same, wording, year=2024, saved=False),
    }
    return {
        name: [line for piece in block.pieces for line in piece.plain.splitlines()]  # type: ignore[union-attr]
        for name, block in drawn.items()
    }
