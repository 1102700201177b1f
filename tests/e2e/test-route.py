"""Models of their own for parts of the work: each is asked at its own server,
with its own key, is paid by its own price, and is named in the journal."""

import json

import harness
from messages import msg
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


def servers(w, fmts=None, **answers):
    """A server for each name, the configuration of all, and their prices."""
    mocks, providers = {}, {}
    for name, said in answers.items():
        fmt = (fmts or {}).get(name, "openai-chat")
        mocks[name] = w.mock(said, fmt=fmt, key=KEYS[name])
        providers[name] = {"format": fmt, "api_key_env": "KEY_" + name,
                           "base_url": harness.base_url(mocks[name], fmt)}
        w.env["KEY_" + name] = KEYS[name]
    w.write("assent/prices.json", json.dumps({"prices": [
        {"provider": n, "model": n + "-m", "input": p[0], "output": p[1],
         "cached": p[0], "dated": "2026-11-20"} for n, p in PRICES.items()]}),
        base=w.path("config"))
    return mocks, {"model": "one/one-m", "providers": providers}


def write(w, mocks_config, **more):
    w.configure("http://127.0.0.1:9/v1", config=dict(mocks_config, **more))


def switches(w):
    """The models asked: for which part, and whether as a substitute."""
    return [(e["model"]["provider"], e.get("route"), e.get("failover", False))
            for e in w.events("model")]


def only_own_keys(mocks):
    for name, m in mocks.items():
        for q in m.requests():
            sent = json.dumps(q["headers"])
            assert KEYS[name] in sent, (name, sent)
            assert not [k for n, k in KEYS.items() if n != name and
                        k in sent], (name, sent)


def model(name, m, fmt="openai-chat"):
    return {"provider": name, "name": name + "-m", "format": fmt,
            "base_url": harness.base_url(m, fmt), "window": 100000}


def begin(w, mocks, fmts=None, failover=(), settings=None, **routes):
    """The same by a client of our own, without long waits."""
    fmts = fmts or {}
    w.configure("http://127.0.0.1:9/v1")

    def one(name):
        return model(name, mocks[name], fmts.get(name, "openai-chat"))
    return protocol.start(
        w, hello={"key": KEYS["one"], "keys": {
            n: KEYS[n] for n in mocks if n != "one"}},
        model=one("one"), failover=[one(n) for n in failover],
        routes={part: one(n) for part, n in routes.items()},
        **dict({"task": "look"}, **(settings or {})))


def verdict(word):
    return {"text": json.dumps({"files": [
        {"file": 1, "verdict": word, "reason": "so it is"}]}),
        "usage": TOKENS}


def test_review(w):
    """By its own model, also when the session is taken up again."""
    harness.need_sandbox(w)
    w.write("a.md", "one\ntwo\n")
    w.repository()
    mocks, config = servers(w, one=[
        call("bash", command="sed -i s/two/TWO/ a.md"),
        dict(DONE, usage=TOKENS),
        call("bash", command="echo three >>a.md"),
        dict(DONE, usage=TOKENS)],
        two=[verdict("ask"), verdict("ask")], fmts={"two": "anthropic"})
    write(w, config, phases={"review": {"model": "two/two-m"}}, plan="skip",
          reviewer="on")
    r = w.run("exec", "--approve", "small", "--max-cost", "5",
              "--output", w.path("out.json"), "change it", code=5)
    assert (b"reviewer (two/two-m): asks you about a.md: so it is"
            in r.stdout), r.stdout
    line = w.events("review")[0]
    assert line["model"] == {"provider": "two", "name": "two-m"}, line
    assert abs(line["cost_usd"] - cost("two")) < 1e-9, line
    out = json.loads(w.read(w.path("out.json")))
    assert abs(out["cost_usd"] - cost("one", 2) - cost("two")) < 1e-9, out
    stats = json.loads(w.run("stats", "--json").stdout)["sessions"][0]
    assert abs(stats["cost_usd"] - out["cost_usd"]) < 1e-9, stats
    # The key comes with who takes the session up, whatever is set by now.
    write(w, config, plan="skip")
    r = w.run("decide", "--accept", "none", "--feedback", "a third line")
    assert (b"reviewer (two/two-m): asks you about a.md" in r.stdout
            ), r.stdout + r.stderr
    assert [len(m.requests()) for m in mocks.values()] == [4, 2]
    only_own_keys(mocks)


def test_summary_fails(w):
    """The next of the list is asked; where all fail it is made without a model,
    and the work goes on."""
    mocks, _ = servers(w, one=[{"text": "first"}, {"text": "second"}, BAD,
                               {"text": "third"}, BAD, {"text": "fourth"}],
                       three=[{"text": NOTES, "usage": TOKENS}, BAD],
                       fmts={"three": "anthropic"})
    c = begin(w, mocks, {"three": "anthropic"}, failover=["three"])
    c.wait_event("agent_end")
    protocol.say(c, "second words", 2)
    c.send(type="compact")
    line = c.wait_event("compaction")
    assert line["by"] == "model" and line["summary"]["goals"] == ["tea"]
    assert line["model"] == {"provider": "three", "name": "three-m"}, line
    switch = w.events("model")
    assert [(e["by"], e["model"]["name"], e.get("failover")) for e in switch
            ] == [("core", "three-m", True)], switch
    assert "one rejected the key" in switch[0]["text"], switch
    protocol.say(c, "third words", 3)
    c.send(type="compact")
    line = c.wait_event("compaction", lambda e: e["seq"] > line["seq"])
    assert line["by"] == "core" and \
        "three rejected the key" in line["failed"], line
    protocol.say(c, "fourth words", 4)
    only_own_keys(mocks)


