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


class Pairwise(c.Structure):
    _fields_ = [("mean", D), ("sd", D), ("mean_magnitude", D), ("units", Z),
                ("pairs", Z)]


class Entropy(c.Structure):
    _fields_ = [("rate", D), ("plug_in", D), ("single", D), ("order", Z)]


class Range(c.Structure):
    _fields_ = [("decibel", D), ("low", D), ("high", D)]


SERIES = {"shuffle": 0, "poisson": 1, "ou": 2}
RASTER = {"shuffle": 0, "rate": 1, "shift": 2, "units": 3}

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
    "limen_fano": (I, [P, P, Z, Z, P]),
    "limen_susceptibility": (I, [P, P, P, Z, Z, P]),
    "limen_raster_correlation": (I, [P, P, Z, Z, P]),
    "limen_entropy_rate": (I, [P, P, Z, Z, Z, P]),
    "limen_raster_entropy": (I, [P, P, Z, Z, Z, P]),
    "limen_dynamic_range": (I, [P, P, P, Z, D, P]),
    "limen_log_slope": (D, [P, P, Z, D, D]),
    "limen_surrogate_series": (I, [P, P, Z, I, U64, P]),
    "limen_ornstein_uhlenbeck": (None, [P, Z, D, D, D, U64]),
    "limen_surrogate_raster": (I, [P, P, Z, Z, I, U64, P]),
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


def words_of(raster):
    """(steps, n) of 0 and 1 as (steps, words of n)."""
    steps, n = raster.shape
    padded = np.zeros((steps, -(-n // 64) * 64), np.uint8)
    padded[:, :n] = raster
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)


def bits_of(words, n):
    return np.unpackbits(words.view(np.uint8), axis=1,
                         bitorder="little")[:, :n].astype(int)


def fano(x, window=1):
    x, out = np.ascontiguousarray(x, float), D()
    limen._call("limen_fano", c.byref(out), x.ctypes.data, len(x), window)
    return out.value


def susceptibility(activity, n):
    x, chi, relative = np.ascontiguousarray(activity, float), D(), D()
    limen._call("limen_susceptibility", c.byref(chi), c.byref(relative),
                x.ctypes.data, len(x), n)
    return chi.value, relative.value


def raster_correlation(raster):
    words, out = words_of(raster), Pairwise()
    limen._call("limen_raster_correlation", c.byref(out), words.ctypes.data,
                *raster.shape)
    return out


def entropy_rate(symbols, alphabet, order=0):
    x, out = np.ascontiguousarray(symbols, np.uint8), Entropy()
    limen._call("limen_entropy_rate", c.byref(out), x.ctypes.data, len(x),
                alphabet, order)
    return out


def raster_entropy(raster, order=0):
    words, out = words_of(raster), Entropy()
    limen._call("limen_raster_entropy", c.byref(out), words.ctypes.data,
                *raster.shape, order)
    return out


def dynamic_range(inputs, response, rest=np.nan):
    x, y = (np.ascontiguousarray(v, float) for v in (inputs, response))
    out = Range()
    limen._call("limen_dynamic_range", c.byref(out), x.ctypes.data,
                y.ctypes.data, len(x), rest)
    return out


def log_slope(x, y, low=0.0, high=np.inf):
    x, y = (np.ascontiguousarray(v, float) for v in (x, y))
    return limen._lib.limen_log_slope(x.ctypes.data, y.ctypes.data, len(x),
                                      low, high)


def surrogate(x, kind, seed=0):
    x = np.ascontiguousarray(x, float)
    out = np.zeros_like(x)
    limen._call("limen_surrogate_series", out.ctypes.data, x.ctypes.data,
                len(x), SERIES[kind], seed)
    return out


def ornstein_uhlenbeck(steps, mean, sd, time, seed=0):
    out = np.zeros(steps)
    limen._lib.limen_ornstein_uhlenbeck(out.ctypes.data, steps, mean, sd, time,
                                        seed)
    return out


def surrogate_raster(raster, kind, seed=0):
    words = words_of(raster)
    out = np.zeros_like(words)
    limen._call("limen_surrogate_raster", out.ctypes.data, words.ctypes.data,
                *raster.shape, RASTER[kind], seed)
    # the bits past n are zero, as every raster's
    np.testing.assert_array_equal(words_of(bits_of(out, raster.shape[1])), out)
    return bits_of(out, raster.shape[1])
