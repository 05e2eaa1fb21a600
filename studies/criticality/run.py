#!/usr/bin/env python3
"""The studies of criticality: each answers one question and keeps its result.

    studies/criticality/run.py NAME            measure, and store NAME.json
    studies/criticality/run.py NAME --check    measure, and compare with it
    studies/criticality/run.py NAME --table    the stored result as Markdown

NAME: edge, parity, threshold-networks, laws, subsampling, power-laws,
null-model, or all.  LIMEN_PROGRAM and LIMEN_LIBRARY name what is measured
(default: build/).  NumPy and SciPy only.
"""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from scipy import stats

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests/oracle"))

import branching_ctypes as branching  # noqa: E402
import damage_ctypes as damage  # noqa: E402
import limen_ctypes as limen  # noqa: E402
import tails_ctypes as tails  # noqa: E402

PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))


def call(*words, cwd):
    """The JSON of a command of limen."""
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, check=False,
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"limen {' '.join(map(str, words))}: {done.stderr}")
    return json.loads(done.stdout)


def sweep(cwd, *words):
    """The rows of a sweep: (values, result)."""
    call("sweep", "--json", "-o", "rows", *words, cwd=cwd)
    with open(pathlib.Path(cwd) / "rows/rows.jsonl") as file:
        return [(row["values"], row["result"]) for row in map(json.loads, file)]


def estimate(result, name):
    return result["network"][name].get("estimate")


def crossing(x, y, level):
    """Where a curve first rises through a level, on straight lines in log x;
    None if it does not."""
    points = [(a, b) for a, b in zip(x, y) if b is not None]
    for (a, low), (b, high) in zip(points, points[1:]):
        if low < level <= high:
            return a * (b / a) ** ((level - low) / (high - low))
    return None


# ---- the edge of chaos


def edge(folder):
    """Where do threshold networks turn chaotic, and which line says so?"""
    means = [0, 0.5, 1, 1.5, 2, 3]
    rows = sweep(folder, "--grid", "input-mean=" + ",".join(map(str, means)),
                 "--grid", "weights-sd=0.3162:3.1623:17:log", "--theory", "--",
                 "criticality", "--measure", "damage", "--networks", "20",
                 "--runs", "10")
    table, off = [], []
    for mean in means:
        part = [(v["weights-sd"] ** 2, r) for v, r in rows
                if v["input-mean"] == mean]
        x = [variance for variance, _ in part]
        grown = [estimate(r, "growth") for _, r in part]
        exponent = [estimate(r, "lyapunov") for _, r in part]
        lasting = [estimate(r, "long_time") for _, r in part]
        theory = part[0][1]["theory"]
        off += [abs(g / r["theory"]["growth"] - 1)
                for (_, r), g in zip(part, grown)
                if g is not None and r["theory"]["growth"] > 0.1]
        table.append({
            "mean input": mean,
            "annealed line": theory["critical_variance"],
            "growth crosses 1": crossing(x, grown, 1),
            "typical line": theory["critical_variance_geometric"],
            "exponent crosses 0": crossing(x, exponent, 0),
            "damage lasts (0.02)": crossing(x, lasting, 0.02)})
    annealed = [abs(math.log(r["growth crosses 1"] / r["annealed line"]))
                for r in table]
    typical = [abs(math.log(r["exponent crosses 0"] / r["typical line"]))
               for r in table if r["exponent crosses 0"] is not None]
    other = [abs(math.log(r["exponent crosses 0"] / r["annealed line"]))
             for r in table
             if r["exponent crosses 0"] is not None and r["mean input"] > 0]
    return table, {
        "growth of damage crosses 1 within 15 % of the annealed line":
            max(annealed) < math.log(1.15),
        "the exponent crosses 0 within 15 % of the typical line":
            max(typical) < math.log(1.15),
        "with a mean input the exponent is nearer the typical line":
            np.mean(other) > 1.5 * np.mean(typical),
        "growth is within 10 % of theory at nine of ten points":
            np.quantile(off, 0.9) < 0.1}


# ---- tasks at the edge


