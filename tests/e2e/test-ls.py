"""The disk space of stored sessions, and removing them."""

import json
import os
import time

import harness
import protocol

WAITS = [harness.write("a.txt", "two\n"), harness.done()]


def session(w, *answers, code=0, **kw):
    """One that has ended; its id."""
    w.mock(list(answers) or [{"text": "Yes."}], **kw)
    w.run("exec", "--plan", "skip", "Is it?", code=code)
    return w.sessions()[-1]


def grow(w, sid, mb):
    w.write("ballast", b"x" * (mb << 20), base=folder(w, sid))


def folder(w, sid=""):
    return w.path("state", "assent", "sessions", sid)


def rows(w, *args):
    return json.loads(w.run("ls", "--json", *args).stdout)["sessions"]


def age(w, sid, days):
    then = time.time() - days * 24 * 3600
    os.utime(os.path.join(folder(w, sid), "journal.jsonl"), (then, then))


def test_sizes(w):
    one, two = session(w), session(w)
    grow(w, one, 3)
    grow(w, two, 2)
    got = w.run("ls", "--du").stdout.decode().splitlines()
    assert [r.split()[2] for r in got[:2]] == [one, two], got
    assert got[0].split()[:2] == ["3.2", "MB"] and \
        got[2].endswith(" in 2 sessions"), got
    assert {r["session"]: r["bytes"] >> 20 for r in rows(w, "--du")} == {
        one: 3, two: 2}


def test_the_latest_was_used_last(w):
    """Ids are from when sessions began, by a clock that may have been wrong."""
    def latest():
        line = w.run("log", "--json", code=0).stdout.split(b"\n")[0]
        return json.loads(line)["session"]

    w.mock([{"text": "Yes."}] * 3)
    for _ in range(2):
        w.run("exec", "--plan", "skip", "Is it?", code=0)
    one, two = w.sessions()
    assert latest() == two
    c = protocol.start(w, session=one)
    c.send(type="say", text="Is it still?")
    c.wait("the end", lambda: len(c.event_list("agent_end")) > 1)
    c.close_and_wait()
    assert latest() == one
    path = os.path.join(folder(w, one), "state")
    with open(path) as f:
        state = json.load(f)
    with open(path, "w") as f:
        json.dump(dict(state, since="2199" + state["since"][4:]), f)
    assert latest() == two


def test_heads(w):
    """On a terminal a list has a head; what a script reads has none."""
    w.write("a.txt", "one\n")
    one = session(w, *WAITS, code=5)
    w.run("decide", one, "--accept", "all", code=0)
    two = session(w, *WAITS[1:], harness.done(2))
    w.mock([harness.write("a.txt", "three\n"), harness.done()])
    three = w.run("exec", "--plan", "skip", "again", code=5) and w.sessions()[-1]
    for args, head, row in (
            (("ls",), "session               state     mode         task", two),
            (("ls", "--du"), "    size  session   ", one),
            (("ls", "--all"), "mode         project  task", two),
            (("inbox", "--plain"), "session               project ", three),
            (("undo", "--list", one), "change  time, files: task", "1  20")):
        code, seen = harness.on_terminal(w, [], *args)
        rows = seen.decode().split("\r\n")
        assert code == 0 and head in rows[0] and row in seen.decode(), seen
        assert head not in w.run(*args).stdout.decode(), args


def test_pipes_in_a_session(w):
    """A name or state that is a pipe hangs nothing."""
    sid = session(w)
    os.unlink(os.path.join(folder(w, sid), "state"))
    for name in "name", "state":
        os.mkfifo(os.path.join(folder(w, sid), name))
    assert rows(w)[0]["session"] == sid
    w.run("inbox", code=0)


