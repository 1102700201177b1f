"""Limits on a task: each pauses with numbers and choices, on the screen, in plain
lines and for a client; exec ends with 4 and tells how far it came.  A resumed
session counts on.
"""

import json

import harness
from messages import msg
import protocol

EDIT = harness.call("edit", path="a.txt", old_string="one", new_string="ONE")
LOOK = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
OTHER = {"calls": [{"name": "read", "args": {"path": "b.txt"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "did it"}}]}
WORDS = {"text": "Half of it is done."}
SKIP = {"plan": "skip"}
# Dollars for a million tokens: 10 in and 5 out, as each answer has them, are
# 0.00005 + 0.00015.
PRICES = {"prices": [{"provider": "mock", "model": "m", "input": 5,
                      "cached": 0.5, "output": 30}]}


def project(w, prices=None):
    w.write("a.txt", "one\ntwo\n")
    w.write("b.txt", "b\n")
    w.repository()
    if prices:
        w.write("assent/prices.json", json.dumps(prices),
                base=w.path("config"))


def pauses(w):
    return [(e["what"], e.get("action")) for e in w.events("budget")]


def asked(c, what, n=1):
    """The n-th pause of a client's session."""
    c.wait("pause %d" % n, lambda: len(c.event_list(
        "budget", lambda e: "action" not in e)) >= n)
    e = c.event_list("budget", lambda e: "action" not in e)[n - 1]
    assert e["what"] == what, e
    return e


# ---- exec ----

def exec_limit(w, what, *args, answers=(EDIT, LOOK, LOOK, WORDS),
               prices=None, meanwhile=None):
    """The last request is the one to wrap up."""
    project(w, prices)
    m = w.mock(list(answers), config=SKIP)
    p = w.start("exec", "--approve", "yes", "--output", w.path("out.json"),
                *args, "go")
    if meanwhile is not None:
        meanwhile(m)
    said = b"".join(p.communicate()).decode()
    assert p.returncode == 4, (p.returncode, said)
    end = w.events("agent_end")[0]
    out = json.loads(w.read(w.path("out.json")))
    assert end["outcome"] == out["outcome"] == "limit", end
    assert end["limit"]["what"] == out["limit"]["what"] == what, end
    assert end["limit"]["used"] >= end["limit"]["limit"], end
    # Said at a limit: what was done, what is staged, and how to go on.
    assert w.read("a.txt") == "one\ntwo\n"
    assert out["proposed"] == ["a.txt"], out
    assert out["calls"]["edit"] == 1, out
    assert end["limit"].get("flag", "") in said, said
    assert "+ONE" in said and "  calls: 1 edit" in said, said
    assert "assent resume " + w.sessions()[0] in said, said
    assert pauses(w) == [(what, None), (what, "wrap")], pauses(w)
    assert end["summary"] == out["summary"] == WORDS["text"], end
    assert end["stopped"] and end["prompts"] == 1, end
    asked = [r["body"] for r in m.requests()]
    assert len(asked) == len(answers) == end["turns"], len(asked)
    assert [r.get("tool_choice") for r in asked] == \
        [None] * (len(asked) - 1) + ["none"], asked
    assert "last turn" in json.dumps(asked[-1]["messages"][-1])
    w.verify()
    return end, said


def near(w):
    """The core's warnings of a near limit, each with the number of turns
    before it."""
    events = w.events()
    return [(e["text"][len("[assent] A limit of this task is near: "):
                       e["text"].index(" left. ")],
             sum(x["type"] == "turn_start" for x in events[:i]))
            for i, e in enumerate(events) if e["type"] == "user_message" and
            "is near" in e["text"]]


def test_exec_turns(w):
    end, said = exec_limit(w, "turns", "--max-turns", "3")
    assert near(w) == [("2 turns", 1)], near(w)
    assert "limit on turns: 3 turns of 3 turns (--max-turns)" in said, said


def test_exec_tokens(w):
    """10 in and 5 out a turn."""
    end, said = exec_limit(w, "tokens", "--max-total-tokens", "31")
    assert end["limit"]["used"] == 45, end
    assert near(w) == [("16 tokens, a few turns,", 1)], near(w)
    assert "45 tokens of 31 tokens" in said, said


def test_exec_money(w):
    end, said = exec_limit(w, "money", "--max-cost", "0.0005",
                           prices=PRICES)
    assert end["limit"]["used"] == 0.0006, end
    assert near(w) == [("$0.0003, a few turns,", 1)], near(w)
    assert [e["cost_usd"] for e in w.events("turn_end")] == [0.0002] * 4
    assert "$0.0006 of $0.0005" in said, said


