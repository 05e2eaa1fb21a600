"""Heavy tails against their definitions in SciPy."""

import functools
import math
import pathlib
import sys

import numpy as np
import pytest
from scipy import integrate, optimize, special

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "tests/analysis")]

import limen_ctypes as limen  # noqa: E402
import tails_ctypes as tails  # noqa: E402

INF = math.inf


@functools.cache
def share_above(alpha, xmin):
    x = np.arange(xmin, 200000)
    return special.zeta(alpha, x) / special.zeta(alpha, xmin)


def zipf(n, alpha, xmin, seed):
    """Whole numbers from xmin on with P(X >= x) = zeta(alpha, x) /
    zeta(alpha, xmin), by counting in a long table."""
    rng = np.random.default_rng(seed)
    return xmin - 1 + np.searchsorted(-share_above(alpha, xmin),
                                      -rng.random(n), side="right")


def pareto(n, alpha, xmin, seed):
    rng = np.random.default_rng(seed)
    return xmin * rng.random(n) ** (-1 / (alpha - 1))


def samples():
    """(name, events, discrete): law, other law, mixture, few, small values."""
    rng = np.random.default_rng(11)
    body = rng.integers(1, 6, 300)
    return [
        ("zipf", zipf(400, 2.5, 1, 1), True),
        ("zipf above a body", np.r_[body, zipf(300, 2.2, 6, 2)], True),
        ("geometric", rng.geometric(0.1, 300), True),
        ("few", zipf(25, 1.8, 3, 3), True),
        ("pareto", pareto(300, 2.5, 0.01, 4), False),
        ("lognormal", rng.lognormal(1.0, 1.0, 300), False),
        ("pareto with ties", np.round(pareto(300, 2.0, 1.0, 5), 1), False),
        ("large values", 1e6 * pareto(200, 3.5, 1.0, 6), False),
    ]


EACH = pytest.mark.parametrize("x, discrete", [s[1:] for s in samples()],
                               ids=[s[0] for s in samples()])


def log_norm(alpha, a, b, discrete):
    if discrete:
        return math.log(special.zeta(alpha, a) if b == INF else
                        (np.arange(a, b + 1) ** -alpha).sum())
    if b == INF:
        return (1 - alpha) * math.log(a) - math.log(alpha - 1)
    return math.log(integrate.quad(lambda u: math.exp((1 - alpha) * u),
                                   math.log(a), math.log(b))[0])


def dumb_fit(x, a, b, discrete):
    """alpha, log likelihood, D of one range."""
    x = np.sort(x[(x >= a) & (x <= b)]).astype(float)
    mean = np.log(x).mean()
    low = 1 + 1e-6 if b == INF else -4.9
    found = optimize.minimize_scalar(
        lambda alpha: alpha * mean + log_norm(alpha, a, b, discrete),
        bounds=(low, 19.9), method="bounded", options={"xatol": 1e-11})
    alpha, n = found.x, len(x)
    distance = 0.0
    for value in np.unique(x):
        above = math.exp(log_norm(alpha, value, b, discrete) -
                         log_norm(alpha, a, b, discrete))
        distance = max(distance, abs((x < value).sum() / n - (1 - above)))
    return alpha, -n * found.fun, distance


def dumb_search(x, discrete, events=10):
    best = None
    for a in np.unique(x)[:-2]:
        if (x >= a).sum() >= events:
            found = (dumb_fit(x, a, INF, discrete), a)
            if found[0][0] < 19.8 and (best is None or
                                       found[0][2] < best[0][2]):
                best = found
    return best


def test_zeta_is_scipys():
    for s in (1.001, 1.5, 2.0, 3.7, 10.0, 19.9):
        for q in (0.3, 1.0, 2.0, 7.0, 11.5, 50.0, 1e4, 1e9):
            assert tails.zeta(s, q) == pytest.approx(special.zeta(s, q),
                                                     rel=1e-13)


@EACH
def test_distinct_events_are_numpys(x, discrete):
    value, count = tails.Tail(x, discrete).distinct()
    expected = np.unique(x, return_counts=True)
    assert (value == expected[0]).all() and (count == expected[1]).all()


