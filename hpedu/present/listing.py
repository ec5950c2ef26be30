"""Targets as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hpedu.present.naming import Wording
from hpedu.present.report import Report, list_targets
from hpedu.registry import Language, registry


def list_lines(
    *, group: str | None, state: str | None, department: str | None, territory: str, language: str
) -> Iterator[str]:
    """One line a target: number, id, objective, last value, state."""
    found = list_targets(group=group, state=state, department=department, territory=territory)
    spoken: Language = "vi" if language == "vi" else "en"
    wording = Wording(registry(), spoken, territory)
    for target, standing in found:
        last, year = wording.last(standing)
        value = f"{last} ({year})" if last else "-"
        state_name = wording.book.name("state", standing.state, spoken)
        yield f"{target.number:>2}  {target.id:<46} {wording.objective(target):<16} {value:<28} {state_name}"
    yield f"{len(found)} / {len(wording.book.targets)}"


def show_lines(name: str, territory: str, language: str) -> Iterator[str]:
    """Everything about one target.

    Raises
    ------
    UnknownName
        If no target has this id, with the closest ones.
    """
    for piece in Report("overview", territory=territory, year=None, language=language).target(name).pieces:
        yield getattr(piece, "plain", "") or getattr(piece, "alt", "")
