"""What `import hpedu` offers: the public names, each written once, and the command as a module."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import hpedu


def test_tab_shows_the_public_names_and_nothing_else() -> None:
    assert dir(hpedu) == hpedu.__all__ == sorted(set(hpedu.__all__))
    assert {"Report", "judge", "observations"} <= set(hpedu.__all__)


@pytest.mark.parametrize("name", hpedu.__all__)
def test_each_name_is_that_of_the_module_it_lives_in(name: str) -> None:
    found = getattr(hpedu, name)
    assert found.__name__ == name
    assert getattr(import_module(found.__module__), name) is found


def test_a_star_brings_the_public_names() -> None:
    brought: dict[str, object] = {}
    exec("from hpedu import *", brought)
    assert set(brought) - {"__builtins__"} == set(hpedu.__all__)


def test_a_name_that_is_not_there_is_missed() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hpedu.nothing  # type: ignore[attr-defined]


def test_the_command_is_a_module_too() -> None:
    done = subprocess.run([sys.executable, "-m", "hpedu", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"python -m hpedu {hpedu.__version__}"
