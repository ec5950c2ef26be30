"""Say for `hpedu check FILE` what would be read of a file, what not, and what to do. Nothing is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import polars as pl

from hpedu.ingest import schema
from hpedu.ingest.interpret import Found, Progress, Reading, Roles, find_roles, stay_silent
from hpedu.ingest.layouts import Layout, closest_layout, load_layouts
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.reading import read_file
from hpedu.ingest.records import Row
from hpedu.ingest.schema import Cell, Cells, RawTable, Resource
from hpedu.ingest.schools.lists import sum_schools
from hpedu.ingest.sheet.columns import SEPARATOR
from hpedu.ingest.sheet.vocabulary import is_worded
from hpedu.ingest.source import open_source
from hpedu.ingest.words.numbers import decide_style, find_scale
from hpedu.ingest.words.places import resolve_place
from hpedu.ingest.words.vietnamese import fold_text
from hpedu.registry import Registry, Text, load_registry
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
_LACKING = "school_columns_lacking"
SHOWN = 20
"""The number of kinds of issues that are listed."""


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
    style = decide_style(cell.printed for cell in table.cells)
    close = closest_layout(table.title, load_layouts())
    rule = "school_year_start" if _COUNTED_AT_START.search(_all_text(table, roles)) else ""
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
    rows = {cell.labels.get("row", "") for cell in table.cells}
    if len(rows) > MOST_ROWS:
        return True
    return not any(text for cell in table.cells for name, text in cell.labels.items() if name != "title")


def _find_place_label(table: RawTable, registry: Registry) -> str:
    """Return the label that names districts or institutions, if most of its texts do; else ""."""
    for name in ("row", "column"):
        texts = {text for cell in table.cells if (text := cell.labels.get(name, ""))}
        if 2 * sum(resolve_place(text, registry) is not None for text in texts) >= max(len(texts), 1):
            return name
    return ""


def _all_text(table: RawTable, roles: Roles) -> str:
    labels = {cell.labels.get(roles.year, "") for cell in table.cells}
    return fold_text(" ".join([table.title, *sorted(labels)]))


def _find_title_territory(title: str, registry: Registry) -> str:
    """Return the one territory that the title names, as a layout says it; "" if it names none or several."""
    text = f" {fold_text(title)} "
    named = {a.territory for a in registry.territory_names if f" {fold_text(a.name)} " in text}
    return f"={named.pop()}" if len(named) == 1 else ""


def _propose_series(table: RawTable, roles: Roles, registry: Registry) -> Iterator[str]:
    found: dict[str, str] = {}
    for cell in table.cells:
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
    """The content of a file."""

    reading: Reading
    # The sums of a school list.
    sums: pl.DataFrame

    @cached_property
    def observations(self) -> pl.DataFrame:
        """Return the observations with the columns of `hpedu.ingest.schema.OBSERVATIONS`."""
        return pl.concat([self.reading.observations.frame(), self.sums])

    @cached_property
    def issues(self) -> pl.DataFrame:
        """Return the cells set aside with the columns of `hpedu.ingest.schema.ISSUES`."""
        return self.reading.issues.frame()


def check_file(path: Path, registry: Registry, progress: Progress = stay_silent) -> Checked:
    """Read a file as ingest would, without an entry in the data package and without writing anything.

    Raises
    ------
    Unreadable
        If it is a folder, damaged, of a kind hpedu does not read, or holds no table.
    OSError
        If the file cannot be opened.
    """
    if path.is_dir():
        raise Unreadable("directory", file=path.name)
    resource = stand_in(path)
    try:
        source = open_source(path.read_bytes())
        reading = read_file(source, resource, registry, progress)
    except Unreadable as error:
        raise error.of(path.name) from error
    sums = pl.DataFrame(schema=schema.OBSERVATIONS)
    if reading.schools is not None:
        sums = sum_schools(reading.schools, {resource.path: resource}, registry)
    return Checked(reading, sums)


def read(path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the observations of a file, and the cells of it that are set aside.

    Returns
    -------
    tuple of polars.DataFrame
        With the columns `hpedu.ingest.schema.OBSERVATIONS` and `hpedu.ingest.schema.ISSUES`.
    """
    checked = check_file(Path(path), load_registry())
    return checked.observations, checked.issues


def stand_in(path: Path) -> Resource:
    """Return a resource for a file that is not in the data package: it names the file and nothing else."""
    return Resource(
        name="unnamed",
        path=path.name,
        title=path.name,
        publisher="",
        table="",
        url="",
        published="0000",
        scope="",
        confidence="low",
        transcription=False,
        licenses=[],
    )


def describe(checked: Checked, registry: Registry, language: str) -> Iterator[str]:
    """Say line by line what was found, ending with a layout to complete for each table that has none."""
    reading = checked.reading
    tables = [found for found in reading.tables if found.table.cells]
    kinds = reading.issues.kinds("reason", "subject")
    lists = {row["sheet"] for row, _ in reading.issues.kinds("reason", "sheet") if row["reason"] == _LACKING}
    unknown = [its for its in tables if its.layout is None and its.table.cells[0].sheet not in lists]
    catalogues = [found for found in unknown if is_catalogue(found.table)]
    for found in tables:
        yield _describe_table(found, language, catalogue=found in catalogues)
    counts = {"read": len(reading.observations) + checked.sums.height, "set_aside": len(reading.issues)}
    if reading.schools is None:
        yield say("check_counts", language, **counts)
    else:
        yield say("check_schools", language, schools=reading.schools.height, **counts)
    yield from _describe_issues(kinds, language)
    if len(unknown) > len(catalogues):
        yield ""
        yield say("check_next", language)
    for found in unknown:
        if found not in catalogues:
            yield ""
            yield from propose_layout(found.table, registry, language).splitlines()


def _describe_table(found: Found, language: str, *, catalogue: bool) -> str:
    cells = found.table.cells
    state = say("check_catalogue" if catalogue else "check_no_layout", language)
    return say(
        "check_table",
        language,
        place=say("check_sheet", language, sheet=cells[0].sheet) if cells[0].sheet else "",
        title=found.table.title or message("check_no_title"),
        cells=len(cells),
        cells_at=_name_range(cells),
        layout=say("check_layout", language, layout=found.layout.id) if found.layout else state,
    )


def _name_range(cells: Sequence[Cell]) -> str:
    """Return the range of the cells (`B5:G8`); for formats without columns and rows, the first and last cell."""
    if isinstance(cells, Cells):
        return f"{cells[0].address}:{cells[-1].address}"
    places = [_ADDRESS.fullmatch(cell.address) for cell in cells]
    found = [(place[1], int(place[2])) for place in places if place]
    if len(found) < len(places):
        return f"{cells[0].address} ... {cells[-1].address}"
    letters = sorted({column for column, _ in found}, key=lambda column: (len(column), column))
    rows = [row for _, row in found]
    return f"{letters[0]}{min(rows)}:{letters[-1]}{max(rows)}"


def _describe_issues(kinds: list[tuple[Row, int]], language: str) -> Iterator[str]:
    """Say each kind of issue once, by its first cell."""
    shown = [(row, count) for row, count in kinds if row["reason"] != "no_layout"]
    for row, count in shown[:SHOWN]:
        times = say("check_times", language, count=count - 1) if count > 1 else ""
        yield say("check_reason", language, text=row[f"message_{language}"], times=times)
    if len(shown) > SHOWN:
        yield say("check_more", language, count=len(shown) - SHOWN)
