"""The project's tables for whoever asks: read once, brought up to date first if data/raw has changed.

Everything a report knows of the data comes through these functions, and each notes which part was asked for
(`inputs_used`): a report stands as long as none of the parts it used has changed. Ask for no more than is needed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import pandas
import polars as pl

from hpedu.communes import compute_communes, current_communes
from hpedu.digest import FINDINGS, ISSUES, OBSERVATIONS, SCHOOLS, input_digests, read_record
from hpedu.errors import NoFigures
from hpedu.indicators import compute_indicators
from hpedu.ingest.derive import revisions as find_revisions
from hpedu.ingest.pipeline import ingest, read_package
from hpedu.ingest.schema import Resource
from hpedu.project import Project, digest_file, find_project, write_whole
from hpedu.registry import LANGUAGES, Registry, registry
from hpedu.registry.formula import SeriesRef


def to_pandas(frame: pl.DataFrame) -> pandas.DataFrame:
    """The same table in pandas.

    polars' own `to_pandas` needs pyarrow: 170 MB that make importing pandas four times as slow.
    """
    return pandas.DataFrame(frame.to_dict(as_series=False))


VALUES, COMMUNES, COMMUNE_SCHOOLS = "values.parquet", "communes.parquet", "commune_schools.parquet"
TABLES = (VALUES, COMMUNES, COMMUNE_SCHOOLS)
RECORD = "prepared.json"
COMMUNE_GROUPS = ("overview", "preschool", "general", "continuing")
"""What the pages of a commune are about. No school list has a university: there is none on higher education."""
PREPARED_VARIABLE = "HPEDU_PREPARED"


@dataclass(frozen=True)
class Prepared:
    """The tables of data/processed and what they were made from."""

    made_from: dict[str, str]  # what ingest was made from, and the rules of indicators
    newest_year: int | None  # for which anything was counted; None without any figure
    years: list[int]  # up to the newest, with any value
    territories: list[str]  # that reports can be about
    languages: list[str]
    communes: dict[str, dict[str, Any]]  # id -> name, and the school years for which its schools are listed
    sources: list[dict[str, Any]]  # the resources of data/raw, as `hpedu.ingest.schema.Resource`
    parts: dict[str, str]  # part -> digest

    @property
    def digest(self) -> str:
        """One digest of everything the tables were made from."""
        return self.made_from["all"]

    def digest_of(self, part: str) -> str:
        """The digest of a part; "" if there is no such part, which is a state like any other."""
        return self.parts.get(part) or self.made_from.get(part, "")


def prepare(project: Project) -> Prepared:
    """Bring data/processed up to date with data/raw: ingest first, then indicator values and digests.

    Within `announce_prepared` nothing is checked again: a batch of many kernels looks at data/raw once.

    Raises
    ------
    IngestError, RegistryError
        As ingest does.
    """
    record = read_prepared(project)
    if record is not None and os.environ.get(PREPARED_VARIABLE) == record.digest:
        return record
    made_from = describe_sources(project)
    if record is not None and record.made_from == made_from and read_record(project) is not None:
        return record

    return make_tables(project)


@contextmanager
def announce_prepared(prepared: Prepared) -> Iterator[None]:
    """While it lasts, kernels and processes started from here take the tables as they are."""
    before = os.environ.get(PREPARED_VARIABLE)
    os.environ[PREPARED_VARIABLE] = prepared.digest
    try:
        yield
    finally:
        if before is None:
            del os.environ[PREPARED_VARIABLE]
        else:
            os.environ[PREPARED_VARIABLE] = before


def describe_sources(project: Project) -> dict[str, str]:
    """SHA-256 of everything the tables depend on: that of ingest, and the rules of indicators."""
    import hashlib

    library = Path(__file__).parent
    digests = input_digests(project)
    digests["indicators"] = digest_file(library / "indicators.py")
    digests["tables"] = digest_file(library / "store.py")
    text = json.dumps(digests, sort_keys=True)
    return digests | {"all": hashlib.sha256(text.encode()).hexdigest()}


def read_prepared(project: Project) -> Prepared | None:
    """The record of the tables as they lie there; None if they were never made, or not by this library."""
    path = project.processed / RECORD
    if not path.exists() or not all((project.processed / name).exists() for name in TABLES):
        return None
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Prepared(**fields) if set(fields) == set(Prepared.__dataclass_fields__) else None


def write_record(prepared: Prepared) -> bytes:
    """The record as it is kept."""
    return json.dumps(asdict(prepared), ensure_ascii=False, sort_keys=True).encode()


PARTS = (
    ("values", "indicator", "territory"),
    ("observations", "level"),
    ("issues", "file"),
    ("communes", "territory"),
    ("commune_schools", "territory"),
)
"""Tables, and the columns by whose values parts of them can be asked for."""

SERIES = ("measure", "level", "ownership", "sex", "detail")
COUNTED = ("final", "preliminary", "derived")


def make_tables(project: Project) -> Prepared:
    """Ingest, compute and digest; the record is written last, so that without it nothing counts as made."""
    made_from = describe_sources(project)
    ingest(project)
    book = registry()
    tables = {
        name.removesuffix(".parquet"): pl.read_parquet(project.processed / name)
        for name in (OBSERVATIONS, ISSUES, FINDINGS, SCHOOLS)
    }
    tables["values"] = compute_indicators(tables["observations"], book)
    communes, commune_schools = compute_communes(tables["observations"], tables["schools"], book)
    tables |= {"communes": communes, "commune_schools": commune_schools}
    sources = [resource.model_dump() for resource in read_package(project.raw).values()]
    newest = find_newest(tables["values"], book)
    years = tables["values"]["year"].unique().sort().to_list()
    prepared = Prepared(
        made_from=made_from,
        newest_year=newest,
        years=[year for year in years if newest is not None and year <= newest],
        territories=list(book.reported_territories()),
        languages=list(LANGUAGES),
        communes=_list_communes(commune_schools, book),
        sources=sources,
        parts={
            **digest_parts(tables),
            **{f"sources/{source['name']}": _digest(repr(source)) for source in sources},
            "newest_year": str(newest),
        },
    )
    (project.processed / RECORD).unlink(missing_ok=True)
    for name in TABLES:
        write_whole(project.processed / name, _parquet(tables[name.removesuffix(".parquet")]))
    write_whole(project.processed / RECORD, write_record(prepared))
    return prepared


def find_newest(values: pl.DataFrame, book: Registry) -> int | None:
    """The newest year for which anything was counted; projections do not count as counted.

    Of synthetic figures those of targets count: the mark hides which of the others would be projections.
    """
    invented = (pl.col("status") == "synthetic") & pl.col("indicator").is_in(list(book.targets))
    newest = values.filter(pl.col("status").is_in(COUNTED) | invented)["year"].max()
    return newest if isinstance(newest, int) else None


def digest_parts(tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """A digest of each table, and of each part of it that can be asked for by itself (`hpedu.store`)."""
    parts = {name: digest_frame(table) for name, table in tables.items()}
    whole = tables["observations"].filter(pl.col("place") == "").drop("place", "digest")
    parts |= {f"series/{key}": digest for key, digest in _digest_groups(whole, ["territory", *SERIES]).items()}
    known = whole.select("territory", *SERIES, "year", "status", "qualifier", "current")  # which figures there are
    parts |= {f"series/{key}": digest for key, digest in _digest_groups(known, ["territory"]).items()}
    for name, *keys in PARTS:
        parts |= {f"{name}/{key}": digest for key, digest in _digest_groups(tables[name], keys).items()}
    return parts


def _digest_groups(table: pl.DataFrame, keys: Sequence[str]) -> dict[str, str]:
    groups = table.partition_by(keys, as_dict=True, maintain_order=True)
    return {"/".join(map(str, key)): digest_frame(group) for key, group in groups.items()}


def digest_frame(frame: pl.DataFrame) -> str:
    """A digest of the rows and their order; floats count to the last bit."""
    return _digest(frame.write_ndjson())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _list_communes(schools: pl.DataFrame, book: Registry) -> dict[str, dict[str, Any]]:
    listed = schools.group_by("territory").agg(pl.col("year").unique().sort())
    years = dict(listed.iter_rows())
    return {c.id: {"name": c.name, "years": years.get(c.id, [])} for c in current_communes(book)}


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


_checked: set[Project] = set()
_used: dict[str, str | None] = {}
"""Parts asked for, with their digests; None for those that the record of the tables knows."""


def observations(*, all_editions: bool = False, levels: Iterable[str] | None = None) -> pl.DataFrame:
    """All observations of the project (columns: `hpedu.ingest.schema.OBSERVATIONS`).

    Reads data/raw first if data/processed is missing or stale.

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
    table = _ask(OBSERVATIONS, "level", levels)
    return table if all_editions else table.filter(pl.col("current"))


