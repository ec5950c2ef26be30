"""The title of a table, apart from what differs between editions and exports: year, page, list of variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from hpedu.ingest.tables.header_words import is_worded
from hpedu.ingest.words.text import fold_text

_YEAR = re.compile(
    r"(?:/|(?:\b(?:nam hoc|nam|school year|in|year)\s+)*)(?<![\w.,])(?:19|20)\d{2}"
    r"(?:\s*[-–—/]\s*(?:19|20)?\d{2})?(?![\w]|[.,]\d)"
)
_DATE_YEAR = re.compile(r"(?<=\d)[/-](?:19|20)\d{2}\b")  # of "30/9/2011": the day is part of the title
_CONTINUED = re.compile(r"\(\s*(?:tiep theo|tiep|tt|cont\.?|continued)\s*\)")
_REMARK = re.compile(r"\[[^\]]*\]")  # such as "[transcription of ...]"
_STARS = re.compile(r"\(\s*\*+\s*\)")
_NUMBER = re.compile(r"^(?:(?:bieu|bang|table)\s*(?:so\s*)?)?\d{1,3}(?:\.\d+)*[.:)]?\s+(?=\D)")
_WORD = re.compile(r"[\w%]+")
_VARIABLES = ("by", "phan theo", "chia theo", "theo")


@lru_cache(maxsize=1 << 12)
def title_key(title: str) -> str:
    """What identifies a title: words without case or accents; no year, page mark, footnote or number of the table.

    >>> title_key("288. (Tiếp theo) Số học sinh phổ thông tại thời điểm 30/9/2011 phân theo địa phương")
    'so hoc sinh pho thong tai thoi diem 30 9 phan theo dia phuong'
    """
    text = fold_text(title)
    for pattern in (_CONTINUED, _REMARK, _STARS, _NUMBER, _DATE_YEAR, _YEAR):
        text = pattern.sub(" ", text.strip())
    return " ".join(_WORD.findall(text))


def is_titled(title: str, known: Iterable[str]) -> bool:
    """Whether a title is one of some known ones, or several of them: the same in two languages.

    Behind it PX-Web lists the variables: "by Cities, provincies and Year". Anything else behind it is a table
    of another scope: "... by province of ethnic minorities", "... by province (Thous. pupils)".
    """
    rest = title_key(title)
    keys = sorted(map(title_key, known), key=len, reverse=True)
    matched = False
    while rest:
        key = next((key for key in keys if key and (rest == key or rest.startswith(f"{key} "))), None)
        if key is None:
            break
        rest, matched = rest[len(key) :].strip(), True
    if not matched:
        return False
    return not rest or rest.startswith(tuple(f"{word} " for word in _VARIABLES)) or is_worded("filler", rest)
