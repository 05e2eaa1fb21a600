"""Rasters and series by their definitions, in loops: the tests' oracle.

A raster is (steps, n) of 0 and 1.
"""

import math

import numpy as np


def activity(raster):
    return [sum(row) / len(row) for row in raster]


def flips(raster):
    before = [0] * len(raster[0])
    shares = []
    for row in raster:
        shares.append(sum(a != b for a, b in zip(row, before)) / len(row))
        before = row
    return shares


def distance(raster):
    before = [0] * len(raster[0])
    out = []
    for row in raster:
        either = sum(bool(a or b) for a, b in zip(row, before))
        both = sum(bool(a and b) for a, b in zip(row, before))
        out.append(0.0 if either == 0 else 1.0 - both / either)
        before = row
    return out


def cycle(layers):
    """(length, transient) or (0, None): tries every length and begin."""
    states = [tuple(map(tuple, step)) for step in zip(*layers)]
    steps = len(states)
    for p in range(1, steps // 2 + 1):
        periodic = [all(states[t] == states[t + p]
                        for t in range(first, steps - p))
                    for first in range(steps - 2 * p + 1)]
        if periodic[-1]:
            return p, periodic.index(True)
    return 0, None


def agreement(a, b):
    same = expected = 0.0
    steps, n = np.shape(a)
    for i in range(n):
        x, y = np.mean(a[:, i]), np.mean(b[:, i])
        expected += x * y + (1 - x) * (1 - y)
        same += sum(a[t, i] == b[t, i] for t in range(steps))
    return same / (steps * n), expected / n


def autocorrelation_time(x):
    x = np.asarray(x, float) - np.mean(x)
    if len(x) < 2 or np.allclose(x, 0, atol=1e-15):
        return math.nan
    c = np.correlate(x, x, "full")[len(x) - 1:]
    pairs = [(c[k] + c[k + 1]) / c[0] for k in range(0, len(x) - 1, 2)]
    positive = next((m for m, pair in enumerate(pairs) if pair <= 0),
                    len(pairs))
    geyer = -1 + 2 * sum(min(pairs[:m + 1]) for m in range(positive))
    count = sum(1 for m in range(len(pairs))
                if m < positive or 2 * m < 5 * geyer)
    time = -1 + 2 * sum(pairs[:count])
    return time * (1 + (2 * (2 * count - 1) + 1) / len(x))


def settling_step(x):
    steps = len(x)
    late = np.array(x[steps // 2:])
    z = math.sqrt(2 * math.log(100 * steps))
    band = z * np.std(late) + 1e-12 * abs(np.mean(late))
    inside = [abs(v - np.mean(late)) <= band for v in x]
    for first in range(steps // 2 + 1):
        if all(inside[first:steps // 2]):
            return first + 1


def entropy(counts):
    n = len(counts)
    total = sum(map(int, counts))
    shares = [c / total for c in counts] if total else [1 / n] * n
    return -sum(p * math.log2(p) for p in shares if p > 0)
