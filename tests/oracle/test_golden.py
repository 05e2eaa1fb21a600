"""The library against the oracle, bit for bit.

CASES are networks with an input and runs.  One failure here means that the C,
the oracle or docs/numerics.md is wrong.  `python3 test_golden.py` prints a
digest of what the library does with all cases: how other backends are tested.
"""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import limen_ctypes as lib
import oracle as o

SEED = 0x1234567890ABCDEF


@dataclass
class Case:
    net: o.Network
    inp: o.Input
    runs: list = field(default_factory=lambda: [20])  # steps, one by one
    burn_in: int = 0
    seed: int = SEED
    start: dict = field(default_factory=dict)  # layer: (samples, n) bool
    init: dict = None  # as in lib.Network.init, if the library draws it too


def values(rng, samples, frames, n, kind):
    if kind == "bytes":
        v = rng.integers(0, 256, size=(samples, frames, n)).astype(np.uint8)
        v[rng.random(v.shape) < 0.1] = 255
        v[rng.random(v.shape) < 0.1] = 0
        return v
    v = rng.random((samples, frames, n)).astype(np.float32)
    v[rng.random(v.shape) < 0.1] = 1
    v[rng.random(v.shape) < 0.1] = 0
    return v


def make_input(rng, n, samples=20, frames=1, kind="floats", **options):
    scale = 1 / 255 if kind == "bytes" else 1.0
    options.setdefault("scale", scale)
    return o.Input(values(rng, samples, frames, n, kind), **options)


def randomise(net, rng, gain=1.0):
    """Weights that make a lively network."""
    heard = [0] * len(net.units)
    for c in net.connections:
        heard[c.to] += 1
    for c in net.connections:
        fan_in = np.maximum(c.exists.sum(axis=1, keepdims=True), 1)
        w = rng.normal(size=c.w.shape) * gain / np.sqrt(fan_in * heard[c.to])
        c.w = np.where(c.exists, w, 0).astype(np.float32)
    for layer in range(1, len(net.units)):
        net.theta[layer] = (rng.normal(size=net.units[layer]) * 0.2 *
                            gain).astype(np.float32)
    return net


CASES = {}


def case(make):
    rng = np.random.default_rng(len(CASES) + 100)
    CASES[make.__name__] = make(rng)
    return make


@case
def one_layer(rng):
    net = randomise(o.Network.standard([30, 10]), rng)
    return Case(net, make_input(rng, 30))


@case
def two_layers_of_bytes(rng):
    net = randomise(o.Network.standard([64, 63, 10]), rng)
    return Case(net, make_input(rng, 64, samples=33, kind="bytes"))


@case
def balanced_rows(rng):
    net = randomise(o.Network.standard([1100, 40, 5], [0, 1, 1]), rng)
    net.connections[0].balanced = net.connections[1].balanced = True
    net.connections[0].w += np.float32(0.3)  # which is taken off again
    return Case(net, make_input(rng, 1100))


@case
def two_layers_with_self(rng):
    net = randomise(o.Network.standard([40, 65, 12], [0, 1, 1]), rng)
    return Case(net, make_input(rng, 40))


@case
def three_layers_with_feedback(rng):
    net = o.Network.standard([25, 33, 128, 7], None, [0, 1, 1, 0])
    return Case(randomise(net, rng), make_input(rng, 25))


@case
def four_layers_with_both(rng):
    net = o.Network.standard([20, 30, 129, 31, 5], [0, 1, 1, 1, 1],
                             [0, 1, 1, 1, 0])
    return Case(randomise(net, rng), make_input(rng, 20, samples=3), [40])


@case
def sparse_in_degree(rng):
    net = o.Network([16, 100, 4])
    net.connect(0, 1, pattern=o.Pattern("in_degree", in_degree=5, seed=77))
    net.connect(1, 1, pattern=o.Pattern("in_degree", in_degree=12,
                                        seed=2**63 + 5))
    net.connect(1, 2)
    return Case(randomise(net, rng), make_input(rng, 16))


@case
def sparse_in_degree_with_self_pairs(rng):
    net = o.Network([16, 70])
    net.connect(0, 1, pattern=o.Pattern("in_degree", in_degree=16))
    net.connect(1, 1, pattern=o.Pattern("in_degree", in_degree=69, seed=3,
                                        self_pairs=True))
    return Case(randomise(net, rng), make_input(rng, 16))


@case
def sparse_probability(rng):
    net = o.Network([50, 90, 20])
    net.connect(0, 1, pattern=o.Pattern("probability", probability=0.1,
                                        seed=9))
    net.connect(1, 1, pattern=o.Pattern("probability", probability=0.3,
                                        seed=10))
    net.connect(2, 2, pattern=o.Pattern("probability", probability=0.5,
                                        self_pairs=True, seed=11))
    net.connect(1, 2, pattern=o.Pattern("probability", probability=1.0))
    return Case(randomise(net, rng), make_input(rng, 50))


