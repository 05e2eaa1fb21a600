"""What a cell of a study says about the answers to one test set: the
definitions of include/limen.h (Confidence), written again in NumPy."""

import json
import math
import os
import tempfile

import numpy as np

BINS = 15


def log_softmax(y):
    """y: (samples, classes) scores -> log probabilities."""
    y = np.asarray(y, np.float64)
    y = y - y.max(axis=1, keepdims=True)
    return y - np.log(np.exp(y).sum(axis=1, keepdims=True))


def loss(y, labels):
    """Mean -log p of the label."""
    return float(-log_softmax(y)[np.arange(len(labels)), labels].mean())


def fit_temperature(y, labels):
    """The temperature in [0.01, 100] with the least loss (Guo et al. 2017): a
    golden-section search over its logarithm, where the loss has one minimum."""
    golden = (math.sqrt(5) - 1) / 2
    low, high = math.log(1e-2), math.log(1e2)
    y = np.asarray(y, np.float64)

    def at(x):
        return loss(y / math.exp(x), labels)

    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = at(a), at(b)
    while high - low > 1e-4:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = at(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = at(b)
    return math.exp((low + high) / 2)


def calibration_error(confidence, right):
    """Expected calibration error in equal bins."""
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(which, confidence - right, BINS)
    return float(np.abs(gaps).sum() / len(right))


def roc_area(confidence, right):
    """P(a right answer is surer than a wrong one), ties half; None if all are
    right or all wrong."""
    sure, unsure = confidence[right], np.sort(confidence[~right])
    if len(sure) == 0 or len(unsure) == 0:
        return None
    below = np.searchsorted(unsure, sure, "left")
    up_to = np.searchsorted(unsure, sure, "right")
    return float((below + up_to).sum() / (2 * len(sure) * len(unsure)))


def measures(y, labels, temperature, silent, answers=None):
    """MEASURES of docs/compare.md.  y: (samples, classes) log probabilities up
    to a constant, None where there are none but `answers`."""
    named = dict.fromkeys(("accuracy", "ties", "silent", "saturated", "winner",
                           "ece", "ece_temperature", "temperature", "roc_area",
                           "loss"))
    if y is not None:
        y = np.asarray(y, np.float64)
    if answers is None:
        answers = y.argmax(axis=1)
    right = answers == labels
    named.update(accuracy=float(right.mean()), ties=0.0,
                 winner=float(np.bincount(answers).max() / len(answers)),
                 silent=silent, saturated=None if silent is None else 0.0)
    if y is not None:
        sure = np.exp(log_softmax(y).max(axis=1))
        calm = np.exp(log_softmax(y / temperature).max(axis=1))
        named.update(ece=calibration_error(sure, right),
                     ece_temperature=calibration_error(calm, right),
                     temperature=float(temperature),
                     roc_area=roc_area(sure, right), loss=loss(y, labels))
    return named


def write_whole(path, value):
    """A JSON file that is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(value, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
