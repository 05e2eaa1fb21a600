"""Multistep regression against its definition, SciPy and branching processes
simulated by NumPy."""

import numpy as np
import pytest
from scipy import optimize, stats

import branching_ctypes as lib


def process(rng, m, mean, steps, trials=1, sampled=1.0):
    a = np.full(trials, round(mean))
    out = np.empty((trials, steps))
    for t in range(-200, steps):
        a = rng.poisson(m * a + mean * (1 - m))
        out[:, max(t, 0)] = rng.binomial(a, sampled)
    return out


def dumb_coefficient(a, k, means):
    pairs = [(trial[:-k], trial[k:]) for trial in a]
    if means == "separated":
        return np.mean([np.mean((x - x.mean()) * (y - y.mean())) / x.var()
                        for x, y in pairs])
    mx = np.mean([x for x, _ in pairs])
    my = np.mean([y for _, y in pairs])
    return (sum(np.mean((x - mx) * (y - my)) for x, y in pairs) /
            sum(np.mean((x - mx) ** 2) for x, _ in pairs))


@pytest.mark.parametrize("means", ["separated", "stationary"])
@pytest.mark.parametrize("shape", [(1, 5), (1, 203), (4, 64), (30, 33)])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e4])
def test_coefficients_are_their_definition(means, shape, scale):
    a = np.random.default_rng(1).poisson(30, shape) * scale
    lags = shape[1] // 2
    r = lib.coefficients(a, lags, means)
    np.testing.assert_allclose(
        r, [dumb_coefficient(a, k, means) for k in range(1, lags + 1)],
        rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("means", ["separated", "stationary"])
def test_adding_a_number_changes_no_coefficient(means):
    a = process(np.random.default_rng(2), 0.8, 50, 500, trials=3)
    np.testing.assert_allclose(lib.coefficients(a + 1e5, 40, means),
                               lib.coefficients(a, 40, means), rtol=1e-9,
                               atol=1e-12)


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("tau", [0.7, 5.0, 60.0])
def test_the_fit_has_the_least_squares(offset, tau):
    rng = np.random.default_rng(3)
    k = np.arange(1, 101)
    r = 0.6 * np.exp(-k / tau) + 0.1 * offset + rng.normal(0, 0.01, 100)

    def curve(k, tau, b, *o):
        return b * np.exp(-k / tau) + (o[0] if o else 0)

    start = [tau, 0.6, 0.1] if offset else [tau, 0.6]
    best, _ = optimize.curve_fit(curve, k, r, start, ftol=1e-14, xtol=1e-14)
    got = lib.fit(r, offset)
    assert np.isclose(got.tau, best[0], rtol=1e-5)
    assert np.isclose(got.amplitude, best[1], rtol=1e-5)
    assert np.isclose(got.offset, best[2] if offset else 0, atol=1e-6)
    assert np.isclose(got.m, np.exp(-1 / got.tau), rtol=1e-12)
    least = np.sum((r - curve(k, *best)) ** 2)
    assert np.isclose(got.residual, least, rtol=1e-9)
    parameters = len(start)
    assert np.isclose(got.r_squared, 1 - least / np.sum((r - r.mean()) ** 2) *
                      99 / (99 - parameters))


@pytest.mark.parametrize("offset", [False, True])
def test_an_exact_exponential_is_found_exactly(offset):
    k = np.arange(1, 60)
    for m in (0.3, 0.9, 0.99):
        got = lib.fit(0.2 * m ** k - 0.05 * offset, offset)
        assert np.isclose(got.m, m, rtol=1e-6)


@pytest.mark.parametrize("sampled", [1.0, 0.1])
@pytest.mark.parametrize("means", ["separated", "stationary"])
def test_subsampling_moves_the_slope_but_not_the_estimate(sampled, means):
    a = process(np.random.default_rng(4), 0.95, 100, 20_000, sampled=sampled)
    result, r = lib.ratio(a, means)
    assert abs(result.fit.m - 0.95) < 0.01
    assert result.interval.low < 0.95 < result.interval.high
    assert result.interval.mean == result.fit.m
    assert np.isclose(np.exp(-1 / result.tau.low), result.interval.low)
    assert 5 * result.fit.tau * 0.8 < result.lags < 5 * result.fit.tau * 1.25
    np.testing.assert_array_equal(r, lib.coefficients(a, result.lags, means))
    assert np.isclose(r[0], lib.naive_theory(0.95, 100, sampled), rtol=0.1)
    assert result.flags == 0 and result.diagnosis == ""


def test_the_naive_slope_and_its_correction_are_their_definitions():
    a = process(np.random.default_rng(5), 0.9, 100, 20_000, sampled=0.2)
    got = lib.naive(a, 0.2)
    x, y = a[0, :-1], a[0, 1:]
    slope, intercept = np.polyfit(x, y, 1)
    assert np.isclose(got.slope, slope) and np.isclose(got.drive, intercept)
    assert np.isclose(got.fano, a.var() / a.mean())
    assert np.isclose(got.descendants, np.mean(y[x > 0] / x[x > 0]))
    assert np.isclose(got.attenuation, 1 - 0.8 / got.fano)
    assert abs(got.corrected - 0.9) < 0.03
    assert abs(got.slope - lib.naive_theory(0.9, 100, 0.2)) < 0.02
    # the same numbers by another way: V of a Poisson process
    v = 100 / (1 - 0.9 ** 2)
    assert np.isclose(lib.naive_theory(0.9, 100, 0.2),
                      0.9 * 0.2 * v / (0.2 * v + 0.8 * 100))


def test_resamples_of_the_same_seed_are_the_same():
    a = process(np.random.default_rng(6), 0.8, 100, 3000)
    one, again, other = (lib.ratio(a, seed=s)[0] for s in (5, 5, 6))
    assert one.interval.low == again.interval.low
    assert one.interval.low != other.interval.low
    assert one.fit.m == other.fit.m
    assert np.isnan(lib.ratio(a, resamples=0)[0].interval.low)


@pytest.mark.parametrize("trials,steps", [(1, 4000), (40, 200)])
def test_nine_of_ten_intervals_cover_the_ratio(trials, steps):
    runs = lib.simulate(0.8, 20.0, steps, 60 * trials, seed=7, burn_in=100,
                        start=100).reshape(60, trials, steps)
    covered = 0
    for a in runs:
        got = lib.ratio(a, resamples=200, level=0.95)[0]
        covered += got.interval.low < 0.8 < got.interval.high
    # 51 of 60 at least: with a coverage of 0.95 missed once in a thousand
    assert covered >= 51


def test_few_trials_are_all_in_every_resample():
    rng = np.random.default_rng(13)
    a = np.concatenate([process(rng, m, 100, 2000) for m in (0.3, 0.9, 0.9)])
    got = lib.ratio(a, "separated", lags=30)[0]
    assert got.interval.low < got.fit.m < got.interval.high
    assert got.interval.low > lib.ratio(a[:1], lags=30)[0].interval.high


def test_one_coefficient_of_one_trial_is_the_same_by_both_means():
    a = process(np.random.default_rng(8), 0.8, 20, 400)
    np.testing.assert_array_equal(lib.coefficients(a, 50, "separated"),
                                  lib.coefficients(a, 50, "stationary"))


def test_a_drift_is_named():
    a = process(np.random.default_rng(9), 0.8, 100, 5000)
    a += np.linspace(0, 60, 5000)
    got = lib.ratio(a, lags=200)[0]
    assert got.flags & lib.OFFSET and "offset" in got.diagnosis
    assert abs(got.other_m - 0.8) < 0.05 < abs(got.fit.m - 0.8)
    with_offset = lib.ratio(a, lags=200, offset=True)[0]
    assert with_offset.fit.m == got.other_m and with_offset.flags == 0


def test_trials_shorter_than_ten_tau_are_named():
    a = process(np.random.default_rng(10), 0.99, 100, 200,
                trials=5)
    got = lib.ratio(a)[0]
    assert got.flags & lib.SHORT and "short" in got.diagnosis


ROOM = np.random.default_rng(11).poisson(5, (2, 100)).astype(float)
BAD = [
    ("silent", np.zeros(100), {}),
    ("same number", np.full((3, 100), 7.0), {}),
    ("same number", np.full(100, 0.1) + 1e-17, {}),
    ("too short", np.zeros((1, 2)), {"lags": 4}),
    ("too short", ROOM[:, :60], {}),
    ("half the steps", ROOM, {"lags": 51}),
    ("4..50", ROOM, {"lags": 3}),
    ("not correlated", ROOM, {}),
    ("trial 2 does not vary", np.stack([ROOM[0], ROOM[0] * 0]),
     {"means": "separated"}),
    ("nothing varies before", np.repeat([0.0, 1.0], [120, 8]), {"lags": 10}),
    ("finite", np.where(np.arange(100) == 8, np.nan, ROOM[0]), {}),
    ("finite", np.where(np.arange(100) == 8, np.inf, ROOM[0]), {}),
    ("level", ROOM, {"level": 1.0}),
    ("no decay", np.arange(4000.0) % 2, {}),
    ("no decay", np.arange(400.0), {"lags": 10}),
]


@pytest.mark.parametrize("sentence,activity,options", BAD)
def test_what_cannot_be_estimated_gives_a_sentence(sentence, activity,
                                                   options):
    with pytest.raises(lib.LimenError, match=sentence):
        lib.ratio(activity, **options)


@pytest.mark.parametrize("activity,sampled,sentence", [
    (np.zeros(50), 1.0, "silent"), (ROOM, 0.0, "sampled"),
    (ROOM, 1.5, "sampled"), (-ROOM, 1.0, "negative"),
    (ROOM[:, :1], 1.0, "too short")])
def test_the_naive_estimate_refuses_too(activity, sampled, sentence):
    with pytest.raises(lib.LimenError, match=sentence):
        lib.naive(activity, sampled)


def test_independent_counts_are_refused_but_for_one_of_a_hundred():
    rng = np.random.default_rng(12)
    given = 0
    for _ in range(200):
        try:
            lib.ratio(rng.poisson(10, 500), resamples=0)
            given += 1
        except lib.LimenError:
            pass
    assert given <= 8  # 1 % of 200; more in two of ten thousand


def test_the_refusal_tells_the_p_of_box_and_pierce():
    a = np.random.default_rng(14).poisson(10, 500)
    r = lib.coefficients(a, 16)
    p = stats.chi2.sf(500 * np.sum(r * r), 16)
    with pytest.raises(lib.LimenError, match=f"p = {p:.2g}\\)"):
        lib.ratio(a)
