"""TCVN3 and VNI, found and turned into Unicode. The encoders here come from code charts, not from our tables."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hpedu.ingest.words.vietnamese import Encoding, convert_legacy, detect_legacy

SMALL = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"
ENCODINGS: tuple[Encoding, ...] = ("tcvn3", "vni")

# The code chart of VN3, row by row as the standard prints it.
VN3_CHART = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
VN3 = {letter: chr(start + i) for start, row in VN3_CHART.items() for i, letter in enumerate(row)}

# VNI is built: a mark for the tone, or for hat or breve with tone; i, ỵ, ơ, ư and đ have codes of their own.
TONES = ["", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"]
MARKS = {"": " ùøûõï", "\u0302": "âáàåãä", "\u0306": "êéèúüë"}
VNI_WHOLE = {"đ": "ñ", "ơ": "ô", "ư": "ö", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î"}


def encode(text: str, encoding: Encoding) -> str:
    return "".join(map(encode_vni if encoding == "vni" else encode_tcvn3, text))


def encode_tcvn3(letter: str) -> str:
    """A capital with a tone has no code: in a capital font the small letter's stands for it."""
    return VN3.get(letter) or VN3.get(letter.lower(), letter)


def encode_vni(letter: str) -> str:
    if letter.lower() in VNI_WHOLE:
        whole = VNI_WHOLE[letter.lower()]
        return whole.upper() if letter.isupper() else whole
    base, *marks = unicodedata.normalize("NFD", letter)
    if base.lower() not in "aeiouy" or not marks:
        return letter
    tone = next((mark for mark in marks if mark in TONES), "")
    shape = next((mark for mark in marks if mark in MARKS), "")
    if "\u031b" in marks:  # ơ and ư with a tone: their own code is the base
        base = encode_vni(unicodedata.normalize("NFC", base + "\u031b"))
    mark = MARKS[shape][TONES.index(tone)]
    return base + (mark.upper() if letter.isupper() else mark)


LABELS = [
    "Số trường học",
    "Nghìn lớp - Thous. classes",
    "Giáo viên trực tiếp giảng dạy",
    "Học sinh tiểu học phân theo giới tính",
    "Tỷ lệ tốt nghiệp (%)",
    "Mẫu giáo – Kindergarten",
    "Số nữ sinh viên các trường đại học và cao đẳng",
    "Trung học cơ sở\nLower secondary",
    "Thành phố Hải Phòng",
    "Huyện Thủy Nguyên",
    "Quận Đồ Sơn",
    "Bà Rịa - Vũng Tàu",
    "Đắk Lắk",
    "Năm học 2010–2011",
    "Sơ bộ - Prel.",
    "Phòng học kiên cố: “nhà cấp 4”, 20 m²",
    "Chỉ số phát triển (năm trước = 100)",
    "Trẻ em dưới 6 tuổi được học",
    "Ô tô đưa đón học sinh",
    "12,5",
    "Total",
]
WORDED = [label for label in LABELS if not label.isascii()]
ENCODING = st.sampled_from(ENCODINGS)
CELLS = st.lists(st.sampled_from(LABELS), min_size=1, max_size=12)
TABLES = st.lists(st.sampled_from(WORDED), min_size=3, max_size=12, unique=True)

ONSETS = [
    "b",
    "c",
    "ch",
    "d",
    "đ",
    "g",
    "gi",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "ng",
    "nh",
    "ph",
    "r",
    "t",
    "th",
    "tr",
    "v",
]
RHYMES = ["a", "ai", "ang", "ao", "au", "ay", "ân", "âng", "âu", "ây", "ăn", "ăng", "ô", "ôi", "ôm", "ông"]
RHYMES += ["ơ", "ơi", "ơm", "ơn", "oa", "u", "ui", "ung", "uôi", "uôn", "ư", "ưa", "ưng", "ươi", "ương"]


@st.composite
def syllables(draw: st.DrawFn) -> str:
    onset, rhyme, tone = draw(st.sampled_from(ONSETS)), draw(st.sampled_from(RHYMES)), draw(st.sampled_from(TONES))
    place = max(i for i, c in enumerate(rhyme) if c in "aăâouôơư" and (i == 0 or rhyme[i - 1] not in "aăâôơ"))
    return unicodedata.normalize("NFC", onset + rhyme[: place + 1] + tone + rhyme[place + 1 :])


