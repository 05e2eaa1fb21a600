"""limen sweep: rows of a grid, the same after a kill, and what it refuses."""

import csv
import json
import os
import pty
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM, fails, run, train

LITTLE = ["--hidden", "8", "--self", "--batch", "100", "--epochs", "1",
          "--train-samples", "200"]


def rows_of(folder):
    return [json.loads(line) for line in
            (folder / "rows.jsonl").read_text().splitlines()]


def table_of(folder):
    with open(folder / "table.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def model(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    train(toy, "run", cwd=folder)
    return folder


def test_rows_are_the_product_of_grids_and_seeds_in_order(toy, tmp_path):
    run("sweep", "--grid", "gain=0.5,2", "--grid", "hidden=8,12,16", "--seeds",
        "2", "--jobs", "2", "-o", "s", "--", "train", "--data", toy, "--self",
        "--batch", "100", "--epochs", "1", "--train-samples", "200",
        cwd=tmp_path)
    rows = rows_of(tmp_path / "s")
    want = [(g, h, s) for g in (0.5, 2) for h in (8, 12, 16) for s in (1, 2)]
    assert [(r["values"]["gain"], r["values"]["hidden"], r["seed"])
            for r in rows] == want
    assert [r["point"] for r in rows] == [k // 2 for k in range(12)]
    for row, (gain, hidden, seed) in zip(rows, want):
        about = json.loads(
            (tmp_path / row["result"]["run"] / "run.json").read_text())
        settings = about.get("settings") or about["configuration"]
        assert float(settings["gain"]) == gain
        assert settings["hidden"] == str(hidden)
        assert settings["seed"] == str(seed)
    table = table_of(tmp_path / "s")
    assert [float(t["test_accuracy"]) for t in table] == [
        r["result"]["test_accuracy"] for r in rows]
    assert [float(t["interval.1"]) for t in table] == [
        r["result"]["interval"][1] for r in rows]


def test_a_row_is_what_the_command_alone_says(model):
    run("sweep", "--grid", "steps=1,7", "-o", "alone", "--", "eval", "run",
        "--seeds", "2", cwd=model)
    for row, steps in zip(rows_of(model / "alone"), (1, 7)):
        alone = run("eval", "run", "--steps", steps, "--seeds", "2", "--seed",
                    "1", "--json", "--threads", "1", cwd=model).stdout
        assert row["result"] == json.loads(alone)


def test_log_grids_have_equal_ratios_and_counts_are_whole(model):
    run("sweep", "--grid", "burn-in=0:16:3", "--grid", "pixel-scale=0.01:1:3:log",
        "-o", "log", "--", "eval", "run", "--seeds", "1", cwd=model)
    values = [row["values"] for row in rows_of(model / "log")]
    assert [v["burn-in"] for v in values[::3]] == [0, 8, 16]
    assert [v["pixel-scale"] for v in values[:3]] == [0.01, 0.1, 1]


def test_random_points_lie_in_their_range_and_repeat(model):
    def draw(name, *more):
        run("sweep", "--random", "12", "--range", "pixel-scale=0.01:1:log",
            "--range", "burn-in=0:9", "-o", name, *more, "--", "eval", "run",
            "--seeds", "1", cwd=model)
        return [tuple(r["values"].values()) for r in rows_of(model / name)]

    points = draw("r1")
    assert len(set(points)) == 12
    assert all(0.01 <= scale <= 1 and burn in range(10)
               for scale, burn in points)
    # half of a log range lies below its geometric middle
    assert 2 <= sum(scale < 0.1 for scale, _ in points) <= 10
    assert draw("r2") == points
    assert draw("r3", "--seed", "2") != points


def test_a_killed_sweep_goes_on_to_the_same_bytes(toy, tmp_path):
    words = ["--grid", "gain=0.1:10:10:log", "--seeds", "2", "--jobs", "2", "-o",
             "s", "--", "train", "--data", str(toy), *LITTLE]
    run("sweep", *words, cwd=tmp_path)
    whole = [(tmp_path / "s" / name).read_bytes()
             for name in ("rows.jsonl", "table.csv", "sweep.json")]
    (tmp_path / "s").rename(tmp_path / "before")
    child = subprocess.Popen([PROGRAM, "sweep", *words], cwd=tmp_path,
                             stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    partial = tmp_path / "s/partial.jsonl"
    while not partial.exists() or partial.read_text().count("\n") < 3:
        assert child.poll() is None
        time.sleep(0.005)
    child.kill()
    child.wait()
    done = partial.read_text()
    assert not (tmp_path / "s/table.csv").exists()
    # as if the kill had cut a line
    partial.write_text(done + done[:40])
    run("sweep", *words, cwd=tmp_path)
    assert whole == [(tmp_path / "s" / name).read_bytes()
                     for name in ("rows.jsonl", "table.csv", "sweep.json")]
    assert not partial.exists()


def test_rows_that_are_there_are_not_made_again(model):
    words = ["sweep", "--grid", "steps=1,2,3", "-o", "again", "--", "eval",
             "run", "--seeds", "1"]
    run(*words, cwd=model)
    path = model / "again/rows.jsonl"
    path.write_text(path.read_text().replace('"samples":200', '"samples":7'))
    run(*words, cwd=model)
    assert path.read_text().count('"samples":7') == 3
    run(*words[:1], "--force", *words[1:], cwd=model)
    assert path.read_text().count('"samples":200') == 3


def test_jobs_and_order_do_not_change_a_byte(toy, tmp_path):
    got = []
    for jobs in ("1", "4"):
        run("sweep", "--grid", "gain=0.5,1,2,4", "--jobs", jobs, "-o", "s",
            "--force", "--", "train", "--data", toy, *LITTLE, cwd=tmp_path)
        got.append([(tmp_path / "s" / name).read_bytes()
                    for name in ("rows.jsonl", "table.csv")])
    assert got[0] == got[1]


def test_a_failed_point_is_a_row_with_its_sentence(toy, tmp_path):
    done = run("sweep", "--grid", "rule=bptt,none-such", "-o", "s", "--",
               "train", "--data", toy, *LITTLE, cwd=tmp_path, code=1)
    assert "1 of 2 runs failed" in done.stderr
    good, bad = rows_of(tmp_path / "s")
    assert "error" not in good and good["result"]["test_accuracy"] > 0
    assert bad["error"].startswith("rule: 'none-such' is not one of")
    assert bad["exit"] == 2 and "result" not in bad
    table = table_of(tmp_path / "s")
    assert table[1]["error"] == bad["error"] and not table[1]["test_accuracy"]


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130),
                                          (signal.SIGTERM, 75)])
