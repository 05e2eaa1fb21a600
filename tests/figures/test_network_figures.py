"""The figures of trained networks on Fashion-MNIST, with the program."""

import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))
sys.path.insert(0, str(ROOT / "tests/oracle"))

import oracle  # noqa: E402

pytestmark = pytest.mark.slow
RECURRENT = ["--hidden", "256", "--self", "--feedback", "--validation", "0"]


def limen(*words, cwd):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def train(cwd, name, *words):
    limen("train", *words, "--quiet", "-o", name, cwd=cwd)
    result = json.loads((cwd / name / "result.json").read_text())
    return result["test_accuracy"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("figures")


@pytest.mark.parametrize("epochs, target", [(10, 0.882), (20, 0.888)])
def test_one_hidden_layer(folder, figures, epochs, target):
    reached = [train(folder, f"a-{epochs}-{seed}", *RECURRENT, "--epochs",
                     epochs, "--seed", seed) for seed in (1, 2, 3)]
    figures(f"784-256-10, {epochs} epochs, T=20, mean of 3 seeds",
            f"{np.mean(reached):.4f}", f">= {target}")
    assert np.mean(reached) >= target


def test_two_hidden_layers(folder, figures):
    reached = train(folder, "b", "--hidden", "1024,1024", "--self",
                    "--feedback", "--epochs", 8, "--validation", "0")
    points = json.loads(limen("eval", "b", "--steps", "5,20,50", "--seeds", 1,
                              "--json", cwd=folder))["points"]
    at = {p["steps"]: p["accuracy"] for p in points}
    figures("784-1024-1024-10, 8 epochs, T=20", f"{reached:.4f}", ">= 0.875")
    figures("the same from T=5 to T=50", f"{at[5]:.4f} to {at[50]:.4f}",
            "no fall")
    assert reached >= 0.875
    assert at[50] >= at[5]


def test_the_originals_setting_beside_the_others(folder, figures):
    same = ["--epochs", 20, "--validation", "0"]
    original = ["--preset", "original"]
    mended = ["--no-mask-output", "--mask-saturated", "--split-samples",
              "--optimiser", "adam", "--learning-rate", "0.003", "--batch",
              128, "--schedule", "cosine"]
    rows = {
        "preset original": train(folder, "o", *original, *same),
        "the same, rate with its biases removed": train(
            folder, "o-mended", *original, *mended, *same),
        "bptt at the same size and epochs": train(
            folder, "o-bptt", "--hidden", 10, "--self", "--feedback", *same),
    }
    for name, accuracy in rows.items():
        figures(name, f"{accuracy:.4f}", "reported")
    first, second, third = rows.values()
    assert first < second < third


def peak_memory(*words, cwd):
    """KiB; of the program alone, where getrusage would count the interpreter
    that it was forked from."""
    child = subprocess.Popen([PROGRAM, *map(str, words)], cwd=cwd,
                             stdout=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*(\d+)", status)
        peak = int(found[1]) if found else peak
        time.sleep(0.002)
    assert child.returncode == 0
    return peak


def test_memory_of_eval_does_not_grow_with_steps(folder, figures):
    x = np.full((4000, 8, 8), 40, np.uint8)
    y = np.arange(len(x)) % 4
    np.savez(folder / "few.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    limen("train", "--data", "few.npz", "--hidden", 16, "--epochs", 1,
          "--validation", "0", "--quiet", "-o", "m", cwd=folder)
    short, long = (peak_memory("eval", "m", "--data", "few.npz", "--steps",
                               steps, "--seeds", 1, cwd=folder)
                   for steps in (100, 10_000))
    figures("memory of eval, T=100 and T=10000", f"{short} and {long} KiB",
            "within 5 %")
    assert abs(long - short) <= 0.05 * short


def load_into_oracle(path):
    """A model file as a network of the oracle, by the format's rules alone."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])

    def array(name):
        first, last = header[name]["data_offsets"]
        return np.frombuffer(raw[8 + size:][first:last], "<f4").reshape(
            header[name]["shape"])

    about = json.loads(header["__metadata__"]["network"])
    net = oracle.Network(about["units"])
    for k, c in enumerate(about["connections"]):
        net.connect(c["from"], c["to"])
        net.connections[k].w = array(f"connection.{k}.weight").copy()
    for layer in range(1, len(about["units"])):
        net.theta[layer] = array(f"theta.{layer}").ravel().copy()
    return net


def first_images(count):
    """The first images of Fashion-MNIST's test set, and their labels."""
    files = [next(pathlib.Path("/usr/share").glob(f"**/t10k-{kind}.gz"))
             for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    images, labels = (gzip.decompress(f.read_bytes()) for f in files)
    return (np.frombuffer(images[16:], np.uint8).reshape(-1, 784)[:count],
            np.frombuffer(labels[8:], np.uint8)[:count])


def test_float_masters_answer_as_the_int16_image(folder, figures):
    train(folder, "f", *RECURRENT, "--epochs", 3)
    net = load_into_oracle(folder / "f/model.safetensors")
    x, y = first_images(2000)
    right = {}
    inp = oracle.Input(x[:, None, :], scale=1 / 255)
    runs = {
        "float": oracle.run_float(net, inp, 20, seed=1),
        "int16": oracle.run(oracle.Image(net), oracle.State(net, len(x)), inp,
                            20, seed=1),
    }
    for kind, (_, spikes) in runs.items():
        counts = spikes[-1]
        answers = [oracle.vote(c, 1, key)[0] for key, c in enumerate(counts)]
        right[kind] = np.array(answers) == y
    gap = right["float"].astype(float) - right["int16"]
    error = gap.std() / np.sqrt(len(gap))
    figures("float masters and int16, 2000 images",
            f"{right['float'].mean():.4f} and {right['int16'].mean():.4f}",
            "equal within noise")
    assert abs(gap.mean()) <= 3 * error + 1e-9
