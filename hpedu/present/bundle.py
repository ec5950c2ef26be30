"""The script that makes charts interactive: Vega, Vega-Lite and Vega-Embed in one piece, without a network."""

from __future__ import annotations

import base64
import getpass
import gzip
import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import vl_convert

from hpedu.files import write_whole
from hpedu.present.picture import VEGALITE

# Bundled for a page's script only to find vegaEmbed; the rest stays inside, since minified names clash.
SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def chart_bundle(folder: Path | None = None) -> str:
    """The script, about 880 KB, ready to stand inside a <script> element; it defines `vegaEmbed`.

    Bundling takes a second, so the script is kept as a file in `folder` (by default one in the user's part of the
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


@cache
def pack(script: str) -> str:
    """A script as a page carries it: gzip in base64, a third of its size. The same script gives the same text."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def find_cache() -> Path:
    """A folder in the temporary directory that nobody else can have put a script into."""
    folder = Path(tempfile.gettempdir()) / f"hpedu-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.lstat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="hpedu-"))
    return folder
