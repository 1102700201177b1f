"""Sessions without a screen: start one and leave it, send it messages, wait for
it."""

import contextlib
import glob
import json
import os
import signal

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
    assert code == 0 and "queued: the agent gets it with its next turn" in \
        text, text
    m.release("go")
    c.wait_event("proposal")
    c.wait_status("review")
    code, text = said(w, sid[:18], "Why?")
    assert code == 0 and "its proposal is still open" in text, text
    c.close()
    assert waits(w, sid, code=5)[1] == "hunks"
    assert "vowel" in w.events("assistant_message")[-1]["text"]
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


def test_from_plan_to_commit(w):
    """By a script alone: the plan is read, sent back, edited and approved, a
    limit extended, the change accepted and committed."""
    harness.need_sandbox(w)
    w.git("init", "-q")
    w.git("config", "user.email", "t@example.invalid")
    w.git("config", "user.name", "t")
    w.write("a.txt", "one\n")
    w.git("add", ".")
    w.git("commit", "-qm", "begin")
    m = w.mock([PLAN, PLAN, EDIT, harness.done(1)])
    sid = detach(w, "--plan", "require", "--max-turns", "2",
                 "mend it")
    assert waits(w, code=5) == [sid, "plan", "plan with 1 step\n"]
    for args, code, words in (
            (("--accept", "all"), 1, "nothing was changed: a plan needs"),
            (("--limit", "more"), 1, "isn't paused"),
            (("--plan", "none.md", "--comment", "x"), 2, "goes with --plan"),
            (("--plan", "approve", "--comment", "x"), 1, "must be a row"),
            (("--plan", "approve", "--comment", "step 2: x"), 1,
             "must be a row"),
            (("--plan", "approve", "--accept", "all"), 2, "go alone"),
            (("--plan", "approve 2"), 1, "that was plan v2; plan v1"),
            (("--plan", "none.md"), 1, "none.md")):
        r = w.run("decide", *args, code=code)
        assert words in r.stderr.decode(), (args, r)
        idle(w, sid, "waiting")
    assert not w.events("interrupt") and not w.events("agent_end")
    r = w.run("show", code=0)
    assert r.stdout.startswith(b"# Goal\n\ng\n") and \
        b"plan v1 of session" in r.stderr and b"<!--" not in r.stdout and \
        b"# Expected files\n" in r.stdout and b"# Risks" not in r.stdout, r
    shown = json.loads(w.run("show", "--json", code=0).stdout)
    assert shown["plan"]["version"] == 1 and shown["plan"]["goal"] == "g"
    assert shown["proposal"] is None

    w.run("decide", "--plan", "reject", "--comment", "Say more.", "--comment",
          "1: how?", "--comment", "goal: why?", code=0)
    assert waits(w, code=5)[1] == "plan"
    # In the order of the plan's rows.
    notes = 'On the goal "g": why?\nOn step 1 "write a.txt": how?'
    assert [(e["status"], e.get("word")) for e in w.events("plan")] == [
        ("proposed", None), ("note", "how?"), ("note", "why?"),
        ("returned", "Say more."), ("proposed", None)]
    assert w.events("plan")[3]["notes"] == notes
    assert w.events("tool_result")[0]["text"] == (
        "The user sent the plan back: Say more.\n"
        "The user's notes on it, for the next one:\n" + notes)
    text = w.run("show", code=0).stdout
    w.write("plan.md", "# Steps\n\nnot a list\n")
    r = w.run("decide", "--plan", os.path.join(w.project, "plan.md"), code=1)
    assert b"plan.md:3: " in r.stderr, r
    w.write("plan.md", text.decode().replace("write a.txt", "change a.txt"))
    w.run("decide", "--plan", os.path.join(w.project, "plan.md"), code=0)
    os.unlink(os.path.join(w.project, "plan.md"))
    assert waits(w, code=4)[1] == "limit"
    assert [(e["version"], e["status"], e["by"], e["steps"][0]["title"])
            for e in w.events("plan")[5:]] == [
        (3, "proposed", "user", "change a.txt"),
        (3, "approved", "user", "change a.txt")], w.events("plan")
    assert b"--limit" in w.run("show", code=0).stderr
    assert b"use --limit" in w.run("decide", "--accept", "all",
                                   code=1).stderr
    w.run("decide", "--limit", "much", code=1)
    w.run("decide", "--limit", "more 5", code=0)
    assert waits(w, code=5)[1] == "hunks"
    w.run("decide", "--accept", "all", code=0)
    assert waits(w, sid, code=0)[1] == "done"
    assert b"no plan needs" in w.run("decide", "--plan", "approve",
                                     code=1).stderr
    w.run("commit", "-m", "mend it", code=0)
    assert w.git("show", "HEAD:a.txt") == "two\n"
    assert messages(w) == ["mend it"], messages(w)
    assert not w.events("interrupt") and len(w.events("agent_end")) == 1
    assert len(m.requests()) == 4 and [e["seen"] for e in w.events(
        "plan") if e["status"] == "approved"] == [False]


