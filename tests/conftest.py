"""Suites: tests marked `slow` run with --suite slow only, the others with
--suite fast (the default)."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("LIMEN_BUILD", ROOT / "build"))

# the oracle and the binding, for every folder
sys.path.insert(0, str(pathlib.Path(__file__).parent / "oracle"))


def pytest_addoption(parser):
    parser.addoption("--suite", default="fast", choices=["fast", "slow"])


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: a study that takes minutes")


def pytest_collection_modifyitems(config, items):
    wants_slow = config.getoption("--suite") == "slow"
    for item in items:
        if ("slow" in item.keywords) != wants_slow:
            item.add_marker(pytest.mark.skip(reason="of the other suite"))


@pytest.fixture(scope="session")
def figures():
    """Takes (what, reached, target); the table of all figures is in
    BUILD/figures.md."""
    rows = []
    yield lambda *row: rows.append(row)
    if rows:
        lines = ["| what | reached | target |", "|---|---|---|",
                 *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
        (BUILD / "figures.md").write_text("\n".join(lines) + "\n")
        print("\n" + "\n".join(lines))
