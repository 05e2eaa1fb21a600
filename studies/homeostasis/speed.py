"""Is low activity cheap?  Trains the arms of training.yaml with one seed and
prints samples a second of processor time, on one thread, in training and in a
test; nothing is stored, as it differs from machine to machine.

    python3 studies/homeostasis/speed.py build/cli/limen [ROUNDS]

The arms take turns; the best of the rounds (default: 3) counts, as a busy
machine can only make them slower.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
EPOCHS = (1, 5)  # the difference leaves out loading and testing
SEEDS = (1, 6)   # the same of `limen eval`
TEST = 10000


def seconds(*words, cwd):
    """Processor time of a call, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, words)), cwd=cwd, check=True,
                   stdout=subprocess.DEVNULL,
                   env=dict(os.environ, OMP_NUM_THREADS="1"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime -
            before.ru_utime - before.ru_stime)


def options(settings):
    words = []
    for name, value in settings.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else (
            str(value).lower() if isinstance(value, bool) else str(value))
        words += ["--set", f"{name}={text}"]
    return words


def measure(limen, settings, cwd):
    """Seconds of the extra epochs and of the extra tests; activity."""
    train = []
    for epochs in EPOCHS:
        train.append(seconds(
            limen, "train", *options(dict(settings, epochs=epochs)),
            "--threads", 1, "--quiet", "--force", "-o", "run", cwd=cwd))
    test = [seconds(limen, "eval", "run", "--seeds", count, "--threads", 1,
                    "--quiet", cwd=cwd) for count in SEEDS]
    lines = (pathlib.Path(cwd) / "run/metrics.jsonl").read_text().splitlines()
    return (train[1] - train[0], test[1] - test[0],
            json.loads(lines[-1])["activity"][1])


def main():
    limen = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    study = yaml.safe_load((HERE / "training.yaml").read_text())
    best = {}
    with tempfile.TemporaryDirectory() as cwd:
        for _ in range(rounds):
            for label, arm in study["arms"].items():
                got = measure(limen, {**study["base"], **arm}, cwd)
                old = best.get(label, got)
                best[label] = (min(old[0], got[0]), min(old[1], got[1]),
                               got[2])
    trained = study["base"]["train-samples"] * (EPOCHS[1] - EPOCHS[0])
    tested = TEST * (SEEDS[1] - SEEDS[0])
    print(f"{'arm':20} {'activity':>8} {'trained/s':>10} {'tested/s':>10}")
    for label, (train, test, activity) in best.items():
        print(f"{label:20} {activity:8.3f} {trained / train:10.0f} "
              f"{tested / test:10.0f}")


if __name__ == "__main__":
    main()
