"""A cell that is not read with certainty is set aside, with the reason and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from hpedu.ingest.schema import Cell, Resource, name_cell
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry


class SetAside(Exception):
    """A cell is not read; `reason` is a code of the registry, `subject` what the reason is about.

    `known` are the names it was looked up in: the closest one is named in the message.
    """

    def __init__(self, reason: str, subject: str = "", known: Iterable[str] = ()) -> None:
        self.reason, self.subject, self.known = reason, subject, tuple(known)
        super().__init__(reason, subject)


def set_aside_row(
    cell: Cell, resource: Resource, reason: str, subject: str, registry: Registry, known: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The issue row of one cell, in words an analyst can act on, with the closest of the `known` names."""
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


@lru_cache(maxsize=4096)
def _find_closest(subject: str, known: tuple[str, ...]) -> str:
    """The known name most like the unknown one, case and accents apart; empty if none is alike."""
    folded = {fold_text(name): name for name in reversed(known)}  # of names alike the first is meant
    return next((folded[match] for match in get_close_matches(fold_text(subject), folded, n=1, cutoff=0.7)), "")
