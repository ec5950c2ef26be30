"""Every sentence a reader can meet is as it was when somebody last read it (`tests/sentences`)."""

from __future__ import annotations

import re

import pytest

from hpedu.registry import load_registry
from hpedu.texts import LANGUAGES, Language
from tests.sentences.command import FILLED, find_errors, make_errors
from tests.sentences.snapshot import UNSAID, compare, has_values, is_said, read_texts, say_all
from tests.sentences.targets import list_states

BASES = {"ProblemsError", "Refused", "UnknownName", "Unreadable"}
"""Errors that put their sentence together from others: those are said in sections of their own."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_are_those_that_were_read(language: Language) -> None:
    difference = compare(language)
    if difference:
        pytest.fail(f"Sentences have changed:\n{difference}", pytrace=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_with_values_is_said(language: Language) -> None:
    """A text that is new has to be reached by a section of `tests/sentences`, or be named in `UNSAID`."""
    said = _join(language)
    texts = {key: text for key, text in read_texts(language).items() if has_values(text) and key not in UNSAID}
    assert [key for key, text in texts.items() if not is_said(text, said)] == []


def test_what_is_exempt_is_there_and_needs_it() -> None:
    texts = read_texts("vi")
    assert set(texts) >= UNSAID
    assert all(has_values(texts[key]) for key in UNSAID)
    assert set(FILLED) <= {key.partition("/")[2] for key in texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_left_open(language: Language) -> None:
    sections = {name: lines for name, lines in say_all(language).items() if "as it stands" not in name}
    open_ones = [
        line for lines in sections.values() for line in lines if re.search(r"\{[a-z_.]*\}|\bNone\b", line)
    ]
    assert open_ones == []


QUOTED = re.compile(r"[«»]|(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|“”")
CODE = re.compile(r"""pip install '.*?'|(?:= |\[\[series\.)".*?"|KeyError: '.*?'|{'.*}|'Schema'""")
"""What is to be typed, or was said by other software."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_quoted_stands_in_curly_marks_with_something_between(language: Language) -> None:
    said = (CODE.sub("", line) for line in _join(language).splitlines())
    assert [line for line in said if QUOTED.search(line)] == []


def test_both_languages_say_equally_much() -> None:
    counts = [{name: len(lines) for name, lines in say_all(language).items()} for language in LANGUAGES]
    assert counts[0] == counts[1]


def test_every_state_of_a_target_is_reached() -> None:
    assert {one.state for one in list_states().values()} == set(load_registry().codes_of("state"))


def test_every_error_is_said() -> None:
    said = {type(error).__name__ for error in make_errors()}
    assert said | BASES == set(find_errors())


@pytest.mark.parametrize(
    ("text", "said", "found"),
    [
        ("{a} trong {b} năm", "x\n3 trong 5 năm y", True),
        ("{a} trong {b} năm", "3 trong 5\nnăm", False),
        ("Hết.", "Chưa hết.", False),
        ("\nmột:\n{lines}\nhai", "một: | - x | hai", True),
    ],
)
def test_a_text_is_found_with_whatever_values(text: str, said: str, found: bool) -> None:
    assert is_said(text, said) is found


def _join(language: Language) -> str:
    return "\n".join(line for lines in say_all(language).values() for line in lines)