def states(variance, seed, steps):
    """Input bits (steps), states (steps, units) of one driven network."""
    spec = damage.Spec(variance=variance, seed=seed)
    image = limen.Image(damage.random_network(spec))
    raster, _ = limen.run(image, limen.State(image, 1),
                          damage.common_input(spec, 1), steps, seed=seed)
    return raster[0][0, :, 0].astype(int), raster[1][0]


def information(target, answer):
    """Mutual information in bits of two binary series."""
    table = np.zeros((2, 2))
    np.add.at(table, (target, answer), 1 / len(target))
    outer = table.sum(axis=1)[:, None] * table.sum(axis=0)
    seen = table > 0
    return float(np.sum(table[seen] * np.log2(table[seen] / outer[seen])))


def scores(variance, seed):
    """Sums over delays 0 to 14 of the information of a ridge readout about
    3-bit parity and about one bit."""
    wash, train, test = 100, 2000, 2000
    u, s = states(variance, seed, wash + train + test)
    x = np.c_[2.0 * s - 1, np.ones(len(s))]
    fit, rest = slice(wash, wash + train), slice(wash + train, None)
    ridge = np.linalg.inv(x[fit].T @ x[fit] + 1e-3 * np.eye(x.shape[1]))
    found = [0.0, 0.0]
    for delay in range(15):
        late = [np.roll(u, delay + k) for k in range(3)]
        for k, target in enumerate((late[0] ^ late[1] ^ late[2], late[0])):
            w = ridge @ (x[fit].T @ (2.0 * target[fit] - 1))
            answer = (x[rest] @ w > 0).astype(int)
            found[k] += information(target[rest], answer)
    return found


def parity(folder):
    """Do networks compute best at the edge of chaos?"""
    variances = [.05, .1, .2, .3, .479, .7, 1, 2, 5]
    rows = sweep(folder, "--grid", "weights-sd=" + ",".join(
        f"{math.sqrt(v):.6f}" for v in variances), "--", "criticality",
        "--measure", "ranks", "--units", "150", "--networks", "4", "--steps",
        "1")
    table = []
    for variance, (_, ranks) in zip(variances, rows):
        score = np.mean([scores(variance, 10 * k + 1) for k in range(6)],
                        axis=0)
        table.append({"variance": variance,
                      "3-bit parity, bits": score[0],
                      "1-bit memory, bits": score[1],
                      "kernel rank": estimate(ranks, "kernel_rank"),
                      "generalisation rank":
                          estimate(ranks, "generalisation_rank"),
                      "difference": estimate(ranks, "rank_difference")})
    bits = [r["3-bit parity, bits"] for r in table]
    gap = [r["difference"] for r in table]
    order = stats.spearmanr(np.abs(np.log(np.array(variances) / 0.47859)),
                            bits).correlation
    return table, {
        "parity peaks at a variance in 0.15 to 0.5":
            0.15 <= variances[int(np.argmax(bits))] <= 0.5,
        "its peak is 3.9 to 4.9 bits": 3.9 <= max(bits) <= 4.9,
        "it is below 0.3 bits at variance 5": bits[-1] < 0.3,
        "the score falls with distance from the critical line (Spearman below "
        "-0.6)": order < -0.6,
        "the rank difference peaks at a variance in 0.2 to 0.6":
            0.2 <= variances[int(np.argmax(gap))] <= 0.6,
        "its peak is above 80": max(gap) > 80}


# ---- random threshold networks


