"""Intervals, tests and corrections against SciPy and their definitions."""

import limen_ctypes as lib
import numpy as np
import pytest
from scipy import stats

RNG_SEED = 20


@pytest.mark.parametrize("n", [2, 3, 5, 10, 200])
def test_students_p_is_scipys(n):
    rng = np.random.default_rng(RNG_SEED)
    for scale in (0.01, 0.3, 1, 10, 1000):
        x = rng.normal(1, scale, n)
        t, p = stats.ttest_1samp(x, 0)
        assert lib.t_test(x) == pytest.approx((t, p), rel=1e-9)


def test_equal_values_are_no_evidence_at_zero_and_all_elsewhere():
    t, p = lib.t_test([0.0, 0.0, 0.0])
    assert np.isnan(t) and p == 1
    assert lib.t_test([0.1, 0.1, 0.1]) == (np.inf, 0)
    assert lib.t_test([-0.1, -0.1]) == (-np.inf, 0)
    assert lib.t_test([0.5])[1] == 1


def step_down(p):
    """Holm: the k-th smallest p times those not yet rejected, never falling."""
    adjusted = np.zeros(len(p))
    for k, one in enumerate(p):
        below = [q for j, q in enumerate(p) if q < one or (q == one and j <= k)]
        factors = [(len(p) - rank) * q for rank, q in
                   enumerate(sorted(below))]
        adjusted[k] = min(1, max(factors))
    return adjusted


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_holms_correction_is_its_definition(n):
    rng = np.random.default_rng(RNG_SEED)
    for _ in range(20):
        p = rng.random(n) ** 3
        p[rng.integers(n)] = p[0]  # a tie
        np.testing.assert_allclose(lib.holm(p), step_down(p), rtol=1e-12)
    assert list(lib.holm([0.01, 0.04, 0.03])) == pytest.approx(
        [0.03, 0.06, 0.06])


def studentised(x, level, rng, resamples=20000):
    """The interval by definition, with NumPy's own random numbers."""
    mean, se = x.mean(), x.std(ddof=1) / len(x) ** 0.5
    draws = x[rng.integers(0, len(x), (resamples, len(x)))]
    spread = draws.std(axis=1, ddof=1) / len(x) ** 0.5
    kept = spread > 1e-9 * se
    t = (draws.mean(axis=1)[kept] - mean) / spread[kept]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    return mean - high * se, mean - low * se


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_interval_is_the_studentised_bootstraps(level):
    rng = np.random.default_rng(RNG_SEED)
    for n in (8, 15, 40):
        x = rng.gamma(2, 1, n)
        mean, low, high = lib.bootstrap(x, level)
        assert mean == pytest.approx(x.mean())
        # both sides have some per cent of Monte Carlo error
        width = high - low
        expected = studentised(x, level, rng)
        assert (low, high) == pytest.approx(expected, abs=0.08 * width)


def test_few_or_equal_values_have_the_interval_they_can():
    assert np.isnan(lib.bootstrap([0.1, 0.2])[1:]).all()
    assert lib.bootstrap([0.25] * 5) == (0.25, 0.25, 0.25)
    # a mean that rounding moves off its values must not pass for a spread
    mean, low, high = lib.bootstrap([0.1, 0.1, 0.7])
    assert -100 < low <= mean <= high < 100


def test_the_interval_is_a_function_of_its_seed_and_moves_with_the_data():
    x = np.random.default_rng(RNG_SEED).normal(0.2, 1, 12)
    assert lib.bootstrap(x) == lib.bootstrap(x)
    assert lib.bootstrap(x, seed=2) != lib.bootstrap(x)
    np.testing.assert_allclose(lib.bootstrap(2 * x + 1),
                               2 * np.array(lib.bootstrap(x)) + 1, rtol=1e-9)
    assert lib.bootstrap(x, 0.5)[2] < lib.bootstrap(x, 0.99)[2]


SHAPES = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "skewed": lambda rng, n: rng.gamma(4, 1, n) - 4,  # skewness 1
    "difference": lambda rng, n: rng.gamma(4, 1, n) - rng.gamma(4, 1, n),
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [5, 10])
def test_intervals_cover_the_mean_in_95_of_100_cases(n, shape):
    rng = np.random.default_rng(RNG_SEED)
    cases = 4000  # a standard error of 0.35 points
    hits = 0
    for k in range(cases):
        _, low, high = lib.bootstrap(SHAPES[shape](rng, n), seed=k)
        hits += low <= 0 <= high
    assert 0.93 <= hits / cases <= 0.97
