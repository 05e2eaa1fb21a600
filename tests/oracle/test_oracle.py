"""The oracle against definitions: what it says can be checked without it."""

import math
import subprocess
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import oracle as o

RANDOM123 = Path("/usr/include/Random123/philox.h")


def small_net(seed=0, **options):
    rng = np.random.default_rng(seed)
    net = o.Network.standard([9, 14, 6], [0, 1, 1], [0, 1, 0])
    for c in net.connections:
        c.w = rng.normal(size=c.w.shape).astype(np.float32)
    for layer in (1, 2):
        net.theta[layer] = rng.normal(size=net.units[layer]).astype(np.float32)
        net.options[layer] = o.Options(**options)
    return net


def small_input(samples=5, frames=1, units=9, **options):
    rng = np.random.default_rng(7)
    values = rng.random((samples, frames, units)).astype(np.float32)
    return o.Input(values, **options)


ALL = dict(noise="gaussian", noise_scale=0.7, refractory=2, adapt_gain=0.5,
           adapt_memory=0.8)

# ---- Random numbers


@pytest.mark.parametrize("counter, key, words", [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
])
def test_philox_gives_the_known_answers(counter, key, words):
    parse = lambda text: [int(x, 16) for x in text.split()]
    assert list(o.philox(parse(counter), parse(key))) == parse(words)


@pytest.mark.skipif(not RANDOM123.exists(), reason="Random123 is not there")
def test_philox_agrees_with_random123_at_random_counters(tmp_path):
    source = tmp_path / "r.c"
    source.write_text("""
#include <stdio.h>
#include <Random123/philox.h>
int main(void)
{
    unsigned c[4], k[2];
    while (scanf("%u %u %u %u %u %u", c, c + 1, c + 2, c + 3, k, k + 1) == 6) {
        philox4x32_ctr_t x = { { c[0], c[1], c[2], c[3] } };
        philox4x32_key_t y = { { k[0], k[1] } };
        philox4x32_ctr_t r = philox4x32(x, y);
        printf("%u %u %u %u\\n", r.v[0], r.v[1], r.v[2], r.v[3]);
    }
    return 0;
}
""")
    subprocess.run(["cc", "-O1", "-o", tmp_path / "r", source], check=True)
    numbers = np.random.default_rng(1).integers(0, 2**32, size=(2000, 6),
                                                dtype=np.uint64)
    text = "\n".join(" ".join(map(str, row)) for row in numbers)
    said = subprocess.run([tmp_path / "r"], input=text, text=True, check=True,
                          capture_output=True).stdout
    theirs = np.array([line.split() for line in said.splitlines()],
                      dtype=np.uint64)
    ours = o.philox(numbers[:, :4].T, numbers[:, 4:].T)
    assert np.array_equal(ours, theirs)