@EACH
def test_a_given_range_is_fitted_as_by_definition(x, discrete):
    tail = tails.Tail(x, discrete)
    for a, b in ((np.quantile(x, 0.1), INF), (x.min(), np.quantile(x, 0.9)),
                 (np.quantile(x, 0.2), 2 * x.max())):
        if discrete:
            a, b = math.ceil(a), b if b == INF else math.floor(b)
        fit = tail.fit(xmin=float(a), xmax=float(b))
        alpha, likelihood, distance = dumb_fit(x, a, b, discrete)
        assert fit.alpha == pytest.approx(alpha, abs=2e-6)
        assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-6)
        assert fit.distance == pytest.approx(distance, abs=1e-6)
        assert fit.events == ((x >= a) & (x <= b)).sum()


@EACH
def test_the_beginning_is_where_the_distance_is_least(x, discrete):
    (alpha, likelihood, distance), xmin = dumb_search(x, discrete)
    fit = tails.Tail(x, discrete).fit()
    assert fit.xmin == xmin and fit.xmax == INF
    assert fit.alpha == pytest.approx(alpha, abs=2e-6)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-6)
    assert fit.distance == pytest.approx(distance, abs=1e-6)


def test_bounds_of_the_search_are_kept():
    x = samples()[1][1]
    tail = tails.Tail(x, True)
    best = dumb_search(x, True)[1]
    assert tail.fit(search_above=best + 1.0).xmin > best
    assert tail.fit(search_below=best - 1.0).xmin < best
    assert tail.fit(events=500).events >= 500


def test_threads_change_nothing():
    x = np.r_[pareto(3000, 2.5, 2.0, 8),
              np.random.default_rng(9).uniform(1, 2, 2000)]
    tail = tails.Tail(x, False)
    one, many = tail.fit(threads=1), tail.fit(threads=4)
    assert bytes(one) == bytes(many)
    assert tail.bootstrap(one, 20, 3, 1) == tail.bootstrap(one, 20, 3, 4)


def test_the_standard_error_is_that_of_many_samples():
    alphas, errors = [], []
    for seed in range(200):
        fit = tails.Tail(zipf(500, 2.2, 2, 100 + seed), True).fit(xmin=2.0)
        alphas.append(fit.alpha)
        errors.append(fit.error)
    # the standard deviation of 200 is good to 5 %
    assert np.mean(errors) == pytest.approx(np.std(alphas), rel=0.15)
    assert np.mean(alphas) == pytest.approx(2.2, abs=0.02)


@EACH
def test_survival_is_the_share_above(x, discrete):
    tail = tails.Tail(x, discrete)
    for xmax in (INF, float(x.max())):
        fit = tail.fit(xmin=float(x.min()), xmax=xmax)
        for y in np.unique(x)[::7]:
            expected = math.exp(
                log_norm(fit.alpha, y, xmax, discrete) -
                log_norm(fit.alpha, fit.xmin, xmax, discrete))
            assert tail.survival(fit, float(y)) == pytest.approx(expected,
                                                                 rel=1e-7)
        assert tail.survival(fit, fit.xmin / 2) == 1.0


# ---- Other laws

SHAPES = {
    "power": [(2.5, 0.0), (1.2, 0.0)],
    "exponential": [(0.05, 0.0), (1.3, 0.0)],
    "lognormal": [(1.0, 1.5), (-40.0, 8.0), (4.0, 0.3), (-4e6, 2000.0)],
    "stretched": [(-1.0, 0.5), (-3.0, 1.7), (40.0, 0.1)],
    "truncated": [(1.5, 0.01), (2.5, 1e-5), (0.0, 0.3), (2.0, 2.0),
                  (3.0, 1e-12)],
}


def dumb_log(law, q, x):
    """Log of the density, up to its norm."""
    if law == "power":
        return -q[0] * np.log(x)
    if law == "exponential":
        return -q[0] * x
    if law == "lognormal":
        return -(np.log(x) - q[0]) ** 2 / (2 * q[1] ** 2) - np.log(x)
    if law == "stretched":
        return ((q[1] - 1) * np.log(x) -
                np.exp(q[1] * (q[0] + np.log(x))))
    return -q[0] * np.log(x) - q[1] * x


def integral(f, low, high):
    """By Gauss and Legendre's rule in many panels of log x."""
    node, weight = np.polynomial.legendre.leggauss(20)
    edge = np.linspace(math.log(low), math.log(high), 2001)
    middle, half = (edge[1:] + edge[:-1]) / 2, (edge[1:] - edge[:-1]) / 2
    x = np.exp(middle[:, None] + half[:, None] * node)
    return (f(x) * x * weight * half[:, None]).sum()