@case
def sparse_given_with_empty_rows(rng):
    rows = [sorted(rng.choice(30, size=rng.integers(0, 9), replace=False))
            for _ in range(67)]
    rows[0] = rows[66] = []
    net = o.Network([30, 67])
    net.connect(0, 1, pattern=o.Pattern("given", rows=rows))
    net.connect(1, 1, pattern=o.Pattern(
        "given", rows=[[i] if i % 3 else [] for i in range(67)]))
    return Case(randomise(net, rng), make_input(rng, 30))


@case
def gaussian_noise(rng):
    net = randomise(o.Network.standard([12, 70, 9], [0, 1, 0]), rng)
    for layer in (1, 2):
        net.options[layer] = o.Options("gaussian", 0.35 * layer)
    return Case(net, make_input(rng, 12))


@case
def logistic_noise(rng):
    net = randomise(o.Network.standard([12, 70, 9], [0, 1, 0]), rng)
    net.options[1] = o.Options("logistic", 0.21)
    return Case(net, make_input(rng, 12, kind="bytes"))


@case
def noise_far_above_the_weights(rng):
    net = randomise(o.Network.standard([12, 33]), rng, gain=1e-6)
    net.options[1] = o.Options("logistic", 3e4)
    return Case(net, make_input(rng, 12))


@case
def synchronous(rng):
    net = o.Network.standard([20, 30, 40, 9], [0, 1, 0, 1], [0, 1, 1, 0])
    net.synchronous = True
    return Case(randomise(net, rng), make_input(rng, 20))


@case
def delayed_and_skipping_connections(rng):
    net = o.Network([20, 30, 40, 9])
    for origin, to, delayed in [(0, 1, False), (0, 2, True), (1, 2, False),
                                (1, 3, True), (0, 3, False), (3, 1, False),
                                (2, 3, False), (1, 2, True), (2, 2, True),
                                (2, 2, False)]:
        net.connect(origin, to, delayed)
    return Case(randomise(net, rng), make_input(rng, 20))


@case
def refractory(rng):
    net = randomise(o.Network.standard([20, 130, 9], [0, 1, 0]), rng)
    net.options[1] = o.Options(refractory=1)
    net.options[2] = o.Options(refractory=300)
    net.theta[1] -= 0.5
    return Case(net, make_input(rng, 20), [7, 1, 30])


@case
def adaptation(rng):
    net = randomise(o.Network.standard([20, 66, 9], [0, 1, 0]), rng)
    net.options[1] = o.Options(adapt_gain=1.3, adapt_memory=0.9)
    net.options[2] = o.Options(adapt_gain=-0.4, adapt_memory=0.0)
    return Case(net, make_input(rng, 20), [25, 25])


@case
def every_unit_option_at_once(rng):
    net = o.Network.standard([20, 66, 130, 9], [0, 1, 1, 0], [0, 1, 1, 0])
    for layer, kind in ((1, "gaussian"), (2, "logistic"), (3, "gaussian")):
        net.options[layer] = o.Options(kind, 0.3, layer, 0.7, 0.95)
    randomise(net, rng)
    for theta in net.theta:
        theta -= np.float32(0.4)
    return Case(net, make_input(rng, 20), [3, 27], 5)


@case
def threshold_encoder(rng):
    net = randomise(o.Network.standard([67, 30, 9], [0, 1, 1]), rng)
    return Case(net, make_input(rng, 67, encoder="threshold"))


@case
def frozen_encoder(rng):
    net = randomise(o.Network.standard([67, 30, 9], [0, 1, 1]), rng)
    return Case(net, make_input(rng, 67, encoder="frozen", kind="bytes"))


@case
def sequence_with_hold(rng):
    net = randomise(o.Network.standard([21, 30, 9], [0, 1, 0]), rng)
    inp = make_input(rng, 21, frames=5, hold=3, kind="bytes")
    return Case(net, inp, [1, 9, 11])


@case
def frozen_sequence_of_single_steps(rng):
    net = randomise(o.Network.standard([21, 30, 9], [0, 1, 0]), rng)
    return Case(net, make_input(rng, 21, frames=30, encoder="frozen"))


@case
def threshold_sequence(rng):
    net = randomise(o.Network.standard([21, 30, 9], [0, 1, 0]), rng)
    return Case(net, make_input(rng, 21, frames=4, hold=2,
                                encoder="threshold", kind="bytes"))


@case
def burn_in_over_carried_state(rng):
    net = randomise(o.Network.standard([20, 40, 9], [0, 1, 1]), rng)
    return Case(net, make_input(rng, 20), [4, 5, 1, 10], 7)


@case
def a_state_that_was_written(rng):
    net = randomise(o.Network.standard([20, 70, 9], [0, 1, 1], [0, 1, 0]),
                    rng)
    net.synchronous = True
    start = {layer: rng.random((20, n)) < 0.5
             for layer, n in enumerate(net.units)}
    return Case(net, make_input(rng, 20), [12], start=start)


