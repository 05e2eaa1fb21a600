"""How the vote of trained networks varies with the number of steps."""

import ctypes as c
import gzip
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))
sys.path.insert(0, str(ROOT / "tests/oracle"))

import limen_ctypes  # noqa: E402

pytestmark = pytest.mark.slow

LIVE = 0.02  # means of outputs that do vary, and how far from 0 and 1
IMAGES, KEYS, BURN_IN, STEPS = 3, 1500, 30, 320

limen_ctypes._lib.limen_autocorrelation_time.restype = c.c_double
limen_ctypes._lib.limen_autocorrelation_time.argtypes = [c.c_void_p,
                                                         c.c_size_t]


def limen(*words, cwd):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variance")
    for name, more in (("forward", []), ("self", ["--self"]),
                       ("both", ["--self", "--feedback"])):
        limen("train", "--hidden", 256, *more, "--epochs", 3, "--validation",
              0, "--quiet", "-o", name, cwd=folder)
    return folder


def images():
    path = next(pathlib.Path("/usr/share").glob("**/t10k-images-idx3-ubyte.gz"))
    raw = gzip.decompress(path.read_bytes())
    return np.frombuffer(raw[16:], np.uint8).reshape(-1, 784)


def outputs(folder, run, image, keys, steps):
    """(keys, steps, 10): the image shown with noise of its own each time."""
    np.save(folder / "x.npy", np.repeat(image[None], keys, axis=0))
    limen("predict", run, "x.npy", "--steps", steps, "--raster", "r.npy",
          "--layer", 2, "--json", cwd=folder)
    bits = np.unpackbits(np.load(folder / "r.npy"), axis=2,
                         bitorder="little")
    return bits[:, :, :10]


def test_without_recurrence_the_slope_is_minus_one(folder, figures):
    steps = np.array([5, 10, 20, 40, 80, 160, 320])
    variance = np.zeros(len(steps))
    for image in images()[:IMAGES]:
        spikes = outputs(folder, "forward", image, KEYS, STEPS)
        means = np.cumsum(spikes, axis=1)[:, steps - 1] / steps[:, None]
        variance += means.var(axis=0).sum(axis=1)
    slope = np.polyfit(np.log(steps), np.log(variance), 1)[0]
    figures("variance of the vote against T, feed-forward: log-log slope",
            f"{slope:.4f}", "-1 +- 0.03")
    assert abs(slope + 1) <= 0.03


@pytest.mark.parametrize("run", ["forward", "self", "both"])
def test_the_autocorrelation_time_explains_the_variance(folder, figures, run):
    measured = explained = independent = 0.0
    for image in images()[:IMAGES]:
        means = outputs(folder, run, image, KEYS,
                        BURN_IN + STEPS)[:, BURN_IN:].mean(axis=1)
        rates = means.mean(axis=0)
        series = outputs(folder, run, image, 1, 50_000)[0, BURN_IN:]
        for i in np.flatnonzero((rates > LIVE) & (rates < 1 - LIVE)):
            x = np.ascontiguousarray(series[:, i], float)
            time = limen_ctypes._lib.limen_autocorrelation_time(
                x.ctypes.data, len(x))
            alone = rates[i] * (1 - rates[i]) / STEPS
            measured += means[:, i].var()
            independent += alone
            explained += alone * time
    figures(f"variance at T={STEPS} over r(1-r)/T, {run}; autocorrelation time",
            f"{measured / independent:.3f}; {explained / independent:.3f}",
            "equal within 5 %")
    assert abs(measured / explained - 1) <= 0.05


def test_an_image_of_black_and_white_leaves_no_variance(folder, figures):
    image = np.where(images()[0] > 127, 255, 0).astype(np.uint8)
    np.save(folder / "bw.npy", np.repeat(image[None], 200, axis=0))
    most = 0.0
    for run in ("forward", "self", "both"):
        told = json.loads(limen("predict", run, "bw.npy", "--json",
                                cwd=folder))
        means = np.array([one["mean"] for one in told])
        most = max(most, np.ptp(means, axis=0).max())
    figures("spread of the vote for an image of 0 and 1", f"{most}", "0")
    assert most == 0
