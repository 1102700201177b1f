"""Sessions without a screen: start one and leave it, send it messages, wait for
it."""

import json
import os
import signal
import subprocess

import harness
import protocol

PLAN = harness.call("plan", goal="g", steps=[{"title": "write a.txt"}],
                    files=["a.txt"])
EDIT = harness.write("a.txt", "two\n")


def idle(w, sid, state):
    """The session has no process, and this state in the list."""
    def now():
        rows = json.loads(w.run("ls", "--json").stdout)["sessions"]
        return [r for r in rows if r["session"] == sid and not r["alive"] and
                r["state"] == state]
    harness.wait_until("session %s %s" % (sid, state), now)


def detach(w, *args, **kw):
    r = w.run("--detach", *args, code=0, **kw)
    assert r.stdout == w.sessions()[-1].encode() + b"\n" and not r.stderr, r
    return w.sessions()[-1]


def said(w, *args, **kw):
    r = w.run("say", *args, **kw)
    assert not r.stdout and r.stderr.count(b"\n") <= 1, r
    return r.returncode, r.stderr.decode()


def messages(w):
    return [e["text"] for e in w.events("user_message") if e["by"] == "user"]


def test_from_start_to_end(w):
    """With a plan, a message that returns it, one more while the model works,
    and one to a session whose process has ended."""
    w.write("a.txt", "one\n")
    m = w.mock([PLAN, PLAN, dict(EDIT, wait_for="go"), harness.done(1),
                {"text": "It was the vowel."}])
    # From a terminal that goes away, as ssh's does.
    code, seen = harness.on_terminal(w, [], "--detach", "--max-turns", "9",
                                     "--test", "true", "mend it")
    sid = w.sessions()[-1]
    assert code == 0 and seen == sid.encode() + b"\r\n", seen
    idle(w, sid, "waiting")
    start = w.events("session_start")[0]
    assert start["mode"] == "interactive" and start["task"] == "mend it"
    assert start["settings"]["max_turns"] == 9, start

    assert said(w, sid, "-", stdin="Use\ntabs.\n") == (0, (
        "assent: session %s: returned the plan with this message\n" % sid))
    idle(w, sid, "waiting")
    assert [(e["status"], e.get("word")) for e in w.events("plan")] == [
        ("proposed", None), ("returned", "Use\ntabs."), ("proposed", None)]
    c = protocol.resume(w)
    c.wait_status("plan")
    c.send(type="plan", version=2, action="approve")
    c.wait_event("turn_start", lambda e: e["phase"] == "execute")
    code, text = said(w, sid, "and", "quickly")
    assert code == 0 and "queued: the model gets it with its next turn" in \
        text, text
    m.release("go")
    c.wait_event("proposal")
    c.wait_status("review")
    code, text = said(w, sid[:18], "Why?")
    assert code == 0 and "its proposal is still open" in text, text
    c.wait_event("assistant_message", lambda e: "vowel" in e.get("text", ""))
    c.close()
    idle(w, sid, "waiting")
    assert messages(w) == ["mend it", "and quickly", "Why?"], messages(w)
    assert "and quickly" in json.dumps(m.requests()[3]), m.requests()[3]
    w.run("decide", sid, "--accept", "all")
    assert w.read("a.txt") == "two\n"


def test_what_is_refused(w):
    w.mock([{"text": "Yes."}, {"text": "No."}])
    for args, code, words in (
            (("--detach",), 2, b"--detach needs a task"),
            (("--detach", "-"), 2, b"--detach needs a task"),
            (("--detach", "--plain", "a task"), 2, b"--detach and --plain"),
            (("--detach", "--model", "nobody/m", "a task"), 2, b"nobody"),
            (("say",), 2, b"needs a session and a message"),
            (("say", "2026"), 2, b"needs a session and a message"),
            (("say", "2026", "hi"), 2, b"no session \"2026\"")):
        r = w.run(*args, code=code)
        assert words in r.stderr and not r.stdout, (args, r)
    assert not w.sessions()
    # The sandbox is too weak: nothing was run.
    if harness.level(w) != "A":
        w.run("--detach", "--sandbox-require", "A", "a task", code=7)
    sid = detach(w, "--plan", "skip", "-", stdin="Is it?\n")
    idle(w, sid, "finished")
    c = protocol.resume(w)
    c.wait_live()
    w.run("end", sid, code=0)
    code, text = said(w, sid, "hi")
    assert code == 1 and "was ended; assent resume" in text, text
    assert messages(w) == ["Is it?"]
    w.run("try", "--", "true")
    code, text = said(w, w.sessions()[-1], "hi")
    assert code == 1 and "uses no model" in text, text


def test_a_command_cant_speak_for_you(w):
    """Without a sandbox it could run assent; neither its own session nor
    another hears it."""
    deny = harness.need_none()
    w.mock([{"text": "Yes."}])
    sid = detach(w, "--plan", "skip", "Is it?")
    idle(w, sid, "finished")
    c = protocol.start(w, wrap=deny)
    c.wait_live()
    own = w.sessions()[-1]
    for to in sid, own:
        c.send(type="run", command="env XDG_STATE_HOME=%s XDG_CONFIG_HOME=%s "
               "HOME=%s %s say %s mine" % (
                   w.env["XDG_STATE_HOME"], w.env["XDG_CONFIG_HOME"], w.home,
                   harness.ASSENT, to))
        asked = len(c.event_list("answer"))
        ask = c.wait_event("ask", lambda e: to in e["command"])
        c.send(type="answer", id=ask["id"], allow=True, seen=True)
        got = c.wait_event("tool_result", lambda e: e["id"] == ask["id"])
        assert got["exit"] == 2 and "Permission denied" in got["text"], got
    for n in -1, -2:
        assert "mine" not in [e["text"] for e in w.events(
            "user_message", n)], w.events("user_message", n)


harness.main(globals())
