"""`assent --agent`: an agent of others, which speaks the Agent Client Protocol
and runs in the sandbox, on a copy; what it does is reviewed as our model's."""

import contextlib
import importlib
import json
import os
import signal
import sys

import agentlib
from agentlib import do, heard, install, prompts, start
import harness
import protocol

acp = importlib.import_module("test-acp")


def open_changes(c, after=0):
    p = c.wait_event("proposal", lambda e: e["files"] and e["seq"] > after)
    c.wait_status("review")
    return p


def decide(c, p, no=(), word=None):
    """Write all files of a proposal but these, which are rejected."""
    c.send(type="decide", proposal=p["proposal"] or p["seq"],
           version=p["version"], marks=[
               dict({"hunk": h["id"], "seen": True,
                     "mark": "no" if f["path"] in no else "yes"},
                    **({"word": word} if f["path"] in no and word else {}))
               for f in p["files"] for h in f["hunks"]])
    at = c.wait_event("decision", lambda e: e["seq"] > p["seq"])["seq"]
    if len(no) < len(p["files"]):
        c.wait_event("applied", lambda e: e["seq"] > at)
    return at


def ended(c, n=1):
    return c.wait("end %d" % n, lambda: c.event_list("agent_end")[n - 1:])[0]


def result(c, title):
    """Of the call with this title."""
    call = c.wait_event("tool_call", lambda e: e["title"] == title)
    return c.wait_event("tool_result", lambda e: e["id"] == call["id"])


def said(w):
    return "".join(e["text"] for e in w.events("assistant_message"))


def test_the_agent_of_the_tests(w):
    """An editor gets from it what it gets from `assent acp`."""
    e = acp.Editor(w, agent=[sys.executable, agentlib.PROGRAM],
                   answer=lambda params: params["options"][0]["optionId"])
    e.begin()
    assert e.opened["modes"]["currentModeId"] == "default", e.opened
    e.go(do(["edit", "a/b.txt", "x\n"], ["run", "cat a/b.txt"],
            ["permit", "edit", "Write c.txt"]))
    assert w.read("a/b.txt") == "x\n"
    assert [a["toolCall"]["title"] for a in e.asked] == ["Write c.txt"]
    assert e.text() == "`cat a/b.txt`: exit 0: x\n\nWrite c.txt: yes\n"
    turn = e.prompt_of(do(["hang"]))
    e.send({"method": "session/cancel", "params": {"sessionId": e.id}})
    assert e.result(turn)["stopReason"] == "cancelled"
    e.close()


def test_two_reviews(w):
    """It hears of a rejection, works on without what was rejected, and on what
    you edited meanwhile."""
    w.write("a.txt", "one\n")
    w.write("b.txt", "one\n")
    c = start(w, task=do(["say", "I do", "1"], ["say", " it.", "1"],
                         ["say", "See there.", "2"], ["edit", "a.txt", "two\n"],
                         ["edit", "b.txt", "two\n"], ["tokens", 50, 5]))
    p = open_changes(c)
    # What is said in two messages isn't one sentence.
    assert said(w).startswith("I do it.\n\nSee there."), said(w)
    w.write("mine.txt", "yours\n")
    at = decide(c, p, no=["b.txt"], word="Not b.")
    assert w.read("a.txt") == "two\n" and w.read("b.txt") == "one\n"
    ended(c)
    assert "Accepted, and written to the user's files: a.txt" in \
        prompts(w)[1] and "Rejected in b.txt, because: Not b." in prompts(w)[1]
    c.send(type="say", text=do(["run", "cat a.txt b.txt mine.txt"],
                               ["edit", "b.txt", "three\n"]))
    p = open_changes(c, at)
    assert result(c, "$ cat a.txt b.txt mine.txt")["text"] == \
        "two\none\nyours\n"
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    decide(c, p)
    assert w.read("b.txt") == "three\n"
    end = ended(c, 2)
    assert end["outcome"] == "done" and end["turns"] == 1, end
    # One conversation, and one process.
    assert len(heard(w, "session/new")) == 1
    assert w.events("turn_end")[0]["usage"]["input"] == 50
    c.close_and_wait()
    w.verify()


def asked(c, after=None):
    return c.wait_event("ask", lambda e: after is None or
                        e["seq"] > after["seq"])


ALLOW = [["a", "First", "allow_once"], ["b", "Second", "allow_once"],
         ["n", "No", "reject_once"]]


