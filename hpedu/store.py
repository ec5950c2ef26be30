"""Hand out the tables of a project: read once, and made again first if data/raw has changed.

Everything a report knows of the data comes through these functions, and each records which part was used
(`inputs_used`): a report is up to date as long as none of the parts it used has changed. Ask for no more than is
needed.
"""

from __future__ import annotations

import hashlib
import io
import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from hpedu.cache import pack_frame, prune_cache, recall
from hpedu.communes import compute_communes, current_communes
from hpedu.digest import (
    COMMUNE_SCHOOLS,
    COMMUNES,
    ENVIRONMENT,
    FINDINGS,
    ISSUES,
    OBSERVATIONS,
    PACKAGE,
    PEERS,
    RECORD,
    SCHOOLS,
    VALUES,
    Prepared,
    describe_inputs,
    encode_record,
    read_fresh,
    read_prepared,
)
from hpedu.errors import NoFigures
from hpedu.folders import Project, digest_file, find_project, write_whole
from hpedu.ingest.derive import revisions as find_revisions
from hpedu.ingest.layouts import forget_layouts
from hpedu.ingest.pipeline import ingest
from hpedu.ingest.quarantine import Issues
from hpedu.ingest.schema import ISSUES as ISSUE_COLUMNS
from hpedu.ingest.schema import SERIES_FIELDS, Resource
from hpedu.peers import compute_peers, find_country_gaps, is_peer
from hpedu.registry import Registry, load_registry
from hpedu.registry.formula import SeriesRef
from hpedu.registry.load import forget_registry
from hpedu.texts import LANGUAGES
from hpedu.values import compute_indicators, find_origins, find_refused

if TYPE_CHECKING:
    import pandas


def to_pandas(frame: pl.DataFrame) -> pandas.DataFrame:
    """Return the same table in pandas, lists as text.

    polars' own `to_pandas` needs pyarrow: 170 MB that make importing pandas four times as slow.
    """
    import pandas  # what is written and judged does without, and it takes longer to load than all of hpedu

    return pandas.DataFrame(flatten(frame).to_dict(as_series=False))


