"""What changed, in words."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from hpedu.assess.changes import CHANGES
from hpedu.present.summary import draw_changes
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import Language


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


def plain(changes: pl.DataFrame, registry: Registry, language: Language, *, kept: bool = True) -> str:
    block = draw_changes(changes, Wording(registry, language, "hai_phong"), year=2024, kept=kept)
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
    assert said in plain(make_changes(REVISED), registry, language)


def test_what_it_is_compared_with_is_said(registry: Registry) -> None:
    rows = make_changes(REVISED)
    assert "như đã lập" in plain(rows, registry, "vi", kept=True)
    assert "Không có bản lưu" in plain(rows, registry, "vi", kept=False)
    assert "was kept" in plain(make_changes({}), registry, "en", kept=False)  # also where nothing changed


def test_targets_without_a_change_are_counted_not_listed(registry: Registry) -> None:
    text = plain(make_changes(REVISED, {"target": "literacy_rate_15_60_level_2"}), registry, "en")
    assert "nothing changed 1" in text
    assert "Literacy" not in text and "literacy" not in text


def test_a_state_of_an_older_hpedu_is_named_as_it_was_kept(registry: Registry) -> None:
    row = REVISED | {"state_before": "<b>gone</b>", "change": "verdict_changed"}
    block = draw_changes(make_changes(row), Wording(registry, "en", "hai_phong"), year=2024, kept=True)
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
    text = plain(make_changes(row), registry, language)
    assert "{" not in text and "None" not in text


def test_a_chance_is_said_only_if_it_moved(registry: Registry) -> None:
    moved = REVISED | {"probability_before": 0.12, "probability_after": 0.36}
    still = REVISED | {"probability_before": 0.34, "probability_after": 0.36}
    assert "Chance of meeting it: about 10% before, about 35% now." in plain(make_changes(moved), registry, "en")
    assert "Chance" not in plain(make_changes(still), registry, "en")
