"""Draw the communes on a map: a mark at the middle of each, its form telling which old province it was in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from math import cos, hypot, radians, sqrt
from statistics import median, quantiles
from typing import Any

import polars as pl

from hpedu import store
from hpedu.communes import counts_learners, find_small
from hpedu.errors import Refused, describe_error
from hpedu.folders import Project, find_project
from hpedu.ingest.words.vietnamese import sort_key
from hpedu.present.page.blocks import draw_table, render
from hpedu.present.page.display import Fragment
from hpedu.present.view import Lexicon
from hpedu.registry import Registry
from hpedu.registry.models import Commune, CommunePoint, Indicator
from hpedu.texts import Language, format_number, say, school_year

WIDTH, MARGIN = 640, 26
SMALLEST, LARGEST = 4.0, 13.0  # half the size of a mark
FAR = 0.6  # degrees from the middle of all: a commune out at sea is set at the rim
SHADES = 4
ROUNDS = 60  # of moving marks apart; those of the inner city are free of each other after about 30
LETTER = 7.5  # the mean width of a letter of a name
BORDERS = "communes.geojson"
Ring = list[tuple[float, float]]


def draw_commune_map(indicator: Indicator, registry: Registry, language: Language, until: int) -> Fragment | None:
    """Draw a rate in each commune, by shade; the size tells its denominator or whom it is of. With a table.

    None if no school list has it in a year up to `until`.
    """
    values = store.commune_values().filter(
        pl.col("indicator") == indicator.id, pl.col("year") <= until, pl.col("value").is_not_null()
    )
    found = values.filter(pl.col("year") == pl.col("year").max()) if values.height else values
    rows = _list_rows(found, indicator, registry)
    shown = [row["value"] for row in rows if row["value"] is not None]
    if not shown:
        return None
    limits = quantiles(shown, n=SHADES, method="inclusive") if len(shown) > 1 else []
    limits = [limit for limit in dict.fromkeys(limits) if min(shown) < limit]
    ends = [min(shown), *limits, max(shown)]
    provinces, words = _name_provinces(registry, language), Lexicon(registry, language)

    def write(value: float | None) -> str:
        if value is None:
            return say("small_hidden", language)
        return words.with_unit(value, indicator.unit, indicator.decimals)

    for row in rows:
        row["shade"] = "none" if row["value"] is None else sum(row["value"] >= limit for limit in limits)
        row["form"] = list(provinces).index(row["province"])
        row["words"] = write(row["value"])
    frame = _Frame(registry.points)
    marks = [row | frame.place(row["point"]) for row in sorted(rows, key=lambda row: (-row["half"], row["name"]))]
    _part(marks, frame)
    for mark in marks:
        mark["anchor"], mark["label_x"], mark["label_y"] = _find_room(mark, marks)
    name, year = indicator.name.get(language), school_year(found["year"][0], language)
    title = say("map_title", language, name=name, year=year)
    lows = [format_number(end, indicator.decimals, language) for end in ends]
    sources = dict.fromkeys(source.title for source in store.sources(found["sources"].explode().drop_nulls()))
    picture = render(
        "commune_map",
        say=partial(say, language=language),
        title=title,
        alt=say("map_alt", language, count=len(rows), low=write(ends[0]), high=write(ends[-1])),
        width=WIDTH,
        height=frame.height,
        borders=[frame.draw(ring) for ring in read_borders(find_project())],
        marks=marks,
        forms=list(provinces.values()),
        keys=list(zip(lows, map(write, ends[1:]), strict=False)),
        hidden=len(shown) < len(rows),
        synthetic="synthetic" in found["status"].to_list(),
        sources="; ".join(sources),
        points=registry.points[0].source,
    )
    cells = [
        [row["name"], provinces[row["province"]], row["words"]]
        for row in sorted(rows, key=lambda row: sort_key(row["name"]))
    ]
    columns = [say("commune", language), say("map_province", language), name]
    table = draw_table(columns, cells, caption=title, numeric={2}, folded=True)
    return Fragment(picture + table.html, f"{title}\n{table.plain}", table.table)


def _part(marks: Sequence[dict[str, Any]], frame: _Frame) -> None:
    """Move marks that cover each other apart, each as much as the other, and no further than it takes."""
    for _ in range(ROUNDS):
        for one, other in combinations(marks, 2):
            x, y = other["x"] - one["x"], other["y"] - one["y"]
            apart, wanted = hypot(x, y) or 1.0, one["half"] + other["half"] + 1
            if apart < wanted:
                push = (wanted - apart) / 2 / apart
                one |= frame.keep_inside(one["x"] - x * push, one["y"] - y * push)
                other |= frame.keep_inside(other["x"] + x * push, other["y"] + y * push)


def _find_room(mark: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]) -> tuple[str, float, float]:
    """Return where the name of a mark covers fewest others: above it, below, to its right or left."""
    x, y, far, half_width = mark["x"], mark["y"], mark["half"] + 4, len(mark["label"]) * LETTER / 2
    places = [
        ("middle", x, y - far, x),
        ("middle", x, y + far + LETTER, x),
        ("start", x + far, y + 4, x + far + half_width),
        ("end", x - far, y + 4, x - far - half_width),
    ]

    def count_covered(place: tuple[str, float, float, float]) -> int:
        _, _, base, middle = place
        outside = not half_width <= middle <= WIDTH - half_width
        covered = [
            other
            for other in marks
            if other is not mark
            and abs(other["x"] - middle) < half_width + other["half"]
            and abs(other["y"] - base + 4) < LETTER + other["half"]
        ]
        return len(marks) if outside else len(covered)

    anchor, label_x, base, _ = min(places, key=count_covered)
    return anchor, round(label_x, 1), round(base, 1)


def _list_rows(found: pl.DataFrame, indicator: Indicator, registry: Registry) -> list[dict[str, Any]]:
    """Return a row a commune that has a figure, a place and a past; what is too small to tell has no value."""
    provinces, points = find_old_provinces(registry), {point.code: point for point in registry.points}
    placed = points.keys() & provinces.keys()
    communes = {one.id: one for one in registry.communes if one.valid_to is None and one.code in placed}
    known = [row for row in found.iter_rows(named=True) if row["territory"] in communes]
    sizes = [(row["numerator"] if indicator.denominator else row["value"]) or 0.0 for row in known]
    of_learners = bool(indicator.numerator) and counts_learners(indicator.numerator)
    small = find_small(sizes, int(registry.limits["small_count"].value)) if of_learners else set()
    rows = []
    for place, row in enumerate(known):
        commune = communes[row["territory"]]
        point = points[commune.code]
        share = 0.0 if place in small else sqrt(sizes[place] / (max(sizes) or 1.0))
        rows.append(
            {
                "name": commune.name,
                "point": point,
                "label": _shorten(commune) if point.named else "",
                "province": provinces[commune.code],
                "value": None if place in small else row["value"],
                "half": round(SMALLEST + (LARGEST - SMALLEST) * share, 1),
            }
        )
    return rows


def _shorten(commune: Commune) -> str:
    """Return the name of a commune without its kind, which is two words of a special zone."""
    return " ".join(commune.name.split()[2 if commune.kind == "special_zone" else 1 :])


def find_old_provinces(registry: Registry) -> dict[str, str]:
    """Return the code of the province that each commune of today was in before the merger, if that is known."""
    old = {one.code: one.province_code for one in registry.communes if one.valid_to is not None}
    districts = {one.code: one.province_code for one in registry.districts}
    before = {
        row.new_code: old.get(row.old_code) or districts.get(row.old_district_code) for row in registry.conversions
    }
    return {code: province for code, province in before.items() if province}


def _name_provinces(registry: Registry, language: Language) -> dict[str, str]:
    """Return the names of the parts of the city by their codes, in the order of the city."""
    codes = {row.territory: row.code for row in registry.province_codes if row.scheme == "nso"}
    parts = registry.territories[registry.city].parts
    return {codes[part]: registry.territories[part].name.get(language) for part in parts}


def read_borders(project: Project) -> list[Ring]:
    """Return the borders that an office has put into data/raw/communes.geojson, ring by ring; [] without the file.

    Raises `Refused` if the file is no GeoJSON, or its coordinates are no degrees.
    """
    path = project.raw / BORDERS
    store.record_report_use(path, project)
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rings = [ring for feature in content["features"] for ring in _list_rings(feature["geometry"])]
    except (ValueError, LookupError, TypeError) as error:
        raise Refused("map_unreadable", file=BORDERS, error=describe_error(error)) from error
    if any(abs(lon) > 180 or abs(lat) > 90 for ring in rings for lon, lat in ring):
        raise Refused("map_no_degrees", file=BORDERS)
    return rings


def _list_rings(shape: Mapping[str, Any]) -> Iterator[Ring]:
    polygons = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}[shape["type"]]
    for polygon in polygons:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]


class _Frame:
    """The part of the earth that the picture shows: as wide as it, degrees of both ways in one scale."""

    def __init__(self, points: Sequence[CommunePoint]) -> None:
        self.middle = (median(p.longitude for p in points), median(p.latitude for p in points))
        near = [point for point in points if not self.is_far(point)]
        self.west, self.north = min(p.longitude for p in near), max(p.latitude for p in near)
        east, south = max(p.longitude for p in near), min(p.latitude for p in near)
        self.scale = (WIDTH - 2 * MARGIN) / ((east - self.west) or 1.0)
        self.stretch = self.scale / cos(radians(self.middle[1]))
        self.height = round((self.north - south) * self.stretch + 2 * MARGIN)

    def is_far(self, point: CommunePoint) -> bool:
        return max(abs(point.longitude - self.middle[0]), abs(point.latitude - self.middle[1])) > FAR

    def find(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where in the picture a place lies, in pixels."""
        x = MARGIN + (longitude - self.west) * self.scale
        y = MARGIN + (self.north - latitude) * self.stretch
        return round(x, 1), round(y, 1)

    def place(self, point: CommunePoint) -> dict[str, float | bool]:
        """Return where a mark is drawn: inside the picture, be its commune out at sea."""
        x, y = self.find(point.longitude, point.latitude)
        inside = self.keep_inside(x, y)
        return inside | {"away": inside != {"x": x, "y": y}}

    def keep_inside(self, x: float, y: float) -> dict[str, float]:
        """Return the place in the picture nearest to (x, y)."""
        near = (min(max(x, MARGIN), WIDTH - MARGIN), min(max(y, MARGIN), self.height - MARGIN))
        return {"x": round(near[0], 1), "y": round(near[1], 1)}

    def draw(self, ring: Ring) -> str:
        """Write a border as the path of an SVG."""
        return "M" + "L".join(f"{x} {y}" for x, y in (self.find(*point) for point in ring)) + "Z"
