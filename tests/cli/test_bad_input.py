"""Bad input: one sentence, the right exit code, nothing half-written."""

import json
import os

import numpy as np
import pytest

from conftest import PROGRAM, SMALL, fails, run, train


@pytest.mark.parametrize("words, what", [
    (["--hiden", "3"], "hidden"),
    (["--steps", "0"], "below 1 steps"),
    (["--steps", "1.5"], "whole number"),
    (["--hidden", "0"], "below 1"),
    (["--hidden", "1000000000"], "above"),
    (["--hidden", "3,,4"], "whole number"),
    (["--learning-rate", "nan"], "not a number"),
    (["--learning-rate", "inf"], "not a number"),
    (["--learning-rate", "-1"], "below 0"),
    (["--pixel-scale", "2"], "[0, 1]"),
    (["--burn-in", "20"], "burn-in"),
    (["--burn-in", "5", "--train-steps", "5"], "train-steps"),
    (["--rule", "magic"], "bptt|rate"),
    (["--self=maybe"], "neither true nor false"),
    (["--feedback-layers", "9", "--feedback"], "output layer"),
    (["--backend", "abacus"], "ref"),
    (["--threads", "-1"], "from 0"),
    (["--threads"], "needs a value"),
    (["--time-limit", "soon"], "90s"),
    (["--preset", "fancy"], "original"),
    (["--set", "epochs"], "NAME=VALUE"),
    (["-x"], "two dashes"),
    (["word"], "--data"),
    (["--validation", "600"], "leaves nothing"),
    (["--train-samples", "601"], "more than"),
    (["--rule", "rate", "--split-samples", "--train-steps", "1"], "split"),
])
def test_a_wrong_option_is_named(toy, tmp_path, words, what):
    said = fails("train", "--data", toy, "--epochs", "1", *words,
                 cwd=tmp_path, code=2)
    assert what in said
    assert not list(tmp_path.iterdir())


def test_an_unknown_command_is_named(tmp_path):
    assert "limen help" in fails("trian", cwd=tmp_path, code=2)
    assert run(cwd=tmp_path, code=2).stderr.startswith("limen ")
    fails("help", "nothing", cwd=tmp_path, code=2)
    fails("help", "--completion", "csh", cwd=tmp_path, code=2)
    fails("eval", cwd=tmp_path, code=2)
    fails("predict", "run", cwd=tmp_path, code=2)


def test_a_huge_network_is_out_of_memory(toy, tmp_path):
    said = fails("train", "--data", toy, "--hidden", "16000000,16000000",
                 cwd=tmp_path, code=4)
    assert "memory" in said and not list(tmp_path.iterdir())


def write_sets(folder):
    x = np.random.default_rng(0).integers(0, 256, (20, 4, 4)).astype(np.uint8)
    y = (np.arange(20) % 3).astype(np.uint8)
    good = dict(x_train=x, y_train=y, x_test=x, y_test=y)
    bad = {
        "count": dict(good, y_train=y[:-1]),
        "negative": dict(good, y_train=y.astype(int) - 1),
        "fraction": dict(good, y_train=y + 0.5),
        "nan": dict(good, x_train=np.full((20, 16), np.nan)),
        "inf": dict(good, x_train=np.full((20, 16), np.inf)),
        "range": dict(good, x_train=np.full((20, 16), 1.5)),
        "empty": dict(good, x_train=x[:0], y_train=y[:0]),
        "missing": dict(x_test=x, y_test=y),
        "fortran": dict(good, x_train=np.asfortranarray(x)),
        "complex": dict(good, x_train=x.astype(complex)),
    }
    for name, arrays in bad.items():
        np.savez(folder / f"{name}.npz", **arrays)
    np.savez(folder / "good.npz", **good)
    return list(bad)


def test_bad_sets_are_refused(tmp_path):
    for name in write_sets(tmp_path):
        said = fails("train", "--data", f"{name}.npz", "--epochs", "1",
                     "--quiet", cwd=tmp_path, code=3)
        assert f"{name}.npz" in said
    run("train", "--data", "good.npz", "--epochs", "1", "--quiet", "-o", "ok",
        cwd=tmp_path)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("suffix", ["npz", "npy", "csv", "png", "idx.gz"])
