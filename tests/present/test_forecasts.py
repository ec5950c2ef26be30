"""What a report says of the pupils to come and what they would take, on the real figures."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from hpedu import Report
from hpedu.errors import UnknownName
from hpedu.present.forecasts import UNTIL
from hpedu.present.page.blocks import Block
from hpedu.present.page.display import Chart
from hpedu.texts import Language, format_number, say, school_year


def read(block: Block) -> str:
    return "\n".join(piece.text.title if isinstance(piece, Chart) else piece.plain for piece in block.pieces)


@pytest.fixture(scope="module", params=["vi", "en"])
def report(request: pytest.FixtureRequest) -> Report:
    return Report("general", territory="hai_phong", year=2025, language=request.param)


def test_a_chart_a_level_and_a_table(report: Report) -> None:
    block = report.enrolment("primary", "upper_secondary")
    assert [isinstance(piece, Chart) for piece in block.pieces] == [True, True, False, False]
    first = block.pieces[0]
    assert isinstance(first, Chart) and first.table.height > 10
    assert say("method_flow", report.language) in read(block)


def test_a_scenario_is_said(report: Report) -> None:
    said = say("growth_said", report.language, growth="2,5" if report.language == "vi" else "2.5")
    grown = Report("general", territory="hai_phong", year=2025, language=report.language, pupil_growth=2.5)
    assert said.strip() in read(grown.enrolment("primary"))
    without = say("growth_said", report.language, growth="0,0" if report.language == "vi" else "0.0")
    assert without.strip() not in read(report.enrolment("primary"))


def test_requirements_name_what_they_rest_on(report: Report) -> None:
    small = Report("general", territory="hai_phong", year=2025, language=report.language, class_size=30)
    text = read(small.requirements("primary", "general"))
    size = "30,0" if report.language == "vi" else "30.0"
    assert say("basis_size", report.language, value=size) in text
    assert report.registry.norms["general_private_places"].source.get(report.language) in text
    assert say("needs_norms_said", report.language) in text
    assert "{" not in text


def test_other_sizes_of_classes_are_tried_on_the_pupils_of_the_last_year(report: Report) -> None:
    offer = report.requirements("primary", "upper_secondary").pieces[-1]
    assert not isinstance(offer, Chart)
    model = json.loads(unescape(re.findall('data-model="([^"]*)"', offer.html)[0]))
    names = [report.registry.name("level", one, report.language) for one in ("primary", "upper_secondary")]
    assert [level["name"] for level in model["levels"]] == names
    foreseen = read(report.enrolment("primary", "upper_secondary"))
    row = next(
        line for line in foreseen.splitlines() if line.startswith(school_year(UNTIL, report.language) + "\t")
    )
    for level, cell in zip(model["levels"], row.split("\t")[1:], strict=True):
        assert format_number(level["pupils"]["middle"], 0, report.language) in cell


def test_what_rests_on_a_doubtful_target_says_so(report: Report) -> None:
    text = read(report.requirements("general"))
    [line] = [line for line in text.splitlines() if line.startswith("†")]
    why = report.registry.targets["general_private_pupil_share"].implausible
    assert why is not None and why.get(report.language) in line
    places = report.registry.name("resource", "private_places", report.language).lower()
    assert f"{places}†\t" in text
    assert "†" not in read(report.requirements("primary", "preschool"))


def test_a_preschool_total_without_nursery_is_named_kindergarten(report: Report) -> None:
    text = read(report.requirements("preschool"))
    kindergarten, preschool = (
        report.registry.name("level", one, report.language) for one in ("kindergarten", "preschool")
    )
    places = report.registry.name("resource", "private_places", report.language).lower()
    assert f"{kindergarten}: {places}" in text and f"{preschool}: {places}" not in text


def test_how_many_private_schools_has_one_answer_in_two_named_readings(report: Report) -> None:
    text = report.private_schools("preschool").plain
    assert "\t120\t78" in text
    assert say("private_new", report.language) in text and say("private_converted", report.language) in text
    assert "78" not in read(report.requirements("kindergarten", "preschool"))


def test_a_line_that_never_changes_is_not_repeated_by_year(report: Report) -> None:
    _, years, *_ = report.requirements("primary", "tertiary").pieces
    for line in years.plain.splitlines()[2:]:
        assert len(set(line.split("\t")[1:])) > 1, line


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_territory_without_pupils_says_so(language: Language) -> None:
    report = Report("general", territory="hai_phong", year=1990, language=language)
    said = say("no_pupils_said", language, place=report.wording.territory)
    assert read(report.enrolment()) == read(report.requirements()) == said


@pytest.mark.parametrize(
    ("call", "close"),
    [
        (lambda report: report.enrolment("primry"), "primary"),
        (lambda report: report.requirements("tertiery"), "tertiary"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_closest(report: Report, call: object, close: str) -> None:
    with pytest.raises(UnknownName) as caught:
        call(report)  # type: ignore[operator]
    assert close in caught.value.close
