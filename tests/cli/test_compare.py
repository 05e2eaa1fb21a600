"""`limen compare`: a study from its file to its sentences."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy import stats

from conftest import PROGRAM, fails, run

STUDY = """\
name: toy
question: Does it matter?
base:
  data: {toy}
  hidden: [16]
  epochs: 2
  batch: 50
  train-samples: 300
arms:
  FF: {{}}
  +U: {{self: true}}
baselines:
  Fake A: {{kind: fake, level: 0.5}}
  Fake B: {{kind: fake, level: 0.4, twice: true, word: "1"}}
baseline-script: base/line.py
reference: FF
best-of: [Fake A, Fake B]
seeds: [1, 2, 5]
test-samples: 60
conditions:
  gaussian: [0.1, 0.5]
  contrast: [0.3, 0.8]
vote-steps: [1, 5, 30]
examples: [1, 4]
stability: 5
"""

# accuracies depend on level and seed only, so what must come out is known
LINE = """\
import argparse, json, os, sys
parser = argparse.ArgumentParser()
for name in ("limen", "study", "label", "seed", "options"):
    parser.add_argument("--" + name, required=True)
a = parser.parse_args()
options = json.loads(a.options)
assert os.access(a.limen, os.X_OK)
x = options["level"] + 0.01 * int(a.seed) ** 2
measures = {"accuracy": x, "ece": 0.1, "roc_area": None}
file = "".join(c if c.isalnum() or c in "+-" else "_" for c in a.label)
path = f"{a.study}/cells/{file}.{a.seed}.json"
with open(path + ".tmp", "w") as to:
    json.dump({"arm": a.label, "seed": int(a.seed), "parameters": 7,
               "train_samples": 300, "clean": measures, "by_steps": {},
               "conditions": [
                   dict(measures, corruption=name, amount=amount)
                   for name, amounts in options["conditions"].items()
                   for amount in amounts],
               "examples": {str(n): 0.3 for n in options["examples"]},
               "options": options}, to)
os.rename(path + ".tmp", path)
print("on stdout, which is not shown")
"""


def write_study(folder, toy, text=STUDY, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    text = text.format(toy=toy)
    for old, new in changes.get("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text)
    (folder / "base").mkdir(exist_ok=True)
    (folder / "base/line.py").write_text(LINE)
    return folder


def compare(folder, *words, code=0, quiet=True):
    return run("compare", "study.yaml", "-o", "out", *words,
               *(["--quiet"] if quiet else []), "--python", sys.executable,
               cwd=folder, code=code)


@pytest.fixture(scope="module")
def study(tmp_path_factory, toy):
    folder = write_study(tmp_path_factory.mktemp("study"), toy)
    compare(folder)
    return folder


def files(folder):
    """Every file's bytes, but those that hold wall time."""
    return {path.relative_to(folder): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "time" not in path.name}


def load(folder, name):
    return json.loads((folder / "out" / name).read_text())


def arm(result, label):
    return next(a for a in result["arms"] if a["label"] == label)


def test_every_arm_has_a_cell_for_every_seed(study):
    names = {p.name for p in (study / "out/cells").glob("*.json")}
    assert names == {f"{label}.{seed}{end}.json"
                     for label in ("FF", "+U", "Fake_A", "Fake_B")
                     for seed in (1, 2, 5) for end in ("", ".time")}
    cell = load(study, "cells/+U.5.json")
    assert cell["arm"] == "+U" and cell["seed"] == 5
    assert cell["parameters"] == 64 * 16 + 16 * 16 + 16 * 4 + 4 * 4 + 20
    assert cell["train_samples"] == 300
    assert list(cell["by_steps"]) == ["1", "5", "30"]
    assert [(c["corruption"], c["amount"]) for c in cell["conditions"]] == [
        ("gaussian", 0.1), ("gaussian", 0.5), ("contrast", 0.3),
        ("contrast", 0.8)]
    assert set(cell["examples"]) == {"1", "4"}
    assert len(cell["stability"]["settle"]) == 2
    for measures in [cell["clean"], *cell["conditions"]]:
        assert 0 <= measures["accuracy"] <= 1
        assert 1 / 4 <= measures["winner"] <= 1
        assert measures["temperature"] == cell["clean"]["temperature"] > 0
    spent = load(study, "cells/+U.5.time.json")
    assert spent["seconds"] > 0 and spent["peak_kib"] > 0


