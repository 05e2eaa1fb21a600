"""What rules of plasticity are for, and what they never do."""

import numpy as np
import pytest

import damage_ctypes as damage
import limen_ctypes as lib
import plastic_ctypes as plastic


def quiet(units=1):
    return lib.Input(np.zeros((1, 1, units), dtype=np.float32))


def test_intrinsic_plasticity_brings_every_unit_to_the_target():
    """SCIENCE 5.5: within .002 for every unit, not just the mean."""
    spec = plastic.sorn_spec("avalanche", seed=3, excitatory=60, inhibitory=12,
                             links=6)
    p = plastic.Plastic(sorn=spec)
    p.run(quiet(), 3000, raster=False)
    rates = p.run(quiet(), 20000)[1][0].mean(axis=0)
    assert np.abs(rates - 0.1).max() < 0.002


@pytest.mark.parametrize("which", ["counting", "avalanche"])
def test_rows_sum_to_one_after_each_step(which):
    p = plastic.Plastic(sorn=plastic.sorn_spec(which, seed=2))
    inp = plastic.letters_input(plastic.letters(4, 200)) \
        if which == "counting" else quiet()
    changed = 0
    for _ in range(60):
        before = p.net.weights(1).copy()
        p.run(inp, 1, raster=False)
        w = p.net.weights(1).reshape(200, 200).astype(float)
        changed += (w.ravel() != before).any()
        np.testing.assert_allclose(w.sum(axis=1), 1, atol=1e-6)
        if which == "avalanche":
            rows = p.net.weights(2).reshape(200, 40).astype(float).sum(axis=1)
            np.testing.assert_allclose(rows[rows != 0], -1, atol=1e-6)
    assert changed > 50


def test_what_excites_never_comes_to_inhibit():
    rng = np.random.default_rng(5)
    net = lib.Network([1, 40])
    net.connect(0, 1)
    net.connect(1, 1)
    sign = np.where(np.arange(40) % 4, 1, -1)
    w = net.weights(1)
    w[:] = (rng.random((40, 40)) * sign).ravel().astype(np.float32)
    net.set_units(1, "gaussian", 1.0)
    rules = [plastic.rule("stdp", 1, rate=0.3, rate_down=0.3),
             plastic.rule("inhibitory_stdp", 1, rate=0.3),
             plastic.rule("structural", 1, chance=1.0)]
    p = plastic.Plastic(net, rules, {1: sign}, seed=4)
    p.run(quiet(), 400, raster=False)
    after = p.net.weights(1).reshape(40, 40)
    assert (after != w.reshape(40, 40)).mean() > 0.5
    assert (after * sign >= 0).all()


def test_a_wrong_sign_is_refused_by_name():
    net = lib.Network([1, 3])
    net.connect(1, 1)
    net.weights(0)[5] = -0.5
    with pytest.raises(lib.LimenError, match="2 -> 1 of connection 0 is -0.5"):
        plastic.Plastic(net, [plastic.rule("stdp", 0)])


@pytest.mark.parametrize("change, words", [
    (dict(place=7), "no connection"), (dict(rate=-1), "rate"),
    (dict(target=0), "target"), (dict(chance=2.0), "chance"),
    (dict(window=0), "window"), (dict(floor=0), "floor")])
def test_numbers_out_of_range_are_refused(change, words):
    net = lib.Network([1, 3])
    net.connect(1, 1)
    rule = plastic.rule("stdp", 0)
    for name, value in change.items():
        setattr(rule, name, value)
    with pytest.raises(lib.LimenError, match=words):
        plastic.Plastic(net, [rule])


def state_of(p):
    return [p.net.weights(k).copy() for k in range(4)] + [
        p.net.thresholds(1).copy(), p.state.bits(1, 0).copy()]


def test_stopped_and_resumed_ends_with_the_same_bytes(tmp_path):
    spec = plastic.sorn_spec("avalanche", seed=8, is_delayed=True)
    whole, first, second = (plastic.Plastic(sorn=spec) for _ in range(3))
    whole.run(quiet(), 500, raster=False)
    first.run(quiet(), 217, raster=False)
    first.save(tmp_path / "a")
    second.load(tmp_path / "a")
    second.run(quiet(), 283, raster=False)
    for a, b in zip(state_of(whole), state_of(second)):
        np.testing.assert_array_equal(a, b)
    second.save(tmp_path / "b")
    whole.save(tmp_path / "c")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()
    other = plastic.Plastic(sorn=plastic.sorn_spec("avalanche", seed=9))
    with pytest.raises(lib.LimenError, match="another seed"):
        other.load(tmp_path / "a")


def test_threads_and_chunks_change_nothing():
    """Many samples, and enough weights that rules share them among threads."""
    rng = np.random.default_rng(2)
    values = rng.random((150, 30, 10)).astype(np.float32)
    ends = []
    for threads in (1, 2, 3):
        net = lib.Network([10, 1100])
        net.connect(0, 1)
        net.connect(1, 1)
        net.init("normal", 1.0, 1.0, seed=1)
        for k in (0, 1):
            net.weights(k)[:] = np.abs(net.weights(k))
        net.thresholds(1)[:] = 8.0
        rules = [plastic.rule("intrinsic", 1, rate=0.5),
                 plastic.rule("stdp", 1, rate=0.01, rate_down=0.02),
                 plastic.rule("normalise", 1, target=20.0)]
        p = plastic.Plastic(net, rules, samples=150, seed=3, threads=threads)
        p.run(lib.Input(values), 4, raster=False)
        ends.append((p.net.weights(1).copy(), p.net.thresholds(1).copy()))
    assert (ends[0][0] != net.weights(1)).any()
    for end in ends[1:]:
        np.testing.assert_array_equal(end[0], ends[0][0])
        np.testing.assert_array_equal(end[1], ends[0][1])


