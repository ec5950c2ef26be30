"""`make licences`: list the licence of every package that the lock files install, as the package itself states it.

Ends with an error where a licence is not known, or would bind those who pass hpedu on (GPL, LGPL, AGPL). What only
the tests need is passed on with nothing: there `TEST_ONLY` names what is allowed, and why.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Container, Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN_LOCK, TEST_LOCK = "requirements.lock", "requirements-test.lock"

TEST_ONLY = {
    "axe-playwright-python": "its metadata states nothing; the licence file beside it is MIT",
    "unidecode": "GPL-2.0-or-later, needed by vietnamadminunits, with which the tests compare our communes",
}

# The families of licences that may be used, by how packages write them; the first that fits counts.
FAMILIES = {
    "MPL-2.0": r"MPL|Mozilla Public",
    "Apache-2.0": r"Apache",
    "BSD": r"BSD",
    "MIT": r"\bMIT\b|\bMIT-",
    "ISC": r"\bISC\b",
    "PSF-2.0": r"PSF|Python Software Foundation",
    "Unlicense, CC0": r"Unlicense|CC0|Public Domain",
    "HPND, Zlib": r"HPND|Zlib|Historical Permission",
}
_BINDING = re.compile(r"GPL|General Public Licen|EUPL|SSPL|BUSL|Proprietary|Commercial", re.IGNORECASE)


def list_locked(lock: str) -> set[str]:
    """List the packages that a lock file names."""
    return set(re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def read_licence(package: Distribution) -> str:
    """Return what the metadata of a package says of its licence: the expression, else classifiers, else a text."""
    fields = package.metadata
    classified = [line for line in fields.get_all("Classifier") or [] if line.startswith("License ::")]
    short = (fields.get("License") or "").strip().split("\n")[0]
    spelt = ", ".join(line.split(" :: ")[-1] for line in classified if line.count(" :: ") > 1)
    return fields.get("License-Expression") or spelt or short


def find_family(licence: str) -> str:
    """Return the family of a licence; "" if it is not known or binds. Of licences to choose from one is enough."""
    for choice in re.split(r"\bOR\b", licence):
        known = next((name for name, words in FAMILIES.items() if re.search(words, choice)), "")
        if known and not _BINDING.search(choice):
            return known
    return ""


def tabulate(packages: Iterable[str], excused: Container[str]) -> tuple[list[str], list[str]]:
    """Return a line for each package, and the packages whose licence does not do."""
    lines, wrong = [], []
    families: Counter[str] = Counter()
    for name in sorted(packages):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            # Needed on another system, or by an older Python.
            families["not installed here"] += 1
            lines.append(f"{name:32} not installed here")
            continue
        licence = read_licence(package)
        family = find_family(licence) or ("tests only" if name in excused else "?")
        families[family] += 1
        lines.append(f"{name:32} {package.version:16} {family:16} {licence[:60] or TEST_ONLY.get(name, '')}")
        wrong += [f"{name}: {licence or 'nothing stated'}"] if family == "?" else []
    return [*lines, ", ".join(f"{count} {name}" for name, count in families.most_common())], wrong


def main() -> None:
    run, test = list_locked(RUN_LOCK), list_locked(TEST_LOCK)
    failed = []
    for head, packages, excused in (("hpedu needs", run, {}), ("its tests need as well", test - run, TEST_ONLY)):
        lines, wrong = tabulate(packages, excused)
        print(f"\n{head}:", *lines, sep="\n")
        failed += wrong
    if failed:
        sys.exit("\n".join(["licences that are not known, or bind:", *failed]))


if __name__ == "__main__":
    main()
