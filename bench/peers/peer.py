"""What every peer's script shares: its arguments, its data, its clock."""

import argparse
import gzip
import json
import pathlib
import resource
import time

import numpy as np


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("work")
    parser.add_argument("--units", default="784,256,10",
                        type=lambda t: [int(n) for n in t.split(",")])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--bf16", action="store_true")
    return parser.parse_args()


def read_set(name):
    path = next(pathlib.Path("/usr/share").glob(f"**/{name}-ubyte.gz"))
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)


def whole_set(split):
    """Images and labels of Fashion-MNIST; split: train or t10k."""
    return (read_set(f"{split}-images-idx3")[16:].reshape(-1, 784).copy(),
            read_set(f"{split}-labels-idx1")[8:].copy())


def images(count, pixels=784):
    """Probabilities of the first test images."""
    x = read_set("t10k-images-idx3")[16:].reshape(-1, 784)[:count, :pixels]
    return (x / 255).astype(np.float32)


def tell(seconds, **more):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, **more}))


def report(work, args):
    """Times `work` until the seconds are spent, after one call to warm up."""
    work()
    seconds = []
    start = time.perf_counter()
    while time.perf_counter() - start < args.seconds or len(seconds) < 3:
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    tell(seconds)
