"""The original program's network in NumPy, as shared/DESIGN.md describes it:
784-10-10, threshold 0.7, weights and biases U(-1, 1), pixels over 1.2 x 255.

    python original_numpy.py infer [--batch N] [--steps N]
"""

import numpy as np
import peer


def main():
    args = peer.arguments()
    units = [784, 10, 10]
    rng = np.random.default_rng(1)

    def draw(*shape):
        return rng.uniform(-1, 1, shape)

    w = [draw(units[k], units[k + 1]) for k in (0, 1)]
    u = [draw(units[k], units[k]) for k in (1, 2)]
    v = draw(10, 10)
    bias = [draw(10), draw(10)]
    p = peer.images(args.batch).astype(np.float64) / 1.2

    def run():
        hidden, out = np.zeros((len(p), 10)), np.zeros((len(p), 10))
        mean = np.zeros((len(p), 10))
        for _ in range(args.steps):
            s = (rng.random(p.shape) < p).astype(np.float64)
            hidden = (s @ w[0] + hidden @ u[0] + out @ v + bias[0]
                      > 0.7).astype(np.float64)
            out = (hidden @ w[1] + out @ u[1] + bias[1] > 0.7).astype(
                np.float64)
            mean += out
        return mean / args.steps

    peer.report(run, args)


main()