def threshold_networks(folder):
    """At how many sources do random threshold networks turn chaotic?"""
    degrees = [1.5, 1.6, 1.7, 1.8, 1.85, 1.9, 2, 2.1, 2.2, 2.3]
    rows = sweep(folder, "--grid", "in-degree=" + ",".join(map(str, degrees)),
                 "--theory", "--", "criticality", "--poisson", "--signs",
                 "--zero-fires", "--input-step", "0", "--units", "4096",
                 "--networks", "40", "--runs", "1", "--warm-up", "0",
                 "--measure", "damage")
    spec = damage.Spec(weights="signs", is_poisson=True, zero_fires=True,
                       input_step=0.0)
    table = [{"sources": v["in-degree"], "growth": estimate(r, "growth"),
              "half of its interval": (r["network"]["growth"]["high"] -
                                       r["network"]["growth"]["low"]) / 2,
              "theory": r["theory"]["growth"]} for v, r in rows]
    slope, at = np.polyfit(degrees, [r["growth"] - 1 for r in table], 1)
    table.append({"sources": "K_c: simulated, theory", "growth": -at / slope,
                  "half of its interval": None,
                  "theory": damage.critical_degree(spec)})
    return table, {
        "theory has K_c = 1.84943":
            abs(table[-1]["theory"] - 1.84943) < 6e-6,
        "simulated growth crosses 1 at 1.85 +- 0.1":
            abs(table[-1]["growth"] - 1.85) < 0.1,
        "growth is within 3 % of theory everywhere": max(
            abs(r["growth"] / r["theory"] - 1) for r in table[:-1]) < 0.03}


# ---- exact laws


def chi_square(counts, expected):
    """p of counts against expected ones, cells below 10 taken together."""
    few = expected < 10
    counts = np.r_[counts[~few], counts[few].sum()]
    expected = np.r_[expected[~few], expected[few].sum()]
    keep = expected > 0
    value = np.sum((counts - expected)[keep] ** 2 / expected[keep])
    return float(stats.chi2.sf(value, keep.sum() - 1))


def laws(_):
    """Do simulated avalanches have the exact laws of branching processes?"""
    count, cells, table = 1000000, 1000, []
    for m, kids in ((1.0, 0), (0.9, 0), (0.7, 0), (1.0, 4), (0.9, 2)):
        size, duration = branching.avalanches(
            m, count, offspring_max=kids, seed=7, size_max=1 << 26,
            duration_max=cells + 1)
        law = np.array([branching.size_law(s, m, kids)
                        for s in range(1, cells)])
        cdf = branching.duration_law(cells, m, kids)
        sizes = np.bincount(np.minimum(size, cells).astype(int),
                            minlength=cells + 1)[1:]
        steps = np.bincount(np.minimum(duration, cells).astype(int),
                            minlength=cells + 1)[1:]
        late = np.diff(np.r_[0, cdf])[:cells - 1]
        table.append({
            "m": m, "offspring": f"Binomial({kids}, m/{kids})" if kids
            else "Poisson",
            "P(S = 1)": sizes[0] / count, "exact": law[0],
            "sizes, chi-square p": chi_square(
                sizes, count * np.r_[law, max(0, 1 - law.sum())]),
            "durations, chi-square p": chi_square(
                steps, count * np.r_[late, max(0, 1 - late.sum())])})
    return table, {
        "a million sizes are not told from the exact law (p > 0.001)":
            min(r["sizes, chi-square p"] for r in table) > 1e-3,
        "nor are durations":
            min(r["durations, chi-square p"] for r in table) > 1e-3}


# ---- subsampling


def subsampling(folder):
    """What is left of the branching ratio where few units are seen?"""
    table = []
    for m in (0.9, 0.98, 0.995):
        for seen in (1, 0.1, 0.01):
            found = []
            for seed in range(6):
                a = branching.simulate(m, 100 * (1 - m), 20000, sampled=seen, burn_in=2000,
                                       start=100, seed=seed)
                np.save(pathlib.Path(folder) / "a.npy", np.ravel(a))
                found.append(call("criticality", "a.npy", "--measure",
                                  "branching", "--sampled", seen, "--json",
                                  "--resamples", "20", cwd=folder)
                             ["series"][0]["measures"])
            known = [f["m"]["estimate"] for f in found if "estimate" in f["m"]]
            table.append({
                "m": m, "seen": seen,
                "MR": np.mean(known) if known else None,
                "sd over runs": np.std(known, ddof=1) if len(known) > 1
                else None,
                "estimates of 6": len(known),
                "naive": np.mean([f["naive"]["estimate"] for f in found]),
                "naive, theory": branching.naive_theory(m, 100, seen)})
    seen = [r for r in table if r["seen"] >= 0.1]
    return table, {
        "MR is within 0.01 where a tenth or more is seen":
            max(abs(r["MR"] - r["m"]) for r in seen) < 0.01,
        "and within 0.03 at 1 % for m of 0.98 and more":
            max(abs(r["MR"] - r["m"]) for r in table
                if r["seen"] == 0.01 and r["m"] >= 0.98) < 0.03,
        "the naive estimate falls to below 0.5 at 1 %":
            max(r["naive"] for r in table if r["seen"] == 0.01) < 0.5,
        "as theory says (within 0.03)": max(
            abs(r["naive"] - r["naive, theory"]) for r in table) < 0.03}


