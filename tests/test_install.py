"""What `make install` puts in place is complete, and enough to build with."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include/limen.h"
PROGRAM = """\
#include <limen.h>
#include <stdio.h>
int main(void)
{
    const size_t units[] = { 4, 3 };
    limen_network *net;
    limen_error err;
    if (limen_network_standard(&net, units, 2, NULL, NULL, &err) != LIMEN_OK)
        return fprintf(stderr, "%s\\n", err.text), 1;
    printf("%s %zu\\n", limen_version(), limen_network_units(net, 1));
    limen_network_free(net);
}
"""


def shell(*words, cwd=ROOT, **env):
    done = subprocess.run([str(w) for w in words], cwd=cwd, text=True,
                          capture_output=True, env={**os.environ, **env})
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    # without the flags of the make that runs the tests
    shell("make", "install", f"BUILD={folder}/build", f"PREFIX={folder}/usr",
          MAKEFLAGS="", MFLAGS="", MAKELEVEL="")
    return folder / "usr"


def pkg_config(prefix, *words):
    folders = [p.parent for p in prefix.rglob("limen.pc")]
    assert len(folders) == 1
    return shell("pkg-config", *words, "limen",
                 PKG_CONFIG_PATH=str(folders[0])).split()


def test_all_that_is_promised_is_installed(prefix):
    names = {p.name for p in prefix.rglob("*")}
    assert names >= {"limen", "limen.h", "liblimen.so", "liblimen.a",
                     "limen.pc", "limen.1", "LICENSE"}
    assert "0.1.0" in shell(prefix / "bin/limen", "--version")
    assert pkg_config(prefix, "--modversion") == ["0.1.0"]


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_a_short_program_builds_against_it(prefix, tmp_path, kind):
    (tmp_path / "ten.c").write_text(PROGRAM)
    flags = pkg_config(prefix, "--cflags", "--libs",
                       *(["--static"] if kind == "static" else []))
    library = next(prefix.rglob("liblimen.so")).parent
    if kind == "static":
        flags = [str(library / "liblimen.a") if f == "-llimen" else f
                 for f in flags]
    shell("cc", "-std=c11", "-Wall", "-Werror", "-o", "ten", "ten.c", *flags,
          cwd=tmp_path)
    assert shell(tmp_path / "ten", LD_LIBRARY_PATH=str(library)) == "0.1.0 3\n"


@pytest.mark.parametrize("language", ["c", "c++"])
def test_the_header_stands_alone(language):
    shell("cc", "-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
          "-fsyntax-only", HEADER)


def test_only_the_public_names_are_exported(prefix):
    library = next(prefix.rglob("liblimen.so"))
    names = [line.split()[2] for line in
             shell("nm", "-D", "--defined-only", library).splitlines()]
    assert names and all(name.startswith("limen_") for name in names)
    header = HEADER.read_text()
    assert all(f"{name}(" in header for name in names)


def test_one_call_of_the_compiler_builds_the_program(tmp_path):
    page = tmp_path / "report_page.c"
    page.write_text(shell("report/embed", "report/page.html",
                          "report/style.css", "report/script.js"))
    sources = [*ROOT.glob("src/*/*.c"), *ROOT.glob("cli/*.c"), page]
    packages = ["jansson", "yaml-0.1", "zlib", "libzip", "libpng", "libmd",
                "lapacke"]
    libraries = shell("pkg-config", "--libs", *packages).split()
    shell("cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-ffp-contract=off",
          '-DLIMEN_VERSION="0"', "-Iinclude", "-Isrc", *sources, *libraries,
          "-lm", "-o", tmp_path / "limen")
    assert "all is well" in shell(tmp_path / "limen", "doctor")
