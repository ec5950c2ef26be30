"""What the documentation shows is run: examples that no longer work are found here."""

from __future__ import annotations

import re
from typing import Any

from tests.conftest import ROOT


def test_the_examples_of_the_outlook_work() -> None:
    page = (ROOT / "docs/outlook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
