"""The rules of the house (docs/architecture.md) and of its notebooks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "hpedu").rglob("*.py"))
NOTEBOOKS = [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if path.stem != "guided_tour"]
ALL_NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# A room may use the floors below it, and nothing of its own floor: rooms side by side do not know each other.
FLOORS = {
    "texts": 0,
    "sums": 0,
    "decoding": 0,
    "errors": 1,
    "folders": 2,
    "outlook": 2,
    "console": 2,
    "cache": 3,
    "registry": 3,
    "digest": 3,
    "ingest": 4,
    "values": 5,
    "communes": 6,
    "peers": 6,
    "store": 7,
    "assess": 8,
    "present": 9,
    "batch": 10,
    "demo": 10,
    "desk": 10,
    "fetch": 10,
    "cli": 11,
    "__main__": 12,
}
LONGEST = 600
"""Lines of a module: a file holds a whole thought, and no more than one."""
VIETNAMESE_DATA = {
    "batch/plan.py": "kinds of communes before their names",
    "demo/project.py": "what is written into invented files",
    "demo/schools.py": "what is written into an invented school list",
    "ingest/forms/design.py": "names of the sheets of a form, which forms in use already have",
    "ingest/schools/repeats.py": "a letter",
    "ingest/sheet/header_rows.py": "a pattern of table numbers",
    "ingest/sheet/outline.py": "a pattern of list marks",
    "ingest/words/places.py": "kinds of places before their names",
    "ingest/words/vietnamese.py": "letters",
    "ingest/words/years.py": "a pattern of years",
    "present/page/body.py": "a letter that has no decomposition",
}
"""Modules whose string literals may have Vietnamese letters: what is recognised in files, or written as data."""
VIETNAMESE = re.compile(r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01b0\u1ea0-\u1ef9]")
QUESTION_WORDS = {"What", "How", "Whether", "Where", "Which", "Who", "Whose", "When", "Why"}
NOUN_OPENERS = QUESTION_WORDS | {"The", "A", "An"}
"""Words with which the docstring of a function begins that names a thing, not what is done."""
SECRET_PLACES = {
    # An absolute path of somebody's machine. Written so that this line is none.
    "machine path": re.compile(r"(?<![\w.\-/%])/(?:work|root|home|Users|tmp|mnt)/\w|\b[A-Z]:\\\\?Users"),
    # The option of an installer that names one, or an address that ends as theirs do.
    "package index": re.compile(r"--(?:\w+-)*index(?:-\w+)*|https?://[^\s\"'<>)]*/simple(?:[/\s\"'<>)]|$)"),
}
LOCK_FILES = {"requirements.lock", "requirements-test.lock"}
INSTALLED_FROM = (
    *sorted(LOCK_FILES),
    "pyproject.toml",
    "environment.yml",
    "Makefile",
    "run.py",
    "setup.py",
    ".ci/run",
)


def room(module: Path) -> str:
    return module.relative_to(ROOT / "hpedu").parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Full names of everything a module imports, inside functions too."""
    package = module.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def name_module(module: Path) -> str:
    return ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def arrows_of(modules: list[Path]) -> dict[str, set[str]]:
    """Return module -> the modules it imports, or takes a name from."""
    names = {name_module(module) for module in modules}
    arrows: dict[str, set[str]] = {}
    for module in modules:
        imported = {name if name in names else name.rpartition(".")[0] for name in imports_of(module)}
        arrows[name_module(module)] = (imported & names) - {name_module(module)}
    return arrows


