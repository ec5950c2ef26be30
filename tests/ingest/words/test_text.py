"""Labels in one form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.words.vietnamese import Names, clean_text, fold_text, match_key, match_name

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


@pytest.mark.parametrize("nothing", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u202a"])
def test_what_prints_nothing_goes(nothing: str) -> None:
    assert clean_text(f"{nothing}Hải{nothing} Phò{nothing}ng{nothing}") == "Hải Phòng"


def test_what_prints_nothing_does_not_part_a_letter_from_its_tone() -> None:
    assert clean_text("Ha\u200b\u0309i") == "Hải"


@pytest.mark.parametrize(
    ("printed", "cleaned"), [("Ðà Nẵng", "Đà Nẵng"), ("ðồng", "đồng"), ("Hƣng Yên", "Hưng Yên")]
)
def test_letters_that_only_look_like_ours_become_ours(printed: str, cleaned: str) -> None:
    assert clean_text(printed) == cleaned


def test_the_wrong_ư_takes_its_tone() -> None:
    assert clean_text("bƣ\u0300ng") == unicodedata.normalize("NFC", "bừng")


@pytest.mark.parametrize("đ", ["Đ", "đ", "\u00d0", "\u00f0"])
def test_every_form_of_đ_folds_to_d(đ: str) -> None:
    assert fold_text(f"{đ}ồ Sơn") == "do son"


def test_words_that_differ_by_an_accent_fold_together_but_clean_apart() -> None:
    assert fold_text("Cẩm Giang") == fold_text("Cẩm Giàng")
    assert clean_text("Cẩm Giang") != clean_text("Cẩm Giàng")


SYLLABLES = st.sampled_from(
    ["Hòa", "Hoà", "Thủy", "Thuỷ", "Cẩm", "Giang", "Giàng", "Quý", "An", "Ân", "Đông", "Dông"]
)
NAMES = st.lists(SYLLABLES, min_size=1, max_size=3).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hoà Bình", "HÒA BÌNH"), ("Thuỷ Nguyên", "Thủy  Nguyên"), ("Bà Rịa-Vũng Tàu", "Bà Rịa – Vũng Tàu")],
)
def test_one_name_written_two_ways_has_one_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)
    assert match_key(one) == match_key(unicodedata.normalize("NFD", other))


@given(LABELS)
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert match_key(match_key(text)) == match_key(text)


@given(NAMES, NAMES)
def test_names_with_one_key_differ_by_the_place_of_a_tone_at_most(one: str, other: str) -> None:
    same = one.replace("Hoà", "Hòa").replace("Thuỷ", "Thủy") == other.replace("Hoà", "Hòa").replace("Thuỷ", "Thủy")
    assert (match_key(one) == match_key(other)) == same


@given(st.lists(NAMES, min_size=1, unique_by=match_key))
def test_every_name_finds_itself_however_it_is_cased(names: list[str]) -> None:
    for name in names:
        assert match_name(name, names) == match_name(name.upper(), names) == name


@given(st.lists(NAMES, min_size=1, unique_by=match_key))
def test_a_name_without_accents_is_found_if_it_can_be_one_only(names: list[str]) -> None:
    for name in names:
        bare = fold_text(name)
        homographs = [other for other in names if fold_text(other) == bare]
        as_written = [other for other in names if match_key(other) == bare]
        assert match_name(bare, names) == (as_written or (homographs if len(homographs) == 1 else [None]))[0]


def test_cẩm_giang_and_cẩm_giàng_are_two() -> None:
    both = ["Cẩm Giang", "Cẩm Giàng"]
    assert [match_name(name, both) for name in both] == both
    assert match_name("Cam Giang", both) is None
    assert match_name("Cam Giang", ["Cẩm Giàng"]) == "Cẩm Giàng"
    assert match_name("Cẩm Giang", ["Cẩm Giàng"]) is None


def test_a_name_of_two_things_finds_neither() -> None:
    names = Names([("Quang Trung", 1), ("Quang  TRUNG", 2), ("Lê Lợi", 3)])
    assert names.find("Quang Trung") is None
    assert names.find("le loi") == 3
    assert names.find("Lê Lai") is None
