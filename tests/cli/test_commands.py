"""eval, predict, info, data, doctor and help."""

import json
import os
import subprocess

import numpy as np
import pytest

from conftest import PROGRAM, fails, run, train


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train(toy, "run", cwd=folder)
    return folder


def test_eval_reports_every_number_of_steps(trained):
    done = run("eval", "run", "--steps", "1,5,20,60", "--seeds", "3",
               "--json", cwd=trained)
    result = json.loads(done.stdout)
    assert [p["steps"] for p in result["points"]] == [1, 5, 20, 60]
    assert result["points"][2]["accuracy"] > 0.9
    assert sum(map(sum, result["confusion"])) == 3 * 200
    text = run("eval", "run", cwd=trained).stdout
    assert "over noise" in text and "right" in text


def test_eval_does_not_depend_on_the_other_points(trained):
    def at(steps):
        done = run("eval", "run", "--steps", steps, "--seeds", "1", "--json",
                   cwd=trained)
        return json.loads(done.stdout)["points"][-1]["accuracy"]

    assert at("20") == at("1,2,3,20")


def test_accuracies_of_training_and_eval_agree(trained):
    result = json.loads((trained / "run/result.json").read_text())
    done = run("eval", "run", "--seeds", "1", "--json", cwd=trained)
    assert (json.loads(done.stdout)["points"][0]["accuracy"]
            == result["test_accuracy"])


def test_predict_answers_for_every_format(trained, toy):
    with np.load(toy) as data:
        x, y = data["x_test"], data["y_test"]
    np.savez(trained / "x.npz", x=x)
    np.save(trained / "x.npy", x)
    np.save(trained / "one.npy", x[0])
    np.savetxt(trained / "x.csv", x.reshape(len(x), -1), delimiter=",",
               fmt="%d")
    answers = {}
    for name in ("x.npz", "x.npy", "x.csv", "one.npy"):
        done = run("predict", "run", name, "--json", cwd=trained)
        answers[name] = [a["answer"] for a in json.loads(done.stdout)]
    assert np.mean(np.array(answers["x.npz"]) == y) > 0.9
    assert answers["x.npz"] == answers["x.npy"] == answers["x.csv"]
    assert answers["one.npy"] == answers["x.npy"][:1]


def test_predict_reads_a_picture_of_any_size(trained):
    # a PNG of 16 x 16 by zlib alone: the bright quarter is class 3
    import struct
    import zlib

    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body
                + struct.pack(">I", zlib.crc32(kind + body)))

    picture = np.zeros((16, 16), np.uint8)
    picture[8:, 8:] = 200
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    (trained / "p.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    done = run("predict", "run", "p.png", "--json", cwd=trained)
    assert json.loads(done.stdout)[0]["answer"] == 3


def test_a_raster_holds_the_spikes_that_make_the_mean(trained, toy):
    with np.load(toy) as data:
        np.save(trained / "few.npy", data["x_test"][:5])
    done = run("predict", "run", "few.npy", "--raster", "r.npy", "--layer", 2,
               "--json", cwd=trained)
    raster = np.load(trained / "r.npy")
    assert raster.shape == (5, 20, 1)
    spikes = np.unpackbits(raster, axis=2, bitorder="little")[:, :, :4]
    means = [a["mean"] for a in json.loads(done.stdout)]
    np.testing.assert_allclose(spikes.mean(axis=1), means, atol=1e-6)


def test_info_knows_layers_and_connections(trained):
    about = json.loads(run("info", "run", "--json", cwd=trained).stdout)
    assert [layer["units"] for layer in about["layers"]] == [64, 16, 4]
    kinds = [c["kind"] for c in about["connections"]]
    assert kinds == ["below", "self", "feedback", "below", "self"]
    assert "exponents" in run("info", "run", cwd=trained).stdout


def test_a_model_file_is_read_by_safetensors_rules(trained):
    raw = (trained / "run/model.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])
    assert size % 8 == 0
    assert header["__metadata__"]["format"] == "limen"
    end = max(t["data_offsets"][1] for n, t in header.items()
              if n != "__metadata__")
    assert end == len(raw) - 8 - size
    assert header["connection.0.weight"]["shape"] == [16, 64]


def test_data_counts_what_is_there(toy, tmp_path):
    sets = json.loads(run("data", toy, "--json", cwd=tmp_path).stdout)
    assert [s["samples"] for s in sets] == [600, 200]
    assert sum(sets[0]["class_counts"]) == 600
    assert "class 0" in run("data", cwd=tmp_path).stdout  # Fashion-MNIST


def test_doctor_is_well_here(tmp_path):
    assert "all is well" in run("doctor", cwd=tmp_path).stdout
    missing = dict(os.environ, LIMEN_BACKEND="abacus")
    run("doctor", cwd=tmp_path, code=1, env=missing)


COMMANDS = ["train", "eval", "predict", "info", "data", "doctor", "bench",
            "help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, tmp_path):
    by_help = run("help", command, cwd=tmp_path).stdout
    assert by_help == run(command, "--help", cwd=tmp_path).stdout
    assert by_help.startswith(f"usage: limen {command}")


def test_help_of_train_or_eval_lists_every_setting_with_its_default(tmp_path):
    text = run("help", "train", cwd=tmp_path).stdout
    settings = json.loads(run("info", "--json", cwd=tmp_path).stdout)
    of_a_test = {"adapt", "adapt-rounds", "adapt-step", "test-classes"}
    tested = run("help", "eval", cwd=tmp_path).stdout
    for name in settings["settings"]:
        assert name in (tested if name in of_a_test else text)
    assert "[auto]" in text and "[128 samples]" in text


def test_the_manual_page_is_clean(tmp_path):
    page = run("help", "--man", cwd=tmp_path).stdout
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"],
                          input=page, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_completion_is_a_script(tmp_path):
    for shell in ("bash", "zsh"):
        script = run("help", "--completion", shell, cwd=tmp_path).stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert "--hidden" in script
    assert "-l hidden" in run("help", "--completion", "fish",
                              cwd=tmp_path).stdout


def test_bench_times_what_it_is_asked_to(trained):
    done = run("bench", "run", "--work", "infer,train,simulate", "--seconds",
               "0.05", "--batch", "20", "--units", "50", "--json", cwd=trained)
    results = json.loads(done.stdout)
    assert [r["work"] for r in results] == ["infer", "train", "simulate"]
    for result in results:
        assert len(result["seconds"]) >= 3
        assert min(result["seconds"]) <= result["median"] <= max(
            result["seconds"])
        assert result["peak_mib"] > 0
    assert "us a sample" in run("bench", "run", "--seconds", "0.05",
                                cwd=trained).stdout


def test_bench_refuses_what_it_does_not_know(trained):
    assert "juggle" in fails("bench", "--work", "juggle", cwd=trained, code=2)
