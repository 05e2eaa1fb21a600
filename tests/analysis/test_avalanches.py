"""Avalanches against their definitions in the plainest Python."""

import itertools
import math
import pathlib
import sys

import numpy as np
import pytest
from scipy import optimize

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "tests/analysis")]

import limen_ctypes as limen  # noqa: E402
import tails_ctypes as tails  # noqa: E402
from tails_ctypes import ABOVE, TOTAL  # noqa: E402


def dumb_avalanches(activity, theta, width=1, kind=TOTAL):
    """Sizes, durations, first bins of runs that no end cuts."""
    bins = [sum(activity[i:i + width])
            for i in range(0, len(activity) - width + 1, width)]
    found, at = [], 0
    for active, run in itertools.groupby(bins, key=lambda a: a > theta):
        run = list(run)
        if active and at > 0 and at + len(run) < len(bins):
            found.append((sum(a - (theta if kind == ABOVE else 0)
                              for a in run), len(run), at))
        at += len(run)
    return found


def series():
    rng = np.random.default_rng(1)
    walk = np.abs(np.cumsum(rng.integers(-2, 3, 2000)))
    return {"silent": np.zeros(50), "saturated": np.full(50, 9.0),
            "one": np.r_[0, 0, 3, 5, 0], "cut at both ends": np.r_[4, 0, 0, 3],
            "one step": np.array([1.0]), "sparse": rng.poisson(0.4, 997),
            "dense": rng.poisson(5, 1001), "walk": walk,
            "real": rng.gamma(1.0, 1.0, 500)}


def noise(steps, time, seed):
    """A stationary Ornstein-Uhlenbeck process of mean 20 and deviation 9,
    rounded, as a rate of spikes is."""
    rng = np.random.default_rng(seed)
    keep = math.exp(-1 / time)
    z = rng.standard_normal(steps) * math.sqrt(1 - keep * keep)
    x = np.empty(steps)
    x[0] = rng.standard_normal()
    for t in range(1, steps):
        x[t] = keep * x[t - 1] + z[t]
    return np.round(20 + 9 * x)


@pytest.mark.parametrize("kind", [TOTAL, ABOVE])
@pytest.mark.parametrize("name", series())
def test_avalanches_are_runs_above_the_threshold(name, kind):
    activity = series()[name].astype(float)
    for width in (1, 2, 3, 7):
        for theta in (0.0, 1.0, 2.5, 20.0):
            if width > len(activity):
                continue
            expected = dumb_avalanches(activity, theta, width, kind)
            got = tails.Avalanches(activity, theta, width, kind)
            assert got.duration.tolist() == [e[1] for e in expected]
            assert got.start.tolist() == [e[2] for e in expected]
            assert got.size == pytest.approx([e[0] for e in expected])
            assert got.whole == all(s == math.floor(s) for s in got.size)


def test_silent_and_saturated_series_have_no_avalanches():
    for name in ("silent", "saturated", "cut at both ends", "one step"):
        assert len(tails.Avalanches(series()[name], 0.0).size) == 0


def test_the_profile_of_an_avalanche_sums_to_its_size():
    for kind in (TOTAL, ABOVE):
        all_of = tails.Avalanches(series()["walk"], 5.0, 2, kind)
        for size, duration, start in zip(all_of.size, all_of.duration,
                                         all_of.start):
            profile = all_of.activity[int(start):int(start + duration)]
            assert profile.sum() == size


# ---- Mean size given duration


