#!/usr/bin/env python3
"""assent doctor --live: the model is asked for a plan, an edit, reads and an
answer that is cut off, in a scratch project of which nothing stays."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", os.getcwd()),
                                "tests", "e2e"))
import harness
import protocol
from harness import on_terminal, wait_until
from messages import msg

NUMBERS = " ".join(str(i) for i in range(1, 451))
CUT = {"openai-chat": "length", "anthropic": "max_tokens",
       "openai-responses": "incomplete", "gemini": "MAX_TOKENS"}
BODY = {"openai-chat": '"max_tokens": 400', "anthropic": '"max_tokens": 400',
        "openai-responses": '"max_output_tokens": 400'}


def call(name, **args):
    return {"name": name, "args": args}


def says(*calls, text="", **more):
    return dict({"calls": list(calls), "text": text}, **more)


LOOK = says(call("read", path="greeting.txt"))
PLAN = says(call("plan", goal="greet", steps=[{"title": "correct it"}]))
EDIT = says(call("edit", path="greeting.txt", old_string="helo",
                 new_string="hello"))
DONE = says(call("done", summary="done"))
READS = says(*[call("read", path=p + ".txt") for p in "abc"])
WORDS = says(text="amber cobalt sienna")


def cut(fmt):
    return [says(text=NUMBERS[:700], stop=CUT[fmt]),
            says(text=NUMBERS[700:])]


def good(fmt):
    first = {"input": 3000, "output": 50, "cached": 0}
    again = {"input": 3100, "output": 50, "cached": 2900}
    answers = [LOOK, PLAN, EDIT, DONE, READS, WORDS] + cut(fmt)
    return [dict(a, usage=again if i % 2 else first)
            for i, a in enumerate(answers)]


def live(w, *args, code=0, env=None):
    tmp = w.path("tmp")
    os.makedirs(tmp, exist_ok=True)
    r = w.run("doctor", "--live", *args, env=dict(env or {}, TMPDIR=tmp))
    text = (r.stdout + r.stderr).decode()
    assert r.returncode == code, (r.returncode, text)
    assert os.listdir(tmp) == [] and w.sessions() == []
    return text


def has(text, *words):
    for word in words:
        assert word in text, (word, text)


def test_good(w):
    rows = {"openai-chat": "m", "anthropic": "claude-sonnet-5-5",
            "openai-responses": "gpt-6.1-sol"}
    for fmt, name in rows.items():
        m = w.mock(good(fmt), fmt, config={"model": "mock/" + name})
        text = live(w, "--yes")
        has(text, "mock/%s at %s" % (name, m.url("")), "plan        worked",
            "edit        worked", "reads       worked", "cut answer  worked",
            "2 answers, first token after ", "6,100 tokens in, "
            "2,900 of them cached, 100 out, cost unknown",
            "price unknown", "cache       hit: 11,600 of 12,400")
        if name == "m":
            has(text, msg.TABLE_NO_ROW, "effort      not sent")
        else:
            has(text, msg.TABLE_ROW % name,
                "effort      high, medium, ", ": accepted")
        assert m.stop() == 0
        asked = m.requests()
        assert len(asked) == 8
        assert BODY[fmt] in json.dumps(asked[7]["body"])


def test_misbehaviour(w):
    """Each thing that can go wrong has its word, and what to set."""
    text = '<tool_call>{"name": "read", "arguments": {}}</tool_call>'
    bad = says(call("apply_patch", input="nonsense"))
    w.mock([says(text=text), says(text=text), bad, bad, EDIT, DONE,
            says(call("read", path="a.txt")), says(call("read", path="b.txt")),
            dict(WORDS, usage={"output": 40, "thinking": 30}),
            says(text="1 2 3", stop="incomplete", repeat=True)],
           "openai-responses", config={"model": "mock/gpt-6.1-sol"})
    has(live(w, "--yes", code=3),
        "plan        did not work: it called no tool",
        "support tool calls (llama-server: --jinja)",
        "edit        did not work: its apply_patch calls failed",
        msg.WITHOUT_EDIT_APPLY_PATCH,
        "reads       did not work: it makes one call per answer",
        '"parallel_tool_calls": true',
        "cut answer  did not work: it was cut off repeatedly",
        "8 answers", "50 out, 30 of them thinking",
        msg.THINKING_WITHOUT_TEXT)

    # Its effort is refused, and its prices are known.
    w.mock([{"status": 400, "body": {"error": {
        "message": "Unknown parameter: 'reasoning_effort'.",
        "param": "reasoning_effort", "type": "invalid_request_error"}}},
        LOOK, says(text="I see."), says(text="No."), says(text="Corrected."),
        says(text="amber"), WORDS], config={"model": "mock/o4-mini"})
    w.write("prices.json", json.dumps({"prices": [
        {"provider": "mock", "model": "*", "input": 2, "output": 10,
         "dated": "2026-11-20"}]}), base=w.path("config", "assent"))
    has(live(w, "--yes", code=3),
        "about $0.14 at prices of 2026-11-20",
        "plan        did not work: it made no plan", '"plan": "skip"',
        "edit        did not work: it called no tool",
        "reads       did not work: it called no tool",
        "cut answer  did not work: its answer was not cut off",
        "omitted     effort: the server rejected it", ": rejected",
        msg.CACHE_NOT_HIT, "cost        $0.0")


def test_no_answer(w):
    w.mock([], key="another")
    has(live(w, "--yes", code=6), "plan        failed: ", "MOCK_KEY")
    w.mock([{"status": 404, "body": {"error": {
        "message": "The model `m` does not exist", "type":
        "invalid_request_error", "code": "model_not_found"}}}])
    has(live(w, "--yes", code=6), "plan        failed: ", "does not exist")
    w.mock([{"wait_for": w.path("never")}])
    has(live(w, "--yes", code=6, env={"ASSENT_IDLE_TIMEOUT": "500ms"}),
        "plan        failed: ")
    w.mock([{"wait_for": w.path("never")}])
    has(live(w, "--yes", code=4, env={"ASSENT_MAX_TIME": "300ms"}),
        "plan        did not work: it didn't finish in time")
    w.configure("http://127.0.0.1:1/v1")
    has(live(w, "--yes", code=6), "plan        failed: ", "127.0.0.1:1")
    has(live(w, "--yes", code=2, env={"MOCK_KEY": ""}), "MOCK_KEY")
    has(live(w, "--yes", "--model", "nobody/x", code=2), "nobody")


def test_asks_first(w):
    m = w.mock(good("openai-chat"))
    has(live(w, code=2), "mock/m at", msg.CONFIRM_WITH_YES)
    # Any other word is a no, and so is what was typed before the question.
    for typed in (b"n\n", b"yarn\n"):
        code, seen = on_terminal(w, [(b"[Y,n] ", typed)], "doctor", "--live")
        assert code == 1 and b"nothing sent" in seen, seen
    code, seen = on_terminal(
        w, [(b"ready", b"go\ny\n"), (b"[Y,n] ", b"\n")], "doctor", "--live",
        wrap=("sh", "-c", 'echo ready; read x; exec "$@"', "sh"))
    assert code == 1 and b"nothing sent" in seen, seen
    assert m.requests() == []
    w.env["TMPDIR"] = w.path("tmp")
    code, seen = on_terminal(w, [(b"[Y,n] ", b"Y\n")], "doctor", "--live")
    assert code == 0 and len(m.requests()) == 8, seen


def test_limits(w):
    """It keeps to what it names, and to the user's limits for all together."""
    wanders = [says(call("glob", pattern="%d*" % i)) for i in range(60)]
    m = w.mock(wanders)
    has(live(w, "--yes", code=3), "at most     22 answers\n",
        "cut answer  did not work: it called tools instead of writing",
        "edit        did not work: the file doesn't have")
    assert len(m.requests()) == 22
    m = w.mock(wanders, config={"max_turns": 1})
    has(live(w, "--yes", code=4), "at most     4 answers\n",
        "plan        stopped by your limit: max_turns",
        "cut answer  stopped by your limit: max_turns")
    asked = m.requests()
    assert len(asked) == 4 and asked[3]["body"]["max_tokens"] == 400, asked
    # Two answers of $0.05 are the plan's, one the edit's.
    usage = {"input": 5000, "output": 4000, "cached": 0}
    prices = {"provider": "mock", "model": "*", "input": 2, "output": 10}
    w.write("prices.json", json.dumps({"prices": [dict(prices)]}),
            base=w.path("config", "assent"))
    for limit in ({"max_cost": 0.15}, {"max_total_tokens": 27000}):
        m = w.mock([dict(a, usage=usage) for a in good("openai-chat")],
                   config=limit)
        name, = limit
        text = live(w, "--yes", code=4)
        has(text, "plan        worked", "reads       skipped: %s is used up"
            % name, "cut answer  skipped: ", "at most     22 answers" +
            ("; stops at $0.15 (max_cost)\n" if name == "max_cost"
             else "\n"))
        assert len(m.requests()) == 3, text


