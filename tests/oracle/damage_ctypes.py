"""Mean-field theory and damage of limen.h through ctypes."""

import ctypes as c

import numpy as np

import limen_ctypes as limen

_P, _Z, _I, _B = c.c_void_p, c.c_size_t, c.c_int, c.c_bool
_U64, _D = c.c_uint64, c.c_double


class Spec(c.Structure):
    """limen_random_network; the default is Bertschinger & Natschlaeger's."""
    _fields_ = [("units", _Z), ("form", _I), ("weights", _I),
                ("in_degree", _D), ("is_poisson", _B), ("mean", _D),
                ("variance", _D), ("threshold", _D), ("input_mean", _D),
                ("input_step", _D), ("input_chance", _D), ("zero_fires", _B),
                ("seed", _U64)]

    def __init__(self, units=250, form="+-1", weights="normal", in_degree=4,
                 is_poisson=False, mean=0.0, variance=1.0, threshold=0.0,
                 input_mean=0.0, input_step=1.0, input_chance=0.5,
                 zero_fires=False, seed=0):
        super().__init__(units, ["+-1", "0/1"].index(form),
                         ["normal", "signs"].index(weights), in_degree,
                         is_poisson, mean, variance, threshold, input_mean,
                         input_step, input_chance, zero_fires, seed)


class Options(c.Structure):
    _fields_ = [("warm_up", _Z), ("steps", _Z), ("tail", _Z), ("twins", _Z),
                ("flips", _Z), ("start", _D), ("uniform_too", _B)]

    def __init__(self, **changes):
        super().__init__()
        made = limen._lib.limen_damage_defaults()
        for name, _ in self._fields_:
            setattr(self, name, changes.pop(name, getattr(made, name)))
        assert not changes


class Theory(c.Structure):
    _fields_ = [(name, _D) for name in
                ("activity", "growth", "growth_geometric", "distance",
                 "propagation", "separation", "memory")]


class Damage(c.Structure):
    _fields_ = [("distance", _P)] + [(name, _D) for name in
                ("growth", "growth_error", "long_time", "long_time_error",
                 "healed", "rate")]


class Lyapunov(c.Structure):
    _fields_ = [(name, _D) for name in
                ("growth", "growth_error", "exponent", "exponent_error",
                 "healed", "rate")]


class Separation(c.Structure):
    _fields_ = [(name, _D) for name in ("total", "direct", "common", "network", "memory")]


