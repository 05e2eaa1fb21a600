"""Calibration, ROC area and temperature against their definitions."""

import numpy as np
import pytest
from scipy import optimize

import limen_ctypes as lib

BETA = 7.0


def draw(seed, samples=400, n=5, steps=20, sharpness=1.0):
    """Mean outputs of T steps, answers and labels that follow them."""
    rng = np.random.default_rng(seed)
    y = (rng.binomial(steps, rng.random((samples, n)) ** 2) / steps)
    y = y.astype(np.float32)
    p = probabilities(y, BETA * sharpness)
    labels = np.array([rng.choice(n, p=row) for row in p])
    return y, y.argmax(axis=1), labels


def probabilities(y, beta):
    z = np.exp(beta * y.astype(float))
    return z / z.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("beta", [0.5, 7.0, 5000.0])
def test_softmax_is_the_definition_and_does_not_overflow(beta):
    y = np.array([0.1, 0.0, 0.95, 0.9], np.float32)
    z = np.exp(beta * (y.astype(np.longdouble) - y.max()))
    np.testing.assert_allclose(lib.softmax(y, beta), z / z.sum(), rtol=1e-9,
                               atol=1e-300)


@pytest.mark.parametrize("seed", range(4))
def test_calibration_is_its_definition(seed):
    y, answers, labels = draw(seed)
    got = lib.calibrate(y, answers, labels, BETA)
    p = probabilities(y, BETA)
    each = np.arange(len(y))
    sure, right = p[each, answers], answers == labels
    error = 0.0
    for k in range(15):
        here = (sure >= k / 15) & (sure < (k + 1) / 15)
        assert got.count[k] == here.sum()
        if here.any():
            assert np.isclose(got.confidence[k], sure[here].mean())
            assert np.isclose(got.accuracy[k], right[here].mean())
            error += here.mean() * abs(sure[here].mean() - right[here].mean())
    assert np.isclose(got.error, error)
    assert np.isclose(got.loss, -np.log(p[each, labels]).mean())
    one_hot = np.eye(p.shape[1])[labels]
    assert np.isclose(got.brier, ((p - one_hot) ** 2).sum(axis=1).mean())
    # every pair of a right and a wrong answer, ties half; a tie is one although
    # NumPy adds its terms in another order
    sure = sure.round(12)
    pairs = sure[right][:, None] - sure[~right][None, :]
    assert np.isclose(got.roc_area,
                      ((pairs > 0) + 0.5 * (pairs == 0)).mean())


def test_roc_area_counts_ties_half_and_is_nan_without_errors():
    y = np.full((10, 3), 0.5, np.float32)
    labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    assert lib.calibrate(y, [0] * 10, labels, BETA).roc_area == 0.5
    assert np.isnan(lib.calibrate(y, labels, labels, BETA).roc_area)


def test_a_certain_answer_falls_in_the_last_bin():
    y = np.array([[1, 0], [0, 1]], np.float32)
    got = lib.calibrate(y, [0, 1], [0, 0], 1e4)
    assert got.count[14] == 2 and got.error == 0.5


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 2.5])
def test_temperature_has_the_least_loss(sharpness):
    y, _, labels = draw(5, samples=2000, sharpness=sharpness)
    got = lib.fit_temperature(y, labels, BETA)

    def loss(log_t):
        p = probabilities(y, BETA / np.exp(log_t))
        return -np.log(p[np.arange(len(y)), labels]).mean()

    best = optimize.minimize_scalar(loss, bounds=(-4, 4), method="bounded",
                                    options={"xatol": 1e-6})
    assert np.isclose(np.log(got), best.x, atol=2e-4)
    # labels were drawn at beta times sharpness
    assert np.isclose(got * sharpness, 1, atol=0.15)


def test_temperature_stays_in_its_range():
    y = np.array([[1, 0], [0, 1]] * 5, np.float32)
    hot = lib.fit_temperature(y, [1, 0] * 5, BETA)  # all wrong
    assert np.isclose(hot, 100, rtol=1e-3)
    cold = lib.fit_temperature(y, [0, 1] * 5, BETA)  # all right
    assert 0.01 <= cold < 0.3
    assert lib.calibrate(y, [0, 1] * 5, [0, 1] * 5, BETA / cold).loss < 1e-12


def test_renaming_the_classes_leaves_an_answer_as_sure():
    y = np.tile(np.arange(7, dtype=np.float32) ** 2 / 49, (200, 1))
    rng = np.random.default_rng(8)
    for row in y:
        rng.shuffle(row)
    right = rng.integers(0, 2, 200).astype(bool)
    answers = y.argmax(axis=1)
    labels = np.where(right, answers, (answers + 1) % 7)
    assert lib.calibrate(y, answers, labels, 3.3).roc_area == 0.5
