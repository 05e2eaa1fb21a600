"""Networks that change, in NumPy, written from docs/numerics.md section 11.

Masters stay whole matrices (n, m) of float32.  Every line that rounds does so
as the document says: f() is one float32 operation.
"""

import numpy as np

import oracle as o

PLASTIC, WORDS = 240, 242
F = np.float32


def lanes(row):
    """Sixteen sums of every sixteenth number, then those in order, in double."""
    w = np.asarray(row, dtype=np.float64)
    padded = np.zeros((-(-max(len(w), 1) // 16), 16))
    padded.flat[:len(w)] = w
    total = 0.0
    for part in np.cumsum(padded, axis=0)[-1]:
        total += part
    return total


def scale_row(net, index, i, factor, plus_minus):
    c = net.connections[index]
    entries = c.exists[i]
    before = lanes(c.w[i][entries])
    c.w[i] = (c.w[i].astype(np.float64) * factor).astype(F)
    if plus_minus:
        after = lanes(c.w[i][entries])
        theta = net.theta[c.to]
        theta[i] = F(float(theta[i]) + (after - before) / 2.0)


class Rules:
    """rules: dicts with the names of limen_plastic_rule; sign: [layer] +-1."""

    def __init__(self, net, rules, sign, samples, seed):
        self.net, self.rules, self.sign, self.seed = net, rules, sign, seed
        self.samples = samples
        self.own = [np.zeros(net.connections[r["place"]].w.shape[0], F)
                    if r["kind"] == "self_critical" else None for r in rules]
        self.sums = [dict(total=0, steps=0, last=0.0, x=0, y=0, xx=0, xy=0)
                     for _ in rules]

    def step(self, image, state, inp):
        before = [s.copy() for s in state.s]
        self.a, fire = {}, o._fire
        def watched(net, layer, a, state):
            self.a[layer] = a
            return fire(net, layer, a, state)
        o._fire = watched
        try:
            o.step(image, state, inp, self.seed)
        finally:
            o._fire = fire
        self.before, self.now, self.image = before, state.s, image
        for r, rule in enumerate(self.rules):
            getattr(self, rule["kind"])(r, rule, state.t)
        return o.Image(self.net)

    def intrinsic(self, r, rule, t):
        layer, rate = rule["place"], F(rule["rate"])
        fired = F(1) * self.now[layer].sum(axis=0).astype(F)
        share = fired / F(self.samples)
        self.net.theta[layer] = self.net.theta[layer] + rate * (
            share - F(rule["target"]))

    def _pairs(self, c, which):
        pre = (self.before, self.now, self.before)[which][c.origin]
        post = (self.now, self.before, None)[which]
        post = np.ones((self.samples, c.w.shape[0]), dtype=np.int64) \
            if post is None else post[c.to]
        return (post.T @ pre).astype(F)

    def stdp(self, r, rule, t):
        c = self.net.connections[rule["place"]]
        up, down = F(rule["rate"]) / F(self.samples), \
            F(rule["rate_down"]) / F(self.samples)
        x = c.w + (up * self._pairs(c, 0) - down * self._pairs(c, 1))
        x = np.minimum(x, F(rule["ceiling"]))
        x = np.where(x < F(1e-10), F(0), x)
        moves = (c.w > 0) & (self.sign[c.origin] > 0)[None, :]
        c.w = np.where(moves, x, c.w).astype(F)

    def inhibitory_stdp(self, r, rule, t):
        c = self.net.connections[rule["place"]]
        rate = F(rule["rate"]) / F(self.samples)
        gain = F(1) + F(1) / F(rule["target"])
        x = -c.w + rate * (gain * self._pairs(c, 0) - self._pairs(c, 2))
        x = np.where(x <= 0, F(rule["floor"]), x)
        any_fired = self.before[c.origin].any()
        moves = (c.w < 0) & (self.sign[c.origin] < 0)[None, :]
        if any_fired:
            c.w = np.where(moves, -x, c.w).astype(F)

    def structural(self, r, rule, t):
        k = rule["place"]
        c = self.net.connections[k]
        bound = int(np.rint(2.0**32 * rule["chance"]))
        if int(o.draw32(self.seed, PLASTIC, k, t, 0)) >= bound:
            return
        entries = np.argwhere(c.exists)
        for u in range(1, 65):
            i, j = entries[o.below(len(entries), o.draw32(
                self.seed, PLASTIC, k, t, u))]
            if c.w[i, j] == 0 and not (c.origin == c.to and i == j):
                c.w[i, j] = F(self.sign[c.origin][j]) * F(rule["floor"])
                return

    def normalise(self, r, rule, t):
        c = self.net.connections[rule["place"]]
        target = float(F(rule["target"]))
        for i in range(c.w.shape[0]):
            for sign in (1, -1):
                if not np.any(self.sign[c.origin] == sign):
                    continue
                row = c.w[i][c.exists[i]] * F(sign)
                total = lanes(np.where(row > 0, row, 0))
                if total == 0 or abs(total - target) <= target * 2.0**-23:
                    continue
                scaled = (c.w[i].astype(np.float64) * (target / total)).astype(F)
                c.w[i] = np.where(c.w[i] * sign > 0, scaled, c.w[i])

    def _flips(self, index):
        """(samples, n): sources that would each flip a unit."""
        c, w = self.net.connections[index], self.image.w[index]
        s = (self.now if self.net.delivers_now(c) else self.before)[c.origin]
        a = self.a[c.to][:, :, None]
        other = a + np.where(s[:, None, :] == 1, -w[None], w[None])
        return ((a > 0) != (other > 0)).sum(axis=2)

    def self_critical(self, r, rule, t):
        k = rule["place"]
        c = self.net.connections[k]
        flips = self._flips(k).sum(axis=0).astype(F)
        grown = 1.0 + float(F(rule["rate"]))
        own = self.own[r]
        for i in range(len(own)):
            own[i] = own[i] + (flips[i] / F(self.samples) - own[i]) / F(
                rule["window"])
            if own[i] > F(rule["target"]):
                scale_row(self.net, k, i, 1.0 / grown, rule["plus_minus"])
            elif float(np.abs(c.w[i]).max()) * grown <= float(
                    F(rule["ceiling"])):
                scale_row(self.net, k, i, grown, rule["plus_minus"])

    def _is_full(self, r, rule):
        self.sums[r]["steps"] += 1
        if self.sums[r]["steps"] < rule["window"]:
            return False
        self.sums[r]["steps"] = 0
        return True

    def _scale_all(self, rule, x):
        factor = 1.0 + float(F(rule["rate"])) * (float(F(rule["target"])) - x)
        for i in range(self.net.connections[rule["place"]].w.shape[0]):
            scale_row(self.net, rule["place"], i, min(max(factor, 0.5), 2.0),
                      rule["plus_minus"])

    def control_rate(self, r, rule, t):
        layer, sums = rule["place"], self.sums[r]
        sums["total"] += int(self.now[layer].sum())
        if not self._is_full(r, rule):
            return
        every = float(rule["window"] * self.samples)
        x = sums["total"] / (every * self.net.units[layer])
        self.net.theta[layer] = self.net.theta[layer] + F(rule["rate"]) * F(
            x - float(F(rule["target"])))
        sums["total"], sums["last"] = 0, x

    def control_branching(self, r, rule, t):
        layer, sums = self.net.connections[rule["place"]].to, self.sums[r]
        for x, y in zip(self.before[layer].sum(axis=1),
                        self.now[layer].sum(axis=1)):
            for name, value in (("x", x), ("y", y), ("xx", x * x),
                                ("xy", x * y)):
                sums[name] += int(value)
        if not self._is_full(r, rule):
            return
        pairs = rule["window"] * self.samples
        spread = pairs * sums["xx"] - sums["x"]**2
        if sums["x"] == 0 or spread != 0:
            m = 0.0 if sums["x"] == 0 else (
                pairs * sums["xy"] - sums["x"] * sums["y"]) / spread
            self._scale_all(rule, m)
            sums["last"] = m
        for name in ("x", "y", "xx", "xy"):
            sums[name] = 0

    def control_growth(self, r, rule, t):
        sums = self.sums[r]
        c = self.net.connections[rule["place"]]
        sums["total"] += int(self._flips(rule["place"]).sum())
        if not self._is_full(r, rule):
            return
        x = sums["total"] / (float(rule["window"] * self.samples) *
                             c.w.shape[1])
        self._scale_all(rule, x)
        sums["total"], sums["last"] = 0, x
