"""Published networks that regulate themselves, run again for long.

`make test-slow` prints the table.  Targets are those of the literature as
checked by independent replications; what is not robust (tau and alpha of
avalanches) is printed and never asserted.
"""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

import damage_ctypes as damage
import limen_ctypes as lib
import plastic_ctypes as plastic

pytestmark = pytest.mark.slow
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))


def simulate(out, *words):
    done = subprocess.run([PROGRAM, "simulate", *map(str, words), "-o", out,
                           "--json", "--quiet"], capture_output=True,
                          text=True, check=True)
    with np.load(out / "simulation.npz") as record:
        return json.loads(done.stdout), dict(record)


# ---- The counting task


def readout(record, n, first):
    """Accuracy of predicting the next letter by least squares: overall, of
    letters that can be predicted, of the last letter of a word."""
    x, letters = record["raster"].astype(float), record["letters"]
    x = np.c_[x[:-1], np.ones(len(x) - 1)]
    target, place = letters[1:], ((first + np.arange(len(letters))) %
                                  (n + 2))[1:]
    half = len(x) // 2
    w = np.linalg.lstsq(x[:half], np.eye(6)[target[:half]], rcond=None)[0]
    right = (x[half:] @ w).argmax(axis=1) == target[half:]
    place = place[half:]
    return right.mean(), right[place > 0].mean(), right[place == n + 1].mean()


@pytest.mark.parametrize("n", [4, 8, 16, 20])
def test_the_counting_task(n, tmp_path, figures):
    got = {}
    for kind in ("all", "none", "thresholds"):
        rows = []
        for seed in (1, 2):
            result, record = simulate(
                tmp_path / f"{kind}{seed}", "--preset", "sorn-counting",
                "--word", n, "--steps", 30000, "--frozen", 10000,
                "--plasticity", kind, "--seed", seed)
            rows.append((*readout(record, n, 30000), result["rate"]))
        got[kind] = np.mean(rows, axis=0)
    for kind, name in (("all", "SORN"), ("none", "static"),
                       ("thresholds", "static, thresholds tuned")):
        overall, known, last, rate = got[kind]
        figures(f"counting, n = {n}, {name}: overall, predictable, last letter",
                f"{overall:.3f}, {known:.3f}, {last:.3f}; rate {rate:.3f}",
                {"all": {4: ".918, 1.000, 1.000", 8: ".950, 1.000, 1.000",
                         16: ".935, .960, .444", 20: ".935, .956, .127"},
                 "none": {4: "last .968", 8: "last .257", 16: "last .000",
                          20: "last .000"}}.get(kind, {}).get(n, "none"))
    if n <= 8:
        assert got["all"][2] > 0.95
    if n >= 8:
        assert got["all"][2] > got["none"][2] and \
            got["all"][2] > got["thresholds"][2]
    assert abs(got["all"][3] - 0.1) < 0.015


# ---- Avalanches


def avalanches(activity, theta):
    """Durations of activity above theta, and the sums of what is above."""
    above = activity > theta
    edges = np.flatnonzero(np.diff(np.r_[0, above.astype(int), 0]))
    first, last = edges[::2], edges[1::2]
    total = np.r_[0, np.cumsum(np.where(above, activity - theta, 0))]
    keep = (first > 0) & (last < len(activity))
    return (last - first)[keep], (total[last] - total[first])[keep]


def exponent(x, low, high):
    """Discrete maximum likelihood of a power law on [low, high]."""
    x = x[(x >= low) & (x <= high)]
    k = np.log(np.arange(low, high + 1))
    grid = np.arange(0.5, 4, 0.005)
    norm = np.log(np.exp(-np.outer(grid, k)).sum(axis=1))
    return grid[np.argmax(-grid * np.log(x).mean() - norm)]


def growth(duration, size):
    t = np.array([t for t in range(6, 61) if (duration == t).sum() >= 10])
    mean = [size[duration == k].mean() for k in t]
    weight = np.sqrt([(duration == k).sum() for k in t])
    return np.polyfit(np.log(t), np.log(mean), 1, w=weight)[0]


