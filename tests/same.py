"""`make same`: does a change of the code leave everything users get as it was, byte for byte?

    python -m tests.same [--since REF] [--only PART ...] [--pdf]
    python -m tests.same [--since REF] --show NAME

Builds pages, exports, tables, forms, a demo project and what the command says from two states of the project: a
commit, and the working tree with its new files. Each is installed into a folder of its own and run in its own
folder, so that nothing of one reaches the other. Ends with status 1 and a list if a file differs, is missing or is
new. What a commit gave is kept in build/same and used again.

Nothing of hpedu is imported here: old code and new code meet only as commands.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.metadata import distributions
from itertools import islice
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo, is_zipfile

import polars as pl

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "same"
NOW = "now"
RUN = "import sys; sys.argv[0] = 'hpedu'; from hpedu.cli import main; main()"
SHOWN = 200  # lines of a difference

Manifest = dict[str, str]
"""SHA-256 of files by name: their path in the folder of a state."""

# What may differ between two states that give users the same. All of it is named here and nowhere else.
LEFT_OUT = (
    # Records that hold digests of the code itself. Tables of data/processed are compared row by row instead.
    "*/data/processed/*",
    "*/reports/build.json",
    "*/build/*",
    # Not made by the command: it comes with the project.
    "*/reports/README*",
)
NORMAL: tuple[tuple[bytes, bytes], ...] = (
    # The version of hpedu, at the foot of a page, in the descriptor of a data package, as the command tells it.
    (rb"\bhpedu(, (?:version|phi\xc3\xaan b\xe1\xba\xa3n))? \d+\.\d+\.\d+\w*", rb"hpedu VERSION"),
    (rb'"hpedu": "[^"]*"', rb'"hpedu": "VERSION"'),
    # One digest of all inputs at the foot of a page. It changes with the way inputs are named and digested; the
    # inputs that matter are on the page, as figures and as digests of their files.
    (rb"(<dd>)[0-9a-f]{64}(?=</dd>)", rb"\1DIGEST"),
)


@dataclass(frozen=True)
class Step:
    """One call of the command. What it says is compared as `output/PART/NAME.txt`, unless NAME is empty.

    A step without a name says how long it took, which is never the same twice; it must end with status 0.
    """

    words: tuple[str, ...]
    name: str = ""
    home: str = "project"  # the folder it is run in: the project itself, or the demo project
    dated: str = ""  # workbooks that carry the clock when it has ended, as a pattern in the folder of the state


@dataclass(frozen=True)
class Part:
    """What can be built and compared by itself: the steps, and the folders in which their results lie."""

    steps: tuple[Step, ...]
    results: tuple[str, ...]
    at_once: bool = False  # the steps do not need each other


def _both(name: str, *words: str, home: str = "project") -> tuple[Step, ...]:
    """Return a step in both languages."""
    return tuple(Step(("--language", code, *words), f"{name}.{code}", home) for code in ("vi", "en"))


TERRITORIES = ("hai_phong", "hai_phong_old", "hai_duong_old")
GROUPS = ("preschool", "general", "higher", "continuing", "cross_cutting")
COMMANDS = ("ingest", "check", "form", "review", "targets", "report", "outlook", "demo")
REPORT_ALL = ("report", *(word for name in TERRITORIES for word in ("--territory", name)))
EXPORTS = ("--xlsx", "--package")
# An island and the middle of a city. The demo project has a school list, the real one none yet.
COMMUNES = ("--territory", "Cát Hải", "--territory", "commune_10525_2025")
# The standings of the year before are kept, and the newest year's page says what has moved since.
YEAR_BEFORE = ("report", "--year", "2024", "--group", "overview", "--language", "vi")

SAMPLES = {
    "series.csv": "indicator,year,value,lower,upper\n"
    + "".join(
        f"completion_rate,{year},{value},0,100\n"
        for year, value in zip(
            range(2016, 2026), (81, 82.1, 82.9, 84.2, 84, 85.3, 86.1, 87.4, 88, 89.1), strict=True
        )
    ),
    "targets.csv": "indicator,comparison,target,target_year\ncompletion_rate,>=,95,2030\n",
    "grades.csv": "level,grade,year,pupils\n"
    + "".join(
        f"primary,{grade},{year},{90 + (7 * grade + 5 * year) % 13}\n"
        for year in range(2020, 2026)
        for grade in range(1, 6)
    ),
    "levels.csv": "level,year,pupils\n"
    + "".join(
        f"{level},{year},{pupils + (year * 37) % 211}\n"
        for level, pupils in (("primary", 9000), ("lower_secondary", 7000))
        for year in range(2012, 2026)
    ),
    "parts.csv": "unit,indicator,year,numerator,denominator,scale,whole\n"
    "East,classrooms,2024,800,1000,100,Both\nWest,classrooms,2024,300,500,100,Both\n"
    "East,classrooms,2023,780,1000,100,Both\n",
    "no_shape.csv": "indicator,when\nx,1\n",
    "no_layout.csv": "Quận/huyện,Số trường,Số lớp,Số học sinh\nHồng Bàng,12,240,9.512\nLê Chân,15,310,12.044\n"
    "Cộng,27,550,21.556\n",
}
RAW = (
    "data/raw/nso/E02.03-07_population.json",
    "data/raw/nso/pxweb_2019_general_pupils.csv",
    "data/raw/nso/web_2022_kindergarten.csv",
    "data/raw/nso/yearbook_2011_table_280.csv",
    "data/raw/city/hppc_2016_preschool.csv",
    "data/raw/press/2025_lao_dong.csv",
    "data/raw/uis/sdg_2024-09_viet_nam.csv",
    "samples/no_layout.csv",
)
SLIPS = {
    "unknown_territory": ("report", "--territory", "hai_phnog"),
    "unknown_commune": ("report", "--territory", "communes"),
    "unknown_option": ("report", "--forse"),
    "not_together": ("report", "--only", "x", "--group", "general"),
    "unknown_target": ("targets", "nursery_enrolment_rat"),
    "no_shape": ("outlook", "samples/no_shape.csv"),
    "no_file": ("check", "data/raw/none.csv"),
}
PARTS = {
    "tables": Part(
        (*_both("ingest", "ingest", "--force"), *_both("plan", *REPORT_ALL, "--list")),
        ("tables/project", "output/tables"),
    ),
    "reports": Part(
        (Step(YEAR_BEFORE), Step((*REPORT_ALL, *EXPORTS))),
        ("project/reports",),
    ),
    "demo": Part(
        (
            Step(("--language", "en", "demo", "../demo"), "demo", dated="demo/data/raw/*.xlsx"),
            Step(("--language", "en", "ingest"), "ingest", "demo"),
            Step(YEAR_BEFORE, home="demo"),
            Step(("report", *EXPORTS), home="demo"),
            Step(("report", *COMMUNES, "--language", "vi", "--language", "en"), home="demo"),
            *_both(
                "check",
                *("check", "data/raw/phieu_preschool_mo_phong.xlsx", "data/raw/danh_sach_truong_mo_phong.xlsx"),
                home="demo",
            ),
            *_both("targets", "targets", home="demo"),
        ),
        ("demo", "tables/demo", "output/demo"),
    ),
    "commands": Part(
        (
            Step(("--version",), "version"),
            *_both("help", "--help"),
            *(step for name in COMMANDS for step in _both(f"help_{name}", name, "--help")),
            *(step for name in TERRITORIES for step in _both(f"targets_{name}", "targets", "--territory", name)),
            *_both("target_rate", "targets", "kindergarten_enrolment_rate"),
            *_both("target_milestone", "targets", "general_universalisation_maintained"),
            Step(("targets", "--json"), "targets_json"),
            *(
                Step(
                    ("--language", "en", "form", "--group", name, "--year", "2025", f"forms/{name}.xlsx"),
                    f"form_{name}",
                )
                for name in GROUPS
            ),
            *_both("check", "check", *RAW),
            Step(("--language", "en", "outlook", "samples/series.csv"), "outlook_series"),
            Step(
                ("--language", "en", "outlook", "samples/series.csv", "--targets", "samples/targets.csv"),
                "outlook_targets",
            ),
            Step(("--language", "en", "outlook", "samples/grades.csv", "--until", "2032"), "outlook_grades"),
            Step(("--language", "en", "outlook", "samples/levels.csv"), "outlook_levels"),
            Step(("--language", "en", "outlook", "samples/parts.csv"), "outlook_parts"),
            *(step for name, words in SLIPS.items() for step in _both(f"slip_{name}", *words)),
        ),
        ("project/forms", "output/commands"),
        at_once=True,
    ),
    # In a folder of its own: an index links the prints that lie beside its pages. It needs Chromium.
    "pdf": Part(
        (Step(("report", "--language", "vi", "--pdf"), home="printed"),),
        ("printed/reports",),
    ),
}
WITHOUT_OPTION = tuple(name for name in PARTS if name != "pdf")


class StepFailed(Exception):
    """A step that must succeed did not."""


@dataclass
class Differences:
    """What does not agree between two manifests, by name of file."""

    differing: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.differing or self.missing or self.new)

    def lines(self) -> list[str]:
        """Return a line for each file, what is the matter first."""
        found = {"differs": self.differing, "missing": self.missing, "new": self.new}
        return [f"{word:<8} {name}" for word, names in found.items() for name in names]


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> Differences:
    """Return the files that differ, that are there no more, and that were not there."""
    return Differences(
        differing=sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
        missing=sorted(before.keys() - after.keys()),
        new=sorted(after.keys() - before.keys()),
    )


def normalise(content: bytes) -> bytes:
    """Return the content with the parts that may differ (`NORMAL`) put alike."""
    for pattern, instead in NORMAL:
        content = re.sub(pattern, instead, content)
    return content


def is_left_out(name: str) -> bool:
    """Return whether a file is not compared; `name` is its path in the folder of a state."""
    return any(fnmatch(f"/{name}", pattern) for pattern in LEFT_OUT)


def list_results(folder: Path, results: Iterable[str]) -> Manifest:
    """Return SHA-256 of all files below some folders of a state, as far as they are compared."""
    found: Manifest = {}
    for result in results:
        for path in sorted((folder / result).rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not is_left_out(name):
                found[name] = hashlib.sha256(normalise(path.read_bytes())).hexdigest()
    return found


def write_rows(table: Path) -> bytes:
    """Return the rows of a parquet file as NDJSON below a line with the columns and types.

    What else is in the file (compression, statistics, versions) is no part of what it says.
    """
    frame = pl.read_parquet(table)
    columns = json.dumps({name: str(kind) for name, kind in frame.schema.items()})
    return f"{columns}\n{frame.write_ndjson()}".encode()


def take_out_clock(workbook: Path) -> None:
    """Write a workbook anew without the time it was saved.

    The pages of the demo project name its workbooks by digest, so it does not help to leave the time out of what
    is compared: it must be gone before anything is made of them.
    """
    with ZipFile(workbook) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(workbook, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = ZipInfo(name)  # dated 1 January 1980
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(
                entry, re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            )


def describe_makers() -> dict[str, str]:
    """Return what all results also depend on: Python, and the installed packages but hpedu."""
    installed = {f"{one.name}=={one.version}" for one in distributions() if one.name != "hpedu"}
    return {"python": platform.python_version(), "packages": _digest(sorted(installed))}


def describe_question(part: str) -> str:
    """Return a digest of what is built of a part and how it is compared."""
    return _digest((PARTS[part], SAMPLES, LEFT_OUT, NORMAL))


def _digest(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()


class State:
    """One state of the project, exported, installed and built in `build/same/NAME`.

    Parameters
    ----------
    name
        The commit, or `NOW` for the working tree.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = PLACE / name
        self._environment = self._make_environment()
        self._record = PLACE / f"{name}.json"
        self._makers = describe_makers()
        self._parts: dict[str, Manifest] = {}
        self._is_set_up = False  # whether it is exported and installed

    def build(self, wanted: Sequence[str]) -> Manifest:
        """Return the files of the wanted parts. A commit's are kept; the working tree's are always built anew."""
        self._recall()
        if not self._is_set_up:
            self._set_up()
            self._keep()
        for part in wanted:
            if part not in self._parts:
                self._parts[part] = self._build_part(part)
                self._keep()
        return {name: digest for part in wanted for name, digest in self._parts[part].items()}

    def _recall(self) -> None:
        if self.name == NOW or not self.folder.exists() or not self._record.exists():
            return
        kept = json.loads(self._record.read_text(encoding="utf-8"))
        if kept["makers"] != self._makers:
            self._say("kept from before, but made with other versions: built anew")
            return
        asked = {name: describe_question(name) for name in PARTS}
        self._parts = {
            name: one["files"] for name, one in kept["parts"].items() if one["asked"] == asked.get(name)
        }
        self._is_set_up = True
        self._say(f"kept from before: {', '.join(self._parts) or 'what is installed'}")

    def _keep(self) -> None:
        parts = {name: {"asked": describe_question(name), "files": files} for name, files in self._parts.items()}
        text = json.dumps({"makers": self._makers, "parts": parts}, indent=1, sort_keys=True)
        self._record.write_text(f"{text}\n", encoding="utf-8")

    def _set_up(self) -> None:
        """Export the state and install it. The record goes first: without it, half a state counts for nothing."""
        self._record.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        project, lib = self.folder / "project", self.folder / "lib"
        project.mkdir(parents=True)
        with self._timed("exported and installed"):
            if self.name == NOW:
                copy_working_tree(project)
            else:
                export_commit(self.name, project)
            install(project, lib)
            found = self._python("import hpedu; print(hpedu.__file__)", cwd=project)
            if found.returncode or not Path(found.stdout.strip()).is_relative_to(lib):
                raise StepFailed(f"not what is installed in {lib} would be run: {found.stdout}{found.stderr}")
        for name, text in SAMPLES.items():
            sample = project / "samples" / name
            sample.parent.mkdir(exist_ok=True)
            sample.write_text(text, encoding="utf-8")
        self._is_set_up = True

    def _build_part(self, name: str) -> Manifest:
        part = PARTS[name]
        for result in part.results:  # what an interrupted build has left
            shutil.rmtree(self.folder / result, ignore_errors=True)
        if name == "pdf":
            made = shutil.ignore_patterns("reports", "build")
            shutil.copytree(self.folder / "project", self.folder / "printed", ignore=made, dirs_exist_ok=True)
        if name == "commands":
            (self.folder / "project/forms").mkdir()
            # The commands run at once, and none of them shall have to make the tables.
            self._run(Step((*REPORT_ALL, "--list")), name)
        with ThreadPoolExecutor(os.cpu_count() if part.at_once else 1) as pool:
            going = [pool.submit(self._run, step, name) for step in part.steps]
            for one in going:
                if one.exception():
                    pool.shutdown(cancel_futures=True)
                one.result()
        for result in part.results:
            if result.startswith("tables/"):
                self._write_tables(result.removeprefix("tables/"))
        return list_results(self.folder, part.results)

    def _run(self, step: Step, part: str) -> None:
        with self._timed(f"{part}: hpedu {' '.join(step.words)}"):
            done = self._python(RUN, *step.words, cwd=self.folder / step.home)
        for workbook in self.folder.glob(step.dated) if step.dated else ():
            take_out_clock(workbook)
        if not step.name:
            if done.returncode:
                raise StepFailed(
                    f"hpedu {' '.join(step.words)} in {self.folder / step.home}\n{done.stdout}{done.stderr}"
                )
            return
        told = f"status {done.returncode}\n{done.stdout}--- errors\n{done.stderr}".replace(str(self.folder), "…")
        place = self.folder / "output" / part / f"{step.name}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(told, encoding="utf-8")

    def _write_tables(self, home: str) -> None:
        target = self.folder / "tables" / home
        target.mkdir(parents=True, exist_ok=True)
        for table in sorted((self.folder / home / "data/processed").rglob("*.parquet")):
            (target / f"{table.stem}.ndjson").write_bytes(write_rows(table))

    def _make_environment(self) -> dict[str, str]:
        """Return an environment in which this state's code is found first, and that speaks no language of ours."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HPEDU_", "LC_", "LANG"))
        }
        return kept | {
            "PYTHONPATH": str(self.folder / "lib"),
            "PYTHONSAFEPATH": "1",  # not the package in the folder we run in: what is installed
            "PYTHONUTF8": "1",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
        }

    def _python(self, code: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def _say(self, text: str) -> None:
        print(f"{self.name[:12]:<12}  {text}", flush=True)

    def _timed(self, text: str) -> _Timed:
        return _Timed(lambda seconds: self._say(f"{seconds:6.1f} s  {text}"))


class _Timed:
    """Tells how long something took, once it has gone well."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._tell(time.perf_counter() - self._started)


