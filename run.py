"""Run the commands of the project on any system: `python run.py report` takes a fresh machine to finished reports.

Only Python is needed. What has to be installed goes into `.venv`, once, and again when a lock file changes. `make`
calls this. To add a command, add a row to `TASKS`, its text (`run_COMMAND`) to hpedu/texts/command.toml, and its
name to the Makefile.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
OLDEST = (3, 11)

# Stamps record what is installed: the packages hpedu needs, or also those of the tests.
RUN, TEST = "run.stamp", "test.stamp"
STAMPS = {
    RUN: ("requirements.lock", ("pyproject.toml", "setup.py")),
    TEST: ("requirements-test.lock", (".venv/run.stamp",)),
}
UV_COMPILE = [
    *("uv", "pip", "compile", "pyproject.toml", "build/build-system.txt", "--universal"),
    *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
]

# A file that `hpedu ingest` cannot read is named by it; the reports are made without its figures, and say so.
INGEST, INCOMPLETE = ["-m", "hpedu", "ingest"], 3


@dataclass(frozen=True)
class Task:
    """A command: what has to be installed, what goes before it, and what the Python of `.venv` runs."""

    stamp: str = ""
    first: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


TASKS = {
    "report": Task(RUN, modules=("hpedu ingest", "hpedu report")),
    "test": Task(TEST, first=("browser", "lint", "unit", "notebooks")),
    "lab": Task(RUN, modules=("jupyterlab --LabApp.default_url=/lab/tree/notebooks/guided_tour.ipynb",)),
    "lint": Task(TEST, modules=("ruff check .", "ruff format --check .", "mypy", "mypy run.py")),
    "unit": Task(TEST, modules=("pytest --numprocesses auto --dist loadscope",)),
    # The notebooks are kept without outputs; nbval compares with executed copies (see tests/notebooks/refresh.py).
    "notebooks": Task(TEST, modules=("pytest --nbval-lax --nbval-current-env tests/notebooks",)),
    "refresh-notebooks": Task(TEST, modules=("tests.notebooks.refresh",)),
    "sentences": Task(TEST, modules=("tests.sentences",)),
    "same": Task(TEST, modules=("tests.same",)),
    "fuzz": Task(TEST, modules=("tests.fuzz",)),
    "mutate": Task(TEST, modules=("tests.mutation",)),
    "licences": Task(TEST, modules=("tests.licences",)),
    "docs": Task(TEST, modules=("mkdocs build --strict",)),
    "pictures": Task(TEST, modules=("tests.pictures",)),
    "bench": Task(TEST, modules=("tests.bench",)),
    "backtest": Task(TEST, modules=("tests.backtest",)),
    "install": Task(RUN),
    # These three are functions of their own, in `OWN`; so is what goes before JupyterLab.
    "browser": Task(),
    "lock": Task(),
    "clean": Task(),
}


def say(key: str, **values: object) -> str:
    """Say something in the language of the machine; `hpedu.texts` needs nothing that is not installed."""
    from hpedu.texts import choose_language
    from hpedu.texts import say as say_in

    return say_in(key, choose_language(os.environ), **values)


def tell(key: str, **values: object) -> None:
    """Print a text."""
    print(say(key, **values), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print a piece of a line at once."""
    print(text, end="", file=sys.stderr, flush=True)


def find_python(root: PurePath, *, windows: bool) -> PurePath:
    """Return where the Python of `.venv` is."""
    return root / ".venv" / ("Scripts/python.exe" if windows else "bin/python")


def list_commands(name: str, python: PurePath) -> list[list[str]]:
    """List what a task itself runs: modules, to which blanks in the path or another suffix make no difference."""
    return [[str(python), "-m", *module.split()] for module in TASKS[name].modules]


def is_current(stamp: Path, sources: Iterable[Path]) -> bool:
    """Return whether a stamp is there and younger than all the files it records."""
    return stamp.exists() and all(source.stat().st_mtime <= stamp.stat().st_mtime for source in sources)


