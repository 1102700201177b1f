"""The whole core under a fault at any step of an apply: it dies there, or a
system call fails.  Each file is then as it was or as it was decided, and said to
be so; the reason is in words that a person can act on; what was decided is kept,
and comes to the same end once the fault is gone.

The core is tests/fault/core-faults, which counts the calls.  ASSENT_SLOW=1 takes
every step and every error.
"""

import errno
import os
import signal
import sys

sys.path.insert(0, os.path.join(sys.path[0], "..", "e2e"))
import harness
from messages import msg
import protocol

SLOW = bool(os.environ.get("ASSENT_SLOW"))
FAULTS = os.path.join(harness.BUILD, "tests", "fault", "core-faults")
ERRORS = {
    errno.ENOSPC: "the disk is full", errno.EROFS: "Read-only",
    errno.EACCES: "Permission denied", errno.EDQUOT: "quota",
    errno.EXDEV: "cross-device", errno.EIO: "Input/output error",
}
OLD = {"a": "1\n2\n3\n", "dir/gone": "gone\n", "run": "#!/bin/sh\n",
       "twice": "".join("%d\n" % n for n in range(1, 31))}
SCRIPT = ("echo 4 >>a; rm dir/gone; chmod +x run; ln -s a link; "
          "mkdir -p new/deep; echo new >new/deep/f; "
          "sed -i 's/^2$/two/; s/^29$/many/' twice")
NEW = {"a": ("file", 0o644, b"1\n2\n3\n4\n"), "link": ("link", 0, "a"),
       "run": ("file", 0o755, b"#!/bin/sh\n"), "new": ("dir", 0o755, ""),
       "new/deep": ("dir", 0o755, ""), "new/deep/f": ("file", 0o644, b"new\n"),
       "twice": ("file", 0o644, OLD["twice"].replace("\n29\n", "\nmany\n")
                 .encode())}


def start(w, step, error, for_good=False, lacks=(), **more):
    """A session whose core has this fault. `lacks`: what its file system can't
    do."""
    harness.need_sandbox(w)
    bin_ = harness.programs(w, FAULTS)
    with open(os.path.join(bin_, "fault"), "w") as f:
        f.write("%d %d%s\n" % (step, error, "+" if for_good else ""))
    for name in lacks:
        w.write(name, "", base=bin_)
    usual = protocol.CORE
    protocol.CORE = os.path.join(bin_, "assent-core")
    try:
        return protocol.start(w, task="go", **more)
    finally:
        protocol.CORE = usual


def prepare(w, label, step, error, for_good=False, lacks=()):
    """A proposal is open in a session that has this fault."""
    os.umask(0o022)
    for name, content in OLD.items():
        w.write(name, content, 0o644)
    before = harness.tree(w.project)
    w.mock([{"calls": [{"name": "bash", "args": {"command": SCRIPT}}]},
            {"calls": [{"name": "done", "args": {"summary": "x"}}]},
            {"text": "understood", "repeat": True}])
    c = start(w, step, error, for_good, lacks)
    p = c.wait_event("proposal")
    files = {f["path"]: f for f in p["files"]}
    assert len(files) == 6, (label, list(files))
    return c, p, before


def fired(w):
    path = w.path("bin", "fired")
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return f.read().split()[0]


def decide(c, p):
    """All but the first hunk of `twice`."""
    files = {f["path"]: f for f in p["files"]}
    left = [(h["id"], "no" if "+two" in h["text"] else "yes")
            for f in files.values() for h in f["hunks"]]
    for hunk, mark in left:
        c.send(type="mark", proposal=p.get("proposal") or p["seq"],
               version=p["version"], hunk=hunk, mark=mark, seen=True)
    c.write(p)


def decide_again(c):
    """A file that wasn't written stays unwritten until it is decided again."""
    def asked():
        said = [x for x in c.lines if x.get("type") == "status"]
        return c.event_list("agent_end") or (
            said and "hunk" in said[-1].get("doing", "") and
            c.event_list("proposal"))
    c.wait("the question again", asked)
    q = c.event_list("proposal")[-1]
    if not c.event_list("agent_end") and q["files"]:
        decide(c, q)


def check_halves(w, label, before, done=None):
    """Each file is old or new; with `done`, as that says."""
    now = harness.tree(w.project)
    for path in set(before) | set(NEW) | set(now):
        name = os.path.basename(path)
        if name.startswith(".assent-"):
            continue
        if path in ("new", "new/deep", "dir"):
            continue        # folders come and go with their files
        have = now.get(path)
        assert have in (before.get(path), NEW.get(path)), (label, path, have)
        if done is not None and path in done:
            want = NEW.get(path) if done[path] else before.get(path)
            assert have == want, (label, path, done[path], have)


def check_end(w, label):
    now = harness.tree(w.project)
    if fired(w) == "unlinkat":      # an empty folder may have stayed
        now.pop("dir", None)
    assert now == NEW, (label, now)
    begun = [e["decision"] for e in w.events("apply_begin")]
    assert len(begun) == len(set(begun)), (label, "a decision applied twice")
    ok = sorted(o["path"] for e in w.events("applied") for o in e["ops"]
                if o["ok"])
    assert len(ok) == len(set(ok)) == 6, (label, ok)
    w.verify()


def end(w, c, label):
    c.wait_event("agent_end")
    c.close_and_wait()
    check_end(w, label)


LACKS = ((), ("noflags",))