@case
def keys_and_scale_of_the_caller(rng):
    net = randomise(o.Network.standard([20, 40, 9], [0, 1, 1]), rng)
    net.options[1] = o.Options("gaussian", 0.2)
    keys = rng.integers(0, 2**64, size=20, dtype=np.uint64)
    return Case(net, make_input(rng, 20, keys=keys, kind="bytes",
                                scale=1 / (1.2 * 255)), seed=7)


@case
def more_than_1024_dense_sources(rng):
    net = randomise(o.Network.standard([2500, 37, 9], [0, 1, 0]), rng)
    net.connections[0].w[5] = np.abs(net.connections[0].w[5])
    net.connections[0].w[6] = -np.abs(net.connections[0].w[6])
    return Case(net, make_input(rng, 2500, samples=9, kind="bytes"), [8])


@case
def more_than_1024_sparse_sources(rng):
    net = o.Network([1030, 1100])
    net.connect(0, 1, pattern=o.Pattern("probability", probability=0.02))
    net.connect(1, 1, pattern=o.Pattern("in_degree", in_degree=30, seed=4))
    net.connect(1, 1, pattern=o.Pattern("probability", probability=0.9,
                                        seed=5))
    return Case(randomise(net, rng), make_input(rng, 1030, samples=4), [8])


@case
def extreme_masters(rng):
    net = randomise(o.Network.standard([30, 60], [0, 1]), rng)
    scales = 2.0**rng.integers(-110, 90, size=60)
    for c in net.connections:
        c.w = (c.w * scales[:, None]).astype(np.float32)
    net.theta[1] = (net.theta[1] * scales).astype(np.float32)
    for c in net.connections:
        c.w[0:6] = 0
    net.theta[1][:12] = [0, 1, -1, 1e30, -1e30, 1e-38, 1e38, -1e38, 0, 3e9,
                         -3e9, 5e-39]
    net.connections[0].w[12] = 1e-45  # the smallest float
    net.connections[1].w[12] = 0
    net.connections[0].w[13:20] = np.float32(32767) / 30
    net.connections[1].w[13:20, 1::2] = -np.float32(32768) / 30
    return Case(net, make_input(rng, 30))


@case
def ties_of_rounding(rng):
    """Masters whose image lies half-way between two integers."""
    net = o.Network.standard([40, 50, 8], [0, 1, 0])
    for c in net.connections:
        c.w = (rng.integers(-99, 99, size=c.w.shape) + 0.5).astype(np.float32)
        c.w[:, 0] = rng.choice([-20000, 20000], size=len(c.w))
    for layer in (1, 2):
        net.theta[layer] = (rng.integers(-99, 99, size=net.units[layer]) +
                            0.5).astype(np.float32)
    assert not o.Image(net).q[1].any()
    return Case(net, make_input(rng, 40))


def _edges(rng, pattern):
    """Blocks whose sums are at the ends of int16 or one past them, with
    inputs that reach them and thresholds at the sum or one below."""
    rows = np.zeros((24, 2100))
    for i, sign in enumerate((1, -1)):
        for k, end in enumerate((32766, 32767, 32768, 32769)):
            row = rows[8 * i + k]
            row[:1024] = 16  # 16384 in all
            row[1024:2048] = 3
            row[1023] += end - 16384
            row[:] *= sign
            row = rows[8 * i + 4 + k]
            row[1023], row[1024], row[2047] = 16000, 20000, end - 20000
            row[:] *= sign
    rows[16:] = rows[8:16]
    rows[16:, :1024] *= -1  # signs of blocks differ
    net = o.Network([2100, 24])
    net.connect(0, 1, pattern=pattern).w = rows.astype(np.float32)
    net.theta[1] = (rows.sum(axis=1) - np.arange(24) % 2).astype(np.float32)
    q = o.Image(net).q[1]
    assert list(q[:16]) == [0, 0, -1, -1] * 2 + [0, 0, 0, -1] * 2
    p = np.ones((12, 1, 2100), np.float32)
    p[4:8] = rng.random((4, 1, 2100))
    p[8:, :, :1024] = 0
    return Case(net, o.Input(p), [4])


@case
def edges_of_the_exponent(rng):
    return _edges(rng, o.Pattern())


@case
def edges_of_the_exponent_in_a_sparse_connection(rng):
    return _edges(rng, o.Pattern("given", rows=[list(range(2100))] * 24))


@case
def lone_weights_of_powers_of_two(rng):
    """-2^k alone: its sum would fit as -32768, the weight itself does not."""
    net = o.Network([24, 24])
    w = np.diag(2.0**np.arange(-40, 8)[::2])
    w[::3] *= -1
    net.connect(0, 1).w = w.astype(np.float32)
    net.theta[1] = (w.sum(axis=1) / 2).astype(np.float32)
    assert np.all(o.Image(net).q[1] == 14 - np.arange(-40, 8)[::2])
    return Case(net, make_input(rng, 24))


