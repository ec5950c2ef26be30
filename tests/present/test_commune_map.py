"""The map of the communes: every one in its place and form, nothing small told, an office's borders under it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from math import hypot
from typing import Any

import polars as pl
import pytest

from hpedu import store
from hpedu.communes import COMMUNE_VALUES
from hpedu.errors import Refused
from hpedu.folders import Project
from hpedu.present.commune_map import draw_commune_map, find_old_provinces, read_borders
from hpedu.present.page.display import Fragment
from hpedu.registry import Registry

SIZE = "primary_pupils_per_class"


def rows_of(registry: Registry, **more: Any) -> list[dict[str, Any]]:
    """A row for each commune of today: 30 pupils a class in the first, 30.1 in the next ..."""
    communes = [one for one in registry.communes if one.valid_to is None]
    return [
        dict.fromkeys(COMMUNE_VALUES)
        | {"indicator": SIZE, "territory": one.id, "year": 2025, "value": 30 + place / 10}
        | {"numerator": 300.0 + place, "status": "final", "flags": [], "sources": ["list"], "lacking": []}
        | more
        for place, one in enumerate(communes)
    ]


def draw(
    rows: list[dict[str, Any]], registry: Registry, monkeypatch: pytest.MonkeyPatch, until: int = 2025
) -> Fragment | None:
    table = pl.DataFrame(rows, schema=COMMUNE_VALUES, orient="row")
    monkeypatch.setattr(store, "commune_values", lambda: table)
    monkeypatch.setattr(store, "sources", lambda names: [])
    return draw_commune_map(registry.indicators[SIZE], registry, "vi", until)


def test_every_commune_has_a_mark_whose_form_tells_the_old_province(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw(rows_of(registry), registry, monkeypatch)
    assert drawn is not None
    picture = drawn.html[drawn.html.index("<svg") : drawn.html.index("</svg>")]
    old = list(find_old_provinces(registry).values())
    assert picture.count("<circle") == old.count("31") and picture.count("<rect") == old.count("30")
    assert len(old) == 114 and drawn.table is not None and len(drawn.table.rows) == 114
    places = [(float(x), float(y)) for x, y in re.findall(r'c?x="([\d.]+)" c?y="([\d.]+)"', picture)]
    assert all(0 < x < 640 and 0 < y < 640 for x, y in places)
    assert picture.count("<text") == 10 and "Chỉ ghi tên 10 trên 114 xã" in drawn.html
    assert "Bạch Long Vĩ" in picture and "Đặc khu ở ngoài khung hình" in drawn.html
    assert len(set(re.findall(r'fill="(#\w+)"', picture))) == 4  # shades


def test_a_commune_of_which_nothing_is_known_before_has_no_mark(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office's own rows may say that a commune is new, and no more."""
    first = registry.conversions[0]
    others = [row for row in registry.conversions if row.new_code != first.new_code]
    blank = first.model_copy(update={"old_code": "", "old_district_code": ""})
    drawn = draw(rows_of(registry), replace(registry, conversions=[blank, *others]), monkeypatch)
    assert drawn is not None and drawn.table is not None and len(drawn.table.rows) == 113


def test_no_mark_covers_another_nor_leaves_the_picture(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(registry)
    for place, row in enumerate(rows):
        row["numerator"] = 300.0 + 50 * place % 400  # marks of all sizes
    drawn = draw(rows, registry, monkeypatch)
    assert drawn is not None
    picture = drawn.html[drawn.html.index("<svg") : drawn.html.index("</svg>")]
    marks = [
        tuple(map(float, found)) for found in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', picture)
    ]
    for left, top, side in re.findall(r'<rect [^>]*x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', picture):
        half = float(side) / 2
        marks.append((float(left) + half, float(top) + half, half))
    assert len(marks) == 114
    height = float(re.findall(r'viewBox="0 0 640 ([\d.]+)"', picture)[0])
    assert all(r <= x <= 640 - r and r <= y <= height - r for x, y, r in marks)
    for (x, y, half), (other_x, other_y, other_half) in combinations(marks, 2):
        assert hypot(x - other_x, y - other_y) > half + other_half - 0.5


def test_names_stand_in_the_order_of_a_vietnamese_dictionary(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw(rows_of(registry), registry, monkeypatch)
    assert drawn is not None and drawn.table is not None
    names = [row[0] for row in drawn.table.rows]
    assert names[:2] == ["Đặc khu Bạch Long Vĩ", "Đặc khu Cát Hải"]
    assert names.index("Phường Ái Quốc") < names.index("Phường Bắc An Phụ") < names.index("Phường Đồ Sơn")


def test_few_children_are_not_told_nor_what_would_tell_them(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(registry)
    rows[0]["numerator"] = 3.0
    drawn = draw(rows, registry, monkeypatch)
    assert drawn is not None and drawn.table is not None
    hidden = [row for row in drawn.table.rows if row[2] == "ẩn"]
    assert len(hidden) == 2 and drawn.html.count('fill="none"') == 3  # two marks and the key


def test_invented_figures_say_so_and_none_draw_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw(rows_of(registry, status="synthetic"), registry, monkeypatch)
    assert drawn is not None and 'class="band"' in drawn.html
    assert draw(rows_of(registry), registry, monkeypatch, until=2024) is None
    assert draw([], registry, monkeypatch) is None


def write_borders(project: Project, lon: float) -> None:
    ring = [[lon, 20.8], [lon + 0.1, 20.8], [lon + 0.1, 20.9], [lon, 20.8]]
    shapes = [
        {"type": "Polygon", "coordinates": [ring]},
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
    ]
    content = {"features": [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]}
    (project.raw / "communes.geojson").write_text(json.dumps(content), encoding="utf-8")


def test_an_office_s_own_borders_are_drawn(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    write_borders(project, 106.5)
    drawn = draw(rows_of(registry), registry, monkeypatch)
    assert drawn is not None and drawn.html.count("<path") == 3
    assert store.inputs_used()["data/raw/communes.geojson"]  # a page is made again when the file changes


def test_borders_that_are_none_are_refused_by_name(project: Project) -> None:
    write_borders(project, 580_000.0)
    with pytest.raises(Refused, match=r"communes\.geojson are no degrees"):
        read_borders(project)
    (project.raw / "communes.geojson").write_text("{}", encoding="utf-8")
    with pytest.raises(Refused, match=r"communes\.geojson in data/raw is no GeoJSON"):
        read_borders(project)
