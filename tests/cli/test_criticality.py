"""limen criticality: its numbers against definitions, and what it refuses."""

import json
import re

import numpy as np
import pytest
from scipy import special

from conftest import fails, run, train

# a network described in few words, small enough for many tests
LITTLE = ["--units", "60", "--networks", "6", "--steps", "300", "--runs", "10",
          "--resamples", "40"]


def as_json(*words, cwd, **kwargs):
    return json.loads(
        run("criticality", *words, "--json", cwd=cwd, **kwargs).stdout)


def measures(found, k=0):
    return found["series"][k]["measures"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Series whose answers are known."""
    rng = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("series")

    def branching(m, drive, steps):
        a = np.empty(steps)
        x = drive / (1 - m)
        for t in range(steps):
            a[t] = x = rng.poisson(m * x + drive)
        return a

    a = branching(0.95, 5.0, 20000)
    np.save(folder / "branching.npy", a)
    np.save(folder / "thinned.npy", rng.binomial(a.astype(int), 0.05))
    np.savetxt(folder / "branching.csv", a, fmt="%d")
    np.savez(folder / "several.npz", activity=a, other=a[:5000])
    np.save(folder / "trials.npy", a.reshape(20, 1000))
    np.save(folder / "sparse.npy", branching(0.9, 0.02, 60000))
    np.save(folder / "raster.npy", rng.random((2000, 30)) < 0.2)
    return folder


def test_branching_ratio_of_a_branching_process(folder):
    for name in ("branching.npy", "thinned.npy", "trials.npy"):
        m = measures(as_json(name, "--measure", "branching", cwd=folder))["m"]
        assert abs(m["estimate"] - 0.95) < 0.03, name
        assert m["low"] < m["estimate"] < m["high"] < 1
        assert m["low"] < 0.95 < m["high"], name


def test_the_naive_estimate_is_the_regression_and_subsampling_lowers_it(folder):
    for name in ("branching", "thinned"):
        x = np.load(folder / f"{name}.npy")
        want = np.cov(x[:-1], x[1:])[0, 1] / np.var(x[:-1], ddof=1)
        naive = measures(as_json(f"{name}.npy", "--measure", "branching",
                                 cwd=folder))["naive"]
        assert abs(naive["estimate"] - want) < 1e-6
    assert want < 0.5


def test_null_models_stand_beside_the_estimates(folder):
    found = measures(as_json("branching.npy", cwd=folder))
    a = np.load(folder / "branching.npy")
    assert abs(found["naive"]["shuffled"]) < 0.05
    assert abs(found["rate"]["shuffled"] - a.mean()) < 1e-6
    assert abs(found["fano"]["rate"] - 1) < 0.1
    # as slow, so with the same m: what fools an estimator is printed
    assert abs(found["m"]["ou"] - found["m"]["estimate"]) < 0.03
    assert "slow noise without branching" in found["m"]["means"]


def test_the_format_of_the_file_does_not_matter(folder):
    want = as_json("branching.npy", cwd=folder)
    for words in (["branching.csv"], ["several.npz"]):
        found = as_json(*words, cwd=folder)
        assert found["series"] == want["series"], words
    part = as_json("several.npz", "--array", "other", cwd=folder)
    assert part["series"][0]["steps"] == 5000


def test_avalanches_of_a_series_with_pauses_are_its_runs(folder):
    a = np.load(folder / "sparse.npy")
    found = as_json("sparse.npy", "--measure", "avalanches", cwd=folder)
    edges = np.flatnonzero(np.diff((a > 0).astype(int)))
    runs = np.split(a, edges + 1)[1:-1]
    runs = [r for r in runs if r[0] > 0]
    assert found["series"][0]["avalanches"]["count"] == len(runs)
    assert found["series"][0]["avalanches"]["theta"] == 0
    size = found["series"][0]["avalanches"]["size"]
    tail = np.array([r.sum() for r in runs])
    tail = tail[tail >= size["xmin"]]
    assert size["events"] == len(tail)
    # the score of the discrete power law is zero at its estimate
    alpha, step = size["alpha"], 1e-5
    slope = (np.log(special.zeta(alpha + step, size["xmin"])) -
             np.log(special.zeta(alpha - step, size["xmin"]))) / (2 * step)
    assert abs(slope + np.log(tail).mean()) < 1e-3


def test_avalanches_do_not_reach_from_one_trial_into_the_next(folder):
    a = np.ones((4, 30))
    a[:, 5::7] = 0
    np.save(folder / "blocks.npy", a * 3)
    found = as_json("blocks.npy", "--layout", "counts", "--measure",
                    "avalanches", cwd=folder)
    inner = sum(len(np.split(row, np.flatnonzero(row == 0))) - 2 for row in a)
    assert found["series"][0]["avalanches"]["count"] == inner


def test_measures_of_a_raster_are_those_of_numpy(folder):
    found = as_json("raster.npy", "--measure", "statistics", cwd=folder)
    raster = np.load(folder / "raster.npy").astype(float)
    own = measures(found)
    assert found["series"][0]["units"] == 30
    assert abs(own["rate"]["estimate"] - raster.mean()) < 1e-9
    pairs = np.corrcoef(raster.T)[np.triu_indices(30, 1)].mean()
    assert abs(own["correlation"]["estimate"] - pairs) < 1e-8
    counts = raster.sum(axis=1)
    fano = counts.var(ddof=1) / counts.mean()
    assert abs(own["fano"]["estimate"] - fano) < 1e-3 * fano
    # the interval of a single trial is that of ten pieces of it
    parts = counts.reshape(10, 200).mean(axis=1) / 30
    half = 2.262 * parts.std(ddof=1) / np.sqrt(10)
    assert abs(own["rate"]["high"] - own["rate"]["estimate"] - half) < 1e-6
    p = raster.mean()
    bits = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
    assert abs(own["entropy"]["estimate"] - bits) < 0.05


def test_layouts_are_told_apart(folder):
    counts = as_json("raster.npy", "--layout", "counts", "--measure",
                     "statistics", cwd=folder)["series"][0]
    assert (counts["trials"], counts["steps"], counts["units"]) == (2000, 30, 0)


def test_theory_of_a_described_network_is_that_of_bertschinger(folder):
    theory = as_json(*LITTLE, "--weights-sd", "0.8", "--input-mean", "1",
                     "--theory", "--measure", "damage", cwd=folder)["theory"]
    flips = [4 * special.owens_t(u / (0.8 * 2), np.sqrt(1 / 3))
             for u in (2.0, 0.0)]
    assert abs(theory["growth"] - 4 * np.mean(flips)) < 1e-9
    assert abs(theory["growth_geometric"] -
               4 * np.sqrt(np.prod(flips))) < 1e-9
    assert abs(theory["critical_variance"] - 0.79331) < 1e-5
    assert abs(theory["critical_variance_geometric"] - 0.95614) < 1e-5


def test_damage_tells_order_from_chaos(folder):
    grown = {}
    for sd in ("0.3", "2"):
        found = as_json("--networks", "10", "--measure", "damage",
                        "--weights-sd", sd, "--theory", cwd=folder)
        grown[sd] = found["network"]["growth"]
        theory = found["theory"]["growth"]
        assert abs(grown[sd]["estimate"] - theory) < 0.1 * theory
        late = found["network"]["long_time"]["estimate"]
        assert abs(late - found["theory"]["long_time"]) < 0.04
    assert grown["0.3"]["means"].startswith("ordered")
    assert grown["2"]["means"].startswith("chaotic")
    assert grown["0.3"]["high"] < 1 < grown["2"]["low"]


def test_a_layer_of_independent_units_has_no_branching(folder):
    # threshold 0 and no weights: units copy the common input
    found = as_json(*LITTLE, "--weights-sd", "0.05", "--measure", "branching",
                    cwd=folder)
    assert "refused" in measures(found)["m"]


def test_results_do_not_depend_on_threads(folder, toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    for words in ([*LITTLE, "--theory"],
                  [str(tmp_path / "run"), "--count", "8", "--steps", "200",
                   "--resamples", "40"]):
        one = run("criticality", *words, "--json", "--threads", "1", cwd=folder)
        two = run("criticality", *words, "--json", "--threads", "3", cwd=folder)
        assert one.stdout == two.stdout
        other = run("criticality", *words, "--json", "--seed", "7", cwd=folder)
        assert one.stdout != other.stdout


def test_a_model_is_measured_layer_by_layer(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    words = ["run", "--count", "10", "--steps", "300", "--resamples", "40"]
    found = as_json(*words, cwd=tmp_path)
    assert [s["name"] for s in found["series"]] == ["layer 1", "output"]
    assert [s["units"] for s in found["series"]] == [16, 4]
    assert found["network"]["growth"]["estimate"] >= 0
    assert found["network"]["spectral_radius"]["estimate"] > 0
    only = as_json(*words, "--layer", "2", cwd=tmp_path)
    assert [s["name"] for s in only["series"]] == ["output"]
    assert only["series"][0] == found["series"][1]


def test_rates_of_a_model_are_those_of_eval(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    found = as_json("run", "--count", "12", "--steps", "40", "--warm-up", "0",
                    "--measure", "statistics", cwd=tmp_path)
    with np.load(toy) as data:
        np.save(tmp_path / "x.npy", data["x_test"][:12])
    for layer, n in ((1, 16), (2, 4)):
        run("predict", "run", "x.npy", "--steps", "40", "--raster", "r.npy",
            "--layer", layer, cwd=tmp_path)
        bits = np.unpackbits(np.load(tmp_path / "r.npy"), axis=2,
                             bitorder="little")[:, :, :n]
        own = measures(found, layer - 1)["rate"]["estimate"]
        assert abs(own - bits.mean()) < 1e-9


def test_the_table_says_what_json_says(folder):
    text = run("criticality", "branching.npy", cwd=folder).stdout
    m = measures(as_json("branching.npy", cwd=folder))["m"]
    line = next(x for x in text.split("\n") if "branching ratio, MR" in x)
    assert f"{m['estimate']:.4g}" in line
    assert f"{m['low']:.4g} to {m['high']:.4g}" in line
    assert "Exponents alone are no evidence of criticality" in text


def test_a_report_draws_tails_with_their_fits(folder):
    run("criticality", "sparse.npy", "--report", "page.html", cwd=folder)
    page = (folder / "page.html").read_text()
    for title in ("Sizes", "Durations", "Mean size given duration",
                  "Multistep regression"):
        assert f'aria-label="{title}"' in page
    assert "fit, between its cut-offs" in page and "O-U process" in page
    assert "nan" not in re.sub(r"<script>.*?</script>", "", page,
                               flags=re.S).lower().replace("finance", "")


def test_a_report_of_a_network_has_its_damage(folder):
    found = as_json("--units", "250", "--networks", "6", "--runs", "5",
                    "--measure", "damage", "--theory", "--report", "net.html",
                    cwd=folder)
    for point in found["map"]:
        assert abs(point["after"] - point["theory"]) < 0.03, point
    # all units different: the two copies are each other's opposites
    assert found["map"][-1]["before"] == 1
    page = (folder / "net.html").read_text()
    assert 'aria-label="Derrida map"' in page
    assert "damage after one step" in page and "<th class=\"n\">theory" in page


@pytest.mark.parametrize("name, values", [
    ("equal", np.full(500, 7.0)),
    ("silent", np.zeros(500)),
    ("short", np.array([1.0, 2.0, 3.0])),
    ("one", np.array([4.0])),
    ("single", np.r_[np.zeros(50), [1, 3, 2], np.zeros(50)]),
], ids=str)
def test_degenerate_series_have_sentences_and_no_numbers(tmp_path, name, values):
    np.save(tmp_path / "x.npy", values)
    found = measures(as_json("x.npy", cwd=tmp_path))
    keys = ["tau", "alpha", "gamma", "crackling", "collapse"]
    # a single avalanche has no exponents, though a correlation
    for key in keys + ["m"] * (name != "single"):
        assert "estimate" not in found[key], (name, key, found[key])
        assert len(found[key]["refused"]) > 10, (name, key)
    text = run("criticality", "x.npy", cwd=tmp_path).stdout
    assert "nan" not in text.lower() and "inf" not in text.lower()


@pytest.mark.parametrize("words, name", [
    (["--threshold", "50"], "silent"), (["--threshold", "-50"], "saturated")])
def test_silent_and_saturated_networks_have_no_estimate(tmp_path, words, name):
    found = as_json(*LITTLE, *words, "--states", "01", cwd=tmp_path)
    assert measures(found)["rate"]["means"] == name
    assert "refused" in measures(found)["m"]
    assert "refused" in found["network"]["growth"]
    assert "refused" in found["network"]["lyapunov"]


@pytest.mark.parametrize("content, says", [
    (b"", "no rows of numbers"),
    (b"a,b\n1,two\n", "2"),
    (b"\x93NUMPY\x01\x00", "cut"),
    (b"PK\x03\x04rubbish", "NPZ"),
    (b"1\n2\n\x00\n", "not a text file"),
], ids=str)
def test_unreadable_files_are_code_3(tmp_path, content, says):
    (tmp_path / "x.csv").write_bytes(content)
    said = fails("criticality", "x.csv", cwd=tmp_path, code=3)
    assert "x.csv" in said and says in said, said


@pytest.mark.parametrize("values, says", [
    (np.array([1.0, np.nan, 2.0]), "finite"),
    (np.array([1.0, np.inf]), "finite"),
    (np.array([1.0, -2.0, 3.0]), "negative"),
    (np.zeros((2, 3, 4)), "3 dimensions"),
    (np.zeros(0), "no numbers"),
], ids=str)
def test_activity_that_is_none_is_code_3(tmp_path, values, says):
    np.save(tmp_path / "x.npy", values)
    assert says in fails("criticality", "x.npy", cwd=tmp_path, code=3)


@pytest.mark.parametrize("words, code, says", [
    ([], 2, "describe a network"),
    (["a.npy", "b.npy"], 2, "name one"),
    (["a.npy"], 3, "a.npy"),
    (["no-such-run"], 3, "no-such-run"),
    (["raster.npy", "--units", "5"], 2, "--units describes"),
    (["raster.npy", "--layout", "cubes"], 2, "counts or raster"),
    (["branching.npy", "--layout", "raster"], 3, "(steps, units)"),
    (["several.npz", "--array", "none"], 3, "'none'"),
    (["raster.npy", "--theory"], 2, "--theory"),
    (["raster.npy", "--measure", "damage"], 2, "network itself"),
    (["raster.npy", "--measure", "luck"], 2, "'luck'"),
    (["raster.npy", "--measure", "branching,branching"], 2, "each once"),
    (["--units", "5", "--array", "x"], 2, "files of activity"),
    (["--units", "0"], 2, "--units"),
    (["--units", "10", "--in-degree", "20"], 2, "in-degree"),
    (["--units", "10", "--in-degree", "2.5"], 2, "in-degree"),
    (["--weights-sd", "-1"], 2, "--weights-sd"),
    (["--weights-sd", "nan"], 2, "--weights-sd"),
    (["--states", "spin"], 2, "pm or 01"),
    (["--input-rate", "2"], 2, "--input-rate"),
    (["--units", "60", "--weights-mean", "1", "--theory"], 2, "mean"),
    (["raster.npy", "--sampled", "0"], 2, "--sampled"),
    (["raster.npy", "--bin", "0"], 2, "--bin"),
    (["--units", "100", "--steps", "1000000000"], 4, "memory"),
], ids=str)
def test_wrong_usage_is_one_sentence(folder, words, code, says):
    assert says in fails("criticality", *words, cwd=folder, code=code)


WATCHED = ["branching_ratio", "damage_growth", "rate", "entropy"]


def lines_of(folder):
    return [json.loads(line) for line in
            (folder / "metrics.jsonl").read_text().splitlines()]


def test_training_is_watched_layer_by_layer(toy, tmp_path):
    train(toy, "plain", cwd=tmp_path)
    train(toy, "one", "--watch", "criticality", "--threads", "1", cwd=tmp_path)
    train(toy, "two", "--watch", "criticality", "--threads", "3", cwd=tmp_path)
    plain, one = lines_of(tmp_path / "plain"), lines_of(tmp_path / "one")
    assert (tmp_path / "one/metrics.jsonl").read_bytes() == (
        tmp_path / "two/metrics.jsonl").read_bytes()
    for before, line in zip(plain, one):
        assert not set(WATCHED) & set(before)
        for name in WATCHED:
            values = line.pop(name)
            assert len(values) == 3 and values[0] is None
        assert line == before
    said = run("train", "--data", toy, "--hidden", "8", "--self", "--epochs",
               "1", "--watch", "criticality", "-o", "said", cwd=tmp_path).stderr
    assert "  damage " in said and "  entropy " in said
    run("report", "one", cwd=tmp_path)
    page = (tmp_path / "one/report.html").read_text()
    assert "Damage after one step" in page and "Entropy rate" in page
    run("report", "plain", cwd=tmp_path)
    assert "Damage after one step" not in (
        tmp_path / "plain/report.html").read_text()


def test_watched_rates_are_those_of_the_last_model(toy, tmp_path):
    train(toy, "run", "--watch", "criticality", "--validation", "0",
          cwd=tmp_path)
    last = lines_of(tmp_path / "run")[-1]
    with np.load(toy) as data:
        np.save(tmp_path / "x.npy", data["x_train"])
    # without validation samples the first 32 of the training set are watched
    for layer, n in ((1, 16), (2, 4)):
        run("predict", "run/model.safetensors", "x.npy", "--steps", "520",
            "--raster", "r.npy", "--layer", layer, cwd=tmp_path)
        bits = np.unpackbits(np.load(tmp_path / "r.npy")[:32, 20:], axis=2,
                             bitorder="little")[:, :, :n]
        assert abs(last["rate"][layer] - bits.mean()) < 1e-9


def test_a_watched_run_resumes_to_the_same_lines(toy, tmp_path):
    words = ["--watch", "criticality", "--time-limit", "0.001s"]
    train(toy, "whole", *words[:2], cwd=tmp_path)
    train(toy, "part", *words, code=75, cwd=tmp_path)
    run("train", "--resume", "part", "--quiet", cwd=tmp_path)
    assert (tmp_path / "whole/metrics.jsonl").read_bytes() == (
        tmp_path / "part/metrics.jsonl").read_bytes()


def test_sweeps_draw_the_critical_line(tmp_path):
    words = ["--theory", "--plot", "network.growth.estimate", "-o"]
    rest = ["--", "criticality", "--measure", "damage", "--units", "60",
            "--networks", "3", "--runs", "5"]
    run("sweep", "--grid", "weights-sd=0.3:2:4:log", "--grid",
        "input-mean=0,1,2", *words, "map", *rest, cwd=tmp_path)
    page = (tmp_path / "map/report.html").read_text()
    assert "theory.growth = 1" in page and "growth_geometric = 1" in page
    run("sweep", "--grid", "weights-sd=0.3:2:4:log", *words, "curve", *rest,
        cwd=tmp_path)
    page = (tmp_path / "curve/report.html").read_text()
    # with no mean input both lines are at the root of 0.47859
    assert page.count("theory.growth") >= 2 and "stroke-dasharray" in page
