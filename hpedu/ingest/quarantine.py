"""Set aside what is not read with certainty, a cell or a whole file, with the reason and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from hpedu.decoding import neutralise
from hpedu.errors import HpeduError
from hpedu.ingest.schema import Cell, Resource, name_cell
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, say, say_value


class Unreadable(HpeduError, ValueError):
    """The refusal of a whole file.

    `reason` names a text (`unreadable_...` in `texts/command.toml`), `detail` is what a reader reported.
    """

    def __init__(self, reason: str, detail: str = "", file: str = "") -> None:
        self.reason, self.detail, self.file = reason, detail, file
        super().__init__(reason, detail, file)

    def of(self, file: str) -> Unreadable:
        """Return the same refusal with the name of the file."""
        return Unreadable(self.reason, self.detail, file)

    def say(self, language: str) -> str:
        """Say which file it is, what is wrong and what to do about it."""
        text = say(f"unreadable_{self.reason}", language)
        return f"{self.file}: " * bool(self.file) + text + f" ({self.detail})" * bool(self.detail)


class SetAside(Exception):
    """The refusal of one cell.

    `reason` is a code of the registry (dimension `reason`), `subject` the label or name the reason is about,
    `known` the names it was looked up in: the closest one is named in the message.
    """

    def __init__(self, reason: str, subject: str = "", known: Iterable[str] = ()) -> None:
        self.reason, self.subject, self.known = reason, subject, tuple(known)
        super().__init__(reason, subject)


def set_aside_row(
    cell: Cell, resource: Resource, reason: str, subject: str, registry: Registry, known: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the issue row of one cell, in words an analyst can act on, with the closest of the `known` names."""
    text = registry.code("reason", reason).name
    close = _find_closest(subject, known)
    hint = registry.code("hint", "closest").name if close else None
    values = {
        "subject": subject,
        "file": resource.path,
        "cell": name_cell(cell.sheet, cell.address),
        "printed": cell.printed,
        "known": ", ".join(known),
    }
    return {
        "file": resource.path,
        "sheet": cell.sheet,
        "cell": cell.address,
        "printed": cell.printed,
        "reason": reason,
        "subject": subject,
        "message_vi": text.vi.format(**values) + (f". {hint.vi.format(close=close)}" if hint else ""),
        "message_en": text.en.format(**values) + (f". {hint.en.format(close=close)}" if hint else ""),
    }


def set_aside_file(
    file: str, reason: str, subject: object, registry: Registry, sheet: str = "", cell: str = ""
) -> dict[str, Any]:
    """Return the issue row of a file or a part of it, by its path in data/raw. Nothing printed there is in it.

    `subject` may be sayable, or several.
    """
    text = registry.code("reason", reason).name
    said = {language: neutralise(say_value(subject, language)) for language in LANGUAGES}
    file = neutralise(file)
    place = name_cell(sheet, cell)
    return {
        "file": file,
        "sheet": sheet,
        "cell": cell,
        "printed": "",
        "reason": reason,
        "subject": said["en"],
        "message_vi": text.vi.format(file=file, cell=place, subject=said["vi"]),
        "message_en": text.en.format(file=file, cell=place, subject=said["en"]),
    }


@lru_cache(maxsize=4096)
def _find_closest(subject: str, known: tuple[str, ...]) -> str:
    """Return the known name most like the unknown one, case and accents apart; empty if none is alike."""
    # Of names that fold to the same text the first is meant.
    folded = {fold_text(name): name for name in reversed(known)}
    return next((folded[match] for match in get_close_matches(fold_text(subject), folded, n=1, cutoff=0.7)), "")
