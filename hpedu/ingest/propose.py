"""Say for `hpedu check FILE` what would be read of a file, what not, and what to do. Nothing is written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path

import polars as pl

from hpedu.digest import OBSERVATIONS, read_prepared
from hpedu.folders import NoProject, Project, find_project
from hpedu.ingest import schema
from hpedu.ingest.checks import find_breaches, set_contradicted
from hpedu.ingest.corrections import CONTRADICTED, OTHER_PRINT
from hpedu.ingest.derive import mark_current
from hpedu.ingest.forms.design import Cover
from hpedu.ingest.forms.filled import find_cover, is_form
from hpedu.ingest.interpret import Found, Progress, Reading, stay_silent
from hpedu.ingest.isolation import read_apart, read_bytes
from hpedu.ingest.layouts import Layout, closest_layout, load_layouts
from hpedu.ingest.pipeline import find_entry
from hpedu.ingest.quarantine import Row, Unreadable
from hpedu.ingest.reading import read_file
from hpedu.ingest.roles import Roles, find_roles
from hpedu.ingest.schema import Cell, RawTable, Resource
from hpedu.ingest.schools.lists import sum_schools
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.source import open_source
from hpedu.ingest.words.numbers import decide_style
from hpedu.ingest.words.places import resolve_place
from hpedu.ingest.words.units import find_scale
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry, Text
from hpedu.texts import message, say

MOST = 3
"""The number of codes suggested for a text."""

MOST_ROWS = 2000
"""The number of different names over rows up to which a table can have a layout: the names of pupils have none."""

_WORD = re.compile(r"\w+")
_REMARK = re.compile(r"\([^()]*\)")

# Any day will do: only the item of a label is looked at, not the territory split off it.
_DAY = date(2024, 9, 30)
_COUNTED_AT_START = re.compile(r"30 ?/ ?9|30 thang 9|30 september|nam hoc|school year")
_ADDRESS = re.compile(r"([A-Z]+)(\d+)")
SHOWN = 20
"""The number of kinds of issues that are listed, and of findings."""
NAMED = 5
"""The number of further cells of a kind that are named."""

UNKNOWN, NEWEST = "0000", "9999"
"""The edition of a file that is in no data package, and the one it is compared as."""


def suggest_codes(dimension: str, text: str, registry: Registry) -> list[str]:
    """Return up to three codes whose Vietnamese or English name, or a part of it between commas, is in a text.

    `dimension` is "measure", or one of `codes.csv`. Longer names go first, and a name within a longer one that
    was found does not count: "ngoài công lập" is not "công lập".
    """
    words = f" {_plain(text)} "
    found: dict[str, str] = {}
    for name, code in _names(dimension, registry):
        if f" {name} " in words and code not in found and not any(f" {name} " in f" {n} " for n in found.values()):
            found[code] = name
    return list(found)[:MOST]


@lru_cache(maxsize=16)
def _names(dimension: str, registry: Registry) -> list[tuple[str, str]]:
    """List names and their codes, the longest first."""
    known: Iterable[tuple[str, Text]] = (
        ((m.id, m.name) for m in registry.measures.values())
        if dimension == "measure"
        else ((code, entry.name) for code, entry in registry.codes_of(dimension).items())
    )
    # In a code "(dân lập, tư thục)" names the same thing again, in a measure "(công bố)" does not.
    remarks = dimension != "measure"
    names = {(part, code) for code, name in known for part in _parts(code, name, remarks=remarks)}
    return sorted(names, key=lambda pair: (-len(pair[0]), pair))


def _parts(code: str, name: Text, *, remarks: bool) -> Iterator[str]:
    yield _plain(code.replace("_", " "))
    for text in (name.vi, name.en):
        whole = _REMARK.sub(" ", text)
        others = [part for remark in _REMARK.findall(text) for part in remark.split(",")] if remarks else []
        yield from filter(None, (_plain(part) for part in (whole, *whole.split(","), *others)))


def _plain(text: str) -> str:
    """Return folded words, English plurals as singulars."""
    return " ".join(re.sub(r"(?<=\w{3})(?<!s)s$", "", word) for word in _WORD.findall(fold_text(text)))


def propose_layout(table: RawTable, registry: Registry, language: str = "en") -> str:
    """Return the text of a layout file for a table, with what the table shows filled in and the rest to complete.

    Years and territories are found by content, in any kind of file, so labels are not named. Every item gets
    an empty `measure` and `level`; these, and a year rule or territory that the table does not show, are refused
    by the loader until they are filled in: nothing is guessed.
    """
    place = _find_place_label(table, registry)
    roles = find_roles(table, Layout(id="", title="", year_rule="calendar", place=place), registry)
    style = decide_style(cell.printed for cell in table.telling)
    close = closest_layout(table.title, load_layouts())
    years = sorted({cell.labels.get(roles.year, "") for cell in table.telling})
    rule = "school_year_start" if _COUNTED_AT_START.search(fold_text(" ".join([table.title, *years]))) else ""
    lines = [f"# {say('proposal_head', language)}"]
    if close:
        lines.append(f"# {say('proposal_close', language, layout=close.id)}")
    lines.append(f"title = {_quote(table.title)}")
    if not roles.territory:
        named = _quote(_find_title_territory(table.title, registry))
        lines.append(f"territory = {named}  # {say('proposal_territory', language)}")
    if place:
        lines.append(f"place = {_quote(place)}")
    lines.append(f"year_rule = {_quote(rule)}  # {say('proposal_year', language)}")
    lines.append(f"numbers = {_quote(style or 'decide')}")
    lines.append(f"# {say('proposal_codes', language)}")
    return "\n".join([*lines, *_propose_series(table, roles, registry)]) + "\n"


def is_catalogue(table: RawTable) -> bool:
    """Return whether a table is a list: no cell has a label, as in ministry workbooks, or each row is one name."""
    rows = {cell.labels.get("row", "") for cell in table.telling}
    if len(rows) > MOST_ROWS:
        return True
    return not any(text for cell in table.telling for name, text in cell.labels.items() if name != "title")


def _find_place_label(table: RawTable, registry: Registry) -> str:
    """Return the label that names districts or institutions, if most of its texts do; else ""."""
    for name in ("row", "column"):
        texts = {text for cell in table.telling if (text := cell.labels.get(name, ""))}
        if 2 * sum(resolve_place(text, registry) is not None for text in texts) >= max(len(texts), 1):
            return name
    return ""


def _find_title_territory(title: str, registry: Registry) -> str:
    """Return the one territory that the title names, as a layout says it; "" if it names none or several."""
    text = f" {fold_text(title)} "
    named = {a.territory for a in registry.territory_names if f" {fold_text(a.name)} " in text}
    return f"={named.pop()}" if len(named) == 1 else ""


def _propose_series(table: RawTable, roles: Roles, registry: Registry) -> Iterator[str]:
    found: dict[str, str] = {}
    for cell in table.telling:
        tiers = SEPARATOR.join(roles.read_parts(cell, _DAY, registry)[1]).split(SEPARATOR)
        item = SEPARATOR.join(tier for tier in tiers if not is_worded("filler", tier))
        found.setdefault(item, cell.labels.get("unit", ""))
    for item, unit in found.items():
        yield f"\n[[series.{_quote(item)}]]"
        for name in ("measure", "level"):
            codes = suggest_codes(name, item, registry) or suggest_codes(name, table.title, registry)
            yield f'{name} = ""' + (f"  # {' | '.join(codes)} ?" if codes else "")
        for name in ("ownership", "sex"):
            yield from (f'# {name} = "{code}" ?' for code in suggest_codes(name, item, registry)[:1])
        scale = find_scale(item) if find_scale(item) != 1 else find_scale(unit)
        if scale is not None and scale != 1:
            yield f"scale = {scale}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@dataclass(frozen=True)
class Checked:
    """The content of a file. `observations` and `issues` have the columns of `hpedu.ingest.schema`."""

    observations: pl.DataFrame
    reading: Reading
    # What does not agree, in the file alone or with data/processed (`hpedu.ingest.checks.FINDINGS`).
    findings: pl.DataFrame
    # What other files published, as it is in data/processed.
    earlier: pl.DataFrame
    # The number of rows, if it is a school list.
    schools: int | None = None
    # The subject of a form.
    cover: Cover | None = None

    @property
    def compared(self) -> bool:
        """Return whether there was a data/processed to compare with."""
        return not self.earlier.is_empty()

    @cached_property
    def issues(self) -> pl.DataFrame:
        """Return all cells that are set aside; of a large file that is much, and little of it is shown."""
        return self.reading.issues.join()

    @cached_property
    def kinds(self) -> list[tuple[Row, int]]:
        """Return the first cell of each kind of issue in each table, and how many there are."""
        return list(self.reading.issues.count_kinds())

    @property
    def is_doubtful(self) -> bool:
        """Return whether a check has a doubt, a form is not read whole, or an erratum is about another print."""
        doubts = self.findings.filter(pl.col("severity") != "note")
        reasons = {row["reason"] for row, _ in self.kinds}
        # Of a published table much is no figure; what is typed into a form is meant.
        unread = reasons if self.cover else reasons & {OTHER_PRINT, "form_cover"}
        return not doubts.is_empty() or bool(unread)


def check_file(path: Path, registry: Registry, progress: Progress = stay_silent) -> Checked:
    """Read a file as ingest would and check its figures, alone and against data/processed; nothing is written.

    A file without an entry in the data package is taken as newer than all that was read before. Raises
    `Unreadable` if it is a folder, damaged, of a kind hpedu does not read, or holds no table. Raises `OSError` if
    the file cannot be opened.
    """
    # A layout that cannot be opened is no fault of the file.
    load_layouts()
    try:
        project = find_project()
    except NoProject:
        # A file can be looked at anywhere.
        project = None
    resource = (project and find_entry(project.raw, path)) or stand_in(path)
    try:
        read = partial(_look, resource=resource)
        reading, digest, cover = read_apart(read, read_bytes(path), registry, progress)
    except Unreadable as error:
        raise error.of(path.name) from error
    printed = pl.DataFrame(reading.observations, schema=schema.OBSERVATIONS, orient="row")
    if reading.schools is not None:
        sums, uncovered = sum_schools(reading.schools, {resource.path: resource}, printed, registry)
        printed = pl.concat([printed, sums])
        reading.issues += uncovered
    earlier = _read_earlier(project, resource, digest)
    observations, findings = _check_figures(printed, earlier, registry)
    schools = None if reading.schools is None else reading.schools.height
    return Checked(observations, reading, findings, earlier, schools, cover)


def _look(
    data: bytes, registry: Registry, progress: Progress, *, resource: Resource
) -> tuple[Reading, str, Cover | None]:
    """Return the content of a file and its digest, and of a form what it is about."""
    source = open_source(data)
    cover = find_cover(source.grids, registry) if is_form(source) else None
    return read_file(source, resource, registry, progress), source.digest, cover


def _read_earlier(project: Project | None, resource: Resource, digest: str) -> pl.DataFrame:
    """Return what other files published, as ingest left it in data/processed; nothing if it is not there."""
    if project is None or read_prepared(project) is None:
        return pl.DataFrame(schema=schema.OBSERVATIONS)
    published = pl.read_parquet(project.processed / OBSERVATIONS)
    return published.filter(
        pl.col("status") != "derived",
        ~pl.col("cell").str.contains(" + ", literal=True),
        pl.col("digest") != digest,
        pl.col("file") != resource.path,
    )


def _check_figures(
    printed: pl.DataFrame, earlier: pl.DataFrame, registry: Registry
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the figures of a file with those contradicted out of use, and all findings about them.

    The checks look at the figures of the file among themselves, and at the earlier ones where they need more.
    """
    edition = pl.col("edition")
    newest = printed.with_columns(edition=pl.when(edition == UNKNOWN).then(pl.lit(NEWEST)).otherwise(edition))
    breaches = find_breaches(mark_current(pl.concat([newest, earlier])), registry, about=printed)
    own = [any(row < printed.height for row in rows) for rows in breaches.rows]
    out = [row for row in breaches.out if row < printed.height]
    findings = breaches.findings.filter(pl.Series(own, dtype=pl.Boolean))
    return mark_current(set_contradicted(printed, out, registry)), findings


