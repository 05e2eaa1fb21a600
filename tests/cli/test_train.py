"""`limen train`: what it leaves behind, and that stopping changes nothing."""

import json
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest

import limen_ctypes as lib
from conftest import PROGRAM, SMALL, fails, run, train


def model(path):
    return pathlib.Path(path, "model.safetensors").read_bytes()


def test_a_run_learns_and_leaves_its_files(toy, tmp_path):
    done = train(toy, "run", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert result["test_accuracy"] > 0.9
    low, high = result["interval"]
    assert low <= result["test_accuracy"] <= high and low < high
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {"run.json", "metrics.jsonl", "timing.jsonl",
                     "model.safetensors", "best.safetensors", "result.json"}
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert len(lines) == 3 and last["epoch"] == 3
    assert len(last["activity"]) == 3
    described = json.loads((tmp_path / "run/run.json").read_text())
    assert described["settings"]["train-steps"] == "5"
    assert len(described["data"]["sha256"]) == 64


def test_two_equal_runs_have_equal_files(toy, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        train(toy, "run", cwd=tmp_path / name)
    for name in ("model.safetensors", "best.safetensors", "metrics.jsonl",
                 "run.json", "result.json"):
        assert ((tmp_path / "a/run" / name).read_bytes()
                == (tmp_path / "b/run" / name).read_bytes()), name


@pytest.mark.parametrize("rule", [
    ["--rule", "bptt"],
    ["--rule", "bptt", "--width-unit", "spread", "--width", "1"],
    ["--rule", "rate", "--split-samples", "--no-mask-output"],
    ["--rule", "rate", "--gain-rule", "probit", "--optimiser", "sgd"],
    ["--rule", "rate", "--gain-rule", "density"],
    ["--noise", "gaussian", "--noise-scale", "0.2", "--refractory", "1",
     "--adapt-gain", "0.1", "--recurrent-in-degree", "3", "--synchronous"],
])
def test_the_model_does_not_depend_on_threads(toy, tmp_path, rule):
    for threads in (1, 2, 4):
        train(toy, f"t{threads}", "--threads", threads, *rule, cwd=tmp_path)
    assert model(tmp_path / "t1") == model(tmp_path / "t2")
    assert model(tmp_path / "t1") == model(tmp_path / "t4")


def test_the_model_does_not_depend_on_the_backend(toy, tmp_path):
    report = json.loads(run("doctor", "--json", cwd=tmp_path).stdout)
    for backend in report["backends"]:
        train(toy, backend, "--backend", backend, cwd=tmp_path)
    first, *others = [model(tmp_path / b) for b in report["backends"]]
    assert all(other == first for other in others)


LONG = ["--epochs", "60", "--hidden", "64"]


def start(toy, tmp_path, name):
    return subprocess.Popen(
        [PROGRAM, "train", "--data", str(toy), *SMALL, *LONG, "-o", name],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)


def wait_for(path):
    for _ in range(1000):
        if path.exists() and path.stat().st_size > 0:
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} did not appear")


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 75),
                                          (signal.SIGINT, 130)])
def test_a_stopped_run_ends_with_the_same_bytes(toy, tmp_path, number, code):
    train(toy, "whole", *LONG, cwd=tmp_path)
    process = start(toy, tmp_path, "stopped")
    wait_for(tmp_path / "stopped/metrics.jsonl")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "--resume stopped" in err
    assert (tmp_path / "stopped/checkpoint.safetensors").exists()
    assert not (tmp_path / "stopped/model.safetensors").exists()
    run("train", "--resume", "stopped", "--quiet", cwd=tmp_path)
    for name in ("model.safetensors", "best.safetensors", "metrics.jsonl"):
        assert ((tmp_path / "whole" / name).read_bytes()
                == (tmp_path / "stopped" / name).read_bytes()), name
    assert not (tmp_path / "stopped/checkpoint.safetensors").exists()


