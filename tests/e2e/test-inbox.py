"""The inbox: what waits for you in all sessions, as lines, as JSON, and as a
list that leads from one to the next."""

import json
import os
import re
import signal
import time

import harness
from harness import call, done, edit
from screenlib import Screen

FIX = edit("a.txt", "one", "ONE")
PLAN = call("plan", goal="mend it", steps=[{"title": "look"},
                                           {"title": "mend"}])


def project(w, name):
    w.write("a.txt", "one\n", base=w.path(name))
    return w.path(name)


def read(w, name):
    with open(w.path(name, "a.txt")) as f:
        return f.read()


def begin(w, name, task, *options):
    """A session that nobody looks at, until it waits or is done."""
    id = w.run("--detach", *options, task,
               cwd=project(w, name)).stdout.decode().strip()
    harness.wait_until("it waits", lambda: id in rows(w))
    return id


def rows(w):
    lines = w.run("inbox", "--json").stdout.decode().splitlines()
    return {x["id"]: x for x in map(json.loads, lines)}


def kill(w, id):
    with open(w.path("state", "assent", "sessions", id, "lock")) as f:
        os.kill(int(f.read()), signal.SIGKILL)


def test_what_waits(w):
    w.mock([FIX, done(), PLAN, done(summary="all is well")],
           config={"plan": "skip"})
    hunks = begin(w, "csv", "mend the parser")
    plan = begin(w, "doc", "write the manual", "--plan", "require")
    ended = begin(w, "web", "look at it")
    r = rows(w)
    assert list(r) == [hunks, plan, ended], r
    assert [x["waits"] for x in r.values()] == ["hunks", "plan", "done"], r
    assert [x["words"] for x in r.values()] == [
        "1 hunk in 1 file", "plan with 2 steps", "done"], r
    assert r[hunks]["project"].endswith("/csv")
    assert r[hunks]["task"] == "mend the parser"
    assert r[hunks]["since"].endswith("Z")
    plain = w.run("inbox").stdout.decode().splitlines()
    assert plain[0].split() == [hunks, "csv", "0m", "1", "hunk", "in", "1",
                                "file", "mend", "the", "parser"], plain
    # A script's own sessions are its own affair; what waits in them isn't.
    m = w.mock([FIX, done(), {"text": "...", "stall": True}, done()],
               config={"plan": "skip"})
    w.run("exec", "--approve", "ask", "for a script", cwd=project(w, "sh"))
    assert [x["waits"] for x in rows(w).values()][3:] == ["hunks"], rows(w)
    w.run("say", list(rows(w))[3], "go on")
    harness.wait_until("asked", lambda: len(m.requests()) == 3)
    kill(w, list(w.sessions())[-1])
    harness.wait_until("killed", lambda: [
        x["waits"] for x in rows(w).values()][3:] == ["stopped"])
    assert w.run("exec", "only look", cwd=project(w, "sh")).returncode == 0
    assert len(rows(w)) == 4
    # Each is put aside by ending it, also without a process.
    for id in list(rows(w)):
        w.run("end", id, code=0)
    assert rows(w) == {}
    os.rename(w.path("state", "assent", "sessions"), w.path("sessions"))
    w.write("sessions", "", base=w.path("state", "assent"))
    assert b"can't read the sessions" in w.run("inbox", code=1).stderr
    os.remove(w.path("state", "assent", "sessions"))
    os.rename(w.path("sessions"), w.path("state", "assent", "sessions"))
    assert b"  left open  " in w.run("ls", "--all").stdout


def test_one_after_the_other(w):
    w.mock([FIX, done(), FIX, done(), PLAN], config={"plan": "skip"})
    begin(w, "csv", "first task")
    begin(w, "doc", "second task")
    begin(w, "web", "third task", "--plan", "require")
    with Screen(w, "inbox", rows=24, cols=80, cwd=w.root) as t:
        t.need("waiting for you: 3, longest first")
        t.need("> csv  1 hunk in 1 file")
        t.see("\x1b[B", "> doc  1 hunk in 1 file")
        t.see("\x1b[A", "> csv")
        # Search, and sort differently; no key decides anything.
        t.see("plan", "> web  plan with 2 steps")
        t.send("\x15")
        t.need("longest first")
        t.see("\x13", "by project")
        t.need_gone("> plan")
        t.see("csv", "> csv")
        t.send("\r")
        t.review()
        t.need("2 others wait: I")
        t.send("y")
        t.need("wrote a.txt")
        t.leave()
        t.need("N next: doc")
        # Keys typed right after it reach neither screen.
        t.see("Nyy", "doc  m ")
        t.review()
        t.see("I", "waiting for you: 2")
        t.see("third", "> web")
        t.send("\r")
        t.review("y approve")
        t.see("I", "waiting for you: 2")
        # One that is ended is put aside.
        t.see("web", "> web")
        t.see("\r", "web  m ")
        t.review("y approve")
        t.see("q", "e: end")
        t.see("e", "waiting for you: 1")
        t.need("> doc")
        t.send("\x1b")
        t.ended("exit 0")
    assert read(w, "csv") == "ONE\n", read(w, "csv")
    assert read(w, "doc") == "one\n"


