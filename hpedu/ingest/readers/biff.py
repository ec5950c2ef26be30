"""Read from the records of an old .xls file what fastexcel does not report: merges, errors, types, formats.

The file is a small file system (OLE) with one stream of records in it (BIFF), as Microsoft documents both in
[MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hpedu.ingest.readers.number_formats import join_runs, print_number
from hpedu.ingest.sheet.grid import Facts, Merge, Place

_END = 0xFFFFFFFA
"""Numbers of sectors from here on mark an end, or no sector."""

_BOF, _EOF, _CONTINUE = 0x809, 0x0A, 0x3C
_FORMAT, _XF, _FONT, _SHEET, _SST, _DATES = 0x41E, 0xE0, 0x31, 0x85, 0xFC, 0x22
_ROW, _COLUMNS = 0x208, 0x7D
_NUMBER, _RK, _MULTIPLE_RK, _FORMULA, _ERROR, _SHARED_TEXT, _MERGES = 0x203, 0x27E, 0xBD, 0x06, 0x205, 0xFD, 0xE5
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BUILT_IN = {9: "0%", 10: "0.00%"}
_RAISED = 1

Record = tuple[int, bytes]


def read_facts(data: bytes) -> dict[str, Facts]:
    """Return the facts of each sheet by its name.

    Raises
    ------
    struct.error
        If a record is cut short.
    """
    stream = _find_stream(data)
    book = _Book()
    for kind, body in _list_records(stream, 0):
        book.take(kind, body)
    book.finish()
    return {name: _read_sheet(stream, start, book) for name, start in book.sheets.items()}


def _find_stream(data: bytes) -> bytes:
    """Return the stream of the workbook; a short one lies in small sectors within that of the root."""
    size, small = 1 << struct.unpack_from("<H", data, 30)[0], 1 << struct.unpack_from("<H", data, 32)[0]
    first, cutoff, first_small = (struct.unpack_from("<I", data, place)[0] for place in (48, 56, 60))

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size].ljust(size, b"\0")

    tables = list(struct.unpack_from("<109I", data, 76))
    more, count = struct.unpack_from("<II", data, 68)
    for _ in range(min(count, len(data) // size)):
        *numbers, more = struct.unpack(f"<{size // 4}I", sector(more))
        tables += numbers
    chain = [n for table in tables if table < _END for n in struct.unpack(f"<{size // 4}I", sector(table))]
    directory = b"".join(map(sector, _follow(chain, first)))
    entries = [directory[i : i + 128] for i in range(0, len(directory) - 127, 128)]
    names = [entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le") for entry in entries]
    known = [name for name in ("Workbook", "Book") if name in names]
    if not known:
        raise struct.error("no stream of a workbook")
    entry = entries[names.index(known[0])]
    start, length = struct.unpack_from("<II", entry, 116)
    if length >= cutoff:
        return b"".join(map(sector, _follow(chain, start)))[:length]
    within = b"".join(map(sector, _follow(chain, struct.unpack_from("<I", entries[0], 116)[0])))
    links = b"".join(map(sector, _follow(chain, first_small)))
    smalls = list(struct.unpack(f"<{len(links) // 4}I", links))
    return b"".join(within[n * small : (n + 1) * small] for n in _follow(smalls, start))[:length]


def _follow(chain: list[int], sector: int) -> Iterator[int]:
    """Yield the sectors of a stream. One that leads in a circle ends after as many as there are."""
    for _ in chain:
        if sector >= len(chain):
            return
        yield sector
        sector = chain[sector]


def _list_records(stream: bytes, place: int) -> Iterator[Record]:
    """Yield the records of a sheet or of the globals, without those of charts within it."""
    depth = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield kind, stream[place + 4 : place + 4 + length]
        if depth <= 0:
            return
        place += 4 + length


@dataclass
class _Book:
    """What holds for all sheets: where they begin, formats by style, shared texts with raised letters."""

    sheets: dict[str, int] = field(default_factory=dict)
    is_old: bool = False
    is_1904: bool = False
    formats: dict[int, str] = field(default_factory=lambda: dict(_BUILT_IN))
    styles: list[int] = field(default_factory=list)
    # The escapement of each font.
    fonts: list[int] = field(default_factory=list)
    raised: Mapping[int, str] = field(default_factory=dict)
    _texts: list[bytes] = field(default_factory=list)
    _last: int = 0

    def take(self, kind: int, body: bytes) -> None:
        if kind == _BOF:
            self.is_old = struct.unpack_from("<H", body)[0] < 0x600
        elif kind == _DATES:
            self.is_1904 = body[:1] == b"\x01"
        elif kind == _SHEET:
            self.sheets[self._text(body[6:], 1)] = struct.unpack_from("<I", body)[0]
        elif kind == _FORMAT:
            self.formats[struct.unpack_from("<H", body)[0]] = self._text(body[2:], 1 if self.is_old else 2)
        elif kind == _XF:
            self.styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _FONT:
            self.fonts.append(struct.unpack_from("<H", body, 8)[0])
        elif kind == _SST or (kind == _CONTINUE and self._last == _SST):
            self._texts.append(body)
        self._last = kind if kind != _CONTINUE else self._last

    def _text(self, body: bytes, width: int) -> str:
        """Return a short text behind its length, which takes so many bytes."""
        if self.is_old:
            return body[width:].decode("cp1252", errors="replace")
        return body[width + 1 :].decode("utf-16-le" if body[width] & 1 else "latin-1")

    def finish(self) -> None:
        """Read the shared texts, if letters are raised anywhere."""
        if self._texts and _RAISED in self.fonts:
            self.raised = dict(_find_raised(_Texts(self._texts), self.is_raised))

    def is_raised(self, font: int) -> bool:
        """Return whether the letters of a font are raised. No font has the number 4."""
        place = font - (font > 4)
        return place < len(self.fonts) and self.fonts[place] == _RAISED

    def code(self, style: int) -> str:
        return self.formats.get(self.styles[style], "") if style < len(self.styles) else ""


class _Texts:
    """The shared texts, which go on in further records; letters begin anew there with their width."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces, self._piece, self._place = pieces, 0, 0

    def read(self, count: int) -> bytes:
        read = b""
        while len(read) < count:
            self._turn()
            part = self._pieces[self._piece][self._place : self._place + count - len(read)]
            self._place += len(part)
            read += part
        return read

    def read_letters(self, count: int, *, is_wide: bool) -> str:
        text = ""
        while len(text) < count:
            if self._turn():
                is_wide = bool(self.read(1)[0] & 1)
            left = len(self._pieces[self._piece]) - self._place
            size = min((count - len(text)) * (1 + is_wide), left)
            text += self.read(size).decode("utf-16-le" if is_wide else "latin-1", errors="surrogatepass")
        return text

    def _turn(self) -> bool:
        """Go on to the next record if this one is read; return whether it was."""
        if self._place < len(self._pieces[self._piece]):
            return False
        if self._piece + 1 == len(self._pieces):
            raise struct.error("the shared texts are cut short")
        self._piece, self._place = self._piece + 1, 0
        return True


