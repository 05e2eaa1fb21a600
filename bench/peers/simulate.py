"""One layer of threshold units that hears itself, 10 000 steps, batch 1.

    python simulate.py NAME --units N --in-degree K     (K = 0: dense)
    NAME: scipy, numpy, reservoirpy, brian2
"""

import argparse
import tempfile
import time

import numpy as np
import peer

STEPS = 10_000


def network(n, degree, rng):
    """Weights (dense or CSR), thresholds for an activity of about 0.27."""
    import scipy.sparse
    if degree == 0:
        w = rng.standard_normal((n, n)).astype(np.float32) / np.sqrt(n)
        w /= np.sqrt(0.27 * 0.73)
        rows = w
        mu, sd = w.sum(1) * 0.27, np.sqrt((w**2).sum(1) * 0.27 * 0.73)
    else:
        source = np.array([rng.choice(n - 1, degree, replace=False)
                           for _ in range(n)])
        source += source >= np.arange(n)[:, None]
        values = rng.standard_normal(n * degree).astype(np.float32)
        values /= np.sqrt(degree * 0.27 * 0.73)
        rows = scipy.sparse.csr_matrix(
            (values, source.ravel(), np.arange(n + 1) * degree), shape=(n, n))
        mu = np.asarray(rows.sum(1)).ravel() * 0.27
        square = np.asarray(rows.multiply(rows).sum(1)).ravel()
        sd = np.sqrt(square * 0.27 * 0.73)
    return rows, (mu + 0.613 * sd).astype(np.float32)


def timed(steps, step, state):
    begin = time.perf_counter()
    for _ in range(steps):
        state = step(state)
    return (time.perf_counter() - begin) * STEPS / steps


def matrix(w, theta, state, steps):
    return timed(steps, lambda s: (w @ s > theta).astype(np.float32), state)


def rows_of_active(w, theta, state, steps):
    columns = np.ascontiguousarray(w.T)
    return timed(steps, lambda s: columns[s].sum(0) > theta,
                 state.astype(bool))


def reservoirpy_run(w, theta, state, steps):
    from reservoirpy.nodes import Reservoir
    node = Reservoir(units=len(theta), W=w.astype(np.float64), lr=1.0,
                     Win=np.zeros((len(theta), 1)),
                     bias=-theta.astype(np.float64),
                     activation=lambda x: (x > 0).astype(np.float64))
    drive = np.zeros((steps, 1))
    begin = time.perf_counter()
    node.run(drive)
    return (time.perf_counter() - begin) * STEPS / steps


def brian2_run(w, theta, state, steps):
    import brian2 as b2
    import scipy.sparse
    folder = tempfile.mkdtemp()
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    b2.defaultclock.dt = 1 * b2.ms
    layer = b2.NeuronGroup(len(theta), "a : 1\ntheta : 1",
                           threshold="a > theta", reset="a = 0",
                           method="exact")
    layer.theta = theta
    layer.a = np.where(state > 0, theta + 1, 0)
    layer.run_regularly("a = 0", when="after_thresholds")
    synapses = b2.Synapses(layer, layer, "w : 1", on_pre="a_post += w")
    coo = scipy.sparse.coo_matrix(w)
    synapses.connect(i=coo.col, j=coo.row)
    synapses.w = coo.data
    b2.run(steps * b2.ms)
    b2.device.build(directory=folder, compile=True, run=True, debug=False)
    return b2.device._last_run_time * STEPS / steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--in-degree", type=int, default=10)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    w, theta = network(args.units, args.in_degree, rng)
    state = (rng.random(args.units) < 0.27).astype(np.float32)
    # dense 10 000 x 10 000 is slow: fewer steps, scaled up
    steps = STEPS if args.in_degree else 200 if args.units > 5000 else 2000
    run = {"scipy": matrix, "numpy": matrix, "numpy-rows": rows_of_active,
           "reservoirpy": reservoirpy_run, "brian2": brian2_run}[args.name]
    peer.tell([run(w, theta, state, steps) for _ in range(3)]
              if args.name != "brian2" else [run(w, theta, state, steps)])


main()
