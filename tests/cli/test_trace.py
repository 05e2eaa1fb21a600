"""limen trace: what it draws, measures and writes, and what it refuses."""

import json
import os
import pty
import subprocess

import numpy as np
import pytest

from conftest import PROGRAM, fails, run, train

MEASURES = ["settle", "flips", "distance", "autocorrelation", "agreement",
            "agreement_chance", "cycle", "transient"]


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("traced")
    train(toy, "run", cwd=folder)
    return folder


def trace(*words, cwd, locale="C.UTF-8", **env):
    clean = {k: v for k, v in os.environ.items()
             if k not in ("COLUMNS", "LC_ALL", "LC_CTYPE", "NO_COLOR")}
    return run("trace", *words, cwd=cwd,
               env=clean | {"LANG": locale} | env).stdout


def as_json(*words, cwd):
    return json.loads(run("trace", *words, "--json", cwd=cwd).stdout)


def unpack(raster, n):
    return np.unpackbits(raster, axis=2, bitorder="little")[:, :, :n]


def test_every_layer_and_the_classes_are_drawn(trained, toy):
    text = trace("run", "--samples", "5", cwd=trained, COLUMNS="100")
    one = as_json("run", "--samples", "5", cwd=trained)["samples"][0]
    with np.load(toy) as data:
        assert one["label"] == data["y_test"][5]
    assert text.startswith(f"Sample 5, label {one['label']}: answer "
                           f"{one['answer']} from step {one['stands']} on")
    drawn = text[:text.index("1 sample, T = 20")]
    for name in ("input ", "hidden 1 ", "output "):
        assert drawn.count("\n" + name) == 2, name
    mean = next(line for line in drawn.split("\n")
                if line.startswith(f"class {one['answer']} "))
    assert "answer" in mean and "█" in mean


def plot(line, width=60):
    """What stands between the name and the numbers of a line."""
    return line[11:11 + width]


def test_bars_of_the_running_mean_are_those_of_the_raster(trained):
    # three columns a step
    text = trace("run", "--samples", "7", cwd=trained, COLUMNS="100")
    trace("run", "--samples", "7", "--out", "seven", cwd=trained)
    with np.load(trained / "seven/trace.npz") as data:
        means, answer = data["means"][0], int(data["answers"][0])
    line = next(line for line in text.split("\n")
                if line.startswith(f"class {answer} "))
    bars = " ▁▂▃▄▅▆▇█"
    want = [bars[int(np.ceil(m * 8 - 1e-9))] for m in means[:, answer]]
    assert plot(line) == "".join(bar * 3 for bar in want)
    assert line[11 + 60:].split()[0] == f"{means[-1, answer]:.2f}"


@pytest.mark.parametrize("columns", ["40", "59", "60", "133", "400"])
@pytest.mark.parametrize("steps", ["1", "20", "333", "2000"])
def test_drawings_fit_the_width(trained, columns, steps):
    text = trace("run", "--samples", "0,1", "--steps", steps, cwd=trained,
                 COLUMNS=columns)
    rows = [line for line in text[:text.index("2 samples, T")].split("\n")
            if set(line) & set("░▒▓█▁▂▃▄▅▆▇")]
    assert len(rows) > 10
    assert max(map(len, rows)) <= int(columns)


@pytest.mark.parametrize("columns, width", [
    ("", 80), ("0", 80), ("-7", 80), ("wide", 80), ("80x", 80), ("1", 40),
    ("99999999999999999999999", 400)])
def test_absurd_widths_are_mended(trained, columns, width):
    told = trace("run", "--samples", "0", "--steps", "2000", cwd=trained,
                 COLUMNS=columns)
    assert told == trace("run", "--samples", "0", "--steps", "2000",
                         cwd=trained, COLUMNS=str(width))


def test_without_utf8_all_is_ascii(trained):
    for locale in ("C", "POSIX", ""):
        text = trace("run", cwd=trained, locale=locale)
        assert text.isascii() and "#" in text
    assert not trace("run", cwd=trained, locale="de_DE.utf8").isascii()
    # the first variable that is set counts
    assert trace("run", cwd=trained, LC_ALL="C").isascii()


def on_terminal(folder, **env):
    """The output on a terminal, which may be coloured."""
    master, slave = pty.openpty()
    child = subprocess.Popen([PROGRAM, "trace", "run", "--samples", "0"],
                             cwd=folder, stdout=slave, stdin=slave,
                             env=os.environ | env)
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 65536):
            text += chunk
    except OSError:
        pass  # Linux says so at the end
    os.close(master)
    assert child.wait() == 0
    return text


def test_colours_are_for_terminals_that_want_them(trained):
    assert b"\x1b[" in on_terminal(trained)
    assert b"\x1b[" not in on_terminal(trained, NO_COLOR="1")
    assert "\x1b[" not in trace("run", cwd=trained)


