"""What a standing says: a sentence for every state, class and caution, in both languages."""

from __future__ import annotations

import pytest

from hpedu.outlook.open_sdg import CLASSES, NOT_AVAILABLE
from hpedu.present.naming import Wording
from hpedu.present.target_words import say_chance
from hpedu.present.wording import read_wording
from hpedu.registry import LANGUAGES, Language, Registry


def test_every_open_sdg_class_has_words() -> None:
    assert {f"open_sdg_{name}" for name in CLASSES if name != NOT_AVAILABLE} <= set(read_wording())


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
def test_a_chance_is_said_in_steps_of_five(book: Registry, probability: float, words: str) -> None:
    assert say_chance(probability, Wording(book, "en", "hai_phong")) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chance_is_never_certain(book: Registry, language: Language) -> None:
    said = {say_chance(p, Wording(book, language, "hai_phong")) for p in (0.0, 1.0)}
    assert not said & {"0%", "100%"}
