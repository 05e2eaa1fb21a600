"""A thin ctypes binding to liblimen for the tests.

LIMEN_LIBRARY names the shared library; default build/src/liblimen.so.
Conditions of limen.h that debug builds assert are the caller's.
"""

import ctypes as c
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
PATH = Path(os.environ.get("LIMEN_LIBRARY",
                           ROOT / "build" / "src" / "liblimen.so"))

NOISE = {None: 0, "gaussian": 1, "logistic": 2}
ENCODER = {"stochastic": 0, "threshold": 1, "frozen": 2}
PATTERN = {"dense": 0, "in_degree": 1, "probability": 2, "given": 3}
INIT = {"normal": 0, "uniform": 1, "scaled": 2}

POINTER = c.c_void_p


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("text", c.c_char * 480)]


class PatternStruct(c.Structure):
    _fields_ = [("kind", c.c_int), ("in_degree", c.c_size_t),
                ("probability", c.c_double), ("self_pairs", c.c_bool),
                ("seed", c.c_uint64), ("row_start", POINTER),
                ("source", POINTER)]


class ConnectionInfo(c.Structure):
    _fields_ = [("origin", c.c_size_t), ("to", c.c_size_t), ("kind", c.c_int),
                ("delayed", c.c_bool), ("sparse", c.c_bool),
                ("balanced", c.c_bool), ("entries", c.c_size_t)]


class UnitOptions(c.Structure):
    _fields_ = [("noise", c.c_int), ("noise_scale", c.c_float),
                ("refractory_steps", c.c_size_t), ("adapt_gain", c.c_float),
                ("adapt_memory", c.c_float)]


class InitStruct(c.Structure):
    _fields_ = [("kind", c.c_int), ("gain", c.c_float),
                ("recurrent_gain", c.c_float), ("threshold", c.c_float),
                ("rate", c.c_float), ("seed", c.c_uint64),
                ("input_rates", POINTER)]


class InputStruct(c.Structure):
    _fields_ = [("bytes", POINTER), ("floats", POINTER), ("scale", c.c_float),
                ("samples", c.c_size_t), ("frames", c.c_size_t),
                ("hold", c.c_size_t), ("encoder", c.c_int), ("keys", POINTER)]


class RecordStruct(c.Structure):
    _fields_ = [("counts", POINTER), ("raster", POINTER)]


class EvaluationStruct(c.Structure):
    _fields_ = [("samples", c.c_size_t), ("classes", c.c_size_t),
                ("points", c.c_size_t), ("accuracy", POINTER),
                ("ties", POINTER), ("confusion", POINTER),
                ("answers", POINTER), ("y", POINTER), ("spikes", POINTER)]


class CorruptionInfo(c.Structure):
    _fields_ = [("name", c.c_char_p), ("help", c.c_char_p),
                ("min", c.c_double), ("max", c.c_double),
                ("amounts", c.c_double * 5)]


class DataStruct(c.Structure):
    _fields_ = [("samples", c.c_size_t), ("features", c.c_size_t),
                ("classes", c.c_size_t), ("height", c.c_size_t),
                ("width", c.c_size_t), ("bytes", POINTER),
                ("floats", POINTER), ("labels", POINTER),
                ("sha256", c.c_char * 65), ("source", c.c_char * 400)]


class CalibrationStruct(c.Structure):
    _fields_ = [("error", c.c_double), ("loss", c.c_double),
                ("brier", c.c_double), ("roc_area", c.c_double),
                ("confidence", c.c_double * 15),
                ("accuracy", c.c_double * 15), ("count", c.c_size_t * 15)]


_P, _Z, _I, _B = POINTER, c.c_size_t, c.c_int, c.c_bool
_U32, _U64, _D, _S = c.c_uint32, c.c_uint64, c.c_double, c.c_char_p

