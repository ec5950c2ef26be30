"""A commune's page: its own figures beside the city's, what is missing named, nothing judged."""

from __future__ import annotations

import base64
import re
from typing import Any

import polars as pl
import pytest

from hpedu import store
from hpedu.communes import COMMUNE_SCHOOLS, COMMUNE_VALUES
from hpedu.errors import UnknownName, WrongParameters
from hpedu.present.commune import CommuneReport, _has_other_levels
from hpedu.registry import load_registry
from hpedu.values import VALUES

HERE = "commune_11311_2025"


def value(indicator: str, number: float | None, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(COMMUNE_VALUES) | {
        "indicator": indicator,
        "territory": HERE,
        "year": 2025,
        "value": number,
    }
    return row | {"status": "derived", "flags": [], "sources": ["list"], "asked": 2, "lacking": []} | more


def school(name: str, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(COMMUNE_SCHOOLS) | {"territory": HERE, "year": 2025, "school": 0, "name": name}
    usual = {"ownership": "public", "synthetic": False, "level": "primary", "asked": 30, "lacking": 0}
    return row | usual | {"pupils": 300, "classes": 10, "teachers": 14} | more


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """The rows that the doors of `hpedu.store` give; a test changes them before it asks for a page."""
    rows: dict[str, list[dict[str, Any]]] = {
        "values": [
            value("primary_pupils", 300, lacking=["Trường B"]),
            value("primary_pupils_per_class", 30.0, lacking=["Trường B"]),
            value("primary_two_sessions_share", 80.0),
            value("primary_girls_share", None, lacking=["Trường A", "Trường B"]),
            value("preschool_schools", 2),
        ],
        "schools": [school("Trường A"), school("Trường B", school=1, pupils=None, lacking=3, ownership=None)],
        "city": [
            value("primary_pupils", 3000), value("primary_pupils_per_class", 28.5),
            value("primary_two_sessions_share", 90.0),
        ],
    }  # fmt: skip

    def frame(name: str, columns: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame(
            [{key: row[key] for key in columns} for row in rows[name]], schema=columns, orient="row"
        )

    monkeypatch.setattr(store, "commune_values", lambda commune: frame("values", COMMUNE_VALUES))
    monkeypatch.setattr(store, "commune_schools", lambda commune: frame("schools", COMMUNE_SCHOOLS))
    monkeypatch.setattr(store, "indicator_values", lambda *asked: frame("city", VALUES))
    monkeypatch.setattr(store, "sources", lambda names: [])
    return rows


def make(group: str = "general", **more: Any) -> CommuneReport:
    return CommuneReport(group, **({"territory": HERE, "year": 2025, "language": "en"} | more))


def read_html(report: CommuneReport) -> str:
    return "".join(piece.html for piece in report.figures().pieces)  # type: ignore[union-attr]


def rows_of(report: CommuneReport) -> dict[str, list[str]]:
    """Name of each row -> its cells, as they are read."""
    html = re.sub(r'<br><span class="year">.*?</span>', "", read_html(report))
    html = re.sub(r' <span class="year">.*?</span>', "", html)  # the unit
    found = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", html, re.S)
    return {
        name: [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", cells, re.S)]
        for name, cells in found
    }


def named(indicator: str) -> str:
    return load_registry().indicators[indicator].name.en


def test_counts_are_shares_of_the_city_and_rates_differences(tables: dict[str, Any]) -> None:
    rows = rows_of(make())
    assert rows[named("primary_pupils")] == ["300", "3,000", "10.0% of the city", "1/2"]
    assert rows[named("primary_pupils_per_class")][:3] == ["30.0", "28.5", "+1.5"]
    assert rows[named("primary_two_sessions_share")][:3] == ["80.0%", "90.0%", "−10.0 points"]


def test_what_no_school_reported_is_no_zero(tables: dict[str, Any]) -> None:
    rows = rows_of(make())
    assert rows[named("primary_girls_share")] == ["…", "…", "", "0/2"]
    assert "Trường A; Trường B" in make().unreported().html


def test_a_page_shows_its_own_group_only(tables: dict[str, Any]) -> None:
    assert len(rows_of(make())) == 4
    assert len(rows_of(make("preschool"))) == 1
    assert set(rows_of(make("overview"))) == {named("primary_pupils"), named("preschool_schools")}


def test_few_children_are_not_shown_nor_what_would_tell_them(tables: dict[str, Any]) -> None:
    tables["schools"] = [
        school("A", pupils=3), school("B", school=1, pupils=40), school("C", school=2, pupils=90),
    ]  # fmt: skip
    lines = {line.split("\t")[0]: line.split("\t")[3] for line in make().schools().plain.splitlines()[1:]}
    assert [lines[name] for name in "ABC"] == ["hidden", "hidden", "90"]
    tables["schools"] = [school("A", pupils=3)]
    assert "Learners: **hidden**" in make().summary().text


def test_a_rate_with_few_children_on_either_side_is_not_shown_nor_saved(tables: dict[str, Any]) -> None:
    tables["values"] = [
        value("primary_pupils", 4),
        value("lower_secondary_pupils", 400),
        value("primary_girls_share", 99.0, numerator=297.0, denominator=300.0),
        value("primary_two_sessions_share", 80.0, numerator=240.0, denominator=300.0),
    ]
    rows = rows_of(make())
    assert rows[named("primary_pupils")][0] == rows[named("primary_girls_share")][0] == "hidden"
    assert rows[named("lower_secondary_pupils")][0] == "400"
    assert rows[named("primary_two_sessions_share")][0] == "80.0%"
    saved = "".join(base64.b64decode(link).decode() for link in re.findall(r"base64,([^\"]+)", read_html(make())))
    assert "99.0" not in saved and ",4," not in saved


def test_a_flow_from_level_to_level_is_none_of_a_commune(tables: dict[str, Any]) -> None:
    tables["values"].append(value("transition_rate_primary_to_lower_secondary", 58.2))
    assert named("transition_rate_primary_to_lower_secondary") not in rows_of(make())


def test_the_spread_of_the_communes_stands_beside_the_mean_of_the_city(tables: dict[str, Any]) -> None:
    tables["values"] = [value("primary_pupils_per_class", 30.0, low=26.0, high=31.5)]
    assert "26.0–31.5" in read_html(make())


def test_there_is_no_verdict_and_no_objective(tables: dict[str, Any]) -> None:
    report = make()
    html = "".join(piece.html for piece in report.figures().pieces)  # type: ignore[union-attr]
    assert "state-" not in html and "≥" not in html
    assert "never for a commune" in report.head().subtitle


def test_the_summary_counts_who_did_not_report(tables: dict[str, Any]) -> None:
    text = make().summary().text
    assert "2 institutions" in text and "1 of unstated ownership" in text
    assert "**1 of 2 have not reported everything**" in text
    assert "Learners: **300**" in text
    tables["schools"] = [school("Trường A")]
    assert "reported every figure" in make().summary().text


def test_a_commune_without_such_schools_says_so_everywhere(tables: dict[str, Any]) -> None:
    report = make("continuing")
    for piece in (report.schools(), report.unreported()):
        assert "has no institution of this kind" in piece.plain
    assert "has no institution of this kind" in report.summary().text


def test_the_head_leads_to_the_list_of_communes_and_warns_of_invented_schools(tables: dict[str, Any]) -> None:
    assert make().head().home == "../../index.html"
    assert not make().head().synthetic
    tables["schools"].append(school("C", synthetic=True))
    assert make("preschool").head().synthetic  # also where none of the invented ones is shown


@pytest.mark.parametrize(
    ("wrong", "close"),
    [
        ({"group": "higher"}, "preschool"),
        ({"territory": "commune_11311"}, "commune_11311_2025"),
        ({"territory": "commune_11311_old"}, "commune_11311_2025"),
        ({"language": "fr"}, "vi"),
        ({"year": 2019}, "2025"),
    ],
)
def test_wrong_names_are_refused(tables: dict[str, Any], wrong: dict[str, Any], close: str) -> None:
    with pytest.raises((UnknownName, WrongParameters), match=close):
        make(**({"group": "general"} | wrong))


@pytest.mark.parametrize(
    ("name", "crosses"),
    [("transition_rate_primary_to_lower_secondary", True), ("primary_pupils_per_class", False)],
)
def test_pupils_of_two_levels_are_not_compared_in_a_commune(name: str, crosses: bool) -> None:
    assert _has_other_levels(load_registry().indicators[name]) is crosses
