"""The model of Limen in NumPy, to the bit.

Written from DESIGN.md and docs/numerics.md alone, never from the C, so that
the two can be compared.  Clear before fast.  All arithmetic of the network
that runs is int64; the widths that docs/numerics.md promises are asserted.

A connection is kept as whole matrices (n, m): `exists` says which pairs there
are, `w` are the float32 masters.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Streams of random numbers, section 3.
INPUT, TIES, ORDER, WEIGHTS, THRESHOLDS, PATTERNS, SPLIT = range(7)
NOISE = 16

QUANTILES = Path(__file__).parents[2] / "src" / "base" / "quantiles.c"


class Refused(ValueError):
    """No exponent in [-100, 100] fits a unit, or a value is not finite."""


# ---- Random numbers, section 3 ---------------------------------------------

M32 = np.uint64(0xFFFFFFFF)
S32 = np.uint64(32)


def philox(counter, key):
    """Philox4x32-10: four words of counter, two of key; arrays broadcast."""
    c = [np.asarray(x, dtype=np.uint64) for x in counter]
    k = [np.asarray(x, dtype=np.uint64) for x in key]
    for _ in range(10):
        a = c[0] * np.uint64(0xD2511F53)  # 32 x 32 bits: fits 64
        b = c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> S32) ^ c[1] ^ k[0], b & M32, (a >> S32) ^ c[3] ^ k[1],
             a & M32]
        k = [(k[0] + np.uint64(0x9E3779B9)) & M32,
             (k[1] + np.uint64(0xBB67AE85)) & M32]
    return np.stack(np.broadcast_arrays(*c), axis=-1)


def _block(seed, stream, key, step, block):
    key = np.asarray(key, dtype=np.uint64)
    block = np.asarray(block, dtype=np.uint64)
    assert stream < 256 and np.all(block < 2**24)
    counter = (np.uint64(stream * 2**24) + block, step, key & M32, key >> S32)
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))


def _pick(words, which):
    which = np.broadcast_to(np.asarray(which)[..., None], words.shape[:-1] +
                            (1,)).astype(np.int64)
    return np.take_along_axis(words, which, axis=-1)[..., 0]


def draw32(seed, stream, key, step, unit):
    """The 32-bit draw of units; key, step and unit broadcast."""
    unit = np.asarray(unit, dtype=np.int64)
    words = _block(seed, stream, key, step, unit // 4)
    return _pick(words, unit % 4).astype(np.int64)


def draw16(seed, stream, key, step, unit):
    """The 16-bit draw of units."""
    unit = np.asarray(unit, dtype=np.int64)
    words = _block(seed, stream, key, step, unit // 8)
    word = _pick(words, unit % 8 // 2).astype(np.int64)
    return np.where(unit % 2 == 0, word & 0xFFFF, word >> 16)


def below(m, draw):
    """A whole number below m."""
    return (int(draw) * int(m)) >> 32


# ---- Noise, section 5 -------------------------------------------------------


def read_quantiles(path=QUANTILES):
    """The tables of quantiles.c: {"gaussian": (1536), "logistic": (1536)}."""
    text = Path(path).read_text()
    tables = {}
    for name, body in re.findall(
            r"lm_quantile_(\w+)\[1536\] = \{([^}]*)\}", text):
        tables[name] = np.array([int(x) for x in body.split(",") if x.strip()],
                                dtype=np.int64)
        assert tables[name].shape == (1536,)
    return tables


NODES = read_quantiles()


def noise(kind, draw):
    """z, in units of 2^-16, of 32-bit draws."""
    node = NODES[kind]
    u = np.asarray(draw, dtype=np.int64)
    assert np.all((0 <= u) & (u < 2**32))
    v = np.maximum(u % 2**31, 128)
    log2 = np.frexp(v.astype(np.float64))[1] - 1  # floor(log2 v), exact
    k = 30 - log2
    assert np.all((0 <= k) & (k <= 23))
    f = v - (1 << (30 - k))
    i = f >> (24 - k)
    g = f & ((1 << (24 - k)) - 1)
    assert np.all((0 <= i) & (i < 64))
    here = node[64 * k + i]
    inside = node[np.minimum(64 * k + i + 1, 1535)]
    above = np.where(k > 0, node[np.maximum(64 * (k - 1), 0)], 0)
    there = np.where(i < 63, inside, above)
    m = here + (((there - here) * g) >> (24 - k))
    z = np.where(u < 2**31, -m, m)
    assert np.all(np.abs(z) < (5.5 if kind == "gaussian" else 17.4) * 65536)
    return z


# ---- The network ------------------------------------------------------------


@dataclass
class Pattern:
    """Which pairs a connection has."""
    kind: str = "dense"  # dense, in_degree, probability, given
    in_degree: int = 0
    probability: float = 0.0
    self_pairs: bool = False
    seed: int = 0
    rows: list = None  # given: for each unit, its sources, ascending


@dataclass
class Options:
    """Options of all units of a layer; the floats are float32."""
    noise: str = None  # None, gaussian, logistic
    noise_scale: float = 0.0
    refractory: int = 0
    adapt_gain: float = 0.0
    adapt_memory: float = 0.0

    def __post_init__(self):
        for name in ("noise_scale", "adapt_gain", "adapt_memory"):
            setattr(self, name, float(np.float32(getattr(self, name))))


@dataclass
class Connection:
    origin: int
    to: int
    delayed: bool
    pattern: Pattern
    exists: np.ndarray  # (n, m) bool
    w: np.ndarray       # (n, m) float32, zero where no pair exists
    balanced: bool = False

    def entries(self):
        """The masters in the order of the library."""
        return self.w[self.exists]


def pairs(pattern, index, n, m, recurrent):
    """(n, m) bool: the pairs of a pattern of connection `index`."""
    exists = np.zeros((n, m), dtype=bool)
    no_self = recurrent and not pattern.self_pairs
    if pattern.kind == "dense":
        exists[:] = True
    elif pattern.kind == "given":
        for i, row in enumerate(pattern.rows):
            exists[i, row] = True
    elif pattern.kind == "probability":
        level = int(np.rint(2.0**32 * pattern.probability))
        draws = draw32(pattern.seed, PATTERNS, index, np.arange(n)[:, None],
                       np.arange(m)[None, :])
        exists = draws < level
        if no_self:
            np.fill_diagonal(exists, False)
    elif pattern.kind == "in_degree":
        room = m - 1 if no_self else m
        for i in range(n):
            taken = set()
            for k in range(pattern.in_degree):
                r = room - pattern.in_degree + k
                t = below(r + 1, draw32(pattern.seed, PATTERNS, index, i, k))
                taken.add(r if t in taken else t)
            assert len(taken) == pattern.in_degree
            exists[i, [j + 1 if no_self and j >= i else j
                       for j in taken]] = True
    else:
        raise ValueError(pattern.kind)
    return exists


class Network:
    """Layers and connections; layer 0 is the input."""

    def __init__(self, units):
        self.units = list(units)
        self.connections = []
        self.theta = [np.zeros(n, dtype=np.float32) for n in units]
        self.options = [Options() for _ in units]
        self.synchronous = False

    @classmethod
    def standard(cls, units, self_=None, feedback=None):
        """Connections in the order W_1 U_1 V_1 W_2 ..."""
        net = cls(units)
        last = len(units) - 1
        for layer in range(1, last + 1):
            net.connect(layer - 1, layer)
            if self_ and self_[layer]:
                net.connect(layer, layer)
            if layer < last and feedback and feedback[layer]:
                net.connect(layer + 1, layer)
        return net

    def connect(self, origin, to, delayed=False, pattern=None):
        pattern = pattern or Pattern()
        n, m = self.units[to], self.units[origin]
        exists = pairs(pattern, len(self.connections), n, m, origin == to)
        self.connections.append(
            Connection(origin, to, delayed, pattern, exists,
                       np.zeros((n, m), dtype=np.float32)))
        return self.connections[-1]

    def delivers_now(self, c):
        return c.origin < c.to and not c.delayed and not self.synchronous

    # ---- Drawn networks, section 6

    def _draw_weights(self, seed, weight):
        for index, c in enumerate(self.connections):
            n, m = c.w.shape
            u = draw32(seed, WEIGHTS, index, np.arange(n)[:, None],
                       np.arange(m)[None, :])
            w = weight(c, u).astype(np.float32)
            c.w = np.where(c.exists, w, np.float32(0))

    def _gain(self, c, gain, recurrent_gain):
        g = gain if self.delivers_now(c) else recurrent_gain
        return float(np.float32(g))

    def init_uniform(self, gain, recurrent_gain, threshold, seed):
        def uniform(gain, u):
            lo, hi = -gain, gain
            return lo + (hi - lo) * (u + 0.5) / 2.0**32

        self._draw_weights(seed, lambda c, u: uniform(
            self._gain(c, gain, recurrent_gain), u))
        for layer in range(1, len(self.units)):
            u = draw32(seed, THRESHOLDS, layer, 0, np.arange(
                self.units[layer]))
            # U is rounded to float32 as a weight is, and so is the difference.
            drawn = uniform(float(np.float32(gain)), u).astype(np.float32)
            self.theta[layer] = np.float32(threshold) - drawn

    def init_normal(self, gain, recurrent_gain, seed):
        """sd = gain / sqrt(fan-in), the fan-in of a connection being the mean
        over its units: entries / n."""
        def normal(c, u):
            fan_in = max(c.exists.sum(), 1) / c.exists.shape[0]
            sd = self._gain(c, gain, recurrent_gain) / np.sqrt(fan_in)
            return sd * noise("gaussian", u) / 65536.0

        self._draw_weights(seed, normal)
        for layer in range(1, len(self.units)):
            self.theta[layer][:] = 0


# ---- The integer image, section 1 -------------------------------------------


def centred(row):
    """v of a balanced row: w minus its mean, in double: 16 sums of every
    sixteenth weight, then those in order."""
    w = row.astype(np.float64)
    lanes = np.zeros((-(-len(w) // 16), 16))
    lanes.flat[:len(w)] = w
    return w - np.cumsum(np.cumsum(lanes, axis=0)[-1])[-1] / len(w)


def integers(row, q, balanced):
    """w^ of one unit's masters."""
    if not balanced:
        return np.rint(np.ldexp(row.astype(np.float64), q))
    sums = np.rint(np.cumsum(centred(row) * np.ldexp(1.0, q)))
    return np.diff(sums, prepend=0.0)