def test_calls_after_a_plan(w):
    """Those of its answer run once it is approved, in the core of then; a plan
    that was left by its task had no use for them."""
    harness.need_sandbox(w)
    both = harness.calls(PLAN, EDIT, harness.done(1))
    w.write("a.txt", "one\n")
    m = w.mock([both])
    sid = detach(w, "--plan", "require", "mend it")
    idle(w, sid, "waiting")
    w.run("decide", "--plan", "approve", code=0)
    assert waits(w, sid, code=5)[1] == "hunks"
    assert [e["ok"] for e in w.events("tool_result")] == [True] * 3
    assert len(m.requests()) == 1
    w.run("decide", "--accept", "all", code=0)
    assert w.read("a.txt") == "two\n"

    # But not before the model has read what the user says of the plan.
    for action, changes in (
            (["approve", "--comment", "1: three instead"], 1),
            (["plan.md"], 1), (["reject", "--comment", "no"], 0)):
        w.write("a.txt", "one\n")
        m = w.mock([both, harness.write("a.txt", "three\n"),
                    harness.done(1) if changes else harness.done()])
        sid = detach(w, "--plan", "require", "mend it")
        idle(w, sid, "waiting")
        text = w.run("show", code=0).stdout.decode()
        w.write("plan.md", text.replace("write a.txt", "change a.txt"))
        w.run("decide", "--plan", *action, code=0)
        os.unlink(os.path.join(w.project, "plan.md"))
        waits(w, sid, code=5 if changes else 0)
        ends = [(e["ok"], e.get("error")) for e in w.events("tool_result")]
        assert ends[:4] == [(True, None)] + [(False, "plan_phase")] * 3, ends
        told = json.dumps(m.requests()[1]["body"])
        assert told.count("not run: the user has answered the plan before "
                          "this call; read that first") == 3, told
        assert [len(e["files"]) for e in w.events("proposal")] == \
            [1] * changes
        if changes:
            w.run("decide", "--accept", "all", code=0)
            assert w.read("a.txt") == "three\n"

    w.write("a.txt", "one\n")
    m = w.mock([both, EDIT, harness.done(1)])
    w.run("exec", "--plan", "require", "mend it", code=5)
    w.run("decide", "--plan", "approve", code=0)
    assert waits(w, w.sessions()[-1], code=5)[1] == "hunks"
    text = [e["text"] for e in w.events("tool_result") if e["ok"]][0]
    assert "the plan waited for the user, and this call did not run" in text


def test_a_plan_that_changed(w):
    """What nobody has read isn't approved: neither by number, nor after an edit of
    the version before it."""
    harness.need_sandbox(w)
    w.mock([PLAN, EDIT, harness.done(1)])
    c = protocol.start(w, task="mend it", plan="require")
    c.wait_event("plan")
    steps = [{"title": "b"}]
    c.send(type="plan", version=1, action="edit",
           plan={"goal": "theirs", "steps": steps})
    c.wait_event("plan", lambda e: e["version"] == 2)
    c.send(type="plan", version=1, action="edit", approve=True, seen=False,
           plan={"goal": "mine", "steps": steps})
    c.wait("its refusal", lambda: [x for x in c.lines
                                   if x.get("type") == "refused"])
    r = w.run("decide", "--plan", "approve 1", code=1)
    assert b"that was plan v1; plan v2 is open now" in r.stderr, r
    assert [e["status"] for e in w.events("plan")] == ["proposed"] * 2
    w.run("decide", "--plan", "approve 2", code=0)
    e = c.wait_event("plan", lambda e: e["status"] == "approved")
    assert (e["version"], e["goal"], e["seen"]) == (2, "theirs", False), e
    c.close()


def test_a_plan_beside_a_proposal(w):
    """It is shown, too, and the patch stays one."""
    harness.need_sandbox(w)
    m = w.mock([PLAN, EDIT, dict(PLAN, wait_for="go"), harness.done(1)])
    c = protocol.start(w, task="mend it", plan="require")
    c.wait_event("plan")
    c.send(type="plan", version=1, action="approve")
    harness.wait_until("its request", lambda: len(m.requests()) == 3)
    c.send(type="propose")
    c.wait_event("proposal")
    m.release("go")
    c.wait_event("plan", lambda e: e["version"] == 2)
    r = w.run("show", code=0)
    assert r.stdout.endswith(b"\n+two\n") and b"# Goal\n\ng\n" in \
        r.stderr and b"plan v2 of session" in r.stderr, r
    c.close()


