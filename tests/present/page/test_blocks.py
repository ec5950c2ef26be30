"""Tables to download: as they are for programs, harmless for spreadsheets."""

from __future__ import annotations

import base64

import pytest

from hpedu.present.page.blocks import link_csv, write_csv

FORMULAS = ["=1+1", "+1", "-1", "@x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_runs_nothing_it_is_given(text: str) -> None:
    content = base64.b64decode(link_csv([text, "value"], [[text, -1.5]]).partition(",")[2]).decode("utf-8")
    assert content == f"\ufeff'{text},value\r\n'{text},-1.5\r\n"


@pytest.mark.parametrize("text", FORMULAS)
def test_a_program_is_given_the_text_as_it_is(text: str) -> None:
    assert write_csv([text], [[text]]) == f"{text}\r\n{text}\r\n"
