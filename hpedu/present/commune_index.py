"""The page that leads to the reports on the communes of one school year."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from markupsafe import Markup

from hpedu.present.numbers import school_year
from hpedu.present.page import make_environment, read_part, write_policy
from hpedu.present.wording import phrase
from hpedu.registry import LANGUAGES, registry


def render_commune_index(entries: Iterable[dict[str, Any]]) -> str:
    """The HTML of reports/YEAR/communes/index.html: one row a commune, by name, with a link to each of its pages.

    Parameters
    ----------
    entries
        Reports of build.json on communes of one school year whose pages are there.
    """
    entries = list(entries)
    book = registry()
    names = {commune.id: commune.name for commune in book.communes}
    groups, year = list(book.codes_of("group")), entries[0]["parameters"]["year"]
    shelf: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(entries, key=lambda e: _place(e["parameters"], groups)):
        shelf.setdefault(entry["parameters"]["territory"], []).append(_link(entry))
    return (
        make_environment()
        .get_template("communes.html.j2")
        .render(
            year_vi=school_year(year, "vi"),
            year_en=school_year(year, "en"),
            communes=[
                {"name": names[id], "links": shelf[id]} for id in sorted(shelf, key=lambda id: names[id].split())
            ],
            style=Markup(read_part("style.css")),
            policy=write_policy([]),
            vi=partial(phrase, language="vi"),
            en=partial(phrase, language="en"),
        )
    )


def _place(parameters: dict[str, Any], groups: list[str]) -> tuple[int, int]:
    return groups.index(parameters["group"]), LANGUAGES.index(parameters["language"])


def _link(entry: dict[str, Any]) -> dict[str, Any]:
    parameters = entry["parameters"]
    language = parameters["language"]
    return {
        "page": "/".join(entry["page"].split("/")[2:]),  # as seen from the folder of the communes
        "language": language,
        "name": registry().name("group", parameters["group"], language),
        "failed": entry["status"] != "done",
    }
