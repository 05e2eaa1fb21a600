"""Branching processes against their exact laws, and draw by draw against
SciPy's distribution functions."""

import numpy as np
import pytest
from scipy import special, stats

import branching_ctypes as lib
import limen_ctypes as limen
from branching_laws import chi_square_p, durations_p, sizes_p

STREAM = 10
OFFSPRING = [0, 2, 7]  # Poisson, binomial


def test_the_laws_are_the_published_numbers():
    # SCIENCE: m = 1
    sizes = [lib.size_law(s, 1.0, 0) for s in range(1, 6)]
    np.testing.assert_allclose(sizes, [.36788, .13534, .07468, .04884, .03509],
                               atol=5e-6)
    cdf = lib.duration_law(10_001, 1.0)
    np.testing.assert_allclose(np.diff(cdf[:5], prepend=0),
                               [.36788, .16358, .09445, .06200, .04400],
                               atol=5e-6)
    for t, scaled in ((10, 1.582), (100, 1.935), (1000, 1.992),
                      (10_000, 1.999)):
        assert abs(t * (1 - cdf[t - 1]) - scaled) < 0.001


@pytest.mark.parametrize("m", [0.4, 1.0])
@pytest.mark.parametrize("offspring_max", OFFSPRING)
def test_the_size_law_is_its_definition(m, offspring_max):
    s = np.arange(1, 300)
    if offspring_max == 0:
        law = np.exp((s - 1) * np.log(m * s) - m * s - special.gammaln(s + 1))
    else:
        law = stats.binom.pmf(s - 1, offspring_max * s, m / offspring_max) / s
    np.testing.assert_allclose(
        [lib.size_law(int(k), m, offspring_max) for k in s], law, rtol=1e-9)
    assert m == 1 or np.isclose(law.sum(), 1, atol=1e-6)


@pytest.mark.parametrize("m", [0.5, 1.0])
@pytest.mark.parametrize("offspring_max", OFFSPRING)
def test_avalanches_follow_the_exact_laws(m, offspring_max):
    size, duration = lib.avalanches(m, 200_000, offspring_max, seed=3)
    assert sizes_p(size, m, offspring_max, 300) > 1e-3
    assert durations_p(duration, m, offspring_max, 100) > 1e-3


def test_an_avalanche_that_is_too_large_or_long_is_stopped():
    size, duration = lib.avalanches(2.0, 2000, size_max=100, seed=1)
    whole = size < 100
    assert 0.1 < whole.mean() < 0.3  # extinct: f = exp(2 (f - 1)) = 0.203
    assert size.max() < 100 * 64
    size, duration = lib.avalanches(2.0, 100, size_max=1, seed=1)
    assert (size == 1).all() and (duration == 1).all()
    _, duration = lib.avalanches(1.0, 2000, duration_max=7, seed=1)
    assert duration.max() == 7
    cdf = lib.duration_law(7, 1.0)
    assert abs(np.mean(duration == 7) - (1 - cdf[5])) < 0.03


def poisson_draw(mean, u):
    """The least k with u / 2^64 < P(X <= k)."""
    k = int(stats.poisson.ppf(u / 2 ** 64, mean))
    for value in range(max(k - 2, 0), k + 3):
        if u / 2 ** 64 < stats.poisson.cdf(value, mean):
            return value


def binomial_draw(n, p, u):
    for value in range(n + 1):
        if u / 2 ** 64 < stats.binom.cdf(value, n, p) or value == n:
            return value


class Draws:
    def __init__(self, seed, key, step):
        self.at = seed, STREAM, key, step
        self.next = 0

    def __call__(self):
        low, high = (limen._lib.limen_draw(*self.at, 2 * self.next + k)
                     for k in range(2))
        self.next += 1
        return high << 32 | low