def killed(w, step, lacks):
    """False when there is no such step."""
    label = "killed at step %d, without %s" % (step, lacks)
    c, p, before = prepare(w, label, step, 0, lacks=lacks)
    decide(c, p)
    while not (c.eof or c.event_list("agent_end")):
        c.pump(harness.DEADLINE_S)
    name = fired(w)
    if name is None:
        end(w, c, label)
        return False
    c.close()
    if not lacks:       # there a file is missing for a moment
        check_halves(w, (label, name), before)
    c = protocol.resume(w, recover="finish")
    decide_again(c)
    end(w, c, (label, name))
    return True


def failed(w, step, error, for_good):
    label = "step %d: %s%s" % (step, errno.errorcode[error],
                               " from then on" if for_good else "")
    c, p, before = prepare(w, label, step, error, for_good)
    decide(c, p)

    def told():
        return c.eof or [e for e in c.lines
                         if e.get("type") in ("agent_end", "applied") and
                         "seq" in e or e.get("type") == "error"]
    while not told():
        c.pump(harness.DEADLINE_S)
    name = fired(w)
    if name is None:
        end(w, c, label)
        return False
    label = (label, name)
    if c.eof:       # no journal, no session: resume carries it out
        said = [x["text"] for x in c.lines if x.get("type") == "refused"]
        assert said and "assent resume" in said[-1], (label, c.lines[-3:])
        c.close()
        check_halves(w, label, before)
        c = protocol.resume(w)
        end(w, c, label)
        return True
    applied = c.event_list("applied")
    done = {o["path"]: o["ok"] for o in applied[0]["ops"]} if applied else \
        {path: False for path in OLD}
    check_halves(w, label, before, done)
    if applied and all(done.values()):
        # The step that failed wasn't needed (a clean-up), or had a fallback.
        end(w, c, label)
        return True
    words = " ".join([o.get("text", "") for e in applied for o in e["ops"]
                      if not o["ok"]] +
                     [e["text"] for e in c.event_list("error")])
    assert ERRORS[error] in words or os.strerror(error) in words or \
        "has changed" in words, (label, words)
    # The decision is kept, or what is left of it is asked about again; what
    # was done is not.
    os.unlink(w.path("bin", "fault"))
    if for_good:    # it fails until the core is another one
        pid, = harness.running(w.path("bin", "assent-core"))
        os.kill(pid, signal.SIGKILL)
        c.wait_eof()
        c.close()
        c = protocol.resume(w)
        c.wait_live()

    def open_proposal():
        q = c.event_list("proposal")[-1]
        said = [x for x in c.lines if x.get("type") == "status"]
        return c.event_list("agent_end") or (
            q["files"] and q["seq"] >= p["seq"] and said and
            "hunk" in said[-1].get("doing", "") and q)
    q = c.wait("the question again", open_proposal)
    if isinstance(q, dict):
        open_ = {f["path"] for f in q["files"]}
        assert open_ == {path for path, ok in done.items() if not ok} or \
            not applied, (label, open_, done)
        decide(c, q)
    end(w, c, label)
    return True


def rounds(w, what, numbers):
    """Each in a world of its own, until there is no such step."""
    for args in numbers:
        again = harness.World(w.name)
        try:
            if not what(again, *args):
                return args[0]
        except BaseException:
            print("# %r:" % (args,))
            for line in harness.show_journal(again):
                print("# journal: " + line)
            raise
        finally:
            for m in again.mocks:
                m.stop()
            harness.leftovers()
            again.close()
    raise AssertionError("there are more steps than were thought of")


def test_killed_at_a_step_of_an_apply(w):
    for i, lacks in enumerate(LACKS):
        steps = rounds(w, killed, [(n, lacks) for n in
                                   range(1 + i, 400, 1 if SLOW else 19 + i)])
        # With fewer the faults would miss what an apply does.
        assert steps > 25, (lacks, steps)


def test_a_step_of_an_apply_fails(w):
    kinds = list(ERRORS)
    if not SLOW:
        rounds(w, failed, [(n, kinds[n % len(kinds)], False)
                           for n in range(1, 400, 5)])
        return
    for error in kinds:
        rounds(w, failed, [(n, error, False) for n in range(1, 400)])


def test_all_steps_of_an_apply_fail_from_one_on(w):
    for error in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
        rounds(w, failed, [(n, error, True)
                           for n in range(1, 400, 1 if SLOW else 23)])


def test_a_rule_tries_the_next_decision_again(w):
    """The tries that a rule has are those of one decision, not of the task."""
    for name in "a.md", "b.md":
        w.write(name, "1\n")
    w.repository()
    w.mock([{"calls": [{"name": "write", "args": {"path": name, "content":
                                                  "new\n"}} for name in more]
             + [{"name": "done", "args": {"summary": "x"}}]}
            for more in (["a.md"], ["b.md"])])
    c = start(w, 1, errno.ENOSPC, approve="small")
    c.wait("the question", lambda: [
        x for x in c.lines if x.get("type") == "status" and
        "1 of 1 hunk to review" in x.get("doing", "")])
    assert msg.NOTHING_WAS_WRITTEN in c.event_list("error")[0]["text"]
    assert w.read("a.md") == "1\n" and not c.event_list("applied")
    c.send(type="say", text="and b")
    applied = c.wait_event("applied")
    assert [o["rule"] for o in applied["ops"]] == ["small"] * 2, applied
    assert w.read("a.md") == w.read("b.md") == "new\n"
    c.wait_event("agent_end")


if __name__ == "__main__":
    harness.main(globals())