def series_observations(series: Iterable[SeriesRef], territory: str) -> pl.DataFrame:
    """The current observations of some series in a whole territory."""
    wanted = list(series)
    _note(_part_of(ref, territory) for ref in wanted)
    names = [field.name for field in fields(SeriesRef)]
    refs = pl.DataFrame([astuple(ref) for ref in wanted], schema=dict.fromkeys(names, pl.String), orient="row")
    own = _read_series(territory).filter(pl.col("place") == "")
    return own.join(refs.unique(), on=names, how="semi")


class NotedSeries(Mapping[SeriesRef, dict[int, dict[str, Any]]]):
    """The series of a territory, by year; each that is looked up, there or not, is noted as used.

    Parameters
    ----------
    index
        Makes the mapping out of the current observations of the territory.
    """

    def __init__(self, territory: str, index: Callable[[pl.DataFrame], Mapping[SeriesRef, Any]]) -> None:
        self._territory = territory
        self._series = index(_read_series(territory))

    def __getitem__(self, ref: SeriesRef) -> dict[int, dict[str, Any]]:
        _note([_part_of(ref, self._territory)])
        found: dict[int, dict[str, Any]] = self._series[ref]
        return found

    def __iter__(self) -> Iterator[SeriesRef]:
        _note([f"series/{self._territory}"])
        return iter(self._series)

    def __len__(self) -> int:
        _note([f"series/{self._territory}"])
        return len(self._series)


