"""A question beside the work, /btw: a second request with the same beginning as
the conversation's, which never enters it.
"""

import json
import os
import re
import signal

import harness
import protocol
from screenlib import Screen

FORMATS = ("openai-chat", "anthropic", "openai-responses", "gemini")
MESSAGES = {"openai-responses": "input", "gemini": "contents"}
NAMES = "The question: "


def rules(ask):
    """A task of four requests, the second and third with calls; questions take
    the answer `ask`."""
    here = [
        (["Q-A-4"], harness.done()),
        (["Q-A-3"], dict(harness.bash("echo Q-A-4"), wait_for="four",
                         text="Now the last.")),
        (["Q-A-2"], dict(harness.edit("a.txt", "one", "ONE"), text="Q-A-3",
                         thinking="Hm.", wait_for="three")),
        ([], dict(harness.bash("echo Q-A-2"), thinking="Let me see."))]
    return {"rules": [dict({"if": [NAMES], "not": [], "answer": ask})] + [
        {"if": words, "not": [NAMES], "answer": answer}
        for words, answer in here]}


def plain(body):
    """Without the marks of cache points, which move with each request."""
    if isinstance(body, dict):
        return {k: plain(v) for k, v in body.items() if k != "cache_control"}
    return [plain(x) for x in body] if isinstance(body, list) else body


def asked(m, yes):
    return [r for r in m.requests() if (NAMES in r["body_text"]) == yes]


def task(w, fmt, ask, question):
    """The task; with a question in its second and its third request, and one
    while the proposal waits."""
    w.write("a.txt", "one\n")
    m = w.mock(rules(ask), fmt=fmt)
    c = protocol.start(w, task="go")

    def beside(n, **more):
        if question:
            c.send(type="btw", text="what is this? %d" % n, **more)
            c.wait_event("btw", lambda e: e["status"] == "done" and
                         len(c.event_list("btw")) == 2 * n)
    harness.wait_until("request 2", lambda: len(asked(m, False)) == 2)
    beside(1)
    m.release("three")
    harness.wait_until("request 3", lambda: len(asked(m, False)) == 3)
    beside(2)
    m.release("four")
    p = c.wait_event("proposal", lambda e: e["final"])
    beside(3, hunk=p["files"][0]["hunks"][0]["id"])
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    c.wait_event("agent_end")
    c.send(type="say", text="again")
    c.wait("the second end", lambda: len(c.event_list("agent_end")) == 2)
    sid = w.sessions()[-1]
    c.close_and_wait()
    return m, sid, c


def test_beside_each_format(w):
    """Each question begins as the request that runs, to the byte; the others are
    as if nobody had asked."""
    for fmt in FORMATS:
        m, sid, c = task(w, fmt, {"text": "It is **that**.", "usage": {
            "input": 100, "output": 5}}, True)
        key = MESSAGES.get(fmt, "messages")
        loop, aside = asked(m, False), asked(m, True)
        assert len(aside) == 3, len(aside)
        for i, of in ((0, 1), (1, 2), (2, 4)):
            a, b = plain(aside[i]["body"]), plain(loop[of]["body"])
            assert len(a[key]) > 3 or i == 0, a[key]
            begin = a[key][:-1]
            assert begin == b[key][:len(begin)], (fmt, i, begin, b[key])
            # Nothing of the request that runs is missing.
            assert i == 2 or len(begin) == len(b[key]), (fmt, i)
            for k in set(a) | set(b):
                assert k == key or a.get(k) == b.get(k), (fmt, i, k)
        last = json.dumps(aside[2]["body"][key][-1])
        assert "-one\\n+ONE" in last and "a.txt from line 1" in last, last
        assert "what is this? 3" in last, last
        events = w.events()
        done = [e for e in events if e["type"] == "btw" and
                e["status"] == "done"]
        assert [e["text"] for e in done] == ["It is **that**."] * 3, done
        assert "why" not in done[0] and done[0]["usage"]["input"] == 100, done
        text = "".join(x["text"] for x in c.lines if x["type"] == "delta" and
                       x["kind"] == "btw")
        assert text == "It is **that**." * 3, text
        os.remove(os.path.join(w.project, "a.txt"))
        m2, sid2, _ = task(w, fmt, {"text": "no"}, False)
        # The mock server numbers what it makes by its requests.
        one, two = ([re.sub(r"\b(call_|toolu_|sig-|sealed-|rs_|msg_|fc_|c2ln)\d+",
                            r"\1N", r["body_text"].replace(s, "ID"))
                     for r in asked(x, False)]
                    for x, s in ((m, sid), (m2, sid2)))
        assert one == two, (fmt, [a == b for a, b in zip(one, two)])
        os.remove(os.path.join(w.project, "a.txt"))
        w.verify()


