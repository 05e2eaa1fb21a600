"""Every fuzz target for a minute, under ASan and UBSan."""

import concurrent.futures
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = int(os.environ.get("LIMEN_FUZZ_SECONDS", "60"))

pytestmark = pytest.mark.slow


def call(*words, **env):
    return subprocess.run(list(map(str, words)), cwd=ROOT, text=True,
                          capture_output=True, env={**os.environ, **env})


def fuzz(target, folder):
    corpus = folder / target.name
    corpus.mkdir()
    done = call(target, f"-max_total_time={SECONDS}", "-max_len=4096",
                "-rss_limit_mb=2048", f"-artifact_prefix={corpus}-", corpus)
    return target.name, done.returncode, done.stderr[-3000:]


def test_no_reader_is_brought_down_in_a_minute(tmp_path):
    build = ROOT / "build-fuzz"
    if not (build / "build.ninja").exists():
        made = call("meson", "setup", build, "-Dfuzz=true",
                    "-Dopenmp=disabled", "-Db_sanitize=address,undefined",
                    "-Db_lundef=false", "-Doptimization=1",
                    "-Dc_args=-fsanitize=fuzzer-no-link", CC="clang-14")
        assert made.returncode == 0, made.stdout
    made = call("ninja", "-C", build)
    assert made.returncode == 0, made.stdout[-3000:]
    targets = [t for t in sorted((build / "tests/fuzz").glob("fuzz_*"))
               if t.is_file() and os.access(t, os.X_OK)]
    assert len(targets) >= 8
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, code, log in pool.map(lambda t: fuzz(t, tmp_path), targets):
            assert code == 0, (name, log)