def test_the_charts_hold_every_letter_once() -> None:
    assert len(SMALL) == 67
    assert sorted(VN3) == sorted(SMALL + "ĂÂÊÔƠƯĐ")
    assert len(set(VN3.values())) == 74
    assert len({encode_vni(c) for c in SMALL + SMALL.upper()}) == 134


@pytest.mark.parametrize("letter", SMALL + SMALL.upper())
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_letter_comes_back_within_a_word(encoding: Encoding, letter: str) -> None:
    before, after = ("T", "TH") if letter.isupper() else ("t", "th")
    assert convert_legacy(before + encode(letter, encoding) + after, encoding) == before + letter + after


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_label_comes_back(encoding: Encoding, label: str) -> None:
    assert convert_legacy(encode(label, encoding), encoding) == label


@given(ENCODING, CELLS)
def test_cells_come_back(encoding: Encoding, cells: list[str]) -> None:
    text = "\n".join(cells)
    assert convert_legacy(encode(text, encoding), encoding) == text


@given(ENCODING, CELLS)
def test_cells_in_capitals_come_back(encoding: Encoding, cells: list[str]) -> None:
    text = "; ".join(["THÀNH PHỐ", *cells]).upper().replace("\n", " ")
    assert convert_legacy(encode(text, encoding), encoding) == text


@given(ENCODING, st.lists(syllables(), min_size=1, max_size=8))
def test_random_vietnamese_comes_back(encoding: Encoding, words: list[str]) -> None:
    assume(not {"ngời", "dới"} & set(words))  # read as người, dưới whose soft hyphen was stripped
    text = " ".join(["trường", *words])
    assert convert_legacy(encode(text, encoding), encoding) == text


@given(ENCODING, st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_passes(encoding: Encoding, text: str) -> None:
    assert convert_legacy(text, encoding) == text


@given(ENCODING, st.text(alphabet=st.characters(max_codepoint=0x20AC)))
def test_any_text_comes_out_in_nfc(encoding: Encoding, text: str) -> None:
    assert unicodedata.is_normalized("NFC", convert_legacy(text, encoding))


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("H¶i D\xad¬ng", "Hải Dương"),
        ("H¶I D\xad¥NG", "HẢI DƯƠNG"),
        ("HUYÖN Vµ X·", "HUYỆN VÀ XÃ"),  # words too short to say follow their neighbour
        ("Hµ TÜNH", "HÀ TĨNH"),
        ("Hµ TÜnh", "Hà Tĩnh"),
        ("Hµ NAM", "HÀ NAM"),
        ("Hµ Nam", "Hà Nam"),
        ("GI¸O DôC Vµ Y TÕ - Education", "GIÁO DỤC VÀ Y TẾ - Education"),
        ("Së GD§T Hµ Nam", "Sở GDĐT Hà Nam"),  # an abbreviation says nothing of the font
        ("GI¸O DôC\nHµ Nam\n¢u L¹c", "GIÁO DỤC\nHà Nam\nÂu Lạc"),  # each line for itself
        ("¤ t« vµ Ên §é", "Ô tô và ấn Độ"),  # no code for a capital with a tone
        ("vïng §«ng Nam ¸", "vùng Đông Nam á"),
        ("« t«: 25.000 ®", "ô tô: 25.000 đ"),
        ("tõ 3 × 4 m, ½ líp", "từ 3 × 4 m, ½ lớp"),
        ("· häc sinh ..... ····· 5", "· học sinh ..... ····· 5"),
        ("10÷15 tuæi\xa0(©)", "10÷15 tuổi\xa0(©)"),
        ("“Líp” – ‘häc’ 20°C m² ±2", "“Lớp” – ‘học’ 20°C m² ±2"),
    ],
)
def test_tcvn3_as_files_have_it(printed: str, read: str) -> None:
    assert convert_legacy(printed, "tcvn3") == read


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("vμ", "và"),  # µ as the Greek letter
        ("ng−êi n−íc ®−îc", "người nước được"),  # the soft hyphen as a minus
        ("T− thôc, t−", "Tư thục, tư"),
        ("−u tiªn −íc tÝnh", "ưu tiên ước tính"),
        ("gi¶m −5 hoÆc −12,5; 2010−2011", "giảm −5 hoặc −12,5; 2010−2011"),
        ("tr-êng §-êng H-ng Yªn ch-a ®ñ", "trường Đường Hưng Yên chưa đủ"),  # as a hyphen
        ("d©n lËp - t- thôc", "dân lập - tư thục"),
        ("S¬ bé-Prel", "Sơ bộ-Prel"),
        ("-ë thµnh thÞ", "-ở thành thị"),
        ("khèi B- ©m nh¹c", "khối B- âm nhạc"),
        ("trêng ngêi níc ®îc §êng", "trường người nước được Đường"),  # stripped by a cleaner
        ("thêi ®iÓm, c¬ së, lín h¬n", "thời điểm, cơ sở, lớn hơn"),  # where none was
    ],
)
def test_a_soft_hyphen_that_was_lost_is_found_again(printed: str, read: str) -> None:
    assert convert_legacy(printed, "tcvn3") == read


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("Haûi Döông", "Hải Dương"),
        ("HAÛI DÖÔNG", "HẢI DƯƠNG"),
        ("Aán Ñoä", "Ấn Độ"),  # a capital base with a small mark
        ("Baø Ròa – Vuõng Taøu", "Bà Rịa – Vũng Tàu"),
        ("TRÖÔØNG TIEÅU HOÏC\nPrimary school", "TRƯỜNG TIỂU HỌC\nPrimary school"),
        ("Noël", "Noël"),
    ],
)
def test_vni_as_files_have_it(printed: str, read: str) -> None:
    assert convert_legacy(printed, "vni") == read


