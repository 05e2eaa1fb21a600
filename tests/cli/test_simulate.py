"""limen simulate: presets, their record, and how they are stopped."""

import json

import numpy as np
import pytest

from conftest import fails, run

PRESETS = ["sorn-counting", "sorn-avalanche", "branching",
           "homeostatic-branching", "random-threshold"]


def simulate(cwd, *words):
    return json.loads(run("simulate", *words, "--json", cwd=cwd).stdout)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_record_says_what_the_summary_says(tmp_path, preset):
    out = tmp_path / "run"
    got = simulate(tmp_path, "--preset", preset, "--steps", "1200", "--frozen",
                   "300", "--record", "400", "--units", "100", "-o", str(out))
    with np.load(out / "simulation.npz") as record:
        activity, raster = record["activity"], record["raster"]
        trend = record["trend"]
    assert activity.shape == (1500,) and raster.shape == (400, 100)
    assert (raster.sum(axis=1) == activity[-400:]).all()
    assert got["rate"] == pytest.approx(activity[-150:].mean() / 100)
    assert got["rate_most"] == pytest.approx(raster.mean(axis=0).max())
    assert trend[-1, 0] == 1500
    name = {"s": "links", "r": "growth"}.get(preset[0], "coupling")
    assert trend[-1, 2] == pytest.approx(got[name])
    assert not (out / "checkpoint.safetensors").exists()


def test_inhibition_in_the_same_step_is_not_that_of_the_next(tmp_path):
    raster = []
    for extra in ([], ["--delayed"]):
        out = tmp_path / f"run{len(raster)}"
        simulate(tmp_path, "--preset", "sorn-avalanche", "--steps", "300", *extra,
                 "-o", str(out))
        raster.append(np.load(out / "simulation.npz")["raster"])
    assert (raster[0] != raster[1]).mean() > 0.01


def test_static_networks_do_not_change(tmp_path):
    for name, moves in (("none", False), ("all", True)):
        out = tmp_path / name
        simulate(tmp_path, "--preset", "sorn-avalanche", "--steps", "2000",
                 "--plasticity", name, "-o", str(out))
        trend = np.load(out / "simulation.npz")["trend"]
        assert (np.ptp(trend[:, 2]) > 0) == moves


@pytest.mark.parametrize("preset", ["sorn-counting", "homeostatic-branching",
                                    "random-threshold"])
def test_stopped_and_resumed_gives_the_same_bytes(tmp_path, preset):
    words = ["--preset", preset, "--steps", "3000", "--seed", "7"]
    simulate(tmp_path, *words, "-o", str(tmp_path / "whole"))
    out = str(tmp_path / "parts")
    stopped = run("simulate", *words, "-o", out, "--time-limit", "0.0001s",
                  cwd=tmp_path, code=75)
    assert "--resume" in stopped.stderr
    simulate(tmp_path, "--resume", out)
    for name in ("simulation.npz", "run.json"):
        assert (tmp_path / "whole" / name).read_bytes() == \
            (tmp_path / "parts" / name).read_bytes()


def test_a_record_is_not_replaced_unasked(tmp_path):
    words = ["simulate", "--preset", "branching", "--steps", "50", "--units",
             "50", "-o", str(tmp_path)]
    run(*words, cwd=tmp_path)
    assert "--force" in fails(*words, cwd=tmp_path, code=2)
    run(*words, "--force", cwd=tmp_path)


@pytest.mark.parametrize("words, says", [
    (["--preset", "sorn"], "sorn-avalanche"), ([], "--preset"),
    (["--preset", "branching", "--steps", "0"], "steps"),
    (["--preset", "branching", "--plasticity", "thresholds"], "thresholds"),
    (["--preset", "branching", "--steps", "10", "--record", "11"], "record"),
    (["--preset", "sorn-counting", "--units", "30"], "letters"),
    (["word"], "word")])
def test_bad_requests_get_a_sentence(tmp_path, words, says):
    assert says in fails("simulate", *words, "-o", "x", cwd=tmp_path, code=2)


def test_what_is_not_there_cannot_go_on(tmp_path):
    assert "nowhere" in fails("simulate", "--resume", "nowhere", cwd=tmp_path,
                              code=3)


def test_a_broken_checkpoint_is_refused(tmp_path):
    words = ["--preset", "branching", "--steps", "3000", "-o", str(tmp_path)]
    run("simulate", *words, "--time-limit", "0.0001s", cwd=tmp_path, code=75)
    path = tmp_path / "checkpoint.safetensors"
    whole = path.read_bytes()
    for bad in (whole[:100], whole[:-8], whole.replace(b"2 10000", b"2 90000"),
                whole.replace(b'"2 10000 3000', b'"2 10000 9000')):
        path.write_bytes(bad)
        fails("simulate", "--resume", str(tmp_path), cwd=tmp_path, code=3)


def test_what_was_recorded_can_be_measured(tmp_path):
    simulate(tmp_path, "--preset", "branching", "--coupling", "0.8", "--steps",
             "8000", "--units", "1000", "--drive", "0.004", "-o",
             str(tmp_path))
    got = json.loads(run("criticality", "simulation.npz", "--measure",
                         "branching", "--json", cwd=tmp_path).stdout)
    assert abs(got["series"][0]["measures"]["naive"]["estimate"] - 0.8) < 0.05
