"""A file of which nothing can be read: why, told by its bytes, and what to do about it."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from hpedu.errors import HpeduError, check_language
from hpedu.ingest.readers.excel import column_index
from hpedu.registry import load_registry

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and new ones with a password
_MAGIC: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("pdf", (b"%PDF",)),
    ("picture", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")),
    ("document", (b"{\\rtf",)),
    ("archive", (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")),
)
_LARGEST = 1 << 30  # bytes of a workbook when unpacked
_LARGE, _DENSEST = 100 << 20, 200  # a sheet is packed ten- to fiftyfold
_SMALL_SHEET = 16 << 20  # in a larger one cells far off are not looked for
_MOST_CELLS = 50_000_000
_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    csv.Error,
    BadZipFile,
    ParseError,
    zlib.error,
)
"""What readers and the libraries under them raise on a file that is not whole."""

_LAST_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\br="(\d+)"')
_CELL = re.compile(rb'\br="([A-Z]{1,3})\d+"')


class Unreadable(HpeduError, ValueError):
    """A file as a whole cannot be read. `reason` is a code of the registry, `detail` what a reader said."""

    def __init__(self, reason: str, detail: str = "", file: str = "") -> None:
        self.reason, self.detail, self.file = reason, detail, file
        super().__init__(reason, detail, file)

    def of(self, file: str) -> Unreadable:
        """The same, with the name of the file."""
        return Unreadable(self.reason, self.detail, file)

    def say(self, language: str) -> str:
        text = load_registry().code("unreadable", self.reason).name.get(check_language(language))
        return f"{self.file}: " * bool(self.file) + text + f" ({self.detail})" * bool(self.detail)


def refuse_hopeless(data: bytes) -> None:
    """Refuse what is surely no table hpedu reads, before any reader chokes on it.

    Raises
    ------
    Unreadable
        If it is empty, a picture, a document, an archive, locked, or unpacks to more than any real workbook does.
    """
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
        _refuse_zip(data)


def explain(data: bytes) -> Unreadable:
    """Why no reader knows a file."""
    if data.startswith((b"PK", _OLE)):
        return Unreadable("damaged")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return Unreadable("json")
    return Unreadable("binary" if b"\0" in data[:65536] else "no_table")


@contextmanager
def told_as_damage() -> Iterator[None]:
    """Say of any error of a reader that the file is damaged, and keep what the reader said."""
    try:
        yield
    except Unreadable:
        raise
    except _DAMAGE as error:
        said = " ".join(str(error).split("\nContext")[0].split())
        raise Unreadable("damaged", said[:200]) from error


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _refuse_zip(data: bytes) -> None:
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if any(name.startswith(("word/", "ppt/")) for name in names):
                raise Unreadable("document")
            if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
                raise Unreadable("archive")
            size = sum(part.file_size for part in parts)
            if size > _LARGEST or (size > _LARGE and size > _DENSEST * len(data)):
                raise Unreadable("too_large", f"{size >> 20} MB")
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.file_size < _SMALL_SHEET:
                    _refuse_far_cells(archive.read(part))
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise Unreadable("damaged", str(error)) from error


def _refuse_far_cells(xml: bytes) -> None:
    """Refuse a sheet with cells at both far ends: readers lay out all that is between."""
    rows = max((int(row) for row in _LAST_ROW.findall(xml)), default=0)
    if rows > _MOST_CELLS // 16384:
        width = 1 + max((column_index(name) for name in set(_CELL.findall(xml))), default=0)
        if rows * width > _MOST_CELLS:
            raise Unreadable("too_large", f"{rows} x {width}")
