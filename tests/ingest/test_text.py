"""Labels in one form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.text import clean_text, fold_text

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
LABELS = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " \t\n\u00a00123456789–-().;", max_size=40)


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.text(max_size=60))
def test_both_unicode_forms_come_to_the_same(text: str) -> None:
    nfc, nfd = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert clean_text(nfc) == clean_text(nfd) == clean_text(text)


@given(LABELS)
def test_no_blank_is_doubled_or_at_an_end(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())


@given(LABELS)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)


@given(LABELS)
def test_folding_leaves_no_case_no_accent_no_đ(text: str) -> None:
    folded = fold_text(text)
    assert folded == folded.lower()
    assert all(letter.isascii() for letter in folded if letter.isalpha())
    assert folded == fold_text(unicodedata.normalize("NFD", text)) == fold_text(text.upper())


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("Thai  Nguyen", "Thai Nguyen"),
        (" WHOLE COUNTRY", "WHOLE COUNTRY"),
        ("2010-\n2011", "2010- 2011"),
        ("Hai\u00a0Phong\r", "Hai Phong"),
        (unicodedata.normalize("NFD", "Mầm non"), "Mầm non"),
        ("km² ½", "km² ½"),
    ],
)
def test_labels_as_files_have_them(printed: str, cleaned: str) -> None:
    assert clean_text(printed) == cleaned


def test_the_soft_hyphen_stays() -> None:
    """In TCVN3 it is the letter ư; stripping it would eat a letter."""
    assert clean_text("Th\u00adêng") == "Th\u00adêng"


@pytest.mark.parametrize("đ", ["Đ", "đ", "\u00d0", "\u00f0"])
def test_every_form_of_đ_folds_to_d(đ: str) -> None:
    assert fold_text(f"{đ}ồ Sơn") == "do son"


def test_words_that_differ_by_an_accent_fold_together_but_clean_apart() -> None:
    assert fold_text("Cẩm Giang") == fold_text("Cẩm Giàng")
    assert clean_text("Cẩm Giang") != clean_text("Cẩm Giàng")
