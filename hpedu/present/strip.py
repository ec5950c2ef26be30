"""Draw a target on one line: the newest value, the range to come, the target."""

from __future__ import annotations

from math import floor

from markupsafe import Markup

from hpedu.assess.standing import Standing
from hpedu.present.page.blocks import render
from hpedu.present.view import WHOLE, Wording
from hpedu.texts import format_number

WIDTH, HEIGHT, MARGIN = 200, 30, 6


def draw_strip(standing: Standing, wording: Wording) -> Markup:
    """Draw a dot for the newest value, a bar for the 80% range of the deciding year, a tick for the target.

    A contradicted figure is a hollow dot for each of its readings. The strip starts at nought, or at half of its
    end if everything lies above that; both ends are written. It is "" without a number.
    """
    dots = list(standing.doubted["readings"]) if standing.doubted else []
    dots += [standing.last["value"]] if standing.last and not dots else []
    if standing.target.kind == "milestone" or not dots:
        return Markup("")
    ahead, target = standing.outlook, float(standing.target.value)
    goal = [] if wording.place.is_past else [target]
    bar = [] if ahead is None else [ahead["lo80"], ahead["hi80"]]
    values = [*dots, *bar, *goal]
    percent = standing.target.unit == "percent" and max(values) <= WHOLE
    end = float(WHOLE) if percent else _round_up(max(values))
    start = end / 2 if min(values) > end / 2 else min(0.0, min(values))

    def place(value: float) -> float:
        return round(MARGIN + (value - start) / ((end - start) or 1) * (WIDTH - 2 * MARGIN), 1)

    return render(
        "strip",
        width=WIDTH,
        height=HEIGHT,
        margin=MARGIN,
        dots=[place(value) for value in dots],
        hollow=standing.doubted is not None or standing.stale,
        bar=list(map(place, bar)),
        goal=place(target) if goal else None,
        ends=[format_number(value, 0 if value == floor(value) else 1, wording.language) for value in (start, end)],
    )


def _round_up(value: float) -> float:
    """Return the next number of one or one and a half digits: where a strip ends."""
    step = 10.0 ** (len(str(int(value))) - 1) / 2
    return step * (floor(value / step) + 1)
