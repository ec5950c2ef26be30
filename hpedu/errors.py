"""Errors that carry their data. Each is a to-do list: which file, where in it, what is wrong, what to do.

The text of an error is in `texts/command.toml`, in Vietnamese and English, under the name of its class; its
`{names}` are the attributes of the error. `error.say(language)` speaks it; `str(error)` is the English one. What
nobody has to catch by its class is a `Refused` with the name of its text, and needs no class of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, dataclass_transform

from hpedu.texts import (
    LANGUAGES,
    Language,
    Message,
    Sayable,
    current_language,
    has_text,
    message,
    say,
    say_value,
)

if TYPE_CHECKING:
    from pydantic import ValidationError

MOST_HINTS = 12


def describe_error(error: BaseException) -> str:
    """Return an error in one line: its kind and the first line of its text."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"


def explain_error(error: BaseException) -> str | Message:
    """Return an error of hpedu as something to say in either language, and any other one in one line."""
    if isinstance(error, Refused):
        return error.reason
    if isinstance(error, HpeduError) and type(error).say is HpeduError.say:
        return message(type(error).__name__, **vars(error))
    return describe_error(error)


@dataclass_transform(eq_default=False)
class HpeduError(Exception):
    """Base of all errors hpedu raises on purpose. What a subclass annotates are its fields, as of a dataclass."""

    status = 1
    """With which a command ends; 2 for what was typed wrongly."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(eq=False, repr=False)(cls)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross processes: there they are filled with what they hold here, and not made anew.
        return BaseException.__new__, (type(self),), vars(self)

    def say(self, language: str) -> str:
        """Say what is wrong and what to do about it."""
        return say(type(self).__name__, language, **vars(self))

    def __str__(self) -> str:
        return self.say("en")

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: what is wrong, without the way to it through hpedu's source."""
        return [self.say(current_language())]


@dataclass(frozen=True)
class Problem:
    """One thing to correct. A message is a text (`hpedu.texts.message`), or another error."""

    file: str | Sayable
    where: str | Sayable
    message: str | Sayable
    found: str = ""

    def say(self, language: str) -> str:
        parts = (say_value(part, language) for part in (self.file, self.where))
        place = ": ".join(part for part in parts if part)
        text = ": ".join(filter(None, (place, say_value(self.message, language))))
        return say("problem_found", language, text=text, found=self.found) if self.found else text

    def __str__(self) -> str:
        return self.say("en")


def list_problems(error: ValidationError, file: str, where: str) -> list[Problem]:
    """List what a typed row refused, one problem a field."""
    return [
        Problem(
            file,
            " ".join([where, ".".join(map(str, e["loc"]))]).strip(),
            name_refusal({**e}),
            str(e["input"])[:80],
        )
        for e in error.errors()
    ]


def name_refusal(refusal: Mapping[str, Any]) -> Sayable:
    """Say what pydantic, or a check of ours that it called, has against a value."""
    context = refusal.get("ctx", {})
    own = context.get("error")
    if isinstance(own, HpeduError):
        return own
    key = f"field_{refusal['type']}"
    expected = str(context.get("expected") or context.get("pattern") or "").replace(" or ", ", ")
    return message(key if has_text(key) else "field_refused", text=refusal["msg"], expected=expected)


class ProblemsError(HpeduError):
    """Several problems, reported at once. The text of a subclass in `texts/command.toml` heads the list."""

    problems: list[Problem]

    def say(self, language: str) -> str:
        heading = say(type(self).__name__, language, count=len(self.problems))
        return "\n".join([heading, *(f"  - {problem.say(language)}" for problem in self.problems)])


class RegistryError(ProblemsError):
    """The registry is broken."""


class IngestError(ProblemsError):
    """Files of data/raw could not be read at all."""


class Refused(HpeduError, ValueError):
    """Something given cannot be read, and why."""

    def __init__(self, key: str, **values: object) -> None:
        self.reason = message(key, **values)
        super().__init__(self.reason)

    def say(self, language: str) -> str:
        return self.reason.say(language)


def mistyped(key: str, **values: object) -> Refused:
    """Return the refusal of something that was typed wrongly."""
    refusal = Refused(key, **values)
    refusal.status = 2
    return refusal


class NoFigures(HpeduError, ValueError):
    """There is no counted figure at all."""


class UnknownName(HpeduError, ValueError):
    """A name that is not in the list it was looked up in; carries the closest ones.

    `kind` is what it should have named: `group`, `territory` ... (`kind_...` in `texts/command.toml`).
    """

    status = 2

    kind: str
    name: str
    known: Iterable[str]

    def __post_init__(self) -> None:
        self.known = known = sorted(self.known)
        self.close = _find_close(self.name, known)

    def say(self, language: str) -> str:
        key = f"kind_{self.kind.replace(' ', '_')}"
        kind = say(key, language) if has_text(key) else self.kind
        known = list(self.known)
        hints = self.close or known[:MOST_HINTS]
        more = "" if self.close or len(known) <= MOST_HINTS else " ..."
        text = "name_close" if self.close else "name_known"
        if not self.close and has_text(f"{key}_new"):
            more += say(f"{key}_new", language)
        return say(text, language, kind=kind, name=self.name, hints=hints) + more


def check_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a name that is one of those known; `kind` is what it should name, as of `UnknownName`.

    Raises `UnknownName` if it is none of them, with the closest ones.
    """
    known = list(known)
    if name not in known:
        raise UnknownName(kind, str(name), known)
    return name


class WrongParameters(HpeduError, ValueError):
    """What is asked for cannot be: everything that is wrong, in one sentence of the report's language."""

    status = 2

    problems: list[Sayable]
    language: str

    def say(self, language: str) -> str:
        return say("WrongParameters", language, problems="; ".join(one.say(language) for one in self.problems))

    def __str__(self) -> str:
        return self.say(self.language)


FIRST_YEAR, LAST_YEAR = 1954, 2100


class NoYear(HpeduError, ValueError):
    """A school year that nobody can mean, such as 26."""

    status = 2

    year: int
    first: int = FIRST_YEAR
    last: int = LAST_YEAR


def check_year(year: int) -> int:
    """Return the year in which a school year starts. Raises `NoYear` unless it is one that can be meant."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NoYear(year)
    return year


class WrongEnding(HpeduError, ValueError):
    """A file to be written whose name promises another kind of file than it would be."""

    status = 2

    path: Path
    ending: str


def check_ending(path: Path, ending: str) -> Path:
    """Return the path of a file to be written. Raises `WrongEnding` if its name does not end so."""
    if path.suffix.lower() != ending:
        raise WrongEnding(path, ending)
    return path


def check_language(text: str) -> Language:
    """Return the language that a text names. Raises `UnknownName` if it is none that hpedu speaks."""
    return cast(Language, check_name("language", text, LANGUAGES))


def _find_close(name: str, known: list[str]) -> list[str]:
    """Find numbers by their distance and names by their letters; else names one word of which is like it."""
    if name.isdecimal() and all(one.isdecimal() for one in known):
        return sorted(known, key=lambda one: abs(int(one) - int(name)))[:3]
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return close or [one for one in known if get_close_matches(name, one.split("_"), cutoff=0.75)][:3]