def test_growth_is_gamma_regression_of_sizes_on_durations():
    all_of = tails.Avalanches(noise(30000, 50, 2), 10, size=ABOVE)
    gamma, error, duration, size, count = all_of.growth(2, 40)
    T = np.unique(all_of.duration[(all_of.duration >= 2) &
                                  (all_of.duration <= 40)])
    assert (duration == T).all()
    assert size == pytest.approx(
        [all_of.size[all_of.duration == t].mean() for t in T])
    assert (count == [(all_of.duration == t).sum() for t in T]).all()
    # gamma regression by definition, over single avalanches
    inside = (all_of.duration >= 2) & (all_of.duration <= 40)
    x, S = np.log(all_of.duration[inside]), all_of.size[inside]

    def excess(q):
        rest = S / np.exp(q[0] + q[1] * x) - 1
        return [rest.sum(), (rest * x).sum()]

    c, slope = optimize.fsolve(excess, [1.0, 1.4], xtol=1e-12)
    assert gamma == pytest.approx(slope, abs=1e-8)
    rest = size / np.exp(c + slope * np.log(T)) - 1
    spread = (count * rest ** 2).sum() / (len(T) - 2)
    assert error == pytest.approx(math.sqrt(spread / len(x)) / x.std(),
                                  rel=1e-6)
    # and near the usual line where there are many avalanches
    line = np.polyfit(np.log(T), np.log(size), 1, w=np.sqrt(count))[0]
    assert gamma == pytest.approx(line, abs=0.05)


def test_growth_of_a_planted_law_is_found():
    runs = [np.full(t, t ** 0.7) for t in range(3, 40) for _ in range(3)]
    activity = np.concatenate([np.r_[r, 0.0] for r in [[0.0], *runs]])
    gamma, error, *_ = tails.Avalanches(activity, 0.0).growth(3, 39)
    assert gamma == pytest.approx(1.7, abs=1e-9) and error < 1e-6


# ---- Shapes


def planted_shapes(gamma, durations=(20, 30, 40, 55, 70), each=5):
    """Avalanches s(t, T) = T^(gamma - 1) F(t / T) with F a parabola."""
    parts = [[0.0]]
    for T in durations:
        u = (np.arange(T) + 0.5) / T
        parts += [np.r_[T ** (gamma - 1) * u * (1 - u), 0.0]] * each
    return np.concatenate(parts)


@pytest.mark.parametrize("gamma", [1.0, 1.28, 1.5, 2.0])
def test_collapse_finds_a_planted_exponent(gamma):
    all_of = tails.Avalanches(planted_shapes(gamma), 0.0)
    found, error, durations, counts, time, profile = all_of.shapes(3, 1e9, 5)
    assert found == pytest.approx(gamma, abs=0.01) and error < 1e-4
    assert durations.tolist() == [20, 30, 40, 55, 70]
    assert counts.tolist() == [5] * 5
    parabola = time * (1 - time)
    assert profile / profile.max() == pytest.approx(
        np.tile(parabola / parabola.max(), (5, 1)), abs=0.01)


def test_collapse_is_the_least_error_by_definition():
    all_of = tails.Avalanches(noise(60000, 30, 3), 10, size=ABOVE)
    gamma, error, durations, counts, time, profile = all_of.shapes(5, 30, 20)
    expected = [t for t in range(5, 31)
                if (all_of.duration == t).sum() >= 20]
    assert durations.tolist() == expected
    assert time == pytest.approx(np.linspace(0.5 / expected[0],
                                             1 - 0.5 / expected[0], 64))
    mean = []
    for T in expected:
        at = all_of.start[all_of.duration == T]
        sums = sum(all_of.activity[int(s):int(s) + T] for s in at) / len(at)
        mean.append(np.interp(time, (np.arange(T) + 0.5) / T, sums))

    def misfit(g):
        scaled = np.array([m * T ** (1.0 - g)
                           for m, T in zip(mean, expected)])
        span = np.ptp(scaled.mean(axis=0))
        return scaled.var(axis=0).mean() / span ** 2

    best = optimize.minimize_scalar(misfit, bounds=(0.5, 3), method="bounded",
                                    options={"xatol": 1e-9})
    assert gamma == pytest.approx(best.x, abs=1e-5)
    assert error == pytest.approx(best.fun, rel=1e-6)
    scaled = [m * T ** (1 - gamma) for m, T in zip(mean, expected)]
    assert profile == pytest.approx(np.array(scaled))


