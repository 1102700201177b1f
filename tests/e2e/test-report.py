"""The report of a task, at its end and before: whose calls are counted, and
who set the check."""

import json
import os
import re

import harness
from harness import call
from messages import msg
import protocol

DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}


def test_whose_word_the_check_is(w):
    """An approved plan's check is the model's suggestion; what a person wrote
    into the plan is theirs."""
    harness.need_sandbox(w)
    plan = call("plan", goal="g", steps=[{"title": "s"}], check="true")
    for action, by in (
            (dict(action="approve"), "approved"),
            (dict(action="edit", plan={"goal": "g", "steps": [{"title": "s"}],
                                       "check": "test 1"}), "user")):
        w.mock([plan, harness.done(1)])
        c = protocol.start(w, task="go", plan="require")
        p = c.wait_event("plan")
        assert p["check"]["by"] == "model", p
        c.send(type="plan", version=1, **action)
        if action["action"] == "edit":
            # An edited plan is shown, and approved like any other.
            c.wait_event("plan", lambda e: e["version"] == 2)
            c.send(type="plan", version=2, action="approve")
        end = c.wait_event("agent_end")
        assert end["check"]["by"] == by, end
        assert end["check"]["exit"] == 0 and end["exit"] == 0, end
        c.close_and_wait()
        w.verify()


def test_no_tool_left(w):
    w.mock([])
    r = w.run("exec", "--tools", "", "go")
    assert r.returncode == 2 and msg.NO_TOOL_IS_LEFT.encode() in r.stderr, r


def test_ls_waits_if_something_waits(w):
    harness.need_sandbox(w)
    w.write("a.txt", "one\n")
    w.mock([call("write", path="a.txt", content="two\n"), DONE])
    assert w.run("exec", "--plan", "skip", "go").returncode == 5
    journal = os.path.join(w.session_dir(), "journal.jsonl")
    text = w.read(journal)

    w.sound = False

    def state(*lines):
        w.write(journal, text + "".join(json.dumps(x) + "\n" for x in lines))
        return re.search("waiting|stopped|finished|running",
                         w.run("ls").stdout.decode()).group()
    was = state()
    assert was == "waiting", was
    decided = [dict(type="decision"), dict(type="proposal", files=[])]
    for lines in decided[:1], decided[1:], [decided[0], dict(type="applied")]:
        assert state(*lines) != was, lines
    for ask, answer in ((dict(type="ask"), dict(type="answer")),
                        (dict(type="budget"),
                         dict(type="budget", action="stop"))):
        assert state(*decided, ask) == was and \
            state(*decided, ask, answer) != was, ask
    # A look at the rest of a proposal of which a part is decided.
    assert state(dict(type="decision"), dict(
        type="proposal", files=[{"path": "a"}])) == was


harness.main(globals())
