"""What a page asks for: the input form of its group, to be downloaded from the page itself."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import polars as pl

from hpedu.present.blocks import render
from hpedu.present.display import Fragment
from hpedu.present.form import make_form
from hpedu.present.naming import Wording
from hpedu.present.wording import phrase

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def offer_forms(
    groups: Sequence[str], *, territory: str, year: int, observations: pl.DataFrame, wording: Wording
) -> Fragment:
    """Links to the empty forms of some groups of targets; a territory that is no more is not asked for anything.

    Parameters
    ----------
    observations
        Columns `hpedu.ingest.schema.OBSERVATIONS`: what is there already is not asked for.
    """
    book, language = wording.book, wording.language
    asked = groups if book.territories[territory].role == "city" else ()
    links = []
    for group in asked:
        content, count = make_form(
            group=group, year=year, territory=territory, observations=observations, book=book
        )
        name = book.name("group", group, language)
        links.append(
            {
                "file": f"hpedu-{group}-{territory}-{year}.xlsx",
                "href": f"data:{WORKBOOK};base64,{base64.b64encode(content).decode('ascii')}",
                "text": phrase("form_link", language, group=name, count=count),
            }
        )
    lead = phrase("form_lead" if links else "form_not_asked", language)
    plain = "\n".join([lead, *(link["text"] for link in links)])
    return Fragment(render("forms", lead=lead, links=links), plain)