def test_a_draw_is_the_word_that_the_packing_names():
    seed, key, stream, t = 0x0123456789ABCDEF, 0xFEDCBA9876543210, 17, 99
    for unit in (0, 1, 2, 3, 4, 1000003, 2**26 - 1):
        block = o.philox([stream * 2**24 + unit // 4, t, 0x76543210,
                          0xFEDCBA98], [0x89ABCDEF, 0x01234567])
        assert o.draw32(seed, stream, key, t, unit) == block[unit % 4]
    for unit in (0, 1, 5, 6, 7, 8, 999999):
        block = o.philox([unit // 8, t, 0x76543210, 0xFEDCBA98],
                         [0x89ABCDEF, 0x01234567])
        word = int(block[unit % 8 // 2])
        half = word >> 16 if unit % 2 else word & 0xFFFF
        assert o.draw16(seed, o.INPUT, key, t, unit) == half


def test_draws_of_arrays_are_the_draws_of_their_elements():
    keys, units = np.array([3, 2**40 + 1]), np.arange(11)
    many = o.draw32(5, 3, keys[:, None], 2, units[None, :])
    for a, key in enumerate(keys):
        for b, unit in enumerate(units):
            assert many[a, b] == o.draw32(5, 3, key, 2, unit)


# ---- Noise


@pytest.mark.parametrize("kind, upper", [
    ("gaussian", lambda p: -NormalDist().inv_cdf(p)),
    ("logistic", lambda p: math.log((1 - p) / p)),
])
def test_nodes_are_the_rounded_upper_quantiles(kind, upper):
    nodes = o.read_quantiles()[kind]
    for index, node in enumerate(nodes):
        k, i = divmod(index, 64)
        p = Fraction(2**(30 - k) * (64 + i), 64 * 2**32)
        exact = 65536 * upper(float(p))
        assert abs(node - exact) <= 0.5 + 1e-6


def test_the_committed_table_is_what_its_tool_prints():
    tool = Path(__file__).parents[2] / "tools" / "make_quantiles.py"
    said = subprocess.run(["/usr/bin/python3", tool], check=True, text=True,
                          capture_output=True).stdout
    assert said == o.QUANTILES.read_text()


@pytest.mark.parametrize("kind, upper, tolerance", [
    ("gaussian", lambda p: -NormalDist().inv_cdf(p), 4),
    ("logistic", lambda p: math.log((1 - p) / p), 4),
])
def test_noise_is_the_quantile_of_its_draw(kind, upper, tolerance):
    rng = np.random.default_rng(3)
    v = np.unique(np.concatenate([
        rng.integers(128, 2**31, size=2000),
        np.int64(2)**rng.uniform(7, 30.99, size=2000).astype(np.int64),
        (2.0**rng.uniform(7, 30.99, size=2000)).astype(np.int64),
        [128, 129, 255, 256, 2**30 - 1, 2**30, 2**31 - 1],
    ]))
    z = o.noise(kind, v + 2**31)
    exact = np.array([65536 * upper(x / 2**32) for x in v])
    assert np.max(np.abs(z - exact)) < tolerance


@pytest.mark.parametrize("kind", ["gaussian", "logistic"])
def test_noise_is_symmetric_and_clipped_below_128(kind):
    u = np.random.default_rng(4).integers(0, 2**31, size=1000)
    assert np.array_equal(o.noise(kind, u), -o.noise(kind, u + 2**31))
    assert o.noise(kind, 0) == o.noise(kind, 128) == -o.NODES[kind][23 * 64]


@pytest.mark.parametrize("kind, variance", [("gaussian", 1.0),
                                            ("logistic", math.pi**2 / 3)])
def test_noise_has_the_variance_of_its_distribution(kind, variance):
    z = o.noise(kind, np.arange(2**20) * 2**12 + 2**11) / 65536
    assert abs(z.mean()) < 1e-9
    assert abs(z.var() / variance - 1) < 1e-4


def test_the_noise_of_the_header_is_that_of_the_oracle(tmp_path):
    root = o.QUANTILES.parents[2]
    source = tmp_path / "n.c"
    source.write_text("""
#include <stdio.h>
#include "base/quantiles.h"
int main(void)
{
    unsigned u;
    while (scanf("%u", &u) == 1)
        printf("%d %d\\n", (int)lm_noise(lm_quantile_gaussian, u),
               (int)lm_noise(lm_quantile_logistic, u));
    return 0;
}
""")
    subprocess.run(["cc", "-O1", "-I", root / "src", "-o", tmp_path / "n",
                    source, o.QUANTILES], check=True)
    rng = np.random.default_rng(5)
    u = np.concatenate([rng.integers(0, 2**32, size=20000),
                        2**rng.integers(0, 32, size=500),
                        2**rng.integers(0, 32, size=500) - 1,
                        [0, 127, 128, 129, 2**31 - 1, 2**31, 2**32 - 1]])
    said = subprocess.run([tmp_path / "n"], text=True, check=True,
                          input="\n".join(map(str, u)),
                          capture_output=True).stdout
    theirs = np.array([line.split() for line in said.splitlines()],
                      dtype=np.int64)
    assert np.array_equal(theirs[:, 0], o.noise("gaussian", u))
    assert np.array_equal(theirs[:, 1], o.noise("logistic", u))


# ---- The image


def units_of(net):
    image = o.Image(net)
    for layer in range(1, len(net.units)):
        heard = [c for c in net.connections if c.to == layer]
        for u in range(net.units[layer]):
            yield ([c.w[u] for c in heard], net.theta[layer][u],
                   net.options[layer], image.q[layer][u])


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e4, 1e20])
def test_exponents_are_the_largest_that_fit(scale):
    net = small_net(seed=1)
    for c in net.connections:
        c.w *= np.float32(scale)
    net.connections[0].w[3] = 0
    for rows, theta, options, q in units_of(net):
        assert -100 <= q <= 100 and o.fits(rows, theta, options, q)
        for more in range(q + 1, 101):
            assert not o.fits(rows, theta, options, more)


@pytest.mark.parametrize("weights, q", [
    ([32767.0], 0),
    ([32767.4], 0),
    ([32767.5], -1),           # the tie goes to even 32768
    ([-32768.0], -1),          # one weight: 32767 either way
    ([-16384.0] * 2, 0),       # the sum of the negative: 32768
    ([16384.0] * 2, -1),       # of the positive: 32767
    ([16384.0, -16384.0], 0),  # the two are apart
    ([1.0], 14),
    ([2.0**-86], 100),         # 2^14 at the highest exponent
    ([2.0**-120], 100),
])
def test_exponents_at_the_edges_are_those_of_the_rules(weights, q):
    rows = [np.array(weights, dtype=np.float32)]
    assert o.exponent(rows, 0.0, o.Options()) == q


def test_blocks_of_1024_sources_are_summed_apart():
    row = np.full(2048, 16.0, dtype=np.float32)  # 1024 of them: 16384
    assert o.exponent([row], 0.0, o.Options()) == 0
    assert o.exponent([np.full(1024, 16.0, np.float32)] * 3, 0.0,
                      o.Options()) == 0
    row[1023] = 16400.0
    assert o.exponent([row], 0.0, o.Options()) == -1


@pytest.mark.parametrize("theta, options, q", [
    (0.0, {}, 100),
    (1.0, {}, 30),
    (-1.5, {}, 29),
    (1.0, dict(noise="gaussian", noise_scale=1.0), 24),
    (1.0, dict(noise="logistic", noise_scale=1.1), 23),
    (1.0, dict(adapt_gain=-4.0), 22),
])
def test_a_unit_without_weights_is_bound_by_threshold_and_options(theta,
                                                                  options, q):
    row = np.zeros(5, dtype=np.float32)
    assert o.exponent([row], theta, o.Options(**options)) == q


@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e38])
def test_what_no_exponent_fits_is_refused(bad):
    net = small_net()
    net.connections[0].w[0, 0] = bad
    if bad == 1e38:
        with pytest.raises(o.Refused):
            o.Image(net)
        net.connections[0].w[0, 0] = 4e34  # 2^-100 of it is below 32767
        assert o.Image(net).q[1][0] == -100
    else:
        with pytest.raises(o.Refused):
            o.Image(net)


