"""The attempts of tests/escape by hand: `assent try -- ./attempt 31`."""

import os
import re
import shutil

import harness


def bring(w):
    """The program and what it looks for, as the README of the suite says."""
    harness.need_sandbox(w)
    shutil.copy(os.path.join(harness.BUILD, "tests", "escape", "attempt"),
                w.project)
    w.write("hello.txt", "hello\n")
    os.mkdir(os.path.join(w.project, "sub"))


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


def test_a_fork_bomb(w):
    bring(w)
    r = w.run("try", "--timeout", "2s", "--", "./attempt", "16")
    assert re.search(rb"the command was stopped: it (had more than \d+ "
                     rb"processes|ran longer than)", r.stderr), r.stderr


harness.main(globals())