def test_remove(w):
    """None that runs or is half written, and what waits only with --force."""
    w.write("a.txt", "one\n")
    one = session(w)
    waits = session(w, *WAITS, code=5)
    stopped = session(w)
    for kind in "applying", "committing":
        w.write(kind + "/" + stopped, "", base=w.path("state", "assent"))
        r = w.run("ls", "--rm", "--force", stopped, code=5)
        assert b"stopped while it wrote" in r.stderr, r
        w.run("ls", "--gc", "--size", "0")
        assert stopped in w.sessions()
        os.unlink(w.path("state", "assent", kind, stopped))
        one = one if one in w.sessions() else session(w)
    w.mock([{"text": "x", "stall": True}])
    c = protocol.start(w, task="go")
    c.wait_event("turn_start")
    runs = w.sessions()[-1]
    r = w.run("ls", "--rm", runs, "--force", code=1)
    assert b"is running" in r.stderr, r
    r = w.run("ls", "--rm", waits, one, code=5)
    assert b"waits for you; --force" in r.stderr and \
        r.stdout.startswith(b"removed " + one.encode()), r
    assert w.sessions() == [waits, stopped, runs]
    w.run("ls", "--rm", "--force", waits, code=0)
    assert w.read("a.txt") == "one\n"
    c.close_and_wait()
    for args, words in (((), b"--rm needs a session"),
                        (("9",), b'no session "9"'), ((one,), b"no session")):
        assert words in w.run("ls", "--rm", *args, code=2).stderr
    # One that was killed during its work; then one without a journal.
    path = os.path.join(folder(w, runs), "journal.jsonl")
    with open(path) as f:
        lines = f.readlines()
    n = [i for i, x in enumerate(lines) if '"turn_start"' in x][0]
    harness.rewrite_journal(folder(w, runs), lines[:n + 1])
    r = w.run("ls", "--rm", runs, code=5)
    assert b"stopped during its work" in r.stderr, r
    os.unlink(os.path.join(folder(w, stopped), "journal.jsonl"))
    w.run("ls", "--rm", stopped, code=5)
    w.run("ls", "--rm", "--force", stopped, runs, code=0)
    assert w.sessions() == [] and rows(w, "--all") == []


def test_gc(w):
    w.write("a.txt", "one\n")
    old, waits = session(w), session(w, *WAITS, code=5)
    new, other = session(w), session(w)
    for sid in old, waits:
        age(w, sid, 31)
    age(w, new, 2)
    # A removal that was killed.
    rest = folder(w, ".removed-" + other)
    os.rename(folder(w, other), rest)
    os.unlink(os.path.join(rest, "journal.jsonl"))
    assert [r["session"] for r in rows(w, "--all")] == [waits, new, old]
    r = w.run("ls", "--gc", "--dry-run", code=0)
    assert r.stdout.startswith(b"would remove " + old.encode() + b", ") and \
        r.stdout.count(b"\n") == 1 and b"1 not removed" in r.stderr, r
    assert len(os.listdir(folder(w))) == 4
    assert b"nothing to remove" in w.run(
        "ls", "--gc", "--all", cwd=w.home, code=0, env={
            "XDG_STATE_HOME": w.path("none")}).stderr
    w.run("ls", "--gc", code=0)
    assert sorted(os.listdir(folder(w))) == sorted([waits, new])
    w.run("ls", "--gc", "--older", "3d", code=0)
    assert new in w.sessions()
    w.run("ls", "--gc", "--older", "1d", code=0)
    assert w.sessions() == [waits]
    # By size, the oldest first; those of other projects only with --all.
    one, two = session(w), session(w)
    grow(w, one, 2)
    grow(w, two, 1)
    age(w, two, 1)
    os.makedirs(w.path("other"))
    r = w.run("ls", "--gc", "--size", "2M", cwd=w.path("other"), code=0)
    assert len(w.sessions()) == 3, r
    w.run("ls", "--gc", "--size", "3M", "--all", cwd=w.path("other"), code=0)
    assert w.sessions() == [waits, one]
    for option in "--older", "--size":
        r = w.run("ls", "--gc", option, "much", code=2)
        assert option.encode() + b": must be a" in r.stderr, r


def test_a_limit_for_all(w):
    one = session(w)
    grow(w, one, 2)
    w.mock([{"text": "Yes."}], config={"sessions_disk": "2M"})
    r = w.run("--detach", "Is it?", code=1)
    assert b"no room for another session (sessions_disk is 2 MB)" in \
        r.stderr and b"most of it " + one.encode() in r.stderr and \
        b"assent ls --gc" in r.stderr and not r.stdout, r
    assert w.sessions() == [one]
    w.run("ls", "--gc", "--size", "1M", code=0)
    w.run("exec", "--plan", "skip", "Is it?", code=0)


harness.main(globals())