def flatten(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with each list as one text, its parts with "; " between them, as CSV and Excel take it."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    texts = pl.col(lists).list.eval(pl.element().cast(pl.String)).list.join("; ").fill_null("")
    return frame.with_columns(texts) if lists else frame


def prepare(project: Project) -> Prepared:
    """Return the record of the tables of data/processed, made again where anything they depend on has changed.

    Raises as `make_tables` does.
    """
    return read_fresh(project) or make_tables(project)


PARTS = {
    "values": ["indicator", "territory"],
    "peers": ["indicator"],
    "observations": ["level"],
    "communes": ["territory"],
    "commune_schools": ["territory"],
}
"""Tables, and the columns by whose values parts of them can be asked for."""

COUNTED = ("final", "preliminary", "derived")


def make_tables(project: Project, progress: Callable[[str], None] = lambda _: None) -> Prepared:
    """Ingest, compute and digest; the record is written last, so that without it nothing counts as made.

    `progress` is called with the path of each file of data/raw before it is read. Raises `RegistryError` if the
    registry is broken, and `IngestError` if there is no data package, or no file can be read: data/processed stays
    as it was. One file that cannot be read stops only itself (`Prepared.unread`).
    """
    made_from = describe_inputs(project)
    # A notebook may have read them before they were edited.
    forget_registry()
    forget_layouts()
    registry = load_registry()
    found = ingest(project, registry, progress, made_from)
    origins = find_origins(found.package, set(found.schools["file"]), registry)
    reported = found.observations.filter(~is_peer(registry))
    values = compute_indicators(reported, registry, origins)
    refused = find_refused(reported, registry, origins, values)
    gaps = find_country_gaps(found.observations, registry)
    communes, commune_schools = compute_communes(found.observations, found.schools, registry)
    frames = {
        OBSERVATIONS: found.observations,
        FINDINGS: pl.concat([found.findings, gaps, refused]),
        SCHOOLS: found.schools,
        VALUES: values,
        COMMUNES: communes,
        COMMUNE_SCHOOLS: commune_schools,
    }
    contents = {name: _parquet(frame.lazy()) for name, frame in frames.items()}
    contents[ISSUES], issue_parts = _write_issues(found.set_aside)
    contents[PEERS], peer_parts = _recall_peers(found.observations, registry, made_from)
    sources = [resource.model_dump() for resource in found.package.values()]
    newest = find_newest(values, registry, (resource.published for resource in found.package.values()))
    years = values["year"].unique().sort().to_list()
    prepared = Prepared(
        made_from=made_from,
        tables={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        counts=found.counts,
        newest_year=newest,
        years=[year for year in years if newest is not None and year <= newest],
        territories=list(registry.reported_territories()),
        city=registry.city,
        languages=list(LANGUAGES),
        groups=[group.id for group in registry.groups.values() if group.page],
        commune_groups=[group.id for group in registry.groups.values() if group.commune_page],
        communes=_list_communes(commune_schools, registry),
        sources=sources,
        parts={
            **digest_parts(
                {
                    name.removesuffix(".parquet"): frame
                    for name, frame in (frames | {OBSERVATIONS: reported}).items()
                }
            ),
            **issue_parts,
            **peer_parts,
            **{f"sources/{source['name']}": _digest(repr(source)) for source in sources},
            "newest_year": str(newest),
            "unread": _digest(repr(found.unread)),
        },
        unread=found.unread,
    )
    (project.processed / RECORD).unlink(missing_ok=True)
    for name, content in contents.items():
        write_whole(project.processed / name, content)
    write_whole(project.processed / RECORD, encode_record(prepared))
    prune_cache(project)
    return prepared


def _recall_peers(
    observations: pl.DataFrame, registry: Registry, known: Mapping[str, str]
) -> tuple[bytes, dict[str, str]]:
    """Return the table of peers, the longest, and its digests; kept by their figures, which seldom change."""
    own = observations.filter(is_peer(registry))

    def make() -> str:
        peers = compute_peers(own, registry)
        return json.dumps([b64encode(_parquet(peers.lazy())).decode(), _digest_table("peers", peers)])

    content, parts = json.loads(recall(["peers", known[PACKAGE], known[ENVIRONMENT], pack_frame(own)], make))
    return b64decode(content), parts


def find_newest(values: pl.DataFrame, registry: Registry, published: Iterable[str]) -> int | None:
    """Return the newest year for which anything was counted; None if there is none. Projections are not counted.

    It never lies after the newest year in which anything was `published`, so that a slip does not make the batch
    run for 2052. Of synthetic figures those of targets count: the mark hides which of the others would be
    projections.
    """
    invented = (pl.col("status") == "synthetic") & pl.col("indicator").is_in(list(registry.targets))
    latest = max((int(day[:4]) for day in published), default=0)
    counted = pl.col("status").is_in(COUNTED) & (pl.col("qualifier") != "contradicted")
    newest = values.filter(counted | invented, pl.col("year") <= latest)["year"].max()
    return newest if isinstance(newest, int) else None


def digest_parts(tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """Return a digest of each table, and of each part of it that can be asked for by itself."""
    parts = {part: digest for name, table in tables.items() for part, digest in _digest_table(name, table).items()}
    whole = tables["observations"].filter(pl.col("place") == "").drop("place", "digest")
    series = ["territory", *SERIES_FIELDS]
    parts |= {f"series/{key}": digest for key, digest in _digest_groups(whole, series).items()}
    # Which figures there are, whatever their values.
    known = whole.select(*series, "year", "status", "qualifier", "current")
    parts |= {f"series/{key}": digest for key, digest in _digest_groups(known, ["territory"]).items()}
    return parts


def _digest_table(name: str, table: pl.DataFrame) -> dict[str, str]:
    groups = _digest_groups(table, PARTS[name]) if name in PARTS else {}
    return {name: digest_frame(table), **{f"{name}/{key}": digest for key, digest in groups.items()}}


def _digest_groups(table: pl.DataFrame, keys: Sequence[str]) -> dict[str, str]:
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    # A line a row, and one break after the last; those within a text are escaped.
    for key, line in zip(table.select(keys).iter_rows(), table.write_ndjson().split("\n"), strict=False):
        groups[key].append(f"{line}\n")
    return {"/".join(map(str, key)): _digest("".join(lines)) for key, lines in groups.items()}


def digest_frame(frame: pl.DataFrame) -> str:
    """Return a digest of the rows and their order; floats count to the last bit."""
    return _digest(frame.write_ndjson())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _list_communes(schools: pl.DataFrame, registry: Registry) -> dict[str, dict[str, Any]]:
    listed = schools.group_by("territory").agg(pl.col("year").unique().sort())
    years = dict(listed.iter_rows())
    return {c.id: {"name": c.name, "years": years.get(c.id, [])} for c in current_communes(registry)}


def _parquet(frame: pl.LazyFrame) -> bytes:
    buffer = io.BytesIO()
    frame.sink_parquet(buffer)
    return buffer.getvalue()


def _write_issues(issues: Issues) -> tuple[bytes, dict[str, str]]:
    """Return the table of issues and its digests: of a large file it is never held whole."""
    digests: dict[str, Any] = defaultdict(hashlib.sha256)

    def list_frames(*_: object) -> Iterator[pl.DataFrame]:
        for frame in issues.list_frames():
            for (file,), part in frame.partition_by("file", as_dict=True, maintain_order=True).items():
                digests[file].update(part.write_ndjson().encode())
            yield frame

    content = _parquet(register_io_source(list_frames, schema=pl.Schema(ISSUE_COLUMNS)))
    parts = {f"issues/{file}": digest.hexdigest()[:16] for file, digest in digests.items()}
    return content, {**parts, "issues": _digest(repr(parts))}


_checked: set[Project] = set()
_used: dict[str, str | None] = {}
"""Parts that were used, with their digests; None for those that the record of the tables knows."""


def observations(*, all_editions: bool = False, levels: Iterable[str] | None = None) -> pl.DataFrame:
    """Return all observations of the project (columns: `hpedu.ingest.schema.OBSERVATIONS`).

    data/raw is read first if data/processed is missing or stale.

    Parameters
    ----------
    all_editions
        Also the values that a newer edition, or a more precise print, has replaced.
    levels
        Only those of some levels of education; all by default.

    Raises
    ------
    NoProject, IngestError, RegistryError
        As their texts say.
    """
    table = _read_part(OBSERVATIONS, "level", levels)
    return table if all_editions else table.filter(pl.col("current"))


def series_observations(series: Iterable[SeriesRef], territory: str) -> pl.DataFrame:
    """Return the current observations of some series in a whole territory."""
    wanted = list(series)
    _record(_part_of(ref, territory) for ref in wanted)
    names = [field.name for field in fields(SeriesRef)]
    refs = pl.DataFrame([astuple(ref) for ref in wanted], schema=dict.fromkeys(names, pl.String), orient="row")
    own = _read_series(territory).filter(pl.col("place") == "")
    return own.join(refs.unique(), on=names, how="semi")


class RecordedSeries(Mapping[SeriesRef, dict[int, dict[str, Any]]]):
    """The series of a territory, by year; each that is looked up, there or not, is recorded as used.

    `index` makes the mapping out of the current observations of the territory.
    """

    def __init__(self, territory: str, index: Callable[[pl.DataFrame], Mapping[SeriesRef, Any]]) -> None:
        self._territory = territory
        self._series = index(_read_series(territory))

    def __getitem__(self, ref: SeriesRef) -> dict[int, dict[str, Any]]:
        _record([_part_of(ref, self._territory)])
        found: dict[int, dict[str, Any]] = self._series[ref]
        return found

    def __iter__(self) -> Iterator[SeriesRef]:
        _record([f"series/{self._territory}"])
        return iter(self._series)

    def __len__(self) -> int:
        _record([f"series/{self._territory}"])
        return len(self._series)


def _read_series(territory: str) -> pl.DataFrame:
    """Return the current observations of a territory, without the digest of each one's whole file."""
    table = _read(find_project(), OBSERVATIONS)
    return table.filter(pl.col("current"), pl.col("territory") == territory).drop("digest")


def _part_of(ref: SeriesRef, territory: str) -> str:
    return "/".join(["series", territory, *astuple(ref)])


def issues(files: Iterable[str] | None = None) -> pl.DataFrame:
    """Return the cells of data/raw, or of some files, that were set aside (`hpedu.ingest.schema.ISSUES`)."""
    return _read_part(ISSUES, "file", files)


def schools() -> pl.DataFrame:
    """Return the rows of all school lists, one a school and year (columns: docs/school_list.md)."""
    return _read_part(SCHOOLS)


def commune_schools(commune: str) -> pl.DataFrame:
    """Return the schools of one commune, named by its id (columns: `hpedu.communes.COMMUNE_SCHOOLS`)."""
    return _read_part(COMMUNE_SCHOOLS, "territory", [commune])


def findings() -> pl.DataFrame:
    """Return what does not agree among published figures (columns: `hpedu.ingest.checks.finding.FINDINGS`)."""
    return _read_part(FINDINGS)


def revisions() -> pl.DataFrame:
    """Return the figures a later edition changed, largest first (columns: `hpedu.ingest.derive.revisions`)."""
    return find_revisions(observations(all_editions=True))


def indicator_values(
    indicators: Iterable[str] | None = None, territories: Iterable[str] | None = None
) -> pl.DataFrame:
    """Return all indicator values the observations allow (columns: `hpedu.values.VALUES`).

    Parameters
    ----------
    indicators, territories
        Only those of some indicators in some territories: both or neither are named, and no other province is one.
    """
    if indicators is None or territories is None:
        return pl.concat([_read_part(VALUES), _read_part(PEERS)])
    indicators, territories = list(indicators), list(territories)
    _record(f"values/{indicator}/{territory}" for indicator in indicators for territory in territories)
    table = _read(find_project(), VALUES)
    return table.filter(pl.col("indicator").is_in(indicators), pl.col("territory").is_in(territories))


def value_rows(indicator: str, territory: str) -> list[dict[str, Any]]:
    """Return the values of one indicator in a territory, by year, as rows that nobody changes."""
    _record([f"values/{indicator}/{territory}"])
    project = find_project()
    _prepared(project)
    return _read_rows(project, territory, _stamp(project)).get(indicator, [])


def territory_values(territory: str) -> pl.DataFrame:
    """Return all values of a territory, and those of the other provinces, without recording it.

    The caller records what it makes of them.
    """
    project = find_project()
    own = _read(project, VALUES).filter(pl.col("territory") == territory)
    return pl.concat([own, _read(project, PEERS)])


def peer_values(indicators: Iterable[str]) -> pl.DataFrame:
    """Return the values of some indicators in the other provinces (columns: `hpedu.values.VALUES`)."""
    return _read_part(PEERS, "indicator", indicators)


def commune_values(commune: str = "") -> pl.DataFrame:
    """Return the values of one commune, named by its id, or of all (columns: `hpedu.communes.COMMUNE_VALUES`)."""
    return _read_part(COMMUNES, "territory", [commune] if commune else None)


def sources(names: Iterable[str]) -> list[Resource]:
    """Return the files of data/raw with these names, in the order of the names."""
    wanted = sorted(set(names))
    _record(f"sources/{name}" for name in wanted)
    known = {source["name"]: source for source in _prepared(find_project()).sources}
    return [Resource.model_validate(known[name]) for name in wanted if name in known]


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """Return SHA-256 of files of data/raw, by "raw/" and the path."""
    parts = [f"raw/{path}" for path in paths]
    _record(parts)
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) for part in parts}


def unread_files() -> list[str]:
    """Return the files of data/raw, and the layouts, that could not be read."""
    _record(["unread"])
    return [one["file"] for one in _prepared(find_project()).unread]


def digest_tables() -> str:
    """Return one digest of everything that is known, without recording it."""
    return _prepared(find_project()).digest


def digest_making() -> list[str]:
    """Return the digests of what everything is made with: hpedu with its registry, and the versions it runs on."""
    made_from = _prepared(find_project()).made_from
    return [made_from[PACKAGE], made_from[ENVIRONMENT]]


def newest_year() -> int:
    """Return the newest year for which anything was counted; projections are not counted.

    Raises
    ------
    NoFigures
        If nothing was.
    """
    _record(["newest_year"])
    newest = _prepared(find_project()).newest_year
    if newest is None:
        raise NoFigures
    return newest


def record_use(parts: Mapping[str, str]) -> None:
    """Record that something worked out of the data was used, with a digest of it."""
    _used.update(parts)


def record_report_use(path: Path, project: Project) -> None:
    """Record that a file of the project that is no table, there or not, was used."""
    _used[path.relative_to(project.root).as_posix()] = digest_file(path) if path.exists() else ""


def inputs_used() -> dict[str, str]:
    """Return every part of the data that this process has used, with its digest ("": there was no such part)."""
    if not _used:
        return {}
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) if own is None else own for part, own in sorted(_used.items())}


