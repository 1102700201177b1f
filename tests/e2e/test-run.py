"""`!command`: the user runs a command in the sandbox beside the agent. It runs
on the copy, changes none of the user's files, is proposed and
journaled, waits for a running call of the model and runs before its next one,
and is told to the model as data."""

import base64
import json
import os
import resource

import harness
from harness import bash
from messages import msg
import protocol

BEFORE = "one\ntwo\nthree\n"
OK = {"text": "understood"}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
WAIT = "echo begun; until [ -e $TMPDIR/go ]; do sleep 0.02; done; echo ended"
IDLE = "ready"


def begin(w, answers=(), **more):
    harness.need_sandbox(w)
    w.write("a.txt", BEFORE)
    w.write("Makefile", "all:\n\techo built >out.o\n")
    w.write(".gitignore", "*.o\n")
    w.repository()
    w.mock(list(answers))
    c = protocol.start(w, **more)
    c.wait_live()
    if "task" not in more:
        c.wait_status(IDLE)
    return c


def mine(c, kind="tool_result"):
    return c.event_list(kind, lambda e: e["by"] == "user")


def result(c, n=1):
    """The result of the person's n-th command."""
    return c.wait("result %d" % n, lambda: mine(c)[n - 1:n])[0]


def run(c, command):
    n = len(mine(c))
    c.send(type="run", command=command)
    return result(c, n + 1)


def output(line):
    """The bytes of a line with output, which may end within a character."""
    return base64.b64decode(line["text_b64"]) if "text_b64" in line else \
        line["text"].encode()


def printed(c):
    return b"".join(output(x) for x in c.lines if x.get("type") == "delta" and
                    x["kind"] == "output").decode(errors="replace")


def let_go(w, stage="stage"):
    with open(os.path.join(w.session_dir(), stage, "tmp", "go"), "w"):
        pass


def refused(c, words):
    return c.wait("refused: " + words, lambda: [
        x for x in c.lines if x.get("type") == "refused" and
        words in x["text"]])


def told(w, n=-1):
    """The last request's texts, as one."""
    return w.mocks[0].requests()[n]["body_text"]


def test_plain_command(w):
    """Nothing is changed, so nothing is asked, and no task begins."""
    c = begin(w)
    r = run(c, "cat a.txt; echo and more >&2; exit 3")
    assert (r["ok"], r["exit"], r["error"]) == (False, 3, "exit"), r
    assert r["text"] == "exit status 3\n" + BEFORE + "and more\n", r
    call, = mine(c, "tool_call")
    assert call["title"] == "! cat a.txt; echo and more >&2; exit 3", call
    assert call["id"] == r["id"] and call["args"]["command"], call
    assert printed(c) == BEFORE + "and more\n"
    c.wait_status(IDLE)
    listed, = json.loads(w.run("ls", "--json").stdout)["sessions"]
    assert listed["state"] == "ready", listed
    assert not c.event_list("proposal") and not c.event_list("turn_start")
    c.close_and_wait()
    w.verify()
    log = w.run("log").stdout.decode()
    assert "! cat a.txt" in log and "exit 3" in log, log


def test_unchanged_is_proposed_once(w):
    """After a command that changed nothing, and a copy that couldn't be
    read then, the same proposal is still open."""
    if os.geteuid() != 0:
        raise harness.Skip("only root may change the limits of a core")
    c = begin(w)
    run(c, "echo new >a.txt")
    p = c.wait_event("proposal")
    c.wait_status("to review")
    # Descriptors of the self-test are closed a moment after it.
    harness.wait_until("the self-test's end", lambda: not any(
        n.startswith("probe-") for n in os.listdir(w.session_dir())))
    core, files = protocol.core_pid(w), resource.RLIMIT_NOFILE
    taken = {int(n) for n in os.listdir("/proc/%d/fd" % core)}
    c.send(type="run", command=WAIT)
    c.wait("the command", lambda: "begun" in printed(c))
    before = resource.prlimit(core, files)
    # Descriptors that the command's end closes aren't free for another.
    taken &= {int(n) for n in os.listdir("/proc/%d/fd" % core)}
    free = min(set(range(len(taken) + 1)) - taken)
    resource.prlimit(core, files, (free, before[1]))
    let_go(w)
    c.wait("the failure", lambda: [
        x for x in c.event_list("error") if "can't be reviewed" in x["text"]])
    resource.prlimit(core, files, before)
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("applied")
    assert w.read("a.txt") == "new\n"
    c.close_and_wait()
    # The second one says that nothing is open any more.
    assert [len(e["files"]) for e in w.events("proposal")] == [1, 0]


