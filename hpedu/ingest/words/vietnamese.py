"""Clean and compare Vietnamese text: spaces, tones, names among others, and the fonts of before Unicode."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from hpedu.decoding import read_toml

_SEPARATORS = re.compile(r"[\s.,\-‐‑–—_]+")
# Grave, hook above, tilde, acute, dot below, as a dictionary has them.
_TONES = "\u0300\u0309\u0303\u0301\u0323"
_NO_TONES = dict.fromkeys(map(ord, _TONES))

_REPAIRS = str.maketrans(
    {
        "\u00d0": "Đ",  # Icelandic Eth, and the African D below: both look like Đ in print
        "\u0189": "Đ",
        "\u00f0": "đ",
        "\u0256": "đ",
        "\u01a2": "Ư",  # Gha, which some converters wrote for ư
        "\u01a3": "ư",
        # Characters that print nothing: soft hyphen, zero-width blanks and joiners, direction marks, BOM.
        **dict.fromkeys(map(chr, [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)])),
        **dict.fromkeys(map(chr, [0x61C, *range(0x2060, 0x2070), 0xFEFF])),
    }
)


@lru_cache(maxsize=1 << 18)
def clean_text(text: str) -> str:
    """Bring a label into one form: NFC, Đ and ư as such, nothing invisible, one blank between words, none around.

    "Mầm non" is 7 code points in NFC and 9 in NFD; unless both come in one form a join fails silently.
    """
    whole = text if text.isascii() else unicodedata.normalize("NFC", text.translate(_REPAIRS))
    return " ".join(whole.split())


@lru_cache(maxsize=1 << 18)
def fold_text(text: str) -> str:
    """Reduce a label to what identifies it: no case, no accents, đ as d ("Hải Phòng" -> "hai phong")."""
    return clean_text(text).translate(_FLAT)


class _Flat(dict[int, str]):
    """What each letter is without case and accents, found when it first occurs."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFD", chr(code).casefold().replace("đ", "d"))
        self[code] = "".join(c for c in parts if not unicodedata.combining(c))
        return self[code]


_FLAT = _Flat()


def list_phrases(words: str) -> list[str]:
    """Return the words of a text of a table, in which "_" joins those of a phrase."""
    return [phrase.replace("_", " ") for phrase in words.split()]


def index_phrases(table: Mapping[str, str]) -> dict[str, str]:
    """Return for each phrase of a table the key that it stands under."""
    return {phrase: key for key, words in table.items() for phrase in list_phrases(words)}


def match_key(text: str) -> str:
    """Return the same key for every way to write one name with its accents: "Hoà Bình", "HÒA BÌNH", "Hòa-Bình".

    The tone mark of a syllable goes to its end ("hoà", "hòa" -> "hoa\u0300"): a syllable has one tone, and where
    it is drawn makes no difference. A letter keeps its circumflex, breve or horn.
    """
    words = _SEPARATORS.sub(" ", clean_text(text).casefold()).strip()
    return " ".join("".join(_split_tone(word)) for word in words.split(" "))


_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"


def sort_key(text: str) -> list[tuple[list[int], list[int]]]:
    """Return what puts names in the order of a Vietnamese dictionary: word by word, letters before tones."""
    words = [_split_tone(word) for word in text.split()]
    return [([_ALPHABET.find(letter) for letter in flat], list(map(_TONES.find, tone))) for flat, tone in words]


def _split_tone(word: str) -> tuple[str, str]:
    """Return a word without tone marks, and the tone marks, wherever they were ("hòa", "hoà" -> "hoa", grave)."""
    if word.isascii():
        return word.lower(), ""
    apart = unicodedata.normalize("NFD", word.lower().replace("ð", "đ"))
    tone = "".join(sorted(mark for mark in apart if mark in _TONES))
    return unicodedata.normalize("NFC", apart.translate(_NO_TONES)), tone


ValueT = TypeVar("ValueT")


class Names(Generic[ValueT]):
    """Names of things, to be looked up as people write them.

    With accents a name must match with its accents: Cẩm Giang and Cẩm Giàng are two communes. Written without
    any, it may stand for an accented one, if for one only.
    """

    def __init__(self, pairs: Iterable[tuple[str, ValueT]]) -> None:
        self._written: dict[str, set[ValueT]] = {}
        self._bare: dict[str, set[ValueT]] = {}
        for name, value in pairs:
            key = match_key(name)
            self._written.setdefault(key, set()).add(value)
            self._bare.setdefault(fold_text(key), set()).add(value)

    def find(self, name: str) -> ValueT | None:
        """Return what has a name; None if nothing has it, or more than one thing."""
        key = match_key(name)
        found = self._written.get(key)
        if found is None and key.isascii():
            found = self._bare.get(key)
        return next(iter(found)) if found is not None and len(found) == 1 else None


TABLES = read_toml(__file__, "legacy_tables.toml")

# A syllable that ends in one of these bears the acute or the dot.
_STOPPED = ("c", "ch", "p", "t")
_SHORT_TONES = {"\u0301", "\u0323"}


