"""Heavy tails and avalanches of liblimen through ctypes."""

import ctypes as c
import math

import numpy as np

import limen_ctypes as limen

_P, _Z, _I, _B, _D = c.c_void_p, c.c_size_t, c.c_int, c.c_bool, c.c_double
LAWS = ["power", "exponential", "lognormal", "stretched", "truncated"]
TOTAL, ABOVE = 0, 1


class Options(c.Structure):
    _fields_ = [("xmin", _D), ("xmax", _D), ("search_above", _D),
                ("search_below", _D), ("events", _Z)]


class Power(c.Structure):
    _fields_ = [(name, _D) for name in
                ("alpha", "error", "xmin", "xmax", "distance",
                 "log_likelihood", "events")]


class Fitted(c.Structure):
    _fields_ = [("law", _I), ("parameter", _D * 2), ("log_likelihood", _D)]


class Ratio(c.Structure):
    _fields_ = [("first", Fitted), ("second", Fitted), ("ratio", _D),
                ("normalised", _D), ("p", _D), ("nested", _B)]


class Interval(c.Structure):
    _fields_ = [("mean", _D), ("low", _D), ("high", _D)]


class AvalancheOptions(c.Structure):
    _fields_ = [("bin", _Z), ("theta", _D), ("size", _I)]


class AvalancheStruct(c.Structure):
    _fields_ = [("count", _Z), ("size", _P), ("duration", _P), ("start", _P),
                ("bins", _Z), ("activity", _P), ("whole", _B)]


class Window(c.Structure):
    _fields_ = [("low", _D), ("high", _D)]


class Growth(c.Structure):
    _fields_ = [("gamma", _D), ("error", _D), ("points", _Z),
                ("duration", _P), ("size", _P), ("count", _P)]


class Shapes(c.Structure):
    _fields_ = [("gamma", _D), ("error", _D), ("durations", _Z),
                ("duration", _P), ("count", _P), ("time", _P),
                ("profile", _P)]


class Crackling(c.Structure):
    _fields_ = [(name, Interval) for name in
                ("tau", "alpha", "gamma", "predicted", "difference")]
    _fields_ += [("samples", _Z)]


class Grid(c.Structure):
    _fields_ = [("bin", _P), ("bins", _Z), ("factor", _P), ("factors", _Z),
                ("kind", _I), ("size", Window), ("duration", Window)]


class Row(c.Structure):
    _fields_ = [("bin", _Z), ("factor", _D), ("theta", _D), ("avalanches", _Z),
                ("mean_size", _D), ("size", Power), ("duration", Power),
                ("gamma", _D)]


_U64 = c.c_uint64
for _name, _result, _arguments in [
        ("limen_zeta", _D, [_D, _D]),
        ("limen_tail_new", _I, [_P, _P, _Z, _B, _P]),
        ("limen_tail_free", None, [_P]),
        ("limen_tail_distinct", _Z, [_P, _P, _P]),
        ("limen_tail_defaults", Options, []),
        ("limen_tail_fit", _I, [_P, _P, _P, _I, _P]),
        ("limen_tail_survival", _D, [_P, _P, _D]),
        ("limen_tail_bootstrap", _I, [_P, _P, _P, _P, _Z, _U64, _I, _P]),
        ("limen_tail_law_name", c.c_char_p, [_I]),
        ("limen_tail_compare", _I, [_P, _P, _P, _I, _I, _P])]:
    getattr(limen._lib, _name).restype = _result
    getattr(limen._lib, _name).argtypes = _arguments


def zeta(s, q):
    return limen._lib.limen_zeta(s, q)


class Tail:
    def __init__(self, x, discrete):
        x = np.ascontiguousarray(x, dtype=np.float64)
        self._handle = c.c_void_p()
        limen._call("limen_tail_new", c.byref(self._handle), x.ctypes.data,
                    len(x), discrete)

    def __del__(self):
        limen._lib.limen_tail_free(self._handle)

    def distinct(self):
        value, count = c.c_void_p(), c.c_void_p()
        n = limen._lib.limen_tail_distinct(self._handle, c.byref(value),
                                           c.byref(count))
        return tuple(limen._view(a.value, c.c_double, (n,)).copy()
                     for a in (value, count))

    def options(self, **given):
        options = limen._lib.limen_tail_defaults()
        for name, value in given.items():
            setattr(options, name, value)
        return options

    def fit(self, threads=1, **given):
        fit = Power()
        limen._call("limen_tail_fit", c.byref(fit), self._handle,
                    c.byref(self.options(**given)), threads)
        return fit

    def survival(self, fit, x):
        return limen._lib.limen_tail_survival(self._handle, c.byref(fit), x)

    def bootstrap(self, fit, sets, seed=0, threads=1, **given):
        p = c.c_double(math.nan)
        limen._call("limen_tail_bootstrap", c.byref(p), self._handle,
                    c.byref(self.options(**given)), c.byref(fit), sets, seed,
                    threads)
        return p.value

    def compare(self, fit, first, second):
        out = Ratio()
        limen._call("limen_tail_compare", c.byref(out), self._handle,
                    c.byref(fit), LAWS.index(first), LAWS.index(second))
        return out