_SIGNATURES = {
    "limen_owens_t": (_D, [_D, _D]),
    "limen_normal_disagree": (_D, [_D, _D, _D]),
    "limen_bit_flip": (_D, [_P, _Z, _Z, _D, _D]),
    "limen_hamming_map": (_D, [_P, _D, _B]),
    "limen_activity_map": (_D, [_P, _D]),
    "limen_damage_slope": (_D, [_P, _D, _B]),
    "limen_theory_of": (_I, [_P, _P, _P]),
    "limen_critical_variance": (_I, [_P, _P, _B, _P]),
    "limen_critical_degree": (_I, [_P, _P, _P]),
    "limen_kauffman_map": (_D, [_D, _D, _D]),
    "limen_kauffman_critical": (_D, [_D]),
    "limen_network_random": (_I, [_P, _P, _P]),
    "limen_damage_defaults": (Options, []),
    "limen_damage_spread": (_I, [_P, _P, _P, _P, _U64, _I, _P]),
    "limen_lyapunov_of": (_I, [_P, _P, _P, _P, _U64, _I, _P]),
    "limen_derrida_map": (_I, [_P, _P, _Z, _P, _P, _P, _U64, _I, _P]),
    "limen_random_damage": (_I, [_P, _P, _Z, _Z, _P, _U64, _I, _P]),
    "limen_random_lyapunov": (_I, [_P, _P, _Z, _Z, _P, _U64, _I, _P]),
    "limen_separation_of": (_I, [_P, _P, _P, _Z, _Z, _D, _U64, _I, _P]),
    "limen_rank": (_I, [_P, _P, _Z, _Z, _D, _P]),
    "limen_kernel_ranks": (_I, [_P, _P, _P, _P, _Z, _Z, _D, _U64, _I, _P]),
    "limen_spectral_radius": (_I, [_P, _P, _Z, _P]),
    "limen_frozen_cycles": (_I, [_P, _P, _P, _P, _Z, _D, _U64, _I, _P]),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(limen._lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def owens_t(h, a):
    return limen._lib.limen_owens_t(h, a)


def normal_disagree(h, k, rho):
    return limen._lib.limen_normal_disagree(h, k, rho)


def bit_flip(spec, k, differ, u=0.0, v=None):
    return limen._lib.limen_bit_flip(c.byref(spec), k, differ, u,
                                     u if v is None else v)


def hamming_map(spec, d, apart=False):
    return limen._lib.limen_hamming_map(c.byref(spec), d, apart)


def activity_map(spec, a):
    return limen._lib.limen_activity_map(c.byref(spec), a)


def damage_slope(spec, a=0.0, geometric=False):
    return limen._lib.limen_damage_slope(c.byref(spec), a, geometric)


def theory(spec):
    out = Theory()
    limen._call("limen_theory_of", c.byref(out), c.byref(spec))
    return out


def critical_variance(spec, geometric=False):
    out = _D()
    limen._call("limen_critical_variance", c.byref(out), c.byref(spec),
                geometric)
    return out.value


def critical_degree(spec):
    out = _D()
    limen._call("limen_critical_degree", c.byref(out), c.byref(spec))
    return out.value


def kauffman_map(d, k, p):
    return limen._lib.limen_kauffman_map(d, k, p)


def kauffman_critical(p):
    return limen._lib.limen_kauffman_critical(p)


def random_network(spec):
    net = limen.Network.__new__(limen.Network)
    net.units, net._handle = [1, spec.units], c.c_void_p()
    limen._call("limen_network_random", c.byref(net._handle), c.byref(spec))
    return net


def common_input(spec, samples, keys=None):
    """Every sample a stream of its own."""
    return limen.Input(np.full((samples, 1, 1), spec.input_chance,
                               np.float32), keys=keys)


def damage(image, inp, seed=0, threads=1, **options):
    """limen_damage_spread's numbers, and distance (steps + 1)."""
    options = Options(**options)
    distance = np.zeros(options.steps + 1)
    out = Damage(distance.ctypes.data)
    limen._call("limen_damage_spread", c.byref(out), image._handle,
                c.byref(inp.struct), c.byref(options), seed, threads)
    out.series = distance
    return out


def lyapunov(image, inp, seed=0, threads=1, **options):
    out = Lyapunov()
    limen._call("limen_lyapunov_of", c.byref(out), image._handle,
                c.byref(inp.struct), c.byref(Options(**options)), seed,
                threads)
    return out


def derrida_map(flips, image, inp, seed=0, threads=1, **options):
    flips = np.ascontiguousarray(flips, np.uint64)
    to = np.zeros(len(flips))
    limen._call("limen_derrida_map", to.ctypes.data, flips.ctypes.data,
                len(flips), image._handle, c.byref(inp.struct),
                c.byref(Options(**options)), seed, threads)
    return to


def random_damage(spec, networks, samples, seed=0, threads=1, **options):
    options = Options(**options)
    distance = np.zeros(options.steps + 1)
    out = Damage(distance.ctypes.data)
    limen._call("limen_random_damage", c.byref(out), c.byref(spec), networks,
                samples, c.byref(options), seed, threads)
    out.series = distance
    return out


def random_lyapunov(spec, networks, samples, seed=0, threads=1, **options):
    out = Lyapunov()
    limen._call("limen_random_lyapunov", c.byref(out), c.byref(spec), networks,
                samples, c.byref(Options(**options)), seed, threads)
    return out


def separation(image, inp, warm_up, steps, start=0.5, seed=0, threads=1):
    out = Separation()
    limen._call("limen_separation_of", c.byref(out), image._handle,
                c.byref(inp.struct), warm_up, steps, start, seed, threads)
    return out


def rank(matrix, tolerance=1e-10):
    matrix = np.ascontiguousarray(matrix, float)
    out = _Z()
    limen._call("limen_rank", c.byref(out), matrix.ctypes.data, *matrix.shape,
                tolerance)
    return out.value


def kernel_ranks(image, inp, steps, shared, start=0.5, seed=0, threads=1):
    kernel, general = _Z(), _Z()
    limen._call("limen_kernel_ranks", c.byref(kernel), c.byref(general),
                image._handle, c.byref(inp.struct), steps, shared, start, seed,
                threads)
    return kernel.value, general.value


def spectral_radius(net, connection):
    out = _D()
    limen._call("limen_spectral_radius", c.byref(out), net._handle, connection)
    return out.value


def frozen_cycles(image, inp, steps, start=0.5, seed=0, threads=1):
    length, transient = (np.zeros(inp.samples, np.uint64) for _ in range(2))
    limen._call("limen_frozen_cycles", length.ctypes.data,
                transient.ctypes.data, image._handle, c.byref(inp.struct),
                steps, start, seed, threads)
    return length.astype(int), transient.astype(int)