@pytest.mark.parametrize("delayed", [False, True])
def test_avalanches(delayed, tmp_path, figures):
    steps = 3000000
    result, record = simulate(tmp_path / "run", "--preset", "sorn-avalanche",
                              "--steps", steps, *["--delayed"] * delayed)
    name = "delayed inhibition" if delayed else "inhibition at once"
    activity = record["activity"][steps * 2 // 3:].astype(int)
    links = record["trend"][:, 2]
    last = links[len(links) * 2 // 3:]
    figures(f"avalanches, {name}: links least, last; mean activity",
            f"{links.min():.4f}, {links[-1]:.4f}; {activity.mean():.2f}",
            ".09 to .14 (stable); 20.0 +- .1")
    # a slow gaussian process with the same mean, spread and memory
    rng = np.random.default_rng(1)
    r = np.corrcoef(activity[:-1], activity[1:])[0, 1]
    noise = rng.normal(size=len(activity)) * activity.std() * np.sqrt(1 - r * r)
    slow = np.empty(len(activity))
    value = 0.0
    for t, z in enumerate(noise):
        value = r * value + z
        slow[t] = value
    slow = np.rint(slow + activity.mean()).astype(int)
    for theta in (8, 9, 10, 11):
        row = []
        for series in (activity, slow):
            d, s = avalanches(series, theta)
            row.append((exponent(s, 10, 1500), exponent(d, 6, 60),
                        growth(d, s)))
        figures(f"avalanches, {name}, theta {theta}: tau, alpha, gamma",
                ", ".join(f"{x:.2f}" for x in row[0]) + "; gaussian " +
                ", ".join(f"{x:.2f}" for x in row[1]),
                "gamma 1.25 to 1.45; the others are not robust")
        if theta == 9:
            assert 1.25 < row[0][2] < 1.45
    assert abs(activity.mean() - 20) < 0.1
    figures(f"avalanches, {name}: change of links over the last third",
            f"{np.ptp(last) / last.mean():.3f}", "4 % over 1e6 steps")


# ---- Homeostatic coupling


@pytest.mark.parametrize("drive, coupling", [(0.005, 0.5), (0.001, 0.8),
                                             (0.0001, 0.9)])
def test_homeostatic_coupling(drive, coupling, tmp_path, figures):
    result, record = simulate(
        tmp_path / "run", "--preset", "homeostatic-branching", "--drive",
        drive, "--coupling", coupling, "--memory", 300, "--steps", 150000)
    expected = 1 - drive / 0.01
    mean = record["trend"][-50:, 2].mean()
    np.save(tmp_path / "late.npy", record["activity"][-100000:].astype(float))
    done = subprocess.run([PROGRAM, "criticality", tmp_path / "late.npy",
                           "--measure", "branching", "--json"],
                          capture_output=True, text=True, check=True)
    m = json.loads(done.stdout)["series"][0]["measures"]["m"]["estimate"]
    figures(f"homeostatic coupling, h = {drive}: mean, MR estimate",
            f"{mean:.4f}, {m:.4f}", f"{expected} +- .01")
    assert abs(mean - expected) < 0.01


# ---- Rates, sums and the edge of chaos


def test_intrinsic_plasticity_and_scaling(figures):
    p = plastic.Plastic(sorn=plastic.sorn_spec("avalanche", seed=1))
    silent = lib.Input(np.zeros((1, 1, 1), dtype=np.float32))
    p.run(silent, 5000, raster=False)
    rate = p.run(silent, 50000)[1][0].mean(axis=0)
    sums = p.net.weights(1).reshape(200, 200).astype(float).sum(axis=1)
    figures("rate of every unit: least, most; error of row sums",
            f"{rate.min():.4f}, {rate.max():.4f}; {abs(sums - 1).max():.1e}",
            ".100 +- .002; 1e-6")
    assert abs(rate - 0.1).max() < 0.002 and abs(sums - 1).max() < 1e-6


@pytest.mark.parametrize("variance", [0.1, 1.0, 10.0])
def test_self_organised_criticality(variance, figures):
    spec = damage.Spec(variance=variance, seed=1)
    p = plastic.Plastic(damage.random_network(spec), [
        plastic.rule("self_critical", 1, plus_minus=True)], seed=1)
    before = damage.lyapunov(p.image, damage.common_input(spec, 20), seed=3,
                             warm_up=100, steps=500, twins=0)
    p.run(damage.common_input(spec, 1), 20000, raster=False)
    after = damage.lyapunov(lib.Image(p.net), damage.common_input(spec, 20),
                            seed=3, warm_up=100, steps=500, twins=0)
    figures(f"self-organised criticality from variance {variance}: growth "
            "before, after", f"{before.growth:.3f}, {after.growth:.3f}",
            "1 +- .05")
    assert abs(after.growth - 1) < 0.05
