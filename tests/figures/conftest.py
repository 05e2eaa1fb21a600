"""The table of figures that tests reach."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("LIMEN_BUILD", ROOT / "build"))


@pytest.fixture(scope="session")
def figures():
    """Takes (what, reached, target); the table is in BUILD/figures.md."""
    rows = []
    yield lambda *row: rows.append(row)
    if rows:
        lines = ["| what | reached | target |", "|---|---|---|",
                 *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
        (BUILD / "figures.md").write_text("\n".join(lines) + "\n")
        print("\n" + "\n".join(lines))
