"""A list of models: the next one continues where one fails for good, with its
own key only; the journal and the user are told."""

import json

import harness
from messages import msg
import protocol

NEEDS_SANDBOX = True

KEY1, KEY2 = "sk-first-0123456789", "sk-second-9876543210"
READ = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "nothing"}}]}
BAD = {"status": 401, "body": {"error": {"message": "revoked"}}}
WRONG = {"status": 500, "body": {"error": {"message": "oops"}}}


def two(w, first, second, fmts=("openai-chat", "openai-chat"), key2=KEY2):
    """Two servers, and the configuration that names both."""
    w.write("a.txt", "a\n")
    a = w.mock(first, fmt=fmts[0], key=KEY1)
    b = w.mock(second, fmt=fmts[1], key=key2)
    providers = {
        "one": {"format": fmts[0], "base_url": harness.base_url(a, fmts[0]),
                "api_key_env": "KEY1"},
        "two": {"format": fmts[1], "base_url": harness.base_url(b, fmts[1])}}
    if key2:
        providers["two"]["api_key_env"] = "KEY2"
    w.env.update(KEY1=KEY1, KEY2=KEY2)
    w.configure("http://127.0.0.1:9/v1", config={
        "model": ["one/x", "two/y"], "providers": providers})
    return a, b


def begin(w, a, b, fmts, keys=None, **more):
    """The same by a client of our own, without long waits."""
    def model(name, m, fmt, called):
        return {"provider": name, "name": called, "format": fmt,
                "base_url": harness.base_url(m, fmt), "window": 100000}
    w.configure(harness.base_url(a, fmts[0]), fmts[0])
    return protocol.start(w, hello={"key": KEY1, "keys": {
        "two": KEY2} if keys is None else keys}, **dict(
        {"model": model("one", a, fmts[0], "x"),
         "failover": [model("two", b, fmts[1], "y")]}, **more))


def switches(w):
    return [(e["by"], e["model"]["name"], e.get("failover", False))
            for e in w.events("model")]


def seen(m, key):
    return [key in json.dumps(q["headers"]) for q in m.requests()]


def test_a_key_that_is_refused(w):
    """Said with the reason; each gets its own key alone."""
    a, b = two(w, [READ, BAD], [READ, DONE])
    r = w.run("exec", "--plan", "skip", "look", code=0)
    assert (b"model: two/y: one rejected the key (HTTP 401): revoked. Check "
            b"the key in KEY1") in r.stdout, r.stdout
    assert seen(a, KEY1) == [True] * 2 and seen(b, KEY2) == [True] * 2
    assert not any(seen(a, KEY2)) and not any(seen(b, KEY1))
    # It continues the conversation.
    first = b.requests()[0]["body"]["messages"]
    assert [m["role"] for m in first[-3:]] == ["user", "assistant", "tool"]
    assert switches(w) == [("core", "y", True)], switches(w)
    assert not w.events("error")
    text = w.read(w.session_dir() + "/journal.jsonl")
    assert KEY1 not in text and KEY2 not in text


def test_by_flag_and_all_fail(w):
    a, b = two(w, [BAD], [BAD])
    r = w.run("exec", "--plan", "skip", "--model", "two/y,one/x", "look")
    assert r.returncode == 6, r.stdout + r.stderr
    assert switches(w) == [("core", "x", True)], switches(w)
    assert b"one rejected the key" in r.stdout + r.stderr, r.stdout
    assert len(a.requests()) == 1 and len(b.requests()) == 1
    assert len(w.events("error")) == 1


def test_tries_first_and_comes_back(w):
    """A temporary error is retried first; the next message goes to the first
    model again. Across formats, with a stream that ended early."""
    for fmts in (("anthropic", "gemini"), ("gemini", "openai-responses"),
                 ("openai-responses", "openai-chat"),
                 ("openai-chat", "anthropic")):
        w.clean_project()
        w.write("a.txt", "a\n")
        a = w.mock([READ, WRONG, {"text": "Half of it", "hangup_after": 300},
                    WRONG, WRONG, {"text": "Here again."}], fmt=fmts[0],
                   key=KEY1)
        b = w.mock([READ, {"text": "All is read."}], fmt=fmts[1], key=KEY2)
        c = begin(w, a, b, fmts, task="look")
        c.wait_event("agent_end")
        assert len(w.events("retry")) == 3, (fmts, w.events("retry"))
        assert switches(w) == [("core", "y", True)], (fmts, switches(w))
        assert len(b.requests()) == 2 and len(a.requests()) == 5
        c.send(type="say", text="And now?")
        c.wait("an answer", lambda: c.event_list(
            "assistant_message", lambda e: e["text"] == "Here again."))
        assert switches(w)[1:] == [("core", "x", False)], (fmts, switches(w))
        assert "All is read." in a.requests()[-1]["body_text"], fmts
        c.close_and_wait()
        w.verify()


def test_a_choice_and_a_resume(w):
    """/model takes the first one's place; after the core died the second is no
    longer asked."""
    fmts = ("openai-chat", "anthropic")
    w.write("a.txt", "a\n")
    a = w.mock([BAD, {"text": "Fine."}], fmt=fmts[0], key=KEY1)
    b = w.mock([{"text": "I stand in."}], fmt=fmts[1], key=KEY2)
    c = begin(w, a, b, fmts, task="look")
    c.wait_event("agent_end")
    assert switches(w) == [("core", "y", True)], switches(w)
    protocol.kill(w, c)
    c = protocol.resume(w, hello={"key": KEY1})
    c.wait_live()
    c.send(type="say", text="And now?")
    c.wait("an answer", lambda: c.event_list(
        "assistant_message", lambda e: e["text"] == "Fine."))
    assert switches(w)[1:] == [("core", "x", False)], switches(w)
    other = w.mock([{"text": "Chosen."}], key=KEY1)
    c.send(type="model", key=KEY1, model={
        "provider": "three", "name": "z", "format": "openai-chat",
        "base_url": other.url()})
    c.send(type="say", text="Who is there?")
    c.wait("an answer", lambda: c.event_list(
        "assistant_message", lambda e: e["text"] == "Chosen."))
    assert switches(w)[2:] == [("user", "z", False)], switches(w)


def test_a_key_is_for_one_provider(w):
    """A client that comes with the first one's key does not hand it to the
    second, which has none."""
    fmts = ("openai-chat", "openai-chat")
    w.write("a.txt", "a\n")
    gate = w.path("go")
    a = w.mock([BAD], key=KEY1)
    b = w.mock([dict(READ, wait_for=gate), {"text": "Seen."}], key=None)
    c = begin(w, a, b, fmts, task="look", keys={})
    c.wait_event("model")
    d = protocol.attach(w, key=KEY1)
    d.wait_live()
    open(gate, "w").close()
    c.wait_event("agent_end")
    assert len(b.requests()) == 2
    assert not any(seen(b, KEY1)), b.requests()
    d.close()


def test_what_the_list_may_be(w):
    m = w.mock([DONE])
    for model, words in (
            (["mock/m", "gone/x"], "unknown provider \"gone\""),
            (["mock/m", "bare"], msg.MUST_BE_PROVIDER_MODEL),
            (["mock/m", 7], msg.MUST_BE_PROVIDER_MODEL_OR),
            ([], msg.MUST_BE_PROVIDER_MODEL_OR),
            (["mock/m", "anthropic/x"], "no key for anthropic")):
        w.configure(m.url(), config={"model": model})
        r = w.run("exec", "x")
        assert r.returncode == 2 and words.encode() in r.stderr, (model, r)
    assert not m.requests()


harness.main(globals())
