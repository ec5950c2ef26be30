"""What a series' moves say of the next ones."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpedu.outlook.fit import (
    _grid,
    _measure_pull,
    drop_before_jump,
    least_step,
    median_of_others,
    pool_persistence,
    pool_variance,
)
from hpedu.outlook.method import METHOD

LONE = METHOD.stays_prior


def persistence(*moves: list[float], group: list[int] | None = None) -> list[float]:
    width = max(map(len, moves))
    rows = np.array([[np.nan] * (width - len(row)) + row for row in moves])
    groups = np.array(group or range(len(moves)))
    return pool_persistence(rows, np.ones(len(rows), bool), groups, METHOD).tolist()


class TestPersistence:
    def test_worked(self) -> None:
        """Moves 1, 1, -1: neighbours 1 and -1, sum 0 of squares 3: a random walk."""
        assert persistence([1.0, 1.0, -1.0]) == [pytest.approx(1)]
        # 3, -1: one pair, -3 of squares 10; times 2 moves a pair: r = -0.6, own share 1 - 1.2, not below 0.
        assert persistence([3.0, -1.0]) == [pytest.approx((1 * 0 + LONE * 1) / (1 + LONE))]

    def test_noise_stays_less_and_a_drift_more(self) -> None:
        noise, walk, drift = persistence([1.0, -1.0] * 5, [1.0, 1.0, -1.0, -1.0] * 2 + [1.0, 1.0], [1.0] * 10)
        assert METHOD.stays_range[0] <= noise < 0.3 < walk < drift <= METHOD.stays_range[1]

    def test_one_move_or_none_says_nothing(self) -> None:
        assert persistence([1.0], []) == [METHOD.stays, METHOD.stays]

    def test_a_short_series_learns_from_other_units(self) -> None:
        noise = [1.0, -1.0] * 5
        enough = METHOD.least_pool
        among = persistence([1.0, 1.0], *[noise] * enough, group=[0] * (enough + 1))[0]
        few = persistence([1.0, 1.0], *[noise] * (enough - 1), group=[0] * enough)[0]
        assert among < few == persistence([1.0, 1.0])[0]


def test_only_a_series_of_zeros_has_a_least_step() -> None:
    size, bounded = np.array([0.0, 0.0, 0.0, 5.0, 0.2]), np.array([False, True, False, False, False])
    found = least_step(size, bounded, np.array([0, 1, 2, 0, 2]))
    np.testing.assert_allclose(found, [1 / 6, 0, 0.2**2 / 6, 0, 0])
    # Other series of zeros do not make the unit smaller.
    zeros = least_step(np.array([0.0, 0.0, 0.0, 0.2]), np.zeros(4, bool), np.zeros(4, np.int64))
    np.testing.assert_allclose(zeros, [0.2**2 / 6] * 3 + [0])


def test_a_prior_variance_is_drawn_to_the_indicator_and_to_the_place() -> None:
    """Worked: the first series has one neighbour of its indicator and one of its place, the others less."""
    step, known = METHOD.level_step, np.ones(3, bool)
    relative = step * np.array([2.0, 3.0, 5.0])
    prior, worth = pool_variance(
        relative, known, np.full(3, step), np.array([0, 1, 0]), np.array([0, 0, 1]), METHOD
    )
    share, place = 1 / (1 + METHOD.indicator_prior), 1 / (1 + METHOD.place_prior)
    # Of the second, its place shows 2 against 5 ** share, which is usual for that indicator.
    wanted = [5**share * 3**place, (2 / 5**share) ** place, 2**share]
    np.testing.assert_allclose(prior, step * np.array(wanted))
    more = share * (METHOD.pooled_df - METHOD.prior_df)
    np.testing.assert_allclose(worth, METHOD.prior_df + np.array([more, 0, more]))


def test_figures_are_published_in_hundredths_unless_one_shows_more() -> None:
    assert _grid(np.array([[12.34, 0.5], [12.34, 0.1234], [np.nan, 12.0]])).tolist() == [1e-2, 1e-4, 1e-2]


@given(st.lists(st.tuples(st.floats(-9, 9), st.booleans(), st.integers(0, 3)), max_size=25))
def test_the_median_of_others_is_that(rows: list[tuple[float, bool, int]]) -> None:
    values, known, group = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    found, count = median_of_others(values, known.astype(bool), group.astype(np.int64))
    for place, (_, _, own) in enumerate(rows):
        rest = [v for other, (v, usable, g) in enumerate(rows) if g == own and usable and other != place]
        assert count[place] == len(rest)
        assert found[place] == pytest.approx(median(rest) if rest else 0)


def test_a_share_near_its_bound_is_drawn_less() -> None:
    """Worked: the median of the others is 50 of 100; a point at 10 means 0.9 * 0.1 / 0.25 of one in the middle."""
    level, bounds = np.array([10.0, 50.0, 50.0, 50.0]), np.full(4, 100.0)
    known, group = np.ones(4, bool), np.zeros(4, np.int64)
    method = replace(METHOD, least_company=3)
    pull = _measure_pull(level, np.zeros(4), bounds, known, group, method)
    np.testing.assert_allclose(pull, [40 * 0.09 / 0.25, 0, 0, 0])
    unbounded = _measure_pull(level, np.full(4, -np.inf), np.full(4, np.inf), known, group, method)
    np.testing.assert_allclose(unbounded, [40, 0, 0, 0])
    few = replace(method, least_company=4)
    assert not _measure_pull(level, np.zeros(4), bounds, known, group, few).any()


@pytest.mark.parametrize(
    ("last", "since", "jumped"),
    [
        ([25.9, 20.9], 0, False),  # a step of 4.9, one of 5: none is over five times the usual step of 1
        ([26.2, 21.4], 0, False),  # 5.2 up and 4.8 back: what lies behind does not confirm it
        ([21.0, 26.2], 0, True),  # the last step stays in doubt
        ([26.2, 27.0], 5, True),
    ],
)
def test_what_lies_before_a_confirmed_jump_is_dropped(last: list[float], since: int, jumped: bool) -> None:
    values = np.array([[21.0, 20.0, 21.0, 20.0, 21.0, *last]])
    kept, found = drop_before_jump(values, np.diff(values), np.zeros(1), METHOD)
    assert np.isnan(kept[0]).sum() == since and bool(found[0]) is jumped


def test_a_jump_at_the_first_step_leaves_what_follows() -> None:
    values = np.array([[0.10, 0.30, 0.305, 0.30, 0.305]])
    kept, found = drop_before_jump(values, np.diff(values), np.zeros(1), METHOD)
    assert np.isnan(kept[0]).tolist() == [True, False, False, False, False] and found[0]
