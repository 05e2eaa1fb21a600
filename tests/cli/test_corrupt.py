"""limen data corrupt: corrupted and augmented copies of a set."""

import json

import numpy as np
import pytest

from conftest import SMALL, fails, run


def tensors(path):
    """All arrays of a model but the rates, which are of the set as it is."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, entry in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__" and not name.startswith("rates."):
            first, last = entry["data_offsets"]
            arrays[name] = raw[8 + size + first:8 + size + last]
    return arrays


def corrupt(cwd, *words):
    run("data", "corrupt", *words, "-o", "out.npz", cwd=cwd)
    with np.load(cwd / "out.npz") as data:
        return data["x"], data["y"]


def test_every_corruption_of_the_list_is_made(toy, tmp_path):
    names = [c["name"] for c in json.loads(
        run("data", "--list", "--json", cwd=tmp_path).stdout)]
    assert len(names) == 20
    text = run("data", "--list", cwd=tmp_path).stdout
    with np.load(toy) as data:
        clean, labels = data["x_test"] / 255, data["y_test"]
    for name in names:
        assert name in text
        x, y = corrupt(tmp_path, toy, "--corrupt", name)
        assert x.dtype == np.float32 and x.shape == clean.shape
        assert x.min() >= 0 and x.max() <= 1
        assert (y == labels).all()
        assert np.abs(x - clean).max() > 0.02, name


def test_the_test_set_is_corrupted_unless_asked_otherwise(toy, tmp_path):
    for split, count in ((None, 200), ("train", 600), ("test", 200)):
        words = [] if split is None else ["--split", split]
        x, _ = corrupt(tmp_path, toy, "--corrupt", "contrast:0.5", *words)
        assert len(x) == count
    # and a file without splits of its own is taken as a whole
    (tmp_path / "out.npz").rename(tmp_path / "whole.npz")
    again, _ = corrupt(tmp_path, "whole.npz", "--corrupt", "contrast:0.5")
    np.testing.assert_allclose(again, x / 2, rtol=1e-6)


def test_training_sees_the_samples_that_augment_writes(toy, tmp_path):
    mixture = "none,gaussian:0-0.5,dropout,rotation:0.1-0.4"
    same = [*SMALL, "--epochs", 1, "--validation", 0, "--seed", 5]
    run("data", "corrupt", toy, "--augment", mixture, "--seed", 5, "-o",
        "seen.npz", cwd=tmp_path)
    run("train", "--data", toy, "--augment", mixture, *same, "-o", "inside",
        cwd=tmp_path)
    run("train", "--data", "seen.npz", *same, "-o", "outside", cwd=tmp_path)
    run("train", "--data", toy, *same, "-o", "clean", cwd=tmp_path)
    inside, outside, clean = (
        tensors(tmp_path / name / "model.safetensors")
        for name in ("inside", "outside", "clean"))
    assert inside == outside
    assert inside != clean


def test_each_epoch_and_seed_has_its_own_augmentation(toy, tmp_path):
    seen = [corrupt(tmp_path, toy, "--augment", "mix", "--epoch", epoch,
                    "--seed", seed)[0]
            for epoch, seed in ((1, 1), (1, 1), (2, 1), (1, 2))]
    assert (seen[0] == seen[1]).all()
    assert (seen[0] != seen[2]).mean() > 0.3
    assert (seen[0] != seen[3]).mean() > 0.3


def test_preview_shows_before_and_after(toy, tmp_path):
    done = run("data", "corrupt", toy, "--corrupt", "block", "--preview", 2,
               cwd=tmp_path)
    assert done.stdout.count("becomes") == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words, says", [
    (["--corrupt", "fog"], "there is no corruption 'fog'; there are gaussian"),
    (["--corrupt", "gaussian:x"], "is not NAME or NAME:AMOUNT"),
    (["--corrupt", "gaussian:"], "is not NAME or NAME:AMOUNT"),
    (["--corrupt", "dropout:1.5"], "an amount of 1.5 is not in 0 to 1"),
    (["--corrupt", "dropout:nan"], "is not in 0 to 1"),
    (["--augment", "none"], "changes nothing"),
    (["--augment", "gaussian:0.5-0.1"], "NAME:LOW-HIGH"),
    (["--augment", "none,,block"], "there is no corruption ''"),
    (["--augment", "mix", "--augment-without", "dropout,gausian"],
     "'gausian' is not in the mixture"),
    (["--augment", "block", "--augment-without", "block"],
     "nothing is left of the mixture"),
    (["--corrupt", "block", "--augment", "mix"], "either --corrupt"),
    ([], "either --corrupt"),
    (["--corrupt", "block", "--split", "half"], "is not train or test"),
])
def test_what_cannot_be_done_is_said(toy, tmp_path, words, says):
    line = fails("data", "corrupt", toy, *words, "-o", "out.npz",
                 cwd=tmp_path, code=2)
    assert says in line
    assert not (tmp_path / "out.npz").exists()


def test_a_set_that_is_not_there_is_named(tmp_path):
    line = fails("data", "corrupt", "gone.npz", "--corrupt", "block", "-o",
                 "out.npz", cwd=tmp_path, code=3)
    assert "gone.npz" in line
