"""Our Student's t against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hpedu.outlook.student import t_cdf, t_quantile

DEGREES = np.array([1, 1.3, 1.7, 2, 2.6, 3.5, 4, 7, 12, 30, 60, 400])


def test_the_distribution_is_scipy_s() -> None:
    x = np.array([-np.inf, -300.0, -8.0, -2.5, -1.0, -1e-3, 0.0, 0.3, 1.0, 1.9, 5.0, 40.0, np.inf])
    ours = t_cdf(x[:, None], DEGREES)
    np.testing.assert_allclose(ours, stats.t.cdf(x[:, None], DEGREES), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("p", [0.025, 0.1, 0.4, 0.5, 0.75, 0.9, 0.975])
def test_the_quantile_is_scipy_s(p: float) -> None:
    np.testing.assert_allclose(t_quantile(p, DEGREES), stats.t.ppf(p, DEGREES), rtol=1e-8, atol=1e-9)


def test_a_quantile_does_not_hang_on_what_is_asked_for_with_it() -> None:
    """Else what is kept of one batch would differ in its last digit from what another makes."""
    degrees = 1 + 60 * np.random.default_rng(1).random(200)
    alone = [float(t_quantile(0.9, [one])[0]) for one in degrees]
    assert t_quantile(0.9, degrees).tolist() == alone
    assert t_cdf(np.full(200, 1.5), degrees).tolist() == [float(t_cdf(1.5, one)) for one in degrees]