def find_circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules in which each leads to each (strongly connected components of two or more)."""

    def reach(start: str) -> set[str]:
        found: set[str] = set()
        left = [start]
        while left:
            new = arrows[left.pop()] - found
            found |= new
            left += new
        return found

    reached = {name: reach(name) for name in arrows}
    circles = {
        tuple(sorted({name, *(other for other in reached[name] if name in reached[other])})) for name in arrows
    }
    return sorted(list(circle) for circle in circles if len(circle) > 1)


class TestLayers:
    def test_every_room_has_a_floor(self) -> None:
        assert {room(module) for module in MODULES} - {"__init__"} == set(FLOORS)

    @pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_a_room_imports_only_lower_ones(self, module: Path) -> None:
        for name in imports_of(module):
            top, *inner = name.split(".")
            if top != "hpedu" or not inner or inner[0] == room(module):
                continue
            assert inner[0] in FLOORS, f"{name} is no room"
            assert FLOORS[inner[0]] < FLOORS[room(module)], f"{name} is not below"

    def test_no_two_modules_import_each_other(self) -> None:
        """No circle of any length, also none that is closed inside a function or for types alone."""
        assert find_circles(arrows_of(MODULES)) == []

    def test_a_circle_is_found(self) -> None:
        arrows = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"d", "e"}, "e": set[str]()}
        assert find_circles(arrows) == [["a", "b", "c"]]

    def test_the_registry_knows_nothing_but_errors_and_where_a_project_is(self) -> None:
        rooms = {
            name.split(".")[1]
            for module in MODULES
            if room(module) == "registry"
            for name in imports_of(module)
            if name.startswith("hpedu.")
        }
        assert rooms == {"registry", "decoding", "errors", "folders", "texts"}

    def test_the_outlook_knows_nothing_but_texts_and_sums(self) -> None:
        rooms = {
            name.split(".")[1]
            for module in MODULES
            if room(module) == "outlook"
            for name in imports_of(module)
            if name.startswith("hpedu.")
        }
        assert rooms == {"outlook", "errors", "texts", "sums"}

    def test_the_outlook_is_importable_alone(self) -> None:
        others = sorted(set(FLOORS) - {"outlook", "errors", "texts", "sums"})
        code = (
            "import sys, hpedu.outlook, hpedu.outlook.table; "
            f"print([m for m in ('pydantic', *('hpedu.' + room for room in {others})) if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
        assert done.stdout.strip() == "[]"

    def test_importing_hpedu_does_not_load_the_chart_library(self) -> None:
        code = "import sys, hpedu; print([m for m in ('altair', 'pandas', 'papermill') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
        assert done.stdout.strip() == "[]"

    def test_nothing_is_unpickled_but_what_comes_from_a_process_of_our_own(self) -> None:
        """A file that is unpickled can run code: these two read from the pipes of their children alone."""
        can_run = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}
        found = {name_module(module) for module in MODULES if can_run & set(imports_of(module))}
        assert found == {"hpedu.ingest.isolation", "hpedu.batch.warm"}

    def test_tests_mirror_the_code(self) -> None:
        """Every folder of tests is a room of the house, or one of the checks from outside."""
        folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
        assert folders <= set(FLOORS) | {
            "notebooks",
            "browser",
            "bench",
            "backtest",
            "fuzz",
            "mutation",
            "sentences",
        }


def vietnamese_in(module: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string literal with a Vietnamese letter; docstrings are not for readers."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docs else None
        if isinstance(text, str) and VIETNAMESE.search(text):
            yield node.lineno, text


def noun_openers(module: Path) -> Iterator[str]:
    """Yield the docstrings that do not begin as they should, each with its line."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = (ast.get_docstring(node) or "").split("\n")[0]
            refused = QUESTION_WORDS if isinstance(node, ast.Module) else NOUN_OPENERS
            if re.split(r"\W", text)[0] in refused:
                yield f"line {getattr(node, 'lineno', 1)}: {text}"


