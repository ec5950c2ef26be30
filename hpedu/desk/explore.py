"""Let an analyst look around: choose indicator, territory and years; see chart, table, sources and code."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import polars as pl
from IPython.display import display
from markupsafe import Markup, escape

from hpedu import store
from hpedu.errors import check_name
from hpedu.present.page.blocks import draw_table
from hpedu.present.page.display import Bundle, Chart, Fragment
from hpedu.present.report import Report
from hpedu.registry import load_registry
from hpedu.texts import current_language, say

FIRST = "kindergarten_pupils"


class Explorer:
    """One indicator in one territory over some years.

    JupyterLab shows it with controls, if `ipywidgets` is there (`pip install "hpedu[lab]"`); a page, a document or
    any other notebook shows what is chosen.

    Attributes
    ----------
    report
        The report that `chart` and `code` speak of.
    chart
        The chart; its figures are in `chart.data`.
    code
        The lines that make the same, to be copied into a notebook.
    """

    def __init__(
        self, indicator: str, territory: str | None, since: int | None, until: int | None, language: str
    ) -> None:
        registry = load_registry()
        check_name("indicator", indicator, registry.indicators)
        self.report = Report(
            registry.indicators[indicator].group, territory=territory, year=until, language=language
        )
        self.indicator, self.since = indicator, since
        self.chart = self.report.trend(indicator, since=since)
        chosen = [repr(self.report.group), f"territory={self.report.territory!r}", f"year={self.report.year}"]
        drawn = ", ".join([repr(indicator), *([] if since is None else [f"since={since}"])])
        self.code = "\n".join(
            [
                "import hpedu",
                "",
                f"report = hpedu.Report({', '.join(chosen)}, language={language!r})",
                f"report.trend({drawn})",
                f"hpedu.indicator_values({indicator!r}, {self.report.territory!r})",
            ]
        )

    def parts(self) -> list[Chart | Fragment]:
        """Return chart, table, and sources with the code, as a cell shows them one after the other."""
        language = self.report.language
        if not isinstance(self.chart, Chart):
            return [self.chart]
        drawn = self.chart.data["year"].to_list()
        table = draw_table(self.chart.table.columns, self.chart.table.rows(), caption=self.chart.text.title)
        values = store.indicator_values([self.indicator], [self.report.territory])
        sources = Markup("").join(
            Markup("<li>{}: {} (<code>{}</code>)</li>").format(one.publisher, one.title, one.path)
            for one in self.report.resources(values.filter(pl.col("year").is_in(drawn)))
        )
        rest = Markup("<h4>{}</h4><ul>{}</ul><h4>{}</h4><pre>{}</pre>").format(
            say("sources", language), sources, say("explore_code", language), escape(self.code)
        )
        return [self.chart, table, Fragment(rest, self.code)]

    def _repr_mimebundle_(self, **wanted: object) -> Bundle:
        """Return controls for a notebook that has them, and the same without for any other."""
        parts = self.parts()
        plain = {
            "text/html": "\n".join(one.html for one in parts),
            "text/plain": "\n\n".join(one.plain for one in parts),
        }
        if find_spec("ipywidgets") is None:
            return plain
        return plain | {"application/vnd.jupyter.widget-view+json": _add_controls(self)}


def explore(
    indicator: str = FIRST,
    territory: str | None = None,
    *,
    since: int | None = None,
    until: int | None = None,
    language: str | None = None,
) -> Explorer:
    """Look at one indicator: in JupyterLab with controls to choose another, a territory and years.

    Parameters
    ----------
    indicator
        Id of an indicator, see `hpedu.indicators()`.
    territory
        Id of a territory, see `hpedu.territories()`; by default the city.
    since, until
        First and last year; by default all.
    language
        "vi" or "en", by default that of the newest report.

    Raises
    ------
    UnknownName, WrongParameters
        For a name or year that is none, with the closest ones.
    """
    return Explorer(indicator, territory, since, until, language or current_language())


def _add_controls(start: Explorer) -> Any:
    """Return the view of a window in which all that `explore` takes can be chosen."""
    import ipywidgets

    registry, language = start.report.registry, start.report.language
    names = {one.id: one.name.get(language) for one in registry.indicators.values()}
    groups = {one: registry.name("group", registry.indicators[one].group, language) for one in names}
    indicator = ipywidgets.Dropdown(
        options=sorted((f"{groups[id]}: {name} ({id})", id) for id, name in names.items()),
        value=start.indicator,
        description=say("indicator", language),
        layout={"width": "auto"},
    )
    territory = ipywidgets.Dropdown(
        options=[(row.name.get(language), id) for id, row in registry.reported_territories().items()],
        value=start.report.territory,
        description=say("territory", language),
    )
    last = start.report.year
    years = ipywidgets.IntRangeSlider(
        value=(start.since or last - 20, last),
        min=last - 30,
        max=last,
        description=say("year", language),
        continuous_update=False,
    )

    def show(indicator: str, territory: str, years: tuple[int, int]) -> None:
        for part in Explorer(indicator, territory, *years, language).parts():
            display(part)  # type: ignore[no-untyped-call]

    chosen = {"indicator": indicator, "territory": territory, "years": years}
    shown = ipywidgets.interactive_output(show, chosen)
    window = ipywidgets.VBox([indicator, ipywidgets.HBox([territory, years]), shown])
    return window._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
