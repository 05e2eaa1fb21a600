"""Random networks and damage against simulations in NumPy."""

import math

import numpy as np
import pytest

import damage_ctypes as d
import limen_ctypes as limen
from limen_ctypes import LimenError

AUTONOMOUS = dict(input_step=0.0)


def masters(net):
    """w (n, n) of the last connection and theta (n), exact."""
    n = net.units[1]
    index = len(net.connections()) - 1
    w = np.zeros((n, n))
    values = iter(net.weights(index))
    for i, row in enumerate(net.rows(index)):
        for j in row:
            w[i, j] = next(values)
    return w, net.thresholds(1).astype(float)


def plus_minus(net):
    """The same network in +-1 form: w, and what a unit hears besides under
    the high and the low input."""
    w, theta = masters(net)
    step = (net.weights(0).astype(float) if len(net.connections()) == 2
            else np.zeros(net.units[1]))
    w = w / 2
    low = w.sum(axis=1) - theta
    return w, low + step, low


@pytest.mark.parametrize("changes", [
    dict(variance=0.2), dict(variance=2.0, input_mean=0.5),
    dict(variance=0.5, threshold=0.1, in_degree=7),
    dict(weights="signs", zero_fires=True, in_degree=3, is_poisson=True),
    dict(variance=1.0, **AUTONOMOUS)])
def test_plus_minus_and_0_1_agree_in_every_bit(changes):
    spec = d.Spec(units=250, seed=5, **changes)
    net = d.random_network(spec)
    w, high, low = plus_minus(net)
    image = limen.Image(net)
    state = limen.State(image, 1)
    rasters, _ = limen.run(image, state, d.common_input(spec, 1), 500, seed=7)
    u, s = rasters[0][0, :, 0], rasters[1][0]
    x = np.full(250, -1)  # rest
    for t in range(500):
        x = np.where(w @ x + np.where(u[t], high, low) > 0, 1, -1)
        assert np.array_equal(x > 0, s[t]), t
    assert 0 < s.mean() < 1


def test_the_common_input_has_its_two_values():
    spec = d.Spec(input_mean=0.5, variance=0.7)
    _, high, low = plus_minus(d.random_network(spec))
    assert np.array_equal(high, np.full(250, 1.5))
    assert np.array_equal(low, np.full(250, -0.5))


@pytest.mark.parametrize("form", ["+-1", "0/1"])
@pytest.mark.parametrize("weights", ["normal", "signs"])
def test_the_image_represents_a_random_network_exactly(form, weights):
    net = d.random_network(d.Spec(form=form, weights=weights, threshold=0.25,
                                  in_degree=6, mean=0.0, seed=9))
    image = limen.Image(net)
    q = image.exponents(1)
    index = len(net.connections()) - 1
    sizes = [len(row) for row in net.rows(index)]
    scale = np.exp2(np.repeat(q, sizes).astype(float))
    assert np.array_equal(image.weights(index), net.weights(index) * scale)
    assert np.array_equal(image.thresholds(1), net.thresholds(1) * 2.0 ** q)


def test_weights_and_in_degrees_have_the_law_that_was_asked_for():
    spec = d.Spec(units=4000, form="0/1", mean=0.3, variance=0.5,
                  in_degree=5, is_poisson=True, **AUTONOMOUS)
    net = d.random_network(spec)
    sizes = np.array([len(row) for row in net.rows(0)])
    assert abs(sizes.mean() - 5) < 5 * math.sqrt(5 / 4000)
    assert abs(sizes.var() / 5 - 1) < 0.15
    w = net.weights(0).astype(float)
    assert abs(w.mean() - 0.3) < 5 * math.sqrt(0.5 / len(w))
    assert abs(w.var() / 0.5 - 1) < 0.05
    assert all(i not in row for i, row in enumerate(net.rows(0)))
    signs = d.random_network(d.Spec(units=4000, form="0/1", weights="signs",
                                    **AUTONOMOUS)).weights(0)
    assert set(signs) == {-1.0, 1.0} and abs(signs.mean()) < 0.04


def start_states(samples, n, seed, start=0.5):
    """As the library draws them: stream 13, layer 1."""
    return np.array([[limen.draw(seed, 13, key, 1, i) < start * 2 ** 32
                      for i in range(n)] for key in range(samples)])


