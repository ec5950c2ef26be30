"""What hpedu says to whoever typed a command: every text in Vietnamese and English (`messages.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

LANGUAGE_VARIABLE = "HPEDU_LANGUAGE"
SPOKEN = ("vi", "en")
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set holds, as everywhere
_NO_LANGUAGE = ("", "c", "posix")


class Sayable(Protocol):
    """Anything that can be said in either language: an error, or a text with what belongs into it."""

    def say(self, language: str) -> str: ...


@dataclass(frozen=True)
class Note:
    """A text of `messages.toml` and the values it names."""

    key: str
    values: Mapping[str, object]

    def say(self, language: str) -> str:
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.say("en")


def note(key: str, **values: object) -> Note:
    """A text to be said later, in whichever language is asked for then."""
    return Note(key, values)


def say(key: str, language: str, **values: object) -> str:
    """The text of `key` in a language, with `values` in place of its `{names}`; a value may itself be sayable.

    Raises
    ------
    KeyError
        If there is no such text, or a value it names is missing.
    """
    spoken = {name: say_value(value, language) for name, value in values.items()}
    return read_messages()[key][language].format(**spoken)


def say_value(value: object, language: str) -> Any:
    """A sayable in the language, a list as its parts with commas between them, anything else as it is."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(say_value(part, language)) for part in value)
    return value.say(language) if hasattr(value, "say") else value


def has_message(key: str) -> bool:
    """Whether there is a text of that name."""
    return key in read_messages()


@cache
def read_messages() -> dict[str, dict[str, str]]:
    """All texts: key -> language -> text."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


def choose_language(environment: Mapping[str, str]) -> str:
    """Which language the command speaks: HPEDU_LANGUAGE, else what the locale says, else Vietnamese.

    A locale of another language than Vietnamese gets English; the locale C says nothing of a language.
    """
    wanted = environment.get(LANGUAGE_VARIABLE, "")[:2].lower()
    if wanted in SPOKEN:
        return wanted
    locale = next((environment[name] for name in _LOCALES if environment.get(name)), "")
    spoken = locale.partition(".")[0].partition("_")[0].lower()
    return "vi" if spoken in (*_NO_LANGUAGE, "vi") else "en"