def test_clamping_a_threshold_cannot_change_a_decision():
    net = o.Network([3, 2])
    net.connect(0, 1).w[:] = 1
    net.theta[1][:] = [1e30, -1e30]
    image = o.Image(net)
    assert list(image.theta[1]) == [2**30, -2**30]
    rasters, _ = o.run(image, o.State(net, 1),
                       o.Input(np.ones((1, 1, 3), np.float32)), 3)
    assert not rasters[1][..., 0].any() and rasters[1][..., 1].all()


# ---- Input


def test_p_of_one_always_fires_and_p_of_zero_never():
    for values in (np.array([[[0.0, 1.0]]], np.float32),
                   np.array([[[0, 255]]], np.uint8)):
        scale = 1.0 if values.dtype == np.float32 else 1 / 255
        inp = o.Input(values, scale)
        for t in range(1, 200):
            assert list(inp.spikes(t, seed=3)[0]) == [0, 1]


def test_inputs_fire_at_their_rate():
    p = np.array([0.1, 0.5, 0.93], np.float32)
    inp = o.Input(np.broadcast_to(p, (2000, 1, 3)).copy())
    rate = np.mean([inp.spikes(t, 1).mean(axis=0) for t in range(1, 21)],
                   axis=0)
    assert np.all(np.abs(rate - p) < 0.01)


def test_the_threshold_encoder_fires_from_one_half_on():
    inp = o.Input(np.array([[[0.49999, 0.4999999, 0.5]]], np.float32),
                  encoder="threshold")
    # 65536 x 0.4999999 = 32767.99 rounds to the level of one half
    assert list(inp.spikes(1, 0)[0]) == [0, 1, 1]


def test_the_frozen_encoder_holds_one_draw():
    inp = small_input(encoder="frozen")
    first = inp.spikes(1, 9)
    assert all(np.array_equal(first, inp.spikes(t, 9)) for t in range(2, 9))
    assert 0 < first.mean() < 1