def test_files_hold_what_happened(trained, toy):
    run("trace", "run", "--samples", "3,9-11", "--steps", "33", "--burn-in",
        "4", "--out", "files/deep", cwd=trained)
    with np.load(toy) as data:
        x, y = data["x_test"], data["y_test"]
    np.save(trained / "all.npy", x[:12])
    made = np.load(trained / "files/deep/trace.npz")
    picked = [3, 9, 10, 11]
    assert made["sample"].tolist() == picked
    assert made["labels"].tolist() == y[picked].tolist()
    assert made["units"].tolist() == [64, 16, 4]
    for layer, n in enumerate(made["units"].tolist()):
        run("predict", "run", "all.npy", "--steps", "33", "--raster", "r.npy",
            "--layer", layer, cwd=trained)
        raster = made[f"raster_{layer}"]
        np.testing.assert_array_equal(raster,
                                      np.load(trained / "r.npy")[picked])
        bits = unpack(raster, n)
        np.testing.assert_allclose(made["activity"][:, layer],
                                   bits.mean(axis=2))
    spikes = bits[:, 4:]
    counts = np.arange(1, 30)[None, :, None]
    np.testing.assert_allclose(made["means"][:, 4:],
                               np.cumsum(spikes, axis=1) / counts)
    assert not made["means"][:, :4].any()
    for name in MEASURES:
        assert made[name].shape == (4, 3)
    done = run("predict", "run", "all.npy", "--steps", "33", "--burn-in", "4",
               "--json", cwd=trained)
    answers = [a["answer"] for a in json.loads(done.stdout)]
    assert made["answers"].tolist() == [answers[k] for k in picked]


def test_tables_hold_the_same_as_the_arrays(trained):
    run("trace", "run", "--samples", "4,2", "--out", "t", cwd=trained)
    made = np.load(trained / "t/trace.npz")
    for name, array in (("activity", made["activity"].transpose(0, 2, 1)),
                        ("means", made["means"])):
        table = np.genfromtxt(trained / f"t/{name}.csv", delimiter=",",
                              names=True)
        assert table.dtype.names[:2] == ("sample", "step")
        assert table["sample"].tolist() == [4] * 20 + [2] * 20
        assert table["step"].tolist() == [*range(1, 21)] * 2
        rows = np.array(table.tolist())[:, 2:].reshape(array.shape)
        np.testing.assert_allclose(rows, array, atol=1e-7)


def test_blocks_of_samples_leave_no_seam(toy, tmp_path):
    # 130 words a step: 16 MiB hold 32 samples of 500 steps
    run("train", "--data", toy, "--hidden", 8192, "--train-samples", 50,
        "--epochs", 1, "--validation", 0, "--quiet", "-o", "run", cwd=tmp_path)
    run("trace", "run", "--samples", "0-39", "--steps", "500", "--out", "t",
        "--show", "0", cwd=tmp_path)
    with np.load(toy) as data:
        np.save(tmp_path / "x.npy", data["x_test"][:40])
    run("predict", "run", "x.npy", "--steps", "500", "--raster", "r.npy",
        "--layer", "2", cwd=tmp_path)
    with np.load(tmp_path / "t/trace.npz") as made:
        np.testing.assert_array_equal(made["raster_2"],
                                      np.load(tmp_path / "r.npy"))


def test_measures_are_means_of_the_files(trained):
    told = as_json("run", "--count", "40", cwd=trained)
    run("trace", "run", "--count", "40", "--out", "m", cwd=trained)
    made = np.load(trained / "m/trace.npz")
    for name in MEASURES:
        whole = np.nanmedian if name in ("cycle", "transient") else np.nanmean
        for layer, row in enumerate(told["layers"]):
            values = made[name][:, layer]
            if np.isnan(values).all():
                assert row[name] is None
            else:
                assert row[name] == pytest.approx(whole(values), rel=1e-8)
    stands = [s["stands"] for s in told["samples"]]
    assert stands == made["stands"].tolist()
    assert told["mean_stands"] == pytest.approx(np.mean(stands))
    closed = ~np.isnan(made["cycle"]).any(axis=1)
    assert told["closed"] == pytest.approx(closed.mean())


def test_answers_are_those_of_eval(trained):
    told = as_json("run", "--count", "200", cwd=trained)
    right = np.mean([s["answer"] == s["label"] for s in told["samples"]])
    done = run("eval", "run", "--seeds", "1", "--json", cwd=trained)
    assert json.loads(done.stdout)["points"][0]["accuracy"] == right


def test_the_answer_stands_from_the_step_that_is_told(trained):
    told = as_json("run", "--count", "60", cwd=trained)["samples"]
    late = [s for s in told if 1 < s["stands"] <= 12][:5]
    assert late
    for one in late:
        n, at = str(one["sample"]), one["stands"]
        answers = [as_json("run", "--samples", n, "--steps", t,
                           cwd=trained)["samples"][0]["answer"]
                   for t in (at - 1, at, at + 1, 19, 20)]
        assert answers[0] != one["answer"]
        assert answers[1:] == [one["answer"]] * 4


