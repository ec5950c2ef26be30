"""Write down every sentence and text a reader can meet, one file a language, to be reviewed by its diff."""

from __future__ import annotations

import re
import tomllib
from difflib import unified_diff
from functools import cache
from pathlib import Path
from string import Formatter

from hpedu import texts
from hpedu.present.exports.report_tables import read_design
from hpedu.texts import LANGUAGES, Language
from tests.sentences.command import join_lines, say_batches, say_errors, say_filled, say_typed
from tests.sentences.findings import say_findings, say_reasons
from tests.sentences.outlook import say_input
from tests.sentences.pages import say_pages
from tests.sentences.targets import say_changes, say_targets, say_together

FOLDER = Path(__file__).parent
RENEW = "python -m tests.sentences"
PARTS = ("title", "text")  # what a reader sees of a table, or column, that is exported
SPEAKERS = (
    *(say_targets, say_together, say_changes, say_pages, say_findings, say_reasons),
    *(say_errors, say_typed, say_input, say_batches, say_filled),
)
Sections = dict[str, list[str]]

UNSAID = {
    # Where a place stands among the highest three, and the key of the strips: the snapshot has two indicators.
    *("peers/peers_most", "peers/peers_key"),
    *("charts/about_level", "charts/break_remark", "charts/target_remark", "charts/range"),  # charts
    *("charts/doubt_key", "charts/cut_said", "charts/left_out_said"),  # a figure in doubt, outputs too long
    "verdict/answer_history",  # the page of an old territory
    "command/cell_wordless",  # a notebook whose failure has no words
    *(
        "charts/published",
        "charts/confidence",
        "charts/origins_shown",
        "charts/origin",
        "charts/save_as",
        "charts/previous_page",
        "charts/next_page",
        "charts/sources_shown",
        "charts/citation_said",
    ),  # foot and tools
    *("commune/commune_spread", "commune/commune_reports", "index/index_found"),  # the index pages
    *(
        "commune/map_title",
        "commune/map_alt",
        "commune/map_source",
        "commune/map_named",
    ),  # the map of the communes
    *("outlook/what_if_caption", "outlook/what_if_said"),  # what the script of a page says
    *(
        "form/form_title",
        "form/form_step_state",
        "form/form_reference_date",
        "form/form_due",
        *(
            f"form/history_{name}"
            for name in (
                "book_title",
                "year",
                "block_city",
                "block_part",
                "share_of",
                "awaited",
                "break",
                "wrong_sum",
            )
        ),
        "form/form_usual_said",
    ),  # the workbook of a form
    *("exports/export_title", "exports/export_coverage", "exports/export_date"),  # exports
    *("review/review_appendix", "review/review_table", "review/review_figure"),  # the document of a review
    *(
        "report/plan_strategy_plan",
        "report/plan_resolution_173_174_plan",
        "report/part_said",
    ),  # under a target's chart
}
"""Texts with values that no section says, since they stand in a picture, a workbook or a whole page only.

They are written down as they stand in the file."""


@cache
def read_texts(language: Language) -> dict[str, str]:
    """Return every text of pages, tables, findings and the command in a language, as it stands in its file."""
    design = read_design()
    tables = {f"table/{name}.{part}": getattr(one, part) for name, one in design.table.items() for part in PARTS}
    columns = {
        f"column/{name}.{part}": getattr(one, part) for name, one in design.column.items() for part in PARTS
    }
    sheets = {f"sheet/{name}": one.name for name, one in design.table.items() if one.name is not None}
    plain = {key: text.get(language) for key, text in (tables | columns | sheets).items()}
    for path in sorted(Path(texts.__file__).with_suffix("").glob("*.toml")):
        own = tomllib.loads(path.read_text(encoding="utf-8"))
        plain |= {f"{path.stem}/{key}": text[language] for key, text in own.items()}
    return plain


@cache
def say_all(language: Language) -> Sections:
    """Return everything that is said with values, by heading."""
    sections: Sections = {}
    for speak in SPEAKERS:
        sections |= speak(language)
    return sections


def list_texts(language: Language) -> Sections:
    """Return the texts without values, and those of `UNSAID`, by where they stand."""
    sections: Sections = {}
    for key, text in read_texts(language).items():
        if not has_values(text) or key in UNSAID:
            kind, _, name = key.partition("/")
            sections.setdefault(f"texts: {kind}", []).append(f"{name}: {' '.join(text.split())}")
    return sections


def has_values(text: str) -> bool:
    """Tell whether a text has places for values."""
    return any(name is not None for _, name, _, _ in Formatter().parse(text))


def is_said(text: str, said: str) -> bool:
    """Tell whether a text stands in what is said, with whatever values; several lines of it are one there."""
    flat = join_lines(text)
    parts = [
        re.escape(literal) + ("" if name is None else "\0") for literal, name, _, _ in Formatter().parse(flat)
    ]
    # A value at either end fits anything: looking for it would only take long.
    return re.search("".join(parts).strip("\0").replace("\0", ".*?"), said) is not None


def write(language: Language) -> str:
    """Return the snapshot of a language: headings, and under each a sentence a line."""
    sections = say_all(language) | list_texts(language)
    return (
        "\n\n".join("\n".join([f"## {name}", *map(str.rstrip, lines)]) for name, lines in sections.items()) + "\n"
    )


def place_of(language: Language) -> Path:
    """Return the file that keeps the snapshot of a language."""
    return FOLDER / f"{language}.txt"


def compare(language: Language) -> str:
    """Return how the sentences differ from those kept, as a diff with the command that keeps them; "" if not."""
    path = place_of(language)
    kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = list(unified_diff(kept, write(language).splitlines(), f"kept/{path.name}", "said now", "", "", 1, ""))
    return "\n".join([*lines, "", f"If every line of it is meant: {RENEW}"]) if lines else ""


def renew() -> None:
    """Keep the sentences as they are said now."""
    for language in LANGUAGES:
        place_of(language).write_text(write(language), encoding="utf-8")
