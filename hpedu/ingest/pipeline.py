"""Read every file of data/raw into the tables of `hpedu ingest`, whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
from pydantic import ValidationError

from hpedu.cache import pack_frame, recall, unpack_frame
from hpedu.decoding import decode_text, name_steering
from hpedu.digest import ENVIRONMENT, PACKAGE, list_raw
from hpedu.errors import IngestError, Problem, list_problems
from hpedu.folders import Project, read_plain
from hpedu.ingest import schema
from hpedu.ingest.checks import Breaches, find_breaches, set_contradicted
from hpedu.ingest.corrections import CONTRADICTED, OTHER_PRINT, Met, correct_frame, find_strays
from hpedu.ingest.derive import derive_merged, estimate_age_bands, mark_current
from hpedu.ingest.forms.filled import find_cover, is_form
from hpedu.ingest.interpret import Progress, Reading, stay_silent
from hpedu.ingest.isolation import read_apart, read_bytes, start_early
from hpedu.ingest.kept import keep_reading, look_up_reading
from hpedu.ingest.layouts import find_broken, load_layouts
from hpedu.ingest.panel import split_suspects
from hpedu.ingest.quarantine import Issues, Unreadable, set_aside_file
from hpedu.ingest.reading import read_file
from hpedu.ingest.schema import Resource
from hpedu.ingest.schools.lists import join_lists, read_schools, sum_schools
from hpedu.ingest.source import Source, open_source
from hpedu.registry import Registry
from hpedu.texts import Sayable, message, say

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})
"""Digests where nothing is kept, nor taken from what is kept."""


@dataclass(frozen=True)
class Package:
    """The origin of each file of data/raw by path, and what was read already of those that state it themselves.

    `unread` has an issue (`schema.ISSUES`) for each file that is set aside whole, by its path.
    """

    resources: dict[str, Resource]
    readings: dict[str, Reading]
    unread: dict[str, dict[str, Any]]
    # Of entries that are read.
    remarks: list[dict[str, Any]] = field(default_factory=list)


def read_package(raw: Path, registry: Registry) -> dict[str, Resource]:
    """Return the resources of data/raw by path, forms and school lists included.

    A file that is set aside whole is left out: one without an entry, with an entry that is not right, or damaged
    (of forms and school lists, which state themselves what they are). Raises `IngestError` if the package is
    missing or broken: then nothing is known of any file.
    """
    return _open_package(raw, registry, lambda _: None, NOTHING_KNOWN).resources


def _open_package(
    raw: Path, registry: Registry, progress: Callable[[str], None], known: Mapping[str, str]
) -> Package:
    """Read the data package, and each file that has no entry in it. Raises as `read_package` does."""
    package = Package({}, {}, {})

    def set_aside(path: str, reason: str, subject: object = "") -> None:
        package.resources.pop(path, None)
        package.unread[path] = set_aside_file(path, reason, subject, registry)

    files, links = list_raw(raw)
    for link in links:
        set_aside(link.relative_to(raw).as_posix(), "outside_link")
    present = {file.relative_to(raw).as_posix() for file in files}
    for name in sorted(present):
        if name_steering(name):
            set_aside(name, "steering_name", name_steering(name))
    for number, entry in enumerate(read_package_file(raw)["resources"]):
        path = (
            str(entry.get("path") or f"resources[{number}]") if isinstance(entry, dict) else f"resources[{number}]"
        )
        try:
            resource = Resource.model_validate(entry)
        except ValidationError as error:
            set_aside(path, "bad_entry", list_problems(error, f"resources[{number}]", ""))
            continue
        names = {other.name for other in package.resources.values()}
        if package.unread.get(path, {}).get("reason") in ("outside_link", "steering_name"):
            continue
        if path in package.resources or path in package.unread:
            set_aside(path, "bad_entry", message("package_twice"))
        elif resource.name in names:
            set_aside(path, "bad_entry", message("package_name_twice", name=resource.name))
        elif path not in present:
            set_aside(path, "no_file")
        else:
            package.resources[path] = resource
            steering = name_steering("".join(str(value) for value in entry.values()))
            if steering:
                package.remarks.append(set_aside_file(path, "steering_entry", steering, registry))
    for name in sorted(present - package.resources.keys() - package.unread.keys()):
        kept = look_up_reading(name, None, known)
        if kept is None:
            progress(name)
            try:
                data = read_bytes(raw / name)
                kept = (read_apart(partial(read_own, name=name), data, registry),)
            except (Unreadable, OSError) as error:
                set_aside(name, "unreadable_file", _explain(error))
                continue
            keep_reading(name, None, known, data, *kept)
        [own] = kept
        if own is None:
            set_aside(name, "no_entry")
        else:
            package.resources[name], package.readings[name] = own
    return package


def read_package_file(raw: Path) -> dict[str, Any]:
    """Return what data/raw/datapackage.json says; its list of `resources` is as it is written, right or not.

    Raises `IngestError` if there is no such file, or it is no data package.
    """
    path = raw / "datapackage.json"
    if not path.exists():
        raise IngestError([Problem(path.name, "", message("package_missing"))])
    try:
        package: dict[str, Any] = json.loads(decode_text(read_plain(path)).removeprefix("\ufeff"))
        entries = package["resources"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise IngestError([Problem(path.name, "", message("package_not_one", error=repr(error)))]) from error
    if not isinstance(entries, list):
        found = f"resources: {type(entries).__name__}"
        raise IngestError([Problem(path.name, "", message("package_not_one", error=found))])
    return package


def find_entry(raw: Path, path: Path) -> Resource | None:
    """Return the origin of a file of data/raw as the data package states it; None for any other file."""
    if not path.resolve().is_relative_to(raw.resolve()):
        return None
    name = path.resolve().relative_to(raw.resolve()).as_posix()
    try:
        entries = [entry for entry in read_package_file(raw)["resources"] if isinstance(entry, dict)]
        return next((Resource.model_validate(entry) for entry in entries if entry.get("path") == name), None)
    except (IngestError, ValidationError):
        # `hpedu ingest` says what is wrong with the package; a file can be looked at without it.
        return None


def _explain(error: Unreadable | OSError) -> Sayable:
    return error if isinstance(error, Unreadable) else message("plain", text=error.strerror or repr(error))


def read_own(
    data: bytes, registry: Registry, progress: Progress = stay_silent, *, name: str
) -> tuple[Resource, Reading] | None:
    """Return the origin and content of a form or a school list; None for any other file.

    It is taken as published in the year in which its school year ends, when it is handed in. Raises `Unreadable`
    if the file is no table at all.
    """
    source = open_source(data)
    if is_form(source):
        cover = find_cover(source.grids, registry)
        year = cover.years[-1] if cover else None
        resource = _describe(name, "own_form", year)
        return resource, _read_with_digest(source, resource, registry, progress)
    reading = read_schools(source, name, registry)
    newest = None if reading is None or reading.schools is None else reading.schools["year"].max()
    if reading is None or not isinstance(newest, int):
        return None
    return _describe(name, "own_list", newest), reading


def _describe(name: str, kind: str, year: int | None) -> Resource:
    table = say(kind, "vi")
    return Resource(
        name=re.sub(r"[^a-z0-9._-]+", "-", f"own-{name.lower()}"),
        path=name,
        title=f"{table}: {Path(name).name}",
        publisher=say("own_publisher", "vi"),
        table=table,
        url="",
        published="0000" if year is None else str(year + 1),
        scope=say(f"{kind}_scope", "vi"),
        confidence="high",
        transcription=False,
        licenses=[],
    )


@dataclass(frozen=True)
class Settled:
    """Published figures, those that a check calls errors out of use, and what is derived from the others."""

    published: pl.DataFrame
    derived: pl.DataFrame
    breaches: Breaches

    @property
    def observations(self) -> pl.DataFrame:
        """Return all of them; marked once more, since a derived sum goes before a published bound."""
        return mark_current(pl.concat([self.published, self.derived]))


def settle(
    figures: pl.DataFrame,
    registry: Registry,
    panels: Iterable[pl.DataFrame] = (),
    known: Mapping[str, str] = NOTHING_KNOWN,
) -> Settled:
    """Check published figures (columns `schema.OBSERVATIONS`), and derive what follows from those in use.

    Of the many figures of `panels` only the series that look wrong are checked, among themselves, and only errors
    count: what is usual over all territories cannot be told from a few. `known` is as in `ingest`.
    """
    suspects, others = split_suspects(pl.concat([figures.clear(), *panels]), registry)
    published = mark_current(pl.concat([figures, suspects, others]))
    breaches = find_breaches(published.head(figures.height), registry)
    of_panels = _find_in_panels(published.slice(figures.height, suspects.height), registry, known)
    breaches = breaches.add_errors(of_panels, figures.height)
    # What is derived comes from figures in use only.
    published = mark_current(set_contradicted(published, breaches.out, registry))
    ages = estimate_age_bands(published, registry)
    derived = pl.concat([ages, derive_merged(pl.concat([published, ages]), registry)])
    return Settled(published, derived, breaches)


def _find_in_panels(suspects: pl.DataFrame, registry: Registry, known: Mapping[str, str]) -> Breaches:
    """Find what does not agree in panels, which seldom change: it is kept by their figures."""
    if not known:
        return find_breaches(suspects, registry)

    def make() -> str:
        found = find_breaches(suspects, registry)
        return json.dumps([pack_frame(found.findings), [[*rows] for rows in found.rows], [*found.out]])

    made_from = ["panels", known[PACKAGE], known[ENVIRONMENT], pack_frame(suspects)]
    findings, rows, out = json.loads(recall(made_from, make))
    return Breaches(unpack_frame(findings), [*map(frozenset, rows)], frozenset(out))


@dataclass(frozen=True)
class Ingested:
    """The result of an ingest.

    `observations` has the columns of `schema.OBSERVATIONS`, `set_aside` (cells) those of `schema.ISSUES`,
    `findings` (what does not agree) those of `checks.finding.FINDINGS`, `schools` those of docs/school_list.md.
    """

    package: dict[str, Resource]
    observations: pl.DataFrame
    set_aside: Issues
    findings: pl.DataFrame
    schools: pl.DataFrame
    # The numbers of files, figures published and derived, cells set aside, findings.
    counts: dict[str, int]
    # Files set aside whole, and layouts that cannot be used: "file", and what to do in "vi" and "en".
    unread: list[dict[str, str]]

    @cached_property
    def issues(self) -> pl.DataFrame:
        """Return all cells that are set aside as one frame."""
        return self.set_aside.join()


def ingest(
    project: Project,
    registry: Registry,
    progress: Callable[[str], None] = lambda _: None,
    known: Mapping[str, str] = NOTHING_KNOWN,
) -> Ingested:
    """Read every file of data/raw into tables; nothing is written (`hpedu.store` does that).

    A file that cannot be read stops only itself: it is an issue, and named in `unread`.

    `progress` is called with the path of each file before it is read. `known` has the digests of all files, and of
    what reads them with `registry` (`hpedu.digest.describe_inputs`): then what is kept of a file is taken. Raises
    `IngestError` if there is no data package, if no file can be read, or if an erratum meets no cell; `OSError` if
    a file of the project cannot be opened.
    """
    # A layout that cannot be opened is no fault of the files.
    load_layouts()
    package = _open_package(project.raw, registry, progress, known)
    readings = _read_all(project, package, registry, progress, known)
    schools, repeated = join_lists(
        [r.schools for r in readings if r.schools is not None], package.resources, registry
    )
    rows = [row for r in readings for row in r.observations]
    printed = pl.DataFrame(rows, schema=schema.OBSERVATIONS, orient="row")
    sums, uncovered = sum_schools(schools, package.resources, printed, registry)
    panels = [reading.panel for reading in readings if reading.panel is not None]
    settled = settle(pl.concat([printed, correct_frame(sums, registry)]), registry, panels, known)
    published, findings = settled.published, settled.breaches.findings
    observations = settled.observations.sort(*schema.SERIES_KEY, "year", "edition", "file", "cell")
    unread = list(package.unread.values())
    issues = Issues([part for r in readings for part in r.issues.parts])
    for more in (uncovered, package.remarks, unread, repeated.to_dicts()):
        issues += more
    other_prints = sum(count for row, count in issues.count_kinds() if row["reason"] == OTHER_PRINT)
    counts = {
        "files": len(readings),
        "published": published.height,
        "derived": settled.derived.height,
        "set_aside": len(issues) - len(unread),
        "findings": findings.height,
        "errors": findings.filter(severity="error").height + other_prints,
        "contradicted": published.filter(pl.col("flags").list.contains(CONTRADICTED)).height,
    }
    return Ingested(package.resources, observations, issues, findings, schools, counts, _list_unread(unread))


@dataclass(frozen=True)
class IssueText:
    """The message of an issue, to be said in either language."""

    row: dict[str, Any]

    def say(self, language: str) -> str:
        return str(self.row[f"message_{language}"])


def _list_unread(files: list[dict[str, Any]]) -> list[dict[str, str]]:
    layouts = [problem for layout in find_broken() for problem in layout.problems]
    return [
        *({"file": row["file"], "vi": row["message_vi"], "en": row["message_en"]} for row in files),
        *({"file": str(one.file), "vi": one.say("vi"), "en": one.say("en")} for one in layouts),
    ]


def _read_all(
    project: Project,
    package: Package,
    registry: Registry,
    progress: Callable[[str], None],
    known: Mapping[str, str],
) -> list[Reading]:
    """Read the files that were not read already; the order of the package is that of the readings.

    A file that cannot be read moves from the resources of the package to its unread files.
    """
    readings: list[Reading] = []
    met = Met()
    for path, resource in package.resources.items():
        kept = None if path in package.readings else look_up_reading(path, resource, known)
        if kept is not None and kept[0] is not None:
            package.readings[path] = kept[0][1]
    start_early(project.raw / path for path in package.resources if path not in package.readings)
    for path, resource in list(package.resources.items()):
        reading = package.readings.get(path)
        if reading is None:
            progress(path)
            try:
                read, tell = partial(read_data, resource=resource), partial(_tell_cells, progress, path)
                data = read_bytes(project.raw / path)
                reading = read_apart(read, data, registry, tell)
            except (Unreadable, OSError) as error:
                del package.resources[path]
                package.unread[path] = set_aside_file(path, "unreadable_file", _explain(error), registry)
                continue
            keep_reading(path, resource, known, data, (resource, reading))
        met |= reading.met
        readings.append(reading)
    strays = find_strays(met, package.resources, registry)
    if strays:
        raise IngestError(strays)
    # Tables without any figure would take the place of those there are.
    if package.unread and not readings:
        raise IngestError([Problem("", "", IssueText(row)) for row in package.unread.values()])
    return readings


def _tell_cells(progress: Callable[[str], None], path: str, done: int, cells: int) -> None:
    progress(f"{path}: {done} / {cells}")


def read_data(data: bytes, registry: Registry, progress: Progress, *, resource: Resource) -> Reading:
    """Return the content of any file, each observation with the digest of the file. Raises as `read_file` does."""
    return _read_with_digest(open_source(data), resource, registry, progress)


def _read_with_digest(source: Source, resource: Resource, registry: Registry, progress: Progress) -> Reading:
    reading = read_file(source, resource, registry, progress)
    return replace(reading, observations=[row | {"digest": source.digest} for row in reading.observations])
