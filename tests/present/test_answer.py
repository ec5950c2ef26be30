"""What a page answers is true of the page: no target is called the farthest, none that is met is called unmet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hpedu.assess.standing import Standing
from hpedu.present.summary import answer
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
    assert "(hiện 22,0%, mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 13,0 điểm %)" in text
    assert "(hiện 17,0%, mục tiêu ≥\N{NO-BREAK SPACE}35%, còn cách 18,0 điểm %)" in text
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
