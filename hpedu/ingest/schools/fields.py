"""Know the columns of the school list: recognise them by their headers, and read the words in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from hpedu.decoding import read_toml
from hpedu.ingest.words.units import changes_numbers, find_units
from hpedu.ingest.words.vietnamese import clean_text, fold_text
from hpedu.registry import Registry
from hpedu.registry.school_columns import SchoolColumn

_TABLE = read_toml(__file__, "words.toml")

MISSING: frozenset[str] = frozenset(_TABLE["missing"])
NONE: frozenset[str] = frozenset(_TABLE["none"])
HEADER_LEVELS: dict[str, list[str]] = _TABLE["headers"]
CHOICES = ("yes_no", "ownership", "national_standard_level", "institution_type", "operating_status")
INSTITUTIONS: list[str] = list(_TABLE["institution_type"])
LEVELS: list[str] = list(_TABLE["levels"])

_MEANINGS = {
    column: {word: code for code, words in _TABLE[column].items() for word in words} for column in CHOICES
}
_LEVEL_WORDS = {level: re.compile(rf"\b(?:{words})\b") for level, words in _TABLE["levels"].items()}
_JOINING = re.compile(rf"\b(?:{'|'.join(sorted(_TABLE['joining'], key=len, reverse=True))})\b")
_DIGITS = re.compile(r"[\s,;+]")
_SIGNS = re.compile(r"[\W_]+")
_COMMUNE_KINDS: dict[str, list[str]] = _TABLE["commune_kinds"]
_COMMUNE_KIND = re.compile(
    rf"^({'|'.join(re.escape(word) for words in _COMMUNE_KINDS.values() for word in words)})"
    r"(?:(?<=\.)|\b)\s*(?=\S)",
    re.IGNORECASE,
)
_KIND_OF = {word: kind for kind, words in _COMMUNE_KINDS.items() for word in words}

# Of headers: words that lead one, columns that say which school it is, remarks, and two languages in one.
_LEAD = re.compile(r"^(?:tong so luong|tong so|so luong|so|tong|trong do)\s+(?=\S)")
_IDENTIFYING = ("code", "choice", "text")
_PARENTHESES = re.compile(r"\([^()]*\)")
_PARTS = re.compile(r"\n|\s[-–—/]\s")


def fold_words(text: str) -> str:
    """Return folded words with one blank between them: "Số học sinh (nữ)" -> "so hoc sinh nu"."""
    return _SIGNS.sub(" ", fold_text(text)).strip()


def read_choice(text: str, column: str, coded: bool = False) -> str | None:
    """Return the code that a cell of the column means ("Tư thục" -> private); None if it means none.

    With `coded`, the ministry's own codes are known as well ("2" -> private).
    """
    own: str | None = _TABLE["ministry"].get(column, {}).get(text.strip().lstrip("0")) if coded else None
    return own or _MEANINGS[column].get(fold_words(text) or text.strip())


def uses_codes(header: str) -> bool:
    """Return whether a header is one of the ministry's database, whose columns hold its codes ("LOAI_HINH")."""
    return header.strip() in _TABLE["ministry"]["headers"]


def list_choices(column: str) -> str:
    """List the values that are used, for a message: "Công lập, Ngoài công lập"."""
    return ", ".join(_TABLE["shown"][column])


def write_choice(code: str, column: str) -> str:
    """Return the value that a list shows for a code: "Công lập" for public."""
    return str(dict(zip(_TABLE[column], _TABLE["shown"][column], strict=False))[code])


def write_level(code: str) -> str:
    """Return the word for one level as a school writes it: "THCS" for lower_secondary."""
    return str(_TABLE["written_levels"][code])


@lru_cache(maxsize=4096)
def read_levels(text: str, coded: bool = False) -> tuple[str, ...] | None:
    """Return the levels taught, lowest first ("TH&THCS" -> primary, lower_secondary); None if any is unknown.

    With `coded`, each digit is a level as the ministry's database has it ("12" -> primary, lower_secondary).
    """
    digits = _DIGITS.sub("", text)
    if coded and digits.isdigit():
        codes: dict[str, str] = _TABLE["ministry"]["levels"]
        found = {codes.get(digit, "") for digit in digits}
        return None if "" in found else tuple(level for level in LEVELS if level in found)
    words = re.sub(r"\bc(?:ap)? ?(\d) (\d)(?: (\d))?\b", r"cap \1 cap \2 cap \3", fold_words(text))
    words = re.sub(r"\bcap (?!\d)", "", words)
    taught = tuple(level for level, pattern in _LEVEL_WORDS.items() if pattern.search(words))
    rest = words
    for pattern in (*_LEVEL_WORDS.values(), _JOINING):
        rest = pattern.sub(" ", rest)
    return taught if taught and not rest.strip() else None