def test_while_the_model_answers(w):
    """At once, beside the answer; the call that follows waits for it."""
    c = begin(w, [dict(bash("cat a.txt"), wait_for="go"), DONE], task="go")
    c.wait_event("turn_start")
    c.send(type="run", command=WAIT + "; echo mine >>a.txt")
    c.wait("its output", lambda: "begun" in printed(c))
    w.mocks[0].release("go")
    c.wait_event("assistant_message")
    c.wait_status("your command")
    assert not c.event_list("tool_call", lambda e: e["by"] == "model")
    let_go(w)
    r = result(c)
    assert msg.PROPOSED_WITH_THE_AGENTS in r["note"], r
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    call = c.event_list("tool_call", lambda e: e["by"] == "model")[0]
    assert r["seq"] < call["seq"], (r, call)
    # It saw what the person's command had done, and was told of it.
    theirs = c.event_list("tool_result", lambda e: e["id"] == call["id"])[0]
    assert theirs["text"].endswith("three\nmine\n"), theirs
    assert "| begun\\n| ended" in told(w), told(w)
    c.send(type="decide", proposal=p["seq"], version=1, all="no", seen=True)
    c.wait_event("agent_end")
    assert w.read("a.txt") == BEFORE


def test_behind_a_call(w):
    """It waits for the call, which both clients are told, and goes before the
    next one."""
    answer = bash(WAIT)
    answer["calls"] += bash("cat b.txt")["calls"]
    c = begin(w, [answer, DONE], task="go")
    c.wait("its output", lambda: "begun" in printed(c))
    c.send(type="run", command="echo first >b.txt")
    c.send(type="run", command="echo second >>b.txt")
    c.wait("two that wait", lambda: [
        x for x in c.lines if x.get("type") == "queued" and
        x["commands"] == ["echo first >b.txt", "echo second >>b.txt"]])
    other = protocol.attach(w)
    other.wait_live()
    assert [x["commands"] for x in other.lines if x.get("type") == "queued"
            ] == [["echo first >b.txt", "echo second >>b.txt"]]
    other.close()
    assert not mine(c, "tool_call")
    let_go(w)
    c.wait_event("proposal")
    names = [(e["by"], e["args"]["command"]) for e in c.event_list("tool_call")
             if e["name"] == "bash"]
    assert names == [("model", WAIT), ("user", "echo first >b.txt"),
                     ("user", "echo second >>b.txt"),
                     ("model", "cat b.txt")], names
    theirs = c.event_list("tool_result", lambda e: e["by"] == "core" and
                          e["name"] == "bash")[1]
    assert theirs["text"].endswith("first\nsecond\n"), theirs
    assert [x["commands"] for x in c.lines if x.get("type") == "queued"
            ][-1] == []


