"""The short form of the mutation test of figures, and that the test itself can fail."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from hpedu.registry import Registry
from tests.fuzz.figures import WRITERS, Mutant, describe, judge, judge_all, make_mutant
from tests.fuzz.tables import make_table

SEED, COUNT = 1, 400


@pytest.mark.parametrize("name", WRITERS)
def test_every_figure_of_an_unchanged_table_is_read(name: str, registry: Registry) -> None:
    table = make_table(Random(1))
    outcome = judge(Mutant(0, name, "none", "", table, WRITERS[name](table)), registry)
    assert outcome.wrong == ()
    assert (outcome.read, outcome.set_aside) == (len(table.rows) * len(table.columns), 0)


def test_a_number_makes_the_same_mutant() -> None:
    assert [make_mutant(7).done for _ in range(2)] == [make_mutant(7).done] * 2


@pytest.mark.parametrize("name", WRITERS)
def test_a_figure_that_is_not_the_table_s_is_found(name: str, registry: Registry) -> None:
    """The truth is changed here, as if a reader had read something else."""
    table = make_table(Random(1))
    mutant = Mutant(0, name, "none", "", table, WRITERS[name](table))
    table.columns[0] = replace(table.columns[0], year=2012)
    assert len(judge(mutant, registry).wrong) == len(table.rows)
    assert "expected none" in describe(judge(mutant, registry))


def test_no_mutant_has_a_figure_that_is_silently_wrong(registry: Registry) -> None:
    wrong = [describe(outcome) for outcome in judge_all(SEED, COUNT, registry) if outcome.wrong]
    assert not wrong, "\n".join(wrong)