def git(*words: str) -> bytes:
    """Return what git prints."""
    return subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def find_commit(name: str) -> str:
    """Return the full name of a commit."""
    try:
        return git("rev-parse", "--verify", f"{name}^{{commit}}").decode().strip()
    except subprocess.CalledProcessError as error:
        raise argparse.ArgumentTypeError(f"git knows no commit {name}") from error


def export_commit(commit: str, target: Path) -> None:
    """Write the files of a commit into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit))) as archive:
        archive.extractall(target, filter="data")


def copy_working_tree(target: Path) -> None:
    """Copy all files git knows, as they are now, and new ones that would come into it."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0")
    for name in filter(None, names):
        source = ROOT / name
        if source.is_file():  # a file that was deleted is still in git's list
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def install(project: Path, lib: Path) -> None:
    """Install the package with its entry points (exporter of pages, warm kernels) into a folder."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--no-build-isolation", "--target", str(lib), str(project)],
        env=os.environ | {"PIP_NO_INDEX": "1"},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepFailed(f"pip could not install {project}\n{done.stderr}")


def read_lines(path: Path) -> list[str]:
    """Return a file as lines that can be compared by eye: of a workbook all its sheets, of a page a line a tag."""
    if is_zipfile(path):
        with ZipFile(path) as archive:
            texts = [f"[{name}]\n" + archive.read(name).decode(errors="replace") for name in archive.namelist()]
    else:
        texts = [normalise(path.read_bytes()).decode(errors="replace")]
    return [line for text in texts for line in text.replace("><", ">\n<").splitlines()]


def show(name: str, before: Path, after: Path) -> None:
    """Print where the two copies of a file lie, and the first lines in which they differ."""
    copies = [before / name, after / name]
    for copy in copies:
        print(copy if copy.exists() else f"{copy} (not there)")
    if all(copy.exists() for copy in copies):
        old, new = (read_lines(copy) for copy in copies)
        found = difflib.unified_diff(old, new, str(copies[0]), str(copies[1]), lineterm="", n=1)
        print(*islice(found, SHOWN), sep="\n")


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(prog="python -m tests.same", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--since",
        type=find_commit,
        default=os.environ.get("SINCE", "HEAD"),
        metavar="REF",
        help="the commit to compare with (default: that of the variable SINCE, else HEAD)",
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; repeatable")
    parser.add_argument("--pdf", action="store_true", help="printed pages too: needs Chromium, takes minutes")
    parser.add_argument(
        "--show", metavar="NAME", help="build nothing: where both copies of a file lie, and a diff"
    )
    return parser.parse_args(words)


def compare_states(commit: str, wanted: Sequence[str]) -> int:
    """Build both states, tell what differs, and return the status to end with."""
    before, after = State(commit), State(NOW)
    started = time.perf_counter()
    old = before.build(wanted)
    between = time.perf_counter()
    new = after.build(wanted)
    print(f"{commit[:12]} took {between - started:.0f} s, the working tree {time.perf_counter() - between:.0f} s.")
    found = compare(old, new)
    if not found:
        print(f"The same: {len(old)} files ({', '.join(wanted)}).")
        return 0
    print(*found.lines(), sep="\n")
    print(f"{len(found.lines())} of {len(old)} files. Both copies: {before.folder}/NAME and {after.folder}/NAME")
    print(f"To see one: python -m tests.same --since {commit[:12]} --show NAME")
    return 1


def main() -> int:
    """Do what was asked, and return the status to end with: 2 if a state cannot be built."""
    asked = read_arguments()
    if asked.show:
        show(asked.show, State(asked.since).folder, State(NOW).folder)
        return 0
    try:
        return compare_states(asked.since, [*(asked.only or WITHOUT_OPTION), *(["pdf"] if asked.pdf else [])])
    except StepFailed as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