def name_commune(text: str) -> tuple[str, str, str]:
    """Return a name without its kind, exact and folded, and the kind, "" where none is written.

    "Xã An Hải" -> ("an hải", "an hai", "commune").
    """
    cleaned = clean_text(text).casefold()
    kind = _COMMUNE_KIND.match(cleaned)
    name = cleaned[kind.end() :] if kind else cleaned
    return name, fold_words(name), _KIND_OF[kind[1]] if kind else ""


def is_synthetic(text: str) -> bool:
    """Return whether a line over a list says that its data is invented."""
    return _TABLE["synthetic"] in fold_words(text)


def find_counted(measure: str, level: str) -> list[str]:
    """Return the kinds of institution that a series about whole schools counts."""
    counted: dict[str, list[str]] = _TABLE["counted"]
    return counted.get(f"{measure}/{level}") or counted.get(measure) or ["school"]


def recognise_school_list(header: Sequence[str], registry: Registry) -> dict[int, str] | None:
    """Return which column (by id) each cell of a header row is; None unless all required columns are there.

    Accents, case, blanks, line breaks, punctuation and a leading "số" or "tổng số" do not count; a unit in
    parentheses neither. Of two columns of one meaning the first counts.
    """
    found = _match(header, registry)
    return None if _lacking(found, registry) else found


def find_lacking(header: Sequence[str], registry: Registry) -> list[str]:
    """Find the required columns that the header of a school list lacks; [] if it is no such header.

    It is one if it has three known columns, two of which say which school it is (name, code, level, commune,
    ownership): "Trường | Lớp | Giáo viên" heads a table of sums.
    """
    found = _match(header, registry)
    columns = list_columns(registry)
    identifying = [c for c in found.values() if c != "row_number" and columns[c].kind in _IDENTIFYING]
    return _lacking(found, registry) if len(found) > 2 and len(identifying) > 1 else []


def _match(header: Sequence[str], registry: Registry) -> dict[int, str]:
    known = _index(registry)
    found: dict[int, str] = {}
    for place, text in enumerate(header):
        column = _find(text, known)
        if column is not None and column not in found.values():
            found[place] = column
    return found


def _lacking(found: dict[int, str], registry: Registry) -> list[str]:
    """Return the ids of the required columns that were not found."""
    return [c.id for c in registry.school_columns.values() if c.required and c.id not in found.values()]


def find_column(header: str, registry: Registry) -> str | None:
    """Return the id of the column that a header means; None if there is none."""
    return _find(header, _index(registry))


@lru_cache(maxsize=2)
def list_columns(registry: Registry) -> dict[str, SchoolColumn]:
    """List every column a list may have by its id: those of the registry, and those for a single level."""
    columns = {}
    for column in registry.school_columns.values():
        columns.update(dict.fromkeys((column.id, *column.variants), column))
    return columns


@lru_cache(maxsize=2)
def _index(registry: Registry) -> dict[str, str]:
    """Index the columns by folded header. An exact one goes before one that is alike without its first words."""
    exact: dict[str, str] = {}
    for column in registry.school_columns.values():
        names = [fold_words(name) for name in (column.name.vi, column.name.en, *column.aliases, column.id)]
        for name in names:
            exact.setdefault(name, column.id)
    for column in registry.school_columns.values():
        names = [fold_words(name) for name in (column.name.vi, column.name.en, *column.aliases)]
        for variant, level in column.variants.items():
            for name in names:
                for word in HEADER_LEVELS[level]:
                    exact.setdefault(f"{name} {word}", variant)
                    exact.setdefault(f"{name} cap {word}", variant)
            exact.setdefault(fold_words(variant), variant)
    return {_LEAD.sub("", name): column for name, column in exact.items()} | exact


def _find(text: str, known: dict[str, str]) -> str | None:
    if any(map(changes_numbers, find_units(text))):
        # "Học sinh (nghìn)", "Giáo viên (%)": a list counts each of them.
        return None
    for name in (fold_words(text), fold_words(_PARENTHESES.sub(" ", text))):
        column = known.get(name) or known.get(_LEAD.sub("", name))
        if column:
            return column
    parts = {_find(part, known) for part in _PARTS.split(text)} if _PARTS.search(text) else set()
    # Of "Học sinh – Pupils" both parts mean the same.
    return parts.pop() if len(parts) == 1 else None