def dumb_sum(copies, draw):
    """draw(c) of c at once: 1024s first, then the bits from the lowest."""
    total = 0
    for _ in range(copies // 1024):
        total += draw(1024)
    for j in range(10):
        if copies >> j & 1:
            total += draw(1 << j)
    return total


@pytest.mark.parametrize("offspring_max,sampled",
                         [(0, 1.0), (0, 0.3), (3, 0.3)])
def test_every_draw_is_the_inverse_of_the_distribution(offspring_max, sampled):
    m, drive, seed, trials, steps = 0.9, 130.5, 9, 2, 4
    got = lib.simulate(m, drive, steps, trials, offspring_max, sampled, seed,
                       burn_in=2, start=1500)
    for trial in range(trials):
        units = 1500
        for t in range(steps + 2):
            draws = Draws(seed, trial, t)
            born = poisson_draw(drive, draws())
            if offspring_max == 0:
                born += dumb_sum(units, lambda c: poisson_draw(c * m, draws()))
            else:
                born += dumb_sum(units, lambda c: binomial_draw(
                    c * offspring_max, m / offspring_max, draws()))
            units = born
            if sampled == 1.0:
                seen = units
            else:
                seen = dumb_sum(units, lambda c: binomial_draw(c, sampled,
                                                               draws()))
            if t >= 2:
                assert got[trial, t - 2] == seen


@pytest.mark.parametrize("drive", [0.02, 3.7, 700.0])
def test_arrivals_without_offspring_are_poisson(drive):
    a = lib.simulate(0.0, drive, 100_000, seed=4)[0].astype(int)
    k = np.arange(a.max() + 1)
    expected = len(a) * stats.poisson.pmf(k, drive)
    expected[-1] += len(a) * stats.poisson.sf(k[-1], drive)
    assert chi_square_p(np.bincount(a), expected) > 1e-3


def test_seen_units_are_binomial():
    # m = 0: each step has its arrivals only; thinned Poisson is Poisson
    a = lib.simulate(0.0, 50.0, 50_000, sampled=0.1, seed=5)[0].astype(int)
    k = np.arange(a.max() + 1)
    expected = len(a) * stats.poisson.pmf(k, 5.0)
    expected[-1] += len(a) * stats.poisson.sf(k[-1], 5.0)
    assert chi_square_p(np.bincount(a), expected) > 1e-3


@pytest.mark.parametrize("offspring_max,spread", [(0, 1.0), (2, 0.55)])
def test_the_stationary_mean_and_variance_are_those_of_theory(offspring_max,
                                                              spread):
    m, drive = 0.9, 10.0
    a = lib.simulate(m, drive, 20_000, trials=20, offspring_max=offspring_max,
                     seed=6, burn_in=200, start=100)
    assert abs(a.mean() - 100) < 1.5
    # var A = (variance of the offspring <A> + h) / (1 - m^2)
    variance = m * spread * 100 + drive
    assert abs(a.var() / (variance / (1 - m * m)) - 1) < 0.05


def test_threads_change_no_count():
    one, four = (lib.simulate(0.95, 5.0, 300, trials=9, seed=2, threads=k)
                 for k in (1, 4))
    np.testing.assert_array_equal(one, four)
    one, four = (lib.avalanches(1.0, 5000, seed=2, threads=k) for k in (1, 4))
    np.testing.assert_array_equal(one, four)
    one, four = (lib.response([0.1, 0.2, 1.0], 1.0, 100, 50, threads=k)
                 for k in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_the_fixed_point_of_the_mean_field_is_one():
    for m in (0.0, 0.5, 1.0, 1.7, 3.0):
        for drive in (0.0, 1e-9, 1e-4, 0.3, 4.0):
            f = lib.response_theory(m, drive)
            assert np.isclose(f, 1 - np.exp(-(m * f + drive)), rtol=1e-9,
                              atol=1e-14)
    assert lib.response_theory(1.0, 0.0) == lib.response_theory(0.4, 0.0) == 0
    assert lib.response_theory(2.0, 0.0) > 0.79  # not the zero that it also has


@pytest.mark.parametrize("m", [0.0, 0.8, 1.5])
def test_a_layer_responds_as_its_mean_field(m):
    drive = np.array([0.01, 0.2, 1.0, 3.0])
    got = lib.response(drive, m, 5000, 400, burn_in=50, seed=8)
    np.testing.assert_allclose(
        got, [lib.response_theory(m, h) for h in drive], rtol=0.03)


BAD = [("m: -1", dict(m=-1.0)), ("m: nan", dict(m=np.nan)),
       ("m: 65", dict(m=65.0)), ("offspring_max", dict(offspring_max=65)),
       ("offspring_max: 1", dict(m=1.5, offspring_max=1)),
       ("drive", dict(drive=-0.1)), ("drive", dict(drive=1e6)),
       ("sampled", dict(sampled=0.0)), ("sampled", dict(sampled=1.1)),
       ("beyond", dict(m=2.0, start=10))]


@pytest.mark.parametrize("sentence,options", BAD)
def test_what_cannot_be_simulated_gives_a_sentence(sentence, options):
    asked = dict(m=0.9, drive=1.0, steps=100) | options
    with pytest.raises(lib.LimenError, match=sentence):
        lib.simulate(**asked)


def test_avalanches_and_layers_refuse_too():
    with pytest.raises(lib.LimenError, match="size_max"):
        lib.avalanches(1.0, 10, size_max=0)
    with pytest.raises(lib.LimenError, match="duration_max"):
        lib.avalanches(1.0, 10, duration_max=0)
    with pytest.raises(lib.LimenError, match="drive: 17 .number 2."):
        lib.response([1.0, 17.0], 1.0, 10, 10)
    with pytest.raises(lib.LimenError, match="units"):
        lib.response([1.0], 1.0, 0, 10)