def test_who_follows_ends_nothing(w):
    """A decide that follows the session is killed, as by timeout(1)."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    m = w.mock([PLAN, harness.calls(EDIT, harness.call(
        "step_done", step=1)), dict(harness.write(
        "a.txt", "three\n"), wait_for="go"), harness.done(1)])
    sid = detach(w, "--plan", "auto", "mend it")
    assert waits(w, code=5)[1] == "hunks"
    idle(w, sid, "waiting")
    p = w.start("decide", "--accept", "all")
    harness.wait_until("its request", lambda: len(m.requests()) == 3)
    p.send_signal(signal.SIGTERM)
    out = p.communicate(timeout=harness.DEADLINE_S)
    assert p.returncode == 130 and b"goes on without this command" in \
        out[1], (p.returncode, out)
    m.release("go")
    assert waits(w, sid, code=5)[1] == "hunks"
    assert w.read("a.txt") == "two\n"
    w.run("decide", "--accept", "all", code=0)
    assert w.read("a.txt") == "three\n" and not w.events("interrupt")


def watching(w, *args):
    """assent wait, once it watches a session. It begins again if all that the
    user may have of inotify was in use, as the tests of the sandbox do."""
    p = None

    def now():
        nonlocal p
        p = p or w.start("wait", *args)
        kinds = set()
        for path in glob.glob("/proc/%d/fd/*" % p.pid):
            with contextlib.suppress(OSError):
                kinds.add(os.readlink(path))
                with open(path.replace("/fd/", "/fdinfo/")) as f:
                    if "inotify wd:" in f.read():
                        return True
        if "anon_inode:[timerfd]" in kinds and \
                "anon_inode:inotify" not in kinds:
            p.kill()
            p.communicate()
            p = None
    harness.wait_until("a watch", now)
    return p


def waits(w, *args, code):
    r = w.run("wait", *args, code=code)
    assert r.stdout.count(b"\n") == 1 and not r.stderr, r
    return r.stdout.decode().split(None, 2)


def test_wait(w):
    """For what comes first of several, and for each kind of end."""
    w.write("a.txt", "one\n")
    m = w.mock([dict(PLAN, wait_for="go"),
                {"text": "x", "stall": True}])
    plans = detach(w, "mend it")
    stalls = detach(w, "--plan", "skip", "mend it")
    harness.wait_until("its request", lambda: len(m.requests()) == 2)
    r = w.run("wait", "--timeout", "0", code=124)
    assert r.stderr == b"assent: nothing to answer or review yet\n" and not r.stdout, r
    both = watching(w, stalls, plans)
    some = watching(w, "--json")
    m.release("go")
    out = both.communicate(timeout=harness.DEADLINE_S)[0].decode()
    assert both.returncode == 5 and out == \
        "%s  plan  plan with 1 step\n" % plans, out
    got = json.loads(some.communicate(timeout=harness.DEADLINE_S)[0])
    assert some.returncode == 5 and (got["id"], got["waits"], got["exit"]) == \
        (plans, "plan", 5) and got["task"] == "mend it", got
    # It has no process any more; the other one is killed.
    late = watching(w, stalls)
    with open(w.path("state", "assent", "sessions", stalls, "lock")) as f:
        pid = int(f.read())
    os.kill(pid, signal.SIGKILL)
    assert late.communicate(timeout=harness.DEADLINE_S)[0].decode() == \
        stalls + "  stopped  killed\n" and late.returncode == 137
    assert waits(w, stalls, code=137)[1] == "stopped"
    # What waits for an answer comes before what was killed.
    assert waits(w, code=5)[0] == plans
    w.run("end", plans, code=0)
    assert waits(w, code=137)[0] == stalls

    w.mock([EDIT, harness.done()])
    sid = detach(w, "--plan", "skip", "mend it")
    assert waits(w, sid, code=5) == [sid, "hunks", "1 hunk in 1 file\n"]
    assert waits(w, stalls, "--timeout", "1h", code=137)
    w.run("decide", sid, "--accept", "all")
    assert waits(w, sid, code=0) == [sid, "done", "done\n"]
    # Also while whoever decided stays there.
    w.mock([harness.write("a.txt", "three\n"), harness.done()])
    sid = detach(w, "--plan", "skip", "mend it")
    waits(w, sid, code=5)
    c = protocol.resume(w)
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    assert waits(w, sid, code=0) == [sid, "done", "done\n"]
    c.close_and_wait()
    w.mock([{"text": "Yes."}, {"status": 401, "error": "no"}])
    sid = detach(w, "--plan", "skip", "Is it?")
    assert waits(w, sid, code=0) == [sid, "done", "done\n"]
    sid = detach(w, "--plan", "skip", "Is it?")
    assert waits(w, sid, code=6)[1] == "done"
    for args, words in ((("--timeout", "x"), b"--timeout: must be a time"),
                        (("9",), b'no session "9"')):
        r = w.run("wait", *args, code=2)
        assert words in r.stderr, r


harness.main(globals())
