"""Say what does not agree in published figures, and why a cell, a row or a file is not read."""

from __future__ import annotations

from typing import Any

import polars as pl

from hpedu.ingest.checks import find_breaches
from hpedu.ingest.quarantine import Unreadable, set_aside_row
from hpedu.ingest.schema import OBSERVATIONS, Cell, Resource
from hpedu.peers import find_country_gaps
from hpedu.registry import load_registry
from hpedu.texts import Language, read_texts, say

PLAIN: dict[str, Any] = {
    "measure": "pupils", "level": "primary", "ownership": "all", "sex": "both", "detail": "", "place": "",
    "territory": "hai_phong_old", "year": 2020, "value": 100.0, "unit": "persons", "status": "final",
    "qualifier": "", "flags": [], "source": "a", "edition": "2021", "file": "a.csv", "sheet": "", "cell": "B2",
    "printed": "100", "note": "", "step": 1.0, "current": True,
}  # fmt: skip
CLASSES = {"measure": "classes", "unit": "classes"}
ROOMS = {"level": "preschool", "unit": "classrooms"}
SHARES = {"measure": "pupil_share", "level": "preschool", "unit": "percent"}
STANDARD = {"measure": "national_standard_share", "level": "preschool_general", "unit": "percent"}
SCHOOLS = {"measure": "schools", "level": "preschool_general", "unit": "schools"}
COUNTRY = {"territory": "viet_nam"}
CALM = {2005: 100.0, 2006: 101.0, 2007: 103.0, 2008: 104.0, 2009: 104.0, 2010: 106.0}

Rows = list[dict[str, Any]]


def _make_series(values: dict[int, float], **same: Any) -> Rows:
    return [{"year": year, "value": value} | same for year, value in values.items()]


def list_tables() -> dict[str, Rows]:
    """Return small tables, each wrong in a way of its own."""
    provinces = [
        t.id for t in load_registry().territories.values() if t.role in ("part", "province") and t.id != "ha_tay"
    ]
    other = _make_series(CALM, territory="hai_duong_old")
    spike = {2009: 264.0, 2010: 266.0, 2011: 201.0, 2012: 264.0}
    slip = {2011: 70e3, 2012: 72e3, 2013: 74e3, 2014: 76e3, 2015: 83_755e3}
    covered = load_registry().errata["kindergarten_pupils_2015_hai_phong"]
    mended = _make_series({**slip, 2015: 83_755.0}, level="kindergarten")
    return {
        "parts and total": [
            CLASSES | {"value": 3466.0},
            CLASSES | {"value": 2696.0, "ownership": "public"},
            CLASSES | {"value": 870.0, "ownership": "private"},
        ],
        "a share of no whole number, the same as that of a part": [
            STANDARD | {"value": 76.98, "step": 0.01},
            STANDARD | {"value": 76.9, "step": 0.1, "ownership": "public", "file": "b.csv"},
            SCHOOLS | {"value": 1588.0},
            SCHOOLS | {"value": 1404.0, "ownership": "public"},
        ],
        "merged city and its parts": [
            {"territory": "hai_phong", "value": 250.0, "file": "form.xlsx", "cell": "D4"},
            {"value": 100.0},
            {"territory": "hai_duong_old", "value": 120.0, "cell": "B3"},
        ],
        "swapped digits": [
            ROOMS | {"measure": "classrooms", "value": 3246.0},
            ROOMS | {"measure": "classrooms_permanent", "value": 2327.0},
            ROOMS | {"measure": "classrooms_semi_permanent", "value": 858.0},
            ROOMS | {"measure": "classrooms_temporary", "value": 79.0},
        ],
        "more than rounding": [
            {"value": 10_000.0, "step": 1000.0},
            {"value": 4000.0, "step": 1000.0, "sex": "male"},
            {"value": 4000.0, "step": 1000.0, "sex": "female"},
        ],
        "shares": [
            SHARES | {"value": 87.0, "ownership": "public"},
            SHARES | {"value": 17.0, "ownership": "private"},
        ],
        "part and whole": [{"value": 100.0}, {"value": 120.0, "sex": "female"}],
        "pupils per class": [{"value": 30_000.0}, CLASSES | {"value": 100.0}],
        "a share over 100": [SHARES | {"value": 870.0, "level": "primary"}],
        "given twice": [{"value": 100.0}, {"value": 101.0}],
        "two official counts": [{"value": 100.0}, {"value": 101.0, "file": "b.csv"}],
        "a large revision": [{"value": 100.0, "edition": "2020"}, {"value": 130.0, "file": "b.csv"}],
        "below zero": [{"value": -4.0}],
        "a zero among others": _make_series(CALM | {2008: 0.0}),
        "a slip of the unit": _make_series(slip),
        "a slip of the unit, down": _make_series({2017: 70e3, 2018: 72e3, 2019: 74e3, 2020: 75.0}),
        "a slip that is mended": [*mended[:-1], mended[-1] | {"note": f"[{covered.id}]"}],
        "a spike": [*other, *_make_series(spike)],
        "a newest figure far off": [*other, *_make_series(CALM | {2011: 60.0})],
        "a new level": [*other, *_make_series(CALM | {2011: 160.0, 2012: 161.0, 2013: 163.0})],
        "all provinces": [COUNTRY | {"value": 640.0}, *({"value": 10.0, "territory": one} for one in provinces)],
        "some provinces": [
            COUNTRY | {"value": 110.0},
            *({"value": 60.0, "territory": one} for one in ("hai_phong_old", "hai_duong_old")),
        ],
        "one province": [COUNTRY | {"value": 90.0}, {"value": 100.0}],
    }


