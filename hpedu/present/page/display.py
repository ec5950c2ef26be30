"""Show things in a notebook: a chart, the head of the page, a piece of HTML.

Each object brings its own MIME bundle, so one notebook reads well in JupyterLab and carries all that
`hpedu.present.page.page` needs to publish it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from hpedu.errors import Refused
from hpedu.folders import write_whole
from hpedu.ingest.schema import split_place
from hpedu.present import PAGE_HEAD
from hpedu.present.charts.picture import draw_pixels
from hpedu.present.charts.plot import Key, Panel, Picture, draw
from hpedu.texts import Language, format_date, format_number, say, school_year

LAB_CHART = "application/vnd.vegalite.v5+json"
LAB_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""JupyterLab brings a renderer for version 5 only and needs no network for it."""
CHART = "application/vnd.hpedu.chart+json"
WIDE = 720
"""Pixels of a picture that stands alone, or on a wide page."""
MARKS = {"part": "bar", "place": "point", "series": "line"}
"""How Vega-Lite draws figures that have such a column."""
Bundle = dict[str, Any]


@dataclass(frozen=True)
class ChartText:
    """The words of a chart, and how it writes its figures and years."""

    title: str
    alt: str  # what the chart shows, in a sentence or two
    name: str  # a slug, unique on the page: anchor and prefix of ids
    language: Language
    unit_label: str
    decimals: int
    school_year: bool = True  # years are school years; else calendar years
    claims: Sequence[str] = ()  # XPath that is true of a page if the title is (`hpedu.present.page.lint`)
    measure: str = ""  # what is measured
    source: str = ""  # who published it, and when

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language of the chart."""
        return say(key, self.language, **values)

    def write(self, value: float | None, decimals: int | None = None) -> str:
        """Write a figure with the decimals of the chart, or with fewer of its own."""
        return format_number(value, self.decimals if decimals is None else decimals, self.language)

    def name_year(self, year: int) -> str:
        """Name a year in full: `2015-2016` for a school year in Vietnamese."""
        return school_year(year, self.language) if self.school_year else str(year)

    def year_header(self) -> str:
        """Return the heading of the years in a table, or the title of their axis."""
        return self.say("school_year" if self.school_year else "year")

    def frame(
        self,
        panels: Sequence[Panel],
        key: Sequence[Key],
        *,
        columns: int = 3,
        notes: Sequence[str] = (),
        starts_at_zero: bool = True,
    ) -> Picture:
        """Put panels into their frame: the finding as title, measure and unit below it, the source at the foot."""
        said = self.unit_label.lower() in self.measure.lower()  # "Teachers per class" needs no unit
        measure = self.measure if said else ", ".join(filter(None, [self.measure, self.unit_label]))
        warning = "" if starts_at_zero else " " + self.say("axis_not_zero")
        return Picture(self.title, measure + warning, self.source, panels, key, columns=columns, notes=notes)

    def list_figures(self, data: pl.DataFrame) -> Bundle:
        """List figures for a spreadsheet (`columns`, `rows`): names, years as printed, units, status, sources."""
        rows = []
        for row in data.drop_nulls("value").iter_rows(named=True):
            decimals = self.decimals if row.get("decimals") is None else row["decimals"]
            numbers = [row["value"], row.get("lo80"), row.get("hi80")]
            value, low, high = (None if number is None else round(number, decimals) for number in numbers)
            status = self.say(f"status_{row['status']}") if "status" in row else ""
            flags, inputs = ("; ".join(row.get(name) or ()) for name in ("flags", "inputs"))
            name = ": ".join(row[name] for name in ("panel", "series", "part") if name in row)
            cells = [value, self.unit_label, low, high, status, flags, self.source, inputs]
            rows.append([self.measure, name, self.name_year(row["year"]), *cells])
        keys = ("value", "unit", "low80", "high80", "status", "flags", "source", "cells")
        return {
            "columns": [*map(self.say, ("indicator", "series")), self.year_header(), *map(self.say, keys)],
            "rows": rows,
        }


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart and what must never part from it: words for those who do not see it, and its numbers.

    `data` is the frame of its figures, `spec` a plain chart of them in Vega-Lite, from which
    `altair.Chart.from_dict(chart.spec)` goes on, `save()` writes it as a file.
    """

    text: ChartText
    picture: Picture
    table: pl.DataFrame  # the chart's numbers, ready to read; headers in the page's language
    data: pl.DataFrame  # the figures themselves, one a row, for other programs
    synthetic: bool = False
    remarks: str = ""  # on the table: what its marks mean, which years it has no figure for
    # For each row and column of the table, the cells of the files it comes from (`file!cell`); empty if not known.
    origins: Sequence[Sequence[Sequence[str]]] = ()

    @property
    def plain(self) -> str:
        """Return the chart in plain text: what it shows."""
        return self.text.alt

    @property
    def spec(self) -> dict[str, Any]:
        """Describe the figures in Vega-Lite: lines of series, bars of parts, or dots of places."""
        kind, mark = next(pair for pair in MARKS.items() if pair[0] in self.data.columns)
        value = {"field": "value", "type": "quantitative"}
        encoding: dict[str, Any] = {
            "x": value if kind == "place" else {"field": "year", "type": "ordinal"},
            "y": {"field": "series", "type": "nominal"} if kind == "place" else value,
            "color": {"field": kind, "type": "nominal"},
        }
        if "panel" in self.data.columns:
            encoding["facet"] = {"field": "panel", "type": "nominal", "columns": 3}
        picture = self._warned()
        under = [line for line in (picture.warning, picture.measure, picture.source) if line]
        return {
            "$schema": LAB_SCHEMA,
            "title": {"text": picture.title, "subtitle": under},
            "data": {"values": self.data.to_dicts()},
            "mark": {"type": mark, "tooltip": True},
            "encoding": encoding,
        }

    @property
    def html(self) -> str:
        """Draw the chart for a notebook: each dot tells the pointer what it is."""
        return Markup('<figure role="img" aria-label="{}">{}</figure>').format(self.plain, Markup(self.svg))

    def draw(self, width: int = WIDE) -> str:
        """Draw the chart as an SVG that stands alone, so many pixels wide."""
        return draw(self._warned(), width)

    @property
    def svg(self) -> str:
        """Draw the chart as a picture for everything but a page of reports."""
        return self.draw()

    def save(self, path: str | Path) -> Path:
        """Save the chart as a picture (.svg, .png), its spec (.json) or its figures (.csv), and return the path.

        Raises `Refused` for another ending.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".svg":
                content = self.svg.encode()
            case ".png":
                content = draw_pixels(self.svg)
            case ".json":
                content = json.dumps(self.spec, ensure_ascii=False, indent=1).encode()
            case ".csv":
                figures = self.list_figures()
                content = pl.DataFrame(figures["rows"], figures["columns"], orient="row").write_csv().encode()
            case other:
                raise Refused("chart_ending", ending=other or path.name, endings=[".svg", ".png", ".json", ".csv"])
        write_whole(path, content)
        return path

    def __repr__(self) -> str:
        return f"{self.text.title} (.data, .table, .spec, .save())"

    def _warned(self) -> Picture:
        """Write the synthetic warning into the picture: it must survive being cut out of the page."""
        return replace(self.picture, warning=self.text.say("synthetic_chart") if self.synthetic else "")

    def list_figures(self) -> Bundle:
        """List the figures for a spreadsheet (`columns`, `rows`); those of the table where they have no years."""
        if "year" not in self.data.columns:
            return {"columns": self.table.columns, "rows": [list(row) for row in self.table.iter_rows()]}
        return self.text.list_figures(self.data)

    def _repr_mimebundle_(self, **wanted: object) -> Bundle:
        page_chart = {
            "name": self.text.name,
            "title": self.text.title,
            "alt": self.text.alt,
            "picture": asdict(self._warned()),
            "table": {"columns": self.table.columns, "rows": [list(row) for row in self.table.iter_rows()]},
            "remarks": self.remarks,
            "claims": list(self.text.claims),
            "origins": [[list(cell) for cell in row] for row in self.origins],
            "data": self.list_figures(),
            "language": self.text.language,
            "synthetic": self.synthetic,
        }
        return {CHART: page_chart, "text/html": self.html, "text/plain": self.plain}


@dataclass(frozen=True)
class PageHead:
    """The parts of a page above and below its body. One notebook shows exactly one."""

    title: str
    subtitle: str
    language: Language
    group: str  # slug of the target group; also the name of the page's file
    territory: str  # as the reader should see it
    year: int  # the school year that starts in it is the newest one on the page
    questions: list[str] = field(default_factory=list)
    synthetic: bool = False
    unread: list[str] = field(
        default_factory=list
    )  # files that could not be read: what they say is not on the page
    # name, publisher, title, url, published, confidence, file, digest of each source; any may be empty
    sources: list[dict[str, str]] = field(default_factory=list)
    inputs_digest: str = ""
    rules: list[str] = field(default_factory=list)
    home: str = ""  # the page that leads to this one; empty: the index
    made_by: str = ""  # who answers for the page
    # kind (previous, next, territory, language), place and name of each page beside this one; language of another
    siblings: list[dict[str, str]] = field(default_factory=list)
    past: bool = False  # the territory is no more

    def _repr_mimebundle_(self, **wanted: object) -> Bundle:
        warning = [f"**{say('synthetic_page', self.language)}**"] if self.synthetic else []
        if self.unread:
            warning.append(say("unread_page", self.language, count=len(self.unread), files=", ".join(self.unread)))
        questions = ["\n".join(f"- {question}" for question in self.questions)] if self.questions else []
        text = "\n\n".join([f"# {self.title}", *warning, self.subtitle, *questions])
        return {PAGE_HEAD: asdict(self), "text/markdown": text, "text/plain": self.title}


@dataclass(frozen=True)
class Table:
    """The cells of a table in plain text, for what is no page."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Collection[int] = ()  # columns that are set to the right


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML made by hpedu, with the same in plain text, and its cells if it is a table."""

    html: str
    plain: str
    table: Table | None = None

    def _repr_mimebundle_(self, **wanted: object) -> Bundle:
        return {"text/html": self.html, "text/plain": self.plain}


def is_vietnamese(text: str) -> bool:
    """Return whether a text has letters with marks: of the languages of sources, only Vietnamese has."""
    return any(map(unicodedata.combining, unicodedata.normalize("NFD", text)))


SOURCE = ("name", "publisher", "title", "confidence", "file", "digest")


def describe_source(source: dict[str, str], language: Language) -> dict[str, str]:
    """Describe a source for the footer. Only web addresses become links: a page must not carry other schemes."""
    text = {key: source.get(key) or "" for key in SOURCE}
    spoken = {key: "vi" if is_vietnamese(text[key]) else "en" for key in ("publisher", "title") if text[key]}
    # A voice reads a page in its language: what is in another one has to say so.
    text |= {f"{key}_lang": code for key, code in spoken.items() if code != language}
    address = source.get("url") or ""
    is_web = address.startswith(("https://", "http://"))
    date = format_date(source.get("published") or "", language)
    return text | {"url": address if is_web else "", "published": date}


def describe_origin(cells: list[str], sources: list[dict[str, str]]) -> list[dict[str, Any]]:
    """List the cells behind a figure by file: `file`, `cells`, number of its `source` in the footer or 0."""
    numbers = {source.get("file"): number for number, source in enumerate(sources, start=1)}
    by_file: dict[str, list[str]] = {}
    for cell in cells:
        file, place = split_place(cell)
        by_file.setdefault(file, []).append(place)
    return [
        {"file": file, "cells": ", ".join(places), "source": numbers.get(file, 0)}
        for file, places in by_file.items()
    ]


def find_newest(head: dict[str, Any]) -> str:
    """Return the day of the newest source of a page as it is printed; "" without any."""
    newest = max((source.get("published") or "" for source in head["sources"]), default="")
    return format_date(newest, head["language"])


def describe_making(head: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what the page was made from: parameters, the newest source, the digest of the inputs, versions."""
    language: Language = head["language"]
    parameters = (head["group"], head["territory"], school_year(head["year"], language), language)
    newest = find_newest(head)
    facts = [
        (say("parameters", language), " · ".join(parameters)),
        (say("newest_source", language), newest),
        (say("inputs_digest", language), head["inputs_digest"]),
        (say("versions", language), f"hpedu {version('hpedu')}"),
    ]
    return [(term, text) for term, text in facts if text]