def test_what_it_asks(w):
    """A tool is allowed by rule, and the journal says so; all else is a question
    that says who asks."""
    c = start(w)
    c.send(type="say", text=do(
        ("permit", "edit", "Write a.txt"),
        ("permit", "switch_mode", "Allow this command without a sandbox?"),
        ("permit", "other", "Which?", ALLOW), ("permit", "other", "And?", ALLOW)))
    e = asked(c)
    assert e["why"].startswith("small asks, in its own words."), e
    assert "Allow this command" in e["command"] and e["form"] == {}, e
    assert e["server"] == "small", e
    c.send(type="answer", id=e["id"], allow=True)
    e = asked(c, e)
    assert e["command"].endswith("\n1  First\n2  Second\n3  No\n"), e
    c.send(type="answer", id=e["id"], allow=True, text="7")
    again = asked(c, e)
    assert again["form"] == {"field": "choice", "given": "7"}, again
    c.send(type="answer", id=again["id"], allow=True, text="2")
    e = asked(c, again)
    c.send(type="answer", id=e["id"], allow=False)
    ended(c)
    assert result(c, "Write a.txt")["allowed"], c.event_list("tool_result")
    assert said(w) == ("Write a.txt: yes\nAllow this command without a sandbox?"
                        ": yes\nWhich?: b\nAnd?: n\n"), said(w)


def test_secrets_in_what_it_asks(w):
    """No question has one, in its title, text or choices, nor has a plan; and none is
    in the journal."""
    token = "ghp_", "0123456789" * 3
    c = start(w)
    c.send(type="say", text=do(("ask_about",) + token))
    e = asked(c)
    assert e["command"] == "Use {0}?\nIt is {0}.\n1  Use {0}\n2  Another\n" \
        "3  No\n".format("[masked by assent]"), e
    c.send(type="answer", id=e["id"], allow=True, text="2")
    ended(c)
    c.send(type="set", plan="require")
    c.send(type="say", text=do(("plan_about",) + token))
    e = c.wait_event("plan")
    assert e["goal"] == "Use [masked by assent]", e
    assert e["steps"][0]["title"] == "send [masked by assent]", e
    c.wait_status("plan")
    c.close_and_wait()
    for name in "journal.jsonl", "brief":
        path = os.path.join(w.session_dir(), name)
        assert not os.path.exists(path) or "".join(token) not in w.read(path)


def test_nobody_answers(w):
    c = start(w, person=False, mode="exec", task=do(
        ("permit", "fetch", "A page"), ("permit", "other", "Really?")))
    ended(c)
    assert said(w) == "A page: yes\nReally?: no\n", said(w)
    assert c.event_list("note", lambda e: "nobody is here" in e["text"])


def test_cancel(w):
    """It's told, and what it changed until then is yours to review; if it
    doesn't hear, it is ended."""
    c = start(w, task=do(["edit", "a.txt", "x\n"], ["hang"]))
    result(c, "Edit a.txt")
    c.send(type="interrupt")
    assert ended(c)["outcome"] == "interrupted"
    assert len(heard(w, "session/cancel")) == 1
    c.send(type="say", text=do(["say", "here again"]))
    c.wait("its words", lambda: "here again" in said(w))
    assert len(heard(w, "session/new")) == 1


def test_a_deaf_agent(w):
    with protocol.Clock(w) as clock:
        c = start(w, "deaf", task=do(["edit", "a.txt", "x\n"], ["hang"]))
        result(c, "Edit a.txt")
        c.send(type="interrupt")
        c.wait("cancel", lambda: heard(w, "session/cancel"))
        clock.forward(6000)
        c.send(type="commands")     # so that it looks at the clock
        assert ended(c)["outcome"] == "interrupted"
        c.send(type="say", text=do(["say", "here again"]))
        c.wait("its words", lambda: "here again" in said(w))
        # A new one, which knows nothing of it.
        assert len(heard(w, "session/new")) == 2, heard(w)
        assert "The conversation before this one is lost" in prompts(w)[1]
        c.wait("its turn's end", lambda: len(c.event_list("turn_end")) == 2)
        c.send(type="say", text=do(["hang"]))
        c.wait("its prompt", lambda: len(prompts(w)) == 3)
        c.send(type="interrupt")
        c.wait("cancel", lambda: len(heard(w, "session/cancel")) == 2)
        c.send(type="interrupt")
        ended(c, 2)
        c.close_and_wait()


