"""Draw a chart as a fixed picture. Only here is the JavaScript engine started, which takes a second or two."""

from __future__ import annotations

import base64
import getpass
import gzip
import os
import platform
import re
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import vl_convert

from hpedu.cache import recall
from hpedu.folders import write_whole

# vl-convert carries a handful of Vega-Lite versions; this is the one Altair 6.3 writes for.
VEGALITE = "6.4"
STATIC_WIDTH = 640
# Bundled for a page's script only to find vegaEmbed; the rest stays inside, since minified names clash.
SNIPPET = "window.vegaEmbed = vegaEmbed;"

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
# For scripts and screen readers: the page labels the picture as a whole, and nothing listens to a fixed picture.
IDLE = (
    "class",
    "role",
    "aria-hidden",
    "aria-roledescription",
    "aria-label",
    "pointer-events",
    "cursor",
    "version",
)
DEFAULTS = {"opacity": "1", "stroke-width": "1", "transform": "translate(0,0)"}
EMPTY_PATHS = ("", "M0,0h0v0h0Z")


def draw_picture(spec: dict[str, Any], name: str) -> str:
    """Draw the SVG of a complete Vega-Lite spec, `STATIC_WIDTH` pixels wide; its ids begin with `name`."""
    wide = spec | {"width": STATIC_WIDTH}
    drawn = recall([list_makers(), wide], lambda: slim(vl_convert.vegalite_to_svg(wide, vl_version=VEGALITE)))
    return prefix_ids(drawn, name)


@cache
def list_makers() -> tuple[str, ...]:
    """List what a picture depends on besides its spec: the engine, Python, and the code here."""
    code = Path(__file__).read_text(encoding="utf-8")
    return (version("vl-convert-python"), VEGALITE, platform.python_version(), code)


def draw_pixels(spec: dict[str, Any]) -> bytes:
    """Draw the same picture as a PNG, twice as fine as a screen shows it."""
    pixels: bytes = vl_convert.vegalite_to_png(spec | {"width": STATIC_WIDTH}, vl_version=VEGALITE, scale=2)
    return pixels


def draw_foreign(spec: dict[str, Any], name: str) -> str:
    """Draw the SVG of a spec that hpedu did not make, in its own size; nothing is fetched for it.

    Raises
    ------
    ValueError
        If it cannot be drawn: it is wrong, or its data lie elsewhere.
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


def slim(svg: str) -> str:
    """Write the same picture in half the text: without what nobody sees and what every mark repeats.

    Vega writes for an interactive view: frames without a size, points that only answer the pointer, the font at
    every word. A page has thirty pictures; this is what keeps it under its 1.5 MB.
    """
    root = ElementTree.fromstring(svg)
    _drop_unseen(root)
    fonts = {font for element in root.iter() if (font := element.get("font-family"))}
    font = fonts.pop() if len(fonts) == 1 else None
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for name in [*IDLE, *(name for name, value in DEFAULTS.items() if element.get(name) == value)]:
            element.attrib.pop(name, None)
        if font:
            element.attrib.pop("font-family", None)
        if element.get(HREF):
            element.set("href", element.attrib.pop(HREF))
        for name in ("d", "transform"):
            if name in element.attrib:
                element.set(name, re.sub(r"\d+\.\d{2,}", _round, element.attrib[name]))
    _unwrap(root)
    # A page needs no namespace, a file does; a picture is taken out of a page by its own button, with one.
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": root.attrib["width"],
        "height": root.attrib["height"],
    }
    if font:
        root.set("font-family", font)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _drop_unseen(element: Element) -> None:
    """Take out what is never drawn: paths without a length, marks without opacity, groups left empty."""
    for child in list(element):
        _drop_unseen(child)
        tag = child.tag.removeprefix(SVG)
        unseen = (
            child.get("opacity") == "0"
            or child.get("display") == "none"
            or (tag == "path" and child.get("d", "") in EMPTY_PATHS)
            or (tag == "path" and "background" in child.get("class", "") and not child.get("fill"))
            or (tag == "g" and len(child) == 0)
        )
        if unseen:
            element.remove(child)


def _unwrap(element: Element) -> None:
    """Put the children of a group that says nothing in its place."""
    for child in list(element):
        _unwrap(child)
    children: list[Element] = []
    for child in element:
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = children


def _round(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")


@cache
def chart_bundle(folder: Path | None = None) -> str:
    """Return the script of charts, about 880 KB, ready for a <script> element; it defines `vegaEmbed`.

    Bundling takes a second, so the script is saved as a file in `folder` (by default one in the user's part of the
    temporary directory) under the versions of what made it.
    """
    folder = folder or find_cache()
    path = folder / f"charts-{version('vl-convert-python')}-{VEGALITE}.js"
    if path.exists():
        return path.read_text(encoding="utf-8")
    script = vl_convert.javascript_bundle(SNIPPET, vl_version=VEGALITE)
    script = "(() => {\n" + script.replace("</script", "<\\/script").replace("<!--", "<\\!--") + "\n})();"
    write_whole(path, script.encode())
    return script


def find_cache() -> Path:
    """Find a folder in the temporary directory that nobody else can have put a script into."""
    folder = Path(tempfile.gettempdir()) / f"hpedu-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.lstat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="hpedu-"))
    return folder


@cache
def pack(script: str) -> str:
    """Pack a script as a page carries it: gzip in base64, a third of its size, always the same text."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()
