"""A chart as a fixed picture. The one place that starts the JavaScript engine, which costs a second or two."""

from __future__ import annotations

import re
from typing import Any

import vl_convert

# vl-convert carries a handful of Vega-Lite versions; this is the one Altair 6.3 writes for.
VEGALITE = "6.4"
STATIC_WIDTH = 640


def draw_picture(spec: dict[str, Any], name: str) -> str:
    """The SVG of a complete Vega-Lite spec, `STATIC_WIDTH` pixels wide; its ids begin with `name`."""
    picture: str = vl_convert.vegalite_to_svg(spec | {"width": STATIC_WIDTH}, vl_version=VEGALITE)
    return prefix_ids(picture, name)


def prefix_ids(svg: str, prefix: str) -> str:
    """Make the ids of a picture its own: several stand in one page, and each numbers its clips from 0."""
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    for name in sorted(ids, key=len, reverse=True):
        escaped = re.escape(name)
        svg = re.sub(rf'(\bid="|url\(#|href="#){escaped}(?=["\)])', rf"\g<1>{prefix}-{name}", svg)
    return svg
