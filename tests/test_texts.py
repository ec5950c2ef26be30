"""Every text in both languages, every error with a text; numbers, years and dates."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpedu
from hpedu import texts
from hpedu.errors import HpeduError, NoYear, Problem, ProblemsError, Refused, RegistryError, UnknownName, mistyped
from hpedu.ingest.quarantine import Unreadable
from hpedu.texts import (
    LANGUAGES,
    choose_language,
    count_decimals,
    format_date,
    format_number,
    message,
    read_texts,
    say,
    school_year,
)


def all_errors() -> list[type[HpeduError]]:
    for module in pkgutil.walk_packages(hpedu.__path__, "hpedu."):
        importlib.import_module(module.name)
    found, left = [], [HpeduError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("hpedu.")]


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", read_texts())
def test_both_languages_say_the_same_thing(key: str) -> None:
    text = read_texts()[key]
    assert set(text) == set(LANGUAGES)
    assert all(text.values())
    if not key.startswith("field_"):  # there English is what pydantic says
        assert names_in(text["vi"]) == names_in(text["en"])


def test_a_quoted_value_that_is_blank_is_called_blank() -> None:
    assert say("notebook_name", "en", name="") == say("notebook_name", "en", name="X").replace("“X”", "a blank")


def test_a_key_stands_in_one_file() -> None:
    folder = Path(texts.__file__).with_suffix("")
    files = sorted(folder.rglob("*.toml"))
    keys = [
        (file.parent == folder or file.stem, key)
        for file in files
        for key in tomllib.loads(file.read_text("utf-8"))
    ]
    assert len(keys) == len(set(keys)) == len(read_texts()) > 600


def test_the_words_of_a_notebook_know_of_no_gap() -> None:
    """What nobody has published today is handed in tomorrow: a page says so from the data, not in its prose."""
    gap = re.compile(r"chưa (được )?công bố|chưa có số liệu nào|(gần nhất|duy nhất) tìm được|[Kk]hông có số liệu")
    assert [key for key, text in read_texts().items() if "." in key and gap.search(text["vi"])] == []


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match="synthetic_chrt"):
        say("synthetic_chrt", "vi")


def test_every_error_has_its_text() -> None:
    """But for the bases, and those that put their sentence together from others."""
    bare = {HpeduError, ProblemsError, Refused, UnknownName, Unreadable}
    assert [kind.__name__ for kind in all_errors() if kind not in bare and kind.__name__ not in read_texts()] == []


def test_every_kind_of_name_is_said_in_both_languages() -> None:
    called = re.compile(r"(?:UnknownName|check_name|_check)\(\s*\"([a-z_ ]+)\"")
    code = "".join(path.read_text("utf-8") for path in Path(hpedu.__file__).parent.rglob("*.py"))
    kinds = {kind.replace(" ", "_") for kind in called.findall(code)}
    assert len(kinds) > 15
    assert [kind for kind in kinds if f"kind_{kind}" not in read_texts()] == []


def test_a_list_of_problems_is_told_in_either_language() -> None:
    problems = [
        Problem("a.csv", "line 2", message("registry_unknown", kind=message("kind_unit")), "heads"),
        Problem("b", "", "as is"),
    ]

    error = RegistryError(problems)
    assert str(error).splitlines() == [
        "The registry is not whole: 2 to mend",
        "  - a.csv: line 2: no such unit (found: heads)",
        "  - b: as is",
    ]
    line = error.say("vi").splitlines()[1]
    assert line == "  - a.csv: line 2: không có đơn vị tính nào như vậy (đang là: heads)"


@pytest.mark.parametrize(
    "error",
    [
        mistyped("form_exists", path="a.xlsx"),
        UnknownName("group", "x", {"y": 1}.keys()),
        NoYear(26),
        Unreadable("json", file="a.csv"),
        RegistryError([Problem("a.csv", "line 2", "as is")]),
    ],
)
def test_an_error_crosses_processes_as_it_is(error: HpeduError) -> None:
    crossed = pickle.loads(pickle.dumps(error))
    assert type(crossed) is type(error)
    assert crossed.status == error.status
    assert [crossed.say(language) for language in LANGUAGES] == [error.say(language) for language in LANGUAGES]


def test_an_error_within_an_error_is_told_in_the_same_language() -> None:
    inner = Refused("no_delimiter")
    assert Problem("f", "", inner).say("vi") == "f: " + inner.say("vi") != "f: " + inner.say("en")
    assert isinstance(inner, ValueError)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "vi"),
        ({"LANG": "C.UTF-8"}, "vi"),
        ({"LANG": "POSIX"}, "vi"),
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR"}, "en"),
        ({"LC_ALL": "vi_VN", "LANG": "en_US.UTF-8"}, "vi"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_US", "LANG": "vi_VN"}, "en"),
        ({"HPEDU_LANGUAGE": "en", "LANG": "vi_VN"}, "en"),
        ({"HPEDU_LANGUAGE": "VI_vn", "LANG": "en_US"}, "vi"),
        ({"HPEDU_LANGUAGE": "xx", "LANG": "en_US"}, "en"),
    ],
)
def test_the_language_is_the_one_set_else_the_machine_s(environment: dict[str, str], language: str) -> None:
    assert choose_language(environment) == language


@given(st.text(), st.lists(st.text(min_size=1), max_size=30, unique=True), st.sampled_from(LANGUAGES))
def test_any_mistyped_name_can_be_told(name: str, known: list[str], language: str) -> None:
    error = UnknownName("group", name, known)
    assert name in error.say(language)
    assert all(one in error.say(language) for one in error.close)
    assert say("kind_group", language) in error.say(language)


def test_numbers_are_close_by_their_distance() -> None:
    assert UnknownName("school year", "2031", ["1999", "2013", "2024", "2025"]).close == ["2025", "2024", "2013"]


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (2416, 0, "2.416", "2,416"),
        (1234567.891, 2, "1.234.567,89", "1,234,567.89"),
        (-3.25, 1, "−3,3", "−3.3"),
        (-0.04, 1, "0,0", "0.0"),
        (48.05, 1, "48,1", "48.1"),
        (Decimal("99.70"), 2, "99,70", "99.70"),
        (1e16, 0, "10.000.000.000.000.000", "10,000,000,000,000,000"),
        (None, 1, "…", "…"),
        (float("nan"), 1, "…", "…"),
    ],
)
def test_numbers_follow_the_language(value: float | None, decimals: int, vi: str, en: str) -> None:
    assert format_number(value, decimals, "vi") == vi
    assert format_number(value, decimals, "en") == en


def test_decimals_are_counted_as_given() -> None:
    assert [count_decimals(number) for number in (48.05, 50.0, 0.5, 260, Decimal("99.70"))] == [2, 0, 1, 0, 1]


@pytest.mark.parametrize(("year", "vi", "en"), [(2021, "2021-2022", "2021-22"), (1999, "1999-2000", "1999-00")])
def test_school_years_are_named_by_both_years(year: int, vi: str, en: str) -> None:
    assert (school_year(year, "vi"), school_year(year, "en")) == (vi, en)


@pytest.mark.parametrize(
    ("date", "vi", "en"),
    [
        ("2025-09-30", "30/9/2025", "30 September 2025"),
        ("2025-06", "6/2025", "June 2025"),
        ("2025", "2025", "2025"),
        ("2025-13", "2025-13", "2025-13"),
        ("quý I", "quý I", "quý I"),
        ("", "", ""),
    ],
)
def test_dates_follow_the_language(date: str, vi: str, en: str) -> None:
    assert (format_date(date, "vi"), format_date(date, "en")) == (vi, en)
