"""What a page answers is true of the page, and what has changed is said in words.

No target is called the farthest, none that is met is called unmet.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from hpedu.assess.changes import CHANGES
from hpedu.assess.standing import Standing
from hpedu.present.summary import answer, draw_changes
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language

SHARES = (
    "preschool_private_school_share",
    "preschool_private_pupil_share",
    "lower_secondary_private_school_share",
)
SUPERLATIVES = {"vi": ("nhiều nhất:", "tăng tốc", "xa nhất"), "en": ("steepest", "speed up", "farthest")}


def stand(registry: Registry, name: str, value: float | None, *, state: str = "one_point") -> Standing:
    target = registry.targets[name]
    last = {"indicator": name, "year": 2025, "value": value, "unit": target.unit, "inputs": []}
    gap = None if value is None or state == "not_judged" else float(target.value) - value
    return Standing(target, "hai_phong", state, last=None if value is None else last, gap=gap)


def say(standings: list[Standing], language: Language, registry: Registry) -> str:
    return answer(standings, Wording(registry, language, "hai_phong")).text


def test_a_gap_is_the_distance_in_the_unit_of_the_target(registry: Registry) -> None:
    """The figures of the overview of 2025: none of them may be ranked by its gap divided by its objective."""
    page = [stand(registry, name, value) for name, value in zip(SHARES, (21.98, 17.0, 0.7), strict=True)]
    text = say(page, "vi", registry)
    assert "(2025-2026: 22,0%; mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 13,0 điểm %)" in text
    assert "(2025-2026: 17%; mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 18 điểm %)" in text
    count = stand(registry, "international_multilevel_school_count", 2.0)
    assert "còn cách 1 trường)" in say([count], "vi", registry)


@pytest.mark.parametrize("language", LANGUAGES)
def test_targets_are_named_in_the_order_of_the_plans_and_none_is_called_the_farthest(
    registry: Registry, language: Language
) -> None:
    page = [stand(registry, name, 1.0) for name in (*SHARES, "upper_secondary_private_school_share")]
    text = say(page, language, registry)
    places = [text.find(standing.target.name.get(language)) for standing in page]
    assert places[:3] == sorted(places[:3]) and min(places[:3]) > 0
    assert places[3] == -1
    assert ("4 chỉ tiêu; 3 chỉ tiêu đầu" if language == "vi" else "4 targets; the first 3") in text
    assert not [word for word in SUPERLATIVES[language] if word in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_met_is_not_named(registry: Registry, language: Language) -> None:
    met = stand(registry, SHARES[0], 40.0, state="met")
    short = stand(registry, SHARES[1], 17.0)
    assert met.target.name.get(language) not in say([met, short], language, registry)
    assert short.target.name.get(language) in say([met, short], language, registry)
    assert ("Mọi chỉ tiêu" if language == "vi" else "Every target") in say([met], language, registry)


def test_a_ceiling_is_as_far_as_a_floor(registry: Registry) -> None:
    over = stand(registry, SHARES[0], 37.5)
    target = over.target.model_copy(update={"comparison": "<=", "value": Decimal(35)})
    one = Standing(target, "hai_phong", "one_point", last=over.last, gap=-2.5)
    assert "target ≤\N{NO-BREAK SPACE}35%, 2.5 points to go)" in say([one], "en", registry)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", [None, 40.0])
def test_of_a_country_nothing_is_called_met_or_missing(
    registry: Registry, language: Language, value: float | None
) -> None:
    page = [
        stand(registry, SHARES[0], 40.0, state="not_judged"),
        stand(registry, SHARES[1], value, state="not_judged"),
    ]
    text = say(page, language, registry)
    known = 1 if value is None else 2
    assert (f"{known} có số liệu" if language == "vi" else f"{known} have a figure") in text
    assert ("Mọi chỉ tiêu" if language == "vi" else "Every target") not in text
    assert (("Không thiếu" if language == "vi" else "No figure is missing") in text) is (value is not None)


def make_changes(*rows: dict[str, Any]) -> pl.DataFrame:
    plain: dict[str, Any] = dict.fromkeys(CHANGES) | {
        "target": "nursery_enrolment_rate",
        "why": [],
        "change": "none",
    }
    return pl.DataFrame([plain | row for row in rows], schema=CHANGES, orient="row")


REVISED = {
    "change": "revised",
    "why": ["revised"],
    "state_before": "one_point",
    "state_after": "one_point",
    "value_before": 40.04,
    "year_before": 2024,
    "value_after": 39.0,
    "year_after": 2024,
    "value_revised": 39.0,
    "edition": "2026-03",
}


def say_changes(changes: pl.DataFrame, registry: Registry, language: Language, *, saved: bool = True) -> str:
    block = draw_changes(changes, Wording(registry, language, "hai_phong"), year=2024, saved=saved)
    return "\n".join(piece.plain for piece in block.pieces)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "Số liệu năm 2024-2025 được ấn bản 3/2026 sửa từ 40,0% thành 39,0%."),
        ("en", "The figure for 2024-25 was revised by edition March 2026 from 40.0% to 39.0%."),
    ],
)
def test_a_revision_is_said_with_edition_and_both_values(
    registry: Registry, language: Language, said: str
) -> None:
    assert said in say_changes(make_changes(REVISED), registry, language)


def test_what_it_is_compared_with_is_said(registry: Registry) -> None:
    rows = make_changes(REVISED)
    assert "như đã lập" in say_changes(rows, registry, "vi", saved=True)
    assert "Không có bản lưu" in say_changes(rows, registry, "vi", saved=False)
    assert "was kept" in say_changes(make_changes({}), registry, "en", saved=False)  # also where nothing changed


def test_targets_without_a_change_are_counted_not_listed(registry: Registry) -> None:
    text = say_changes(make_changes(REVISED, {"target": "literacy_rate_15_60_level_2"}), registry, "en")
    assert "nothing changed 1" in text
    assert "Literacy" not in text and "literacy" not in text


def test_a_state_of_an_older_hpedu_is_named_as_it_was_kept(registry: Registry) -> None:
    row = REVISED | {"state_before": "<b>gone</b>", "change": "verdict_changed"}
    block = draw_changes(make_changes(row), Wording(registry, "en", "hai_phong"), year=2024, saved=True)
    html = str(block.pieces[0].html)  # type: ignore[union-attr]
    assert "&lt;b&gt;gone" in html and "<b>gone" not in html


@pytest.mark.parametrize("reason", ["new_value", "withdrawn", "objective", "time"])
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("target", ["nursery_enrolment_rate", "unesco_learning_city_member"])
def test_every_reason_has_words(registry: Registry, reason: str, language: Language, target: str) -> None:
    name = (
        target
        if target in registry.targets
        else next(t.id for t in registry.targets.values() if t.milestone_indicator)
    )
    row = REVISED | {"target": name, "change": "verdict_changed", "why": [reason]}
    text = say_changes(make_changes(row), registry, language)
    assert "{" not in text and "None" not in text


def test_a_chance_is_said_only_if_it_moved(registry: Registry) -> None:
    moved = REVISED | {"probability_before": 0.12, "probability_after": 0.36}
    still = REVISED | {"probability_before": 0.34, "probability_after": 0.36}
    assert "Chance of meeting it: about 10% before, about 35% now." in say_changes(
        make_changes(moved), registry, "en"
    )
    assert "Chance" not in say_changes(make_changes(still), registry, "en")
