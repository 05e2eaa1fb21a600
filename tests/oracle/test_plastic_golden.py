"""Networks that change, bit for bit against the model in NumPy."""

import numpy as np
import pytest

import limen_ctypes as lib
import oracle as o
import plastic_ctypes as plastic
from plastic_oracle import Rules, WORDS

SEED = 2**40 + 9


def subject(sparse, delayed, noise, mixed):
    """The same network twice: of the library and of the oracle."""
    rng = np.random.default_rng(3)
    units = [5, 70, 9]  # more than a word of bits
    nets = lib.Network(units), o.Network(units)
    sign = [np.ones(n) for n in units]
    sign[2][:] = -1
    if mixed:
        sign[1][::3] = -1
    shape = [(0, 1, False), (1, 1, True), (2, 1, True), (1, 2, delayed)]
    for k, (origin, to, late) in enumerate(shape):
        if sparse and k == 1:
            nets[0].connect(origin, to, late, "in_degree", in_degree=30, seed=4)
            nets[1].connect(origin, to, late,
                            o.Pattern("in_degree", in_degree=30, seed=4))
        else:
            for net in nets:
                net.connect(origin, to, late)
        c = nets[1].connections[k]
        w = rng.random(c.w.shape) * (rng.random(c.w.shape) < 0.4) * 0.6
        c.w = np.where(c.exists, w * sign[origin], 0).astype(np.float32)
        nets[0].weights(k)[:] = c.entries()
    for layer in (1, 2):
        theta = (0.4 * rng.random(units[layer])).astype(np.float32)
        nets[0].thresholds(layer)[:] = nets[1].theta[layer] = theta
        if noise:
            nets[0].set_units(layer, "gaussian", 0.3)
            nets[1].options[layer] = o.Options("gaussian", 0.3)
    return nets, sign


SORN = [dict(kind="intrinsic", place=1, rate=0.05, target=0.2),
        dict(kind="stdp", place=1, rate=0.05, rate_down=0.04, ceiling=0.9),
        dict(kind="structural", place=1, chance=0.7, floor=0.01),
        dict(kind="inhibitory_stdp", place=2, rate=0.02, target=0.2,
             floor=0.001),
        dict(kind="normalise", place=1, target=1.0),
        dict(kind="normalise", place=2, target=0.5)]
LOOPS = [dict(kind="self_critical", place=1, rate=0.03, target=1.0, window=4,
              ceiling=2.0, plus_minus=True),
         dict(kind="control_rate", place=2, rate=0.2, target=0.3, window=3),
         dict(kind="control_branching", place=1, rate=0.2, target=0.9,
              window=5, plus_minus=False),
         dict(kind="control_growth", place=2, rate=0.2, target=0.8, window=4,
              plus_minus=False)]


def same(net, model):
    for k, c in enumerate(model.connections):
        np.testing.assert_array_equal(net.weights(k), c.entries(), str(k))
    for layer in range(1, len(model.units)):
        np.testing.assert_array_equal(net.thresholds(layer),
                                      model.theta[layer])


@pytest.mark.parametrize("rules, sparse, delayed, noise, mixed, samples", [
    (SORN, False, False, False, False, 1),
    (SORN, False, True, True, True, 1),
    (SORN, True, True, True, True, 3),
    (LOOPS, False, False, True, True, 2),
    (LOOPS, True, False, False, False, 1),
])
def test_every_weight_and_spike_is_that_of_the_model(rules, sparse, delayed,
                                                     noise, mixed, samples):
    (net, model), sign = subject(sparse, delayed, noise, mixed)
    rng = np.random.default_rng(1)
    values = rng.random((samples, 40, 5)).astype(np.float32)
    got = plastic.Plastic(net, [plastic.rule(**r) for r in rules],
                          {1: sign[1], 2: sign[2]}, samples, SEED)
    oracle = Rules(model, rules, sign, samples, SEED)
    image, state = o.Image(model), o.State(model, samples)
    first = [w.copy() for w in (model.connections[1].w, model.theta[1])]
    inp, expected = lib.Input(values), o.Input(values)
    for steps in (1, 2, 1, 11, 25):  # sums are kept within a run
        raster = got.run(inp, steps)
        for step in range(steps):
            image = oracle.step(image, state, expected)
            for layer, s in enumerate(state.s):
                assert (raster[layer][:, step] == s).all(), (step, layer)
        same(got.net, model)
        np.testing.assert_array_equal(got.image.exponents(1), image.q[1])
        np.testing.assert_array_equal(got.image.thresholds(1), image.theta[1])
    assert (model.connections[1].w != first[0]).any()
    assert (model.theta[1] != first[1]).any()
    for r in range(len(rules)):
        own = oracle.own[r]
        assert got.measured(r) == pytest.approx(
            oracle.sums[r]["last"] if own is None else own.mean(), rel=1e-6)


def test_the_counting_sequence_is_drawn_word_by_word():
    for n in (1, 4):
        words = [int(o.draw32(SEED, WORDS, 0, k, 0)) >> 31 for k in range(20)]
        expected = [letter + 3 * w for w in words
                    for letter in [0] + [1] * n + [2]]
        got = plastic.letters(n, 20 * (n + 2), SEED)
        assert got.tolist() == expected


def test_a_network_of_letters_begins_with_rows_that_sum_to_one():
    p = plastic.Plastic(sorn=plastic.sorn_spec("counting", seed=5))
    links = p.net.weights(1).reshape(200, 200)
    assert ((links > 0).sum(axis=1) == 10).all()
    assert (links.diagonal() == 0).all()
    np.testing.assert_allclose(links.sum(axis=1), 1, atol=1e-6)
    feedback = p.net.weights(2)
    assert (feedback < 0).all()
    letters = p.net.weights(0).reshape(200, 6)
    assert (letters.sum(axis=0) == 10).all() and letters.max() == 1
    assert (letters.sum(axis=1) <= 1).all()
