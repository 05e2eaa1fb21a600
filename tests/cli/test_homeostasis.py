"""limen train --homeostasis and limen eval --adapt."""

import hashlib
import json
import pathlib

import numpy as np
import pytest

import homeostasis_ctypes as homeo
import limen_ctypes as lib
from conftest import SMALL, fails, run, train

SPLIT = 6  # the stream of the order of a split
ONE_BATCH = ["--batch", "600", "--epochs", "1", "--validation", "0",
             "--train-steps", "7"]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def thresholds(path, layers):
    net = lib.Network.load(path)
    return [net.thresholds(layer).copy() for layer in layers]


@pytest.mark.parametrize("kind", ["rate", "layer-rate"])
def test_a_batch_moves_thresholds_as_the_rule_says(toy, tmp_path, kind):
    """At a learning rate of 0 nothing else moves; thresholds start at 0."""
    train(toy, "run", *ONE_BATCH, "--hidden", "16,5", "--burn-in", "2",
          "--learning-rate", "0", "--homeostasis", f"{kind}=0.3",
          "--homeostasis-gain", "0.7", cwd=tmp_path)
    net = lib.Network.load(tmp_path / "run/model.safetensors")
    got = [net.thresholds(layer).copy() for layer in (1, 2, 3)]
    for layer in (1, 2):
        net.thresholds(layer)[:] = 0
    with np.load(toy) as data:
        x = data["x_train"].reshape(600, 1, 64)
    # the keys of the first epoch (docs/numerics.md section 3)
    inp = lib.Input(x, 1 / 255, keys=(1 << 32) + np.arange(600))
    spikes = homeo.count_spikes(lib.Image(net), inp, 7, 2, seed=1)
    for layer in (1, 2):
        gap = [float(count) / (600 * 5.0) - 0.3 for count in spikes[layer]]
        if kind == "layer-rate":
            units = len(gap)
            gap = [float(spikes[layer].sum()) / (units * (600 * 5.0)) - 0.3
                   ] * units
        expected = np.array([0.7 * x for x in gap], np.float32)
        assert (got[layer - 1] == expected).all()
        assert np.abs(expected).max() > 0.01
    assert (got[2] == 0).all()  # the output has no set-point


def test_units_are_held_at_the_rate(toy, tmp_path):
    words = ["--batch", "20", "--epochs", "12"]
    train(toy, "free", *words, "--penalty", "0", cwd=tmp_path)
    train(toy, "held", *words, "--homeostasis", "rate=0.1",
          "--homeostasis-gain", "1", cwd=tmp_path)

    def rates(name):
        path = tmp_path / name / "model.safetensors"
        return homeo.rates(lib.Network.load(path), 1)

    assert np.abs(rates("held") - 0.1).max() < 0.05
    assert np.abs(rates("free") - 0.1).max() > 0.2


def test_the_penalty_gives_way_unless_it_is_asked_for(toy, tmp_path):
    for words, penalty in [([], "1"), (["--homeostasis", "rate=0.1"], "0"),
                           (["--homeostasis", "rate=0.1", "--penalty", "2"],
                            "2")]:
        train(toy, "run", "--force", "--epochs", 1, *words, cwd=tmp_path)
        told = json.loads((tmp_path / "run/run.json").read_text())
        assert float(told["settings"]["penalty"]) == float(penalty)


def test_a_held_run_has_the_same_bytes_on_threads_and_resumed(toy, tmp_path):
    words = ["--epochs", "6", "--homeostasis", "rate=0.2"]
    train(toy, "whole", *words, "--threads", "1", cwd=tmp_path)
    train(toy, "threads", *words, "--threads", "3", cwd=tmp_path)
    train(toy, "parts", *words, "--time-limit", "0.0001s", code=75,
          cwd=tmp_path)
    run("train", "--resume", "parts", "--quiet", cwd=tmp_path)
    whole = digest(tmp_path / "whole/model.safetensors")
    assert digest(tmp_path / "threads/model.safetensors") == whole
    assert digest(tmp_path / "parts/model.safetensors") == whole


def test_an_experiment_file_takes_the_same_words(toy, tmp_path):
    (tmp_path / "e.yaml").write_text("homeostasis: rate=0.1\n")
    train(toy, "file", "--config", "e.yaml", cwd=tmp_path)
    train(toy, "set", "--set", "homeostasis=rate=0.1", cwd=tmp_path)
    assert (digest(tmp_path / "file/model.safetensors") ==
            digest(tmp_path / "set/model.safetensors"))


