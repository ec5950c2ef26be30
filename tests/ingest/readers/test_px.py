"""PC-Axis files: variables and their values, marks, languages, sparse data."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.ingest.readers.px import is_px, read_px

PX = """CHARSET="ANSI";
AXIS-VERSION="2010";
CODEPAGE="utf-8";
LANGUAGE="vi";
LANGUAGES="vi","en";
TITLE="Số  trường; lớp "
"theo tỉnh (2010)";
TITLE[en]="Schools and classes";
UNITS="Trường";
UNITS[en]="School";
STUB="Tỉnh (mới)";
HEADING="Năm","Mục";
VALUES("Tỉnh (mới)")="Hà  Nội",
"Hải Phòng";
CODES("Tỉnh (mới)")="01","31";
VALUES[en]("Province")="Ha Noi","Hai Phong";
VALUES("Mục")="Tổng","Nữ";
TIMEVAL("Năm")=TLIST(A1,"2010"-"2011");
NOTE="Ghi chú; có dấu chấm phẩy";
DATA=
1 2.5 ".." "-"
.. - "..." 7
;
"""


def px(**changes: str) -> bytes:
    text = PX
    for old, new in changes.items():
        line = next(line for line in PX.splitlines() if line.startswith(old))
        text = text.replace(line, new)
    return text.encode()


def test_every_datum_has_the_value_of_each_variable() -> None:
    cells = read_px(PX.encode()).cells
    assert [cell.printed for cell in cells] == ["1", "2.5", "..", "-", "..", "-", "...", "7"]
    assert [cell.address for cell in cells] == [f"DATA[{i}]" for i in range(8)]
    assert dict(cells[1].labels) == {"Tỉnh (mới)": "Hà Nội", "Năm": "2010", "Mục": "Nữ", "unit": "Trường"}
    assert dict(cells[7].labels) == {"Tỉnh (mới)": "Hải Phòng", "Năm": "2011", "Mục": "Nữ", "unit": "Trường"}


def test_the_title_is_that_of_the_main_language_in_one_line() -> None:
    assert read_px(PX.encode()).title == "Số trường; lớp theo tỉnh (2010)"


def test_the_codepage_is_read() -> None:
    text = PX.replace("utf-8", "windows-1252").replace("Tỉnh (mới)", "Région").replace("Năm", "Année")
    text = "".join(c for c in text if ord(c) < 256)
    assert "Région" in read_px(text.encode("cp1252")).cells[0].labels


def test_a_legacy_font_is_left_for_later() -> None:
    text = PX.replace('CODEPAGE="utf-8";\n', "").replace("Tỉnh (mới)", "TØnh")
    data = "".join(c for c in text if ord(c) < 256).encode("latin-1")
    assert "TØnh" in read_px(data).cells[0].labels


@pytest.mark.parametrize(
    ("timeval", "times"),
    [
        ('TLIST(A1),"2010","2012"', ["2010", "2012"]),
        ('TLIST(H1,"20102"-"20111")', ["20102", "20111"]),
        ('TLIST(M1,"201012"-"201101")', ["201012", "201101"]),
    ],
)
def test_points_in_time(timeval: str, times: list[str]) -> None:
    cells = read_px(px(TIMEVAL=f'TIMEVAL("Năm")={timeval};')).cells
    assert list(dict.fromkeys(cell.labels["Năm"] for cell in cells)) == times


def test_sparse_data_name_their_own_rows() -> None:
    data = PX.replace('DATA=\n1 2.5 ".." "-"\n.. - "..." 7\n', 'KEYS("Tỉnh (mới)")=CODES;\nDATA=\n"31",1,2,3,4\n')
    cells = read_px(data.encode()).cells
    assert [cell.printed for cell in cells] == ["1", "2", "3", "4"]
    assert {cell.labels["Tỉnh (mới)"] for cell in cells} == {"Hải Phòng"}


def test_units_by_item() -> None:
    units = 'CONTVARIABLE="Mục";\nUNITS("Tổng")="Trường";\nUNITS("Nữ")="Người";'
    cells = read_px(px(**{"UNITS=": units})).cells
    assert [cell.labels["unit"] for cell in cells[:2]] == ["Trường", "Người"]


@pytest.mark.parametrize("data", ["1 2 3", "1 2 3 4 5 6 7 8 9"])
def test_data_that_do_not_fit_are_refused(data: str) -> None:
    with pytest.raises(ValueError, match="data"):
        read_px(PX[: PX.index("DATA=")].encode() + f"DATA={data};".encode())


def test_a_variable_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="Mục"):
        read_px(px(**{'VALUES("Mục")': ""}))


def test_what_is_a_px_file() -> None:
    assert is_px(PX.encode())
    assert is_px(b"\xef\xbb\xbf" + PX.encode())
    assert not is_px(b'"Title of a CSV"\n\n"a";"b"\n')
    assert not is_px(b"")


def quoted(texts: list[str]) -> str:
    return ",".join(f'"{text}"' for text in texts)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_the_last_variable_turns_fastest(sizes: list[int], data: st.DataObject) -> None:
    split = data.draw(st.integers(0, len(sizes)))
    values = {f"v{i}": [f"v{i}.{j}" for j in range(size)] for i, size in enumerate(sizes)}
    names, combinations = list(values), list(product(*values.values()))
    lines = ['CHARSET="ANSI"', 'TITLE="t"']
    lines += [
        f"{word}={quoted(part)}" for word, part in (("STUB", names[:split]), ("HEADING", names[split:])) if part
    ]
    lines += [f'VALUES("{name}")={quoted(its)}' for name, its in values.items()]
    lines.append("DATA=" + " ".join(map(str, range(len(combinations)))))
    cells = read_px((";\n".join(lines) + ";").encode()).cells
    assert [tuple(cell.labels[name] for name in names) for cell in cells] == combinations
    assert [cell.printed for cell in cells] == [str(i) for i in range(len(combinations))]


@pytest.mark.parametrize(
    "data",
    [
        '1 2.5 ".." "-";\n.. - "..." 7;\n',
        '1;2.5;"..";"-";..;-;"...";7;',
        '1, 2.5, "..", "-",\n.., -, "...", 7;',
        '1\t2.5\t".."\t"-"\r\n..\t-\t"..."\t7\r\n;\r\n',
        '1 2.5 ".." "-"\n.. - "..." 7',
    ],
)
def test_data_are_parted_by_blanks_commas_or_semicolons(data: str) -> None:
    head = PX[: PX.index("DATA=")]
    cells = read_px(f"{head}DATA=\n{data}\n".encode()).cells
    assert [cell.printed for cell in cells] == ["1", "2.5", "..", "-", "..", "-", "...", "7"]


def test_decimal_commas_are_told_by_the_number_of_data() -> None:
    head = PX[: PX.index("DATA=")]
    cells = read_px(f"{head}DATA=\n1,5 2,5 3,5 4,5;\n5,5 6,5 7,5 8,5;\n".encode()).cells
    assert [cell.printed for cell in cells] == [f"{n},5" for n in range(1, 9)]
    cells = read_px(f"{head}DATA=\n1,5,2,5;\n3,5,4,5;\n".encode()).cells
    assert [cell.printed for cell in cells] == ["1", "5", "2", "5", "3", "5", "4", "5"]
    with pytest.raises(ValueError, match="has 5 data"):
        read_px(f"{head}DATA=\n1 2,5 3 4;\n".encode())
