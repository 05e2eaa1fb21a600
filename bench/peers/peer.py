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


def images(count, pixels=784):
    """Probabilities of the first test images of Fashion-MNIST."""
    path = next(pathlib.Path("/usr/share").glob("**/t10k-images-idx3-ubyte.gz"))
    raw = np.frombuffer(gzip.decompress(path.read_bytes())[16:], np.uint8)
    x = raw.reshape(-1, 784)[:count, :pixels]
    return (x / 255).astype(np.float32)


def report(work, args):
    """Times `work` until the seconds are spent, after one call to warm up."""
    work()
    seconds = []
    start = time.perf_counter()
    while time.perf_counter() - start < args.seconds or len(seconds) < 3:
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak}))
