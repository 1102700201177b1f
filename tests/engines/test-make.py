#!/usr/bin/env python3
"""contrib/make/agents.mk: a review, a fix and its documentation for each of
three repositories, killed and started again."""

import json
import os
import signal
import subprocess

import engines
from engines import call, done
import harness

MAKEFILE = """
include %s/make/agents.mk
AGENTS_FLAGS = --approve yes --plan skip
AGENTS_TAKE = grep -o '"summary":"[^"]*"'
find.task = find.md
fix.task = fix.md
fix.flags = --test 'grep -q two a.txt'
fix.inputs = issue=@issue.txt
document.task = document.md
REPOS := $(wildcard repos/*)
$(foreach r,$(REPOS),$(call agent,$r/find))
$(foreach r,$(REPOS),$(call agent,$r/fix,$r/find))
$(foreach r,$(REPOS),$(call agent,$r/document,$r/fix))
"""

# Also by a call whose result was lost.
WRITTEN = ["Replaced a.txt", "Created NOTES", "exactly this content"]


def model(w, repos, hold):
    rules = []
    for r in repos:
        fix = {"if": ["Fix it", "said of " + r], "not": WRITTEN,
               "answer": call("write", path="a.txt", content="two\n")}
        if r == hold:
            fix["answer"] = dict(fix["answer"], wait_for=w.path("go"))
        rules += [
            {"if": ["Find it", "name of " + r], "answer": done("said of " + r)},
            {"if": ["Find it"], "not": ["name of "],
             "answer": call("read", path="a.txt")},
            fix,
            {"if": ["Write it down", "fixed " + r], "not": WRITTEN,
             "answer": call("write", path="NOTES", content="fixed\n")},
            {"if": ["Write it down", "fixed " + r],
             "answer": done("written " + r)},
            {"if": ["Fix it", "said of " + r], "answer": done("fixed " + r)}]
    return w.mock({"rules": rules})


def begin(w):
    w.write("Makefile", MAKEFILE % engines.CONTRIB, base=w.root)
    w.write("find.md", "Find it\n", base=w.root)
    w.write("fix.md", "Fix it: {{issue}}\n", base=w.root)
    w.write("document.md", "Write it down\n", base=w.root)
    w.write("issue.txt", "one is wrong\n", base=w.root)
    repos = ["alpha", "beta", "gamma"]
    for r in repos:
        engines.repository(w.path("repos", r), a_txt="name of %s\n" % r)
    return repos


def start(w, *args):
    return subprocess.Popen(
        [engines.need("make"), "-j3", "-k", "agents"] + list(args),
        cwd=w.root, env=engines.environment(w), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)


def ended(p):
    out = p.communicate(timeout=120)[0].decode()
    return p.returncode, out


def test_a_graph(w):
    harness.need_sandbox(w)
    repos = begin(w)
    m = model(w, repos, "beta")
    for how in (signal.SIGTERM, signal.SIGKILL):
        p = start(w)
        harness.wait_until("the fix of beta", lambda: any(
            "said of beta" in r["body_text"] for r in m.requests()))
        os.killpg(p.pid, how)
        assert ended(p)[0] != 0
        assert not os.path.exists(w.path("agents/repos/beta/fix.done"))
    with open(w.path("go"), "w"):
        pass
    code, out = ended(start(w))
    assert code == 0, out
    for r in repos:
        with open(w.path("repos", r, "NOTES")) as f:
            assert f.read() == "fixed\n", r
        with open(w.path("agents", "repos", r, "fix.json")) as f:
            o = json.load(f)
        assert o["outcome"] == "done" and o["modified_files"] == ["a.txt"], o
        assert o["name"] == "repos/%s/fix" % r, o
    # Each once, in one session.
    tasks = engines.by_task(w)
    assert sorted(tasks) == ["Find it", "Fix it: ", "Write it down"], tasks
    assert all(len(v) == 3 for v in tasks.values()), tasks
    assert all(ends[-1] == "done" for v in tasks.values() for _, ends in v)
    with open(w.path("agents", "repos", "beta", "find.input")) as f:
        assert f.read() == '"summary":"said of beta"\n'
    # Nothing is left to do; and nobody is asked.
    n = len(m.requests())
    code, out = ended(start(w))
    assert code == 0 and "exec" not in out and len(m.requests()) == n, out
    # Another issue: the fixes, whose summaries stay the same.
    w.write("issue.txt", "two is wrong\n", base=w.root)
    code, out = ended(start(w))
    assert code == 0, out
    tasks = engines.by_task(w)
    assert [len(tasks[t]) for t in sorted(tasks)] == [3, 6, 3], tasks
    r = w.run("stats", "--from", w.path("agents"), "--csv")
    assert len(r.stdout.splitlines()) == 10, r
    w.verify()


def test_a_step_that_fails(w):
    """What depends on it doesn't begin, and the others do."""
    harness.need_sandbox(w)
    repos = begin(w)
    m = model(w, repos, None)
    code, out = ended(start(w, "fix.flags=--test false --max-turns 3"))
    assert code != 0 and "Error 3" in out or "Error 4" in out, out
    assert not os.path.exists(w.path("agents/repos/alpha/fix.done"))
    assert not os.path.exists(w.path("agents/repos/alpha/document.json"))
    assert os.path.exists(w.path("agents/repos/alpha/fix.json"))
    # Once more: it fails as it did, without a question.
    n = len(m.requests())
    with open(w.path("agents/repos/alpha/fix.log")) as f:
        log = f.read()
    code, out = ended(start(w, "fix.flags=--test false --max-turns 3"))
    assert code != 0 and "ended with exit" in out, out
    assert len(m.requests()) == n
    with open(w.path("agents/repos/alpha/fix.log")) as f:
        assert log and f.read().startswith(log)
    code, out = ended(start(w))
    assert code == 0, out


if __name__ == "__main__":
    harness.main(globals())