def test_a_frame_is_held_and_the_last_one_stays():
    values = np.arange(3, dtype=np.float32).reshape(1, 3, 1) / 4
    inp = o.Input(values, hold=2)
    levels = [int(inp.levels(t)[0, 0]) // 16384 for t in range(1, 10)]
    assert levels == [0, 0, 1, 1, 2, 2, 2, 2, 2]


# ---- Running


def test_one_step_is_the_equation_of_the_design():
    """Written out with loops, from equal integers."""
    net = small_net(seed=2)
    image, state = o.Image(net), o.State(net, 4)
    inp = small_input(samples=4)
    w1, u1, v1, w2, u2 = image.w
    old = [s.copy() for s in state.s]
    for t in range(1, 6):
        o.step(image, state, inp, seed=1)
        for n in range(4):
            for i in range(14):
                a = -image.theta[1][i]
                a += sum(w1[i, j] * state.s[0][n, j] for j in range(9))
                a += sum(u1[i, j] * old[1][n, j] for j in range(14))
                a += sum(v1[i, j] * old[2][n, j] for j in range(6))
                assert state.s[1][n, i] == (a > 0)
            for i in range(6):
                a = -image.theta[2][i]
                a += sum(w2[i, j] * state.s[1][n, j] for j in range(14))
                a += sum(u2[i, j] * old[2][n, j] for j in range(6))
                assert state.s[2][n, i] == (a > 0)
        old = [s.copy() for s in state.s]


@pytest.mark.parametrize("options", [{}, ALL])
def test_ten_and_twenty_steps_are_thirty(options):
    net = small_net(**options)
    image, inp = o.Image(net), small_input(frames=3, hold=8)
    whole, counts = o.run(image, o.State(net, 5), inp, 30, 4, seed=8)
    state = o.State(net, 5)
    a, counts_a = o.run(image, state, inp, 10, 4, seed=8)
    b, counts_b = o.run(image, state, inp, 20, 4, seed=8)
    for layer in range(3):
        assert np.array_equal(
            whole[layer], np.concatenate([a[layer], b[layer]], axis=1))
        assert np.array_equal(counts[layer], counts_a[layer] + counts_b[layer])


def test_samples_are_independent_of_their_batch():
    net = small_net(**ALL)
    image, inp = o.Image(net), small_input(samples=6)
    whole, _ = o.run(image, o.State(net, 6), inp, 12, seed=2)
    order = np.array([4, 1, 5])
    part, _ = o.run(image, o.State(net, 3), inp.subset(order), 12, seed=2)
    for layer in range(3):
        assert np.array_equal(whole[layer][order], part[layer])


def test_counts_are_the_spikes_after_burn_in():
    net = small_net()
    rasters, counts = o.run(o.Image(net), o.State(net, 5), small_input(), 15,
                            6, seed=3)
    for raster, count in zip(rasters, counts):
        assert np.array_equal(raster[:, 6:].sum(axis=1), count)


def test_strictly_above_the_threshold_fires_and_at_it_not():
    net = o.Network([1, 2])
    net.connect(0, 1).w[:] = 1
    net.theta[1][:] = [1.0, 0.9999]
    rasters, _ = o.run(o.Image(net), o.State(net, 1),
                       o.Input(np.ones((1, 1, 1), np.float32)), 1)
    assert list(rasters[1][0, 0]) == [False, True]


def test_a_chain_delivers_at_once_and_a_synchronous_one_step_by_step():
    def first_spikes(**how):
        net = o.Network([1, 1, 1, 1])
        for layer in (1, 2, 3):
            net.connect(layer - 1, layer,
                        delayed=how.get("delayed") == layer).w[:] = 1
        net.synchronous = how.get("synchronous", False)
        rasters, _ = o.run(o.Image(net), o.State(net, 1),
                           o.Input(np.ones((1, 1, 1), np.float32)), 6)
        return [int(np.argmax(r[0, :, 0])) + 1 for r in rasters]

    assert first_spikes() == [1, 1, 1, 1]
    assert first_spikes(delayed=2) == [1, 1, 2, 2]
    assert first_spikes(synchronous=True) == [1, 2, 3, 4]


@pytest.mark.parametrize("period", [0, 1, 3])
def test_a_driven_unit_fires_every_refractory_period_plus_one(period):
    net = o.Network([1, 1])
    net.connect(0, 1).w[:] = 1
    net.options[1] = o.Options(refractory=period)
    rasters, _ = o.run(o.Image(net), o.State(net, 1),
                       o.Input(np.ones((1, 1, 1), np.float32)), 20)
    assert list(np.flatnonzero(rasters[1][0, :, 0])) == list(
        range(0, 20, period + 1))


def test_adaptation_follows_its_equation_to_a_few_units_of_two_to_minus_16():
    net = small_net(adapt_gain=0.9, adapt_memory=0.75)
    image, state, inp = o.Image(net), o.State(net, 5), small_input()
    c = np.zeros((5, 14))
    for _ in range(40):
        o.step(image, state, inp, seed=4)
        c += 0.25 * (state.s[1] - c)
        assert np.all(np.abs(state.c[1] / 65536 - c) < 5 / 65536)


def test_noise_alone_fires_at_its_tail_probability():
    net = o.Network([1, 500])
    net.connect(0, 1)
    net.theta[1][:] = 1.0
    net.options[1] = o.Options(noise="gaussian", noise_scale=0.5)
    _, counts = o.run(o.Image(net), o.State(net, 4),
                      o.Input(np.zeros((4, 1, 1), np.float32)), 50, seed=5)
    assert abs(counts[1].mean() / 50 - (1 - NormalDist().cdf(2))) < 0.002


def test_the_float_model_spikes_like_the_image_when_nothing_rounds():
    rng = np.random.default_rng(6)
    net = small_net()
    for c in net.connections:  # integers: both are exact
        c.w = rng.integers(-9, 10, size=c.w.shape).astype(np.float32)
    for layer in (1, 2):
        net.theta[layer] = rng.integers(
            -3, 4, size=net.units[layer]).astype(np.float32)
    net.options[1].refractory = 1
    a, _ = o.run(o.Image(net), o.State(net, 5), small_input(), 25, seed=1)
    b, _ = o.run_float(net, small_input(), 25, seed=1)
    assert all(np.array_equal(x, y) for x, y in zip(a, b))


def test_the_first_step_of_the_float_model_differs_in_few_units_only():
    net = small_net(seed=9, noise="logistic", noise_scale=0.3)
    inp = small_input(samples=400)
    a, _ = o.run(o.Image(net), o.State(net, 400), inp, 1, seed=1)
    b, _ = o.run_float(net, inp, 1, seed=1)
    assert np.array_equal(a[0], b[0])
    assert np.mean(a[1] != b[1]) < 0.002


# ---- The vote


def test_the_vote_is_the_most_and_ties_are_shared_fairly():
    assert o.vote(np.array([3, 9, 8]), 1, 2) == (1, False)
    counts = np.array([7, 2, 7, 7])
    answers = [o.vote(counts, 5, key) for key in range(3000)]
    assert all(tied for _, tied in answers)
    share = np.bincount([a for a, _ in answers], minlength=4) / 3000
    assert share[1] == 0 and np.all(np.abs(share[[0, 2, 3]] - 1 / 3) < 0.04)


# ---- Drawn networks


def test_uniform_weights_have_range_and_mean():
    net = o.Network.standard([200, 100], [0, 1])
    net.init_uniform(1.0, 0.25, 0.7, seed=3)
    w, u = (c.w for c in net.connections)
    assert 0.999 < np.abs(w).max() <= 1 and 0.249 < np.abs(u).max() <= 0.25
    assert abs(w.mean()) < 0.02 and abs(w.std() - 1 / math.sqrt(3)) < 0.02
    assert np.all(np.abs(net.theta[1] - 0.7) <= 1)
    assert net.theta[1].std() > 0.4


def test_normal_weights_have_the_variance_of_their_fan_in():
    net = o.Network([400, 200])
    net.connect(0, 1)
    net.connect(1, 1, pattern=o.Pattern("in_degree", in_degree=50))
    net.init_normal(2.0, 3.0, seed=4)
    w, u = (c.entries() for c in net.connections)
    assert abs(w.std() / (2 / math.sqrt(400)) - 1) < 0.02
    assert abs(u.std() / (3 / math.sqrt(50)) - 1) < 0.02


@pytest.mark.parametrize("self_pairs", [False, True])
def test_a_fixed_in_degree_is_exact_and_even(self_pairs):
    pattern = o.Pattern("in_degree", in_degree=3, self_pairs=self_pairs)
    total = np.zeros((8, 8))
    for seed in range(400):
        pattern.seed = seed
        exists = o.pairs(pattern, 2, 8, 8, True)
        assert np.all(exists.sum(axis=1) == 3)
        total += exists
    if self_pairs:
        assert np.all(np.abs(total / 400 - 3 / 8) < 0.12)
    else:
        assert np.all(np.diag(total) == 0)
        off = total[~np.eye(8, dtype=bool)]
        assert np.all(np.abs(off / 400 - 3 / 7) < 0.12)


def test_all_sources_are_taken_when_the_in_degree_is_their_number():
    exists = o.pairs(o.Pattern("in_degree", in_degree=7), 0, 8, 8, True)
    assert np.array_equal(exists, ~np.eye(8, dtype=bool))


def test_pairs_exist_with_their_probability():
    for p in (0.0, 0.2, 1.0):
        exists = o.pairs(o.Pattern("probability", probability=p), 1, 150, 200,
                         False)
        assert abs(exists.mean() - p) < 0.01 * (0 < p < 1) + 1e-12
    exists = o.pairs(o.Pattern("probability", probability=1.0), 1, 9, 9, True)
    assert not np.diag(exists).any() and exists.sum() == 72
