"""This repository, configured and built in the sandbox."""

import os
import shutil

import harness

SOURCES = ("CHANGELOG.md", "COPYING", "LICENSE", "Makefile.am", "README.md",
           "configure.ac", "contrib", "m4", "man", "share", "src", "tests",
           "ui", "ARCHITECTURE.md", "HACKING.md", ".gitignore")


def test_builds_itself(w):
    harness.need_sandbox(w)
    if shutil.which("autoreconf") is None:
        raise harness.Skip("there is no autoreconf")
    for name in SOURCES:
        path = os.path.join(harness.SRC, name)
        to = os.path.join(w.project, name)
        if os.path.isdir(path):
            shutil.copytree(path, to, symlinks=True,
                            ignore=shutil.ignore_patterns("__pycache__"))
        elif os.path.exists(path):
            shutil.copy2(path, to)
    w.repository()
    before = harness.tree(w.project)
    r = w.run("try", "--timeout", "30m", "--", "sh", "-c",
              "autoreconf -fi >log 2>&1 && mkdir -p build && cd build && "
              "../configure >>../log 2>&1 && "
              "make -j\"$(nproc)\" >>../log 2>&1 && ./assent --version || "
              "{ tail -n 30 ../log; exit 1; }", deadline_s=2400)
    assert b"assent " in r.stdout, (r.stdout + r.stderr).decode()
    result = w.events("tool_result")[-1]
    assert result["exit"] == 0, result
    assert harness.tree(w.project) == before


harness.main(globals())
