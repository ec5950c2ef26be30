"""Ask each service for a table in the ways it has, found by database and title."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urljoin

from lxml import html
from pydantic import BaseModel, ConfigDict

from hpedu.decoding import read_toml
from hpedu.fetch.visitor import FetchFailed, Visitor, read_reply, refuse_content
from hpedu.ingest.layouts import Layout, load_layouts, title_key
from hpedu.ingest.readers.json_tables import is_jsonstat
from hpedu.texts import message

T = TypeVar("T")

FIRST_YEAR = 2000
"""The first year that indicators are asked for; tables of PX-Web are asked for whole."""


class Table(BaseModel):
    """A table to fetch, and where it goes in data/raw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The layout that reads it.
    layout: str
    # Only where the layout does not have it.
    title: str = ""
    databases: list[str] = []
    indicators: list[str] = []
    file: str
    scope: str

    @property
    def name(self) -> str:
        """Return the title of the table."""
        return self.title or find_layout_of(self).titles[0]


class Service(BaseModel):
    """A public service; `page` is where a person would begin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    address: str
    page: str
    publisher: str
    languages: list[str] = []
    version: str = ""
    # Of a service that gives indicators by one address: its rest, and what stands between two indicators.
    query: str = ""
    between: str = ""
    tables: list[Table]


@dataclass(frozen=True)
class Received:
    """A file as received. While the service would give the same `stamp`, it has nothing new."""

    data: bytes
    stamp: str
    # The day on which it was published; that of the visit, where the service does not say.
    published: str


Route = Callable[[Service, Table, Visitor, str], Received | None]
"""Ask a service for a table, given the stamp of the file that is there; None if that has not changed."""


def load_services() -> dict[str, Service]:
    """Read `services.toml`: the services by their id."""
    content = read_toml(__file__, "services.toml")
    return {name: Service(id=name, **values) for name, values in content.items()}


def find_layout_of(table: Table) -> Layout:
    """Return the layout that reads a table."""
    return next(layout for layout in load_layouts() if layout.id == table.layout)


class _Listed(NamedTuple):
    """A table in a list of the service, under the id or the address by which it is asked for."""

    id: str
    text: str
    updated: str = ""


def fetch_pxweb(service: Service, table: Table, visitor: Visitor, known: str) -> Received | None:
    """Ask PX-Web by its interface, and by its web form where that is not there or does not have the table."""
    visitor.begin_session()
    try:
        return _query(service, table, visitor, known)
    except FetchFailed as error:
        if error.code != 404:
            raise
        refused = error
    try:
        return _fill_form(service, table, visitor, known)
    except FetchFailed as error:
        # The first answer says more where both have none.
        raise refused if error.code == 404 else error from refused


def _query(service: Service, table: Table, visitor: Visitor, known: str) -> Received | None:
    def list_databases(language: str) -> Iterator[tuple[str, str]]:
        folder = f"{start}/{language}/"
        names = read_reply(visitor.look_up(folder), lambda found: [(one["dbid"], one["text"]) for one in found])
        yield from ((f"{folder}{quote(name)}/", text) for name, text in names)

    def list_tables(address: str) -> list[_Listed]:
        return read_reply(
            visitor.look_up(address),
            lambda found: [_Listed(one["id"], one["text"], one.get("updated") or "") for one in found],
        )

    start = f"{service.address}/api/v1"
    folder, found = _find(service, table, list_databases, list_tables)
    day = _read_day(found.updated, visitor.today)
    if day and known == found.updated:
        return None
    address = f"{folder}{quote(found.id)}"
    description = visitor.ask("GET", address)
    # A day such as 9999-12-31 tells nothing; a new year, or one without "Sơ bộ", shows among the values.
    stamp = found.updated if day else _digest(description.content)
    if stamp == known:
        return None
    chosen = read_reply(description, _select_all)
    reply = visitor.ask("POST", address, json={"query": chosen, "response": {"format": "json-stat2"}})
    if not is_jsonstat(reply.content):
        raise refuse_content(reply)
    return Received(reply.content, stamp, day or _find_day(reply.content, visitor.today))


def _select_all(described: Any) -> list[dict[str, Any]]:
    return [
        {"code": one["code"], "selection": {"filter": "item", "values": one["values"]}}
        for one in described["variables"]
    ]


def _fill_form(service: Service, table: Table, visitor: Visitor, known: str) -> Received | None:
    def list_databases(language: str) -> Iterator[tuple[str, str]]:
        start = f"{service.address}/pxweb/{language}/"
        for address, text in _read_links(visitor, start, rf"/pxweb/{language}/([^/?]+)/?$"):
            database = address.rstrip("/").rpartition("/")[2]
            yield f"{start}{database}/{database}/?tablelist=true", text

    def list_tables(address: str) -> list[_Listed]:
        return [_Listed(link, text) for link, text in _read_links(visitor, address, r"\.px/?(\?|$)")]

    _, found = _find(service, table, list_databases, list_tables)
    page = visitor.ask("GET", found.id)
    fields = _choose_all(page.content)
    if not fields:
        raise refuse_content(page)
    # What begins with two underscores is of the session, not of the table.
    stamp = _digest(repr(sorted(item for item in fields.items() if not item[0].startswith("__"))).encode())
    if stamp == known:
        return None
    reply = visitor.ask("POST", str(page.url), data=fields)
    if not is_jsonstat(reply.content):
        raise refuse_content(reply)
    return Received(reply.content, stamp, _find_day(reply.content, visitor.today))


def _find(
    service: Service,
    table: Table,
    list_databases: Callable[[str], Iterator[tuple[str, str]]],
    list_tables: Callable[[str], list[_Listed]],
) -> tuple[str, _Listed]:
    """Return a table by its title, and the address of its database: of those named first, then of any other."""
    layout, named = find_layout_of(table), set(map(title_key, table.databases))
    titles: list[str] = []
    missing: list[FetchFailed] = []
    for language in service.languages:
        databases = _unless_missing(list_databases, language, missing)
        for address, _ in sorted(databases, key=lambda one: title_key(one[1]) not in named):
            listed = _unless_missing(list_tables, address, missing)
            matching = [one for one in listed if layout.matches(one.text)]
            if len(matching) > 1:
                texts = [one.text for one in matching]
                raise FetchFailed(message("fetch_several", title=table.name, titles=" | ".join(texts)))
            if matching:
                return address, matching[0]
            titles += [one.text for one in listed]
    if missing and not titles:
        raise missing[0]
    close = get_close_matches(table.name, titles, n=3, cutoff=0.4)
    raise FetchFailed(
        message("fetch_no_table", title=table.name, layout=table.layout, close=" | ".join(close) or "-"), 404
    )


def _unless_missing(look_up: Callable[[str], Iterable[T]], where: str, missing: list[FetchFailed]) -> list[T]:
    """Return a list of a service; nothing where it is not there, as some databases are not open to all."""
    try:
        return list(look_up(where))
    except FetchFailed as error:
        if error.code != 404:
            raise
        missing.append(error)
        return []


def _read_links(visitor: Visitor, address: str, pattern: str) -> list[tuple[str, str]]:
    """Return the links of a page that lead to addresses of a pattern, each with its text."""
    page = html.document_fromstring(visitor.look_up(address).content or b"<html/>")
    links = ((urljoin(address, one.get("href")), one.text_content()) for one in page.iterfind(".//a[@href]"))
    return [(link, " ".join(text.split())) for link, text in links if re.search(pattern, link)]


def _choose_all(page: bytes) -> dict[str, str | list[str]]:
    """Return the fields of the web form with all values of all variables chosen; none if the page has no form."""
    form = html.document_fromstring(page or b"<html/>")
    fields: dict[str, str | list[str]] = {
        one.get("name"): one.get("value", "") for one in form.iterfind(".//input[@type='hidden'][@name]")
    }
    lists = [one for one in form.iterfind(".//select[@name]") if one.get("name").endswith("ValuesListBox")]
    for one in lists:
        values = [option.get("value", option.text_content()) for option in one.iter("option")]
        fields[one.get("name")] = values
        fields[one.get("name").removesuffix("ValuesListBox") + "NumberValuesSelected"] = str(len(values))
    for one in form.iterfind(".//input[@name]"):
        if one.get("name").endswith("ButtonViewTable"):
            fields[one.get("name")] = one.get("value", "")
    return fields | {"OutputFormat": "FileTypeJsonStat"} if lists else {}


def fetch_indicators(service: Service, table: Table, visitor: Visitor, known: str) -> Received | None:
    """Ask a service for indicators of Viet Nam by one address. It does not say beforehand what has changed."""
    address = service.address + service.query.format(
        indicators=service.between.join(table.indicators),
        version=service.version,
        first=FIRST_YEAR,
        last=visitor.today.year,
    )
    if address == known:
        return None
    reply = visitor.ask("GET", address)
    pages, updated = read_reply(reply, _read_head)
    if pages > 1:
        raise FetchFailed(message("fetch_pages", address=address, count=pages))
    released = re.sub(r"(\d{4})(\d\d)(\d\d).*", r"\1-\2-\3", service.version)
    day = released or _read_day(updated, visitor.today) or visitor.today.isoformat()
    return Received(reply.content, address, day)


def _read_head(found: Any) -> tuple[int, str]:
    """Return how many pages a reply has, and when its figures were last changed: what UNESCO does not say."""
    if isinstance(found, dict):
        return len(found["records"][:1]), ""
    return found[0]["pages"], found[0].get("lastupdated") or ""


ROUTES: dict[str, Route] = {"nso": fetch_pxweb, "uis": fetch_indicators, "worldbank": fetch_indicators}


def _read_day(text: str, today: date) -> str:
    """Return the day that a service states; "" if it is none, or one to come such as 9999-12-31."""
    found = re.match(r"\d{4}-\d\d-\d\d", text)
    return found[0] if found and found[0] <= today.isoformat() else ""


def _find_day(data: bytes, today: date) -> str:
    found = re.search(rb'"updated"\s*:\s*"([\d-]+)', data)
    return (_read_day(found[1].decode(), today) if found else "") or today.isoformat()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