def test_what_is_later_is_told(w):
    """A call that runs, what the model said with it, and what it says now."""
    harness.need_sandbox(w)
    w.mock({"rules": [
        {"if": [NAMES], "not": [], "answer": {"text": "later"}},
        {"if": ["PROCEED"], "not": [], "answer": {
            "text": ["The be", "ginning."], "wait_for": "x", "wait_after": 2}},
        {"if": [], "not": [], "answer": dict(harness.calls(
            harness.call("read", path="a.txt"),
            harness.bash("until [ -e go ]; do sleep 0.05; done")),
            text="I wait.")}]})
    m = w.mocks[-1]
    w.write("a.txt", "one\n")
    c = protocol.start(w, task="go")
    c.wait_event("tool_call", lambda e: e["name"] == "bash")
    c.send(type="btw", text="is it done?")
    c.wait_event("btw", lambda e: e["status"] == "done")
    body = asked(m, True)[0]["body"]
    assert [x["role"] for x in body["messages"]][-2:] == ["user", "user"], body
    told = body["messages"][-1]["content"]
    assert "- You said: I wait." in told, told
    assert '- You called read {"path": "a.txt"}: ' in told, told
    assert "until [ -e go ]; do sleep 0.05; done\"}: no result yet" in told
    c.send(type="interrupt")
    c.wait_event("agent_end")
    c.send(type="say", text="PROCEED")
    c.wait("text", lambda: [x for x in c.lines if x["type"] == "delta" and
                            x["kind"] == "text" and "be" in x["text"]])
    c.send(type="btw", text="and now?")
    c.wait("2", lambda: len(c.event_list("btw")) == 4)
    told = asked(m, True)[1]["body"]["messages"][-1]["content"]
    assert "- You are saying, so far: The be" in told, told
    c.send(type="interrupt")
    c.close_and_wait()


def test_calls_are_refused(w):
    m = w.mock([dict(harness.call("read", path="a.txt"), text="I look.")])
    c = protocol.start(w)
    c.wait_live()
    c.send(type="btw", text=" ")
    c.send(type="btw", text="what is in a.txt?")
    done = c.wait_event("btw", lambda e: e["status"] == "done")
    assert done["text"] == "I look." and done["why"] == \
        "it wanted to call read: /btw answers from what is known", done
    assert [x["text"] for x in c.lines if x["type"] == "refused"] == \
        ["/btw needs a question"]
    assert not c.event_list("tool_call") and len(m.requests()) == 1
    c.close_and_wait()
    said = w.run("log").stdout.decode()
    assert "aside      btw: what is in a.txt?" in said, said
    assert "(it wanted to call read: /btw answers" in said, said
    said = w.run("log", "--md").stdout.decode()
    assert "btw: what is in a.txt?" in said and "I look." in said, said