def test_interrupt(w):
    """It is stopped, with its output so far; the agent isn't. Queued commands
    are dropped."""
    c = begin(w, [dict(OK, wait_for="go")], task="go")
    c.wait_event("turn_start")
    c.send(type="run", command="echo half >a.txt; echo begun; sleep 600")
    c.send(type="run", command="echo never >c.txt")
    c.wait("its output", lambda: "begun" in printed(c))
    c.send(type="interrupt")
    r = result(c)
    assert (r["ok"], r["error"], r["text"]) == (
        False, "interrupted", "interrupted by the user\nbegun\n"), r
    c.wait_event("note", lambda e: msg.WAS_NOT_RUN in e["text"])
    assert not c.event_list("interrupt")
    w.mocks[0].release("go")
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["a.txt"], p
    assert len(mine(c, "tool_call")) == 1


def test_beside_a_proposal(w):
    """Marks on what did not change stay; what the command changed joins it,
    undecided, and a hunk that it changed has lost its mark."""
    c = begin(w, [{"calls": [
        {"name": "write", "args": {"path": "b.txt", "content": "b\n"}},
        {"name": "write", "args": {"path": "c.txt", "content": "c\n"}},
    ]}, DONE], task="go")
    p = c.wait_event("proposal")
    ids = {f["path"]: f["hunks"][0]["id"] for f in p["files"]}
    for path in ("b.txt", "c.txt"):
        if path == "b.txt":
            c.send(type="mark", proposal=p["seq"], version=1, hunk=ids[path],
                   mark="no", seen=True)
    c.wait_event("draft")
    run(c, "echo C >c.txt; echo d >d.txt")
    p2 = c.wait_event("proposal", lambda e: e["seq"] > p["seq"])
    now = {f["path"]: f["hunks"][0]["id"] for f in p2["files"]}
    assert now["b.txt"] == ids["b.txt"] and now["c.txt"] != ids["c.txt"]
    assert sorted(now) == ["b.txt", "c.txt", "d.txt"], now
    # A key for what was shown before decides nothing.
    c.send(type="mark", proposal=p["seq"], version=1, hunk=ids["c.txt"],
           mark="yes", seen=True)
    refused(c, msg.THAT_HUNK_CHANGED)
    c.send(type="mark", proposal=p["seq"], version=2, hunk=now["c.txt"],
           mark="yes", seen=True)
    c.send(type="mark", proposal=p["seq"], version=2, hunk=now["d.txt"],
           mark="no", seen=True)
    c.write(p2)
    c.wait_event("applied")
    assert w.read("c.txt") == "C\n"
    assert not os.path.exists(os.path.join(w.project, "b.txt"))
    # One that changes nothing leaves the proposal and its marks alone.


def test_the_check_gives_way(w):
    """And runs again when the command has ended."""
    c = begin(w, [harness.write("b.txt", "b\n"), DONE], task="go",
        test=WAIT, test_by="flag")
    c.wait(msg.CHECK_GUESS, lambda: "begun" in printed(c))
    r = run(c, "echo here I am")
    assert r["ok"] and "here I am" in r["text"], r
    c.wait("the check again", lambda: len(c.event_list(
        "evidence", lambda e: e["status"] == "running")) == 2)
    let_go(w)
    done = c.wait_event("evidence", lambda e: e["status"] == "done")
    assert done["exit"] == 0 and len(c.event_list(
        "evidence", lambda e: e["status"] == "done")) == 1


def test_resume(w):
    """After a crash the model knows of the commands that ran, a running one is
    answered, and changes of both are proposed."""
    c = begin(w, [OK])
    run(c, "echo seen")
    c.send(type="run", command="echo half >b.txt; echo begun; sleep 600")
    c.wait("its output", lambda: "begun" in printed(c))
    protocol.kill(w, c)
    c = protocol.resume(w)
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    r = mine(c)[-1]
    assert r["error"] == "interrupted" and "restarted" in r["text"], r
    c.send(type="decide", proposal=p["seq"], version=1, all="no", seen=True)
    c.wait_event("proposal", lambda e: not e["files"])
    c.send(type="say", text="go on")
    c.wait_event("agent_end", lambda e: e["outcome"] == "done")
    text = told(w)
    assert "| seen" in text and "$ echo half" in text and \
        "| assent was restarted" in text, text


