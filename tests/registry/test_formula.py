"""Formulas of indicators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.registry import Registry
from hpedu.registry.formula import SeriesRef, parse_formula

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
TERMS = st.builds(
    SeriesRef, WORDS, WORDS, ownership=st.just("all") | WORDS, sex=st.just("both") | WORDS, detail=WORDS
)


def test_a_term_without_options_means_the_whole() -> None:
    assert parse_formula("pupils/primary") == (SeriesRef("pupils", "primary", "all", "both", ""),)


def test_a_sum_of_terms_with_options() -> None:
    assert parse_formula("a/x + b/y/sex=female/detail=age_3_5") == (
        SeriesRef("a", "x"),
        SeriesRef("b", "y", sex="female", detail="age_3_5"),
    )


@given(st.lists(TERMS, min_size=1, max_size=4))
def test_what_is_written_is_read(terms: list[SeriesRef]) -> None:
    text = " + ".join(
        f"{t.measure}/{t.level}/ownership={t.ownership}/sex={t.sex}/detail={t.detail}" for t in terms
    )
    assert parse_formula(text) == tuple(terms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pupils",
        "pupils/",
        "/primary",
        "pupils/primary/",
        "pupils/primary/female",
        "pupils/primary/sex=",
        "pupils/primary/age=3",
        "pupils/primary + ",
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not of the form|is none of"):
        parse_formula(text)


def test_every_formula_of_the_registry_reads(registry: Registry) -> None:
    for indicator in registry.indicators.values():
        assert parse_formula(indicator.numerator), indicator.id


def test_a_published_rate_is_one_series(registry: Registry) -> None:
    """The rate as published stands in for the formula; a sum of two rates would be no rate."""
    for indicator in registry.indicators.values():
        if indicator.published:
            assert len(parse_formula(indicator.published)) == 1, indicator.id