def test_stopped_killed_and_failed(w):
    """It alone is stopped; after a kill it is marked, and costs."""
    w.mock({"rules": [
        {"if": ["three"], "not": [], "answer": {"status": 400, "body": {
            "error": {"message": "No."}}}},
        {"if": [NAMES], "not": [], "answer": {
            "text": ["partly ", "done"], "stall": True}},
        {"if": [], "not": [], "answer": {"text": "x", "wait_for": "end"}}]})
    m = w.mocks[-1]
    c = protocol.start(w, task="go")
    c.wait_status("thinking")

    def streams(n):
        c.wait("text", lambda: sum(
            x["type"] == "delta" and x["kind"] == "btw" and
            "partly" in x["text"] for x in c.lines) == n)
    c.send(type="btw", text="one")
    streams(1)
    c.send(type="btw", text="another")
    c.wait("refused", lambda: [x for x in c.lines if x["type"] == "refused" and
                               x["text"].startswith("one /btw at a time")])
    c.send(type="btw", stop=True)
    done = c.wait_event("btw", lambda e: e["status"] == "done")
    assert done["why"] == "stopped" and "partly" in done["text"], done
    assert done["guess"]["input"] > 100, done
    c.send(type="btw", text="three")
    done = c.wait_event("btw", lambda e: "No." in e.get("why", ""))
    m.release("end")
    c.wait_event("agent_end")
    assert [e["outcome"] for e in c.event_list("agent_end")] == ["done"]
    c.send(type="btw", text="two")
    streams(2)
    os.kill(c.process.pid, signal.SIGKILL)
    c.wait_eof()
    c.process.wait()
    c = protocol.resume(w)
    c.wait_live()
    done = c.event_list("btw")[-1]
    assert done["status"] == "done" and done["why"].startswith("interrupted")
    assert done["guess"]["input"] > 100, done
    c.close_and_wait()
    w.verify()


def test_no_secret_goes_along(w):
    """Typed into the question, or in the hunk that it takes along."""
    key = w.env["MOCK_KEY"]
    w.write("a.txt", "one\nkey = %s\n" % key)
    m = w.mock(rules({"text": "It is **that**."}))
    c = protocol.start(w, task="go")
    m.release("three")
    m.release("four")
    p = c.wait_event("proposal", lambda e: e["final"])
    c.send(type="btw", text="what is %s?" % key,
           hunk=p["files"][0]["hunks"][0]["id"])
    c.wait_event("btw", lambda e: e["status"] == "done")
    body, = [r["body_text"] for r in asked(m, True)]
    assert "+ONE" in body and key not in body, body
    assert key not in json.dumps(c.event_list("btw"))


def test_it_costs(w):
    """In the session's numbers and those of stats; a limit refuses it."""
    answer = {"text": "so", "usage": {"input": 1000, "output": 10}}
    w.mock([answer] * 3)
    c = protocol.start(w, task="go", max_total_tokens=2500)
    c.wait_event("agent_end")
    for n in (2, 4):
        c.send(type="btw", text="why?")
        c.wait("answer", lambda: len(c.event_list("btw")) == n)
    c.send(type="btw", text="why?")
    c.wait("refused", lambda: [x for x in c.lines if x["type"] == "refused" and
                               "limit on tokens is reached" in x["text"]])
    c.close_and_wait()
    said = json.loads(w.run("stats", "--json").stdout)
    assert "3030" in json.dumps(said) or "3000" in json.dumps(said), said


