"""Limen's network in plain PyTorch: float32 matrices, Bernoulli input redrawn
at every step, gradients by autograd through a surrogate.

    python torch_plain.py infer|train|train-window|rate|recipe [options]
"""

import math
import time

import peer
import torch


class Spike(torch.autograd.Function):
    """1[a > 0]; its derivative is 1 / (1 + pi |a| / 2)^2."""

    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return (a > 0).to(a.dtype)

    @staticmethod
    def backward(ctx, grad):
        a, = ctx.saved_tensors
        return grad / (1 + (math.pi / 2) * a.abs()) ** 2


class Network(torch.nn.Module):
    """below, self and feedback of every layer; theta is minus the bias."""

    def __init__(self, units, dtype=torch.float32):
        super().__init__()
        self.units = units
        layers = range(1, len(units))
        linear = torch.nn.Linear
        self.below = torch.nn.ModuleList(
            linear(units[k - 1], units[k]) for k in layers)
        self.self_ = torch.nn.ModuleList(
            linear(units[k], units[k], bias=False) for k in layers)
        self.feedback = torch.nn.ModuleList(
            linear(units[k + 1], units[k], bias=False) for k in layers[:-1])
        with torch.no_grad():
            for m in [*self.self_, *self.feedback]:
                m.weight.mul_(0.1)
        self.to(dtype)

    def forward(self, p, steps, detach=False):
        s = [p.new_zeros(len(p), n) for n in self.units]
        mean = torch.zeros_like(s[-1])
        for _ in range(steps):
            old = [x.detach() for x in s] if detach else s
            now = [(torch.rand_like(p) < p).to(p.dtype)]
            for k in range(1, len(self.units)):
                a = self.below[k - 1](now[-1]) + self.self_[k - 1](old[k])
                if k < len(self.units) - 1:
                    a = a + self.feedback[k - 1](old[k + 1])
                now.append(Spike.apply(a))
            s = now
            mean = mean + s[-1]
        return mean / steps


def infer(net, p, steps):
    with torch.inference_mode():
        return net(p, steps)


def train(net, optimiser, p, labels, steps, detach):
    optimiser.zero_grad(set_to_none=True)
    loss = torch.nn.functional.cross_entropy(7 * net(p, steps, detach), labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()


def rate_step(net, p, labels, steps, lr=0.01):
    """The original rule: one forward run, one step backward on the averages."""
    with torch.no_grad():
        s = [p.new_zeros(len(p), n) for n in net.units]
        r = [torch.zeros_like(x) for x in s]
        for _ in range(steps):
            now = [(torch.rand_like(p) < p).to(p.dtype)]
            for k in range(1, len(net.units)):
                a = net.below[k - 1](now[-1]) + net.self_[k - 1](s[k])
                if k < len(net.units) - 1:
                    a = a + net.feedback[k - 1](s[k + 1])
                now.append((a > 0).to(p.dtype))
            s = now
            for mean, x in zip(r, s):
                mean += x
        r = [mean / steps for mean in r]
        target = torch.nn.functional.one_hot(labels, net.units[-1])
        delta = (r[-1] - target) * (r[-1] > 0) / len(p)
        for k in range(len(net.units) - 1, 0, -1):
            below = (delta @ net.below[k - 1].weight) * (r[k - 1] > 0)
            net.below[k - 1].weight.sub_(lr * (delta.T @ r[k - 1]))
            net.below[k - 1].bias.sub_(lr * delta.sum(0))
            net.self_[k - 1].weight.sub_(lr * (delta.T @ r[k]))
            if k < len(net.units) - 1:
                net.feedback[k - 1].weight.sub_(lr * (delta.T @ r[k + 1]))
            delta = below


def recipe(net, args):
    """Ten epochs at T = 5 as Limen's default, then the test at T = 20."""
    x, y = map(torch.tensor, peer.whole_set("train"))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3, foreach=True)
    batches = (len(x) + 127) // 128
    total, warm = 10 * batches, batches
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: (k + 1) / (warm + 1) if k < warm else
        0.5 + 0.5 * math.cos(math.pi * (k - warm) / (total - warm)))
    begin = time.perf_counter()
    for _ in range(10):
        order = torch.randperm(len(x))
        for k in range(batches):
            rows = order[128 * k:128 * (k + 1)]
            train(net, optimiser, x[rows].float() / 255, y[rows].long(), 5,
                  False)
            schedule.step()
    x, y = map(torch.tensor, peer.whole_set("t10k"))
    right = sum(int((infer(net, x[k:k + 500].float() / 255, 20).argmax(1)
                     == y[k:k + 500]).sum()) for k in range(0, len(x), 500))
    peer.tell([time.perf_counter() - begin], accuracy=right / len(x))


def main():
    args = peer.arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    dtype = torch.bfloat16 if args.bf16 else torch.float32
    net = Network(args.units, dtype)
    p = torch.tensor(peer.images(args.batch, args.units[0])).to(dtype)
    labels = torch.arange(args.batch) % args.units[-1]
    if args.work == "infer":
        peer.report(lambda: infer(net, p, args.steps), args)
        return
    if args.work == "rate":
        peer.report(lambda: rate_step(net, p, labels, args.steps), args)
        return
    if args.work == "recipe":
        recipe(net, args)
        return
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)
    peer.report(lambda: train(net, optimiser, p, labels, args.steps,
                              args.work == "train-window"), args)


main()
