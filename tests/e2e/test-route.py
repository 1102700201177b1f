#!/usr/bin/env python3
"""Models of their own for parts of the work: each is asked at its own server,
with its own key, is paid by its own price, and is named in the journal."""

import json

import harness
import protocol

KEYS = {"one": "sk-first-0123456789", "two": "sk-second-9876543210",
        "three": "sk-third-5555555555"}
READ = {"calls": [{"name": "read", "args": {"path": "a.txt"}}]}
DONE = {"calls": [{"name": "done", "args": {"summary": "that was all"}}]}
BAD = {"status": 401, "body": {"error": {"message": "revoked"}}}
TOKENS = {"input": 1000, "output": 100}
# Millions of tokens in and out, in dollars.
PRICES = {"one": (1, 10), "two": (100, 1000), "three": (5, 50)}
NOTES = "\n".join(["## Goals", "- tea", "## Progress", "- none",
                   "## Decisions and facts", "- none",
                   "## Open questions and next steps", "- none"])


def call(name, **args):
    return {"calls": [{"name": name, "args": args}], "usage": TOKENS}


def cost(name, requests=1):
    p = PRICES[name]
    return requests * (TOKENS["input"] * p[0] + TOKENS["output"] * p[1]) / 1e6


def bare(m, fmt):
    return m.url("" if fmt in ("anthropic", "gemini") else "/v1")


def servers(w, fmts=None, **answers):
    """A server for each name, the configuration of all, and their prices."""
    mocks, providers = {}, {}
    for name, said in answers.items():
        fmt = (fmts or {}).get(name, "openai-chat")
        mocks[name] = w.mock(said, fmt=fmt, key=KEYS[name])
        providers[name] = {"format": fmt, "api_key_env": "KEY_" + name,
                           "base_url": bare(mocks[name], fmt)}
        w.env["KEY_" + name] = KEYS[name]
    w.write("assent/prices.json", json.dumps({"prices": [
        {"provider": n, "model": n + "-m", "input": p[0], "output": p[1],
         "cached": p[0], "dated": "2026-11-20"} for n, p in PRICES.items()]}),
        base=w.path("config"))
    return mocks, {"model": "one/one-m", "providers": providers}


def write(w, mocks_config, **more):
    w.configure("http://127.0.0.1:9/v1", config=dict(mocks_config, **more))


def only_own_keys(mocks):
    for name, m in mocks.items():
        for q in m.requests():
            sent = json.dumps(q["headers"])
            assert KEYS[name] in sent, (name, sent)
            assert not [k for n, k in KEYS.items() if n != name and
                        k in sent], (name, sent)


def model(name, m, fmt="openai-chat"):
    return {"provider": name, "name": name + "-m", "format": fmt,
            "base_url": bare(m, fmt), "window": 100000}


def begin(w, mocks, fmts=None, failover=(), **routes):
    """The same by a client of our own, without long waits."""
    fmts = fmts or {}
    w.configure("http://127.0.0.1:9/v1")

    def one(name):
        return model(name, mocks[name], fmts.get(name, "openai-chat"))
    return protocol.start(
        w, hello={"key": KEYS["one"], "keys": {
            n: KEYS[n] for n in mocks if n != "one"}},
        model=one("one"), failover=[one(n) for n in failover],
        routes={part: one(n) for part, n in routes.items()}, task="look")


def say(c, text, n):
    c.send(type="say", text=text)
    c.wait("the end of task %d" % n,
           lambda: len(c.event_list("agent_end")) >= n)


def verdict(word):
    return {"text": json.dumps({"files": [
        {"file": 1, "verdict": word, "reason": "so it is"}]}),
        "usage": TOKENS}


