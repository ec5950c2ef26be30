"""Vietnamese syllables against chance runs of letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.vietnamese import rank_syllable


@pytest.mark.parametrize(
    "word",
    [
        "nghiêng",
        "khuya",
        "quyển",
        "giếng",
        "gì",
        "nguệch",
        "xoong",
        "rượu",
        "uống",
        "yêu",
        "kỹ",
        "quýt",
        "khuỷu",
        "ở",
    ],
)
def test_syllables_of_every_build_are_possible(word: str) -> None:
    assert rank_syllable(word) >= 1


@pytest.mark.parametrize("word", ["trường", "Số", "HẢI", "Đắk", "Ðồng", "hoà", "hòa"])
def test_words_of_these_tables_are_expected(word: str) -> None:
    assert rank_syllable(word) == 2


@pytest.mark.parametrize(
    "word",
    [
        "",
        "Primary",
        "school",
        "THPT",
        "Phßng",  # TCVN3
        "tröôøng",  # VNI
        "trờng",  # ơ takes no ng
        "hoc",  # a stopped syllable bears the acute or the dot
        "hoch",
        "kà",  # c before a
        "cì",  # k before i
        "ngế",
        "tố\u0309",  # two tones
        "élève",
        "München",
    ],
)
def test_other_words_are_none(word: str) -> None:
    assert rank_syllable(word) == 0


@given(st.text(max_size=8))
def test_unicode_form_and_case_do_not_matter(word: str) -> None:
    nfc = unicodedata.normalize("NFC", word)
    assert rank_syllable(nfc) == rank_syllable(unicodedata.normalize("NFD", word))
    assert rank_syllable(nfc) == rank_syllable(unicodedata.normalize("NFC", nfc.lower()))
