"""Draw series over the years: what is known, where it leads, what a plan wants; alone, or place beside place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from hpedu.present.charts.plot import Axis, Key, Label, Mark, Panel, Rule
from hpedu.present.charts.style import DASHES, SERIES, SHAPES_OF, nice_ticks, write_ticks
from hpedu.present.page.display import Chart, ChartText
from hpedu.texts import MISSING, count_decimals, format_number

MERGER_YEAR = 2025
MARKED = ("preliminary", "derived", "estimated", "projected", "synthetic")
# Levels of the intervals of a projection in percent, the widest first, and how strong each is painted over it.
SHADES = {95: 0.12, 80: 0.16, 50: 0.24}
BOUNDS = tuple(f"{side}{level}" for level in SHADES for side in ("lo", "hi"))
HOLLOW = ("derived", "estimated", "projected")
FLAG = "‡"  # next to a figure with a remark
FEW = 6  # more signs of remarks would only cover the lines; the key and the table still have them
NAMED_BESIDE = 4  # with more series than this the names are in the key
PATH_DASH = (9, 3, 2, 3)
DOTTED = (1, 4)
NO_LIST = pl.lit([], pl.List(pl.String))
IS_AHEAD = pl.col("status") == "projected"


@dataclass(frozen=True)
class Goal:
    """A target as a chart draws it. `label` holds the words only; the chart adds sign and value.

    `path_from` is the series that has to reach it: the path needed starts at its last known point. "" for no path.
    """

    value: float
    year: int
    label: str
    sign: str  # before the value, such as "≥ "
    path_from: str = ""

    def write(self, text: ChartText) -> str:
        """Write sign and value, `≥ 48,05`: never with fewer decimals than the plan gives."""
        number = format_number(self.value, max(text.decimals, count_decimals(self.value)), text.language)
        return self.sign + number


@dataclass(frozen=True)
class Break:
    """From `year` on something else was counted: lines are cut before it, and `label` says why, in a few words."""

    year: int
    label: str


@dataclass(frozen=True)
class Doubt:
    """A figure that a check contradicts, with all that it may be: shown, but no point of a series."""

    year: int
    readings: Sequence[float]


def trend(
    values: pl.DataFrame,
    text: ChartText,
    *,
    target: Goal | None = None,
    doubt: Doubt | None = None,
    breaks: Sequence[Break] = (),
    series_order: Sequence[str] | None = None,
    context: Collection[str] = (),
    zero: bool | None = None,
    now: int | None = None,
    synthetic: bool = False,
) -> Chart:
    """Draw one or more series over the years.

    `values` has the columns `series` (label), `year`, `value`, `status`. A missing year or a None breaks the line;
    so does a year of `breaks`, which is marked and named. Points are hollow where the value is derived, estimated
    or projected. Rows of status projected may carry `lo50, hi50, lo80, hi80, lo95, hi95`: a fan of three bands
    that opens at the last known point; years of it up to `now` are shown as past without a figure. The dash-dotted
    path leads from the last known point of one series to the `target`. A figure in `doubt` is a cross for each of
    its readings, off the lines. Series of `context` are other places than the chart is about: thin lines.

    `look` names the colour of a series, `panel` the plot it stands in, where there are several. `inputs` (lists of
    `file!cell`) say where a figure is found, `flags` (lists of words) what is doubtful about it: it gets a mark.
    The merger of 1 July 2025 is marked where the years span it. `zero` says whether the axis of values starts at
    0; None leaves it to the data. Any value of status synthetic makes the chart synthetic. Raises `ValueError` if
    a year is there twice, or there are more than six series.
    """
    values = values if "panel" in values.columns else values.with_columns(panel=pl.lit(""))
    refuse_repeats(values, "panel", "series", "year")
    series = order_names(values["series"], series_order, len(SERIES))
    points = _split_runs(_prepare_points(values, series, text), breaks)
    years = every_year(points)
    ends = [years[0], years[-1], *(one.year for one in (target, doubt) if one)]
    first, last = min(ends), max(ends)
    first, last = (first, last) if first < last else (first - 1, last + 1)
    breaks = [mark for mark in breaks if first < mark.year <= last]
    levels = [level for name in ("value", *BOUNDS) for level in points[name].drop_nulls()]
    ticks = _choose_ticks([*levels, *(doubt.readings if doubt else ())], target, zero)
    ticked = [(float(year), short_year(text, year)) for year in range(first, last + 1)]
    drawing = _Drawing(points, text, target, doubt, context, now, (ticks[0], ticks[-1]))
    at_merger = MERGER_YEAR - 0.25 if text.school_year else MERGER_YEAR
    rules = [Rule(at_merger, text.say("merger"))] if first <= at_merger <= last else []
    rules += [Rule(mark.year - 0.5, mark.label, double=True) for mark in breaks]
    panels = [
        Panel(
            x=Axis(first, last, ticked),
            y=Axis(ticks[0], ticks[-1], write_ticks(ticks, text.language)),
            marks=drawing.list_marks(own),
            labels=drawing.list_labels(own, last),
            rules=rules,
            goal=target.value if target else None,
            name=str(name),
            rows=(years[0], years[0] + 1),
        )
        for (name,), own in points.group_by("panel", maintain_order=True)
    ]
    table, origins = _tabulate(points, text)
    is_synthetic = synthetic or "synthetic" in points["status"].to_list()
    return Chart(
        text=text,
        picture=text.frame(panels, drawing.list_key(), starts_at_zero=ticks[0] <= 0 <= ticks[-1]),
        table=table,
        synthetic=is_synthetic,
        remarks="; ".join(_list_remarks(points, table, target=target, breaks=breaks, text=text)),
        origins=origins,
        data=values.drop("look", *(["panel"] if len(panels) == 1 else []), strict=False),
    )


def refuse_repeats(values: pl.DataFrame, *key: str) -> None:
    """Raise ValueError if a key is there twice: two figures for one point would be drawn as one."""
    repeated = values.filter(values.select(key).is_duplicated())
    if not repeated.is_empty():
        raise ValueError(f"two figures for one point: {repeated.select(key).row(0)}")


def order_names(names: pl.Series, order: Sequence[str] | None, room: int) -> list[str]:
    """Return the names in the order given, or of first appearance.

    Raises `ValueError` if a name is not in `order`, or there are more than `room`.
    """
    found: list[str] = names.unique(maintain_order=True).to_list()
    if order is not None:
        unknown = [name for name in found if name not in order]
        if unknown:
            raise ValueError(f"not in the order given: {', '.join(unknown)}")
        found = [name for name in order if name in found]
    if len(found) > room:
        raise ValueError(f"{len(found)} names cannot be told apart in one chart, at most {room}: split it")
    return found


def every_year(values: pl.DataFrame) -> list[int]:
    """Return all years from the first to the last with a figure, those in between without one included."""
    years: list[int] = values.drop_nulls("value")["year"].to_list()
    return list(range(min(years), max(years) + 1))


def short_year(text: ChartText, year: int) -> str:
    """Name a year in short: `2015-16` in both languages, since an axis has no room for `2015-2016`."""
    return f"{year}-{(year + 1) % 100:02}" if text.school_year else str(year)


def explain_marks(statuses: Iterable[str], missing: bool, text: ChartText) -> list[str]:
    """Return one explanation for each mark that a table uses, `…` included."""
    used = set(statuses)
    remarks = [
        f"{text.say(f'mark_{status}')}: {text.say(f'status_{status}')}" for status in MARKED if status in used
    ]
    return [*remarks, text.say("missing_remark")] if missing else remarks


def _choose_ticks(levels: Sequence[float], target: Goal | None, zero: bool | None) -> list[float]:
    """Choose the ticks of the axis of values. With `zero` None it starts at 0 unless that flattens the lines."""
    levels = [*levels, target.value] if target else levels
    low, high = min(levels), max(levels)
    if zero is None:
        zero = low >= 0 and high - low > 0.4 * high
    ticks = nice_ticks(min(low, 0.0), max(high, 0.0)) if zero else nice_ticks(low, high)
    if target and 0 < target.value == ticks[0]:
        # The words of a target on the axis would stand among the years.
        ticks = [round(2 * ticks[0] - ticks[1], 10), *ticks]
    return ticks


def _prepare_points(values: pl.DataFrame, series: list[str], text: ChartText) -> pl.DataFrame:
    """Return the figures in order, each with its look, its column of the table, and its words."""
    defaults = {name: pl.lit(None, pl.Float64) for name in BOUNDS} | {"look": pl.lit(None, pl.String)}
    defaults |= {"inputs": NO_LIST, "flags": NO_LIST, "decimals": pl.lit(text.decimals)}
    looks = dict(zip(series, SERIES, strict=False))
    points = (
        values.drop_nulls("value")
        .with_columns(default.alias(name) for name, default in defaults.items() if name not in values.columns)
        .with_columns(
            pl.col("value", *BOUNDS).cast(pl.Float64),
            pl.col("inputs", "flags").fill_null([]),
            pl.col("decimals").fill_null(text.decimals),
            look=pl.col("look").drop_nulls().first().over("series").fill_null(pl.col("series").replace(looks)),
            rank=pl.col("series").replace_strict({name: rank for rank, name in enumerate(series)}),
            column=pl.when(pl.col("panel") == "").then("series").otherwise(pl.format("{}: {}", "panel", "series")),
        )
        .sort(pl.col("panel").cast(pl.Enum(values["panel"].unique(maintain_order=True))), "rank", "year")
    )
    numbers, words = [], []
    for row in points.iter_rows(named=True):
        number = text.write(row["value"], row["decimals"])
        marks = [text.say(f"mark_{row['status']}")] if row["status"] in MARKED else []
        numbers.append("\N{NO-BREAK SPACE}".join([number, *marks, *([FLAG] if row["flags"] else [])]))
        said = [row["series"], text.name_year(row["year"]), number, text.say(f"status_{row['status']}")]
        words.append(", ".join([*said, *row["flags"]]))
    return points.with_columns(number=pl.Series(numbers, dtype=pl.String), words=pl.Series(words, dtype=pl.String))


def _split_runs(points: pl.DataFrame, breaks: Sequence[Break] = ()) -> pl.DataFrame:
    """Number each stretch of consecutive years of a series in `run`: no line bridges a missing year or a break."""
    starts = (pl.col("year").diff().over("column") != 1).fill_null(True)
    starts |= pl.col("year").is_in([mark.year for mark in breaks])
    return points.with_columns(run=starts.cum_sum())


def _write_span(row: dict[str, Any], level: int, text: ChartText) -> str:
    """Write the ends of an interval: `36,0 đến 38,0`; "" without one."""
    low, high = row[f"lo{level}"], row[f"hi{level}"]
    return "" if low is None or high is None else text.say("range", low=text.write(low), high=text.write(high))


@dataclass(frozen=True)
class _Drawing:
    """What the marks of a trend are made of, and what its key has to explain."""

    points: pl.DataFrame
    text: ChartText
    target: Goal | None
    doubt: Doubt | None
    context: Collection[str]
    now: int | None
    ends: tuple[float, float]  # of the axis of values

    def list_marks(self, points: pl.DataFrame) -> list[Mark]:
        """List what a plot shows, from the back to the front."""
        # The line of a projection sets out from the last known point, if that is of the year before.
        departs = IS_AHEAD.shift(-1, fill_value=False).over("run")
        ahead, known = _list_runs(points.filter(IS_AHEAD | departs)), _list_runs(points.filter(~IS_AHEAD))
        marks = self._shade_past()
        for run in ahead:
            marks += _draw_fan(run)
        if self.target and (start := self._find_start()):
            marks.append(
                Mark("line", [start, (self.target.year, self.target.value)], "goal", width=1.5, dash=PATH_DASH)
            )
        for run in sorted(known, key=lambda rows: rows[0]["series"] not in self.context):
            marks.append(self._draw_line(run))
        for run in ahead:
            marks.append(Mark("line", _places(run), run[0]["look"], run[0]["series"], dash=DOTTED, shape=""))
        # Small plots show the courses of lines, one beside the other.
        for hollow in (False, True) if self._is_alone() else ():
            own = points.filter(pl.col("status").is_in(HOLLOW) == hollow)
            for rows in own.partition_by("series", maintain_order=True):
                marks.append(_draw_dots(rows.to_dicts(), hollow=hollow))
        flagged = points.filter(pl.col("flags").list.len() > 0)
        if 0 < flagged.height <= FEW:
            marks += [
                Mark("dots", _places([row]), row["look"], row["series"], shape=FLAG) for row in flagged.to_dicts()
            ]
        if self.doubt:
            marks.append(self._mark_doubt(self.doubt))
        if self.target:
            marks.append(Mark("dots", [(self.target.year, self.target.value)], "goal", shape="diamond"))
        return marks

    def list_labels(self, points: pl.DataFrame, last: int) -> list[Label]:
        """Name each series, with its last value and the ends of its 80%, and the target."""
        labels = []
        rows = points.group_by("series", maintain_order=True).last().to_dicts()
        for row in rows:
            number = self.text.write(row["value"], row["decimals"])
            span = _write_span(row, 80, self.text)
            words = [row["series"]] if len(rows) <= NAMED_BESIDE else []
            words += [number, *([f"{self.text.say('about_level', level=80)}: {span}"] if span else [])]
            labels.append(Label((row["year"], row["value"]), "\n".join(words), number, row["look"], row["series"]))
        if self.target:
            said = self.target.write(self.text)
            labels.append(Label((last, self.target.value), f"{self.target.label}: {said}", said, "goal"))
        return labels

    def list_key(self) -> list[Key]:
        """Explain every form that the picture has; names of lines only where they do not stand beside them."""
        points, say = self.points, self.text.say
        rows = points.group_by("series", maintain_order=True).first().to_dicts()
        beside = len(rows) <= NAMED_BESIDE
        key = [Key(self._draw_line([row]), row["series"], narrow=beside) for row in rows]
        if self.target:
            key.append(Key(Mark("line", (), "goal", width=1.4, shape="diamond"), self.target.label, narrow=True))
        if self.target and self._find_start():
            key.append(Key(Mark("line", (), "goal", width=1.5, dash=PATH_DASH, shape=""), say("required_path")))
        if points.filter(IS_AHEAD).height:
            look = points.filter(IS_AHEAD)["look"][0]
            key.append(Key(Mark("line", (), look, dash=DOTTED, hollow=True), say("status_projected")))
            strength = 0.0
            for level, shade in SHADES.items():
                strength += shade
                if points[f"lo{level}"].count():
                    key.append(Key(Mark("area", (), look, opacity=strength), say("about_level", level=level)))
        if self._shade_past():
            key.append(Key(Mark("box", (), "grid"), say("past_unknown")))
        hollow = [status for status in ("derived", "estimated") if status in points["status"].to_list()]
        key += [Key("○", say(f"status_{status}")) for status in hollow if self._is_alone()]
        if points["flags"].list.len().sum():
            key.append(Key(FLAG, say("flag_key")))
        if self.doubt:
            readings = f" {say('or')} ".join(map(self.text.write, self.doubt.readings))
            words = say("doubt_key", year=self.text.name_year(self.doubt.year), readings=readings)
            key.append(Key(self._mark_doubt(self.doubt), words))
        return key

    def _is_alone(self) -> bool:
        """Return whether all is in one plot."""
        return self.points["panel"].n_unique() == 1

    def _draw_line(self, run: Sequence[dict[str, Any]]) -> Mark:
        look, name = run[0]["look"], run[0]["series"]
        width = 1.4 if name in self.context else 2.3
        return Mark("line", _places(run), look, name, width=width, dash=DASHES[look], shape=SHAPES_OF[look])

    def _find_start(self) -> tuple[float, float] | None:
        """Return where the path to the target begins: the last known point of its series, if that is before it."""
        if not self.target:
            return None
        known = self.points.filter(~IS_AHEAD, pl.col("series") == self.target.path_from)
        last = known.select("year", "value").tail(1).rows()
        return last[0] if last and last[0][0] < self.target.year else None

    def _shade_past(self) -> list[Mark]:
        """Shade the years that are over, but have only a projection."""
        ahead = self.points.filter(IS_AHEAD)
        if self.now is None or ahead.is_empty() or ahead["year"].min() > self.now:  # type: ignore[operator]
            return []
        first = ahead["year"].to_list()[0]
        return [Mark("box", [(first - 0.5, self.ends[0]), (self.now + 0.5, self.ends[1])], "grid", opacity=0.7)]

    def _mark_doubt(self, doubt: Doubt) -> Mark:
        return Mark("dots", [(doubt.year, value) for value in doubt.readings], "alarm", shape="cross")


def _list_runs(points: pl.DataFrame) -> list[list[dict[str, Any]]]:
    return [run.to_dicts() for run in points.partition_by("run", maintain_order=True)]


def _places(rows: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(row["year"], row["value"]) for row in rows]


def _draw_dots(rows: Sequence[dict[str, Any]], *, hollow: bool) -> Mark:
    look, words = rows[0]["look"], [row["words"] for row in rows]
    return Mark("dots", _places(rows), look, rows[0]["series"], shape=SHAPES_OF[look], hollow=hollow, words=words)


def _draw_fan(run: Sequence[dict[str, Any]]) -> list[Mark]:
    """Draw three bands one in the other, from the point a projection departs from; that of 80% has an edge."""
    marks = []
    look, name = run[0]["look"], run[0]["series"]
    for level, shade in SHADES.items():
        names = (f"lo{level}", f"hi{level}")
        band = [row for row in run if row["status"] != "projected" or row[names[0]] is not None]
        if len(band) > 1:
            # At its last known point a series is certain.
            low, high = (
                [(row["year"], row[name] if row["status"] == "projected" else row["value"]) for row in band]
                for name in names
            )
            marks.append(Mark("area", low, look, name, upper=[value for _, value in high], opacity=shade))
            if level == 80:
                marks += [Mark("line", edge, look, name, width=0.8, shape="") for edge in (low, high)]
    return marks


def _tabulate(points: pl.DataFrame, text: ChartText) -> tuple[pl.DataFrame, list[list[list[str]]]]:
    """Write a row a year and a column a series and interval, `…` for none; and list the cells of each figure."""
    years = every_year(points)
    table = {text.year_header(): [text.name_year(year) for year in years]}
    origins: list[list[list[str]]] = [[[]] for _ in years]
    columns = points["column"].unique(maintain_order=True).to_list()
    for name in columns:
        rows = {row["year"]: row for row in points.filter(column=name).to_dicts()}
        table[name] = [rows[year]["number"] if year in rows else MISSING for year in years]
        spans = {
            text.say("about_level", level=level): [
                _write_span(rows[year], level, text) if year in rows else "" for year in years
            ]
            for level in sorted(SHADES)
        }
        spans = {words: cells for words, cells in spans.items() if any(cells)}
        table |= {words if len(columns) == 1 else f"{name}: {words}": cells for words, cells in spans.items()}
        for year, cells in zip(years, origins, strict=True):
            cells += [list(rows[year]["inputs"]) if year in rows else [], *([] for _ in spans)]
    return pl.DataFrame(table), origins


def _list_remarks(
    points: pl.DataFrame, table: pl.DataFrame, *, target: Goal | None, breaks: Sequence[Break], text: ChartText
) -> list[str]:
    """List the remarks under the table: target, breaks, what the marks mean, which figures are doubtful."""
    remarks = []
    if target:
        words = target.write(text)
        remarks.append(text.say("target_remark", label=target.label, year=target.year, value=words))
    remarks += [text.say("break_remark", label=mark.label, year=text.name_year(mark.year)) for mark in breaks]
    remarks += explain_marks(points["status"], any(MISSING in row for row in table.iter_rows()), text)
    flags = points.explode("flags", empty_as_null=False).unique(["flags", "column", "year"], maintain_order=True)
    alone = points["column"].n_unique() == 1
    for (words,), found in flags.group_by("flags", maintain_order=True):
        # Series of the same years are named together.
        named: dict[str, list[str]] = {}
        for (name,), own in found.group_by("column", maintain_order=True):
            named.setdefault(_list_years(own["year"].to_list(), text), []).append(str(name))
        where = [years if alone else f"{', '.join(names)} ({years})" for years, names in named.items()]
        remarks.append(f"{FLAG} {'; '.join(where)}: {words}")
    return remarks


def _list_years(years: list[int], text: ChartText) -> str:
    """Write stretches of consecutive years by their ends: `2015-2016, 2018-2019 đến 2021-2022`."""
    stretches: list[list[int]] = []
    for year in sorted(years):
        if stretches and stretches[-1][-1] == year - 1:
            stretches[-1].append(year)
        else:
            stretches.append([year])
    names = [[text.name_year(year) for year in (run[0], run[-1])] for run in stretches]
    return ", ".join(low if low == high else text.say("range", low=low, high=high) for low, high in names)
