"""Make one self-contained page of an executed notebook.

The notebook brings the head of the page (`PageHead`), charts (`Chart`), pieces of HTML and Markdown; the page adds
the frame around them. No code, no stderr, no request to anywhere; the same notebook gives the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html
from markupsafe import Markup
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from pydantic import TypeAdapter
from traitlets import default
from traitlets.config import Config

from hpedu.errors import Refused
from hpedu.folders import name_index
from hpedu.present import PAGE_HEAD
from hpedu.present.charts.plot import Picture, draw
from hpedu.present.page.blocks import write_sheet_csv
from hpedu.present.page.body import make_slug, order_body
from hpedu.present.page.display import (
    CHART,
    WIDE,
    describe_making,
    describe_origin,
    describe_source,
    find_newest,
)
from hpedu.texts import LANGUAGES, Language, format_number, say, school_year

TEMPLATES = Path(__file__).parent / "templates"
PICTURES = TypeAdapter(Picture)
SIZES = {"wide": WIDE, "narrow": 340}
"""Pixels of the pictures of a chart that a page shows: one on a wide screen, one on a phone or much enlarged."""
BRIEF = "brief"
"""The group whose page goes with a text to paste into a message."""
LONGEST = 2_000_000
"""Letters of one output that a page takes: more is no longer read, and makes a page that opens slowly."""
SCRIPTS = {"chart": "page.js", "cite": "reader.js", "scorecard": "scorecard.js", "what-if": "what_if.js"}
"""What a page runs that has an element of such a class."""
BARE = "application/vnd.vegalite."
"""How the kinds of output begin that are the spec of a chart, for JupyterLab."""


def render_page(notebook: NotebookNode | Path, name: str = "notebook") -> str:
    """Turn an executed notebook, of a name for messages, into the HTML of its page.

    Raises `Refused` if it does not show exactly one `PageHead`, or one of its cells failed.
    """
    if isinstance(notebook, Path):
        name, notebook = notebook.name, nbformat.read(notebook, as_version=4)
    page, _ = make_exporter().from_notebook_node(notebook, {"metadata": {"name": name}})
    return str(page)


def print_pages(notebook: NotebookNode, group: str) -> dict[str, str]:
    """Return the files of an executed notebook by their endings: the page, and a brief as text, too."""
    page = render_page(notebook, f"{group}.ipynb")
    return {".txt": read_message(page), ".html": page} if group == BRIEF else {".html": page}


@cache
def make_exporter() -> PageExporter:
    """Return the one exporter of all pages: building it takes longer than a page."""
    return PageExporter()


def load_frame() -> None:
    """Read all that any page is made with, as a process does that others are forked from."""
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(""), nbformat.v4.new_markdown_cell("")])
    nbformat.validate(empty)
    TemplateExporter.from_notebook_node(make_exporter(), empty)
    for template in ("page.html.j2", "figure.html.j2"):
        make_environment().get_template(template)


class PageExporter(HTMLExporter):  # type: ignore[misc]  # nbconvert is untyped
    """nbconvert's HTML exporter with hpedu's frame; `jupyter nbconvert --to hpedu` uses it, too."""

    export_from_notebook = "hpedu page"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "hpedu"

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    @property
    def default_config(self) -> Config:
        config = Config(
            {
                "NbConvertBase": {
                    "display_data_priority": [
                        PAGE_HEAD,
                        CHART,
                        "text/html",
                        "text/markdown",
                        "image/svg+xml",
                        "image/png",
                        "image/jpeg",
                        "text/plain",
                    ]
                },
                "HTMLExporter": {"exclude_anchor_links": True},
                # The others do nothing for a page, but the notebook is checked after each.
                "Exporter": {"default_preprocessors": ["nbconvert.preprocessors.CoalesceStreamsPreprocessor"]},
                "TemplateExporter": {"exclude_input": True},
            }
        )
        inherited: Config = super().default_config.copy()
        inherited.merge(config)
        return inherited

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Render the notebook's cells, put them in order, and set them into the frame of the page."""
        name = (resources or {}).get("metadata", {}).get("name", "notebook")
        head = find_head([output for cell in nb.cells for output in cell.get("outputs", [])], name)
        language, past = head["language"], head["past"]
        cells = [prune(cell, language) for cell in nb.cells if speaks(cell, language, past=past)]
        shown = NotebookNode({**nb, "cells": list(map(draw_figures, cells))})
        # Not HTMLExporter's own, which reads the whole page once more for images without a text.
        body, resources = TemplateExporter.from_notebook_node(self, shown, resources, **kw)
        outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
        charts = [data[CHART] for data in outputs if CHART in data]
        return hang_pictures(frame_page(head, body, charts), charts), resources