def killed_within(w, kill, *modes):
    """One that is killed, or whose core is, and a prompt after it."""
    c = start(w, *modes, task=do(["edit", "a.txt", "x\n"], ["hang"]))
    result(c, "Edit a.txt")
    c = kill(w, c) or c
    c.send(type="say", text=do(["run", "cat a.txt"], ["edit", "b.txt", "y\n"]))
    p = c.wait_event("proposal", lambda e: len(e["files"]) == 2)
    assert result(c, "$ cat a.txt")["text"] == "x\n"
    decide(c, p)
    assert w.read("a.txt") == "x\n" and w.read("b.txt") == "y\n"
    c.close_and_wait()
    w.verify()


def end_agent(w, c):
    """Its own process, or the worker that its sandbox hangs on."""
    program = w.path("home", "lib", "small", "small")
    for pid, line in harness.children().items():
        if program in line:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert "small" in c.wait_event("error")["text"]
    ended(c)


def end_worker(w, c):
    for pid in harness.running("assent-worker"):
        os.kill(pid, signal.SIGKILL)
    c.wait_event("error")
    ended(c)


def end_core(w, c, **more):
    protocol.kill(w, c)
    c = protocol.resume(w, model=None, agent=w.events(
        "session_start")[0]["settings"]["agent"], **more)
    c.wait_live()
    return c


def test_killed(w):
    killed_within(w, end_agent)


def test_worker_killed(w):
    killed_within(w, end_worker)


def test_core_killed(w):
    killed_within(w, end_core, "load")
    assert len(heard(w, "session/load")) == 1
    assert "The session ended while you worked" in prompts(w)[1], prompts(w)
    assert "is lost" not in "".join(prompts(w)), prompts(w)


def test_resumed(w):
    """In its own conversation, if it can; else it is told what it was about."""
    for mode in "load", "resume", "none":
        c = start(w, mode, task=do(["edit", mode, "x\n"]))
        decide(c, open_changes(c))
        ended(c)
        c.close_and_wait()
        c = protocol.resume(w, model=None, agent=w.events(
            "session_start")[0]["settings"]["agent"])
        c.wait_live()
        c.send(type="say", text=do(["say", "back"]))
        c.wait("the words", lambda: said(w) == "back")
        c.close_and_wait()
    assert len(heard(w, "session/load")) == 1
    assert len(heard(w, "session/resume")) == 1
    assert len(heard(w, "session/new")) == 4
    lost = [p for p in prompts(w) if "is lost" in p]
    assert len(lost) == 1, prompts(w)


def test_crash(w):
    install(w, consent=True)
    r = w.run("exec", "--agent", "small", do(
        ["edit", "a.txt", "x\n"], ["crash"]), code=6)
    assert b"small ended with status 7. It printed: my last words" in \
        r.stderr, r
    install(w, "dies-at-once", consent=True)
    r = w.run("exec", "--agent", "small", "go", code=6)
    assert b"can't find my database" in r.stderr, r
    install(w, "version", consent=True)
    r = w.run("exec", "--agent", "small", "go", code=6)
    assert b"another version of the Agent Client Protocol" in r.stderr, r


def test_sign_in(w):
    c = start(w, "sign-in")
    c.send(type="say", text="hello")
    ended(c)
    assert "assent try -- small" in c.event_list("error")[0]["text"]


def test_exec(w):
    """Output and exit codes as with a model."""
    w.write("a.txt", "one\n")
    install(w, consent=True)
    out = w.path("out.json")
    run = "exec", "--agent", "small", "--output", out
    w.run(*run, do(["edit", "a.txt", "two\n"]), code=5)
    assert w.read("a.txt") == "one\n"
    w.run(*run, "--approve", "yes", "--test", "grep two a.txt", do(
        ["edit", "a.txt", "two\n"], ["tokens", 40, 2],
        ["usage", 100, 1000, 0.25]), code=0)
    assert w.read("a.txt") == "two\n"
    with open(out) as f:
        o = json.load(f)
    assert o["outcome"] == "done" and o["cost_usd"] == 0.25, o
    w.run(*run, "--approve", "yes", "--test", "grep three a.txt", do(
        ["edit", "a.txt", "four\n"]), code=3)
    # The check that fails is its next prompt.
    assert "grep three a.txt" in prompts(w)[-1], prompts(w)[-1]
    w.run(*run, do(["fail", "no quota"]), code=6)
    w.run(*run, do(["stop", "refusal"]), code=6)
    by = json.loads(w.run("stats", "--json").stdout)["total"]["by_model"]
    assert [m["model"] for m in by] == ["small"], by
    assert b"small" in w.run("log").stdout


