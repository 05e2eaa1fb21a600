"""Surrogates keep what their names say and lose the rest."""

import numpy as np
import pytest
from scipy import stats

import branching_ctypes as lib


def lag_one(x):
    return np.corrcoef(x[:-1], x[1:])[0, 1]


@pytest.fixture(scope="module")
def series():
    return lib.simulate(0.95, 5.0, 30_000, seed=1, burn_in=200, start=100)[0]


@pytest.fixture(scope="module")
def raster():
    rng = np.random.default_rng(2)
    slow = np.repeat(rng.random(40) < 0.5, 10)[:, None]
    rate = np.linspace(0, 1, 70) * (0.3 + 0.7 * slow)
    return (rng.random((400, 70)) < rate).astype(int)


def test_a_shuffle_keeps_the_numbers_and_loses_their_order(series):
    got = lib.surrogate(series, "shuffle")
    np.testing.assert_array_equal(np.sort(got), np.sort(series))
    assert lag_one(series) > 0.9 and abs(lag_one(got)) < 0.03


def test_every_order_of_a_shuffle_is_as_likely():
    orders = [tuple(lib.surrogate([1.0, 2.0, 3.0], "shuffle", seed=s))
              for s in range(3000)]
    counts = [orders.count(o) for o in set(orders)]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def test_poisson_counts_have_the_mean_alone(series):
    got = lib.surrogate(series, "poisson")
    assert abs(got.mean() / series.mean() - 1) < 0.01
    assert abs(got.var() / got.mean() - 1) < 0.05 and abs(lag_one(got)) < 0.03
    assert (lib.surrogate([0.0, 0.0], "poisson") == 0).all()


def test_ornstein_uhlenbeck_has_mean_variance_and_correlation(series):
    got = lib.surrogate(series, "ou")
    # a mean over 30000 / 39 independent values of one sd
    assert abs(got.mean() - series.mean()) < 5 * series.std() / 27
    assert abs(got.std() / series.std() - 1) < 0.1
    assert abs(lag_one(got) - 0.95) < 0.02
    assert stats.kurtosis(got) < 0.5


@pytest.mark.parametrize("time", [0.5, 10.0, 200.0])
def test_ornstein_uhlenbeck_is_its_definition(time):
    x = lib.ornstein_uhlenbeck(200_000, 20.0, 9.0, time, seed=3)
    f = np.exp(-1 / time)
    noise = (x[1:] - 20 - f * (x[:-1] - 20)) / (9 * np.sqrt(1 - f * f))
    assert abs(noise.mean()) < 0.01 and abs(noise.std() - 1) < 0.01
    assert abs(lag_one(noise)) < 0.01
    assert stats.kstest(noise[:20_000], "norm").pvalue > 1e-3
    for k in (1, int(time) + 1):
        rho = np.corrcoef(x[:-k], x[k:])[0, 1]
        assert abs(rho - f ** k) < 0.02 + 0.1 * (time > 100)


def test_the_first_value_is_stationary_too():
    first = [lib.ornstein_uhlenbeck(1, 5.0, 2.0, 50.0, seed=s)[0]
             for s in range(2000)]
    assert abs(np.mean(first) - 5) < 0.2 and abs(np.std(first) - 2) < 0.15


@pytest.mark.parametrize("kind", list(lib.SERIES))
def test_a_seed_names_one_surrogate(series, kind):
    one, again, other = (lib.surrogate(series, kind, s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("kind,kept", [("shuffle", 0), ("shift", 0),
                                       ("units", 1)])
def test_counts_are_kept_along_one_axis(raster, kind, kept):
    got = lib.surrogate_raster(raster, kind, seed=4)
    np.testing.assert_array_equal(got.sum(axis=kept), raster.sum(axis=kept))
    assert (got.sum(axis=1 - kept) != raster.sum(axis=1 - kept)).any()


def test_a_shift_turns_each_unit_in_a_circle(raster):
    got = lib.surrogate_raster(raster, "shift", seed=5)
    by = []
    for i in range(1, 69):
        turned = [k for k in range(400)
                  if (np.roll(raster[:, i], k) == got[:, i]).all()]
        assert turned
        by.append(turned[0])
    assert len(set(by)) > 40


def test_rates_are_kept_on_average(raster):
    got = np.mean([lib.surrogate_raster(raster, "rate", seed=s)
                   for s in range(50)], axis=(0, 1))
    np.testing.assert_allclose(got, raster.mean(axis=0), atol=0.02)
    assert got[0] == raster[:, 0].mean() == 0


@pytest.mark.parametrize("kind", ["shuffle", "rate", "shift"])
def test_units_become_independent(raster, kind):
    assert lib.raster_correlation(raster).mean > 0.1
    got = lib.surrogate_raster(raster, kind, seed=6)
    assert abs(lib.raster_correlation(got).mean) < 0.02


@pytest.mark.parametrize("kind", ["shuffle", "units"])
def test_every_place_is_as_likely(kind):
    raster = np.zeros((6, 6), int)
    raster[0, 0] = raster[1, 1] = raster[2, 0] = raster[0, 2] = 1
    seen = sum(lib.surrogate_raster(raster, kind, seed=s)
               for s in range(6000))
    axis = 0 if kind == "shuffle" else 1
    for k in np.flatnonzero(raster.sum(axis=axis)):
        row = np.take(seen, k, axis=1 - axis)
        assert stats.chisquare(row).pvalue > 1e-4


def test_a_shuffled_process_has_no_branching_ratio(series):
    with pytest.raises(lib.LimenError, match="not correlated"):
        lib.ratio(lib.surrogate(series, "shuffle", seed=1))
    # but the null model that imitates it has one
    got = lib.ratio(lib.surrogate(series, "ou"), resamples=0)[0]
    assert abs(got.fit.m - 0.95) < 0.02


@pytest.mark.parametrize("x,kind,sentence", [
    ([], "shuffle", "steps"), ([1.0, np.nan], "shuffle", "step 2"),
    ([-1.0, -2.0], "poisson", "mean -1.5"), ([1e6], "poisson", "mean"),
    ([3.0, 3.0, 3.0], "ou", "does not vary")])
def test_what_has_no_surrogate_gives_a_sentence(x, kind, sentence):
    with pytest.raises(lib.LimenError, match=sentence):
        lib.surrogate(x, kind)