def test_on_the_screen(w):
    """In a review, with the hunk; the box scrolls, closes and comes back."""
    w.write("a.txt", "one\n")
    long = "It is **that**.\n\n" + "".join("- row %d\n" % i
                                           for i in range(60))
    w.mock({"rules": [
        {"if": ["slowly"], "not": [], "answer": {
            "text": ["the beginning", " and"], "stall": True}},
        {"if": [NAMES], "not": [], "answer": {"text": long}},
        {"if": ["tool_call_id"], "not": [], "answer": harness.done()},
        {"if": [], "not": [], "answer": harness.edit("a.txt", "one", "ONE")}]},
        config={"plan": "skip"})
    m = w.mocks[-1]
    with Screen(w, "--", "go", rows=24, cols=80) as t:
        t.review()
        t.see("i", "Enter send")
        t.see("/btw why so?\r", "It is that.")
        t.need("Esc back")
        assert "btw: why so?" in t.text() and "row 40" not in t.text(), t.text()
        assert "+ONE" in asked(m, True)[0]["body_text"]
        # No verdict, no text.
        t.see("y", "y does nothing here")
        t.see("G", "row 59")
        t.see("/row 3\r", "row 3")
        t.see("\x1b", "Tab: review 1 hunk")
        t.see("\t", "y accept")
        t.need("+ONE")
        t.see("i", "Enter send")
        t.see("/side slowly\r", "the beginning")
        t.see("\x1b", "Tab: review 1 hunk")
        t.see("\t", "y accept")
        done = harness.wait_until("stopped", lambda: [
            e for e in w.events("btw") if e.get("why") == "stopped"])
        assert done[0]["text"].startswith("the beginning"), done
        # The last one again; then it is a row of the transcript.
        t.see("i", "Enter send")
        t.see("/btw\r", "(stopped)")
        t.see("\x1b", "Tab: review 1 hunk")
        t.see("\t", "y accept")
        t.see("2", "btw: why so? (a.txt)")
        assert "row 3" not in t.text(), t.text()
        t.see("+", "row 3")
        t.see("4", "y accept")
        t.see("y", "wrote a.txt")
        t.detach()


def test_while_a_plan_waits(w):
    """The plan is told as a call without a result; then it is approved."""
    w.mock({"rules": [
        {"if": [NAMES], "not": [], "answer": {"text": "It is that."}},
        {"if": ["tool_call_id"], "not": [], "answer": harness.done()},
        {"if": [], "not": [], "answer": harness.call(
            "plan", goal="say it", steps=[{"title": "write"}])}]},
        config={"plan": "require"})
    with Screen(w, "--", "go", rows=24, cols=80) as t:
        t.need("y approve")
        t.see("i", "Enter send")
        t.see("/btw why so?\r", "It is that.")
        t.see("\x1b", "Tab: review the plan")
        t.see("\t", "y approve")
        assert "You called plan" in asked(w.mocks[-1], True)[0]["body_text"]
        t.settle()
        t.see("y", "done")
        t.detach()


def test_plain(w):
    w.mock({"rules": [
        {"if": [NAMES], "not": [], "answer": {"text": "It is *that*."}},
        {"if": [], "not": [], "answer": {"text": "all done"}}]})
    w.env.update({"TERM": "dumb"})
    code, seen = harness.on_terminal(w, [
        (b" ready", b"/btw what?\n"), (b"It is *that*.", b"/side\n"),
        (b"needs a question", b"\x04")], "--plan", "skip", "go")
    assert code == 0, (code, seen)
    assert b"btw: what?\r\n" in seen, seen
    # At the question of a hunk, which it takes along; Enter asks that again.
    w.write("a.txt", "one\n")
    w.mock({"rules": [
        {"if": [NAMES], "not": [], "answer": {"text": "It is *that*."}},
        {"if": ["tool_call_id"], "not": [], "answer": harness.done()},
        {"if": [], "not": [], "answer": harness.edit("a.txt", "one", "ONE")}]})
    ask = b"accept this hunk?"
    code, seen = harness.on_terminal(w, [
        (b"Press Enter to see", b"\n"), (ask, b"/btw why?\n"),
        (b"It is *that*.", b""), (b"Press Enter to see", b"\n"), (ask, b"y\n"), (b" ready", b"\x04")],
        "--plan", "skip", "go")
    assert code == 0 and b"btw: why? (a.txt)" in seen, (code, seen)
    assert "+ONE" in asked(w.mocks[-1], True)[0]["body_text"]
    assert w.read("a.txt") == "ONE\n"


harness.main(globals())
