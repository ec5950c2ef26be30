"""Tables of the 34 provinces and of those before: one division a table, and never a sum across both."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from hpedu.ingest import schema
from hpedu.ingest.boundary import decide_boundary
from hpedu.ingest.derive import derive_merged, mark_current
from hpedu.ingest.interpret import Reading
from hpedu.ingest.propose import stand_in
from hpedu.ingest.reading import read_file
from hpedu.ingest.source import open_source
from hpedu.registry import Registry

TITLE = "Average population by province by Cities, provincies, Average population and Year"
YEARS = ["2022", "2023", "2024", "Prel. 2025"]


def new_names(registry: Registry) -> list[str]:
    """Return the 34: the provinces that were not changed, and those that others went into."""
    eve = date(2025, 6, 30)
    rows = [t for t in registry.territories.values() if t.role == "province"]
    kept = [t.name.en for t in rows if t.valid_to is None or (t.valid_to == eve and t.successor == t.id)]
    return [*kept, "Hai Phong"]


def old_names(registry: Registry) -> list[str]:
    rows = [t for t in registry.territories.values() if t.role == "province" and t.id != "ha_tay"]
    return [*(t.name.en for t in rows), "Hai Phong", "Hai Duong"]


def table(names: list[str], years: list[str] = YEARS) -> list[list[str]]:
    rows = [[name, *(f"{1000 + 10 * i + j}.5" for j in range(len(years)))] for i, name in enumerate(names)]
    return [[TITLE], [], ["Cities, provincies", *(f"Total {year}" for year in years)], *rows]


def as_csv(rows: list[list[str]]) -> bytes:
    return "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in rows).encode("utf-8-sig")


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append([float(cell) if cell.endswith(".5") else cell for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_html(rows: list[list[str]]) -> bytes:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[2:])
    return f"<p>{TITLE}</p><table>{body}</table>".encode()


def as_jsonstat(rows: list[list[str]]) -> bytes:
    def category(labels: list[str]) -> dict[str, object]:
        return {"index": {t: i for i, t in enumerate(labels)}, "label": {t: t for t in labels}}

    years = [text.removeprefix("Total ") for text in rows[2][1:]]
    axes = {"Cities, provincies": [r[0] for r in rows[3:]], "Average population": ["Total"], "Year": years}
    dimension: dict[str, object] = {name: {"label": name, "category": category(its)} for name, its in axes.items()}
    dimension |= {"id": list(axes), "size": [len(its) for its in axes.values()]}
    values = [float(cell) for row in rows[3:] for cell in row[1:]]
    return json.dumps({"dataset": {"dimension": dimension, "label": TITLE, "value": values}}).encode()


MAKERS = {"csv": as_csv, "xlsx": as_xlsx, "html": as_html, "jsonstat": as_jsonstat}


def read(data: bytes, registry: Registry, published: str = "2026-03") -> Reading:
    resource = stand_in(Path("x")).model_copy(update={"published": published})
    return read_file(open_source(data), resource, registry)


def years_of(reading: Reading, territory: str) -> list[int]:
    return sorted(row["year"] for row in reading.observations if row["territory"] == territory)


def test_the_registry_knows_which_34_there_are(registry: Registry) -> None:
    assert len(new_names(registry)) == 34
    assert len(old_names(registry)) == 63


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("published", ["2026-03", "2025-07-15", "2025", "0000", "2025-05"])
def test_of_the_34_hai_phong_is_merged_in_every_year(kind: str, published: str, registry: Registry) -> None:
    rows = table(new_names(registry))
    reading = read(MAKERS[kind](rows), registry, published)
    assert years_of(reading, "hai_phong") == [2022, 2023, 2024, 2025]
    assert years_of(reading, "hai_phong_old") == years_of(reading, "tuyen_quang") == []
    assert years_of(reading, "ha_noi") == [2022, 2023, 2024, 2025]
    assert len(reading.observations) + len(reading.issues) == 34 * 4
    assert {row["reason"] for row in reading.issues} == {"other_boundary"}


@pytest.mark.parametrize("kind", MAKERS)
def test_of_the_63_it_is_the_old_city_also_if_published_later(kind: str, registry: Registry) -> None:
    reading = read(MAKERS[kind](table(old_names(registry))), registry)
    assert years_of(reading, "hai_phong_old") == years_of(reading, "hai_duong_old") == [2022, 2023, 2024, 2025]
    assert years_of(reading, "hai_phong") == []
    assert not reading.issues


@pytest.mark.parametrize("names", [["Hai Phong"], ["WHOLE COUNTRY", "Hai Phong"], ["Ha Noi", "TP. Hải Phòng"]])
def test_a_few_rows_published_later_are_undecided(names: list[str], registry: Registry) -> None:
    reading = read(as_csv(table(names)), registry)
    assert years_of(reading, "hai_phong") == [2025]
    assert years_of(reading, "hai_phong_old") == []
    refused = [row for row in reading.issues if row["reason"] == "boundary_undecided"]
    assert len(refused) == 3
    assert "hai_phong_old" in refused[0]["message_vi"] and "hai_phong_old" in refused[0]["message_en"]


@pytest.mark.parametrize("published", ["2025-06-30", "2025-06", "2024", "2019-08-06"])
def test_one_row_of_an_old_edition_stays_the_old_city(published: str, registry: Registry) -> None:
    reading = read(as_csv(table(["Hai Phong"], ["2017", "2018"])), registry, published)
    assert years_of(reading, "hai_phong_old") == [2017, 2018]


def test_a_region_of_the_new_division_is_undecided_whenever_it_was_published(registry: Registry) -> None:
    region = ["Ha Noi", "Bac Ninh", "Quang Ninh", "Hai Phong", "Hung Yen", "Ninh Binh"]
    for published in ("0000", "2026-03"):
        reading = read(as_csv(table(region, ["2021", "2022"])), registry, published)
        assert {row["territory"] for row in reading.observations} == {"ha_noi", "quang_ninh"}
        assert {row["reason"] for row in reading.issues} == {"boundary_undecided"}


def test_a_code_in_place_of_the_name_decides(registry: Registry) -> None:
    reading = read(as_csv(table(["hai_phong_old", "hai_phong"], ["2023", "2024"])), registry)
    assert years_of(reading, "hai_phong_old") == years_of(reading, "hai_phong") == [2023, 2024]


def test_a_table_that_mixes_both_is_undecided(registry: Registry) -> None:
    reading = read(as_csv(table([*new_names(registry), "Hai Duong"])), registry)
    assert years_of(reading, "hai_phong") == years_of(reading, "hai_phong_old") == []
    assert years_of(reading, "ha_noi") == [2022, 2023, 2024, 2025]


def test_regions_of_the_old_division_are_not_mixed(registry: Registry) -> None:
    highlands = ["Kon Tum", "Gia Lai", "Dak Lak", "Dak Nong", "Lam Dong"]
    names = [(name, 2023, True) for name in highlands]
    assert decide_boundary(names, date(2026, 1, 1), registry).version == "old"


def observations(rows: list[tuple[str, int, float, str]]) -> pl.DataFrame:
    plain = dict.fromkeys(schema.OBSERVATIONS, "") | {
        "measure": "population_average",
        "level": "population",
        "ownership": "all",
        "sex": "both",
        "unit": "persons",
        "status": "final",
        "flags": [],
        "step": 1.0,
        "current": True,
    }
    named = ("territory", "year", "value", "edition")
    return pl.DataFrame(
        [plain | dict(zip(named, row, strict=True)) for row in rows], schema=schema.OBSERVATIONS, orient="row"
    )


def test_a_published_merged_figure_goes_before_the_sum_of_its_parts(registry: Registry) -> None:
    """The 34 of 2026 beside the 63 of 2025: 4,009,200 and not a sum; where it prints none, the sum."""
    found = observations(
        [
            *(("hai_phong_old", year, 2_050_000, "2025-07-23") for year in (2020, 2021)),
            *(("hai_duong_old", year, 1_936_000, "2025-07-23") for year in (2020, 2021)),
            ("hai_phong", 2021, 4_009_200, "2026-03"),
        ]
    )
    derived = derive_merged(mark_current(found), registry)
    assert derived.select("year", "value").rows() == [(2020, 3_986_000)]
