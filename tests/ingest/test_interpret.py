"""What labels mean: looked up in layout and registry; whatever is not certain is set aside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hpedu.ingest.interpret import Reading, interpret
from hpedu.ingest.layouts import Layout, load_layouts
from hpedu.ingest.readers.text import read_pxweb_csv
from hpedu.ingest.schema import Cell, RawTable, Resource
from hpedu.registry import Registry

RESOURCE = Resource(
    name="table",
    path="nso/table.csv",
    title="t",
    publisher="p",
    table="t",
    url="u",
    published="2019-08-06",
    scope="s",
    confidence="high",
    transcription=True,
    licenses=[],
)
KINDERGARTEN = (
    "Number of schools, classes, teachers and pupils of kindergarten education as of 30 September by province"
)

Read = Callable[..., Reading]


def layout(id: str) -> Layout:
    return next(layout for layout in load_layouts() if layout.id == id)


@pytest.fixture
def read(registry: Registry) -> Read:
    """Reads rows of a PX-Web table of kindergartens ("2016 Class" over 1, ...), or of another layout."""

    def reader(
        header: list[str], *rows: list[str], id: str = "nso_kindergarten", published: str = "2019-08-06"
    ) -> Reading:
        lines = [
            [f"{KINDERGARTEN} by Cities, provincies, Year and Items"],
            [],
            ["Cities, provincies", *header],
            *rows,
        ]
        text = "\r\n".join(";".join(f'"{cell}"' for cell in line) for line in lines)
        resource = RESOURCE.model_copy(update={"published": published})
        return interpret(read_pxweb_csv(text.encode("utf-8-sig")), layout(id), resource, registry)

    return reader


@pytest.fixture
def read_coded(registry: Registry) -> Callable[..., Reading]:
    """Reads one row of a transcription; arguments are the columns that differ from a plain row."""

    def reader(printed: str = "468", **labels: str) -> Reading:
        plain = {
            "territory": "hai_phong_old",
            "place": "",
            "level": "general",
            "measure": "schools",
            "ownership": "",
            "sex": "",
            "detail": "",
            "period": "2015-2016",
            "year": "2015",
            "qualifier": "",
            "unit": "schools",
            "flags": "",
            "note": "",
        }
        table = RawTable("t", [Cell("", "J2", printed, plain | labels)])
        return interpret(table, layout("transcription"), RESOURCE, registry)

    return reader


def reasons(reading: Reading) -> dict[str, tuple[str, str]]:
    return {issue["cell"]: (issue["reason"], issue["subject"]) for issue in reading.issues}


class TestPublishedTable:
    def test_a_cell_becomes_an_observation_that_knows_where_it_stood(self, read: Read) -> None:
        [row] = read(["2016 Class"], ["Hai Phong", "3412"]).observations
        assert row == {
            "measure": "classes",
            "level": "kindergarten",
            "ownership": "all",
            "sex": "both",
            "detail": "",
            "territory": "hai_phong_old",
            "place": "",
            "year": 2016,
            "value": 3412.0,
            "unit": "classes",
            "status": "final",
            "qualifier": "",
            "flags": [],
            "note": "",
            "step": 1.0,
            "source": "table",
            "edition": "2019-08-06",
            "file": "nso/table.csv",
            "sheet": "",
            "cell": "B4",
            "printed": "3412",
            "current": True,
        }

    def test_thousands_become_persons_exactly(self, read: Read) -> None:
        reading = read(["2014 Pupil (Thous. Pupil)", "2013 Pupil (Thous. Pupil)"], ["Hai Phong", "76", "68.876"])
        assert [(row["value"], row["step"]) for row in reading.observations] == [(76000, 1000), (68876, 1)]

    def test_stars_are_noted_and_preliminary_is_a_status(self, read: Read) -> None:
        reading = read(["2005(**) Class", "Prel. 2016 Class"], [" WHOLE COUNTRY", "1", "2"])
        assert [(r["year"], r["status"], r["note"]) for r in reading.observations] == [
            (2005, "final", "(**)"),
            (2016, "preliminary", ""),
        ]

    def test_two_dots_and_blanks_are_not_published_and_never_zero(self, read: Read) -> None:
        reading = read(["2014 Class", "2015 Class", "2016 Class"], ["Hai Phong", "..", "", " "])
        assert reading.observations == []
        assert set(reasons(reading).values()) == {("not_published", "")}

    def test_vanished_provinces_and_regions_are_known_while_they_lasted(self, read: Read) -> None:
        reading = read(["2006 Class", "2016 Class"], ["Ha Tay", "7", "8"], ["Red River Delta", "70", "80"])
        found = {(row["territory"], row["year"]) for row in reading.observations}
        assert found == {("ha_tay", 2006), ("red_river_delta", 2006), ("red_river_delta", 2016)}
        assert reasons(reading) == {"C4": ("no_such_territory_then", "Ha Tay")}

    def test_footers_are_no_territory(self, read: Read) -> None:
        rows = ["Hai Phong (*)", "(*) Hai Phong and Hai Duong", "Note: Hai Phong"]
        reading = read(["2006 Class"], *([name, "7"] for name in ("Ha Noi", "Hai Duong", "Ca Mau", *rows)))
        assert len(reading.observations) == 3
        assert list(reasons(reading).values()) == [("unknown_territory", name) for name in rows]

    def test_doubled_blanks_in_names_do_not_hide_them(self, read: Read) -> None:
        reading = read(["2016  Class"], ["Hai  Phong ", "7"])
        assert [row["territory"] for row in reading.observations] == ["hai_phong_old"]

    def test_hai_phong_before_and_after_the_merger_are_two_territories(self, read: Read) -> None:
        header = ["2024 Class", "2025 Class"]
        both = read(header, ["Hai Phong", "7", "8"], ["Hai Duong", "7", "9"], published="2026")
        assert [(r["territory"], r["year"]) for r in both.observations] == [
            ("hai_phong_old", 2024),
            ("hai_phong_old", 2025),
            ("hai_duong_old", 2024),
            ("hai_duong_old", 2025),
        ]
        ended = read(header, ["Hai Phong", "7", "14"], ["Hai Duong", "7", ".."], published="2026")
        assert [(r["territory"], r["year"]) for r in ended.observations] == [
            ("hai_phong_old", 2024),
            ("hai_duong_old", 2024),
        ]
        assert reasons(ended) == {"C4": ("boundary_undecided", "Hai Phong"), "C5": ("not_published", "")}

    def test_a_header_nobody_declared_is_set_aside(self, read: Read) -> None:
        reading = read(["2016 Caterer", "Class", "2015-2018 Class"], ["Hai Phong", "7", "8", "9"])
        assert reading.observations == []
        assert reasons(reading) == {
            "B4": ("unknown_item", "Caterer"),
            "C4": ("no_year", "Class"),
            "D4": ("no_year", "2015-2018 Class"),
        }

    def test_what_is_no_number_is_set_aside_with_the_print(self, read: Read) -> None:
        reading = read(["2015 Class", "2016 Class"], ["Hai Phong", "3 412", "3,412"])
        assert reasons(reading) == {"C4": ("ambiguous_number", "3,412")}

    def test_scope_changes_with_the_year(self, read: Read) -> None:
        header = ["2015 Student", "Prel. 2016 Student"]
        reading = read(header, ["Hai Phong", "9", "8"], id="nso_universities_colleges")
        assert [row["measure"] for row in reading.observations] == [
            "students_university_college",
            "students_university",
        ]

    def test_unesco_names_a_school_year_by_its_end(self, registry: Registry) -> None:
        cells = [
            Cell("", f"D{n}", "90.5", {"INDICATOR_ID": item, "COUNTRY_ID": "VNM", "YEAR": "2022"})
            for n, item in enumerate(["ner_02_cp", "cr_1", "unheard_of"], start=2)
        ]
        reading = interpret(
            RawTable("t", cells), layout("uis_sdg"), RESOURCE.model_copy(update={"published": "2024-09"}), registry
        )
        assert [(row["measure"], row["year"]) for row in reading.observations] == [
            ("uis_net_enrolment_rate", 2021),
            ("uis_completion_rate", 2022),
        ]
        assert reasons(reading) == {"D4": ("unknown_item", "unheard_of")}

    def test_every_cell_is_in_exactly_one_of_the_two_lists(self, read: Read) -> None:
        header = ["2015 Class", "2016 School", "2016 Pupil (Thous. Pupil)", "2016 Caterer"]
        rows = [[name, "1", "..", "2.5", "x"] for name in ("Hai Phong", "Ha Tay", " WHOLE COUNTRY")]
        reading = read(header, *rows)
        cells = [row["cell"] for row in [*reading.observations, *reading.issues]]
        assert sorted(cells) == sorted(f"{column}{line}" for column in "BCDE" for line in (4, 5, 6))


class TestTranscription:
    def test_codes_stand_in_columns_of_their_own(self, read_coded: Read) -> None:
        reading = read_coded(
            "1.2",
            level="preschool",
            measure="pupils",
            ownership="private",
            sex="female",
            detail="grade_1",
            unit="thousand pupils",
            qualifier=">",
            flags="approximate|undated",
            note="as stated",
        )
        [row] = reading.observations
        assert (row["measure"], row["level"], row["ownership"], row["sex"], row["detail"]) == (
            "pupils",
            "preschool",
            "private",
            "female",
            "grade_1",
        )
        assert (row["value"], row["unit"], row["step"]) == (1200.0, "persons", 100.0)
        assert (row["qualifier"], row["flags"], row["note"]) == (">", ["approximate", "undated"], "as stated")

    def test_blank_codes_mean_the_whole(self, read_coded: Read) -> None:
        [row] = read_coded().observations
        assert (row["ownership"], row["sex"], row["detail"], row["place"]) == ("all", "both", "", "")

    def test_a_dash_is_none_and_a_blank_unknown(self, read_coded: Read) -> None:
        assert [row["value"] for row in read_coded("-").observations] == [0.0]
        assert reasons(read_coded("")) == {"J2": ("not_published", "")}

    def test_a_district_keeps_its_place(self, read_coded: Read) -> None:
        [row] = read_coded(place="hong_bang").observations
        assert (row["territory"], row["place"]) == ("hai_phong_old", "hong_bang")

    @pytest.mark.parametrize(
        ("labels", "reason"),
        [
            ({"place": "hong_bong"}, ("unknown_place", "hong_bong (hai_phong_old)")),
            ({"territory": "Quảng Nimh"}, ("unknown_territory", "Quảng Nimh")),
            ({"measure": "scools"}, ("unknown_measure", "scools")),
            ({"unit": "dozens"}, ("unknown_unit", "dozens")),
            ({"year": "", "period": "undated"}, ("no_year", "undated")),
            ({"year": "31"}, ("no_year", "31")),
        ],
    )
    def test_names_nobody_knows_are_set_aside(
        self, read_coded: Read, labels: dict[str, str], reason: tuple[str, str]
    ) -> None:
        reading = read_coded(**labels)
        assert reading.observations == []
        assert reasons(reading) == {"J2": reason}

    def test_an_issue_says_in_both_languages_what_to_do_and_where(self, read_coded: Read) -> None:
        [issue] = read_coded("4 68").issues
        assert issue["printed"] == issue["subject"] == "4 68"
        for message in (issue["message_vi"], issue["message_en"]):
            assert "“4 68”" in message and "J2" in message and "nso/table.csv" in message
            assert "{" not in message
        assert issue["message_vi"] != issue["message_en"]


@pytest.mark.parametrize(("column", "wrong"), [("level", "primry"), ("ownership", "privat"), ("flags", "undatd")])
def test_a_mistyped_code_is_set_aside(column: str, wrong: str, read_coded: Callable[..., Reading]) -> None:
    reading = read_coded(**{column: wrong})
    assert reading.observations == []
    [(reason, subject)] = reasons(reading).values()
    assert reason == "unknown_code" and wrong in subject


@pytest.mark.parametrize(
    ("labels", "close"),
    [
        ({"territory": "Hai Phongg"}, "Hải Phòng"),
        ({"measure": "school"}, "schools"),
        ({"unit": "person"}, "persons"),
    ],
)
def test_the_closest_name_is_in_the_message(
    labels: dict[str, str], close: str, read_coded: Callable[..., Reading]
) -> None:
    [issue] = read_coded(**labels).issues
    assert issue["message_en"].endswith(f"Closest: “{close}”.")
    assert issue["message_vi"].endswith(f"Gần giống nhất: “{close}”.")
