"""A series as a line the size of a word, with its target: the shape at a glance, the figures stand beside it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hpedu.present.blocks import render

WIDTH, HEIGHT, MARGIN = 96, 28, 4

Points = Sequence[tuple[int, float]]


def draw_sparkline(known: Points, ahead: Points, target: float, due: int) -> Markup:
    """Known values as a line, the projection dashed, the target as a diamond in its year; empty for no value.

    Parameters
    ----------
    known, ahead
        (year, value) in order of years; `ahead` is the centre of the projection.
    """
    if not known:
        return Markup("")
    path = [*known, *ahead]
    years = [year for year, _ in path] + [due]
    values = [value for _, value in path] + [target]

    def place(year: int, value: float) -> str:
        across = (year - min(years)) / max(max(years) - min(years), 1)
        up = (value - min(values)) / ((max(values) - min(values)) or 1)
        return f"{MARGIN + across * (WIDTH - 2 * MARGIN):.1f},{HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN):.1f}"

    return render(
        "sparkline",
        width=WIDTH,
        height=HEIGHT,
        line=" ".join(place(*point) for point in known),
        ahead=" ".join(place(*point) for point in [known[-1], *ahead]) if ahead else "",
        last=place(*known[-1]).split(","),
        target=place(due, target).split(","),
    )
