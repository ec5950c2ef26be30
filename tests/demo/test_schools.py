"""The synthetic list: always the same, whole, and never taken for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpedu.demo.schools import make_schools, write_school_list
from hpedu.ingest.schools.lists import SchoolList, read_school_list
from hpedu.ingest.schools.totals import total_schools
from hpedu.ingest.source import open_source
from hpedu.registry import Registry, load_registry
from hpedu.registry.formula import parse_formula


@pytest.fixture(scope="module")
def reread(tmp_path_factory: pytest.TempPathFactory) -> SchoolList:
    path = tmp_path_factory.mktemp("demo") / "schools.xlsx"
    write_school_list(make_schools(), path)
    return read_school_list(open_source(path.read_bytes()), path.name, load_registry())


def test_the_same_seed_gives_the_same_schools() -> None:
    assert make_schools(50).equals(make_schools(50))
    assert not make_schools(50).equals(make_schools(50, seed=1))


def test_what_is_written_is_read_back(reread: SchoolList) -> None:
    places = ["file", "sheet", "row", "cells"]
    assert reread.frame.drop(places).equals(make_schools().drop(places))
    assert set(reread.issues["reason"]) == {"school_standard_lapsed"}


def test_every_commune_has_schools(reread: SchoolList) -> None:
    assert reread.frame["commune_code"].n_unique() == 114


def test_everything_from_it_is_synthetic(reread: SchoolList, registry: Registry) -> None:
    assert set(total_schools(reread.frame, registry)["status"]) == {"synthetic"}


def test_every_series_a_column_feeds_comes_out(reread: SchoolList, registry: Registry) -> None:
    totals = total_schools(reread.frame, registry)
    found = set(totals.select("measure", "level", "sex", "detail").rows())
    for column in registry.school_columns.values():
        for text in column.formulas:
            term = parse_formula(text)[0]
            assert (term.measure, term.level, term.sex, term.detail) in found, text


def test_a_sheet_is_marked_even_without_its_column(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "schools.xlsx"
    write_school_list(make_schools(3).with_columns(synthetic=None), path)
    assert read_school_list(open_source(path.read_bytes()), path.name, registry).frame["synthetic"].all()
