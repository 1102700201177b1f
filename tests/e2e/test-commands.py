"""Each command of a client in each phase of a session: the core takes it, or
refuses it with a sentence that says when it works.
"""

import glob
import os
import re

import harness
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
PLAN = harness.call("plan", goal="g", steps=[{"title": "s"}])
READ = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
BUSY = {"status": 429, "body": {"error": {"message": "Slow down."}}}

# A harmless one of each: allowed, it has no effect, or the core finds fault with
# what it says.
COMMANDS = {
    "answer": {"id": "x"}, "around": {"hunk": "x"}, "budget": {"pause": -1},
    "background": {}, "btw": {"text": ""},
    "changes": {}, "clean": {}, "discard": {"proposal": -1}, "reread": {}, "code": {"id": "x"}, "colours": {"hunk": "x"}, "comment": {"proposal": -1},
    "commit": {}, "git": {}, "compact": {"words": "x" * 5000}, "decide": {"proposal": -1},
    "evidence": {}, "file": {"hunk": "x"},
    "include": {"glob": ""}, "look": {}, "mark": {"proposal": -1}, "model": {}, "new": {},
    "output": {"id": "b1"}, "paths": {"match": "x"}, "plan": {"version": -1},
    "port": {"port": 8000},
    "propose": {}, "retry": {}, "run": {"command": ""}, "say": {"text": ""},
    "set": {"approve": "x"}, "split": {"proposal": -1}, "stop": {"id": "b1"},
    "terminate": {}, "undo": {"tx": 999},
}
# Those that nothing refuses, and which change what goes on; and one that needs a
# queued message (below, and in test-screen-input).
ALWAYS = {"attach", "background", "commands", "end", "interrupt", "sync", "typing", "unqueue"}

REVIEW = dict.fromkeys(
    ("around", "colours", "comment", "decide", "file", "mark", "split"),
    msg.NOTHING_TO_REVIEW_NOW)
TASK = {"propose": msg.NOTHING_IS_BEING_WORKED}
FAILED = {"retry": msg.NOTHING_TO_RETRY_THIS_WORKS}
ASK = {"answer": msg.NO_COMMAND_WAITS}
LIMIT = {"budget": msg.NO_LIMIT_WAITS}
APPROVAL = {"plan": msg.NO_PLAN_WAITS}
PLANNING = {"propose": msg.PLAN_COMES_FIRST_THIS_WORKS}
MISSING = {text for words in (REVIEW, TASK, FAILED, ASK, LIMIT, APPROVAL)
           for text in words.values()}


def works_idle(doing, *more):
    """Commands that need the agent to be idle, while it does this."""
    text = "the agent is %s: wait for it, or interrupt it" % doing
    return {k: text for k in ("evidence", "new") + more
            if k != "evidence" or doing != msg.RUNNING_THE_CHECK_GUESS}


def barred(text, *names):
    return dict.fromkeys(names, text)


def probe(c, *refused, skip=()):
    """All commands: these are refused, each with its words, no others are as
    far as the phase goes. skip: allowed, and would change the phase."""
    want = {k: v for words in refused for k, v in words.items()}
    begin = len(c.lines)
    for name, more in COMMANDS.items():
        if name not in skip:
            c.send(type=name, **more)
    c.send(type="nonsense")
    c.wait("the last refusal", lambda: any(
        x.get("type") == "refused" and x.get("to") == "nonsense"
        for x in c.lines[begin:]))
    got = {x["to"]: x["text"] for x in c.lines[begin:]
           if x.get("type") == "refused"}
    phase = {k: v for k, v in got.items()
             if v.startswith(("the agent is ", "the agent has ")) or " first" in v or v in MISSING}
    assert phase == want, {k: (phase.get(k), want.get(k))
                           for k in set(phase) | set(want)
                           if phase.get(k) != want.get(k)}
    assert not set(skip) & set(want)
    return got


def let_go(w, name):
    w.mocks[0].release(name)