def flipped(seed, key, step, n, flips, twin):
    """Units that a twin differs in: stream 14, distinct, in order drawn."""
    seed = (seed + 0x9E3779B97F4A7C15 * twin) % 2 ** 64
    units, k = [], 0
    while len(units) < flips:
        unit = limen.draw(seed, 14, key, step, k) * n >> 32
        units += [unit] if unit not in units else []
        k += 1
    return units


def simulate(spec, samples, seed, warm_up, steps, twins, flips):
    """(samples, twins, steps + 1) units that differ."""
    w, high, low = plus_minus(d.random_network(spec))
    n = spec.units
    x = np.where(start_states(samples, n, seed), 1, -1)
    differ = np.zeros((samples, twins, steps + 1))
    for b in range(samples):
        def hear(y, t):
            on = limen.draw(seed, 0, b, t, 0) & 0xffff < 32768
            return np.where(y @ w.T + (high if on else low) > 0, 1, -1)
        own = x[b]
        for t in range(1, warm_up + 1):
            own = hear(own, t)
        copies = np.tile(own, (twins, 1))
        for k in range(twins):
            copies[k, flipped(seed, b, warm_up, n, flips, k + 1)] *= -1
        differ[b, :, 0] = (copies != own).sum(axis=1)
        for t in range(1, steps + 1):
            own, copies = hear(own, warm_up + t), hear(copies, warm_up + t)
            differ[b, :, t] = (copies != own).sum(axis=1)
    return differ


def test_damage_is_that_of_a_simulation_bit_by_bit():
    spec = d.Spec(units=70, variance=1.5, input_mean=0.3, seed=4)
    image = limen.Image(d.random_network(spec))
    found = d.damage(image, d.common_input(spec, 5), seed=11, warm_up=9,
                     steps=30, tail=10, twins=3, flips=2)
    differ = simulate(spec, 5, 11, 9, 30, 3, 2)
    assert found.series == pytest.approx(differ.mean(axis=(0, 1)) / 70,
                                         abs=1e-12)
    growth = differ[:, :, 1].mean(axis=1) / 2
    assert found.growth == pytest.approx(growth.mean(), abs=1e-12)
    assert found.growth_error == pytest.approx(
        growth.std(ddof=1) / math.sqrt(5), abs=1e-12)
    assert found.long_time == pytest.approx(differ[:, :, -10:].mean() / 70,
                                            abs=1e-12)
    assert found.healed == pytest.approx((differ[:, :, -1] == 0).mean())
    assert 0 < found.rate < 1


def test_a_twin_for_each_unit_counts_every_sensitive_edge():
    spec = d.Spec(units=60, variance=1.0, seed=2, **AUTONOMOUS)
    net = d.random_network(spec)
    w, high, _ = plus_minus(net)
    found = d.lyapunov(limen.Image(net), d.common_input(spec, 4), seed=3,
                       warm_up=6, steps=5, tail=1, twins=0)
    ratios = np.zeros((4, 5))
    for b, x in enumerate(np.where(start_states(4, 60, 3), 1, -1)):
        for t in range(11):
            fields = w @ x + high
            flips = sum(np.sum((fields - 2 * w[:, j] * x[j] > 0) !=
                               (fields > 0)) for j in range(60))
            if t >= 6:
                ratios[b, t - 6] = flips / 60
            x = np.where(fields > 0, 1, -1)
    assert found.growth == pytest.approx(ratios.mean(), abs=1e-12)
    assert found.exponent == pytest.approx(np.log(ratios).mean(), abs=1e-12)
    assert found.exponent_error == pytest.approx(
        np.log(ratios).mean(axis=1).std(ddof=1) / 2, abs=1e-12)


