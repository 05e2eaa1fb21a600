"""studies/baselines/measures.py against the library's numbers."""

import ctypes
import json
import os
import pathlib
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "studies/baselines"))

import measures  # noqa: E402

LIBRARY = os.environ.get("LIMEN_LIBRARY", str(ROOT / "build/src/liblimen.so"))
BINS = 15


class Calibration(ctypes.Structure):
    _fields_ = [("error", ctypes.c_double), ("loss", ctypes.c_double),
                ("brier", ctypes.c_double), ("roc_area", ctypes.c_double),
                ("confidence", ctypes.c_double * BINS),
                ("accuracy", ctypes.c_double * BINS),
                ("count", ctypes.c_size_t * BINS)]


@pytest.fixture(scope="module")
def library():
    library = ctypes.CDLL(LIBRARY)
    library.limen_fit_temperature.restype = ctypes.c_double
    return library


def scores(seed, samples=500, classes=7):
    """Scores that know something of the labels, and are too sure of it."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, samples)
    y = rng.normal(0, 3, (samples, classes))
    y[np.arange(samples), labels] += 2
    return y.astype(np.float32), labels


def library_calibration(library, y, labels, temperature):
    out = Calibration()
    answers = y.argmax(axis=1).astype(np.uint32)
    labels = labels.astype(np.uint32)
    pointer = ctypes.c_void_p
    assert library.limen_calibrate(
        ctypes.byref(out), y.ctypes.data_as(pointer),
        answers.ctypes.data_as(pointer), labels.ctypes.data_as(pointer),
        ctypes.c_size_t(len(y)), ctypes.c_size_t(y.shape[1]),
        ctypes.c_double(1 / temperature), None) == 0
    return out


@pytest.mark.parametrize("seed", range(5))
def test_calibration_is_the_library_s(library, seed):
    y, labels = scores(seed)
    named = measures.measures(y, labels, 2.5, 0.25)
    raw = library_calibration(library, y, labels, 1)
    calm = library_calibration(library, y, labels, 2.5)
    assert named["ece"] == pytest.approx(raw.error, abs=1e-12)
    assert named["ece_temperature"] == pytest.approx(calm.error, abs=1e-12)
    assert named["roc_area"] == pytest.approx(raw.roc_area, abs=1e-12)
    assert named["loss"] == pytest.approx(raw.loss, abs=1e-12)
    assert named["accuracy"] == (y.argmax(1) == labels).mean()
    assert named["silent"] == 0.25 and named["temperature"] == 2.5


@pytest.mark.parametrize("seed", range(5))
def test_the_temperature_is_the_library_s(library, seed):
    y, labels = scores(seed)
    pointer = ctypes.c_void_p
    theirs = library.limen_fit_temperature(
        y.ctypes.data_as(pointer),
        labels.astype(np.uint32).ctypes.data_as(pointer),
        ctypes.c_size_t(len(y)), ctypes.c_size_t(y.shape[1]),
        ctypes.c_double(1))
    assert measures.fit_temperature(y, labels) == pytest.approx(theirs,
                                                                rel=1e-9)


def test_the_temperature_of_sure_scores_lowers_their_calibration_error():
    y, labels = scores(1)
    named = measures.measures(y, labels, measures.fit_temperature(y, labels),
                              None)
    assert named["temperature"] > 1
    assert named["ece_temperature"] < named["ece"] / 2


def test_the_roc_area_counts_pairs():
    rng = np.random.default_rng(3)
    sure = rng.integers(0, 6, 60) / 6
    right = rng.random(60) < 0.6
    pairs = [(a > b) + (a == b) / 2 for a in sure[right] for b in sure[~right]]
    assert measures.roc_area(sure, right) == pytest.approx(np.mean(pairs))
    assert measures.roc_area(sure, np.ones(60, bool)) is None


def test_a_classifier_without_scores_has_no_confidence():
    labels = np.array([0, 1, 1, 2])
    named = measures.measures(None, labels, 1, None, np.array([0, 1, 2, 1]))
    assert named["accuracy"] == 0.5 and named["winner"] == 0.5
    assert named["ece"] is None and named["roc_area"] is None
    assert named["loss"] is None and named["temperature"] is None


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    path = tmp_path / "cell.json"
    measures.write_whole(path, {"a": 1})
    with pytest.raises(TypeError):
        measures.write_whole(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["cell.json"]