@pytest.mark.parametrize("words, what", [
    (["--homeostasis", "rate"], "rate=0.1"),
    (["--homeostasis", "rate="], "not a number between 0 and 1"),
    (["--homeostasis", "rate=0"], "between 0 and 1"),
    (["--homeostasis", "rate=1.5"], "between 0 and 1"),
    (["--homeostasis", "rate=nan"], "between 0 and 1"),
    (["--homeostasis", "rate=0.1x"], "between 0 and 1"),
    (["--homeostasis", "fire=0.1"], "layer-rate=TARGET"),
    (["--homeostasis", ""], "layer-rate=TARGET"),
    (["--homeostasis", "rate=0.1", "--homeostasis-gain", "-1"], "below 0"),
    (["--homeostasis", "rate=0.1", "--hidden", "none"], "no hidden layer"),
    (["--adapt", "100"], "does not take it"),
])
def test_a_wrong_word_is_named(toy, tmp_path, words, what):
    said = fails("train", "--data", toy, "--epochs", 1, *words, cwd=tmp_path,
                 code=2)
    assert what in said and not list(tmp_path.iterdir())


# ---- At test


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapt")
    train(toy, "run", "--validation", "150", "--hidden", "40", "--epochs", "8",
          cwd=folder)
    return folder


def rows(folder, *words):
    done = run("eval", "run", "--adapt", "100", *words, "--json", cwd=folder)
    return json.loads(done.stdout)["conditions"]