def test_changes_are_seen(w):
    """A new one, one that another terminal decides, and one whose core is
    killed."""
    m = w.mock([FIX, done(), FIX, done(), {"text": "...", "stall": True}],
           config={"plan": "skip"})
    first = begin(w, "csv", "first task")
    p = w.start("inbox", "--json", "--follow")

    def next_line():
        return json.loads(p.stdout.readline())

    assert next_line()["inbox"] == 1
    with Screen(w, "inbox", rows=24, cols=80) as t:
        t.need("waiting for you: 1")
        assert next_line()["id"] == first
        second = begin(w, "doc", "second task")
        t.need("waiting for you: 2")
        t.need("> csv")
        x = next_line()
        assert (x["id"], x["waits"]) == (second, "hunks"), x
        w.run("decide", first, "--accept", "all")
        t.need("> doc")
        x = next_line()
        assert x == {"id": first, "waits": None}, x
        third = w.run("--detach", "third task",
                      cwd=project(w, "web")).stdout.decode().strip()
        harness.wait_until("asked", lambda: len(m.requests()) == 5)
        kill(w, third)
        t.need("> doc")
        t.need("killed")
        x = next_line()
        assert (x["id"], x["waits"]) == (third, "stopped"), x
        t.send("\x1b")
        t.ended("exit 0")
    # It asks no model first.
    w.run("end", third, code=0)
    assert third not in rows(w) and len(m.requests()) == 5
    p.terminate()
    p.wait()
    p.stdout.close()


def test_what_cannot_be_opened(w):
    """Why not is read before the list comes back; and signals in the list."""
    w.mock([FIX, done()], config={"plan": "skip"})
    id = begin(w, "csv", "first task")
    os.rename(w.path("csv"), w.path("moved"))
    with Screen(w, "inbox", cols=120) as t:
        t.need("> csv")
        before = t.modes()
        t.see("\r", "doesn't exist any more")
        t.need("Press Enter to go back")
        t.see("\n", "> csv")
        t.signal(signal.SIGTSTP)
        assert t.stopped()
        t.signal(signal.SIGCONT)
        t.need("> csv")
        t.idle()
        assert t.modes() == before
        t.signal(signal.SIGTERM)
        t.ended("signal %d" % signal.SIGTERM)
    os.rename(w.path("moved"), w.path("csv"))
    # The list doesn't lead back to where it was opened.
    with Screen(w, "resume", id) as t:
        t.review()
        t.see("I", "> csv")
        t.signal(signal.SIGHUP)
        t.ended("signal %d" % signal.SIGHUP)


def test_without_watches(w):
    """The kernel gives none: the sessions are looked at now and then."""
    harness.need_namespaces(w)
    w.mock([FIX, done()] * 2, config={"plan": "skip"})
    first = begin(w, "csv", "first task")
    w.write("few", "#!/bin/sh\necho 0 >/proc/sys/user/max_inotify_instances\n"
            "exec '%s' \"$@\"\n" % harness.ASSENT, 0o755, base=w.root)
    w.write("few-root", "#!/bin/sh\nexec unshare -Ur '%s' \"$@\"\n" %
            w.path("few"), 0o755, base=w.root)
    with Screen(w, "inbox", path=w.path("few-root")) as t:
        t.need("> csv")
        begin(w, "doc", "second task")
        t.need("waiting for you: 2")
        w.run("decide", first, "--accept", "all")
        t.need("> doc")
        t.send("\x1b")
        t.ended("exit 0")


def test_a_hostile_host(w):
    """Its lines are text, as many as come at once; its names are no options."""
    lines = [{"inbox": 1}, {"id": "-oProxyCommand=x", "waits": "hunks"},
             {"id": "$(id)", "waits": "hunks"},
             {"id": "c-1", "waits": "hunks", "task": "x" * 99999},
             {"id": "a-1", "waits": "hunks", "since": "\x1b[31m",
              "words": "\x1b]0;TITLE\x07", "project": "/x/\x1b[2Jp"}]
    lines += [{"id": "b-%d" % i, "waits": "hunks", "task": "long " * 40}
              for i in range(990)]
    w.write("lines", "".join(json.dumps(x) + "\n" for x in lines),
            base=w.root)
    w.write("ssh", "#!/bin/sh\nprintf '\\033]0;TITLE\\007\\n' >&2\n"
            "[ $2 = evil ] && { printf '\\033]0;x'; exit 7; }\n"
            "cat '%s'\nuntil [ -e '%s' ]; do sleep .05; done\n"
            "echo '{\"id\":\"b-1\",\"waits\":\"plan\"}'\nexec sleep 100\n" %
            (w.path("lines"), w.path("go")), 0o755, base=w.path("bin"))
    w.mock([], config={"hosts": ["evil"]})
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]
    with Screen(w, "inbox", cols=100) as t:
        t.need("waiting for you: 991")
        # The cursor stays on its session.
        t.see("\x1b[B", "b-1, hunks")
        w.write("go", "", base=w.root)
        t.need("b-1, plan")
        t.see("TITLE", "1 found")
        t.send("\x1b")
        t.ended("exit 0")
        assert b"\x1b]0;TITLE" not in t.raw() and b"\x1b[2Jp" not in t.raw()
    r = w.run("ls", "evil:")
    assert r.returncode == 7 and b"\x1b" not in r.stdout + r.stderr, r
    assert b"TITLE" in r.stderr and b"]0;x\n" in r.stdout, r


