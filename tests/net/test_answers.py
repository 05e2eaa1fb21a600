"""What evaluating and early answers say, counted again from rasters."""

import numpy as np
import pytest

import limen_ctypes as lib

SAMPLES, CLASSES = 1500, 4  # more than one block of 1024
SEED = 11


@pytest.fixture(scope="module")
def subject():
    rng = np.random.default_rng(4)
    net = lib.Network.standard([30, 25, CLASSES + 1], [0, 1, 1], [0, 1, 0])
    net.init("normal", 2.0, 1.0, seed=5)
    inp = lib.Input(rng.random((SAMPLES, 1, 30)).astype(np.float32),
                    keys=rng.integers(0, 2**40, SAMPLES))
    return lib.Image(net), inp, rng.integers(0, CLASSES, SAMPLES)


def rasters(image, inp, steps):
    return lib.run(image, lib.State(image, inp.samples), inp, steps,
                   seed=SEED)[0]


@pytest.mark.parametrize("burn_in", [0, 3])
def test_evaluation_keeps_what_the_raster_shows(subject, burn_in):
    image, inp, labels = subject
    steps = [5, 12]
    got = lib.evaluate(image, inp, labels, CLASSES, steps, burn_in, SEED,
                       keep=True)
    accuracy, _, _, answers, y, spikes = got
    raster = rasters(image, inp, steps[-1])
    counts = raster[-1][:, burn_in:].sum(axis=1)
    for layer, expected in enumerate(raster):
        assert (spikes[layer] == expected[:, burn_in:].sum(axis=(0, 1))).all()
    np.testing.assert_array_equal(
        y, (counts / (steps[-1] - burn_in)).astype(np.float32))
    votes = [lib.vote(row, SEED, int(key))[0]
             for row, key in zip(counts, inp.keys)]
    assert (answers == votes).all()
    assert accuracy[-1] == np.mean(answers == labels)


def early(raster, keys, labels, lead, burn_in=0):
    right, taken = 0, 0
    for sample, key, label in zip(raster, keys, labels):
        counts = np.zeros(sample.shape[1], dtype=np.uint32)
        for t, fired in enumerate(sample, start=1):
            counts += (fired & (t > burn_in)).astype(np.uint32)
            second, first = np.sort(counts)[-2:]
            if t > burn_in and first - second >= lead or t == len(sample):
                break
        taken += t
        right += lib.vote(counts, SEED, int(key))[0] == label
    return right / len(raster), taken / len(raster)


def test_early_answers_are_those_counted_by_hand(subject):
    image, inp, labels = subject
    leads, steps = [1, 2, 5, 100], 15
    accuracy, mean_step = lib.early_answer(image, inp, labels, leads, steps,
                                           SEED, threads=2)
    output = rasters(image, inp, steps)[-1]
    for k, lead in enumerate(leads):
        expected = early(output, inp.keys, labels, lead)
        np.testing.assert_allclose((accuracy[k], mean_step[k]), expected)
    assert mean_step[-1] == steps  # a lead never reached: the usual answer
    assert accuracy[-1] == lib.evaluate(image, inp, labels, CLASSES + 1,
                                        [steps], 0, SEED)[0][0]
    assert (np.diff(mean_step) > 0).all()


def test_early_answers_leave_out_the_burn_in(subject):
    image, inp, labels = subject
    output = rasters(image, inp, 15)[-1]
    accuracy, mean_step = lib.early_answer(image, inp, labels, [1], 15, SEED,
                                           burn_in=6)
    expected = early(output, inp.keys, labels, 1, burn_in=6)
    np.testing.assert_allclose((accuracy[0], mean_step[0]), expected)
    assert mean_step[0] >= 7


def test_early_answers_refuse_no_steps_and_too_many_leads(subject):
    image, inp, labels = subject
    for leads, steps in (([1], 0), (list(range(1, 66)), 5)):
        with pytest.raises(lib.LimenError, match="up to 64 leads"):
            lib.early_answer(image, inp, labels, leads, steps)


def balanced_pair():
    """A network with balanced input weights and the same one without."""
    for is_balanced in (True, False):
        net = lib.Network.standard([40, 20, 5], [0, 1, 0], [0, 1, 0])
        net.init("normal", 3.0, 1.0, seed=6)
        net.thresholds(1)[:] = np.linspace(-1, 1, 20)
        net.balance(0, is_balanced)
        yield lib.Image(net)


def test_all_pixels_on_is_nothing_to_a_balanced_network():
    """Rows sum to zero as integers: what all inputs share adds exactly 0."""
    white, black = (lib.Input(np.full((3, 1, 40), p, np.float32))
                    for p in (1, 0))
    balanced, plain = balanced_pair()
    for image, is_same in ((balanced, True), (plain, False)):
        a, b = (rasters(image, inp, 30) for inp in (white, black))
        same = all((x == y).all() for x, y in zip(a[1:], b[1:]))
        assert same == is_same
    assert a[0].all() and not b[0].any()


def test_grey_behind_only_scales_the_mean_drive_of_a_balanced_network():
    """W ((1 - a) p + a) = (1 - a) W p: exact but for the rounding of floats."""
    balanced, plain = balanced_pair()
    p = np.random.default_rng(1).random(40)
    for image, is_same in ((balanced, True), (plain, False)):
        w = image.weights(0).reshape(20, 40).astype(float)
        before, after = w @ p, w @ (0.8 * p + 0.2)
        assert np.allclose(after, 0.8 * before, atol=1e-9) == is_same