def forget() -> None:
    """Read everything anew from here on, and forget what was used: for tests and long-lived processes."""
    _checked.clear()
    _used.clear()


def _read_part(name: str, column: str = "", wanted: Iterable[str] | None = None) -> pl.DataFrame:
    """Return a table, or its rows that have one of the wanted values in a column, and record the use."""
    table = _read(find_project(), name)
    stem = name.removesuffix(".parquet")
    if wanted is None:
        _record([stem])
        return table
    wanted = list(wanted)
    _record(f"{stem}/{value}" for value in wanted)
    return table.filter(pl.col(column).is_in(wanted))


def _record(parts: Iterable[str]) -> None:
    _used.update(dict.fromkeys(parts))


def _prepared(project: Project) -> Prepared:
    if project not in _checked:
        prepare(project)
        _checked.add(project)
    return _load(project, _stamp(project))


def _read(project: Project, name: str) -> pl.DataFrame:
    _prepared(project)
    return _read_table(project, name, _stamp(project))


def _stamp(project: Project) -> int:
    """Return what changes when the tables are made again, by this process or another."""
    return (project.processed / RECORD).stat().st_mtime_ns


@cache
def _load(project: Project, stamp: int) -> Prepared:
    prepared = read_prepared(project)
    assert prepared is not None  # there is a stamp
    return prepared


@cache
def _read_table(project: Project, name: str, stamp: int) -> pl.DataFrame:
    return pl.read_parquet(project.processed / name)


@cache
def _read_rows(project: Project, territory: str, stamp: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a territory by indicator: to ask polars for each takes much longer than to read all."""
    table = _read_table(project, VALUES, stamp).filter(pl.col("territory") == territory)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.sort("year", maintain_order=True).iter_rows(named=True):
        found[row["indicator"]].append(row)
    return found