# ---- power laws


def power_law(rng, alpha, xmin, count):
    """Whole numbers with P(x) ~ x^-alpha from xmin on, by inversion."""
    values = np.arange(xmin, xmin + 200000)
    mass = values ** -float(alpha)
    rest = tails.zeta(alpha, float(values[-1] + 1))
    cdf = np.cumsum(mass) / (mass.sum() + rest)
    u = rng.random(count)
    place = np.searchsorted(cdf, u)
    # beyond the table whole numbers are as good as real ones
    far = np.floor((values[-1] + 0.5) * (
        (1 - u) / (1 - cdf[-1])) ** (-1 / (alpha - 1)) + 0.5)
    return np.where(place < len(values),
                    values[np.minimum(place, len(values) - 1)], far)


def power_laws(_):
    """Are exponents found where there is a law, and laws rejected where there
    is none?"""
    rng = np.random.default_rng(4)
    table = []
    for alpha in (1.5, 2.0, 2.5, 3.0):
        found, told = [], []
        for k in range(20):
            tail = tails.Tail(power_law(rng, alpha, 5, 5000), True)
            fit = tail.fit()
            found.append(fit.alpha)
            told.append(fit.error)
        table.append({"data": "power law from 5 on", "alpha": alpha,
                      "mean of 20 fits": np.mean(found),
                      "sd": np.std(found, ddof=1),
                      "standard error told": np.mean(told),
                      "rejected (p < 0.1)": None})
    for name in ("power law from 5 on", "lognormal"):
        p = []
        for k in range(20):
            if name == "lognormal":
                x = np.ceil(np.exp(rng.normal(1.5, 1.0, 2000)))
            else:
                x = power_law(rng, 2.5, 5, 2000)
            tail = tails.Tail(x, True)
            # the whole body is asked about, not a tail of it
            low = 5.0
            p.append(tail.bootstrap(tail.fit(xmin=low), 50, seed=k, xmin=low))
        table.append({"data": name + ", xmin 5 given", "alpha": None,
                      "mean of 20 fits": None, "sd": None,
                      "standard error told": None,
                      "rejected (p < 0.1)": np.mean(np.array(p) < 0.1)})
    fits = table[:4]
    return table, {
        "the mean of 20 fits is off by at most 2.5 of its standard errors and 0.01": all(
            abs(r["mean of 20 fits"] - r["alpha"]) <
            2.5 * r["sd"] / math.sqrt(20) + 0.01 for r in fits),
        "a power law is rejected in at most 30 % of sets":
            table[4]["rejected (p < 0.1)"] <= 0.3,
        "a lognormal in more than 90 %":
            table[5]["rejected (p < 0.1)"] > 0.9}


# ---- the null model


def exponents(x, theta):
    """tau, alpha, gamma of avalanches above theta, in fixed windows."""
    found = tails.Avalanches(x, theta, size=tails.ABOVE)
    sizes = tails.Tail(found.size, True).fit(xmin=10.0, xmax=1500.0)
    durations = tails.Tail(found.duration, True).fit(xmin=6.0, xmax=60.0)
    return sizes.alpha, durations.alpha, found.growth(6.0, 60.0)[0]


