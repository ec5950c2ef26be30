"""Let an analyst's own charts be drawn without a network: in JupyterLab by what it brings, on a page by hpedu.

`import hpedu` sets this up where IPython runs, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from IPython.core.getipython import get_ipython

from hpedu.errors import Refused
from hpedu.present.page.display import LAB_CHART, LAB_SCHEMA, WIDE, Bundle
from hpedu.texts import current_language, say

KINDS = {"line": "line", "bar": "bar", "barh": "bar", "area": "area", "scatter": "point", "hist": "bar"}
"""Kinds of pandas' charts that are drawn, and the marks of Altair that draw them."""


def set_up() -> None:
    """Make the running IPython show Altair's charts as hpedu's own, and let pandas draw with Altair.

    Neither library is loaded for it. Who has installed matplotlib keeps it for pandas.
    """
    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    bundles = shell.display_formatter.mimebundle_formatter
    bundles.for_type_by_name("altair.vegalite.v6.api", "TopLevelMixin", show_chart)
    if find_spec("matplotlib") is None:
        import pandas

        pandas.set_option("plotting.backend", __name__)


def show_chart(chart: Any, include: object = None, exclude: object = None) -> Bundle:
    """Return a chart of Altair as JupyterLab draws it; what its author has set stands over hpedu's theme."""
    from altair import data_transformers

    from hpedu.present.charts.style import theme

    with data_transformers.enable("default", max_rows=None):
        spec: dict[str, Any] = chart.to_dict()
    language = current_language()
    spec |= {"$schema": LAB_SCHEMA, "config": _merge(theme(language), spec.get("config", {}))}
    # As wide as its container, a chart grows without end in an output of JupyterLab.
    if spec.get("width") == "container":
        spec["width"] = WIDE
    menu = {"export": True, "source": False, "compiled": False, "editor": False}
    spec = {"usermeta": {"embedOptions": {"actions": menu}}, **spec}
    return {LAB_CHART: spec, "text/plain": say("own_chart", language)}


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def plot(data: Any, *, kind: str = "line", x: Any = None, y: Any = None, **options: Any) -> Any:
    """Draw a frame or series of pandas with Altair: pandas calls this for `.plot()`.

    `kind` is one of `KINDS`; `x` and `y` are columns, by default the index and every column of numbers; `options`
    are `title`, and `width` and `height` in pixels. Raises `Refused` for another kind or option, with what to use.
    """
    import altair

    unknown = ", ".join([*({kind} - set(KINDS)), *(set(options) - {"title", "width", "height"})])
    if unknown:
        raise Refused("plot_unknown", what=unknown, kinds=list(KINDS))
    frame = data.to_frame(data.name or "value") if data.ndim == 1 else data
    if x is None:
        frame = frame.rename_axis(index=frame.index.name or "index").reset_index()
        x = frame.columns[0]
    wanted = [y] if isinstance(y, str) else list(y or frame.columns[frame.columns != x])
    names = list(frame[wanted].select_dtypes("number").columns)
    if not names:
        raise Refused("plot_no_numbers", columns=wanted)
    # One row a figure, as Altair takes it; the column `x` may be one of those drawn.
    folded = frame[names].rename(columns=str).assign(along=frame[x]).melt("along")
    chart = altair.Chart(folded, **options)
    mark = getattr(chart, f"mark_{KINDS[kind]}")()
    if len(names) > 1:
        mark = mark.encode(color=altair.Color("variable:N", title=None))
    title = str(names[0]) if len(names) == 1 else None
    if kind == "hist":
        return mark.encode(altair.X("value:Q", bin=True, title=title), altair.Y("count()", title=None))
    if kind == "barh":
        return mark.encode(altair.X("value:Q", title=title), altair.Y("along:O", title=str(x)))
    as_number = kind != "bar" and folded["along"].dtype.kind in "iuf"
    along = altair.X(f"along:{'Q' if as_number else 'O'}", title=str(x))
    # A year has no thousands.
    if as_number and folded["along"].dtype.kind in "iu":
        along = along.axis(format="d").scale(zero=False)
    return mark.encode(along, altair.Y("value:Q", title=title))