def test_limits(w):
    install(w, consent=True)
    run = "exec", "--agent", "small", "--approve", "yes"
    work = do(["edit", "a.txt", "x\n"], ["tokens", 600, 5],
              ["usage", 600, 1000])
    r = w.run(*run, "--max-total-tokens", "500", work)
    assert r.returncode == 4 and b"tokens" in r.stderr, r
    assert w.events("agent_end")[-1]["limit"]["what"] == "tokens"
    # What it had changed is kept, and waits.
    assert [f["path"] for f in w.events("proposal")[-1]["files"]] == ["a.txt"]
    r = w.run(*run, "--max-turns", "1", "--test", "false", work)
    assert r.returncode == 4, r
    assert w.events("agent_end")[-1]["limit"]["what"] == "turns"
    # Its money is known after it has told some.
    r = w.run(*run, "--max-cost", "0.10", "--test", "false", work)
    assert r.returncode == 4 and b"without a known price" in r.stdout, r
    r = w.run(*run, "--max-cost", "0.10", "--test", "false", do(
        ["usage", 10, 1000, 0.2], ["hang"]))
    assert r.returncode == 4, r
    assert w.events("agent_end")[-1]["limit"]["what"] == "money"


def test_plan(w):
    """With --plan require it begins in its planning mode; what it changes there
    isn't kept, and your approval is the answer to its question."""
    c = start(w, plan="require", task=do(
        ["edit", "early.txt", "x\n"],
        ["leave_plan", "# Louder\n\n1. write a.txt\n"],
        ["edit", "a.txt", "x\n"]))
    plan = c.wait_event("plan", lambda e: e["status"] == "proposed")
    assert "Louder" in json.dumps(plan), plan
    assert [m["modeId"] for m in heard(w, "session/set_mode")] == ["plan"]
    c.wait_status("plan")
    # What it has read is in its own context, which `fresh` doesn't make less.
    code, seen = harness.on_terminal(w, [
        (b"Press Enter to see ", b"\n"), (b"approve this plan? [y,r", b"\x04")],
        "resume", "--plain", w.sessions()[0])
    assert code in (0, 5), seen
    c.send(type="plan", version=plan["version"], action="approve", fresh=True)
    p = open_changes(c)
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert "Approve Plan: exit-plan-default" in said(w)
    assert not w.events("compaction")
    decide(c, p)
    ended(c)
    # It doesn't say which steps it has done.
    log = w.run("log", w.sessions()[0], code=0).stdout
    assert b"1 file" in log and b"unticked" not in log, log


def test_time(w):
    """The user may extend it: the agent hears why it was stopped."""
    with protocol.Clock(w) as clock:
        c = start(w, max_time_ms=60000, task=do(
            ["edit", "b.txt", "n\n"], ["hang"]))
        result(c, "Edit b.txt")
        clock.forward(70000)
        c.send(type="commands")     # so that it looks at the clock
        b = c.wait_event("budget")
        c.wait_status("limit")
        c.send(type="budget", action="extend", pause=b["seq"])
        c.wait("the next prompt", lambda: len(prompts(w)) == 2)
        assert "ended early: the time limit was reached" in prompts(w)[1]
        c.close_and_wait()


PLAN = "# The plan\n1. Do it\n2. Test it"


def test_plan_sent_back(w):
    c = start(w, plan="require")
    c.send(type="say", text=do(("leave_plan", PLAN), ("edit", "b.txt", "new\n")))
    c.wait_event("plan")
    c.wait_status("plan")
    c.send(type="plan", version=1, action="return", word="Too long.")
    c.wait("the next prompt", lambda: len(prompts(w)) == 2)
    assert "The user sent the plan back: Too long." in prompts(w)[1]
    # Its answer is none, the next one has steps.
    c.wait_event("agent_end")
    c.send(type="say", text=do(("say", PLAN)))
    c.wait_event("plan", lambda e: e["version"] == 2)
    c.wait_status("plan")
    c.send(type="plan", version=2, action="approve")
    c.wait("the next prompt", lambda: len(prompts(w)) == 4)
    assert "The plan is approved" in prompts(w)[3]
    assert heard(w, "session/set_mode")[-1]["modeId"] == "default"