SIGNATURES = {
    "limen_backend": (c.c_char_p, []),
    "limen_backend_at": (c.c_char_p, [_Z]),
    "limen_philox": (None, [_P, _P, _P]),
    "limen_draw": (_U32, [_U64, _U32, _U64, _U32, _U32]),
    "limen_network_new": (_I, [_P, _P, _Z, _P]),
    "limen_network_standard": (_I, [_P, _P, _Z, _P, _P, _P]),
    "limen_network_free": (None, [_P]),
    "limen_network_connect": (_I, [_P, _Z, _Z, _B, _P, _P, _P]),
    "limen_network_layers": (_Z, [_P]),
    "limen_network_units": (_Z, [_P, _Z]),
    "limen_network_balance": (_I, [_P, _Z, _B, _P]),
    "limen_network_connections": (_Z, [_P]),
    "limen_network_connection": (ConnectionInfo, [_P, _Z]),
    "limen_network_weights": (_P, [_P, _Z]),
    "limen_network_row_start": (_P, [_P, _Z]),
    "limen_network_sources": (_P, [_P, _Z]),
    "limen_network_thresholds": (_P, [_P, _Z]),
    "limen_network_set_synchronous": (None, [_P, _B]),
    "limen_network_is_synchronous": (_B, [_P]),
    "limen_network_set_units": (_I, [_P, _Z, _P, _P]),
    "limen_network_unit_options": (UnitOptions, [_P, _Z]),
    "limen_network_init": (_I, [_P, _P, _P]),
    "limen_image_new": (_I, [_P, _P, _I, _P]),
    "limen_image_update": (_I, [_P, _P, _I, _P]),
    "limen_image_free": (None, [_P]),
    "limen_image_exponents": (_P, [_P, _Z]),
    "limen_image_thresholds": (_P, [_P, _Z]),
    "limen_image_weights": (None, [_P, _Z, _P]),
    "limen_state_new": (_I, [_P, _P, _Z, _P]),
    "limen_state_free": (None, [_P]),
    "limen_state_reset": (None, [_P]),
    "limen_state_copy": (None, [_P, _P]),
    "limen_state_samples": (_Z, [_P]),
    "limen_state_steps": (_Z, [_P]),
    "limen_state_bits": (_P, [_P, _Z, _Z]),
    "limen_input_check": (_I, [_P, _Z, _P]),
    "limen_run": (_I, [_P, _P, _P, _Z, _Z, _U64, _I, _P, _P]),
    "limen_vote": (_Z, [_P, _Z, _U64, _U64, _P]),
    "limen_evaluate": (_I, [_P, _P, _P, _P, _P, _Z, _U64, _I, _P]),
    "limen_corruption_at": (c.POINTER(CorruptionInfo), [_Z]),
    "limen_corruption_parse": (_I, [_P, _P, _S, _P]),
    "limen_corrupt": (None, [_P, _P, _Z, _Z, _Z, _D, _U64, _U64]),
    "limen_data_corrupt": (_I, [_P, _P, _Z, _D, _U64, _P]),
    "limen_data_augment": (_I, [_P, _P, _S, _S, _Z, _U64, _P]),
    "limen_data_free": (None, [_P]),
    "limen_data_load": (_I, [_P, _S, _S, _I, _P]),
    "limen_data_save": (_I, [_S, _P, _P]),
    "limen_model_load": (_I, [_P, _P, _S, _P]),
    "limen_softmax": (None, [_P, _P, _Z, _D]),
    "limen_fit_temperature": (_D, [_P, _P, _Z, _Z, _D]),
    "limen_calibrate": (_I, [_P, _P, _P, _P, _Z, _Z, _D, _P]),
    "limen_early_answer": (_I, [_P, _P, _P, _P, _Z, _Z, _U64, _I, _P]),
    "limen_predict": (_I, [_P, _P, _P, _P, _Z, _Z, _U64, _I, _P]),
    "limen_bootstrap": (_I, [_P, _P, _Z, c.c_double, _U64, _P]),
    "limen_t_test": (c.c_double, [_P, _P, _Z]),
    "limen_holm": (_I, [_P, _P, _Z, _P]),
}

