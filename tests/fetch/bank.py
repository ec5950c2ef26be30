"""A local server that behaves as the public services are documented to, and goes wrong when it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PUPILS = "Number of pupils of general education as of 30 September by province"
LISTED = f"{PUPILS}(*) by Cities, provincies, Years and Items"
BOM = b"\xef\xbb\xbf"
PREFIX = "ctl00$Selector$ctl0"


def make_jsonstat(years: dict[str, int], title: str = LISTED, updated: str = "2025-07-23T02:00:00Z") -> bytes:
    """Return pupils of Hai Phong as JSON-stat 2, by year label; of Hai Duong, which shows the boundary, none."""
    labels = {"Cities, provincies": ["Hai Duong", "Hai Phong"], "Year": list(years), "Items": ["Primary"]}
    dimensions = {
        name: {"label": name, "category": {"index": values, "label": {value: value for value in values}}}
        for name, values in labels.items()
    }
    document = {
        "class": "dataset",
        "version": "2.0",
        "label": title,
        "updated": updated,
        "id": list(labels),
        "size": [len(values) for values in labels.values()],
        "dimension": dimensions,
        "value": [None] * len(years) + list(years.values()),
    }
    return json.dumps(document, ensure_ascii=False).encode()


def make_uis(value: float = 95.1) -> dict[str, Any]:
    record = {"indicatorId": "CR.1", "geoUnit": "VNM", "year": 2018, "value": value}
    return {"hints": [], "records": [record | {"magnitude": None, "qualifier": None}], "indicatorMetadata": []}


def make_worldbank(pages: int = 1) -> list[Any]:
    record = {
        "indicator": {"id": "SE.PRM.CMPT.ZS", "value": "Primary completion rate"},
        "country": {"id": "VN", "value": "Viet Nam"},
        "countryiso3code": "VNM",
        "date": "2024",
        "value": 97.1,
        "unit": "",
        "obs_status": "",
        "decimal": 1,
    }
    return [
        {"page": 1, "pages": pages, "per_page": 1000, "total": 2},
        [record, record | {"date": "2023", "value": None}],
    ]


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Bank:
    """What the services hold, what goes wrong next, and what was asked."""

    years: dict[str, int] = field(default_factory=lambda: {"2023": 180000, "Sơ bộ 2024": 181000})
    title: str = LISTED
    twin: str = ""
    updated: str = "2025-07-23T02:00:00"
    # The database that has the table, of the two there are.
    database: str = "13EDU"
    # "" if the interface works, else where it answers with 404: "POST", or "all".
    closed: str = ""
    uis: Any = field(default_factory=make_uis)
    worldbank: Any = field(default_factory=make_worldbank)
    # Answers that go before the real ones, one a request; None cuts the connection in the middle of one.
    troubles: list[Answer | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    address: str = ""

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        parts = urlsplit(target)
        if parts.path.startswith("/api/v1/"):
            return self._interface(method, parts.path, body)
        if parts.path.startswith("/pxweb/"):
            return self._form(method, parts.path, parts.query, body)
        if parts.path == "/data/indicators":
            return reply(self.uis)
        if parts.path.startswith("/country/VNM/indicator/"):
            return reply(self.worldbank)
        return 404, {}, b"<html>not found</html>"

    def _interface(self, method: str, path: str, body: bytes) -> Answer:
        if self.closed == "all" or (method == "POST" and self.closed):
            return 404, {}, b""
        _, _, _, language, *more = path.rstrip("/").split("/")
        if language != "en":
            return 404, {}, b""
        if not more:
            return reply([{"dbid": "13EDU", "text": "Education"}, {"dbid": "02POP", "text": "Population"}])
        if len(more) == 1:
            tables = [{"id": "E13.99.px", "type": "t", "text": "Number of theatres", "updated": self.updated}]
            if more == [self.database]:
                texts = filter(None, (self.title, self.twin))
                tables += [
                    {"id": f"E13.0{n}.px", "type": "t", "text": text, "updated": self.updated}
                    for n, text in enumerate(texts)
                ]
            return reply(tables)
        if method == "GET":
            variables = [
                {"code": "Year", "text": "Year", "values": ["0", "1"], "valueTexts": list(self.years)},
                {"code": "Items", "text": "Items", "values": ["0"], "valueTexts": ["Primary"]},
            ]
            return reply({"title": self.title, "variables": variables})
        self.sent.append(json.loads(body))
        return 200, {"Content-Type": "application/json"}, BOM + make_jsonstat(self.years, updated=self.updated)

    def _form(self, method: str, path: str, query: str, body: bytes) -> Answer:
        if method == "POST":
            self.sent.append(parse_qs(body.decode(), keep_blank_values=True))
            return 200, {}, make_jsonstat(self.years, updated=self.updated) + b"\0"
        if path == "/pxweb/en/":
            return page('<a href="/pxweb/en/02POP/">Population</a><a href="/pxweb/en/13EDU/">Education</a>')
        if "tablelist=true" in query:
            if f"/{self.database}/" not in path:
                return page("")
            return page(
                f'<a href="E13.01.px/?rxid=0a1b">{self.title}</a><a href="E13.99.px/?rxid=0a1b">Theatres</a>'
            )
        options = "".join(f'<option value="{n}">{year}</option>' for n, year in enumerate(self.years))
        return page(
            '<form method="post"><input type="hidden" name="__VIEWSTATE" value="a+b/c="/>'
            '<input type="hidden" name="__EVENTVALIDATION" value="e"/>'
            f'<select multiple name="{PREFIX}1$ValuesListBox">{options}</select>'
            f'<input type="hidden" name="{PREFIX}1$NumberValuesSelected" value="0"/>'
            f'<select multiple name="{PREFIX}2$ValuesListBox"><option value="0">Primary</option></select>'
            f'<input type="submit" name="{PREFIX}$ButtonViewTable" value="Continue"/></form>'
        )


def reply(content: Any, code: int = 200) -> Answer:
    return code, {"Content-Type": "application/json"}, BOM + json.dumps(content).encode()


def page(body: str) -> Answer:
    return 200, {"Content-Type": "text/html"}, f"<html><body>{body}</body></html>".encode()


@contextmanager
def serve(bank: Bank) -> Iterator[Bank]:
    """Run the server in a thread, on this machine only."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.give("GET", b"")

        def do_POST(self) -> None:
            self.give("POST", self.rfile.read(int(self.headers["Content-Length"])))

        def give(self, method: str, body: bytes) -> None:
            bank.asked.append((method, self.path))
            bank.agents.add(self.headers["User-Agent"])
            trouble = bank.troubles.pop(0) if bank.troubles else bank.answer(method, self.path, body)
            code, headers, content = trouble or (200, {}, b"{")
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            # A cut connection: more is announced than comes.
            self.send_header("Content-Length", str(len(content) + (trouble is None) * 100))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the output of the tests free of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    bank.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield bank
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
