"""The sets of one cell, as `limen compare` wrote them, and what the program
makes of them: the baselines never draw a corruption themselves."""

import pathlib
import subprocess
import tempfile

import numpy as np


def load(path):
    """x: (samples, features) float32 in [0, 1]; y: labels."""
    with np.load(path) as file:
        x, y = file["x"], file["y"].astype(np.int64)
    x = x.reshape(len(x), -1)
    if x.dtype == np.uint8:
        x = (x / 255.0).astype(np.float32)
    return x, y


class StudyData:
    """Sets of seed S below DIR/data/seed-S."""

    def __init__(self, program, study, seed, options):
        self.program = program
        self.folder = pathlib.Path(study, "data", f"seed-{seed}")
        self.seed = seed
        self.options = options

    def named(self, name):
        return load(self.folder / f"{name}.npz")

    def train(self, name, epoch):
        """The training samples of an epoch, augmented if the study says so."""
        mixture = self.options.get("augment") or "none"
        if mixture == "none":
            return self.named(name)
        words = ["--augment", mixture, "--epoch", epoch + 1, "--seed", self.seed]
        without = self.options.get("augment-without")
        if without:
            words += ["--augment-without", without]
        return self.made(name, words)

    def corrupted(self, corruption, amount):
        seed = self.options.get("test-seed", self.seed)
        return self.made("test", ["--corrupt", f"{corruption}:{amount:.17g}",
                                  "--seed", seed])

    def made(self, name, words):
        """What the program makes of a set.  Kept, as every baseline of a seed
        needs the same: 3 KB a sample."""
        words = list(map(str, words))
        kept = self.folder / "made" / f"{name}{''.join(words)}.npz"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
                out = pathlib.Path(folder, "made.npz")
                done = subprocess.run(
                    [self.program, "data", "corrupt",
                     self.folder / f"{name}.npz", *words, "-o", out],
                    capture_output=True, text=True)
                if done.returncode != 0:
                    raise RuntimeError(done.stderr.strip())
                out.replace(kept)  # there whole, or not at all
        return load(kept)