def _find_raised(texts: _Texts, is_raised: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Yield the shared texts in which letters are raised, by their number."""
    for number in range(struct.unpack("<II", texts.read(8))[1]):
        count, flags = struct.unpack("<HB", texts.read(3))
        runs = struct.unpack("<H", texts.read(2))[0] if flags & 8 else 0
        rest = struct.unpack("<I", texts.read(4))[0] if flags & 4 else 0
        text = texts.read_letters(count, is_wide=bool(flags & 1))
        fonts = [struct.unpack("<HH", texts.read(4)) for _ in range(runs)]
        texts.read(rest)
        if any(is_raised(font) for _, font in fonts):
            begins = [(0, False), *((start, is_raised(font)) for start, font in fonts)]
            ends = [start for start, _ in begins[1:]] + [count]
            pieces = [(text[start:end], own) for (start, own), end in zip(begins, ends, strict=True)]
            yield number, join_runs(pieces)


def _read_sheet(stream: bytes, start: int, book: _Book) -> Facts:
    facts = Facts(is_1904=book.is_1904)
    for kind, body in _list_records(stream, start):
        if kind in (_NUMBER, _RK, _FORMULA, _ERROR, _SHARED_TEXT):
            row, column, style = struct.unpack_from("<HHH", body)
            _read_cell(kind, body[6:], (row, column), book.code(style), book, facts)
        elif kind == _MULTIPLE_RK:
            row, first = struct.unpack_from("<HH", body)
            for i in range((len(body) - 6) // 6):
                style, packed = struct.unpack_from("<HI", body, 4 + 6 * i)
                _take_number(_unpack(packed), (row, first + i), book.code(style), facts)
        elif kind == _ROW and body[12] & 0x20:
            facts.hidden_rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _COLUMNS and body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            facts.hidden_columns.update(range(first, last + 1))
        elif kind == _MERGES:
            for i in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * i)
                facts.merged.append(Merge(top, left, bottom, right))
    return facts


def _read_cell(kind: int, body: bytes, place: Place, code: str, book: _Book, facts: Facts) -> None:
    if kind == _NUMBER:
        _take_number(struct.unpack_from("<d", body)[0], place, code, facts)
    elif kind == _RK:
        _take_number(_unpack(struct.unpack_from("<I", body)[0]), place, code, facts)
    elif kind == _SHARED_TEXT:
        text = book.raised.get(struct.unpack_from("<I", body)[0])
        if text is not None:
            facts.texts[place] = text
    elif kind == _ERROR:
        # The second byte says whether it is an error or yes and no.
        if body[1]:
            facts.texts[place] = _ERRORS.get(body[0], "#?")
    elif body[6:8] != b"\xff\xff":
        value, flags = struct.unpack_from("<dH", body)
        # Of what was never calculated, a program writes nothing that is a number of normal size.
        if flags & 2 and abs(value) < 1e-300:
            facts.texts[place] = "="
        else:
            _take_number(value, place, code, facts)
    elif body[0] == 2:
        facts.texts[place] = _ERRORS.get(body[2], "#?")


def _unpack(packed: int) -> float:
    """Return the number in four bytes: 30 bits whole, or half a float; in hundredths if the last bit says."""
    if packed & 2:
        whole = packed >> 2
        value = float(whole - (1 << 30) if whole >> 29 else whole)
    else:
        value = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))[0]
    return value / 100 if packed & 1 else value


def _take_number(value: float, place: Place, code: str, facts: Facts) -> None:
    text, scale = print_number(value, code) if "%" in code or "," in code else ("", Decimal(1))
    if scale != 1:
        facts.texts[place] = text
    if scale is not None and (scale != 1 or not value.is_integer()):
        facts.scales[place] = scale