def fake_ssh(w, script, answers=()):
    w.write("ssh", "#!/bin/sh\n[ $1 = -T ] && echo '{\"inbox\":1}'\n" + script,
            0o755, base=w.path("bin"))
    w.mock(answers, config={"hosts": ["evil"], "plan": "skip"})
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]


def test_what_a_start_file_prints(w):
    """Text before a host's first line, which may have no line end, hides no
    session; if nothing else comes, the row says what came."""
    w.write("ssh", """#!/bin/sh
shift 3
case $1 in
late) printf 'Welcome\\n\\033[?25h\\000%%80000s> ' x
until [ -e '%s' ]; do sleep .05; done
echo '{"inbox":1,"version":"x"}'; echo '{"id":"n-1","waits":"hunks"}';;
none) printf '\\033[?25hLast login\\n'; exit 0;;
prompt) printf 'rescue# '; exit 0;;
said) echo Welcome; echo no such program >&2; exit 127;;
esac
exec sleep 100
""" % w.path("go"), 0o755, base=w.path("bin"))
    w.mock([], config={"hosts": ["late", "none", "prompt", "said"]})
    w.env["PATH"] = w.path("bin") + ":" + w.env["PATH"]
    with Screen(w, "inbox", rows=24, cols=100) as t:
        t.need("> late")
        t.need("no answer yet; it printed: Welcome")
        t.need("Last login")
        t.need("it printed: rescue#")
        t.need("no such program")
        # The cursor is on the first row, whatever that is.
        w.write("go", "", base=w.root)
        t.need("waiting for you: 1")
        t.need("> late:")
        t.send("\x1b")
        t.ended("exit 0")


def test_a_host_that_floods(w):
    """It is read once a second, however much it says; keys aren't slower."""
    fake_ssh(w, """while :; do
i=0; while [ $((i += 1)) -lt 500 ]; do
echo '{"id":"n-'$i'","waits":"hunks"}'; done
i=0; while [ $((i += 1)) -lt 500 ]; do echo noise >&2
echo '{"id":"n-'$i'","waits":null}'; done; done""")
    began = time.monotonic()
    with Screen(w, "inbox") as t:
        seen = b""

        def titles():
            nonlocal seen
            seen += t.raw()
            return seen.count(b"\x1b]2;")

        t.need("evil:")
        t.see("no such", "0 found")
        harness.wait_until("it is read again", lambda: titles() > 3)
        n = titles()
        assert n <= time.monotonic() - began + 2, (n, seen)
        t.send("\x1b")
        t.ended("exit 0")


def test_bells(w):
    """A host rings once a minute, this machine whenever more waits."""
    fake_ssh(w, """for i in 1 2; do
until [ -e '%s'/$i ]; do sleep .05; done
echo '{"id":"n-'$i'","waits":"hunks"}'; done; exec sleep 100""" % w.root,
             [FIX, done()] * 2)
    with Screen(w, "inbox") as t:
        t.need("waiting for you: 0")
        for i in range(1, 3):
            w.write(str(i), "", base=w.root)
            t.need("waiting for you: %d" % i)
        begin(w, "csv", "first task")
        t.need("waiting for you: 3")
        begin(w, "doc", "second task")
        t.need("waiting for you: 4")
        raw = re.sub(rb"\x1b\][^\a]*\a", b"", t.raw())
        assert raw.count(b"\a") == 1 + 2, raw
        t.send("\x1b")
        t.ended("exit 0")


def test_what_a_host_leaves(w):
    """The list after `ssh -t` is as before it, whatever the terminal was
    told, and what was typed meanwhile isn't for the list."""
    fake_ssh(w, """[ $1 = -t ] && { printf '\\033)0\\016\\033[?5h\\033[?1003h'
printf '\\033[>1u\\033[?47h\\033[>1u\\033]4;1;#000000\\007LEFT\\017-'
until [ -e '%s' ]; do sleep .05; done; printf '\\016'; exit 0; }
echo '{"id":"n-1","waits":"hunks"}'; exec sleep 100""" % w.path("go"))
    with Screen(w, "inbox") as t:
        t.need("> evil:")
        t.send("\r")
        t.need("LEFT-")
        t.send("zz")
        t.need("LEFT-zz")
        t.raw()
        w.write("go", "", base=w.root)
        t.need("> evil:")
        t.need("type to search")
        raw = t.raw().split(b"\x1b[?1049h")[0]
        for reset in (b"\x0f", b"\x1b[!p", b"\x1b[?5l", b";1003;",
                      b"\x1b]104\a"):
            assert reset in raw, (reset, raw)
        assert raw.count(b"\x1b[<99u") == 2, raw
        t.send("\x1b")
        t.ended("exit 0")


harness.main(globals())