def _compile_syllable() -> re.Pattern[str]:
    parts = {name: "|".join(text.split()) for name, text in TABLES["syllable"].items()}
    onset = (
        f"(?:{parts['onsets']}|(?:{parts['onsets_before_front_vowels']})(?=[eêiy])"
        f"|(?:{parts['onsets_before_other_vowels']})(?![eêiy]))?"
    )
    return re.compile(f"{onset}(?:{parts['rhymes']})")


_SYLLABLE = _compile_syllable()
_COMMON = frozenset(_split_tone(word) for word in TABLES["common"]["words"].split())


@lru_cache(maxsize=1 << 16)
def rank_syllable(word: str) -> int:
    """Rate how Vietnamese a word looks: 0 no syllable, 1 a possible one, 2 one to be expected in these tables."""
    flat, tone = reading = _split_tone(word)
    if reading in _COMMON:
        return 2
    stopped = flat.endswith(_STOPPED) and tone not in _SHORT_TONES
    return int(len(tone) <= 1 and not stopped and _SYLLABLE.fullmatch(flat) is not None)


Encoding = Literal["tcvn3", "vni"]

_TCVN3 = {chr(code): letter for letter, code in TABLES["tcvn3"].items()} | {"\u03bc": "à"}  # µ in Greek clothes
_TCVN3_CAPITALS = {code: letter.upper() for code, letter in _TCVN3.items()}
_VNI = {code: letter for letter, code in TABLES["vni"].items()}

# Characters of Vietnamese that neither encoding ever shows: text with one is Unicode already.
_UNICODE_ONLY = re.compile("[ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9\u0300-\u0323]")
_LEGACY_ONLY = re.compile("[ÄÅÆÇËÎÏÑÖØÛÜÞßäåæçëîïñöøûüþ¨ª¬¶¸\xad]")  # text with one is not
_CODES = re.escape("".join(_TCVN3))
_TCVN3_WORD = re.compile(f"([A-Za-z{_CODES}]+)")
_VNI_LETTER = re.compile("[aeouyôö][ùøûõïâáàåãäêéèúüë]|[íìæóòôöîñ]", re.IGNORECASE)
_HORNED_O = re.compile("(?<![Ưư])[ơờớởỡợ]", re.IGNORECASE)
_INNER_CAPITAL = re.compile(f"[A-Za-z{_CODES}][A-Z¡-§]")
_ANY_WORD = re.compile("[A-Za-z\u00a1-\u1eff]{2,}")
_SURE_CAPITALS = frozenset(string.ascii_uppercase + "¡¢£¤¥¦§")
_SURE_LETTERS = _SURE_CAPITALS.union(string.ascii_lowercase)
# ô and Ô ("ô tô"), á ("Đông Nam Á"), đ (the currency); see `_spell_tcvn3`.
_WORDS_OF_ONE_MARK = "«¤¸®"

# The soft hyphen comes out of PDF files and web pages as a minus or a hyphen: "tr−êng", "ng-êi", "t- thôc".
_LOST_SOFT_HYPHEN = re.compile(
    rf"""
    (?<![A-Za-z0-9{_CODES}])                                # from the start of a word:
    (?: (?P<onset> (?i: ngh?|[ctp]h|kh|gh|nh|t[hr]|[bcdghklmnrstvx] ) | [®§] )
        (?: [-‐‑−](?= [¬íêëìî] | (?i:a|u|i|ng)(?![A-Za-z{_CODES}]) )  # ươ, ưa, ưu, ưi, ưng
          | −(?! [A-Za-z0-9{_CODES}] )                       # tư
          | (?<=[TSDa-z])[-‐‑](?= [ ][A-Za-z]*[{_CODES}] ) )  # tư, before another word in TCVN3
      | −(?= [¬íuU] ) )                                      # ương, ước, ưu
    """,
    re.VERBOSE,
)
_TOUCHING_HYPHEN = re.compile("[A-Za-z®§][-‐‑]|−")  # much faster to look for


def detect_legacy(texts: Iterable[str]) -> Encoding | None:
    """Return the old encoding of a table, judged from all its texts; None if it is Unicode (or plain ASCII).

    Each different word with a character beyond ASCII is read as it is and as either encoding would have it.
    A reading wins the word if it looks more Vietnamese. An encoding is found if it wins two words or more, and
    no less than a quarter of those that speak for or against it: some rows may have been added in Unicode. In
    a table that has such rows, a word that is a syllable already wins nothing.
    """
    text = unicodedata.normalize("NFC", "\n".join(text for text in texts if not text.isascii()))
    words = [word for word in set(_ANY_WORD.findall(_restore_soft_hyphens(text))) if not word.isascii()]
    if any(map(_UNICODE_ONLY.search, words)):
        words = [word for word in words if _UNICODE_ONLY.search(word) or rank_syllable(word) == 0]
    best: tuple[int, Encoding | None] = (1, None)
    for encoding, spell in _SPELLERS.items():
        gains = [_gain(word, spell(word)) for word in words]
        won = sum(gain > 0 for gain in gains)
        if won > best[0] and 4 * won >= len(gains) - gains.count(0):
            best = (won, encoding)
    return best[1]


