"""Errors that carry their data. Each is a to-do list: which file, where in it, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


@dataclass(frozen=True)
class Problem:
    """One thing to mend."""

    file: str
    where: str
    message: str
    found: str = ""

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.where) if part)
        return f"{place}: {self.message}" + (f" (found: {self.found})" if self.found else "")


def list_problems(error: ValidationError, file: str, where: str) -> list[Problem]:
    """What a typed row refused, one problem a field."""
    return [
        Problem(file, " ".join([where, ".".join(map(str, e["loc"]))]).strip(), e["msg"], str(e["input"])[:80])
        for e in error.errors()
    ]


def describe_error(error: BaseException) -> str:
    """An error in one line: its kind and the first line of its text."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"


class HpeduError(Exception):
    """Base of all errors hpedu raises on purpose."""


class ProblemsError(HpeduError):
    """Several problems, reported at once."""

    heading = "problems"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        return "\n".join([f"{self.heading}: {count} to mend", *(f"  - {p}" for p in self.problems)])


class RegistryError(ProblemsError):
    """The registry is broken."""

    heading = "The registry is not whole"


class IngestError(ProblemsError):
    """Files of data/raw could not be read at all."""

    heading = "data/raw could not be read"


class UnknownName(HpeduError):
    """A name that is not in the list it was looked up in; carries the closest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        self.close = get_close_matches(name, self.known, n=3, cutoff=0.5)
        super().__init__(kind, name, self.known)

    def __str__(self) -> str:
        hint = self.close or self.known[:12]
        lead = "Did you mean" if self.close else "Known are"
        return f"No {self.kind} is called {self.name!r}. {lead}: {', '.join(hint)}"
