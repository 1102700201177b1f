"""contrib/make/agents.mk: a review, a fix and its documentation for each of
three repositories, killed and started again."""

import json
import os
import random
import re
import shutil
import signal
import subprocess

import engines
from engines import PLAN, call, commands, done, shell
import harness

NEEDS_SANDBOX = True
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
    w.write("fix.md", "Fix it, as the issue says\n", base=w.root)
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


def ended(p, timeout=120):
    out = p.communicate(timeout=timeout)[0].decode()
    return p.returncode, out


def test_a_graph(w):
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
    assert sorted(tasks) == ["Find it", "Fix it, as the issue says",
                             "Write it down"], tasks
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
    rows = engines.rows(w.run("stats", "--from", w.path("agents"),
                              "--csv").stdout)
    assert len(rows) == 9, rows


def test_killed_at_any_moment(w):
    """make with all below it, until it is done; then each step was done once,
    and its report has all that it wrote."""
    rng = random.Random(int(os.environ.get("SEED", "1")))
    repos, starts, code = begin(w), 0, -1
    model(w, repos, None)
    while code != 0:
        p = start(w)
        starts += 1
        try:
            code, out = ended(p, 0.4 * rng.random() if starts < 20 else 120)
            assert code == 0, out
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, rng.choice([signal.SIGTERM, signal.SIGKILL]))
            ended(p)
    for r in repos:
        for step, files in (("find", []), ("fix", ["a.txt"]),
                            ("document", ["NOTES"])):
            path = w.path("agents/repos", r, step)
            with open(path + ".json") as f, open(path + ".patch") as g:
                o, patch = json.load(f), g.read()
            assert o["outcome"] == "done" and o["modified_files"] == files, o
            assert bool(patch) == bool(files), (o, patch)
    ends = [e for i in range(len(w.sessions()))
            for e in w.events("agent_end", i) if e["outcome"] == "done"]
    applied = [op["path"] for i in range(len(w.sessions()))
               for e in w.events("applied", i) for op in e["ops"] if op["ok"]]
    assert len(ends) == 9, (starts, ends)
    assert sorted(applied) == ["NOTES"] * 3 + ["a.txt"] * 3, (starts, applied)
    print("# %d starts" % starts)


def test_a_step_that_fails(w):
    """Steps that depend on it don't start; the others do."""
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


def write_example(w, *changes):
    """The example of the README for two repositories, with these lines instead
    of others that set the same, or before all others. What starts it."""
    text = engines.readme("make", "include agents.mk")
    for line in changes:
        name = line.split(" = ")[0]
        if name + " = " in text:
            text = re.sub("(?m)^%s = .*" % re.escape(name), line.strip(), text)
        else:
            text = line + text
    w.write("Makefile", re.sub(r"(?m)^\$ .*\n", "", text), base=w.root)
    shutil.copy(engines.CONTRIB + "/make/agents.mk", w.root)
    for name, task in (("find", "Find it\n"), ("fix", "Fix it\n"),
                       ("document", "Write it down\n")):
        w.write("tasks/%s.md" % name, task, base=w.root)
    for r in "ab":
        engines.repository(w.path("repos", r), a_txt="one\n",
                           Makefile="check:\n\tgrep -q two a.txt\n")
    return commands(text)


def example_model(w, fixed="two\n"):
    said = "it should be two"
    return w.mock({"rules": [
        {"if": ["Fix it"], "not": ["as planned"], "answer": PLAN},
        {"if": ["Write it down"], "not": ["as planned"], "answer": PLAN},
        {"if": ["Find it"], "not": ["no check is set"],
         "answer": call("run_tests")},
        {"if": ["Find it"], "not": [said],
         "answer": call("finding", path="a.txt", line=1, severity="error",
                        message=said)},
        {"if": ["Find it"], "answer": done("found")},
        {"if": ["Fix it", said], "not": WRITTEN,
         "answer": call("write", path="a.txt", content=fixed)},
        {"if": ["Fix it", said], "answer": done("fixed")},
        {"if": ["Write it down", "fixed"], "not": WRITTEN,
         "answer": call("write", path="NOTES.md", content="fixed\n")},
        {"if": ["Write it down", "fixed"], "answer": done("written")}]})


def count(w):
    return [len(v) for _, v in sorted(engines.by_task(w).items())]


def test_readme_example(w):
    make, stats = write_example(w)
    m = example_model(w)
    code, out = shell(w, make)
    assert code == 0, out
    code, out = shell(w, stats)
    assert code == 0 and out.count('"done",0,') == 6, out
    for r in "ab":
        assert git_says(w, r) == " M a.txt\n?? NOTES.md\n"
    # A task file that was only touched.
    n = len(m.requests())
    os.utime(w.path("tasks/find.md"))
    for line in engines.readme("make", "make -t"), make:
        code, out = shell(w, line)
        assert code == 0 and len(m.requests()) == n, out
    os.utime(w.path("tasks/find.md"))
    code, out = shell(w, make)
    assert code == 0 and count(w) == [4, 4, 4], (count(w), out)


def git_says(w, r):
    return engines.git(w.path("repos", r), "status", "--porcelain")


harness.main(globals())
