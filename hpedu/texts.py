"""Say things in Vietnamese and English: every sentence of hpedu is in `texts/*.toml`, in both languages.

A text names the values that belong into it in braces: `{count} figures`. Numbers, school years and dates are
written here, too, so that one figure looks the same wherever it is read.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
LANGUAGE_VARIABLE = "HPEDU_LANGUAGE"
MISSING = "…"
MINUS = "\N{MINUS SIGN}"

_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set holds, as everywhere
_NO_LANGUAGE = ("", "c", "posix")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Sayable(Protocol):
    """Anything that can be said in either language: an error, or a text with what belongs into it."""

    def say(self, language: str) -> str: ...


@dataclass(frozen=True)
class Message:
    """A text and the values it names, to be said later in whichever language is wanted then."""

    key: str
    values: Mapping[str, object]

    def say(self, language: str) -> str:
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.say("en")


def message(key: str, **values: object) -> Message:
    """Return a text to be said later."""
    return Message(key, values)


def say(key: str, language: str, **values: object) -> str:
    """Return the text of `key` in a language, with `values` in place of its `{names}`.

    A value may itself be sayable; a list becomes its parts with commas between them. Raises `KeyError` if there is
    no such text, or a value it names is missing.
    """
    spoken = {name: say_value(value, language) for name, value in values.items()}
    return fill(read_texts()[key][language], language, **spoken)


def fill(text: str, language: str, /, **values: object) -> str:
    """Return a text with values in place of its `{names}`; a quoted one that is blank is called blank."""
    return text.format(**values).replace("“”", read_texts()["blank"][language])


def say_value(value: object, language: str) -> Any:
    """Return a sayable in the language, a list as its parts with commas between them, anything else as it is."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(say_value(part, language)) for part in value)
    return value.say(language) if hasattr(value, "say") else value


def has_text(key: str) -> bool:
    """Return whether there is a text of that name."""
    return key in read_texts()


@cache
def read_texts() -> dict[str, dict[str, str]]:
    """Read all texts: key -> language -> text. A key is in one file only (a test holds that).

    Those of notebooks are called by the notebook and their own name: `preschool.title`.
    """
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).with_suffix("").rglob("*.toml")):
        prefix = f"{path.stem}." if path.parent.name == "notebooks" else ""
        with path.open("rb") as file:
            texts |= {prefix + key: text for key, text in tomllib.load(file).items()}
    return texts


def choose_language(environment: Mapping[str, str]) -> Language:
    """Return the language the command speaks: HPEDU_LANGUAGE, else what the locale says, else Vietnamese.

    A locale of another language than Vietnamese gets English; the locale C says nothing of a language.
    """
    wanted = environment.get(LANGUAGE_VARIABLE, "")[:2].lower()
    for language in LANGUAGES:
        if wanted == language:
            return language
    locale = next((environment[name] for name in _LOCALES if environment.get(name)), "")
    spoken = locale.partition(".")[0].partition("_")[0].lower()
    return "vi" if spoken in (*_NO_LANGUAGE, "vi") else "en"


_spoken: list[Language] = []


def remember_language(language: Language) -> None:
    """Remember the language of the newest report: errors and charts of its notebook speak it, too."""
    _spoken[:] = [language]


def current_language() -> Language:
    """Return the language of the newest report of this process; before any, that of the machine."""
    return _spoken[0] if _spoken else choose_language(os.environ)


def format_number(value: float | Decimal | None, decimals: int, language: str, *, trim: bool = False) -> str:
    """Write a number: `1.234,5` in Vietnamese, `1,234.5` in English, `…` for None and NaN.

    Halves are rounded away from zero, as in the yearbooks: 48.05 is 48.1, not the 48.0 of binary rounding.

    `trim` leaves out zeros at the end of the decimals: no more decimals than the number has.
    """
    if value is None or value != value:
        return MISSING
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{MINUS}{text}" if rounded < 0 else text


def write_number(value: float, language: str, decimals: int = 3) -> str:
    """Write a number with no more decimals than it has, and at most `decimals`."""
    return format_number(value, decimals, language, trim=True)


def count_decimals(value: float | Decimal) -> int:
    """Return how many decimals a number was given with: 48.05 has two, 50.0 none."""
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def school_year(year: int, language: str) -> str:
    """Name the school year that starts in `year`: `2021-2022` in Vietnamese, `2021-22` in English."""
    return f"{year}-{year + 1}" if language == "vi" else f"{year}-{(year + 1) % 100:02d}"


def format_date(date: str, language: str) -> str:
    """Write an ISO date, month or year: `30/9/2025`, `30 September 2025`; other texts stay as they are."""
    match = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", date)
    if not match or not 1 <= int(match[2]) <= 12:
        return date
    year, month, day = match[1], int(match[2]), int(match[3]) if match[3] else None
    if language == "vi":
        parts = [str(part) for part in (day, month) if part] + [year]
        return "/".join(parts)
    return " ".join(part for part in (str(day) if day else "", _MONTHS[month - 1], year) if part)
