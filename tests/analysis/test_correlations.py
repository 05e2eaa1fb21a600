"""Fano factor, susceptibility, pairwise correlation, entropy rate and dynamic
range against their definitions."""

import collections
import math

import numpy as np
import pytest

import branching_ctypes as lib


def raster_of(seed, steps, n, rate=0.3):
    return (np.random.default_rng(seed).random((steps, n)) < rate).astype(int)


@pytest.mark.parametrize("window", [1, 7, 50])
def test_the_fano_factor_is_variance_over_mean_of_windows(window):
    x = np.random.default_rng(1).poisson(3, 120) * 2.5
    sums = [sum(x[k * window:(k + 1) * window])
            for k in range(len(x) // window)]
    assert np.isclose(lib.fano(x, window), np.var(sums) / np.mean(sums))


def test_the_fano_factor_of_poisson_counts_is_one():
    x = lib.simulate(0.0, 20.0, 100_000)[0]
    assert abs(lib.fano(x) - 1) < 0.02 and abs(lib.fano(x, 100) - 1) < 0.15


def test_susceptibility_is_its_definition_and_that_of_independent_units():
    raster = raster_of(2, 4000, 200, rate=0.2)
    a = raster.mean(axis=1)
    chi, relative = lib.susceptibility(a, 200)
    assert np.isclose(chi, 200 * a.var())
    assert np.isclose(relative, chi / a.mean())
    assert abs(chi - 0.2 * 0.8) < 0.02


@pytest.mark.parametrize("steps,n", [(2, 2), (63, 5), (64, 64), (65, 70),
                                     (1000, 130)])
def test_pairwise_correlation_is_that_of_numpy(steps, n):
    raster = raster_of(3, steps, n)
    raster[:, ::9] = 0
    raster[:, 1::17] = 1
    raster[:, -2:] = [[0, 0]] + [[1, 1]] * (steps - 1)
    varies = raster.min(axis=0) != raster.max(axis=0)
    rho = np.atleast_2d(np.corrcoef(raster[:, varies].T))
    pairs = rho[np.triu_indices(len(rho), 1)]
    got = lib.raster_correlation(raster)
    assert got.units == varies.sum() and got.pairs == len(pairs)
    assert np.isclose(got.mean, pairs.mean(), atol=1e-14)
    assert np.isclose(got.sd, pairs.std(), atol=1e-7)
    assert np.isclose(got.mean_magnitude, np.abs(pairs).mean())


def words_entropy(words):
    counts = collections.Counter(words)
    total = len(words)
    plug_in = -sum(k / total * math.log2(k / total) for k in counts.values())
    return plug_in, (len(counts) - 1) / (2 * math.log(2) * total)


def dumb_rate(x, k):
    long_words = [tuple(x[t:t + k]) for t in range(len(x) - k + 1)]
    longer, more = words_entropy(long_words)
    before, less = words_entropy([w[:-1] for w in long_words])
    return longer - before, longer + more - before - less


@pytest.mark.parametrize("alphabet,order", [(2, 1), (2, 4), (3, 2), (5, 0)])
def test_the_entropy_rate_is_its_definition(alphabet, order):
    x = np.random.default_rng(4).integers(0, alphabet, 700)
    x[1::3] = x[::3][:len(x[1::3])]
    got = lib.entropy_rate(x, alphabet, order)
    most = max(k for k in range(1, 25) if 8 * alphabet ** k <= len(x))
    assert got.order == (min(order, most) if order else most)
    plug_in, rate = dumb_rate(x.tolist(), got.order)
    assert np.isclose(got.plug_in, plug_in)
    assert np.isclose(got.rate, min(rate, math.log2(alphabet)))
    assert np.isclose(got.single, min(sum(words_entropy(x.tolist())),
                                      math.log2(alphabet)))


def test_the_entropy_rate_of_a_markov_chain_is_found():
    # stays with probability 0.9: h = H(0.9) = 0.469 bits, H_1 = 1
    flips = np.random.default_rng(5).random(50_000) < 0.1
    x = np.cumsum(flips) % 2
    got = lib.entropy_rate(x, 2)
    h = -0.9 * math.log2(0.9) - 0.1 * math.log2(0.1)
    assert abs(got.rate - h) < 0.01 and abs(got.single - 1) < 0.01
    # the correction takes away most of the bias
    few = [lib.entropy_rate(x[k:k + 300], 2) for k in range(0, 48_000, 300)]
    bias = abs(np.mean([r.rate for r in few]) - h)
    assert bias < 0.5 * abs(np.mean([r.plug_in for r in few]) - h)


def test_a_periodic_series_has_no_entropy_rate():
    assert lib.entropy_rate(np.arange(600) % 2, 2).plug_in < 1e-12
    assert lib.entropy_rate(np.zeros(600), 2).rate == 0


def test_the_entropy_of_a_raster_is_the_mean_of_its_units():
    raster = raster_of(6, 300, 67)
    raster[:, 3] = 0
    got = lib.raster_entropy(raster)
    units = [lib.entropy_rate(raster[:, i], 2) for i in range(67)]
    for name in ("rate", "plug_in", "single"):
        assert np.isclose(getattr(got, name),
                          np.mean([getattr(u, name) for u in units]))
    assert got.order == units[0].order and units[3].rate == 0


def test_dynamic_range_is_its_definition_on_a_fine_curve():
    h = np.logspace(-5, 1, 2001)
    f = h / (h + 0.01)
    got = lib.dynamic_range(h, f, rest=0.0)
    top = f.max()

    def inverse(level):
        return 0.01 * level / (1 - level)

    assert np.isclose(got.low, inverse(0.1 * top), rtol=1e-3)
    assert np.isclose(got.high, inverse(0.9 * top), rtol=1e-3)
    assert np.isclose(got.decibel,
                      10 * math.log10(got.high / got.low), rtol=1e-12)


def test_dynamic_range_joins_points_in_the_logarithm():
    got = lib.dynamic_range([1, 10, 100], [0, 0.5, 1.0])
    assert np.isclose(got.low, 10 ** 0.2) and np.isclose(got.high, 10 ** 1.8)
    assert np.isclose(got.decibel, 16)


def test_dynamic_range_is_largest_at_the_critical_point():
    h = np.logspace(-6, 1, 200)
    delta = {m: lib.dynamic_range(
        h, [lib.response_theory(m, x) for x in h],
        rest=lib.response_theory(m, 0.0)).decibel
        for m in (0.5, 0.8, 1.0, 1.2, 1.5)}
    assert max(delta, key=delta.get) == 1.0


def test_the_slope_of_a_power_law_is_its_exponent():
    x = np.logspace(-3, 3, 50)
    y = 7 * x ** -1.5
    assert np.isclose(lib.log_slope(x, y), -1.5)
    y[x > 1] = 1.0
    y[4] = 0.0  # has no logarithm
    assert np.isclose(lib.log_slope(x, y, high=1.0), -1.5)
    assert np.isnan(lib.log_slope(x, y, low=1e4))
    assert np.isnan(lib.log_slope(x, np.zeros(50)))


ZERO = np.zeros(20)
CALLS = [
    (lib.fano, (ZERO,), "mean is 0"),
    (lib.fano, (ZERO, 11), "do not fit twice"),
    (lib.fano, (ZERO, 0), "window"),
    (lib.fano, (ZERO + np.inf,), "Fano"),
    (lib.susceptibility, (ZERO, 5), "silent"),
    (lib.susceptibility, (ZERO + 1, 5), "same number"),
    (lib.susceptibility, (ZERO[:1], 5), "2 steps"),
    (lib.raster_correlation, (np.zeros((9, 4), int),), "0 units are neither"),
    (lib.raster_correlation, (np.eye(9, 1, dtype=int),), "2 of both"),
    (lib.entropy_rate, (ZERO[:15], 2), "too few"),
    (lib.entropy_rate, (ZERO, 1), "alphabet"),
    (lib.entropy_rate, (ZERO + 3, 2), "symbol 3 of step 1"),
    (lib.raster_entropy, (np.zeros((15, 4), int),), "too few"),
    (lib.dynamic_range, ([1, 2], [0, 1]), "too few"),
    (lib.dynamic_range, ([1, 2, 2], [0, 1, 2]), "point 3"),
    (lib.dynamic_range, ([0, 1, 2], [0, 1, 2]), "point 1"),
    (lib.dynamic_range, ([1, 2, 3], [0, np.nan, 2]), "point 2"),
    (lib.dynamic_range, ([1, 2, 3], [4, 4, 4]), "never above"),
    (lib.dynamic_range, ([1, 2, 3], [4, 5, 6], 0.0), "already past"),
]


@pytest.mark.parametrize("call,arguments,sentence", CALLS)
def test_what_has_no_value_gives_a_sentence(call, arguments, sentence):
    with pytest.raises(lib.LimenError, match=sentence):
        call(*arguments)