def draw_figures(cell: NotebookNode) -> NotebookNode:
    """Return a cell with the figures of its charts instead of their specs, which nbconvert would copy, too."""
    outputs = [
        NotebookNode({**output, "data": NotebookNode({**output.data, CHART: draw_figure(output.data[CHART])})})
        if CHART in output.get("data", {})
        else output
        for output in cell.get("outputs", [])
    ]
    return NotebookNode({**cell, "outputs": outputs}) if outputs else cell


def find_head(outputs: list[NotebookNode], name: str) -> dict[str, Any]:
    """Return the fields of the one `PageHead` among the outputs.

    Raises `Refused` if there is none or more than one, or an output is an error: half a report is never published.
    """
    for output in outputs:
        if output.output_type == "error":
            raise Refused("notebook_failed", notebook=name, name=output.ename, text=output.evalue)
    heads = [output.data[PAGE_HEAD] for output in outputs if PAGE_HEAD in output.get("data", {})]
    if len(heads) != 1:
        raise Refused("notebook_heads", notebook=name, count=len(heads))
    return dict(heads[0])


def speaks(cell: NotebookNode, language: Language, *, past: bool = False) -> bool:
    """Return whether a cell belongs on the page: Markdown tagged with other languages only does not.

    Nor does what is tagged `plans`, on the page of a territory that was no more when the plans were made.
    """
    tags = set(cell.metadata.get("tags", []))
    if past and "plans" in tags:
        return False
    return cell.cell_type != "markdown" or tags.isdisjoint(LANGUAGES) or language in tags


def prune(cell: NotebookNode, language: Language) -> NotebookNode:
    """Return a cell without charts for JupyterLab (nbconvert copies cells several times) and endless outputs."""
    outputs = [_prune_output(output, language) for output in cell.get("outputs", [])]
    return NotebookNode({**cell, "outputs": outputs}) if outputs else cell


def _prune_output(output: NotebookNode, language: Language) -> NotebookNode:
    """Return an output that a page takes; a spec that is all there is becomes a script, which is drawn later.

    Plain text that is too long to be read is cut, anything else is named instead.
    """
    if CHART in output.get("data", {}):
        return NotebookNode({**output, "data": {CHART: output.data[CHART]}})
    cut = f"\n\n{say('cut_said', language, most=format_number(LONGEST, 0, language))}"
    if len(output.get("text", "")) > LONGEST:
        return NotebookNode({**output, "text": output.text[:LONGEST] + cut})
    data = {kind: content for kind, content in output.get("data", {}).items() if not kind.startswith(BARE)}
    specs = [content for kind, content in output.get("data", {}).items() if kind.startswith(BARE)]
    if specs and "text/html" not in data:
        data["text/html"] = f"<script>{json.dumps(specs[0])}</script>"
    for kind in [kind for kind, content in data.items() if isinstance(content, str) and len(content) > LONGEST]:
        content = data.pop(kind)
        if kind == "text/plain":
            data[kind] = content[:LONGEST] + cut
        else:
            data["text/markdown"] = say("left_out_said", language, kind=kind)
    # As a plain dictionary, all that is in it would be copied.
    return NotebookNode({**output, "data": NotebookNode(data)}) if data else output


