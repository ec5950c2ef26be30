"""What a page answers, in three sentences made from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hpedu.outlook import Standing
from hpedu.present.blocks import Prose
from hpedu.present.naming import Wording
from hpedu.present.wording import phrase

SILENT = ("no_data", "milestone_unreported")


def answer(standings: Sequence[Standing], wording: Wording) -> Prose:
    """How many targets have a figure and how they stand, which needs most, and what is missing from whom."""
    return Prose(
        " ".join(
            [
                _say_known(standings, wording),
                _say_furthest(standings, wording),
                _say_missing(standings, wording),
            ]
        )
    )


def _say_known(standings: Sequence[Standing], wording: Wording) -> str:
    book, language = wording.book, wording.language
    found = Counter(s.state for s in standings if s.state not in SILENT)
    if not found:
        return phrase("answer_none_known", language, all=len(standings), territory=wording.territory)
    states = [
        phrase("answer_state", language, count=found[code], state=_lower(book.name("state", code, language)))
        for code in book.codes_of("state")
        if code in found
    ]
    known = sum(found.values())
    return phrase(
        "answer_known",
        language,
        all=len(standings),
        known=known,
        territory=wording.territory,
        states="; ".join(states),
    )


def _say_furthest(standings: Sequence[Standing], wording: Wording) -> str:
    """The target whose yearly need is the largest part of its own objective: units then do not matter."""
    open_ones = [s for s in standings if s.required_pace is not None and s.target.value]
    if not open_ones:
        return phrase("answer_all_met", wording.language)
    one = max(open_ones, key=lambda s: abs(s.required_pace or 0.0) / abs(float(s.target.value)))
    return phrase(
        "answer_furthest",
        wording.language,
        name=one.target.name.get(wording.language),
        required=wording.pace(one.required_pace, one.target),
        last=wording.last(one)[0],
        objective=wording.objective(one.target),
    )


def _say_missing(standings: Sequence[Standing], wording: Wording) -> str:
    blank = [s for s in standings if s.state in SILENT]
    if not blank:
        return phrase("answer_nothing_missing", wording.language)
    owners = Counter(name for s in blank for name in s.target.departments)
    first, most = max(owners.items(), key=lambda item: item[1])
    name = wording.book.departments[first].name.get(wording.language)
    return phrase("answer_missing", wording.language, count=len(blank), department=name, most=most)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
