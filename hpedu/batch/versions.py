"""What must be the same on every machine that makes pages of one batch."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hpedu.errors import HpeduError, describe_error
from hpedu.files import digest_folders

LIBRARIES = (
    "altair", "ipykernel", "nbconvert", "numpy", "pandas", "papermill", "polars", "pydantic", "vl-convert-python",
)  # fmt: skip


class ClusterDiffers(HpeduError):
    """Machines of a cluster have other versions than this one: their pages would not be those of this machine."""

    def __init__(self, differences: list[str]) -> None:
        self.differences = differences
        self.lines = "\n".join(f"  - {difference}" for difference in differences)
        super().__init__(differences)


@cache
def describe_versions() -> dict[str, str]:
    """Versions of Python and the libraries, and a digest of hpedu's own code and registry."""
    own = digest_folders(Path(__file__).parents[1])[:12]
    return {"hpedu": own, "python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def compare_versions(here: Mapping[str, str], there: Mapping[str, Any]) -> list[str]:
    """Every difference, a line each: worker, what, its version and ours; or what a worker raised instead.

    A worker without hpedu raises as soon as it is asked.
    """
    differences = []
    for worker, found in there.items():
        if isinstance(found, BaseException):
            differences.append(f"{worker}: {describe_error(found)}")
            continue
        differences += [
            f"{worker}: {name} {found.get(name, '–')} ≠ {ours}"
            for name, ours in here.items()
            if found.get(name) != ours
        ]
    return differences
