"""Homeostasis at test through ctypes."""

import ctypes as c

import numpy as np

import limen_ctypes as lib

_P, _Z, _U64, _I = c.c_void_p, c.c_size_t, c.c_uint64, c.c_int
for _name, _result, _arguments in [
        ("limen_network_rates", _P, [_P, _Z]),
        ("limen_network_measure_rates", _I,
         [_P, _P, _Z, _Z, _U64, _I, _P]),
        ("limen_count_spikes", _I, [_P, _P, _P, _Z, _Z, _U64, _I, _P]),
        ("limen_adapt", _I,
         [_P, _P, _P, _Z, _Z, _Z, c.c_double, _U64, _I, _P]),
        ("limen_data_of_classes", _I, [_P, _P, c.c_char_p, _P])]:
    _function = getattr(lib._lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def rates(net, layer):
    """(n) float32 that may be written, or None."""
    address = lib._lib.limen_network_rates(net._handle, layer)
    return None if address is None else lib._view(address, c.c_float,
                                                  (net.units[layer],))


def measure_rates(net, inp, steps, burn_in=0, seed=0, threads=1):
    lib._call("limen_network_measure_rates", net._handle, c.byref(inp.struct),
              steps, burn_in, seed, threads)


def count_spikes(image, inp, steps, burn_in=0, seed=0, threads=1):
    spikes = [np.zeros(n, np.uint64) for n in image.net.units]
    table = (c.c_void_p * len(spikes))(*[s.ctypes.data for s in spikes])
    lib._call("limen_count_spikes", table, image._handle, c.byref(inp.struct),
              steps, burn_in, seed, threads)
    return spikes


def adapt(net, inp, steps, rounds, step, burn_in=0, seed=0, threads=1):
    """The gaps."""
    gaps = np.zeros(rounds)
    lib._call("limen_adapt", gaps.ctypes.data, net._handle,
              c.byref(inp.struct), steps, burn_in, rounds, step, seed, threads)
    return gaps


def data_of_classes(x, y, classes):
    out = c.c_void_p()
    lib._call("limen_data_of_classes", c.byref(out),
              c.byref(lib.data_struct(x, y)), classes.encode())
    return lib.take_data(out)
