"""What balanced input weights do to networks trained on 10 000 images of
Fashion-MNIST, with the program."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))

pytestmark = pytest.mark.slow


def limen(*words, cwd):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def conditions(cwd, name, seed, balance):
    """Accuracy, clean and under each corruption, of one seed's network."""
    limen("train", "--hidden", 256, "--self", "--feedback", "--epochs", 10,
          "--train-samples", 10000, "--validation", 0, "--balance", balance,
          "--seed", seed, "--quiet", "-o", name, cwd=cwd)
    rows = json.loads(limen(
        "eval", name, "--seeds", 1, "--corrupt", "gaussian:0.3,background:0.2",
        "--json", cwd=cwd))["conditions"]
    return [row["accuracy"] for row in rows]


def test_balanced_input_weights_bear_noise(tmp_path):
    """Five seeds, each its own 10 000 training samples, paired."""
    gains = np.array([
        np.subtract(conditions(tmp_path, f"b{seed}", seed, "input"),
                    conditions(tmp_path, f"n{seed}", seed, "none"))
        for seed in range(1, 6)])
    mean = 100 * gains.mean(axis=0)
    error = 100 * gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
    for what, m, e in zip(("clean", "gaussian 0.3", "background 0.2"), mean,
                          error):
        print(f"balanced - not, {what}: {m:+.1f} +- {e:.1f} points")
    clean, noise, background = mean
    assert abs(clean) <= 1
    assert noise >= 20
    assert background >= 20