def plan(**more):
    return dict({"calls": [{"name": "plan", "args": {
        "goal": "tea", "steps": [{"title": "boil"}]}}], "usage": TOKENS},
        **more)


def test_phases(w):
    """One plans, another carries it out, across formats; each turn is paid by
    its own price; no key reaches any of them, nor the journal."""
    harness.need_sandbox(w)
    w.write("a.txt", "".join("%s=%s\n" % k for k in KEYS.items()))
    mocks, config = servers(w, one=[], three=[
        dict(READ, usage=TOKENS), plan(thinking="tea it is")], two=[
        dict(READ, usage=TOKENS), dict(harness.done(1), usage=TOKENS)],
        fmts={"three": "anthropic", "two": "gemini"})
    write(w, config, phases={"plan": {"model": "three/three-m"},
                             "execute": {"model": "two/two-m"}})
    r = w.run("exec", "--output", w.path("out.json"), "go", code=0)
    assert switches(w) == [("three", "plan", False),
                           ("two", "execute", False)], switches(w)
    assert b"model: three/three-m: it plans (phases.plan)" in r.stdout
    assert b"model: two/two-m: it does the work (phases.exe" in r.stdout
    assert [len(m.requests()) for m in mocks.values()] == [0, 2, 2]
    # The model that executes knows the conversation of the planning.
    assert "boil" in mocks["two"].requests()[0]["body_text"]
    out = json.loads(w.read(w.path("out.json")))
    assert abs(out["cost_usd"] - cost("two", 2) - cost("three", 2)) < 1e-9
    only_own_keys(mocks)
    assert "one=[masked" in mocks["two"].requests()[1]["body_text"]
    with open(w.session_dir() + "/journal.jsonl") as f:
        text = f.read() + "".join(
            q["body_text"] for m in mocks.values() for q in m.requests())
    assert not [k for k in KEYS.values() if k in text]


def test_phase_that_fails(w):
    """The one model takes its place, then the rest of the list; with a person's
    next words it is asked again, and after the core died, too."""
    mocks, _ = servers(w, one=[{"text": "I stand in."}, {"text": "Again."}],
                       two=[BAD, {"text": "Here I am."}, {"text": "Still."}])
    c = begin(w, mocks, execute="two")
    c.wait_event("agent_end")
    assert switches(w) == [("two", "execute", False), ("one", None, True)]
    assert "two rejected the key" in w.events("model")[1]["text"]
    protocol.say(c, "second words", 2)
    assert switches(w)[2:] == [("two", "execute", False)], switches(w)
    assert "I stand in." in mocks["two"].requests()[1]["body_text"]
    protocol.kill(w, c)
    c = protocol.resume(w, hello={"key": KEYS["one"],
                                  "keys": {"two": KEYS["two"]}})
    c.wait_live()
    protocol.say(c, "third words", 3)
    assert switches(w)[3:] == [("one", None, False),
                               ("two", "execute", False)], switches(w)
    only_own_keys(mocks)
    # A model chosen by the user stays in all phases.
    c.send(type="model", key=KEYS["one"], model=model("one", mocks["one"]))
    protocol.say(c, "fourth words", 4)
    assert switches(w)[5:] == [("one", None, False)], switches(w)
    assert "fourth words" in mocks["one"].requests()[-1]["body_text"]


def test_key_of_another_provider(w):
    """A client that knows less than the core does not give it the wrong key."""
    two = w.mock([{"text": "first"}, {"text": "second"}], key="")
    w.configure("http://127.0.0.1:9/v1")
    c = protocol.start(w, hello={"key": None}, model=model("two", two),
                       task="look")
    c.wait_event("agent_end")
    other = protocol.attach(w, key=KEYS["one"], key_for="one")
    other.wait_live()
    protocol.say(c, "again", 2)
    assert [q["headers"] for q in two.requests() if KEYS["one"] in
            json.dumps(q["headers"])] == []
    other.close()


def test_what_may_be_named(w):
    mocks, config = servers(w, one=[DONE], two=[DONE])
    for name, value, words in (
            ("plan", "gone/x", "unknown provider \"gone\""),
            ("review", "bare", "phases: must be PROVIDER/MODEL"),
            ("review", "anthropic/x", "no key for anthropic"),
            ("review", "two/other", "price of two/other is unknown")):
        write(w, config, phases={name: {"model": value}})
        r = w.run("exec", "--max-cost", "1", "x")
        assert r.returncode == 2 and words.encode() in r.stderr, (name, r)
    write(w, config, phases={"plan": {"model": "two/two-m"}})
    r = w.run("doctor", "--all")
    assert b"plan        two/two-m at " in r.stdout, r.stdout
    # A project has no say in it.
    w.write(".assent/config.json", '{"phases": {"plan": {"model": "two/two-m"}}}')
    r = w.run("exec", "x")
    assert r.returncode == 2 and msg.PROJECT_CANT_SET_THIS.encode() in r.stderr, r
    assert not any(m.requests() for m in mocks.values())


harness.main(globals())
