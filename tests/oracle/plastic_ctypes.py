"""Networks that change, of limen.h, through ctypes."""

import ctypes as c

import numpy as np

import limen_ctypes as limen

_P, _Z, _I, _B, _S = c.c_void_p, c.c_size_t, c.c_int, c.c_bool, c.c_char_p
_U64, _D, _F = c.c_uint64, c.c_double, c.c_float

KIND = {name: k for k, name in enumerate(
    ("intrinsic", "stdp", "inhibitory_stdp", "structural", "normalise",
     "self_critical", "control_rate", "control_branching", "control_growth"))}


class Rule(c.Structure):
    _fields_ = [("kind", _I), ("place", _Z), ("rate", _F), ("rate_down", _F),
                ("target", _F), ("floor", _F), ("ceiling", _F),
                ("chance", _D), ("window", _Z), ("plus_minus", _B)]


class Sorn(c.Structure):
    _fields_ = [("excitatory", _Z), ("inhibitory", _Z), ("letters", _Z),
                ("letter_units", _Z), ("links", _D), ("has_fixed_links", _B),
                ("inhibition", _D), ("theta_excitatory", _D),
                ("theta_inhibitory", _D), ("noise", _D), ("is_delayed", _B),
                ("stdp", _D), ("intrinsic", _D), ("target", _D),
                ("inhibitory_stdp", _D), ("structural", _D), ("seed", _U64)]


_SIGNATURES = {
    "limen_plastic_defaults": (Rule, [_I, _Z]),
    "limen_plastic_new": (_I, [_P, _P, _P, _Z, _P, _Z, _U64, _I, _P]),
    "limen_plastic_free": (None, [_P]),
    "limen_plastic_run": (_I, [_P, _P, _Z, _P, _P]),
    "limen_plastic_freeze": (None, [_P, _B]),
    "limen_plastic_network": (_P, [_P]),
    "limen_plastic_image": (_P, [_P]),
    "limen_plastic_state": (_P, [_P]),
    "limen_plastic_refresh": (_I, [_P, _P]),
    "limen_plastic_measured": (_D, [_P, _Z]),
    "limen_plastic_save": (_I, [_S, _P, _P]),
    "limen_plastic_load": (_I, [_P, _S, _P]),
    "limen_sorn_counting": (Sorn, []),
    "limen_sorn_avalanche": (Sorn, []),
    "limen_network_sorn": (_I, [_P, _P, _P]),
    "limen_plastic_sorn": (_I, [_P, _P, _I, _P]),
    "limen_counting_letters": (None, [_P, _Z, _Z, _U64]),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(limen._lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def rule(kind, place, **changes):
    made = limen._lib.limen_plastic_defaults(KIND[kind], place)
    for name, value in changes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def sorn_spec(which, **changes):
    spec = getattr(limen._lib, f"limen_sorn_{which}")()
    for name, value in changes.items():
        assert hasattr(spec, name)
        setattr(spec, name, value)
    return spec


def _borrowed(kind, handle, **parts):
    """A binding of what another object owns."""
    made = kind.__new__(kind)
    made._handle = c.c_void_p(handle)
    made.__dict__.update(parts)
    return made


class _Net(limen.Network):
    def __del__(self):
        pass


class _Image(limen.Image):
    def __del__(self):
        pass


class _State(limen.State):
    def __del__(self):
        pass


class Plastic:
    """From a network and rules, or from a limen_sorn."""

    def __init__(self, net=None, rules=(), cells=None, samples=1, seed=0,
                 threads=1, sorn=None):
        self._handle = c.c_void_p()
        if sorn is not None:
            limen._call("limen_plastic_sorn", c.byref(self._handle),
                        c.byref(sorn), threads)
        else:
            layers = len(net.units)
            signs = [None] * layers
            for layer, sign in (cells or {}).items():
                signs[layer] = np.asarray(sign, dtype=np.int8)
            table = (c.c_void_p * layers)(
                *[None if s is None else s.ctypes.data for s in signs])
            limen._call("limen_plastic_new", c.byref(self._handle),
                        net._handle, (Rule * max(len(rules), 1))(*rules),
                        len(rules), table, samples, seed, threads)
        lib = limen._lib
        handle = lib.limen_plastic_network(self._handle)
        units = [lib.limen_network_units(handle, l)
                 for l in range(lib.limen_network_layers(handle))]
        self.net = _borrowed(_Net, handle, units=units)
        self.image = _borrowed(_Image,
                               lib.limen_plastic_image(self._handle),
                               net=self.net)
        self.state = _borrowed(_State,
                               lib.limen_plastic_state(self._handle),
                               net=self.net, _image=self.image)

    def __del__(self):
        if getattr(self, "_handle", None):
            limen._lib.limen_plastic_free(self._handle)

    def run(self, inp, steps, raster=True):
        """Rasters of the layers: (samples, steps, n) bool, or None."""
        units = self.net.units
        samples = limen._lib.limen_state_samples(self.state._handle)
        rows = [np.zeros((samples, steps, limen.words(n)), dtype=np.uint64)
                for n in units] if raster else []
        table = (c.c_void_p * len(units))(*[r.ctypes.data for r in rows])
        record = limen.RecordStruct(None, c.cast(table, c.c_void_p)
                                    if raster else None)
        limen._call("limen_plastic_run", self._handle,
                    c.byref(inp.struct), steps, c.byref(record))
        return [limen.unpack(r, n) for r, n in zip(rows, units)] or None

    def freeze(self, on=True):
        limen._lib.limen_plastic_freeze(self._handle, on)

    def refresh(self):
        limen._call("limen_plastic_refresh", self._handle)

    def measured(self, index):
        return limen._lib.limen_plastic_measured(self._handle, index)

    def save(self, path):
        limen._call("limen_plastic_save", str(path).encode(), self._handle)

    def load(self, path):
        limen._call("limen_plastic_load", self._handle, str(path).encode())


def letters(n, steps, seed=0):
    out = np.zeros(steps, dtype=np.uint8)
    limen._lib.limen_counting_letters(out.ctypes.data, n, steps, seed)
    return out


def letters_input(sequence):
    """A limen_input that shows one letter a step."""
    return limen.Input(np.eye(6, dtype=np.float32)[sequence][None])