def test_a_signal_stops_with_a_word_how_to_go_on(toy, tmp_path, number, code):
    words = ["--grid", "gain=0.1:10:40:log", "--jobs", "2", "-o", "s", "--",
             "train", "--data", str(toy), *LITTLE]
    child = subprocess.Popen([PROGRAM, "sweep", *words], cwd=tmp_path,
                             stderr=subprocess.PIPE, text=True)
    partial = tmp_path / "s/partial.jsonl"
    while not partial.exists() or not partial.read_text():
        time.sleep(0.005)
    child.send_signal(number)
    said = child.communicate(timeout=60)[1]
    assert child.returncode == code
    assert said.startswith("limen: stopped after ") and "goes on" in said
    assert not (tmp_path / "s/rows.jsonl").exists()


def test_progress_is_for_terminals(model):
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [PROGRAM, "sweep", "--grid", "steps=1,2", "--force", "-o", "bar", "--",
         "eval", "run", "--seeds", "1"], cwd=model, stderr=slave,
        stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"})
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 4096):
            text += chunk
    except OSError:
        pass  # Linux says so at the end
    os.close(master)
    assert child.wait() == 0
    assert b"left  0 of 2 runs" in text and b"\x1b[36m" not in text


def test_one_grid_is_a_curve_and_two_are_a_map(model):
    run("sweep", "--grid", "steps=1,2,5", "--seeds", "2", "--plot",
        "accuracy.0.accuracy", "-o", "c", "--force", "--", "eval", "run",
        "--seeds", "1", cwd=model, code=2)
    names = (model / "c/table.csv").read_text().split("\n")[0].split(",")
    column = next(n for n in names if n.endswith("accuracy"))
    run("sweep", "--grid", "steps=1,2,5", "--seeds", "2", "--plot", column, "-o",
        "c", "--", "eval", "run", "--seeds", "1", cwd=model)
    page = (model / "c/report.html").read_text()
    assert 'class="chart lines"' in page and page.count('class="mark') == 3
    run("sweep", "--grid", "steps=1,2", "--grid", "pixel-scale=0.1,0.5,1",
        "--plot", column, "-o", "m", "--", "eval", "run", "--seeds", "1",
        cwd=model)
    page = (model / "m/report.html").read_text()
    assert 'class="chart map"' in page and page.count('cell"') == 6


