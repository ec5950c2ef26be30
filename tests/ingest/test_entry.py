"""`hpedu add` writes the entry of a file and leaves the others as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hpedu.cli import commands
from hpedu.errors import IngestError, Refused
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.ingest.entry import add_entry, renew_entry
from hpedu.ingest.pipeline import find_entry, ingest
from hpedu.ingest.quarantine import Unreadable
from hpedu.ingest.schema import Resource
from hpedu.registry import load_registry
from hpedu.texts import Sayable
from tests.ingest.test_pipeline_package import ENTRY

TITLE = "Percentage of literate population at 15 years of age and above by province"
CSV = "\r\n".join(
    [
        f'"{TITLE} by Cities, provinces and Year"',
        "",
        '"Cities, provinces";"2019";"2020"',
        '"Hai Phong";98.7;98.8',
        "",
    ]
)
PX = f"""CHARSET="ANSI";
CREATION-DATE="20200101 08:00";
LAST-UPDATED="20210630 08:00";
TITLE="{TITLE}";
UNITS="%";
STUB="Province";
HEADING="Year";
VALUES("Province")="Hai Phong";
VALUES("Year")="2019","2020";
DATA=
98.7 98.8;
"""
GIVEN = {"publisher": "Statistics Office", "published": "2021-06-30"}
KNOWN = ENTRY | {"name": "old", "path": "old.csv", "table": f"{TITLE} (PX-Web)", "publisher": "The Office"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "small")
    project.raw.mkdir(parents=True)
    (project.raw / "New Table.csv").write_text(CSV, encoding="utf-8")
    (project.raw / "new.px").write_text(PX, encoding="utf-8")
    write_package(project, '{"resources": []}')
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    return project


def write_package(project: Project, text: str, encoding: str = "utf-8") -> None:
    (project.raw / "datapackage.json").write_bytes(text.encode(encoding))


def add(project: Project, name: str = "New Table.csv", given: dict[str, Any] | None = None) -> Resource:
    return add_entry(project.raw / name, project, GIVEN if given is None else given, load_registry(), None)


@pytest.mark.parametrize("entries", [[], [ENTRY], [ENTRY, KNOWN]])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_there_stays(project: Project, entries: list[Any], encoding: str) -> None:
    package = {"name": "x", "resources": entries, "title": "Số liệu"}
    write_package(project, json.dumps(package, ensure_ascii=False), encoding)
    add(project)
    after = (project.raw / "datapackage.json").read_text(encoding="utf-8")
    found = json.loads(after)
    assert found["resources"][:-1] == entries
    assert found == package | {"resources": found["resources"]}
    assert list(found["resources"][-1]) == list(Resource.model_fields)
    assert after == json.dumps(found, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_entry_is_found_however_the_package_was_saved(project: Project, encoding: str) -> None:
    entry = ENTRY | {"path": "New Table.csv"}
    write_package(project, json.dumps({"resources": ["no entry", entry]}), encoding)
    found = find_entry(project.raw, project.raw / "New Table.csv")
    assert found is not None and found.name == entry["name"]


def test_the_package_that_comes_with_hpedu_keeps_its_bytes() -> None:
    path = Path(__file__).parents[2] / "data/raw/datapackage.json"
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_entry_is_found_and_renewed_in_any_encoding(project: Project, encoding: str) -> None:
    write_package(project, json.dumps({"resources": [KNOWN | {"path": "new.px"}]}), encoding)
    renew_entry(project.raw / "new.px", project, "2022-01-31")
    entry = find_entry(project.raw, project.raw / "new.px")
    assert entry and entry.published == "2022-01-31"


def test_an_entry_makes_the_file_be_read(project: Project) -> None:
    add(project)
    found = ingest(project, load_registry())
    assert found.observations["value"].to_list() == [98.7, 98.8]
    assert [one["file"] for one in found.unread] == ["new.px"]


def test_a_file_shows_its_title_and_day_and_its_neighbours_their_publisher(project: Project) -> None:
    write_package(project, json.dumps({"resources": [KNOWN]}))
    resource = add(project, "new.px", {})
    assert (resource.title, resource.published) == (TITLE, "2021-06-30")
    assert (resource.publisher, resource.format, resource.name) == ("The Office", "px", "new")


def test_names_differ(project: Project) -> None:
    write_package(project, json.dumps({"resources": [ENTRY | {"name": "new_table"}]}))
    assert add(project).name == "new_table_2"


def test_what_lacks_is_listed_where_nobody_can_be_asked(project: Project) -> None:
    with pytest.raises(Refused) as caught:
        add(project, given={})
    for said in (caught.value.say("vi"), str(caught.value)):
        assert "--publisher" in said and "--published" in said and "--title" not in said
    result = CliRunner().invoke(commands, ["--language", "vi", "add", str(project.raw / "New Table.csv")])
    assert result.exit_code == 2 and "còn thiếu" in result.output


def test_a_wrong_answer_is_asked_for_again(project: Project) -> None:
    answers = {
        "publisher": ["", "The Office"],
        "published": ["6/8/2019", "2019-13", "2019-08-06"],
        "confidence": ["sure", "low"],
    }
    refused: list[str] = []

    def ask(name: str, otherwise: str, wrong: Sayable | None) -> str:
        if wrong is not None:
            refused.append(wrong.say("vi"))
        return answers[name].pop(0) if name in answers else ""

    resource = add_entry(project.raw / "New Table.csv", project, {}, load_registry(), ask)
    assert (resource.publisher, resource.published, resource.confidence) == ("The Office", "2019-08-06", "low")
    assert len(refused) == 4 and not any("Input should" in text for text in refused)


def test_what_needs_no_entry_is_refused(project: Project, tmp_path: Path) -> None:
    add(project)
    (project.raw / "~$b.xlsx").write_bytes(b"x")
    (project.raw / "c.csv").write_bytes(b"%PDF-1.7")
    (tmp_path / "d.csv").write_text(CSV, encoding="utf-8")
    before = (project.raw / "datapackage.json").read_bytes()
    for name, said in (("New Table.csv", "has an entry"), ("~$b.xlsx", "is no data")):
        with pytest.raises(Refused, match=said):
            add(project, name)
    with pytest.raises(Refused, match="Copy the file there"):
        add_entry(tmp_path / "d.csv", project, GIVEN, load_registry(), None)
    with pytest.raises(Unreadable, match="This is a PDF"):
        add(project, "c.csv")
    with pytest.raises(IngestError, match="published"):
        add(project, "new.px", {"publisher": "x", "published": "yesterday"})
    assert (project.raw / "datapackage.json").read_bytes() == before


def test_the_page_on_entries_has_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs/data_package.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert listed == list(Resource.model_fields)