@case
def threshold_encoder_at_one_half(rng):
    half = np.float32(0.5)
    some = [half, np.nextafter(half, np.float32(0)), half - 2.0**-17,
            np.nextafter(np.float32(half - 2.0**-17), np.float32(0)),
            half + 2.0**-16]
    net = randomise(o.Network.standard([50, 30]), rng)
    p = rng.choice(np.array(some, np.float32), size=(20, 3, 50))
    return Case(net, o.Input(p, hold=2, encoder="threshold"), [7])


@case
def levels_half_way_between_integers(rng):
    """Some draws equal one of the two levels between which p lies."""
    odd = 2 * rng.integers(0, 65536, size=(30, 1, 2000)) + 1
    net = randomise(o.Network.standard([2000, 10]), rng)
    return Case(net, o.Input((odd / 2.0**17).astype(np.float32)), [20])


@case
def adaptation_told_apart_finely(rng):
    """Units whose thresholds follow each other so closely that a change of
    2^-16 in c, or in how fast it is forgotten, moves spikes."""
    net = o.Network([1, 4000])
    net.connect(0, 1).w[:] = 1
    net.theta[1] = rng.random(4000).astype(np.float32)
    net.options[1] = o.Options(adapt_gain=9.0, adapt_memory=0.97)
    return Case(net, o.Input(np.ones((2, 1, 1), np.float32) / 2), [150])


@case
def refractory_longer_than_a_byte(rng):
    net = randomise(o.Network.standard([5, 20], [0, 1]), rng)
    net.options[1] = o.Options(refractory=257)
    net.theta[1] -= 0.7
    return Case(net, make_input(rng, 5, samples=3), [250, 20, 300])


def _extreme_noise(kind, sign, keys):
    """Only draws of the last octave's first node, v <= 128, decide; keys with
    such a draw were found by search."""
    largest = o.NODES[kind][23 * 64]
    net = o.Network([8, 4])
    net.connect(0, 1)
    net.options[1] = o.Options(kind, 1.0)
    net.theta[1][:] = (largest - 1 if sign > 0 else -largest) / 65536
    inp = o.Input(np.full((len(keys), 1, 8), 0.5, np.float32),
                  keys=np.array(keys, np.uint64))
    v = o.draw32(SEED, o.NOISE + 1, inp.keys[:, None], 1, np.arange(4)) % 2**31
    assert np.any(v < 128) and np.any((128 < v) & (v < 140))
    return Case(net, inp, [1])


@case
def the_largest_noise(rng):
    return _extreme_noise("gaussian", 1, [
        26299441, 26818456, 76730405, 169608855, 97629912, 104576064])


@case
def the_smallest_noise(rng):
    return _extreme_noise("logistic", -1, [
        93188877, 39412216, 207965389, 17508973, 991282, 217235780])


def _drawn(rng, init):
    net = o.Network([30, 80, 10])
    net.connect(0, 1)
    net.connect(1, 1, pattern=o.Pattern("in_degree", in_degree=9, seed=1))
    net.connect(2, 1)
    net.connect(1, 2)
    net.connect(0, 2, delayed=True, pattern=o.Pattern(
        "probability", probability=0.3, seed=2))
    if init["kind"] == "uniform":
        net.init_uniform(init["gain"], init["recurrent_gain"],
                         init["threshold"], init["seed"])
    else:
        net.init_normal(init["gain"], init["recurrent_gain"], init["seed"])
    return Case(net, make_input(rng, 30), init=init)


@case
def drawn_uniform(rng):
    return _drawn(rng, dict(kind="uniform", gain=1.1, recurrent_gain=0.3,
                            threshold=0.7, seed=2**40 + 3))


@case
def drawn_normal(rng):
    return _drawn(rng, dict(kind="normal", gain=1.3, recurrent_gain=0.7,
                            seed=99))


# ---- Both ways


def to_library(case):
    """The same network, made by the library's own functions."""
    net = case.net
    theirs = lib.Network(net.units)
    for index, c in enumerate(net.connections):
        p = c.pattern
        assert index == theirs.connect(
            c.origin, c.to, c.delayed, p.kind, p.in_degree, p.probability,
            p.self_pairs, p.seed, p.rows)
        if c.balanced:
            theirs.balance(index)
        rows = theirs.rows(index)
        if p.kind == "dense":
            assert rows is None
        else:
            for i, row in enumerate(rows):
                assert row == list(np.flatnonzero(c.exists[i]))
    theirs.set_synchronous(net.synchronous)
    if case.init:
        theirs.init(**case.init)
        for index, c in enumerate(net.connections):
            assert same_floats(theirs.weights(index), c.entries())
        for layer in range(1, len(net.units)):
            assert same_floats(theirs.thresholds(layer), net.theta[layer])
    for index, c in enumerate(net.connections):
        theirs.weights(index)[:] = c.entries()
    for layer in range(1, len(net.units)):
        theirs.thresholds(layer)[:] = net.theta[layer]
        theirs.set_units(layer, **vars(net.options[layer]))
    return theirs


