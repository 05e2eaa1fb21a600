"""Limen's network in plain PyTorch: float32 matrices, Bernoulli input redrawn
at every step, gradients by autograd through a surrogate.

    python torch_plain.py WORK [--threads N] [--batch N] [--steps N]

prints {"seconds": [...], "peak_mib": ...} of one batch.
"""

import math

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
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)
    peer.report(lambda: train(net, optimiser, p, labels, args.steps,
                              args.work == "train-window"), args)


main()
