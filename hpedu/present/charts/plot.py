"""Lay out a chart from marks in its own coordinates, as an SVG of any width.

A picture carries all that it needs out of the page: title, measure, key, source. Its labels stand beside the plot,
so that they cover nothing, whatever the width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from math import ceil
from typing import Literal

from hpedu.present.charts.style import COLOURS, FONT, LOOKS, spread, text_width, wrap

LINE = 15  # height of a line of text at 12 pixels
HEIGHTS = {True: 260, False: 230}  # of a plot in a wide and in a narrow picture, in pixels
SMALL = 170  # height of one of several plots
NARROW = 480  # pixels below which a picture is narrow
RIM = 10  # pixels around the picture in a file
BESIDE = 140  # pixels at most of the words beside a plot
SYMBOL = 30  # pixels that the symbol of a line takes in the key

Point = tuple[float, float]
Kind = Literal["line", "area", "dots", "box"]
SHAPES: dict[str, str] = LOOKS["shapes"]
OPEN: dict[str, float] = LOOKS["open"]


@dataclass(frozen=True)
class Mark:
    """One thing that is drawn: a line, an area up to `upper`, dots, or a box between two corners."""

    kind: Kind
    points: Sequence[Point]
    colour: str = "ink"  # of `COLOURS`
    series: str = ""  # it is hidden with its series
    upper: Sequence[float] = ()
    width: float = 2
    dash: Sequence[int] = ()
    shape: str = "circle"  # of `SHAPES`, or a sign that stands over each point
    hollow: bool = False
    opacity: float = 1
    words: Sequence[str] = ()  # of dots, or one of a box: what the pointer is told, or what stands in the box
    ink: str = ""  # of the words in a box


@dataclass(frozen=True)
class Label:
    """Words beside the plot, at the height of a point; `brief` ones where it is narrow or has others beside it."""

    at: Point
    words: str
    brief: str
    colour: str
    series: str = ""


@dataclass(frozen=True)
class Rule:
    """A vertical rule with words over the plot: something happened. A `double` one parts two kinds of figures."""

    at: float
    words: str
    double: bool = False


@dataclass(frozen=True)
class Key:
    """An entry of the key: a mark, as a sample, or a sign, and what it means."""

    sample: Mark | str
    words: str
    narrow: bool = False  # only where the words do not stand beside the plot


@dataclass(frozen=True)
class Axis:
    """Ends and ticks of a direction. `step` is the distance of two rows of the data table, for the pointer."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Panel:
    """A plot with its axes and what stands around it."""

    x: Axis
    y: Axis
    marks: Sequence[Mark]
    labels: Sequence[Label] = ()
    rules: Sequence[Rule] = ()
    goal: float | None = None  # a horizontal line to reach
    name: str = ""
    height: int = 0
    rows: Point | None = None  # where the first and the second row of the data table lie, for the pointer


@dataclass(frozen=True)
class Picture:
    """A whole chart: one panel or several beside each other, with a head and a foot."""

    title: str
    measure: str
    source: str
    panels: Sequence[Panel]
    key: Sequence[Key] = ()
    warning: str = ""
    columns: int = 3  # of panels in a wide picture
    notes: Sequence[str] = ()  # lines under the plot


def draw(picture: Picture, width: int, *, live: bool = False) -> str:
    """Draw the picture as SVG that stands alone, or `live` for a page, whose colours it takes by their names."""
    return _Drawing(picture, width, live=live, rim=0 if live else RIM).draw()


