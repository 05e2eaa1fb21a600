"""The same layers and connections with the neurons of snnTorch, SpikingJelly
and Norse; their membranes and currents do more than a threshold unit.

    python snn_libraries.py infer|train --library snntorch|spikingjelly|norse
"""

import sys

import peer
import torch


class Layers(torch.nn.Module):
    """below, self and feedback around the neuron that a library gives."""

    def __init__(self, units, make):
        super().__init__()
        linear = torch.nn.Linear
        layers = range(1, len(units))
        self.units = units
        self.below = torch.nn.ModuleList(
            linear(units[k - 1], units[k]) for k in layers)
        self.self_ = torch.nn.ModuleList(
            linear(units[k], units[k], bias=False) for k in layers)
        self.feedback = torch.nn.ModuleList(
            linear(units[k + 1], units[k], bias=False) for k in layers[:-1])
        self.neurons = torch.nn.ModuleList(make() for _ in layers)

    def forward(self, p, steps, fire):
        s = [p.new_zeros(len(p), n) for n in self.units]
        memory = [None] * len(self.units)
        mean = torch.zeros_like(s[-1])
        for _ in range(steps):
            now = [(torch.rand_like(p) < p).to(p.dtype)]
            for k in range(1, len(self.units)):
                a = self.below[k - 1](now[-1]) + self.self_[k - 1](s[k])
                if k < len(self.units) - 1:
                    a = a + self.feedback[k - 1](s[k + 1])
                spikes, memory[k] = fire(self.neurons[k - 1], a, memory[k])
                now.append(spikes)
            s = now
            mean = mean + s[-1]
        return mean / steps


def snntorch_neuron():
    import snntorch
    return snntorch.Leaky(beta=0.0, reset_mechanism="none",
                          spike_grad=snntorch.surrogate.fast_sigmoid())


def snntorch_fire(neuron, a, memory):
    return neuron(a, torch.zeros_like(a) if memory is None else memory)


def spikingjelly_neuron():
    from spikingjelly.activation_based import neuron, surrogate
    return neuron.LIFNode(tau=2.0, decay_input=False,
                          surrogate_function=surrogate.ATan())


def spikingjelly_fire(neuron, a, memory):
    return neuron(a), None


def norse_neuron():
    import norse.torch
    return norse.torch.LIFCell()


def norse_fire(neuron, a, memory):
    return neuron(a, memory)


def main():
    place = sys.argv.index("--library")
    library = sys.argv[place + 1]
    del sys.argv[place:place + 2]
    args = peer.arguments()
    torch.set_num_threads(args.threads)
    make, fire = {
        "snntorch": (snntorch_neuron, snntorch_fire),
        "spikingjelly": (spikingjelly_neuron, spikingjelly_fire),
        "norse": (norse_neuron, norse_fire),
    }[library]
    net = Layers(args.units, make)
    p = torch.tensor(peer.images(args.batch, args.units[0]))
    labels = torch.arange(args.batch) % args.units[-1]
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)

    def reset():
        if library == "spikingjelly":
            from spikingjelly.activation_based import functional
            functional.reset_net(net)

    def infer():
        reset()
        with torch.no_grad():
            net(p, args.steps, fire)

    def train():
        reset()
        optimiser.zero_grad(set_to_none=True)
        y = net(p, args.steps, fire)
        torch.nn.functional.cross_entropy(7 * y, labels).backward()
        optimiser.step()

    peer.report(infer if args.work == "infer" else train, args)


main()