def stand_in(path: Path) -> Resource:
    """Return a resource for a file that is not in the data package: it names the file and nothing else."""
    nothing = dict.fromkeys(("publisher", "table", "url", "scope"), "")
    known = {"name": "unnamed", "path": path.name, "title": path.name, "published": UNKNOWN}
    return Resource.model_validate(nothing | known | {"confidence": "low", "transcription": False, "licenses": []})


def describe(checked: Checked, registry: Registry, language: str) -> Iterator[str]:
    """Say line by line what was found, ending with a layout to complete for each table that has none."""
    tables = [found for found in checked.reading.tables if found.table.cells]
    lists = {row["sheet"] for row, _ in checked.kinds if row["reason"] == "school_columns_lacking"}
    unknown = [
        its for its in tables if not its.layout and not its.broken and its.table.cells[0].sheet not in lists
    ]
    catalogues = [found for found in unknown if is_catalogue(found.table)]
    for found in tables:
        yield _describe_table(found, language, catalogue=found in catalogues)
    counts = {"read": checked.observations.height, "set_aside": len(checked.reading.issues)}
    if checked.schools is None:
        yield say("check_counts", language, **counts)
    else:
        yield say("check_schools", language, schools=checked.schools, **counts)
    yield from _describe_issues(checked.kinds, language)
    if not checked.observations.is_empty():
        yield from describe_findings(checked, language)
    if len(unknown) > len(catalogues):
        yield ""
        yield say("check_next", language)
    for found in unknown:
        if found not in catalogues:
            yield ""
            yield from propose_layout(found.table, registry, language).splitlines()