def convert_legacy(text: str, encoding: Encoding) -> str:
    """Convert one text of a table in an old encoding to Unicode in NFC.

    ASCII passes unchanged, and so does a text that is Unicode Vietnamese already (a row added later).

    In TCVN3 many letters share their code with a typographic mark: × is ì, ½ is ẵ, § is Đ, © is â. Such a
    code is a letter where it touches another letter, and stays a mark where it stands alone ("3 × 4", "½",
    "·····"), except « ¤ ¸ ®, which alone are words of Vietnamese (ô, Ô, á, and đ for đồng). What VN3 leaves
    free (NBSP, ° ± ² ³ ´, and all of – — ‘ ’ “ ” …) is never a letter. ư is found again where the soft hyphen
    came out as a minus or hyphen ("tr−êng", "t- thôc"), and, if only so the word is a syllable or a likelier
    one, where it is gone ("trêng").

    VN3 has no capitals with tones; capital fonts draw the small letter's code as a capital. A code becomes a
    capital if the rest of its word is upper case ("PHßNG"), and in a word too short to say ("Hµ") as the
    nearest word of the line that can ("Hµ NéI", "Hµ Néi").
    """
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    if _UNICODE_ONLY.search(text):
        return text
    converted = _convert_tcvn3(text) if encoding == "tcvn3" else _spell_vni(text)
    if not _LEGACY_ONLY.search(text) and _rank_text(text) > _rank_text(converted):
        return text
    return unicodedata.normalize("NFC", converted)


def _rank_text(text: str) -> int:
    return sum(rank_syllable(word) for word in _ANY_WORD.findall(text) if not word.isascii())


def _gain(word: str, reading: str) -> int:
    """Return how much more Vietnamese a reading looks than the word itself; negative where it explains nothing."""
    rank = rank_syllable(reading)
    return -1 if rank == 0 or _UNICODE_ONLY.search(word) else rank - rank_syllable(word)


def _restore_soft_hyphens(text: str) -> str:
    if not _TOUCHING_HYPHEN.search(text):
        return text
    return _LOST_SOFT_HYPHEN.sub(lambda match: (match["onset"] or "") + "\xad", text)


def _convert_tcvn3(text: str) -> str:
    text = _restore_soft_hyphens(text)
    if not _INNER_CAPITAL.search(text):
        return _TCVN3_WORD.sub(lambda word: _spell_tcvn3(word[0]), text)
    return "\n".join(_convert_tcvn3_capitals(line) for line in text.split("\n"))


def _convert_tcvn3_capitals(line: str) -> str:
    # What is between words, and at every odd place a word.
    pieces = _TCVN3_WORD.split(line)
    words = pieces[1::2]
    pieces[1::2] = [_spell_tcvn3(word, capital) for word, capital in zip(words, _find_case(words), strict=True)]
    return "".join(pieces)


@lru_cache(maxsize=1 << 16)
def _spell_tcvn3(word: str, capital: bool = False) -> str:
    """Spell one word in Unicode. A mark alone, or repeated as leader, stays a mark."""
    if len(set(word)) == 1 and not word.isalpha() and word not in _WORDS_OF_ONE_MARK:
        return word
    letters = _TCVN3_CAPITALS if capital else _TCVN3
    plain = "".join(letters.get(c, c) for c in word)
    # A stripped soft hyphen: "trờng" is no syllable, and "ngời" is one nobody expects here.
    horned = _HORNED_O.sub(lambda o: ("Ư" if o[0].isupper() else "ư") + o[0], plain)
    return horned if rank_syllable(horned) > rank_syllable(plain) else plain


def _find_case(words: Sequence[str]) -> list[bool]:
    """Return for each word of a line whether it is in capitals, by itself or as the nearest word that shows."""
    cases = [_read_case(word) for word in words]
    return [_nearest(cases, place) for place in range(len(words))]


def _nearest(cases: Sequence[bool | None], place: int) -> bool:
    for distance in range(len(cases)):
        for i in (place + distance, place - distance):
            if 0 <= i < len(cases) and (case := cases[i]) is not None:
                return case
    return False


@lru_cache(maxsize=1 << 16)
def _read_case(word: str) -> bool | None:
    """Return whether a word is in capitals; None if it does not show ("Hµ", "Y", "GD§T", "Total")."""
    if _SURE_LETTERS.issuperset(word) and rank_syllable(_spell_tcvn3(word)) == 0:
        return None  # an abbreviation, or English
    if any("a" <= c <= "z" for c in word):
        return False
    return True if _SURE_CAPITALS.intersection(word[1:]) else None


def _spell_vni(text: str) -> str:
    def spell_pair(match: re.Match[str]) -> str:
        # "oë" is nothing in VNI.
        letter: str = _VNI.get(match[0].lower(), match[0])
        return letter.upper() if match[0][0].isupper() else letter

    return _VNI_LETTER.sub(spell_pair, text)


_SPELLERS: dict[Encoding, Callable[[str], str]] = {"tcvn3": _spell_tcvn3, "vni": _spell_vni}
