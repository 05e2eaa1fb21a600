"""The package `powerlaw` on sets of events.

Run by the Python of BUILD/oracles: powerlaw_peer.py FOLDER.  FOLDER/cases.json
is a list of {"name", "discrete", "xmin", "pairs"}; the events are those of
FOLDER/NAME.npy, which is written for data sets that come with the package.
Answers go to FOLDER/answers.json.
"""

import json
import pathlib
import sys
import time
import warnings

import numpy as np
import powerlaw

NAMES = {"power": "power_law", "exponential": "exponential",
         "lognormal": "lognormal", "stretched": "stretched_exponential",
         "truncated": "truncated_power_law"}


def events_of(folder, name):
    path = folder / f"{name}.npy"
    if not path.exists():
        data = pathlib.Path(powerlaw.__file__).parent / "reference_data"
        np.save(path, np.loadtxt(data / f"{name}.txt"))
    return np.load(path)


def law(fit, name):
    found = getattr(fit, NAMES[name])
    return {"parameters": [float(v) for v in found.parameters.values()],
            "logs": [float(v) for v in found.loglikelihoods(fit.data)]}


def answer(x, case):
    # the default bound of 3 is no bound of the method's
    options = {"discrete": case["discrete"], "xmin": case["xmin"],
               "estimate_discrete": False, "verbose": 0,
               "parameter_ranges": {"alpha": [1.0001, 6.0]}}
    begin = time.perf_counter()
    fit = powerlaw.Fit(x, **options)
    power = fit.power_law
    seconds = time.perf_counter() - begin
    laws = {name for pair in case["pairs"] for name in pair}
    return {"seconds": seconds, "xmin": float(fit.xmin),
            "alpha": float(power.alpha), "distance": float(power.D),
            "error": float(power.standard_err), "events": [float(v) for v in
                                                           fit.data],
            "log_likelihood": float(power.loglikelihoods(fit.data).sum()),
            "laws": {name: law(fit, name) for name in laws},
            "ratios": [[float(v) for v in fit.distribution_compare(
                NAMES[a], NAMES[b])] for a, b in case["pairs"]]}


def main():
    folder = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    cases = json.loads((folder / "cases.json").read_text())
    answers = {case["name"]: answer(events_of(folder, case["name"]), case)
               for case in cases}
    (folder / "answers.json").write_text(json.dumps(answers))


main()