def fits(rows, theta, options, q, balanced=None):
    """Whether exponent q holds conditions 1-4 for one unit.

    rows: for each connection its masters (m); theta: float; balanced: for each
    connection whether it is."""
    balanced = balanced or [False] * len(rows)
    for row, is_balanced in zip(rows, balanced):
        w = integers(row, q, is_balanced)
        if np.any(np.abs(w) > 32767):
            return False
        for b in range(0, len(w), 1024):
            block = w[b:b + 1024]
            if block[block > 0].sum() > 32767:
                return False
            if block[block < 0].sum() < -32768:
                return False
    if options.noise and np.ldexp(options.noise_scale, q) > 2.0**24:
        return False
    if np.ldexp(abs(options.adapt_gain), q) > 2.0**24:
        return False
    if not any(np.any(centred(row).astype(np.float32) if b else row)
               for row, b in zip(rows, balanced)):
        return abs(np.ldexp(float(theta), q)) <= 2.0**30
    return True


def exponent(rows, theta, options, balanced=None):
    """The largest q in [-100, 100] that fits.

    rint(2x) >= rint(x) for x >= 0, so what does not fit at q does not fit
    above it either, and the largest can be found by halving.  Balanced rows
    round sums: there all are tried."""
    if not fits(rows, theta, options, -100, balanced):
        raise Refused("no exponent fits")
    if balanced and any(balanced):
        return next(q for q in range(100, -101, -1)
                    if fits(rows, theta, options, q, balanced))
    lo, hi = -100, 101  # lo fits, hi does not (or is past the end)
    while hi - lo > 1:
        mid = (lo + hi) // 2
        if fits(rows, theta, options, mid):
            lo = mid
        else:
            hi = mid
    return lo


