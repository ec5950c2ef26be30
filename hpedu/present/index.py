"""The page that leads to all reports: by territory and school year, in both languages, with the coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup

from hpedu import data
from hpedu.outlook import assess_targets
from hpedu.present.blocks import draw_badge
from hpedu.present.numbers import school_year
from hpedu.present.page import make_environment, read_part, write_policy
from hpedu.present.wording import phrase
from hpedu.registry import LANGUAGES, registry


def render_index(entries: Iterable[dict[str, Any]]) -> str:
    """The HTML of reports/index.html.

    Parameters
    ----------
    entries
        Reports of build.json whose pages are there: `page`, `status`, `parameters` (group, territory, year,
        language).
    """
    territories, groups = list(registry().territories), list(registry().codes_of("group"))

    def place(entry: dict[str, Any]) -> tuple[int, int, int, int]:
        p = entry["parameters"]
        return (
            -p["year"],
            territories.index(p["territory"]),
            groups.index(p["group"]),
            LANGUAGES.index(p["language"]),
        )

    ordered = sorted(entries, key=place)
    shelves = [_fill_shelf(*key, list(found)) for key, found in groupby(ordered, key=_shelf_of)]
    return (
        make_environment()
        .get_template("reports.html.j2")
        .render(
            shelves=shelves,
            style=Markup(read_part("style.css")),
            policy=write_policy([]),
            vi=partial(phrase, language="vi"),
            en=partial(phrase, language="en"),
        )
    )


def _shelf_of(entry: dict[str, Any]) -> tuple[int, str]:
    return entry["parameters"]["year"], entry["parameters"]["territory"]


def _fill_shelf(year: int, territory: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    book = registry()
    states = Counter(s.state for s in assess_targets(data.indicator_values(), book, territory, year))
    unknown = states["no_data"] + states["milestone_unreported"]
    reports = groupby(entries, key=lambda entry: entry["parameters"]["group"])
    return {
        "id": f"{territory}-{year}",
        "territory": book.territories[territory].name,
        "year_vi": school_year(year, "vi"),
        "year_en": school_year(year, "en"),
        "known": states.total() - unknown,
        "total": states.total(),
        "states": [
            {"badge": draw_badge(code, row.name.vi), "count": states[code]}
            for code, row in book.codes_of("state").items()
            if states[code]
        ],
        "reports": [{"links": [_link(entry) for entry in found]} for _, found in reports],
    }


def _link(entry: dict[str, Any]) -> dict[str, Any]:
    parameters = entry["parameters"]
    return {
        "page": entry["page"],
        "language": parameters["language"],
        "name": registry().name("group", parameters["group"], parameters["language"]),
        "failed": entry["status"] != "done",
    }