def test_selections_do_not_change_a_sample(trained):
    alone = as_json("run", "--samples", "8", cwd=trained)["samples"][0]
    for words in (["--count", "9"], ["--samples", "20,8"]):
        for more in ([], ["--corrupt", "gaussian:0.4"]):
            alone = as_json("run", "--samples", "8", *more, cwd=trained)
            among = as_json("run", *words, *more, cwd=trained)
            assert among["samples"][-1] == alone["samples"][0]
    assert (as_json("run", "--count", "3", cwd=trained)
            == as_json("run", "--samples", "0-2", cwd=trained))


def test_corruption_is_that_of_the_library_and_unsettles(trained):
    clean = as_json("run", "--count", "200", cwd=trained)
    noisy = as_json("run", "--count", "200", "--corrupt", "inverse:1",
                    cwd=trained)
    right = [np.mean([s["answer"] == s["label"] for s in told["samples"]])
             for told in (clean, noisy)]
    assert right[0] > 0.9 > right[1]


def test_a_file_of_images_is_traced_without_labels(trained, toy):
    with np.load(toy) as data:
        np.save(trained / "images.npy", data["x_test"][:3])
    told = as_json("run", "images.npy", cwd=trained)
    same = as_json("run", "--count", "3", cwd=trained)
    assert [s["stands"] for s in told["samples"]] == [
        s["stands"] for s in same["samples"]]
    assert "label" not in told["samples"][0]
    text = trace("run", "images.npy", "--out", "unlabelled", cwd=trained)
    assert "label" not in text and "Sample 1: answer" in text
    with np.load(trained / "unlabelled/trace.npz") as made:
        assert "labels" not in made


def test_results_do_not_depend_on_threads(trained):
    assert (as_json("run", "--threads", "1", cwd=trained)
            == as_json("run", "--threads", "3", cwd=trained))


@pytest.mark.parametrize("words, what", [
    (["--steps", "0"], "below 1 steps"),
    (["--steps", "5", "--burn-in", "5"], "burn-in"),
    (["--samples", "200"], "200 is past 199"),
    (["--samples", "3-200"], "200 is past 199"),
    (["--samples", "99999999999999999999999"], "past 199"),
    (["--samples", "-1"], "like 0,5,20-29"),
    (["--samples", "5-3"], "like 0,5,20-29"),
    (["--samples", "1,"], "like 0,5,20-29"),
    (["--samples", "1,,2"], "like 0,5,20-29"),
    (["--samples", "one"], "like 0,5,20-29"),
    (["--samples", ""], "at least one"),
    (["--samples", "0-199,0"], "more numbers than the 200"),
    (["--samples", "1", "--count", "2"], "one of them"),
    (["--count", "0"], "from 1"),
    (["--count", "201"], "201 is more than the 200"),
    (["--rows", "-1"], "from 0"),
    (["--corrupt", "fog:1"], "fog"),
    (["--corrupt", "gaussian:-1"], "gaussian"),
    (["--corrupt", "gaussian:x"], "gaussian"),
    (["--hidden", "3"], "does not take it"),
])
def test_wrong_options_are_named(trained, words, what):
    assert what in fails("trace", "run", *words, "--out", "nothing",
                         cwd=trained, code=2)
    assert not (trained / "nothing").exists()


def test_wrong_names_are_named(trained):
    assert "name a run" in fails("trace", cwd=trained, code=2)
    fails("trace", "run", "a.npy", "b.npy", cwd=trained, code=2)
    assert "nowhere" in fails("trace", "nowhere", cwd=trained, code=3)
    assert "a.npy" in fails("trace", "run", "a.npy", cwd=trained, code=3)
    assert "none.npz" in fails("trace", "run", "--data", "none.npz",
                               cwd=trained, code=3)
    np.save(trained / "small.npy", np.zeros((3, 7), np.uint8))
    fails("trace", "run", "small.npy", cwd=trained, code=5)


def test_a_place_that_cannot_be_written_is_named(trained, tmp_path):
    (tmp_path / "file").write_text("kept")
    said = fails("trace", trained / "run", "--data",
                 json.loads((trained / "run/run.json").read_text())
                 ["settings"]["data"], "--out", "file/deep", cwd=tmp_path,
                 code=3)
    assert "file/deep" in said
    fails("trace", trained / "run", "--out", "file", cwd=tmp_path, code=3)
    assert (tmp_path / "file").read_text() == "kept"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_what_was_there(trained, tmp_path):
    import resource
    import signal

    words = [PROGRAM, "trace", trained / "run", "--out", "t"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    kept = {p: p.read_bytes() for p in (tmp_path / "t").iterdir()}

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    done = subprocess.run([*words, "--steps", "500"], cwd=tmp_path,
                          capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 3 and "t/" in done.stderr
    assert {p: p.read_bytes() for p in (tmp_path / "t").iterdir()} == kept


def test_too_many_steps_are_refused_before_memory_is(trained):
    said = fails("trace", "run", "--samples", "0", "--steps", "100000000",
                 cwd=trained, code=4)
    assert "more than 1 GiB; up to" in said


def test_equal_calls_write_equal_bytes(trained):
    for name in ("e1", "e2"):
        run("trace", "run", "--samples", "0-5", "--out", name, cwd=trained)
    for path in (trained / "e1").iterdir():
        assert path.read_bytes() == (trained / "e2" / path.name).read_bytes()
