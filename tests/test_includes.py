"""Parts include only what ARCHITECTURE.md allows."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
BELOW = {
    "base": {"base"},
    "kernels": {"kernels", "base"},
    "io": {"io", "base"},
    "net": {"net", "base", "kernels", "io"},
    "plastic": {"plastic", "net", "base", "kernels"},
    "tasks": {"tasks", "base", "io"},
    "analysis": {"analysis", "base", "kernels"},
    "learn": {"learn", "net", "tasks", "base", "kernels", "io"},
    "study": {"study", "plastic", "learn", "net", "tasks", "analysis", "base", "kernels",
              "io"},
}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def test_arrows_between_parts_point_one_way():
    wrong = []
    for part, allowed in BELOW.items():
        for path in (ROOT / "src" / part).glob("*.[ch]"):
            for name in INCLUDE.findall(path.read_text()):
                if name != "limen.h" and name.split("/")[0] not in allowed:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_every_part_is_in_the_table():
    parts = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    assert parts == set(BELOW)


def test_the_program_knows_only_the_public_header():
    own = {p.name for p in (ROOT / "cli").glob("*.h")} | {"limen.h"}
    for path in (ROOT / "cli").glob("*.[ch]"):
        for name in INCLUDE.findall(path.read_text()):
            assert name in own, f"{path.name} includes {name}"


def test_no_source_file_is_longer_than_500_lines():
    for folder in ("src", "cli", "include"):
        for path in (ROOT / folder).rglob("*.[ch]"):
            if path.name in ("quantiles.c", "limen.h"):
                continue  # a table; the whole public interface
            lines = path.read_text().count("\n")
            assert lines <= 500, f"{path.relative_to(ROOT)}: {lines} lines"
