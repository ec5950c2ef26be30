"""The examples for other schedulers can be read by Python, and name what there is."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_uses_names_that_exist(example: str) -> None:
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    imports = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.ImportFrom)]
    own = [node for node in imports if (node.module or "").startswith("hpedu")]
    assert own
    for node in own:
        assert all(hasattr(import_module(node.module or ""), alias.name) for alias in node.names)