def dumb_log_density(law, q, x, a, b, discrete):
    """At x, by sums and integrals over the range; the laws that are rounded
    by an integral over each unit."""
    top = dumb_log(law, q, np.array([a, b])).max()
    f = lambda x: np.exp(dumb_log(law, q, x) - top)  # noqa: E731
    rounded = discrete and law in ("lognormal", "stretched")
    if discrete and not rounded:
        norm = f(np.arange(a, b + 1.0)).sum()
    else:
        norm = integral(f, a - 0.5 * rounded, b + 0.5 * rounded)
    at = [integral(f, y - 0.5, y + 0.5) if rounded else f(np.array([y]))[0]
          for y in x]
    return np.log(at) - math.log(norm)


@pytest.mark.parametrize("discrete", [True, False])
@pytest.mark.parametrize("law", tails.LAWS)
def test_laws_are_normalised_forms_of_their_equations(law, discrete):
    x = np.array([3.0, 4.0, 7.0, 20.0, 60.0])
    events = np.repeat(np.r_[x, 1000.0], 3)
    tail = tails.Tail(events, discrete)
    for a, b in ((3.0, 60.0), (3.0, 1000.0)):
        fit = tail.fit(xmin=a, xmax=b)
        for q in SHAPES[law]:
            got = tails.log_density(tail, fit, law, q, x)
            expected = dumb_log_density(law, q, x, a, b, discrete)
            finite = expected > -500
            assert got[finite] == pytest.approx(expected[finite], rel=1e-9,
                                                abs=1e-8)


@pytest.mark.parametrize("discrete", [True, False])
@pytest.mark.parametrize("law", tails.LAWS)
def test_no_upper_end_is_the_limit_of_a_far_one(law, discrete):
    events = np.repeat([3.0, 4.0, 7.0, 20.0, 60.0], 3)
    tail = tails.Tail(events, discrete)
    near = tail.fit(xmin=3.0, xmax=1e13)
    for q in SHAPES[law]:
        if law == "power" and q[0] < 1.5:
            continue  # the share above 1e13 is not small
        got = tails.log_density(tail, tail.fit(xmin=3.0), law, q, events)
        limit = tails.log_density(tail, near, law, q, events)
        assert got == pytest.approx(limit, rel=1e-6, abs=1e-6)


@EACH
def test_fitted_laws_are_likeliest(x, discrete):
    tail = tails.Tail(x, discrete)
    for xmax in (INF, float(np.quantile(x, 0.95))):
        fit = tail.fit(xmin=float(np.quantile(x, 0.3)), xmax=xmax)
        inside = x[(x >= fit.xmin) & (x <= fit.xmax)]
        for law in tails.LAWS[1:]:
            other = tail.compare(fit, "power", law).second
            q = np.array(other.parameter)
            best = tails.log_density(tail, fit, law, q, inside).sum()
            assert other.log_likelihood == pytest.approx(best, abs=1e-5)
            for factor in (0.99, 1.01):
                for k in (0, 1):
                    near = q.copy()
                    near[k] *= factor
                    there = tails.log_density(tail, fit, law, near, inside)
                    assert there.sum() <= best + 1e-4


@EACH
def test_ratios_are_vuongs(x, discrete):
    tail = tails.Tail(x, discrete)
    fit = tail.fit(xmin=float(np.quantile(x, 0.2)))
    inside = x[x >= fit.xmin]
    for first, second, nested in (("power", "exponential", False),
                                  ("power", "lognormal", False),
                                  ("power", "truncated", True),
                                  ("exponential", "stretched", True)):
        r = tail.compare(fit, first, second)
        one, two = (tails.log_density(tail, fit, law, list(f.parameter),
                                      inside)
                    for law, f in ((first, r.first), (second, r.second)))
        term = one - two
        assert r.ratio == pytest.approx(term.sum(), abs=1e-5)
        spread = math.sqrt(len(term) * term.var())
        assert r.normalised == pytest.approx(term.sum() / spread, rel=1e-3,
                                             abs=1e-3)
        p = (special.erfc(math.sqrt(abs(r.ratio))) if nested else
             special.erfc(abs(r.normalised) / math.sqrt(2)))
        assert r.nested == nested and r.p == pytest.approx(p, rel=1e-6)


def test_a_power_law_is_told_from_an_exponential_both_ways():
    power = tails.Tail(zipf(2000, 2.5, 5, 21), True)
    fit = power.fit(xmin=5.0)
    r = power.compare(fit, "power", "exponential")
    assert r.ratio > 0 and r.p < 1e-3
    x = np.random.default_rng(22).geometric(0.05, 2000)
    other = tails.Tail(x, True)
    r = other.compare(other.fit(xmin=5.0), "power", "exponential")
    assert r.ratio < 0 and r.p < 1e-3


