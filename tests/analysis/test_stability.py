"""limen_stability against its definition, of runs that the oracle checks."""

import math
import pathlib
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "tests/analysis")]

import limen_ctypes as limen  # noqa: E402
import series_oracle as oracle  # noqa: E402
from stability_ctypes import LONG_STEPS, NAMES, stability  # noqa: E402

UNITS = [8, 12, 3]


def network(self_=True, feedback=True, seed=4):
    net = limen.Network.standard(UNITS, [False, self_, self_],
                                 [False, feedback, False])
    net.init("uniform", 1.0, 1.5, threshold=0.2, seed=seed)
    return limen.Image(net)


def inputs(samples, **more):
    p = np.random.default_rng(2).random((samples, 1, UNITS[0]))
    return limen.Input(p.astype(np.float32), **more)


def rasters(image, inp, steps, seed, encoder=None):
    if encoder is not None:
        inp = limen.Input(inp.values, encoder=encoder, keys=inp.keys)
    return limen.run(image, limen.State(image, inp.samples), inp, steps,
                     seed=seed)[0]


def votes(raster, burn_in, seed, key):
    """The answer after each step past the burn-in."""
    counts = np.cumsum(raster[burn_in:].astype(np.uint32), axis=0,
                       dtype=np.uint32)
    return [limen.vote(row, seed, key)[0] for row in counts]


def periodic(raster, p, first):
    return all((raster[t] == raster[t + p]).all()
               for t in range(first, len(raster) - p))


def layer_cycle(raster, length):
    """Of one layer, where the network has a cycle of `length`."""
    p = next(p for p in range(1, length + 1)
             if periodic(raster, p, len(raster) - 2 * length))
    return p, next(first for first in range(len(raster))
                   if periodic(raster, p, first))


def by_definition(image, inp, steps, seed):
    """(samples, layers) measures, a dictionary each, and who closed."""
    long = rasters(image, inp, max(steps, LONG_STEPS), seed)
    two = rasters(image, inp, steps, seed + 1)
    frozen = rasters(image, inp, max(steps, LONG_STEPS), seed,
                     "frozen" if inp.struct.encoder == 0 else "threshold")
    rows, closed = [], []
    for b in range(inp.samples):
        length, _ = oracle.cycle([f[b].astype(int) for f in frozen])
        closed.append(length > 0)
        row = []
        for l in range(len(UNITS)):
            x = long[l][b, :steps].astype(int)
            series = oracle.activity(x)
            settle = oracle.settling_step(series)
            first = max(settle, 2) - 1
            cycle, transient = (layer_cycle(frozen[l][b], length) if length
                                else (math.nan, math.nan))
            same, chance = oracle.agreement(x, two[l][b].astype(int))
            row.append(dict(zip(NAMES, [
                settle,
                np.mean(oracle.flips(x)[first:]) if steps > 1 else math.nan,
                np.mean(oracle.distance(x)[first:]) if steps > 1 else math.nan,
                oracle.autocorrelation_time(
                    oracle.activity(long[l][b])[settle - 1:]),
                same, chance, cycle, transient])))
        rows.append(row)
    return rows, closed


@pytest.mark.parametrize("samples, steps, more", [
    (5, 20, {}), (3, 1, {}), (4, 7, {"keys": [9, 1, 2**40, 3]}),
    (2, 230, {}), (3, 20, {"encoder": "threshold"})])
def test_measures_are_those_of_the_definition(samples, steps, more):
    image = network()
    inp = inputs(samples, **more)
    got = stability(image, inp, steps, seed=6)
    want, closed = by_definition(image, inp, steps, 6)
    assert got["closed"] == pytest.approx(np.mean(closed))
    for name in NAMES:
        for l in range(len(UNITS)):
            values = np.array([row[l][name] for row in want])
            assert got["each"][name][:, l] == pytest.approx(values,
                                                            nan_ok=True)
            known = values[~np.isnan(values)]
            whole = (np.median if name in ("cycle", "transient")
                     else np.mean)
            assert got["layer"][name][l] == pytest.approx(
                whole(known) if len(known) else math.nan, nan_ok=True)


@pytest.mark.parametrize("steps, burn_in", [(20, 0), (12, 5), (2, 1)])
def test_the_vote_over_time_is_that_of_the_definition(steps, burn_in):
    image = network()
    inp = inputs(30)
    got = stability(image, inp, steps, burn_in, seed=3)
    entropy = np.zeros(steps)
    same = []
    one, two = (rasters(image, inp, steps, 3 + k)[-1] for k in (0, 1))
    for b in range(inp.samples):
        answers = votes(one[b], burn_in, 3, b)
        other = votes(two[b], burn_in, 4, b)[-1]
        same.append(answers[-1] == other)
        assert got["answers"][b] == answers[-1]
        first = max((k + 1 for k, a in enumerate(answers)
                     if a != answers[-1]), default=0)
        assert got["stands"][b] == burn_in + first + 1
        for t in range(steps):
            entropy[t] += oracle.entropy(one[b][burn_in:max(t + 1, burn_in)]
                                         .sum(axis=0))
    assert got["entropy"] == pytest.approx(entropy / inp.samples)
    assert got["last_entropy"] == got["entropy"][-1]
    assert got["mean_stands"] == pytest.approx(got["stands"].mean())
    assert got["same_answer"] == pytest.approx(np.mean(same))


def same_results(a, b):
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_threads_change_nothing():
    image = network()
    inp = inputs(150)
    same_results(stability(image, inp, 20, seed=1, threads=1),
                 stability(image, inp, 20, seed=1, threads=4))


def test_blocks_change_nothing():
    # 16 MiB hold 2 x 3 words of 30000 steps of 11 samples
    image = network()
    many = inputs(13)
    got = stability(image, many, 30_000, seed=1)
    for b in (0, 10, 11, 12):
        alone = limen.Input(many.values[b:b + 1], keys=[b])
        one = stability(image, alone, 30_000, seed=1)
        np.testing.assert_array_equal(got["each"][b], one["each"][0])


def test_a_feed_forward_network_stands_still_when_its_input_is_frozen():
    got = stability(network(self_=False, feedback=False), inputs(40), 20)
    assert got["closed"] == 1
    assert (got["layer"]["cycle"] == 1).all()
    assert (got["layer"]["transient"] == 0).all()


def test_runs_agree_wholly_where_the_input_has_no_noise():
    p = np.random.default_rng(1).integers(0, 2, (20, 1, UNITS[0]))
    got = stability(network(), limen.Input(p.astype(np.float32)), 20)
    assert (got["layer"]["agreement"] == 1).all()
    # ties of the vote are drawn by the seed, which differs
    assert got["same_answer"] > 0.5


def test_bad_sizes_are_refused_in_a_sentence():
    image = network()
    with pytest.raises(limen.LimenError, match="burn-in: 5 leaves none of 5"):
        stability(image, inputs(2), 5, 5)
    with pytest.raises(limen.LimenError, match="more than 1 GiB; up to"):
        stability_of_so_many_steps(image, 2**62)
    with pytest.raises(limen.LimenError, match="more than 1 GiB; up to"):
        stability_of_so_many_steps(image, 10**9)


def stability_of_so_many_steps(image, steps):
    """Without arrays of that length on this side."""
    import ctypes as c

    from stability_ctypes import Result

    inp = inputs(1)
    limen._call("limen_stability", c.byref(Result()), image._handle,
                c.byref(inp.struct), steps, 0, 1, 1)
