"""Branching ratios and processes, correlations and surrogates by ctypes."""

import ctypes as c

import numpy as np

import limen_ctypes as limen

P, Z, I, B, D = c.c_void_p, c.c_size_t, c.c_int, c.c_bool, c.c_double
U64, U32 = c.c_uint64, c.c_uint32
MEANS = {"separated": 0, "stationary": 1}
SHORT, OFFSET, POOR, WIDE = 1, 2, 4, 8


class Interval(c.Structure):
    _fields_ = [("mean", D), ("low", D), ("high", D)]


class Naive(c.Structure):
    _fields_ = [(name, D) for name in ("slope", "drive", "descendants", "mean",
                                       "fano", "attenuation", "corrected")]


class Fit(c.Structure):
    _fields_ = [(name, D) for name in ("m", "tau", "amplitude", "offset",
                                       "residual", "r_squared")]


class Options(c.Structure):
    _fields_ = [("means", I), ("offset", B), ("lags", Z), ("resamples", Z),
                ("level", D), ("seed", U64)]


class Ratio(c.Structure):
    _fields_ = [("fit", Fit), ("lags", Z), ("interval", Interval),
                ("tau", Interval), ("other_m", D), ("flags", c.c_uint),
                ("_text", c.c_char * 480)]

    @property
    def diagnosis(self):
        return self._text.decode()


class Process(c.Structure):
    _fields_ = [("m", D), ("offspring_max", U32), ("drive", D),
                ("sampled", D), ("seed", U64)]


SIGNATURES = {
    "limen_branching_naive": (I, [P, P, Z, Z, D, P]),
    "limen_branching_naive_theory": (D, [D, D, D]),
    "limen_branching_coefficients": (I, [P, Z, P, Z, Z, I, P]),
    "limen_branching_fit": (I, [P, P, Z, B, P]),
    "limen_branching_defaults": (Options, []),
    "limen_branching_ratio": (I, [P, P, Z, P, Z, Z, P, P]),
    "limen_branching_simulate": (I, [P, P, Z, Z, Z, U64, I, P]),
    "limen_branching_avalanches": (I, [P, P, Z, P, U64, U32, I, P]),
    "limen_branching_size_law": (D, [Z, D, U32]),
    "limen_branching_duration_law": (None, [P, Z, D, U32]),
    "limen_branching_response": (I, [P, P, Z, D, Z, Z, Z, U64, I, P]),
    "limen_branching_response_theory": (D, [D, D]),
}
for _name, (_result, _arguments) in SIGNATURES.items():
    _function = getattr(limen._lib, _name)
    _function.restype, _function.argtypes = _result, _arguments

naive_theory = limen._lib.limen_branching_naive_theory
size_law = limen._lib.limen_branching_size_law
response_theory = limen._lib.limen_branching_response_theory
LimenError = limen.LimenError


def trials_of(activity):
    return np.ascontiguousarray(np.atleast_2d(activity), float)


def naive(activity, sampled=1.0):
    a, out = trials_of(activity), Naive()
    limen._call("limen_branching_naive", c.byref(out), a.ctypes.data, *a.shape,
                sampled)
    return out


def coefficients(activity, lags, means="stationary"):
    a, r = trials_of(activity), np.zeros(lags)
    limen._call("limen_branching_coefficients", r.ctypes.data, lags,
                a.ctypes.data, *a.shape, MEANS[means])
    return r


def fit(r, offset=False):
    r, out = np.ascontiguousarray(r, float), Fit()
    limen._call("limen_branching_fit", c.byref(out), r.ctypes.data, len(r),
                offset)
    return out


def ratio(activity, means="stationary", **options):
    """(result, coefficients)"""
    a, out = trials_of(activity), Ratio()
    asked = limen._lib.limen_branching_defaults()
    asked.means = MEANS[means]
    for name, value in options.items():
        assert hasattr(asked, name)
        setattr(asked, name, value)
    r = np.full(a.shape[1], np.nan)
    limen._call("limen_branching_ratio", c.byref(out), r.ctypes.data, len(r),
                a.ctypes.data, *a.shape, c.byref(asked))
    return out, r[:out.lags]


def simulate(m, drive, steps, trials=1, offspring_max=0, sampled=1.0, seed=0,
             burn_in=0, start=0, threads=1):
    process = Process(m, offspring_max, drive, sampled, seed)
    out = np.zeros((trials, steps))
    limen._call("limen_branching_simulate", out.ctypes.data, c.byref(process),
                trials, steps, burn_in, start, threads)
    return out


def avalanches(m, count, offspring_max=0, sampled=1.0, seed=0,
               size_max=1 << 20, duration_max=1 << 30, threads=1):
    process = Process(m, offspring_max, 0, sampled, seed)
    size, duration = np.zeros(count, np.uint64), np.zeros(count, np.uint32)
    limen._call("limen_branching_avalanches", size.ctypes.data,
                duration.ctypes.data, count, c.byref(process), size_max,
                duration_max, threads)
    return size.astype(np.int64), duration.astype(np.int64)


def duration_law(steps, m, offspring_max=0):
    cdf = np.zeros(steps)
    limen._lib.limen_branching_duration_law(cdf.ctypes.data, steps, m,
                                            offspring_max)
    return cdf


def response(drive, m, n, steps, burn_in=0, seed=0, threads=1):
    drive = np.ascontiguousarray(drive, float)
    out = np.zeros(len(drive))
    limen._call("limen_branching_response", out.ctypes.data, drive.ctypes.data,
                len(drive), m, n, steps, burn_in, seed, threads)
    return out
