"""Tables 4.1, 4.3, 4.6 and 4.7 of the literature on branching processes, and
mrestimator as an oracle."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

import branching_ctypes as lib
from branching_laws import durations_p, sizes_p

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("LIMEN_BUILD", ROOT / "build"))
ORACLES = BUILD / "oracles/bin/python"  # made by tools/setup oracle

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("offspring_max", [0, 2])
@pytest.mark.parametrize("m", [0.9, 1.0])
def test_a_million_avalanches_follow_the_exact_laws(offspring_max, m, figures):
    size, duration = lib.avalanches(m, 1_000_000, offspring_max, seed=7)
    law = "Poisson" if offspring_max == 0 else f"Bin({offspring_max}, m/K)"
    p = [sizes_p(size, m, offspring_max, 3000),
         durations_p(duration, m, offspring_max, 500)]
    figures(f"4.1 chi-square p of 1e6 avalanches, {law} offspring, m = {m}: "
            "size, duration", f"{p[0]:.3f}, {p[1]:.3f}", "> 0.001")
    assert min(p) > 1e-3


def test_critical_exponents_are_those_of_the_mean_field(figures):
    """Of the law from 1e2 to 1e4, and of avalanches in bins beside the law in
    the same bins."""
    cdf = lib.duration_law(10_001, 1.0)
    sizes = np.array([lib.size_law(s, 1.0, 0) for s in range(1, 10_001)])
    law = {"size": sizes, "duration": np.diff(cdf, prepend=0)}
    drawn = dict(zip(law, lib.avalanches(1.0, 3_000_000, seed=8)))
    exact = {"size": -1.4998, "duration": -1.9886}
    for what, top in (("size", 10_000), ("duration", 500)):
        slope = np.log(law[what][9999] / law[what][99]) / np.log(100)
        edges = np.unique(np.logspace(1.3, np.log10(top), 14).astype(int))
        mid = np.sqrt(edges[:-1] * (edges[1:] - 1.0))
        here, due = (lib.log_slope(mid, mass / np.diff(edges)) for mass in (
            np.histogram(drawn[what], edges)[0],
            np.add.reduceat(law[what], edges - 1)[:-1]))
        figures(f"4.1 log-log slope of the law of {what}, 1e2..1e4",
                f"{slope:.4f}", f"{exact[what]} +- 0.0005")
        figures(f"4.1 log-log slope of 3e6 avalanches, {what} in [20, {top}]",
                f"{here:.3f}", f"{due:.3f} +- 0.02")
        assert abs(slope - exact[what]) < 5e-4 and abs(here - due) < 0.02


TABLE = [(0.9, 1.0, 0.01), (0.9, 0.1, 0.01), (0.9, 0.01, 0.03),
         (0.98, 1.0, 0.005), (0.98, 0.1, 0.005), (0.98, 0.01, 0.005)]
MEAN, STEPS, RUNS = 100, 20_000, 24


@pytest.mark.parametrize("m,sampled,tolerance", TABLE)
def test_the_estimate_survives_subsampling_and_the_naive_one_does_not(
        m, sampled, tolerance, figures):
    runs = lib.simulate(m, MEAN * (1 - m), STEPS, RUNS, sampled=sampled,
                        seed=1, burn_in=STEPS // 20, start=MEAN)
    results = [lib.ratio(a)[0] for a in runs]
    six = [r.fit.m for r in results[:6]]
    covered = sum(r.interval.low < m < r.interval.high for r in results)
    naive = np.mean([lib.naive(a, sampled).slope for a in runs])
    theory = lib.naive_theory(m, MEAN, sampled)
    # the share seen corrects one lag too, if it is known
    corrected = np.mean([lib.naive(a, sampled).corrected for a in runs])
    figures(f"4.3 m = {m}, p = {sampled}: MR, mean of 6 runs +- sd",
            f"{np.mean(six):.4f} +- {np.std(six):.4f}", f"{m} +- {tolerance}")
    figures(f"4.3 m = {m}, p = {sampled}: naive r_1, mean of {RUNS} runs "
            "(corrected)", f"{naive:.4f} ({corrected:.3f})",
            f"{theory:.4f} +- 10 %")
    figures(f"4.3 m = {m}, p = {sampled}: 95 % intervals that cover m",
            f"{covered} of {RUNS}", ">= 19")
    assert abs(np.mean(six) - m) < tolerance
    assert abs(naive / theory - 1) < 0.1
    assert covered >= 19


def test_what_cannot_be_told_from_noise_is_mostly_refused(figures):
    runs = lib.simulate(0.5, MEAN / 2, STEPS, RUNS, sampled=0.01, seed=1,
                        burn_in=1000, start=MEAN)
    refused = wide = 0
    for a in runs:
        try:
            wide += bool(lib.ratio(a)[0].flags & lib.WIDE)
        except lib.LimenError:
            refused += 1
    figures("4.3 m = 0.5, p = 0.01: runs refused, of the others marked wide",
            f"{refused} of {RUNS}, {wide}", "all but 4; all")
    assert refused >= RUNS - 4 and refused + wide == RUNS


def test_a_stationary_process_is_not_taken_for_a_drift(figures):
    alarms = total = 0
    for m, sampled, _ in TABLE:
        runs = lib.simulate(m, MEAN * (1 - m), STEPS, RUNS, sampled=sampled,
                            seed=101, burn_in=1000, start=MEAN)
        alarms += sum(bool(lib.ratio(a, resamples=200)[0].flags & lib.OFFSET)
                      for a in runs)
        total += RUNS
    figures("stationary runs said to drift", f"{alarms} of {total}", "<= 3 %")
    assert alarms <= 0.03 * total


def test_subsampled_sizes_collapse(figures):
    """Levina & Priesemann 2017: P(s) = p P_p(p s)."""
    whole, _ = lib.avalanches(1.0, 3_000_000, seed=9)
    for p in (0.5, 0.25, 0.125):
        size, _ = lib.avalanches(1.0, 3_000_000, sampled=p, seed=10)
        top = int(1000 * p)
        edges = np.unique(np.logspace(1, np.log10(top), 10).astype(int))
        mid = np.sqrt(edges[:-1] * (edges[1:] - 1.0))
        slope = lib.log_slope(mid, np.histogram(size, edges)[0] /
                              np.diff(edges))
        tails = np.array([np.mean(size >= s) / np.mean(whole >= s / p)
                          for s in edges])
        figures(f"4.6 p = {p}: slope of sizes seen in [10, {top}]; largest "
                "deviation of tails from the collapse",
                f"{slope:.3f}; {np.abs(tails - 1).max():.1%}",
                "-1.5 +- 0.05; 5 %")
        assert abs(slope + 1.5) < 0.05
        assert np.abs(tails - 1).max() < 0.05


@pytest.mark.parametrize("m,slope", [(1.0, 0.5), (0.8, 1.0)])
def test_weak_input_is_answered_with_the_published_slopes(m, slope, figures):
    h = np.logspace(-5, -3, 9)
    theory = lib.log_slope(h, [lib.response_theory(m, x) for x in h])
    layer = lib.log_slope(h, lib.response(h, m, 1 << 17, 20_000, burn_in=3000,
                                          seed=11, threads=0))
    figures(f"4.7 log-log slope of the response, m = {m}: layer of 2^17 units, "
            "mean field", f"{layer:.3f}, {theory:.3f}", f"{slope} +- 0.03")
    assert abs(theory - slope) < 0.03 and abs(layer - slope) < 0.03


def test_dynamic_range_of_a_layer_peaks_at_the_critical_point(figures):
    h = np.logspace(-5, 0.7, 24)
    delta = {}
    for m in (0.6, 0.8, 1.0, 1.2, 1.4):
        f = lib.response(h, m, 1 << 12, 2000, burn_in=500, seed=12, threads=0)
        delta[m] = lib.dynamic_range(h, f, rest=lib.response_theory(m, 0.0))
    told = ", ".join(f"{m}: {d.decibel:.1f}" for m, d in delta.items())
    figures("4.7 dynamic range in dB of a layer, by m", told, "largest at 1")
    assert max(delta, key=lambda m: delta[m].decibel) == 1.0


def test_coefficients_and_fits_are_those_of_mrestimator(tmp_path, figures):
    lags = 150
    series = {
        "one": lib.simulate(0.95, 5.0, 5000, sampled=0.3, seed=1, burn_in=500,
                            start=100),
        "trials": lib.simulate(0.9, 10.0, 1000, 20, seed=2, burn_in=200,
                               start=100)}
    np.savez(tmp_path / "in.npz", **series)
    subprocess.run([ORACLES, ROOT / "tests/oracle/mrestimator_peer.py",
                    tmp_path / "in.npz", tmp_path / "out.npz", str(lags)],
                   check=True)
    theirs = np.load(tmp_path / "out.npz")
    apart = {0: 0.0, 1: 0.0}
    worst = 0.0
    for name, activity in series.items():
        for means in lib.MEANS:
            r = lib.coefficients(activity, lags, means)
            difference = np.abs(r - theirs[f"{name}-{means}"])
            worst = max(worst, difference.max())
            for offset in (0, 1):
                other = theirs[f"{name}-{means}-{offset}"]
                apart[offset] = max(apart[offset],
                                    abs(lib.fit(r, bool(offset)).m - other))
    figures("r_k against mrestimator, largest difference", f"{worst:.1e}",
            "1e-8")
    figures("m against mrestimator, without and with an offset",
            f"{apart[0]:.1e}, {apart[1]:.1e}", "1e-5")
    assert worst < 1e-8 and max(apart.values()) < 1e-5


def test_speed_against_mrestimator_is_reported(figures):
    done = subprocess.run([ORACLES, ROOT / "bench/criticality.py", "--json"],
                          check=True, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    for row in json.loads(done.stdout):
        if "multistep" in row["what"]:
            figures(row["what"] + ": times faster than the peer (ms)",
                    f"{row['ratio']:.0f} ({1e3 * row['limen']:.1f} against "
                    f"{1e3 * row['peer']:.0f})", ">= 20, reported")
            assert row["difference"] < 1e-5