# ---- Avalanches

for _name, _result, _arguments in [
        ("limen_tail_log_density", _D, [_P, _P, _P, _D]),
        ("limen_avalanches_new", _I, [_P, _P, _Z, _P, _P]),
        ("limen_avalanches_free", None, [_P]),
        ("limen_growth_new", _I, [_P, _P, Window, _P]),
        ("limen_growth_free", None, [_P]),
        ("limen_shapes_new", _I, [_P, _P, Window, _Z, _P]),
        ("limen_shapes_free", None, [_P]),
        ("limen_crackling_relation", _I, [_P, _P, Window, Window, _Z, _D,
                                          _U64, _I, _P]),
        ("limen_avalanche_scan", _I, [_P, _P, _Z, _P, _I, _P])]:
    getattr(limen._lib, _name).restype = _result
    getattr(limen._lib, _name).argtypes = _arguments


def log_density(tail, fit, law, parameters, x):
    fitted = Fitted(LAWS.index(law), (_D * 2)(*parameters))
    return np.array([limen._lib.limen_tail_log_density(
        tail._handle, c.byref(fit), c.byref(fitted), float(v)) for v in x])


class Avalanches:
    """Those of a series; or of sizes and durations alone, without shapes."""

    def __init__(self, activity, theta, bin=1, size=TOTAL):
        activity = np.ascontiguousarray(activity, dtype=np.float64)
        options = AvalancheOptions(bin, theta, size)
        self._handle = c.c_void_p()
        limen._call("limen_avalanches_new", c.byref(self._handle),
                    activity.ctypes.data, len(activity), c.byref(options))
        s = c.cast(self._handle, c.POINTER(AvalancheStruct)).contents
        view = limen._view
        self.size = view(s.size, c.c_double, (s.count,)).copy()
        self.duration = view(s.duration, c.c_double, (s.count,)).copy()
        self.start = view(s.start, c.c_size_t, (s.count,)).copy()
        self.activity = view(s.activity, c.c_double, (s.bins,)).copy()
        self.whole = s.whole

    def __del__(self):
        limen._lib.limen_avalanches_free(self._handle)

    def growth(self, low, high):
        """gamma, its error, durations, mean sizes, counts."""
        out = c.c_void_p()
        limen._call("limen_growth_new", c.byref(out), self._handle,
                    Window(low, high))
        g = c.cast(out, c.POINTER(Growth)).contents
        arrays = [limen._view(a, c.c_double, (g.points,)).copy()
                  for a in (g.duration, g.size, g.count)]
        numbers = g.gamma, g.error
        limen._lib.limen_growth_free(out)
        return (*numbers, *arrays)

    def shapes(self, low, high, least):
        """gamma, error, durations, counts, times, profiles."""
        out = c.c_void_p()
        limen._call("limen_shapes_new", c.byref(out), self._handle,
                    Window(low, high), least)
        s = c.cast(out, c.POINTER(Shapes)).contents
        n = s.durations
        arrays = [limen._view(a, c.c_double, shape).copy() for a, shape in
                  ((s.duration, (n,)), (s.count, (n,)), (s.time, (64,)),
                   (s.profile, (n, 64)))]
        numbers = s.gamma, s.error
        limen._lib.limen_shapes_free(out)
        return (*numbers, *arrays)

    def crackling(self, size, duration, samples=200, level=0.95, seed=0,
                  threads=1):
        out = Crackling()
        limen._call("limen_crackling_relation", c.byref(out), self._handle,
                    Window(*size), Window(*duration), samples, level, seed,
                    threads)
        return out


def scan(activity, bins, factors, size=TOTAL, sizes=(0, math.inf),
         durations=(0, math.inf), threads=1):
    activity = np.ascontiguousarray(activity, dtype=np.float64)
    factors = np.ascontiguousarray(factors, dtype=np.float64)
    bins = np.ascontiguousarray(bins, dtype=np.uint64)
    rows = (Row * (len(bins) * len(factors)))()
    grid = Grid(bins.ctypes.data, len(bins), factors.ctypes.data,
                len(factors), size, Window(*sizes), Window(*durations))
    limen._call("limen_avalanche_scan", rows, activity.ctypes.data,
                len(activity), c.byref(grid), threads)
    return list(rows)
