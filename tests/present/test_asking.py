"""The form a page offers: whole inside the page, and only to a territory that can fill it in."""

from __future__ import annotations

import base64
import io
import re

import openpyxl
import polars as pl
import pytest

from hpedu.ingest.schema import OBSERVATIONS
from hpedu.present.exports.form import offer_forms
from hpedu.present.view import Wording
from hpedu.registry import Registry
from hpedu.texts import LANGUAGES, Language

NOTHING = pl.DataFrame(schema=OBSERVATIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_of_each_group_opens_from_the_page(registry: Registry, language: Language) -> None:
    wording = Wording(registry, language, "hai_phong")
    offered = offer_forms(
        ["preschool", "higher"], territory="hai_phong", year=2025, observations=NOTHING, wording=wording
    )
    forms = re.findall(r'download="([^"]+)" href="data:[^;]+;base64,([^"]+)"', offered.html)
    assert [name for name, _ in forms] == [
        "hpedu-preschool-hai_phong-2025.xlsx",
        "hpedu-higher-hai_phong-2025.xlsx",
    ]
    for _, content in forms:
        assert openpyxl.load_workbook(io.BytesIO(base64.b64decode(content))).sheetnames
    assert 'id="missing"' in offered.html


def test_a_territory_that_is_no_more_is_asked_for_nothing(registry: Registry) -> None:
    wording = Wording(registry, "en", "hai_phong_old")
    offered = offer_forms(
        ["preschool"], territory="hai_phong_old", year=2025, observations=NOTHING, wording=wording
    )
    assert "<a" not in offered.html
    assert "city of today" in offered.plain