def test_review(w):
    """By its own model, also when the session is taken up again."""
    harness.need_cage(w)
    w.write("a.txt", "one\ntwo\n")
    mocks, config = servers(w, one=[
        call("bash", command="sed -i s/two/TWO/ a.txt"),
        dict(DONE, usage=TOKENS),
        call("bash", command="echo three >>a.txt"),
        dict(DONE, usage=TOKENS)],
        two=[verdict("ask"), verdict("ask")], fmts={"two": "anthropic"})
    write(w, config, model_review="two/two-m", plan="skip")
    r = w.run("exec", "--approve", "reviewer", "--max-cost", "5",
              "--output", w.path("out.json"), "change it")
    assert r.returncode == 5, r.stdout + r.stderr
    assert (b"reviewer (two/two-m): asks you about a.txt: so it is"
            in r.stdout), r.stdout
    line = w.events("review")[0]
    assert line["model"] == {"provider": "two", "name": "two-m"}, line
    assert abs(line["cost_usd"] - cost("two")) < 1e-9, line
    with open(w.path("out.json")) as f:
        out = json.load(f)
    assert abs(out["cost_usd"] - cost("one", 2) - cost("two")) < 1e-9, out
    stats = json.loads(w.run("stats", "--json").stdout)["sessions"][0]
    assert abs(stats["cost_usd"] - out["cost_usd"]) < 1e-9, stats
    # The key comes with who takes the session up, whatever is set by now.
    write(w, config, plan="skip")
    r = w.run("decide", "--accept", "none", "--feedback", "a third line")
    assert (b"reviewer (two/two-m): asks you about a.txt" in r.stdout
            ), r.stdout + r.stderr
    assert [len(m.requests()) for m in mocks.values()] == [4, 2]
    only_own_keys(mocks)
    w.verify()


def test_summary(w):
    """By its own model; where that one fails the model of the turns is asked
    and who watches is told, and then the next of the list."""
    mocks, _ = servers(w, one=[{"text": "first"}, {"text": "second"},
                               {"text": "third"}, BAD, {"text": "fifth"}],
                       two=[{"text": NOTES, "usage": TOKENS}, BAD],
                       three=[{"text": NOTES.replace("tea", "coffee"),
                               "usage": TOKENS}, {"text": "fourth"}],
                       fmts={"two": "gemini", "three": "anthropic"})
    c = begin(w, mocks, {"two": "gemini", "three": "anthropic"},
              failover=["three"], compact="two")
    c.wait_event("agent_end")
    say(c, "second words", 2)
    c.send(type="compact")
    line = c.wait_event("compaction")
    assert line["by"] == "model" and line["summary"]["goals"] == ["tea"]
    assert line["model"] == {"provider": "two", "name": "two-m"}, line
    assert not w.events("model")
    say(c, "third words", 3)
    c.send(type="compact")
    line = c.wait_event("compaction", lambda e: e["seq"] > line["seq"])
    assert line["by"] == "model" and line["summary"]["goals"] == ["coffee"]
    assert line["model"] == {"provider": "three", "name": "three-m"}, line
    notes = [e["text"] for e in w.events("note")]
    assert [t for t in notes if "two refused the key" in t and
            "one/one-m is asked for the summary" in t], notes
    switch = w.events("model")
    assert [(e["by"], e["model"]["name"], e.get("failover")) for e in switch
            ] == [("core", "three-m", True)], switch
    assert "one refused the key" in switch[0]["text"], switch
    say(c, "fourth words", 4)
    only_own_keys(mocks)
    c.close_and_wait()
    w.verify()


def test_summary_fails_everywhere(w):
    """Then it is made without a model, as ever, and the work goes on."""
    mocks, _ = servers(w, one=[{"text": "first"}, {"text": "second"}, BAD,
                               {"text": "third"}],
                       two=[BAD])
    c = begin(w, mocks, compact="two")
    c.wait_event("agent_end")
    say(c, "second words", 2)
    c.send(type="compact")
    line = c.wait_event("compaction")
    assert line["by"] == "core" and "one refused the key" in line["failed"]
    assert line["model"]["provider"] == "one", line
    say(c, "third words", 3)
    assert [len(m.requests()) for m in mocks.values()] == [4, 1]
    c.close_and_wait()
    w.verify()


def test_what_may_be_named(w):
    mocks, config = servers(w, one=[DONE], two=[DONE])
    for name, value, words in (
            ("model_compact", "gone/x", "there is no provider \"gone\""),
            ("model_review", "bare", "model_review: must be PROVIDER/MODEL"),
            ("model_review", "anthropic/x", "there is no key for anthropic"),
            ("model_review", "two/other", "price of two/other is not known")):
        write(w, config, **{name: value})
        r = w.run("exec", "--max-cost", "1", "x")
        assert r.returncode == 2 and words.encode() in r.stderr, (name, r)
    write(w, config, model_compact="two/two-m")
    r = w.run("doctor")
    assert b"compact     two/two-m at " in r.stdout, r.stdout
    # A project has no say in it.
    w.write(".assent/config.json", '{"model_compact": "two/two-m"}')
    r = w.run("exec", "x")
    assert r.returncode == 2 and b"a project cannot set this" in r.stderr, r
    assert not any(m.requests() for m in mocks.values())


harness.main(globals())
