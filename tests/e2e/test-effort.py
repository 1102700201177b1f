"""Options of a request: how long the answer may be, and how much the model
thinks; an option that the server refuses is left out and remembered."""

import copy
import json

import harness
from messages import msg
import protocol

OPUS = "claude-opus-5-5"
DONE = {"calls": [{"name": "done", "args": {"summary": "nothing to do"}}]}
READ = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
LIMIT = {"anthropic": "max_tokens", "openai-chat": "max_tokens",
         "openai-responses": "max_output_tokens"}


def config(model, **more):
    return dict({"model": "mock/" + model, "plan": "skip"}, **more)


def run(w, fmt, model, answers, *args, exit_=0, **more):
    """The bodies of one task's requests."""
    w.clean_project()
    w.write("a.txt", "alpha\n")
    m = w.mock(answers, fmt=fmt, config=config(model, **more))
    w.run("exec", *args, "look", code=exit_)
    w.verify()
    return [q["body"] for q in m.requests()]


def output(fmt, body):
    if fmt == "gemini":
        return body["generationConfig"]["maxOutputTokens"]
    return body[LIMIT[fmt]]


def test_output_is_the_models(w):
    """The table's number, 8192 for an unknown model, and the user's own
    row."""
    for fmt, model, want in (
            ("anthropic", "own-model", 8192),
            ("gemini", "gemini-4-argon", 65536)):
        body, = run(w, fmt, model, [DONE])
        assert output(fmt, body) == want, (model, output(fmt, body))
    w.model_row("own-", output=20000, window=200000)
    body, = run(w, "anthropic", "own-model", [DONE])
    assert body["max_tokens"] == 20000, body["max_tokens"]


def test_output_is_learned(w):
    """A server that allows less names its number once: it is asked with that
    at once, for the rest of the session."""
    harness.need_sandbox(w)
    words = ("max_tokens: 128000 > 64000, which is the maximum allowed number "
             "of output tokens for " + OPUS)
    refusal = {"status": 400, "body": {"type": "error", "error": {
        "type": "invalid_request_error", "message": words}}}
    bodies = run(w, "anthropic", OPUS, [refusal, READ, DONE])
    assert [b["max_tokens"] for b in bodies] == [128000, 64000, 64000]
    notes = [e for e in w.events("note") if "output" in e]
    assert [e["output"] for e in notes] == [64000], notes
    assert not w.events("retry") and not w.events("error")


def test_cut_off(w):
    """An answer that was cut off goes on; a call that was cut off isn't run,
    and the model hears how to split it."""
    harness.need_sandbox(w)
    half = {"text": "I write it now.", "stop": "max_tokens", "calls": [
        {"name": "write", "args": '{"path": "big.txt", "content": "one'}]}
    bodies = run(w, "anthropic", OPUS, [
        {"text": "The first half", "stop": "max_tokens"}, half, DONE])
    assert msg.GO_ON_WHERE_YOU_STOPPED in json.dumps(bodies[1]["messages"])
    result, = [e for e in w.events("tool_result") if e["name"] == "write"]
    assert not result["ok"] and "smaller pieces" in result["text"], result
    assert not w.events("proposal")


# ---- effort ----

PLAN = harness.call("plan", goal="look", steps=[{"title": "read the file"}])
MARKER = {"role": "system", "content": []}


def marker(effort):
    return dict(MARKER, output_config={"effort": effort})