@pytest.mark.parametrize("text", ["Hòa Bình", "Hải Phòng", "Hà Nam", "Trà Vinh", "Thái Bình", "Tổng số"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_row_added_in_unicode_stays(encoding: Encoding, form: str, text: str) -> None:
    assert convert_legacy(unicodedata.normalize(form, text), encoding) == text


@given(ENCODING, TABLES, st.booleans())
def test_an_encoded_table_is_detected(encoding: Encoding, cells: list[str], capitals: bool) -> None:
    cells = [cell.upper() for cell in cells] if capitals else cells
    assert detect_legacy(encode(cell, encoding) for cell in cells) == encoding


@given(TABLES, st.sampled_from(["NFC", "NFD"]), st.booleans())
def test_a_unicode_table_is_none(cells: list[str], form: str, capitals: bool) -> None:
    cells = [cell.upper() for cell in cells] if capitals else cells
    assert detect_legacy(unicodedata.normalize(form, cell) for cell in cells) is None


@given(ENCODING, TABLES)
def test_a_converted_table_is_none(encoding: Encoding, cells: list[str]) -> None:
    assert detect_legacy(convert_legacy(encode(cell, encoding), encoding) for cell in cells) is None


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", " ", "12", "3.5", "2.416", ".."],
        ["Number of schools", "Whole country", "– not available", "‘Prel.’ “2011” – ½ × 3", "20 °C, 5 m²"],
        ["© GSO", "Windows®", "§ 3", "£5", "5–6 µm", "•", "»", "3×4", "N° 1", "1ª"],
        ["École élémentaire", "élèves de l’année", "Où êtes-vous à Noël ?", "Français", "théâtre, forêt, âge"],
        ["Población", "niños y niñas", "educación", "años", "¿Qué?"],
        ["Educação", "alunos não matriculados", "São Paulo", "população"],
        ["Schüler", "Straße", "Größe", "Gebäude"],
        ["Hà Nam", "Hòa Bình", "Trà Vinh"],
        ["Số vòng", "nói"],  # "vòng", "nói" would be "vũng", "núi" in TCVN3
        ["Sè"],  # one word is no evidence
    ],
)
def test_what_is_in_no_old_encoding_is_none(texts: list[str]) -> None:
    assert detect_legacy(texts) is None


@pytest.mark.parametrize(
    ("texts", "encoding"),
    [
        (["H¶i Phßng"], "tcvn3"),
        (["Sè líp"], "tcvn3"),  # both are syllables as they stand
        (["HAÛI PHOØNG"], "vni"),
        (["Number of schools", "Sè tr\xadêng häc", "Whole country", "C¶ n\xadíc", "12", "– ×"], "tcvn3"),
        (["Sè tr−êng häc", "gi¸o viªn vμ häc sinh"], "tcvn3"),
        (["Sè tr-êng", "ng-êi"], "tcvn3"),
        (["Nhµ trêng", "n÷ häc sinh"], "tcvn3"),
        (["Sè häc sinh", "Sè gi¸o viªn", "Thành phố Hải Phòng", "Quận Ngô Quyền"], "tcvn3"),
    ],
)
def test_small_and_mixed_tables(texts: list[str], encoding: Encoding) -> None:
    assert detect_legacy(texts) == encoding
