"""What the documentation shows is run, and what it names is there: a page that is no longer true is found here."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from hpedu.registry import Registry
from tests.conftest import ROOT
from tests.test_conventions import FLOORS, project_files

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PAGES = [path for path in project_files() if path.suffix == ".md" and "tests" not in path.parts]
STEPS = re.findall(r"`(hpedu/[\w/]+\.py):([\w.]+)`", ARCHITECTURE)
PLACEHOLDERS = {"NAME", "GROUP", "FILE"}


def test_the_examples_of_the_outlook_work() -> None:
    page = (ROOT / "docs/outlook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_within_the_project_lead_somewhere(page: Any) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_drawing_has_every_room_on_its_floor() -> None:
    drawn = re.findall(r"^ ([ \d]\d)  ((?:\w+, )*\w+)  ", ARCHITECTURE, flags=re.MULTILINE)
    assert {room: int(floor) for floor, rooms in drawn for room in rooms.split(", ")} == FLOORS
    floors = [int(floor) for floor, _ in drawn]
    assert floors == sorted(floors, reverse=True)


def test_the_way_of_a_figure_names_ten_steps_or_more() -> None:
    assert len(STEPS) > 10


@pytest.mark.parametrize(("path", "name"), STEPS, ids=[name for _, name in STEPS])
def test_the_way_of_a_figure_is_there(path: str, name: str) -> None:
    """A function, or a method as `Class.method`, is defined in the file."""
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    for part in name.split("."):
        found = [node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == part]
        assert found, f"{path} defines no {part}"
        body = found[0].body


def test_files_that_are_to_be_touched_are_there() -> None:
    named = re.findall(r"`((?:hpedu|tests|data|docs|notebooks)/[\w./]+)`", ARCHITECTURE)
    assert len(named) > 20
    patterns = [re.sub("|".join(PLACEHOLDERS), "*", name) for name in named]
    assert [name for name in patterns if not any(ROOT.glob(name.rstrip("/")))] == []


def test_the_glossary_is_short() -> None:
    rows = re.findall(r"^\| ([\w ]+) \|", ARCHITECTURE.partition("## Glossary")[2], flags=re.MULTILINE)
    words = [row for row in rows if row != "word"]
    assert 20 <= len(words) == len(set(words)) <= 30


@pytest.mark.parametrize("name", ["README.md", "README.vi.md"])
def test_the_readme_counts_the_targets(name: str, registry: Registry) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    counts = re.findall(r"(?:set|all|ra|cả) (\d+)(?: targets| chỉ tiêu|, with)", text)
    assert len(counts) == 2
    assert {int(count) for count in counts} == {len(registry.targets)}


def test_both_readmes_say_equally_much() -> None:
    """Headings, rows of tables, steps, pictures and links are the same in number; links lead to the same pages."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.vi.md")]
    for pattern in (r"^#+ ", r"^\|", r"^\d\. ", r"^!\[", r"^hpedu "):
        counts = [len(re.findall(pattern, text, flags=re.MULTILINE)) for text in texts]
        assert counts[0] == counts[1], pattern
    links = [sorted(re.findall(r"\]\(((?!README)[^)]+)\)", text)) for text in texts]
    assert links[0] == links[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in PAGES if "docs" in path.parts}
    pages = {path.with_name("index.html") if path.stem == "README" else path for path in pages}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert pages | {Path(f"{name}.html") for name in ("index", "vi", "contributing", "changelog")} <= built


def test_every_link_of_the_site_leads_to_a_page_and_a_place_on_it(site: Path) -> None:
    pages = {path: BeautifulSoup(path.read_bytes(), "html.parser") for path in site.rglob("*.html")}
    places = {path: {str(tag["id"]) for tag in page.find_all(id=True)} for path, page in pages.items()}
    broken, count = [], 0
    for path, page in pages.items():
        if path.name == "404.html":  # made for a server
            continue
        for link in page.find_all(["a", "img"]):
            target, _, anchor = str(link.get("href") or link.get("src") or "#").partition("#")
            if "://" in target:
                continue
            to = (path.parent / unquote(target)).resolve() if target else path
            count += 1
            if not to.is_file() or (anchor and unquote(anchor) not in places[to]):
                broken.append(f"{path.relative_to(site)}: {target}#{anchor}")
    assert broken == [] and count > 500


def test_the_site_asks_nothing_of_another_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = BeautifulSoup(path.read_bytes(), "html.parser")
        loaded = [str(tag.get("src") or "") for tag in page.find_all(["script", "img"])]
        loaded += [str(tag["href"]) for tag in page.find_all("link", rel="stylesheet")]
        assert [place for place in loaded if "://" in place or place.startswith("//")] == [], path