_lib = c.CDLL(str(PATH))
for _name, (_result, _arguments) in SIGNATURES.items():
    _function = getattr(_lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


class LimenError(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def _call(name, *arguments):
    """Calls what returns a limen_status, with an error appended."""
    err = Error()
    status = getattr(_lib, name)(*arguments, c.byref(err))
    if status != 0:
        assert err.status == status and err.text
        raise LimenError(status, err.text.decode())


def _sizes(values):
    return (c.c_size_t * len(values))(*values)


def _view(address, kind, shape):
    """The library's memory as an array that may be written."""
    count = int(np.prod(shape))
    if count == 0:
        return np.zeros(shape, dtype=np.dtype(kind))
    memory = (kind * count).from_address(address)
    return np.frombuffer(memory, dtype=np.dtype(kind)).reshape(shape)


def _address(array):
    return None if array is None else array.ctypes.data


def words(n):
    return (n + 63) // 64


def unpack(bits, n):
    """(..., words) uint64 to (..., n) bool; the bits past n must be 0."""
    raw = np.unpackbits(np.ascontiguousarray(bits).view(np.uint8), axis=-1,
                        bitorder="little")
    assert not raw[..., n:].any(), "bits past n are not zero"
    return raw[..., :n].astype(bool)


def backend():
    name = _lib.limen_backend()
    return None if name is None else name.decode()


def backends():
    names = []
    while _lib.limen_backend_at(len(names)) is not None:
        names.append(_lib.limen_backend_at(len(names)).decode())
    return names


def philox(counter, key):
    out = (c.c_uint32 * 4)()
    _lib.limen_philox(out, (c.c_uint32 * 4)(*counter), (c.c_uint32 * 2)(*key))
    return list(out)


def draw(seed, stream, key, step, unit):
    return _lib.limen_draw(seed, stream, key, step, unit)


def vote(counts, seed, key):
    """(answer, whether tied)."""
    counts = np.ascontiguousarray(counts, dtype=np.uint32)
    tied = c.c_bool()
    answer = _lib.limen_vote(counts.ctypes.data, len(counts), seed, key,
                             c.byref(tied))
    return answer, tied.value


class Network:
    def __init__(self, units):
        self.units = list(units)
        self._handle = c.c_void_p()
        _call("limen_network_new", c.byref(self._handle), _sizes(units),
              len(units))

    @classmethod
    def standard(cls, units, self_=None, feedback=None):
        net = cls.__new__(cls)
        net.units, net._handle = list(units), c.c_void_p()
        flags = [None if f is None else (c.c_bool * len(units))(*f)
                 for f in (self_, feedback)]
        _call("limen_network_standard", c.byref(net._handle), _sizes(units),
              len(units), *flags)
        return net

    @classmethod
    def load(cls, path):
        """Of a model file."""
        net = cls.__new__(cls)
        net._handle = c.c_void_p()
        _call("limen_model_load", c.byref(net._handle), None,
              str(path).encode())
        net.units = [_lib.limen_network_units(net._handle, layer) for layer in
                     range(_lib.limen_network_layers(net._handle))]
        return net

    def __del__(self):
        if getattr(self, "_handle", None):
            _lib.limen_network_free(self._handle)

    def connect(self, origin, to, delayed=False, kind="dense", in_degree=0,
                probability=0.0, self_pairs=False, seed=0, rows=None):
        p = PatternStruct(PATTERN[kind], in_degree, probability, self_pairs,
                          seed, None, None)
        if rows is not None:
            start = np.cumsum([0] + [len(r) for r in rows]).astype(np.uint64)
            source = np.array([j for r in rows for j in r], dtype=np.uint32)
            p.row_start, p.source = _address(start), _address(source)
        index = c.c_size_t()
        _call("limen_network_connect", self._handle, origin, to, delayed,
              None if kind == "dense" else c.byref(p), c.byref(index))
        return index.value

    def balance(self, index, on=True):
        _call("limen_network_balance", self._handle, index, on)

    def connections(self):
        return [_lib.limen_network_connection(self._handle, i) for i in
                range(_lib.limen_network_connections(self._handle))]

    def weights(self, index):
        info = _lib.limen_network_connection(self._handle, index)
        return _view(_lib.limen_network_weights(self._handle, index),
                     c.c_float, (info.entries,))

    def rows(self, index):
        """The sources of each unit of a sparse connection; None if dense."""
        info = _lib.limen_network_connection(self._handle, index)
        address = _lib.limen_network_row_start(self._handle, index)
        if not address:
            return None
        start = _view(address, c.c_uint64, (self.units[info.to] + 1,))
        source = _view(_lib.limen_network_sources(self._handle, index),
                       c.c_uint32, (info.entries,))
        assert start[0] == 0 and start[-1] == info.entries
        return [list(source[a:b]) for a, b in zip(start[:-1].astype(int),
                                                  start[1:].astype(int))]

    def thresholds(self, layer):
        return _view(_lib.limen_network_thresholds(self._handle, layer),
                     c.c_float, (self.units[layer],))

    def set_synchronous(self, on):
        _lib.limen_network_set_synchronous(self._handle, on)

    def set_units(self, layer, noise=None, noise_scale=0.0, refractory=0,
                  adapt_gain=0.0, adapt_memory=0.0):
        options = UnitOptions(NOISE[noise], noise_scale, refractory,
                              adapt_gain, adapt_memory)
        _call("limen_network_set_units", self._handle, layer,
              c.byref(options))

    def init(self, kind, gain, recurrent_gain, threshold=0.0, rate=0.5,
             seed=0, input_rates=None):
        init = InitStruct(INIT[kind], gain, recurrent_gain, threshold, rate,
                          seed, _address(input_rates))
        _call("limen_network_init", self._handle, c.byref(init))


class Image:
    def __init__(self, net, threads=1):
        self.net = net
        self._handle = c.c_void_p()
        _call("limen_image_new", c.byref(self._handle), net._handle, threads)

    def __del__(self):
        if getattr(self, "_handle", None):
            _lib.limen_image_free(self._handle)

    def update(self, net, threads=1):
        _call("limen_image_update", self._handle, net._handle, threads)

    def exponents(self, layer):
        return _view(_lib.limen_image_exponents(self._handle, layer),
                     c.c_int32, (self.net.units[layer],)).copy()

    def thresholds(self, layer):
        return _view(_lib.limen_image_thresholds(self._handle, layer),
                     c.c_int32, (self.net.units[layer],)).copy()

    def weights(self, index):
        entries = _lib.limen_network_connection(self.net._handle,
                                                index).entries
        w = np.zeros(entries, dtype=np.int16)
        _lib.limen_image_weights(self._handle, index, w.ctypes.data)
        return w


class State:
    def __init__(self, image, samples):
        self.net, self._image = image.net, image
        self._handle = c.c_void_p()
        _call("limen_state_new", c.byref(self._handle), image._handle,
              samples)

    def __del__(self):
        if getattr(self, "_handle", None):
            _lib.limen_state_free(self._handle)

    @property
    def samples(self):
        return _lib.limen_state_samples(self._handle)

    @property
    def steps(self):
        return _lib.limen_state_steps(self._handle)

    def reset(self):
        _lib.limen_state_reset(self._handle)

    def copy_from(self, other):
        _lib.limen_state_copy(self._handle, other._handle)

    def bits(self, layer, sample):
        """(words) uint64 that may be written."""
        return _view(_lib.limen_state_bits(self._handle, layer, sample),
                     c.c_uint64, (words(self.net.units[layer]),))


class Input:
    """values: (samples, frames, n) uint8 or float32."""

    def __init__(self, values, scale=1.0, hold=1, encoder="stochastic",
                 keys=None):
        self.values = np.ascontiguousarray(values)
        self.keys = None if keys is None else np.ascontiguousarray(
            keys, dtype=np.uint64)
        self.samples = self.values.shape[0]
        is_bytes = self.values.dtype == np.uint8
        assert is_bytes or self.values.dtype == np.float32
        address = self.values.ctypes.data
        self.struct = InputStruct(
            address if is_bytes else None, None if is_bytes else address,
            scale, self.samples, self.values.shape[1], hold, ENCODER[encoder],
            _address(self.keys))

    def check(self, units):
        _call("limen_input_check", c.byref(self.struct), units)


def run(image, state, inp, steps, burn_in=0, seed=0, threads=1):
    """Rasters [layer] (samples, steps, n) bool and counts [layer]."""
    units = image.net.units
    counts = [np.zeros((inp.samples, n), dtype=np.uint32) for n in units]
    raster = [np.zeros((inp.samples, steps, words(n)), dtype=np.uint64)
              for n in units]
    tables = [(c.c_void_p * len(units))(*[a.ctypes.data for a in arrays])
              for arrays in (counts, raster)]
    record = RecordStruct(*[c.cast(t, c.c_void_p) for t in tables])
    _call("limen_run", image._handle, state._handle, c.byref(inp.struct),
          steps, burn_in, seed, threads, c.byref(record))
    return [unpack(r, n) for r, n in zip(raster, units)], counts


def evaluate(image, inp, labels, classes, steps, burn_in=0, seed=0,
             threads=1, keep=False):
    """(accuracy (points), ties (points), confusion (classes, classes)); with
    keep also answers (samples), y (samples, n_L), spikes [layer] (n_l)."""
    accuracy, ties = np.zeros(len(steps)), np.zeros(len(steps))
    confusion = np.zeros((classes, classes), dtype=np.uint32)
    labels = np.ascontiguousarray(labels, dtype=np.uint32)
    out = EvaluationStruct(inp.samples, classes, len(steps),
                           accuracy.ctypes.data, ties.ctypes.data,
                           confusion.ctypes.data)
    units = image.net.units
    answers = np.zeros(inp.samples, dtype=np.uint32)
    y = np.zeros((inp.samples, units[-1]), dtype=np.float32)
    spikes = [np.zeros(n, dtype=np.uint64) for n in units]
    table = (c.c_void_p * len(units))(*[a.ctypes.data for a in spikes])
    if keep:
        out.answers, out.y = answers.ctypes.data, y.ctypes.data
        out.spikes = c.cast(table, c.c_void_p)
    _call("limen_evaluate", c.byref(out), image._handle, c.byref(inp.struct),
          labels.ctypes.data, _sizes(steps), burn_in, seed, threads)
    kept = (answers, y, spikes) if keep else ()
    return (accuracy, ties, confusion, *kept)


def predict(image, inp, steps, burn_in=0, seed=0, threads=1):
    """(answers (samples), y (samples, n_L))."""
    answers = np.zeros(inp.samples, dtype=np.uint32)
    y = np.zeros((inp.samples, image.net.units[-1]), dtype=np.float32)
    _call("limen_predict", answers.ctypes.data, y.ctypes.data, image._handle,
          c.byref(inp.struct), steps, burn_in, seed, threads)
    return answers, y


def bootstrap(x, level=0.95, seed=1):
    """(mean, low, high)."""
    x = np.ascontiguousarray(x, dtype=float)
    out = (c.c_double * 3)()
    _call("limen_bootstrap", out, x.ctypes.data, len(x), level, seed)
    return tuple(out)


def t_test(x):
    """(t, p)."""
    x = np.ascontiguousarray(x, dtype=float)
    t = c.c_double()
    p = _lib.limen_t_test(c.byref(t), x.ctypes.data, len(x))
    return t.value, p


def holm(p):
    p = np.ascontiguousarray(p, dtype=float)
    adjusted = np.zeros(len(p))
    _call("limen_holm", adjusted.ctypes.data, p.ctypes.data, len(p))
    return adjusted


class Early(c.Structure):
    _fields_ = [("points", _Z), ("leads", _P), ("accuracy", _P),
                ("mean_step", _P)]


def early_answer(image, inp, labels, leads, steps, seed=0, threads=1,
                 burn_in=0):
    """(accuracy, mean step) for each lead."""
    accuracy, step = np.zeros(len(leads)), np.zeros(len(leads))
    leads = np.ascontiguousarray(leads, dtype=np.uint64)
    labels = np.ascontiguousarray(labels, dtype=np.uint32)
    out = Early(len(leads), leads.ctypes.data, accuracy.ctypes.data,
                step.ctypes.data)
    _call("limen_early_answer", c.byref(out), image._handle,
          c.byref(inp.struct), labels.ctypes.data, steps, burn_in, seed,
          threads)
    return accuracy, step


# ---- Corruptions and sets


def corruptions():
    """name: its CorruptionInfo, in the table's order."""
    table = {}
    while info := _lib.limen_corruption_at(len(table)):
        table[info.contents.name.decode()] = info.contents
    return table


def parse_corruption(text):
    """(index, amount)."""
    index, amount = c.c_size_t(), c.c_double()
    _call("limen_corruption_parse", c.byref(index), c.byref(amount),
          text.encode())
    return index.value, amount.value


def corrupt(picture, name, amount, seed=0, key=0):
    """One picture, (height, width)."""
    x = np.ascontiguousarray(picture, dtype=np.float32)
    to = np.full_like(x, np.nan)
    _lib.limen_corrupt(to.ctypes.data, x.ctypes.data, *x.shape,
                       list(corruptions()).index(name), amount, seed, key)
    return to


def data_struct(x, y):
    """x: (samples, height, width) uint8 or float32; both are kept alive by
    the struct."""
    x = np.ascontiguousarray(x)
    y = np.ascontiguousarray(y, dtype=np.uint32)
    data = DataStruct(len(x), x[0].size, int(y.max()) + 1, *x.shape[1:])
    if x.dtype == np.uint8:
        data.bytes = x.ctypes.data
    else:
        data.floats = x.ctypes.data
    data.labels, data.kept = y.ctypes.data, (x, y)
    return data


def take_data(handle):
    """x, y of a set of the library, which is freed."""
    data = c.cast(handle, c.POINTER(DataStruct)).contents
    shape = (data.samples, data.height, data.width)
    x = (_view(data.bytes, c.c_uint8, shape) if data.bytes
         else _view(data.floats, c.c_float, shape)).copy()
    y = _view(data.labels, c.c_uint32, shape[:1]).copy()
    _lib.limen_data_free(handle)
    return x, y


def corrupt_data(x, y, name, amount, seed=0):
    out = c.c_void_p()
    _call("limen_data_corrupt", c.byref(out), c.byref(data_struct(x, y)),
          list(corruptions()).index(name), amount, seed)
    return take_data(out)


def augment_data(x, y, mixture, without="", epoch=0, seed=0):
    out = c.c_void_p()
    _call("limen_data_augment", c.byref(out), c.byref(data_struct(x, y)),
          mixture.encode(), without.encode(), epoch, seed)
    return take_data(out)


def load_data(path):
    out = c.c_void_p()
    _call("limen_data_load", c.byref(out), str(path).encode(), None, 0)
    return take_data(out)


def save_data(path, x, y):
    _call("limen_data_save", str(path).encode(), c.byref(data_struct(x, y)))


# ---- Confidence


def _values(y, labels):
    return (np.ascontiguousarray(y, dtype=np.float32),
            np.ascontiguousarray(labels, dtype=np.uint32))


def softmax(y, beta):
    y = np.ascontiguousarray(y, dtype=np.float32)
    p = np.zeros(len(y))
    _lib.limen_softmax(p.ctypes.data, y.ctypes.data, len(y), beta)
    return p


def fit_temperature(y, labels, beta):
    y, labels = _values(y, labels)
    return _lib.limen_fit_temperature(y.ctypes.data, labels.ctypes.data,
                                      *y.shape, beta)


def calibrate(y, answers, labels, beta):
    y, labels = _values(y, labels)
    answers = np.ascontiguousarray(answers, dtype=np.uint32)
    out = CalibrationStruct()
    _call("limen_calibrate", c.byref(out), y.ctypes.data, answers.ctypes.data,
          labels.ctypes.data, *y.shape, beta)
    return out
