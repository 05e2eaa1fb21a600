"""A table of the figures that slow tests reach, written when they end."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = pathlib.Path(os.environ.get("LIMEN_BUILD", ROOT / "build"))


@pytest.fixture(scope="session")
def figures():
    """Takes (what, reached, target); written to BUILD/figures.md."""
    rows = []
    yield lambda *row: rows.append(row)
    if rows:
        lines = ["| what | reached | target |", "|---|---|---|",
                 *("| " + " | ".join(map(str, row)) + " |" for row in rows)]
        (TABLE / "figures.md").write_text("\n".join(lines) + "\n")
        print("\n" + "\n".join(lines))
