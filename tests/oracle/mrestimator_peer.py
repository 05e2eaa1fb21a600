"""Coefficients and fits of mrestimator: reads an NPZ of series, writes one.

Run by the Python of BUILD/oracles: mrestimator_peer.py IN OUT LAGS
"""

import logging
import sys
import warnings

import mrestimator
import numpy as np

logging.getLogger("mrestimator").setLevel(logging.ERROR)
warnings.simplefilter("ignore")

source, target, lags = sys.argv[1], sys.argv[2], int(sys.argv[3])
out = {}
for name, activity in np.load(source).items():
    for means, method in (("separated", "ts"), ("stationary", "sm")):
        rk = mrestimator.coefficients(activity, steps=(1, lags), method=method)
        out[f"{name}-{means}"] = rk.coefficients
        for offset, curve in ((0, mrestimator.f_exponential),
                              (1, mrestimator.f_exponential_offset)):
            out[f"{name}-{means}-{offset}"] = mrestimator.fit(
                rk, fitfunc=curve).mre
np.savez(target, **out)
