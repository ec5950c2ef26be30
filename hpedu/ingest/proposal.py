"""A layout to complete, for a table nobody has described yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

from hpedu.ingest.cells import RawTable
from hpedu.ingest.layouts import Layout, closest_layout, load_layouts
from hpedu.ingest.roles import Roles, find_roles
from hpedu.ingest.suggest import suggest_codes
from hpedu.ingest.tables.header_paths import SEPARATOR
from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.words.numbers import decide_style
from hpedu.ingest.words.scales import find_scale
from hpedu.ingest.words.text import fold_text
from hpedu.ingest.words.units import resolve_place
from hpedu.messages import say
from hpedu.registry import registry

_DAY = date(2024, 9, 30)
_COUNTED_AT_START = re.compile(r"30 ?/ ?9|30 thang 9|30 september|nam hoc|school year")


def propose_layout(table: RawTable, language: str = "en") -> str:
    """The text of a layout file for a table: what can be told is filled in, the rest is left to complete.

    Years and territories are found by content, in any kind of file, so labels are not named. Every item gets
    an empty `measure` and `level`; these, and a year rule or territory that the table does not tell, are refused
    by the loader until they are filled in: nothing is guessed.
    """
    place = _find_place_label(table)
    roles = find_roles(table, Layout(id="", title="", year_rule="calendar", place=place))
    style = decide_style(cell.printed for cell in table.cells)
    close = closest_layout(table.title, load_layouts())
    rule = "school_year_start" if _COUNTED_AT_START.search(_all_text(table, roles)) else ""
    lines = [f"# {say('proposal_head', language)}"]
    if close:
        lines.append(f"# {say('proposal_close', language, layout=close.id)}")
    lines.append(f"title = {_quote(table.title)}")
    if not roles.territory:
        named = _quote(_find_title_territory(table.title))
        lines.append(f"territory = {named}  # {say('proposal_territory', language)}")
    if place:
        lines.append(f"place = {_quote(place)}")
    lines.append(f"year_rule = {_quote(rule)}  # {say('proposal_year', language)}")
    lines.append(f"numbers = {_quote(style or 'decide')}")
    lines.append(f"# {say('proposal_codes', language)}")
    return "\n".join([*lines, *_propose_series(table, roles)]) + "\n"


def is_catalogue(table: RawTable) -> bool:
    """Whether no cell of a table has a label: a list of codes and names, as ministry workbooks bring along."""
    return not any(text for cell in table.cells for name, text in cell.labels.items() if name != "title")


def _find_place_label(table: RawTable) -> str:
    """The label that names districts or institutions, if most of its texts do."""
    for name in ("row", "column"):
        texts = {text for cell in table.cells if (text := cell.labels.get(name, ""))}
        if 2 * sum(resolve_place(text) is not None for text in texts) >= max(len(texts), 1):
            return name
    return ""


def _all_text(table: RawTable, roles: Roles) -> str:
    labels = {cell.labels.get(roles.year, "") for cell in table.cells}
    return fold_text(" ".join([table.title, *sorted(labels)]))


def _find_title_territory(title: str) -> str:
    """The one territory whose name stands in the title, as a layout says it; empty if none or several do."""
    text = f" {fold_text(title)} "
    named = {a.territory for a in registry().territory_names if f" {fold_text(a.name)} " in text}
    return f"={named.pop()}" if len(named) == 1 else ""


def _propose_series(table: RawTable, roles: Roles) -> Iterator[str]:
    book = registry()
    found: dict[str, str] = {}
    for cell in table.cells:
        tiers = SEPARATOR.join(roles.read_parts(cell, _DAY)[1]).split(SEPARATOR)
        item = SEPARATOR.join(tier for tier in tiers if not is_worded("filler", tier))
        found.setdefault(item, cell.labels.get("unit", ""))
    for item, unit in found.items():
        yield f"\n[[series.{_quote(item)}]]"
        for name in ("measure", "level"):
            codes = suggest_codes(name, item, book) or suggest_codes(name, table.title, book)
            yield f'{name} = ""' + (f"  # {' | '.join(codes)} ?" if codes else "")
        for name in ("ownership", "sex"):
            yield from (f'# {name} = "{code}" ?' for code in suggest_codes(name, item, book)[:1])
        scale = find_scale(item) if find_scale(item) != 1 else find_scale(unit)
        if scale is not None and scale != 1:
            yield f"scale = {scale}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
