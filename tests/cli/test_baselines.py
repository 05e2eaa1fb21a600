"""studies/baselines/relu.py: the cells it writes, and that its corrupted data
are Limen's.  PyTorch and scikit-learn are optional."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from conftest import PROGRAM, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "studies/baselines/relu.py"
sys.path.insert(0, str(SCRIPT.parent))

from study_data import StudyData  # noqa: E402

MEASURES = {"accuracy", "ties", "silent", "saturated", "winner", "ece",
            "ece_temperature", "temperature", "roc_area", "loss"}
BASE = {"hidden": [16], "epochs": 4, "batch": 20, "learning-rate": 0.01,
        "augment": "none", "balance": "none", "steps": 20,
        "conditions": {"gaussian": [0.3], "block": [0.25, 0.5]},
        "examples": [3], "test-seed": 9}


@pytest.fixture(scope="module")
def study(toy, tmp_path_factory):
    """A folder as `limen compare` leaves it for seed 2."""
    folder = tmp_path_factory.mktemp("study")
    data = folder / "data/seed-2"
    data.mkdir(parents=True)
    with np.load(toy) as all_:
        x, y = all_["x_train"], all_["y_train"].astype(np.uint32)
        np.savez(data / "test.npz", x=all_["x_test"],
                 y=all_["y_test"].astype(np.uint32))
    np.savez(data / "train.npz", x=x[:400], y=y[:400])
    np.savez(data / "validation.npz", x=x[400:], y=y[400:])
    few = np.concatenate([np.flatnonzero(y[:400] == c)[:3] for c in range(4)])
    np.savez(data / "train-3.npz", x=x[few], y=y[few])
    return folder


def corrupted(study, tmp_path, *words):
    run("data", "corrupt", study / "data/seed-2/test.npz", *words, "-o",
        "made.npz", cwd=tmp_path)
    with np.load(tmp_path / "made.npz") as made:
        return made["x"].reshape(len(made["x"]), -1)


def test_corrupted_sets_are_limen_s_to_the_bit(study, tmp_path):
    data = StudyData(PROGRAM, study, 2, BASE)
    x, labels = data.corrupted("gaussian", 0.3)
    theirs = corrupted(study, tmp_path, "--corrupt", "gaussian:0.3", "--seed",
                       9)
    assert x.dtype == np.float32 and np.array_equal(x, theirs)
    assert np.array_equal(labels, data.named("test")[1])
    other = StudyData(PROGRAM, study, 2, {**BASE, "test-seed": 8})
    assert not np.array_equal(x, other.corrupted("gaussian", 0.3)[0])


def test_each_epoch_is_augmented_anew_and_without_what_is_held_out(study):
    mixed = {**BASE, "augment": "gaussian:0.4,block:0.5"}
    data = StudyData(PROGRAM, study, 2, mixed)
    plain, labels = data.named("train")
    first, second = data.train("train", 0), data.train("train", 1)
    assert np.array_equal(first[1], labels)
    assert not np.array_equal(first[0], second[0])
    assert np.array_equal(first[0], data.train("train", 0)[0])
    held = StudyData(PROGRAM, study, 2, {**mixed,
                                         "augment-without": "gaussian"})
    hidden = held.train("train", 0)[0]
    assert np.all((hidden == plain) | (hidden == 0))


def test_a_failing_program_is_quoted(study):
    data = StudyData(PROGRAM, study, 2, BASE)
    with pytest.raises(RuntimeError, match="no corruption 'snow'"):
        data.corrupted("snow", 1)


def baseline(study, label, code=0, **options):
    done = subprocess.run(
        ["/usr/bin/python3", SCRIPT, "--limen", PROGRAM, "--study", study,
         "--label", label, "--seed", "2", "--options",
         json.dumps({**BASE, **options})], capture_output=True, text=True,
        timeout=300)
    assert done.returncode == code, done.stderr
    return done


def cell(study, label, file, **options):
    baseline(study, label, **options)
    return json.loads((study / "cells" / f"{file}.2.json").read_text())


def test_an_unknown_kind_is_one_sentence(study):
    done = baseline(study, "x", code=1, kind="tree")
    assert "'tree' is not relu" in done.stderr.splitlines()[-1]


def torch_is_there():
    return subprocess.run(["/usr/bin/python3", "-c", "import torch"],
                          capture_output=True).returncode == 0


def sklearn_is_there():
    return subprocess.run(["/usr/bin/python3", "-c", "import sklearn"],
                          capture_output=True).returncode == 0


torch_needed = pytest.mark.skipif(not torch_is_there(),
                                  reason="tools/setup study installs PyTorch")
sklearn_needed = pytest.mark.skipif(
    not sklearn_is_there(), reason="tools/setup study installs scikit-learn")


@pytest.mark.slow
@torch_needed
@pytest.mark.parametrize("options", [
    {"train": "pixels"},
    {"train": "bernoulli", "test": "draws"},
    {"train": "average", "test": "draws", "draws": 3},
    {"balance": "input", "augment": "gaussian:0-0.2", "width": "compute"},
    {"logits": "normalised", "scale": 10},
], ids=lambda options: "-".join(map(str, options.values())))
def test_a_cell_has_what_the_study_reads(study, options):
    found = cell(study, "A net, wide", "A_net__wide", kind="relu", **options)
    assert found["arm"] == "A net, wide" and found["seed"] == 2
    assert found["train_samples"] == 400 and found["stability"] is None
    width = 16
    if options.get("width") == "compute":
        # one hidden layer: T (64 16 + 16 16 + 4 16 + 4 16 + 4 4) / (64 + 4)
        width = round(20 * (1024 + 256 + 64 + 64 + 16) / 68)
    assert found["parameters"] == 65 * width + 4 * (width + 1)
    assert MEASURES == set(found["clean"])
    assert [(c["corruption"], c["amount"]) for c in found["conditions"]] == [
        ("gaussian", 0.3), ("block", 0.25), ("block", 0.5)]
    assert all(MEASURES < set(c) for c in found["conditions"])
    assert found["clean"]["accuracy"] > 0.95
    assert found["clean"]["ties"] == 0 and found["clean"]["saturated"] == 0
    assert 0 <= found["clean"]["silent"] <= 1
    assert set(found["examples"]) == {"3"}


@pytest.mark.slow
@torch_needed
def test_the_same_seed_gives_the_same_cell(study):
    cells = [cell(study, name, name, kind="relu", train="bernoulli",
                  test="draws") for name in ("one", "two")]
    for each in cells:
        del each["arm"]
    assert cells[0] == cells[1]


@pytest.mark.slow
@torch_needed
def test_balanced_weights_do_not_see_a_grey_background(study):
    conditions = {"background": [0.3]}
    found = cell(study, "balanced", "balanced", kind="relu", balance="input",
                 conditions=conditions)
    # values are (1 - a) x + a: only the scale is left of it
    assert found["conditions"][0]["accuracy"] > 0.95


@pytest.mark.slow
@sklearn_needed
@pytest.mark.parametrize("kind", ["nearest", "logistic", "svm"])
def test_classifiers_for_few_examples_learn(study, kind):
    found = cell(study, kind, kind, kind=kind)
    assert found["clean"]["accuracy"] > 0.95
    assert found["examples"]["3"] > 0.5
    assert (found["clean"]["ece"] is None) == (kind != "logistic")