def same_floats(a, b):
    """Bit for bit, also of signed zeros."""
    return np.array_equal(np.asarray(a).view(np.uint32),
                          np.asarray(b).view(np.uint32))


def library_input(inp, keys=True):
    return lib.Input(inp.values, inp.scale, inp.hold, inp.encoder,
                     inp.keys if keys else None)


def run_oracle(case):
    image = o.Image(case.net)
    state = o.State(case.net, case.inp.samples)
    for layer, bits in case.start.items():
        state.s[layer] = bits.astype(np.int64)
    return join(o.run(image, state, case.inp, steps, case.burn_in, case.seed)
                for steps in case.runs)


def run_library(case, image, index=None, threads=1):
    """Of all samples or those of `index`, with their keys."""
    inp = case.inp if index is None else case.inp.subset(index)
    state = lib.State(image, inp.samples)
    for layer, bits in case.start.items():
        n = bits.shape[1]
        bits = bits if index is None else bits[index]
        for sample, row in enumerate(bits):
            padded = np.zeros(64 * lib.words(n), dtype=bool)
            padded[:n] = row
            state.bits(layer, sample)[:] = np.packbits(
                padded, bitorder="little").view(np.uint64)
    given_keys = not np.array_equal(inp.keys, np.arange(inp.samples))
    said = join(lib.run(image, state, library_input(inp, given_keys), steps,
                        case.burn_in, case.seed, threads)
                for steps in case.runs)
    assert state.steps == sum(case.runs)
    for layer, n in enumerate(image.net.units):
        for sample in range(inp.samples):
            assert np.array_equal(
                lib.unpack(state.bits(layer, sample), n),
                said[0][layer][sample, -1])
    return said


def join(runs):
    rasters, counts = zip(*runs)
    return ([np.concatenate(r, axis=1) for r in zip(*rasters)],
            [sum(x.astype(np.int64) for x in c) for c in zip(*counts)])


def same(a, b):
    return all(np.array_equal(x, y) for p, q in zip(a, b)
               for x, y in zip(p, q))


def first_difference(mine, theirs):
    for layer, (a, b) in enumerate(zip(mine[0], theirs[0])):
        if not np.array_equal(a, b):
            sample, t, unit = np.argwhere(a != b)[
                np.argmin(np.argwhere(a != b)[:, 1])]
            return (f"layer {layer} sample {sample} step {t + 1} unit {unit}:"
                    f" oracle {int(a[sample, t, unit])},"
                    f" {np.sum(a != b)} bits differ")
    return "rasters equal, counts differ"


def check(case):
    """The image and the runs, bit for bit."""
    theirs = to_library(case)
    image, mine = lib.Image(theirs), o.Image(case.net)
    for layer in range(1, len(case.net.units)):
        assert np.array_equal(image.exponents(layer), mine.q[layer])
        assert np.array_equal(image.thresholds(layer), mine.theta[layer])
    for index, c in enumerate(case.net.connections):
        assert np.array_equal(image.weights(index), mine.w[index][c.exists])
    expected, said = run_oracle(case), run_library(case, image)
    assert same(expected, said), first_difference(expected, said)
    return expected


# ---- The tests


@pytest.mark.parametrize("name", CASES)
def test_the_library_is_the_oracle_bit_for_bit(name):
    expected = check(CASES[name])
    if name != "extreme_masters":  # a case that is silent says nothing
        for raster in expected[0]:
            assert 0.004 < raster.mean() < 0.99


def test_philox_is_the_oracles_at_random_counters():
    rng = np.random.default_rng(1)
    for words in rng.integers(0, 2**32, size=(300, 6), dtype=np.uint64):
        counter, key = list(map(int, words[:4])), list(map(int, words[4:]))
        assert lib.philox(counter, key) == list(o.philox(counter, key))


def test_draws_are_the_oracles_over_their_whole_range():
    rng = np.random.default_rng(2)
    for _ in range(300):
        seed, key = (int(x) for x in rng.integers(0, 2**64, size=2,
                                                  dtype=np.uint64))
        stream, step, unit = (int(rng.integers(0, m))
                              for m in (256, 2**32, 2**26))
        assert lib.draw(seed, stream, key, step, unit) == o.draw32(
            seed, stream, key, step, unit)


def test_votes_and_their_ties_are_the_oracles():
    rng = np.random.default_rng(3)
    for key in range(500):
        counts = rng.integers(0, 4, size=rng.integers(1, 12))
        assert lib.vote(counts, SEED, key) == o.vote(counts, SEED, key)


@pytest.mark.parametrize("self_, feedback", [
    (None, None), ([9, 1, 0, 1], None), (None, [9, 1, 0, 1]),
    ([0, 1, 1, 1], [0, 1, 1, 1])])