def test_a_day_has_a_limit(w):
    """What one session has used counts for the next."""
    project(w, PRICES)
    w.mock([WORDS], config=SKIP)
    w.run("exec", "--max-cost-day", "0.0005", "first", code=0)
    m = w.mock([EDIT, LOOK, WORDS], config=SKIP)
    r = w.run("exec", "--max-cost-day", "0.0005", "second", code=4)
    assert "limit on today: " in (r.stdout + r.stderr).decode(), r
    assert len(m.requests()) == 3, m.requests()
    # A task of this session, later on the same day: none is left.
    m = w.mock([WORDS, WORDS], config=SKIP)
    r = w.run("exec", "--max-cost-day", "0.0005", "third", code=4)
    assert len(m.requests()) == 1, m.requests()


def test_exec_time(w):
    with protocol.Clock(w) as clock:
        def hour(m):
            harness.wait_until("the second request",
                               lambda: len(m.requests()) == 2)
            clock.forward(3600000)
        end, said = exec_limit(
            w, "time", "--max-time", "1h", answers=[EDIT, {
                "text": "I think about it", "stall": True}, WORDS],
            meanwhile=hour)
    assert 3600 <= end["limit"]["used"] < 3600 + harness.DEADLINE_S, end
    assert "--max-time" in said


def test_exec_repeats(w):
    end, said = exec_limit(w, "repeat", answers=[EDIT] + [LOOK] * 5 + [WORDS])
    assert end["calls"]["read"] == 5, end


def test_a_limit_on_money_needs_a_price(w):
    project(w)
    m = w.mock([], config=SKIP)
    r = w.run("exec", "--max-cost", "1", "go", code=2)
    assert b"assent: --max-cost: the price of mock/m is unknown" in r.stderr, r
    assert b"--price" in r.stderr and not m.requests()
    w.run("exec", "--max-cost-day", "1", "go", code=2)
    r = w.run("exec", "--max-cost", "1", "--price", "3", "go", code=2)
    assert b"--price: must be dollars per million" in r.stderr, r.stderr
    w.mock([WORDS], config=SKIP)
    w.run("exec", "--max-cost", "1", "--price", "3/0.3/15", "--output",
          w.path("o"), "go", code=0)
    with open(w.path("o")) as f:
        assert json.load(f)["cost_usd"] > 0
    # A price of 0 counts if somebody wrote it down.
    w.write("assent/prices.json", json.dumps({"prices": [
        {"provider": "mock", "model": "*", "input": 0, "output": 0}]}),
        base=w.path("config"))
    w.mock([WORDS], config=SKIP)
    w.run("exec", "--max-cost", "1", "--output", w.path("o"), "go", code=0)
    with open(w.path("o")) as f:
        assert json.load(f)["cost_usd"] == 0
    w.write("assent/prices.json", "{\"prices\":[{\"model\":1}]}",
            base=w.path("config"))
    r = w.run("exec", "go")
    assert r.returncode == 2 and b"prices[0]" in r.stderr, r.stderr


# ---- a client ----

def begin(w, answers, **more):
    project(w)
    w.mock(list(answers))
    return protocol.start(w, task="go", **more)


def test_answers_that_are_none(w):
    c = begin(w, [EDIT, DONE], max_turns=1)
    c.send(type="budget", action="extend")
    e = asked(c, "turns")
    for bad in ({"action": "extend", "more": 0},
                {"action": "extend", "more": -1},
                {"action": "extend", "more": "5"},
                {"action": "dance"}, {},
                {"action": "stop", "pause": e["seq"] - 1}):
        n = len([x for x in c.lines if x.get("type") == "refused"])
        c.send(type="budget", **bad)
        c.wait("refusal of %r" % bad, lambda: len(
            [x for x in c.lines if x.get("type") == "refused"]) > n)
    assert len(c.event_list("budget")) == 1
    c.send(type="budget", action="extend")
    c.wait_event("proposal")


def test_what_was_proven_is_done(w):
    """Wrapped up, taken, and the check passes: done, not a limit."""
    harness.need_sandbox(w)
    c = begin(w, [EDIT, WORDS], max_turns=1, test="grep -q ONE a.txt",
              test_by="flag")
    asked(c, "turns")
    c.send(type="budget", action="wrap")
    p = c.wait_event("proposal")
    c.wait_event("evidence", lambda e: e["status"] == "done")
    c.send(type="decide", proposal=p["seq"], version=1, all="yes", seen=True)
    end = c.wait_event("agent_end")
    assert end["outcome"] == "done" and end["exit"] == 0, end


def test_time_pauses_and_goes_on(w):
    """The limit itself stops what runs: a minute ends nothing else."""
    with protocol.Clock(w) as clock:
        c = begin(w, [EDIT, {"text": "slow", "stall": True}, OTHER, DONE],
                  max_time_ms=60000)
        c.wait("an answer", lambda: [x for x in c.lines
                                     if x.get("type") == "delta"])
        assert not c.event_list("budget")
        clock.forward(60000)
        e = asked(c, "time")
        assert e["limit"] == 60 and e["used"] >= 60, e
        # The turn that was cut off is paid for, by an estimate.
        cut = c.event_list("turn_end")[-1]
        assert cut["broken"] and cut["guess"]["input"] > 10, cut
        c.send(type="budget", action="extend", more=3600)
        c.wait_event("proposal")
        assert pauses(w) == [("time", None), ("time", "extend")], pauses(w)