def test_a_run_stopped_many_times_ends_with_the_same_bytes(toy, tmp_path):
    more = ["--epochs", "8", "--width-unit", "spread", "--optimiser", "adamw",
            "--decay", "0.01"]
    train(toy, "whole", *more, cwd=tmp_path)
    words = ["train", "--data", toy, *SMALL, *more, "-o", "parts"]
    for _ in range(500):
        done = subprocess.run(
            [PROGRAM, *map(str, words), "--time-limit", "0.02s"], cwd=tmp_path,
            capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            break
        assert done.returncode == 75, done.stderr
        words = ["train", "--resume", "parts", "--quiet"]
    assert model(tmp_path / "whole") == model(tmp_path / "parts")
    assert ((tmp_path / "whole/metrics.jsonl").read_bytes()
            == (tmp_path / "parts/metrics.jsonl").read_bytes())


def test_sigusr1_saves_and_goes_on(toy, tmp_path):
    process = start(toy, tmp_path, "run")
    wait_for(tmp_path / "run/metrics.jsonl")
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Test accuracy" in out


def test_a_run_that_exists_is_kept(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    kept = model(tmp_path / "run")
    said = fails("train", "--data", toy, *SMALL, "-o", "run", cwd=tmp_path,
                 code=2)
    assert "--force" in said and "--resume" in said
    assert model(tmp_path / "run") == kept
    train(toy, "run", "--force", "--seed", "2", cwd=tmp_path)
    assert model(tmp_path / "run") != kept


def test_a_finished_run_is_not_resumed(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    assert "finished" in fails("train", "--resume", "run", cwd=tmp_path,
                               code=2)


def test_a_damaged_checkpoint_is_refused(toy, tmp_path):
    done = run("train", "--data", toy, *SMALL, *LONG, "--time-limit", "0.05s",
               "-o", "run", cwd=tmp_path, code=75)
    path = tmp_path / "run/checkpoint.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    fails("train", "--resume", "run", "--quiet", cwd=tmp_path, code=3)
    path.write_bytes(whole)
    run("train", "--resume", "run", "--quiet", cwd=tmp_path)


def test_a_checkpoint_of_other_data_is_refused(toy, tmp_path):
    import numpy as np
    run("train", "--data", toy, *SMALL, *LONG, "--time-limit", "0.05s", "-o",
        "run", cwd=tmp_path, code=75)
    with np.load(toy) as data:
        other = dict(data)
    other["x_train"] = other["x_train"][::-1].copy()
    np.savez(tmp_path / "other.npz", **other)
    said = fails("train", "--resume", "run", "--data", "other.npz", "--quiet",
                 cwd=tmp_path, code=5)
    assert "other data" in said


def test_an_experiment_file_is_overridden_by_options(toy, tmp_path):
    (tmp_path / "exp.yaml").write_text(
        f"data: {toy}\nhidden: [12, 8]\nself: true\nepochs: 1\nbatch: 64\n")
    run("train", "--config", "exp.yaml", "--batch", "32", "--quiet", "-o",
        "run", cwd=tmp_path)
    settings = json.loads((tmp_path / "run/run.json").read_text())["settings"]
    assert settings["hidden"] == "12,8" and settings["batch"] == "32"
    assert settings["surrogate"] == "triangle"  # the recipe of deeper ones


@pytest.mark.parametrize("text, place, what", [
    ("epochs: ten\n", ":1:9", "whole number"),
    ("data: x\nepoch: 3\n", ":2:1", "epochs"),
    ("epochs: [1, 2]\n", ":1:9", "not a list"),
    ("epochs: 1\nepochs: 2\n", ":2:1", "before"),
    ("self:\n  a: 1\n", ":2:3", "plain value"),
    ("- 1\n", ":1:1", "epochs: 10"),
    ("epochs: 1\n---\nepochs: 2\n", ":2:", "second document"),
    ("epochs: {\n", ":", ""),
    ("", ":1:1", "empty"),
])
def test_a_bad_experiment_file_is_refused_with_its_place(
        tmp_path, text, place, what):
    (tmp_path / "bad.yaml").write_text(text)
    said = fails("train", "--config", "bad.yaml", cwd=tmp_path, code=3)
    assert "bad.yaml" + place in said and what in said
    assert not list(tmp_path.glob("runs"))


def test_the_original_preset_is_the_original(tmp_path):
    done = run("info", "--preset", "original", "--json", cwd=tmp_path)
    settings = json.loads(done.stdout)["settings"]
    assert settings["init-threshold"] == "0.7"
    assert settings["optimiser"] == "sgd" and settings["rule"] == "rate"
    assert settings["batch"] == "1024" and settings["hidden"] == "10"


def test_a_dead_layer_is_reported_with_the_cure(toy, tmp_path):
    done = run("train", "--data", toy, "--hidden", "16", "--epochs", "1",
               "--init", "uniform", "--gain", "0.01", "--init-threshold", "5",
               "--learning-rate", "1e-6", "-o", "run", cwd=tmp_path)
    assert "nearly silent" in done.stderr and "init scaled" in done.stderr


def test_diverging_says_so(toy, tmp_path):
    said = fails("train", "--data", toy, *SMALL, "--optimiser", "sgd",
                 "--learning-rate", "1e6", "--clip", "0", "--decay", "1e6",
                 "-o", "run", cwd=tmp_path, code=1)
    assert "learning-rate" in said


def temperature_of(path):
    raw = path.read_bytes()
    header = json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])
    return float(json.loads(header["__metadata__"]["settings"])["temperature"])


def test_the_temperature_is_fitted_to_the_validation_samples(toy, tmp_path):
    """Written as the one that makes the loss of held-out answers least: twice
    or half of it is worse, on the very samples."""
    done = train(toy, "run", "--validation", 150, "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    fitted = temperature_of(tmp_path / "run/best.safetensors")
    assert result["temperature"] == fitted != 1
    # the held-out samples again: the first 150 in order of the split's draws
    draws = np.array([lib.draw(1, 6, 0, 0, k) for k in range(600)])
    held = np.argsort(draws, kind="stable")[:150]
    with np.load(toy) as data:
        np.savez(tmp_path / "held.npz", x_train=data["x_train"][held],
                 y_train=data["y_train"][held], x_test=data["x_train"][held],
                 y_test=data["y_train"][held])

    def loss(temperature):
        out = run("eval", "run", "--data", "held.npz", "--seeds", 1,
                  "--calibration", "--temperature", temperature, "--json",
                  cwd=tmp_path).stdout
        return json.loads(out)["conditions"][0]["loss"]

    best = loss(fitted)
    for factor in (0.5, 0.9, 1.1, 2):
        assert best <= loss(fitted * factor) + 1e-9, factor


def test_a_temperature_that_is_given_is_kept(toy, tmp_path):
    train(toy, "given", "--temperature", 1, "--validation", 100, cwd=tmp_path)
    train(toy, "none", "--validation", 0, cwd=tmp_path)
    assert temperature_of(tmp_path / "given/best.safetensors") == 1
    assert temperature_of(tmp_path / "none/model.safetensors") == 1


def test_a_resumed_run_fits_the_same_temperature(toy, tmp_path):
    train(toy, "whole", cwd=tmp_path)
    train(toy, "parts", "--time-limit", "0.0001s", code=75, cwd=tmp_path)
    run("train", "--resume", "parts", "--quiet", cwd=tmp_path)
    for name in ("model.safetensors", "best.safetensors"):
        assert ((tmp_path / "whole" / name).read_bytes()
                == (tmp_path / "parts" / name).read_bytes())


@pytest.mark.parametrize("which, balanced", [
    ("input", [True, False, False]), ("below", [True, True, True]),
    ("none", [False, False, False])])
def test_balanced_rows_sum_to_zero_after_training(toy, tmp_path, which,
                                                  balanced):
    train(toy, "run", "--balance", which, "--hidden", "16,12", cwd=tmp_path)
    net = lib.Network.load(tmp_path / "run/model.safetensors")
    image = lib.Image(net)
    found = []
    for index, about in enumerate(net.connections()):
        w = image.weights(index).reshape(net.units[about.to], -1)
        is_zero = (w.sum(axis=1, dtype=int) == 0).all()
        assert is_zero == about.balanced
        if about.kind == 0:
            found.append(bool(is_zero))
            assert np.abs(w).max() > 100  # not because they are nothing
            # the masters too, but for their rounding to float
            means = net.weights(index).reshape(w.shape).mean(axis=1)
            assert (np.abs(means).max() < 1e-6) == is_zero
    assert found == balanced