def test_the_standard_network_has_the_connections_in_their_order(self_,
                                                                 feedback):
    theirs = lib.Network.standard([5, 6, 7, 3], self_, feedback)
    mine = o.Network.standard([5, 6, 7, 3], self_, feedback)
    assert [(c.origin, c.to) for c in mine.connections] == [
        (c.origin, c.to) for c in theirs.connections()]
    assert [not mine.delivers_now(c) for c in mine.connections] == [
        c.delayed for c in theirs.connections()]


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 1e38, -1e38])
def test_what_the_oracle_refuses_the_library_refuses(bad):
    net = lib.Network.standard([3, 2])
    net.weights(0)[:] = 1
    image = lib.Image(net)
    net.weights(0)[4] = bad
    for make in (lambda: lib.Image(net), lambda: image.update(net)):
        with pytest.raises(lib.LimenError) as refusal:
            make()
        assert refusal.value.status == 1
    net.weights(0)[4] = 0
    net.thresholds(1)[1] = np.nan
    with pytest.raises(lib.LimenError):
        lib.Image(net)


@pytest.mark.parametrize("kind, value, scale, fine", [
    (np.uint8, 255, 1 / 255, True),  # above 1 by the rounding of the scale
    (np.uint8, 255, 1 / 254, False),
    (np.uint8, 1, -1.0, False),
    (np.uint8, 0, np.nan, False),
    (np.float32, 1.0, 1.0, True),
    (np.float32, 0.5, 2.0, True),
    (np.float32, 1.001, 1.0, False),
    (np.float32, -0.001, 1.0, False),
    (np.float32, np.nan, 1.0, False),
    (np.float32, np.inf, 1.0, False),
])
def test_inputs_outside_zero_to_one_are_refused(kind, value, scale, fine):
    array = np.zeros((3, 2, 4), kind)
    array[2, 1, 3] = value
    inp = lib.Input(array, scale)
    if fine:
        return inp.check(4)
    with pytest.raises(lib.LimenError):
        inp.check(4)


def test_an_updated_image_is_a_new_one():
    case = CASES["four_layers_with_both"]
    theirs = to_library(case)
    for index in range(len(case.net.connections)):
        theirs.weights(index)[:] *= 3.7
    image = lib.Image(theirs)
    for index, c in enumerate(case.net.connections):
        theirs.weights(index)[:] = c.entries()
    image.update(theirs)
    assert same(run_oracle(case), run_library(case, image))


@pytest.mark.parametrize("where", ["evaluate", "predict"])
def test_answers_are_votes_over_the_oracles_counts(where):
    case = CASES["keys_and_scale_of_the_caller"]
    inp, burn_in, points = case.inp, 2, [3, 4, 10, 17]
    image = lib.Image(to_library(case))
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 9, size=inp.samples)
    answers, ties, counts = [], [], []
    for steps in points:
        _, c = o.run(o.Image(case.net), o.State(case.net, inp.samples), inp,
                     steps, burn_in, case.seed)
        votes = [o.vote(c[-1][i], case.seed, inp.keys[i])
                 for i in range(inp.samples)]
        answers.append(np.array([v[0] for v in votes]))
        ties.append(np.mean([v[1] for v in votes]))
        counts.append(c[-1])
    assert ties[0] > 0
    for threads in (1, 2, 4):
        if where == "predict":
            said, y = lib.predict(image, library_input(inp), points[-1],
                                  burn_in, case.seed, threads)
            assert np.array_equal(said, answers[-1])
            assert np.array_equal(y, (counts[-1] / (points[-1] - burn_in)
                                      ).astype(np.float32))
            continue
        accuracy, tied, confusion = lib.evaluate(
            image, library_input(inp), labels, 9, points, burn_in, case.seed,
            threads)
        assert np.allclose(tied, ties, atol=1e-12)
        assert np.allclose(accuracy, [np.mean(a == labels) for a in answers],
                           atol=1e-12)
        expected = np.zeros((9, 9), dtype=int)
        np.add.at(expected, (labels, answers[-1]), 1)
        assert np.array_equal(confusion, expected)


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_scaled_masters_have_the_deviation_of_the_header(rate):
    """sd = gain / sqrt(fan-in R (1-R)) with R = 1/2 of inputs, else `rate`.
    The sample deviation of 60000 weights is within 1% but once in 10^3."""
    net = lib.Network.standard([300, 400, 200], [0, 1, 0])
    net.init("scaled", 1.5, 0.8, rate=rate, seed=3)
    busy = rate * (1 - rate)
    for index, gain, spread in [(0, 1.5, 300 * 0.25), (1, 0.8, 400 * busy),
                                (2, 1.5, 400 * busy)]:
        w = net.weights(index).astype(np.float64)
        assert abs(w.std() / (gain / np.sqrt(spread)) - 1) < 0.01
        assert abs(w.mean()) < 0.02 * w.std()


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_scaled_layers_fire_at_about_the_rate_they_were_given(rate):
    net = lib.Network.standard([400, 300, 300])
    net.init("scaled", 1.0, 0.0, rate=rate, seed=3)
    image = lib.Image(net)
    inp = lib.Input(np.full((20, 1, 400), 0.5, np.float32))
    _, counts = lib.run(image, lib.State(image, 20), inp, 100)
    for layer in (1, 2):
        assert abs(counts[layer].mean() / 100 - rate) < 0.03