class _Drawing:
    def __init__(self, picture: Picture, width: int, *, live: bool, rim: int) -> None:
        self.picture, self.width, self.live, self.rim = picture, width, live, rim
        self.wide = width >= NARROW
        # Names stand beside a plot that has the width for them, else in the key.
        self.named = self.wide and len(picture.panels) == 1
        self.out: list[str] = []
        self.y = 4.0

    def draw(self) -> str:
        picture = self.picture
        self._write(picture.title, size=15, weight=600, line=20)
        self._write(picture.warning, size=13, weight=700, line=18, colour="alarm")
        self.y += 2
        self._write(picture.measure, size=12.5, line=17, colour="quiet")
        self._draw_key([key for key in picture.key if not (key.narrow and self.named)])
        columns = min(picture.columns, len(picture.panels)) if self.wide else 1
        room = (self.width - 14 * (columns - 1)) / columns
        for start in range(0, len(picture.panels), columns):
            row = picture.panels[start : start + columns]
            top, bottoms = self.y, []
            named = max(len(wrap(panel.name, room, bold=True)) if panel.name else 0 for panel in row) * LINE
            over = max(len(panel.rules) for panel in row) * LINE + 6 + named
            for place, panel in enumerate(row):
                bottoms.append(self._draw_panel(panel, place * (room + 14), top, room, over))
            self.y = max(bottoms)
        self.y += 2
        for note in picture.notes:
            self._write(note, size=12, line=16, colour="quiet")
        self.y += 2
        self._write(picture.source, size=11, line=15, colour="quiet")
        rim, width, height = -self.rim, self.width + 2 * self.rim, ceil(self.y + 4) + 2 * self.rim
        head = f'viewBox="{rim} {rim} {width} {height}" width="{width}" height="{height}"'
        if rim:
            # A page needs no namespace and has its own ground, a file neither.
            head = f'xmlns="http://www.w3.org/2000/svg" {head}'
            ground = f'<rect x="{rim}" y="{rim}" width="{width}" height="{height}" fill="{COLOURS["paper"]}"/>'
            self.out.insert(0, ground)
        return f'<svg {head} font-family="{FONT}" font-size="12">{"".join(self.out)}</svg>'

    # -- pieces --------------------------------------------------------------------------------------------

    def _paint(self, colour: str) -> str:
        return f"var(--{colour},{COLOURS[colour]})" if self.live else COLOURS[colour]

    def _put(self, tag: str, text: str = "", **attributes: object) -> None:
        named = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, "")}
        written = "".join(f' {name}="{_short(value)}"' for name, value in named.items())
        self.out.append(f"<{tag}{written}>{text}</{tag}>" if text else f"<{tag}{written}/>")

    def _words(self, x: float, y: float, text: str, *, colour: str = "ink", **more: object) -> None:
        self._put("text", escape(text), x=x, y=y, fill=self._paint(colour), **more)

    def _write(self, text: str, *, size: float, line: float, weight: int = 400, colour: str = "ink") -> None:
        """Write a paragraph over the whole width, and go below it."""
        for words in wrap(text, self.width, size=size, bold=weight > 400) if text else ():
            self.y += line
            bold = weight if weight > 400 else None
            self._words(
                0, self.y - 4, words, colour=colour, font_size=size if size != 12 else None, font_weight=bold
            )

    def _draw_key(self, keys: Sequence[Key]) -> None:
        x = 0.0
        self.y += 6 if keys else 0
        for key in keys:
            symbol = SYMBOL if isinstance(key.sample, Mark) else text_width(key.sample) + 8
            lines = wrap(key.words, self.width - symbol)
            wanted = symbol + max(map(text_width, lines))
            if x and (x + wanted > self.width or len(lines) > 1):
                x, self.y = 0.0, self.y + 18
            series = key.sample.series if isinstance(key.sample, Mark) else ""
            with self._group(series):
                if isinstance(key.sample, Mark):
                    self._draw_sample(key.sample, x, self.y + 8)
                else:
                    self._words(x, self.y + 12, key.sample)
                for number, words in enumerate(lines):
                    self._words(x + symbol, self.y + 12 + LINE * number, words)
            self.y += LINE * (len(lines) - 1)
            x += wanted + 16
        self.y += 20 if keys else 0

    def _draw_sample(self, mark: Mark, x: float, y: float) -> None:
        if mark.kind == "area":
            self._put(
                "rect", x=x, y=y - 6, width=24, height=12, fill=self._paint(mark.colour), opacity=mark.opacity
            )
        elif mark.kind == "box":
            self._put("rect", x=x + 6, y=y - 6, width=12, height=12, fill=self._paint(mark.colour))
        elif mark.kind == "line":
            self._stroke(f"M{_short(x)} {_short(y)}h24", mark)
        if mark.kind == "dots" or (mark.kind == "line" and mark.shape):
            self._dots(replace(mark, words=()), [(x + 12, y)])

    def _stroke(self, path: str, mark: Mark) -> None:
        dash = " ".join(map(str, mark.dash))
        round_ends = "round" if mark.dash and mark.dash[0] == 1 else None
        paint = self._paint(mark.colour)
        self._put(
            "path", d=path, fill="none", stroke=paint, stroke_width=mark.width, stroke_dasharray=dash or None,
            stroke_linecap=round_ends,
        )  # fmt: skip

    def _dots(self, mark: Mark, places: Sequence[Point]) -> None:
        """Draw the dots of a mark as one path; in a file, where each has its words, one by one."""
        if mark.shape not in SHAPES:
            for x, y in places:
                self._words(x, y - 8, mark.shape, colour=mark.colour, text_anchor="middle", font_weight=700)
            return
        is_open = mark.shape in OPEN
        paths = [f"M{_short(x)} {_short(y)}m{SHAPES[mark.shape]}" for x, y in places]
        titles = [] if self.live else [f"<title>{escape(words)}</title>" for words in mark.words]
        lined = is_open or mark.hollow
        look = {
            "fill": "none" if is_open else self._paint("paper" if mark.hollow else mark.colour),
            "stroke": self._paint(mark.colour) if lined else None,
            "stroke_width": OPEN.get(mark.shape, 1.8) if lined else None,
            "stroke_linecap": "round" if is_open else None,
            "opacity": mark.opacity if mark.opacity < 1 else None,
        }
        for path, title in zip(paths, titles, strict=True) if titles else [("".join(paths), "")]:
            self._put("path", title, d=path, **look)

    @contextmanager
    def _group(self, series: str) -> Iterator[None]:
        """Put what is drawn meanwhile into a group of its series, so that it can be hidden."""
        self.out += [f'<g data-series="{escape(series)}">'] if series else []
        yield
        self.out += ["</g>"] if series else []

    # -- a plot --------------------------------------------------------------------------------------------

    def _draw_panel(self, panel: Panel, left: float, top: float, room: float, over: float) -> float:
        """Draw one plot with all around it in its `room`, and return where it ends."""
        labels = [(one, _lines_of(one, self.named)) for one in panel.labels]
        widest = max((text_width(line, bold=True) for _, lines in labels for line in lines), default=0)
        margin = max((text_width(words) for _, words in panel.y.ticks), default=0) + (11 if panel.y.ticks else 0)
        x0, x1 = left + max(margin, 10), left + room - max(26.0 if panel.x.ticks else 10.0, widest + 16)
        y0 = top + over
        height = panel.height or (SMALL if len(self.picture.panels) > 1 else HEIGHTS[self.wide])
        y1 = y0 + height

        def x_of(value: float) -> float:
            return x0 + (value - panel.x.low) / (panel.x.high - panel.x.low) * (x1 - x0)

        def y_of(value: float) -> float:
            return y1 - (value - panel.y.low) / (panel.y.high - panel.y.low) * (y1 - y0)

        for number, line in enumerate(wrap(panel.name, room, bold=True) if panel.name else ()):
            self._words(left, top + LINE * (number + 1), line, font_weight=600)
        for value, words in panel.y.ticks:
            self._put("path", d=f"M{_short(x0)} {_short(y_of(value))}H{_short(x1)}", stroke=self._paint("grid"))
            self._words(x0 - 10, y_of(value) + 4, words, colour="quiet", text_anchor="end")
        self._draw_ticks(panel, x_of, (left, left + room), y1)
        for level, rule in enumerate(reversed(panel.rules)):
            self._draw_rule(rule, x_of(rule.at), (x0, x1), y0 - 5 - LINE * level, y1)
        if panel.goal is not None:
            self._stroke(
                f"M{_short(x0)} {_short(y_of(panel.goal))}H{_short(x1)}", Mark("line", (), "goal", width=1.4)
            )
        rows = ""
        if panel.rows:
            first, second = map(x_of, panel.rows)
            rows = f' data-rows="{first:.1f} {second - first:.3f}"'
        self.out.append(f"<g{rows}>")
        if rows:
            # The pointer is answered everywhere in the plot.
            self._put(
                "rect", x=x0 - 12, y=y0, width=x1 - x0 + 24, height=height, fill="none", pointer_events="all"
            )
        for mark in panel.marks:
            with self._group(mark.series):
                self._draw_mark(mark, x_of, y_of)
        self.out.append("</g>")
        self._draw_labels(labels, x_of, y_of, (y0, y1), x1)
        return y1 + (20 if panel.x.ticks else 6)

    def _draw_ticks(self, panel: Panel, x_of: Callable[[float], float], ends: Point, bottom: float) -> None:
        """Write the ticks below the plot; where they are too many, counted from the newest one back."""
        ticks = panel.x.ticks
        if not ticks:
            return
        start, end = x_of(panel.x.low), x_of(panel.x.high)
        need = max(text_width(words) for _, words in ticks) + 10
        step = max(1, ceil(need * (len(ticks) - 1) / (end - start)))
        self._put("path", d=f"M{_short(start)} {_short(bottom)}H{_short(end)}", stroke=self._paint("plain"))
        for value, words in ticks[::-1][::step]:
            half = text_width(words) / 2
            at = min(max(x_of(value), ends[0] + half), ends[1] - half)
            self._words(at, bottom + 16, words, colour="quiet", text_anchor="middle")

    def _draw_rule(self, rule: Rule, x: float, ends: Point, y: float, bottom: float) -> None:
        for at in (x - 1.5, x + 1.5) if rule.double else (x,):
            dash = () if rule.double else (2, 3)
            mark = Mark("line", (), "plain", width=1.2, dash=dash)
            self._stroke(f"M{_short(at)} {_short(y + 2)}V{_short(bottom)}", mark)
        half = text_width(rule.words) / 2
        middle = min(max(x, ends[0] - 30 + half), ends[1] + 24 - half)
        self._words(middle, y - 2, rule.words, colour="quiet", text_anchor="middle")

    def _draw_mark(self, mark: Mark, x_of: Callable[[float], float], y_of: Callable[[float], float]) -> None:
        placed = [(x_of(x), y_of(y)) for x, y in mark.points]
        path = "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in placed)
        if mark.kind == "line":
            self._stroke(path, mark)
        elif mark.kind == "area":
            back = [(x, y_of(upper)) for (x, _), upper in zip(placed, mark.upper, strict=True)]
            whole = path + "L" + "L".join(f"{_short(x)} {_short(y)}" for x, y in reversed(back)) + "z"
            self._put("path", d=whole, fill=self._paint(mark.colour), opacity=mark.opacity)
        elif mark.kind == "dots":
            self._dots(mark, placed)
        else:
            self._draw_box(mark, *placed)

    def _draw_box(self, mark: Mark, one: Point, other: Point) -> None:
        (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        self._put(
            "rect", x=left, y=top, width=right - left, height=bottom - top, fill=self._paint(mark.colour),
            opacity=mark.opacity if mark.opacity < 1 else None,
        )  # fmt: skip
        if mark.words and text_width(mark.words[0]) < right - left - 2 and bottom - top > LINE:
            x, y = (left + right) / 2, (top + bottom) / 2 + 4
            self._words(x, y, mark.words[0], colour=mark.ink or "ink", text_anchor="middle", font_size=11)

    def _draw_labels(
        self,
        labels: Sequence[tuple[Label, Sequence[str]]],
        x_of: Callable[[float], float],
        y_of: Callable[[float], float],
        ends: Point,
        edge: float,
    ) -> None:
        """Write the labels right of the plot, moved apart, each with a thin line to where its series ends."""
        heights = [LINE * len(lines) + 2.0 for _, lines in labels]
        centres = spread([y_of(one.at[1]) for one, _ in labels], heights, ends[0] - 8, ends[1] + 8)
        for (label, lines), centre in zip(labels, centres, strict=True):
            x, y = x_of(label.at[0]), y_of(label.at[1])
            with self._group(label.series):
                lead = Mark("line", (), label.colour, width=0.8, dash=(1, 2))
                self._stroke(
                    f"M{_short(x + 5)} {_short(y)}H{_short(edge + 3)}L{_short(edge + 9)} {_short(centre)}", lead
                )
                for number, words in enumerate(lines):
                    at = centre + 4 + LINE * (number - (len(lines) - 1) / 2)
                    self._words(edge + 12, at, words, colour=label.colour, font_weight=600)


def _lines_of(label: Label, named: bool) -> list[str]:
    if not named:
        return label.brief.split("\n")
    return [piece for line in label.words.split("\n") for piece in wrap(line, BESIDE, bold=True)]


def _short(value: object) -> str:
    """Write a coordinate with a tenth of a pixel; words are escaped."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return escape(str(value))
