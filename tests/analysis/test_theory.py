"""Mean-field theory against SciPy, quadrature and the numbers of papers."""

import math

import numpy as np
import pytest
from scipy import special, stats

import damage_ctypes as d
from limen_ctypes import LimenError

UBAR = [0, 0.5, 1, 1.5, 2, 3]
ARITHMETIC = [0.47859, 0.53719, 0.79331, 1.33551, 2.14875, 4.52347]
GEOMETRIC = [0.47859, 0.59782, 0.95614, 1.55397, 2.39128, 4.78401]
AUTONOMOUS = dict(input_step=0.0)


def test_owens_t_is_scipys_to_1e_12():
    h = np.concatenate([[0, 1e-9], np.linspace(-9, 9, 61), [30]])
    a = np.concatenate([[0, 1e-9, 1, 1 + 1e-12, math.inf, -math.inf, 1e6],
                        np.linspace(-3, 3, 61), np.logspace(-3, 3, 25)])
    for x in h:
        ours = np.array([d.owens_t(x, y) for y in a])
        assert np.abs(ours - special.owens_t(x, a)).max() < 1e-12


def test_owens_t_keeps_its_digits_where_it_is_small():
    for h, a in ((6.0, 0.3), (8.0, 2.0), (10.0, 1.0), (20.0, 0.1)):
        assert d.owens_t(h, a) == pytest.approx(special.owens_t(h, a),
                                                rel=1e-9)


@pytest.mark.parametrize("rho", [-1, -0.7, 0, 0.5, 0.999, 1])
def test_two_normals_disagree_as_often_as_their_joint_law_says(rho):
    law = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]],
                                    allow_singular=True)
    for h in (-1.3, -0.4, 0.0, 0.7):
        for k in (-2.0, 0.0, 0.4, 0.7):
            both = law.cdf([h, k])
            expected = stats.norm.cdf(h) + stats.norm.cdf(k) - 2 * both
            assert d.normal_disagree(h, k, rho) == pytest.approx(expected,
                                                                 abs=2e-7)


def test_bit_flips_without_input_follow_the_arcsine():
    for k in (2, 3, 4, 8):
        spec = d.Spec(in_degree=k, variance=0.3)
        for c in range(k + 1):
            assert d.bit_flip(spec, k, c) == pytest.approx(
                2 / math.pi * math.asin(math.sqrt(c / k)), abs=1e-12)
    assert d.bit_flip(d.Spec(), 4, 1) == pytest.approx(1 / 3, abs=1e-12)


def test_bit_flips_under_input_are_four_owens_t():
    for u in (-2.0, 0.3, 1.0, 5.0):
        spec = d.Spec(variance=0.7)
        width = math.sqrt(0.7 * 4)
        for c in (1, 2, 3):
            assert d.bit_flip(spec, 4, c, u) == pytest.approx(
                4 * special.owens_t(u / width, math.sqrt(c / (4 - c))),
                abs=1e-12)
        assert d.bit_flip(spec, 4, 4, u) == pytest.approx(
            2 * stats.norm.sf(abs(u) / width), abs=1e-12)


@pytest.mark.parametrize("weights", ["normal", "signs"])
def test_bit_flips_are_those_of_drawn_units(weights):
    dice = np.random.default_rng(3)
    n, k, c, u, v = 400000, 5, 2, 0.6, -0.4
    spec = d.Spec(weights=weights, in_degree=k, variance=0.5, threshold=0.3)
    w = (dice.normal(0, math.sqrt(0.5), (n, k)) if weights == "normal"
         else dice.choice([-1, 1], (n, k)))
    x = np.ones(k)
    y = np.where(np.arange(k) < c, -1, 1)
    share = np.mean((w @ x + u > 0.3) != (w @ y + v > 0.3))
    assert abs(d.bit_flip(spec, k, c, u, v) - share) < 5 * 0.5 / math.sqrt(n)


def test_growth_without_input_depends_on_in_degree_alone():
    for k, growth in ((2, 1.0), (3, 1.17548), (4, 1.33333), (8, 1.84043)):
        for variance in (0.1, 5.0):
            spec = d.Spec(in_degree=k, variance=variance, **AUTONOMOUS)
            assert d.damage_slope(spec) == pytest.approx(growth, abs=1e-5)


@pytest.mark.parametrize("geometric, row", [(False, ARITHMETIC),
                                            (True, GEOMETRIC)])
def test_critical_lines_are_those_of_the_table(geometric, row):
    for ubar, expected in zip(UBAR, row):
        spec = d.Spec(input_mean=ubar)
        assert d.critical_variance(spec, geometric) == pytest.approx(
            expected, abs=6e-6)


def test_the_hamming_map_is_the_sum_of_the_definition():
    spec = d.Spec(in_degree=4, variance=0.9, input_mean=0.4,
                  input_chance=0.3)
    for x in (0.0, 0.1, 0.5, 1.0):
        expected = sum(
            stats.binom.pmf(c, 4, x) * (0.3 * d.bit_flip(spec, 4, c, 1.4) +
                                        0.7 * d.bit_flip(spec, 4, c, -0.6))
            for c in range(5))
        assert d.hamming_map(spec, x) == pytest.approx(expected, abs=1e-14)