def test_effort_of_a_phase(w):
    """High while it plans, medium once it works, as marks among the messages
    that stay where they are; a word of the user's is for all of it."""
    harness.need_sandbox(w)
    bodies = run(w, "anthropic", OPUS, [PLAN, READ, harness.done(1)],
                 plan="auto")
    assert all(b["output_config"] == {"effort": "low"} for b in bodies)
    assert [b["messages"][-1] for b in bodies] == [
        marker("high"), marker("medium"), marker("medium")]
    for a, b in zip(bodies, bodies[1:]):
        assert strip(b["messages"])[:len(a["messages"])] == strip(
            a["messages"]), (a["messages"], b["messages"])
        assert b["thinking"] == {
            "type": "adaptive", "display": "summarized",
            "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    # The length of a request's beginning in bytes; a token has about four.
    size = len(bodies[0]["system"][0]["text"]) + len(json.dumps(
        bodies[0]["tools"], separators=(",", ":")))
    assert size < 12000, size
    body, = run(w, "anthropic", OPUS, [DONE], "--effort", "off")
    assert body["messages"][-1] == marker("low"), body["messages"]
    assert "effort: %s has no off, the nearest is low" % OPUS in [
        e["text"] for e in w.events("note")]
    # One that is newer than the table thinks as all of its family do.
    body, = run(w, "anthropic", "claude-opus-7", [DONE])
    assert body["thinking"]["display"] == "summarized", body
    # An unknown model: nothing is sent unless the user sets it.
    body, = run(w, "anthropic", "own-model", [DONE])
    assert "thinking" not in body and "output_config" not in body, body
    body, = run(w, "openai-chat", "own-model", [DONE], effort="low")
    assert body["reasoning_effort"] == "low", body


def strip(messages):
    """Without what moves: the marks of the cache."""
    out = copy.deepcopy(messages)
    for m in out:
        for block in m["content"]:
            if isinstance(block, dict):
                block.pop("cache_control", None)
    return out


def test_a_refused_part_is_left_out(w):
    """An option that the server doesn't know is left out once it says so, with
    a note, and not sent again in this session."""
    harness.need_sandbox(w)
    words = ("Unexpected value(s) `mid-conversation-output-config-2026-07-01` "
             "for the `anthropic-beta` header.")
    refusals = [{"status": 400, "body": {"type": "error", "error": {
        "type": "invalid_request_error", "message": m}}} for m in (
            words, "thinking.adaptive.display: Extra inputs are not permitted")]
    m = w.mock(refusals + [READ, DONE], fmt="anthropic", config=config(OPUS))
    w.write("a.txt", "alpha\n")
    w.run("exec", "look", code=0)
    requests = m.requests()
    betas = [dict(q["headers"]).get("anthropic-beta", "") for q in requests]
    assert "mid-conversation" in betas[0], betas
    assert not any("mid-conversation" in b for b in betas[1:]), betas
    assert all("thinking-binding-controls-2026-08-01" in b for b in betas)
    bodies = [q["body"] for q in requests]
    assert "display" in bodies[1]["thinking"]
    assert all("display" not in b["thinking"] for b in bodies[2:])
    # Without marks the effort is the request's own.
    assert all(b["output_config"] == {"effort": "medium"} for b in bodies[1:])
    assert [e["without"] for e in w.events("note") if "without" in e] == [
        ["effort_markers"], ["display"]]
    assert not w.events("retry") and not w.events("error")


def test_effort_command(w):
    """/effort changes it from the next request on; a resumed session keeps
    it."""
    w.write("a.txt", "alpha\n")
    m = w.mock([{"text": "one"}, {"text": "two"}, {"text": "three"}],
               fmt="anthropic", config=config(OPUS))
    c = protocol.start(w, task="hello", model=model_of(w))
    c.wait_event("agent_end")
    c.send(type="set", effort="huge")
    c.wait("a refusal", lambda: [x for x in c.lines if x["type"] == "refused"])
    c.send(type="set", effort="off")
    line = c.wait_event("mode")
    assert line["by"] == "user" and "the nearest is low" in line["text"], line
    c.send(type="say", text="again")
    c.wait("two", lambda: len(c.event_list("agent_end")) > 1)
    protocol.kill(w, c)
    c = protocol.resume(w, model=model_of(w))
    c.wait_live()
    c.send(type="say", text="and again")
    c.wait("three", lambda: len(c.event_list("agent_end")) > 2)
    c.close_and_wait()
    told = [strip(q["body"]["messages"]) for q in m.requests()]
    assert [t[-1] for t in told] == [
        marker("medium"), marker("low"), marker("low")], told
    for a, b in zip(told, told[1:]):
        assert b[:len(a)] == a, (a, b)


# ---- thinking that is bound to the history before it ----

def row(name=OPUS):
    with open(harness.SRC + "/share/models.json") as f:
        rows = json.load(f)["models"]
    return next(r for r in rows if r["begins"] == name)


def model_of(w, name=OPUS, **more):
    start = protocol.settings(w)["model"]
    return dict(start, name=name, facts=row(name), window=1000000, **more)


def thinking(body):
    return sum(b["type"] == "thinking" for m in body["messages"]
               for b in m["content"])


def test_refused_thinking_is_left_out(w):
    """A server that refuses what it has signed itself (another account, a proxy)
    gets the same without it."""
    harness.need_sandbox(w)
    w.write("a.txt", "alpha\n")
    think = dict(READ, thinking="I read it.")
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    bodies = run(w, "anthropic", OPUS, [
        think, {"status": 400, "body": {"type": "error", "error": {
            "type": "invalid_request_error", "message": words}}}, think, DONE])
    assert [thinking(b) for b in bodies] == [0, 1, 0, 1], bodies
    assert not w.events("error")


# ---- how an answer ends ----

def test_ends_of_answers(w):
    """A pause goes on; what was declined runs nothing and is not told to the
    model again; a word that nobody knows is shown."""
    harness.need_sandbox(w)
    write = {"name": "write", "args": {"path": "b.txt", "content": "b\n"}}
    bodies = run(w, "anthropic", OPUS, [
        {"text": "A moment.", "stop": "pause_turn"}, DONE])
    assert [m["role"] for m in bodies[1]["messages"]][:3] == [
        "user", "system", "assistant"], bodies[1]["messages"]
    for fmt, stop in (("anthropic", "refusal"), ("gemini", "RECITATION"),
                      ("openai-chat", "content_filter")):
        w.clean_project()
        m = w.mock([{"text": "Hm.", "calls": [write], "stop": stop},
            {"text": "fine"}], fmt=fmt, config=config("own-model"))
        c = protocol.start(w, task="look")
        c.wait_event("agent_end")
        error = c.wait_event("error")
        assert not w.events("tool_call")
        c.send(type="say", text="something else")
        c.wait("the end", lambda: len(c.event_list("agent_end")) > 1)
        c.close_and_wait()
        assert "Hm." not in json.dumps(m.requests()[1]["body"])
        assert error["text"] == "the model declined to answer (%s)" % stop
    bodies = run(w, "openai-chat", "own-model", [
        dict(READ, stop="moon_phase"), DONE])
    assert "moon_phase" in w.events("note")[-1]["text"], w.events("note")
    assert [e["ok"] for e in w.events("tool_result")] == [True, True]


harness.main(globals())
