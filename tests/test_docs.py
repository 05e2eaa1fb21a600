"""Commands and experiment files in the documents do what they say."""

import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("LIMEN_PROGRAM", str(ROOT / "build/cli/limen"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^    (?:build/cli/)?limen (.*?)(?:\s+#.*)?$", re.M)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)#]+)\)")
# the same commands on little data
LITTLE = ["--train-samples", "300", "--epochs", "1", "--quiet"]


def run(words, cwd):
    if words[0] == "train":
        words = words + LITTLE
    done = subprocess.run([PROGRAM, *words], cwd=cwd, capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_page_run(page, tmp_path):
    np.save(tmp_path / "picture.npy", np.full((28, 28), 90, np.uint8))
    for command in COMMAND.findall(page.read_text()):
        words = command.replace("picture.png", "picture.npy").split()
        run(words, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_experiment_files_of_the_page_are_read(page, tmp_path):
    for number, text in enumerate(YAML.findall(page.read_text())):
        (tmp_path / "e.yaml").write_text(text)
        run(["train", "--config", "e.yaml", "-o", f"run{number}"], tmp_path)


def test_links_lead_somewhere():
    for page in [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]:
        for link in LINK.findall(page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (
                page.name, link)
