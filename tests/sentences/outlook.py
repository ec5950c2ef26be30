"""Say everything that can be wrong with a table that the outlook takes in, each by a table that has the fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from hpedu.outlook import (
    SeriesError,
    judge,
    measure_progress,
    merge_parts,
    project,
    project_enrolment,
    project_levels,
)
from hpedu.outlook.table import foresee_table, read_table
from hpedu.texts import Language
from tests.sentences.command import join_lines

SERIES = {"place": "Huế", "indicator": "a", "year": [2020, 2021], "value": [1.0, 2.0]}
TARGETS = {"indicator": ["a"], "comparison": [">="], "target": [2.0], "target_year": [2030]}
COUNTS = {"place": ["Đông", "Tây"], "indicator": "a", "year": 2024, "numerator": 1.0}
PARTS = {"whole": ["Cả"], "part": ["Đông"]}
GRADES = {"grade": [1, 2], "year": 2024, "pupils": [10.0, 9.0]}
LEVELS = {"level": ["a", "b"], "year": 2024, "pupils": [10.0, 9.0]}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return the columns of all `rows` as a table."""
    return pl.DataFrame({name: cells for row in rows for name, cells in row.items()})


def list_faults() -> dict[str, Callable[[], object]]:
    """Return calls that each raise a `SeriesError`, by what is wrong."""
    series, grades, levels = frame(SERIES), frame(GRADES), frame(LEVELS)
    two, around = frame(SERIES, {"direction": "around"}), frame(SERIES, {"direction": "positive"})
    circle = frame({"level": ["a", "b", "c"], "source": ["b", "a", "d"], "lag": [1, 1, 0]})
    cells = ["abc", "2020.5", "x", "y", "z", "many", "2024"]
    held_back = {"repeaters": [11.0, -1.0]}
    return {
        "no UTF-8": lambda: read_table(b"\xff\xfe\x00", "a.csv"),
        "an empty file": lambda: read_table(b"", "a.csv"),
        "no table": lambda: read_table(b"a,a\n1,2,3\n", "a.csv"),
        "no shape": lambda: foresee_table(frame({"grade": [1], "years": 2024, "pupils": 1.0}), "a.csv"),
        "no parts": lambda: foresee_table(frame(COUNTS), "a.csv"),
        "no levels": lambda: foresee_table(frame({"level": ["a"], "pupils": 1}), "a.csv"),
        "no series": lambda: foresee_table(frame({"indicator": ["a"], "target": 1, "value": 1}), "a.csv"),
        "columns": lambda: project(frame({"indicators": ["a"], "when": 2024})),
        "cells": lambda: project(frame({"indicator": ["a", *"abcde", None], "year": cells, "value": cells})),
        "contradictions": lambda: project(
            frame(SERIES, {"lower": [0.0, 1.0], "upper": 0.0, "kind": ["share", "rate"], "year": 2020})
        ),
        "beyond bounds": lambda: project(
            frame({**SERIES, "year": range(2000, 2009), "value": [200.0] * 9}, {"upper": 100.0})
        ),
        "options": lambda: project(series, h=0),
        "no frame": lambda: project([1]),
        "dots": lambda: foresee_table(frame({"indicator": "a", "year": [2020], "value": "1.234"}), "a.csv"),
        "targets": lambda: judge(series, frame(TARGETS, {"comparison": ["at least"], "target": [None]})),
        "no direction": lambda: measure_progress(series),
        "an unknown direction": lambda: measure_progress(around),
        "around nothing": lambda: measure_progress(two),
        "counts": lambda: merge_parts(frame(COUNTS, {"status": "guessed"}), frame(PARTS, {"part": ["Cả"]})),
        "rates": lambda: merge_parts(frame({"place": ["Đông"], "year": 2024, "value": 1.0}), frame(PARTS)),
        "grades": lambda: project_enrolment(
            frame(GRADES, {"grade": [1.5, 2.0]}, held_back),
            until=2030,
            years=0,
            cohort=frame({"year": [2024]}),
        ),
        "ratios": lambda: project_enrolment(grades, until=2030, ratios=frame({"grade": ["x"], "ratio": 1.0})),
        "a grade that is missing": lambda: project_enrolment(frame(GRADES, {"grade": [1, 3]}), until=2030),
        "no full year": lambda: project_enrolment(frame(GRADES, {"year": [2023, 2024]}), until=2030),
        "levels": lambda: project_levels(frame(LEVELS, {"pupils": [0.0, 1.0]}), until=2030, feeds=circle),
        "population": lambda: project_levels(levels, until=2030, population=frame({"level": ["a"]})),
    }


def say_input(language: Language) -> dict[str, list[str]]:
    """Say what is wrong with each of the tables."""
    return {"table of the outlook": [f"{name}: {_refuse(call, language)}" for name, call in list_faults().items()]}


def _refuse(call: Callable[[], object], language: Language) -> str:
    try:
        call()
    except SeriesError as error:
        return join_lines(error.say(language))
    raise AssertionError("the table was taken")
