"""The program under test, and a small data set that it learns."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))


def run(*words, cwd, code=0, **kwargs):
    """Runs the program; its exit code must be `code`."""
    done = subprocess.run(
        [PROGRAM, *map(str, words)], cwd=cwd, capture_output=True, text=True,
        timeout=120, **kwargs)
    assert done.returncode == code, (words, done.returncode, done.stderr)
    return done


def fails(*words, cwd, code, **kwargs):
    """The sentence of a call that must fail: exactly one line on stderr."""
    done = run(*words, cwd=cwd, code=code, **kwargs)
    # a sanitiser talks too where an allocation fails
    lines = [line for line in done.stderr.strip().split("\n")
             if "WARNING: AddressSanitizer" not in line]
    assert len(lines) == 1 and lines[0].startswith("limen: "), done.stderr
    assert not done.stdout
    return lines[0]


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """600 + 200 images of 8 x 8: four bright quarters with noise."""
    rng = np.random.default_rng(1)

    def draw(count):
        labels = rng.integers(0, 4, count)
        images = rng.integers(0, 60, (count, 8, 8))
        for image, label in zip(images, labels):
            row, column = 4 * (label // 2), 4 * (label % 2)
            image[row:row + 4, column:column + 4] += 150
        return images.astype(np.uint8), labels.astype(np.uint8)

    x, y = draw(600)
    xt, yt = draw(200)
    path = tmp_path_factory.mktemp("data") / "toy.npz"
    np.savez(path, x_train=x, y_train=y, x_test=xt, y_test=yt)
    return path


SMALL = ["--hidden", "16", "--self", "--feedback", "--batch", "50",
         "--epochs", "3", "--quiet"]


def train(toy, out, *more, code=0, cwd):
    return run("train", "--data", toy, *SMALL, "-o", out, *more, cwd=cwd,
               code=code)
