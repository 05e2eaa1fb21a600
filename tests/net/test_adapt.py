"""Homeostasis at test against the rule written again in NumPy."""

import numpy as np
import pytest

import homeostasis_ctypes as homeo
import limen_ctypes as lib
import oracle as o
from test_golden import Case, randomise, to_library

UNITS = [12, 9, 7, 4]
SEED = 6


def make(rng_seed=1, units=UNITS):
    rng = np.random.default_rng(rng_seed)
    hidden = [0] + [1] * (len(units) - 1)
    return randomise(o.Network.standard(units, hidden, hidden), rng), rng


def frames(rng, samples, most=1.0):
    return (most * rng.random((samples, 1, UNITS[0]))).astype(np.float32)


def both(net, values):
    """The oracle's network and input as the library's."""
    return to_library(Case(net, o.Input(values))), lib.Input(values)


def mean_rates(net, values, steps, burn_in, seed):
    """[layer] (n) doubles: spikes / (samples x steps), by the oracle."""
    image = o.Image(net)
    _, counts = o.run(image, o.State(net, len(values)), o.Input(values), steps,
                      burn_in, seed)
    chances = float(len(values) * (steps - burn_in))
    return [count.sum(axis=0) / chances for count in counts]


def adapted(net, target, values, steps, burn_in, seed, rounds, step):
    """The rule, unit by unit; moves net.theta, returns the gaps."""
    gaps = []
    for k in range(rounds):
        rates = mean_rates(net, values, steps, burn_in, seed)
        gap, units = 0.0, 0
        for layer in range(1, len(net.units) - 1):
            for i in range(net.units[layer]):
                off = rates[layer][i] - float(target[layer][i])
                gap += abs(off)
                units += 1
                net.theta[layer][i] = np.float32(
                    float(net.theta[layer][i]) +
                    step * (rounds - k) / rounds * off)
        gaps.append(gap / units)
    return gaps


@pytest.mark.parametrize("burn_in", [0, 3])
def test_thresholds_move_as_the_rule_says_to_the_bit(burn_in):
    net, rng = make()
    clean, dark = frames(rng, 11), frames(rng, 8, 0.5)
    mine, inp = both(net, clean)
    homeo.measure_rates(mine, inp, 10, burn_in, SEED)
    target = [rates.astype(np.float32) for rates in
              mean_rates(net, clean, 10, burn_in, SEED)]
    for layer in range(1, len(UNITS)):
        assert (homeo.rates(mine, layer) == target[layer]).all()
    gaps = homeo.adapt(mine, lib.Input(dark), 10, 4, 1.5, burn_in, SEED)
    before = [theta.copy() for theta in net.theta]
    expected = adapted(net, target, dark, 10, burn_in, SEED, 4, 1.5)
    for layer in range(1, len(UNITS)):
        assert (mine.thresholds(layer) == net.theta[layer]).all(), layer
    assert list(gaps) == expected
    assert (mine.thresholds(1) != before[1]).any()
    assert (mine.thresholds(3) == before[3]).all()  # the output stays


def test_spikes_are_those_of_a_run_of_more_than_a_block():
    net, rng = make()
    values = frames(rng, 1100)
    mine, inp = both(net, values)
    image = lib.Image(mine)
    raster, _ = lib.run(image, lib.State(image, 1100), inp, 6, seed=SEED)
    for got, spikes in zip(homeo.count_spikes(image, inp, 6, 2, SEED), raster):
        assert (got == spikes[:, 2:].sum(axis=(0, 1))).all()


def test_thresholds_do_not_depend_on_threads():
    net, rng = make()
    values, dark = frames(rng, 300), frames(rng, 300, 0.4)
    ends = []
    for threads in (1, 3):
        mine, inp = both(net, values)
        homeo.measure_rates(mine, inp, 8, seed=SEED, threads=threads)
        homeo.adapt(mine, lib.Input(dark), 8, 5, 1.0, seed=SEED,
                    threads=threads)
        ends.append([mine.thresholds(layer).copy() for layer in (1, 2)])
    for one, other in zip(*ends):
        assert (one == other).all()


def test_units_fire_as_before_in_the_dark():
    net, rng = make(units=[12, 30, 4])
    values, dark = frames(rng, 200), frames(rng, 200, 0.4)
    mine, inp = both(net, values)
    homeo.measure_rates(mine, inp, 20, seed=SEED)
    wanted = homeo.rates(mine, 1).copy()
    gaps = homeo.adapt(mine, lib.Input(dark), 20, 60, 1.0, seed=SEED)
    assert gaps[0] > 0.05 and gaps[-1] < gaps[0] / 10
    image = lib.Image(mine)
    spikes = homeo.count_spikes(image, lib.Input(dark), 20, seed=SEED)
    assert np.abs(spikes[1] / (200 * 20) - wanted).mean() < gaps[0] / 10


def test_what_was_measured_is_a_fixed_point():
    net, rng = make()
    mine, inp = both(net, frames(rng, 50))
    homeo.measure_rates(mine, inp, 10, seed=SEED)
    gaps = homeo.adapt(mine, inp, 10, 3, 1.0, seed=SEED)
    assert gaps.max() < 1e-7  # rounding to float


def test_an_adaptation_that_cannot_be_says_why_and_moves_nothing():
    net, rng = make()
    mine, inp = both(net, frames(rng, 20))
    with pytest.raises(lib.LimenError, match="no rates of training"):
        homeo.adapt(mine, inp, 10, 3, 1.0)
    homeo.measure_rates(mine, inp, 10)
    before = mine.thresholds(1).copy()
    for bad in (dict(steps=5, burn_in=5), dict(steps=5, inp=lib.Input(
            np.full((3, 1, UNITS[0]), 2, np.float32)))):
        with pytest.raises(lib.LimenError):
            homeo.adapt(mine, bad.get("inp", inp), bad["steps"], 3, 1.0,
                        bad.get("burn_in", 0))
    assert (mine.thresholds(1) == before).all()
    shallow = lib.Network.standard([12, 4])
    homeo.measure_rates(shallow, inp, 10)
    with pytest.raises(lib.LimenError, match="no hidden layer"):
        homeo.adapt(shallow, inp, 10, 3, 1.0)


def test_classes_are_chosen_in_their_order():
    y = np.array([2, 0, 1, 2, 2, 0], np.uint32)
    x = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2)
    for classes, kept in [("2", [0, 3, 4]), ("0,2", [0, 1, 3, 4, 5]),
                          ("none", list(range(6)))]:
        few, labels = homeo.data_of_classes(x, y, classes)
        assert (few.reshape(len(kept), 2, 2) == x[kept]).all()
        assert (labels == y[kept]).all()
    with pytest.raises(lib.LimenError, match="no class 3"):
        homeo.data_of_classes(x, y, "3")
    with pytest.raises(lib.LimenError, match="no sample"):
        homeo.data_of_classes(x[:1], y[:1], "1")