class Image:
    """The integer network that runs: q, w^, theta^, sigma^, beta^, k."""

    def __init__(self, net):
        self.net = net
        layers = len(net.units)
        self.w = [None] * len(net.connections)
        self.q = [None] * layers
        self.theta = [None] * layers
        self.sigma = [None] * layers
        self.beta = [None] * layers
        self.k = [None] * layers
        for layer in range(1, layers):
            self._layer(layer)

    def _layer(self, layer):
        net, options = self.net, self.net.options[layer]
        heard = [i for i, c in enumerate(net.connections) if c.to == layer]
        theta = net.theta[layer]
        if not np.all(np.isfinite(theta)) or not all(
                np.all(np.isfinite(net.connections[i].w)) for i in heard):
            raise Refused("not finite")
        q = np.array([
            exponent([net.connections[i].w[u] for i in heard], theta[u],
                     options, [net.connections[i].balanced for i in heard])
            for u in range(net.units[layer])
        ], dtype=np.int64)
        self.q[layer] = q
        for i in heard:
            c = net.connections[i]
            self.w[i] = np.array([integers(row, int(e), c.balanced)
                                  for row, e in zip(c.w, q)]).astype(np.int64)
            assert np.all(np.abs(self.w[i]) <= 32767)
        self.theta[layer] = np.clip(
            np.rint(np.ldexp(theta.astype(np.float64), q)), -2.0**30,
            2.0**30).astype(np.int64)
        self.sigma[layer] = np.rint(np.ldexp(options.noise_scale, q)).astype(
            np.int64) if options.noise else np.zeros_like(q)
        self.beta[layer] = np.rint(np.ldexp(options.adapt_gain, q)).astype(
            np.int64)
        self.k[layer] = int(np.rint(65536.0 * (1.0 - options.adapt_memory)))
        assert np.all(self.sigma[layer] <= 2**24)
        assert np.all(np.abs(self.beta[layer]) <= 2**24)