def test_plan_and_a_killed_core(w):
    w.write("a.txt", "one\n")
    c = start(w, "load", plan="require", task=do(
        ["edit", "a.txt", "two\n"], ["leave_plan", PLAN]))
    c.wait_status("plan")
    c = end_core(w, c, plan="require")
    c.wait_status("plan")
    c.send(type="plan", version=1, action="approve", notes=[
        {"at": "step 1", "word": "carefully"}])
    ended(c)
    assert "The plan is approved" in prompts(w)[1], prompts(w)
    assert "carefully" in prompts(w)[1], prompts(w)
    assert not c.event_list("proposal", lambda e: e["files"])


def test_no_planning_mode(w):
    c = start(w, "no-modes", plan="require", task=do(["edit", "a.txt", "x\n"]))
    open_changes(c)
    assert "The user wants a plan first" in prompts(w)[0], prompts(w)


def test_commits(w):
    """Nothing of its .git comes back but the messages of its commits."""
    w.write("a.txt", "one\n")
    w.repository()
    head = w.git("rev-parse", "HEAD")
    c = start(w, task=do(["edit", "a.txt", "two\n"], ["commit", "Say two"],
                         ["run", "git branch other; git config x.y z; "
                          "echo 'exit 9' >.git/hooks/pre-commit; "
                          "git log --format=%s"]))
    p = open_changes(c)
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert "Say two\nbegin" in said(w), said(w)
    decide(c, p)
    ended(c)
    c.close_and_wait()
    assert w.git("rev-parse", "HEAD") == head
    assert w.git("branch", "--format=%(refname:short)") == "main\n"
    assert w.git("status", "--porcelain") == " M a.txt\n"
    w.git("config", "user.name", "t")
    w.git("config", "user.email", "t@example.invalid")
    w.run("commit", "--no-edit", code=0)
    assert w.git("log", "-1", "--format=%s") == "Say two\n"


def test_its_commands(w):
    """Its own commands are listed; a prompt that is one begins with it."""
    w.write(".claude/commands/fix.md", "Fix $ARGUMENTS.")
    c = start(w, task=do(["edit", "a.txt", "x\n"]))
    decide(c, open_changes(c))
    ended(c)
    c.send(type="commands")
    rows = c.wait("commands", lambda: [x for x in c.lines if x.get(
        "type") == "commands" and x["commands"]])[-1]["commands"]
    assert [(r["name"], r["origin"], r.get("hint")) for r in rows] == [
        ("greet", "agent", "name"), ("plan", "agent", None),
        ("fix", "project", None)], rows
    c.send(type="say", text="/greet Bob", slash=True, unknown="no /greet")
    c.wait("its words", lambda: "Hello Bob!" in said(w))
    first = heard(w, "session/prompt")[-1]["prompt"][0]["text"]
    assert first == "/greet Bob", first
    c.send(type="say", text="/greeet", slash=True, unknown="no /greeet")
    c.wait("the refusal", lambda: [x for x in c.lines if x.get(
        "type") == "refused" and x["text"] == "no /greeet"])


def test_what_a_message_has(w):
    w.write("src/a b.c", "int a;\n")
    c = start(w, "images")
    c.send(type="say", text='/greet @"src/a b.c" and @no-such-file')
    ended(c)
    blocks = heard(w, "session/prompt")[0]["prompt"]
    assert blocks[0]["text"].startswith("/greet"), blocks
    assert blocks[-1] == {"type": "resource_link", "name": "src/a b.c", "uri":
                          "file://%s/src/a%%20b.c" % w.project}, blocks


def test_question(w):
    """About a hunk: what it changes to answer isn't kept."""
    c = start(w)
    c.send(type="say", text=do(("edit", "a.txt", "x\n")))
    p = c.wait_event("proposal", lambda e: e["files"])
    c.wait_status("review")
    c.send(type="comment", proposal=p["seq"], version=p["version"], line=1,
           hunk=p["files"][0]["hunks"][0]["id"], text=do(
               ("edit", "b.txt", "y\n"), ("say", "Because.")) + "\nWhy?")
    e = c.wait_event("comment", lambda e: e["by"] == "model")
    assert e["text"].endswith("Because."), e
    c.wait_status("review")
    assert [f["path"] for f in c.event_list("proposal")[-1]["files"]] == [
        "a.txt"]


