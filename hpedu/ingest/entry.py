"""Write the entry of a file in data/raw/datapackage.json: what the file shows itself, and what is answered."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpedu.decoding import decode_text
from hpedu.digest import raw_files
from hpedu.errors import IngestError, Problem, Refused, list_problems, mistyped
from hpedu.folders import Project, write_whole
from hpedu.ingest.interpret import Progress
from hpedu.ingest.isolation import read_apart, read_bytes
from hpedu.ingest.layouts import Layout, title_key
from hpedu.ingest.pipeline import read_entries, read_own
from hpedu.ingest.propose import stand_in
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import find_tables
from hpedu.ingest.schema import Resource
from hpedu.ingest.source import open_source
from hpedu.registry import Registry
from hpedu.texts import Sayable, message

ASKED = ("title", "publisher", "table", "url", "published", "scope", "confidence")
"""The fields that a person answers for, in the order of asking."""
OPTIONAL = {"title_vi": "", "url": "", "scope": "", "confidence": "medium"}
"""Those of them that need no answer, and what holds without one."""

# The day on which a PX file, and one in JSON-stat, was last changed by its publisher.
_DAYS = (
    re.compile(rb'\bLAST-UPDATED(?:\([^)]*\))?="(\d{4})(\d\d)(\d\d)'),
    re.compile(rb'\bCREATION-DATE="(\d{4})(\d\d)(\d\d)'),
    re.compile(rb'"updated"\s*:\s*"(\d{4})-(\d\d)-(\d\d)'),
)

Ask = Callable[[str, str, Sayable | None], str]
"""Ask for a field, given what holds without an answer and what was wrong with the last one."""


def add_entry(
    file: Path, project: Project, given: Mapping[str, Any], registry: Registry, ask: Ask | None
) -> Resource:
    """Write the entry of a file of data/raw, and return it.

    `given` has fields that are known, by name; `ask` is called for each field that is neither given nor shown by
    the file, None where nobody can answer. Raises `Refused` if the file is not in data/raw, is no data, has
    an entry or needs none, or if something is not known and nobody can be asked. Raises `Unreadable` if it holds
    no table hpedu reads. Raises `IngestError` if a given field is not right, or the package cannot be read.
    """
    path = _find_path(file, project.raw)
    entries = read_entries(project.raw)
    if any(isinstance(entry, dict) and entry.get("path") == path for entry in entries):
        raise Refused("entry_there", file=path)
    try:
        shown = _describe(file, path, entries, registry)
    except Unreadable as error:
        raise error.of(path) from error
    fields = shown | {name: value for name, value in given.items() if value is not None}
    lacking = [name for name in ASKED if name not in fields and name not in OPTIONAL]
    if ask is not None:
        for name in ASKED:
            if given.get(name) is None:
                fields[name] = _ask_for(name, fields.get(name, OPTIONAL.get(name, "")), ask)
    elif lacking:
        options = [message("entry_option", name=name, what=message(f"entry_{name}")) for name in lacking]
        raise mistyped("entry_lacking", file=path, fields=options)
    # In the order of the fields of a resource, as the other entries are.
    entry = {name: (OPTIONAL | fields)[name] for name in Resource.model_fields}
    try:
        resource = Resource.model_validate(entry)
    except ValidationError as error:
        raise IngestError(list_problems(error, path, "")) from error
    _change_package(project, lambda entries: entries.append(entry))
    return resource


def renew_entry(file: Path, project: Project, published: str) -> None:
    """Write another day of publication into the entry of a file. Raises `Refused` if there is no entry of it."""
    path = _find_path(file, project.raw)

    def renew(entries: list[Any]) -> None:
        found = [entry for entry in entries if isinstance(entry, dict) and entry.get("path") == path]
        if not found:
            raise Refused("entry_not_there", file=path)
        found[0]["published"] = published

    _change_package(project, renew)


def _find_path(file: Path, raw: Path) -> str:
    """Return the path of a file within data/raw."""
    if not file.resolve().is_relative_to(raw.resolve()):
        raise Refused("entry_not_in_raw", file=file, folder=raw)
    path = file.resolve().relative_to(raw.resolve()).as_posix()
    if file.resolve() not in [one.resolve() for one in raw_files(raw)]:
        raise Refused("entry_no_data", file=path)
    return path


def _describe(file: Path, path: str, entries: list[Any], registry: Registry) -> dict[str, Any]:
    """Return the fields that a file shows itself."""
    data = read_bytes(file)
    if read_apart(partial(read_own, name=path), data, registry) is not None:
        raise Refused("entry_not_needed", file=path)
    titles, layouts = read_apart(list_titles, data, registry)
    fields: dict[str, Any] = {
        "name": _name(path, entries),
        "path": path,
        "transcription": False,
        "licenses": [],
        "format": file.suffix.lstrip(".").lower() or "txt",
        "encoding": "utf-8",
    }
    if titles:
        fields |= {"title": titles[0], "table": titles[0]}
    day = next((found for pattern in _DAYS if (found := pattern.search(data[: 1 << 16]))), None)
    if day:
        fields["published"] = "-".join(part.decode() for part in day.groups())
    return fields | _find_alike(layouts, entries)


def list_titles(data: bytes, registry: Registry, progress: Progress) -> tuple[list[str], list[Layout]]:
    """Return the titles of the tables of a file, and the layouts of those that have one."""
    tables = find_tables(open_source(data))
    titles = [found.table.title for found in tables if found.table.title]
    return titles, [found.layout for found in tables if found.layout]


def _name(path: str, entries: list[Any]) -> str:
    """Return a name that no other entry has, made of the path."""
    taken = {entry.get("name") for entry in entries if isinstance(entry, dict)}
    stem = re.sub(r"[^a-z0-9]+", "_", path.rpartition(".")[0].lower() or path.lower()).strip("_") or "file"
    names = (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _find_alike(layouts: list[Layout], entries: list[Any]) -> dict[str, str]:
    """Return what all entries of the same table, in other editions, agree on: publisher and address."""
    titles = tuple(title_key(title) for layout in layouts for title in layout.titles)
    entries = [entry for entry in entries if isinstance(entry, dict)]
    alike = [entry for entry in entries if title_key(str(entry.get("table"))).startswith(titles)]
    found = {name: {entry.get(name) for entry in alike} for name in ("publisher", "url")}
    return {name: str(values.pop()) for name, values in found.items() if len(values) == 1}


def _ask_for(name: str, otherwise: str, ask: Ask) -> str:
    """Ask until the answer is right."""
    wrong: Sayable | None = None
    while True:
        answer = ask(name, otherwise, wrong).strip() or otherwise
        wrong = _refuse(name, answer)
        if wrong is None:
            return answer


def _refuse(name: str, answer: str) -> Problem | None:
    if not answer and name not in OPTIONAL:
        return Problem("", "", message("field_string_too_short", text=message("entry_needed")))
    try:
        Resource.model_validate(stand_in(Path("x")).model_dump() | {name: answer})
    except ValidationError as error:
        return list_problems(error, "", "")[0]
    return None


def _change_package(project: Project, change: Callable[[list[Any]], None]) -> None:
    """Write the package with a change of its entries, in its own encoding, with its indent and ends of lines."""
    path = project.raw / "datapackage.json"
    data = path.read_bytes()
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = next((name for mark, name in marks.items() if data.startswith(mark)), "utf-8")
    text = decode_text(data).removeprefix("\ufeff")
    package = json.loads(text)
    change(package["resources"])
    indent = re.search(r"\n([ \t]+)", text)
    written = json.dumps(package, ensure_ascii=False, indent=indent[1] if indent else None)
    written += "\n" if text.endswith("\n") else ""
    write_whole(path, written.replace("\n", "\r\n" if "\r\n" in text else "\n").encode(encoding))
