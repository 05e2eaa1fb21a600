"""A self-organising network of 200 + 40 units: limen against NumPy and `sorn`.

    LIMEN_LIBRARY=build/src/liblimen.so python3 bench/plastic.py [PYTHON]

Each row is timed A B A B in the same run, on one thread; its figure is the
least of three.  NumPy runs the published equations (Zheng et al. 2013) on whole
matrices, and must keep the same mean rate.  PYTHON: an interpreter that has the
package `sorn`.
"""

import os

for _name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"

import json
import pathlib
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

import limen_ctypes as limen  # noqa: E402
import plastic_ctypes as plastic  # noqa: E402

N, M, STEPS = 200, 40, 2000


def rows(w):
    total = w.sum(axis=1, keepdims=True)
    return np.divide(w, total, out=np.zeros_like(w), where=total > 0)


class Published:
    """The equations, vectorised over units and links."""

    def __init__(self, seed):
        r = self.r = np.random.default_rng(seed)
        ee = r.random((N, N)) * (r.random((N, N)) < 0.1)
        np.fill_diagonal(ee, 0)
        self.ee, self.ie = rows(ee), rows(r.random((M, N)))
        self.ei = rows(r.random((N, M)) * (r.random((N, M)) < 0.2))
        self.te, self.ti = r.random(N), 0.5 * r.random(M)
        self.x, self.y = np.zeros(N), np.zeros(M)

    def step(self):
        r, sd = self.r, np.sqrt(0.05)
        x = (self.ee @ self.x - self.ei @ self.y - self.te +
             sd * r.normal(size=N) > 0).astype(float)
        y = (self.ie @ x - self.ti + sd * r.normal(size=M) > 0).astype(float)
        self.te += 0.01 * (x - 0.1)
        both = np.outer(x, self.x)
        w = np.clip(self.ee + 0.004 * (both - np.outer(self.x, x)), 0, 1)
        w[w < 1e-10] = 0
        self.ee = np.where(self.ee > 0, w, 0)
        if r.random() < 0.1:
            i, j = r.integers(N, size=2)
            while i == j or self.ee[i, j] != 0:
                i, j = r.integers(N, size=2)
            self.ee[i, j] = 0.001
        v = self.ei - 0.001 * self.y * (1 - 11 * x[:, None])
        self.ei = np.where(self.ei > 0, np.where(v <= 0, 0.001, v), 0)
        self.ee, self.ei = rows(self.ee), rows(self.ei)
        self.x, self.y = x, y
        return x.sum()


def numpy_run(net):
    began = time.perf_counter()
    rate = sum(net.step() for _ in range(STEPS)) / (STEPS * N)
    return (time.perf_counter() - began) / STEPS, rate


def limen_run(net):
    silent = limen.Input(np.zeros((1, 1, 1), dtype=np.float32))
    began = time.perf_counter()
    raster = net.run(silent, STEPS)[1][0]
    return (time.perf_counter() - began) / STEPS, raster.mean()


def main():
    ours = plastic.Plastic(sorn=plastic.sorn_spec("avalanche", seed=1))
    theirs = Published(1)
    limen_run(ours), numpy_run(theirs)  # the transient of the thresholds
    times = {"limen": [], "numpy": [], "sorn": []}
    for _ in range(3):
        for name, run, net in (("limen", limen_run, ours),
                               ("numpy", numpy_run, theirs)):
            seconds, rate = run(net)
            times[name].append(seconds)
            assert abs(rate - 0.1) < 0.01, (name, rate)
        if len(sys.argv) > 1:
            done = subprocess.run(
                [sys.argv[1], ROOT / "bench/peers/sorn_package.py", "300"],
                capture_output=True, text=True, check=True, cwd="/tmp")
            times["sorn"].append(
                json.loads(done.stdout.splitlines()[-1])["seconds"])
    best = {name: min(t) for name, t in times.items() if t}
    print(json.dumps({
        "backend": limen.backend(), "seconds_a_step": best,
        "times_faster": {name: t / best["limen"] for name, t in best.items()}}))


if __name__ == "__main__":
    main()
