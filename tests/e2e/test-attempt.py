#!/usr/bin/env python3
"""The attempts of tests/escape by hand: `assent try -- ./attempt 31`."""

import os
import re
import shutil
import subprocess

import harness


def bring(w):
    """The program and what it looks for, as the README of the suite says."""
    harness.need_sandbox(w)
    shutil.copy(os.path.join(harness.BUILD, "tests", "escape", "attempt"),
                w.project)
    w.write("hello.txt", "hello\n")
    os.mkdir(os.path.join(w.project, "sub"))


def baits(w, process):
    """On level C it finds none of this by itself."""
    w.write("baits", "p %s\nh %s\ni %d\nv %d\n" % (
        w.project, w.home, process.pid, process.pid))


def attempt(w, *args):
    return w.run("try", "--cpu", "25%", "--", "./attempt", *args)


def test_one_case(w):
    bring(w)
    r = attempt(w, "31")
    assert r.stdout == (b"31    type into a terminal (TIOCSTI): EPERM, "
                        b"held\n"), r.stdout


def test_an_attempt_by_its_name(w):
    bring(w)
    r = attempt(w, "mount=/tmp", "read=%s" % w.path("nothing"))
    assert r.stdout == (b"mount=/tmp EPERM\nread=%s ENOENT\n"
                        % os.fsencode(w.path("nothing"))), r.stdout


def test_all_hold_that_shall(w):
    bring(w)
    outside = subprocess.Popen(["sleep", "1000"])
    if harness.level(w) == "C":
        baits(w, outside)
    before = harness.tree(w.project)
    r = attempt(w, "all")
    assert outside.poll() is None
    outside.kill()
    outside.wait()
    lines = r.stdout.decode().split("\ndiff --git")[0].splitlines()
    assert len(lines) > 130, r.stdout
    wrong = [line for line in lines if "the table says" in line and
             not line.endswith("(it is not here)")]
    assert not wrong, wrong
    opened = {line.split()[0] for line in lines if line.endswith("OPEN")}
    known = {"65", "111", "112", "114", "115", "116", "117"}
    if harness.level(w) == "C":
        known |= {"7b", "10", "32e", "82", "106", "107", "113", "121"}
    assert opened <= known, opened
    assert harness.tree(w.project) == before


def test_names_that_look_the_same(w):
    """One letter or a letter and a mark, and two that differ in case."""
    bring(w)
    r = w.run("try", "--", "bash", "-c", r"echo a >$'\303\204'; echo b >"
              r"$'A\314\210'; echo c >readme; echo d >README")
    for name in (rb'"b/\303\204"', rb'"b/A\314\210"', b"b/readme",
                 b"b/README"):
        assert b"\n+++ %s\n" % name in r.stdout, (name, r.stdout)


def test_a_fork_bomb(w):
    bring(w)
    r = w.run("try", "--timeout", "2s", "--", "./attempt", "16")
    assert re.search(rb"the command was stopped: it (had more than \d+ "
                     rb"processes|ran longer than)", r.stderr), r.stderr


harness.main(globals())
