"""limen_stability through ctypes."""

import ctypes as c

import numpy as np

import limen_ctypes as limen

NAMES = ["settle", "flips", "distance", "autocorrelation", "agreement",
         "agreement_chance", "cycle", "transient"]
LONG_STEPS = 200


class Result(c.Structure):
    _fields_ = [(name, c.c_void_p) for name in
                ("layer", "each", "answers", "stands", "entropy")]
    _fields_ += [(name, c.c_double) for name in
                 ("last_entropy", "mean_stands", "same_answer", "closed")]


limen._lib.limen_stability.restype = c.c_int
limen._lib.limen_stability.argtypes = [
    c.c_void_p, c.c_void_p, c.c_void_p, c.c_size_t, c.c_size_t, c.c_uint64,
    c.c_int, c.c_void_p]


def stability(image, inp, steps, burn_in=0, seed=0, threads=1):
    """The result's numbers and arrays by name."""
    layers = len(image.net.units)
    measures = np.dtype([(name, "f8") for name in NAMES])
    arrays = {"layer": np.zeros(layers, measures),
              "each": np.zeros((inp.samples, layers), measures),
              "answers": np.zeros(inp.samples, np.uint32),
              "stands": np.zeros(inp.samples, np.uint32),
              "entropy": np.zeros(steps)}
    result = Result(**{k: x.ctypes.data for k, x in arrays.items()})
    limen._call("limen_stability", c.byref(result), image._handle,
                c.byref(inp.struct), steps, burn_in, seed, threads)
    numbers = {name: getattr(result, name) for name in
               ("last_entropy", "mean_stands", "same_answer", "closed")}
    return arrays | numbers
