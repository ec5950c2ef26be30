"""Makes the prepared tables: indicator values of territories and communes, and a digest of every part."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from hpedu.files import write_whole
from hpedu.indicators import compute_indicators
from hpedu.ingest.package import read_package
from hpedu.ingest.pipeline import ingest
from hpedu.ingest.record import FINDINGS, ISSUES, OBSERVATIONS, SCHOOLS
from hpedu.paths import Project
from hpedu.registry import LANGUAGES, Registry, registry
from hpedu.tables import record
from hpedu.tables.communes import compute_communes, current_communes

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


def make_tables(project: Project) -> record.Prepared:
    """Ingest, compute and digest; the record is written last, so that without it nothing counts as made."""
    made_from = record.describe_sources(project)
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
    prepared = record.Prepared(
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
    (project.processed / record.RECORD).unlink(missing_ok=True)
    for name in record.TABLES:
        write_whole(project.processed / name, _parquet(tables[name.removesuffix(".parquet")]))
    write_whole(project.processed / record.RECORD, record.write_record(prepared))
    return prepared


def find_newest(values: pl.DataFrame, book: Registry) -> int | None:
    """The newest year for which anything was counted; projections do not count as counted.

    Of synthetic figures those of targets count: the mark hides which of the others would be projections.
    """
    invented = (pl.col("status") == "synthetic") & pl.col("indicator").is_in(list(book.targets))
    newest = values.filter(pl.col("status").is_in(COUNTED) | invented)["year"].max()
    return newest if isinstance(newest, int) else None


def digest_parts(tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """A digest of each table, and of each part of it that can be asked for by itself (`hpedu.data`)."""
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
