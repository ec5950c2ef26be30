"""What a page answers is true of the page, and what has changed is said in words.

Its counts add up to all targets.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from lxml import html

from hpedu.assess.changes import CHANGES
from hpedu.assess.standing import Standing
from hpedu.present.scorecard import draw_scorecard
from hpedu.present.summary import answer, draw_changes, name_gap
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language

SHARES = (
    "preschool_private_school_share",
    "preschool_private_pupil_share",
    "lower_secondary_private_school_share",
)


def stand(registry: Registry, name: str, value: float | None, *, state: str = "one_point") -> Standing:
    target = registry.targets[name]
    last = {"indicator": name, "year": 2025, "value": value, "unit": target.unit, "inputs": []}
    gap = None if value is None or state == "not_judged" else float(target.value) - value
    return Standing(target, "hai_phong", state, last=None if value is None else last, gap=gap)


def say(standings: list[Standing], language: Language, registry: Registry) -> str:
    return answer(standings, Wording(registry, language, "hai_phong")).text


def name(standing: Standing, registry: Registry, language: Language = "vi") -> str:
    return name_gap(standing, Wording(registry, language, "hai_phong"))


def test_a_gap_is_the_distance_in_the_unit_of_the_target(registry: Registry) -> None:
    first, second = (stand(registry, one, value) for one, value in zip(SHARES[:2], (21.98, 17.0), strict=True))
    assert "(2025-2026: 22,0%; mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 13,0 điểm %)" in name(first, registry)
    assert "(2025-2026: 17%; mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 18 điểm %)" in name(second, registry)
    count = stand(registry, "international_multilevel_school_count", 2.0)
    assert "còn cách 1 trường)" in name(count, registry)


def test_a_ceiling_is_as_far_as_a_floor(registry: Registry) -> None:
    over = stand(registry, SHARES[0], 37.5)
    target = over.target.model_copy(update={"comparison": "<=", "value": Decimal(35)})
    one = Standing(target, "hai_phong", "one_point", last=over.last, gap=-2.5)
    assert "target ≤\N{NO-BREAK SPACE}35%, 2.5 points to go)" in name(one, registry, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_target_is_in_one_of_the_counts(registry: Registry, language: Language) -> None:
    """Judged, with a figure, owed and lapsed ones add up to all; a state in none of them would be lost."""
    states = [one for one in registry.codes_of("state") if one != "not_judged"]
    page = [stand(registry, SHARES[0], 1.0, state=state) for state in states]
    _, counts = say(page, language, registry).split(": ", 2)[::2]
    numbers = [int(word) for word in re.findall(r"\d+", counts)]
    assert sum(numbers) == len(states)


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_less_than_half_judged_nothing_is_concluded(registry: Registry, language: Language) -> None:
    judged, silent = (
        stand(registry, SHARES[0], 40.0, state="met"),
        stand(registry, SHARES[1], None, state="no_data"),
    )
    words = "Chưa thể kết luận" if language == "vi" else "It cannot be said yet"
    assert say([judged, silent, silent], language, registry).startswith(words)
    assert say([silent], language, registry).startswith(words)
    assert not say([judged, silent], language, registry).startswith(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_claims_of_the_answer_hold_on_a_page_with_its_scorecard(
    registry: Registry, language: Language
) -> None:
    wording = Wording(registry, language, "hai_phong")
    page = [stand(registry, SHARES[0], 40.0, state="met"), stand(registry, SHARES[1], None, state="no_data")]
    card = draw_scorecard(page, wording, caption="", pages={}, details={}).html
    less = draw_scorecard(page[:1], wording, caption="", pages={}, details={}).html
    claims = answer(page, wording).claims
    assert len(claims) >= 5
    assert all(html.document_fromstring(card).xpath(claim) for claim in claims)
    assert not all(html.document_fromstring(less).xpath(claim) for claim in claims)


def test_a_strip_and_its_key_can_be_read_where_no_style_sheet_is(registry: Registry) -> None:
    """JupyterLab shows the scorecard without that of a page."""
    page = [stand(registry, SHARES[0], 17.0)]
    card = html.document_fromstring(
        draw_scorecard(page, Wording(registry, "en", "hai_phong"), caption="Targets", pages={}, details={}).html
    )
    assert card.xpath("string(//caption)").startswith("Targets ●")
    drawn = card.xpath("//svg//*[self::path or self::rect or self::circle]")
    assert len(drawn) == 3  # axis, target, figure
    assert all(one.get("stroke") or one.get("fill") for one in drawn)


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


def make_changes(*rows: dict[str, Any]) -> pl.DataFrame:
    plain: dict[str, Any] = dict.fromkeys(CHANGES) | {
        "target": "nursery_enrolment_rate",
        "why": [],
        "turned": False,
    }
    return pl.DataFrame([plain | row for row in rows], schema=CHANGES, orient="row")


REVISED = {
    "turned": False,
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
    row = REVISED | {"state_before": "<b>gone</b>", "turned": True}
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
    row = REVISED | {"target": name, "turned": True, "why": [reason]}
    text = say_changes(make_changes(row), registry, language)
    assert "{" not in text and "None" not in text


def test_a_chance_is_said_only_if_it_moved(registry: Registry) -> None:
    moved = REVISED | {"probability_before": 0.12, "probability_after": 0.36}
    still = REVISED | {"probability_before": 0.34, "probability_after": 0.36}
    assert "Chance of meeting it: about 10% before, about 35% now." in say_changes(
        make_changes(moved), registry, "en"
    )
    assert "Chance" not in say_changes(make_changes(still), registry, "en")