def null_model(folder):
    """Do avalanche exponents show criticality?"""
    table = []
    for time, published in ((20, (1.02, 1.05, 1.51)),
                            (100, (1.22, 1.35, 1.48)),
                            (1000, (1.35, 1.46, 1.29))):
        x = np.maximum(np.rint(branching.ornstein_uhlenbeck(
            3000000, 20.0, 9.0, float(time), seed=3)), 0)
        tau, alpha, gamma = exponents(x, 10.0)
        table.append({"process": f"O-U, correlation time {time}", "tau": tau,
                      "alpha": alpha, "gamma": gamma,
                      "reference": "%g, %g, %g" % published, "m": None,
                      "lies within": max(abs(a - b) for a, b in zip(
                          (tau, alpha, gamma), published))})
    for name, x in (
            ("branching, m = 0.99", np.ravel(branching.simulate(
                0.99, 0.2, 200000, burn_in=2000, seed=5))),
            ("O-U, correlation time 100", np.maximum(np.rint(
                branching.ornstein_uhlenbeck(200000, 20.0, 9.0, 100.0,
                                             seed=5)), 0))):
        np.save(pathlib.Path(folder) / "x.npy", x)
        found = call("criticality", "x.npy", "--json", "--measure",
                     "branching,avalanches", "--resamples", "50", cwd=folder)
        own = found["series"][0]["measures"]
        table.append({"process": name + ", by limen criticality",
                      **{k: own[k].get("estimate")
                         for k in ("tau", "alpha", "gamma")},
                      "reference": "", "m": own["m"].get("estimate"),
                      "lies within": None})
    slow, branch, noise = table[2], table[3], table[4]
    return table, {
        "exponents of thresholded noise are the reference's within 0.1":
            max(r["lies within"] for r in table[:3]) < 0.1,
        "slow noise has the exponents published for self-organised networks "
        "(tau 1.2 to 1.5)": 1.2 < slow["tau"] < 1.5,
        "and its branching ratio is that of a branching process as slow "
        "(within 0.01): neither is evidence":
            abs(branch["m"] - noise["m"]) < 0.01}


STUDIES = {"edge": edge, "parity": parity,
           "threshold-networks": threshold_networks, "laws": laws,
           "subsampling": subsampling, "power-laws": power_laws,
           "null-model": null_model}


def rounded(value):
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.5g}")
    return value


def measure(name):
    with tempfile.TemporaryDirectory() as folder:
        table, claims = STUDIES[name](folder)
    return {"question": STUDIES[name].__doc__.replace("\n    ", " "),
            "table": [{k: rounded(v) for k, v in row.items()}
                      for row in table],
            "claims": {k: bool(v) for k, v in claims.items()}}


def markdown(result):
    def cell(x):
        return "" if x is None else f"{x:.4g}" if isinstance(x, float) else str(x)

    names = list(result["table"][0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(row[k]) for k in names) + " |"
              for row in result["table"]]
    lines += ["", *(f"- {'yes' if is_so else 'NO'}: {claim}"
                    for claim, is_so in result["claims"].items())]
    return "\n".join(lines)


def differences(old, new):
    """Places at which a new result is not the stored one, to a thousandth."""
    if old["claims"] != new["claims"] or len(old["table"]) != len(new["table"]):
        yield f"claims {old['claims']} became {new['claims']}"
    for k, (before, now) in enumerate(zip(old["table"], new["table"])):
        for key in before:
            a, b = before[key], now[key]
            if isinstance(a, float) and isinstance(b, float):
                if abs(a - b) > 1e-3 * max(abs(a), abs(b)) + 1e-6:
                    yield f"row {k}, {key}: {a} became {b}"
            elif a != b:
                yield f"row {k}, {key}: {a} became {b}"


def main(name, mode=""):
    path = HERE / f"{name}.json"
    if mode == "--table":
        print(markdown(json.loads(path.read_text())))
        return 0
    result = measure(name)
    print(f"{result['question']}\n\n{markdown(result)}\n")
    if mode == "--check":
        wrong = list(differences(json.loads(path.read_text()), result))
        print("\n".join(wrong) or "as stored")
        return bool(wrong) or not all(result["claims"].values())
    path.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(result["claims"].values()) else 1


if __name__ == "__main__":
    asked = sys.argv[1:] or ["--help"]
    if asked[0] not in [*STUDIES, "all"]:
        sys.exit(__doc__)
    names = STUDIES if asked[0] == "all" else asked[:1]
    sys.exit(max(main(name, *asked[1:2]) for name in names))