def test_repeats_within_one_answer(w):
    """Many equal calls at once, however their arguments are written: as many
    run as may, and what is stopped is answered."""
    project(w)
    same = [{"name": "grep", "args": '{"pattern": "o", "path": "a.txt"}'},
            {"name": "grep", "args": '{"pattern":"o","path":"a.txt"}'}] * 3
    m = w.mock([EDIT, {"calls": same}, WORDS])
    c = protocol.start(w, task="go", max_repeats=2)
    asked(c, "repeat")
    assert len(c.event_list("tool_call")) == 3
    c.send(type="budget", action="extend")
    asked(c, "repeat", 2)
    assert len(c.event_list("tool_call")) == 5
    c.send(type="budget", action="wrap")
    c.wait_event("proposal")
    assert len(c.event_list("tool_call")) == 5
    sent = m.requests()[-1]["body"]["messages"]
    answered = [x["tool_call_id"] for x in sent if x["role"] == "tool"]
    assert len(answered) == 7, sent


def test_repeats_with_a_hook(w):
    """Each call that the journal has before the pause has run."""
    harness.need_sandbox(w)
    project(w)
    w.mock([LOOK] * 7, config=dict(SKIP, hooks=[
        {"event": "before_tool", "command": "true", "name": "h"}]))
    w.run("exec", "go", code=4)
    assert len(w.events("tool_call")) == len(w.events("tool_result")) == 5


# ---- killed and resumed ----

def test_killed_at_work_counts_on(w):
    """Turns, tokens, money and time of before the kill still count."""
    project(w, PRICES)
    w.mock([EDIT, OTHER, {"text": "slow", "stall": True}, LOOK, OTHER])
    model = dict(protocol.settings(w)["model"], price={
        "input": 5000000, "output": 30000000})
    c = protocol.start(w, task="go", model=model, max_turns=5,
                       max_cost_usd=1)
    c.wait("three turns", lambda: len(c.event_list("turn_start")) == 3)
    c.wait("an answer", lambda: [x for x in c.lines
                                 if x.get("type") == "delta"])
    worked = c.event_list("turn_start")[-1]["worked_ms"]
    protocol.kill(w, c)
    c = protocol.resume(w)
    e = asked(c, "turns")
    assert (e["used"], e["limit"]) == (5, 5), e
    assert e["worked_ms"] >= worked, e
    c.send(type="budget", action="stop")
    end = c.wait_event("agent_end")
    assert end["turns"] == 5, end
    # Four answers, and an estimate for the one that was lost with the core.
    lost = [x for x in c.event_list("turn_end") if x.get("broken")]
    assert len(lost) == 1 and lost[0]["guess"]["input"] > 0, lost
    assert round(end["cost_usd"] - lost[0]["cost_usd"], 9) == 0.0008, end


# ---- at a terminal ----

def test_plain(w):
    project(w, PRICES)
    w.mock([EDIT, OTHER, LOOK, WORDS], config=dict(SKIP, max_turns=1))
    w.env.update({"TERM": "dumb"})
    code, seen = harness.on_terminal(w, [
        (b"Press Enter to see ", b"e 1m\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"e 20\n"),
        (msg.NO_OPEN_QUESTION.encode(), b"\n"),
        (b"extend by 1 turn", b"x\n"),
        (b"e [AMOUNT] raise the limit", b""), (b"[e,w,s,?] ", b"e 0\n"),
        (b"[e,w,s,?] ", b"e 2\n"),
        (b"Press Enter to see ", b"\n"),
        (b"3 turns of 3 turns; so far 3 turns, 30 tokens in, 15 out, "
         b"$0.0006", b"w\n"),
        (b"Half of it is done.", b""),
        (b"Press Enter to see ", b"\n"),
        (b"accept this hunk?", b"y\n"),
        (b" ready", b"\x04")], "--", "go")
    assert code == 0, (code, seen)
    assert pauses(w) == [("turns", None), ("turns", "extend"),
                         ("turns", None), ("turns", "wrap")], pauses(w)
    assert w.events("budget")[1]["more"] == 2
    assert w.read("a.txt") == "ONE\ntwo\n"


def test_exec_at_a_terminal(w):
    project(w)
    w.mock([EDIT, OTHER, LOOK], config=SKIP)
    code, seen = harness.on_terminal(w, [
        (b"[e,w,s,?] ", b"e\n"),
        (b"2 turns of 2 turns; so far 2 turns", b""), (b"[e,w,s,?] ", b"s\n")],
        "exec", "--max-turns", "1", "go")
    assert code == 4, (code, seen)
    assert b"limit on turns" in seen, seen


harness.main(globals())