def end_call(w, name):
    """The process that waits for this file in the sandbox's /tmp continues."""
    with open(os.path.join(w.session_dir(), "stage", "tmp", name), "w"):
        pass


def test_table_is_whole(w):
    """Every command in the core's tables is tried here."""
    rows = []
    for name in glob.glob(os.path.join(harness.SRC, "src/core/*/*.c")):
        with open(name) as f:
            for table in re.findall(r"struct core_command \w+\[\] = \{(.*?)\n\};",
                                    f.read(), re.S):
                rows += re.findall(r'^\t\{ "(\w+)"', table, re.M)
    assert set(rows) == set(COMMANDS) | ALWAYS, set(rows) ^ set(COMMANDS)


def test_from_the_first_word_to_the_undo(w):
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    w.mock([{"calls": [{"name": "bash", "args": {
        "command": "echo begun; until [ -e $TMPDIR/tool ]; do sleep 0.02; done; "
                   "echo two >a.txt"}}], "wait_for": "model"}, DONE])
    c = protocol.start(w, test="echo begun; until [ -e $TMPDIR/check ]; do sleep 0.02; "
                       "done", test_by="flag")
    c.wait_status("ready")
    quiet = [REVIEW, FAILED, ASK, LIMIT, APPROVAL]
    probe(c, TASK, *quiet, skip=("evidence", "new"))
    c.send(type="say", text="go")
    c.wait_event("turn_start")
    probe(c, works_idle("thinking"), *quiet)
    let_go(w, "model")
    c.wait("the tool", lambda: [x for x in c.lines if x["type"] == "delta" and
                                "begun" in str(x.get("text"))])
    probe(c, works_idle(msg.RUNNING_A_TOOL, "clean"), *quiet)
    end_call(w, "tool")
    c.wait_event("evidence", lambda e: e["status"] == "running")
    probe(c, works_idle(msg.RUNNING_THE_CHECK_GUESS, "clean"), *quiet,
          skip=("propose",))
    end_call(w, "check")
    p = c.wait_event("proposal")
    c.wait_status("to review")
    first = msg.REVIEW_THE_OPEN_CHANGES_FIRST
    probe(c, FAILED, ASK, LIMIT, APPROVAL, barred(first, "new"),
          skip=("clean", "evidence", "propose"))
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    c.send(type="undo")
    p = c.wait_event("proposal", lambda e: e.get("undo"))
    c.wait_status("to review")
    probe(c, TASK, FAILED, ASK, LIMIT, APPROVAL, barred(first, "new"),
          barred(msg.DECIDE_THE_OPEN_UNDO_FIRST, "include", "run"), skip=("clean", "evidence"))


def test_from_a_failure_to_a_limit(w):
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    w.mock([BUSY, PLAN, READ, READ])
    c = protocol.start(w, task="go", plan="require", max_turns=2,
                       retry_base_ms=60000, retry_time_ms=600000)
    c.wait_event("retry")
    probe(c, works_idle(msg.WAITING_TO_ASK_THE_MODEL), REVIEW, ASK, LIMIT,
          APPROVAL, PLANNING, skip=("retry",))
    c.send(type="retry")
    plan = c.wait_event("plan")
    c.wait_status(msg.PLAN_TO_REVIEW)
    first = msg.DECIDE_THE_PLAN_FIRST_APPROVE
    probe(c, REVIEW, FAILED, ASK, LIMIT, PLANNING,
          barred(first, "new", "undo"))
    c.send(type="plan", version=plan["version"], action="approve")
    c.wait_event("budget")
    c.wait_status("limit reached")
    first = msg.TASK_IS_PAUSED
    probe(c, REVIEW, FAILED, ASK, APPROVAL, barred(first, "new"))
    # Nothing waits once it has ended, whatever is still said.
    c.sock.sendall(b'{"type":"end"}\n{"type":"set","approve":"small"}\n')
    c.wait_eof()
    assert c.process.wait() == 4, c.process.returncode
    c.close()