def test_a_power_law_is_not_worse_than_its_limits_of_other_laws():
    """Where data are a power law, lognormal and stretched exponential become
    one; continuous likelihoods then agree to what is fitted."""
    tail = tails.Tail(pareto(100000, 2.5, 1.0, 23), False)
    fit = tail.fit(xmin=1.0)
    for law in ("lognormal", "stretched", "truncated"):
        assert abs(tail.compare(fit, "power", law).ratio) < 3


# ---- Goodness of fit


def test_the_bootstrap_accepts_a_power_law_and_rejects_others():
    x = zipf(1000, 2.5, 5, 31)
    tail = tails.Tail(x, True)
    assert tail.bootstrap(tail.fit(), 100, seed=1) > 0.1
    y = np.random.default_rng(32).geometric(0.05, 1000)
    tail = tails.Tail(y, True)
    assert tail.bootstrap(tail.fit(xmin=1.0), 100, seed=1, xmin=1.0) < 0.05
    tail = tails.Tail(y.astype(float), False)
    assert tail.bootstrap(tail.fit(xmin=1.0), 100, seed=1, xmin=1.0) < 0.05


@pytest.mark.parametrize("discrete", [True, False])
def test_the_bootstrap_draws_the_law_it_fitted(discrete):
    """With xmin given and the whole set in the tail, D of a set of the law has
    the distribution of that of the sets drawn: p is uniform."""
    p = []
    for seed in range(60):
        x = (zipf(2000, 1.6, 2, 400 + seed) if discrete else
             pareto(200, 2.0, 1.0, 400 + seed))
        tail = tails.Tail(x, discrete)
        xmin = 2.0 if discrete else 1.0
        options = {"xmin": xmin, "xmax": 1e5 if discrete else INF}
        fit = tail.fit(**options)
        p.append(tail.bootstrap(fit, 60, seed=seed, **options))
    assert 0.35 < np.mean(p) < 0.65  # 0.5 +- 4 standard errors
    assert min(p) < 0.2 and max(p) > 0.8


def test_the_seed_of_a_bootstrap_matters_only_a_little():
    tail = tails.Tail(zipf(500, 2.5, 5, 33), True)
    fit = tail.fit()
    p = [tail.bootstrap(fit, 100, seed=s) for s in (1, 1, 2)]
    assert p[0] == p[1] and abs(p[0] - p[2]) < 0.3


# ---- What is no tail


def refusal(x, discrete=True, **options):
    with pytest.raises(limen.LimenError) as refused:
        tails.Tail(x, discrete).fit(**options)
    return str(refused.value)


def test_degenerate_data_give_a_sentence_and_no_estimate():
    for discrete in (True, False):
        assert "0 events above 0 are too few" in refusal([], discrete)
        assert "1 events above 0 are too few" in refusal([7.0], discrete)
        assert "all 50 events are 3" in refusal([3.0] * 50, discrete)
        assert "0 events above 0" in refusal([0.0, -4.0] * 20, discrete)
        assert "too few" in refusal(np.arange(1.0, 9.0), discrete)
    assert "are too few" in refusal(np.arange(1.0, 50.0), xmin=45.0)
    assert "all equal" in refusal([2.0] * 20 + [1.0], xmin=2.0)
    assert "give xmin" in refusal([1.0] * 30 + [2.0] * 2)
    assert "0 <= xmin < xmax" in refusal(np.arange(1.0, 50.0), xmin=9.0,
                                         xmax=9.0)
    assert "at least 10" in refusal(np.arange(1.0, 50.0), events=3)


def test_events_that_are_no_numbers_are_refused():
    assert "not finite" in refusal([1.0, math.nan], False)
    assert "not finite" in refusal([1.0, INF], False)
    assert "not a whole number" in refusal([1.0, 2.5])
    assert "not a whole number" in refusal([1e17])


def test_comparisons_need_two_laws_and_three_values():
    tail = tails.Tail(np.repeat([1.0, 2.0, 3.0], 20), True)
    fit = tail.fit(xmin=1.0)
    with pytest.raises(limen.LimenError, match="two different"):
        tail.compare(fit, "power", "power")
    tail = tails.Tail(np.repeat([1.0, 2.0], 20), True)
    with pytest.raises(limen.LimenError, match="too few"):
        tail.compare(tail.fit(xmin=1.0), "power", "lognormal")
