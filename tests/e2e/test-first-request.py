"""The first request doesn't wait for the search for secret files, nor for the
inspection, but every program does; what was found by then comes beside the first
tool's result, and nothing of the first request changes. Nor does it wait for the
self-test of a sandbox that was of level A at the last start.
"""

import json
import os

import harness
from harness import bash, done
from messages import msg
import protocol

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3UbdVNSdRvZ1Q\n" \
    "-----END PRIVATE KEY-----\n"
CTAGS = "#!/bin/sh\nprintf 'far_away\\t./src/far.c\\t1;\"\\tfunction\\n'\n"
# It takes a while.
SLOW = CTAGS.replace("printf", "i=0; while [ $i -lt 500000 ]; do i=$((i + 1)); "
                     "done\nprintf")


def project(w, n=4000):
    """More files than a few steps look at; the keys are found last."""
    harness.need_sandbox(w)
    w.write("src/far.c", "int far_away(void) {}\n")
    for i in range(n):
        w.write("data/part%d/file%d.dat" % (i // 500, i), "x" * 50)
    w.write("data/part9/a/b/c/plain", PEM)
    w.write("data/part9/a/b/c/behind.txt", "the word is swordfish\n")
    os.symlink("behind.txt", os.path.join(w.project, "data/part9/a/b/c/.env"))
    w.write(".local/bin/ctags", CTAGS, 0o755, base=w.home)
    return {"ctags": os.path.join(w.home, ".local/bin/ctags"),
            "path": w.path("home", ".local", "bin") + ":" + w.env["PATH"],
            "symbols_ms": 1000000, "plan": "skip", "first_ms": 0}


def messages(request):
    return request["body"]["messages"]


def test_first_request(w):
    how = project(w)
    w.git("init", "-q")
    m = w.mock([
        bash("cd data/part9/a/b/c; cat plain .env behind.txt; echo end"),
        bash("true"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait_event("agent_end")
    first, second, third = (messages(r) for r in m.requests())
    # It went without what comes from programs.
    text = str(first)
    assert "look at far_away" in text and "Date:" in text
    assert "From git" not in text and "./src/far.c" not in text
    assert "src/far.c: far_away" not in text
    # What they found comes in a message of its own; all before stays.
    assert second[:len(first)] == first, (first, second)
    told = str(second[len(first):])
    assert "From git" in told, told
    assert "src/far.c: far_away" in told, told
    assert third[:len(second)] == second
    # The call waited until all keys were known.
    assert "end" in hidden(c, m)


def hidden(c, m):
    """The text of the first result, in which no secret is; nor in a request."""
    text = c.event_list("tool_result")[0]["text"]
    for word in ("MIIE", "swordfish"):
        assert word not in text, text
        assert word not in str(m.requests())
    return text


def test_slow_inspection(w):
    """It goes on beside the request, and the first call waits for it."""
    how = project(w, 10)
    w.write(".local/bin/ctags", SLOW, 0o755, base=w.home)
    m = w.mock([bash("cat data/part9/a/b/c/*; echo end"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait_event("agent_end")
    first, second = (messages(r) for r in m.requests())
    assert "src/far.c: far_away" not in str(first)
    assert second[:len(first)] == first, (first, second)
    assert "src/far.c: far_away" in str(second[len(first):]), second
    assert "end" in hidden(c, m)


def test_answer_without_calls(w):
    """It waits for neither."""
    how = project(w, 10)
    w.write(".local/bin/ctags", SLOW.replace("500000", "50000000"), 0o755,
            base=w.home)
    w.mock([{"text": "four"}])
    c = protocol.start(w, task="what is two and two", **how)
    c.wait_event("agent_end")
    assert not c.event_list("tool_result")


def test_killed_in_the_search(w):
    how = project(w)
    m = w.mock([{"text": "never", "wait_for": "no"},
                bash("cat data/part9/a/b/c/*; echo end"), done()])
    c = protocol.start(w, task="look at far_away", **how)
    c.wait("the request", m.requests)
    protocol.kill(w, c)
    c = protocol.resume(w, go_on=True, **how)
    c.wait_event("agent_end")
    assert "end" in hidden(c, m)


def test_own_command(w):
    """Nothing that the user starts is earlier, either."""
    how = project(w)
    m = w.mock([])
    c = protocol.start(w, **how)
    c.wait_live()
    c.send(type="run", command="cat data/part9/a/b/c/*; echo end")
    c.wait_event("tool_result")
    assert "end" in hidden(c, m)
    assert any("looking at the project's files" in x.get("doing", "")
               for x in c.lines if x.get("type") == "status"), c.lines


def test_hooks(w):
    """A hook of the start waits for the search; the end doesn't: if it comes
    first, its hook doesn't run. A decision that wakes the session waits, too."""
    how = project(w)
    w.mock([])
    w.configure("http://127.0.0.1:9/v1", config={"hooks": [
        {"event": "before_apply", "name": "look", "command": "cat >/dev/null"}]})
    w.run("try", "--", "sh", "-c", "echo x >made")
    w.run("decide", "--accept", "all", code=0)
    hooks = [{"event": "session_start", "name": "start", "timeout_ms": 30000,
              "command": "cat data/part9/a/b/c/*; echo end; exit 3"}]
    c = protocol.start(w, hooks=hooks, **how)
    said = c.wait_event("hook", lambda e: e["status"] == "done")["error"]
    assert said.startswith("exit status 3"), said
    c.send(type="end")
    c.wait_eof()
    hooks[0].update(event="session_end", name="end", command="echo ran")
    c = protocol.start(w, hooks=hooks, **how)
    c.wait_live()
    c.send(type="end")
    c.wait_eof()
    last = w.events("hook")[-1]
    assert "had been looked at" in last["error"], last


# ---- before the self-test has ended ----

# It begins only once the file `go` is there.
HELD = """#!/bin/sh
[ -e %(go)s ] || read x <%(go)s.fifo
exec %(real)s "$@"
"""


class Held:
    """Sessions whose sandboxes, the self-test's too, can be held until `go`."""

    def __init__(self, w, bin_=None):
        self.w, self.at = w, w.path("go")
        bin_ = bin_ or harness.programs(w, protocol.CORE)
        worker = os.path.join(bin_, "assent-worker")
        with open(worker + ".new", "w") as f:
            f.write(HELD % {"go": self.at, "real": os.path.realpath(worker)})
            os.fchmod(f.fileno(), 0o755)
        os.rename(f.name, worker)
        os.mkfifo(self.at + ".fifo")
        self.fifo = os.open(self.at + ".fifo", os.O_RDWR | os.O_CLOEXEC)
        self.usual = harness.ASSENT, protocol.CORE
        harness.ASSENT = os.path.join(bin_, "assent")
        protocol.CORE = os.path.join(bin_, "assent-core")

    def __enter__(self):
        """After a first session, which finds the level."""
        with open(self.at, "w"):
            pass
        c = protocol.start(self.w, limits={})
        c.wait_live()
        c.close_and_wait()
        assert self.last()["found"]["level"] == "A", self.last()
        os.unlink(self.at)
        return self

    def __exit__(self, *args):
        harness.ASSENT, protocol.CORE = self.usual
        self.go()
        os.close(self.fifo)

    def go(self):
        with open(self.at, "w"):
            pass
        os.write(self.fifo, b"\n" * 50)

    def last(self, **new):
        """What the next start knows of the last one."""
        path = self.w.path("state", "assent", "sandbox.json")
        with open(path) as f:
            o = dict(json.load(f), **new)
        if new:
            with open(path, "w") as f:
                json.dump(o, f)
        return o


def need_a(w):
    if harness.level(w) != "A":
        raise harness.Skip("level A isn't there")


def start(w, **more):
    return protocol.start(w, **dict({"task": "go", "plan": "skip", "limits": {},
                                     "first_ms": 0}, **more))


def nothing_ran(c):
    for kind in "tool_call", "tool_result":
        assert not c.event_list(kind), c.event_list(kind)


def test_before_the_self_test(w):
    need_a(w)
    w.write("a.txt", "one\n")
    m = w.mock([bash("cat a.txt"), done()])
    with Held(w) as held:
        c = start(w)
        c.wait("the request", m.requests)
        # The answer waits, and so does what a client asks for.
        c.wait_status("testing the sandbox")
        nothing_ran(c)
        c.send(type="code", language="python", text="x = 1", id="7")
        held.go()
        c.wait_event("agent_end")
        c.wait("the colours", lambda: [x for x in c.lines
                                       if x.get("id") == "7"])
    result, = c.event_list("tool_result")
    assert result["ok"] and "one" in result["text"], result
    first, second = (messages(r) for r in m.requests())
    assert second[:len(first)] == first
    assert msg.ASSENT_THIS_IS_NEW not in str(second), second
    assert not c.event_list("note", lambda e: "sandbox" in e)


def test_another_level(w):
    """What the last start found isn't believed: the self-test counts, and the model
    is told before any tool runs."""
    need_a(w)
    deny = harness.need_level_c(w)
    m = w.mock([bash("echo 1 >made"), bash("echo 2 >made"), done()])
    with Held(w) as held:
        c = start(w, wrap=deny)
        c.wait("the request", m.requests)
        c.wait_status("testing the sandbox")
        nothing_ran(c)
        held.go()
        proposal = c.wait_event("proposal", lambda e: e["final"])
        c.close_and_wait()
        assert held.last()["found"]["level"] == "C", held.last()
    note, = c.event_list("note", lambda e: "sandbox" in e)
    assert note["sandbox"]["level"] == "C", note
    assert msg.SANDBOX_CHANGED in note["text"], note
    not_run, ran = c.event_list("tool_result")
    assert not_run["error"] == "sandbox" and ran["ok"], (not_run, ran)
    assert note["seq"] < c.event_list("tool_call")[0]["seq"]
    first, second, third = (messages(r) for r in m.requests())
    assert "temporary files go to $TMPDIR" not in str(first)
    assert "temporary files go to $TMPDIR" in str(second), second
    assert "+2" in str(proposal) and "+1" not in str(proposal), proposal


def test_the_level_is_needed(w):
    """Nothing is sent before the self-test where a level is required, or where the
    last start was another one."""
    need_a(w)
    m = w.mock([{"text": "four"}] * 3)
    with Held(w) as held:
        waits = [start(w, sandbox_require="C"),
                 start(w, limits={"pids": 100})]
        c = start(w)
        c.wait_event("agent_end")
        assert len(m.requests()) == 1, m.requests()
        for one in waits:
            one.pump(0)
            assert not one.event_list("session_start"), one.lines
        held.go()
        for one in waits:
            one.wait_event("agent_end")
    assert len(m.requests()) == 3


def test_another_boot(w):
    need_a(w)
    w.mock([{"text": "four"}])
    with Held(w) as held:
        known = held.last()
        held.last(host="another boot")
        held.go()
        c = start(w)
        c.wait_event("agent_end")
        c.close_and_wait()
        assert held.last() == known


def test_exec_before_the_self_test(w):
    """It answers before it knows the level, which it didn't need."""
    need_a(w)
    m = w.mock([{"text": "four"}])
    with Held(w) as held:
        p = w.start("exec", "--plan", "skip", "what is two and two")
        harness.wait_until("the end", lambda: w.events("agent_end"))
        held.go()
        out, _ = p.communicate()
    assert p.returncode == 0 and b"four" in out, out
    assert len(m.requests()) == 1


def test_the_self_test_hangs(w):
    """It is ended after a minute, and the next level is tested."""
    need_a(w)
    m = w.mock([bash("true"), done()])
    with protocol.Clock(w) as clock, Held(w, clock.bin) as held:
        c = start(w, task="")
        c.send(type="say", text="go")
        c.wait("the request", m.requests)
        c.wait_status("testing the sandbox")
        # Only the workers that begin from now on do more.
        with open(held.at, "w"):
            pass
        for s in range(harness.DEADLINE_S * 20):
            clock.forward(s * 1100)
            c.send(type="typing")
            c.pump(0.05)
            if c.event_list("note", lambda e: "sandbox" in e):
                break
        c.wait_event("agent_end")
    note, = c.event_list("note", lambda e: "sandbox" in e)
    assert note["sandbox"]["level"] != "A", note


harness.main(globals())
