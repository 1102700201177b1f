#!/usr/bin/env python3
"""What a request asks of a model: how long its answer may be, how much it
thinks; what its server refuses is left out and remembered."""

import json

import harness

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
    r = w.run("exec", *args, "look")
    assert r.returncode == exit_, (r.stdout + r.stderr).decode()
    w.verify()
    return [q["body"] for q in m.requests()]


def output(fmt, body):
    if fmt == "gemini":
        return body["generationConfig"]["maxOutputTokens"]
    return body[LIMIT[fmt]]


def test_output_is_the_models(w):
    """The table's number, the user's before it, 8192 for who is unknown."""
    for fmt, model, want in (
            ("anthropic", "own-model", 8192),
            ("gemini", "gemini-4-argon", 65536)):
        body, = run(w, fmt, model, [DONE])
        assert output(fmt, body) == want, (model, output(fmt, body))
    body, = run(w, "anthropic", OPUS, [DONE], max_tokens=20000)
    assert body["max_tokens"] == 20000, body["max_tokens"]


def test_output_is_learned(w):
    """A server that allows less names its number once: it is asked with that
    at once, for the rest of the session."""
    harness.need_cage(w)
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
    harness.need_cage(w)
    half = {"text": "I write it now.", "stop": "max_tokens", "calls": [
        {"name": "write", "args": '{"path": "big.txt", "content": "one'}]}
    bodies = run(w, "anthropic", OPUS, [
        {"text": "The first half", "stop": "max_tokens"}, half, DONE])
    assert "Go on where you stopped" in json.dumps(bodies[1]["messages"])
    result, = [e for e in w.events("tool_result") if e["name"] == "write"]
    assert not result["ok"] and "smaller pieces" in result["text"], result
    assert not w.events("proposal")


if __name__ == "__main__":
    harness.main(globals())