@pytest.mark.parametrize("words, says", [
    (["--grid", "gain=1,2", "--", "train"], "-o DIR"),
    (["-o", "s", "--", "train"], "--grid"),
    (["--grid", "gain=1,2", "-o", "s"], "name the command"),
    (["--grid", "gain=1,2", "-o", "s", "--", "walk"], "no command 'walk'"),
    (["--grid", "gain=1,2", "-o", "s", "--", "sweep"], "no result as JSON"),
    (["--grid", "gain=1,2", "-o", "s", "--", "report", "r"], "JSON"),
    (["--grid", "gain", "-o", "s", "--", "train"], "is not NAME=VALUES"),
    (["--grid", "gain=", "-o", "s", "--", "train"], "is not NAME=VALUES"),
    (["--grid", "gain=1,,2", "-o", "s", "--", "train"], "not a list"),
    (["--grid", "gain=1:2", "-o", "s", "--", "train"], "FROM:TO:COUNT"),
    (["--grid", "gain=1:2:1", "-o", "s", "--", "train"], "from 2 to"),
    (["--grid", "gain=1:x:3", "-o", "s", "--", "train"], "FROM:TO:COUNT"),
    (["--grid", "gain=1:2:3:lin", "-o", "s", "--", "train"], "FROM:TO:COUNT"),
    (["--grid", "gain=0:2:3:log", "-o", "s", "--", "train"], "above 0"),
    (["--grid", "gain=1:inf:3", "-o", "s", "--", "train"], "FROM:TO:COUNT"),
    (["--grid", "gian=1,2", "-o", "s", "--", "train"], "no --gian"),
    (["--grid", "seed=1,2", "-o", "s", "--", "train"], "--seeds"),
    (["--grid", "gain=1,2", "--grid", "gain=3", "-o", "s", "--", "train"],
     "varied twice"),
    (["--grid", "gain=1,2", "-o", "s", "--", "train", "--gain", "3"],
     "leave out one"),
    (["--grid", "gain=1,2", "-o", "s", "--", "train", "-o", "x"], "-o belongs"),
    (["--grid", "gain=1,2", "-o", "s", "--", "train", "--seed=4"],
     "--seed belongs"),
    (["--grid", "gain=1,2", "--random", "3", "-o", "s", "--", "train"],
     "go together"),
    (["--random", "3", "--range", "gain=1", "-o", "s", "--", "train"],
     "FROM:TO"),
    (["--random", "0", "--range", "gain=1:2", "-o", "s", "--", "train"],
     "--random"),
    (["--grid", "gain=1,2", "--jobs", "none", "-o", "s", "--", "train"],
     "--jobs"),
    (["--grid", "gain=1:2:9999", "--grid", "learning-rate=1:2:9999", "-o", "s",
      "--", "train"], "make the grids coarser"),
    (["--theory", "--grid", "gain=1,2", "-o", "s", "--", "train"],
     "has no theory"),
    (["--seeds", "2", "--grid", "backend=ref,avx2", "-o", "s", "--", "doctor"],
     "no --seed"),
], ids=str)
def test_wrong_usage_is_one_sentence_and_no_folder(words, says, tmp_path):
    assert says in fails("sweep", *words, cwd=tmp_path, code=2)
    assert not list(tmp_path.iterdir())


def test_another_sweep_is_not_overwritten(model):
    words = ["-o", "kept", "--", "eval", "run", "--seeds", "1"]
    run("sweep", "--grid", "steps=1", *words, cwd=model)
    before = (model / "kept/rows.jsonl").read_bytes()
    said = fails("sweep", "--grid", "steps=2", *words, cwd=model, code=5)
    assert "another sweep" in said and "--force" in said
    assert (model / "kept/rows.jsonl").read_bytes() == before