# ---- The crackling relation


def pareto_runs(n, alpha, growth, seed, spread=0.0):
    """A series of avalanches with independent durations P(T) ~ T^-alpha and
    S = T^growth times lognormal noise, each followed by silence."""
    rng = np.random.default_rng(seed)
    T = np.floor(1.5 * rng.random(n) ** (-1 / (alpha - 1)) + 0.5)
    T = T[T < 2000].astype(int)
    height = T ** (growth - 1.0) * np.exp(spread * rng.standard_normal(len(T)))
    parts = [[0.0]] + [np.r_[np.full(t, h), 0.0] for t, h in zip(T, height)]
    return np.concatenate(parts)


def test_crackling_has_the_exponents_of_the_windows():
    all_of = tails.Avalanches(noise(60000, 30, 4), 10, size=ABOVE)
    relation = all_of.crackling((10, 500), (3, 60))
    tau = tails.Tail(all_of.size, True).fit(xmin=10.0, xmax=500.0).alpha
    alpha = tails.Tail(all_of.duration, True).fit(xmin=3.0, xmax=60.0).alpha
    assert relation.tau.mean == pytest.approx(tau, abs=1e-9)
    assert relation.alpha.mean == pytest.approx(alpha, abs=1e-9)
    assert relation.gamma.mean == pytest.approx(all_of.growth(3, 60)[0])
    predicted = (alpha - 1) / (tau - 1)
    assert relation.predicted.mean == pytest.approx(predicted)
    assert relation.difference.mean == pytest.approx(
        predicted - relation.gamma.mean)
    for x in (relation.tau, relation.alpha, relation.gamma,
              relation.predicted, relation.difference):
        assert x.low < x.mean < x.high


def test_intervals_of_independent_avalanches_are_as_wide_as_fishers():
    all_of = tails.Avalanches(pareto_runs(3000, 2.0, 1.5, 5), 0.0)
    relation = all_of.crackling((3, math.inf), (3, 1500), samples=1000)
    fit = tails.Tail(all_of.duration, True).fit(xmin=3.0, xmax=1500.0)
    width = (relation.alpha.high - relation.alpha.low) / (2 * 1.96)
    assert width == pytest.approx(fit.error, rel=0.15)


def test_intervals_cover_the_relation_where_it_was_planted():
    # S = T^1.5 and P(T) ~ T^-2 give P(S) ~ S^-(1 + 1 / 1.5)
    covered = []
    for seed in range(20):
        all_of = tails.Avalanches(pareto_runs(10000, 2.0, 1.5, seed, 0.5), 0.0)
        x = all_of.crackling((100, 6000), (20, 1999))
        covered.append([x.tau.low < 1 + 1 / 1.5 < x.tau.high,
                        x.alpha.low < 2.0 < x.alpha.high,
                        x.gamma.low < 1.5 < x.gamma.high,
                        x.difference.low < 0.0 < x.difference.high])
    # of a coverage of 0.95 less happens once in 400
    assert (np.sum(covered, axis=0) >= 16).all()


def test_the_relation_fails_for_a_fast_ornstein_uhlenbeck_process():
    all_of = tails.Avalanches(noise(100000, 20, 7), 10, size=TOTAL)
    relation = all_of.crackling((10, 1500), (6, 60))
    assert relation.difference.high < 0.0


def test_threads_and_seeds_of_resamples():
    all_of = tails.Avalanches(noise(20000, 30, 8), 10, size=ABOVE)
    one, many = (all_of.crackling((5, 500), (3, 60), threads=t)
                 for t in (1, 4))
    assert bytes(one) == bytes(many)
    other = all_of.crackling((5, 500), (3, 60), seed=1)
    assert other.tau.mean == one.tau.mean and other.tau.low != one.tau.low