class TestWords:
    @pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_every_module_says_what_it_is_for(self, module: Path) -> None:
        text = module.read_text(encoding="utf-8")
        assert not text.strip() or ast.get_docstring(ast.parse(text))
        assert len(text.splitlines()) <= LONGEST

    @pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_no_error_is_swallowed(self, module: Path) -> None:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"line {node.lineno}: bare except"
                assert not all(isinstance(line, ast.Pass) for line in node.body), f"line {node.lineno}: pass"

    @pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_docstrings_begin_with_a_verb(self, module: Path) -> None:
        """Of functions; a module may also begin with a plain statement. Neither begins as a question does."""
        assert list(noun_openers(module)) == []

    def test_no_two_files_bear_one_name(self) -> None:
        """A name that is called for leads to one file, whatever room it is in."""
        places: dict[str, list[str]] = {}
        for module in MODULES:
            if not module.stem.startswith("__"):
                places.setdefault(module.stem, []).append(module.relative_to(ROOT).as_posix())
        assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}

    def test_vietnamese_in_the_code_is_data(self) -> None:
        """What a reader sees stands in `hpedu/texts` or the registry."""
        found = [
            f"{module.relative_to(ROOT)}:{line}: {text[:60]!r}"
            for module in MODULES
            if module.relative_to(ROOT / "hpedu").as_posix() not in VIETNAMESE_DATA
            for line, text in vietnamese_in(module)
        ]
        assert found == []

    @pytest.mark.parametrize("name", VIETNAMESE_DATA)
    def test_what_may_be_vietnamese_is(self, name: str) -> None:
        assert list(vietnamese_in(ROOT / "hpedu" / name))


