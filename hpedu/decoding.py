"""Turn the bytes of a text file into text, in whatever encoding it was saved, and text into one that is safe."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

CONTROLS = r"[\x00-\x08\x0e-\x1f\x7f-\x9f]"
"""Characters a terminal may obey."""
INVISIBLE = (
    r"[\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that are not shown, but turn the direction of writing, part words or hide a text. The soft hyphen is
not here: in TCVN3 it is the letter ư."""
_STEERING = re.compile(f"{CONTROLS}|{INVISIBLE}")

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


def neutralise(text: str) -> str:
    """Return a text that steers no terminal and no direction of writing: a control is shown as "�"."""
    if not _STEERING.search(text):
        return text
    return re.sub(INVISIBLE, "", re.sub(CONTROLS, "\ufffd", text))


def name_steering(text: str) -> str:
    """Name the characters of a text that steer what is shown, such as "U+202E"; "" if there are none."""
    return ", ".join(dict.fromkeys(f"U+{ord(found):04X}" for found in _STEERING.findall(text)))


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


def read_toml(module: str, name: str) -> dict[str, Any]:
    """Read a table that lies beside a module, which is named by its `__file__`."""
    return tomllib.loads(Path(module).with_name(name).read_text(encoding="utf-8"))
