"""Damage spreading of a random threshold network: limen against NumPy.

    LIMEN_LIBRARY=build/src/liblimen.so python3 bench/damage.py [UNITS]

Both run the same network from the same states with the same twins and input,
and must find the same distances.  NumPy is vectorised over units and twins, in
the fastest of the layouts tried: gathering whole rows of twins, and the product
with SciPy's sparse matrix.  All are timed on one thread, in seconds of the
processor, which other work on the machine disturbs least.
"""

import json
import pathlib
import sys
import time

import numpy as np
import scipy.sparse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

import damage_ctypes as d  # noqa: E402
import limen_ctypes as limen  # noqa: E402

SAMPLES, TWINS, WARM_UP, STEPS, DEGREE = 50, 10, 10, 40, 4


def states(n, seed):
    """Initial states as the library draws them."""
    return np.array([[limen.draw(seed, 13, key, 1, i) < 2 ** 31
                      for i in range(n)] for key in range(SAMPLES)])


def flips(n, seed):
    """The unit flipped in each twin, as the library draws them."""
    return np.array([[limen.draw((seed + 0x9E3779B97F4A7C15 * k) % 2 ** 64,
                                 14, b, WARM_UP, 0) * n >> 32
                      for k in range(1, TWINS + 1)] for b in range(SAMPLES)])


class Numpy:
    def __init__(self, net, layout):
        n = net.units[1]
        source = np.array(net.rows(1))
        w = net.weights(1).reshape(n, DEGREE) / 2
        self.step = net.weights(0)[:, None].copy()
        self.low = (w.sum(axis=1) - net.thresholds(1))[:, None]
        self.source, self.w = source, np.ascontiguousarray(w.T)[:, :, None]
        self.matrix = scipy.sparse.csr_matrix(
            (w.ravel(), source.ravel(), np.arange(0, n * DEGREE + 1, DEGREE)),
            shape=(n, n))
        self.layout = layout

    def hear(self, x, u):
        """One step of all columns of x, (n, columns) +-1 in float32."""
        field = self.low + self.step * u
        if self.layout == "sparse":
            field = field + self.matrix @ x
        else:
            for k in range(DEGREE):
                field = field + self.w[k] * x[self.source[:, k]]
        return np.where(field > 0, np.float32(1), np.float32(-1))

    def spread(self, start, flip, inputs):
        """Mean distance after 0 .. STEPS steps."""
        n = len(start[0])
        x = np.where(start.T, np.float32(1), np.float32(-1))
        for t in range(WARM_UP):
            x = self.hear(x, inputs[t])
        copies = np.repeat(x, TWINS, axis=1)
        copies[flip.ravel(), np.arange(SAMPLES * TWINS)] *= -1
        both = np.concatenate([x, copies], axis=1)
        distance = []
        for t in range(STEPS + 1):
            own = np.repeat(both[:, :SAMPLES], TWINS, axis=1)
            distance.append(np.mean(own != both[:, SAMPLES:]))
            if t < STEPS:
                u = inputs[WARM_UP + t]
                both = self.hear(both, np.concatenate([u, np.repeat(u,
                                                                    TWINS)]))
        assert n == len(both)
        return np.array(distance)


def fastest(function, times):
    """Processor seconds of the fastest of some calls, and the result."""
    best = np.inf
    for _ in range(times):
        begin = time.process_time()
        result = function()
        best = min(best, time.process_time() - begin)
    return best, result


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    spec = d.Spec(units=n, variance=2.0, in_degree=DEGREE, seed=1)
    net = d.random_network(spec)
    image = limen.Image(net)
    inp = d.common_input(spec, SAMPLES)
    inputs = np.array([[(limen.draw(5, 0, b, t, 0) & 0xffff) < 32768
                        for b in range(SAMPLES)]
                       for t in range(1, WARM_UP + STEPS + 1)], np.float32)
    start, flip = states(n, 5), flips(n, 5)
    result = {"units": n, "samples": SAMPLES, "twins": TWINS,
              "warm_up": WARM_UP, "steps": STEPS}
    result["limen"], ours = fastest(lambda: d.damage(
        image, inp, seed=5, threads=1, warm_up=WARM_UP, steps=STEPS, tail=10,
        twins=TWINS).series, 5)
    for layout in ("gather", "sparse"):
        model = Numpy(net, layout)
        seconds, theirs = fastest(
            lambda m=model: m.spread(start, flip, inputs), 2)
        assert np.abs(theirs - ours).max() < 1e-12, "not the same damage"
        result[f"numpy, {layout}"] = seconds
    numpy = min(result["numpy, gather"], result["numpy, sparse"])
    result["ratio"] = numpy / result["limen"]
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