def test_a_cell_is_what_train_and_eval_say(tmp_path, toy):
    write_study(tmp_path, toy, replace={"test-samples: 60": "test-samples: 0",
                                        "seeds: [1, 2, 5]": "seeds: [3]"})
    compare(tmp_path)
    cell = load(tmp_path, "cells/+U.3.json")
    run("train", "--data", toy, "--hidden", 16, "--epochs", 2, "--batch", 50,
        "--train-samples", 300, "--self", "--seed", 3, "--quiet", "-o", "run",
        cwd=tmp_path)
    done = run("eval", "run/model.safetensors", "--data", toy, "--json",
               "--seeds", 1, "--seed", 3, "--steps", "1,5,20,30", "--quiet",
               cwd=tmp_path)
    points = {p["steps"]: p for p in json.loads(done.stdout)["points"]}
    assert cell["clean"]["accuracy"] == points[20]["accuracy"]
    assert cell["clean"]["ties"] == points[20]["ties"]
    for steps in (1, 5, 30):
        assert cell["by_steps"][str(steps)] == points[steps]["accuracy"]


@pytest.mark.parametrize("number, code", [
    (signal.SIGTERM, 75), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_study_goes_on_to_the_same_bytes(study, tmp_path, toy,
                                                    number, code):
    write_study(tmp_path, toy)
    words = [PROGRAM, "compare", "study.yaml", "-o", "out", "--jobs", "1",
             "--python", sys.executable]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as child:
        child.stderr.readline()  # a cell is done, others are not
        child.send_signal(number)
        said = child.communicate()[1]
    assert child.returncode == code, said
    if code > 0:
        assert "goes on" in said
    assert not (tmp_path / "out/result.json").exists()
    time.sleep(0.2)  # a killed parent's child is told to end, too
    compare(tmp_path)
    assert files(tmp_path / "out") == files(study / "out")


def test_jobs_and_threads_do_not_change_a_byte(study, tmp_path, toy,
                                               monkeypatch):
    write_study(tmp_path, toy)
    # threads that wait without spinning: there may be more than cores
    monkeypatch.setenv("GOMP_SPINCOUNT", "0")
    compare(tmp_path, "--jobs", 3, "--threads", 6)
    assert files(tmp_path / "out") == files(study / "out")


def test_a_finished_study_is_only_read(study):
    cell = study / "out/cells/FF.1.json"
    before = cell.stat().st_mtime_ns
    done = compare(study, "--json")
    assert cell.stat().st_mtime_ns == before
    assert json.loads(done.stdout) == load(study, "result.json")


def test_all_arms_of_a_seed_share_data_and_seeds_share_no_test(study, toy):
    folder = study / "out/data"
    with np.load(toy) as whole:
        tests, trains = {}, {}
        for seed in (1, 2, 5):
            with np.load(folder / f"seed-{seed}/test.npz") as data:
                tests[seed] = {x.tobytes() for x in data["x"]}
                assert data["x"].shape == (60, 8, 8)
            with np.load(folder / f"seed-{seed}/train.npz") as data:
                trains[seed] = {x.tobytes() for x in data["x"]}
                assert len(data["x"]) == 300
            with np.load(folder / f"seed-{seed}/validation.npz") as data:
                assert len(data["x"]) == 60
                assert not trains[seed] & {x.tobytes() for x in data["x"]}
        assert tests[1] <= {x.tobytes() for x in whole["x_test"]}
    assert not tests[1] & tests[2] and not tests[2] & tests[5]
    assert trains[1] != trains[2]


def test_examples_are_balanced_and_nested(study):
    folder = study / "out/data/seed-2"
    sets = []
    for count in (1, 4):
        with np.load(folder / f"train-{count}.npz") as data:
            assert list(np.bincount(data["y"])) == [count] * 4
            sets.append({x.tobytes() for x in data["x"]})
    assert sets[0] < sets[1]


def test_a_baseline_is_told_what_the_study_asks(study):
    options = load(study, "cells/Fake_B.2.json")["options"]
    assert options["kind"] == "fake" and options["level"] == 0.4
    assert options["twice"] is True and options["word"] == "1"
    assert options["hidden"] == [16] and options["epochs"] == 2
    assert options["batch"] == 50 and options["learning-rate"] is None
    assert options["conditions"] == {"gaussian": [0.1, 0.5],
                                     "contrast": [0.3, 0.8]}
    assert options["examples"] == [1, 4] and options["test-seed"] == 2
    assert options["classes"] == 4 and options["examples-updates"] == 80


def values(study, label, pick):
    file = label.replace(" ", "_")
    return np.array([pick(load(study, f"cells/{file}.{seed}.json"))
                     for seed in (1, 2, 5)])


def area(cell):
    x = [0, 0.1, 0.5]
    y = [m["accuracy"] for m in [cell["clean"], *cell["conditions"][:2]]]
    return np.trapz(y, x) / 0.5


def test_means_and_areas_are_those_of_the_cells(study):
    result = load(study, "result.json")
    for label in ("FF", "+U", "Fake A"):
        one = arm(result, label)
        clean = values(study, label, lambda c: c["clean"]["accuracy"])
        assert one["conditions"][0]["accuracy"]["mean"] == pytest.approx(
            clean.mean())
        assert one["areas"]["gaussian"]["mean"] == pytest.approx(
            values(study, label, area).mean())
        # a contrast of 1 is clean
        contrast = values(study, label, lambda c: np.trapz(
            [c["conditions"][2]["accuracy"], c["conditions"][3]["accuracy"],
             c["clean"]["accuracy"]], [0.3, 0.8, 1]) / 0.7)
        assert one["areas"]["contrast"]["mean"] == pytest.approx(
            contrast.mean())
    assert arm(result, "Fake A")["conditions"][0]["silent"] is None
    few = values(study, "FF", lambda c: c["examples"]["4"])
    assert arm(result, "FF")["examples"]["4"]["mean"] == pytest.approx(
        few.mean())


def test_differences_are_paired_and_corrected(study):
    result = load(study, "result.json")
    differences = result["differences"]
    for d in differences:
        if d["what"] != "accuracy" or d["corruption"] == "all":
            continue
        place = None if d["corruption"] is None else [
            ("gaussian", 0.1), ("gaussian", 0.5), ("contrast", 0.3),
            ("contrast", 0.8)].index(
                (d["corruption"], d["amount"]))

        def pick(cell):
            where = cell["clean"] if place is None else cell["conditions"][
                place]
            return where["accuracy"]
        gap = (values(study, d["arm"], pick) -
               values(study, d["reference"], pick))
        assert d["mean"] == pytest.approx(gap.mean(), abs=1e-9)
        if gap.std() > 1e-9:
            t, p = stats.ttest_1samp(gap, 0)
            assert d["t"] == pytest.approx(t, rel=1e-6)
            assert d["p"] == pytest.approx(p, rel=1e-6)
    p = [d["p"] for d in differences]
    order = np.argsort(p, kind="stable")
    most = 0
    for rank, k in enumerate(order):
        most = max(most, min(1, (len(p) - rank) * p[k]))
        assert differences[k]["p_holm"] == pytest.approx(most, rel=1e-6)
        assert differences[k]["is_real"] == (most < 0.05 and (
            differences[k]["low"] > 0 or differences[k]["high"] < 0))


def test_arms_are_compared_with_the_best_baseline_and_the_reference(study):
    result = load(study, "result.json")
    clean = [(d["arm"], d["reference"], d["best_of"])
             for d in result["differences"]
             if d["what"] == "accuracy" and d["corruption"] is None]
    assert sorted(clean) == sorted([
        ("+U", "FF", False), ("Fake A", "FF", False), ("Fake B", "FF", False),
        ("FF", "Fake A", True), ("+U", "Fake A", True)])
    what = {d["what"] for d in result["differences"]}
    assert what == {"accuracy", "area", "examples"}


def test_sentences_say_what_is_real_and_what_is_not(tmp_path, toy):
    write_study(tmp_path, toy, replace={
        "reference: FF": "reference: Fake B", "seeds: [1, 2, 5]":
        "seeds: [1, 2, 3, 4, 5, 6]", "test-samples: 60": "test-samples: 20",
        "examples: [1, 4]\n": ""})
    said = json.loads(compare(tmp_path, "--json").stdout)["sentences"]
    # 10 points in every seed, without exception
    assert ("Fake A is 10.0 points better than Fake B under gaussian 0.5 (10.0 "
            "to 10.0, p below 0.001 corrected for 40 comparisons)." in said)
    assert all(s in (tmp_path / "out/result.md").read_text() for s in said)
    write_study(tmp_path, toy, replace={
        "level: 0.4": "level: 0.5", "examples: [1, 4]\n": "",
        "reference: FF": "reference: Fake B"})
    shutil.rmtree(tmp_path / "out")
    said = json.loads(compare(tmp_path, "--json").stdout)["sentences"]
    assert ("Fake A cannot be told from Fake B on clean samples, under "
            "gaussian 0.1, under gaussian 0.5, under contrast 0.3, under "
            "contrast 0.8, on average over all conditions, in the area under the curve of gaussian, in "
            "the area under the curve of contrast." in said)


def test_the_table_shows_accuracy_and_silent_units(study):
    text = compare(study).stdout
    assert "silent" in text and "area gaussian" in text
    assert "cost of a cell" in text and "cannot be told from" in text
    times = load(study, "result-times.json")
    assert [a["label"] for a in times["arms"]] == ["FF", "+U", "Fake A",
                                                   "Fake B"]


def test_matched_parameters_are_the_nearest_below(tmp_path, toy):
    write_study(tmp_path, toy, replace={"test-samples: 60":
                                        "test-samples: 60\nmatch: parameters",
                                        "seeds: [1, 2, 5]": "seeds: [1]"})
    compare(tmp_path)
    reference = load(tmp_path, "cells/FF.1.json")["parameters"]
    assert reference == 64 * 16 + 16 * 4 + 20

    def count(n):
        return 64 * n + n * n + 4 * n + 16 + n + 4
    widest = max(n for n in range(1, 17) if count(n) <= reference)
    assert load(tmp_path, "cells/+U.1.json")["parameters"] == count(widest)
    described = load(tmp_path, "study.json")
    assert described["arms"][1]["settings"]["hidden"] == str(widest)


def test_a_baseline_that_fails_is_quoted_and_other_cells_are_kept(tmp_path,
                                                                  toy):
    write_study(tmp_path, toy)
    good = (tmp_path / "base/line.py").read_text()
    (tmp_path / "base/line.py").write_text(
        "import sys\nprint('noise', file=sys.stderr)\n"
        "sys.exit('no such library\\n')\n")
    said = fails("compare", "study.yaml", "-o", "out", "--quiet", "--jobs", 1,
                 "--python", sys.executable, cwd=tmp_path, code=1)
    assert "Fake A, seed 1" in said and said.endswith("no such library")
    assert (tmp_path / "out/cells/FF.1.json").exists()
    (tmp_path / "base/line.py").write_text("pass\n")
    said = fails("compare", "study.yaml", "-o", "out", "--quiet", "--jobs", 1,
                 "--python", sys.executable, cwd=tmp_path, code=1)
    assert "wrote no cells/Fake_A.1.json" in said
    (tmp_path / "base/line.py").write_text(
        good.replace('"accuracy": x', '"accuracy": 10 * x'))
    said = fails("compare", "study.yaml", "-o", "out", "--quiet", "--jobs", 1,
                 "--python", sys.executable, cwd=tmp_path, code=1)
    assert "accuracy in 0 to 1" in said and "delete it" in said
    said = fails("compare", "study.yaml", "-o", "out", "--quiet", "--python",
                 "no-such-python", cwd=tmp_path, code=3)
    assert "Fake_A.1.json" in said
    (tmp_path / "out/cells/Fake_A.1.json").unlink()
    said = fails("compare", "study.yaml", "-o", "out", "--quiet", "--jobs", 1,
                 "--python", "no-such-python", cwd=tmp_path, code=1)
    assert "no-such-python: No such file" in said
    (tmp_path / "base/line.py").write_text(good)
    compare(tmp_path)


def test_another_study_is_refused_its_directory(study, tmp_path, toy):
    shutil.copytree(study / "out", tmp_path / "out")
    before = files(tmp_path / "out")
    write_study(tmp_path, toy, replace={"epochs: 2": "epochs: 3"})
    said = fails("compare", "study.yaml", "-o", "out", cwd=tmp_path, code=5)
    assert "another study" in said and "-o" in said
    assert files(tmp_path / "out") == before


BAD = [
    ("name: toy", "nam: toy", "study.yaml:1:1: a study has no key 'nam'"),
    ("name: toy", "name: toy\nname: two", "2:1: this key was given before"),
    ("name: toy", "name: [toy]", "1:7: expected a text"),
    ("epochs: 2", "epoch: 2", ":6:3: there is no setting 'epoch'"),
    ("epochs: 2", "epochs: many", ":6:11: epochs: 'many'"),
    ("epochs: 2", "seed: 2", "under `seeds`"),
    ("{{self: true}}", "{{seed: 2}}", "under `seeds`"),
    ("{{self: true}}", "{{validation: 2}}", "the same for all arms"),
    ("{{self: true}}", "yes", ":11:7: an arm is a mapping"),
    ("{{self: true}}", "{{burn-in: 20}}", "arm '+U': burn-in"),
    ("{{self: true}}", "{{burn-in: 1}}", "vote-steps: 1 is within"),
    ("+U:", "FF:", ":11:3: the label 'FF' was given before"),
    ("Fake B:", "+U:", ":14:3: the label '+U' was given before"),
    ("Fake B:", "Fake_A:", "'Fake A' and 'Fake_A' would both write Fake_A."),
    ("arms:\n  FF: {{}}\n  +U: {{self: true}}", "arms: {{}}",
     "there are no arms"),
    ("reference: FF", "reference: ReLU", ":16:12: 'ReLU' is no arm"),
    ("[Fake A, Fake B]", "[Fake C]", ":17:11: 'Fake C' is no arm"),
    ("seeds: [1, 2, 5]", "seeds: []", ":18:8: expected a list"),
    ("seeds: [1, 2, 5]", "seeds: [1, 1]", ":18:12: this seed was given"),
    ("seeds: [1, 2, 5]", "seeds: [1.5]", ":18:9: expected a whole number"),
    ("seeds: [1, 2, 5]", "seeds: [-1]", "-1 is not in 0"),
    ("seeds: [1, 2, 5]", "match: depth", "match is width or parameters"),
    ("seeds: [1, 2, 5]\n", "", "there are no seeds"),
    ("test-samples: 60", "test-samples: 201", "more than the 200"),
    ("test-samples: 60", "measures: [speed]", "not a measure"),
    ("train-samples: 300", "train-samples: 600", "more than the 540"),
    ("gaussian: [0.1, 0.5]", "gauss: [0.1]", "no corruption 'gauss'"),
    ("gaussian: [0.1, 0.5]", "gaussian: [0.5, 0.1]", ":21:19: amounts are to"),
    ("gaussian: [0.1, 0.5]", "gaussian: [-1]", ":21:14: gaussian: an amount"),
    ("gaussian: [0.1, 0.5]", "gaussian: 0.1", "a list of amounts"),
    ("gaussian: [0.1, 0.5]", "gaussian: [nan]", "expected a number"),
    ("contrast:", "gaussian:", ":22:3: this corruption was given before"),
    ("[1, 5, 30]", "[5, 5]", ":23:17: the numbers are to ascend"),
    ("[1, 5, 30]", "[0, 5]", "0 is not in 1"),
    ("examples: [1, 4]", "examples: [500]", "500 a class are more than"),
    ("baseline-script: base/line.py\n", "", "need a `baseline-script`"),
    ("level: 0.5", "level: [1]", "an option is a number"),
    ("stability: 5", "stability: 5\n---\na: 1", "a second document"),
    ("data: {toy}", "data: nowhere", "nowhere"),
    ("arms:", "arms: {{", "study.yaml:"),
]


@pytest.mark.parametrize("old, new, what", BAD)
def test_a_bad_study_is_one_sentence(tmp_path, toy, old, new, what):
    assert old in STUDY
    write_study(tmp_path, toy, STUDY.replace(old, new))
    done = subprocess.run([PROGRAM, "compare", "study.yaml", "-o", "out"],
                          cwd=tmp_path, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode in (2, 3), done.stderr
    assert what in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_wrong_words_are_named(tmp_path):
    assert "study file" in fails("compare", cwd=tmp_path, code=2)
    assert "none.yaml" in fails("compare", "none.yaml", cwd=tmp_path, code=3)
    (tmp_path / "empty.yaml").write_text("")
    assert "empty" in fails("compare", "empty.yaml", cwd=tmp_path, code=3)
    assert "'0'" in fails("compare", "x.yaml", "--jobs", "0", cwd=tmp_path,
                          code=2)


def test_check_agrees_with_itself_and_names_what_moved(study, tmp_path):
    stored = study / "out/result.json"
    compare(study, "--check", stored)
    moved = json.loads(stored.read_text())
    accuracy = moved["arms"][1]["conditions"][1]["accuracy"]
    width = 1.5 * (accuracy["high"] - accuracy["low"])
    for key in accuracy:
        accuracy[key] -= width
    (tmp_path / "moved.json").write_text(json.dumps(moved))
    done = compare(study, "--check", tmp_path / "moved.json", code=1)
    lines = done.stderr.strip().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("limen: +U: accuracy under gaussian 0.1 is ")
    assert "1 of" in lines[1]
    for key in accuracy:
        accuracy[key] += 0.6 * width
    (tmp_path / "near.json").write_text(json.dumps(moved))
    compare(study, "--check", tmp_path / "near.json")
    (tmp_path / "other.json").write_text("{}")
    done = compare(study, "--check", tmp_path / "other.json", code=3)
    assert "no results of arms" in done.stderr
    compare(study, "--check", tmp_path / "none.json", code=3)


def test_a_study_with_one_seed_has_no_intervals(tmp_path, toy):
    write_study(tmp_path, toy, replace={"seeds: [1, 2, 5]": "seeds: [7]"})
    result = json.loads(compare(tmp_path, "--json").stdout)
    clean = arm(result, "FF")["conditions"][0]["accuracy"]
    assert clean["low"] is None and clean["mean"] > 0
    assert not any(d["is_real"] for d in result["differences"])


def test_the_example_of_the_documents_runs(tmp_path):
    page = pathlib.Path(__file__).parents[2] / "docs/compare.md"
    text = page.read_text().split("```yaml study\n")[1].split("```")[0]
    (tmp_path / "study.yaml").write_text(text)
    compare(tmp_path)
    assert load(tmp_path, "result.json")["sentences"]