def test_a_plan_that_was_left(w):
    """It is still to be decided after a resume, and bars no new task."""
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    w.mock([PLAN, PLAN])
    c = protocol.start(w, task="go", plan="require")
    c.wait_event("plan")
    c.wait_status(msg.PLAN_TO_REVIEW)
    c.close_and_wait()
    c = protocol.resume(w, plan="require")
    c.wait_live()
    probe(c, REVIEW, TASK, FAILED, ASK, LIMIT, skip=("new",))
    c.send(type="new", text="something else")
    c.wait_event("compaction")
    c.wait("another plan", lambda: len(c.event_list(
        "plan", lambda e: e["status"] == "proposed")) == 2)
    c.wait_status(msg.PLAN_TO_REVIEW)


def test_without_a_person(w):
    w.mock([{"text": "x", "wait_for": "model"}])
    c = protocol.start(w, task="go", mode="exec", person=False,
                       keep_alive=False)
    c.wait_event("turn_start")
    needs = msg.THIS_SESSION_HAS_NO_USER_RESUME
    got = probe(c, works_idle("thinking"), REVIEW, FAILED, APPROVAL)
    assert {k for k, v in got.items() if v == needs} == {
        "answer", "btw", "budget", "look", "port", "run", "terminate"}, got
    let_go(w, "model")
    c.wait_event("agent_end")
    c.wait_eof()
    c.close()


def test_no_end_without_its_begin(w):
    """Of a commit, or of what git did."""
    w.mock([])
    c = protocol.start(w)
    c.wait_status("ready")
    for kind in "commit", "git":
        c.send(type=kind, end={"begin": 1})
        c.wait("a refusal", lambda: [
            x for x in c.lines if x.get("to") == kind and
            "is under way" in x["text"]])
    assert not w.events("committed") and not w.events("git_end")


def test_each_sync_has_one_answer(w):
    w.mock([])
    c = protocol.start(w)
    c.wait_status("ready")
    for n in 1, 2:
        c.send(type="sync")
        c.wait("the answer", lambda: c.lines.count({"type": "synced"}) >= n)
    c.send(type="nothing")
    c.wait("a refusal", lambda: [x for x in c.lines
                                 if x.get("to") == "nothing"])
    assert c.lines.count({"type": "synced"}) == 2, c.lines


def test_a_message_that_interrupts(w):
    """It stops the model, and is sent then."""
    w.mock([{"text": "slow", "stall": True}, {"text": "Heard."}])
    c = protocol.start(w, task="go")
    # Else the request might not have left, and this answer be the next one's.
    c.wait("text", lambda: [x for x in c.lines if x.get("type") == "delta"])
    c.send(type="say", text="rather this", interrupt=True)
    c.wait_event("interrupt")
    c.wait_event("user_message", lambda e: e["text"] == "rather this")
    c.wait_event("assistant_message", lambda e: e["text"] == "Heard.")


def test_unqueue_the_first_message(w):
    """It begins its turn, so it stays, also if that hasn't begun yet."""
    w.mock([{"text": "Heard."}])
    c = protocol.start(w)
    c.wait_status("ready")
    c.sock.sendall(b'{"type":"say","text":"not there"}\n{"type":"unqueue"}\n')
    c.wait_event("agent_end")
    assert [x for x in c.lines if x.get("to") == "unqueue"], c.lines
    assert "not there" in w.mocks[0].requests()[0]["body_text"]


def test_look(w):
    """From /look to /plan the model's commands leave nothing, and it is told so,
    also with the short texts of a small window."""
    harness.need_sandbox(w)
    m = w.mock([harness.bash("echo new >a.txt"), harness.done()] * 2)
    c = protocol.start(w, plan="auto", model=dict(
        protocol.settings(w)["model"], window=9000))
    for word, end in (("look", "agent_end"), ("skip", "proposal")):
        c.send(type="set", plan=word)
        c.send(type="say", text="why?")
        c.wait_event(end)
        assert len(c.event_list("proposal")) == (word == "skip")
        tools = str(m.requests()[-1]["body"]["tools"])
        assert ("the summary is shown" in tools) == (word == "look"), tools
    c.close_and_wait()


harness.main(globals())
