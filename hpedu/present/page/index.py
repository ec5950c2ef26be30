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
from hpedu.assess.standing import Standing, assess_targets
from hpedu.folders import name_index
from hpedu.present.commune_map import draw_commune_map
from hpedu.present.page.blocks import draw_badge
from hpedu.present.page.page import render_frame
from hpedu.present.summary import answer
from hpedu.present.view import SILENT, Wording
from hpedu.registry import load_registry
from hpedu.texts import LANGUAGES, Language, say, school_year, sort_key

WHOLE = ("brief", "overview")  # pages on all targets
MAPPED = ("national_standard_share_all_levels_2025", "primary_pupils_per_class")
"""What the map of the communes may show: the first of these that a school list has."""
Entry = Mapping[str, Any]
FILES = {"workbook": "{id}.xlsx", "package": "{id}-data/datapackage.json", "pdf": "{id}.pdf"}
"""Files next to a page, by their kind; `id` is the page's place without `.html`."""


def render_index(
    entries: Iterable[Entry], reports: Path, language: Language, commune_lists: Sequence[str] = ()
) -> str:
    """Write the HTML of the index in one language; it leads to the pages in both.

    Parameters
    ----------
    entries
        Reports of build.json whose pages are there: `page`, `status`, `parameters` (group, territory, year,
        language).
    reports
        The folder of the reports: files next to a page are linked.
    commune_lists
        Pages that lead to the reports on communes, one a school year.
    """
    ordered = sorted(entries, key=_place_report)
    newest = max((entry["parameters"]["year"] for entry in ordered), default=None)
    folders = [
        _Folder(year, territory, list(found), reports, language).fill(whole=year == newest)
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


class _Folder:
    """The reports of one territory and school year."""

    def __init__(
        self, year: int, territory: str, entries: Sequence[Entry], reports: Path, language: Language
    ) -> None:
        self.year, self.territory, self.entries = year, territory, entries
        self.reports, self.language, self.registry = reports, language, load_registry()
        self.wording = Wording(self.registry, language, territory)
        values = store.indicator_values()
        self.values = values.filter(pl.col("territory") == territory, pl.col("year") <= year)
        self.standings = assess_targets(values, self.registry, territory, year)

    def fill(self, *, whole: bool) -> dict[str, Any]:
        """Return what the template shows; the answer in words only if it is to be `whole`."""
        groups = groupby(self.entries, key=lambda entry: entry["parameters"]["group"])
        year = school_year(self.year, self.language)
        return {
            "id": f"{self.territory}-{self.year}",
            "title": f"{self.registry.territories[self.territory].name.get(self.language)} · {year}",
            "coverage": self._cover(self.standings),
            "cards": [self._fill_card(group, list(found)) for group, found in groups],
            "synthetic": bool((self.values["status"] == "synthetic").any()),
            "answer": answer(self.standings, self.wording).text if whole else "",
        }

    def _fill_card(self, group: str, entries: Sequence[Entry]) -> dict[str, Any]:
        own = [s for s in self.standings if group in (*WHOLE, s.target.group)]
        return {
            "name": self.registry.groups[group].name.get(self.language),
            "coverage": self._cover(own) if own else None,
            "text": "" if own else say("index_quality", self.language),
            "links": [
                {
                    "place": entry["page"],
                    "language": entry["parameters"]["language"],
                    "failed": entry["status"] != "done",
                }
                for entry in sorted(entries, key=lambda one: one["parameters"]["language"] != self.language)
            ],
            "files": [link for entry in entries for link in self._list_files(entry)],
        }

    def _list_files(self, entry: Entry) -> list[dict[str, str]]:
        """List the files next to a page in the language of the index."""
        if entry["parameters"]["language"] != self.language:
            return []
        places = {kind: form.format(id=entry["page"].removesuffix(".html")) for kind, form in FILES.items()}
        return [
            {"place": place, "label": say(f"index_{kind}", self.language)}
            for kind, place in places.items()
            if (self.reports / place).exists()
        ]

    def _cover(self, standings: Sequence[Standing]) -> dict[str, Any]:
        """Count the targets that have a figure, and those in each state."""
        counts = Counter(standing.state for standing in standings)
        states = [
            {
                "code": code,
                "count": counts[code],
                "badge": draw_badge(code, row.name.get(self.language)),
            }
            for code, row in self.registry.codes_of("state").items()
            if counts[code]
        ]
        known = counts.total() - sum(counts[state] for state in SILENT)
        return {"known": known, "total": counts.total(), "states": states}


def render_commune_index(entries: Iterable[dict[str, Any]]) -> str:
    """Write the HTML of reports/YEAR/communes/index.html: a row a commune, by name, with links to its pages.

    Parameters
    ----------
    entries
        Reports of build.json on communes of one school year whose pages are there.
    """
    entries = list(entries)
    registry = load_registry()
    names = {commune.id: commune.name for commune in registry.communes}
    groups, year = list(registry.groups), entries[0]["parameters"]["year"]
    mapped = [registry.indicators[name] for name in MAPPED]
    drawn = next(filter(None, (draw_commune_map(one, registry, "vi", year) for one in mapped)), None)
    links: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(entries, key=lambda e: _place_commune(e["parameters"], groups)):
        links.setdefault(entry["parameters"]["territory"], []).append(_link(entry))
    return render_frame(
        "communes.html.j2",
        "vi",
        year_vi=school_year(year, "vi"),
        year_en=school_year(year, "en"),
        communes=[
            {"name": names[id], "links": links[id]} for id in sorted(links, key=lambda id: sort_key(names[id]))
        ],
        map=Markup(drawn.html if drawn else ""),
        en=partial(say, language="en"),
    )


def _place_commune(parameters: dict[str, Any], groups: list[str]) -> tuple[int, int]:
    return groups.index(parameters["group"]), LANGUAGES.index(parameters["language"])


def _link(entry: dict[str, Any]) -> dict[str, Any]:
    parameters = entry["parameters"]
    language = parameters["language"]
    return {
        "page": "/".join(entry["page"].split("/")[2:]),  # as seen from the folder of the communes
        "language": language,
        "name": load_registry().groups[parameters["group"]].name.get(language),
        "failed": entry["status"] != "done",
    }