def describe_findings(checked: Checked, language: str) -> Iterator[str]:
    """Say what the checks find among the figures of a file, errors first."""
    counts = dict(checked.findings.group_by("severity").len().iter_rows())
    yield say(
        "check_findings" if checked.compared else "check_findings_alone",
        language,
        errors=counts.get("error", 0),
        warnings=counts.get("warning", 0),
        notes=counts.get("note", 0),
        out=checked.observations.filter(pl.col("flags").list.contains(CONTRADICTED)).height,
    )
    for row in checked.findings.head(SHOWN).iter_rows(named=True):
        text = f"{row[f'message_{language}']} {row[f'what_{language}']}"
        yield say("check_finding", language, severity=say(f"{row['severity']}_name", language), text=text)
    if checked.findings.height > SHOWN:
        yield say("check_more_findings", language, count=checked.findings.height - SHOWN)


def _describe_table(found: Found, language: str, *, catalogue: bool) -> str:
    cells = found.table.cells
    state = say("check_catalogue" if catalogue else "check_no_layout", language)
    if found.broken:
        state = say("check_broken_layout", language, file=found.broken.file)
    return say(
        "check_table",
        language,
        place=say("check_sheet", language, sheet=cells[0].sheet) if cells[0].sheet else "",
        title=found.table.title or message("check_no_title"),
        cells=len(cells),
        cells_at=_name_range([*found.table.telling, cells[-1]]),
        layout=say("check_layout", language, layout=found.layout.id) if found.layout else state,
    )