def strip_rates(path):
    """A model file as it was before rates were stored."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])
    body, arrays, at = raw[8 + size:], {}, 0
    out = b""
    for name, entry in header.items():
        if name == "__metadata__" or name.startswith("rates."):
            continue
        first, last = entry["data_offsets"]
        out += body[first:last]
        arrays[name] = dict(entry, data_offsets=[at, len(out)])
        at = len(out)
    text = json.dumps({"__metadata__": header["__metadata__"],
                       **arrays}).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + out)


def test_training_stores_the_rates_of_its_samples(trained, toy):
    """Those of the set that are not held out: by a second way, a model
    without rates."""
    net = lib.Network.load(trained / "run/best.safetensors")
    rates = homeo.rates(net, 1)
    assert rates.shape == (40,) and 0 < rates.mean() < 1
    plain = rows(trained, "--seeds", 1, "--corrupt", "gaussian:0.3")
    old = trained / "old.safetensors"
    old.write_bytes((trained / "run/best.safetensors").read_bytes())
    strip_rates(old)
    assert homeo.rates(lib.Network.load(old), 1) is None
    done = run("eval", "old.safetensors", "--adapt", "100", "--seeds", 1,
               "--corrupt", "gaussian:0.3", "--json", cwd=trained)
    assert json.loads(done.stdout)["conditions"] == plain
    assert "measured on 450 samples" in done.stderr


def test_an_adapted_row_is_what_the_binding_does(trained, toy):
    """The images held out, corrupted by draws of their own, and the test."""
    with np.load(toy) as data:
        x, y, xt, yt = (data[k] for k in ("x_train", "y_train", "x_test",
                                          "y_test"))
    # the order of the split: draws of stream 6, key 0 (docs/numerics.md)
    order = sorted(range(600), key=lambda k: (lib.draw(1, SPLIT, 0, 0, k), k))
    held = order[:150][:100]
    own = 1 + (1 << 60)
    dark, _ = lib.corrupt_data(x[held], y[held], "contrast", 0.4, own)
    net = lib.Network.load(trained / "run/best.safetensors")
    flat = dark.reshape(100, 1, 64).astype(np.float32)
    homeo.adapt(net, lib.Input(flat), 20, 30, 2.0, seed=own)
    test, _ = lib.corrupt_data(xt, yt, "contrast", 0.4, 1)
    inp = lib.Input(test.reshape(200, 1, 64).astype(np.float32))
    image = lib.Image(net)
    _, counts = lib.run(image, lib.State(image, 200), inp, 20, seed=1)
    right = np.mean([lib.vote(row, 1, key)[0] == yt[key]
                     for key, row in enumerate(counts[-1])])
    row = rows(trained, "--seeds", 1, "--corrupt", "contrast:0.4",
               "--adapt-rounds", 30, "--adapt-step", 2)[3]
    assert row["adapted"] and row["corruption"] == "contrast"
    assert np.isclose(row["accuracy"], right)


def test_each_condition_has_a_row_without_and_with(trained):
    got = rows(trained, "--seeds", 2, "--corrupt", "gaussian:0.3,block")
    assert [(r["corruption"], r["adapted"]) for r in got] == [
        (None, False), (None, True), ("gaussian", False), ("gaussian", True),
        ("block", False), ("block", True)]
    plain = json.loads(run("eval", "run", "--seeds", 2, "--corrupt",
                           "gaussian:0.3,block", "--json",
                           cwd=trained).stdout)["conditions"]
    for row, adapted in zip(plain, got[::2]):
        adapted.pop("adapted")
        assert row == adapted
    text = run("eval", "run", "--seeds", 1, "--adapt", 20, "--corrupt",
               "block", cwd=trained).stdout
    assert "block 0.5, adapted" in text and "clean, adapted" in text


def test_a_constant_shift_of_thresholds_is_undone(trained, tmp_path):
    """Homeostasis cures what moves the operating point of every unit."""
    path = tmp_path / "run.safetensors"
    path.write_bytes((trained / "run/best.safetensors").read_bytes())
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    entry = json.loads(raw[8:8 + size])["theta.1"]["data_offsets"]
    first = 8 + size + entry[0]
    theta = np.frombuffer(raw[first:first + 4 * 40], "<f4") + np.float32(2)
    path.write_bytes(raw[:first] + theta.tobytes() + raw[first + 4 * 40:])
    got = json.loads(run("eval", path, "--adapt", 100, "--seeds", 1, "--json",
                         cwd=tmp_path).stdout)["conditions"]
    assert got[0]["accuracy"] < 0.8 < 0.95 < got[1]["accuracy"]


def test_adapted_rows_do_not_depend_on_threads(trained):
    words = ["--seeds", 1, "--corrupt", "gaussian:0.4"]
    assert (rows(trained, *words, "--threads", 1) ==
            rows(trained, *words, "--threads", 3))


def test_images_of_a_file_are_moved_on(trained, toy):
    with np.load(toy) as data:
        np.save(trained / "dark.npy", data["x_train"][:120] // 3)
    got = rows(trained, "--seeds", 1, "--adapt-data", "dark.npy")
    assert got[0] == dict(rows(trained, "--seeds", 1)[0])
    assert got[1] != rows(trained, "--seeds", 1)[1]


def test_a_test_of_some_classes_has_those_only(trained, toy):
    told = json.loads(run("eval", "run", "--test-classes", "1,3", "--seeds", 1,
                          "--adapt", 30, "--json", cwd=trained).stdout)
    with np.load(toy) as data:
        count = np.isin(data["y_test"], [1, 3]).sum()
    assert told["samples"] == count
    assert [sum(row) > 0 for row in told["confusion"]] == [False, True,
                                                           False, True]


@pytest.mark.parametrize("words, code, what", [
    (["--adapt", "-1"], 2, "below 0"),
    (["--adapt", "many"], 2, "not a whole number"),
    (["--adapt", "151"], 2, "151 images are more than the 150"),
    (["--adapt", "10", "--adapt-rounds", "0"], 2, "below 1"),
    (["--adapt", "10", "--adapt-step", "-2"], 2, "below 0"),
    (["--adapt", "10", "--adapt-data", "none.npy"], 3, "none.npy"),
    (["--adapt-data", "small.npy"], 2, "--adapt N"),
    (["--adapt", "4", "--adapt-data", "small.npy"], 2, "than the 3"),
    (["--test-classes", "7"], 2, "no class 7"),
    (["--test-classes", "a"], 2, "not a whole number"),
    (["--adapt", "10", "--corrupt", ",".join(["block"] * 32)], 2, "31 items"),
])
def test_a_wrong_adaptation_is_named(trained, words, code, what):
    np.save(trained / "small.npy", np.zeros((3, 8, 8), np.uint8))
    assert what in fails("eval", "run", *words, cwd=trained, code=code)


def test_rates_that_are_none_are_refused(trained, tmp_path):
    raw = (trained / "run/best.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])
    first = 8 + size + header["rates.1"]["data_offsets"][0]
    for value in (np.nan, -0.5, 1.5):
        bad = raw[:first] + np.float32(value).tobytes() + raw[first + 4:]
        (tmp_path / "bad.safetensors").write_bytes(bad)
        assert "list of rates is malformed" in fails(
            "eval", "bad.safetensors", cwd=tmp_path, code=3)
