"""The core out of memory at any allocation: it ends, and says so, before a word
of the journal is wrong.  The journal verifies, the session resumes, and each
change is written once.

The core is tests/fault/core-memory, which counts the allocations.  The slow tests
take all of them that do not come through base/mem, and every few of all.
"""

import filecmp
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
import protocol

FAULTS = os.path.join(harness.BUILD, "tests", "fault", "core-faults")
MEMORY = os.path.join(harness.BUILD, "tests", "fault", "core-memory")
OLD = {"a": "1\n2\n3\n", "dir/b": "b\n"}
NEW = {"a": "1\ntwo\n3\n", "dir/b": "b\n", "new": "new\n"}
# One answer to every request: the model says the same after a resume.
ANSWER = {"text": "I write.", "repeat": True, "calls":
          [{"name": "write", "args": {"path": p, "content": NEW[p]}}
           for p in ("a", "new")] +
          [{"name": "done", "args": {"summary": "x"}}]}
PLACES = ("state", "home", "memory.err")


def prepare(w):
    """A world with a core that fails, and a project that is kept aside."""
    if not os.path.exists(MEMORY):
        raise harness.Skip("core-memory was not built")
    harness.need_sandbox(w)
    harness.programs(w)
    for name, content in OLD.items():
        w.write(name, content)
    w.repository()
    w.mock([ANSWER])


def keep(w, name):
    for place in PLACES:
        # An overlay leaves a folder that only root can read.
        harness.make_writable(w.path(place))
        if os.path.isdir(w.path(place)):
            shutil.copytree(w.path(place), w.path(name, place), symlinks=True,
                            ignore=shutil.ignore_patterns("sock", "probe-*"))
    os.makedirs(w.path(name), exist_ok=True)


def gone(path):
    """A worker that outlives its core may still write there."""
    harness.make_writable(path)
    shutil.rmtree(path, ignore_errors=True)
    return not os.path.isdir(path)


def restore(w, name):
    for place in PLACES:
        harness.wait_until("removed " + place, lambda: gone(w.path(place)))
        if os.path.isdir(w.path(name, place)):
            shutil.copytree(w.path(name, place), w.path(place), symlinks=True,
                            ignore=shutil.ignore_patterns("sock"))


def told(w, name):
    """The numbers that the core left in this file, or nothing."""
    path = w.path("bin", name)
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return [int(x) for x in f.read().split()]


def drive(c, since=0, resumed=False):
    """A user who accepts all until the task or the core ends next, and who
    sends the task again to an idle session."""
    def new(kind):
        return c.event_list(kind, lambda e: e["seq"] > since)
    marked = set()
    end = time.monotonic() + harness.DEADLINE_S
    while not (c.eof or new("agent_end")):
        assert time.monotonic() < end, [str(x)[:200] for x in c.lines[-4:]]
        c.pump(0.2)
        said = [x["state"] for x in c.lines if x.get("type") == "status"]
        if resumed and said and said[-1] == "idle":
            resumed = False
            c.send(type="say", text="go")
        for p in new("proposal"):
            for f in p["files"]:
                for h in f["hunks"]:
                    if (p["version"], h["id"]) not in marked and not c.eof:
                        marked.add((p["version"], h["id"]))
                        c.send(type="mark", proposal=p.get("proposal") or
                            p["seq"], version=p["version"], hunk=h["id"],
                            mark="yes", seen=True)
            if p["files"] and p["version"] not in marked and not c.eof:
                marked.add(p["version"])
                c.write(p)
    c.send(type="end")
    c.wait_eof()
    c.close()
    c.process.wait()


def run_core(w, program, begin):
    here = w.path("bin", "assent-core")
    if not (os.path.exists(here) and filecmp.cmp(program, here)):
        shutil.copy(program, here)
    usual = protocol.CORE
    protocol.CORE = here
    try:
        drive(begin(w, wrap=("sh", "-c", 'exec "$0" 2>"$1"', here,
                             w.path("memory.err"))))
    finally:
        protocol.CORE = usual


def failing(w, begin, n, raw):
    """A core whose n-th allocation fails."""
    for name in ("failed", "counted"):
        if os.path.exists(w.path("bin", name)):
            os.unlink(w.path("bin", name))
    w.write(w.path("bin", "memory"), "%d%s\n" % (n, " raw" if raw else ""))
    run_core(w, MEMORY, begin)


def check(w, label):
    """It said why it ended, and the next client finishes the task."""
    if told(w, "counted") is None:
        said = w.read(w.path("memory.err"))
        assert "out of memory" in said, (label, said)
    if not w.sessions() or not w.events("session_start"):
        assert w.git("status", "--porcelain") == "", label
        restore(w, "new")
        drive(protocol.start(w, task="go"))
    w.verify()
    ends = w.events("agent_end")
    if not ends or ends[-1]["outcome"] == "error":
        assert not ends or "memory" in w.events("error")[-1]["text"], label
        drive(protocol.resume(w, recover="finish"),
              ends[-1]["seq"] if ends else 0, True)
    w.verify()
    for path, content in NEW.items():
        assert w.read(path) == content, (label, path, w.read(path))
    begun = [e["decision"] for e in w.events("apply_begin")]
    assert len(begun) == len(set(begun)), (label, "a decision applied twice")
    ok = [o["path"] for e in w.events("applied") for o in e["ops"] if o["ok"]]
    assert sorted(ok) == ["a", "new"], (label, ok)


def begin_new(w, wrap):
    return protocol.start(w, wrap, task="go")


def begin_resume(w, wrap):
    return protocol.resume(w, wrap=wrap, recover="finish")


def rounds(w, what, begin, kept, step, raw=False):
    """Until a run ends in which none failed."""
    n = 1
    while True:
        label = "%s, allocation %d%s" % (what, n, " of others" if raw else "")
        restore(w, kept)
        try:
            failing(w, begin, n, raw)
            check(w, label)
        except BaseException:
            print("# " + label)
            raise
        if told(w, "failed") is None:
            break
        n += step
    print("# %s: %s %d allocations%s, every %s failed" % (
        what, "up to" if step > 1 else "all", n - 1,
        " outside of base/mem" if raw else "",
        "one" if step == 1 else "%dth" % step))


def in_a_session(w, raw_step, step):
    prepare(w)
    keep(w, "new")
    rounds(w, "session", begin_new, "new", raw_step, raw=True)
    rounds(w, "session", begin_new, "new", step)


def in_a_resume(w, raw_step, step):
    """One of two files is written."""
    prepare(w)
    keep(w, "new")
    w.write("fault", "2 0 renameat2\n", base=w.path("bin"))
    run_core(w, FAULTS, begin_new)
    assert w.read("a") == NEW["a"] and "new" not in os.listdir(w.project)
    keep(w, "half")
    rounds(w, "resume", begin_resume, "half", raw_step, raw=True)
    rounds(w, "resume", begin_resume, "half", step)


def test_out_of_memory_in_a_session(w):
    in_a_session(w, 53, 4700)


def test_out_of_memory_in_a_resume(w):
    in_a_resume(w, 37, 7000)


@harness.slow
def test_out_of_memory_everywhere_in_a_session(w):
    in_a_session(w, 1, 89)


@harness.slow
def test_out_of_memory_everywhere_in_a_resume(w):
    in_a_resume(w, 1, 89)


harness.main(globals())
