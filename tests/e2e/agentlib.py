"""For the tests of agents of others: acp-agent.py as the agent `small` in the
user's configuration, what it's told to do, and what it was told."""

import glob
import json
import os

import harness
import protocol

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "acp-agent.py")


def do(*steps, say="please"):
    """A prompt that makes the agent do these steps (name, argument, ...)."""
    return "%s\nDO %s" % (say, json.dumps(steps))


def need_level(w):
    harness.need_level(w, "AB", "another agent is started on A and B only")


def install(w, *modes, config=None, starts=True, **row):
    """The program, on PATH with its package, and its row. No model is
    configured."""
    if starts:
        need_level(w)
    folder = w.path("home", "lib", "small")
    with open(PROGRAM, encoding="utf-8") as f:
        w.write("small", f.read(), 0o755, base=folder)
    w.write("package.json", '{"version": "1.2.3"}', base=folder)
    w.env["PATH"] = folder + ":" + w.env["PATH"]
    w.write("config.json", json.dumps(dict({"providers": {"mock": {
        "format": "openai-chat", "base_url": "http://127.0.0.1:1",
        "api_key_env": "MOCK_KEY"}}, "agents": {
            "small": dict({"command": ["small"], "state": True,
                           "acp": ["small"] + list(modes)}, **row)}},
        **(config or {}))), base=w.path("config", "assent"))


def start(w, *modes, **more):
    """A session of it with a client of protocol.py."""
    install(w)
    return protocol.start(w, **dict({"model": None, "agent": {
        "name": "small", "acp": True,
        "argv": [w.path("home", "lib", "small", "small")] + list(modes),
        "hosts": [], "env": {}, "read": [],
        "show": [w.path("home", "lib", "small")],
        "state": w.write("small/kept", "", base=w.path(
            "state", "assent", "agents"))[:-5]}}, **more))


def heard(w, method=None):
    """What the agents of this world were sent, in order, by all of them."""
    paths = glob.glob(w.path("state", "assent", "agents", "**",
                             "heard.jsonl"), recursive=True)
    out = []
    for path in paths:
        with open(path) as f:
            out += [json.loads(line) for line in f]
    return out if method is None else [
        m["params"] for m in out if m.get("method") == method]


def prompts(w):
    """The prompts' texts."""
    return ["\n".join(b.get("text", "") for b in p["prompt"])
            for p in heard(w, "session/prompt")]