# ---- The scan


def test_the_scan_is_one_analysis_for_each_bin_and_threshold():
    activity = noise(30000, 50, 9)
    rows = tails.scan(activity, [1, 3], [0.4, 0.6], ABOVE, (5, 1000), (3, 60))
    assert [(r.bin, r.factor) for r in rows] == [(1, 0.4), (1, 0.6), (3, 0.4),
                                                 (3, 0.6)]
    for r in rows:
        theta = r.factor * activity.mean() * r.bin
        assert r.theta == pytest.approx(theta)
        one = tails.Avalanches(activity, theta, r.bin, ABOVE)
        assert r.avalanches == len(one.size)
        assert r.mean_size == pytest.approx(one.size.mean())
        size = tails.Tail(one.size, one.whole).fit(xmin=5.0, xmax=1000.0)
        duration = tails.Tail(one.duration, True).fit(xmin=3.0, xmax=60.0)
        assert r.size.alpha == pytest.approx(size.alpha)
        assert r.duration.alpha == pytest.approx(duration.alpha)
        assert r.gamma == pytest.approx(one.growth(3, 60)[0])


def test_the_scan_searches_the_beginning_where_no_window_is_given():
    activity = noise(20000, 50, 10)
    row, = tails.scan(activity, [1], [0.5], ABOVE)
    one = tails.Avalanches(activity, row.theta, 1, ABOVE)
    fit = tails.Tail(one.duration, True).fit()
    assert (row.duration.xmin, row.duration.alpha) == (fit.xmin, fit.alpha)


def test_rows_without_avalanches_have_no_exponents():
    row, = tails.scan(noise(500, 5, 11), [1], [100.0])
    assert row.avalanches == 0 and math.isnan(row.mean_size)
    assert math.isnan(row.size.alpha) and math.isnan(row.duration.alpha)
    assert math.isnan(row.gamma)


# ---- What has no estimate


def refusal(call, *arguments):
    with pytest.raises(limen.LimenError) as refused:
        call(*arguments)
    return str(refused.value)


def test_impossible_options_are_refused():
    x = np.ones(10)
    assert "bins of 0 steps" in refusal(tails.Avalanches, x, 0.0, 0)
    assert "bins of 11 steps" in refusal(tails.Avalanches, x, 0.0, 11)
    assert "bins of 1 steps" in refusal(tails.Avalanches, x[:0], 0.0)
    assert "threshold of -1" in refusal(tails.Avalanches, x, -1.0)
    assert "threshold of nan" in refusal(tails.Avalanches, x, math.nan, 1,
                                         ABOVE)
    x[3] = math.inf
    assert "step 4 is not finite" in refusal(tails.Avalanches, x, 0.0)


@pytest.mark.parametrize("name", ["silent", "saturated", "one",
                                  "cut at both ends"])
def test_few_avalanches_give_a_sentence_and_no_estimate(name):
    few = tails.Avalanches(series()[name], 0.0)
    assert "too few" in refusal(few.growth, 1, 100)
    assert "a collapse needs 2" in refusal(few.shapes, 3, 100, 1)
    assert "too few" in refusal(few.crackling, (1, 100), (1, 100))


def test_all_equal_avalanches_give_a_sentence_and_no_estimate():
    equal = tails.Avalanches(np.tile([0.0, 0.0, 3.0, 3.0, 3.0], 50), 0.0)
    assert "too few for a slope" in refusal(equal.growth, 1, 100)
    assert "a collapse needs 2" in refusal(equal.shapes, 3, 100, 1)
    assert "no exponents" in refusal(equal.crackling, (1, 100), (1, 100))
    assert "at least 3" in refusal(equal.shapes, 2, 100, 1)
    assert "low < high" in refusal(equal.crackling, (5, 5), (1, 100))
    assert "at least 20" in refusal(equal.crackling, (1, 9), (1, 9), 3)