def test_killed_at_each_line(w):
    """Whatever was the last line: each command has one result afterwards, what
    the model has heard is not told again, and the journal is sound."""
    c = begin(w, [OK] * 40)
    run(c, "echo first; echo new >b.txt")
    p = c.wait_event("proposal")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("proposal", lambda e: not e["files"])
    c.send(type="say", text="go on")
    c.wait_event("agent_end")
    c.wait_status(IDLE)
    run(c, "echo second")
    protocol.kill(w, c)
    folder = w.session_dir()
    with open(os.path.join(folder, "journal.jsonl")) as f:
        lines = f.readlines()
    kinds = [e["type"] for e in w.events()]
    for n in range(kinds.index("tool_call") + 1, len(lines) + 1):
        harness.rewrite_journal(folder, lines[:n])
        c = protocol.resume(w)
        c.wait_live()
        c.wait("idle", lambda: [x for x in c.lines if x["type"] == "status" and
                                x["state"] in ("waiting", "idle")])
        had = kinds[:n].count("agent_end")
        c.send(type="say", text="and now?")
        at = c.wait_event("user_message", lambda e: e["seq"] > n and
                          e["text"] == "and now?")["seq"]
        c.wait_event("assistant_message", lambda e: e["seq"] > at)
        calls = [e["id"] for e in w.events("tool_call")]
        assert [e["id"] for e in w.events("tool_result")] == calls, calls
        text = told(w)
        assert text.count("$ echo first") == 1, (n, text)
        assert text.count("$ echo second") == len(calls) - 1, (n, text)
        assert had == 0 or text.index("understood") > text.index(
            "$ echo first"), (n, text)
        protocol.kill(w, c)
        w.verify()


def core_ends():
    harness.wait_until("no core", lambda: not any(
        protocol.CORE in x for x in harness.children().values()))


def test_it_outlives_its_terminal(w):
    """The last client leaves; the command ends, and then the core."""
    c = begin(w)
    c.send(type="run", command=WAIT + "; echo new >b.txt")
    c.wait("its output", lambda: "begun" in printed(c))
    c.close()
    let_go(w)
    harness.wait_until("a proposal", lambda: w.events("proposal"))
    core_ends()


def test_no_sandbox(w):
    """The user is asked: they believe to be in a sandbox."""
    wrap = harness.need_none()
    w.write("a.txt", BEFORE)
    w.mock([])
    c = protocol.start(w, wrap=wrap)
    c.wait_live()
    for allow in (False, True):
        n = len(mine(c))
        c.send(type="run", command="echo ran >b.txt")
        ask = c.wait("the question", lambda: c.event_list("ask")[n:n + 1])[0]
        assert ask["by"] == "user" and "no sandbox" in ask["why"], ask
        c.wait_status(msg.YOUR_COMMAND_NEEDS_PERMISSION)
        c.send(type="answer", id=ask["id"], allow=allow)
        r = result(c, n + 1)
        assert r["ok"] == allow, r
    p = c.wait_event("proposal")
    assert [f["path"] for f in p["files"]] == ["b.txt"], p
    assert not os.path.exists(os.path.join(w.project, "b.txt"))
    c.send(type="run", command="echo again")
    c.wait("the question", lambda: len(c.event_list("ask")) == 3)
    c.send(type="interrupt")
    assert result(c, 3)["error"] == "interrupted"
    assert c.event_list("answer")[-1]["allow"] is False
    # One that waits for another asks nobody who has left.
    c.send(type="run", command=WAIT)
    ask = c.wait("the question", lambda: c.event_list("ask")[3:])[0]
    c.send(type="answer", id=ask["id"], allow=True)
    c.wait("its output", lambda: "begun" in printed(c))
    c.send(type="run", command="echo more")
    c.close()
    let_go(w)
    core_ends()
    assert len(w.events("ask")) == 5


harness.main(globals())
