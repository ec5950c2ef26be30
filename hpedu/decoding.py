"""Turn the bytes of a text file into text, in whatever encoding it was saved."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Windows-1258 writes a tone as a byte after its vowel: grave, hook, tilde, acute, dot below.
_TONE = b"\xcc\xd2\xde\xec\xf2"
_VOWEL = rb"aeiouyAEIOUY\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd"
_TONE_AFTER_VOWEL = re.compile(rb"(?<=[" + _VOWEL + rb"])[" + _TONE + rb"]")
# The vowels of TCVN3 lie among the signs of Windows-1258, đ and ư of VNI on letters that Vietnamese lacks.
_LEGACY_FONT = re.compile(rb"[A-Za-z\xa1-\xff][\xa1-\xac\xae-\xbf]|[\xd1\xf1\xd8\xf8\xd6\xf6]")


def decode_text(data: bytes, declared: str = "") -> str:
    """Decode a file by its byte order mark, as UTF-8 if it can be, as it declares, or by what its bytes show.

    UTF-8 goes before what is declared: other text is hardly ever valid UTF-8, and many exports declare what
    they are not. What is left, and is not surely Windows-1258, is read as Latin-1: no byte is lost, and text in
    the fonts of old (TCVN3, VNI) can still be recognised.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in (*_guess_utf16(data), "utf-8", _widen(declared), *_guess_1258(data)):
        try:
            return data.decode(encoding)
        # Another encoding, or one Python does not know.
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _widen(declared: str) -> str:
    """Return the encoding that is meant: files that declare Latin-1 are written on Windows, as browsers know."""
    name = declared.strip().lower()
    return (
        "cp1252" if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "ansi") else name or "utf-8"
    )


def _guess_utf16(data: bytes) -> list[str]:
    """Return UTF-16 if the bytes show it without a mark.

    In Vietnamese and English text most high bytes are zero, on one side.
    """
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 8:
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def _guess_1258(data: bytes) -> list[str]:
    tones = sum(data.count(tone) for tone in _TONE)
    if tones < 2 or _LEGACY_FONT.search(data):
        return []
    return ["cp1258"] if len(_TONE_AFTER_VOWEL.findall(data)) == tones else []
