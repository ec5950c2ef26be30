"""Recognise what a cell holds, and the parts of a table by the words that `header_words.toml` lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from hpedu.decoding import read_toml
from hpedu.ingest.words.vietnamese import clean_text, fold_text, list_phrases, rank_syllable
from hpedu.ingest.words.years import is_year_label

Kind = Literal["blank", "number", "mark", "year", "text"]

_NUMBER = re.compile(
    r"""
    [-−+]? \s?
    (?: \d{1,3} (?:[ .,'\u00a0\u202f]\d{3})+ | \d+ )  # 2416, 2.416, 2 416, 1,234,567
    (?: [.,]\d+ )? \s? %?
    (?: \s? \(?\*+\)? )?                              # a footnote
    """,
    re.VERBOSE,
)
_MARKS = {"-", "–", "—", "−", "--", "---", ".", "..", "...", "…", "....", "x", "X", "*", ":", "n/a", "N/A"}
_BARE_YEAR = re.compile(r"(?:19|20)\d{2}")
_STARRED_YEAR = re.compile(r"(?:19|20)\d{2} ?\(?\*+\)?")
_YEAR = re.compile(
    r"(?:(?:so bo|uoc(?: tinh)?|prel|est|nam hoc|nam|school year|year)[\W_]*)*"
    r"(?:19|20)\d{2}(?:\s?[-–/]\s?(?:19|20)?\d{2})?"
    r"(?:[\W_]*(?:so bo|uoc tinh|prel))*[\W_]*"
)
_YEARS = r"(?:19|20)\d{2}(?:\s?[-–—]\s?(?:19|20)\d{2})?"
# A number that nobody may read, or only with its mark: it stays a value, and is refused as such.
_LIKE_NUMBER = re.compile(
    r"""
    (?P<before>
        [<>≤≥~≈±]=? | [(\[] (?: [\w*]{1,2} [)\]] )?
        | (?:[a-z]|khoang|tren|duoi|hon|gan|about|approx\.?|over|under|ca\.)\s
    )? \s?
    [-−+]? \s?
    (?P<digits> [o\d]? [\d.,'’\s]* \d [.,]? (?: \s?[-–—]\s? \d{4,} )? )
    (?P<after> (?: \s?
        (?: [)\]] | \(?\*+\)? | [(\[][\w*,; ]{1,7}[)\]] | [¹²³⁰⁴-⁹ᵃ-ᶻ]+ | [a-z]{1,2}\b | %{1,2} | ‰ | \[.+\] )
    ){0,3} )
    …?                                                # where a file is cut
    """,
    re.VERBOSE,
)
_MARK_BEHIND = re.compile(r"\d\s?(?:[(\[][\w*,; ]{1,7}[)\]]|[¹²³⁰⁴-⁹ᵃ-ᶻ]+|\(?\*+\)?)")
_SECTION_OR_DATE = re.compile(r"\d{1,2}(?:[./-]\d{1,2}){2,}\.?|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d\d-\d\d.*")
# A cell of a spreadsheet that is yes or no.
_LOGICAL = ("true", "false", "TRUE", "FALSE")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: .*)?")
# What stands for a value that a spreadsheet could not compute, or never did.
_ERROR = re.compile(r"#[A-Z]+(?:/0)?[!?]|#N/[AD]|#NV|#GETTING_DATA|#+|#\?|Err:\d+")
_ORDINAL = re.compile(r"([(\[]?)(\d{1,3})[)\]]?(?:\s*=.*)?")
_LETTER = re.compile(r"[(\[]?[A-Za-z][)\]]?")
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1 << 18)
def find_kind(text: str) -> Kind:
    """Return what a text is: number in any style, mark for a missing value, label of a year, text, or nothing.

    A bare "2015" is a year here; only the cells around it can show it to be a number.
    """
    stripped = text.strip()
    if not stripped:
        return "blank"
    if stripped in _MARKS:
        return "mark"
    if stripped[0].isdigit() or stripped[0] in "-−+":
        if _BARE_YEAR.fullmatch(stripped) or _STARRED_YEAR.fullmatch(stripped):
            return "year"
        if _NUMBER.fullmatch(stripped):
            return "number"
    if is_uncomputed(stripped) or stripped in _LOGICAL:
        return "number"
    if not any(map(str.isdecimal, stripped)):
        return "text"
    folded = fold_text(stripped)
    return "year" if _YEAR.fullmatch(folded) or is_year_label(stripped) else _judge_mixed(folded)


def is_uncomputed(text: str) -> bool:
    """Return whether a cell holds an error ("#REF!") or a formula that was never calculated ("=A1+B1")."""
    return (text.startswith("=") and not text.startswith("= ")) or _ERROR.fullmatch(text) is not None


def is_marked(text: str) -> bool:
    """Return whether a text is a number with a footnote behind it, as in "351211 (2)" or "1234¹"."""
    match = _LIKE_NUMBER.fullmatch(fold_text(text))
    return match is not None and bool(match["after"]) and _judge_mixed(fold_text(text)) == "number"


def _judge_mixed(folded: str) -> Kind:
    """Return the kind of a text with digits and other signs: "1234(p)" is a number, "6-10" and "(1)" are names."""
    match = _LIKE_NUMBER.fullmatch(folded)
    if not match or _SECTION_OR_DATE.fullmatch(folded):
        return "text"
    if re.fullmatch(_YEARS, match["digits"].strip()) and not match["before"]:
        return "year"
    is_long = sum(map(str.isdecimal, match["digits"])) >= 3 or re.search(r"o?[.,]\d", match["digits"])
    return "number" if is_long or _MARK_BEHIND.fullmatch(folded[match.start("digits") :]) else "text"


def is_date(text: str) -> bool:
    """Return whether a cell was typed as a date: it may be a label, or a figure that a spreadsheet mistook."""
    return _DATE.fullmatch(text.strip()) is not None


def is_bare_year(text: str) -> bool:
    """Return whether a text is four digits that may be a year, or as well a number."""
    return _BARE_YEAR.fullmatch(text.strip()) is not None


def is_numbering(texts: Sequence[str]) -> bool:
    """Return whether the texts of a row count the columns: A, B, 1, 2, 3 or (1), (2), (3)=(1)+(2)."""
    ordinals = [match for text in texts if (match := _ORDINAL.fullmatch(text.strip()))]
    letters = sum(_LETTER.fullmatch(text.strip()) is not None for text in texts)
    numbers = [int(match[2]) for match in ordinals]
    if len(numbers) < 2 or len(numbers) + letters < len(texts) or numbers[0] > letters + 1:
        return False
    sure = letters > 0 or all(match[1] for match in ordinals) or len(numbers) > 2
    return sure and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@lru_cache(maxsize=1 << 14)
def is_english(text: str) -> bool:
    """Return whether a label is English alone: plain letters, and most words are no Vietnamese syllables.

    The language of a second line: "Number of classes" under "Số lớp học". "Nam" or "Kon Tum" is not English.
    """
    words = _WORD.findall(text)
    return text.isascii() and 2 * sum(rank_syllable(word.lower()) == 0 for word in words) > len(words)


def is_bilingual(text: str) -> bool:
    """Return whether a label has its English part with it: "Công lập – Public", "Trong đó - Of which:"."""
    parts = [part for part in re.split(r"\s[-–—/]\s*|\n", text.strip()) if part.strip()]
    return len(parts) > 1 and not parts[0].isascii() and is_english(clean_text(parts[-1]))


_PUNCTUATION = r"[\W_]*?"
_DASH = re.compile(r"\s[-–—]\s")
_PARENTHESES = re.compile(r"\(([^()]{1,40})\)")


def _after_punctuation(form: str) -> str:
    """Return a form that may have punctuation before it; one that begins anywhere has it already."""
    return f"(?:{form})" if form.startswith(".*") else f"{_PUNCTUATION}(?:{form})"


def _compile_words() -> dict[str, re.Pattern[str]]:
    table = read_toml(__file__, "header_words.toml")
    units = "(?:" + "|".join(list_phrases(table.pop("units"))) + ")"
    patterns = {}
    for name, forms in table.items():
        begins = [_after_punctuation(form) for form in forms.get("begins", ())]
        whole = [_after_punctuation(form) + r"[\W_]*$" for form in forms.get("whole", ())]
        patterns[name] = re.compile("|".join(begins + whole).replace("{unit}", units))
    return patterns


_PATTERNS = _compile_words()


@lru_cache(maxsize=1 << 16)
def is_worded(name: str, text: str) -> bool:
    """Return whether a text is worded as the part of a table called `name` in header_words.toml."""
    return _PATTERNS[name].match(fold_text(text)) is not None


def has_unit(label: str) -> bool:
    """Return whether the label of a row names a unit, as heads of groups do: "Số lớp học (Lớp)", "Tỷ lệ (%)"."""
    return any(is_worded("unit", part) for part in _PARENTHESES.findall(label))


def find_unit(banner: str) -> str:
    """Return the unit that a line over a part of a table names: "%" of "Cơ cấu - Structure (%)", or ""."""
    parts = [*_PARENTHESES.findall(banner), *_DASH.split(banner)[1:]]
    return next((clean_text(part) for part in parts if is_worded("unit", part)), "")


def is_footer(texts: Sequence[str]) -> bool:
    """Return whether a row, given its texts, is a footnote or signed: half of a row of names suffices."""
    signed = sum(is_worded("signature", text) for text in texts)
    heads_column = len(texts) > 1 and is_worded("remark_header", texts[0])
    return 2 * signed >= len(texts) or (is_worded("footnote", texts[0]) and not heads_column)
