"""data/raw/datapackage.json: who published each file, what it is and how far it can be trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpedu.errors import IngestError, Problem, list_problems, note
from hpedu.ingest.own_files import describe_own
from hpedu.ingest.record import raw_files
from hpedu.ingest.resource import Resource
from hpedu.ingest.unreadable import Unreadable


def read_package(raw: Path) -> dict[str, Resource]:
    """The resources of data/raw by path.

    Raises
    ------
    IngestError
        If the package is missing or broken, names a file that is not there, or does not name one that is (forms
        and school lists say themselves what they are).
    """
    path = raw / "datapackage.json"
    if not path.exists():
        raise IngestError([Problem(path.name, "", note("package_missing"))])
    problems: list[Problem] = []
    resources: dict[str, Resource] = {}
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["resources"]
    except (json.JSONDecodeError, KeyError) as error:
        raise IngestError([Problem(path.name, "", note("package_not_one", error=repr(error)))]) from error
    for number, entry in enumerate(entries):
        try:
            resource = Resource.model_validate(entry)
        except ValidationError as error:
            problems += list_problems(error, path.name, f"resources[{number}] {entry.get('name', '')}")
            continue
        if resource.path in resources:
            problems.append(Problem(path.name, resource.name, note("package_twice")))
        resources[resource.path] = resource
    present = {file.relative_to(raw).as_posix() for file in raw_files(raw)}
    problems += [Problem(path.name, name, note("package_no_file")) for name in sorted(resources.keys() - present)]
    for name in sorted(present - resources.keys()):
        try:
            own = describe_own(raw / name, name)
        except Unreadable as error:
            problems.append(Problem(name, "", error))
            continue
        if own:
            resources[name] = own
        else:
            problems.append(Problem(name, "", note("package_no_entry")))
    if problems:
        raise IngestError(problems)
    return resources
