"""The PyPI package `sorn` (0.7.4; with matplotlib below 3.9): seconds a step.

    python sorn_package.py STEPS

200 + 40 units with all its plasticity, noise on, no callbacks.
"""

import json
import logging
import sys
import time

import numpy as np

import sorn
from sorn import Simulator

logging.disable(logging.CRITICAL)
steps = int(sys.argv[1])
began = time.perf_counter()
Simulator.run(inputs=np.zeros((10, steps)), phase="plasticity",
              timesteps=steps, noise=True, ne=200, nu=10)
print(json.dumps({"seconds": (time.perf_counter() - began) / steps}))