def test_the_longest_refractory_period_is_counted_to_the_step():
    net = lib.Network([1, 1])
    net.connect(0, 1)
    net.weights(0)[:] = 1
    net.set_units(1, refractory=65535)
    image = lib.Image(net)
    state, inp = lib.State(image, 1), lib.Input(np.ones((1, 1, 1), np.float32))
    spikes = [int(lib.run(image, state, inp, steps)[1][1][0, 0])
              for steps in (1, 65535, 1, 65535, 1)]
    assert spikes == [1, 0, 1, 0, 1]


def test_balanced_rows_sum_to_zero_as_integers():
    net = CASES["balanced_rows"].net
    image = lib.Image(to_library(CASES["balanced_rows"]))
    for index in (0, 1):
        c = net.connections[index]
        w = image.weights(index).reshape(c.w.shape)
        assert np.all(w.sum(axis=1, dtype=np.int64) == 0)
        assert np.abs(w).max() > 100  # not because they are nothing
        q = image.exponents(c.to)[:, None]
        v = c.w.astype(float) - c.w.astype(float).mean(axis=1, keepdims=True)
        assert np.abs(w - np.ldexp(v, q)).max() < 1.001


# ---- Whatever the threads, batch, order and backend


def big_case():
    """300 samples through recurrence, noise and every unit option."""
    rng = np.random.default_rng(11)
    net = o.Network.standard([50, 100, 30, 10], [0, 1, 0, 1], [0, 1, 1, 0])
    net.connect(0, 2, delayed=True,
                pattern=o.Pattern("in_degree", in_degree=7))
    net.connect(1, 1, pattern=o.Pattern("probability", probability=0.1))
    net.options[1] = o.Options("gaussian", 0.3, 1, 0.5, 0.8)
    net.options[3] = o.Options("logistic", 0.2)
    randomise(net, rng)
    for theta in net.theta:
        theta -= np.float32(0.3)
    inp = make_input(rng, 50, samples=300, frames=2, hold=4, kind="bytes")
    return Case(net, inp, [5, 7], 2)


@pytest.fixture(scope="module")
def big():
    case = big_case()
    return case, lib.Image(to_library(case)), run_oracle(case)


@pytest.mark.parametrize("threads", [0, 1, 2, 4])
def test_spikes_do_not_depend_on_threads(big, threads):
    case, image, expected = big
    said = run_library(case, image, threads=threads)
    assert same(expected, said), first_difference(expected, said)
    assert np.array_equal(lib.Image(to_library(case), threads).weights(0),
                          image.weights(0))


@pytest.mark.parametrize("size", [1, 7, 128, 300])
@pytest.mark.parametrize("threads", [1, 4])
def test_spikes_do_not_depend_on_the_batch(big, size, threads):
    case, image, expected = big
    parts = [run_library(case, image, np.arange(i, min(i + size, 300)),
                         threads) for i in range(0, 300, size)]
    said = [[np.concatenate([p[what][layer] for p in parts])
             for layer in range(4)] for what in (0, 1)]
    assert same(expected, said), first_difference(expected, said)


def test_shuffled_samples_with_their_keys_spike_as_before(big):
    case, image, expected = big
    order = np.random.default_rng(12).permutation(300)
    said = run_library(case, image, order, threads=2)
    assert same([[x[order] for x in part] for part in expected], said)


def test_no_keys_are_the_index_and_without_them_order_matters(big):
    case, image, expected = big
    order = np.arange(300)[::-1].copy()
    inp = lib.Input(case.inp.values[order], case.inp.scale, case.inp.hold)
    _, counts = lib.run(image, lib.State(image, 300), inp, 12, 2, case.seed)
    renumbered = o.Input(case.inp.values[order], case.inp.scale, case.inp.hold)
    _, mine = o.run(o.Image(case.net), o.State(case.net, 300), renumbered, 12,
                    2, case.seed)
    assert all(np.array_equal(x, y) for x, y in zip(mine, counts))
    assert not np.array_equal(counts[1], expected[1][1][order])


def test_every_state_in_a_batch_is_its_own_copy(big):
    """A state that is copied and run on gives what the first gives."""
    case, image, expected = big
    state, other = (lib.State(image, 300) for _ in range(2))
    inp = library_input(case.inp)
    lib.run(image, state, inp, 5, 2, case.seed)
    other.copy_from(state)
    a = lib.run(image, state, inp, 7, 2, case.seed)
    b = lib.run(image, other, inp, 7, 2, case.seed)
    assert same(a, b)
    assert np.array_equal(a[0][3], expected[0][3][:, 5:])
    state.reset()
    assert state.steps == 0
    again = lib.run(image, state, inp, 5, 2, case.seed)
    assert np.array_equal(again[0][3], expected[0][3][:, :5])