def _read_series(territory: str) -> pl.DataFrame:
    """The current observations of a territory, without what says of a file that any of it has changed."""
    table = _read(find_project(), OBSERVATIONS)
    return table.filter(pl.col("current"), pl.col("territory") == territory).drop("digest")


def _part_of(ref: SeriesRef, territory: str) -> str:
    return "/".join(["series", territory, *astuple(ref)])


def issues(files: Iterable[str] | None = None) -> pl.DataFrame:
    """Cells of data/raw, or of some files in it, that were set aside (columns: `hpedu.ingest.schema.ISSUES`)."""
    return _ask(ISSUES, "file", files)


def schools() -> pl.DataFrame:
    """The rows of all school lists, one a school and year (columns: docs/school_list.md)."""
    return _ask(SCHOOLS)


def commune_schools(commune: str) -> pl.DataFrame:
    """The schools of one commune, named by its id (columns: `hpedu.communes.COMMUNE_SCHOOLS`)."""
    return _ask(COMMUNE_SCHOOLS, "territory", [commune])


def findings() -> pl.DataFrame:
    """What does not agree among the published figures (columns `hpedu.ingest.checks.finding.FINDINGS`)."""
    return _ask(FINDINGS)


def revisions() -> pl.DataFrame:
    """Figures a later edition changed, largest relative change first (`hpedu.ingest.derive.revisions`)."""
    return find_revisions(observations(all_editions=True))


def indicator_values(
    indicators: Iterable[str] | None = None, territories: Iterable[str] | None = None
) -> pl.DataFrame:
    """All indicator values the observations allow (columns: `hpedu.indicators.VALUES`).

    Parameters
    ----------
    indicators, territories
        Only those of some indicators in some territories: both or neither are named.
    """
    if indicators is None or territories is None:
        return _ask(VALUES)
    indicators, territories = list(indicators), list(territories)
    _note(f"values/{indicator}/{territory}" for indicator in indicators for territory in territories)
    table = _read(find_project(), VALUES)
    return table.filter(pl.col("indicator").is_in(indicators), pl.col("territory").is_in(territories))


def territory_values(territory: str) -> pl.DataFrame:
    """All values of a territory, for who works out of all of them what a few look like, and `note`s these."""
    return _read(find_project(), VALUES).filter(pl.col("territory") == territory)


def commune_values(commune: str) -> pl.DataFrame:
    """The values of one commune, named by its id (columns: `hpedu.communes.COMMUNE_VALUES`)."""
    return _ask(COMMUNES, "territory", [commune])


def sources(names: Iterable[str]) -> list[Resource]:
    """The files of data/raw with these names, in the order of the names."""
    wanted = sorted(set(names))
    _note(f"sources/{name}" for name in wanted)
    known = {source["name"]: source for source in _prepared(find_project()).sources}
    return [Resource.model_validate(known[name]) for name in wanted if name in known]


def file_digests(paths: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files of data/raw, by "raw/" and the path."""
    parts = [f"raw/{path}" for path in paths]
    _note(parts)
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) for part in parts}


def newest_year() -> int:
    """The newest year for which anything was counted; projections do not count as counted."""
    _note(["newest_year"])
    newest = _prepared(find_project()).newest_year
    if newest is None:
        raise NoFigures
    return newest


def note(parts: Mapping[str, str]) -> None:
    """Note that something worked out of the data was used, with a digest of it."""
    _used.update(parts)


def note_report(path: Path, project: Project) -> None:
    """Note that a file under reports/, there or not, was used."""
    _used[path.relative_to(project.root).as_posix()] = digest_file(path) if path.exists() else ""


def inputs_used() -> dict[str, str]:
    """Every part of the data that was asked for in this process, with its digest ("": there was no such part)."""
    if not _used:
        return {}
    prepared = _prepared(find_project())
    return {part: prepared.digest_of(part) if own is None else own for part, own in sorted(_used.items())}


def forget() -> None:
    """Read everything anew from here on, and forget what was asked for: for tests and long-lived processes."""
    _checked.clear()
    _used.clear()


def _ask(name: str, column: str = "", wanted: Iterable[str] | None = None) -> pl.DataFrame:
    """A table, or the rows of it that have one of the wanted values in a column; which parts it was is noted."""
    table = _read(find_project(), name)
    stem = name.removesuffix(".parquet")
    if wanted is None:
        _note([stem])
        return table
    wanted = list(wanted)
    _note(f"{stem}/{value}" for value in wanted)
    return table.filter(pl.col(column).is_in(wanted))


def _note(parts: Iterable[str]) -> None:
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
    """Changes when the tables are made again, by this process or another."""
    return (project.processed / RECORD).stat().st_mtime_ns


@cache
def _load(project: Project, stamp: int) -> Prepared:
    prepared = read_prepared(project)
    assert prepared is not None  # there is a stamp
    return prepared


@cache
def _read_table(project: Project, name: str, stamp: int) -> pl.DataFrame:
    return pl.read_parquet(project.processed / name)
