"""The mean of T steps varies as theory says, in networks drawn at random.

Var r = r (1 - r) / T where steps are independent, times the integrated
autocorrelation time where a layer hears itself.  The figures of trained networks are
in tests/figures/.
"""

import ctypes as c
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/oracle"))

import limen_ctypes as limen  # noqa: E402

UNITS = [12, 20, 6]
limen._lib.limen_autocorrelation_time.restype = c.c_double
limen._lib.limen_autocorrelation_time.argtypes = [c.c_void_p, c.c_size_t]


def image(self_):
    net = limen.Network.standard(UNITS, [False, self_, self_])
    net.init("scaled", 1.0, 1.0, rate=0.4, seed=3)
    if self_:
        # units that hold on to what they do
        for index, info in enumerate(net.connections()):
            n = UNITS[info.to]
            if info.origin == info.to:
                w = net.weights(index).reshape(n, n)
                w[np.diag_indices(n)] += 1.0
    return limen.Image(net)


def outputs(net, p, samples, steps, seed):
    """(samples, steps, n_L) of samples that differ by their noise only."""
    values = np.broadcast_to(p.astype(np.float32), (samples, 1, len(p)))
    return limen.run(net, limen.State(net, samples),
                     limen.Input(np.ascontiguousarray(values)), steps,
                     seed=seed)[0][-1]


def probabilities():
    return np.random.default_rng(1).uniform(0.2, 0.8, UNITS[0])


def test_without_recurrence_the_variance_falls_as_one_over_steps():
    spikes = outputs(image(False), probabilities(), 4000, 320, seed=5)
    steps = np.array([5, 10, 20, 40, 80, 160, 320])
    rates = spikes.mean(axis=(0, 1))
    live = (rates > 0.02) & (rates < 0.98)
    assert live.sum() >= 4
    sums = np.cumsum(spikes[:, :, live], axis=1)[:, steps - 1]
    variance = (sums / steps[:, None]).var(axis=0).mean(axis=1)
    slope = np.polyfit(np.log(steps), np.log(variance), 1)[0]
    assert abs(slope + 1) < 0.03
    expected = (rates * (1 - rates))[live].mean() / steps
    assert np.allclose(variance / expected, 1, atol=0.05)


def test_with_recurrence_the_autocorrelation_time_explains_the_rest():
    net = image(True)
    burn_in, steps = 50, 400
    spikes = outputs(net, probabilities(), 4000, burn_in + steps, seed=5)
    means = spikes[:, burn_in:].mean(axis=1)
    rates = means.mean(axis=0)
    live = (rates > 0.02) & (rates < 0.98)
    times = []
    for unit in outputs(net, probabilities(), 1, 100_000, seed=6)[0].T[live]:
        x = np.ascontiguousarray(unit[burn_in:], float)
        times.append(limen._lib.limen_autocorrelation_time(x.ctypes.data,
                                                           len(x)))
    independent = (rates * (1 - rates))[live] / steps
    excess = means.var(axis=0)[live] / independent
    assert max(times) > 1.5  # or there is nothing to explain
    assert np.allclose(excess, times, rtol=0.12), (excess, times)


def test_an_input_of_zeros_and_ones_leaves_no_variance():
    p = np.random.default_rng(2).integers(0, 2, UNITS[0]).astype(float)
    for self_ in (False, True):
        spikes = outputs(image(self_), p, 50, 40, seed=7)
        means = np.cumsum(spikes, axis=1) / np.arange(1, 41)[:, None]
        assert (means == means[0]).all()