def _name_range(cells: Sequence[Cell]) -> str:
    """Return the range of the cells (`B5:G8`); for formats without columns and rows, the first and last cell."""
    places = [_ADDRESS.fullmatch(cell.address) for cell in cells]
    found = [(place[1], int(place[2])) for place in places if place]
    if len(found) < len(places):
        return f"{cells[0].address} ... {cells[-1].address}"
    letters = sorted({column for column, _ in found}, key=lambda column: (len(column), column))
    rows = [row for _, row in found]
    return f"{letters[0]}{min(rows)}:{letters[-1]}{max(rows)}"


def _describe_issues(kinds: Iterable[tuple[Row, int]], language: str) -> Iterator[str]:
    """Say each kind of issue once, by its first cell, and where some more of it stand."""
    alike: dict[tuple[str, str], list[Row]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for row, count in kinds:
        if row["reason"] != "no_layout":
            alike.setdefault((row["reason"], row["subject"]), []).append(row)
            counts[row["reason"], row["subject"]] += count
    for kind, (first, *others) in islice(alike.items(), SHOWN):
        named = [f"{row['sheet']}!{row['cell']}" if row["sheet"] else row["cell"] for row in others[:NAMED]]
        cells = ": " + ", ".join(named) if named else ""
        times = say("check_times", language, count=counts[kind] - 1, cells=cells) if counts[kind] > 1 else ""
        yield say("check_reason", language, text=first[f"message_{language}"], times=times)
    if len(alike) > SHOWN:
        yield say("check_more", language, count=len(alike) - SHOWN)
