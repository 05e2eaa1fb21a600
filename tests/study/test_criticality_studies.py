"""Pages of findings on criticality show the stored results, and these are what
is measured again."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RUN = ROOT / "studies/criticality/run.py"
PAGES = {"edge": "edge-of-chaos", "parity": "computing-at-the-edge",
         "threshold-networks": "threshold-networks", "laws": "branching-laws",
         "subsampling": "subsampling", "power-laws": "power-laws",
         "null-model": "null-model"}


def test_every_study_has_a_result_and_a_page():
    stored = {path.stem for path in RUN.parent.glob("*.json")}
    assert stored == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_is_stored(name):
    page = (ROOT / f"docs/findings/{PAGES[name]}.md").read_text()
    done = subprocess.run([sys.executable, RUN, name, "--table"], check=True,
                          capture_output=True, text=True)
    assert done.stdout.strip() in page
    assert f"    studies/criticality/run.py {name}\n" in page
    assert re.search(r"^\*\*.+\*\*", page, re.M), "the answer in bold"


@pytest.mark.parametrize("name", PAGES)
def test_all_claims_of_a_stored_result_hold(name):
    claims = json.loads((RUN.parent / f"{name}.json").read_text())["claims"]
    assert claims and all(claims.values()), claims


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_study_gives_its_stored_result_again(name, figures):
    done = subprocess.run([sys.executable, RUN, name, "--check"], check=False,
                          capture_output=True, text=True, timeout=1200)
    for line in re.findall(r"^- (yes|NO): (.+)", done.stdout, re.M):
        figures(f"study {name}: {line[1]}", line[0], "yes")
    assert done.returncode == 0, done.stdout + done.stderr