def test_damage_spreads_through_all_layers_of_a_network():
    # noisy, refractory and adaptive: twins share all of it
    sizes = [5, 20, 70, 6]
    flags = [False, True, True, True]
    net = limen.Network.standard(sizes, flags, flags)
    net.init("scaled", 1.0, 1.5, rate=0.3, seed=7)
    net.set_units(2, noise="gaussian", noise_scale=0.2, refractory=1,
                  adapt_gain=0.5, adapt_memory=0.8)
    image = limen.Image(net)
    inp = limen.Input(np.full((1, 1, 5), 0.4, np.float32))
    warm = limen.State(image, 1)
    limen.run(image, warm, inp, 8, seed=2)
    after = []
    for layer, unit in [(0, 0)] + [(k, i) for k in (1, 2, 3)
                                   for i in range(sizes[k])]:
        state = limen.State(image, 1)
        state.copy_from(warm)
        if layer:
            state.bits(layer, 0)[unit // 64] ^= np.uint64(1 << unit % 64)
        raster, _ = limen.run(image, state, inp, 12, seed=2)
        after.append(np.concatenate(raster[1:], axis=2)[0])
    differ = np.sum(np.array(after[1:]) != after[0], axis=2)
    found = d.damage(image, inp, seed=2, start=0.0, warm_up=8, steps=12,
                     tail=3, twins=0)
    assert found.growth == pytest.approx(differ[:, 0].mean(), abs=1e-12) != 0
    assert found.series[1:] == pytest.approx(differ.mean(axis=0) / 96,
                                             abs=1e-12)
    assert found.long_time == pytest.approx(differ[:, -3:].mean() / 96)


def test_the_derrida_map_is_near_its_annealed_curve():
    spec = d.Spec(units=1000, variance=2.0, seed=1)
    image = limen.Image(d.random_network(spec))
    flips = [10, 100, 400, 700, 1000]
    points = d.derrida_map(flips, image, d.common_input(spec, 4), warm_up=20,
                           steps=10, tail=1, twins=8)
    curve = [d.hamming_map(spec, f / 1000) for f in flips]
    assert points == pytest.approx(curve, abs=0.03)
    assert points[0] == pytest.approx(curve[0], rel=0.25)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_do_not_change_damage(threads):
    spec = d.Spec(units=100, variance=1.0)
    image = limen.Image(d.random_network(spec))
    inp = d.common_input(spec, 90)
    options = dict(steps=20, tail=5, twins=2)
    one = d.damage(image, inp, **options)
    many = d.damage(image, inp, threads=threads, **options)
    assert bytes(one)[8:] == bytes(many)[8:]
    assert np.array_equal(one.series, many.series)
    one = d.random_damage(spec, 7, 3, **options)
    many = d.random_damage(spec, 7, 3, threads=threads, **options)
    assert bytes(one)[8:] == bytes(many)[8:]
    one = d.random_lyapunov(spec, 7, 3, **options)
    assert bytes(one) == bytes(d.random_lyapunov(spec, 7, 3, threads=threads,
                                                 **options))


@pytest.mark.parametrize("changes", [
    dict(variance=1.0, input_mean=0.4), dict(in_degree=10, variance=0.3),
    dict(form="0/1", in_degree=10, threshold=0.3, **AUTONOMOUS),
    dict(form="0/1", in_degree=3, is_poisson=True, mean=0.2, threshold=-0.1),
    dict(weights="signs", zero_fires=True, in_degree=1.9, is_poisson=True,
         **AUTONOMOUS),
    dict(in_degree=40, variance=0.02)])
def test_twins_a_bit_each_are_those_of_a_run(changes):
    # an input of two frames goes the other way
    spec = d.Spec(units=130, seed=12, **changes)
    image = limen.Image(d.random_network(spec))
    one = d.common_input(spec, 200)
    two = limen.Input(np.repeat(one.values, 2, axis=1))
    options = dict(seed=3, warm_up=7, steps=70, tail=9, twins=6, flips=3,
                   uniform_too=True)
    a, b = (d.damage(image, inp, threads=2, **options) for inp in (one, two))
    assert bytes(a)[8:] == bytes(b)[8:] and np.array_equal(a.series, b.series)
    a, b = (d.lyapunov(image, inp, **dict(options, steps=3, tail=1))
            for inp in (one, two))
    assert bytes(a) == bytes(b)


def test_an_input_on_the_edge_of_its_draw_fires_for_bits_and_runs_alike():
    # input b fires at step 1 with p = (x + 1) / 65536 and not with x / 65536
    spec = d.Spec(units=64, variance=0.5)
    image = limen.Image(d.random_network(spec))
    x = np.array([limen.draw(3, 0, b, 1, 0) & 0xffff for b in range(60)])
    p = (x + np.arange(60) % 2) / 65536
    one = limen.Input(p.astype(np.float32)[:, None, None])
    two = limen.Input(np.repeat(one.values, 2, axis=1))
    raster, _ = limen.run(image, limen.State(image, 60), one, 1, seed=3)
    assert np.array_equal(raster[0][:, 0, 0], np.arange(60) % 2 == 1)
    a, b = (d.lyapunov(image, inp, seed=3, warm_up=0, steps=1, tail=1, twins=0,
                       uniform_too=True) for inp in (one, two))
    assert bytes(a) == bytes(b)


def test_the_mean_over_networks_is_the_mean_of_each():
    spec = d.Spec(units=100, variance=1.0, seed=30)
    options = dict(steps=20, tail=5, twins=2)
    each = []
    for k in range(3):
        one = d.Spec(units=100, variance=1.0, seed=30 + k)
        inp = d.common_input(one, 4, keys=[k * 2 ** 32 + b for b in range(4)])
        each.append(d.damage(limen.Image(d.random_network(one)), inp,
                             **options))
    mean = d.random_damage(spec, 3, 4, **options)
    growth = np.array([e.growth for e in each])
    assert mean.growth == pytest.approx(growth.mean(), abs=1e-14)
    assert mean.growth_error == pytest.approx(growth.std(ddof=1) / 3 ** 0.5)
    assert mean.series == pytest.approx(np.mean([e.series for e in each],
                                                axis=0))


def test_noise_is_the_same_for_twins():
    net = limen.Network([3, 40])
    net.connect(0, 1)
    net.connect(1, 1)
    net.init("normal", 1.0, 0.0)  # weights on itself are zero
    net.set_units(1, noise="gaussian", noise_scale=1.0)
    inp = limen.Input(np.full((6, 1, 3), 0.5, np.float32))
    found = d.damage(limen.Image(net), inp, twins=4, steps=10, tail=5)
    assert found.growth == 0 and found.long_time == 0 and found.healed == 1


def test_separation_without_memory_is_that_of_the_last_input():
    # one step is all that matters without weights on itself
    net = limen.Network([4, 50])
    net.connect(0, 1)
    net.init("normal", 1.0, 1.0, seed=3)
    inp = limen.Input(np.full((5, 1, 4), 0.5, np.float32))
    found = d.separation(limen.Image(net), inp, 5, 20)
    assert found.total == found.direct > 0
    assert found.common == found.network == found.memory == 0


def test_separation_is_near_its_mean_field():
    spec = d.Spec(units=1000, variance=0.5)
    found = d.separation(limen.Image(d.random_network(spec)),
                         d.common_input(spec, 20), 100, 50)
    theory = d.theory(spec)
    assert found.network == pytest.approx(theory.separation, abs=0.03)
    assert found.total - found.direct - found.common == pytest.approx(
        found.memory)


def test_runs_under_one_input_come_apart_in_the_chaotic_phase():
    spec = d.Spec(units=1000, variance=4.0)
    found = d.separation(limen.Image(d.random_network(spec)),
                         d.common_input(spec, 20), 100, 50)
    theory = d.theory(spec)
    assert found.common == pytest.approx(theory.distance, abs=0.03)
    assert found.memory == pytest.approx(theory.memory, abs=0.03)


def test_ranks_are_numpys():
    dice = np.random.default_rng(1)
    for rank in (0, 1, 5, 9):
        x = dice.normal(size=(12, rank)) @ dice.normal(size=(rank, 9))
        assert d.rank(x) == np.linalg.matrix_rank(x, tol=1e-10) == rank
    with pytest.raises(LimenError, match="row 1, column 2"):
        d.rank([[1, 2, 3], [4, 5, math.nan]])


def test_kernel_rank_is_that_of_the_states():
    spec = d.Spec(units=40, variance=1.0, seed=8)
    image = limen.Image(d.random_network(spec))
    inp = d.common_input(spec, 30)
    kernel, general = d.kernel_ranks(image, inp, 25, 4, seed=2, start=0.0)
    raster, _ = limen.run(image, limen.State(image, 30), inp, 25, seed=2)
    assert kernel == np.linalg.matrix_rank(2.0 * raster[1][:, -1] - 1)
    state = limen.State(image, 30)
    limen.run(image, state, inp, 21, seed=2)
    raster, _ = limen.run(image, state, d.common_input(spec, 30, [0] * 30), 4,
                          seed=2)
    assert general == np.linalg.matrix_rank(2.0 * raster[1][:, -1] - 1)
    assert d.kernel_ranks(image, inp, 25, 25)[1] == 1


def test_the_spectral_radius_is_numpys():
    for kind in ("dense", "in_degree"):
        net = limen.Network([1, 80])
        index = net.connect(1, 1, kind=kind, in_degree=6, seed=2)
        net.init("normal", 1.0, 1.3, seed=4)
        w = (net.weights(index).reshape(80, 80) if kind == "dense"
             else masters(net)[0])
        assert d.spectral_radius(net, index) == pytest.approx(
            np.abs(np.linalg.eigvals(w.astype(float))).max(), rel=1e-9)


def test_the_spectral_radius_of_many_units_follows_the_circular_law():
    # and finds an eigenvalue that stands out exactly
    net = d.random_network(d.Spec(units=3000, form="0/1", in_degree=20,
                                  variance=1.0, **AUTONOMOUS))
    assert d.spectral_radius(net, 0) == pytest.approx(math.sqrt(20), rel=0.05)
    net.weights(0)[:] = 0.5
    assert d.spectral_radius(net, 0) == pytest.approx(10, rel=1e-9)


def test_the_spectral_radius_is_of_weights_on_the_layer_itself():
    with pytest.raises(LimenError, match="to itself"):
        d.spectral_radius(limen.Network.standard([3, 4]), 0)


def test_cycles_are_those_of_a_run():
    spec = d.Spec(units=30, variance=1.0, seed=6)
    image = limen.Image(d.random_network(spec))
    inp = limen.Input(np.full((12, 1, 1), 0.5, np.float32),
                      encoder="frozen")
    length, transient = d.frozen_cycles(image, inp, 20000, start=0.0, seed=5)
    raster, _ = limen.run(image, limen.State(image, 12), inp, 3000, seed=5)
    for b in range(12):
        seen = {bytes(np.zeros(31, bool)): 0}
        for t in range(3000):
            s = bytes(np.concatenate([raster[0][b, t], raster[1][b, t]]))
            if s in seen:
                break
            seen[s] = t + 1
        assert (length[b], transient[b]) == (t + 1 - seen[s], seen[s])
    assert length.max() > 1 and transient.max() > 1


def test_a_cycle_longer_than_the_run_is_not_found():
    spec = d.Spec(units=300, variance=30.0, in_degree=20, seed=6)
    image = limen.Image(d.random_network(spec))
    assert not d.frozen_cycles(image, d.common_input(spec, 3), 50)[0].any()


SILENT = dict(form="0/1", threshold=50.0, **AUTONOMOUS)


@pytest.mark.parametrize("changes, word", [
    (SILENT, "silent"), (dict(SILENT, threshold=-50.0), "saturated")])
def test_uniform_networks_have_a_sentence_and_no_damage(changes, word):
    spec = d.Spec(units=50, **changes)
    image = limen.Image(d.random_network(spec))
    inp = d.common_input(spec, 3)
    for measure in (d.damage, d.lyapunov):
        with pytest.raises(LimenError, match=word):
            measure(image, inp)
    with pytest.raises(LimenError, match=word):
        d.derrida_map([1], image, inp)
    with pytest.raises(LimenError, match=word):
        d.random_damage(spec, 2, 2)
    assert d.damage(image, inp, uniform_too=True).growth == 0
    with pytest.raises(LimenError, match="no flipped unit"):
        d.lyapunov(image, inp, uniform_too=True)


@pytest.mark.parametrize("options, word", [
    (dict(steps=0), "steps"), (dict(tail=0), "tail"), (dict(tail=201), "tail"),
    (dict(flips=0), "flips"), (dict(flips=51), "flips"),
    (dict(twins=0, flips=2), "flips"), (dict(start=1.5), "start"),
    (dict(twins=2 ** 40), "twins")])
def test_options_out_of_range_have_a_sentence(options, word):
    spec = d.Spec(units=50)
    image = limen.Image(d.random_network(spec))
    with pytest.raises(LimenError, match=word):
        d.damage(image, d.common_input(spec, 3), **options)


def test_a_network_needs_enough_units():
    with pytest.raises(LimenError, match="units: 4 are too few"):
        d.random_network(d.Spec(units=4, in_degree=4))


def test_noise_has_no_cycle():
    net = limen.Network([1, 5])
    net.connect(1, 1)
    net.set_units(1, noise="gaussian", noise_scale=1.0)
    with pytest.raises(LimenError, match="noise"):
        d.frozen_cycles(limen.Image(net),
                        limen.Input(np.zeros((1, 1, 1), np.float32)), 10)
