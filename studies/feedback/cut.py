#!/usr/bin/env python3
"""Cuts recurrent connections of trained networks and tests them again.

    cut.py --limen build/cli/limen -o runs/cut [--check studies/feedback/cut.json]

Trains each arm of study.yaml's network on each seed, sets the weights of its
self or feedback connections to zero in a copy of the model file, and measures
test accuracy with `limen eval`.  Prints a table, writes DIR/cut.json.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

SEEDS = [1, 2, 3, 4, 5]
TRAIN = ["--hidden", "256,256", "--train-samples", "10000", "--epochs", "10"]
ARMS = {"+V": ["--feedback"], "+U": ["--self"],
        "+U+V": ["--self", "--feedback"]}
CUTS = {"+V": ["V"], "+U": ["U"], "+U+V": ["U", "V", "UV"]}
STEPS = "5,20,50"


def cut_model(source, target, kinds):
    """A copy whose self (U) or feedback (V) weights are zero."""
    data = bytearray(source.read_bytes())
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    network = json.loads(header["__metadata__"]["network"])
    for k, connection in enumerate(network["connections"]):
        kind = ("U" if connection["from"] == connection["to"] else
                "V" if connection["from"] > connection["to"] else "W")
        if kind in kinds:
            first, end = header[f"connection.{k}.weight"]["data_offsets"]
            data[8 + size + first:8 + size + end] = bytes(end - first)
    target.write_bytes(data)


def ask(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True,
                          text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    return done.stdout


def accuracies(program, model, seed):
    out = json.loads(ask(program, "eval", model, "--steps", STEPS, "--seeds", 1,
                         "--seed", seed, "--json", "--quiet"))
    return [point["accuracy"] for point in out["points"]]


def one(program, folder, arm, seed):
    """Accuracy at each of STEPS: whole, and after each cut."""
    run = folder / f"{arm}.{seed}"
    model = run / "model.safetensors"
    if not model.exists():
        ask(program, "train", *TRAIN, *ARMS[arm], "--seed", seed, "--quiet",
            "-o", run, "--force")
    best = run / "best.safetensors"
    model = best if best.exists() else model
    found = {"whole": accuracies(program, model, seed)}
    for kinds in CUTS[arm]:
        cut_model(model, run / "cut.safetensors", kinds)
        found[kinds] = accuracies(program, run / "cut.safetensors", seed)
    return found


def summary(values):
    """values: (seeds, steps).  Mean and 95 % t interval in points."""
    values = 100 * np.array(values)
    half = 2.776 * values.std(0, ddof=1) / np.sqrt(len(values))  # t, 4 df
    mean = values.mean(0)
    return [{"mean": round(m, 2), "low": round(m - h, 2),
             "high": round(m + h, 2)} for m, h in zip(mean, half)]


def check(found, stored):
    """Means outside the stored intervals."""
    return [f"{arm} {what} at T = {steps}"
            for arm in stored for what in stored[arm]
            for steps, now, then in zip(STEPS.split(","), found[arm][what],
                                        stored[arm][what])
            if not then["low"] <= now["mean"] <= then["high"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limen", default="build/cli/limen")
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    parser.add_argument("--check", type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = {}
    for arm in ARMS:
        runs = [one(args.limen, args.out, arm, seed) for seed in SEEDS]
        whole = np.array([run["whole"] for run in runs])
        found[arm] = {"whole": summary(whole)}
        for kinds in CUTS[arm]:
            found[arm][f"{kinds} cut, difference"] = summary(
                np.array([run[kinds] for run in runs]) - whole)
        for what, points in found[arm].items():
            print(f"{arm:5s} {what:22s}", *(
                f"T={t}: {p['mean']:.2f} ({p['low']:.2f} to {p['high']:.2f})"
                for t, p in zip(STEPS.split(","), points)))
    (args.out / "cut.json").write_text(json.dumps(found, indent=1) + "\n")
    if args.check:
        wrong = check(found, json.loads(args.check.read_text()))
        if wrong:
            sys.exit("outside the stored interval: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
