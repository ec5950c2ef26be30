"""Open a file as received: refuse what is no table, recognise its format by content, read each sheet once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from zipfile import ZipFile

import polars as pl

from hpedu.decoding import decode_text
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.readers import excel, fixed_width, html, json_tables, px, text, word
from hpedu.ingest.schema import RawTable
from hpedu.ingest.screen import Remark, screen_around, screen_frame, screen_table, screen_text
from hpedu.ingest.sheet.grid import Facts, Grid

TABLES: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], RawTable]]] = {
    "pxweb_csv": (text.is_pxweb_csv, text.read_pxweb_csv),
    "jsonstat": (json_tables.is_jsonstat, json_tables.read_jsonstat),
    "records": (json_tables.is_records, json_tables.read_records),
    "px": (px.is_px, px.read_px),
    "tidy_csv": (text.is_tidy_csv, text.read_tidy_csv),
}
"""Formats that label each value themselves. They are tried before those of sheets."""

SHEETS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], list[Grid]]]] = {
    "workbook": (excel.is_workbook, excel.read_workbook),
    "spreadsheetml": (excel.is_spreadsheetml, excel.read_spreadsheetml),
    "word": (word.is_word, word.read_word),
    "html": (html.is_html, html.read_html),
    "delimited": (text.is_delimited, text.read_delimited),
    "plain_text": (fixed_width.is_plain_text, fixed_width.read_plain_text),
}
"""Formats made for the eye, where headers and labels are found by their place; the surest first."""

_MOST_SHEETS = 3_000
"""No page has more tables."""
_MOST_UNPACKED = 400 << 20
"""No workbook that can be read is larger than this without its compression."""

_LONG_TO_PARSE = 1 << 20
"""Bytes from which the parser, which does without Python, works beside the search for facts."""


@dataclass(frozen=True)
class Source:
    """An opened file. Its content is read when it is first wanted, once, and released with the source.

    A damaged one raises whatever the readers and their libraries raise; `hpedu.ingest.isolation` reports it.

    `format` is a key of `TABLES` or `SHEETS`, whatever the name of the file ends in; "" if hpedu knows none.
    """

    data: bytes
    format: str

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def table(self) -> RawTable:
        """Return the one table of a file that labels its values (`TABLES`), screened."""
        return self._screened_table[0]

    @cached_property
    def _screened_table(self) -> tuple[RawTable, list[Remark]]:
        return screen_table(TABLES[self.format][1](self.data))

    @cached_property
    def _printed(self) -> list[tuple[Grid, list[Remark]]]:
        """Return the sheets of any format but a workbook, with their names and what is around them screened."""
        grids = SHEETS[self.format][1](self.data)
        if len(grids) > _MOST_SHEETS:
            raise Unreadable("too_large", f"> {_MOST_SHEETS}")
        return [screen_around(grid) for grid in grids]

    @cached_property
    def _screened(self) -> list[tuple[str, pl.DataFrame, list[Remark]]]:
        """Return the sheets as frames, and what was taken out of each. Nothing else reads a sheet."""
        if self.format != "workbook":
            return [
                (grid.sheet, frame, around + remarks)
                for grid, around in self._printed
                for frame, remarks in [screen_frame(grid.sheet, _make_frame(grid))]
            ]
        with ThreadPoolExecutor(1) as pool:
            facts = pool.submit(lambda: self.facts)
            if len(self.data) < _LONG_TO_PARSE:
                # The facts first: a file that fills a sheet with one cell is refused there.
                facts.result()
            frames = [(screen_text(name), frame) for name, frame in excel.read_frames(self.data)]
        known = facts.result()
        return [
            (name, screened, [*(Remark(name, "", *one) for one in taken), *remarks])
            for (name, taken), frame in frames
            for screened, remarks in [screen_frame(name, excel.complete_frame(frame, known.get(name, Facts())))]
        ]

    @property
    def remarks(self) -> list[Remark]:
        """Return what was taken out before anything was read."""
        if self.format in TABLES:
            return self._screened_table[1]
        return [remark for _, _, remarks in self._screened for remark in remarks] if self.format else []

    @cached_property
    def facts(self) -> dict[str, Facts]:
        """Return by sheet the merged ranges, and which cells are surely numbers.

        Nothing is known of an .xlsb, nor of plain text.
        """
        if self.format != "workbook":
            return {grid.sheet: Facts(grid.merged, {}, dict(grid.scales)) for grid, _ in self._printed}
        printed = excel.read_facts(self.data)
        facts = {screen_text(name)[0]: known for name, known in printed.items()}
        if len(facts) < len(printed):
            raise Unreadable("damaged")
        return facts

    @property
    def frames(self) -> list[tuple[str, pl.DataFrame]]:
        """Return the sheets by name as frames of printed text, which suit lists of many thousand rows."""
        return [(name, frame) for name, frame, _ in self._screened]

    @cached_property
    def hidden_sheets(self) -> frozenset[str]:
        """Return the names of the sheets that a workbook does not show."""
        if self.format != "workbook":
            return frozenset()
        return frozenset(screen_text(name)[0] for name in excel.find_hidden_sheets(self.data))

    @cached_property
    def grids(self) -> list[Grid]:
        """Return the sheets as printed, with their merged ranges (`SHEETS`)."""
        if self.format == "workbook":
            return excel.make_grids(self.frames, self.facts)
        return [
            replace(grid, rows=[list(row) for row in frame.rows()]) if remarks else grid
            for (grid, _), (_, frame, remarks) in zip(self._printed, self._screened, strict=True)
        ]


def open_source(data: bytes) -> Source:
    """Return a file ready to be read.

    Raises `Unreadable` if it is empty, a picture, a document, an archive, or locked.
    """
    refuse_hopeless(data)
    found = next((name for name, (recognise, _) in TABLES.items() if recognise(data)), "")
    if not found:
        found = next((name for name, (recognise, _) in SHEETS.items() if recognise(data)), "")
        if found in ("", "delimited", "plain_text"):
            _refuse_marked_up(data)
    return Source(data, found)


def explain(source: Source) -> Unreadable:
    """Return why no table is found in a file."""
    data = source.data
    if source.format == "html":
        return Unreadable("web_page")
    if source.format not in ("", "plain_text"):
        return Unreadable("no_table")
    if data.startswith((b"PK", _OLE)):
        return Unreadable("damaged")
    return Unreadable("binary" if b"\0" in data[:65536] else "no_table")


def _make_frame(grid: Grid) -> pl.DataFrame:
    names = [f"column_{i}" for i in range(grid.width)]
    return pl.DataFrame(grid.rows, schema=dict.fromkeys(names, pl.String), orient="row")


# The mark of old Office files, and of new ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("pdf", (b"%PDF",)),
    ("picture", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")),
    ("document", (b"{\\rtf",)),
    ("archive", (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")),
)


def refuse_hopeless(data: bytes) -> None:
    """Refuse what is surely no table hpedu reads, before any reader chokes on it. Raises as `open_source` does."""
    if not data[: 1 << 20].strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise Unreadable("empty")
    for reason, magics in _MAGIC:
        if data.startswith(magics) and (reason != "picture" or b"\0" in data[:512]):
            raise Unreadable(reason)
    if data.startswith(_OLE):
        if _utf16("EncryptedPackage") in data:
            raise Unreadable("locked")
        if _utf16("WordDocument") in data or _utf16("PowerPoint Document") in data:
            raise Unreadable("document")
    if data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise Unreadable("too_large", f"{unpacked >> 20} MB")
        if word.DOCUMENT not in names and any(name.startswith(("word/", "ppt/")) for name in names):
            raise Unreadable("document")
        if not names & {word.DOCUMENT, "xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
            raise Unreadable("archive")


_JSON = re.compile(r'\{\s*"|\[\s*[\[{]')
_WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body|form|script|meta|title|div|p|h\d)\b", re.IGNORECASE)
_MARK_UP = re.compile(r"<(?:[?!]|\w[^<>]*>)")


def _refuse_marked_up(data: bytes) -> None:
    """Refuse JSON, web pages without a table, and XML, before their lines are taken for those of a text."""
    text = decode_text(data[: 1 << 16]).lstrip("\ufeff \r\n\t")
    if _JSON.match(text) or (text[:1] in ("{", "[") and _is_json(data)):
        raise Unreadable("json")
    if _MARK_UP.match(text):
        raise Unreadable("web_page" if _WEB_PAGE.search(text) else "xml")


def _is_json(data: bytes) -> bool:
    try:
        json.loads(decode_text(data))
    except ValueError:
        return False
    return True


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")