def test_what_you_ran(w):
    """Your own command is told; what the agent installed is there for it."""
    w.write(".gitignore", "out/\n")
    c = start(w)
    c.send(type="say", text=do(("edit", "out/x", "built\n")))
    ended(c)
    c.send(type="run", command="cat out/x")
    c.wait_event("tool_result", lambda e: e["by"] == "user")
    c.send(type="say", text="so?")
    ended(c, 2)
    assert "$ cat out/x\n| exit status 0\n| built" in prompts(w)[1], prompts(w)
    for m in ({"type": "compact"}, {"type": "btw", "text": "why?"}):
        c.send(**m)
    c.wait("two refusals", lambda: 2 == len([
        x for x in c.lines if x["type"] == "refused"]))


def test_detached(w):
    install(w, consent=True)
    r = w.run("--agent", "small", "--detach", do(
        ["edit", "a.txt", "x\n"], ["permit", "other", "May I?"]), code=0)
    sid = r.stdout.decode().strip()
    ask = harness.wait_until("its question", lambda: w.events("ask"))[0]
    assert b"  a question for you  " in w.run("inbox", "--plain").stdout
    r = w.run("say", sid, do(["say", "heard you"]), code=0)
    assert b"queued" in r.stderr + r.stdout, r
    c = protocol.attach(w)
    c.wait_live()
    c.send(type="answer", id=ask["id"], allow=True, text="1")
    c.wait("its words", lambda: "heard you" in said(w))
    open_changes(c)
    w.run("decide", "--accept", "all", sid, code=0)
    assert w.read("a.txt") == "x\n"
    w.run("end", sid, code=0)


def test_in_an_editor(w):
    """Editors get back the review that their agent doesn't ask for any more."""
    w.write("a.txt", "one\n")
    install(w, consent=True)
    e = acp.Editor(w, "--agent", "small")
    e.begin()
    assert [o["id"] for o in e.opened["configOptions"]] == ["mode"], e.opened
    e.go(do(["say", "I do it."], ["permit", "edit", "Edit a.txt"],
            ["permit", "other", "Use x?"], ["edit", "a.txt", "two\n"],
            ["run", "cat a.txt"]))
    titles = [a["toolCall"]["title"] for a in e.asked]
    assert titles[0].startswith("Small asks, in its own words.") and \
        titles[1:] == ["Change a.txt (+1 -1)"], titles
    assert w.read("a.txt") == "two\n" and "I do it." in e.text()
    e.go(do(["say", "again"]))
    assert {"greet", "undo"} <= {
        x["name"] for u in e.kinds("available_commands_update")
        for x in u["availableCommands"]}, e.kinds("available_commands_update")
    e.go("/greet you")
    assert "Hello you!" in e.text()
    sid = e.id
    e.close()
    # The journal says which agent it is.
    e = acp.Editor(w)
    e.call("initialize", protocolVersion=1, clientCapabilities={})
    e.call("session/load", sessionId=sid, cwd=w.project, mcpServers=[])
    e.id = sid
    e.go(do(["say", "loaded"]))
    assert "loaded" in e.text()
    e.close()
    # Without consent it says why, and doesn't ask for a login.
    install(w, hosts=["api.example.org"])
    e = acp.Editor(w, "--agent", "small")
    e.call("initialize", protocolVersion=1, clientCapabilities={})
    code, why = e.refused("session/new", cwd=w.project, mcpServers=[])
    assert code == -32603 and "reaches api.example.org" in why, (code, why)
    e.close()


def test_options(w):
    install(w, consent=True, starts=False)
    for more in (["--model", "x/y"], ["--effort", "high"],
                 ["--profile", "docs"], ["--tools", "read"],
                 ["--answers", "x"]):
        r = w.run("exec", "--agent", "small", *more, "go", code=2)
        assert b"--agent" in r.stderr and more[0].encode() in r.stderr, r
    r = w.run("exec", "--agent", "smal", "go", code=2)
    assert b"no agent is called smal" in r.stderr, r


def test_level_c(w):
    """Where nothing keeps its network and files apart from yours it isn't
    started, and the run says why."""
    wrap = harness.need_level_c(w)
    install(w, consent=True, starts=False)
    r = w.run("exec", "--agent", "small", "--json", do(["edit", "a.txt", "x"]),
              wrap=wrap, code=6)
    assert "small isn't started: on level C" in w.events("error")[0]["text"]
    assert w.events("proposal") == [] and heard(w) == [], r


if __name__ == "__main__":
    harness.main(globals())