def digest(results):
    """Of what runs of all cases gave."""
    sha = hashlib.sha256()
    for rasters, counts in results:
        for raster, count in zip(rasters, counts):
            sha.update(np.packbits(raster).tobytes())
            sha.update(count.astype(np.int64).tobytes())
    return sha.hexdigest()


def library_digest():
    return digest(run_library(case, lib.Image(to_library(case)), threads=2)
                  for case in [*CASES.values(), big_case()])


@pytest.fixture(scope="module")
def oracle_digest():
    return digest(run_oracle(case) for case in [*CASES.values(), big_case()])


def with_backend(name):
    env = dict(os.environ, LIMEN_BACKEND=name, LIMEN_LIBRARY=str(lib.PATH),
               PYTHONDONTWRITEBYTECODE="1")
    said = subprocess.run([sys.executable, __file__], env=env, text=True,
                          capture_output=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout.split()


@pytest.mark.parametrize("name", lib.backends())
def test_every_backend_gives_the_spikes_of_the_oracle(name, oracle_digest):
    used, found = with_backend(name)
    assert used == name
    assert found == oracle_digest


def test_a_backend_that_is_not_there_is_not_replaced_silently():
    code = "import limen_ctypes as lib; print(lib.backend())"
    env = dict(os.environ, LIMEN_BACKEND="abacus", LIMEN_LIBRARY=str(lib.PATH),
               PYTHONDONTWRITEBYTECODE="1",
               PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
    said = subprocess.run([sys.executable, "-c", code], env=env, text=True,
                          capture_output=True, check=True)
    assert said.stdout.split() == ["None"]


def test_the_reference_backend_runs_everywhere():
    assert "ref" in lib.backends() and lib.backend() in lib.backends()


# ---- Random networks


@st.composite
def cases(draw):
    whole = lambda lo, hi: draw(st.integers(lo, hi))
    chance = st.booleans()
    rng = np.random.default_rng(whole(0, 2**32 - 1))
    units = [draw(st.one_of(st.integers(1, 12), st.sampled_from(
        [31, 32, 33, 63, 64, 65, 127, 128, 130]))) for _ in
        range(whole(2, 5))]
    net = o.Network(units)
    net.synchronous = draw(chance)
    for _ in range(whole(1, 7)):
        to = whole(1, len(units) - 1)
        origin = whole(0, len(units) - 1)
        kind = draw(st.sampled_from(["dense", "dense", "in_degree",
                                     "probability", "given"]))
        p = o.Pattern(kind, seed=whole(0, 2**64 - 1))
        m = units[origin]
        if kind == "in_degree":
            p.self_pairs = draw(chance)
            most = m - 1 if origin == to and not p.self_pairs else m
            if most == 0:
                p = o.Pattern()
            else:
                p.in_degree = whole(1, most)
        elif kind == "probability":
            p.self_pairs = draw(chance)
            p.probability = draw(st.sampled_from([0.01, 0.2, 0.5, 1.0]))
        elif kind == "given":
            p.rows = [list(np.flatnonzero(rng.random(m) < 0.3))
                      for _ in range(units[to])]
        c = net.connect(origin, to, draw(chance), p)
        c.balanced = p.kind == "dense" and draw(st.integers(0, 3)) == 0
    randomise(net, rng, 2.0**whole(-20, 20))
    for layer in range(1, len(units)):
        scale = 2.0**whole(-6, 3)
        net.options[layer] = o.Options(
            draw(st.sampled_from([None, None, "gaussian", "logistic"])),
            scale, draw(st.sampled_from([0, 0, 1, 2, 9])),
            draw(st.sampled_from([0.0, 0.0, scale, -scale])),
            draw(st.sampled_from([0.0, 0.5, 0.97])))
        if net.options[layer].noise is None:
            net.options[layer].noise_scale = 0.0
        if net.options[layer].adapt_gain == 0:
            net.options[layer].adapt_memory = 0.0
    samples = draw(st.sampled_from([1, 2, 9, 33]))
    keys = None if draw(chance) else rng.integers(0, 2**64, size=samples,
                                                  dtype=np.uint64)
    inp = make_input(rng, units[0], samples, whole(1, 4),
                     draw(st.sampled_from(["bytes", "floats"])),
                     hold=whole(1, 3), keys=keys, encoder=draw(
                         st.sampled_from(list(lib.ENCODER))))
    runs = draw(st.lists(st.integers(1, 8), min_size=1, max_size=3))
    start = {layer: rng.random((samples, n)) < 0.5
             for layer, n in enumerate(units)} if draw(chance) else {}
    return Case(net, inp, runs, whole(0, 6), whole(0, 2**64 - 1), start)


@settings(max_examples=150, derandomize=True, deadline=None, database=None,
          suppress_health_check=list(HealthCheck))
@given(cases())
def test_random_networks_are_the_oracles_bit_for_bit(case):
    check(case)


if __name__ == "__main__":
    print(lib.backend(), library_digest())