def test_a_frozen_network_is_a_network_that_runs():
    """The rows kept in step are the image of the masters, also sparse ones."""
    net = lib.Network([4, 120])
    net.connect(0, 1)
    net.connect(1, 1, kind="in_degree", in_degree=20)
    net.init("normal", 2.0, 1.0, seed=3)
    net.weights(1)[:] = np.abs(net.weights(1))
    net.thresholds(1)[:] = 1.0
    rules = [plastic.rule("stdp", 1, rate=0.05),
             plastic.rule("intrinsic", 1, rate=0.2, target=0.3),
             plastic.rule("normalise", 1, target=2.0)]
    inp = lib.Input(np.full((1, 1, 4), 0.5, np.float32))
    p = plastic.Plastic(net, rules, seed=6)
    p.run(inp, 100, raster=False)
    fresh = lib.Image(p.net)
    state = lib.State(fresh, 1)
    state.copy_from(p.state)
    p.freeze()
    ours = p.run(inp, 50)[1]
    theirs = lib.run(fresh, state, inp, 50, seed=6)[0][1]
    assert ours.any() and (ours == theirs).all()


@pytest.mark.parametrize("variance", [0.1, 1.0, 10.0])
def test_self_critical_units_bring_damage_to_neither_grow_nor_heal(variance):
    """SCIENCE 1.8: growth 1 +- .05, measured by twins, not by the rule."""
    spec = damage.Spec(variance=variance, seed=4)
    net = damage.random_network(spec)
    rule = plastic.rule("self_critical", 1, plus_minus=True)
    p = plastic.Plastic(net, [rule], seed=2)
    inp = damage.common_input(spec, 1)
    p.run(inp, 3000, raster=False)
    got = damage.lyapunov(lib.Image(p.net), damage.common_input(spec, 8),
                          seed=5, warm_up=100, steps=200, twins=0)
    assert abs(got.growth - 1) < 0.05


@pytest.mark.parametrize("kind, target, scale", [
    ("control_growth", 0.8, 0.5), ("control_growth", 1.1, 3.0)])
def test_a_closed_loop_holds_the_growth_of_damage(kind, target, scale):
    spec = damage.Spec(variance=scale, seed=4)
    net = damage.random_network(spec)
    rule = plastic.rule(kind, 1, plus_minus=True, target=target, rate=0.3,
                        window=100)
    p = plastic.Plastic(net, [rule], seed=2)
    p.run(damage.common_input(spec, 1), 8000, raster=False)
    got = damage.lyapunov(lib.Image(p.net), damage.common_input(spec, 8),
                          seed=5, warm_up=100, steps=200, twins=0)
    assert abs(got.growth - target) < 0.05
    assert abs(p.measured(0) - target) < 0.1


def test_a_closed_loop_holds_the_mean_rate():
    net = lib.Network([1, 200])
    net.connect(1, 1)
    net.init("normal", 1.0, 1.0, seed=3)
    net.set_units(1, "gaussian", 0.5)
    p = plastic.Plastic(net, [plastic.rule("control_rate", 1, target=0.25,
                                           window=50, rate=0.5)], seed=2)
    p.run(quiet(), 5000, raster=False)
    assert abs(p.run(quiet(), 2000)[1].mean() - 0.25) < 0.01


def branching_net(gain):
    """Excitation that spreads, from units that fire by chance."""
    net = lib.Network([1, 400])
    net.connect(1, 1, kind="in_degree", in_degree=20, seed=1)
    net.weights(0)[:] = gain
    net.thresholds(1)[:] = 1.0
    net.set_units(1, "logistic", 0.3)
    return net


@pytest.mark.parametrize("gain", [0.02, 0.08])
def test_a_closed_loop_holds_the_branching_ratio(gain):
    p = plastic.Plastic(branching_net(gain), [plastic.rule(
        "control_branching", 0, target=0.5, window=1000, rate=0.3)], seed=2)
    p.run(quiet(), 40000, raster=False)
    p.freeze()
    a = p.run(quiet(), 20000)[1][0].sum(axis=1).astype(float)
    slope = np.polyfit(a[:-1], a[1:], 1)[0]
    assert abs(slope - 0.5) < 0.05


def test_weights_without_bounds_are_said_to_diverge():
    net = lib.Network([1, 4])
    net.connect(1, 1)
    net.weights(0)[:] = 1.0
    net.thresholds(1)[:] = -0.5
    rule = plastic.rule("self_critical", 0, rate=1e5, ceiling=3e38)
    p = plastic.Plastic(net, [rule])
    with pytest.raises(lib.LimenError, match="step 7: .*not a finite number"):
        p.run(quiet(), 50, raster=False)
