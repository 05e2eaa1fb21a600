"""A multilayer perceptron of rectified linear units, trained as Limen trains
the arms of a study: Adam, gradient norm clipped at 1, warm-up over the first
tenth of the updates, then a cosine to 0; the network after the last epoch.

kind options (study file, baselines):
  train   pixels     on the images (default)
          bernoulli  on one draw of every pixel an image and epoch
          average    loss on the mean logits of `draws` draws (default 5)
  test    pixels     one pass (default)
          draws      the mean softmax of T = `steps` draws
  width   same       the hidden sizes of the recurrent network (default)
          compute    wider by a common factor, so that one pass has as many
                     multiply-adds as T steps of the recurrent network with
                     self and feedback connections has additions at most
  logits  plain      (default)
          normalised z / |z| times `scale` (Wei et al. 2022; default 25)
"""

import math

import numpy as np
import torch

PASS = 2000  # samples at a time in a test
RATE = 3e-3  # that of the arms; 1e-3 is 2 points worse on corrupted images


def compute_factor(units, steps):
    """x such that sum x n_l n_(l-1) over inner and x over outer connections is
    steps times the recurrent network's connections."""
    below = sum(a * b for a, b in zip(units, units[1:]))
    here = sum(n * n for n in units[1:])
    back = sum(a * b for a, b in zip(units[1:], units[2:]))
    wanted = steps * (below + here + back)
    if len(units) == 2:
        return 1.0
    outer = units[0] * units[1] + units[-2] * units[-1]
    inner = below - outer
    if inner == 0:
        return wanted / outer
    return (-outer + math.sqrt(outer ** 2 + 4 * inner * wanted)) / (2 * inner)


def rate(base, done, updates):
    """The learning rate of update `done`, counted from 0."""
    warm = math.floor(0.1 * updates)
    if done < warm:
        return base * (done + 1) / (warm + 1)
    return base * (0.5 + 0.5 * math.cos(math.pi * (done - warm)
                                        / (updates - warm)))


class Network(torch.nn.Module):
    def __init__(self, units, is_balanced, scale):
        super().__init__()
        self.layers = torch.nn.ModuleList(
            torch.nn.Linear(a, b) for a, b in zip(units, units[1:]))
        self.is_balanced = is_balanced
        self.scale = scale

    def forward(self, x, seen=None):
        """Logits.  seen: [hidden layer] flags of units that were not 0."""
        for k, layer in enumerate(self.layers):
            w = layer.weight
            if k == 0 and self.is_balanced:
                w = w - w.mean(dim=1, keepdim=True)
            x = torch.nn.functional.linear(x, w, layer.bias)
            if k < len(self.layers) - 1:
                x = torch.relu(x)
                if seen is not None:
                    seen[k] |= (x > 0).any(dim=0)
        if self.scale is not None:
            x = self.scale * x / (x.norm(dim=1, keepdim=True) + 1e-7)
        return x


class Mlp:
    """options: what the study said; features, classes: the data's."""

    def __init__(self, options, features, classes, seed):
        self.options = options
        self.seed = seed
        hidden = [int(n) for n in options["hidden"]]
        if options.get("width", "same") == "compute":
            factor = compute_factor([features, *hidden, classes],
                                    int(options["steps"]))
            hidden = [round(factor * n) for n in hidden]
        self.units = [features, *hidden, classes]
        scale = (float(options.get("scale", 25))
                 if options.get("logits") == "normalised" else None)
        torch.manual_seed(seed)
        self.random = torch.Generator().manual_seed(seed + 1)
        self.net = Network(self.units, options.get("balance") in
                           ("input", "below"), scale)

    def parameters(self):
        return sum(p.numel() for p in self.net.parameters())

    def draw(self, x):
        return (torch.rand(x.shape, generator=self.random) < x).float()

    def logits_in_training(self, x):
        kind = self.options.get("train", "pixels")
        if kind == "pixels":
            return self.net(x)
        if kind == "bernoulli":
            return self.net(self.draw(x))
        draws = int(self.options.get("draws", 5))
        return sum(self.net(self.draw(x)) for _ in range(draws)) / draws

    def fit(self, samples_of_epoch, epochs):
        """samples_of_epoch(e): x, y"""
        base = float(self.options.get("learning-rate") or RATE)
        batch = int(self.options["batch"])
        optimiser = torch.optim.Adam(self.net.parameters(), lr=base)
        order = np.random.default_rng(self.seed)
        for epoch in range(epochs):
            x, y = map(torch.from_numpy, samples_of_epoch(epoch))
            per_epoch = -(-len(x) // batch)
            rows = torch.from_numpy(order.permutation(len(x)))
            for k in range(per_epoch):
                chosen = rows[k * batch:(k + 1) * batch]
                for group in optimiser.param_groups:
                    group["lr"] = rate(base, epoch * per_epoch + k,
                                       epochs * per_epoch)
                optimiser.zero_grad(set_to_none=True)
                torch.nn.functional.cross_entropy(
                    self.logits_in_training(x[chosen]), y[chosen]).backward()
                torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
                optimiser.step()
        return self

    @torch.no_grad()
    def scores(self, x):
        """Log probabilities (samples, classes), and the share of hidden units
        that were 0 throughout."""
        seen = [torch.zeros(n, dtype=torch.bool) for n in self.units[1:-1]]
        y = np.concatenate([self.some_scores(torch.from_numpy(part), seen)
                            for part in np.split(x, range(PASS, len(x), PASS))])
        hidden = torch.cat(seen) if seen else torch.ones(1)
        return y, float(1 - hidden.float().mean())

    def some_scores(self, x, seen):
        if self.options.get("test", "pixels") == "pixels":
            return self.net(x, seen).log_softmax(1).double().numpy()
        steps = int(self.options["steps"])
        p = sum(self.net(self.draw(x), seen).softmax(1).double()
                for _ in range(steps)) / steps
        return torch.log(p + 1e-30).numpy()
