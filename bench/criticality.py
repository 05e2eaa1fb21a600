#!/usr/bin/python3
"""criticality.py -- the estimators of criticality and their peers on the same
data, in turn, in one process.

    build/oracles/bin/python bench/criticality.py [--json]

tools/setup oracle makes that Python.  Each time is the least of five; a row has
the times of Limen and of the peer in seconds, and what they differ by.
"""

import json
import logging
import pathlib
import sys
import time
import warnings

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/oracle"))

REPEATS = 5
COLUMNS = ["what", "limen", "peer", "ratio", "difference"]


def row(what, ours, theirs, difference):
    """Both are called with nothing, in turn; difference(mine, other)."""
    least = [np.inf, np.inf]
    for _ in range(REPEATS):
        results = []
        for k, call in enumerate((ours, theirs)):
            begin = time.perf_counter()
            results.append(call())
            least[k] = min(least[k], time.perf_counter() - begin)
    return dict(zip(COLUMNS, [what, *least, least[1] / least[0],
                              float(difference(*results))]))


def multistep_regression(means, trials, steps, lags):
    """r_k and the fit of an exponential to them, against mrestimator."""
    import branching_ctypes as lib
    import mrestimator

    logging.getLogger("mrestimator").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    activity = lib.simulate(0.98, 2.0, steps, trials, sampled=0.1, seed=1,
                            burn_in=1000, start=100)

    def ours():
        r = lib.coefficients(activity, lags, means)
        return r, lib.fit(r).m

    def theirs():
        rk = mrestimator.coefficients(
            activity, steps=(1, lags), method={"separated": "ts",
                                               "stationary": "sm"}[means])
        fit = mrestimator.fit(rk, fitfunc=mrestimator.f_exponential)
        return rk.coefficients, fit.mre

    return row(f"multistep regression, {trials} x {steps} steps, {lags} lags, "
               f"{means} means", ours, theirs,
               lambda mine, other: max(np.abs(mine[0] - other[0]).max(),
                                       abs(mine[1] - other[1])))


def rows():
    yield multistep_regression("stationary", 1, 20_000, 2000)
    yield multistep_regression("separated", 10, 10_000, 1000)


def main():
    if "--json" in sys.argv:
        print(json.dumps(list(rows())))
        return
    print("| what | limen s | peer s | times faster | difference |")
    print("|---|---|---|---|---|")
    for one in rows():
        print("| {what} | {limen:.5f} | {peer:.4f} | {ratio:.0f} | "
              "{difference:.1e} |".format(**one))


if __name__ == "__main__":
    main()
