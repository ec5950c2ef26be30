"""Start a notebook of an analyst's own from a template; `hpedu report --notebook NAME` makes a page of it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from hpedu.errors import Refused
from hpedu.folders import Project, write_whole
from hpedu.registry import load_registry

TEMPLATE = Path(__file__).with_name("template.ipynb")
COLUMNS = ("id", "order", "name_vi", "name_en", "targets", "page", "commune_page", "headlines")


def start_notebook(project: Project, name: str, title: str | None = None) -> Path:
    """Write notebooks/NAME.ipynb, enter it in the project's data/registry/groups.csv, and return its path.

    Raises `Refused` if the name is none that a page can have, or taken.
    """
    path = project.notebooks / f"{name}.ipynb"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise Refused("notebook_name", name=name)
    if path.exists() or name in load_registry().groups:
        raise Refused("notebook_taken", name=name)
    title = title or name.replace("_", " ").capitalize()
    # Inside a text of Python, inside a text of JSON.
    written = json.dumps(json.dumps(title, ensure_ascii=False), ensure_ascii=False)[3:-3]
    text = TEMPLATE.read_text(encoding="utf-8").replace("NAME", name).replace("TITLE", written)
    groups = project.registry / "groups.csv"
    known = groups.read_text(encoding="utf-8-sig") if groups.exists() else ",".join(COLUMNS) + "\n"
    line = io.StringIO()
    order = 100 + known.count("\n")
    csv.writer(line, lineterminator="\n").writerow([name, order, title, title, "false", "true", "false", ""])
    write_whole(path, text.encode())
    write_whole(groups, (known.rstrip("\n") + "\n" + line.getvalue()).encode())
    return path