def install(stamp: str, root: Path = ROOT) -> None:
    """Bring `.venv` up to what the lock files say. pip alone does it, so a machine needs nothing but Python."""
    if stamp == TEST:
        install(RUN, root)
    lock, others = STAMPS[stamp]
    done = root / ".venv" / stamp
    if is_current(done, [root / lock, *(root / other for other in others)]):
        return
    python = find_python(root, windows=WINDOWS)
    if not Path(python).exists():
        run([sys.executable, "-m", "venv", str(root / ".venv")])
    tell("run_installing", lock=lock)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    install_locked([*pip, "--require-hashes", "-r", lock], count_pins(root / lock))
    if stamp == RUN:
        run([*pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."])
    # Byte-compiling halves the time of later imports. A few files of other packages are no Python of today, so its
    # exit status says nothing.
    places = [str(root / ".venv" / ("Lib" if WINDOWS else "lib")), "hpedu"]
    subprocess.run([str(python), "-m", "compileall", "-q", "-q", "-j", "0", *places], cwd=root, check=False)
    done.touch()


def count_pins(lock: Path) -> int:
    """Count the pins of a lock file; a package has several where it depends on the system."""
    return len(re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE))


def install_locked(command: list[str], total: int) -> None:
    """Let pip install, and show how far it is; its warnings are seen as they are."""
    terminal = sys.stderr.isatty()
    count = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as pip:
        for line in pip.stdout or ():
            # One line of pip's for each pin: to be loaded, at hand, there already, or not for this system.
            at = re.match(r"(?:Collecting|Processing|Requirement already satisfied:|Ignoring) (\S+)", line)
            if at:
                count += 1
                name = re.split("[=<>!~;:]", PurePath(at[1]).name)[0]
                if terminal:
                    show(f"\r\033[K[{count}/{total}] {name}")
                elif count % 20 == 0:
                    show(f"[{count}/{total}] {name}\n")
            elif line.startswith("Installing collected packages"):
                show("\r\033[K" if terminal else "")
                tell("run_unpacking")
    # Where all was there already, the line of the last package is still open.
    show("\r\033[K" if terminal else "")
    if pip.returncode:
        tell("run_not_installed")
        raise SystemExit(pip.returncode)


def run(command: list[str]) -> None:
    """Run a command in the project, shown first; the first that fails ends it all with its status."""
    shown = ["python", *command[1:]] if Path(command[0]).stem.startswith("python") else command
    print(shlex.join(shown), file=sys.stderr, flush=True)
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status and not (status == INCOMPLETE and command[1:] == INGEST):
        raise SystemExit(status)


def require_browser() -> None:
    """Make sure of a real Chromium. Debian's is installed where we may; elsewhere one line says what to do."""
    from hpedu.present.page.pdf import can_print

    if can_print():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
        return
    tell("run_no_browser")
    raise SystemExit(1)


def strip_outputs(root: Path = ROOT) -> None:
    """Let git take notebooks without their outputs, whatever JupyterLab has saved; `.gitattributes` names them."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return
    python = find_python(root, windows=WINDOWS).as_posix()
    clean = f'"{python}" -m nbconvert --clear-output --to notebook --stdin --stdout --log-level=ERROR'
    for key, value in {"clean": clean, "smudge": "cat", "required": "false"}.items():
        subprocess.run(["git", "config", f"filter.notebook.{key}", value], cwd=root, check=True)


def rewrite_locks() -> None:
    """Rewrite both lock files from pyproject.toml; no index address is ever written."""
    if not shutil.which("uv"):
        tell("run_no_uv")
        raise SystemExit(1)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/build-system.txt").write_text("setuptools>=80\n", encoding="utf-8")
    run([*UV_COMPILE, "--extra", "lab", "--output-file", "requirements.lock"])
    more = (
        "--extra lab --extra docs --extra test --constraint requirements.lock --output-file requirements-test.lock"
    )
    run([*UV_COMPILE, *more.split()])


def clean(root: Path = ROOT) -> None:
    """Remove all that can be made again. The two folders of results stay, with what says what comes into them."""
    results = [path for name in ("data/processed", "reports") for path in (root / name).glob("*")]
    for path in (root / ".venv", root / "build", *(path for path in results if path.name != "README.md")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def perform(name: str) -> None:
    """Do a task: install, what goes first, and what it runs."""
    task = TASKS[name]
    if task.stamp:
        install(task.stamp)
    for one in task.first:
        perform(one)
    if name in OWN:
        OWN[name]()
    for command in list_commands(name, find_python(ROOT, windows=WINDOWS)):
        run(command)


OWN: dict[str, Callable[[], None]] = {
    "browser": require_browser,
    "lab": strip_outputs,
    "lock": rewrite_locks,
    "clean": clean,
}


def main(words: list[str]) -> None:
    """Perform the tasks named, or say which there are."""
    os.chdir(ROOT)
    unknown = [word for word in words if word not in TASKS]
    if unknown or not words:
        tell("run_tasks", lines="\n".join(f"  {name:18} {say('run_' + name)}" for name in TASKS))
        raise SystemExit(2 if unknown else 0)
    for word in words:
        perform(word)


if __name__ == "__main__":
    # An older Python cannot read the texts; this is the one sentence in code.
    if sys.version_info < OLDEST:
        sys.exit("hpedu cần Python 3.11 trở lên. / hpedu needs Python 3.11 or newer: python3.12 run.py report")
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