def test_damaged_files_of_every_format_are_refused(toy, tmp_path, suffix):
    contents = [b"", b"\0", b"hello, world\n", b"\x93NUMPY\x01\0\xff\xff",
                b"PK\x03\x04" + b"\xff" * 40, b"\x89PNG\r\n\x1a\n" + b"1" * 30,
                b"\x1f\x8b\x08" + b"\0" * 20, b"\0\0\x08\x03" + b"\xff" * 12,
                os.urandom(200)]
    for content in contents:
        path = tmp_path / f"bad.{suffix}"
        path.write_bytes(content)
        fails("data", path, cwd=tmp_path, code=3)


def test_places_that_are_no_files_are_refused(toy, tmp_path):
    (tmp_path / "folder").mkdir()
    fails("data", "folder", cwd=tmp_path, code=3)
    fails("data", "nowhere.npz", cwd=tmp_path, code=3)
    fails("eval", "nowhere", cwd=tmp_path, code=3)
    fails("eval", "folder", cwd=tmp_path, code=3)
    fails("train", "--config", "folder", cwd=tmp_path, code=3)
    fails("train", "--resume", "folder", cwd=tmp_path, code=3)
    said = fails("data", "mnist", cwd=tmp_path, code=3,
                 env=dict(os.environ, LIMEN_DATA=""))
    assert "t10k-labels-idx1-ubyte" in said


def test_a_run_directory_that_cannot_be_made_is_named(toy, tmp_path):
    (tmp_path / "file").write_text("kept")
    fails("train", "--data", toy, *SMALL, "-o", "file/run", cwd=tmp_path,
          code=3)
    assert (tmp_path / "file").read_text() == "kept"


def test_models_that_are_none_are_refused(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    whole = (tmp_path / "run/model.safetensors").read_bytes()
    for size in (0, 4, 8, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "m.safetensors").write_bytes(whole[:size])
        fails("eval", "m.safetensors", cwd=tmp_path, code=3)
    (tmp_path / "m.safetensors").write_bytes(
        whole.replace(b'"version":"1"', b'"version":"9"'))
    fails("eval", "m.safetensors", cwd=tmp_path, code=5)
    for old, new in [(b'\\"units\\":[64', b'\\"units\\":[65'),
                     (b'\\"from\\":0', b'\\"from\\":9'),
                     (b'\\"noise\\":0', b'\\"noise\\":7'),
                     (b'F32', b'F64')]:
        assert old in whole
        (tmp_path / "m.safetensors").write_bytes(whole.replace(old, new))
        fails("eval", "m.safetensors", cwd=tmp_path, code=3)


def test_data_of_another_shape_is_incompatible(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    write_sets(tmp_path)
    fails("eval", "run", "--data", "good.npz", cwd=tmp_path, code=5)
    np.save(tmp_path / "x.npy", np.zeros((3, 7), np.uint8))
    fails("predict", "run", "x.npy", cwd=tmp_path, code=5)
    for steps in ("0", "5,1", "a", "1,,2", "-3"):
        fails("eval", "run", "--steps", steps, cwd=tmp_path, code=2)
    np.save(tmp_path / "y.npy", np.zeros((3, 64), np.uint8))
    fails("predict", "run", "y.npy", "--raster", "r.npy", "--layer", "9",
          cwd=tmp_path, code=2)
    assert not (tmp_path / "r.npy").exists()


def test_a_full_disk_leaves_what_was_there(toy, tmp_path):
    train(toy, "run", cwd=tmp_path)
    np.save(tmp_path / "x.npy", np.zeros((3, 64), np.uint8))
    run("predict", "run", "x.npy", "--raster", "r.npy", cwd=tmp_path)
    kept = (tmp_path / "r.npy").read_bytes()
    # a limit on the size of files stands for the full disk
    import resource
    import signal
    import subprocess

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [PROGRAM, "predict", "run", "x.npy", "--raster", "r.npy", "--steps",
         "100000"], cwd=tmp_path, capture_output=True, text=True,
        preexec_fn=limit)
    assert done.returncode == 3 and "r.npy" in done.stderr
    assert (tmp_path / "r.npy").read_bytes() == kept
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("r.npy.")]
