#!/usr/bin/env python3
"""A baseline of `limen compare`: trains a network without spikes on the sets of
one seed, tests it as the arms are tested, and writes its cell.

    relu.py --limen PROGRAM --study DIR --label LABEL --seed S --options JSON

kind: relu (mlp.py has its options), nearest, logistic or svm (classic.py).
One thread; the same options and seed give the same cell.
"""

import argparse
import json
import os
import pathlib
import re
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is there

import numpy as np  # noqa: E402

from measures import fit_temperature, measures, write_whole  # noqa: E402
from study_data import StudyData  # noqa: E402

CLASSIC = ("nearest", "logistic", "svm")


class Relu:
    def __init__(self, options, data, classes, seed):
        import torch

        from mlp import Mlp

        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        features = data.named("test")[0].shape[1]
        self.data = data
        self.options = options
        self.model = Mlp(options, features, classes, seed)

    def fit(self, name, validation, updates=0):
        samples = len(self.data.named(name)[0])
        per_epoch = -(-samples // int(self.options["batch"]))
        epochs = max(int(self.options["epochs"]), -(-updates // per_epoch))
        self.model.fit(lambda epoch: self.data.train(name, epoch), epochs)
        self.temperature = 1.0
        if validation is not None:
            self.temperature = fit_temperature(
                self.model.scores(validation[0])[0], validation[1])

    def parameters(self):
        return self.model.parameters()

    def test(self, x, labels):
        y, silent = self.model.scores(x)
        return measures(y, labels, self.temperature, silent)


class Classical:
    def __init__(self, options, data, classes, seed):
        from classic import Classic

        self.data = data
        self.classes = classes
        self.model = Classic(options["kind"], seed)

    def fit(self, name, validation, updates=0):
        self.model.fit(*self.data.named(name))
        self.temperature = 1.0
        if validation is not None and self.model.has_scores:
            self.temperature = fit_temperature(
                self.model.scores(validation[0], self.classes), validation[1])

    def parameters(self):
        return None

    def test(self, x, labels):
        return measures(self.model.scores(x, self.classes), labels,
                        self.temperature, None, self.model.answers(x))


def new_model(options, data, classes, seed):
    kind = options.get("kind")
    if kind == "relu":
        return Relu(options, data, classes, seed)
    if kind in CLASSIC:
        return Classical(options, data, classes, seed)
    raise ValueError(f"kind: '{kind}' is not relu, nearest, logistic or svm")


def make_cell(options, data, label, seed):
    x, labels = data.named("test")
    train_labels = data.named("train")[1]
    validation = data.named("validation")
    classes = int(options.get("classes")
                  or max(labels.max(), train_labels.max()) + 1)
    model = new_model(options, data, classes, seed)
    model.fit("train", validation)
    cell = {"arm": label, "seed": seed, "parameters": model.parameters(),
            "train_samples": len(train_labels), "clean": model.test(x, labels),
            "by_steps": {}, "conditions": [], "examples": {},
            "stability": None}
    for corruption, amounts in (options.get("conditions") or {}).items():
        for amount in amounts:
            worse, _ = data.corrupted(corruption, amount)
            cell["conditions"].append({"corruption": corruption,
                                       "amount": amount,
                                       **model.test(worse, labels)})
    for count in options.get("examples") or []:
        few = new_model(options, data, classes, seed)
        few.fit(f"train-{count}", None, options.get("examples-updates", 80))
        cell["examples"][str(count)] = few.test(x, labels)["accuracy"]
    return cell


def read_arguments():
    parser = argparse.ArgumentParser()
    for name in ("limen", "study", "label", "options"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, required=True)
    return parser.parse_args()


def main():
    args = read_arguments()
    options = json.loads(args.options)
    data = StudyData(args.limen, args.study, args.seed, options)
    cell = make_cell(options, data, args.label, args.seed)
    cells = pathlib.Path(args.study, "cells")
    cells.mkdir(exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9+-]", "_", args.label)
    write_whole(cells / f"{name}.{args.seed}.json", cell)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        if os.environ.get("LIMEN_TRACEBACK"):
            raise
        sys.exit(f"relu.py: {type(error).__name__}: {error}")
