"""`hpedu fetch` against a local server that behaves as the services are documented, and goes wrong as they do."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpedu.cli import commands
from hpedu.fetch.arrivals import Arrivals
from hpedu.fetch.routes import Service, find_layout_of, load_services
from hpedu.fetch.visitor import BETWEEN, PAUSES, Visitor
from hpedu.folders import HOME_VARIABLE, Project
from hpedu.ingest.pipeline import find_entry, ingest
from hpedu.registry import load_registry
from hpedu.texts import has_text
from tests.conftest import ROOT
from tests.fetch.bank import BOM, PREFIX, PUPILS, Bank, make_uis, make_worldbank, page, reply, serve
from tests.test_conventions import MODULES, imports_of, room

FILE = "nso/fetched_general_pupils.json"
TODAY = date(2026, 11, 28)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    project.raw.mkdir(parents=True)
    (project.raw / "datapackage.json").write_text('{\n "resources": []\n}\n', encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(project.root))
    # A proxy of this machine does not know the server in this process.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return project


@pytest.fixture
def bank() -> Iterator[Bank]:
    with serve(Bank()) as bank:
        yield bank


class Run:
    """One visit: what was told, how long it waited, how many tables failed."""

    def __init__(self, project: Project, bank: Bank, name: str = "nso", **orders: bool) -> None:
        self.said: list[str] = []
        self.waits: list[float] = []

        def tell(line: object) -> None:
            self.said.append(str(line))

        visitor = Visitor(tell, wait=self.waits.append, today=TODAY)
        services = [move(load_services()[name], bank)]
        self.failed = Arrivals(project, load_registry(), visitor, tell, **orders).fetch(services)
        visitor.close()

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def move(service: Service, bank: Bank) -> Service:
    """Return a service at the address of the local server, with one table."""
    tables = [one for one in service.tables if one.file in (FILE, "uis/fetched_viet_nam.json")]
    return service.model_copy(update={"address": bank.address, "tables": tables or service.tables[:1]})


def test_every_table_to_fetch_has_a_layout_and_a_file_of_its_own() -> None:
    services = load_services()
    files = [table.file for service in services.values() for table in service.tables]
    assert len(files) == len(set(files))
    for name, service in services.items():
        assert has_text(f"fetch_by_hand_{name}")
        for table in service.tables:
            assert find_layout_of(table).series and table.name


def test_a_table_is_kept_as_received_with_its_entry(project: Project, bank: Bank) -> None:
    run = Run(project, bank)
    assert run.failed == 0, run.text
    data = (project.raw / FILE).read_bytes()
    assert data.startswith(BOM + b"{") and "Sơ bộ 2024".encode() in data
    entry = find_entry(project.raw, project.raw / FILE)
    assert entry and (entry.published, entry.title) == ("2025-07-23", PUPILS) and not entry.transcription
    found = ingest(project, load_registry()).observations.filter(territory="hai_phong_old")
    assert found.sort("year")["value"].to_list() == [180000, 181000]
    assert found.sort("year")["status"].to_list() == ["final", "preliminary"]
    assert "2 new, 0 changed, 0 gone" in run.text
    # All values of all variables, and one table after the other with time between.
    assert [one["selection"]["values"] for one in bank.sent[0]["query"]] == [["0", "1"], ["0"]]
    assert run.waits == [BETWEEN] * len(bank.asked) and all("hpedu" in agent for agent in bank.agents)


def test_what_is_there_and_unchanged_is_not_asked_again(project: Project, bank: Bank) -> None:
    Run(project, bank)
    assert "has not changed" in Run(project, bank).text
    assert len(bank.sent) == 1
    Run(project, bank, force=True)
    assert len(bank.sent) == 2
    bank.updated = "2026-01-02T00:00:00"
    Run(project, bank)
    assert len(bank.sent) == 3
    entry = find_entry(project.raw, project.raw / FILE)
    assert entry and entry.published == "2026-01-02"
    # A file that somebody has changed is not the one that was fetched.
    (project.raw / FILE).write_bytes((project.raw / FILE).read_bytes() + b"\n")
    Run(project, bank)
    assert len(bank.sent) == 4


def test_a_day_to_come_tells_nothing_so_the_years_do(project: Project, bank: Bank) -> None:
    bank.updated = "9999-12-31T00:00:00"
    Run(project, bank)
    entry = find_entry(project.raw, project.raw / FILE)
    assert entry and entry.published == TODAY.isoformat()
    assert "has not changed" in Run(project, bank).text
    bank.years = {"2023": 180000, "2024": 181500}
    assert "0 new, 1 changed, 0 gone" in Run(project, bank).text


@pytest.mark.parametrize("closed", ["POST", "all"])
def test_where_the_interface_has_nothing_the_form_is_filled(project: Project, bank: Bank, closed: str) -> None:
    bank.closed = closed
    run = Run(project, bank)
    assert run.failed == 0, run.text
    assert (project.raw / FILE).read_bytes().endswith(b"\0")
    assert bank.sent[-1] == {
        "__VIEWSTATE": ["a+b/c="],
        "__EVENTVALIDATION": ["e"],
        f"{PREFIX}1$ValuesListBox": ["0", "1"],
        f"{PREFIX}1$NumberValuesSelected": ["2"],
        f"{PREFIX}2$ValuesListBox": ["0"],
        f"{PREFIX}2$NumberValuesSelected": ["1"],
        f"{PREFIX}$ButtonViewTable": ["Continue"],
        "OutputFormat": ["FileTypeJsonStat"],
    }
    sent = len(bank.sent)
    assert "has not changed" in Run(project, bank).text and len(bank.sent) == sent


def test_a_table_is_found_in_another_chapter(project: Project, bank: Bank) -> None:
    bank.database = "02POP"
    assert Run(project, bank).failed == 0


def test_a_renamed_table_is_not_guessed(project: Project, bank: Bank) -> None:
    bank.title = f"{PUPILS} and by ownership of schools"
    run = Run(project, bank)
    assert run.failed == 1 and not (project.raw / FILE).exists()
    assert "ownership of schools" in run.text and "layouts/nso_general_pupils.toml" in run.text
    assert "By hand: open" in run.text and "press the button" in run.text
    bank.title, bank.twin = PUPILS, f"{PUPILS} by Year"
    assert "several tables are titled" in Run(project, bank).text


def test_a_busy_service_is_asked_again_ever_later(project: Project, bank: Bank) -> None:
    bank.troubles = [(503, {}, b""), None, (429, {"Retry-After": "7"}, b"")]
    run = Run(project, bank)
    assert run.failed == 0
    assert [wait for wait in run.waits if wait != BETWEEN] == [2.0, 4.0, 8.0]
    assert "gave no whole answer" in run.text


def test_a_service_that_stays_busy_is_left_alone(project: Project, bank: Bank) -> None:
    bank.troubles = [(503, {}, b"")] * 10
    run = Run(project, bank)
    assert run.failed == 1 and len(bank.asked) == len(PAUSES) + 1
    assert [wait for wait in run.waits if wait != BETWEEN] == list(PAUSES)
    bank.troubles, bank.asked = [(503, {"Retry-After": "9000"}, b"")], []
    assert Run(project, bank).failed == 1 and len(bank.asked) == 1


def test_a_service_that_is_down_is_not_asked_for_more(project: Project) -> None:
    service = load_services()["worldbank"]
    said: list[object] = []
    with serve(Bank(troubles=[None] * 99)) as bank:
        visitor = Visitor(said.append, wait=lambda _: None, today=TODAY)
        moved = service.model_copy(update={"address": bank.address})
        failed = Arrivals(project, load_registry(), visitor, said.append).fetch([moved])
        visitor.close()
    assert failed == len(service.tables) > 1 and len(bank.asked) == len(PAUSES) + 1


def test_a_refusal_is_told_and_not_repeated(project: Project, bank: Bank) -> None:
    bank.troubles = [reply({"message": "more than 100000 records"}, 400)]
    run = Run(project, bank, "uis")
    assert run.failed == 1 and len(bank.asked) == 1 and "more than 100000 records" in run.text


LOGIN = page("<form>Log in: <input name='user'/></form>")


@pytest.mark.parametrize("name", ["nso", "uis", "worldbank"])
def test_a_log_in_page_is_no_data(project: Project, bank: Bank, name: str) -> None:
    bank.troubles = [(302, {"Location": "/login"}, b""), LOGIN]
    run = Run(project, bank, name)
    assert run.failed == 1 and "may be a log-in page" in run.text
    away = bank.address.replace("127.0.0.1", "localhost")
    bank.troubles, bank.asked = [(302, {"Location": f"{away}/login"}, b"")], []
    run = Run(project, bank, name)
    assert run.failed == 1 and len(bank.asked) == 1 and f"{away}/login" in run.text
    assert list(project.raw.iterdir()) == [project.raw / "datapackage.json"]


def test_nothing_is_replaced_by_less(project: Project, bank: Bank) -> None:
    Run(project, bank)
    before = (project.raw / FILE).read_bytes()
    bank.years, bank.updated = {"2023": 180500}, "2026-01-02T00:00:00"
    run = Run(project, bank)
    assert run.failed == 1 and (project.raw / FILE).read_bytes() == before
    assert "2023: 180,000 -> 180,500" in run.text and "2024: 181,000 is gone" in run.text
    assert (project.build / "fetch" / FILE).exists()
    assert Run(project, bank, allow_gone=True).failed == 0
    assert (project.raw / FILE).read_bytes() != before and not (project.build / "fetch" / FILE).exists()


@pytest.mark.parametrize("data", [b'{"dimension": 1, "value": 2}', b'{"dimension": {}, "value": []'])
def test_what_cannot_be_read_replaces_nothing(project: Project, bank: Bank, data: bytes) -> None:
    Run(project, bank)
    before = (project.raw / FILE).read_bytes()
    first = [bank.answer("GET", f"/api/v1/en/{path}", b"") for path in ("", "13EDU/", "13EDU/E13.00.px")]
    bank.troubles = [*first, (200, {}, data)]
    run = Run(project, bank, force=True)
    assert run.failed == 1 and (project.raw / FILE).read_bytes() == before


def test_a_dry_run_shows_and_writes_nothing(project: Project, bank: Bank) -> None:
    package = (project.raw / "datapackage.json").read_bytes()
    run = Run(project, bank, dry_run=True)
    assert run.failed == 0 and "2 new" in run.text
    assert list(project.raw.iterdir()) == [project.raw / "datapackage.json"]
    assert (project.raw / "datapackage.json").read_bytes() == package


def test_indicators_are_asked_for_in_the_release_that_is_pinned(project: Project, bank: Bank) -> None:
    assert Run(project, bank, "uis").failed == 0
    version = load_services()["uis"].version
    assert f"version={version}" in bank.asked[0][1] and "indicator=CR.1&indicator=CR.2" in bank.asked[0][1]
    entry = find_entry(project.raw, project.raw / "uis/fetched_viet_nam.json")
    assert entry and entry.published.replace("-", "") == version[:8]
    assert "has not changed" in Run(project, bank, "uis").text
    bank.uis = make_uis(95.2)
    assert (
        "viet_nam, uis_completion_rate primary all both, 2018: 95.1 -> 95.2"
        in Run(project, bank, "uis", force=True).text
    )


def test_the_world_bank_is_read_whole_or_not(project: Project, bank: Bank) -> None:
    assert Run(project, bank, "worldbank").failed == 0
    bank.worldbank = make_worldbank(pages=2)
    assert "2 pages" in Run(project, bank, "worldbank", force=True).text
    bank.worldbank = [{"message": [{"id": "120", "key": "Invalid value"}]}]
    assert Run(project, bank, "worldbank", force=True).failed == 1


def test_a_table_that_fails_does_not_stop_the_next(project: Project, bank: Bank) -> None:
    bank.troubles = [reply({}, 400)]
    services = load_services()
    said: list[object] = []
    visitor = Visitor(said.append, wait=lambda _: None, today=TODAY)
    chosen = [move(services[name], bank) for name in ("nso", "uis")]
    assert Arrivals(project, load_registry(), visitor, said.append).fetch(chosen) == 1
    visitor.close()
    assert (project.raw / "uis/fetched_viet_nam.json").exists()


def test_the_list_opens_no_connection(project: Project) -> None:
    done = CliRunner().invoke(commands, ["fetch", "all", "--list"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == sum(len(one.tables) for one in load_services().values())
    assert CliRunner().invoke(commands, ["fetch", "usi"]).exit_code == 2
    assert CliRunner().invoke(commands, ["fetch", "all", "--list", "--force"]).exit_code == 2


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys, hpedu.cli; sys.modules['httpx'] = None; hpedu.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", "nso"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1 and "pip install 'hpedu[fetch]'" in done.stderr and "Traceback" not in done.stderr


CLIENTS = {"httpx", "requests", "urllib3", "aiohttp", "socket", "ssl", "urllib.request", "http.client", "ftplib"}


def test_no_other_room_can_go_online() -> None:
    """Only `fetch` imports a client, and only its own command imports `fetch`, when it is run."""
    for module in MODULES:
        if room(module) == "fetch":
            continue
        names = set(imports_of(module))
        assert not {name for name in names if name in CLIENTS or name.split(".")[0] in CLIENTS}, module
        assert room(module) == "cli" or not any(name.startswith("hpedu.fetch") for name in names), module


def test_importing_every_other_module_loads_no_client() -> None:
    names = [
        ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for module in MODULES
        if room(module) not in ("fetch", "__main__") and module.stem != "cluster"
    ]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nprint('httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


def test_addresses_of_services_stand_in_one_place() -> None:
    hosts = [one.address.split("/")[2] for one in load_services().values()]
    for module in MODULES:
        strings = [n.value for n in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(n, ast.Constant)]
        assert not [text for text in strings if isinstance(text, str) and any(host in text for host in hosts)]
