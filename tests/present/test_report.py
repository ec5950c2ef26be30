"""A report says everything that is wrong with its parameters at once, in its own language."""

from __future__ import annotations

from typing import Any

import pytest

from hpedu import Report
from hpedu.errors import WrongParameters


def test_all_wrong_parameters_are_named_at_once() -> None:
    wrong: Any = {"territory": "hai_fong", "year": "2025", "language": "vi", "horizon": 20300}
    with pytest.raises(WrongParameters) as caught:
        Report("preshool", **wrong)
    said = str(caught.value)
    assert [word in said for word in ("preschool", "hai_phong", "year = '2025'", "horizon = 20300")] == [True] * 4
    assert "không phải là một năm" in said and "\n" not in said