@cache
def make_environment() -> Environment:
    """Return the templates of the frame; unlike in nbconvert's own, everything put in is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "hpedu"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    return environment


def render_frame(
    template: str,
    language: Language,
    *,
    styles: Sequence[str] = ("style.css",),
    scripts: Sequence[str] = (),
    **values: Any,
) -> str:
    """Fill in a page: its frame with the styles, the scripts, and a policy that lets only them run."""
    code = [read_part(name) for name in scripts]
    return (
        make_environment()
        .get_template(template)
        .render(
            language=language,
            other=next(one for one in LANGUAGES if one != language),
            say=partial(say, language=language),
            name_index=name_index,
            style=Markup("".join(map(read_part, styles))),
            scripts=list(map(Markup, code)),
            policy=write_policy(code),
            **values,
        )
    )


def frame_page(head: dict[str, Any], body: str, charts: list[dict[str, Any]]) -> str:
    """Write the whole page around its body."""
    language: Language = head["language"]
    ordered = order_body(body, language)
    return render_frame(
        "page.html.j2",
        language,
        scripts=[name for mark, name in SCRIPTS.items() if f'class="{mark}"' in ordered.html],
        head=head,
        school_year=school_year(head["year"], language),
        sources=[describe_source(source, language) for source in head["sources"]],
        origins=[describe_origin(cells, head["sources"]) for cells in ordered.origins],
        facts=describe_making(head),
        newest=find_newest(head),
        links=ordered.links,
        content=Markup(ordered.html),
        sections=ordered.sections,
        charts=pack_charts(charts, head) if charts else "",
        slots={name: f"{{{name}}}" for name in ("what", "figure", "caveat", "source", "cells", "page")},
        brief='class="brief"' in ordered.html and head["group"] != "brief",
    )


def read_message(page: str) -> str:
    """Return the brief of a page as text to paste into a message: its title, its line of facts, what it says."""
    root = html.document_fromstring(page)
    found = [root.find(".//h1"), *root.find_class("where")[:1], *root.xpath("//*[@class='message']//pre")[:1]]
    return "\n\n".join(part.text_content().strip() for part in found) + "\n"


def pack_charts(charts: list[dict[str, Any]], head: dict[str, Any]) -> str:
    """Pack what scripts need of the charts, in the order of the page: the name of their files, and their figures.

    It is gzip in base64, a tenth of its size, and always the same text.
    """
    found = [
        {
            "file": name_file(chart["name"], head),
            "csv": write_sheet_csv(chart["data"]["columns"], chart["data"]["rows"]),
        }
        for chart in charts
    ]
    return base64.b64encode(gzip.compress(json.dumps(found, ensure_ascii=False).encode(), mtime=0)).decode()


def name_file(chart: str, head: dict[str, Any]) -> str:
    """Name the files saved from a chart so that they can be told apart in a folder of downloads.

    Such as `preschool-nursery-enrolment-rate-thanh-pho-hai-phong-2025`.
    """
    parts = (head["group"], chart.removeprefix("chart-"), head["territory"], str(head["year"]))
    return "-".join(map(make_slug, parts))


def draw_figure(chart: dict[str, Any]) -> str:
    """Write a chart as a figure: title, described picture, warning if synthetic, table of its numbers."""
    template = make_environment().get_template("figure.html.j2")
    return template.render(chart=chart, svg=Markup(name_slot(chart)), say=partial(say, language=chart["language"]))


def name_slot(chart: dict[str, Any]) -> str:
    """Return the place in the page where the picture of a chart goes in the end.

    Most of a page's tags are those of its pictures: without them the page is put in order much faster.
    """
    text = json.dumps([chart["name"], chart["picture"]], sort_keys=True)
    return f'<slot name="{hashlib.sha256(text.encode()).hexdigest()}"></slot>'


def hang_pictures(page: str, charts: list[dict[str, Any]]) -> str:
    """Draw the charts into their slots, each for a wide and for a narrow place."""
    for chart in charts:
        picture = PICTURES.validate_python(chart["picture"])
        drawn = "".join(
            f'<div class="{name}">{draw(picture, size, live=True)}</div>' for name, size in SIZES.items()
        )
        page = page.replace(name_slot(chart), drawn, 1)
    return page


def write_policy(scripts: list[str]) -> str:
    """Write a content security policy: the page can ask no host for anything and runs only its own scripts."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


@cache
def read_part(name: str) -> str:
    """Read a file of the template."""
    return (TEMPLATES / "hpedu" / name).read_text(encoding="utf-8")
