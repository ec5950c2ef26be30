"""The words of a chance and of a verdict; every sentence of every state: tests/test_sentences.py."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from hpedu import Report
from hpedu.assess.standing import Standing
from hpedu.outlook.open_sdg import CLASSES, NOT_AVAILABLE
from hpedu.present.charts.trend import BOUNDS
from hpedu.present.page.display import Chart
from hpedu.present.target import (
    MARGIN,
    WIDTH,
    _foresee,
    _name_source,
    _round_up,
    draw_strip,
    say_chance,
    say_rests,
    say_standing,
)
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language, read_texts, say


def test_every_open_sdg_class_has_words() -> None:
    assert {f"open_sdg_{name}" for name in CLASSES if name != NOT_AVAILABLE} <= set(read_texts())


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "below 5%"),
        (0.02, "below 5%"),
        (0.03, "about 5%"),
        (0.349, "about 35%"),
        (0.97, "about 95%"),
        (0.98, "above 95%"),
        (1.0, "above 95%"),
    ],
)
def test_a_chance_is_said_in_steps_of_five(registry: Registry, probability: float, words: str) -> None:
    assert say_chance(probability, Wording(registry, "en", "hai_phong")) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("probability", "bound"), [(0.0, "5%"), (1.0, "95%")])
def test_a_chance_is_never_certain(registry: Registry, language: Language, probability: float, bound: str) -> None:
    """However sure the projection is, the words leave room: below the lowest step, above the highest."""
    said = say_chance(probability, Wording(registry, language, "hai_phong"))
    assert said.endswith(f" {bound}")
    assert said != say_chance(float(bound.rstrip("%")) / 100, Wording(registry, language, "hai_phong"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["likely", "uncertain", "unlikely"])
def test_the_word_of_a_verdict_is_that_of_its_state(registry: Registry, language: Language, state: str) -> None:
    """No two verdicts share a word, so none can stand for another; the texts: tests/sentences."""
    wording = Wording(registry, language, "hai_phong")
    words = {name: say_standing(judge(registry, name), wording)[1] for name in ("likely", "uncertain", "unlikely")}
    endings = {
        "vi": {
            "likely": "tức là có khả năng đạt.",
            "uncertain": "tức là chưa chắc đạt.",
            "unlikely": "tức là khó đạt",
        },
        "en": {"likely": "that is likely.", "uncertain": "that is uncertain.", "unlikely": "that is unlikely"},
    }
    assert [name for name, said in words.items() if endings[language][state] in said] == [state]


def judge(registry: Registry, state: str) -> Standing:
    target = registry.targets["nursery_enrolment_rate"]
    last = {"indicator": target.id, "year": 2025, "value": 40.0, "unit": "percent", "inputs": []}
    return Standing(target, "hai_phong", state, points=5, last=last, gap=10.0, probability=0.35)


@pytest.mark.parametrize(("required", "said"), [(None, False), (2.0, True)])
def test_the_pace_that_is_needed_is_said_where_there_is_one(
    registry: Registry, required: float | None, said: bool
) -> None:
    wording = Wording(registry, "en", "hai_phong")
    standing = replace(judge(registry, "likely"), required_pace=required)
    words = " ".join(say_standing(standing, wording))
    assert (wording.pace(2.0, standing.target) in words) is said


@pytest.mark.parametrize(
    ("state", "observed", "required", "said"),
    [
        ("unlikely", 2.1, 1.9, True),
        ("uncertain", -2.1, -1.9, True),
        ("unlikely", 1.0, 1.9, False),
        ("unlikely", -2.1, 1.9, False),
        ("unlikely", 2.1, 0.0, False),
        ("likely", 2.1, 1.9, False),
    ],
)
def test_a_doubtful_verdict_beside_a_pace_that_would_do_is_explained(
    registry: Registry, state: str, observed: float, required: float, said: bool
) -> None:
    standing = replace(judge(registry, state), required_pace=required, observed_pace=observed)
    assert (say("pace_enough_said", "vi") in say_standing(standing, Wording(registry, "vi", "hai_phong"))) is said


@pytest.mark.parametrize("value", [0.02, -0.02, 2.0, 0.0])
def test_a_small_pace_is_not_written_as_none(registry: Registry, value: float) -> None:
    said = Wording(registry, "en", "hai_phong").pace(value, registry.targets["nursery_enrolment_rate"])
    assert any(digit in said for digit in "123456789") is bool(value)


def test_what_outlooks_rest_on_is_said_once_for_all_targets(registry: Registry) -> None:
    wording = Wording(registry, "en", "hai_phong")
    row = {"year": 2030, "point": 42.0, "lo80": 40.0, "hi80": 44.0}
    alone = replace(judge(registry, "likely"), projection=[row])
    told = say_rests([alone, alone, judge(registry, "likely")], wording)
    assert (
        len(told) == 1
        and "2)" in told[0]
        and "alone" in told[0]
        and "alone" not in " ".join(say_standing(alone, wording))
    )


def test_a_projection_has_its_fan_and_without_any_the_columns_stay(registry: Registry) -> None:
    ahead = {"year": 2026, "point": 41.0} | {end: 41.0 + n for n, end in enumerate(BOUNDS)}
    standing = replace(judge(registry, "likely"), projection=[ahead])
    [row] = _foresee(standing, "x").to_dicts()
    drawn = {"series": "x", "year": 2026, "value": 41.0, "status": "projected"}
    assert row == drawn | {end: ahead[end] for end in BOUNDS}
    assert _foresee(replace(standing, projection=[]), "x").columns == list(row)


def test_what_is_known_of_a_part_is_said_where_nothing_is_of_the_whole() -> None:
    report = Report("general", territory="hai_phong", year=2025, language="en")
    said = [piece.plain for piece in report.target("lower_secondary_national_standard_share").pieces]
    assert "(before 1 July 2025)" in " ".join(said)


def test_the_title_of_a_source_in_another_language_says_so() -> None:
    source = {"publisher": "VnEconomy", "title": "Lễ khai giảng <2025>"}
    assert _name_source(source, "vi") == "VnEconomy: Lễ khai giảng &lt;2025&gt;"
    assert _name_source(source, "en") == 'VnEconomy: <span lang="vi">Lễ khai giảng &lt;2025&gt;</span>'


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.0, 0.5), (0.9, 1.0), (1.0, 1.5), (7.0, 7.5), (9.9, 10.0), (99.0, 100.0), (100.0, 150.0), (1499.0, 1500.0)],
)
def test_a_strip_ends_at_the_next_round_number(value: float, end: float) -> None:
    assert _round_up(value) == end


@pytest.mark.parametrize(
    ("unit", "value", "goal", "ends", "places"),
    [
        ("percent", 40.0, 100, ("0", "100"), (0.4, 1.0)),
        ("percent", 60.0, 90, ("50", "100"), (0.2, 0.8)),
        ("percent", 104.0, 50, ("0", "150"), (104 / 150, 1 / 3)),
        ("schools", 30.0, 5, ("0", "35"), (30 / 35, 5 / 35)),
    ],
)
def test_a_strip_shows_figure_and_target_where_they_are_between_its_ends(
    registry: Registry, unit: str, value: float, goal: int, ends: tuple[str, str], places: tuple[float, float]
) -> None:
    standing = judge(registry, "likely")
    target = standing.target.model_copy(update={"unit": unit, "value": Decimal(goal)})
    drawn = draw_strip(
        replace(standing, target=target, last={**(standing.last or {}), "value": value}),
        Wording(registry, "en", "hai_phong"),
    )
    assert tuple(re.findall(r">([\d.]+)</text>", drawn)) == ends
    [(tick, dot)] = re.findall(r'd="M([\d.]+) 1V19"/><circle [^>]*cx="([\d.]+)"', drawn)
    found = [float(dot), float(tick)]
    assert found == pytest.approx([MARGIN + place * (WIDTH - 2 * MARGIN) for place in places], abs=0.06)


def test_where_there_is_no_number_there_is_no_strip(registry: Registry) -> None:
    wording = Wording(registry, "en", "hai_phong")
    assert draw_strip(replace(judge(registry, "no_data"), last=None), wording) == ""


@pytest.mark.parametrize(("territory", "judged"), [("hai_phong", True), ("hai_phong_old", False)])
def test_objective_and_owner_of_a_target_are_shown_where_it_is_judged(territory: str, judged: bool) -> None:
    """The old city is past: its page shows the figures, and no target that anybody still answers for."""
    report = Report("preschool", territory=territory, year=2025, language="en")
    head, chart, facts = report.target("preschool_private_school_share").pieces
    assert isinstance(chart, Chart) and not isinstance(head, Chart) and not isinstance(facts, Chart)
    assert ("35%." in head.plain) is judged
    assert (report.wording.say("goal_2030") in str(chart.picture)) is judged
    assert ("Planning and Finance" in facts.plain) is judged


def test_a_milestone_has_no_chart_though_a_figure_shows_it() -> None:
    report = Report("general", territory="hai_phong", year=2025, language="en")
    block = report.target("general_universalisation_maintained")
    assert not any(isinstance(piece, Chart) for piece in block.pieces)
