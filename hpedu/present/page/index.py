"""Write the page that leads to all reports: by school year and territory, with the answer and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from hpedu import store
from hpedu.assess.recalled import recall_standings
from hpedu.assess.standing import HORIZON, Standing
from hpedu.folders import name_index
from hpedu.ingest.words.vietnamese import sort_key
from hpedu.present.commune_map import draw_commune_map
from hpedu.present.page.page import render_frame
from hpedu.present.summary import answer
from hpedu.present.view import SILENT, Wording
from hpedu.registry import load_registry
from hpedu.texts import LANGUAGES, Language, has_text, say, school_year

MAPPED = ("national_standard_share_all_levels_2025", "primary_pupils_per_class")
"""What the map of the communes may show: the first of these that a school list has."""
Entry = Mapping[str, Any]
FILES = {"workbook": "{id}.xlsx", "package": "{id}-data/datapackage.json", "pdf": "{id}.pdf"}
"""Files next to a page, by their kind; `id` is the page's place without `.html`."""


def render_index(
    entries: Iterable[Entry], reports: Path, language: Language, commune_lists: Sequence[str] = ()
) -> str:
    """Write the HTML of the index in one language; it leads to the pages in both.

    The entries are the reports of build.json whose pages are there; files next to a page are linked.
    `commune_lists` are pages that lead to the reports on communes, one a school year.
    """
    ordered = sorted(entries, key=_place_report)
    newest = max((entry["parameters"]["year"] for entry in ordered), default=None)
    folders = [
        _fill_folder(year, territory, found, reports, language, whole=year == newest)
        for (year, territory), found in groupby(ordered, key=_folder_of)
    ]
    return render_frame(
        "reports.html.j2",
        language,
        styles=("style.css", "index.css"),
        scripts=("index.js",),
        issued=(reports / "issued" / name_index(language)).exists(),
        folders=folders,
        commune_lists=[
            {"page": page, "year": school_year(int(page.partition("/")[0]), language)} for page in commune_lists
        ],
        synthetic=any(folder["synthetic"] for folder in folders),
    )


def _place_report(entry: Entry) -> tuple[int, int, int, int]:
    asked, registry = entry["parameters"], load_registry()
    return (
        -asked["year"],
        list(registry.territories).index(asked["territory"]),
        list(registry.groups).index(asked["group"]),
        LANGUAGES.index(asked["language"]),
    )


def _folder_of(entry: Entry) -> tuple[int, str]:
    return entry["parameters"]["year"], entry["parameters"]["territory"]


def _fill_folder(
    year: int, territory: str, entries: Iterable[Entry], reports: Path, language: Language, *, whole: bool
) -> dict[str, Any]:
    """Return what is shown of the reports of a territory and year; `whole` with the answer in words."""
    registry = load_registry()
    values = store.territory_values(territory).filter(pl.col("territory") == territory, pl.col("year") <= year)
    standings = recall_standings(territory, year, HORIZON)
    groups = groupby(entries, key=lambda entry: entry["parameters"]["group"])
    return {
        "id": f"{territory}-{year}",
        "title": f"{registry.territories[territory].name.get(language)} · {school_year(year, language)}",
        "cards": [_fill_card(group, list(found), standings, reports, language) for group, found in groups],
        "synthetic": bool((values["status"] == "synthetic").any()),
        "answer": answer(standings, Wording(registry, language, territory)).text if whole else "",
    }


def _fill_card(
    group: str, entries: list[Entry], standings: Sequence[Standing], reports: Path, language: Language
) -> dict[str, Any]:
    """Return what is shown of a report: how far its figures reach, its pages, the files beside them."""
    registry = load_registry()
    own = [s for s in standings if group in ("overview", s.target.group)]
    counts = Counter(standing.state for standing in own)
    beside = [
        entry["page"].removesuffix(".html") for entry in entries if entry["parameters"]["language"] == language
    ]
    files = [(kind, form.format(id=id)) for id in beside for kind, form in FILES.items()]
    return {
        "name": registry.groups[group].name.get(language),
        "known": len(own) - sum(counts[state] for state in SILENT),
        "total": len(own),
        "states": [(code, counts[code]) for code in registry.codes_of("state") if counts[code]],
        "text": say(f"index_{group}", language) if has_text(f"index_{group}") else "",
        "links": [
            {
                "place": entry["page"],
                "language": entry["parameters"]["language"],
                "failed": entry["status"] != "done",
            }
            for entry in sorted(entries, key=lambda one: one["parameters"]["language"] != language)
        ],
        "files": [
            {"place": place, "label": say(f"index_{kind}", language)}
            for kind, place in files
            if (reports / place).exists()
        ],
    }


def render_commune_index(entries: Iterable[dict[str, Any]]) -> str:
    """Write the HTML of reports/YEAR/communes/index.html: a row a commune, by name, with links to its pages.

    The entries are the reports of build.json on communes of one school year whose pages are there.
    """
    entries, registry = list(entries), load_registry()
    names = {commune.id: commune.name for commune in registry.communes}
    groups, year = list(registry.groups), entries[0]["parameters"]["year"]
    mapped = (draw_commune_map(registry.indicators[name], registry, "vi", year) for name in MAPPED)
    drawn = next(filter(None, mapped), None)
    links: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        asked = entry["parameters"]
        link = {
            "page": "/".join(entry["page"].split("/")[2:]),  # as seen from the folder of the communes
            "language": asked["language"],
            "name": registry.groups[asked["group"]].name.get(asked["language"]),
            "failed": entry["status"] != "done",
            "order": (groups.index(asked["group"]), LANGUAGES.index(asked["language"])),
        }
        links.setdefault(asked["territory"], []).append(link)
    return render_frame(
        "communes.html.j2",
        "vi",
        year_vi=school_year(year, "vi"),
        year_en=school_year(year, "en"),
        communes=[
            {"name": names[id], "links": sorted(links[id], key=lambda link: link["order"])}
            for id in sorted(links, key=lambda id: sort_key(names[id]))
        ],
        map=Markup(drawn.html if drawn else ""),
        synthetic=bool(store.schools().filter(pl.col("year") == year)["synthetic"].any()),
        en=partial(say, language="en"),
    )