def test_interrupted(w):
    tmp = w.path("tmp")
    os.makedirs(tmp)
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        m = w.mock([LOOK, {"wait_for": w.path("never")}])
        p = w.start("doctor", "--live", "--yes", env={"TMPDIR": tmp})
        wait_until("a request", lambda: len(m.requests()) == 2)
        p.send_signal(sig)
        if sig == signal.SIGTERM:
            p.send_signal(signal.SIGINT)
        p.communicate()
        assert p.returncode == 130, p.returncode
        assert os.listdir(tmp) == [] and w.sessions() == []


def test_other_sessions(w):
    """No output runs, and what other sessions keep is hidden as ever."""
    w.mock([says(call("write", path="new.txt", content="x\n")), DONE])
    c = protocol.start(w, task="go")
    c.wait_event("proposal")
    secret = os.path.join(w.session_dir(), "secret")
    word = w.read(secret)
    look = "id; cat " + secret
    go = w.path("go")
    m = w.mock([says(call("bash", command=look)),
                dict(says(call("run_tests", command=look)), wait_for=go),
                says(call("bash", command=look)), dict(WORDS, repeat=True)])
    p = w.start("doctor", "--live", "--yes", "--sandbox", "container")
    wait_until("a request", lambda: len(m.requests()) == 2)
    # Where the core looks for those who wait, and what landlock hides.
    assert len(w.sessions()) == 2, w.sessions()
    w.write("go", "", base=w.root)
    out, err = p.communicate()
    assert p.returncode == 3, (p.returncode, out + err)
    assert len(w.sessions()) == 1
    for r in m.requests():
        text = json.dumps(r["body"])
        assert word not in text and "uid=" not in text, text
        tools = {t["function"]["name"] for t in r["body"]["tools"]}
        assert not tools & {"bash", "run_tests"}, tools
    protocol.kill(w, c)


def test_no_state_folder(w):
    w.write("file", "", base=w.root)
    w.mock(good("openai-chat"))
    live(w, "--yes", env={"XDG_STATE_HOME": w.path("file", "state")})


if __name__ == "__main__":
    harness.main(globals())