def test_the_slope_at_zero_is_the_growth():
    for spec in (d.Spec(input_mean=0.5), d.Spec(weights="signs", in_degree=2.5,
                                                is_poisson=True)):
        assert d.hamming_map(spec, 1e-7) / 1e-7 == pytest.approx(
            d.damage_slope(spec), rel=1e-5)


def test_long_time_damage_is_the_fixed_point_of_the_table():
    for variance, ubar, growth, damage in (
            (0.2, 0, 0.6705, 0), (0.4786, 0, 1.0, 0), (2.0, 0, 1.2446, 0.3084),
            (0.7933, 1, 1.0, 0), (4.0, 1, 1.2475, 0.3180)):
        t = d.theory(d.Spec(variance=variance, input_mean=ubar))
        assert t.growth == pytest.approx(growth, abs=6e-5)
        assert t.distance == pytest.approx(damage, abs=1e-4)


def test_the_geometric_growth_is_below_the_arithmetic_where_inputs_differ():
    t = d.theory(d.Spec(variance=2.0, input_mean=1.0))
    each = [4 * d.bit_flip(d.Spec(variance=2.0), 4, 1, u) for u in (0, 2)]
    assert t.growth_geometric == pytest.approx(math.sqrt(each[0] * each[1]))
    assert t.growth_geometric < t.growth
    t = d.theory(d.Spec(variance=2.0))
    assert t.growth_geometric == pytest.approx(t.growth)


def test_threshold_networks_are_critical_at_1_84943_sources():
    signs = dict(form="+-1", weights="signs", zero_fires=True, **AUTONOMOUS)
    sensitive = [d.bit_flip(d.Spec(**signs), k, 1) for k in range(1, 6)]
    assert sensitive == pytest.approx([1, 0.5, 0.5, 0.375, 0.375], abs=1e-14)
    assert d.critical_degree(d.Spec(**signs)) == pytest.approx(1.84943,
                                                               abs=5e-6)


def test_kauffman_networks_are_critical_at_two_sources():
    assert d.kauffman_critical(0.5) == 2
    assert d.kauffman_critical(0.1) == pytest.approx(1 / 0.18)
    assert d.kauffman_map(0.25, 3, 0.5) == pytest.approx(
        0.5 * (1 - 0.75 ** 3))
    for k in (2, 5):  # the slope at 0
        assert d.kauffman_map(1e-8, k, 0.5) / 1e-8 == pytest.approx(
            k / d.kauffman_critical(0.5), rel=1e-6)


@pytest.mark.parametrize("theta, activity, growth, propagation",
                         [(0.3, 0.4383, 1.544, 3.82),
                          (1.0, 0.2251, 1.595, 1.59), (2.0, 0, 0.228, 0.228)])
def test_activity_and_damage_of_0_1_units_are_those_of_the_table(
        theta, activity, growth, propagation):
    t = d.theory(d.Spec(form="0/1", in_degree=10, threshold=theta,
                        **AUTONOMOUS))
    assert t.activity == pytest.approx(activity, abs=6e-5)
    assert t.growth == pytest.approx(growth, abs=6e-4)
    assert t.propagation == pytest.approx(propagation, abs=6e-3)
    assert math.isnan(t.distance)


def test_the_activity_map_is_the_sum_of_the_definition():
    spec = d.Spec(form="0/1", in_degree=6, mean=-0.2, variance=0.5,
                  threshold=-0.1, **AUTONOMOUS)
    expected = stats.binom.pmf(0, 6, 0.3) + sum(
        stats.binom.pmf(n, 6, 0.3) *
        stats.norm.sf((-0.1 + 0.2 * n) / math.sqrt(0.5 * n))
        for n in range(1, 7))
    assert d.activity_map(spec, 0.3) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("ubar", [0, 1, 2])
def test_memory_of_streams_is_greatest_on_the_critical_line(ubar):
    critical = d.critical_variance(d.Spec(input_mean=ubar))
    variances = critical * np.logspace(-1, 1, 21)
    memory = [d.theory(d.Spec(variance=v, input_mean=ubar)).memory
              for v in variances]
    assert abs(np.argmax(memory) - 10) <= 1
    assert max(memory) > 0.1 > max(memory[0], memory[-1])


@pytest.mark.parametrize("changes, word", [
    (dict(in_degree=0), "in-degree"), (dict(in_degree=2.5), "whole"),
    (dict(in_degree=501), "in-degree"), (dict(variance=0), "variance"),
    (dict(variance=math.nan), "variance"), (dict(mean=math.inf), "mean"),
    (dict(threshold=math.nan), "threshold"), (dict(input_chance=1.5), "chance"),
    (dict(mean=0.5), "mean 0")])
def test_a_network_out_of_range_has_a_sentence_and_no_theory(changes, word):
    with pytest.raises(LimenError, match=word):
        d.theory(d.Spec(**changes))


def test_what_is_never_critical_has_no_critical_value():
    with pytest.raises(LimenError, match="one side of 1"):
        d.critical_variance(d.Spec(in_degree=3, **AUTONOMOUS))
    with pytest.raises(LimenError, match="one side of 1"):
        d.critical_variance(d.Spec(in_degree=2))
    with pytest.raises(LimenError, match=r"\+-1"):
        d.critical_variance(d.Spec(form="0/1"))
