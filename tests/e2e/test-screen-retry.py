"""A wait for the model, on the screen: counted down, and cut short by a command."""

import os
import re

import harness
from screenlib import Screen
from messages import msg

BUSY = {"status": 429, "headers": {"retry-after": "58"},
        "body": {"error": {"message": "Slow down."}}}


def left(t):
    found = re.search(r"retrying [^\n]* in (\d+) s \(/retry: now\)", t.text())
    return int(found.group(1)) if found else 0


def test_countdown(w):
    harness.need_sandbox(w)
    w.env["ASSENT_RETRY_TIME"] = "2m"
    m = w.mock([BUSY, {"text": "All is well."}])
    with Screen(w, "--plan", "skip", "look") as t:
        t.need("retrying (attempt 2)")
        t.need("mock: Slow down. (HTTP 429)")
        first = harness.wait_until("a count", lambda: left(t))
        assert first <= 58, t.text()
        harness.wait_until("it to count down", lambda: 0 < left(t) < first)
        t.press("\x1b:retry\r")
        t.need("All is well.")
        t.need(" ready")
        assert len(m.requests()) == 2
        t.press("\x1b:retry\r")
        t.need(msg.NOTHING_TO_RETRY)
        t.end()


def test_after_it_failed(w):
    """The same is asked again, from the list and by its name, also of a core that
    has taken the session up; what it answers goes on as if it had been first."""
    harness.need_sandbox(w)
    down = {"status": 400, "body": {"error": {"message": "Not today."}}}
    m = w.mock([{"calls": [{"name": "bash", "args": {"command": "echo x >f"}}]},
                down, down, down,
                {"calls": [{"name": "done", "args": {"summary": "s"}}]}])
    with Screen(w, "--plan", "skip", "look") as t:
        t.need(": ask again)")
        t.press("\x1b:retry\r")
        harness.wait_until("the next failure", lambda: len(
            w.events("agent_end")) == 2)
        t.need(": ask again)")
        t.send("\x1b")
        t.say("/retry\r")
        harness.wait_until("one more", lambda: len(
            w.events("agent_end")) == 3)
        t.need(": ask again)")
        t.end("exit 6")
    with Screen(w, "resume", w.sessions()[-1]) as t:
        t.need(": ask again)")
        t.press("\x1b:retry\r")
        harness.wait_until("the last answer", lambda: [
            e for e in w.events("tool_call") if e["name"] == "done"])
        t.review()
        t.send("y")
        t.write("Enter writes")
        harness.wait_until("the file", lambda: os.path.exists(
            os.path.join(w.project, "f")))
        t.need(" ready")
        t.press("\x1b:retry\r")
        t.need(msg.NOTHING_TO_RETRY)
        t.end()
    asked = [r["body"]["messages"] for r in m.requests()]
    assert len(asked) == 5 and asked[1] == asked[2] == asked[3] == \
        asked[4][:len(asked[1])], asked
    assert b"retried" in w.run("log").stdout


def question_fails(w, then):
    """The screen, once the request of a question at f's hunk has failed."""
    harness.need_sandbox(w)
    down = {"status": 400, "body": {"error": {"message": "Not today."}}}
    m = w.mock([{"calls": [{"name": "bash", "args": {
        "command": "echo x >f"}}]},
        {"calls": [{"name": "done", "args": {"summary": "s"}}]},
        down] + then, config={"plan": "skip"})
    t = Screen(w, "look at it")
    t.review()
    t.see("c", "comment (")
    t.see("why x?\r", "no answer: the request failed")
    return m, t


ANSWERS = [{"calls": [{"name": "edit", "args": {
    "path": "f", "old": "x", "new": "z"}}]},
           {"text": "Because of y."}]


def answered(w, m):
    """The question was the same, at its hunk, and without writing tools."""
    assert [e["error"] for e in w.events("tool_result")
            if not e["ok"]] == ["question"]
    assert [(e["by"], e["text"]) for e in w.events("comment")] == [
        ("user", "why x?"), ("model", "Because of y.")]
    asked = [r["body"]["messages"] for r in m.requests()]
    assert asked[3] == asked[2], asked[3]
    assert len(asked) == 5, "nothing went on that had ended"


def test_a_question_is_repeated(w):
    """What repeats a request asks it as a question."""
    m, t = question_fails(w, ANSWERS)
    with t:
        t.see("/retry\r", "model answers: Because of y.")
        answered(w, m)
        t.review()
        t.see("y", "wrote 1 file")
        t.end()


harness.main(globals())