def _say_gap(language: Language) -> str:
    """Say that the country differs from its provinces where they stand in another table."""
    old = [
        t.id for t in load_registry().territories.values() if t.role in ("part", "province") and t.id != "ha_tay"
    ]
    rows = [PLAIN | COUNTRY | {"value": 6500.0}, *(PLAIN | {"territory": one, "file": "b.csv"} for one in old)]
    [row] = find_country_gaps(pl.DataFrame(rows, schema=OBSERVATIONS, orient="row"), load_registry()).to_dicts()
    return f"{row['severity']}, {row['check']}: {row[f'message_{language}']} → {row[f'what_{language}']}"


def say_findings(language: Language) -> dict[str, list[str]]:
    """Say what each of the tables gives."""
    sections = {}
    for name, rows in list_tables().items():
        placed = [PLAIN | {"cell": f"B{place}"} | row for place, row in enumerate(rows, start=2)]
        found = find_breaches(pl.DataFrame(placed, schema=OBSERVATIONS, orient="row"), load_registry()).findings
        sections[f"finding: {name}"] = [
            f"{row['severity']}, {row['check']}: {row[f'message_{language}']} → {row[f'what_{language}']}"
            for row in found.iter_rows(named=True)
        ]
    sections["finding: provinces in other tables"] = [_say_gap(language)]
    names = {
        "place": CLOSE,
        "year": "2020",
        "indicator": "Học sinh một lớp",
        "above_cells": "B2",
        "below_cells": "B3",
    }
    sides = {"above": "A", "below": "B"}
    sections["finding: a ratio that is refused"] = [
        say("ratio_refused_message", language, why=say(f"ratio_refused_{why}", language, **sides), **names)
        for why in ("origin", "coverage")
    ] + [say("ratio_refused_what", language, indicator="primary_pupils_per_class")]
    sections["finding: decided"] = [say("decided_what", language, erratum="pupils_2020_hai_phong")]
    return sections


SUBJECT, CLOSE = "Hải Phong", "Hải Phòng"


def say_reasons(language: Language) -> dict[str, list[str]]:
    """Say every reason for which a cell or a file is not read; of school lists as it stands in the registry."""
    registry = load_registry()
    about = {"name": "a", "path": "nso/a.csv", "title": "t", "publisher": "p", "table": "t", "url": "u"}
    more = {"published": "2026", "scope": "s", "confidence": "high", "transcription": True, "licenses": []}
    resource = Resource.model_validate(about | more)
    cell = Cell("Trang1", "B7", "1.234", {})
    reasons = [code for code in registry.codes_of("reason") if not code.startswith("school_")]
    said = [set_aside_row(cell, resource, code, SUBJECT, registry) for code in reasons]
    schools = [row for code, row in registry.codes_of("reason").items() if code.startswith("school_")]
    close = set_aside_row(cell, resource, "unknown_territory", SUBJECT, registry, (CLOSE, "Hà Nội"))
    codes = [key.removeprefix("unreadable_") for key in read_texts() if key.startswith("unreadable_")]
    files = [Unreadable(code, file="a.xlsx").say(language) for code in codes]
    detailed = Unreadable("damaged", "no end of the zip file", "a.xlsx").say(language)
    return {
        "cell not read": [f"{row['reason']}: {row[f'message_{language}']}" for row in (*said, close)],
        "school not read, as it stands": [f"{row.code}: {row.name.get(language)}" for row in schools],
        "file not read": [*files, detailed],
    }
