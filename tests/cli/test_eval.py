"""limen eval under corruptions, its confidence, and early answers."""

import json

import numpy as np
import pytest

import limen_ctypes as lib
from conftest import fails, run, train

BETA = 7.0  # of training.md, for one hidden layer


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train(toy, "run", "--validation", "150", cwd=folder)
    return folder


def evaluate(folder, *words):
    return json.loads(run("eval", "run", *words, "--json",
                          cwd=folder).stdout)


def by_hand(folder, toy, steps, seed, corruption=None):
    """y, answers, spikes of the hidden layer over steps, labels: by the
    binding, on a set corrupted by the binding."""
    with np.load(toy) as data:
        x, labels = data["x_test"], data["y_test"]
    if corruption is not None:
        x, _ = lib.corrupt_data(x, labels, *corruption, seed)
    net = lib.Network.load(folder / "run/best.safetensors")
    scale = 1 / 255 if x.dtype == np.uint8 else 1
    inp = lib.Input(x.reshape(len(x), 1, -1), scale)
    image = lib.Image(net)
    raster, counts = lib.run(image, lib.State(image, len(x)), inp, steps,
                             seed=seed)
    answers = np.array([lib.vote(row, seed, key)[0]
                        for key, row in enumerate(counts[-1])])
    return counts[-1] / steps, answers, raster[1], labels


@pytest.mark.parametrize("corruption", [None, ("gaussian", 0.3),
                                        ("block", 0.5)])
def test_measures_of_a_condition_are_those_counted_by_hand(
        trained, toy, corruption):
    steps, seeds = 20, (1, 2)
    words = ["--seeds", len(seeds), "--steps", steps, "--corrupt",
             "gaussian:0.3,block"]
    rows = evaluate(trained, *words)["conditions"]
    row = next(r for r in rows
               if r["corruption"] == (corruption and corruption[0]))
    assert row["amount"] == (corruption and corruption[1])
    temperature = row["temperature"]
    assert temperature != 1
    parts = []
    for seed in seeds:
        y, answers, hidden, labels = by_hand(trained, toy, steps, seed,
                                             corruption)
        raw = lib.calibrate(y, answers, labels, BETA)
        scaled = lib.calibrate(y, answers, labels, BETA / temperature)
        top = np.sort(y, axis=1)
        fired = hidden.sum(axis=(0, 1))
        parts.append([np.mean(answers == labels),
                      np.mean(top[:, -1] == top[:, -2]),
                      np.mean(fired == 0),
                      np.mean(fired == len(y) * steps),
                      np.bincount(answers).max() / len(y), raw.error,
                      scaled.error, scaled.roc_area, scaled.loss,
                      scaled.brier])
    names = ["accuracy", "ties", "silent", "saturated", "winner", "ece",
             "ece_temperature", "roc_area", "loss", "brier"]
    for name, value in zip(names, np.mean(parts, axis=0)):
        if name == "roc_area" and not np.isfinite(value):
            assert row[name] is None
        else:
            assert np.isclose(row[name], value, atol=1e-6), name


def test_a_corrupted_set_on_disk_gives_the_same_accuracy(trained, toy):
    row = evaluate(trained, "--seeds", 1, "--seed", 4, "--corrupt",
                   "dropout:0.6")["conditions"][1]
    run("data", "corrupt", toy, "--corrupt", "dropout:0.6", "--seed", 4, "-o",
        "d.npz", cwd=trained)
    with np.load(trained / "d.npz") as data:
        np.savez(trained / "both.npz", x_test=data["x"], y_test=data["y"])
    again = evaluate(trained, "--seeds", 1, "--seed", 4, "--data", "both.npz")
    assert again["points"][0]["accuracy"] == row["accuracy"] < 1


def test_silent_and_saturated_units_are_counted(toy, tmp_path):
    """Two hidden units made to never and to always fire."""
    train(toy, "run", cwd=tmp_path)
    path = tmp_path / "run/best.safetensors"
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])
    first = 8 + size + header["theta.1"]["data_offsets"][0]
    theta = np.array([1e3, -1e3], "<f4").tobytes()
    path.write_bytes(raw[:first] + theta + raw[first + 8:])
    row = evaluate(tmp_path, "--seeds", 1, "--calibration")["conditions"][0]
    assert row["silent"] >= 1 / 16 and row["saturated"] >= 1 / 16
    assert row["silent"] + row["saturated"] < 0.5


def test_bins_of_the_reliability_diagram_add_up(trained):
    row = evaluate(trained, "--seeds", 3, "--corrupt", "gaussian:0.3",
                   "--calibration")["conditions"][1]
    bins = row["bins"]
    assert len(bins) == 15 and sum(b["count"] for b in bins) == 3 * 200
    right = sum(b["count"] * b["accuracy"] for b in bins) / 600
    assert np.isclose(right, row["accuracy"])
    for k, b in enumerate(bins):
        assert b["count"] == 0 or (
            k / 15 - 1e-9 <= b["confidence"] <= (k + 1) / 15 + 1e-9)
    text = run("eval", "run", "--calibration", cwd=trained).stdout
    assert "Reliability, clean" in text and "|" in text


def test_early_answers_trade_steps_for_accuracy(trained):
    result = evaluate(trained, "--seeds", 1, "--early", "1,3,1000")
    early = result["early"]
    assert [p["lead"] for p in early] == [1, 3, 1000]
    means = [p["mean_step"] for p in early]
    assert means[0] < means[1] < means[2] == 20
    assert early[2]["accuracy"] == result["points"][0]["accuracy"]
    assert "mean step" in run("eval", "run", "--early", "2",
                              cwd=trained).stdout


@pytest.mark.parametrize("words, says", [
    (["--corrupt", "fog"], "there is no corruption 'fog'"),
    (["--corrupt", "gaussian:0.3,"], "there is no corruption ''"),
    (["--corrupt", ",".join(["block"] * 70)], "up to 63 items"),
    (["--corrupt", "x" * 100], "up to 63 items"),
    (["--early", "0"], "--early: '0' is not a list"),
    (["--early", "2,1", "--json"], "--early: '2,1' is not a list"),
])
def test_what_eval_cannot_do_is_said(trained, words, says):
    done = run("eval", "run", *words, cwd=trained, code=2)
    assert says in done.stderr and done.stderr.count("\n") == 1
    assert not done.stdout  # nothing is half said