# ---- Input, section 4 -------------------------------------------------------


class Input:
    """What samples are shown: values (samples, frames, n), uint8 or float32."""

    def __init__(self, values, scale=1.0, hold=1, encoder="stochastic",
                 keys=None):
        values = np.asarray(values)
        assert values.ndim == 3 and values.dtype in (np.uint8, np.float32)
        self.values, self.hold, self.encoder = values, hold, encoder
        self.scale = float(np.float32(scale))
        self.samples, self.frames, self.units = values.shape
        self.keys = np.arange(self.samples, dtype=np.uint64) \
            if keys is None else np.asarray(keys, dtype=np.uint64)

    def subset(self, index):
        return Input(self.values[index], self.scale, self.hold, self.encoder,
                     self.keys[index])

    def levels(self, t):
        """(samples, n): rint(65536 p) of the frame shown at step t."""
        frame = min((t - 1) // self.hold, self.frames - 1)
        p = self.scale * self.values[:, frame].astype(np.float64)
        if self.values.dtype == np.uint8:
            p = np.minimum(p, 1.0)  # 255 times the float32 nearest to 1/255
        level = np.rint(65536.0 * p).astype(np.int64)
        assert np.all((0 <= level) & (level <= 65536))
        return level

    def spikes(self, t, seed):
        """(samples, n) int64 of 0 and 1."""
        level = self.levels(t)
        if self.encoder == "threshold":
            return (level >= 32768).astype(np.int64)
        step = 0 if self.encoder == "frozen" else t
        draws = draw16(seed, INPUT, self.keys[:, None], step,
                       np.arange(self.units)[None, :])
        return (draws < level).astype(np.int64)


# ---- One step, section 2 ----------------------------------------------------


class State:
    """What is carried from step to step."""

    def __init__(self, net, samples):
        self.t = 0
        self.s = [np.zeros((samples, n), dtype=np.int64) for n in net.units]
        self.c = [np.zeros((samples, n), dtype=np.int64) for n in net.units]
        # The last step at which a unit must be silent.
        self.silent = [np.zeros((samples, n), dtype=np.int64)
                       for n in net.units]


def _int32(x):
    assert np.all((-2**31 <= x) & (x < 2**31))
    return x


def _delivered(net, c, now, before):
    return (now if net.delivers_now(c) else before)[c.origin]


def _fire(net, layer, a, state):
    """s of a layer from a; takes note of refractory periods."""
    s = ((a > 0) & (state.t > state.silent[layer])).astype(np.int64)
    state.silent[layer] = np.where(
        s == 1, state.t + net.options[layer].refractory, state.silent[layer])
    return s


def step(image, state, inp, seed):
    """Moves the state by one step."""
    net = image.net
    state.t += 1
    before, now = list(state.s), state.s
    now[0] = inp.spikes(state.t, seed)
    for layer in range(1, len(net.units)):
        options = net.options[layer]
        a = np.zeros((inp.samples, net.units[layer]), dtype=np.int64)
        for c, w in zip(net.connections, image.w):
            if c.to == layer:
                a += _delivered(net, c, now, before) @ w.T
        assert np.all(np.abs(a) <= 2**29)
        a = _int32(a - image.theta[layer])
        if options.adapt_gain != 0:
            a = _int32(a - ((image.beta[layer] * state.c[layer]) >> 16))
        if options.noise:
            u = draw32(seed, NOISE + layer, inp.keys[:, None], state.t,
                       np.arange(net.units[layer])[None, :])
            a = _int32(
                a + ((image.sigma[layer] * noise(options.noise, u)) >> 16))
        s = _fire(net, layer, a, state)
        c = state.c[layer]
        state.c[layer] = c + (((65536 * s - c) * image.k[layer]) >> 16)
        assert np.all((0 <= state.c[layer]) & (state.c[layer] <= 65536))
        now[layer] = s


def run(image, state, inp, steps, burn_in=0, seed=0):
    """Rasters [layer] (samples, steps, n) and counts [layer] (samples, n)."""
    units = image.net.units
    rasters = [np.zeros((inp.samples, steps, n), dtype=bool) for n in units]
    counts = [np.zeros((inp.samples, n), dtype=np.int64) for n in units]
    for i in range(steps):
        step(image, state, inp, seed)
        for layer, s in enumerate(state.s):
            rasters[layer][:, i] = s == 1
            if state.t > burn_in:
                counts[layer] += s
    return rasters, counts


def run_float(net, inp, steps, burn_in=0, seed=0):
    """The equations of DESIGN.md in double from rest, from the float masters
    and the same draws: what the image approximates."""
    state = State(net, inp.samples)
    adapt = [np.zeros((inp.samples, n)) for n in net.units]
    rasters = [np.zeros((inp.samples, steps, n), dtype=bool)
               for n in net.units]
    counts = [np.zeros((inp.samples, n), dtype=np.int64) for n in net.units]
    for i in range(steps):
        state.t += 1
        before, now = list(state.s), state.s
        now[0] = inp.spikes(state.t, seed)
        for layer in range(1, len(net.units)):
            options = net.options[layer]
            a = np.zeros((inp.samples, net.units[layer])) - net.theta[layer]
            for c in net.connections:
                if c.to == layer:
                    a += _delivered(net, c, now, before) @ c.w.T.astype(
                        np.float64)
            a -= options.adapt_gain * adapt[layer]
            if options.noise:
                u = draw32(seed, NOISE + layer, inp.keys[:, None], state.t,
                           np.arange(net.units[layer])[None, :])
                a += options.noise_scale * noise(options.noise, u) / 65536.0
            now[layer] = _fire(net, layer, a, state)
            adapt[layer] += (1 - options.adapt_memory) * (now[layer] -
                                                          adapt[layer])
        for layer, s in enumerate(state.s):
            rasters[layer][:, i] = s == 1
            if state.t > burn_in:
                counts[layer] += s
    return rasters, counts


# ---- The vote, section 7 ----------------------------------------------------


def vote(counts, seed, key):
    """(answer, whether tied) of one sample's output counts (n)."""
    tied = np.flatnonzero(counts == np.max(counts))
    pick = below(len(tied), draw32(seed, TIES, key, 0, 0))
    return int(tied[pick]), len(tied) > 1
