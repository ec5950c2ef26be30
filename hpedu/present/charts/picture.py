"""Draw pixels, and the charts of an analyst's own: only here is the JavaScript engine of Vega used."""

from __future__ import annotations

import re
from typing import Any

import vl_convert

# vl-convert carries a handful of Vega-Lite versions; this is the one Altair 6.3 writes for.
VEGALITE = "6.4"


def draw_pixels(svg: str) -> bytes:
    """Draw an SVG as a PNG, twice as fine as a screen shows it."""
    pixels: bytes = vl_convert.svg_to_png(svg, scale=2)
    return pixels


def draw_foreign(spec: dict[str, Any], name: str) -> str:
    """Draw the SVG of a spec that hpedu did not make, in its own size; nothing is fetched for it.

    Raises `ValueError` if it cannot be drawn: it is wrong, or its data lie elsewhere.
    """
    picture: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE, allowed_base_urls=[])
    return prefix_ids(picture, name)


def prefix_ids(svg: str, prefix: str) -> str:
    """Make the ids of a picture its own: several stand in one page, and each numbers its clips from 0."""
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    for name in sorted(ids, key=len, reverse=True):
        escaped = re.escape(name)
        svg = re.sub(rf'(\bid="|url\(#|href="#){escaped}(?=["\)])', rf"\g<1>{prefix}-{name}", svg)
    return svg
