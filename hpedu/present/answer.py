"""What a page answers, in a few sentences made from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hpedu.outlook import Standing
from hpedu.present.blocks import Prose
from hpedu.present.naming import Wording
from hpedu.present.quantity import format_amount
from hpedu.present.wording import phrase

SILENT = ("no_data", "milestone_unreported")
NAMED = 3  # targets that are not met are named one by one up to so many


def answer(standings: Sequence[Standing], wording: Wording) -> Prose:
    """Say how many targets have a figure and how they stand, which are not met, and what is missing from whom."""
    sentences = [
        _say_known(standings, wording),
        _say_unmet(standings, wording),
        _say_missing(standings, wording),
    ]
    return Prose(" ".join(filter(None, sentences)))


def _say_known(standings: Sequence[Standing], wording: Wording) -> str:
    book, language = wording.book, wording.language
    found = Counter(s.state for s in standings if s.last is not None)
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


def _say_unmet(standings: Sequence[Standing], wording: Wording) -> str:
    """Name targets that their latest figure does not meet, in the order of the plans; "" if none was measured.

    Points, pupils per 10,000 and schools cannot be ranked against each other, so none is called the farthest.
    """
    measured = [s for s in standings if s.gap is not None]
    unmet = [s for s in measured if s.state != "met"]
    if not measured:
        return ""
    if not unmet:
        return phrase("answer_all_met", wording.language)
    targets = "; ".join(_name_gap(one, wording) for one in unmet[:NAMED])
    key = "answer_unmet" if len(unmet) <= NAMED else "answer_many_unmet"
    return phrase(key, wording.language, count=len(unmet), named=NAMED, targets=targets)


def _name_gap(standing: Standing, wording: Wording) -> str:
    """Name a target with its latest figure, its objective and what lies between them, in the target's own unit."""
    target, language = standing.target, wording.language
    decimals = wording.book.indicators[target.id].decimals
    return phrase(
        "answer_gap",
        language,
        name=target.name.get(language),
        last=wording.last(standing)[0],
        objective=wording.objective(target),
        gap=format_amount(abs(standing.gap or 0.0), target.unit, decimals, language, wording.book),
    )


def _say_missing(standings: Sequence[Standing], wording: Wording) -> str:
    """Say how much is missing and who has most of it; a country, which is only compared, owes nobody a figure."""
    blank = [s for s in standings if s.state in SILENT]
    if not blank:
        whole = all(s.last is not None for s in standings)
        return phrase("answer_nothing_missing", wording.language) if whole else ""
    owners = Counter(name for s in blank for name in s.target.departments)
    first, most = max(owners.items(), key=lambda item: item[1])
    name = wording.book.departments[first].name.get(wording.language)
    return phrase("answer_missing", wording.language, count=len(blank), department=name, most=most)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