@cache
def project_files() -> list[Path]:
    """Files in git, and new ones that would come into it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


class TestFiles:
    def test_git_knows_the_project(self) -> None:
        names = {path.relative_to(ROOT).as_posix() for path in project_files()}
        assert {"pyproject.toml", "hpedu/__init__.py", "data/raw/datapackage.json"} <= names

    @pytest.mark.parametrize("kind", SECRET_PLACES)
    def test_no_file_names_somebody_s_machine_or_package_index(self, kind: str) -> None:
        found = []
        for path in project_files():
            data = path.read_bytes()
            if b"\0" in data[:8192]:
                continue  # a picture or a font
            for match in SECRET_PLACES[kind].finditer(data.decode("utf-8", errors="replace")):
                found.append(f"{path.relative_to(ROOT)}: {match[0]}")
        assert found == []

    @pytest.mark.parametrize("name", INSTALLED_FROM)
    def test_what_is_installed_from_names_no_address(self, name: str) -> None:
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")

    def test_the_patterns_find_what_they_are_for(self) -> None:
        """Kept honest: each pattern finds an example, put together here so that this file has none."""
        path = SECRET_PLACES["machine path"]
        assert path.search("see /" + "work/main") and path.search('"/' + 'home/an/x"')
        assert not path.search("https://example.org/home/page") and not path.search("data/work/x")
        index = SECRET_PLACES["package index"]
        assert index.search("https://example.org" + "/simple/x") and index.search("--" + "index-x y")
        assert not index.search("https://www.nso.gov.vn/en/px-web/")

    def test_results_are_not_in_git(self) -> None:
        names = [path.relative_to(ROOT).as_posix() for path in project_files()]
        found = [name for name in names if name.startswith(("data/processed/", "reports/", "build/", ".venv/"))]
        # A clone shows both folders, and what will come into them.
        assert sorted(found) == ["data/processed/README.md", "reports/README.md"]

    def test_no_file_is_over_1_mb(self) -> None:
        """What is large is made again, or has no place in git."""
        large = [path for path in project_files() if path.stat().st_size > 1_000_000]
        assert [path.relative_to(ROOT).as_posix() for path in large] == []

    def test_text_files_are_utf_8_without_a_byte_order_mark(self) -> None:
        """Raw files are kept as received; all else is plain UTF-8."""
        for path in project_files():
            if path.suffix in (
                ".py",
                ".pyi",
                ".md",
                ".toml",
                ".yml",
                ".yaml",
                ".ipynb",
                ".css",
                ".js",
                ".j2",
                ".cfg",
            ):
                text = path.read_bytes().decode("utf-8")
                assert not text.startswith("\ufeff"), path
                assert "\r" not in text, path


def cells_of(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell | {"text": "".join(cell["source"])} for cell in cells]


def tags_of(cell: dict[str, Any]) -> list[str]:
    tags: list[str] = cell["metadata"].get("tags", [])
    return tags


def code_of(notebook: Path) -> list[str]:
    return [cell["text"] for cell in cells_of(notebook) if cell["cell_type"] == "code"]


def name_of(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("notebook", ALL_NOTEBOOKS, ids=name_of)
class TestAllNotebooks:
    def test_no_output_is_stored(self, notebook: Path) -> None:
        for cell in cells_of(notebook):
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None

    def test_vietnamese_comes_first_and_english_follows(self, notebook: Path) -> None:
        cells = cells_of(notebook)
        for n, cell in enumerate(cells):
            if cell["cell_type"] != "markdown":
                continue
            if "vi" in tags_of(cell):
                after = cells[n + 1] if n + 1 < len(cells) else None
                assert after and after["cell_type"] == "markdown" and "en" in tags_of(after), cell["text"]
            elif "en" in tags_of(cell):
                assert n > 0 and "vi" in tags_of(cells[n - 1]), cell["text"]

    def test_code_is_python(self, notebook: Path) -> None:
        for code in code_of(notebook):
            ast.parse(code)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name_of)
class TestReportNotebooks:
    """A cell is a call and a sentence; whatever two notebooks need lives in the library."""

    def test_one_parameters_cell_and_it_is_the_first(self, notebook: Path) -> None:
        tagged = [n for n, cell in enumerate(cells_of(notebook)) if "parameters" in tags_of(cell)]
        assert tagged == [0]
        parameters = ast.parse(code_of(notebook)[0])
        targets = [
            [node.target] if isinstance(node, ast.AnnAssign) else node.targets  # type: ignore[attr-defined]
            for node in parameters.body
        ]
        names = {target.id for [target] in targets}
        assert names >= {"territory", "year", "language"}
        # "group" is of a commune, the last three are of a review.
        more = {"made_by", "horizon", "pupil_growth", "class_size", "scenario", "peers", "group"}
        more |= {"kind", "until", "output"}
        assert names <= {"territory", "year", "language"} | more

    def test_every_word_is_in_both_languages(self, notebook: Path) -> None:
        for cell in cells_of(notebook):
            if cell["cell_type"] == "markdown":
                assert len({"vi", "en"} & set(tags_of(cell))) == 1, cell["text"][:80]

    def test_cells_are_short(self, notebook: Path) -> None:
        for code in code_of(notebook):
            assert len(code.splitlines()) <= 30, code

    def test_functions_are_shorter(self, notebook: Path) -> None:
        for code in code_of(notebook):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.FunctionDef):
                    assert (node.end_lineno or 0) - node.lineno < 5, node.name

    def test_errors_and_warnings_come_through(self, notebook: Path) -> None:
        for code in code_of(notebook):
            assert not any(isinstance(node, ast.Try) for node in ast.walk(ast.parse(code))), code
            assert "warnings" not in code, code

    def test_no_paths(self, notebook: Path) -> None:
        """The library finds the project; a path in a notebook is right on one machine only."""
        path = re.compile(r"^/|^~|^\.{1,2}/|^\.\.$|\.(?:csv|parquet|json|html|toml|xlsx?)$")
        for code in code_of(notebook):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert not path.search(node.value), node.value
                assert not (isinstance(node, ast.Name) and node.id in ("open", "Path", "os")), code

    def test_only_public_names_of_the_library_are_used(self, notebook: Path) -> None:
        for code in code_of(notebook):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hpedu"):
                    assert node.module == "hpedu", f"from {node.module} import ..."
                if isinstance(node, ast.Import):
                    assert not [a.name for a in node.names if a.name.startswith("hpedu.")], code
