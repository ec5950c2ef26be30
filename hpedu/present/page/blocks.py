"""Draw the pieces of HTML that reports are made of: tables, badges, notices. Everything put in is escaped."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hpedu.present.charts.style import LOOKS
from hpedu.present.page.display import Bundle, Chart, Fragment, Table

SHORT = 11  # letters: "2021-2022", "Nghi ngờ"


class Block:
    """Several things a notebook cell shows one after the other."""

    def __init__(self, *pieces: Chart | Fragment) -> None:
        self.pieces = pieces

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for piece in self.pieces:
            display(piece)  # type: ignore[no-untyped-call]


class Prose:
    """A paragraph or two in Markdown.

    `claims` are XPath expressions that are true of a page if what the text says of its rows is
    (`hpedu.present.page.lint`).
    """

    def __init__(self, text: str, claims: Sequence[str] = ()) -> None:
        self.text, self.claims = text, claims

    def _repr_mimebundle_(self, **wanted: object) -> Bundle:
        claims = html.escape("\n".join(self.claims)).replace("\n", "&#10;")
        marked = f'<div data-claims="{claims}">\n\n{self.text}\n\n</div>' if claims else self.text
        return {"text/markdown": marked, "text/plain": self.text}


@cache
def _environment() -> Environment:
    folder = Path(__file__).parent / "templates" / "blocks"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def load_templates() -> None:
    """Compile all templates now, for those that are forked from this process."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def render(template: str, **values: Any) -> Markup:
    """Fill in a template of `templates/blocks`; values are escaped unless they are rendered pieces."""
    return Markup(_environment().get_template(f"{template}.html.j2").render(**values))


def draw_badge(code: str, label: str) -> Markup:
    """Draw a state as sign and words."""
    return render("badge", code=code, sign=LOOKS["states"][code], label=label).rstrip("\n")


def draw_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str,
    numeric: Collection[int] = (),
    keeper: bool = False,
    folded: bool = False,
) -> Fragment:
    """Draw a table with its caption; the first column heads the rows, `numeric` columns are set to the right.

    A table for the `keeper` of the data may speak of files and cells. A `folded` one is opened by its caption.
    """
    rows = [[("" if cell is None else cell) for cell in row] for row in rows]
    kinds = ["number" if i in numeric else _find_kind(row[i] for row in rows) for i in range(len(columns))]
    html = render("table", columns=columns, rows=rows, caption=caption, kinds=kinds, keeper=keeper, folded=folded)
    table = Table(caption, columns, [list(map(_strip, row)) for row in rows], numeric)
    plain = "\n".join("\t".join(row) for row in [columns, *table.rows])
    return Fragment(html, f"{caption}\n{plain}", table)


def _find_kind(cells: Iterable[object]) -> str:
    """Find the class of a column without numbers: years and single words ("short") stay in one line."""
    return "short" if all(len(_strip(cell)) <= SHORT for cell in cells) else ""


def _strip(cell: object) -> str:
    """Return a cell for readers of plain text: a rendered piece without its tags."""
    return str(cell.striptags() if isinstance(cell, Markup) else cell)


def draw_notice(text: str, claims: Sequence[str] = ()) -> Fragment:
    """Draw a sentence that catches the eye: what is missing, and who has it; `claims` are as of `Prose`."""
    return Fragment(render("notice", text=text, claims=claims), text)


def link_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV for spreadsheets as a link that downloads it, without a server."""
    content = write_sheet_csv(columns, rows).encode("utf-8")
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(content).decode("ascii")


def write_sheet_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV that readers open in a spreadsheet: it begins with the mark by which one knows UTF-8.

    Text that a spreadsheet would run as a formula is made neutral.
    """
    neutral = ([_neutralise(cell) for cell in row] for row in rows)
    return "\ufeff" + write_csv([str(_neutralise(name)) for name in columns], neutral)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV (RFC 4180), every cell as it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _neutralise(cell: object) -> object:
    """Put an apostrophe before text that begins with = + - @, so that no spreadsheet runs it as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
